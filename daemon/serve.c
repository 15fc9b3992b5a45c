#include "daemon/serve.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/api/backing.h"
#include "daemon/api/events.h"
#include "daemon/api/metrics.h"
#include "daemon/api/namespaces.h"
#include "daemon/api/nodes.h"
#include "daemon/api/pki.h"
#include "daemon/api/plain.h"
#include "daemon/api/pod_log.h"
#include "daemon/api/pods.h"
#include "daemon/api/server.h"
#include "daemon/api/tcp_socket.h"
#include "daemon/api/watch.h"
#include "daemon/core/events.h"
#include "daemon/places.h"
#include "daemon/runtime/host.h"
#include "daemon/runtime/manager.h"
#include "daemon/unix_socket.h"

#include <errno.h>
#include <ev.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct serve {
    struct ev_loop *loop;
    struct source_set *sources;         /* the run's */
    struct api api;
    struct backing backing;
    struct server *server;
    struct unix_socket socket;
    struct tcp_address address;         /* listened on when `secure` or `plain` */
    struct pki pki;                     /* when `secure` */
    bool secure, plain;
    ev_prepare before_sleep;
    ev_check after_sleep;
    ev_timer catch_up;                  /* runs while the store is not up to date, and somebody has asked */
    mono_ms refreshed;
    bool wanted;                        /* it was asked for */
};

/* ---- what is shown ---- */

enum {
    PODS_A_TURN = 16,                   /* shown at once: some 2 ms, which no restart notices */
    EVENTS_A_TURN = 128,
    TURNS_MAX = 16,                     /* of them in one */
};

/* When the rest of the loop is slow, as much as that: whoever has asked is answered in the end. */
static size_t turns(struct serve *s)
{
    const mono_ms elapsed = clock_mono() - s->refreshed;

    return elapsed < 1 ? 1 : elapsed > TURNS_MAX ? TURNS_MAX : (size_t)elapsed;
}

static bool refresh(void *arg)
{
    struct serve *s = arg;
    const size_t n = turns(s);
    const enum shown pods = pods_show_some(&s->backing, n * PODS_A_TURN);
    const enum shown events = pods == SHOWN_PARTLY ? SHOWN_PARTLY : events_show_some(&s->backing, n * EVENTS_A_TURN);

    s->refreshed = clock_mono();
    if (events == SHOWN_PARTLY) {
        ev_timer_stop(s->loop, &s->catch_up);
        ev_timer_set(&s->catch_up, 0., 0.);
        ev_timer_start(s->loop, &s->catch_up);
        return false;
    }
    if (pods == SHOWN_FAILED || events == SHOWN_FAILED || !nodes_show(&s->backing) || !namespaces_show(&s->backing))
        log_warn("out of memory: the API does not show everything");
    return true;
}

static void catch_up(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct serve *s = container_of(w, struct serve, catch_up);

    (void)loop;
    (void)revents;
    if (refresh(s))
        server_go_on(s->server);
}

static bool is_behind(const struct backing *b)
{
    return b->all_changed || b->changed.first < b->changed.end;
}

/* Before the loop sleeps: whoever watches hears of all that this turn has changed. */
static void before_sleep(struct ev_loop *loop, ev_prepare *w, int revents)
{
    struct serve *s = container_of(w, struct serve, before_sleep);

    (void)loop;
    (void)revents;
    if (s->api.watch_count > 0 && is_behind(&s->backing) && !ev_is_active(&s->catch_up))
        refresh(s);
}

static int64_t unix_ms(void)
{
    const struct wall_time now = clock_wall();

    return now.seconds * 1000 + now.nanoseconds / 1000000;
}

/* Before anything else of the turn: the machine may have been asleep, or its clock been set. */
static void after_sleep(struct ev_loop *loop, ev_check *w, int revents)
{
    struct serve *s = container_of(w, struct serve, after_sleep);

    (void)loop;
    (void)revents;
    wall_history_look(&s->backing.wall, clock_mono(), unix_ms());
}

static void on_step(void *arg, struct live_pod *p)
{
    struct serve *s = arg;

    pods_changed(&s->backing, p);
    pod_log_wake(&s->backing);
}

static void on_gone(void *arg, struct live_pod *p)
{
    struct serve *s = arg;

    pods_gone(&s->backing, p);
    pod_log_wake(&s->backing);
    if (s->backing.shown && !namespaces_show(&s->backing))
        log_warn("out of memory: the API does not show everything");
}

/* ---- life ---- */

static bool group_of(const char *name, gid_t *gid)
{
    const struct group *g;

    *gid = (gid_t)-1;
    if (name == NULL)
        return true;
    g = getgrnam(name);
    if (g == NULL) {
        log_error("--socket-group: there is no group %s", name);
        return false;
    }
    *gid = g->gr_gid;
    return true;
}

