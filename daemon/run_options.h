/*
 * The command line of `pidlet run`, and what the settings add to it.
 */
#ifndef PIDLET_DAEMON_RUN_OPTIONS_H
#define PIDLET_DAEMON_RUN_OPTIONS_H

#include "base/buf.h"
#include "config/chaos_plan.h"
#include "daemon/command_pod.h"
#include "daemon/configuration.h"
#include "daemon/essential.h"
#include "daemon/manifests.h"
#include "daemon/serve.h"
#include "daemon/runtime/crilog.h"
#include "daemon/runtime/eventlog.h"

#include <stdbool.h>

struct run_options {
    struct manifest_options manifests;
    const char *config;                 /* file of settings; NULL: the one in its place */
    const struct settings *settings;
    char *manifests_folder;             /* the watched one, absolute; owned; NULL: none */
    struct crilog_rules logs;           /* the root by --log-dir, else by the settings */
    struct buf log_place;               /* for the API's readers, when nothing else says where */
    struct serve_options serve;
    bool ready_with_pods;               /* systemd is told READY when every pod is */
    bool require_limits;                /* no container without the limits that it asks for */
    const char *essential_name;         /* "[POD/]CONTAINER"; NULL: none */
    struct essential essential;
    struct buf watch;                   /* paths, commas between; empty: none */
    bool init;                          /* a command as an init would run it; see signals.h */
    bool raw;                           /* init: it has pidlet's own standard streams */
    bool quiet;                         /* no containers' lines on the terminal */
    struct event_limits events;
    bool chaos;
    struct chaos_plan chaos_plan;       /* when chaos */
    struct command_options command;
    struct configuration configuration;
    struct buf text;                    /* the manifest of a command, or the path of a folder */
};

/* Reads both; an exit status, or -1: go on.  Deinit in either case. */
int run_options_read(struct run_options *o, int argc, char **argv);
void run_options_deinit(struct run_options *o);

#endif
