#include "config/reference.h"

#include "base/buf.h"
#include "config/annotations.h"
#include "config/describe.h"
#include "config/kinds.h"
#include "config/report.h"
#include "config/schema_json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char introduction[] =
    "# Fields\n"
    "\n"
    "Every kind and field that pidlet knows, as its own table has them. *Honoured*: it does what Kubernetes\n"
    "says. *Ignored*: it is harmless without containers, is accepted, and is reported. *Refused*: the process\n"
    "would run with less than was asked for, so the manifest is not taken. What stands below an ignored or\n"
    "refused field shares its fate. A field that is not here is unknown, and an error.\n"
    "\n"
    "`pidlet explain pod.spec` shows the same; `pidlet check --report FILE` tells it of a manifest's own fields.\n"
    "\n"
    "<!-- Generated from config/fields by: build/pidlet schema -o markdown >docs/fields.md -->\n";

static void add_anchor(struct buf *out, const char *name)
{
    for (; *name != '\0'; name++)
        buf_addc(out, (char)tolower((unsigned char)*name));
}

/* '|' ends a cell, '<' begins a tag. */
static void add_cell(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '<' || *text == '*' || *text == '_')
            buf_addc(out, '\\');
        buf_addc(out, *text);
    }
}

static void add_type(struct buf *out, const struct field *f)
{
    if (f->child != NULL) {
        buf_addf(out, "%s[%s](#", f->kind == FIELD_LIST ? "[]" : "", f->child->name);
        add_anchor(out, f->child->name);
        buf_addc(out, ')');
    } else {
        describe_type(f, out);
    }
}

static void add_choices(struct buf *out, const struct enum_info *e)
{
    buf_addc(out, ' ');
    for (size_t i = 0; i < e->count; i++)
        buf_addf(out, "%s`%s`", i > 0 ? ", " : "", e->values[i].text);
    buf_addc(out, '.');
}

static void add_values(struct buf *out, const struct field *f)
{
    struct buf text = BUF_INIT;

    if (f->kind == FIELD_CHOICE)
        add_choices(out, f->choices);
    if (describe_bounds(f, &text)) {
        buf_adds(out, " Values: ");
        add_cell(out, buf_text(&text));
        buf_addc(out, '.');
    }
    buf_clear(&text);
    if (describe_default(f, &text))
        buf_addf(out, " Default: `%s`.", buf_text(&text));
    buf_deinit(&text);
}

/* `live`: something that is honoured leads to the object; else its fields share the fate of what does. */
static void add_field(struct buf *out, const struct field *f, bool live)
{
    buf_addf(out, "| `%s`%s | ", f->json, (f->flags & REQUIRED) != 0 ? " *required*" : "");
    add_type(out, f);
    buf_adds(out, " | ");
    add_cell(out, f->doc);
    add_values(out, f);
    buf_adds(out, " |");
    if (live) {
        buf_addf(out, " %s", field_mode_name(f->mode));
        if (f->reason != NULL) {
            buf_adds(out, ": ");
            add_cell(out, f->reason);
        }
        buf_adds(out, " |");
    }
    buf_addc(out, '\n');
}

static void add_object(struct buf *out, const struct object_info *object, bool live)
{
    buf_addf(out, "\n### %s\n\n%s\n\n", object->name, object->doc);
    if (!live)
        buf_adds(out, "Stands only below fields that are ignored or refused.\n\n");
    buf_adds(out, live ? "| field | type | meaning | pidlet |\n|---|---|---|---|\n"
                       : "| field | type | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < object->count; i++)
        add_field(out, &object->fields[i], live);
}

static void add_kinds(struct buf *out, const struct kind_info *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "| [%s](#", list[i].schema->name);
        add_anchor(out, list[i].schema->name);
        buf_addf(out, ") | %s | %s%s%s | %s |\n", list[i].api_version != NULL ? list[i].api_version : "",
                 list[i].plural != NULL ? list[i].plural : "", list[i].short_name != NULL ? ", " : "",
                 list[i].short_name != NULL ? list[i].short_name : "", kind_role_words(list[i].role));
    }
}

static void add_annotations(struct buf *out)
{
    buf_adds(out, "\n## Annotations\n\nWhat pidlet adds to a manifest goes into annotations of a pod: a cluster"
                  " takes the same file. Each is for all containers,\nwith `.CONTAINER` behind it for one, which goes"
                  " over what the pod's says.\n");
    for (size_t i = 0; annotation_at(i) != NULL; i++) {
        const struct annotation_info *a = annotation_at(i);

        buf_addf(out, "\n### %s\n\n%s\n", a->key, a->doc);
        if (a->part_count > 0)
            buf_adds(out, "\n| key | default | meaning |\n|---|---|---|\n");
        for (size_t j = 0; j < a->part_count; j++)
            buf_addf(out, "| `%s` | `%s` | %s |\n", a->parts[j].name, a->parts[j].default_text, a->parts[j].doc);
    }
}

struct page {
    struct buf *out;
    bool *done;                         /* of schema_objects: those that stand there already */
    bool *live;                         /* those that something honoured leads to */
    bool *wanted;                       /* scratch */
};

/* Objects that `root` is made of and that the page does not have, parents first. */
static void add_objects(struct page *p, const struct object_info *root)
{
    memset(p->wanted, 0, schema_object_count * sizeof *p->wanted);
    schema_mark(root, false, p->wanted);
    for (size_t i = schema_object_count; i-- > 0;) {
        if (p->wanted[i] && !p->done[i])
            add_object(p->out, schema_objects[i], p->live[i]);
        p->done[i] |= p->wanted[i];
    }
}

static void add_all(struct page *p)
{
    struct buf *out = p->out;

    for (size_t i = 0; i < kind_count; i++)
        schema_mark(kinds[i].schema, true, p->live);
    for (size_t i = 0; i < file_kind_count; i++)
        schema_mark(file_kinds[i].schema, true, p->live);

    buf_adds(out, "\n## Kinds\n\n| kind | apiVersion | also called | pidlet |\n|---|---|---|---|\n");
    add_kinds(out, kinds, kind_count);
    add_kinds(out, file_kinds, file_kind_count);
    add_annotations(out);
    buf_adds(out, "\n## Pods\n");
    add_objects(p, &schema_pod_manifest);
    buf_adds(out, "\n## Other kinds\n");
    for (size_t i = 0; i < kind_count; i++)
        add_objects(p, kinds[i].schema);
    buf_adds(out, "\n## Files of pidlet's own\n");
    for (size_t i = 0; i < file_kind_count; i++)
        add_objects(p, file_kinds[i].schema);
}

void reference_page(struct buf *out)
{
    bool *flags = calloc(schema_object_count * 3, sizeof *flags);
    struct page p = {.out = out};

    if (flags == NULL) {
        out->failed = true;
        return;
    }
    p.done = flags;
    p.live = flags + schema_object_count;
    p.wanted = flags + schema_object_count * 2;
    buf_adds(out, introduction);
    add_all(&p);
    free(flags);
}
