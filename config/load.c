#include "config/load.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "config/annotations.h"
#include "config/decode.h"
#include "config/diag.h"
#include "config/digest.h"
#include "config/kinds.h"
#include "config/procfile.h"
#include "config/report.h"
#include "config/schema.h"
#include "config/settings.h"
#include "config/tree.h"
#include "config/validate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct loader {
    struct pod_config_set *set;
    const struct load_options *options;
    struct diags *diags;
    const char *name;                   /* of the text that is being read */
    size_t room;                        /* bytes that its objects may still take */
    void *pods, *sources;               /* by name: tsearch(3) trees of what is in the set */
    struct not_run **last_not_run;
};

void pod_config_ref(struct pod_config *c)
{
    c->references++;
}

void pod_config_unref(struct pod_config *c)
{
    if (c != NULL && --c->references == 0)
        arena_free(c->arena);           /* c lives in it */
}

void pod_config_set_deinit(struct pod_config_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        pod_config_unref(set->items[i]);
    free(set->items);
    source_set_deinit(&set->sources);
    while (set->not_run != NULL) {
        struct not_run *next = set->not_run->next;

        free(set->not_run->file);
        free(set->not_run->name);
        free(set->not_run);
        set->not_run = next;
    }
    *set = (struct pod_config_set){0};
}

static bool no_memory(struct loader *l)
{
    return diag_add(l->diags, DIAG_INTERNAL, NULL, "out of memory");
}

static bool no_room(struct loader *l, const struct arena *arena, const struct node *n)
{
    return arena_is_full(arena) ? decode_too_much(l->diags, n) : no_memory(l);
}

/* ---- one pod ---- */

static const char *text_or(const char *text, const char *otherwise)
{
    return text != NULL && text[0] != '\0' ? text : otherwise;
}

static bool gather_containers(struct pod_config *c)
{
    const struct container_spec_list *init = &c->spec->init_containers, *regular = &c->spec->containers;

    c->init_count = (unsigned)init->count;
    c->count = (unsigned)(init->count + regular->count);
    c->containers = arena_array(c->arena, c->count, sizeof *c->containers);
    if (c->containers == NULL)
        return false;
    for (size_t i = 0; i < init->count; i++)
        c->containers[i] = &init->items[i];
    for (size_t i = 0; i < regular->count; i++)
        c->containers[init->count + i] = &regular->items[i];
    return true;
}

/* Takes over `arena` and everything of the pod in it. */
static struct pod_config *config_new(struct loader *l, struct arena *arena,
                                     const struct pod_manifest *manifest,
                                     const struct annotations *annotations, unsigned line)
{
    struct pod_config *c = arena_make(arena, struct pod_config);
    char hash[DIGEST_SIZE];

    if (c == NULL)
        return NULL;
    digest_object(&schema_pod_manifest, manifest, hash);
    *c = (struct pod_config){
        .arena = arena,
        .references = 1,
        .file = arena_strdup(arena, l->name),
        .applied = l->options->applied,
        .line = line,
        .name = manifest->metadata->name,
        .namespace = text_or(manifest->metadata->namespace, "default"),
        .hash = arena_strdup(arena, hash),
        .manifest = manifest,
        .spec = manifest->spec,
        .backoff = annotations->backoff,
        .process = annotations->process,
        .logs_when_full = annotations->logs_when_full,
        .ends_with = annotations->ends_with,
        .watch = annotations->watch,
        .notify = annotations->notify,
        .listen = annotations->listen,
    };
    c->uid = text_or(manifest->metadata->uid, c->hash);
    return c->file != NULL && c->hash != NULL && gather_containers(c) ? c : NULL;
}

static int by_pod_name(const void *a, const void *b)
{
    const struct pod_config *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : strcmp(x->namespace, y->namespace);
}

static bool name_is_taken(struct loader *l, const struct pod_config *c, const struct path *at)
{
    struct pod_config *const *found = tfind(c, &l->pods, by_pod_name);

    if (found == NULL)
        return false;
    diag_add(l->diags, DIAG_DUPLICATE, PATH_KEY(PATH_KEY(at, "metadata"), "name"),
             "namespace %s has a pod of that name from %s:%u", c->namespace, (*found)->file, (*found)->line);
    return true;
}

static bool make_room(struct pod_config_set *set)
{
    size_t capacity = set->capacity == 0 ? 8 : set->capacity * 2;
    struct pod_config **items;

    if (set->count < set->capacity)
        return true;
    items = reallocarray(set->items, capacity, sizeof *items);
    if (items == NULL)
        return false;
    set->items = items;
    set->capacity = capacity;
    return true;
}

