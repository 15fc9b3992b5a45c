/*
 * What a pod did, line by line: for tests, for `simulate`, for a person.
 *
 *      1.000 app Exited 1
 *      1.000 app BackOff 10s
 *
 * and the same as JSON, one object a line, as the command line's contract has it.
 */
#ifndef PIDLET_CORE_TRACE_H
#define PIDLET_CORE_TRACE_H

#include "daemon/core/pod.h"

#include <stdbool.h>

struct buf;

/*
 * Appends one line for a note, or for a signal that is sent ("app TERM"), and
 * returns true; other actions have none.
 */
bool trace_text(struct buf *out, const struct pod *p, const struct action *action, mono_ms now);

/* The same as a JSON object; signals have none. */
bool trace_json(struct buf *out, const struct pod *p, const struct action *action);

#endif
