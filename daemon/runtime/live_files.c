/* The files that a pod's containers watch (pidlet.dev/watch). */
#include "daemon/runtime/executor_private.h"

#include "base/log.h"
#include "daemon/runtime/file_watch.h"

#include <stdlib.h>

static void file_changed(void *arg, const char *path)
{
    live_pod_files_changed(arg, path);
}

static void watch(struct live_container *c)
{
    const struct pod_config *config = c->pod->config;
    struct file_watch *files;

    if (config->watch == NULL || config->watch[c->index].count == 0)
        return;
    files = malloc(sizeof *files);
    if (files == NULL
        || file_watch_start(files, &c->pod->executor->file_events, c->name, &config->watch[c->index],
                            config->containers[c->index]->working_dir, c->pod->executor->hub->logs.rules.root, file_changed,
                            c) < 0) {
        log_warn("%s: out of memory: its files are not watched", c->name);
        free(files);
        return;
    }
    c->files = files;
}

void live_files_watch(struct live_pod *p)
{
    for (unsigned i = 0; i < p->config->count; i++)
        watch(&p->containers[i]);
}

void live_files_forget(struct live_pod *p)
{
    for (unsigned i = 0; i < p->config->count; i++) {
        struct live_container *c = &p->containers[i];

        if (c->files != NULL)
            file_watch_stop(c->files);
        free(c->files);
        c->files = NULL;
    }
}
