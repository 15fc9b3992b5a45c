#include "daemon/run.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/macros.h"
#include "client/verb.h"
#include "config/load.h"
#include "daemon/chaos.h"
#include "daemon/console.h"
#include "daemon/essential.h"
#include "daemon/manifests.h"
#include "daemon/places.h"
#include "daemon/run_options.h"
#include "daemon/serve.h"
#include "daemon/signals.h"
#include "daemon/runtime/confine.h"
#include "daemon/runtime/context.h"
#include "daemon/runtime/eventlog.h"
#include "daemon/runtime/executor.h"
#include "daemon/runtime/folder_watch.h"
#include "daemon/runtime/host.h"
#include "daemon/runtime/listen_sockets.h"
#include "daemon/runtime/manager.h"
#include "daemon/runtime/oldlogs.h"
#include "daemon/runtime/output.h"
#include "daemon/runtime/reaper.h"
#include "daemon/runtime/spawn.h"
#include "daemon/runtime/systemd.h"
#include "daemon/runtime/terminal.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct run {
    const struct run_options *options;
    struct ev_loop *loop;
    struct signals signals;
    struct essential essential;
    ev_timer essential_ended;           /* never armed; fed when it has */
    struct listen_sockets listen;       /* that containers may be handed */
    int stdio[3];                       /* copies of pidlet's own, for a command that has them; else 0 */
    ev_timer last_orphans;              /* while the last orphans are killed */
    struct terminal terminal;
    struct console console;
    struct output_hub hub;
    struct reaper reaper;
    struct confinement confinement;
    struct executor executor;
    struct manager manager;
    struct systemd systemd;
    struct folder_watch watch;          /* of the manifests' folder, when it is watched */
    struct serve *serve;                /* NULL: no API */
    struct chaos_watch *chaos;          /* NULL: none */
    struct source_set sources;          /* what the running pods take values from */
    struct host host;
    struct buf runtime_folder;
    const char **inherited;
    struct eventlog events;
    bool old_logs_gone;                 /* those of pods that went while no pidlet ran */
};

/* ---- manifests ---- */

static void set_widths(struct run *r, const struct pod_config_set *set)
{
    struct buf name = BUF_INIT;

    for (size_t i = 0; i < set->count; i++) {
        const struct pod_config *config = set->items[i];

        for (unsigned j = 0; j < config->count; j++) {
            buf_clear(&name);
            buf_addf(&name, "%s/%s", config->name, config->containers[j]->name);
            terminal_name(&r->terminal, buf_text(&name));
        }
    }
    buf_deinit(&name);
}

/* The set's sources become the run's: a later restart takes the new values.  False: nothing was changed. */
static bool apply(struct run *r, struct pod_config_set *set)
{
    struct source_set old = r->sources;
    int err;

    r->sources = set->sources;          /* first: pods start at once */
    r->sources.next = old.next;
    set->sources = old;
    err = manager_apply(&r->manager, set);
    if (err < 0) {
        log_error("applying the manifests: %s; nothing was changed", strerror(-err));
        set->sources = r->sources;
        r->sources = old;
        return false;
    }
    serve_manifests_changed(r->serve);
    set_widths(r, set);
    return true;
}

/* `folder`: NAMESPACE_NAME_UID, of which only the last may have a '_'. */
static bool has_logs_to_keep(void *arg, const char *folder)
{
    const struct run *r = arg;
    char text[NAME_MAX + 1], *name, *uid;

    if (snprintf(text, sizeof text, "%s", folder) >= (int)sizeof text || (name = strchr(text, '_')) == NULL
        || (uid = strchr(name + 1, '_')) == NULL)
        return true;                    /* none of ours */
    *name++ = *uid++ = '\0';
    return manager_knows(&r->manager, text, name, uid);
}

/* Once, when all that the folder of static pods holds is known. */
static void remove_old_logs(struct run *r, bool at_fault)
{
    const struct crilog_rules *logs = &r->options->logs;
    unsigned pods;

    if (r->old_logs_gone || at_fault || logs->root == NULL || logs->manifests == NULL)
        return;
    r->old_logs_gone = true;
    pods = oldlogs_sweep(logs->root, logs->manifests, has_logs_to_keep, r);
    if (pods > 0)
        log_info("removed the logs of %u pod%s gone while no pidlet ran", pods, pods == 1 ? "" : "s");
}

