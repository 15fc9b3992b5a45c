#include "daemon/runtime/executor.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/macros.h"
#include "config/environment.h"
#include "config/load.h"
#include "daemon/runtime/child.h"
#include "daemon/runtime/confine.h"
#include "daemon/runtime/context.h"
#include "daemon/runtime/exec_runner.h"
#include "daemon/runtime/live_attempt.h"
#include "daemon/runtime/output.h"
#include "daemon/runtime/probe_stats.h"
#include "daemon/runtime/process.h"
#include "daemon/runtime/spawn.h"
#include "probes/http_client.h"

#include <assert.h>
#include <errno.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct live_container {
    struct live_pod *pod;
    struct process process;
    struct output output;
    struct termination_run termination;
    struct live_attempt *attempts[SLOTS];       /* NULL: none under way */
    mono_ms attempt_began[SLOTS];
    struct probe_stats *stats[PROBE_TYPES];     /* owned; NULL: no attempt has ended yet */
    const char *name;                   /* "pod/container" */
    char *messages[2];                  /* of the two newest ends, the newest last; owned, may be NULL */
    struct cgroup cgroup;               /* of the run; its tree is NULL without */
    bool confined;                      /* has been started before */
    unsigned index;                     /* in the spec */
    char id[RUN_ID_SIZE];               /* of the run */
};

struct queued_event {
    struct pod_event event;
    char *owned;                        /* the event's text, freed after its step; may be NULL */
};

struct live_pod {
    struct executor *executor;
    struct pod_config *config;          /* a reference */
    struct pod *core;                   /* owned */
    ev_timer deadline;
    bool marked;                        /* see live_pod_mark() */
    struct live_container containers[];
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
    arm(p);
    if (x->on_step != NULL)
        x->on_step(x->on_step_arg, p);
    if (p->core->state == POD_ENDED && !ended)
        remove_pod_cgroup(p);
    if (p->core->state == POD_ENDED && (!ended || deleted != p->core->deleted))
        x->on_ended(x->on_ended_arg, p);
}

static void post(struct live_pod *p, struct pod_event ev)
{
    ev.now = clock_mono();
    step_all(p, &ev);
}

static void post_container(struct live_container *c, struct container_event ev, mono_ms now)
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
    post(c->pod, (struct pod_event){.kind = POD_REPORT, .container = c->index, .report = reports[w->state],
                                    .text = strerror(error), .lines = lines});
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

/* Every end of a run hands one in, NULL included: the core still shows the one before. */
static const char *keep_message(struct live_container *c, char *message)
{
    free(c->messages[0]);
    c->messages[0] = c->messages[1];
    c->messages[1] = message;
    return message;
}

/* Whatever the exit code: what the cgroup has counted tells why (kubelet-semantics 4.4). */
static void leave_cgroup(struct live_container *c, struct run_end *end)
{
    if (c->cgroup.tree == NULL)
        return;
    if (cgroup_oom_kills(&c->cgroup) > 0)
        end->reason = END_OOM_KILLED;
    cgroup_remove(&c->cgroup);
}

static void new_id(struct executor *x, char id[RUN_ID_SIZE])
{
    snprintf(id, RUN_ID_SIZE, "%016" PRIx64 "-%" PRIx64, x->boot, x->runs++);
}

static const struct container_spec *spec_of(const struct live_container *c)
{
    return c->pod->config->containers[c->index];
}

/* The path for the newest run's termination message, in `room`; NULL: none. */
static const char *termination_log(struct live_container *c, char room[PATH_MAX])
{
    return termination_path(&c->pod->executor->termination, spec_of(c), c->id, room) ? room : NULL;
}

