/*
 * Tests are sentences: thin macros over cmocka.
 *
 *     TEST(back_off_starts_at_once_then_doubles) { … EXPECT_STR(got, "…"); }
 *     TESTS(RUN(back_off_starts_at_once_then_doubles))
 *
 * TESTS makes main(); cmocka prints TAP, which meson counts test by test.
 */
#ifndef PIDLET_TESTS_TEST_H
#define PIDLET_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(name) static void name(void **test_state __attribute__((unused)))
#define RUN(name) cmocka_unit_test(name)
#define TESTS(...)                                                      \
    int main(void)                                                      \
    {                                                                   \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                \
                                                                        \
        cmocka_set_message_output(CM_OUTPUT_TAP);                       \
        return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;  \
    }

#define EXPECT(condition) assert_true(condition)
#define EXPECT_INT(got, wanted) assert_int_equal((got), (wanted))
#define EXPECT_STR(got, wanted) assert_string_equal((got), (wanted))

#endif
