#include "config/explain.h"

#include "base/buf.h"
#include "config/annotations.h"
#include "config/describe.h"
#include "config/guess.h"
#include "config/kinds.h"
#include "config/report.h"

#include <string.h>

enum { WIDTH = 80, ENUM_LIMIT = 4, NAME_SIZE = 128 };

struct target {
    const struct kind_info *kind;
    const struct field *field;          /* NULL: the kind itself */
    const struct object_info *object;   /* whose fields are listed; NULL: it has none */
    const struct field *decisive;       /* the outermost on the way that is not honoured; NULL: none */
};

/* ---- text ---- */

static void blanks(struct buf *out, unsigned count)
{
    buf_addf(out, "%*s", (int)count, "");
}

/* Paragraphs of words, each line indented; a longer word stands alone. */
static void wrap(struct buf *out, unsigned indent, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");

        if (column > 0 && column + 1 + length > WIDTH - indent) {
            buf_addc(out, '\n');
            column = 0;
        }
        if (column == 0) {
            blanks(out, indent);
        } else {
            buf_addc(out, ' ');
            column++;
        }
        buf_add(out, text, length);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    buf_addc(out, '\n');
}

static void wrapf(struct buf *out, unsigned indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void wrapf(struct buf *out, unsigned indent, const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list args;

    va_start(args, format);
    buf_vaddf(&text, format, args);
    va_end(args);
    wrap(out, indent, buf_text(&text));
    if (buf_failed(&text))
        out->failed = true;
    buf_deinit(&text);
}

/* ---- one field ---- */

/* "name <type> -required-"; `mode`: also what pidlet does, unless it is honoured. */
static void name_line(struct buf *out, const struct field *f, const char *separator, bool mode)
{
    buf_adds(out, f->json);
    buf_adds(out, separator);
    buf_addc(out, '<');
    describe_type(f, out);
    buf_addc(out, '>');
    if ((f->flags & REQUIRED) != 0)
        buf_adds(out, " -required-");
    if (mode && f->mode != FIELD_HONOURED)
        buf_addf(out, " (%s)", field_mode_name(f->mode));
    buf_addc(out, '\n');
}

static void short_enum(struct buf *out, unsigned indent, const struct field *f)
{
    if (f->kind != FIELD_CHOICE)
        return;
    blanks(out, indent);
    buf_adds(out, "enum: ");
    for (size_t i = 0; i < f->choices->count; i++) {
        if (i == ENUM_LIMIT) {
            buf_adds(out, ", ....");
            break;
        }
        buf_addf(out, "%s%s", i > 0 ? ", " : "", f->choices->values[i].text);
    }
    buf_addc(out, '\n');
}

/* "default: 10; 0 or more" */
static void values_line(struct buf *out, unsigned indent, const struct field *f)
{
    struct buf text = BUF_INIT, bounds = BUF_INIT;

    if (field_has_default(f)) {
        buf_adds(&text, "default: ");
        describe_default(f, &text);
    }
    if (describe_bounds(f, &bounds))
        buf_addf(&text, "%s%s", text.length > 0 ? "; " : "values: ", buf_text(&bounds));
    if (text.length > 0)
        wrap(out, indent, buf_text(&text));
    if (buf_failed(&text) || buf_failed(&bounds))
        out->failed = true;
    buf_deinit(&bounds);
    buf_deinit(&text);
}

static void long_enum(struct buf *out, const struct field *f)
{
    if (f->kind != FIELD_CHOICE)
        return;
    buf_adds(out, "ENUM:\n");
    for (size_t i = 0; i < f->choices->count; i++)
        buf_addf(out, "    %s\n", f->choices->values[i].text);
}

/* ---- lists of fields ---- */

/* In order of their names, as kubectl has them; NULL: `last` was the last. */
static const struct field *next_field(const struct object_info *object, const struct field *last)
{
    const struct field *next = NULL;

    for (size_t i = 0; i < object->count; i++) {
        const struct field *f = &object->fields[i];

        if ((last == NULL || strcmp(f->json, last->json) > 0)
            && (next == NULL || strcmp(f->json, next->json) < 0))
            next = f;
    }
    return next;
}

static void list_fields(struct buf *out, const struct target *t)
{
    const struct field *f = NULL;

    while ((f = next_field(t->object, f)) != NULL) {
        blanks(out, 2);
        name_line(out, f, "\t", false);
        short_enum(out, 2, f);
        wrap(out, 4, f->doc);
        values_line(out, 4, f);
        if (f->mode != FIELD_HONOURED && t->decisive == NULL)
            wrapf(out, 4, "%s: %s", field_mode_name(f->mode), f->reason);
        buf_addc(out, '\n');
    }
}

static void list_all(struct buf *out, const struct object_info *object, unsigned level, unsigned max_depth)
{
    const struct field *f = NULL;

    while ((f = next_field(object, f)) != NULL) {
        blanks(out, level * 2);
        name_line(out, f, "\t", true);
        short_enum(out, level * 2, f);
        if (f->child != NULL && (max_depth == 0 || level < max_depth))
            list_all(out, f->child, level + 1, max_depth);
    }
}

/* ---- what pidlet does with it ---- */

static void pidlet_section(struct buf *out, const struct target *t)
{
    const struct field *d = t->decisive;

    buf_adds(out, "PIDLET:\n");
    if (d != NULL && d == t->field)
        wrapf(out, 4, "%s: %s", field_mode_name(d->mode), d->reason);
    else if (d != NULL)
        wrapf(out, 4, "%s, as all of %s: %s", field_mode_name(d->mode), d->json, d->reason);
    else if (t->field == NULL || t->kind->role == KIND_WORKLOAD)
        wrap(out, 4, kind_role_words(t->kind->role));
    else if (t->object != NULL)
        wrap(out, 4, "honoured, but for the fields that say otherwise");
    else
        wrap(out, 4, "honoured");
    buf_addc(out, '\n');
}

static void annotation_section(struct buf *out, const struct annotation_info *a)
{
    buf_addf(out, "  %s\n  %s.CONTAINER\n", a->key, a->key);
    wrap(out, 4, a->doc);
    for (size_t i = 0; i < a->part_count; i++)
        wrapf(out, 4, "%s=%s (the default): %s", a->parts[i].name, a->parts[i].default_text, a->parts[i].doc);
    buf_addc(out, '\n');
}

static bool holds_annotations(const struct target *t)
{
    return t->field != NULL && strcmp(t->field->json, "annotations") == 0 && t->kind->role != KIND_FILE;
}

/* ---- the whole ---- */

static void head(struct buf *out, const struct kind_info *kind)
{
    const struct group_version gv = kind_group_version(kind);

    if (gv.group_length > 0)
        buf_addf(out, "GROUP:      %.*s\n", gv.group_length, gv.group);
    buf_addf(out, "KIND:       %s\n", kind->kind);
    if (gv.version != NULL)
        buf_addf(out, "VERSION:    %s\n", gv.version);
    buf_addc(out, '\n');
}

static void show(struct buf *out, const struct target *t, const struct explain_options *o)
{
    head(out, t->kind);
    if (t->field != NULL) {
        buf_adds(out, "FIELD: ");
        name_line(out, t->field, " ", false);
        long_enum(out, t->field);
        buf_addc(out, '\n');
    }
    buf_adds(out, "DESCRIPTION:\n");
    if (t->field != NULL)
        wrap(out, 4, t->field->doc);
    if (t->object != NULL)
        wrap(out, 4, t->object->doc);
    if (t->field != NULL)
        values_line(out, 4, t->field);
    buf_addc(out, '\n');
    pidlet_section(out, t);
    if (holds_annotations(t)) {
        buf_adds(out, "ANNOTATIONS:\n");
        for (size_t i = 0; annotation_at(i) != NULL; i++)
            annotation_section(out, annotation_at(i));
    }
    if (t->object == NULL)
        return;
    buf_adds(out, "FIELDS:\n");
    if (o->recursive) {
        list_all(out, t->object, 1, o->max_depth);
        buf_addc(out, '\n');
    } else {
        list_fields(out, t);
    }
}

/* ---- finding it ---- */

/* The next word of a path, without what stands in brackets: "containers[0].image". */
static bool next_word(const char **path, char word[NAME_SIZE])
{
    size_t length = strcspn(*path, ".[");

    if (length >= NAME_SIZE)
        length = NAME_SIZE - 1;         /* nothing is called so */
    memcpy(word, *path, length);
    word[length] = '\0';
    *path += strcspn(*path, ".[");
    while (**path == '[') {
        *path += strcspn(*path, "]");
        *path += **path == ']';
    }
    if (**path == '.')
        ++*path;
    return length > 0;
}

static void guess_kind(struct guess *g, const struct kind_info *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].plural != NULL)
            guess_try(g, list[i].plural);
        guess_try(g, list[i].kind);
    }
}

