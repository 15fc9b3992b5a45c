#include "daemon/api/server.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/macros.h"
#include "daemon/api/access.h"
#include "daemon/api/api.h"
#include "daemon/api/exchange.h"
#include "daemon/api/microhttpd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TICK = 1000,                        /* ms */
    WAKES_A_TURN = 64,                  /* watches */
};

/* ---- connections ---- */

/* Of a connection that rests: its client has closed, or sends what it must not. */
static void gone(struct ev_loop *loop, ev_io *w, int revents)
{
    struct server *s = container_of(w, struct server, gone);
    struct epoll_event events[64];
    int count = epoll_wait(s->gone_fd, events, array_count(events), 0);

    (void)loop;
    (void)revents;
    for (int i = 0; i < count; i++) {
        struct exchange *x = events[i].data.ptr;

        x->client_is_gone = true;
        exchange_resume(x);
    }
}

/* Slow ones are cut, not waited for. */
static void cut_the_late(struct server *s)
{
    const mono_ms now = clock_mono();

    for (struct connection *c = s->connections; c != NULL; c = c->next) {
        if (c->deadline > now)
            continue;
        c->deadline = MONO_NEVER;
        shutdown(c->fd, SHUT_RDWR);     /* libmicrohttpd sees the end, and closes */
    }
}

/* While we were held up ourselves nobody was late: what they sent may lie unread. */
static void excuse(struct server *s, mono_ms now)
{
    const mono_ms held_up = now - s->last_tick - 2 * TICK;

    s->last_tick = now;
    for (struct connection *c = s->connections; held_up > 0 && c != NULL; c = c->next)
        c->deadline = mono_add(c->deadline, held_up);
}

static void tick(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct server *s = container_of(w, struct server, tick);

    (void)revents;
    excuse(s, clock_mono());
    cut_the_late(s);
    watch_tick(s->api, clock_mono());
    if (s->connections == NULL)
        ev_timer_stop(loop, w);         /* nobody there: no wake-ups */
}

static struct connection *connection_new(struct server *s, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = microhttpd.get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->fd = info->connect_fd;
    c->deadline = clock_mono() + SERVER_HEADER_SECONDS * MONO_SECOND;
    c->next = s->connections;
    if (c->next != NULL)
        c->next->previous = c;
    s->connections = c;
    if (!ev_is_active(&s->tick)) {
        s->last_tick = clock_mono();
        ev_timer_again(s->loop, &s->tick);
    }
    return c;
}

static void connection_free(struct server *s, struct connection *c)
{
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        s->connections = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    free(c);
}

static void connection_changed(void *arg, struct MHD_Connection *mhd, void **context,
                               enum MHD_ConnectionNotificationCode code)
{
    struct listener *l = arg;

    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *context = connection_new(l->server, mhd);
    else if (*context != NULL)
        connection_free(l->server, *context);
}

static void log_mhd(void *arg, const char *format, va_list args)
{
    char line[512];

    (void)arg;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\r\n")] = '\0';
    log_debug("http: %s", line);
}

/* ---- the loop ---- */

static void run(struct listener *l)
{
    MHD_UNSIGNED_LONG_LONG timeout;

    l->again = false;
    l->running = true;
    microhttpd.run(l->daemon);
    l->running = false;
    ev_timer_stop(l->server->loop, &l->timer);          /* and what was fed to it is forgotten */
    if (l->again) {
        ev_feed_event(l->server->loop, &l->timer, EV_TIMER);
        return;
    }
    if (microhttpd.get_timeout(l->daemon, &timeout) != MHD_YES)
        return;
    ev_timer_set(&l->timer, (ev_tstamp)timeout / 1000., 0.);
    ev_timer_start(l->server->loop, &l->timer);
}

static struct MHD_Daemon *daemon_of(struct listener *l, int fd, const struct server_listener *tls)
{
    const struct MHD_OptionItem tls_options[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls == NULL ? NULL : (void *)tls->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls == NULL ? NULL : (void *)tls->key},
        {MHD_OPTION_HTTPS_MEM_TRUST, 0, tls == NULL ? NULL : (void *)tls->ca},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, SERVER_CONNECTIONS_MAX, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, SERVER_HEADER_MAX, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, l->idle_seconds, NULL},
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_mhd, NULL},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_changed, l},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_completed, l},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)exchange_begun, l},
        {MHD_OPTION_ARRAY, 0, (void *)(tls != NULL ? tls_options : &tls_options[array_count(tls_options) - 1])},
        {MHD_OPTION_END, 0, NULL},
    };

    return microhttpd.start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (tls != NULL ? MHD_USE_TLS : 0), 0,
                            access_accept, l, exchange_handle, l, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/*
 * libmicrohttpd takes the listening socket: at once where TLS wants its certificates, else
 * when somebody connects (`with` is NULL then): most daemons are never asked for anything.
 */
