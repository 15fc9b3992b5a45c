/*
 * Strategic merge patch, the server's half: kubectl computes what is to be done from the
 * file, the last applied configuration and the live object; here it is done.
 * (sig-api-machinery's strategic-merge-patch.md; kubectl-api 6.2.)
 */
#include "daemon/api/patch.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Lists whose items are told apart by a key.  By the name of the list alone, save for
 * `ports`, which has containerPort in containers and port in services.  All other lists
 * are replaced as wholes.
 */
static const struct {
    const char *list;
    const char *key;
    const char *other_key;              /* when the items do not have `key` */
} merge_keys[] = {
    {"containers", "name", NULL},
    {"initContainers", "name", NULL},
    {"ephemeralContainers", "name", NULL},
    {"volumes", "name", NULL},
    {"env", "name", NULL},
    {"imagePullSecrets", "name", NULL},
    {"volumeMounts", "mountPath", NULL},
    {"volumeDevices", "devicePath", NULL},
    {"hostAliases", "ip", NULL},
    {"topologySpreadConstraints", "topologyKey", NULL},
    {"ports", "containerPort", "port"},
    {"conditions", "type", NULL},
    {"ownerReferences", "uid", NULL},
    {"podIPs", "ip", NULL},
    {"hostIPs", "ip", NULL},
    {"addresses", "type", NULL},
    {"resourceClaims", "name", NULL},
};

static const char delete_primitives[] = "$deleteFromPrimitiveList/";
static const char set_order[] = "$setElementOrder/";

enum { DEPTH_MAX = 128 };

struct merge {
    struct buf *why;
    unsigned depth;
};

static json_t *merge_objects(struct merge *m, const json_t *target, const json_t *patch);

static json_t *fail(struct merge *m, const char *what, const char *where)
{
    buf_addf(m->why, "%s: %s", where, what);
    return NULL;
}

/* ---- lists ---- */

static const char *merge_key(const char *list, const json_t *items)
{
    for (size_t i = 0; i < sizeof merge_keys / sizeof *merge_keys; i++) {
        size_t n;
        json_t *item;

        if (strcmp(merge_keys[i].list, list) != 0)
            continue;
        if (merge_keys[i].other_key == NULL)
            return merge_keys[i].key;
        json_array_foreach((json_t *)items, n, item) {
            if (json_object_get(item, merge_keys[i].key) != NULL)
                return merge_keys[i].key;
            if (json_object_get(item, merge_keys[i].other_key) != NULL)
                return merge_keys[i].other_key;
        }
        return merge_keys[i].key;
    }
    return NULL;
}

/* Scalars that are merged as a set. */
static bool is_set(const char *list)
{
    return strcmp(list, "finalizers") == 0;
}

static const char *directive(const json_t *object)
{
    return json_string_value(json_object_get(object, "$patch"));
}

static bool find_item(const json_t *list, const char *key, const json_t *value, size_t *index)
{
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)list, i, item) {
        if (json_equal(key == NULL ? item : json_object_get(item, key), value)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool replaces_list(const json_t *patch)
{
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)patch, i, item) {
        if (directive(item) != NULL && strcmp(directive(item), "replace") == 0)
            return true;
    }
    return false;
}

