/*
 * pidlet: a kubelet for plain processes.  The verbs, and nothing else.
 */
#include "base/fd.h"
#include "client/api_verbs.h"
#include "client/check.h"
#include "client/explain.h"
#include "client/schema.h"
#include "client/simulate.h"
#include "client/verb.h"
#include "daemon/run.h"

#include <stdio.h>
#include <string.h>

static int help(int argc, char **argv);
static int version(int argc, char **argv);

static const struct verb verbs[] = {
    {"run", "-f FILE|DIR|- [-f …]", "supervise the pods of manifests, in the foreground", run_verb},
    {"check", "FILE…", "say what is wrong in manifests, and what is done with each field", check_verb},
    {"simulate", "-f FILE [OPTION…]", "run pods in virtual time: see what back-off will do before it does", simulate_verb},
    {"explain", "TYPE[.FIELD…]", "say what a field is, its values, and what pidlet does with it", explain_verb},
    {"schema", "[KIND] [-o FORMAT]", "print what manifests may hold: for editors, as OpenAPI", schema_verb},
#if PIDLET_API
    {"get", "KIND [NAME…]", "show objects of the running daemon, as kubectl does", get_verb},
    {"describe", "KIND NAME…", "tell all about an object; of a pod its back-off and Events, too", describe_verb},
    {"logs", "POD [OPTION…]", "print what a container has written", logs_verb},
    {"events", "[OPTION…]", "show what happened to the pods of late", events_verb},
    {"apply", "-f FILE…", "make objects be as they are written", apply_verb},
    {"delete", "KIND NAME…", "delete objects, and return when they are gone", delete_verb},
    {"wait", "--for=COND KIND/NAME", "wait until something holds of an object", wait_verb},
    {"restart", "POD…", "stop pods gracefully and start them again at once", restart_verb},
    {"backoff", "[show|reset|retry] POD", "show, forget or cut short the waits between restarts", backoff_verb},
    {"kubeconfig", "", "print a configuration by which kubectl works with the daemon", kubeconfig_verb},
#endif
    {"version", "", "print the version", version},
    {"help", "", "print this", help},
};

enum { VERBS = sizeof verbs / sizeof *verbs };

static void usage(FILE *out)
{
    fputs("pidlet: a kubelet for plain processes\n\nusage:\n", out);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(out, "  pidlet %-10s %-22s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].summary);
    fputs("\n'pidlet VERB --help' tells more.\n", out);
}

static int help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    usage(stdout);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
}

static int version(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-h") != 0 && strcmp(argv[1], "--help") != 0)
        return verb_usage_error("version", "unexpected argument: %s", argv[1]);
    puts(argc > 1 ? "usage: pidlet version" : "pidlet " PIDLET_VERSION);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_WORK;
}

int main(int argc, char **argv)
{
    const char *name;

    fd_claim_stdio();
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    name = argv[1];
    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0)
        name = "help";
    else if (strcmp(name, "-V") == 0 || strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "pidlet: unknown verb: %s\n", name);
    usage(stderr);
    return EXIT_USAGE;
}
