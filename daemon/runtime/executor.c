#include "daemon/runtime/executor_private.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "daemon/core/change.h"
#include "daemon/runtime/probe_stats.h"
#include "probes/http_client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct queued_event {
    struct pod_event event;
    char *owned;                        /* the event's text, freed after its step; may be NULL */
};

const struct pod *live_pod_core(const struct live_pod *p)
{
    return p->core;
}

struct pod_config *live_pod_config(const struct live_pod *p)
{
    return p->config;
}

/* ---- events in ---- */

static void perform(struct live_pod *p, const struct action *action);

static void arm(struct live_pod *p)
{
    mono_ms deadline = pod_deadline(p->core), now;

    ev_timer_stop(p->executor->loop, &p->deadline);
    if (deadline == MONO_NEVER)
        return;
    ev_now_update(p->executor->loop);   /* the turn may have taken long: never fire early */
    now = clock_mono();
    ev_timer_set(&p->deadline, deadline > now ? (ev_tstamp)(deadline - now) / 1000. : 0., 0.);
    ev_timer_start(p->executor->loop, &p->deadline);
}

/* Answers of the world that come while a step's actions are being done wait their turn. */
static void enqueue(struct executor *x, const struct pod_event *ev, char *owned)
{
    assert(x->queued < x->queue_capacity);      /* live_pod_new() made room for one an action */
    x->queue[x->queued++] = (struct queued_event){.event = *ev, .owned = owned};
}

static void remove_pod_cgroup(struct live_pod *p)
{
    const struct confinement *confinement = p->executor->confinement;

    if (confinement != NULL && confinement->cgroups.fd >= 0)
        cgroup_remove(&(struct cgroup){.tree = &confinement->cgroups, .pod = p->config->uid});
}

/* Lets go of the definitions that no run uses any more; the first one gave its names. */
static void forget_configs(struct live_pod *p)
{
    for (unsigned i = 0; i < p->core->count; i++) {
        if (p->core->containers[i].next.spec != NULL)
            return;
    }
    while (p->kept_count > 1)
        pod_config_unref(p->kept[--p->kept_count]);
}

static void step_all(struct live_pod *p, const struct pod_event *first)
{
    struct executor *x = p->executor;
    bool ended = p->core->state == POD_ENDED, deleted = p->core->deleted;

    x->queued = 0;
    enqueue(x, first, NULL);
    for (size_t i = 0; i < x->queued; i++) {
        const struct queued_event q = x->queue[i];

        pod_step(p->core, &q.event, &x->actions);
        for (size_t j = 0; j < x->actions.count; j++)
            perform(p, &x->actions.items[j]);
        free(q.owned);
    }
    x->queued = 0;
    if (p->kept_count > 1)
        forget_configs(p);
    arm(p);
    if (x->on_step != NULL)
        x->on_step(x->on_step_arg, p);
    if (p->core->state == POD_ENDED && !ended) {
        remove_pod_cgroup(p);
        live_files_forget(p);
    }
    if (p->core->state == POD_ENDED && (!ended || deleted != p->core->deleted))
        x->on_ended(x->on_ended_arg, p);
}

static void post(struct live_pod *p, struct pod_event ev)
{
    ev.now = clock_mono();
    step_all(p, &ev);
}

void live_post(struct live_container *c, struct container_event ev, mono_ms now)
{
    step_all(c->pod, &(struct pod_event){
                         .kind = POD_CONTAINER, .now = now, .container = c->index, .of_container = ev});
}

static void deadline_reached(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    post(container_of(w, struct live_pod, deadline), (struct pod_event){.kind = POD_DEADLINE});
}

void live_report(struct live_container *c, enum report_kind report, const char *text, uint64_t lines)
{
    post(c->pod, (struct pod_event){.kind = POD_REPORT, .container = c->index, .report = report, .text = text,
                                    .lines = lines});
}

/* ---- logs ---- */

/* The log of a container takes lines no more, or again: an Event. */
static void log_changed(void *arg, struct logwriter *w, int error, uint64_t lines)
{
    static const enum report_kind reports[] = {
        [LOG_WRITES] = REPORT_LOGS_RESUMED,
        [LOG_DROPS]  = REPORT_LOGS_DROPPED,
        [LOG_HOLDS]  = REPORT_LOGS_PAUSED,
    };
    struct live_container *c = container_of(container_of(w, struct output, log), struct live_container, output);

    (void)arg;
    live_report(c, reports[w->state], strerror(error), lines);
}

