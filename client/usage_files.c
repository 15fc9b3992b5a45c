/* The verbs that need no daemon. */
#include "base/macros.h"
#include "client/usage.h"

static const struct option_row check_rows[] = {
    {OPTION_FILENAME, 'f', "FILE", "a file, a folder of files, or - for standard input; repeatable", VALUE_PATH, NULL},
    {OPTION_REPORT, 'r', NULL, "list every field with what pidlet does with it, and why", VALUE_TEXT, NULL},
    {OPTION_STRICT, 0, NULL, "a field that is ignored counts as an error", VALUE_TEXT, NULL},
    {OPTION_OUTPUT, 'o', "FORMAT", "text, or json: findings and fields as one JSON object", VALUE_WORDS, "text json"},
    {OPTION_QUIET, 'q', NULL, "findings only", VALUE_TEXT, NULL},
};

const struct usage check_usage = {
    .verb = "check",
    .arguments = "FILE…",
    .summary = "say what is wrong in manifests, and what is done with each field",
    .synopsis = "[-f] FILE|DIR|-… [--report] [--strict] [-o json]",
    .about = "Reads manifests, YAML or JSON, and says all that is wrong in them, as FILE:LINE:COLUMN: PATH: KIND: DETAIL, "
             "and how much of each file is honoured. Nothing is started.",
    .rows = check_rows,
    .row_count = array_count(check_rows),
    .end = "Exit status: 0 no errors; 2 wrong usage; 3 the manifests have errors.",
    .kind = VALUE_PATH,
};

static const struct option_row simulate_rows[] = {
    {OPTION_FILENAME, 'f', "FILE", "a file, a folder of files, or - for standard input; repeatable", VALUE_PATH, NULL},
    {OPTION_CONTAINER, 'c', "NAME",
     "the container that the faults are for, NAME or POD/NAME; without, the first one of each pod. All others run for "
     "ever; init containers run for a second and succeed", VALUE_TEXT, NULL},
    {OPTION_RUNS, 0, "D[:CODE],…",
     "length and exit code (default 1) of each run in turn, the last one repeating; D in seconds or as 1m30s, or never",
     VALUE_TEXT, NULL},
    {OPTION_KILL_EVERY, 0, "D", "SIGKILL so long after each start", VALUE_TEXT, NULL},
    {OPTION_HANG_AFTER, 0, "D", "so long after each start it hangs: probes time out, SIGTERM is not heard", VALUE_TEXT, NULL},
    {OPTION_READY_AFTER, 0, "D", "its probes fail until so long after each start", VALUE_TEXT, NULL},
    {OPTION_FOR, 0, "D", "how long to look; without, until the longest wait has come twice, at most 1h0m0s", VALUE_TEXT, NULL},
    {OPTION_SEED, 0, "N", "of the back-off's jitter; 1", VALUE_TEXT, NULL},
    {OPTION_SCENARIO, 0, "FILE", "faults as a file tells them, see docs/simulate.md", VALUE_FILE, NULL},
    {OPTION_OUTPUT, 'o', "FORMAT", "text: a table, a summary and advice; json: one event a line; svg: a time line",
     VALUE_WORDS, "text json svg"},
    {OPTION_COMPARE, 0, NULL,
     "the same runs under kubelet, kubelet-reduced, systemd, Docker, Pebble and supervisord; with -o text or json",
     VALUE_TEXT, NULL},
};

const struct usage simulate_usage = {
    .verb = "simulate",
    .arguments = "-f FILE [OPTION…]",
    .summary = "run pods in virtual time: see what back-off will do before it does",
    .synopsis = "-f FILE [--container NAME] [--runs D[:CODE],…] [--kill-every D]\n"
                " [--hang-after D] [--ready-after D] [--for D] [--seed N]\n"
                " [--scenario FILE] [-o text|json|svg] [--compare]",
    .about = "Runs the pods of the manifests in virtual time: what the back-off will do, before it does. The daemon's own "
             "decisions, with made-up processes; nothing is started.",
    .rows = simulate_rows,
    .row_count = array_count(simulate_rows),
    .end = "Without a fault nothing fails. Exit status: 0 simulated; 1 the simulation broke off; 2 wrong usage; 3 the "
           "manifests or the scenario have errors.",
};

static const struct option_row explain_rows[] = {
    {OPTION_RECURSIVE, 'R', NULL, "list the fields of fields, a line each", VALUE_TEXT, NULL},
    {OPTION_MAX_DEPTH, 0, "N", "so many levels of them; 0: all", VALUE_TEXT, NULL},
    {OPTION_API_VERSION, 0, "VERSION", "such as apps/v1", VALUE_TEXT, NULL},
};

const struct usage explain_usage = {
    .verb = "explain",
    .arguments = "TYPE[.FIELD…]",
    .summary = "say what a field is, its values, and what pidlet does with it",
    .synopsis = "TYPE[.FIELD…] [--recursive [--max-depth N]] [--api-version VERSION]",
    .about = "Says what a kind or a field of a manifest is: its type, whether it must be given, its values and default, and "
             "whether pidlet honours, ignores or refuses it, and why.\n"
             "\n"
             "  pidlet explain pod                            short names (po, deploy, sts …) will do\n"
             "  pidlet explain pod.spec.containers.livenessProbe\n"
             "  pidlet explain deploy.spec.template --recursive --max-depth 2\n"
             "  pidlet explain pidlet.dev/backoff             an annotation of pidlet's own",
    .rows = explain_rows,
    .row_count = array_count(explain_rows),
    .end = "Exit status: 0 explained; 1 there is no such type or field; 2 wrong usage.",
    .kind = VALUE_TYPE,
};

static const struct option_row schema_rows[] = {
    {OPTION_OUTPUT, 'o', "FORMAT", "one of these", VALUE_WORDS, "json-schema openapi markdown"},
};

const struct usage schema_usage = {
    .verb = "schema",
    .arguments = "[KIND] [-o FORMAT]",
    .summary = "print what manifests may hold: for editors, as OpenAPI",
    .synopsis = "[KIND] [-o json-schema|openapi|markdown]",
    .about = "Prints what manifests may hold, made from the table that pidlet itself reads them by:\n"
             "\n"
             "  json-schema  a JSON Schema (draft-07), for editors and validators; with KIND, of\n"
             "               objects of that kind alone (the default)\n"
             "  openapi      an OpenAPI v3 document, with what is done with each field (x-pidlet)\n"
             "  markdown     the reference page, docs/fields.md",
    .rows = schema_rows,
    .row_count = array_count(schema_rows),
    .end = "An editor with a YAML language server takes it by a first line of the manifest:\n"
           "\n"
           "  # yaml-language-server: $schema=pidlet.json",
    .kind = VALUE_KIND,
};

const struct usage version_usage = {
    .verb = "version",
    .arguments = "",
    .summary = "print the version",
    .synopsis = "",
};

const struct usage help_usage = {
    .verb = "help",
    .arguments = "[VERB]",
    .summary = "print this, or what a verb's --help prints",
    .synopsis = "[VERB]",
    .kind = VALUE_VERB,
};
