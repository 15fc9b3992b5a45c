#include "client/simulate_text.h"

#include "base/buf.h"
#include "base/duration.h"
#include "config/load.h"
#include "config/signals.h"
#include "client/tally.h"

#include <stdlib.h>
#include <string.h>

static void add_duration(struct buf *out, int width, mono_ms d)
{
    char text[DURATION_SIZE] = "never";

    if (d != MONO_NEVER)
        duration_format(d, text);
    buf_addf(out, "%*s", width, text);
}

void simulate_percent(mono_ms serving, mono_ms length, struct buf *out)
{
    unsigned permille = tally_permille(serving, length);

    buf_addf(out, "%u.%u %%", permille / 10, permille % 10);
}

/* ---- the table ---- */

static const char *stop_words(enum stop_reason stop)
{
    switch (stop) {
    case STOP_NONE:
        break;
    case STOP_DELETED:
        return "stopped for the pod's deletion: ";
    case STOP_FINISHED:
        return "stopped, the pod's work is done: ";
    case STOP_LIVENESS:
        return "liveness probe failed: ";
    case STOP_STARTUP:
        return "startup probe failed: ";
    case STOP_DEADLINE:
        return "activeDeadlineSeconds are over: ";
    case STOP_RESTART_ALL:
        return "all containers restart: ";
    case STOP_CHANGED:
        return "its definition changed: ";
    case STOP_FILES_CHANGED:
        return "its files changed: ";
    case STOP_RESTART:
        return "a restart was asked for: ";
    case STOP_POST_START:
        return "postStart hook failed: ";
    }
    return "";
}

void simulate_end(const struct tally_run *run, struct buf *out)
{
    const char *signal = run->end.signal != 0 ? signal_text(run->end.signal) : NULL;

    buf_adds(out, stop_words(run->stop));
    if (run->end.reason == END_START_ERROR) {
        buf_adds(out, "did not start");
        return;
    }
    if (signal != NULL)
        buf_addf(out, "killed by %s after ", signal);
    else if (run->end.signal != 0)
        buf_addf(out, "killed by signal %d after ", run->end.signal);
    else
        buf_addf(out, "exited %d after ", run->end.exit_code);
    add_duration(out, 0, run->ended - run->started);
}

enum { WHAT_WIDTH = 54 };

static void add_row(struct buf *out, const struct tally *t, const struct tally_run *run, const char *what)
{
    add_duration(out, 12, run->ended);
    buf_addf(out, "  %-12s  %-*s", t->config->containers[run->container]->name, WHAT_WIDTH, what);
    if (run->restarts) {
        buf_addf(out, "%8u", run->restart + 1);
        add_duration(out, 9, run->delay);
        add_duration(out, 14, mono_add(run->ended, run->delay));
    } else {
        buf_addf(out, "%8u%9s%14s", run->restart, "-", "never");
    }
    buf_addc(out, '\n');
}

/* The next run of the same container that has ended; NULL: none. */
static const struct tally_run *next_end(const struct tally *t, const struct tally_run *run)
{
    for (const struct tally_run *r = run + 1; r < t->runs + t->run_count; r++) {
        if (r->container == run->container)
            return r->ended == MONO_NEVER ? NULL : r;
    }
    return NULL;
}

static bool alike(const struct tally_run *a, const struct tally_run *b)
{
    return a->delay == b->delay && a->restarts && b->restarts && a->reset == b->reset
           && a->stop == b->stop && a->end.reason == b->end.reason
           && a->end.exit_code == b->end.exit_code && a->end.signal == b->end.signal
           && a->ended - a->started == b->ended - b->started;
}

/* One container's way through the table; of equal runs the first two and the last one are printed. */
struct row {
    const struct tally_run *next;       /* to be printed; NULL: none is left */
    unsigned before;                    /* as many like it came before it */
    unsigned hidden;                    /* of which not printed */
};

