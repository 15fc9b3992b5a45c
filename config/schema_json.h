/*
 * Objects of the field table as JSON schemas: what OpenAPI documents and JSON Schema have in common.
 */
#ifndef PIDLET_CONFIG_SCHEMA_JSON_H
#define PIDLET_CONFIG_SCHEMA_JSON_H

#include "base/json.h"
#include "config/schema.h"

#include <stdbool.h>
#include <stddef.h>

struct kind_info;

enum schema_dialect {
    SCHEMA_OPENAPI,             /* OpenAPI 3.0, as a Kubernetes server has it: x-kubernetes-…, nothing closed */
    SCHEMA_DRAFT_07,            /* JSON Schema for editors: closed objects, null where pidlet takes it */
};

struct schema_writer {
    struct json json;
    enum schema_dialect dialect;
};

/*
 * Marks `object` and everything below it in `wanted`, an array of schema_object_count;
 * `honoured`: what stands below honoured fields alone.
 */
void schema_mark(const struct object_info *object, bool honoured, bool *wanted);

/*
 * The schema of one object as the value of `key`.  `kind` is given for a root, whose apiVersion and
 * kind are then fixed; `rules` is further JSON for its "allOf", or NULL.
 */
void schema_object(struct schema_writer *w, const char *key, const struct object_info *object,
                   const struct kind_info *kind, const char *rules);

/* A reference to an object as a value of its own, with a type: never null. */
void schema_reference(struct schema_writer *w, const char *key, const struct object_info *object);

/* An object without which its parent cannot be right: it, or something in it, is required. */
bool schema_is_needed(const struct field *f);

#endif
