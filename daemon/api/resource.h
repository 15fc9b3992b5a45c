/*
 * The resources of the API as data: names for discovery, verbs, columns, the fields to
 * select by; and what each one does with a write.
 */
#ifndef PIDLET_API_RESOURCE_H
#define PIDLET_API_RESOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct api;
struct http_reply;
struct http_request;
struct snapshot;
struct write;

enum verb_bit {
    VERB_CREATE            = 1 << 0,
    VERB_DELETE            = 1 << 1,
    VERB_DELETE_COLLECTION = 1 << 2,
    VERB_GET               = 1 << 3,
    VERB_LIST              = 1 << 4,
    VERB_PATCH             = 1 << 5,
    VERB_UPDATE            = 1 << 6,
    VERB_WATCH             = 1 << 7,
    VERBS_READ             = VERB_GET | VERB_LIST | VERB_WATCH,
    VERBS_ALL              = (1 << 8) - 1,
};

struct column {
    const char *name;
    const char *type;                   /* "string", "integer" */
    const char *format;                 /* "name" or "" */
    int priority;                       /* 1: with -o wide */
    const char *description;
};

struct subresource {
    const char *name;                   /* "log" */
    const char *kind;
    unsigned verbs;
    void (*handle)(struct http_request *rq, const struct snapshot *s, struct http_reply *reply);
};

struct resource {
    const char *plural, *singular, *kind, *short_name;  /* short_name may be NULL */
    bool namespaced;
    bool in_all;                        /* of category `all` */
    unsigned verbs;
    const struct column *columns;
    size_t column_count;
    const char *const *fields;          /* to select by, beside metadata.name and .namespace */
    size_t field_count;
    const struct subresource *subresources;
    size_t subresource_count;
    bool (*fill_cells)(struct snapshot *s, const json_t *object);       /* false: no memory */
    /*
     * A write, all that is generic about it done (write.h): validates the new object and,
     * unless it is a dry run, makes it true.  False when it has answered with an error.
     */
    bool (*apply)(struct write *w);
    bool (*remove)(struct write *w);
};

enum {
    RESOURCE_CONFIG_MAPS,
    RESOURCE_EVENTS,
    RESOURCE_NAMESPACES,
    RESOURCE_NODES,
    RESOURCE_PODS,
    RESOURCE_SECRETS,
    RESOURCE_SERVICES,
};
enum { RESOURCES = RESOURCE_SERVICES + 1 };

extern const struct resource *const resources[RESOURCES];

/* The index, or RESOURCES: none of that name. */
size_t resource_find(const char *plural);

#endif
