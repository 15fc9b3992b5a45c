/*
 * A JSON Schema (draft-07) of the manifests that pidlet takes, for editors and validators: made
 * from the field table, and from the rules between fields that such a schema can express.
 */
#ifndef PIDLET_CONFIG_JSON_SCHEMA_H
#define PIDLET_CONFIG_JSON_SCHEMA_H

struct buf;
struct kind_info;

/* Appends the schema of one kind; NULL: of manifests, which may hold any, and Lists of them. */
void json_schema_document(const struct kind_info *kind, struct buf *out);

#endif
