/*
 * Why a hook failed, in the kubelet's words (kubelet-semantics 3.2): for the log, and
 * after a postStart hook for the waiting message of PostStartHookError.
 */
#ifndef PIDLET_RUNTIME_HOOK_TEXT_H
#define PIDLET_RUNTIME_HOOK_TEXT_H

struct attempt_result;
struct buf;
struct container_spec;
struct handler_spec;
struct pod_config;

/* Of an attempt that did not succeed. */
void hook_text(struct buf *out, const struct pod_config *pod, const struct container_spec *container,
               const struct handler_spec *hook, const struct attempt_result *result);

#endif
