/* The environment under construction, without processes. */
#include "tests/lib/test.h"

#include "base/arena.h"
#include "daemon/runtime/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct variables make(struct arena *a, size_t most)
{
    struct variables v;

    EXPECT(variables_init(&v, a, most));
    return v;
}

TEST(a_name_keeps_its_place_and_takes_the_newest_value)
{
    struct arena *a = arena_new();
    struct variables v = make(a, 3);
    char **vector;

    variables_set(&v, (char[]){"A=1"});
    variables_set(&v, (char[]){"AB=2"});
    variables_set(&v, (char[]){"A=3"});
    EXPECT_STR(variables_get(&v, "A", 1), "3");
    EXPECT_STR(variables_get(&v, "AB", 2), "2");
    EXPECT(variables_get(&v, "B", 1) == NULL);
    vector = variables_end(&v);
    EXPECT_STR(vector[0], "A=3");
    EXPECT_STR(vector[1], "AB=2");
    EXPECT(vector[2] == NULL);
    arena_free(a);
}

TEST(a_dropped_name_is_gone_and_may_come_again)
{
    struct arena *a = arena_new();
    struct variables v = make(a, 3);
    char **vector;

    variables_set(&v, (char[]){"A=1"});
    variables_set(&v, (char[]){"B=2"});
    variables_drop(&v, "A");
    variables_drop(&v, "NOTHING");
    EXPECT(variables_get(&v, "A", 1) == NULL);
    variables_set(&v, (char[]){"A=3"});
    EXPECT_STR(variables_get(&v, "A", 1), "3");
    vector = variables_end(&v);
    EXPECT_STR(vector[0], "B=2");
    EXPECT_STR(vector[1], "A=3");
    EXPECT(vector[2] == NULL);
    arena_free(a);
}

TEST(what_was_inherited_twice_stays_and_the_first_is_found)
{
    struct arena *a = arena_new();
    struct variables v = make(a, 3);
    char **vector;

    variables_add(&v, (char[]){"A=1"});
    variables_add(&v, (char[]){"A=2"});
    variables_add(&v, (char[]){"no equals sign"});
    EXPECT_STR(variables_get(&v, "A", 1), "1");
    vector = variables_end(&v);
    EXPECT_STR(vector[1], "A=2");
    EXPECT_STR(vector[2], "no equals sign");
    EXPECT(vector[3] == NULL);
    arena_free(a);
}

/* Looking through all of them for each one would compare 5 000 000 000 times. */
TEST(a_hundred_thousand_are_found)
{
    enum { MANY = 100000 };
    struct arena *a = arena_new();
    struct variables v = make(a, MANY);
    char name[32];

    for (int i = 0; i < MANY; i++)
        variables_set(&v, arena_printf(a, "V%d=%d", i, i));
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "V%d", i);
        EXPECT_INT(atoi(variables_get(&v, name, strlen(name))), i);
    }
    EXPECT_INT(v.count, MANY);
    arena_free(a);
}

TESTS(RUN(a_name_keeps_its_place_and_takes_the_newest_value),
      RUN(a_dropped_name_is_gone_and_may_come_again),
      RUN(what_was_inherited_twice_stays_and_the_first_is_found),
      RUN(a_hundred_thousand_are_found))
