/*
 * Makes a man page of a template: what the page has in common with the program comes from the
 * program's own tables.
 *
 *     pages TEMPLATE DATE >PAGE
 *
 * Lines of a template that begin with @ are replaced: @title NAME SECTION, @list (of verbs), @verbs,
 * @annotations, @kinds, @objects KIND… (those that something honoured leads to, each once in a page).
 */
#include "base/buf.h"
#include "base/macros.h"
#include "client/usage.h"
#include "config/annotations.h"
#include "config/describe.h"
#include "config/kinds.h"
#include "config/report.h"
#include "config/schema_json.h"
#include "docs/man/roff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    struct buf out;
    const char *date;
    bool *done;                         /* of schema_objects */
};

static void add_prose(struct buf *out, const char *text)
{
    roff_prose(out, text, strlen(text));
}

static void add_literal(struct buf *out, const char *text)
{
    roff_literal(out, text, strlen(text));
}

/* ---- verbs ---- */

static void add_paragraphs(struct buf *out, const char *text)
{
    const char *start;
    size_t length;
    bool literal;

    while (usage_paragraph(&text, &start, &length, &literal)) {
        buf_adds(out, literal ? ".PP\n.EX\n" : ".PP\n");
        if (literal)
            roff_literal(out, start, length);
        else
            roff_prose(out, start, length);
        buf_adds(out, literal ? "\n.EE\n" : "\n");
    }
}

static void add_option(struct buf *out, const struct option_row *row)
{
    buf_adds(out, ".TP\n");
    if (row->letter != '\0')
        buf_addf(out, "\\fB\\-%c\\fR, ", row->letter);
    buf_adds(out, "\\fB\\-\\-");
    add_literal(out, option_text(row->option));
    buf_adds(out, "\\fR");
    if (row->value != NULL) {
        buf_adds(out, " \\fI");
        add_literal(out, row->value);
        buf_adds(out, "\\fR");
    }
    buf_addc(out, '\n');
    add_prose(out, row->doc);
    buf_addc(out, '\n');
}

static void add_synopsis(struct buf *out, const struct usage *u)
{
    const char *line = u->synopsis;

    buf_adds(out, ".PP\n.nf\n");
    while (line != NULL) {
        const char *end = strchrnul(line, '\n');

        if (*line == ' ')
            buf_addf(out, "%*s", (int)(strlen("pidlet ") + strlen(u->verb)), "");
        else
            buf_addf(out, "\\fBpidlet %s\\fR%s", u->verb, end > line ? " " : "");
        roff_literal(out, line, (size_t)(end - line));
        buf_addc(out, '\n');
        line = *end == '\0' ? NULL : end + 1;
    }
    buf_adds(out, ".fi\n");
}

static void add_verbs(struct buf *out)
{
    for (size_t i = 0; usage_at(i) != NULL; i++) {
        const struct usage *u = usage_at(i);

        buf_addf(out, ".SS %s\n", u->verb);
        add_prose(out, u->summary);
        buf_adds(out, ".\n");
        add_synopsis(out, u);
        add_paragraphs(out, u->about);
        for (size_t j = 0; j < u->row_count; j++) {
            if (u->rows[j].option == OPTION_NONE)
                add_paragraphs(out, u->rows[j].doc);
            else
                add_option(out, &u->rows[j]);
        }
        add_paragraphs(out, u->end);
    }
}

static void add_list(struct buf *out)
{
    for (size_t i = 0; usage_at(i) != NULL; i++) {
        buf_addf(out, ".TP\n\\fBpidlet %s\\fR%s", usage_at(i)->verb, usage_at(i)->arguments[0] != '\0' ? " " : "");
        add_literal(out, usage_at(i)->arguments);
        buf_addc(out, '\n');
        add_prose(out, usage_at(i)->summary);
        buf_addc(out, '\n');
    }
}

/* ---- annotations ---- */

static void add_annotations(struct buf *out)
{
    for (size_t i = 0; annotation_at(i) != NULL; i++) {
        const struct annotation_info *a = annotation_at(i);

        buf_adds(out, ".SS ");
        add_literal(out, a->key);
        buf_addc(out, '\n');
        add_prose(out, a->doc);
        buf_addc(out, '\n');
        for (size_t j = 0; j < a->part_count; j++) {
            buf_addf(out, ".TP\n\\fB%s\\fR (default: ", a->parts[j].name);
            add_literal(out, a->parts[j].default_text);
            buf_adds(out, ")\n");
            add_prose(out, a->parts[j].doc);
            buf_addc(out, '\n');
        }
    }
}

/* ---- fields ---- */

static void add_values(struct buf *out, const struct field *f)
{
    struct buf text = BUF_INIT;

    if (f->kind == FIELD_CHOICE) {
        for (size_t i = 0; i < f->choices->count; i++)
            buf_addf(out, "%s\\fB%s\\fR", i > 0 ? ", " : "\n", f->choices->values[i].text);
        buf_addc(out, '.');
    }
    if (describe_bounds(f, &text)) {
        buf_adds(out, "\nValues: ");
        add_prose(out, buf_text(&text));
        buf_addc(out, '.');
    }
    buf_clear(&text);
    if (describe_default(f, &text) && text.length > 0) {
        buf_adds(out, "\nDefault: \\fB");
        add_literal(out, buf_text(&text));
        buf_adds(out, "\\fR.");
    }
    buf_deinit(&text);
}