/* What runs of a file that is at fault now goes on. */
static bool keep_of_file(void *arg, const char *file, struct pod_config_set *set)
{
    struct run *r = arg;
    bool ok = true;

    for (size_t i = 0; i < r->manager.count && ok; i++) {
        struct pod_config *config = live_pod_config(manager_pod(&r->manager, i));

        if (strcmp(config->file, file) == 0 && !config->applied)
            ok = pod_config_set_add(set, config);
    }
    for (size_t i = 0; i < r->sources.count && ok; i++) {
        if (strcmp(r->sources.items[i]->file, file) != 0)
            continue;
        ok = source_set_add(&set->sources, r->sources.items[i]);
        if (ok)
            r->sources.items[i--] = r->sources.items[--r->sources.count];
    }
    return ok;
}

static void reload_folder(struct run *r)
{
    struct pod_config_set set = {0};
    bool at_fault;

    if (manifests_load_each(&r->options->manifests, &set, keep_of_file, r, &at_fault) && apply(r, &set))
        remove_old_logs(r, at_fault);
    pod_config_set_deinit(&set);
}

static void folder_changed(void *arg)
{
    reload_folder(arg);
}

static void reload(struct run *r)
{
    struct pod_config_set set = {0};

    if (r->options->manifests.watched) {
        reload_folder(r);
        return;
    }
    if (manifests_read_standard_input(&r->options->manifests)) {
        log_warn("standard input cannot be read again; nothing was changed");
        return;
    }
    if (manifests_load(&r->options->manifests, &set) && essential_check(&r->essential, &set)) {
        log_info("manifests read again: %zu pod%s", set.count, set.count == 1 ? "" : "s");
        apply(r, &set);
    } else {
        log_error("the manifests have errors; the running pods stay as they are");
    }
    pod_config_set_deinit(&set);
}

/* ---- what happens ---- */

static void on_note(void *arg, struct live_pod *p, const struct action *action)
{
    struct run *r = arg;

    if (r->chaos != NULL)
        chaos_watch_note(r->chaos, p, action);
    if (essential_note(&r->essential, p, action))
        ev_feed_event(r->loop, &r->essential_ended, EV_CUSTOM);
    eventlog_note(&r->events, p, action);
    console_changed(&r->console);
    systemd_changed(&r->systemd);
}

/* All pods have ended: what they have left behind, if anything, goes as well. */
static void kill_last_orphans(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct run *r = container_of(w, struct run, last_orphans);

    (void)revents;
    if (reaper_kill_orphans(&r->reaper) && reaper_idle(&r->reaper))
        ev_break(loop, EVBREAK_ALL);
    else
        ev_timer_again(loop, w);
}

static void on_idle(void *arg)
{
    struct run *r = arg;

    if (!r->manager.stopping && (serve_stays(r->serve) || r->options->manifests.watched))
        return;
    manager_close(&r->manager);
    if (!ev_is_active(&r->last_orphans))
        ev_timer_again(r->loop, &r->last_orphans);
}

static void on_room(void *arg)
{
    struct run *r = arg;

    output_hub_resume(&r->hub);
}

/* ---- signals ---- */

static void stop(struct run *r, const char *why)
{
    log_info("%s: stopping", why);
    if (r->chaos != NULL)
        chaos_watch_end(r->chaos);
    systemd_stopping(&r->systemd);
    manager_stop(&r->manager);
}

static void kill_all(struct run *r, const char *why)
{
    log_info("%s: killing", why);
    if (r->chaos != NULL)
        chaos_watch_end(r->chaos);
    systemd_stopping(&r->systemd);
    manager_kill(&r->manager);
}

static void on_fault(void *arg, const char *object, const char *message)
{
    struct run *r = arg;

    terminal_event(&r->terminal, "Warning", "Chaos", object, message);
}

static void on_chaos_done(void *arg)
{
    const struct run *r = arg;

    if (manager_has_started(&r->manager))       /* else there are pods that chaos has not seen yet */
        stop(arg, "chaos is over");
}

static void on_stop(void *arg, const char *why)
{
    stop(arg, why);
}

static void on_kill(void *arg, const char *why)
{
    kill_all(arg, why);
}