static bool set_add(struct loader *l, struct pod_config *c)
{
    if (!make_room(l->set) || tsearch(c, &l->pods, by_pod_name) == NULL)
        return no_memory(l);
    l->set->items[l->set->count++] = c;
    return true;
}

bool pod_config_set_add(struct pod_config_set *set, struct pod_config *c)
{
    if (!make_room(set))
        return false;
    pod_config_ref(c);
    set->items[set->count++] = c;
    return true;
}

/* False when `arena` is not needed any more. */
static bool load_pod(struct loader *l, const struct node *n, const struct path *at, struct arena *arena)
{
    const size_t findings = diags_total(l->diags);
    struct annotations annotations;
    struct pod_manifest *manifest = decode_object(&schema_pod_manifest, n, at, arena, l->diags);
    struct pod_config *c;

    if (manifest == NULL || manifest->metadata == NULL || manifest->spec == NULL)
        return false;
    validate_pod(manifest, at, l->diags);
    if (!annotations_read(&annotations, manifest, &l->options->defaults, at, arena, l->diags))
        no_room(l, arena, n);
    if (diags_total(l->diags) > findings || l->diags->out_of_memory)
        return false;
    c = config_new(l, arena, manifest, &annotations, n->line);
    if (c == NULL)
        return no_room(l, arena, n);
    return !name_is_taken(l, c, at) && set_add(l, c);
}

/* ---- what pods take values from ---- */

static int by_source_name(const void *a, const void *b)
{
    const struct source *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order == 0)
        order = strcmp(x->namespace, y->namespace);
    return order != 0 ? order : (int)x->kind - (int)y->kind;
}

static bool source_is_taken(struct loader *l, const struct source *s, const struct path *at)
{
    struct source *const *found = tfind(s, &l->sources, by_source_name);

    if (found == NULL)
        return false;
    diag_add(l->diags, DIAG_DUPLICATE, PATH_KEY(PATH_KEY(at, "metadata"), "name"),
             "namespace %s has a %s of that name from %s:%u", s->namespace, source_kind_name(s->kind),
             (*found)->file, (*found)->line);
    return true;
}

static bool load_source_object(struct loader *l, const struct kind_info *kind, const struct node *n,
                               const struct path *at, struct arena *arena)
{
    const size_t findings = diags_total(l->diags);
    void *manifest;
    struct source *s;

    l->diags->secret = kind->role == KIND_SECRET;
    manifest = decode_object(kind->schema, n, at, arena, l->diags);
    if (manifest != NULL && kind->role == KIND_SECRET)
        validate_secret(manifest, at, l->diags);
    else if (manifest != NULL)
        validate_config_map(manifest, at, l->diags);
    l->diags->secret = false;
    if (manifest == NULL)
        return false;
    if (diags_total(l->diags) > findings || l->diags->out_of_memory)
        return false;
    s = kind->role == KIND_SECRET ? source_of_secret(arena, manifest, l->diags) : source_of_config_map(arena, manifest);
    if (s == NULL || (s->file = arena_strdup(arena, l->name)) == NULL)
        return no_room(l, arena, n);
    s->line = n->line;
    if (source_is_taken(l, s, at))
        return false;
    if (l->diags->out_of_memory || tsearch(s, &l->sources, by_source_name) == NULL)
        return no_memory(l);
    if (source_set_add(&l->set->sources, s))
        return true;
    tdelete(s, &l->sources, by_source_name);
    return no_memory(l);
}

/* ---- what is not run ---- */

static bool note_not_run(struct loader *l, const struct kind_info *kind, const struct node *n)
{
    const struct node *name = node_get(node_get(n, "metadata"), "name");
    struct not_run *item = calloc(1, sizeof *item);

    if (item == NULL)
        return no_memory(l);
    *l->last_not_run = item;
    l->last_not_run = &item->next;
    item->kind = kind;
    item->line = n->line;
    item->file = strdup(l->name);
    item->name = strdup(name != NULL && name->kind == NODE_STRING ? name->text : "");
    return item->file != NULL && item->name != NULL ? true : no_memory(l);
}

static void load_workload(struct loader *l, const struct kind_info *kind, const struct node *n,
                          const struct path *at, struct arena *arena)
{
    void *manifest = decode_object(kind->schema, n, at, arena, l->diags);

    if (manifest != NULL)
        validate_workload(kind, manifest, at, l->diags);
    note_not_run(l, kind, n);
}

/* ---- what is no manifest ---- */

