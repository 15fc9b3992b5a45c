#include "config/annotations.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "base/macros.h"
#include "config/diag.h"
#include "config/names.h"
#include "config/pairs.h"
#include "config/process_rules.h"
#include "config/rlimits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_SIZE = 160 };
_Static_assert(BACKOFF_POLICY_ERROR_SIZE <= ERROR_SIZE && RLIMITS_ERROR_SIZE <= ERROR_SIZE
                   && UMASK_ERROR_SIZE <= ERROR_SIZE, "an error's room");

struct settings {                       /* of one container */
    struct backoff_policy backoff;
    struct rlimits rlimits;
    int umask;
    enum logs_when_full logs_when_full;
    enum ends_with ends_with;
    const char *watch;                  /* paths, commas between; NULL: none; borrowed */
    struct notify_rules notify;
    const char *listen;                 /* names of sockets, commas between; NULL: none; borrowed */
};

static bool take_backoff(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    return backoff_policy_parse(value, &s->backoff, error);
}

static bool take_rlimits(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    return rlimits_parse(value, &s->rlimits, error);
}

static bool take_umask(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    return umask_parse(value, &s->umask, error);
}

static bool take_logs_when_full(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    if (strcmp(value, "drop") == 0)
        s->logs_when_full = LOGS_DROP;
    else if (strcmp(value, "pause") == 0)
        s->logs_when_full = LOGS_PAUSE;
    else
        return snprintf(error, ERROR_SIZE, "must be drop or pause") < 0;
    return true;
}

static bool take_ends_with(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    if (strcmp(value, "main") == 0)
        s->ends_with = ENDS_WITH_MAIN;
    else if (strcmp(value, "tree") == 0)
        s->ends_with = ENDS_WITH_TREE;
    else
        return snprintf(error, ERROR_SIZE, "must be main or tree") < 0;
    return true;
}

static bool take_watch(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    struct pairs paths = PAIRS(value);

    while (pairs_next(&paths)) {
        if (paths.all.length == 0)
            return snprintf(error, ERROR_SIZE, "must be paths of files or folders, commas between") < 0;
    }
    s->watch = value;
    return true;
}

static bool take_notify(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return snprintf(error, ERROR_SIZE, "must be \"true\" or \"false\"") < 0;
    s->notify.ready = strcmp(value, "true") == 0;
    return true;
}

static bool take_watchdog(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    const mono_ms least = MONO_SECOND / 10;
    mono_ms timeout;

    if (!duration_parse(value, strlen(value), &timeout) || (timeout < least && timeout != 0))
        return snprintf(error, ERROR_SIZE, "must be a duration such as 30s, of 100ms or more, or 0: none") < 0;
    s->notify.watchdog = timeout;
    return true;
}

static bool take_listen(const char *value, struct settings *s, char error[ERROR_SIZE])
{
    struct pairs names = PAIRS(value);

    while (pairs_next(&names)) {
        if (names.all.length == 0 || memchr(names.all.text, ':', names.all.length) != NULL)
            return snprintf(error, ERROR_SIZE, "must be names of sockets (FileDescriptorName= of their unit), "
                                               "commas between") < 0;
    }
    s->listen = value;
    return true;
}

/* Every annotation is one row. */
static const struct kind {
    struct annotation_info info;
    bool (*take)(const char *value, struct settings *s, char error[ERROR_SIZE]);
    bool probes;                        /* it stands for one: not for init containers that are no sidecars */
} kinds[] = {
    {
        .info.key = ANNOTATION_PREFIX "backoff",
        .info.doc = "How long restarts wait, as KEY=VALUE with commas between: initial=1s,max=20s. A key that "
                    "is not named keeps its default.",
        .info.parts = backoff_policy_parts,
        .info.part_count = BACKOFF_POLICY_PARTS,
        .take = take_backoff,
    },
    {
        .info.key = ANNOTATION_PREFIX "ends-with",
        .info.doc = "When a run has ended: with its main process, main, the default, which ends what it has left behind "
                    "as well; or, tree, when all processes that it has started have ended.",
        .take = take_ends_with,
    },
    {
        .info.key = ANNOTATION_PREFIX "listen",
        .info.doc = "Names of sockets, commas between: http,https. Those that systemd has passed to pidlet by these names "
                    "are the container's in each of its runs (LISTEN_FDS); pidlet keeps them open, so that a restart "
                    "drops no connection.",
        .take = take_listen,
    },
    {
        .info.key = ANNOTATION_PREFIX "logs-when-full",
        .info.doc = "What happens to lines that a full disk does not take: drop, the default, counts them; with "
                    "pause the container waits until there is room.",
        .take = take_logs_when_full,
    },
    {
        .info.key = ANNOTATION_PREFIX "notify",
        .info.doc = "\"true\": the container is given a NOTIFY_SOCKET, and its READY=1 (sd_notify(3)) stands for its "
                    "startup probe, which is not run; it says how long READY=1 may take.",
        .take = take_notify,
        .probes = true,
    },
    {
        .info.key = ANNOTATION_PREFIX "rlimits",
        .info.doc = "Limits of setrlimit(2), as NAME=BOTH or NAME=SOFT:HARD with commas between: "
                    "nofile=65536,core=0,memlock=64Mi:unlimited. A limit that is not named stays as it is.",
        .take = take_rlimits,
    },
    {
        .info.key = ANNOTATION_PREFIX "umask",
        .info.doc = "The umask, in octal: \"027\". pidlet's own if there is none.",
        .take = take_umask,
    },
    {
        .info.key = ANNOTATION_PREFIX "watch",
        .info.doc = "Files and folders, commas between: src,config/app.yaml. When something in them changes the "
                    "container is restarted gracefully, without back-off; one that has ended waits for that, and so "
                    "does its pod. Relative paths are as workingDir has them.",
        .take = take_watch,
    },
    {
        .info.key = ANNOTATION_PREFIX "watchdog",
        .info.doc = "A duration: the container is given a NOTIFY_SOCKET and WATCHDOG_USEC, and is restarted, as by its "
                    "liveness probe, when it has not sent WATCHDOG=1 for so long. 0, the default: it need not.",
        .take = take_watchdog,
        .probes = true,
    },
};

