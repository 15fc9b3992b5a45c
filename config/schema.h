/*
 * The field table as data: what decoding, defaults, encoding, `explain` and the
 * documents walk over.  Made from config/pod.def.
 */
#ifndef PIDLET_CONFIG_SCHEMA_H
#define PIDLET_CONFIG_SCHEMA_H

#include "config/spec.h"

#include <stddef.h>
#include <stdint.h>

enum field_kind {
    FIELD_STRING,
    FIELD_INT,
    FIELD_BOOL,
    FIELD_CHOICE,
    FIELD_PORT,
    FIELD_STRINGS,
    FIELD_INTS,
    FIELD_MAP,
    FIELD_CHILD,
    FIELD_LIST,
    FIELD_ANY,
};

enum field_mode {
    FIELD_HONOURED,
    FIELD_IGNORED,              /* harmless without containers; accepted and reported */
    FIELD_REFUSED,              /* the process would run with less than was asked for: a finding */
};

enum field_flags {
    REQUIRED        = 1 << 0,   /* absent or empty: "Required value" */
    ZERO_IS_DEFAULT = 1 << 1,   /* an INT of 0 means its default, as in probes */
    MAKE_EMPTY      = 1 << 2,   /* an absent CHILD is made, with its defaults, never NULL */
    RANGE           = 1 << 3,   /* both bounds of an INT are the rule, and told as one */
    SORTED          = 1 << 4,   /* the values of a CHOICE are told in order of their names */
    EMPTY_ASKS      = 1 << 5,   /* REFUSED even as {}: an emptyDir, say */
};

enum field_format {             /* what a STRING or a MAP's value must look like; see value.h */
    FORMAT_ANY,
    FORMAT_DNS_LABEL,
    FORMAT_DNS_SUBDOMAIN,
    FORMAT_QUALIFIED_NAME,      /* prefix/name, as the keys of labels are */
    FORMAT_LABEL_VALUE,
    FORMAT_PORT_NAME,
    FORMAT_ENV_NAME,
    FORMAT_CONFIG_KEY,          /* of a ConfigMap or Secret */
    FORMAT_HEADER_NAME,
    FORMAT_QUANTITY,            /* "500m", "1Gi"; a number will do */
    FORMAT_INT_OR_PERCENT,      /* 3 or "25%" */
    FORMAT_BASE64,
    FORMAT_UID,
    FORMAT_DURATION,            /* "90s", "1m30s"; see base/duration.h */
};

struct enum_value {
    int constant;
    const char *text;
};

struct enum_info {
    const char *name;
    const char *doc;
    const struct enum_value *values;
    size_t count;
};

struct object_info;

struct field {
    const char *json;
    const char *doc;
    const char *reason;                 /* of IGNORED and REFUSED */
    enum field_kind kind;
    enum field_mode mode;
    unsigned flags;                     /* of enum field_flags */
    size_t offset;                      /* of the member */
    const char *default_text;           /* STRING */
    int64_t default_int;                /* INT, BOOL, CHOICE */
    int64_t min, max;                   /* INT, INTS */
    enum field_format format;           /* STRING, MAP */
    const struct enum_info *choices;    /* CHOICE */
    const struct object_info *child;    /* CHILD, LIST */
};

struct object_info {
    const char *name;                   /* Kubernetes' type name */
    const char *doc;
    const struct field *fields;         /* in the table's order */
    size_t count;
    size_t size;                        /* of the struct */
};

/* One for each OBJECT of the table: schema_container_spec, schema_pod_manifest … */
#define ENUM(name, doc) extern const struct enum_info schema_enum_##name;
#define VALUE(name, constant, text)
#define END_ENUM(name)
#define OBJECT(object, kubernetes_name, doc) extern const struct object_info schema_##object;
#define END(object)
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

/* All of them, in the table's order: children before parents. */
extern const struct object_info *const schema_objects[];
extern const size_t schema_object_count;

const struct field *schema_field(const struct object_info *object, const char *json);

/* The text of a CHOICE's constant; NULL when it is unset. */
const char *enum_text(const struct enum_info *e, int constant);

#endif