/* What is known of a run's end, with what the run itself has said about it; owned by the container. */
static const char *message_of(struct live_container *c, const char *known, int exit_code)
{
    const struct container_spec *spec = spec_of(c);
    struct termination t = {.runtime = known, .policy = spec->termination_message_policy,
                            .exit_code = exit_code, .containers = c->pod->config->count};
    char room[PATH_MAX], file[TERMINATION_FILE_MAX];
    const char *path = termination_log(c, room);
    struct buf message = BUF_INIT;

    t.log = output_tail(&c->output, &t.log_length);
    if (path != NULL)
        termination_read(&c->termination, spec, path, &t, file);
    termination_message(&message, &t);
    output_forget_tail(&c->output);
    if (message.length > 0 && !buf_failed(&message))
        return keep_message(c, message.data);
    buf_deinit(&message);
    return keep_message(c, NULL);
}

static void container_exited(struct process *process, const siginfo_t *how, mono_ms ended)
{
    struct live_container *c = container_of(process, struct live_container, process);
    struct run_end end = run_end_of(how);

    leave_cgroup(c, &end);
    output_finish(&c->output);          /* its last lines stand before the news of its end */
    end.message = message_of(c, NULL, end.exit_code);
    post_container(c, (struct container_event){.kind = CONTAINER_EXITED, .end = end}, ended);
}

/* What a process of the container is built from; lives as long as the block it is written in. */
#define ENVIRONMENT_OF(c)                                                                     \
    ((struct environment){.pod = (c)->pod->config, .sources = (c)->pod->executor->sources,    \
                          .facts = (c)->pod->executor->facts})
#define SOURCE_OF(c, run_id, log_path)                                                        \
    ((struct context_source){.inherited = (c)->pod->executor->inherited, .id = (run_id),      \
                             .environment = &ENVIRONMENT_OF(c), .termination_log = (log_path)})

/* Once is enough: it is the same for every container to come. */
static void warn_of_oom_score(const struct live_container *c, int value, int error)
{
    static bool said;

    if (!said && error != ENOENT)       /* without /proc nothing of the kind is expected */
        log_warn("%s: oom_score_adj cannot be set to %d: %s; %s", c->name, value, strerror(error),
                 error == EACCES || error == EPERM
                     ? "pods that ask for their memory are not spared by the OOM killer"
                     : "the OOM killer does not know the pods' classes");
    said = true;
}

static bool enter_cgroup(struct live_container *c, struct buf *error)
{
    const struct confinement *confinement = c->pod->executor->confinement;
    const bool first = !c->confined;

    c->confined = true;
    return confinement == NULL || confine(confinement, c->pod->config, c->index, first, &c->cgroup, error);
}

