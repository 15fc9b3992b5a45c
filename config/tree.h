/*
 * YAML (or JSON, which is YAML to us) as a tree of nodes that know their place.
 *
 * What YAML allows and a manifest must not have is refused here, with a position:
 * duplicate keys, alias bombs, depth over 64, files over 1 MiB, NUL bytes,
 * invalid UTF-8.  No text takes more than linear time (times a logarithm) or memory.  Scalars mean what they mean to Kubernetes (YAML 1.1: a plain
 * `yes` is a boolean), and `<<` merges.
 */
#ifndef PIDLET_CONFIG_TREE_H
#define PIDLET_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diags;

enum {
    TREE_MAX_DEPTH = 64,
    TREE_MAX_BYTES = 1024 * 1024,
    TREE_MAX_NODES = 100 * 1000,        /* with every alias counted as often as it is used */
    TREE_MAX_TEXT = 4 * 1024 * 1024,    /* bytes of all scalars, aliases counted likewise */
};

enum node_kind {
    NODE_NULL,
    NODE_BOOL,
    NODE_INT,
    NODE_FLOAT,
    NODE_STRING,
    NODE_LIST,
    NODE_MAP,
};

struct node_pair;

struct node {
    enum node_kind kind;
    unsigned line;                      /* from 1 */
    unsigned column;                    /* from 1, in characters */
    uint32_t length;                    /* of text */
    const char *text;                   /* scalars: as written, without quotes; NUL-terminated */
    union {
        bool boolean;
        int64_t integer;                /* beyond int64: NODE_FLOAT */
        double real;
        struct {
            struct node **items;        /* an alias shares its node */
            uint32_t count;
        } list;
        struct {
            struct node_pair *pairs;    /* in the order written; keys are unique strings */
            const uint32_t *order;      /* of the keys, for a large map; NULL: a small one */
            uint32_t count;
        } map;
    };
};

struct node_pair {
    const char *key;                    /* NUL-terminated */
    unsigned line, column;              /* of the key */
    struct node *value;
};

/* The documents of a text, empty ones left out. */
struct tree {
    struct node **documents;
    size_t count;
};

/*
 * Parses `length` bytes.  Everything is allocated in `arena`; nothing points into
 * `text`.  False when anything was refused or memory was short: then `diags` has
 * at least one finding and *tree is untouched.
 */
bool tree_parse(const char *text, size_t length, struct arena *arena, struct diags *diags,
                struct tree *tree);

/* The value of `key`; NULL when `map` is no map or has no such key. */
struct node *node_get(const struct node *map, const char *key);

/* The same with the key's place; NULL likewise. */
const struct node_pair *node_pair(const struct node *map, const char *key);

/* "string", "integer", "list" … for messages. */
const char *node_kind_name(enum node_kind kind);

/* A deep copy into `arena`, so that a value outlives its tree; NULL: no memory. */
struct node *node_copy(const struct node *n, struct arena *arena);

#endif