static int open_socket(struct serve *s, const struct serve_options *o)
{
    struct buf path = BUF_INIT, why = BUF_INIT;
    struct server_listener listener = {.trust = TRUST_PEER, .idle = o->stream_idle};
    int r;

    if (o->socket != NULL)
        buf_adds(&path, o->socket);
    else if (!places_socket(&path))
        return -ENOENT;
    if (!group_of(o->group, &listener.group))
        r = -EINVAL;
    else
        r = unix_socket_open(&s->socket, buf_text(&path), listener.group, &why);
    if (r == 0) {
        listener.fd = s->socket.fd;
        s->socket.fd = -1;
        r = server_listen(s->server, &listener);
    }
    if (r < 0 && o->socket != NULL)
        log_error("the API's socket: %s", why.length > 0 ? buf_text(&why) : strerror(-r));
    else if (r < 0)
        log_info("the API is not served: %s (--socket PATH says where else)", why.length > 0 ? buf_text(&why) : strerror(-r));
    buf_deinit(&path);
    buf_deinit(&why);
    return r;
}

/* Beside a socket that was named; else where things live. */
static void open_state(struct serve *s, const struct serve_options *o)
{
    struct buf path = BUF_INIT;
    int r;

    serve_state_place(o, &path);
    r = path.length == 0 ? -ENOENT : persist_init(&s->backing.persist, buf_text(&path));
    if (r < 0) {
        s->backing.persist = (struct persist){.fd = -1};
        log_info("applied objects are kept in memory only: %s: %s", buf_text(&path), strerror(-r));
    }
    buf_deinit(&path);
}

/* ---- TCP ---- */

static int open_tls(struct serve *s, int fd, mono_ms idle)
{
    const char *folder = s->backing.persist.folder;
    struct buf path = BUF_INIT, why = BUF_INIT;
    int r;

    buf_addf(&path, "%s/pki", folder != NULL ? folder : "");
    r = pki_init(&s->pki, folder != NULL ? buf_text(&path) : NULL, s->backing.host->node_name, s->address.host, &why);
    if (r < 0) {
        log_error("--listen: %s", buf_text(&why));
        close(fd);
    } else {
        const struct server_listener listener = {.fd = fd, .trust = TRUST_TLS, .certificate = s->pki.certificate,
                                                 .key = s->pki.key, .ca = s->pki.ca, .token = s->pki.token, .idle = idle};

        s->secure = true;
        r = server_listen(s->server, &listener);
        if (r < 0)
            log_error("--listen: TLS cannot be had: %s", strerror(-r));
    }
    buf_deinit(&path);
    buf_deinit(&why);
    return r;
}

static int open_plain(struct serve *s, int fd, mono_ms idle, bool loopback)
{
    const struct server_listener listener = {.fd = fd, .trust = TRUST_LOOPBACK, .idle = idle};

    if (!loopback) {
        log_error("--plain-http: only on a loopback address, which %s is not", s->address.host);
        close(fd);
        return -EPERM;
    }
    s->plain = true;
    return server_listen(s->server, &listener);
}

static int open_tcp(struct serve *s, const struct serve_options *o)
{
    struct buf why = BUF_INIT;
    bool loopback = false;
    int fd, r;

    if (o->listen == NULL)
        return 0;
    if (!tcp_address_parse(&s->address, o->listen)) {
        log_error("--listen: %s: must be ADDRESS:PORT, such as 127.0.0.1:6443 or [::1]:6443", o->listen);
        return -EINVAL;
    }
    fd = tcp_listen(&s->address, &loopback, &why);
    if (fd < 0)
        log_error("--listen: %s", buf_text(&why));
    buf_deinit(&why);
    if (fd < 0)
        return fd;
    r = o->plain_http ? open_plain(s, fd, o->stream_idle, loopback) : open_tls(s, fd, o->stream_idle);
    if (r == 0)
        log_info("the API is served on %s://%s%s%s:%s", o->plain_http ? "http" : "https",
                 strchr(s->address.host, ':') != NULL ? "[" : "", s->address.host,
                 strchr(s->address.host, ':') != NULL ? "]" : "", s->address.port);
    return r;
}

