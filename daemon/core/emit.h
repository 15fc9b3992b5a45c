/*
 * What a container's moves ask for: actions and notes, appended to the step's.
 */
#ifndef PIDLET_CORE_EMIT_H
#define PIDLET_CORE_EMIT_H

#include "daemon/core/container.h"

struct action *emit(const struct container *c, struct actions *out, enum action_kind kind);
struct note *emit_note(const struct container *c, struct actions *out, enum note_kind kind,
                       mono_ms now);

/* A note of how the attempt in the event's slot ended. */
struct note *emit_attempt_note(const struct container *c, struct actions *out, enum note_kind kind,
                               const struct container_event *ev);

/* Begins an attempt; drops it, if it is under way. */
void emit_attempt(struct container *c, struct actions *out, enum attempt_slot slot);
void emit_cancel(struct container *c, struct actions *out, enum attempt_slot slot);

/* The attempt under way has ended by itself. */
void emit_attempt_over(struct container *c, enum attempt_slot slot);

#endif
