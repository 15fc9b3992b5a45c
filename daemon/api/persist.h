/*
 * Applied objects on the disk: one file each, written aside, fsynced, renamed, so that a
 * file is whole or not there.
 *
 *     DIR/PLURAL/NAMESPACE_NAME.json
 *
 * What is none of ours, or torn, is renamed to NAME.json.bad; what cannot be read now, for want of
 * descriptors say, stays for the next start.  Neither stops anything.
 */
#ifndef PIDLET_API_PERSIST_H
#define PIDLET_API_PERSIST_H

#include <stdbool.h>
#include <stddef.h>

/* Of a namespace and a name together, in bytes: NAME_MAX less what stands around them while a file is written. */
#define PERSIST_NAMES_MAX 245

/* Called for each file that could not be read back; `path` as people look for it. */
typedef void persist_bad_fn(void *arg, const char *path, bool set_aside, const char *why);

struct persist {
    char *folder;                       /* NULL: nothing is kept beyond this daemon */
    int fd;                             /* of the folder; -1 */
    persist_bad_fn *on_bad;             /* may be NULL; set after persist_init() */
    void *on_bad_arg;
};

/* Makes `folder`, with its parents, mode 0700.  0 or a negative errno; then nothing is kept. */
int persist_init(struct persist *p, const char *folder);
void persist_deinit(struct persist *p);

static inline bool persist_is_on(const struct persist *p)
{
    return p->folder != NULL;
}

/* 0 or a negative errno, -ENAMETOOLONG too, with the old file as it was.  On the disk when it returns. */
int persist_put(struct persist *p, const char *plural, const char *namespace, const char *name, const char *text,
                size_t length);
int persist_remove(struct persist *p, const char *plural, const char *namespace, const char *name);

/*
 * Called for each file in order of name; false with *why (static or of the caller's own):
 * the file is set aside.
 */
typedef bool persist_fn(void *arg, const char *namespace, const char *name, const char *text, size_t length,
                        const char **why);
int persist_load(struct persist *p, const char *plural, persist_fn *take, void *arg);

#endif