static void check_settings(struct loader *l, const struct node *n, const struct path *at, struct arena *arena)
{
    struct settings unused;

    if (l->options->settings)
        settings_decode(&unused, n, at, arena, l->diags);
    else
        diag_add(l->diags, DIAG_FORBIDDEN, PATH_KEY(at, "kind"),
                 "pidlet's own settings are no manifest: name the file with --config");
}

static void load_object(struct loader *l, const struct kind_info *kind, const struct node *n,
                        const struct path *at)
{
    struct arena *arena = arena_new();
    bool kept = false;

    if (l->options->report != NULL)
        report_add(l->options->report, l->name, kind, n, at);
    if (arena == NULL) {
        no_memory(l);
        return;
    }
    arena_set_limit(arena, l->room);
    switch (kind->role) {
    case KIND_POD:
        kept = load_pod(l, n, at, arena);
        break;
    case KIND_CONFIG_MAP:
    case KIND_SECRET:
        kept = load_source_object(l, kind, n, at, arena);
        break;
    case KIND_WORKLOAD:
        load_workload(l, kind, n, at, arena);
        break;
    case KIND_SETTINGS:
        check_settings(l, n, at, arena);
        break;
    case KIND_FILE:
        break;                          /* kind_find() knows none */
    }
    if (kept)
        l->room -= arena_size(arena) < l->room ? arena_size(arena) : l->room;
    else
        arena_free(arena);
}

/* ---- documents ---- */

static const char *text_of(const struct node *n, const char *key)
{
    const struct node *value = node_get(n, key);

    return value != NULL && value->kind == NODE_STRING ? value->text : "";
}

static void load_document(struct loader *l, const struct node *n, const struct path *at, bool in_list);

static void load_list(struct loader *l, const struct node *n, const struct path *at)
{
    const struct node *items = node_get(n, "items");
    const struct path here = {.up = at, .key = "items"};

    if (items == NULL || items->kind != NODE_LIST) {
        diag_required(l->diags, &here, "a List has a list of objects in it");
        return;
    }
    for (size_t i = 0; i < items->list.count; i++)
        load_document(l, items->list.items[i], PATH_INDEX(&here, i), true);
}

static void unsupported_kind(struct loader *l, bool in_list, const struct path *at)
{
    struct buf names = BUF_INIT;

    kind_names(&names, !in_list);
    diag_add(l->diags, DIAG_UNSUPPORTED, PATH_KEY(at, "kind"), "supported values: %s", buf_text(&names));
    buf_deinit(&names);
}

static void load_document(struct loader *l, const struct node *n, const struct path *at, bool in_list)
{
    const char *kind = text_of(n, "kind"), *version = text_of(n, "apiVersion");
    const struct kind_info *info;
    bool list;

    if (n->kind != NODE_MAP) {
        diag_invalid(l->diags, at, "must be a map with apiVersion and kind");
        return;
    }
    if (kind[0] == '\0' || version[0] == '\0') {
        if (version[0] == '\0')
            diag_required(l->diags, PATH_KEY(at, "apiVersion"), "such as v1");
        if (kind[0] == '\0')
            diag_required(l->diags, PATH_KEY(at, "kind"), "such as Pod");
        return;
    }
    info = kind_find(kind);
    list = !in_list && strcmp(kind, "List") == 0;
    if (info == NULL && !list) {
        unsupported_kind(l, in_list, at);
        return;
    }
    if (strcmp(version, list ? "v1" : info->api_version) != 0) {
        diag_add(l->diags, DIAG_UNSUPPORTED, PATH_KEY(at, "apiVersion"), "supported values: \"%s\"",
                 list ? "v1" : info->api_version);
        return;
    }
    if (list)
        load_list(l, n, at);
    else
        load_object(l, info, n, at);
}

static bool load_yaml(struct loader *l, const char *name, const char *text, size_t length)
{
    struct arena *arena = arena_new();
    struct tree tree;

    diags_set_file(l->diags, name);
    l->name = name;
    l->room = LOAD_MAX_BYTES;
    if (arena == NULL)
        return no_memory(l);
    if (tree_parse(text, length, arena, l->diags, &tree)) {
        for (size_t i = 0; i < tree.count; i++)
            load_document(l, tree.documents[i], PATH_ROOT(tree.documents[i]), false);
    }
    arena_free(arena);
    return !diags_any(l->diags);
}

