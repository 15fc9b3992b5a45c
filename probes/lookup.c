#include "probes/lookup.h"

#include "base/fd.h"
#include "base/macros.h"

#include <errno.h>
#include <ev.h>
#include <netdb.h>
#include <signal.h>
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
    struct gaicb request;
    struct addrinfo hints;
    char host[];
};

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
    int error = gai_error(&l->request);
    struct addrinfo *addresses = error == 0 ? l->request.ar_result : NULL;

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

/* In a thread of the resolver's: nothing but a word to the loop. */
static void notify(union sigval value)
{
    struct lookup *l = value.sival_ptr;
    uint64_t one = 1;

    (void)!write(l->event, &one, sizeof one);
}

struct lookup *lookup_start(struct ev_loop *loop, const char *host, lookup_done_fn *done, void *arg)
{
    size_t size = strlen(host) + 1;
    struct lookup *l = calloc(1, sizeof *l + size);
    struct gaicb *list[1];
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};
    int error;

    if (l == NULL)
        return NULL;
    l->loop = loop;
    l->done = done;
    l->arg = arg;
    memcpy(l->host, host, size);
    l->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    l->request = (struct gaicb){.ar_name = l->host, .ar_request = &l->hints};
    l->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->event == -1) {
        free(l);
        return NULL;
    }
    ev_io_init(&l->finished, lookup_finished, l->event, EV_READ);
    ev_io_start(loop, &l->finished);
    event.sigev_notify_function = notify;
    event.sigev_value.sival_ptr = l;
    list[0] = &l->request;
    error = getaddrinfo_a(GAI_NOWAIT, list, 1, &event);
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
    gai_cancel(&l->request);            /* either way the notification comes, and frees it */
}