/* {"$patch": "replace"} among the items: the others are the whole new list. */
static json_t *replaced_list(const json_t *patch)
{
    json_t *out = json_array(), *item;
    size_t i;

    json_array_foreach((json_t *)patch, i, item) {
        if (out != NULL && directive(item) == NULL && json_array_append_new(out, json_deep_copy(item)) != 0) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

static bool merge_item(struct merge *m, json_t *out, const char *name, const char *key, const json_t *item)
{
    const json_t *value = json_object_get(item, key);
    const char *what = directive(item);
    size_t index;
    json_t *next;
    bool found;

    if (value == NULL)
        return fail(m, "an item lacks its merge key", name) != NULL;
    found = find_item(out, key, value, &index);
    if (what != NULL && strcmp(what, "delete") == 0) {
        while (found && json_array_remove(out, index) == 0)
            found = find_item(out, key, value, &index);
        return true;
    }
    if (what != NULL && strcmp(what, "merge") != 0)
        return fail(m, "unknown $patch directive", name) != NULL;
    next = merge_objects(m, found ? json_array_get(out, index) : NULL, item);
    if (next == NULL)
        return false;
    return found ? json_array_set_new(out, index, next) == 0 : json_array_append_new(out, next) == 0;
}

static bool in_order(const json_t *order, const char *key, const json_t *item, size_t *place)
{
    size_t i;
    json_t *wanted;

    json_array_foreach((json_t *)order, i, wanted) {
        bool same = key == NULL ? json_equal(wanted, item)
                                : json_equal(json_object_get(wanted, key), json_object_get(item, key));

        if (same) {
            *place = i;
            return true;
        }
    }
    return false;
}

/* Where an item was, in the list as it was before the patch; false: it is new. */
static bool was_at(const json_t *before, const char *key, const json_t *item, size_t *place)
{
    const json_t *value = key == NULL ? item : json_object_get(item, key);

    return value != NULL && json_is_array(before) && find_item(before, key, value, place);
}

/* Both were there before, and `other` came first. */
static bool came_before(const json_t *before, const char *key, const json_t *other, const json_t *named)
{
    size_t a, b;

    return was_at(before, key, other, &a) && was_at(before, key, named, &b) && a < b;
}

/* Those of `list` that `order` names, in its order, each once; and those that it does not. */
static void part(const json_t *list, const char *key, const json_t *order, json_t *named, json_t *others)
{
    json_t *item;
    size_t i, place;

    json_array_foreach((json_t *)order, i, item) {
        const json_t *value = key == NULL ? item : json_object_get(item, key);
        const bool first = in_order(order, key, item, &place) && place == i;

        if (first && value != NULL && find_item(list, key, value, &place))
            json_array_append(named, json_array_get(list, place));
    }
    json_array_foreach((json_t *)list, i, item) {
        if (!in_order(order, key, item, &place))
            json_array_append(others, item);
    }
}

/*
 * As in Kubernetes: those that are named come in the order of `order`, the others in the one
 * that they had; of the two that are next, one that was not named comes first if it stood
 * before the other.  Nothing is deleted.  A new reference; NULL: no memory.
 */
static json_t *ordered(const json_t *list, const char *key, const json_t *order, const json_t *before)
{
    json_t *named = json_array(), *others = json_array(), *out = json_array();
    size_t i = 0, j = 0, count = json_array_size(list);

    if (named != NULL && others != NULL && out != NULL)
        part(list, key, order, named, others);
    while (i < json_array_size(others) || j < json_array_size(named)) {
        const bool other = j == json_array_size(named)
                           || (i < json_array_size(others)
                               && came_before(before, key, json_array_get(others, i), json_array_get(named, j)));

        json_array_append(out, other ? json_array_get(others, i++) : json_array_get(named, j++));
    }
    json_decref(named);
    json_decref(others);
    if (json_array_size(out) == count)
        return out;
    json_decref(out);                   /* no memory; or an item stood there twice, and stays so */
    return json_deep_copy(list);
}

static json_t *merge_list(struct merge *m, const char *name, const json_t *target, const json_t *patch)
{
    const char *key = merge_key(name, json_array_size(patch) > 0 ? patch : target);
    json_t *out, *sorted, *item;
    size_t i, index;

    if (replaces_list(patch))
        return replaced_list(patch);
    if (key == NULL && !is_set(name))
        return json_deep_copy(patch);
    out = json_is_array(target) ? json_deep_copy(target) : json_array();
    json_array_foreach((json_t *)patch, i, item) {
        bool ok;

        if (out == NULL)
            return NULL;
        if (key == NULL)
            ok = find_item(out, NULL, item, &index) || json_array_append_new(out, json_deep_copy(item)) == 0;
        else
            ok = merge_item(m, out, name, key, item);
        if (!ok) {
            json_decref(out);
            return NULL;
        }
    }
    sorted = out == NULL ? NULL : ordered(out, key, patch, target);
    json_decref(out);
    return sorted;
}

/* ---- directives beside a list ---- */

static void delete_from(json_t *out, const char *name, const json_t *values)
{
    json_t *list = json_object_get(out, name), *value;
    size_t i, index;

    json_array_foreach((json_t *)values, i, value) {
        while (find_item(list, NULL, value, &index) && json_array_remove(list, index) == 0)
            ;
    }
}

static bool reorder(struct merge *m, json_t *out, const char *directive, const json_t *order, const json_t *before)
{
    const char *name = directive + sizeof set_order - 1;
    const json_t *list = json_object_get(out, name);
    const char *key = merge_key(name, list);
    json_t *sorted;

    if (!json_is_array(order))
        return fail(m, "must be a list", directive) != NULL;
    if (!json_is_array(list) || (key == NULL && !is_set(name)))
        return true;
    sorted = ordered(list, key, order, json_object_get(before, name));
    if (sorted == NULL)
        return fail(m, "out of memory", directive) != NULL;
    return json_object_set_new(out, name, sorted) == 0 || fail(m, "out of memory", directive) != NULL;
}

/* Drops every key of `out` that is not named, before the patch's own are merged in. */
static bool retain_keys(struct merge *m, json_t *out, const json_t *keep, const json_t *patch)
{
    const char *key;
    json_t *value;
    void *next;
    size_t index;

    if (!json_is_array(keep))
        return fail(m, "must be a list of keys", "$retainKeys") != NULL;
    json_object_foreach((json_t *)patch, key, value) {
        json_t *name = json_string(key);
        bool named = key[0] == '$' || json_is_null(value) || find_item(keep, NULL, name, &index);

        json_decref(name);
        if (!named)
            return fail(m, "$retainKeys must name every key of the patch", key) != NULL;
    }
    json_object_foreach_safe(out, next, key, value) {
        json_t *name = json_string(key);
        bool named = name == NULL || find_item(keep, NULL, name, &index);

        json_decref(name);
        if (!named)
            json_object_del(out, key);
    }
    return true;
}

/* ---- objects ---- */

static bool merge_member(struct merge *m, json_t *out, const char *key, const json_t *value)
{
    const json_t *old = json_object_get(out, key);
    json_t *next;

    if (json_is_null(value)) {
        json_object_del(out, key);
        return true;
    }
    if (json_is_object(value)) {
        const char *what = directive(value);

        if (what != NULL && strcmp(what, "delete") == 0) {
            json_object_del(out, key);
            return true;
        }
        next = merge_objects(m, old, value);
    } else if (json_is_array(value)) {
        next = merge_list(m, key, old, value);
    } else {
        next = json_deep_copy(value);
    }
    if (next == NULL) {
        if (m->why->length == 0)
            fail(m, "out of memory", key);
        return false;
    }
    return json_object_set_new(out, key, next) == 0;
}

static bool merge_members(struct merge *m, json_t *out, const json_t *target, const json_t *patch)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)patch, key, value) {
        if (key[0] != '$' && !merge_member(m, out, key, value))
            return false;
    }
    json_object_foreach((json_t *)patch, key, value) {
        if (strncmp(key, delete_primitives, sizeof delete_primitives - 1) == 0)
            delete_from(out, key + sizeof delete_primitives - 1, value);
    }
    json_object_foreach((json_t *)patch, key, value) {
        if (strncmp(key, set_order, sizeof set_order - 1) == 0 && !reorder(m, out, key, value, target))
            return false;
    }
    return true;
}

