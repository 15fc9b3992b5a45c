/*
 * A manifest as structs, made from the field table (config/pod.def).
 *
 * After decoding, defaults stand in their places and everything below one
 * object lives in one arena and does not change.  Members are named in the
 * table; a row's kind tells the type.
 */
#ifndef PIDLET_CONFIG_SPEC_H
#define PIDLET_CONFIG_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;

#define INT_UNSET INT64_MIN             /* an INT that was not given and has no default */

enum tri { TRI_UNSET, TRI_FALSE, TRI_TRUE };

struct int_or_string {
    const char *text;                   /* NULL: it is the number */
    int64_t number;
    bool set;
};

struct string_list {
    const char **items;
    size_t count;
};

struct int_list {
    int64_t *items;
    size_t count;
};

struct string_pair {
    const char *key;
    const char *value;
};

struct string_map {                     /* in the order of the manifest; keys are unique */
    struct string_pair *items;
    size_t count;
};

/* enum NAME { NAME_UNSET, CONSTANT… }; */
#define ENUM(name, doc) enum name { name##_UNSET,
#define VALUE(name, constant, text) constant,
#define END_ENUM(name) };
#define OBJECT(object, kubernetes_name, doc)
#define END(object)
#define STRING(object, member, json, flags, deflt, format, mode, doc)
#define INT(object, member, json, flags, deflt, min, max, mode, doc)
#define BOOL(object, member, json, flags, deflt, mode, doc)
#define CHOICE(object, member, json, flags, name, deflt, mode, doc)
#define PORT(object, member, json, flags, mode, doc)
#define STRINGS(object, member, json, flags, mode, doc)
#define INTS(object, member, json, flags, min, max, mode, doc)
#define MAP(object, member, json, flags, format, mode, doc)
#define CHILD(object, member, json, flags, child, mode, doc)
#define LIST(object, member, json, flags, child, mode, doc)
#define ANY(object, member, json, flags, mode, doc)
#include "config/pod.def"

/* struct OBJECT { members… };  struct OBJECT_list { items, count }; */
#define ENUM(name, doc)
#define VALUE(name, constant, text)
#define END_ENUM(name)
#define OBJECT(object, kubernetes_name, doc) \
    struct object;                           \
    struct object##_list {                   \
        struct object *items;                \
        size_t count;                        \
    };                                       \
    struct object {
#define END(object) };
#define STRING(object, member, json, flags, deflt, format, mode, doc) const char *member;
#define INT(object, member, json, flags, deflt, min, max, mode, doc) int64_t member;
#define BOOL(object, member, json, flags, deflt, mode, doc) enum tri member;
#define CHOICE(object, member, json, flags, name, deflt, mode, doc) enum name member;
#define PORT(object, member, json, flags, mode, doc) struct int_or_string member;
#define STRINGS(object, member, json, flags, mode, doc) struct string_list member;
#define INTS(object, member, json, flags, min, max, mode, doc) struct int_list member;
#define MAP(object, member, json, flags, format, mode, doc) struct string_map member;
#define CHILD(object, member, json, flags, child, mode, doc) struct child *member;
#define LIST(object, member, json, flags, child, mode, doc) struct child##_list member;
#define ANY(object, member, json, flags, mode, doc) const struct node *member;
#include "config/pod.def"

/* The value of `key`, NULL when it is not there. */
const char *string_map_get(const struct string_map *map, const char *key);

#endif
