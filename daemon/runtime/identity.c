#include "daemon/runtime/identity.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/capabilities.h"
#include "config/load.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GROUPS_MAX = 1024 };             /* of one user that are looked at */

/* ---- what pidlet itself is ---- */

static struct {
    bool known;
    uid_t uid;
    gid_t gid;
    gid_t groups[GROUPS_MAX];
    size_t group_count;
    uint64_t permitted, effective, inheritable, bounding, ambient;
} own;

void identity_forget(void)
{
    own.known = false;
}

static void look_at_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};

    syscall(SYS_capget, &header, data);
    own.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    own.effective = data[0].effective | (uint64_t)data[1].effective << 32;
    own.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    own.bounding = own.ambient = 0;
    for (int i = 0; i < 64 && prctl(PR_CAPBSET_READ, i) >= 0; i++) {
        own.bounding |= prctl(PR_CAPBSET_READ, i) == 1 ? UINT64_C(1) << i : 0;
        own.ambient |= prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1 ? UINT64_C(1) << i : 0;
    }
}

static void look_at_ourselves(void)
{
    int count;

    if (own.known)
        return;
    own.uid = geteuid();
    own.gid = getegid();
    count = getgroups(GROUPS_MAX, own.groups);
    own.group_count = count < 0 ? 0 : (size_t)count;
    look_at_capabilities();
    own.known = true;
}

/* ---- /etc/passwd and /etc/group ---- */

struct user {
    const char *name, *home;            /* NULL: not known */
    gid_t group;
};

static bool find_user(uid_t uid, struct user *out, struct arena *arena)
{
    FILE *f = fopen("/etc/passwd", "re");
    const struct passwd *entry;

    *out = (struct user){0};            /* the group of one that is not known is 0, as Kubernetes has it */
    while (f != NULL && (entry = fgetpwent(f)) != NULL) {
        if (entry->pw_uid != uid)
            continue;
        out->group = entry->pw_gid;
        out->name = arena_strdup(arena, entry->pw_name);
        out->home = arena_strdup(arena, entry->pw_dir);
        fclose(f);
        return out->name != NULL && out->home != NULL;
    }
    if (f != NULL)
        fclose(f);
    return true;
}

struct group_set {
    gid_t items[GROUPS_MAX];
    size_t count;
};

static bool has_group(const gid_t *items, size_t count, gid_t gid)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i] == gid)
            return true;
    }
    return false;
}

static void add_group(struct group_set *set, gid_t gid, gid_t primary)
{
    if (gid != primary && set->count < GROUPS_MAX && !has_group(set->items, set->count, gid))
        set->items[set->count++] = gid;
}

static void add_groups_of(struct group_set *set, const char *name, gid_t primary)
{
    FILE *f = fopen("/etc/group", "re");
    const struct group *entry;

    while (f != NULL && (entry = fgetgrent(f)) != NULL) {
        for (char **member = entry->gr_mem; *member != NULL; member++) {
            if (strcmp(*member, name) == 0)
                add_group(set, entry->gr_gid, primary);
        }
    }
    if (f != NULL)
        fclose(f);
}

/* ---- user and groups ---- */

static bool no_memory(struct buf *why)
{
    buf_adds(why, "out of memory");
    return false;
}

/* The kubelet's check, and its words but for the image (pkg/kubelet/kuberuntime/security_context.go). */
static bool must_not_be_root(const struct process_rules *rules, const struct pod_config *config, unsigned index,
                             uid_t uid, struct buf *why)
{
    if (!rules->non_root || uid != 0)
        return true;
    buf_adds(why, rules->user == 0 ? "container's runAsUser breaks non-root policy"
                                   : "container has runAsNonRoot and will run as root");
    buf_addf(why, " (pod: \"%s_%s(%s)\", container: %s)", config->name, config->namespace, config->uid,
             config->containers[index]->name);
    return false;
}

static bool same_groups(const struct group_set *set, gid_t primary)
{
    size_t others = 0;

    for (size_t i = 0; i < own.group_count; i++) {
        if (own.groups[i] == primary)
            continue;
        others++;
        if (!has_group(set->items, set->count, own.groups[i]))
            return false;
    }
    return others == set->count;
}

