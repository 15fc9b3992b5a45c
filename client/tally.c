#include "client/tally.h"

#include "config/load.h"

#include <stdlib.h>

bool tally_init(struct tally *t, const struct pod_config *config)
{
    *t = (struct tally){.config = config, .ended_at = MONO_NEVER};
    t->ready_since = calloc(config->count, sizeof *t->ready_since);
    if (t->ready_since == NULL)
        return false;
    for (unsigned i = 0; i < config->count; i++)
        t->ready_since[i] = MONO_NEVER;
    return true;
}

void tally_deinit(struct tally *t)
{
    free(t->runs);
    free(t->marks);
    free(t->ready_since);
    *t = (struct tally){0};
}

/* Room for one more item; false, and noted, when memory is short. */
static bool room(struct tally *t, void **items, size_t count, size_t *capacity, size_t size)
{
    size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    void *more;

    if (count < *capacity)
        return true;
    more = reallocarray(*items, wanted, size);
    if (more == NULL) {
        t->out_of_memory = true;
        return false;
    }
    *items = more;
    *capacity = wanted;
    return true;
}

static void mark(struct tally *t, enum tally_mark_kind kind, unsigned container, mono_ms at)
{
    void *items = t->marks;

    if (!room(t, &items, t->mark_count, &t->mark_capacity, sizeof *t->marks))
        return;
    t->marks = items;
    t->marks[t->mark_count++] = (struct tally_mark){.kind = kind, .container = container, .at = at};
}

static struct tally_run *last_run(const struct tally *t, unsigned container)
{
    for (size_t i = t->run_count; i-- > 0;) {
        if (t->runs[i].container == container)
            return &t->runs[i];
    }
    return NULL;
}

static void begin_run(struct tally *t, unsigned container, const struct note *note, mono_ms at)
{
    void *items = t->runs;

    if (!room(t, &items, t->run_count, &t->run_capacity, sizeof *t->runs))
        return;
    t->runs = items;
    t->runs[t->run_count++] = (struct tally_run){
        .container = container,
        .restart = note->restart_count,
        .started = at,
        .ended = MONO_NEVER,
        .ready_from = MONO_NEVER,
    };
}

static void set_ready(struct tally *t, unsigned container, bool ready, mono_ms at)
{
    struct tally_run *run = last_run(t, container);
    mono_ms *since = &t->ready_since[container];

    if (ready == (*since != MONO_NEVER) || run == NULL)
        return;
    if (ready) {
        if (run->ready_from == MONO_NEVER)
            run->ready_from = at;
        *since = at;
    } else {
        run->ready += at - *since;
        *since = MONO_NEVER;
    }
    mark(t, ready ? TALLY_READY : TALLY_NOT_READY, container, at);
}

static void end_run(struct tally *t, unsigned container, const struct note *note, mono_ms at)
{
    struct tally_run *run = last_run(t, container);

    set_ready(t, container, false, at);
    if (run == NULL || run->ended != MONO_NEVER)
        return;
    run->ended = at;
    run->end = note->end;
    run->end.message = NULL;            /* it was lent for the step */
}

static void of_pod(struct tally *t, enum note_kind kind, mono_ms at)
{
    if (kind != NOTE_SUCCEEDED && kind != NOTE_FAILED && kind != NOTE_DELETED)
        return;
    t->ended_as = kind;
    t->ended_at = at;
}

static void of_container(struct tally *t, unsigned container, const struct note *note, mono_ms at)
{
    struct tally_run *run = last_run(t, container);

    switch (note->kind) {
    case NOTE_CREATED:                  /* the process is there in the same moment, or never */
        begin_run(t, container, note, at);
        break;
    case NOTE_STARTED:
        if (run != NULL)
            run->started = at;
        break;
    case NOTE_READY:
    case NOTE_NOT_READY:
        set_ready(t, container, note->kind == NOTE_READY, at);
        break;
    case NOTE_UNHEALTHY:
        if (run != NULL)
            run->unhealthy++;
        mark(t, TALLY_UNHEALTHY, container, at);
        break;
    case NOTE_KILLING:
        if (run != NULL && run->stop == STOP_NONE)
            run->stop = note->stop;
        break;
    case NOTE_EXITED:
        end_run(t, container, note, at);
        break;
    case NOTE_BACKOFF:
        if (run != NULL) {
            run->restarts = true;
            run->delay = note->delay;
        }
        break;
    case NOTE_RESET:
        if (run != NULL)
            run->reset = true;
        break;
    case NOTE_START_FAILED:
    case NOTE_NOT_CREATED:
    case NOTE_PROBE_ERROR:
    case NOTE_PROBE_WARNING:
    case NOTE_HOOK:
    case NOTE_FILES_CHANGED:
    case NOTE_RESTART:
    case NOTE_REPORT:
    case NOTE_SUCCEEDED:
    case NOTE_FAILED:
    case NOTE_DELETED:
    case NOTE_DEADLINE_EXCEEDED:
    case NOTE_OVERDUE:
    case NOTE_RESTARTING_ALL:
        break;
    }
}

void tally_action(struct tally *t, const struct pod *p, const struct action *action)
{
    mono_ms at = action->note.now - p->created;

    if (action->kind != DO_NOTE)
        return;
    if (action->container == NO_CONTAINER)
        of_pod(t, action->note.kind, at);
    else
        of_container(t, (unsigned)action->container, &action->note, at);
}

void tally_finish(struct tally *t, mono_ms now)
{
    t->length = now;
    for (unsigned i = 0; i < t->config->count; i++)
        set_ready(t, i, false, now);
}

static void add_run(struct tally_sum *sum, const struct tally_run *run)
{
    mono_ms ran = run->ended - run->started;

    sum->serving += run->ready;
    if (run->ended == MONO_NEVER)
        return;
    if (sum->shortest_run == 0 || ran < sum->shortest_run)
        sum->shortest_run = ran;
    if (ran > sum->longest_run)
        sum->longest_run = ran;
    sum->resets += run->reset;
    if (!run->restarts)
        return;
    sum->restarts++;
    sum->waited += mono_min(run->delay, sum->length - run->ended);
    if (run->delay > sum->longest_wait)
        sum->longest_wait = run->delay;
    if (run->delay > 0 && sum->crash_loop == 0) {
        sum->crash_loop = sum->restarts;
        sum->crash_loop_at = run->ended;
    }
}

struct tally_sum tally_sum(const struct tally *t, unsigned container)
{
    struct tally_sum sum = {.length = t->length};

    for (size_t i = 0; i < t->run_count; i++) {
        if (t->runs[i].container == container)
            add_run(&sum, &t->runs[i]);
    }
    return sum;
}

unsigned tally_permille(mono_ms serving, mono_ms length)
{
    return length <= 0 ? 0 : (unsigned)(((__int128)serving * 1000 + length / 2) / length);
}
