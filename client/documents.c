#include "client/documents.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "client/findings.h"
#include "client/names.h"
#include "config/diag.h"
#include "config/encode.h"
#include "config/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct reading {
    const char *verb, *file, *namespace;
    documents_fn *fn;
    void *arg;
};

static bool wrong(const struct reading *r, const char *what)
{
    fprintf(stderr, "pidlet %s: %s: %s\n", r->verb, r->file, what);
    return false;
}

static bool take(const struct reading *r, json_t *object)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const char *name = json_string_value(json_object_get(metadata, "name"));
    const char *namespace = json_string_value(json_object_get(metadata, "namespace"));
    const struct kind_name *k = kind == NULL ? NULL : kind_name_find(kind, strlen(kind));
    json_t *item;
    bool ok = true;
    size_t i;

    if (kind != NULL && strcmp(kind, "List") == 0) {
        json_array_foreach(json_object_get(object, "items"), i, item)
            ok = ok && take(r, item);
        return ok;
    }
    if (k == NULL)
        return wrong(r, kind == NULL ? "an object without a kind" : "a kind that the daemon does not serve");
    if (name == NULL)
        return wrong(r, "an object without a name");
    return r->fn(r->arg, k, namespace != NULL ? namespace : r->namespace, name, object);
}

static bool each(const struct reading *r, const struct tree *tree)
{
    bool ok = true;

    for (size_t i = 0; ok && i < tree->count; i++) {
        struct buf text = BUF_INIT;
        json_t *object;

        encode_node(tree->documents[i], &text);
        object = buf_failed(&text) ? NULL : json_loads(buf_text(&text), 0, NULL);
        ok = object != NULL ? take(r, object) : wrong(r, "no object");
        json_decref(object);
        buf_deinit(&text);
    }
    return ok;
}

bool documents_each(const char *verb, const char *file, const char *namespace, documents_fn *fn, void *arg)
{
    const struct reading r = {.verb = verb, .file = file, .namespace = namespace, .fn = fn, .arg = arg};
    cleanup_fd int fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);
    struct arena *arena = arena_new();
    struct buf text = BUF_INIT;
    struct diags diags;
    struct tree tree;
    bool ok = false;

    if (arena == NULL || !diags_init(&diags)) {
        arena_free(arena);
        return wrong(&r, "out of memory");
    }
    diags_set_file(&diags, file);
    if (fd == -1)
        wrong(&r, strerror(errno));
    else if (fd_read_all(fd, TREE_MAX_BYTES + 1, &text) < 0)
        wrong(&r, "cannot be read, or is larger than 1 MiB");
    else if (!tree_parse(buf_text(&text), text.length, arena, &diags, &tree))
        findings_print(&diags);
    else
        ok = each(&r, &tree);
    buf_deinit(&text);
    diags_deinit(&diags);
    arena_free(arena);
    return ok;
}
