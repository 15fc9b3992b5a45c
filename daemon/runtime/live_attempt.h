/*
 * The attempt of a probe or hook that is under way: from the handler in the spec to
 * an attempt_request, and back from its outcome to the core's words.
 */
#ifndef PIDLET_RUNTIME_LIVE_ATTEMPT_H
#define PIDLET_RUNTIME_LIVE_ATTEMPT_H

#include "daemon/core/step.h"

struct cgroup;
struct container_spec;
struct context_source;
struct ev_loop;
struct http_client;
struct live_attempt;
struct pod_config;
struct reaper;

/* What it works with; borrowed until the outcome but for `pod`, `context` for the call alone. */
struct attempt_setting {
    struct ev_loop *loop;
    struct reaper *reaper;
    struct http_client **http;          /* made with the first that needs it; the caller frees it */
    struct pod_config *pod;             /* which has that definition; the attempt keeps a reference */
    const struct container_spec *container;
    const char *name;                   /* "pod/container", for the log */
    const struct context_source *context;       /* its id is a run of its own */
    const struct cgroup *cgroup;        /* of the container */
};

/*
 * Called once, from the loop; the attempt is gone afterwards.  `text` is borrowed: what
 * a probe gave, or why a hook failed, in the kubelet's words.
 */
typedef void live_attempt_done_fn(void *arg, enum attempt_slot slot, enum attempt_outcome outcome,
                                  const char *text);

/* NULL: no memory, or no context for its command, which is logged. */
struct live_attempt *live_attempt_start(const struct attempt_setting *setting,
                                        enum attempt_slot slot, live_attempt_done_fn *done, void *arg);

/* Ends it without an outcome; NULL is fine. */
void live_attempt_cancel(struct live_attempt *la);

#endif
