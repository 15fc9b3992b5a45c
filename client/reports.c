#include "client/reports.h"

#include "base/buf.h"
#include "config/diag.h"
#include "config/kinds.h"
#include "config/report.h"

#include <string.h>

static const char *end_of(const char *word, size_t count)
{
    return count == 1 ? "" : strcmp(word, "field") == 0 || word[strlen(word) - 1] != 's' ? "s" : "es";
}

/* "2 Pods, 1 ConfigMap" of the objects from `first` to `end`, kinds in their order. */
static void count_kinds(const struct report *r, size_t first, size_t end, FILE *out)
{
    const char *separator = " ";

    for (size_t k = 0; k < kind_count; k++) {
        size_t count = 0;

        for (size_t i = first; i < end; i++)
            count += r->items[i]->kind == &kinds[k];
        if (count > 0) {
            fprintf(out, "%s%zu %s%s", separator, count, kinds[k].kind, end_of(kinds[k].kind, count));
            separator = ", ";
        }
    }
}

static void summarize_file(const struct report *r, size_t first, size_t end, FILE *out)
{
    size_t of_mode[FIELD_REFUSED + 1] = {0};

    for (size_t i = first; i < end; i++) {
        for (size_t m = 0; m <= FIELD_REFUSED; m++)
            of_mode[m] += r->items[i]->of_mode[m];
    }
    fprintf(out, "%s:", r->items[first]->file);
    count_kinds(r, first, end, out);
    fprintf(out, ": %zu field%s honoured", of_mode[FIELD_HONOURED], end_of("field", of_mode[FIELD_HONOURED]));
    if (of_mode[FIELD_IGNORED] > 0)
        fprintf(out, ", %zu ignored", of_mode[FIELD_IGNORED]);
    if (of_mode[FIELD_REFUSED] > 0)
        fprintf(out, ", %zu refused", of_mode[FIELD_REFUSED]);
    fputc('\n', out);
}

void reports_summary(const struct report *r, FILE *out)
{
    size_t first = 0;

    for (size_t i = 1; i <= r->count; i++) {
        if (i < r->count && strcmp(r->items[i]->file, r->items[first]->file) == 0)
            continue;
        summarize_file(r, first, i, out);
        first = i;
    }
    if (r->out_of_memory)
        fputs("pidlet: out of memory: there are more fields than these\n", out);
}

void reports_fields(const struct report *r, bool all, FILE *out)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct report_object *o = r->items[i];

        for (size_t j = 0; j < o->count; j++) {
            const struct report_field *f = &o->fields[j];

            if (f->mode == FIELD_HONOURED && !all)
                continue;
            fprintf(out, "%s:%u:%u: %s: %s%s%s\n", o->file, f->line, f->column, f->path,
                    field_mode_name(f->mode), f->reason != NULL ? ": " : "",
                    f->reason != NULL ? f->reason : "");
        }
    }
}

/* ---- JSON ---- */

static void add_text(struct buf *out, const char *key, const char *text)
{
    buf_addf(out, ",\"%s\":", key);
    buf_add_quoted(out, text, strlen(text));
}

static void add_finding(struct buf *out, const struct diag *one)
{
    buf_adds(out, "{\"file\":");
    buf_add_quoted(out, one->file != NULL ? one->file : "", one->file != NULL ? strlen(one->file) : 0);
    buf_addf(out, ",\"line\":%u,\"column\":%u", one->line, one->column);
    add_text(out, "path", one->path);
    add_text(out, "kind", diag_kind_words(one->kind));
    if (one->value != NULL)
        add_text(out, "value", one->value);
    add_text(out, "detail", one->detail);
    buf_addc(out, '}');
}

/* Writes what is in `piece` and empties it: the whole may be many times as long as the manifests. */
static bool put(struct buf *piece, FILE *out)
{
    bool ok = !buf_failed(piece) && fwrite(buf_text(piece), 1, piece->length, out) == piece->length;

    buf_clear(piece);
    return ok;
}

static bool put_object(struct buf *piece, const struct report_object *o, const char *separator, FILE *out)
{
    bool ok = true;

    buf_addf(piece, "%s{\"file\":", separator);
    buf_add_quoted(piece, o->file, strlen(o->file));
    buf_addf(piece, ",\"line\":%u", o->line);
    add_text(piece, "kind", o->kind->kind);
    add_text(piece, "name", o->name);
    buf_addf(piece, ",\"honoured\":%zu,\"ignored\":%zu,\"refused\":%zu,\"fields\":[", o->of_mode[FIELD_HONOURED],
             o->of_mode[FIELD_IGNORED], o->of_mode[FIELD_REFUSED]);
    for (size_t i = 0; ok && i < o->count; i++) {
        const struct report_field *f = &o->fields[i];

        buf_addf(piece, "%s{\"line\":%u,\"column\":%u", i > 0 ? "," : "", f->line, f->column);
        add_text(piece, "path", f->path);
        add_text(piece, "mode", field_mode_name(f->mode));
        if (f->reason != NULL)
            add_text(piece, "reason", f->reason);
        buf_addc(piece, '}');
        ok = put(piece, out);
    }
    buf_adds(piece, "]}");
    return put(piece, out) && ok;
}

bool reports_json(const struct report *r, const struct diags *diags, FILE *out)
{
    struct buf piece = BUF_INIT;
    bool ok;

    buf_adds(&piece, "{\"findings\":[");
    ok = put(&piece, out);
    for (size_t i = 0; ok && i < diags->count; i++) {
        if (i > 0)
            buf_addc(&piece, ',');
        add_finding(&piece, &diags->items[i]);
        ok = put(&piece, out);
    }
    buf_adds(&piece, "],");
    if (diags->dropped > 0)
        buf_addf(&piece, "\"findingsNotShown\":%zu,", diags->dropped);
    buf_adds(&piece, "\"objects\":[");
    ok = ok && put(&piece, out);
    for (size_t i = 0; ok && i < r->count; i++)
        ok = put_object(&piece, r->items[i], i > 0 ? "," : "", out);
    buf_adds(&piece, "]}\n");
    ok = ok && put(&piece, out);
    buf_deinit(&piece);
    return ok;
}
