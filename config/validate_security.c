#include "config/validate_private.h"

#include "config/capabilities.h"
#include "config/diag.h"

#include <string.h>

static void id_must_be_in_range(int64_t id, const struct path *at, struct diags *diags)
{
    if (id != INT_UNSET && (id < 0 || id > INT32_MAX))
        diag_invalid(diags, at, "must be between 0 and 2147483647, inclusive");
}

static void capabilities_must_be_known(const struct string_list *names, const struct path *at,
                                       struct diags *diags)
{
    for (size_t i = 0; i < names->count; i++) {
        if (capability_mask(names->items[i]) == 0)
            diag_add(diags, DIAG_UNSUPPORTED, PATH_INDEX(at, i),
                     "must be ALL, or one of capabilities(7) such as NET_BIND_SERVICE");
    }
}

static bool adds_sys_admin(const struct capabilities_spec *c)
{
    for (size_t i = 0; c != NULL && i < c->add.count; i++) {
        if (strcmp(c->add.items[i], "CAP_SYS_ADMIN") == 0)
            return true;
    }
    return false;
}

static void no_new_privileges_rule_out_others(const struct security_context_spec *s, const struct path *at,
                                              struct diags *diags)
{
    if (s->allow_privilege_escalation != TRI_FALSE)
        return;
    if (s->privileged == TRI_TRUE)
        diag_invalid(diags, at, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    if (adds_sys_admin(s->capabilities))
        diag_invalid(diags, at,
                     "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
}

void validate_security_context(const struct security_context_spec *s, const struct path *at,
                               struct diags *diags)
{
    const struct path capabilities = {.up = at, .key = "capabilities"};

    if (s == NULL)
        return;
    id_must_be_in_range(s->run_as_user, PATH_KEY(at, "runAsUser"), diags);
    id_must_be_in_range(s->run_as_group, PATH_KEY(at, "runAsGroup"), diags);
    if (s->capabilities != NULL) {
        capabilities_must_be_known(&s->capabilities->add, PATH_KEY(&capabilities, "add"), diags);
        capabilities_must_be_known(&s->capabilities->drop, PATH_KEY(&capabilities, "drop"), diags);
    }
    no_new_privileges_rule_out_others(s, at, diags);
}

void validate_pod_security_context(const struct pod_security_context_spec *s, const struct path *at,
                                   struct diags *diags)
{
    const struct path groups = {.up = at, .key = "supplementalGroups"};

    if (s == NULL)
        return;
    id_must_be_in_range(s->run_as_user, PATH_KEY(at, "runAsUser"), diags);
    id_must_be_in_range(s->run_as_group, PATH_KEY(at, "runAsGroup"), diags);
    id_must_be_in_range(s->fs_group, PATH_KEY(at, "fsGroup"), diags);
    for (size_t i = 0; i < s->supplemental_groups.count; i++)
        id_must_be_in_range(s->supplemental_groups.items[i], PATH_INDEX(&groups, i), diags);
}
