/*
 * Notes of the core as Kubernetes Events: type, reason and message in the kubelet's
 * words (kubelet-semantics 8.2, 2.6).
 */
#ifndef PIDLET_CORE_RECORDER_H
#define PIDLET_CORE_RECORDER_H

#include "daemon/core/pod.h"

struct buf;

struct event_words {
    const char *type;           /* "Normal" or "Warning" */
    const char *reason;
    bool of_kubelet;            /* false: pidlet's own line for people, no Event of the API */
};

/*
 * Describes `note` of the pod's container `container` (NO_CONTAINER: of the pod) and
 * appends the message to `message`.  False when there is nothing to say of it.
 */
bool recorder_describe(const struct pod *p, int container, const struct note *note,
                       struct event_words *words, struct buf *message);

/*
 * The same as an Event of the API, in the kubelet's words to the letter; false when it is
 * none.  (What people read on a terminal says more: how long a back-off is.)  `message`
 * is the caller's scratch, empty at first.
 */
bool recorder_event(const struct pod *p, int container, const struct note *note,
                    struct event_words *words, struct buf *message);

/* Appends "NAME_NAMESPACE(UID)", as the kubelet prints a pod in messages. */
void recorder_add_pod(struct buf *out, const struct pod *p);

/* Appends why a container waits: "back-off 10s restarting failed container=NAME pod=POD". */
void recorder_add_backoff(struct buf *out, const struct pod *p, const struct container *c, mono_ms delay);

#endif