static bool no_such_kind(const char *word, struct buf *error)
{
    struct guess guess = guess_init(word);

    buf_addf(error, "the server doesn't have a resource type \"%s\"", word);
    guess_kind(&guess, kinds, kind_count);
    guess_kind(&guess, file_kinds, file_kind_count);
    if (schema_field(&schema_pod_manifest, word) != NULL)
        buf_addf(error, ": did you mean \"pod.%s\"?", word);
    else if (guess.best != NULL)
        buf_addf(error, ": did you mean \"%s\"?", guess.best);
    return false;
}

static bool no_such_field(const struct object_info *object, const char *word, struct buf *error)
{
    struct guess guess = guess_init(word);

    buf_addf(error, "field \"%s\" does not exist", word);
    for (size_t i = 0; object != NULL && i < object->count; i++)
        guess_try(&guess, object->fields[i].json);
    if (guess.best != NULL)
        buf_addf(error, ": did you mean \"%s\"?", guess.best);
    return false;
}

/* "deployments.v1.apps.spec" and "deployments.apps.spec" name the group, as kubectl lets one do. */
static const char *without_group(const struct kind_info *kind, const char *path)
{
    const struct group_version gv = kind_group_version(kind);
    const char *rest = path;
    size_t version = gv.version != NULL ? strlen(gv.version) : 0;

    if (gv.group_length == 0)
        return path;
    if (strncmp(rest, gv.version, version) == 0 && rest[version] == '.')
        rest += version + 1;
    if (strncmp(rest, gv.group, (size_t)gv.group_length) != 0)
        return path;
    rest += gv.group_length;
    return *rest == '.' ? rest + 1 : *rest == '\0' ? rest : path;
}

