/*
 * pidlet's own settings in a manifest: the annotations pidlet.dev/….
 *
 * pidlet.dev/NAME is for every container of the pod, pidlet.dev/NAME.CONTAINER for one
 * of them, and comes over the pod's.
 */
#ifndef PIDLET_CONFIG_ANNOTATIONS_H
#define PIDLET_CONFIG_ANNOTATIONS_H

#include "config/backoff_policy.h"
#include "config/spec.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct diags;
struct path;
struct process_rules;

#define ANNOTATION_PREFIX "pidlet.dev/"

struct annotation_info {
    const char *key;                    /* on the pod, for all of it; KEY.CONTAINER: for one container */
    const char *doc;
    const struct annotation_part *parts;        /* KEY=VALUE,… of the value; NULL: it has no such parts */
    size_t part_count;
};

/* All that pidlet knows, what `explain` and the reference page tell of; NULL: past the last. */
const struct annotation_info *annotation_at(size_t i);

/* pidlet.dev/logs-when-full: what happens to lines that a full disk does not take. */
enum logs_when_full {
    LOGS_DROP,                          /* "drop", the default: they are counted */
    LOGS_PAUSE,                         /* "pause": the container waits, once its pipe is full */
};

/* pidlet.dev/ends-with: when a run has ended. */
enum ends_with {
    ENDS_WITH_MAIN,                     /* "main", the default: what is left behind is killed */
    ENDS_WITH_TREE,                     /* "tree": when all that it has started has ended */
};

/* pidlet.dev/notify and pidlet.dev/watchdog: what a container tells of itself (sd_notify(3)). */
struct notify_rules {
    bool ready;                         /* READY=1 stands for its startup probe */
    mono_ms watchdog;                   /* WATCHDOG=1 has to come within so long; 0: it need not */
};

/* Any of it: it is given a NOTIFY_SOCKET. */
static inline bool notify_rules_any(const struct notify_rules *r)
{
    return r->ready || r->watchdog > 0;
}

/* What each container is given, in the arena: the init containers in spec order, then the others. */
struct annotations {
    const struct backoff_policy *backoff;
    const struct process_rules *process;        /* with what the security contexts say */
    const enum logs_when_full *logs_when_full;
    const enum ends_with *ends_with;
    const struct string_list *watch;    /* paths; empty: none */
    const struct notify_rules *notify;
    const struct string_list *listen;   /* names of sockets; empty: none */
};

/* What holds where no annotation says anything else. */
struct annotation_defaults {
    mono_ms max_restart_period;         /* the daemon's cap of back-offs; 0: the kubelet's */
    const char *watch;                  /* as pidlet.dev/watch; NULL: nothing is watched */
};

/*
 * Annotations that pidlet does not know, or of containers that are not there, are
 * findings.  False: no memory.
 */
bool annotations_read(struct annotations *out, const struct pod_manifest *pod,
                      const struct annotation_defaults *defaults, const struct path *at, struct arena *arena, struct diags *diags);

#endif
