#include "client/elastic.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"

#include <string.h>

enum { COLUMNS_MAX = 64 };

struct cell {
    const char *text;
    size_t length;
    size_t width;                       /* in characters */
};

struct line {
    struct cell *cells;                 /* the last one is not ended by a tab */
    size_t count;
};

struct layout {
    struct arena *arena;
    struct line *lines;
    size_t line_count;
    size_t widths[COLUMNS_MAX];
    size_t depth;                       /* columns whose width is known */
    unsigned least, padding;
    struct buf *out;
};

void elastic_cell(struct buf *text, const char *cell)
{
    for (const char *p = cell; *p != '\0'; p++)
        buf_addc(text, *p == '\t' || *p == '\n' ? ' ' : *p);
}

static void write_lines(struct layout *l, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct line *line = &l->lines[i];

        for (size_t j = 0; j < line->count; j++) {
            const struct cell *c = &line->cells[j];

            buf_add(l->out, c->text, c->length);
            for (size_t w = c->width; j < l->depth && w < l->widths[j]; w++)
                buf_addc(l->out, ' ');
        }
        buf_addc(l->out, '\n');
    }
}

static bool has_cell(const struct layout *l, size_t line, size_t column)
{
    return column + 1 < l->lines[line].count;
}

/* Go's algorithm: blocks of a column from top to bottom, within each the next columns. */
static void format(struct layout *l, size_t from, size_t to)
{
    const size_t column = l->depth;
    size_t done = from, i = from;

    while (i < to) {
        size_t begin, width = l->least;

        if (column == COLUMNS_MAX || !has_cell(l, i, column)) {
            i++;
            continue;
        }
        write_lines(l, done, i);
        begin = i;
        for (; i < to && has_cell(l, i, column); i++) {
            size_t wanted = l->lines[i].cells[column].width + l->padding;

            width = wanted > width ? wanted : width;
        }
        l->widths[l->depth++] = width;
        format(l, begin, i);
        l->depth--;
        done = i;
    }
    write_lines(l, done, to);
}

static bool split(struct layout *l, const char *text)
{
    size_t count = 0;

    for (const char *p = text; *p != '\0'; p++)
        count += *p == '\n';
    l->lines = arena_array(l->arena, count + 1, sizeof *l->lines);
    if (l->lines == NULL)
        return false;
    for (const char *p = text, *end; *p != '\0'; p = end + (*end == '\n')) {
        struct line *line = &l->lines[l->line_count++];
        size_t tabs = 0;

        end = strchrnul(p, '\n');
        for (const char *q = p; q < end; q++)
            tabs += *q == '\t';
        line->cells = arena_array(l->arena, tabs + 1, sizeof *line->cells);
        if (line->cells == NULL)
            return false;
        for (const char *q = p; line->count <= tabs; line->count++) {
            const char *tab = memchr(q, '\t', (size_t)(end - q));
            size_t length = (size_t)((tab != NULL ? tab : end) - q);

            line->cells[line->count] = (struct cell){.text = q, .length = length, .width = utf8_columns(q, length)};
            q = tab != NULL ? tab + 1 : end;
        }
    }
    return true;
}

void elastic_format(const char *text, unsigned least, unsigned padding, struct buf *out)
{
    struct layout l = {.arena = arena_new(), .least = least, .padding = padding, .out = out};

    if (l.arena == NULL || !split(&l, text))
        out->failed = true;
    else
        format(&l, 0, l.line_count);
    arena_free(l.arena);
}