static bool find(const char *path, const struct explain_options *o, struct target *t, struct buf *error)
{
    char word[NAME_SIZE];

    next_word(&path, word);
    t->kind = kind_called(word);
    if (t->kind == NULL)
        return no_such_kind(word, error);
    if (o->api_version != NULL
        && (t->kind->api_version == NULL || strcmp(o->api_version, t->kind->api_version) != 0)) {
        buf_addf(error, "couldn't find resource for \"%s, Kind=%s\"", o->api_version, t->kind->kind);
        return false;
    }
    t->object = t->kind->schema;
    path = without_group(t->kind, path);
    while (*path != '\0') {
        next_word(&path, word);
        t->field = t->object != NULL ? schema_field(t->object, word) : NULL;
        if (t->field == NULL)
            return no_such_field(t->object, word, error);
        if (t->field->mode != FIELD_HONOURED && t->decisive == NULL)
            t->decisive = t->field;
        t->object = t->field->child;
    }
    return true;
}

static bool explain_annotation(const char *key, struct buf *out, struct buf *error)
{
    struct guess guess = guess_init(key);

    for (size_t i = 0; annotation_at(i) != NULL; i++) {
        const char *known = annotation_at(i)->key;
        const size_t length = strlen(known);

        if (strncmp(known, key, length) == 0 && (key[length] == '\0' || key[length] == '.')) {
            buf_adds(out, "ANNOTATION:\n");
            annotation_section(out, annotation_at(i));
            return true;
        }
        guess_try(&guess, known);
    }
    buf_addf(error, "annotation \"%s\" does not exist", key);
    if (guess.best != NULL)
        buf_addf(error, ": did you mean \"%s\"?", guess.best);
    return false;
}

bool explain(const char *path, const struct explain_options *o, struct buf *out, struct buf *error)
{
    struct target t = {0};

    if (strncmp(path, ANNOTATION_PREFIX, strlen(ANNOTATION_PREFIX)) == 0)
        return explain_annotation(path, out, error);
    if (!find(path, o, &t, error))
        return false;
    show(out, &t, o);
    return true;
}
