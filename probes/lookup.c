#include "probes/lookup.h"

#include "base/fd.h"
#include "base/macros.h"

#include <errno.h>
#include <ev.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct lookup {
    struct ev_loop *loop;
    lookup_done_fn *done;               /* NULL: cancelled */
    void *arg;
    ev_io finished;                     /* on `event` */
    int event;                          /* eventfd; written by the resolver's thread */
#ifdef __GLIBC__
    struct gaicb request;
    struct addrinfo hints;
#else
    int error;                          /* the thread's, until it has written to `event` */
    struct addrinfo *addresses;
#endif
    char host[];
};

static void notify(struct lookup *l)
{
    uint64_t one = 1;

    (void)!write(l->event, &one, sizeof one);
}

/* ---- who looks it up ---- */

#ifdef __GLIBC__

/* In a thread of the resolver's: nothing but a word to the loop. */
static void resolved(union sigval value)
{
    notify(value.sival_ptr);
}

/* An error of getaddrinfo(3). */
static int ask(struct lookup *l)
{
    struct gaicb *list[1] = {&l->request};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = resolved, .sigev_value.sival_ptr = l};

    l->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    l->request = (struct gaicb){.ar_name = l->host, .ar_request = &l->hints};
    return getaddrinfo_a(GAI_NOWAIT, list, 1, &event);
}

/* EAI_INPROGRESS: not yet. */
static int answer_of(struct lookup *l, struct addrinfo **addresses)
{
    const int error = gai_error(&l->request);

    *addresses = error == 0 ? l->request.ar_result : NULL;
    return error;
}

static void withdraw(struct lookup *l)
{
    gai_cancel(&l->request);            /* either way the notification comes, and frees it */
}

#else   /* musl has no getaddrinfo_a() */

static void *resolve(void *arg)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct lookup *l = arg;

    l->error = getaddrinfo(l->host, NULL, &hints, &l->addresses);
    notify(l);                          /* last: the loop frees it */
    return NULL;
}

static int ask(struct lookup *l)
{
    sigset_t all, before;
    pthread_attr_t detached;
    pthread_t thread;
    int r;

    sigfillset(&all);                   /* signals are the loop's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    r = pthread_create(&thread, &detached, resolve, l);
    pthread_attr_destroy(&detached);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0 ? 0 : EAI_AGAIN;
}

/* The loop has read `event`: the thread is done. */
static int answer_of(struct lookup *l, struct addrinfo **addresses)
{
    uint64_t count;

    if (read(l->event, &count, sizeof count) != sizeof count)
        return EAI_INPROGRESS;
    *addresses = l->error == 0 ? l->addresses : NULL;
    return l->error;
}

static void withdraw(struct lookup *l)
{
    (void)l;                            /* the thread goes on to its end */
}

#endif

/* ---- the loop's side ---- */

static void lookup_free(struct lookup *l)
{
    ev_io_stop(l->loop, &l->finished);
    fd_close(&l->event);
    free(l);
}

static void lookup_finished(struct ev_loop *loop, ev_io *w, int revents)
{
    struct lookup *l = container_of(w, struct lookup, finished);
    lookup_done_fn *done = l->done;
    void *arg = l->arg;
    struct addrinfo *addresses = NULL;
    const int error = answer_of(l, &addresses);

    (void)loop;
    (void)revents;
    if (error == EAI_INPROGRESS)
        return;
    lookup_free(l);
    if (done != NULL)
        done(arg, error, addresses);
    else if (addresses != NULL)
        freeaddrinfo(addresses);
}

struct lookup *lookup_start(struct ev_loop *loop, const char *host, lookup_done_fn *done, void *arg)
{
    size_t size = strlen(host) + 1;
    struct lookup *l = calloc(1, sizeof *l + size);
    int error;

    if (l == NULL)
        return NULL;
    l->loop = loop;
    l->done = done;
    l->arg = arg;
    memcpy(l->host, host, size);
    l->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->event == -1) {
        free(l);
        return NULL;
    }
    ev_io_init(&l->finished, lookup_finished, l->event, EV_READ);
    ev_io_start(loop, &l->finished);
    error = ask(l);
    if (error != 0) {
        lookup_free(l);
        errno = error == EAI_MEMORY ? ENOMEM : EAGAIN;
        return NULL;
    }
    return l;
}

void lookup_cancel(struct lookup *l)
{
    l->done = NULL;
    withdraw(l);
}
