#include "client/complete.h"

#include "base/macros.h"
#include "client/complete_private.h"
#include "client/verb.h"
#include "config/annotations.h"
#include "config/kinds.h"
#include "config/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A daemon that does not answer is no reason for a shell to hang. */
enum { PATIENCE_SECONDS = 2 };

bool complete_offer(const struct completion *c, const char *joined, const char *text, const char *doc)
{
    const size_t length = strlen(joined), begun = strlen(c->begun);

    if (begun <= length ? strncmp(joined, c->begun, begun) != 0
                        : strncmp(joined, c->begun, length) != 0 || strncmp(text, c->begun + length, begun - length) != 0)
        return false;
    printf("%s%s%s%s%s\n", c->prefix, joined, text, doc != NULL ? "\t" : "", doc != NULL ? doc : "");
    return true;
}

/* ---- what pidlet itself knows ---- */

static void offer_words(struct completion *c, const char *words)
{
    char word[64];

    for (size_t length; *words != '\0'; words += length + (words[length] == ' ')) {
        length = strcspn(words, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (complete_offer(c, "", word, NULL) && strchr(":=", word[length - 1]) != NULL)        /* its value follows */
            c->how = ":nospace";
    }
}

static void offer_verbs(const struct completion *c)
{
    for (size_t i = 0; usage_at(i) != NULL; i++)
        complete_offer(c, "", usage_at(i)->verb, usage_at(i)->summary);
}

static void offer_kind(const struct completion *c, const struct kind_info *kind)
{
    char word[64];
    size_t i = 0;

    for (; kind->kind[i] != '\0' && i + 1 < sizeof word; i++)
        word[i] = (char)tolower((unsigned char)kind->kind[i]);
    word[i] = '\0';
    complete_offer(c, "", word, kind->schema->doc);
}

static void offer_kinds(const struct completion *c)
{
    for (size_t i = 0; i < kind_count; i++)
        offer_kind(c, &kinds[i]);
    for (size_t i = 0; i < file_kind_count; i++)
        offer_kind(c, &file_kinds[i]);
}

/* The object that a path of fields leads to, all but its last, begun part; NULL: there is none. */
static const struct object_info *object_at(const char *path, size_t length)
{
    const struct object_info *object = NULL;
    char part[64];

    for (size_t at = 0; at < length;) {
        const char *dot = memchr(path + at, '.', length - at);
        const size_t end = dot != NULL ? (size_t)(dot - path) : length;
        const struct kind_info *kind;
        const struct field *f;

        snprintf(part, sizeof part, "%.*s", (int)(end - at), path + at);
        kind = at == 0 ? kind_called(part) : NULL;
        f = object != NULL ? schema_field(object, part) : NULL;
        object = kind != NULL ? kind->schema : f != NULL ? f->child : NULL;
        if (object == NULL)
            return NULL;
        at = end + 1;
    }
    return object;
}

/* pod.spec.containers: kinds, then the fields of what stands before the last dot. */
static void offer_types(struct completion *c)
{
    const char *dot = strrchr(c->begun, '.');
    const struct object_info *object;
    struct buf joined = BUF_INIT;

    c->how = ":nospace";                /* a dot may follow */
    if (dot == NULL)
        offer_kinds(c);
    for (size_t i = 0; annotation_at(i) != NULL; i++)
        complete_offer(c, "", annotation_at(i)->key, annotation_at(i)->doc);
    object = dot != NULL ? object_at(c->begun, (size_t)(dot - c->begun)) : NULL;
    if (object == NULL)
        return;
    buf_add(&joined, c->begun, (size_t)(dot + 1 - c->begun));
    for (size_t i = 0; i < object->count && !buf_failed(&joined); i++)
        complete_offer(c, buf_text(&joined), object->fields[i].json, object->fields[i].doc);
    buf_deinit(&joined);
}

static void offer_values(struct completion *c, enum value_kind kind, const char *words)
{
    switch (kind) {
    case VALUE_TEXT:
        break;
    case VALUE_WORDS:
        offer_words(c, words);
        break;
    case VALUE_FILE:
    case VALUE_PATH:
        c->how = ":file";
        break;
    case VALUE_FOLDER:
        c->how = ":folder";
        break;
    case VALUE_COMMAND:
        c->how = ":command";
        break;
    case VALUE_VERB:
        offer_verbs(c);
        break;
    case VALUE_TYPE:
        offer_types(c);
        break;
    case VALUE_KIND:
        offer_kinds(c);
        break;
    case VALUE_NAMESPACE:
    case VALUE_POD:
    case VALUE_CONTAINER:
    case VALUE_OBJECT:
    case VALUE_KIND_NAME:
        complete_objects(c, kind);
        break;
    }
}

/* ---- the words before ---- */

static const struct option_row *row_of(const struct usage *u, const char *word, size_t length)
{
    for (size_t i = 0; i < u->row_count; i++) {
        const struct option_row *row = &u->rows[i];

        if (row->option == OPTION_NONE)
            continue;
        if (length == 2 && row->letter == word[1] && row->letter != '\0')
            return row;
        if (strlen(option_text(row->option)) + 2 == length && word[1] == '-'
            && strncmp(option_text(row->option), word + 2, length - 2) == 0)
            return row;
    }
    return NULL;
}

static bool is_one_of(const char *words, const char *word)
{
    const size_t length = strlen(word);

    for (size_t at; *words != '\0'; words += at + (words[at] == ' ')) {
        at = strcspn(words, " ");
        if (at == length && strncmp(words, word, at) == 0)
            return true;
    }
    return false;
}

static void note_value(struct completion *c, const struct option_row *row, const char *value)
{
    if (row->option == OPTION_NAMESPACE)
        c->namespace = value;
    else if (row->option == OPTION_SOCKET)
        c->socket = value;
}

static void note_operand(struct completion *c, const struct usage *u, const char *word)
{
    if (u->words != NULL && !c->worded && c->operand_count == 0 && is_one_of(u->words, word)) {
        c->worded = true;               /* "backoff reset POD": the pod is the first */
        return;
    }
    if (c->operand_count < array_count(c->operands))
        c->operands[c->operand_count] = word;
    c->operand_count++;
}

static void offer_options(const struct completion *c, const struct usage *u)
{
    char word[64];

    for (size_t i = 0; i < u->row_count; i++) {
        if (u->rows[i].option == OPTION_NONE)
            continue;
        snprintf(word, sizeof word, "--%s", option_text(u->rows[i].option));
        complete_offer(c, "", word, u->rows[i].doc);
    }
    complete_offer(c, "", "--help", "print what it does");
}

/* The last word, which is no option's value. */
static void offer_operands(struct completion *c, const struct usage *u, bool options)
{
    if (options && c->begun[0] == '-')
        offer_options(c, u);
    else {
        if (u->words != NULL && !c->worded && c->operand_count == 0)
            offer_words(c, u->words);
        offer_values(c, u->kind, NULL);
    }
}

/* "--output=js": the value of what stands before the sign.  False: it is no such word. */
static bool offer_joined(struct completion *c, const struct usage *u, const char *word, struct buf *prefix)
{
    const char *sign = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    const struct option_row *row = sign != NULL ? row_of(u, word, (size_t)(sign - word)) : NULL;

    if (row == NULL || row->value == NULL)
        return false;
    buf_add(prefix, word, (size_t)(sign + 1 - word));
    c->prefix = buf_text(prefix);
    c->begun = sign + 1;
    offer_values(c, row->kind, row->words);
    return true;
}

static void complete_of(struct completion *c, const struct usage *u, int count, char **words)
{
    const struct option_row *waits = NULL;      /* for its value */
    struct buf prefix = BUF_INIT;
    bool options = true;

    for (int i = 0; i + 1 < count; i++) {
        const char *word = words[i], *sign = strchr(word, '=');

        if (waits != NULL) {
            note_value(c, waits, word);
            waits = NULL;
        } else if (options && strcmp(word, "--") == 0) {
            options = false;
            if (u->kind == VALUE_COMMAND) {
                c->how = ":command";
                return;
            }
        } else if (options && word[0] == '-' && word[1] != '\0') {
            const struct option_row *row = row_of(u, word, sign != NULL ? (size_t)(sign - word) : strlen(word));

            if (row != NULL && row->value != NULL && sign != NULL)
                note_value(c, row, sign + 1);
            else if (row != NULL && row->value != NULL)
                waits = row;
        } else {
            note_operand(c, u, word);
        }
    }
    c->begun = words[count - 1];
    if (waits != NULL)
        offer_values(c, waits->kind, waits->words);
    else if (!options || !offer_joined(c, u, c->begun, &prefix)) {
        if (u->kind == VALUE_COMMAND && c->begun[0] != '-')
            c->how = ":";                       /* a command comes after "--" */
        else
            offer_operands(c, u, options);
    }
    buf_deinit(&prefix);
}

int complete_verb(int argc, char **argv)
{
    struct completion c = {.prefix = "", .begun = argc > 1 ? argv[1] : "", .how = ":"};
    const struct usage *u = argc > 2 ? usage_of(argv[1]) : NULL;

    alarm(PATIENCE_SECONDS);
    if (argc <= 2)
        offer_verbs(&c);
    else if (u != NULL)
        complete_of(&c, u, argc - 2, argv + 2);
    puts(c.how);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
}