const struct annotation_info *annotation_at(size_t i)
{
    return i < array_count(kinds) ? &kinds[i].info : NULL;
}

/* The row of a key, and the container that the key names; NULL: the whole pod. */
static const struct kind *kind_of(const char *key, const char **container)
{
    const size_t length = strlen(ANNOTATION_PREFIX) + strcspn(key + strlen(ANNOTATION_PREFIX), ".");

    for (size_t i = 0; i < array_count(kinds); i++) {
        const char *known = kinds[i].info.key;

        if (strlen(known) == length && memcmp(known, key, length) == 0) {
            *container = key[length] == '.' ? key + length + 1 : NULL;
            return &kinds[i];
        }
    }
    return NULL;
}

static void unknown_annotation(const char *key, const struct path *at, struct diags *diags)
{
    struct buf known = BUF_INIT;

    for (size_t i = 0; i < array_count(kinds); i++)
        buf_addf(&known, "%s%s", i == 0 ? "" : i + 1 < array_count(kinds) ? ", " : " and ",
                 kinds[i].info.key + strlen(ANNOTATION_PREFIX));
    diag_add(diags, DIAG_UNKNOWN_FIELD, PATH_MAP_KEY(at, key), "pidlet knows %s, each also as NAME.CONTAINER",
             buf_text(&known));
    buf_deinit(&known);
}

static bool is_ours(const struct string_pair *annotation)
{
    return strncmp(annotation->key, ANNOTATION_PREFIX, strlen(ANNOTATION_PREFIX)) == 0;
}

/* The settings are of the init containers, then of the others. */
struct owners {
    struct names init_containers, containers;
    struct settings *all;
    size_t init_count;
};

static struct settings *settings_of(const struct owners *o, const char *name)
{
    size_t at = names_first(&o->init_containers, name);

    if (at != NAMES_NONE)
        return &o->all[at];
    at = names_first(&o->containers, name);
    return at != NAMES_NONE ? &o->all[o->init_count + at] : NULL;
}

/* Of the init containers only sidecars have (kubelet-semantics 2.1). */
static bool has_probes(const struct pod_spec *spec, size_t i)
{
    return i >= spec->init_containers.count || spec->init_containers.items[i].restart_policy == RESTART_ALWAYS;
}

static void apply(const struct kind *kind, const struct string_pair *annotation, struct settings *s,
                  const struct path *at, struct diags *diags)
{
    char error[ERROR_SIZE];

    if (!kind->take(annotation->value, s, error))
        diag_invalid(diags, PATH_MAP_KEY(at, annotation->key), "%s", error);
}

static void apply_to_pod(const struct string_map *map, struct settings *of_pod, const struct path *at,
                         struct diags *diags)
{
    for (size_t i = 0; i < map->count; i++) {
        const char *container;
        const struct kind *kind;

        if (!is_ours(&map->items[i]))
            continue;
        kind = kind_of(map->items[i].key, &container);
        if (kind == NULL)
            unknown_annotation(map->items[i].key, at, diags);
        else if (container == NULL)
            apply(kind, &map->items[i], of_pod, at, diags);
    }
}

static void apply_to_containers(const struct string_map *map, const struct pod_spec *spec, struct settings *all,
                                const struct path *at, struct diags *diags)
{
    struct owners owners = {.all = all, .init_count = spec->init_containers.count};

    names_of(&owners.init_containers, &spec->init_containers, name, diags);
    names_of(&owners.containers, &spec->containers, name, diags);
    for (size_t i = 0; i < map->count; i++) {
        const char *container;
        const struct kind *kind = is_ours(&map->items[i]) ? kind_of(map->items[i].key, &container) : NULL;
        struct settings *s;

        if (kind == NULL || container == NULL)
            continue;
        s = settings_of(&owners, container);
        if (s == NULL)
            diag_add(diags, DIAG_UNKNOWN_FIELD, PATH_MAP_KEY(at, map->items[i].key),
                     "the pod has no container \"%s\"", container);
        else if (kind->probes && !has_probes(spec, (size_t)(s - all)))
            diag_add(diags, DIAG_FORBIDDEN, PATH_MAP_KEY(at, map->items[i].key),
                     "may not be set for init containers without restartPolicy=Always");
        else
            apply(kind, &map->items[i], s, at, diags);
    }
    names_deinit(&owners.init_containers);
    names_deinit(&owners.containers);
}

