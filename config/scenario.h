/*
 * Scenario files of `pidlet simulate`: YAML (or JSON) that tells how the containers
 * of a pod fare and what befalls them at which time.  docs/simulate.md has the format,
 * config/fields/scenario.def its rows; what is wrong in one is told like a
 * manifest's findings, with file, line and column.
 *
 *     containers:
 *     - name: app
 *       readyAfter: 5s
 *       runs: [{length: 3m, signal: 9}]
 *     faults:
 *     - {at: 10m, fault: Hang, container: app, lasts: 1m}
 *     - {at: 20m, fault: Delete}
 */
#ifndef PIDLET_CONFIG_SCENARIO_H
#define PIDLET_CONFIG_SCENARIO_H

#include "base/clock.h"
#include "config/spec.h"

#include <stddef.h>

struct arena;
struct diags;

/* Reads the file, "-" for standard input.  NULL with findings; all of it lies in `arena`. */
const struct scenario *scenario_read(const char *file, struct arena *arena, struct diags *diags);

/* The same for a text in memory; `name` stands in the findings. */
const struct scenario *scenario_parse(const char *name, const char *text, size_t length,
                                      struct arena *arena, struct diags *diags);

/* A duration of a scenario that was read; MONO_NEVER for "never". */
mono_ms scenario_time(const char *text);

#endif
