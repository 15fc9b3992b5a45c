#include "daemon/run.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/macros.h"
#include "client/verb.h"
#include "config/load.h"
#include "daemon/chaos.h"
#include "daemon/console.h"
#include "daemon/manifests.h"
#include "daemon/places.h"
#include "daemon/run_options.h"
#include "daemon/serve.h"
#include "daemon/runtime/confine.h"
#include "daemon/runtime/context.h"
#include "daemon/runtime/eventlog.h"
#include "daemon/runtime/executor.h"
#include "daemon/runtime/host.h"
#include "daemon/runtime/manager.h"
#include "daemon/runtime/output.h"
#include "daemon/runtime/reaper.h"
#include "daemon/runtime/spawn.h"
#include "daemon/runtime/terminal.h"

#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
    const struct run_options *options;
    struct ev_loop *loop;
    ev_signal interrupt, terminate, quit, hangup;
    ev_timer last_orphans;              /* while the last orphans are killed */
    struct terminal terminal;
    struct console console;
    struct output_hub hub;
    struct reaper reaper;
    struct confinement confinement;
    struct executor executor;
    struct manager manager;
    struct serve *serve;                /* NULL: no API */
    struct chaos_watch *chaos;          /* NULL: none */
    struct source_set sources;          /* what the running pods take values from */
    struct host host;
    struct buf runtime_folder;
    const char **inherited;
    struct eventlog events;
    unsigned interrupts;
    bool on_terminal;                   /* standard input was a terminal */
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

/* The set's sources become the run's: a later restart takes the new values. */
static void apply(struct run *r, struct pod_config_set *set)
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
        return;
    }
    serve_manifests_changed(r->serve);
    set_widths(r, set);
}