/* Starts the run; on failure says why in `error`. */
static bool start_process(struct live_container *c, struct buf *error)
{
    struct executor *x = c->pod->executor;
    const struct container_spec *spec = spec_of(c);
    cleanup_fd int out = -1, err = -1;
    struct spawn_request request;
    struct child_failure failure;
    struct spawned spawned;
    struct context context;
    struct arena *scratch = arena_new();
    char room[PATH_MAX];
    const char *path;
    int r;

    new_id(x, c->id);
    c->termination.begun = false;
    path = termination_log(c, room);
    if (scratch == NULL) {
        buf_adds(error, "out of memory");
        return false;
    }
    if (!context_main(&context, scratch, spec, &SOURCE_OF(c, c->id, path), error) || !enter_cgroup(c, error)) {
        arena_free(scratch);
        return false;
    }
    if (path != NULL)
        termination_begin(&c->termination, spec, path, context.setup);
    r = x->stdio != NULL ? 0 : output_open(&c->output, c->pod->core->containers[c->index].restart_count, &out, &err);
    if (r < 0) {
        buf_addf(error, "opening its output: %s", strerror(-r));
        leave_cgroup(c, &(struct run_end){0});
        arena_free(scratch);
        return false;
    }
    request = (struct spawn_request){.argv = context.argv, .envp = context.envp,
                                     .working_dir = context.working_dir, .setup = context.setup,
                                     .cgroup = &c->cgroup, .stdout_fd = out, .stderr_fd = err};
    if (x->stdio != NULL) {
        request.stdin_fd = x->stdio[0];
        request.stdout_fd = x->stdio[1];
        request.stderr_fd = x->stdio[2];
    }
    r = spawn(&request, &spawned, &failure);
    if (r < 0) {
        spawn_describe(error, &request, r, &failure);
        leave_cgroup(c, &(struct run_end){0});
        fd_close(&out);
        fd_close(&err);
        output_finish(&c->output);
    } else {
        if (spawned.oom_score_error != 0)
            warn_of_oom_score(c, context.setup->oom_score_adj, spawned.oom_score_error);
        process_start(&c->process, x->reaper, &spawned, c->id, container_exited);
        c->process.lingers = c->pod->config->ends_with[c->index] == ENDS_WITH_TREE;
        output_started(&c->output);
        c->process.cgroup = c->cgroup.tree != NULL ? &c->cgroup : NULL;
    }
    arena_free(scratch);
    return r == 0;
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
    bool started = start_process(c, &error);

    (started ? x->started : x->start_errors)[init]++;
    if (started)
        answer(c, (struct container_event){.kind = CONTAINER_STARTED}, NULL);
    else
        answer(c, (struct container_event){.kind = CONTAINER_START_FAILED,
                                           .text = message_of(c, buf_text(&error), 128)},
               NULL);
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
    post_container(c, (struct container_event){.kind = CONTAINER_ATTEMPT, .slot = slot,
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
        .pod = c->pod->config,
        .container = spec_of(c),
        .name = c->name,
        .context = &SOURCE_OF(c, id, termination_log(c, room)),
        .cgroup = &c->cgroup,
    };

    new_id(c->pod->executor, id);
    c->attempt_began[slot] = clock_mono();
    c->attempts[slot] = live_attempt_start(&setting, slot, attempt_ended, c);
    if (c->attempts[slot] == NULL)
        answer(c, (struct container_event){.kind = CONTAINER_ATTEMPT, .slot = slot,
                                           .outcome = ATTEMPT_NOT_RUN},
               strdup("out of memory"));
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
        process_stop(&c->process, SIGTERM);
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
    termination_hub_init(&x->termination, NULL);
    if (getrandom(&x->boot, sizeof x->boot, GRND_NONBLOCK) != sizeof x->boot)
        x->boot = (uint64_t)getpid() << 32 ^ (uint64_t)clock_mono();
}

void executor_deinit(struct executor *x)
{
    termination_hub_deinit(&x->termination);
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
        c->name = arena_printf(config->arena, "%s/%s", config->name, spec_of(c)->name);
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
    for (unsigned i = 0; i < p->config->count; i++) {
        free(p->containers[i].messages[0]);
        free(p->containers[i].messages[1]);
        for (int type = 0; type < PROBE_TYPES; type++)
            free(p->containers[i].stats[type]);
    }
    if (p->core != NULL && p->core->config != p->config)
        pod_config_unref((struct pod_config *)p->core->config);
    free(p->core);
    pod_config_unref(p->config);
    free(p);
}

void live_pod_start(struct live_pod *p)
{
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

static void post_backoff(struct live_pod *p, unsigned container, enum container_event_kind kind)
{
    post(p, (struct pod_event){.kind = POD_CONTAINER, .container = container, .of_container = {.kind = kind}});
}

void live_pod_backoff_reset(struct live_pod *p, unsigned container)
{
    post_backoff(p, container, CONTAINER_BACKOFF_RESET);
}

void live_pod_backoff_retry(struct live_pod *p, unsigned container)
{
    post_backoff(p, container, CONTAINER_BACKOFF_RETRY);
}

bool live_pod_mark(struct live_pod *p, bool marked)
{
    bool was = p->marked;

    p->marked = marked;
    return was;
}

void live_pod_set_config(struct live_pod *p, struct pod_config *config)
{
    pod_config_ref(config);
    if (p->config != p->core->config)
        pod_config_unref(p->config);
    p->config = config;
    if (p->executor->on_step != NULL)
        p->executor->on_step(p->executor->on_step_arg, p);
}

const struct probe_stats *live_pod_probe_stats(const struct live_pod *p, unsigned container, int type)
{
    return p->containers[container].stats[type];
}
