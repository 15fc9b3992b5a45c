#include "base/buf.h"
#include "base/duration.h"
#include "client/simulate_text.h"
#include "config/load.h"
#include "client/rivals.h"
#include "client/tally.h"

#include <stdlib.h>

/* What this pod itself did, and the six others. */
enum { COLUMNS = RIVALS + 1 };

/* The runs as they were; one that still ran at the end goes on for ever. */
static struct rival_run *runs_of(const struct tally *t, unsigned container, size_t *count)
{
    struct rival_run *runs = calloc(t->run_count + 1, sizeof *runs);

    *count = 0;
    for (size_t i = 0; runs != NULL && i < t->run_count; i++) {
        const struct tally_run *r = &t->runs[i];
        bool unfinished = r->ended == MONO_NEVER;

        if (r->container != container || (unfinished && *count > 0))
            continue;
        runs[(*count)++] = (struct rival_run){
            .length = unfinished ? MONO_NEVER : r->ended - r->started,
            .ready_from = r->ready_from == MONO_NEVER ? MONO_NEVER : r->ready_from - r->started,
            .ready = unfinished && r->ready > 0 ? MONO_NEVER : r->ready,
        };
    }
    return runs;
}

static struct rival_result own(const struct tally *t, unsigned container)
{
    struct rival_result result = {.gave_up_at = MONO_NEVER};
    struct tally_sum sum = tally_sum(t, container);

    result.restarts = sum.restarts;
    result.longest_wait = sum.longest_wait;
    result.serving = sum.serving;
    for (size_t i = 0; i < t->run_count && result.wait_count < RIVAL_WAITS; i++) {
        if (t->runs[i].container == container && t->runs[i].restarts)
            result.waits[result.wait_count++] = t->runs[i].delay;
    }
    return result;
}

static const char *column_name(int column)
{
    return column == 0 ? "this pod" : rival_name((enum rival)(column - 1));
}

static void add_duration(struct buf *out, mono_ms d)
{
    char text[DURATION_SIZE] = "-";

    if (d != MONO_NEVER)
        duration_format(d, text);
    buf_addf(out, "%17s", text);
}

static void text_columns(struct buf *out, const struct rival_result *r, mono_ms length)
{
    size_t rows = 0;

    buf_addf(out, "%-14s", "RESTART");
    for (int i = 0; i < COLUMNS; i++) {
        buf_addf(out, "%17s", column_name(i));
        rows = r[i].wait_count > rows ? r[i].wait_count : rows;
    }
    for (size_t row = 0; row < rows; row++) {
        buf_addf(out, "\n%-14zu", row + 1);
        for (int i = 0; i < COLUMNS; i++)
            add_duration(out, row < r[i].wait_count ? r[i].waits[row] : MONO_NEVER);
    }
    buf_addf(out, "\n%-14s", "restarts");
    for (int i = 0; i < COLUMNS; i++)
        buf_addf(out, "%17u", r[i].restarts);
    buf_addf(out, "\n%-14s", "longest wait");
    for (int i = 0; i < COLUMNS; i++)
        add_duration(out, r[i].longest_wait);
    buf_addf(out, "\n%-14s", "gave up at");
    for (int i = 0; i < COLUMNS; i++)
        add_duration(out, r[i].gave_up_at);
    buf_addf(out, "\n%-14s", "availability");
    for (int i = 0; i < COLUMNS; i++) {
        unsigned permille = tally_permille(r[i].serving, length);

        buf_addf(out, "%13u.%u %%", permille / 10, permille % 10);
    }
    buf_adds(out, "\n\n");
    for (int i = 1; i < COLUMNS; i++)
        buf_addf(out, "%-16s %s\n%-16s   (%s)\n", column_name(i), rival_rule((enum rival)(i - 1)), "",
                 rival_source((enum rival)(i - 1)));
}

static void json_columns(struct buf *out, const struct rival_result *results, mono_ms length)
{
    for (int i = 0; i < COLUMNS; i++) {
        const struct rival_result *r = &results[i];

        buf_addf(out, "{\"policy\":\"%s\"", column_name(i));
        if (i > 0)
            buf_addf(out, ",\"source\":\"%s\"", rival_source((enum rival)(i - 1)));
        buf_adds(out, ",\"waits\":[");
        for (size_t w = 0; w < r->wait_count; w++)
            buf_addf(out, "%s%.3f", w > 0 ? "," : "", (double)r->waits[w] / 1000);
        buf_addf(out, "],\"restarts\":%u,\"longestWait\":%.3f,\"gaveUpAt\":", r->restarts,
                 (double)r->longest_wait / 1000);
        if (r->gave_up_at == MONO_NEVER)
            buf_adds(out, "null");
        else
            buf_addf(out, "%.3f", (double)r->gave_up_at / 1000);
        buf_addf(out, ",\"availability\":%.3f}\n", tally_permille(r->serving, length) / 1000.);
    }
}

bool simulate_compare(const struct tally *t, unsigned container, bool json, struct buf *out)
{
    struct rival_result results[COLUMNS];
    size_t count;
    struct rival_run *runs = runs_of(t, container, &count);

    if (runs == NULL)
        return false;
    results[0] = own(t, container);
    for (int i = 1; i < COLUMNS; i++) {
        results[i] = (struct rival_result){.gave_up_at = MONO_NEVER};
        if (count > 0)
            results[i] = rival_play((enum rival)(i - 1), runs, count, t->length);
    }
    if (json)
        json_columns(out, results, t->length);
    else
        text_columns(out, results, t->length);
    free(runs);
    return true;
}
