/*
 * Findings: what is wrong in a manifest, where, and what would be right.
 *
 *     web.yaml:14:26: spec.containers[0].livenessProbe.periodSeconds: Invalid value: 0: must be …
 *
 * They are gathered, all of them, in Kubernetes' words (kubelet-semantics 10.1).
 * Every diag_…() function returns false, so that a refusal is one line.
 */
#ifndef PIDLET_CONFIG_DIAG_H
#define PIDLET_CONFIG_DIAG_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct node;

/*
 * A place in an object: a chain on the stack that costs nothing until something is
 * wrong.  Only then is it spelled out, and its node looked for to tell line and
 * column: the nearest one there is, for a field that is absent.
 */
struct path {
    const struct path *up;              /* NULL at the root */
    const struct node *root;            /* at the root only: the object's node; may be NULL */
    const char *key;                    /* NULL: an index, or the root */
    size_t index;
    bool in_map;                        /* key of a free map: printed [key], not .key */
};

#define PATH_ROOT(node) (&(struct path){.root = (node)})
#define PATH_KEY(up_, key_) (&(struct path){.up = (up_), .key = (key_)})
#define PATH_INDEX(up_, index_) (&(struct path){.up = (up_), .index = (index_)})
#define PATH_MAP_KEY(up_, key_) (&(struct path){.up = (up_), .key = (key_), .in_map = true})

enum diag_kind {
    DIAG_SYNTAX,                /* the text is no YAML that we take; no path */
    DIAG_REQUIRED,              /* Required value */
    DIAG_INVALID,               /* Invalid value */
    DIAG_INVALID_BARE,          /* Invalid value, told by the detail or not at all: a key, a secret */
    DIAG_UNSUPPORTED,           /* Unsupported value */
    DIAG_DUPLICATE,             /* Duplicate value */
    DIAG_NOT_FOUND,             /* Not found */
    DIAG_FORBIDDEN,             /* Forbidden */
    DIAG_TOO_LONG,              /* Too long */
    DIAG_TOO_MANY,              /* Too many */
    DIAG_UNKNOWN_FIELD,         /* Unknown field: strict decoding error: … did you mean …? */
    DIAG_DUPLICATE_FIELD,       /* Duplicate field: strict decoding error: … already set in line … */
    DIAG_REFUSED,               /* a field that pidlet cannot honour; the reason is the detail */
    DIAG_INTERNAL,              /* Internal error: our own trouble, such as no memory */
};

struct diag {
    enum diag_kind kind;
    const char *file;           /* owned by the diags */
    unsigned line, column;      /* 0: none */
    const char *path;           /* "" at the root */
    const char *value;          /* as Kubernetes prints it; NULL: a kind without value */
    const char *detail;         /* "" for none */
};

struct diags {
    struct arena *arena;        /* of the findings */
    struct diag *items;
    size_t count;
    size_t capacity;
    const char *file;           /* of the findings to come; owned */
    size_t dropped;             /* findings beyond DIAG_MAX */
    bool out_of_memory;         /* there were more, and memory was short */
    bool secret;                /* findings to come are about a Secret: its values are not shown */
};

enum {
    DIAG_MAX = 1000,            /* findings kept; those beyond are counted in one last line */
    DIAG_MAX_TEXT = 1024,       /* bytes of a path or a detail; what is longer ends in "…" */
};

bool diags_init(struct diags *d);               /* false: no memory */
void diags_deinit(struct diags *d);
void diags_set_file(struct diags *d, const char *name);
static inline bool diags_any(const struct diags *d)
{
    return d->count > 0 || d->out_of_memory;
}

/* The value at `at` is nobody's business. */
bool diag_is_secret(const struct diags *d, const struct path *at);

/* To see whether there are new ones. */
static inline size_t diags_total(const struct diags *d)
{
    return d->count + d->dropped;
}

/* One more finding would only be counted: what is costly to say need not be found out. */
static inline bool diags_full(const struct diags *d)
{
    return d->count >= DIAG_MAX;
}

bool diag_syntax(struct diags *d, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool diag_required(struct diags *d, const struct path *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool diag_invalid(struct diags *d, const struct path *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For every other kind; value is taken from the node where the kind has one. */
bool diag_add(struct diags *d, enum diag_kind kind, const struct path *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same where no node is known to tell the place. */
bool diag_add_at(struct diags *d, enum diag_kind kind, unsigned line, unsigned column,
                 const struct path *at, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* With a value that no node has, such as a default's: as it is to be printed. */
bool diag_add_value(struct diags *d, enum diag_kind kind, const struct path *at, const char *value,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

const char *diag_kind_words(enum diag_kind kind);       /* "Required value" … */

/* Appends the path as findings have it: "spec.containers[0].image"; nothing at the root. */
void path_format(const struct path *at, struct buf *out);

/* "FILE:LINE:COL: PATH: KIND: VALUE: DETAIL" without a newline. */
void diag_format(const struct diag *one, struct buf *out);

#endif
