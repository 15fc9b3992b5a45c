/* The verbs that ask the daemon, as kubectl's of the same names. */
#include "base/macros.h"
#include "client/usage.h"

#define SOCKET_ROW \
    {OPTION_SOCKET, 0, "PATH", "the daemon's socket; else $PIDLET_SOCKET, or where it is by default", VALUE_FILE, NULL}
#define NAMESPACE_ROW \
    {OPTION_NAMESPACE, 'n', "NAMESPACE", "of this namespace; default", VALUE_NAMESPACE, NULL}
#define ALL_NAMESPACES_ROW \
    {OPTION_ALL_NAMESPACES, 'A', NULL, "of all namespaces", VALUE_TEXT, NULL}
#define SELECTOR_ROW \
    {OPTION_SELECTOR, 'l', "SELECTOR", "those whose labels are so: app=web,tier!=db", VALUE_TEXT, NULL}
#define FIELD_SELECTOR_ROW \
    {OPTION_FIELD_SELECTOR, 0, "SELECTOR", "those whose fields are so: status.phase=Running", VALUE_TEXT, NULL}
#define OUTPUT_ROW \
    {OPTION_OUTPUT, 'o', "FORMAT", "wide: more columns; json, yaml: whole objects; name: KIND/NAME", VALUE_WORDS, "wide json yaml name"}
#define WATCH_ROW \
    {OPTION_WATCH, 'w', NULL, "go on, and show each change", VALUE_TEXT, NULL}
#define NO_HEADERS_ROW \
    {OPTION_NO_HEADERS, 0, NULL, "rows of a table alone", VALUE_TEXT, NULL}

static const struct option_row get_rows[] = {
    NAMESPACE_ROW,
    ALL_NAMESPACES_ROW,
    OUTPUT_ROW,
    SELECTOR_ROW,
    FIELD_SELECTOR_ROW,
    WATCH_ROW,
    NO_HEADERS_ROW,
    {OPTION_SHOW_LABELS, 0, NULL, "a column of labels", VALUE_TEXT, NULL},
    SOCKET_ROW,
};

const struct usage get_usage = {
    .verb = "get",
    .arguments = "KIND [NAME…]",
    .summary = "show objects of the running daemon, as kubectl does",
    .synopsis = "KIND[,KIND…] [NAME…] [-n NAMESPACE | -A] [-o wide|json|yaml|name]\n"
                " [-l SELECTOR] [--field-selector SELECTOR] [-w] [--no-headers] [--show-labels]",
    .about = "Shows objects of the daemon: pods, configmaps, secrets, events, namespaces, nodes; all.",
    .rows = get_rows,
    .row_count = array_count(get_rows),
    .kind = VALUE_OBJECT,
};

static const struct option_row describe_rows[] = {NAMESPACE_ROW, SOCKET_ROW};

const struct usage describe_usage = {
    .verb = "describe",
    .arguments = "KIND NAME…",
    .summary = "tell all about an object; of a pod its back-off and Events, too",
    .synopsis = "pod NAME… | pod/NAME… | secret NAME | KIND NAME [-n NAMESPACE]",
    .about = "Tells all about an object: of a pod also its back-off and what happened to it.",
    .rows = describe_rows,
    .row_count = array_count(describe_rows),
    .kind = VALUE_OBJECT,
};

static const struct option_row logs_rows[] = {
    {OPTION_CONTAINER, 'c', "CONTAINER", "of this one; without: of the pod's first", VALUE_CONTAINER, NULL},
    {OPTION_ALL_CONTAINERS, 0, NULL, "of all containers", VALUE_TEXT, NULL},
    {OPTION_FOLLOW, 'f', NULL, "go on as lines come", VALUE_TEXT, NULL},
    {OPTION_PREVIOUS, 'p', NULL, "of the run before this one", VALUE_TEXT, NULL},
    {OPTION_TAIL, 0, "N", "the last N lines; -1: all", VALUE_TEXT, NULL},
    {OPTION_SINCE, 0, "D", "no line older than 5s, 2m or 3h, say", VALUE_TEXT, NULL},
    {OPTION_SINCE_TIME, 0, "TIME", "no line older than 2026-01-31T08:00:00Z, say", VALUE_TEXT, NULL},
    {OPTION_TIMESTAMPS, 0, NULL, "each line with its time", VALUE_TEXT, NULL},
    {OPTION_LIMIT_BYTES, 0, "N", "so many bytes at most", VALUE_TEXT, NULL},
    NAMESPACE_ROW,
    SOCKET_ROW,
};

