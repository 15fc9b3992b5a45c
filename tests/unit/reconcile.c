#include "config/load.h"
#include "daemon/core/reconcile.h"
#include "tests/lib/test.h"

#define POD(ns, n, h) (&(struct pod_config){.namespace = (ns), .name = (n), .hash = (h)})

static void expect(enum reconcile_action wanted, const struct reconcile_step *step)
{
    EXPECT_INT(step->action, wanted);
}

TEST(only_the_difference_is_touched)
{
    const struct reconcile_current current[] = {
        {.config = POD("a", "changed", "1")},
        {.config = POD("a", "gone", "1")},
        {.config = POD("a", "same", "1")},
        {.config = POD("b", "same", "1")},
    };
    struct pod_config *const wanted[] = {
        POD("a", "changed", "2"), POD("a", "new", "1"), POD("a", "same", "1"), POD("b", "same", "1"),
    };
    struct reconcile_step steps[8];

    EXPECT_INT(reconcile(current, 4, wanted, 4, steps), 5);
    expect(RECONCILE_REPLACE, &steps[0]);
    expect(RECONCILE_STOP, &steps[1]);
    EXPECT_INT(steps[1].current, 1);
    expect(RECONCILE_START, &steps[2]);
    EXPECT_INT(steps[2].wanted, 1);
    expect(RECONCILE_KEEP, &steps[3]);
    expect(RECONCILE_KEEP, &steps[4]);
    EXPECT_INT(steps[4].current, 3);
}

TEST(a_pod_on_its_way_out_is_followed_by_the_wanted_one)
{
    const struct reconcile_current current[] = {{.config = POD("a", "x", "1"), .deleting = true}};
    struct pod_config *const wanted[] = {POD("a", "x", "1")};
    struct reconcile_step steps[2];

    EXPECT_INT(reconcile(current, 1, wanted, 1, steps), 1);
    expect(RECONCILE_FOLLOW, &steps[0]);
}

TEST(names_are_told_apart_by_their_namespace)
{
    const struct reconcile_current current[] = {{.config = POD("a", "x", "1")}};
    struct pod_config *const wanted[] = {POD("b", "x", "1")};
    struct reconcile_step steps[2];

    EXPECT_INT(reconcile(current, 1, wanted, 1, steps), 2);
    expect(RECONCILE_STOP, &steps[0]);
    expect(RECONCILE_START, &steps[1]);
}

TEST(pods_that_come_after_all_that_is_wanted_are_stopped)
{
    const struct reconcile_current current[] = {{.config = POD("a", "x", "1")}, {.config = POD("b", "x", "1")}};
    struct pod_config *const wanted[] = {POD("a", "x", "1")};
    struct reconcile_step steps[3];

    EXPECT_INT(reconcile(current, 2, wanted, 1, steps), 2);
    expect(RECONCILE_KEEP, &steps[0]);
    expect(RECONCILE_STOP, &steps[1]);
    EXPECT_INT(steps[1].current, 1);
}

TESTS(RUN(only_the_difference_is_touched),
      RUN(a_pod_on_its_way_out_is_followed_by_the_wanted_one),
      RUN(names_are_told_apart_by_their_namespace),
      RUN(pods_that_come_after_all_that_is_wanted_are_stopped))