static bool load_procfile(struct loader *l, const char *name, const char *text, size_t length)
{
    char *path = realpath(name, NULL);
    struct buf manifest = BUF_INIT;
    bool ok;

    if (path != NULL)
        *strrchr(path, '/') = '\0';
    diags_set_file(l->diags, name);
    ok = procfile_translate(text, length, path != NULL && path[0] != '\0' ? path : NULL, &manifest, l->diags);
    if (buf_failed(&manifest))
        ok = no_memory(l);
    ok = ok && load_yaml(l, name, buf_text(&manifest), manifest.length);
    buf_deinit(&manifest);
    free(path);
    return ok;
}

static bool load_named(struct loader *l, const char *name, const char *text, size_t length)
{
    return procfile_is(name) ? load_procfile(l, name, text, length) : load_yaml(l, name, text, length);
}
/* ---- what was loaded before ---- */

static void nothing(void *node)
{
    (void)node;                         /* it belongs to the set */
}

static void loader_deinit(struct loader *l)
{
    tdestroy(l->pods, nothing);
    tdestroy(l->sources, nothing);
}

static bool loader_init(struct loader *l, struct pod_config_set *set, const struct load_options *options,
                        struct diags *diags)
{
    bool ok = true;

    *l = (struct loader){.set = set, .options = options, .diags = diags, .last_not_run = &set->not_run};
    while (*l->last_not_run != NULL)
        l->last_not_run = &(*l->last_not_run)->next;
    for (size_t i = 0; ok && i < set->count; i++)
        ok = tsearch(set->items[i], &l->pods, by_pod_name) != NULL;
    for (size_t i = 0; ok && i < set->sources.count; i++)
        ok = tsearch(set->sources.items[i], &l->sources, by_source_name) != NULL;
    if (!ok)
        loader_deinit(l);
    return ok || no_memory(l);
}

bool load_text(struct pod_config_set *set, const char *name, const char *text, size_t length,
               const struct load_options *options, struct diags *diags)
{
    struct loader l;
    bool ok;

    if (!loader_init(&l, set, options, diags))
        return false;
    ok = load_named(&l, name, text, length);
    loader_deinit(&l);
    return ok;
}

/* ---- files ---- */

static bool cannot_read(struct loader *l, const char *name, int error)
{
    diags_set_file(l->diags, name);
    return diag_syntax(l->diags, 0, 0, "%s", strerror(error));
}

static bool load_fd(struct loader *l, const char *name, int fd)
{
    struct buf text = BUF_INIT;
    int r = fd_read_all(fd, TREE_MAX_BYTES + 1, &text);
    bool ok;

    if (r < 0 && r != -EFBIG)
        ok = cannot_read(l, name, -r);
    else
        ok = load_named(l, name, buf_text(&text), text.length);
    buf_deinit(&text);
    return ok;
}

static bool load_file(struct loader *l, const char *name)
{
    /* Not blocking: a FIFO in a folder of manifests must not hold up the daemon. */
    cleanup_fd int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd == -1 || fstat(fd, &st) == -1)
        return cannot_read(l, name, errno);
    if (S_ISREG(st.st_mode))
        return load_fd(l, name, fd);
    /* /dev/stdin and <(…) of a shell: a pipe that somebody writes to. */
    if (S_ISFIFO(st.st_mode) && fd_set_nonblocking(fd, false) == 0)
        return load_fd(l, name, fd);
    diags_set_file(l->diags, name);
    return diag_syntax(l->diags, 0, 0, "neither a file nor a folder");
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool load_folder(struct loader *l, const char *name)
{
    struct dirent **entries;
    int count = scandir(name, &entries, visible, alphasort);
    bool ok = true;

    if (count == -1)
        return cannot_read(l, name, errno);
    for (int i = 0; i < count; i++) {
        struct buf path = BUF_INIT;
        struct stat st;

        buf_addf(&path, "%s/%s", name, entries[i]->d_name);
        if (buf_failed(&path))
            ok = no_memory(l);
        else if (stat(buf_text(&path), &st) == -1)
            ok = cannot_read(l, buf_text(&path), errno);
        else if (S_ISREG(st.st_mode))
            ok &= load_file(l, buf_text(&path));
        buf_deinit(&path);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool load_named_source(struct loader *l, const char *source)
{
    struct stat st;

    if (strcmp(source, "-") == 0)
        return load_fd(l, source, STDIN_FILENO);
    if (stat(source, &st) == -1)
        return cannot_read(l, source, errno);
    return S_ISDIR(st.st_mode) ? load_folder(l, source) : load_file(l, source);
}

bool load_source(struct pod_config_set *set, const char *source, const struct load_options *options,
                 struct diags *diags)
{
    struct loader l;
    bool ok;

    if (!loader_init(&l, set, options, diags))
        return false;
    ok = load_named_source(&l, source);
    loader_deinit(&l);
    return ok;
}
