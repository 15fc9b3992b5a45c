/*
 * No text of 1 MiB takes more than 64 MiB of memory, nor more than a second: the worst that
 * anybody could think of, each in a process of its own.
 *
 * Time is held by what makes it: how often texts are compared.  That counts the same on any
 * machine; a rule that compares each with all goes over it by orders of magnitude.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "client/reports.h"
#include "config/diag.h"
#include "config/load.h"
#include "config/report.h"
#include "config/tree.h"
#include "tests/lib/test.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MEMORY_MAX = 64 * 1024 * 1024,
    COMPARISONS_MAX = 30 * 1000 * 1000,
    CPU_SECONDS_MAX = 60,               /* of the slowest machine, under a sanitizer: an end, no measure */
};

static unsigned long comparisons;

int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);

int __wrap_strcmp(const char *a, const char *b)
{
    comparisons++;
    return __real_strcmp(a, b);
}

#ifdef __SANITIZE_ADDRESS__
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

static bool under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

static size_t size_max(void)
{
    return under_valgrind() ? TREE_MAX_BYTES / 32 : TREE_MAX_BYTES;
}

/* ---- one text in a process of its own ---- */

static void limit(int what, rlim_t value)
{
    if (setrlimit(what, &(struct rlimit){.rlim_cur = value, .rlim_max = value}) != 0)
        _exit(90);
}

static rlim_t data_used(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    unsigned long kib = 0;
    char line[256];

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        sscanf(line, "VmData: %lu", &kib);
    if (f != NULL)
        fclose(f);
    return (rlim_t)kib * 1024;
}

/* All that `pidlet check --report -o json` does with it; its exit status says what went wrong. */
static void check(const struct buf *text)
{
    FILE *nowhere = fopen("/dev/null", "w");
    struct pod_config_set set = {0};
    struct report report;
    struct diags diags;
    const struct load_options options = {.report = &report};

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);             /* cmocka would take a fault for its own */
    limit(RLIMIT_CPU, CPU_SECONDS_MAX);
    limit(RLIMIT_CORE, 0);
    if (!sanitized && !under_valgrind())
        limit(RLIMIT_DATA, data_used() + MEMORY_MAX);
    comparisons = 0;
    if (!diags_init(&diags) || !report_init(&report))
        _exit(91);
    load_text(&set, "m", text->data, text->length, &options, &diags);
    if (nowhere == NULL || !reports_json(&report, &diags, nowhere))
        _exit(92);
    if (diags.out_of_memory || report.out_of_memory)
        _exit(93);
    for (size_t i = 0; i < diags.count; i++) {
        if (diags.items[i].kind == DIAG_INTERNAL)
            _exit(93);
    }
    pod_config_set_deinit(&set);
    report_deinit(&report);
    diags_deinit(&diags);
    _exit(comparisons > COMPARISONS_MAX ? 94 : 0);
}

static const char *words_of(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ? "took too long" : strsignal(WTERMSIG(status));
    switch (WEXITSTATUS(status)) {
    case 93:
        return "took more than 64 MiB";
    case 94:
        return "compared too often";
    default:
        return "could not be tried";
    }
}

static void expect_in_bounds(const char *name, struct buf *text)
{
    struct rusage used;
    int status;
    pid_t pid;

    assert_false(buf_failed(text));
    assert_true(text->length <= TREE_MAX_BYTES);
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        check(text);
    assert_int_equal(wait4(pid, &status, 0, &used), pid);
    if (getenv("PIDLET_SHOW") != NULL)
        print_message("# %-28s %7zu bytes %6ld ms %6ld KiB\n", name, text->length,
                      used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000
                          + used.ru_stime.tv_sec * 1000 + used.ru_stime.tv_usec / 1000,
                      used.ru_maxrss);
    if (status != 0)
        fail_msg("%s: %s", name, words_of(status));
    buf_deinit(text);
}

/* ---- texts ---- */

#define POD "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"

