#include "config/schema.h"

#include <string.h>

#define HONOURED FIELD_HONOURED, NULL
#define IGNORED(why) FIELD_IGNORED, why
#define REFUSED(why) FIELD_REFUSED, why

/* What a feature of the build brings (meson_options.txt). */
#if PIDLET_HTTP
#define HONOURED_WITH_HTTP HONOURED
#else
#define HONOURED_WITH_HTTP \
    REFUSED("this pidlet was built without HTTP: build it with libcurl, meson setup -Dhttp=enabled")
#endif
#if PIDLET_GRPC
#define HONOURED_WITH_GRPC HONOURED
#else
#define HONOURED_WITH_GRPC \
    REFUSED("this pidlet was built without gRPC: build it with nghttp2, meson setup -Dgrpc=enabled")
#endif

/* static const struct enum_value values_NAME[] and schema_enum_NAME. */
#define ENUM(enum_name, enum_doc) static const struct enum_value values_##enum_name[] = {
#define VALUE(enum_name, constant, text) {constant, text},
#define END_ENUM(enum_name) };
#define OBJECT(...)
#define END(...)
#define STRING(...)
#define INT(...)
#define BOOL(...)
#define CHOICE(...)
#define PORT(...)
#define STRINGS(...)
#define INTS(...)
#define MAP(...)
#define CHILD(...)
#define LIST(...)
#define ANY(...)
#include "config/pod.def"

#define ENUM(enum_name, enum_doc)                                   \
    const struct enum_info schema_enum_##enum_name = {              \
        .name = #enum_name,                                         \
        .doc = enum_doc,                                            \
        .values = values_##enum_name,                               \
        .count = sizeof values_##enum_name / sizeof *values_##enum_name, \
    };
#define VALUE(...)
#define END_ENUM(...)
#define OBJECT(...)
#define END(...)
#define STRING(...)
#define INT(...)
#define BOOL(...)
#define CHOICE(...)
#define PORT(...)
#define STRINGS(...)
#define INTS(...)
#define MAP(...)
#define CHILD(...)
#define LIST(...)
#define ANY(...)
#include "config/pod.def"

/* static const struct field fields_OBJECT[]. */
/* A row's MODE has become two arguments by the time it gets here: the mode and its reason. */
#define ROW(field_kind, object, member, json_name, field_flags, field_mode, why, field_doc, ...) \
    {                                                                                           \
        .json = json_name, .doc = field_doc, .kind = field_kind, .flags = field_flags,          \
        .mode = field_mode, .reason = why, .offset = offsetof(struct object, member),           \
        __VA_ARGS__                                                                             \
    },
#define ENUM(...)
#define VALUE(...)
#define END_ENUM(...)
#define OBJECT(object, kubernetes_name, doc) static const struct field fields_##object[] = {
#define END(object) };
#define STRING(object, member, json, flags, deflt, fmt, mode, doc) \
    ROW(FIELD_STRING, object, member, json, flags, mode, doc, .default_text = deflt, .format = fmt)
#define INT(object, member, json, flags, deflt, least, most, mode, doc) \
    ROW(FIELD_INT, object, member, json, flags, mode, doc, .default_int = deflt, .min = least, .max = most)
#define BOOL(object, member, json, flags, deflt, mode, doc) \
    ROW(FIELD_BOOL, object, member, json, flags, mode, doc, .default_int = deflt)
#define CHOICE(object, member, json, flags, name, deflt, mode, doc)                       \
    ROW(FIELD_CHOICE, object, member, json, flags, mode, doc, .default_int = (int)(deflt), \
        .choices = &schema_enum_##name)
#define PORT(object, member, json, flags, mode, doc) \
    ROW(FIELD_PORT, object, member, json, flags, mode, doc, .default_int = 0)
#define STRINGS(object, member, json, flags, mode, doc) \
    ROW(FIELD_STRINGS, object, member, json, flags, mode, doc, .default_int = 0)
#define INTS(object, member, json, flags, least, most, mode, doc) \
    ROW(FIELD_INTS, object, member, json, flags, mode, doc, .min = least, .max = most)
#define MAP(object, member, json, flags, fmt, mode, doc) \
    ROW(FIELD_MAP, object, member, json, flags, mode, doc, .format = fmt)
#define CHILD(object, member, json, flags, type, mode, doc) \
    ROW(FIELD_CHILD, object, member, json, flags, mode, doc, .child = &schema_##type)
#define LIST(object, member, json, flags, type, mode, doc) \
    ROW(FIELD_LIST, object, member, json, flags, mode, doc, .child = &schema_##type)
#define ANY(object, member, json, flags, mode, doc) \
    ROW(FIELD_ANY, object, member, json, flags, mode, doc, .default_int = 0)
#include "config/pod.def"

#define ENUM(...)
#define VALUE(...)
#define END_ENUM(...)
#define OBJECT(object, kubernetes_name, object_doc)                 \
    const struct object_info schema_##object = {                    \
        .name = kubernetes_name,                                    \
        .doc = object_doc,                                          \
        .fields = fields_##object,                                  \
        .count = sizeof fields_##object / sizeof *fields_##object,  \
        .size = sizeof(struct object),                              \
    };
#define END(...)
#define STRING(...)
#define INT(...)
#define BOOL(...)
#define CHOICE(...)
#define PORT(...)
#define STRINGS(...)
#define INTS(...)
#define MAP(...)
#define CHILD(...)
#define LIST(...)
#define ANY(...)
#include "config/pod.def"

#define ENUM(...)
#define VALUE(...)
#define END_ENUM(...)
#define OBJECT(object, ...) &schema_##object,
#define END(...)
#define STRING(...)
#define INT(...)
#define BOOL(...)
#define CHOICE(...)
#define PORT(...)
#define STRINGS(...)
#define INTS(...)
#define MAP(...)
#define CHILD(...)
#define LIST(...)
#define ANY(...)
const struct object_info *const schema_objects[] = {
#include "config/pod.def"
};
const size_t schema_object_count = sizeof schema_objects / sizeof schema_objects[0];

const struct field *schema_field(const struct object_info *object, const char *json)
{
    for (size_t i = 0; i < object->count; i++) {
        if (strcmp(object->fields[i].json, json) == 0)
            return &object->fields[i];
    }
    return NULL;
}

const char *enum_text(const struct enum_info *e, int constant)
{
    for (size_t i = 0; i < e->count; i++) {
        if (e->values[i].constant == constant)
            return e->values[i].text;
    }
    return NULL;
}

const char *string_map_get(const struct string_map *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[i].key, key) == 0)
            return map->items[i].value;
    }
    return NULL;
}
