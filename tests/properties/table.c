#include "tests/properties/table.h"

#include "base/buf.h"
#include "tests/lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void table_add(struct table *t, int state, int event, const char *outcome)
{
    struct table_cell *cell = &t->cells[state][event];
    size_t at = 0;

    while (at < cell->count && strcmp(cell->outcomes[at], outcome) < 0)
        at++;
    if (at < cell->count && strcmp(cell->outcomes[at], outcome) == 0)
        return;
    assert_true(cell->count < TABLE_OUTCOMES);
    memmove(cell->outcomes[at + 1], cell->outcomes[at], (cell->count - at) * TABLE_TEXT);
    cell->count++;
    snprintf(cell->outcomes[at], TABLE_TEXT, "%s", outcome);
}

const char *table_missing(const struct table *t)
{
    static char text[2 * TABLE_TEXT];

    for (size_t state = 0; state < t->state_count; state++) {
        for (size_t event = 0; event < t->event_count; event++) {
            if (t->cells[state][event].count > 0)
                continue;
            snprintf(text, sizeof text, "%s: %s, %s", t->machine, t->states[state], t->events[event]);
            return text;
        }
    }
    return NULL;
}

static bool does_nothing(const struct table_cell *cell)
{
    return cell->count == 1 && strcmp(cell->outcomes[0], "nothing") == 0;
}

void table_write(const struct table *t, size_t state, struct buf *out)
{
    const char *separator = "";

    buf_adds(out, "| event | what follows |\n|---|---|\n");
    for (size_t event = 0; event < t->event_count; event++) {
        const struct table_cell *cell = &t->cells[state][event];

        if (does_nothing(cell))
            continue;
        buf_addf(out, "| %s | ", t->events[event]);
        for (size_t i = 0; i < cell->count; i++)
            buf_addf(out, "%s%s", i > 0 ? "; " : "", cell->outcomes[i]);
        buf_adds(out, " |\n");
    }
    for (size_t event = 0; event < t->event_count; event++) {
        if (!does_nothing(&t->cells[state][event]))
            continue;
        buf_addf(out, "%s%s", separator[0] == '\0' ? "| " : separator, t->events[event]);
        separator = ", ";
    }
    if (separator[0] != '\0')
        buf_adds(out, " | nothing |\n");
}
