#include "daemon/essential.h"

#include "base/log.h"
#include "config/load.h"
#include "daemon/runtime/manager.h"

#include <stdint.h>
#include <string.h>

static bool is_named(const struct essential *e, const struct pod_config *config, unsigned index)
{
    const char *slash = strchr(e->name, '/'), *container = slash != NULL ? slash + 1 : e->name;

    return strcmp(config->containers[index]->name, container) == 0
           && (slash == NULL || (strlen(config->name) == (size_t)(slash - e->name)
                                 && memcmp(config->name, e->name, (size_t)(slash - e->name)) == 0));
}

/* Its first end is the last one: nothing may start it again. */
static void restart_never(const struct container_spec *spec)
{
    struct container_spec *c = (struct container_spec *)(uintptr_t)spec;    /* ours still: nothing runs yet */

    c->restart_policy = RESTART_NEVER;
    c->restart_policy_rules.count = 0;
}

bool essential_check(const struct essential *e, struct pod_config_set *set)
{
    const struct container_spec *found = NULL;

    if (e->name == NULL)
        return true;
    for (size_t i = 0; i < set->count; i++) {
        const struct pod_config *config = set->items[i];

        for (unsigned j = 0; j < config->count; j++) {
            if (!is_named(e, config, j))
                continue;
            if (found != NULL || j < config->init_count) {
                log_error("--essential %s: %s", e->name, found != NULL
                              ? "there are several: write POD/CONTAINER" : "must not be an init container");
                return false;
            }
            found = config->containers[j];
        }
    }
    if (found == NULL) {
        log_error("--essential %s: there is no such container", e->name);
        return false;
    }
    if (!e->survives)
        restart_never(found);
    return true;
}

bool essential_note(struct essential *e, const struct live_pod *p, const struct action *action)
{
    if (e->name == NULL || e->survives || e->ended || action->container == NO_CONTAINER || action->note.kind != NOTE_EXITED
        || !is_named(e, live_pod_config(p), (unsigned)action->container)
        || live_pod_core(p)->containers[action->container].state != CONTAINER_TERMINATED)       /* its files changed */
        return false;
    if (action->note.end.reason == END_START_ERROR)
        log_error("%s: %s", e->name, action->note.end.message != NULL ? action->note.end.message : "did not start");
    e->ended = true;
    e->exit_code = action->note.end.exit_code;
    return true;
}

bool essential_signal(const struct essential *e, const struct manager *m, int number)
{
    for (size_t i = 0; e->name != NULL && i < m->count; i++) {
        struct live_pod *p = manager_pod(m, i);

        for (unsigned j = 0; j < live_pod_config(p)->count; j++) {
            if (is_named(e, live_pod_config(p), j)) {
                live_pod_signal(p, j, number);
                return true;
            }
        }
    }
    return false;
}