const struct usage logs_usage = {
    .verb = "logs",
    .arguments = "POD [OPTION…]",
    .summary = "print what a container has written",
    .synopsis = "POD [-c CONTAINER] [-n NAMESPACE] [-f] [-p] [--tail N] [--since D]\n"
                " [--since-time TIME] [--timestamps] [--all-containers] [--limit-bytes N]",
    .about = "Prints what a container has written; -f on and on, -p what the run before it wrote.",
    .rows = logs_rows,
    .row_count = array_count(logs_rows),
    .kind = VALUE_POD,
};

static const struct option_row events_rows[] = {
    {OPTION_FOR, 0, "pod/NAME", "of this object alone", VALUE_KIND_NAME, NULL},
    NAMESPACE_ROW,
    ALL_NAMESPACES_ROW,
    OUTPUT_ROW,
    WATCH_ROW,
    NO_HEADERS_ROW,
    SOCKET_ROW,
};

const struct usage events_usage = {
    .verb = "events",
    .arguments = "[OPTION…]",
    .summary = "show what happened to the pods of late",
    .synopsis = "[-n NAMESPACE | -A] [--for pod/NAME] [-w] [-o wide|json|yaml|name]",
    .about = "Shows what happened to the pods of late.",
    .rows = events_rows,
    .row_count = array_count(events_rows),
};

static const struct option_row apply_rows[] = {
    {OPTION_FILENAME, 'f', "FILE", "a file, or - for standard input; repeatable", VALUE_PATH, NULL},
    NAMESPACE_ROW,
    SOCKET_ROW,
};

const struct usage apply_usage = {
    .verb = "apply",
    .arguments = "-f FILE…",
    .summary = "make objects be as they are written",
    .synopsis = "-f FILE|- [-f …] [-n NAMESPACE]",
    .about = "Makes the objects of manifests be there as they are written: creates what is not there, changes what differs. "
             "What a file applied before and names no more is taken back.",
    .rows = apply_rows,
    .row_count = array_count(apply_rows),
};

static const struct option_row delete_rows[] = {
    {OPTION_FILENAME, 'f', "FILE", "the objects of a manifest; repeatable", VALUE_PATH, NULL},
    SELECTOR_ROW,
    FIELD_SELECTOR_ROW,
    {OPTION_ALL, 0, NULL, "all of the kind", VALUE_TEXT, NULL},
    {OPTION_GRACE_PERIOD, 0, "SECONDS", "instead of the pod's own; 0: kill at once", VALUE_TEXT, NULL},
    {OPTION_NOW, 0, NULL, "as --grace-period 1", VALUE_TEXT, NULL},
    {OPTION_FORCE, 0, NULL, "as --grace-period 0, unless there is one", VALUE_TEXT, NULL},
    {OPTION_IGNORE_NOT_FOUND, 0, NULL, "what is not there is no error", VALUE_TEXT, NULL},
    {OPTION_WAIT, 0, "true|false", "whether to return when they are gone, or at once", VALUE_WORDS, "true false"},
    {OPTION_TIMEOUT, 0, "D", "wait for no longer than this", VALUE_TEXT, NULL},
    NAMESPACE_ROW,
    SOCKET_ROW,
};

const struct usage delete_usage = {
    .verb = "delete",
    .arguments = "KIND NAME…",
    .summary = "delete objects, and return when they are gone",
    .synopsis = "KIND NAME… | KIND/NAME… | KIND -l SELECTOR | KIND --all | -f FILE…\n"
                " [-n NAMESPACE] [--grace-period SECONDS] [--now] [--force]\n"
                " [--ignore-not-found] [--wait=false] [--timeout D]",
    .about = "Deletes, and returns when they are gone.",
    .rows = delete_rows,
    .row_count = array_count(delete_rows),
    .kind = VALUE_OBJECT,
};

