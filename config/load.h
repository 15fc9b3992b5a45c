/*
 * From files to pods that are ready to run: read -> tree -> decode -> validate.
 */
#ifndef PIDLET_CONFIG_LOAD_H
#define PIDLET_CONFIG_LOAD_H

#include "config/annotations.h"
#include "config/backoff_policy.h"
#include "config/sources.h"
#include "config/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diags;
struct kind_info;
struct process_rules;
struct report;

/*
 * One pod as the author wants it: immutable, everything in one arena.  Shared
 * between the set that loaded it and the pod that runs it by reference count.
 */
struct pod_config {
    struct arena *arena;
    unsigned references;
    const char *file;                   /* as named on the command line; "-" for standard input */
    bool applied;                       /* it came by the API, and `file` means nothing */
    unsigned line;                      /* where its document begins */
    const char *name;
    const char *namespace;
    const char *uid;                    /* 32 hex digits of the content's hash unless given */
    const char *hash;                   /* the same digits always: equal hashes, equal pods */
    const struct pod_manifest *manifest;
    const struct pod_spec *spec;        /* manifest->spec */
    /* All containers: the init containers in spec order, then the others in theirs. */
    const struct container_spec **containers;
    unsigned count, init_count;
    const struct backoff_policy *backoff;   /* one a container, in that order */
    const struct process_rules *process;    /* likewise */
    const enum logs_when_full *logs_when_full;
    const enum ends_with *ends_with;
    const struct string_list *watch;        /* NULL: of a test that has none */
    const struct notify_rules *notify;
    const struct string_list *listen;
};

void pod_config_ref(struct pod_config *c);
void pod_config_unref(struct pod_config *c);    /* frees with the last; NULL is fine */

/* An object that was checked and is not run: a Deployment, a Job … */
struct not_run {
    struct not_run *next;
    const struct kind_info *kind;
    char *file;
    unsigned line;
    char *name;
};

/* All that the manifests hold. */
struct pod_config_set {
    struct pod_config **items;          /* in order of appearance */
    size_t count;
    size_t capacity;
    struct source_set sources;
    struct not_run *not_run;            /* in order of appearance */
};

/* One that somebody else holds, too: takes a reference.  False: no memory. */
bool pod_config_set_add(struct pod_config_set *set, struct pod_config *c);

void pod_config_set_deinit(struct pod_config_set *set);

enum { LOAD_MAX_BYTES = 24 * 1024 * 1024 };     /* that the objects of one text may take */

struct load_options {
    struct annotation_defaults defaults;
    bool applied;                       /* for pod_config.applied */
    struct report *report;              /* gets every object's fields; may be NULL */
    bool settings;                      /* KubeletConfiguration may stand among them: it is only checked */
};

/*
 * Adds the pods of `source`: a file, a folder (its files in order of name, none
 * that begins with a dot, no sub-folders), or "-" for standard input.  Pods of
 * equal namespace and name in one set are a finding.  Returns false when there is
 * any finding: then the set holds what was good, and nothing of it may be started.
 */
bool load_source(struct pod_config_set *set, const char *source, const struct load_options *options,
                 struct diags *diags);

/* The same for a text in memory; `name` stands in the findings. */
bool load_text(struct pod_config_set *set, const char *name, const char *text, size_t length,
               const struct load_options *options, struct diags *diags);

#endif
