#include "daemon/api/patch.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static json_t *no_memory(struct buf *why)
{
    buf_adds(why, "out of memory");
    return NULL;
}

/* ---- RFC 7386 ---- */

/* A new reference; NULL: no memory. */
static json_t *merged(const json_t *target, const json_t *patch)
{
    json_t *out;
    const char *key;
    json_t *value;

    if (!json_is_object(patch))
        return json_deep_copy(patch);
    out = json_is_object(target) ? json_deep_copy(target) : json_object();
    json_object_foreach((json_t *)patch, key, value) {
        json_t *next;

        if (out == NULL)
            return NULL;
        if (json_is_null(value)) {
            json_object_del(out, key);
            continue;
        }
        next = merged(json_object_get(out, key), value);
        if (next == NULL || json_object_set_new(out, key, next) != 0) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

json_t *patch_merge(const json_t *object, const json_t *patch, struct buf *why)
{
    json_t *out;

    if (!json_is_object(patch)) {
        buf_adds(why, "a merge patch must be an object");
        return NULL;
    }
    out = merged(object, patch);
    return out != NULL ? out : no_memory(why);
}

/* ---- RFC 6902 ---- */

struct place {                          /* where a pointer leads: a member of `parent` */
    json_t *parent;                     /* NULL: the whole document */
    char *key;                          /* of an object; owned */
    size_t index;                       /* of an array; its size: after the last */
};

static bool wrong(struct buf *why, const char *what, const char *pointer)
{
    buf_addf(why, "%s: \"%s\"", what, pointer);
    return false;
}

/* One step of a pointer, with ~1 and ~0 replaced; NULL: no memory, or a bad escape. */
static char *token(const char **pointer)
{
    size_t length = strcspn(*pointer, "/");
    char *text = strndup(*pointer, length), *out = text;

    *pointer += length;
    if (text == NULL)
        return NULL;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '~' && (p[1] == '0' || p[1] == '1'))
            *out++ = *++p == '0' ? '~' : '/';
        else
            *out++ = *p;
    }
    *out = '\0';
    return text;
}

static bool index_of(const json_t *array, const char *text, bool end, size_t *index)
{
    char *rest;

    if (end && strcmp(text, "-") == 0) {
        *index = json_array_size(array);
        return true;
    }
    if (!isdigit((unsigned char)*text) || (*text == '0' && text[1] != '\0'))
        return false;
    *index = strtoul(text, &rest, 10);
    return *rest == '\0' && *index < json_array_size(array) + (end ? 1 : 0);
}

static bool descend(json_t **at, const char *name)
{
    size_t index;

    if (json_is_object(*at))
        *at = json_object_get(*at, name);
    else if (json_is_array(*at) && index_of(*at, name, false, &index))
        *at = json_array_get(*at, index);
    else
        *at = NULL;
    return *at != NULL;
}

/* `add`: the last step need not exist. */
static bool find(json_t *root, const char *pointer, bool add, struct place *place, struct buf *why)
{
    const char *p = pointer;
    json_t *at = root;

    *place = (struct place){0};
    if (*p == '\0')
        return true;
    if (*p != '/')
        return wrong(why, "a path must be empty or begin with \"/\"", pointer);
    for (;;) {
        char *name;
        bool good;

        p++;
        name = token(&p);
        if (name == NULL)
            return no_memory(why) != NULL;
        if (*p == '/') {
            good = descend(&at, name);
            free(name);
            if (!good)
                return wrong(why, "the path does not exist", pointer);
            continue;
        }
        place->parent = at;
        place->key = name;
        good = json_is_array(at) ? index_of(at, name, add, &place->index)
                                 : json_is_object(at) && (add || json_object_get(at, name) != NULL);
        if (!good) {
            free(name);
            place->key = NULL;
            return wrong(why, "the path does not exist", pointer);
        }
        return true;
    }
}

static json_t *value_at(json_t *root, const struct place *place)
{
    if (place->parent == NULL)
        return root;
    return json_is_array(place->parent) ? json_array_get(place->parent, place->index)
                                        : json_object_get(place->parent, place->key);
}

