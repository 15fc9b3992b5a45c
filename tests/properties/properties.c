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

static void print_failure(uint64_t seed, const struct run_result *result)
{
    if (result->container == NO_CONTAINER)
        fprintf(stderr, "# seed %llu: at %lld ms: %s\n", (unsigned long long)seed,
                (long long)result->at, result->broken);
    else
        fprintf(stderr, "# seed %llu: at %lld ms, c%d: %s\n", (unsigned long long)seed,
                (long long)result->at, result->container, result->broken);
}

/* Returns how many failed. */
static unsigned run_seeds(uint64_t from, uint64_t count, unsigned long *steps)
{
    const struct run_options options = {.steps = STEPS};
    struct pod_config_set set = {0};
    unsigned failed = 0;

    for (uint64_t seed = from; seed < from + count && failed < 10; seed++) {
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
            print_failure(seed, &result);
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

static int show(uint64_t seed)
{
    struct buf text = BUF_INIT, trace = BUF_INIT;
    struct run_result result = run_seed(seed, &trace);
    struct plan p;

    make_plan(&p, seed);
    plan_write_pod(&p, &text);
    printf("%s\n%s", buf_text(&text), buf_text(&trace));
    fflush(stdout);
    if (result.broken != NULL)
        print_failure(seed, &result);
    buf_deinit(&text);
    buf_deinit(&trace);
    return result.broken != NULL;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        RUN(whatever_befalls_a_pod_the_core_keeps_its_promises),
        RUN(equal_seeds_make_equal_traces),
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