/* The piece with its number at every @; false, and nothing added, when that is too much. */
static bool add_piece(struct buf *text, const char *piece, unsigned number, size_t most)
{
    const size_t before = text->length;

    for (; *piece != '\0'; piece++) {
        if (*piece == '@')
            buf_addf(text, "%u", number);
        else
            buf_addc(text, *piece);
    }
    if (text->length <= most)
        return true;
    text->length = before;
    return false;
}

struct recipe {
    const char *begin, *first, *between, *second, *end;
};

/* `count` pieces at most, numbered from 0; of two lists each has half of the text. */
static void cook(const struct recipe *r, unsigned count, struct buf *text)
{
    const size_t most = size_max() - strlen(r->end);

    buf_adds(text, r->begin);
    for (unsigned i = 0; i < count && add_piece(text, r->first, i, r->second != NULL ? most / 2 : most); i++)
        ;
    if (r->second != NULL) {
        buf_adds(text, r->between);
        for (unsigned i = 0; i < count && add_piece(text, r->second, i, most); i++)
            ;
    }
    buf_adds(text, r->end);
}

/* Values, with every alias counted as often as it is used, and keys. */
static size_t values_of(const struct node *n)
{
    size_t count = 1;

    for (size_t i = 0; n->kind == NODE_LIST && i < n->list.count; i++)
        count += values_of(n->list.items[i]);
    for (size_t i = 0; n->kind == NODE_MAP && i < n->map.count; i++)
        count += 1 + values_of(n->map.pairs[i].value);
    return count;
}

/* 0: it is refused for something else. */
static size_t values_with(const struct recipe *r, unsigned pieces)
{
    struct arena *arena = arena_new();
    struct buf text = BUF_INIT;
    struct tree tree;
    struct diags diags;
    size_t count = 0;

    assert_true(diags_init(&diags));
    cook(r, pieces, &text);
    if (tree_parse(text.data, text.length, arena, &diags, &tree)) {
        for (size_t i = 0; i < tree.count; i++)
            count += values_of(tree.documents[i]);
    }
    diags_deinit(&diags);
    buf_deinit(&text);
    arena_free(arena);
    return count;
}

/* The whole text, and, when it has more values than a text may have, as much as is taken. */
static void expect_recipe_in_bounds(const char *name, const struct recipe *r)
{
    const size_t few = values_with(r, 10), more = values_with(r, 20);
    struct buf text = BUF_INIT;

    cook(r, UINT_MAX, &text);
    expect_in_bounds(name, &text);
    if (more > few) {
        cook(r, (unsigned)((TREE_MAX_NODES - 100 - few) * 10 / (more - few)), &text);
        expect_in_bounds(name, &text);
    }
}

static void fill(const char *name, const char *begin, const char *piece, const char *end)
{
    expect_recipe_in_bounds(name, &(struct recipe){.begin = begin, .first = piece, .end = end});
}

static void fill_two(const char *name, const char *begin, const char *first, const char *between, const char *second,
                     const char *end)
{
    expect_recipe_in_bounds(name, &(struct recipe){begin, first, between, second, end});
}