/* ---- processes ---- */

static struct run_end run_end_of(const siginfo_t *how)
{
    if (how->si_pid == 0)
        return (struct run_end){.reason = END_UNKNOWN, .exit_code = 255};
    if (how->si_code == CLD_EXITED)
        return (struct run_end){.reason = how->si_status == 0 ? END_COMPLETED : END_ERROR,
                                .exit_code = how->si_status};
    return (struct run_end){
        .reason = END_ERROR, .exit_code = 128 + how->si_status, .signal = how->si_status};
}

static void container_exited(struct process *process, const siginfo_t *how, mono_ms ended)
{
    struct live_container *c = container_of(process, struct live_container, process);
    struct run_end end = run_end_of(how);

    live_run_leave_cgroup(c, &end);
    live_run_close_notify(c);
    output_finish(&c->output);          /* its last lines stand before the news of its end */
    end.message = live_run_message(c, NULL, end.exit_code);
    live_post(c, (struct container_event){.kind = CONTAINER_EXITED, .end = end}, ended);
}

/* What an action answers at once becomes the next step. */
static void answer(struct live_container *c, struct container_event ev, char *owned)
{
    if (owned != NULL)
        ev.text = owned;
    enqueue(c->pod->executor,
            &(struct pod_event){.kind = POD_CONTAINER, .now = clock_mono(), .container = c->index,
                                .of_container = ev},
            owned);
}

static void do_spawn(struct live_container *c)
{
    const bool init = c->index < c->pod->config->init_count;
    struct executor *x = c->pod->executor;
    struct buf error = BUF_INIT;
    const enum live_start how = live_run_start(c, container_exited, &error);

    (how == LIVE_STARTED ? x->started : x->start_errors)[init]++;
    switch (how) {
    case LIVE_STARTED:
        answer(c, (struct container_event){.kind = CONTAINER_STARTED}, NULL);
        break;
    case LIVE_START_FAILED:
        answer(c, (struct container_event){.kind = CONTAINER_START_FAILED,
                                           .text = live_run_message(c, buf_text(&error), 128)},
               NULL);
        break;
    case LIVE_CONFIG_ERROR:
    case LIVE_CREATE_ERROR:
        answer(c, (struct container_event){.kind = CONTAINER_NOT_CREATED,
                                           .create_error = how == LIVE_CONFIG_ERROR ? CREATE_CONFIG_ERROR
                                                                                    : CREATE_ERROR,
                                           .text = live_run_complain(c, buf_text(&error))},
               NULL);
        break;
    }
    buf_deinit(&error);
}

/* ---- attempts ---- */

static void count_attempt(struct live_container *c, enum attempt_slot slot, enum attempt_outcome outcome)
{
    if ((unsigned)slot >= PROBE_TYPES)
        return;                         /* a hook */
    if (c->stats[slot] == NULL)
        c->stats[slot] = calloc(1, sizeof *c->stats[slot]);
    if (c->stats[slot] != NULL)
        probe_stats_add(c->stats[slot], outcome, clock_mono() - c->attempt_began[slot]);
}

static void attempt_ended(void *arg, enum attempt_slot slot, enum attempt_outcome outcome,
                          const char *text)
{
    struct live_container *c = arg;

    c->attempts[slot] = NULL;
    count_attempt(c, slot, outcome);
    if (slot == SLOT_POST_START && !attempt_succeeded(outcome))
        text = live_run_complain(c, text);
    live_post(c, (struct container_event){.kind = CONTAINER_ATTEMPT, .slot = slot,
                                          .outcome = outcome, .text = text},
              clock_mono());
}

static void do_attempt(struct live_container *c, enum attempt_slot slot)
{
    char id[RUN_ID_SIZE], room[PATH_MAX];
    const struct attempt_setting setting = {
        .loop = c->pod->executor->loop,
        .reaper = c->pod->executor->reaper,
        .http = &c->pod->executor->http,
        .pod = live_run_config(c),
        .container = live_run_spec(c),
        .name = c->name,
        .context = &SOURCE_OF(c, id, live_run_termination_log(c, room)),
        .cgroup = &c->cgroup,
    };

    live_run_id(c->pod->executor, id);
    c->attempt_began[slot] = clock_mono();
    c->attempts[slot] = live_attempt_start(&setting, slot, attempt_ended, c);
    if (c->attempts[slot] == NULL)
        answer(c, (struct container_event){.kind = CONTAINER_ATTEMPT, .slot = slot,
                                           .outcome = ATTEMPT_NOT_RUN, .text = "out of memory"},
               NULL);
}