static void on_reload(void *arg)
{
    struct run *r = arg;

    systemd_reloading(&r->systemd);
    reload(r);
    systemd_reloaded(&r->systemd);
}

static void on_forward(void *arg, int number)
{
    struct run *r = arg;

    essential_signal(&r->essential, &r->manager, number);
}

/* Not from within the step that brought the end. */
static void essential_ended(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct run *r = container_of(w, struct run, essential_ended);

    (void)loop;
    (void)revents;
    systemd_stopping(&r->systemd);
    manager_stop(&r->manager);
}

static void watch_signals(struct run *r)
{
    const struct signals_target target = {
        .stop = on_stop, .kill = on_kill, .reload = on_reload, .forward = on_forward, .arg = r};

    signals_start(&r->signals, r->loop, &target, r->options->init);
}

/* ---- life ---- */

/* So that the command can have it: a terminal belongs to one session alone. */
static void give_up_terminal(void)
{
    void (*hang_up)(int);

    if (!isatty(STDIN_FILENO) || getsid(0) != getpid())
        return;
    hang_up = signal(SIGHUP, SIG_IGN);  /* the kernel sends it to those who lose their terminal */
    ioctl(STDIN_FILENO, TIOCNOTTY);
    signal(SIGHUP, hang_up);
}

/* libev cannot go on, and would abort: at the start of what it needs there is not enough. */
static void loop_failed(const char *what)
{
    log_error("starting: %s: %s", what, strerror(errno));
    _exit(EXIT_WORK);
}