/* Takes `value` over. */
static bool put(json_t **root, const struct place *place, json_t *value, bool replace)
{
    if (value == NULL)
        return false;
    if (place->parent == NULL) {
        json_decref(*root);
        *root = value;
        return true;
    }
    if (json_is_object(place->parent))
        return json_object_set_new(place->parent, place->key, value) == 0;
    if (replace)
        return json_array_set_new(place->parent, place->index, value) == 0;
    return json_array_insert_new(place->parent, place->index, value) == 0;
}

static bool drop(struct place *place)
{
    if (place->parent == NULL)
        return false;
    return json_is_array(place->parent) ? json_array_remove(place->parent, place->index) == 0
                                        : json_object_del(place->parent, place->key) == 0;
}

static bool put_at(json_t **root, const char *pointer, json_t *value, bool replace, struct buf *why)
{
    struct place place;
    bool ok;

    if (!find(*root, pointer, !replace, &place, why)) {
        json_decref(value);
        return false;
    }
    ok = put(root, &place, value, replace);
    free(place.key);
    return ok || wrong(why, "cannot be set", pointer);
}

static bool remove_at(json_t **root, const char *pointer, struct buf *why)
{
    struct place place;
    bool ok;

    if (!find(*root, pointer, false, &place, why))
        return false;
    ok = drop(&place);
    free(place.key);
    return ok || wrong(why, "cannot be removed", pointer);
}

/* A deep copy of what `pointer` leads to; NULL: nothing. */
static json_t *copy_of(json_t *root, const char *pointer, struct buf *why)
{
    struct place place;
    json_t *copy;

    if (!find(root, pointer, false, &place, why))
        return NULL;
    copy = json_deep_copy(value_at(root, &place));
    free(place.key);
    return copy != NULL ? copy : no_memory(why);
}

/* A value that is moved into itself would be lost. */
static bool is_below(const char *path, const char *from)
{
    size_t length = strlen(from);

    return strncmp(path, from, length) == 0 && path[length] == '/';
}

static bool apply_one(json_t **root, const json_t *operation, struct buf *why)
{
    const char *op = json_string_value(json_object_get(operation, "op"));
    const char *path = json_string_value(json_object_get(operation, "path"));
    const char *from = json_string_value(json_object_get(operation, "from"));
    const json_t *value = json_object_get(operation, "value");
    json_t *copy;
    bool equal;

    if (op == NULL || path == NULL) {
        buf_adds(why, "every operation needs \"op\" and \"path\"");
        return false;
    }
    if (strcmp(op, "remove") == 0)
        return remove_at(root, path, why);
    if (strcmp(op, "copy") == 0 || strcmp(op, "move") == 0) {
        if (from == NULL)
            return wrong(why, "copy and move need \"from\"", path);
        if (*op == 'm' && is_below(path, from))
            return wrong(why, "cannot be moved into itself", from);
        copy = copy_of(*root, from, why);
        return copy != NULL && (*op == 'c' || remove_at(root, from, why) || (json_decref(copy), false))
               && put_at(root, path, copy, false, why);
    }
    if (value == NULL)
        return wrong(why, "add, replace and test need \"value\"", path);
    if (strcmp(op, "add") == 0)
        return put_at(root, path, json_deep_copy(value), false, why);
    if (strcmp(op, "replace") == 0)
        return put_at(root, path, json_deep_copy(value), true, why);
    if (strcmp(op, "test") != 0)
        return wrong(why, "unknown operation", op);
    copy = copy_of(*root, path, why);
    equal = copy != NULL && json_equal(copy, value);
    json_decref(copy);
    return equal || copy == NULL ? equal : wrong(why, "testing value failed", path);
}

json_t *patch_json(const json_t *object, const json_t *operations, struct buf *why)
{
    json_t *out;
    size_t i;
    json_t *operation;

    if (!json_is_array(operations)) {
        buf_adds(why, "a JSON patch must be a list of operations");
        return NULL;
    }
    out = json_deep_copy(object);
    if (out == NULL)
        return no_memory(why);
    json_array_foreach(operations, i, operation) {
        if (!apply_one(&out, operation, why)) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}