/* ---- out ---- */

static const struct container_spec *container_at(const struct pod_spec *spec, size_t i)
{
    const size_t init = spec->init_containers.count;

    return i < init ? &spec->init_containers.items[i] : &spec->containers.items[i - init];
}

static bool make_rules(struct process_rules *out, const struct pod_spec *spec, const struct container_spec *c,
                       const struct settings *s, struct arena *arena)
{
    struct rlimit_setting *rlimits = NULL;

    if (!process_rules_make(out, spec, c, arena))
        return false;
    out->umask = s->umask;
    if (s->rlimits.count == 0)
        return true;
    rlimits = arena_array(arena, s->rlimits.count, sizeof *rlimits);
    if (rlimits == NULL)
        return false;
    memcpy(rlimits, s->rlimits.items, s->rlimits.count * sizeof *rlimits);
    out->rlimits = rlimits;
    out->rlimit_count = s->rlimits.count;
    return true;
}

/* NULL: an empty one. */
static bool split(struct string_list *out, const char *list, struct arena *arena)
{
    struct pairs parts = PAIRS(list);
    size_t count = 0;

    *out = (struct string_list){0};
    if (list == NULL)
        return true;
    while (pairs_next(&parts))
        count++;
    out->items = arena_array(arena, count + 1, sizeof *out->items);
    parts = (struct pairs)PAIRS(list);
    while (out->items != NULL && pairs_next(&parts)) {
        const char *part = arena_strndup(arena, parts.all.text, parts.all.length);

        if (part == NULL)
            return false;
        out->items[out->count++] = part;
    }
    return out->items != NULL;
}

static bool distribute(struct annotations *out, const struct pod_spec *spec, const struct settings *all,
                       size_t count, struct arena *arena)
{
    struct backoff_policy *backoff = arena_array(arena, count, sizeof *backoff);
    struct process_rules *process = arena_array(arena, count, sizeof *process);
    enum logs_when_full *logs_when_full = arena_array(arena, count, sizeof *logs_when_full);
    enum ends_with *ends_with = arena_array(arena, count, sizeof *ends_with);
    struct string_list *watch = arena_array(arena, count, sizeof *watch);
    struct notify_rules *notify = arena_array(arena, count, sizeof *notify);
    struct string_list *listen = arena_array(arena, count, sizeof *listen);

    if (backoff == NULL || process == NULL || logs_when_full == NULL || ends_with == NULL || watch == NULL || notify == NULL
        || listen == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        backoff[i] = all[i].backoff;
        logs_when_full[i] = all[i].logs_when_full;
        ends_with[i] = all[i].ends_with;
        if (!split(&watch[i], all[i].watch, arena) || !split(&listen[i], all[i].listen, arena))
            return false;
        notify[i] = has_probes(spec, i) ? all[i].notify : (struct notify_rules){0};
        if (!make_rules(&process[i], spec, container_at(spec, i), &all[i], arena))
            return false;
    }
    *out = (struct annotations){.backoff = backoff, .process = process, .logs_when_full = logs_when_full,
                                .ends_with = ends_with, .watch = watch, .notify = notify, .listen = listen};
    return true;
}

bool annotations_read(struct annotations *out, const struct pod_manifest *pod,
                      const struct annotation_defaults *defaults, const struct path *at, struct arena *arena, struct diags *diags)
{
    const struct path meta = {.up = at, .key = "metadata"};
    const struct path here = {.up = &meta, .key = "annotations"};
    const struct string_map *map = &pod->metadata->annotations;
    const size_t count = pod->spec->init_containers.count + pod->spec->containers.count;
    struct settings of_pod = {.backoff = BACKOFF_POLICY_KUBELET, .umask = UMASK_UNSET, .watch = defaults->watch};
    struct settings *all = calloc(count + 1, sizeof *all);
    bool ok;

    if (all == NULL)
        return false;
    if (defaults->max_restart_period > 0)
        of_pod.backoff.max = defaults->max_restart_period;
    of_pod.backoff.initial = mono_min(of_pod.backoff.initial, of_pod.backoff.max);
    apply_to_pod(map, &of_pod, &here, diags);
    for (size_t i = 0; i < count; i++)
        all[i] = of_pod;
    apply_to_containers(map, pod->spec, all, &here, diags);
    ok = distribute(out, pod->spec, all, count, arena);
    free(all);
    return ok;
}
