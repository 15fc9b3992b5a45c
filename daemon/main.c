/*
 * pidlet: a kubelet for plain processes.  The verbs, and nothing else.
 */
#include "base/buf.h"
#include "base/fd.h"
#include "base/macros.h"
#include "client/api_verbs.h"
#include "client/check.h"
#include "client/complete.h"
#include "client/explain.h"
#include "client/schema.h"
#include "client/simulate.h"
#include "client/usage.h"
#include "client/verb.h"
#include "config/guess.h"
#include "daemon/machine.h"
#include "daemon/run.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int help_verb(int argc, char **argv);
static int version_verb(int argc, char **argv);

static const struct verb verbs[] = {
#define VERB(name) {&name##_usage, name##_verb},
#include "client/verbs.def"
#undef VERB
};

static bool print_list(FILE *out)
{
    struct buf list = BUF_INIT;
    bool ok;

    usage_list(&list);
    fputs(buf_text(&list), out);
    ok = !buf_failed(&list);
    buf_deinit(&list);
    return ok;
}

static const struct verb *verb_called(const char *name)
{
    for (size_t i = 0; i < array_count(verbs); i++) {
        if (strcmp(verbs[i].usage->verb, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

/* `pidlet help VERB` is `pidlet VERB --help`. */
static int help_verb(int argc, char **argv)
{
    static char help[] = "--help";
    const struct verb *verb;
    int status;

    usage_next(&help_usage, argc, argv, &status);
    if (status >= 0)
        return status;
    if (optind == argc)
        return print_list(stdout) && verb_printed("help") ? EXIT_OK : EXIT_WORK;
    verb = verb_called(argv[optind]);
    if (verb == NULL)
        return verb_usage_error("help", "unknown verb: %s", argv[optind]);
    optind = 0;                         /* getopt(3): starts over */
    return verb->run(2, (char *[]){argv[argc - 1], help, NULL});
}

static int version_verb(int argc, char **argv)
{
    int status;

    usage_next(&version_usage, argc, argv, &status);
    if (status >= 0)
        return status;
    if (optind < argc)
        return verb_usage_error("version", "unexpected argument: %s", argv[optind]);
    puts("pidlet " PIDLET_VERSION);
    return verb_printed("version") ? EXIT_OK : EXIT_WORK;
}

static int unknown_verb(const char *name)
{
    struct guess guess = guess_init(name);

    for (size_t i = 0; i < array_count(verbs); i++)
        guess_try(&guess, verbs[i].usage->verb);
    fprintf(stderr, "pidlet: unknown verb: %s", name);
    if (guess.best != NULL)
        fprintf(stderr, ": did you mean \"%s\"?", guess.best);
    fputs("\nTry 'pidlet --help'.\n", stderr);
    return EXIT_USAGE;
}

static int do_verb(int argc, char **argv)
{
    const struct verb *verb;
    const char *name = argv[1];

    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0)
        name = "help";
    else if (strcmp(name, "-V") == 0 || strcmp(name, "--version") == 0)
        name = "version";
    if (strcmp(name, "__complete") == 0)        /* no verb for people */
        return complete_verb(argc - 1, argv + 1);
    verb = verb_called(name);
    if (verb != NULL)
        return verb->run(argc - 1, argv + 1);
    return unknown_verb(name);
}

int main(int argc, char **argv)
{
    int status = EXIT_USAGE;

    fd_claim_stdio();
    if (argc >= 2)
        status = do_verb(argc, argv);
    else
        print_list(stderr);
    machine_leave(status);
    return status;
}
