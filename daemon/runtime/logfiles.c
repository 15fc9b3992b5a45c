#include "daemon/runtime/logfiles.h"

#include "base/log.h"
#include "config/load.h"
#include "config/spec.h"
#include "daemon/runtime/oldlogs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool logfiles_folder(char out[PATH_MAX], const char *root, const struct pod_config *config,
                     const char *container)
{
    int n = snprintf(out, PATH_MAX, "%s/%s_%s_%s/%s", root, config->namespace, config->name, config->uid,
                     container);

    return n > 0 && n < PATH_MAX;
}

bool logfiles_path(char out[PATH_MAX], const char *folder, const struct logfile *file)
{
    int n = snprintf(out, PATH_MAX, "%s/%u.log%s%s", folder, file->number, file->stamp[0] != '\0' ? "." : "",
                     file->stamp);

    return n > 0 && n < PATH_MAX;
}

/* 'd' in the form stands for a digit, all else for itself. */
static bool has_form(const char *text, const char *form)
{
    for (; *form != '\0'; text++, form++) {
        if (*form == 'd' ? *text < '0' || *text > '9' : *text != *form)
            return false;
    }
    return *text == '\0';
}

bool logfiles_parse(const char *name, struct logfile *out)
{
    const size_t digits = strspn(name, "0123456789");
    const char *rest = name + digits;

    /* As the number is printed: no zeros before it, and short enough for an unsigned. */
    if (digits == 0 || digits > 9 || (name[0] == '0' && digits > 1) || strncmp(rest, ".log", 4) != 0)
        return false;
    rest += 4;
    *out = (struct logfile){.number = (unsigned)strtoul(name, NULL, 10)};
    if (*rest == '\0')
        return true;
    if (!has_form(rest, ".dddddddd-dddddd") && !has_form(rest, ".dddddddd-dddddd.ddd"))
        return false;
    memcpy(out->stamp, rest + 1, strlen(rest + 1) + 1);
    return true;
}

/* What was rotated was written before what was not. */
int logfiles_compare(const struct logfile *a, const struct logfile *b)
{
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if ((a->stamp[0] == '\0') != (b->stamp[0] == '\0'))
        return a->stamp[0] == '\0' ? 1 : -1;
    return strcmp(a->stamp, b->stamp);
}

static int compare(const void *a, const void *b)
{
    return logfiles_compare(a, b);
}

static bool add(struct logfile_list *list, const struct logfile *file)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        struct logfile *items = reallocarray(list->items, capacity, sizeof *items);

        if (items == NULL)
            return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *file;
    return true;
}

int logfiles_list(const char *folder, struct logfile_list *list)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    struct logfile file;
    int r = 0;

    *list = (struct logfile_list){0};
    if (dir == NULL)
        return -errno;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        if (logfiles_parse(entry->d_name, &file) && !add(list, &file)) {
            r = -ENOMEM;
            break;
        }
    }
    if (r == 0 && errno != 0)
        r = -errno;
    closedir(dir);
    if (r < 0)
        logfiles_free(list);
    else if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare);
    return r;
}

void logfiles_free(struct logfile_list *list)
{
    free(list->items);
    *list = (struct logfile_list){0};
}

static void remove_folder(const char *folder)
{
    if (rmdir(folder) == -1 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
        log_warn("removing the logs of a pod that is gone: %s: %s", folder, strerror(errno));
}

void logfiles_remove_pod(const char *root, const struct pod_config *config)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct logfile_list list;

    for (unsigned i = 0; root != NULL && i < config->count; i++) {
        if (!logfiles_folder(folder, root, config, config->containers[i]->name) || logfiles_list(folder, &list) < 0)
            continue;
        for (size_t j = 0; j < list.count; j++) {
            if (logfiles_path(path, folder, &list.items[j]) && unlink(path) == -1 && errno != ENOENT)
                log_warn("removing the log of a pod that is gone: %s: %s", path, strerror(errno));
        }
        logfiles_free(&list);
        remove_folder(folder);
    }
    if (root != NULL && logfiles_folder(folder, root, config, "")) {
        folder[strlen(folder) - 1] = '\0';      /* the pod's own, without the last slash */
        oldlogs_unmark(folder);
        remove_folder(folder);
    }
}
