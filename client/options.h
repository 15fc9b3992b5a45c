/*
 * The options that the verbs of the API share.
 */
#ifndef PIDLET_CLIENT_OPTIONS_H
#define PIDLET_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct kind_name;
struct remote;
struct usage;

struct api_options {
    const struct usage *usage;          /* the verb's own; what it lacks below stays as it is */
    const char *socket;
    const char *namespace;              /* "default" */
    bool all_namespaces;
    const char *output;                 /* NULL: none */
    const char *labels, *fields;        /* selectors; NULL: none */
    bool watch;
    bool no_headers;
    bool show_labels;
    const char **files;
    unsigned file_count;
    bool follow;
    bool previous, timestamps, all_containers;
    int64_t tail, limit_bytes;          /* -1: all */
    const char *since, *since_time;     /* NULL: not given */
    const char *container;              /* NULL: not given */
    int64_t grace;                      /* -1: the pod's own */
    bool force, no_wait, ignore_not_found, all;
    const char *condition;              /* --for */
    const char *timeout;
    bool once;
    const char *order;                  /* --sort-by; NULL: not given */
    const char **arguments;             /* what is no option */
    unsigned argument_count;
};

/* Fills *o, of which the caller has set `usage`; -1: go on, else an exit status. */
int api_options_parse(struct api_options *o, int argc, char **argv);
void api_options_deinit(struct api_options *o);

/*
 * The resource that arguments[0] names, and the names after it ("pod web db", "pod/web db"),
 * or NULL, said why.  *first: the index of the first name; with "pod/web" *name is it.
 */
const struct kind_name *api_options_kind(const struct api_options *o, const char *verb, unsigned index,
                                         const char **name);

#endif
