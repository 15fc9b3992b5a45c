#include "daemon/api/table.h"

#include "base/buf.h"
#include "daemon/api/resource.h"
#include "daemon/api/snapshot.h"
#include "base/stamp.h"

#include <string.h>

static void add_text(struct buf *out, const char *text)
{
    buf_add_quoted(out, text, strlen(text));
}

void table_begin(struct buf *out, const struct resource *resource, const char *metadata)
{
    buf_addf(out, "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":%s,\"columnDefinitions\":[",
             metadata);
    for (size_t i = 0; i < resource->column_count; i++) {
        const struct column *c = &resource->columns[i];

        buf_addf(out, "%s{\"name\":\"%s\",\"type\":\"%s\",\"format\":\"%s\",\"description\":", i > 0 ? "," : "",
                 c->name, c->type, c->format);
        add_text(out, c->description);
        buf_addf(out, ",\"priority\":%d}", c->priority);
    }
    buf_adds(out, "],\"rows\":[");
}

void table_cell(struct buf *out, const struct snapshot *s, size_t column, int64_t now)
{
    const struct cell *cell = &s->cells[column];
    char age[AGE_SIZE];

    if (cell->text != NULL)
        buf_adds(out, cell->text);
    if (cell->since != 0) {
        stamp_age(now - cell->since, age);
        buf_addf(out, cell->text != NULL ? " (%s ago)" : "%s", age);
    } else if (cell->text == NULL) {
        buf_adds(out, "<unknown>");
    }
}

void table_row(struct buf *out, const struct snapshot *s, enum table_object object, int64_t now)
{
    struct buf cell = BUF_INIT;

    buf_adds(out, "{\"cells\":[");
    for (size_t i = 0; i < s->resource->column_count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        buf_clear(&cell);
        table_cell(&cell, s, i, now);
        if (strcmp(s->resource->columns[i].type, "integer") == 0)
            buf_adds(out, buf_text(&cell));
        else
            buf_add_quoted(out, buf_text(&cell), buf_failed(&cell) ? 0 : cell.length);
    }
    buf_addc(out, ']');
    if (object == TABLE_METADATA) {
        buf_adds(out, ",\"object\":{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":");
        buf_add(out, s->metadata, s->metadata_length);
        buf_addc(out, '}');
    } else if (object == TABLE_OBJECT) {
        buf_adds(out, ",\"object\":");
        buf_add(out, s->text, s->length);
    }
    buf_addc(out, '}');
    if (buf_failed(&cell))
        out->failed = true;
    buf_deinit(&cell);
}

void table_end(struct buf *out)
{
    buf_adds(out, "]}");
}
