/*
 * Limits of a process (setrlimit(2)), as the annotation pidlet.dev/rlimits has them:
 * "nofile=65536,core=0,memlock=64Mi:unlimited".
 */
#ifndef PIDLET_CONFIG_RLIMITS_H
#define PIDLET_CONFIG_RLIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RLIMIT_UNLIMITED UINT64_MAX

struct rlimit_setting {
    int resource;               /* RLIMIT_NOFILE … */
    uint64_t soft, hard;        /* in the limit's own unit: bytes, seconds, a number; soft <= hard */
};

enum { RLIMITS_MAX = 16 };      /* as many as Linux has */

struct rlimits {
    struct rlimit_setting items[RLIMITS_MAX];
    size_t count;
};

#define RLIMITS_ERROR_SIZE 160

/*
 * Reads NAME=SOFT:HARD or NAME=BOTH, separated by commas, over what `r` holds: a limit
 * that is not named keeps its setting.  Values are numbers, with a quantity's suffix
 * where they are large (64Mi), or "unlimited".  On failure returns false, leaves `r`
 * alone and says in `error` what is wrong and what would be right.
 */
bool rlimits_parse(const char *text, struct rlimits *r, char error[RLIMITS_ERROR_SIZE]);

const char *rlimit_name(int resource);          /* "nofile" */

#endif
