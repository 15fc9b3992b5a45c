#include "client/chaos_report.h"

#include "base/buf.h"
#include "base/duration.h"
#include "client/simulate_advice.h"
#include "client/simulate_text.h"
#include "client/simulation.h"
#include "config/load.h"
#include "daemon/core/chaos.h"

#include <inttypes.h>
#include <stdio.h>

/* So many waits are listed one by one. */
enum { WAITS = 12 };

/* So much longer than what happened a simulation may take to come to the same end. */
enum { SECONDS_MORE = 24 * 3600 };

static void add_duration(struct buf *out, const char *words, mono_ms d)
{
    char text[DURATION_SIZE];

    duration_format(d, text);
    buf_addf(out, "%s%s", words, text);
}

static void add_fault(struct buf *out, enum chaos_deed deed, const struct chaos_span *span)
{
    if (span->least == MONO_NEVER)
        return;
    buf_addf(out, "%s ", chaos_signal_name(deed));
    add_duration(out, "", span->least);
    if (span->most != span->least)
        add_duration(out, " to ", span->most);
    buf_adds(out, " after each start, ");
}

static void add_heading(const struct chaos *c, const struct tally *t, struct buf *out)
{
    const struct chaos_plan *plan = c->plan;

    buf_addf(out, "chaos in pod %s: ", c->config->name);
    add_fault(out, CHAOS_KILL, &plan->kill);
    add_fault(out, CHAOS_STOP, &plan->stop);
    if (plan->rounds != 0)
        buf_addf(out, "%u round%s, ", plan->rounds, plan->rounds == 1 ? "" : "s");
    buf_addf(out, "seed %" PRIu64, plan->seed);
    add_duration(out, "; for ", t->length);
    buf_adds(out, "\n\n");
}

/* ---- side by side ---- */

enum { LABEL = 22, COLUMN = 16 };

static void add_cell(struct buf *out, mono_ms d)
{
    char text[DURATION_SIZE] = "-";

    if (d != MONO_NEVER)
        duration_format(d, text);
    buf_addf(out, "%*s", COLUMN, text);
}

static void add_row(struct buf *out, const char *label, mono_ms simulated, mono_ms happened)
{
    buf_addf(out, "  %-*s", LABEL, label);
    add_cell(out, simulated);
    add_cell(out, happened);
    buf_addc(out, '\n');
}

static void add_counts(struct buf *out, const char *label, unsigned simulated, unsigned happened)
{
    buf_addf(out, "  %-*s%*u%*u\n", LABEL, label, COLUMN, simulated, COLUMN, happened);
}

/* The delay before the restart of that number, from 1; MONO_NEVER: there was none. */
static mono_ms wait_of(const struct tally *t, unsigned container, unsigned restart)
{
    for (size_t i = 0; i < t->run_count; i++) {
        const struct tally_run *r = &t->runs[i];

        if (r->container == container && r->restarts && --restart == 0)
            return r->delay;
    }
    return MONO_NEVER;
}

static void add_waits(struct buf *out, unsigned i, const struct tally *simulated, const struct tally *happened)
{
    unsigned most = tally_sum(simulated, i).restarts, other = tally_sum(happened, i).restarts;

    most = other > most ? other : most;
    for (unsigned restart = 1; restart <= most && restart <= WAITS; restart++) {
        char label[LABEL + 1];

        snprintf(label, sizeof label, "wait %u", restart);
        add_row(out, label, wait_of(simulated, i, restart), wait_of(happened, i, restart));
    }
    if (most > WAITS)
        buf_addf(out, "  … and %u more\n", most - WAITS);
}

static void add_availability(struct buf *out, const struct tally_sum *simulated, const struct tally_sum *happened)
{
    unsigned a = tally_permille(simulated->serving, simulated->length);
    unsigned b = tally_permille(happened->serving, happened->length);

    buf_addf(out, "  %-*s%*u.%u %%%*u.%u %%\n", LABEL, "availability", COLUMN - 4, a / 10, a % 10, COLUMN - 4,
             b / 10, b % 10);
}

static void add_columns(const struct chaos_target *real, const struct chaos_target *virtual, unsigned i,
                        const struct tally *simulated, const struct tally *happened, struct buf *out)
{
    struct tally_sum a = tally_sum(simulated, i), b = tally_sum(happened, i);

    buf_addf(out, "%s/%s\n  %-*s%*s%*s\n", happened->config->name, happened->config->containers[i]->name, LABEL, "",
             COLUMN, "SIMULATED", COLUMN, "HAPPENED");
    if (real->kills + virtual->kills > 0)
        add_counts(out, "SIGKILL sent", virtual->kills, real->kills);
    if (real->stops + virtual->stops > 0) {
        add_counts(out, "SIGSTOP sent", virtual->stops, real->stops);
        add_counts(out, "  found by a probe", virtual->found, real->found);
        add_counts(out, "  not found, continued", virtual->continued, real->continued);
    }
    add_waits(out, i, simulated, happened);
    add_counts(out, "restarts", a.restarts, b.restarts);
    add_row(out, "longest wait", a.longest_wait, b.longest_wait);
    add_row(out, "waited", a.waited, b.waited);
    add_row(out, "serving", a.serving, b.serving);
    add_availability(out, &a, &b);
}

/* ---- a pod ---- */

/* It was to be hit, whether that came to pass or not. */
static bool was_target(const struct chaos *c, unsigned i)
{
    return c->targets[i].draws > 0;
}

/* It came to its end by itself; the simulation then may take longer to get there. */
static bool all_rounds(const struct chaos *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (was_target(c, i) && c->targets[i].rounds < c->plan->rounds)
            return false;
    }
    return c->plan->rounds > 0;
}

static void add_container(const struct chaos *c, unsigned i, const struct tally *happened, struct buf *out)
{
    const struct simulation_faults faults = {
        .kill_every = MONO_NEVER, .hang_after = MONO_NEVER, .chaos = c->plan};
    const struct simulation s = {.config = c->config, .faults = &faults, .container = (int)i,
                                 .length = happened->length,
                                 .extension = all_rounds(c) ? SECONDS_MORE * MONO_SECOND : 0, .seed = c->plan->seed};
    struct simulation_result result;

    buf_addc(out, '\n');
    if (!simulation_play(&s, &result)) {
        buf_adds(out, "There was no memory to simulate it.\n");
    } else if (result.violation != NULL) {
        buf_addf(out, "The simulation broke off: %s\n", result.violation);
    } else {
        add_columns(&c->targets[i], &result.chaos->targets[i], i, &result.tally, happened, out);
        simulate_advice(&s, &result.tally, out);
    }
    simulation_result_deinit(&result);
}

void chaos_report(const struct chaos *c, const struct tally *happened, struct buf *out)
{
    unsigned first = 0;

    while (first < c->count && !was_target(c, first))
        first++;
    if (first == c->count)
        return;
    add_heading(c, happened, out);
    simulate_table(happened, out);
    buf_addc(out, '\n');
    simulate_summary(happened, (int)first, out);
    for (unsigned i = first; i < c->count; i++) {
        if (was_target(c, i))
            add_container(c, i, happened, out);
    }
}