static void add_field(struct buf *out, const struct field *f)
{
    struct buf type = BUF_INIT;

    describe_type(f, &type);
    buf_addf(out, ".TP\n\\fB%s\\fR (", f->json);
    add_literal(out, buf_text(&type));
    buf_deinit(&type);
    buf_adds(out, (f->flags & REQUIRED) != 0 ? ", required)\n" : ")\n");
    add_prose(out, f->doc);
    add_values(out, f);
    if (f->mode != FIELD_HONOURED) {
        buf_adds(out, f->mode == FIELD_IGNORED ? "\nIgnored" : "\nRefused");
        if (f->reason != NULL) {
            buf_adds(out, ": ");
            add_prose(out, f->reason);
        }
        buf_addc(out, '.');
    }
    buf_addc(out, '\n');
}

static void add_object(struct buf *out, const struct object_info *object)
{
    buf_addf(out, ".SS %s\n", object->name);
    add_prose(out, object->doc);
    buf_addc(out, '\n');
    for (size_t i = 0; i < object->count; i++)
        add_field(out, &object->fields[i]);
}

/* A kind and what it is made of, parents first, without what the page has already. */
static bool add_objects(struct page *p, const char *word)
{
    const struct kind_info *kind = kind_called(word);
    bool *wanted = calloc(schema_object_count, sizeof *wanted);
    const bool ok = kind != NULL && wanted != NULL;

    if (ok)
        schema_mark(kind->schema, true, wanted);
    for (size_t i = schema_object_count; ok && i-- > 0;) {
        if (wanted[i] && !p->done[i])
            add_object(&p->out, schema_objects[i]);
        p->done[i] |= wanted[i];
    }
    free(wanted);
    return ok;
}

static void add_kinds(struct buf *out)
{
    for (size_t i = 0; i < kind_count; i++) {
        buf_addf(out, ".TP\n\\fB%s\\fR", kinds[i].kind);
        if (kinds[i].api_version != NULL) {
            buf_adds(out, " (");
            add_literal(out, kinds[i].api_version);
            buf_addc(out, ')');
        }
        buf_addc(out, '\n');
        add_prose(out, kind_role_words(kinds[i].role));
        buf_adds(out, ".\n");
    }
}

/* ---- templates ---- */

static bool replace(struct page *p, char *line)
{
    char *rest = line, *word = strsep(&rest, " ");

    if (strcmp(word, "@title") == 0 && rest != NULL)
        buf_addf(&p->out, ".TH %s %s \"pidlet " PIDLET_VERSION "\" \"pidlet\"\n.nh\n", rest, p->date);
    else if (strcmp(word, "@list") == 0)
        add_list(&p->out);
    else if (strcmp(word, "@verbs") == 0)
        add_verbs(&p->out);
    else if (strcmp(word, "@annotations") == 0)
        add_annotations(&p->out);
    else if (strcmp(word, "@kinds") == 0)
        add_kinds(&p->out);
    else if (strcmp(word, "@objects") == 0) {
        while ((word = strsep(&rest, " ")) != NULL) {
            if (!add_objects(p, word))
                return false;
        }
    } else
        return false;
    return true;
}

static bool fill(struct page *p, FILE *template)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    bool ok = true;

    buf_adds(&p->out, ".\\\" Generated of pidlet's tables by docs/man/pages.c.\n");
    while (ok && (length = getline(&line, &size, template)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '@')
            buf_addf(&p->out, "%s\n", line);
        else if (!(ok = replace(p, line)))
            fprintf(stderr, "pages: what is this? %s\n", line);
    }
    free(line);
    return ok && !buf_failed(&p->out);
}

/* ---- the page's lines ---- */

enum { WIDTH = 79 };

/* A line of text in as many as it takes; none begins as a request would. */
static void add_wrapped(struct buf *out, const char *line, size_t length)
{
    while (length > WIDTH) {
        const char *cut = memrchr(line, ' ', WIDTH);

        if (cut == NULL || cut[1] == '.' || cut[1] == '\'')
            break;
        buf_add(out, line, (size_t)(cut - line));
        buf_addc(out, '\n');
        length -= (size_t)(cut + 1 - line);
        line = cut + 1;
    }
    buf_add(out, line, length);
    buf_addc(out, '\n');
}

/* Lines stay as they are in examples, as requests, and as what .TP tags a paragraph with. */
static void wrap_lines(const char *text, struct buf *out)
{
    bool kept = false, tag = false;

    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");

        if (strncmp(text, ".EX", 3) == 0 || strncmp(text, ".nf", 3) == 0)
            kept = true;
        else if (strncmp(text, ".EE", 3) == 0 || strncmp(text, ".fi", 3) == 0)
            kept = false;
        if (kept || tag || *text == '.')
            buf_addf(out, "%.*s\n", (int)length, text);
        else
            add_wrapped(out, text, length);
        tag = strncmp(text, ".TP", 3) == 0;
        text += length + (text[length] != '\0');
    }
}

static bool print(const struct page *p)
{
    struct buf out = BUF_INIT;
    bool ok;

    wrap_lines(buf_text(&p->out), &out);
    ok = !buf_failed(&out) && fputs(buf_text(&out), stdout) >= 0 && fflush(stdout) == 0;
    buf_deinit(&out);
    return ok;
}

int main(int argc, char **argv)
{
    struct page p = {.date = argc == 3 ? argv[2] : NULL};
    FILE *template = argc == 3 ? fopen(argv[1], "r") : NULL;
    bool ok;

    if (template == NULL) {
        fprintf(stderr, "usage: %s TEMPLATE DATE\n", argv[0]);
        return 2;
    }
    p.done = calloc(schema_object_count, sizeof *p.done);
    ok = p.done != NULL && fill(&p, template) && print(&p);
    fclose(template);
    free(p.done);
    buf_deinit(&p.out);
    return ok ? 0 : 1;
}