static void do_cancel(struct live_container *c, enum attempt_slot slot)
{
    live_attempt_cancel(c->attempts[slot]);
    c->attempts[slot] = NULL;
}

/* ---- actions out ---- */

static void perform(struct live_pod *p, const struct action *action)
{
    struct executor *x = p->executor;
    struct live_container *c =
        action->container == NO_CONTAINER ? NULL : &p->containers[action->container];

    switch (action->kind) {
    case DO_SPAWN:
        do_spawn(c);
        break;
    case DO_TERM:
        process_stop(&c->process, action->signal);
        break;
    case DO_KILL:
        process_kill(&c->process);
        break;
    case DO_ATTEMPT:
        do_attempt(c, action->slot);
        break;
    case DO_CANCEL:
        do_cancel(c, action->slot);
        break;
    case DO_NOTE:
        if (x->on_note != NULL)
            x->on_note(x->on_note_arg, p, action);
        break;
    }
}

/* ---- life ---- */

void executor_init(struct executor *x, struct ev_loop *loop, struct reaper *reaper,
                   struct output_hub *hub, const char *const *inherited,
                   const struct source_set *sources, const struct host_facts *facts)
{
    *x = (struct executor){.loop = loop, .reaper = reaper, .hub = hub, .inherited = inherited, .sources = sources, .facts = facts};
    hub->logs.on_change = log_changed;
    file_events_init(&x->file_events, loop);
    if (getrandom(&x->boot, sizeof x->boot, GRND_NONBLOCK) != sizeof x->boot)
        x->boot = (uint64_t)getpid() << 32 ^ (uint64_t)clock_mono();
    run_folder_init(&x->folder, NULL, x->boot);
}

void executor_deinit(struct executor *x)
{
    file_events_deinit(&x->file_events);
    run_folder_deinit(&x->folder);
    http_client_free(x->http);
    free(x->actions.items);
    free(x->queue);
}

/* Room for the steps of a pod, and for an answer to each of their actions. */
static bool make_room(struct executor *x, size_t actions)
{
    if (actions > x->actions.capacity) {
        struct action *items = reallocarray(x->actions.items, actions, sizeof *items);

        if (items == NULL)
            return false;
        x->actions.items = items;
        x->actions.capacity = actions;
    }
    if (4 * actions > x->queue_capacity) {
        struct queued_event *queue = reallocarray(x->queue, 4 * actions, sizeof *queue);

        if (queue == NULL)
            return false;
        x->queue = queue;
        x->queue_capacity = 4 * actions;
    }
    return true;
}

struct live_pod *live_pod_new(struct executor *x, struct pod_config *config)
{
    const unsigned count = config->count;
    struct live_pod *p = calloc(1, sizeof *p + count * sizeof(struct live_container));

    if (p == NULL)
        return NULL;
    p->executor = x;
    p->config = config;
    pod_config_ref(config);
    ev_timer_init(&p->deadline, deadline_reached, 0., 0.);
    p->core = calloc(1, pod_size(config));
    if (p->core == NULL)
        goto fail;
    pod_init(p->core, config, clock_mono(), x->seed != NULL ? *x->seed : x->boot + x->runs);
    if (!make_room(x, pod_actions_max(p->core)))
        goto fail;
    for (unsigned i = 0; i < count; i++) {
        struct live_container *c = &p->containers[i];

        c->pod = p;
        c->index = i;
        c->name = arena_printf(config->arena, "%s/%s", config->name, live_run_spec(c)->name);
        if (c->name == NULL)
            goto fail;
        output_init(&c->output, x->hub, config, i, c->name);
    }
    return p;
fail:
    live_pod_free(p);
    return NULL;
}

void live_pod_free(struct live_pod *p)
{
    ev_timer_stop(p->executor->loop, &p->deadline);
    live_files_forget(p);
    for (unsigned i = 0; i < p->config->count; i++) {
        free(p->containers[i].messages[0]);
        free(p->containers[i].messages[1]);
        free(p->containers[i].complaint);
        free(p->containers[i].status);
        for (int type = 0; type < PROBE_TYPES; type++)
            free(p->containers[i].stats[type]);
        free(p->containers[i].usage);
        arena_free(p->containers[i].variables_in);
    }
    for (unsigned i = 0; i < p->kept_count; i++)
        pod_config_unref(p->kept[i]);
    free(p->kept);
    for (unsigned i = 0; p->gates != NULL && i < p->core->gate_count; i++) {
        free(p->gates[i][0]);
        free(p->gates[i][1]);
    }
    free(p->gates);
    free(p->core);
    pod_config_unref(p->config);
    free(p);
}