static bool make_groups(struct identity *out, const struct process_rules *rules, const struct user *user,
                        gid_t primary, struct arena *arena)
{
    struct group_set set = {.count = 0};
    gid_t *groups;

    if (!rules->groups_strict && !out->other_user) {
        for (size_t i = 0; i < own.group_count; i++)
            add_group(&set, own.groups[i], primary);
    } else if (!rules->groups_strict && user->name != NULL) {
        add_groups_of(&set, user->name, primary);
    }
    for (size_t i = 0; i < rules->group_count; i++)
        add_group(&set, (gid_t)rules->groups[i], primary);
    if (same_groups(&set, primary))
        return true;
    groups = arena_array(arena, set.count + 1, sizeof *groups);
    if (groups == NULL)
        return false;
    memcpy(groups, set.items, set.count * sizeof *groups);
    out->setup.set_groups = true;
    out->setup.groups = groups;
    out->setup.group_count = set.count;
    return true;
}

static bool make_user(struct identity *out, const struct process_rules *rules, uid_t uid, struct arena *arena)
{
    struct user user = {.group = own.gid};
    gid_t gid;

    out->other_user = uid != own.uid;
    if (out->other_user && !find_user(uid, &user, arena))
        return false;
    gid = rules->group != INT_UNSET ? (gid_t)rules->group : user.group;
    out->name = user.name;
    out->home = user.home;
    out->setup.set_user = out->other_user;
    out->setup.user = uid;
    out->setup.set_group = gid != own.gid;
    out->setup.group = gid;
    return make_groups(out, rules, &user, gid, arena);
}

/* ---- capabilities ---- */

static bool can_be_added(uint64_t add, struct buf *why)
{
    for (unsigned i = 0; i < CAPABILITIES; i++) {
        if ((add & ~(own.permitted & own.bounding) & UINT64_C(1) << i) != 0) {
            buf_addf(why, "adding capability %s: pidlet does not have it itself (it runs as user %u)",
                     capability_name(i), (unsigned)own.uid);
            return false;
        }
    }
    return true;
}

/*
 * A container of the same user has pidlet's capabilities, less those dropped; another one,
 * unless it is root, those added alone, ambient so that they outlive the exec.
 */
static bool make_capabilities(struct identity *out, const struct process_rules *rules, uid_t uid,
                              struct buf *why)
{
    struct child_setup *s = &out->setup;
    const bool root = uid == 0, fresh = out->other_user && !root;
    uint64_t add = rules->add, drop;

    if (!rules->capabilities && (!fresh || own.permitted == 0))
        return true;
    if (add == CAPABILITIES_ALL)
        add = own.permitted & own.bounding;
    if (!can_be_added(add, why))
        return false;
    drop = rules->drop & ~add;
    s->permitted = (fresh ? 0 : own.permitted & ~drop) | add;
    s->ambient = root ? 0 : fresh ? add : (own.ambient & ~drop) | add;
    s->inheritable = (own.inheritable & ~drop) | s->ambient;
    s->bounding_drop = own.bounding & drop;
    s->set_capabilities = out->other_user || s->permitted != own.permitted || s->ambient != own.ambient
                          || s->inheritable != own.inheritable;
    /* Without the right to bound, nothing must come back by a set-user-ID program either. */
    if (s->bounding_drop != 0 && (own.effective & UINT64_C(1) << CAP_SETPCAP) == 0) {
        s->bounding_drop = 0;
        s->no_new_privs = true;
    }
    return true;
}

bool identity_make(struct identity *out, const struct pod_config *config, unsigned index, struct arena *arena,
                   struct buf *why)
{
    const struct process_rules *rules = &config->process[index];
    uid_t uid;

    look_at_ourselves();
    uid = rules->user != INT_UNSET ? (uid_t)rules->user : own.uid;
    *out = (struct identity){
        .setup = {.rlimits = rules->rlimits, .rlimit_count = rules->rlimit_count, .umask = rules->umask,
                  .oom_score_adj = OOM_SCORE_UNSET, .no_new_privs = rules->no_new_privs},
    };
    if (!must_not_be_root(rules, config, index, uid, why))
        return false;
    if (!make_user(out, rules, uid, arena))
        return no_memory(why);
    out->beyond_us = !make_capabilities(out, rules, uid, why);
    return !out->beyond_us;
}
