#include "config/process_rules.h"

#include "base/arena.h"
#include "config/capabilities.h"

#include <stdio.h>
#include <string.h>

static uint64_t mask_of(const struct string_list *names)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < names->count; i++)
        mask |= capability_mask(names->items[i]);
    return mask;
}

static bool take_groups(struct process_rules *out, const struct pod_security_context_spec *pod,
                        struct arena *arena)
{
    size_t count = pod->supplemental_groups.count;
    int64_t *groups = arena_array(arena, count + 1, sizeof *groups);

    if (groups == NULL)
        return false;
    if (count > 0)
        memcpy(groups, pod->supplemental_groups.items, count * sizeof *groups);
    if (pod->fs_group != INT_UNSET)
        groups[count++] = pod->fs_group;
    out->groups = groups;
    out->group_count = count;
    out->groups_strict = pod->supplemental_groups_policy == GROUPS_STRICT;
    return true;
}

static bool take_pod(struct process_rules *out, const struct pod_security_context_spec *pod, struct arena *arena)
{
    out->user = pod->run_as_user;
    out->group = pod->run_as_group;
    out->non_root = pod->run_as_non_root == TRI_TRUE;
    return take_groups(out, pod, arena);
}

static void take_container(struct process_rules *out, const struct security_context_spec *c)
{
    if (c->run_as_user != INT_UNSET)
        out->user = c->run_as_user;
    if (c->run_as_group != INT_UNSET)
        out->group = c->run_as_group;
    if (c->run_as_non_root != TRI_UNSET)
        out->non_root = c->run_as_non_root == TRI_TRUE;
    out->no_new_privs = c->allow_privilege_escalation == TRI_FALSE;
    if (c->capabilities != NULL) {
        out->add = mask_of(&c->capabilities->add);
        out->drop = mask_of(&c->capabilities->drop);
        out->capabilities = out->add != 0 || out->drop != 0;
    }
}

bool process_rules_make(struct process_rules *out, const struct pod_spec *pod, const struct container_spec *c,
                        struct arena *arena)
{
    *out = (struct process_rules){.user = INT_UNSET, .group = INT_UNSET, .umask = UMASK_UNSET};
    if (pod->security_context != NULL && !take_pod(out, pod->security_context, arena))
        return false;
    if (c->security_context != NULL)
        take_container(out, c->security_context);
    return true;
}

bool umask_parse(const char *text, int *out, char error[UMASK_ERROR_SIZE])
{
    size_t digits = strspn(text, "01234567");
    int value = 0;

    if (digits == 0 || digits > 4 || text[digits] != '\0')
        goto fail;
    for (size_t i = 0; i < digits; i++)
        value = value * 8 + (text[i] - '0');
    if (value > 0777)
        goto fail;
    *out = value;
    return true;
fail:
    snprintf(error, UMASK_ERROR_SIZE, "must be octal, from \"000\" to \"777\", such as \"027\"");
    return false;
}
