/*
 * Which pods are stopped in which stage of a shutdown.
 */
#include "daemon/core/shutdown.h"
#include "tests/lib/test.h"

static size_t stage_of(int64_t priority, const char *class)
{
    static const struct shutdown_stage stages[] = {
        {.priority = 0}, {.priority = 10000}, {.priority = PRIORITY_CRITICAL}};
    const struct pod_spec spec = {.priority = priority, .priority_class_name = class};

    return shutdown_stage_of(stages, 3, &spec);
}

TEST(a_stage_goes_from_its_priority_to_the_next)
{
    EXPECT_INT(stage_of(0, NULL), 0);
    EXPECT_INT(stage_of(9999, NULL), 0);
    EXPECT_INT(stage_of(10000, NULL), 1);
    EXPECT_INT(stage_of(PRIORITY_CRITICAL - 1, NULL), 1);
    EXPECT_INT(stage_of(PRIORITY_CRITICAL, NULL), 2);
    EXPECT_INT(stage_of(INT32_MAX, NULL), 2);
}

TEST(who_is_below_the_first_stage_belongs_to_it)
{
    EXPECT_INT(stage_of(-5, NULL), 0);
}

TEST(the_classes_of_every_cluster_are_known)
{
    EXPECT_INT(stage_of(INT_UNSET, NULL), 0);
    EXPECT_INT(stage_of(INT_UNSET, "batch"), 0);
    EXPECT_INT(stage_of(INT_UNSET, "system-cluster-critical"), 2);
    EXPECT_INT(stage_of(INT_UNSET, "system-node-critical"), 2);
    EXPECT_INT(stage_of(5, "system-node-critical"), 0);
}

TESTS(RUN(a_stage_goes_from_its_priority_to_the_next), RUN(who_is_below_the_first_stage_belongs_to_it),
      RUN(the_classes_of_every_cluster_are_known))