static void add_end(struct buf *out, const struct tally *t, struct row *row)
{
    const struct tally_run *run = row->next, *next = next_end(t, run);
    bool goes_on = next != NULL && alike(run, next);
    struct buf what = BUF_INIT;

    if (row->before >= 2 && goes_on) {
        row->hidden++;
    } else {
        if (row->hidden > 0)
            buf_addf(out, "%12s  %-12s  %u more of the same\n", "...",
                     t->config->containers[run->container]->name, row->hidden);
        row->hidden = 0;
        simulate_end(run, &what);
        if (run->reset)
            buf_adds(&what, "; a new series");
        add_row(out, t, run, buf_text(&what));
        buf_deinit(&what);
    }
    row->before = goes_on ? row->before + 1 : 0;
    row->next = next;
}

static const char *pod_end(enum note_kind kind)
{
    return kind == NOTE_SUCCEEDED ? "the pod has succeeded"
           : kind == NOTE_FAILED  ? "the pod has failed"
                                  : "the pod is gone";
}

/* Ends in order of time; runs stand in order of their starts, so one container's are in order. */
static struct row *earliest(const struct tally *t, struct row *rows)
{
    struct row *best = NULL;

    for (unsigned i = 0; i < t->config->count; i++) {
        if (rows[i].next != NULL && (best == NULL || rows[i].next->ended < best->next->ended))
            best = &rows[i];
    }
    return best;
}

void simulate_table(const struct tally *t, struct buf *out)
{
    struct row *rows = calloc(t->config->count, sizeof *rows), *row;

    if (rows == NULL) {
        out->failed = true;
        return;
    }
    for (size_t i = t->run_count; i-- > 0;) {
        if (t->runs[i].ended != MONO_NEVER)
            rows[t->runs[i].container].next = &t->runs[i];
    }
    buf_addf(out, "%12s  %-12s  %-*s%8s%9s%14s\n", "TIME", "CONTAINER", WHAT_WIDTH, "WHAT HAPPENED",
             "RESTARTS", "WAIT", "NEXT START");
    while ((row = earliest(t, rows)) != NULL)
        add_end(out, t, row);
    free(rows);
    if (t->ended_at != MONO_NEVER) {
        add_duration(out, 12, t->ended_at);
        buf_addf(out, "  %-12s  %s\n", "", pod_end(t->ended_as));
    }
}

/* ---- the summary ---- */

static void summarize(const struct tally *t, unsigned container, struct buf *out)
{
    struct tally_sum sum = tally_sum(t, container);

    buf_addf(out, "%s/%s: %u restart%s in ", t->config->name, t->config->containers[container]->name,
             sum.restarts, sum.restarts == 1 ? "" : "s");
    add_duration(out, 0, t->length);
    buf_adds(out, ", longest wait ");
    add_duration(out, 0, sum.longest_wait);
    buf_adds(out, "\n  ");
    if (sum.crash_loop == 0) {
        buf_adds(out, "never in CrashLoopBackOff\n");
    } else {
        buf_addf(out, "CrashLoopBackOff from restart %u on, at ", sum.crash_loop);
        add_duration(out, 0, sum.crash_loop_at);
        buf_adds(out, "; waited ");
        add_duration(out, 0, sum.waited);
        if (sum.resets > 0)
            buf_addf(out, "; %u new series", sum.resets);
        buf_addc(out, '\n');
    }
    buf_adds(out, "  serving ");
    add_duration(out, 0, sum.serving);
    buf_adds(out, " of ");
    add_duration(out, 0, sum.length);
    buf_adds(out, ": availability ");
    simulate_percent(sum.serving, sum.length, out);
    buf_addc(out, '\n');
}

void simulate_summary(const struct tally *t, int container, struct buf *out)
{
    for (unsigned i = 0; i < t->config->count; i++) {
        if ((int)i == container || tally_sum(t, i).restarts > 0)
            summarize(t, i, out);
    }
}
