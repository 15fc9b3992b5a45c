/*
 * A host's addresses, looked up beside the loop, in a thread: glibc's getaddrinfo_a(3), or one of our own.
 */
#ifndef PIDLET_PROBES_LOOKUP_H
#define PIDLET_PROBES_LOOKUP_H

struct addrinfo;
struct ev_loop;
struct lookup;

/* Called once, from the loop; `error` is of getaddrinfo(3).  The list is the callee's to free. */
typedef void lookup_done_fn(void *arg, int error, struct addrinfo *addresses);

/* TCP addresses of `host`, which is copied.  NULL: no memory or no descriptor, errno is set. */
struct lookup *lookup_start(struct ev_loop *loop, const char *host, lookup_done_fn *done, void *arg);

/* No call will come; what cannot be cancelled goes on by itself and is then forgotten. */
void lookup_cancel(struct lookup *l);

#endif