TEST(keys_by_the_ten_thousand_stay_in_bounds)
{
    fill("keys", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {", "k@: x,", "}}\n");
    fill("keys at fault", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {", "-@: -,", "}}\n");
    fill("one key again and again", POD, "kind: Pod\n", "");
    fill("two keys again and again", POD "spec: {", "k@: 1,k@: 2,", "}");
    fill_two("keys at fault behind good ones", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {", "k@: x,", "",
             "-@: -,", "}}\n");
    fill("unknown fields", POD, "k@: x\n", "");
    fill("unknown fields like known ones", POD "spec: {", "terminationGracePeriodSecond@: x,", "}");
    fill("unknown fields of containers", POD "spec: {containers: [", "{terminationMessagePathTo: x,@: 1},", "]}");
    fill("keys merged into others", "a: &a {k1: 1, k2: 2, k3: 3, k4: 4}\nb: [", "{<<: *a, k@: 5},", "]");
}

TEST(merges_of_merges_stay_in_bounds)
{
    struct buf text = BUF_INIT;

    buf_adds(&text, "a: &a {");
    for (unsigned i = 0; i < 400; i++)
        buf_addf(&text, "k%u: %u,", i, i);
    buf_adds(&text, "}\nb:\n  <<: [");
    for (unsigned i = 0; i < 120; i++)
        buf_addf(&text, "%s*a", i > 0 ? "," : "");
    buf_adds(&text, "]\n");
    expect_in_bounds("a map merged 120 times", &text);
}

TEST(lists_of_objects_stay_in_bounds)
{
    fill("empty containers", POD "spec: {containers: [", "{},", "]}");
    fill("containers", POD "spec: {containers: [", "{name: c@},", "]}");
    fill("containers that are good", POD "spec: {containers: [", "{name: c@,command: [x]},", "]}");
    fill("init containers beside others", POD "spec: {containers: [{name: a, command: [x]}], initContainers: [",
         "{name: c@,command: [x]},", "]}");
    fill("containers with everything empty", POD "spec: {containers: [",
         "{livenessProbe: {},lifecycle: {},securityContext: {},resources: {}},", "]}");
    fill("ports", POD "spec: {containers: [{name: a,command: [x],ports: [", "{name: p@,containerPort: 1},", "]}]}");
    fill("variables", POD "spec: {containers: [{name: a,command: [x],env: [", "{name: p@,value: x},", "]}]}");
    fill("arguments", POD "spec: {containers: [{name: a,command: [", "x@,", "]}]}");
    fill("quantities", POD "spec: {containers: [{name: a,command: [x],resources: {limits: {", "a/k@: 1,", "}}}]}");
    fill_two("requests and limits", POD "spec: {containers: [{name: a,command: [x],resources: {limits: {", "a/k@: 1,",
             "},requests: {", "a/k@: 1,", "}}}]}");
    fill_two("volumes and their mounts", POD "spec: {volumes: [", "{name: v@,hostPath: {path: /@}},",
             "],containers: [{name: a,command: [x],volumeMounts: [", "{name: v@,mountPath: /@},", "]}]}");
    fill_two("containers and references to them", POD "spec: {containers: [", "{name: c@,command: [x]},",
             "{name: z,command: [x],env: [",
             "{name: e@,valueFrom: {resourceFieldRef: {containerName: c@,resource: limits.cpu}}},", "]}]}");
    fill_two("containers and their annotations",
             "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: {", "pidlet.dev/backoff.c@: max=1s,",
             "}\nspec: {containers: [", "{name: c@,command: [x]},", "]}");
}

TEST(many_objects_stay_in_bounds)
{
    fill("pods", "", "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p@}\nspec: {containers: [{name: a,command: [x]}]}\n",
         "");
    fill("pods of one name", "",
         "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a,command: [x]}]}\n", "");
    fill("pods in JSON", "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[",
         "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p@\"},\"spec\":{\"containers\":[{\"name\":\"a\","
         "\"command\":[\"x\"]}]}},",
         "{}]}");
    fill("pods without anything", "apiVersion: v1\nkind: List\nitems: [", "{apiVersion: v1,kind: Pod},", "]");
    fill("ConfigMaps", "", "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: p@}\n", "");
    fill("Secrets", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {", "k@: YQ==,", "}");
    fill_two("data and stringData", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {", "k@: YQ==,",
             "}\nstringData: {", "k@: x,", "}");
    fill_two("data and binaryData", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {", "k@: x,",
             "}\nbinaryData: {", "k@: YQ==,", "}");
    fill("Deployments", "apiVersion: v1\nkind: List\nitems: [",
         "{apiVersion: apps/v1,kind: Deployment,spec: {template: {}}},", "]");
    fill("CronJobs", "apiVersion: v1\nkind: List\nitems: [",
         "{apiVersion: batch/v1,kind: CronJob,spec: {jobTemplate: {spec: {template: {}}}}},", "]");
    fill("unknown kinds", "apiVersion: v1\nkind: List\nitems: [", "{apiVersion: v1,kind: K@},", "]");
    fill_two("a selector and labels",
             "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {matchLabels: {", "k@: x,",
             "}},template: {metadata: {labels: {", "k@: x,", "}}}}");
    fill("documents", "", "---\n", "");
    fill("documents of a word", "", "--- x\n", "");
}

TEST(aliases_stay_in_bounds)
{
    struct buf text = BUF_INIT;
    const size_t half = size_max() / 2;

    fill("anchors and aliases", "a: [", "&a@ x,*a@ ,", "]");
    fill_two("anchors, then aliases", "a: [", "&a@ x,", "],b: [", "*a@ ,", "]");
    fill("one anchor again and again", "a: [", "&a x,", "]");

    buf_adds(&text, POD "spec:\n  containers:\n  - name: a\n    command: [&x \"");
    while (text.length < half)
        buf_addc(&text, 'x');
    buf_addc(&text, '"');
    while (text.length < 2 * half - 10)
        buf_adds(&text, ",*x ");
    buf_adds(&text, "]\n");
    expect_in_bounds("aliases of a long text", &text);

    buf_adds(&text, POD "spec:\n  containers:\n  - name: a\n    command: [x]\n    env:\n    - {name: A, valueFrom: &v {fieldRef: "
                        "{fieldPath: \"");
    while (text.length < 4000)
        buf_addc(&text, 'x');
    buf_adds(&text, "\"}}}\n");
    for (unsigned i = 0; i < 1000; i++)
        buf_adds(&text, "    - {name: B, valueFrom: *v }\n");
    expect_in_bounds("findings of a long text", &text);

    buf_adds(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (unsigned i = 1; i < 60; i++)
        buf_addf(&text, "a%u: &a%u [*a%u ,*a%u ,*a%u ,*a%u ]\n", i, i, i - 1, i - 1, i - 1, i - 1);
    expect_in_bounds("aliases of aliases", &text);
}

TEST(depth_stays_in_bounds)
{
    fill("flow lists", "", "[", "");
    fill("flow maps", "", "{a: ", "");
    fill("flow keys", "", "{? ", "");
    fill("block lists", "", "- ", "");
    fill("block keys", "", "? ", "");
    fill("lists one in another, often", "a: [", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[@]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],", "]");
}

TEST(long_scalars_and_odd_texts_stay_in_bounds)
{
    fill("a long plain scalar", "a: ", "x", "");
    fill("a long quoted scalar", "a: \"", "x", "\"");
    fill("a long scalar of escapes", "a: \"", "\\x41", "\"");
    fill("a long scalar without an end", "a: \"", "x\n", "");
    fill("a long block scalar", "a: |\n", " x@\n", "");
    fill("a long folded scalar", "a: >\n", " x\n\n", "");
    fill("a long number", "a: ", "1", "");
    fill("a long key", "", "k", ": 1");
    fill("a long anchor", "a: &", "k", " 1");
    fill("a long comment", "", "#", "");
    fill("comments", "", "# @\n", "");
    fill("empty lines", "", "\n", "");
    fill("blanks", "", " ", "");
    fill("tabs", "", "\t", "");
    fill("carriage returns", "", "\r", "");
    fill("directives", "", "%TAG !a@! b\n", "");
    fill("directives behind other breaks", "", "%TAG !a@! b\xe2\x80\xa8", "");
    fill("reserved directives", "", "%A\n", "--- 1");
    fill("tags", "a: [", "!!str x,", "]");
    fill("commas", "[", ",", "]");
    fill("colons", "", ": ", "");
    fill("dashes", "", "-", "");
    fill("NUL bytes", "", "\\0", "");
}

TESTS(RUN(keys_by_the_ten_thousand_stay_in_bounds),
      RUN(merges_of_merges_stay_in_bounds),
      RUN(lists_of_objects_stay_in_bounds),
      RUN(many_objects_stay_in_bounds),
      RUN(aliases_stay_in_bounds),
      RUN(depth_stays_in_bounds),
      RUN(long_scalars_and_odd_texts_stay_in_bounds))