/* All addresses are reached by the loopback's, from here. */
static const char *reachable(const struct tcp_address *a)
{
    if (strcmp(a->host, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(a->host, "::") == 0 ? "::1" : a->host;
}

static void metrics(void *arg, struct buf *out)
{
    const struct serve *s = arg;

    metrics_add(&s->backing, out);
}

static bool kubeconfig(void *arg, struct buf *out)
{
    struct serve *s = arg;
    const char *host = reachable(&s->address);
    const bool brackets = strchr(host, ':') != NULL;

    if (!s->secure && !s->plain)
        return false;
    buf_addf(out, "apiVersion: v1\nkind: Config\nclusters:\n- name: pidlet\n  cluster:\n    server: %s://%s%s%s:%s\n",
             s->secure ? "https" : "http", brackets ? "[" : "", host, brackets ? "]" : "", s->address.port);
    if (s->secure) {
        buf_adds(out, "    certificate-authority-data: ");
        buf_add_base64(out, s->pki.ca, strlen(s->pki.ca));
        buf_addc(out, '\n');
    }
    buf_adds(out, "users:\n- name: pidlet\n  user:");
    if (s->secure)
        buf_addf(out, "\n    token: %s\n", s->pki.token);
    else
        buf_adds(out, " {}\n");
    buf_adds(out, "contexts:\n- name: pidlet\n  context:\n    cluster: pidlet\n    user: pidlet\ncurrent-context: pidlet\n");
    return true;
}

static void hook(struct serve *s, struct manager *manager)
{
    manager->executor->on_step = on_step;
    manager->executor->on_step_arg = s;
    manager->on_gone = on_gone;
    manager->on_gone_arg = s;
}

static void unhook(struct manager *manager)
{
    manager->executor->on_step = NULL;
    manager->on_gone = NULL;
}

static void bad_file(void *arg, const char *path, bool set_aside, const char *why)
{
    struct serve *s = arg;

    events_add_bad_file(&s->backing, path, set_aside, why);
}

int serve_start(struct serve **out, const struct serve_options *o, const struct serve_world *world)
{
    struct serve *s;
    int r;

    *out = NULL;
    if (o->no_socket && !serve_is_wanted(o))
        return 0;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return -ENOMEM;
    s->loop = world->loop;
    s->sources = world->sources;
    s->wanted = serve_is_wanted(o);
    s->socket = (struct unix_socket){.fd = -1, .lock = -1};
    api_init(&s->api, s);
    s->api.refresh = refresh;
    s->api.kubeconfig = kubeconfig;
    s->api.metrics = metrics;
    s->api.backing = &s->backing;
    s->backing = (struct backing){.api = &s->api, .loop = world->loop, .manager = world->manager,
                                  .events = world->events, .log_root = o->log_root, .files = world->sources,
                                  .host = world->host, .persist = {.fd = -1}};
    wall_history_init(&s->backing.wall, clock_mono(), unix_ms());
    ev_prepare_init(&s->before_sleep, before_sleep);
    ev_check_init(&s->after_sleep, after_sleep);
    ev_set_priority(&s->after_sleep, EV_MAXPRI);
    ev_timer_init(&s->catch_up, catch_up, 0., 0.);
    s->server = server_new(&s->api, s->loop);
    r = s->server == NULL ? -ENOMEM : o->no_socket ? 0 : open_socket(s, o);
    if (r < 0 && s->server != NULL && o->socket == NULL && o->listen != NULL)
        r = 0;                          /* the default socket is no condition */
    if (r == 0) {
        open_state(s, o);
        s->backing.persist.on_bad = bad_file;
        s->backing.persist.on_bad_arg = s;
        r = open_tcp(s, o);
    }
    if (r < 0) {
        const bool wanted = s->wanted;

        serve_stop(s);
        return wanted ? r : 0;
    }
    hook(s, world->manager);
    ev_prepare_start(s->loop, &s->before_sleep);
    ev_check_start(s->loop, &s->after_sleep);
    ev_unref(s->loop);                  /* they do not keep the loop alive */
    ev_unref(s->loop);
    s->sources->next = &s->backing.applied;
    namespaces_restore(&s->backing);
    plain_restore(&s->backing);
    *out = s;
    return 0;
}

void serve_restore(struct serve *s)
{
    if (s == NULL)
        return;
    pods_restore(&s->backing);
}

void serve_stop(struct serve *s)
{
    if (s == NULL)
        return;
    if (ev_is_active(&s->before_sleep)) {
        unhook(s->backing.manager);
        if (s->backing.events != NULL)
            event_store_listen(s->backing.events, NULL, NULL);
        s->sources->next = NULL;
        ev_ref(s->loop);
        ev_ref(s->loop);
        ev_prepare_stop(s->loop, &s->before_sleep);
        ev_check_stop(s->loop, &s->after_sleep);
    }
    ev_timer_stop(s->loop, &s->catch_up);
    server_free(s->server);
    unix_socket_close(&s->socket);
    pki_deinit(&s->pki);
    pods_forget_ended(&s->backing);
    persist_deinit(&s->backing.persist);
    source_set_deinit(&s->backing.applied);
    api_deinit(&s->api);
    free(s);
}

void serve_manifests_changed(struct serve *s)
{
    if (s == NULL)
        return;
    s->sources->next = &s->backing.applied;
    if (!plain_show_files(&s->backing))
        log_warn("out of memory: the API does not show everything");
}

bool serve_stays(const struct serve *s)
{
    if (s == NULL)
        return false;
    if (s->backing.ended != NULL)
        return true;
    for (size_t i = 0; i < s->backing.manager->count; i++) {
        if (live_pod_config(manager_pod(s->backing.manager, i))->applied)
            return true;
    }
    return s->wanted && s->backing.manager->count == 0;
}