/* A new reference; NULL with the reason said. */
static json_t *merge_objects(struct merge *m, const json_t *target, const json_t *patch)
{
    const char *what = directive(patch);
    const json_t *keep = json_object_get(patch, "$retainKeys");
    bool replace = what != NULL && strcmp(what, "replace") == 0;
    json_t *out;

    if (what != NULL && !replace && strcmp(what, "merge") != 0 && strcmp(what, "delete") != 0)
        return fail(m, "unknown $patch directive", what);
    if (++m->depth > DEPTH_MAX)
        return fail(m, "too deep", "patch");
    out = !replace && json_is_object(target) ? json_deep_copy(target) : json_object();
    if (out == NULL || (keep != NULL && !retain_keys(m, out, keep, patch)) || !merge_members(m, out, target, patch)) {
        json_decref(out);
        out = NULL;
    }
    m->depth--;
    return out;
}

json_t *patch_strategic(const json_t *object, const json_t *patch, struct buf *why)
{
    struct merge m = {.why = why};
    json_t *out;

    if (!json_is_object(patch)) {
        buf_adds(why, "a strategic merge patch must be an object");
        return NULL;
    }
    out = merge_objects(&m, object, patch);
    if (out == NULL && why->length == 0)
        buf_adds(why, "out of memory");
    return out;
}
