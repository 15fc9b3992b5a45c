/*
 * What follows from an event in a state, gathered from every step that was taken:
 * the tables of docs/state-machines.md.
 */
#ifndef PIDLET_TESTS_TABLE_H
#define PIDLET_TESTS_TABLE_H

#include <stddef.h>

struct buf;

enum { TABLE_STATES = 16, TABLE_EVENTS = 20, TABLE_OUTCOMES = 24, TABLE_TEXT = 96 };

struct table {
    const char *machine;                        /* "container" */
    const char *states[TABLE_STATES];
    size_t state_count;
    const char *events[TABLE_EVENTS];
    size_t event_count;
    struct table_cell {
        char outcomes[TABLE_OUTCOMES][TABLE_TEXT];      /* sorted, each once */
        size_t count;
    } cells[TABLE_STATES][TABLE_EVENTS];
};

/* One step: from `state`, by `event`, to `outcome`. */
void table_add(struct table *t, int state, int event, const char *outcome);

/* The name of a pair that was never stepped, as "state, event"; NULL: there is none. */
const char *table_missing(const struct table *t);

/* Appends the events of one state with what follows, as a table in Markdown. */
void table_write(const struct table *t, size_t state, struct buf *out);

/* ---- the machines, each in a file of its own ---- */

void table_of_container(struct table *t);
void table_of_pod(struct table *t);
void table_of_worker(struct table *t);

#endif
