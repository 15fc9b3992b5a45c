#include "daemon/api/check.h"

#include "base/arena.h"
#include "config/decode.h"
#include "config/diag.h"
#include "config/load.h"
#include "config/tree.h"
#include "daemon/api/fault.h"
#include "daemon/api/write.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 4 };                /* unknown fields are gone after the first */

/* ---- unknown fields ---- */

/* Deletes what "spec.containers[0].comand" leads to; a key of a free map is in brackets. */
static bool prune(json_t *at, const char *path)
{
    while (at != NULL && *path != '\0') {
        char key[512];
        size_t length;
        const char *rest;

        if (*path == '[') {
            length = strcspn(++path, "]");
            rest = path + length + (path[length] == ']');
        } else {
            length = strcspn(path, ".[");
            rest = path + length;
        }
        rest += *rest == '.';
        if (length >= sizeof key)
            return false;
        memcpy(key, path, length);
        key[length] = '\0';
        path = rest;
        if (json_is_array(at)) {
            at = json_array_get(at, strtoul(key, NULL, 10));
            continue;
        }
        if (*path == '\0')
            return json_object_del(at, key) == 0;
        at = json_object_get(at, key);
    }
    return false;
}

static bool refuse_unknown(struct write *w, const struct diags *diags)
{
    struct buf fields = BUF_INIT;

    for (size_t i = 0; i < diags->count; i++) {
        if (diags->items[i].kind == DIAG_UNKNOWN_FIELD)
            buf_addf(&fields, "%sunknown field \"%s\"", fields.length > 0 ? ", " : "", diags->items[i].path);
    }
    fault_bad_request(w->reply, "%s in version \"v1\" cannot be handled as a %s: strict decoding error: %s",
                      w->resource->kind, w->resource->kind, buf_text(&fields));
    buf_deinit(&fields);
    return false;
}

/* True: some were taken out of the object, and it is worth another look. */
static bool take_out_unknown(struct write *w, const struct diags *diags)
{
    bool any = false;

    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];

        if (d->kind != DIAG_UNKNOWN_FIELD || !prune(w->object, d->path))
            continue;
        any = true;
        if (w->validation == VALIDATE_WARN)
            http_warn(w->reply, w->rq->arena, "unknown field \"%s\"", d->path);
    }
    return any;
}

static bool has_unknown(const struct diags *diags)
{
    for (size_t i = 0; i < diags->count; i++) {
        if (diags->items[i].kind == DIAG_UNKNOWN_FIELD)
            return true;
    }
    return false;
}

/* ---- the object ---- */

static const char *name_of(const struct write *w)
{
    const char *name = json_string_value(json_object_get(json_object_get(w->object, "metadata"), "name"));

    return name != NULL ? name : "";
}

/* Where in the text something stands means nothing to who sent JSON. */
static bool load_once(struct write *w, struct pod_config_set *set, struct diags *diags)
{
    const struct load_options options = {.applied = true};
    char *text = json_dumps(w->object, JSON_COMPACT);
    bool ok = text != NULL && load_text(set, "api", text, strlen(text), &options, diags);

    if (text == NULL)
        diags->out_of_memory = true;
    free(text);
    return ok;
}

bool check_object(struct write *w, struct pod_config_set *set)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct diags diags;
        bool ok, again = false;

        if (!diags_init(&diags))
            return fault_no_memory(w->reply);
        ok = load_once(w, set, &diags);
        if (!ok) {
            pod_config_set_deinit(set);
            if (!has_unknown(&diags))
                fault_invalid(w->reply, w->resource, name_of(w), &diags);
            else if (w->validation == VALIDATE_STRICT)
                refuse_unknown(w, &diags);
            else
                again = take_out_unknown(w, &diags);
        }
        if (!ok && !again && w->reply->code == 0)
            fault_invalid(w->reply, w->resource, name_of(w), &diags);
        diags_deinit(&diags);
        if (!again)
            return ok;
    }
    return fault(w->reply, 500, "InternalError", "Internal error occurred: unknown fields cannot be removed");
}

bool check_metadata(struct write *w)
{
    char *text = json_dumps(json_object_get(w->object, "metadata"), JSON_COMPACT);
    struct diags diags;
    struct tree tree;
    bool ok;

    if (text == NULL || !diags_init(&diags)) {
        free(text);
        return fault_no_memory(w->reply);
    }
    ok = tree_parse(text, strlen(text), w->rq->arena, &diags, &tree) && tree.count == 1
         && decode_object(&schema_object_meta, tree.documents[0],
                          PATH_KEY(PATH_ROOT(tree.documents[0]), "metadata"), w->rq->arena, &diags) != NULL
         && !diags_any(&diags);
    if (!ok)
        fault_invalid(w->reply, w->resource, name_of(w), &diags);
    diags_deinit(&diags);
    free(text);
    return ok;
}
