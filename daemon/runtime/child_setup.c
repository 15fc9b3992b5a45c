#include "daemon/runtime/child_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Bare system calls throughout: libc's setuid() and its like change all threads of a process,
 * and takes us for one of our parent's.
 */

IN_CHILD static void set_oom_score(const struct child_plan *plan)
{
    int value = plan->setup->oom_score_adj, at = 12, fd;
    const bool negative = value < 0;
    char text[12];

    if (value == OOM_SCORE_UNSET)
        return;
    value = negative ? -value : value;
    do
        text[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    if (negative)
        text[--at] = '-';
    fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd == -1 || write(fd, text + at, sizeof text - (size_t)at) == -1)
        child_report(plan, CHILD_OOM_SCORE, errno, 0);
    if (fd != -1)
        close(fd);
}

IN_CHILD static void set_rlimits(const struct child_plan *plan)
{
    for (int i = 0; i < GIVEN_LIMITS; i++) {    /* the hard ones are as they were: it cannot fail */
        if (plan->given[i].changed)
            syscall(SYS_prlimit64, 0, plan->given[i].resource, &plan->given[i].was, NULL);
    }
    for (size_t i = 0; i < plan->setup->rlimit_count; i++) {
        const struct rlimit_setting *s = &plan->setup->rlimits[i];
        const struct {
            uint64_t soft, hard;        /* the kernel's struct rlimit64 */
        } limit = {.soft = s->soft, .hard = s->hard};

        if (syscall(SYS_prlimit64, 0, s->resource, &limit, NULL) == -1)
            child_fail(plan, CHILD_RLIMIT, errno, (int)i);
    }
}

/* So that /dev/stdout and /dev/stderr can be opened by whom the process becomes. */
IN_CHILD static void give_output(const struct child_plan *plan)
{
    for (int fd = 1; fd <= 2; fd++) {
        struct stat st;

        if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
            (void)!fchown(fd, plan->setup->user, (gid_t)-1);
    }
}

IN_CHILD static void change_user(const struct child_plan *plan)
{
    const struct child_setup *s = plan->setup;

    if (s->set_groups && syscall(SYS_setgroups, s->group_count, s->groups) == -1)
        child_fail(plan, CHILD_GROUPS, errno, 0);
    if (s->set_group && syscall(SYS_setresgid, s->group, s->group, s->group) == -1)
        child_fail(plan, CHILD_GROUP, errno, 0);
    if (!s->set_user)
        return;
    give_output(plan);
    if (s->permitted != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
        child_fail(plan, CHILD_CAPABILITIES, errno, 0);
    if (syscall(SYS_setresuid, s->user, s->user, s->user) == -1)
        child_fail(plan, CHILD_USER, errno, 0);
}

IN_CHILD static void drop_bounding(const struct child_plan *plan)
{
    for (int i = 0; i < 64; i++) {
        if ((plan->setup->bounding_drop & UINT64_C(1) << i) != 0 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == -1)
            child_fail(plan, CHILD_BOUNDING, errno, i);
    }
}

IN_CHILD static void set_capabilities(const struct child_plan *plan)
{
    const struct child_setup *s = plan->setup;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)s->permitted, .permitted = (uint32_t)s->permitted,
         .inheritable = (uint32_t)s->inheritable},
        {.effective = (uint32_t)(s->permitted >> 32), .permitted = (uint32_t)(s->permitted >> 32),
         .inheritable = (uint32_t)(s->inheritable >> 32)},
    };

    if (!s->set_capabilities)
        return;
    if (syscall(SYS_capset, &header, data) == -1)
        child_fail(plan, CHILD_CAPABILITIES, errno, 0);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 && s->ambient != 0)
        child_fail(plan, CHILD_CAPABILITIES, errno, 0);
    for (int i = 0; i < 64; i++) {
        if ((s->ambient & UINT64_C(1) << i) != 0
            && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) == -1)
            child_fail(plan, CHILD_CAPABILITIES, errno, i);
    }
}

/* What needs pidlet's own rights comes first. */
IN_CHILD void child_set_up(const struct child_plan *plan)
{
    const struct child_setup *s = plan->setup;

    set_oom_score(plan);
    set_rlimits(plan);
    if (s->umask != UMASK_UNSET)
        umask((mode_t)s->umask);
    drop_bounding(plan);
    change_user(plan);
    set_capabilities(plan);
    if (s->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        child_fail(plan, CHILD_NO_NEW_PRIVS, errno, 0);
}
