/*
 * Random pods under random faults: whatever befalls a pod, the core keeps its
 * promises (model.h) and those that the simulator itself holds it to.
 *
 *     properties                      as many schedules as PIDLET_SCHEDULES says
 *     properties --seeds FROM COUNT   these: the nightly run
 *     properties --show SEED          one, with its manifest and its trace
 */
#include "base/buf.h"
#include "tests/lib/test.h"
#include "tests/properties/dice.h"
#include "tests/properties/run.h"
#include "tests/properties/shrink.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEDULES_A_POD = 10, STEPS = 300 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SCHEDULES "10000"
#else
#define SCHEDULES "100000"
#endif

static void make_plan(struct plan *p, uint64_t seed)
{
    struct dice pod = dice_of(seed / SCHEDULES_A_POD), faults = dice_of(~seed);

    plan_pod(p, &pod);
    plan_faults(p, &faults);
}

static void print_result(uint64_t seed, const struct run_result *result)
{
    if (result->container == NO_CONTAINER)
        fprintf(stderr, "# seed %llu: at %lld ms: %s\n", (unsigned long long)seed,
                (long long)result->at, result->broken);
    else
        fprintf(stderr, "# seed %llu: at %lld ms, c%d: %s\n", (unsigned long long)seed,
                (long long)result->at, result->container, result->broken);
}

/* A plan's failure, and the shortest story that fails in the same way. */
static void print_story(struct plan *p, uint64_t seed, const struct run_options *options)
{
    struct buf text = BUF_INIT, trace = BUF_INIT;
    struct run_options traced = *options;
    struct run_result result;

    traced.trace = &trace;
    result = shrink(p, seed, &traced);
    if (result.broken == NULL)
        return;
    print_result(seed, &result);
    plan_write_pod(p, &text);
    plan_write_scenario(p, seed, &text);
    fprintf(stderr, "%s%s", buf_text(&text), buf_text(&trace));
    buf_deinit(&text);
    buf_deinit(&trace);
}

static void print_failure(uint64_t seed, const struct run_options *options)
{
    struct plan p;

    make_plan(&p, seed);
    print_story(&p, seed, options);
}

/* Returns how many failed. */
static unsigned run_seeds(uint64_t from, uint64_t count, unsigned long *steps)
{
    const struct run_options options = {.steps = STEPS};
    struct pod_config_set set = {0};
    unsigned failed = 0;

    for (uint64_t seed = from; seed < from + count && failed < 3; seed++) {
        struct run_result result;
        struct plan p;

        make_plan(&p, seed);
        if (seed == from || seed % SCHEDULES_A_POD == 0) {
            pod_config_set_deinit(&set);
            run_load(&set, &p);
        }
        result = run_plan(set.items[0], &p, seed, &options);
        *steps += result.steps;
        if (result.broken != NULL) {
            failed++;
            print_failure(seed, &options);
        }
    }
    pod_config_set_deinit(&set);
    return failed;
}

static uint64_t wanted_schedules(void)
{
    const char *text = getenv("PIDLET_SCHEDULES");

    return strtoull(text != NULL ? text : SCHEDULES, NULL, 10);
}

TEST(whatever_befalls_a_pod_the_core_keeps_its_promises)
{
    unsigned long steps = 0;
    uint64_t count = wanted_schedules();
    unsigned failed = run_seeds(0, count, &steps);

    printf("# seeds 0 to %llu, %lu steps\n", (unsigned long long)count - 1, steps);
    EXPECT_INT(failed, 0);
}

static struct run_result run_seed(uint64_t seed, struct buf *trace)
{
    const struct run_options options = {.steps = STEPS, .trace = trace};
    struct pod_config_set set;
    struct run_result result;
    struct plan p;

    make_plan(&p, seed);
    run_load(&set, &p);
    result = run_plan(set.items[0], &p, seed, &options);
    pod_config_set_deinit(&set);
    return result;
}

/* Issue 4's own: with everything in use, each step of an hour held to all that is promised. */
TEST(a_pod_that_uses_everything_keeps_its_promises_for_an_hour)
{
    const struct run_options options = {.steps = ULONG_MAX};
    const uint64_t count = wanted_schedules() / 50;
    unsigned long steps = 0;

    for (uint64_t seed = 0; seed < count; seed++) {
        struct dice dice = dice_of(seed);
        struct pod_config_set set;
        struct run_result result;
        struct plan p;

        plan_everything(&p, &dice);
        run_load(&set, &p);
        result = run_plan(set.items[0], &p, seed, &options);
        pod_config_set_deinit(&set);
        steps += result.steps;
        if (result.broken == NULL)
            continue;
        dice = dice_of(seed);
        plan_everything(&p, &dice);
        print_story(&p, seed, &options);
        fail_msg("seed %llu: %s", (unsigned long long)seed, result.broken);
    }
    printf("# %llu pods, %lu steps\n", (unsigned long long)count, steps);
}

