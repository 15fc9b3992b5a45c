#include "daemon/core/emit.h"

#include <assert.h>

struct action *emit(const struct container *c, struct actions *out, enum action_kind kind)
{
    assert(out->count < out->capacity); /* the caller lends room for every step */
    out->items[out->count] = (struct action){.kind = kind, .container = c->index};
    return &out->items[out->count++];
}

struct note *emit_note(const struct container *c, struct actions *out, enum note_kind kind,
                       mono_ms now)
{
    struct note *note = &emit(c, out, DO_NOTE)->note;

    note->kind = kind;
    note->now = now;
    note->restart_count = c->restart_count;
    return note;
}

struct note *emit_attempt_note(const struct container *c, struct actions *out, enum note_kind kind,
                               const struct container_event *ev)
{
    struct note *note = emit_note(c, out, kind, ev->now);

    note->slot = ev->slot;
    note->outcome = ev->outcome;
    note->text = ev->text;
    return note;
}

void emit_attempt(struct container *c, struct actions *out, enum attempt_slot slot)
{
    c->live_slots |= (uint8_t)(1u << slot);
    emit(c, out, DO_ATTEMPT)->slot = slot;
}

void emit_cancel(struct container *c, struct actions *out, enum attempt_slot slot)
{
    if ((c->live_slots & 1u << slot) == 0)
        return;
    emit_attempt_over(c, slot);
    emit(c, out, DO_CANCEL)->slot = slot;
}

void emit_attempt_over(struct container *c, enum attempt_slot slot)
{
    c->live_slots &= (uint8_t) ~(1u << slot);
}