void live_pod_announce(struct live_pod *p)
{
    if (p->executor->on_step != NULL)
        p->executor->on_step(p->executor->on_step_arg, p);
}

void live_pod_start(struct live_pod *p)
{
    live_files_watch(p);                /* first: what changes from the start on is seen */
    post(p, (struct pod_event){.kind = POD_START});
}

void live_pod_stop(struct live_pod *p, mono_ms grace)
{
    post(p, (struct pod_event){.kind = POD_STOP, .grace = grace});
}

void live_pod_kill(struct live_pod *p)
{
    post(p, (struct pod_event){.kind = POD_KILL});
}

void live_pod_signal(struct live_pod *p, unsigned container, int signal)
{
    process_signal(&p->containers[container].process, signal);
}

static void post_to(struct live_pod *p, unsigned container, enum container_event_kind kind)
{
    post(p, (struct pod_event){.kind = POD_CONTAINER, .container = container, .of_container = {.kind = kind}});
}

void live_pod_backoff_reset(struct live_pod *p, unsigned container)
{
    post_to(p, container, CONTAINER_BACKOFF_RESET);
}

void live_pod_backoff_retry(struct live_pod *p, unsigned container)
{
    post_to(p, container, CONTAINER_BACKOFF_RETRY);
}

void live_pod_restart(struct live_pod *p, unsigned container)
{
    post_to(p, container, CONTAINER_RESTART);
}

void live_pod_note_restart(struct live_pod *p)
{
    for (unsigned i = p->config->init_count; i < p->config->count; i++)
        live_report(&p->containers[i], REPORT_POD_RESTART, NULL, 0);
}

void live_pod_files_changed(struct live_container *c, const char *path)
{
    live_post(c, (struct container_event){.kind = CONTAINER_FILES_CHANGED, .text = path}, clock_mono());
}

static bool copy_text(const char *text, char **out)
{
    *out = text != NULL ? strdup(text) : NULL;
    return text == NULL || *out != NULL;
}

bool live_pod_set_condition(struct live_pod *p, unsigned gate, enum condition_value value, const char *reason,
                            const char *message)
{
    char *texts[2] = {NULL, NULL}, *old[2];

    if (p->gates == NULL)
        p->gates = calloc(p->core->gate_count + 1, sizeof *p->gates);
    if (p->gates == NULL || !copy_text(reason, &texts[0]) || !copy_text(message, &texts[1])) {
        free(texts[0]);
        return false;
    }
    memcpy(old, p->gates[gate], sizeof old);
    memcpy(p->gates[gate], texts, sizeof texts);
    post(p, (struct pod_event){.kind = POD_CONDITION, .gate = gate, .condition = value, .reason = texts[0],
                               .message = texts[1]});
    free(old[0]);                       /* which the core has shown until now */
    free(old[1]);
    return true;
}

bool live_pod_mark(struct live_pod *p, bool marked)
{
    bool was = p->marked;

    p->marked = marked;
    return was;
}

int live_pod_set_config(struct live_pod *p, struct pod_config *config)
{
    enum spec_change *changes = calloc(config->count + 1, sizeof *changes);
    struct pod_config **kept = reallocarray(p->kept, p->kept_count + 1, sizeof *kept);
    int differ = 0;

    if (kept != NULL)
        p->kept = kept;
    if (changes == NULL || kept == NULL || !change_between(p->config, config, changes)) {
        const int r = changes == NULL || kept == NULL ? -ENOMEM : -EINVAL;

        free(changes);
        return r;
    }
    for (unsigned i = 0; i < config->count; i++)
        differ += changes[i] != SPEC_SAME;
    p->kept[p->kept_count++] = p->config;
    pod_config_ref(config);
    live_files_forget(p);
    p->config = config;
    if (p->core->state != POD_ENDED)
        live_files_watch(p);
    post(p, (struct pod_event){.kind = POD_CONFIG, .config = config, .changes = changes});
    free(changes);
    return differ;
}

const struct probe_stats *live_pod_probe_stats(const struct live_pod *p, unsigned container, int type)
{
    return p->containers[container].stats[type];
}