TEST(equal_seeds_make_equal_traces)
{
    uint64_t count = wanted_schedules() / 100 + 1;

    for (uint64_t seed = 0; seed < count; seed++) {
        struct buf first = BUF_INIT, second = BUF_INIT;

        run_seed(seed, &first);
        run_seed(seed, &second);
        EXPECT(buf_text(&first)[0] != '\0');
        EXPECT_STR(buf_text(&first), buf_text(&second));
        buf_deinit(&first);
        buf_deinit(&second);
    }
}

/* ---- the shrinker, with rules that are wrong ---- */

static const char *nothing_is_ever_killed(const struct model *m, const struct action *action)
{
    (void)m;
    return action->kind == DO_KILL ? "nothing is ever killed" : NULL;
}

static const char *no_liveness_probe_ever_fails(const struct model *m, const struct action *action)
{
    (void)m;
    /* The simulator's attempts have no text; what a process has not told in time has one. */
    return action->kind == DO_NOTE && action->note.kind == NOTE_UNHEALTHY
                   && action->note.slot == SLOT_LIVENESS && action->note.text == NULL
               ? "no liveness probe ever fails"
               : NULL;
}

static const char *no_wait_is_longer_than_10_s(const struct model *m, const struct action *action)
{
    (void)m;
    return action->kind == DO_NOTE && action->note.kind == NOTE_BACKOFF
                   && action->note.delay > 10 * MONO_SECOND
               ? "no wait is longer than 10 s"
               : NULL;
}

/* Lines of a story, manifest included, with at most two containers. */
enum { SHORT = 30 };

static unsigned line_count(const char *text)
{
    unsigned count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* Shrinks the first `enough` plans that break the rule; each must become short. */
static void shrink_some(run_rule_fn *rule, unsigned enough, struct buf *story)
{
    const struct run_options options = {.steps = STEPS, .rule = rule};

    for (uint64_t seed = 0; enough > 0; seed++) {
        struct run_result result;
        struct plan p;

        make_plan(&p, seed);
        result = shrink(&p, seed, &options);
        if (result.broken == NULL)
            continue;
        enough--;
        buf_clear(story);
        plan_write_pod(&p, story);
        plan_write_scenario(&p, seed, story);
        if (line_count(buf_text(story)) > SHORT || strstr(buf_text(story), "back-off") != NULL)
            fail_msg("not short: %s", buf_text(story));
    }
}

TEST(a_failing_schedule_shrinks_to_the_fault_that_matters)
{
    struct buf story = BUF_INIT;

    shrink_some(nothing_is_ever_killed, 20, &story);
    EXPECT(strstr(buf_text(&story), "Probe") == NULL);
    buf_deinit(&story);
}

TEST(a_failing_schedule_shrinks_to_the_probe_that_matters)
{
    struct buf story = BUF_INIT;

    shrink_some(no_liveness_probe_ever_fails, 20, &story);
    EXPECT(strstr(buf_text(&story), "livenessProbe: {exec: {command: [probe]}, periodSeconds: 1, "
                                    "failureThreshold: 1}\n") != NULL);
    EXPECT(strstr(buf_text(&story), "readinessProbe") == NULL);
    EXPECT(strstr(buf_text(&story), "at ") == NULL);
    buf_deinit(&story);
}

TEST(a_failing_schedule_shrinks_to_the_runs_that_matter)
{
    struct buf story = BUF_INIT;

    shrink_some(no_wait_is_longer_than_10_s, 20, &story);
    EXPECT(strstr(buf_text(&story), "Probe") == NULL);
    EXPECT(strstr(buf_text(&story), "lifecycle") == NULL);
    EXPECT(strstr(buf_text(&story), "at ") == NULL);
    buf_deinit(&story);
}

static int show(uint64_t seed)
{
    struct buf text = BUF_INIT, trace = BUF_INIT;
    struct run_result result = run_seed(seed, &trace);
    struct plan p;

    make_plan(&p, seed);
    plan_write_pod(&p, &text);
    plan_write_scenario(&p, seed, &text);
    printf("%s\n%s", buf_text(&text), buf_text(&trace));
    fflush(stdout);
    if (result.broken != NULL)
        print_failure(seed, &(struct run_options){.steps = STEPS});
    buf_deinit(&text);
    buf_deinit(&trace);
    return result.broken != NULL;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        RUN(whatever_befalls_a_pod_the_core_keeps_its_promises),
        RUN(a_pod_that_uses_everything_keeps_its_promises_for_an_hour),
        RUN(equal_seeds_make_equal_traces),
        RUN(a_failing_schedule_shrinks_to_the_fault_that_matters),
        RUN(a_failing_schedule_shrinks_to_the_probe_that_matters),
        RUN(a_failing_schedule_shrinks_to_the_runs_that_matter),
    };

    if (argc == 3 && strcmp(argv[1], "--show") == 0)
        return show(strtoull(argv[2], NULL, 10));
    if (argc == 4 && strcmp(argv[1], "--seeds") == 0) {
        unsigned long steps = 0;
        unsigned failed = run_seeds(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), &steps);

        printf("%u failed, %lu steps\n", failed, steps);
        return failed != 0;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
