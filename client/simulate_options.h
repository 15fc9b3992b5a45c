/*
 * The command line of `pidlet simulate`.
 */
#ifndef PIDLET_CLIENT_SIMULATE_OPTIONS_H
#define PIDLET_CLIENT_SIMULATE_OPTIONS_H

#include "client/simulation.h"

enum simulate_output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_SVG };

struct simulate_options {
    const char **sources;               /* owned */
    size_t source_count;
    const char *container;              /* NAME or POD/NAME; NULL: the first of each pod */
    struct sim_run *runs;               /* owned; the faults borrow them */
    struct simulation_faults faults;    /* all but the scenario */
    bool any_fault;
    mono_ms length;                     /* MONO_NEVER: not given */
    uint64_t seed;
    const char *scenario;               /* file; NULL: none */
    enum simulate_output output;
    bool compare;
};

/* An exit status, or -1: go on.  Deinit in either case. */
int simulate_options_parse(struct simulate_options *o, int argc, char **argv);
void simulate_options_deinit(struct simulate_options *o);

#endif