static int run_init(struct run *r, const struct run_options *o)
{
    int err;

    *r = (struct run){.options = o, .essential = o->essential};
    if ((err = listen_sockets_take(&r->listen)) < 0)
        return err;
    for (int i = 0; o->raw && i < 3; i++)       /* out of the way of a child's own */
        r->stdio[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
    signal(SIGPIPE, SIG_IGN);
    if ((err = spawn_init()) < 0)
        return err;
    ev_set_syserr_cb(loop_failed);
    /* Not the default loop: that one reaps every child, and exit statuses with them. */
    r->loop = ev_loop_new(EVFLAG_AUTO);
    r->inherited = context_inherited(environ);
    if (r->loop == NULL || r->inherited == NULL)
        return -ENOMEM;
    terminal_init(&r->terminal, r->loop, STDOUT_FILENO, on_room, r);
    if (o->raw)
        terminal_silence(&r->terminal);
    if ((err = eventlog_init(&r->events, &o->events, &r->terminal)) < 0)
        return err;
    if ((err = output_hub_init(&r->hub, r->loop, o->quiet ? NULL : &r->terminal, &o->logs)) < 0)
        return err;
    reaper_init(&r->reaper, r->loop);
    host_look(&r->host);
    executor_init(&r->executor, r->loop, &r->reaper, &r->hub, r->inherited, &r->sources,
                  &r->host.facts);
    if (places_runtime(&r->runtime_folder))
        r->executor.folder.parent = buf_text(&r->runtime_folder);
    confinement_init(&r->confinement, o->settings->pod_pids_limit, o->require_limits);
    r->executor.confinement = &r->confinement;
    r->executor.listen = &r->listen;
    if (o->raw) {
        r->executor.stdio = r->stdio;
        log_set_level(LOG_LEVEL_WARNING);
        give_up_terminal();
    }
    r->executor.on_note = on_note;
    r->executor.on_note_arg = r;
    manager_init(&r->manager, &r->executor, on_idle, r);
    systemd_init(&r->systemd, r->loop, &r->manager, o->ready_with_pods);
    r->manager.stages = o->settings->shutdown;
    r->manager.stage_count = o->settings->shutdown_count;
    if (o->chaos) {
        const struct chaos_listener listener = {.on_fault = on_fault, .on_done = on_chaos_done, .arg = r};

        r->executor.seed = &o->chaos_plan.seed;
        r->chaos = chaos_watch_new(r->loop, &o->chaos_plan, &listener);
        if (r->chaos == NULL)
            return -ENOMEM;
    }
    ev_timer_init(&r->last_orphans, kill_last_orphans, 0., 0.002);
    ev_timer_init(&r->essential_ended, essential_ended, 0., 0.);
    watch_signals(r);
    return serve_start(&r->serve, &o->serve,
                       &(struct serve_world){.loop = r->loop, .manager = &r->manager, .host = &r->host,
                                             .sources = &r->sources, .events = r->events.store});
}

static void report_chaos(struct run *r)
{
    struct buf report = BUF_INIT;

    if (r->chaos == NULL)
        return;
    chaos_watch_end(r->chaos);
    chaos_watch_report(r->chaos, &report);
    if (buf_failed(&report))
        log_error("out of memory: chaos goes without a report");
    else
        terminal_text(&r->terminal, buf_text(&report), report.length);
    buf_deinit(&report);
}

static void run_deinit(struct run *r)
{
    signals_stop(&r->signals);
    chaos_watch_free(r->chaos);
    serve_stop(r->serve);
    if (r->options->manifests.watched)
        folder_watch_stop(&r->watch);
    systemd_deinit(&r->systemd);
    manager_deinit(&r->manager);
    source_set_deinit(&r->sources);
    executor_deinit(&r->executor);
    confinement_deinit(&r->confinement);
    reaper_deinit(&r->reaper);
    output_hub_deinit(&r->hub);
    terminal_deinit(&r->terminal, 2.);
    eventlog_deinit(&r->events);
    for (int i = 0; i < 3; i++) {
        if (r->stdio[i] > 0)
            close(r->stdio[i]);
    }
    listen_sockets_deinit(&r->listen);
    buf_deinit(&r->runtime_folder);
    free(r->inherited);
    ev_loop_destroy(r->loop);
    spawn_deinit();
}

/* As a shell's: of a command that is not there, and of one that cannot be run. */
static int exec_error_status(int error)
{
    return error == ENOENT || error == ENOTDIR ? 127 : 126;
}

/* `at_fault`: the set lacks what some file holds. */
static int supervise(const struct run_options *o, struct pod_config_set *set, bool at_fault)
{
    struct run r;
    bool applied;
    int err = run_init(&r, o), status;

    if (err < 0) {
        log_error("starting: %s", strerror(-err));
        return EXIT_WORK;               /* nothing runs yet; the process' end frees the rest */
    }
    if (!o->raw)
        console_start(&r.console, r.loop, &r.terminal, &r.manager, set);
    applied = apply(&r, set);
    serve_restore(r.serve);
    remove_old_logs(&r, at_fault || !applied);
    if (o->manifests.watched)
        folder_watch_start(&r.watch, r.loop, o->manifests.sources[0], folder_changed, &r);
    systemd_loaded(&r.systemd);
    ev_run(r.loop, 0);
    console_stop(&r.console);
    status = r.essential.ended ? r.essential.exit_code : manager_exit_status(&r.manager);
    if (o->command.argv != NULL && r.executor.exec_error != 0)
        status = exec_error_status(r.executor.exec_error);
    report_chaos(&r);
    run_deinit(&r);
    return status;
}

int run_verb(int argc, char **argv)
{
    struct pod_config_set set = {0};
    struct run_options o;
    bool at_fault = false, of_a_file;
    int status = run_options_read(&o, argc, argv);

    if (status < 0 && o.manifests.watched)      /* a file at fault keeps no other from running */
        at_fault = !manifests_load_each(&o.manifests, &set, NULL, NULL, &of_a_file) || of_a_file;
    else if (status < 0 && !manifests_load(&o.manifests, &set))
        status = EXIT_FAULTY;
    if (status < 0 && set.count == 0 && !serve_is_wanted(&o.serve) && !o.manifests.watched) {
        log_error("there is no pod to run in %s", o.manifests.sources[0]);
        status = EXIT_FAULTY;
    }
    o.essential.name = o.essential_name;
    if (status < 0 && o.init && set.count == 1) {       /* the command's own pod */
        o.essential.name = set.items[0]->containers[0]->name;
        o.essential.survives = o.command.restart != NULL && strcmp(o.command.restart, "Never") != 0;
        o.essential.survives |= o.watch.length > 0;
    }
    if (status < 0 && !essential_check(&o.essential, &set))
        status = EXIT_FAULTY;
    if (status < 0 && o.chaos)
        status = chaos_check(&o.chaos_plan, &set);
    if (status < 0)
        status = supervise(&o, &set, at_fault);
    pod_config_set_deinit(&set);
    run_options_deinit(&o);
    return status;
}