static void reload(struct run *r)
{
    struct pod_config_set set = {0};

    if (manifests_read_standard_input(&r->options->manifests)) {
        log_warn("standard input cannot be read again; nothing was changed");
        return;
    }
    if (manifests_load(&r->options->manifests, &set)) {
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
    eventlog_note(&r->events, p, action);
    console_changed(&r->console);
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

    if (!r->manager.stopping && serve_stays(r->serve))
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
    manager_stop(&r->manager);
}

static void kill_all(struct run *r, const char *why)
{
    log_info("%s: killing", why);
    if (r->chaos != NULL)
        chaos_watch_end(r->chaos);
    manager_kill(&r->manager);
}

static void on_fault(void *arg, const char *object, const char *message)
{
    struct run *r = arg;

    terminal_event(&r->terminal, "Warning", "Chaos", object, message);
}

static void on_chaos_done(void *arg)
{
    stop(arg, "chaos is over");
}

static void interrupted(struct ev_loop *loop, ev_signal *w, int revents)
{
    struct run *r = container_of(w, struct run, interrupt);

    (void)loop;
    (void)revents;
    if (++r->interrupts == 1)
        stop(r, "interrupt (once more kills)");
    else
        kill_all(r, "second interrupt");
}

static void terminated(struct ev_loop *loop, ev_signal *w, int revents)
{
    (void)loop;
    (void)revents;
    stop(container_of(w, struct run, terminate), "SIGTERM");
}

static void quitted(struct ev_loop *loop, ev_signal *w, int revents)
{
    (void)loop;
    (void)revents;
    kill_all(container_of(w, struct run, quit), "SIGQUIT");
}

/* A terminal that was closed sends the same signal as an administrator's wish to reload. */
static bool terminal_is_gone(const struct run *r)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

    return r->on_terminal && poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void hung_up(struct ev_loop *loop, ev_signal *w, int revents)
{
    struct run *r = container_of(w, struct run, hangup);

    (void)loop;
    (void)revents;
    if (terminal_is_gone(r))
        stop(r, "the terminal is gone");
    else
        reload(r);
}

static void watch_signals(struct run *r)
{
    ev_signal_init(&r->interrupt, interrupted, SIGINT);
    ev_signal_init(&r->terminate, terminated, SIGTERM);
    ev_signal_init(&r->quit, quitted, SIGQUIT);
    ev_signal_init(&r->hangup, hung_up, SIGHUP);
    ev_signal_start(r->loop, &r->interrupt);
    ev_signal_start(r->loop, &r->terminate);
    ev_signal_start(r->loop, &r->quit);
    ev_signal_start(r->loop, &r->hangup);
}

/* ---- life ---- */

static int run_init(struct run *r, const struct run_options *o)
{
    int err;

    *r = (struct run){.options = o, .on_terminal = isatty(STDIN_FILENO)};
    signal(SIGPIPE, SIG_IGN);
    if ((err = spawn_init()) < 0)
        return err;
    /* Not the default loop: that one reaps every child, and exit statuses with them. */
    r->loop = ev_loop_new(EVFLAG_AUTO);
    r->inherited = context_inherited(environ);
    if (r->loop == NULL || r->inherited == NULL)
        return -ENOMEM;
    terminal_init(&r->terminal, r->loop, STDOUT_FILENO, on_room, r);
    if ((err = eventlog_init(&r->events, &o->events, &r->terminal)) < 0)
        return err;
    if ((err = output_hub_init(&r->hub, r->loop, o->quiet ? NULL : &r->terminal, &o->logs)) < 0)
        return err;
    reaper_init(&r->reaper, r->loop);
    host_look(&r->host);
    executor_init(&r->executor, r->loop, &r->reaper, &r->hub, r->inherited, &r->sources,
                  &r->host.facts);
    if (places_runtime(&r->runtime_folder))
        r->executor.termination.parent = buf_text(&r->runtime_folder);
    confinement_init(&r->confinement, o->settings->pod_pids_limit, o->require_limits);
    r->executor.confinement = &r->confinement;
    r->executor.on_note = on_note;
    r->executor.on_note_arg = r;
    manager_init(&r->manager, &r->executor, on_idle, r);
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
    chaos_watch_free(r->chaos);
    serve_stop(r->serve);
    manager_deinit(&r->manager);
    source_set_deinit(&r->sources);
    executor_deinit(&r->executor);
    confinement_deinit(&r->confinement);
    reaper_deinit(&r->reaper);
    output_hub_deinit(&r->hub);
    terminal_deinit(&r->terminal, 2.);
    eventlog_deinit(&r->events);
    buf_deinit(&r->runtime_folder);
    free(r->inherited);
    ev_loop_destroy(r->loop);
    spawn_deinit();
}

static int supervise(const struct run_options *o, struct pod_config_set *set)
{
    struct run r;
    int err = run_init(&r, o), status;

    if (err < 0) {
        log_error("starting: %s", strerror(-err));
        return EXIT_WORK;               /* nothing runs yet; the process' end frees the rest */
    }
    console_start(&r.console, r.loop, &r.terminal, &r.manager, set);
    apply(&r, set);
    serve_restore(r.serve);
    ev_run(r.loop, 0);
    status = manager_exit_status(&r.manager);
    console_stop(&r.console);
    report_chaos(&r);
    run_deinit(&r);
    return status;
}

int run_verb(int argc, char **argv)
{
    struct pod_config_set set = {0};
    struct run_options o;
    int status = run_options_read(&o, argc, argv);

    if (status < 0 && !manifests_load(&o.manifests, &set))
        status = EXIT_FAULTY;
    if (status < 0 && set.count == 0 && !serve_is_wanted(&o.serve)) {
        log_error("there is no pod to run in %s", o.manifests.sources[0]);
        status = EXIT_FAULTY;
    }
    if (status < 0 && o.chaos)
        status = chaos_check(&o.chaos_plan, &set);
    if (status < 0)
        status = supervise(&o, &set);
    pod_config_set_deinit(&set);
    run_options_deinit(&o);
    return status;
}