static bool start(struct listener *l, const struct server_listener *with)
{
    const char *why;
    int fd = steal_fd(&l->fd);

    if (!microhttpd_load(&why)) {
        if (!l->failed)
            log_error("the API cannot be served: libmicrohttpd is not to be had: %s", why);
    } else if ((l->daemon = daemon_of(l, fd, with)) == NULL && !l->failed) {
        log_error("the API cannot be served: %s", strerror(errno));
    }
    l->failed = l->daemon == NULL;
    if (l->failed) {
        l->fd = fd;
        return false;
    }
    ev_io_stop(l->server->loop, &l->io);
    ev_io_set(&l->io, microhttpd.get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, EV_READ);
    ev_io_start(l->server->loop, &l->io);
    return true;
}

/* Nobody is left waiting for an answer; and there is no haste when descriptors have run out. */
static void turn_away(struct listener *l)
{
    int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0)
        close(fd);
    ev_io_stop(l->server->loop, &l->io);
    ev_timer_set(&l->timer, 1., 0.);
    ev_timer_start(l->server->loop, &l->timer);
}

static void readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct listener *l = container_of(w, struct listener, io);

    (void)loop;
    (void)revents;
    if (l->daemon != NULL || start(l, NULL))
        run(l);
    else
        turn_away(l);
}

static void timed_out(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct listener *l = container_of(w, struct listener, timer);

    (void)revents;
    if (l->daemon != NULL)
        run(l);
    else
        ev_io_start(loop, &l->io);      /* try again, at the next connection */
}

/* From within libmicrohttpd or not: its work is done in the next turn. */
void server_run_soon(struct listener *l)
{
    l->again = true;
    if (!l->running)
        ev_feed_event(l->server->loop, &l->timer, EV_TIMER);
}

/* ---- life ---- */

static void on_change(void *arg)
{
    struct server *s = arg;

    if (s->api->watch_count > 0 && !ev_is_active(&s->wake)) {
        ev_timer_set(&s->wake, 0., 0.);
        ev_timer_start(s->loop, &s->wake);
    }
}

/* A thousand watches are told in several turns of the loop: nothing else waits for all of them. */
static void wake_some(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct server *s = container_of(w, struct server, wake);

    (void)loop;
    (void)revents;
    if (!watch_wake_some(s->api, WAKES_A_TURN))
        on_change(s);
}

void server_go_on(struct server *s)
{
    exchange_go_on(s);
}

struct server *server_new(struct api *api, struct ev_loop *loop)
{
    struct server *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->api = api;
    s->loop = loop;
    s->gone_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->gone_fd == -1) {
        free(s);
        return NULL;
    }
    ev_io_init(&s->gone, gone, s->gone_fd, EV_READ);
    ev_io_start(loop, &s->gone);
    ev_timer_init(&s->tick, tick, 0., TICK / 1000.);
    ev_timer_init(&s->wake, wake_some, 0., 0.);
    store_init(&api->store, on_change, s);
    return s;
}

static void listener_free(struct listener *l)
{
    ev_io_stop(l->server->loop, &l->io);
    ev_timer_stop(l->server->loop, &l->timer);
    ev_clear_pending(l->server->loop, &l->timer);
    if (l->daemon != NULL)
        microhttpd.stop_daemon(l->daemon);
    else
        close(l->fd);
    access_deinit(&l->access);
    free(l);
}

void server_free(struct server *s)
{
    if (s == NULL)
        return;
    exchange_end_all(s);
    for (struct listener *l = s->listeners, *next; l != NULL; l = next) {
        next = l->next;
        listener_free(l);
    }
    ev_io_stop(s->loop, &s->gone);
    ev_timer_stop(s->loop, &s->tick);
    ev_timer_stop(s->loop, &s->wake);
    close(s->gone_fd);
    free(s);
}

/* libmicrohttpd counts its milliseconds in 64 bits, and takes whole seconds in 32. */
static unsigned idle_seconds(mono_ms idle)
{
    const mono_ms most = 365 * 24 * 3600;

    return idle <= 0 ? SERVER_IDLE_SECONDS : (unsigned)mono_min((idle + MONO_SECOND - 1) / MONO_SECOND, most);
}

int server_listen(struct server *s, const struct server_listener *with)
{
    struct listener *l = calloc(1, sizeof *l);

    if (l == NULL || !access_init(&l->access, with)) {
        close(with->fd);
        free(l);
        return -ENOMEM;
    }
    l->server = s;
    l->fd = with->fd;
    l->idle_seconds = idle_seconds(with->idle);
    ev_timer_init(&l->timer, timed_out, 0., 0.);
    ev_io_init(&l->io, readable, l->fd, EV_READ);
    if (with->trust == TRUST_TLS && !start(l, with)) {
        listener_free(l);
        return -EINVAL;
    }
    ev_io_start(s->loop, &l->io);
    l->next = s->listeners;
    s->listeners = l;
    return 0;
}