static const struct option_row wait_rows[] = {
    {OPTION_FOR, 0, "CONDITION", "condition=NAME[=STATUS], delete, or jsonpath={.PATH}=VALUE", VALUE_WORDS,
     "condition=Ready condition=Initialized condition=ContainersReady delete jsonpath="},
    {OPTION_TIMEOUT, 0, "D", "how long at most; 30s; 0: only looks, -1s: as long as it takes", VALUE_TEXT, NULL},
    NAMESPACE_ROW,
    SOCKET_ROW,
};

const struct usage wait_usage = {
    .verb = "wait",
    .arguments = "--for=COND KIND/NAME",
    .summary = "wait until something holds of an object",
    .synopsis = "--for=condition=NAME[=STATUS]|delete|jsonpath={.PATH}=VALUE KIND/NAME…\n"
                " [-n NAMESPACE] [--timeout D]",
    .about = "Waits, 30 s at most unless --timeout says otherwise, and fails when that is over.",
    .rows = wait_rows,
    .row_count = array_count(wait_rows),
    .kind = VALUE_KIND_NAME,
};

static const struct option_row top_rows[] = {
    NAMESPACE_ROW,
    ALL_NAMESPACES_ROW,
    SELECTOR_ROW,
    {OPTION_SORT_BY, 0, "ORDER", "name, or the largest first: cpu, memory, restarts", VALUE_WORDS, "name cpu memory restarts"},
    {OPTION_ONCE, 0, NULL, "a table, measured for a second; so it is where the output is no terminal", VALUE_TEXT, NULL},
    NO_HEADERS_ROW,
    SOCKET_ROW,
};

const struct usage top_usage = {
    .verb = "top",
    .arguments = "",
    .summary = "what each container uses, its restarts, and when it starts again",
    .synopsis = "[-n NAMESPACE | -A] [-l SELECTOR] [--sort-by name|cpu|memory|restarts]\n"
                " [--once] [--no-headers]",
    .about = "Shows what each container uses, how often it was restarted, and when the next start is. It goes on until q "
             "or Ctrl-C, every 2 s. CPU is in percent of one CPU, RSS the memory that all processes of the container have "
             "resident.",
    .rows = top_rows,
    .row_count = array_count(top_rows),
};

static const struct option_row restart_rows[] = {
    {OPTION_CONTAINER, 'c', "CONTAINER", "this one alone; without: the whole pod", VALUE_CONTAINER, NULL},
    NAMESPACE_ROW,
    SOCKET_ROW,
};

const struct usage restart_usage = {
    .verb = "restart",
    .arguments = "POD…",
    .summary = "stop pods gracefully and start them again at once",
    .synopsis = "POD… [-c CONTAINER] [-n NAMESPACE]",
    .about = "Stops a pod within its grace period and starts it again at once, without back-off: as if it were new, with its\n"
             "init containers. With -c one container starts anew so, and the others run on.",
    .rows = restart_rows,
    .row_count = array_count(restart_rows),
    .kind = VALUE_POD,
};

static const struct option_row backoff_rows[] = {
    {OPTION_CONTAINER, 'c', "CONTAINER", "of this one; without: of all", VALUE_CONTAINER, NULL},
    {OPTION_OUTPUT, 'o', "FORMAT", "json: for machines", VALUE_WORDS, "json"},
    NAMESPACE_ROW,
    SOCKET_ROW,
};

const struct usage backoff_usage = {
    .verb = "backoff",
    .arguments = "[show|reset|retry] POD",
    .summary = "show, forget or cut short the waits between restarts",
    .synopsis = "[show|reset|retry] POD [-c CONTAINER] [-n NAMESPACE] [-o json]",
    .about = "  show    the series, the delay that is on, when the next start is, and what resets it\n"
             "  reset   forget the series: a wait ends now, and the next restart is immediate\n"
             "  retry   a wait ends now, and the series goes on",
    .rows = backoff_rows,
    .row_count = array_count(backoff_rows),
    .kind = VALUE_POD,
    .words = "show reset retry",
};

static const struct option_row kubeconfig_rows[] = {SOCKET_ROW};

const struct usage kubeconfig_usage = {
    .verb = "kubeconfig",
    .arguments = "",
    .summary = "print a configuration by which kubectl works with the daemon",
    .synopsis = "> FILE",
    .about = "Prints a configuration by which kubectl works with this daemon, which must listen on TCP (pidlet run "
             "--listen). There is a secret in it: keep the file to yourself.",
    .rows = kubeconfig_rows,
    .row_count = array_count(kubeconfig_rows),
};
