/*
 * The options that the verbs of the API share.
 */
#ifndef PIDLET_CLIENT_OPTIONS_H
#define PIDLET_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct kind_name;
struct remote;

struct api_options {
    const char *usage;                  /* printed by -h */
    const char *allowed;                /* the letters below that this verb has */
    const char *socket;                 /* --socket, all verbs */
    const char *namespace;              /* n: "default" */
    bool all_namespaces;                /* A */
    const char *output;                 /* o: NULL: none */
    const char *labels, *fields;        /* l, F: selectors; NULL: none */
    bool watch;                         /* w */
    bool no_headers;                    /* H */
    bool show_labels;                   /* L */
    const char **files;                 /* f */
    unsigned file_count;
    bool follow;                        /* W: --follow, -f */
    bool previous, timestamps, all_containers;  /* p t a */
    int64_t tail, limit_bytes;          /* T B: -1: all */
    const char *since, *since_time;     /* S: NULL */
    const char *container;              /* c: NULL */
    int64_t grace;                      /* g: -1: the pod's own */
    bool force, no_wait, ignore_not_found, all; /* x N i q */
    const char *condition;              /* C: --for */
    const char *timeout;                /* O */
    const char *about;                  /* b: --for of events */
    const char **arguments;             /* what is no option */
    unsigned argument_count;
};

/* Fills *o; -1: go on, else an exit status. */
int api_options_parse(struct api_options *o, const char *verb, int argc, char **argv);
void api_options_deinit(struct api_options *o);

/*
 * The resource that arguments[0] names, and the names after it ("pod web db", "pod/web db"),
 * or NULL, said why.  *first: the index of the first name; with "pod/web" *name is it.
 */
const struct kind_name *api_options_kind(const struct api_options *o, const char *verb, unsigned index,
                                         const char **name);

#endif
