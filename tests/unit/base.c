#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/fd.h"
#include "base/wall_history.h"
#include "tests/lib/test.h"

#include <string.h>
#include <unistd.h>

static const char *shown(mono_ms duration)
{
    static char text[DURATION_SIZE];

    duration_format(duration, text);
    return text;
}

static mono_ms parsed(const char *text)
{
    mono_ms out = -1;

    return duration_parse(text, strlen(text), &out) ? out : -1;
}

TEST(durations_are_printed_as_go_prints_them)
{
    EXPECT_STR(shown(0), "0s");
    EXPECT_STR(shown(500), "500ms");
    EXPECT_STR(shown(1000), "1s");
    EXPECT_STR(shown(1500), "1.5s");
    EXPECT_STR(shown(1005), "1.005s");
    EXPECT_STR(shown(20000), "20s");
    EXPECT_STR(shown(80000), "1m20s");
    EXPECT_STR(shown(300000), "5m0s");
    EXPECT_STR(shown(3600000), "1h0m0s");
    EXPECT_STR(shown(90061500), "25h1m1.5s");
}

static const char *age(mono_ms ms)
{
    static char text[DURATION_SIZE];

    duration_human(ms, text);
    return text;
}

#define S(n) ((mono_ms)(n) * 1000)
#define H(n) S((n) * INT64_C(3600))
#define D(n) H((n) * INT64_C(24))

/* spec 7.5: every range of HumanDuration, at both of its ends. */
TEST(ages_are_printed_as_kubectl_prints_them)
{
    static const struct {
        mono_ms age;
        const char *text;
    } table[] = {
        {S(-3), "<invalid>"}, {S(-2), "<invalid>"}, {-1999, "0s"}, {S(-1), "0s"}, {-1, "0s"},
        {0, "0s"}, {999, "0s"}, {S(14), "14s"}, {S(119), "119s"}, {119999, "119s"},
        {S(120), "2m"}, {S(125), "2m5s"}, {S(599), "9m59s"},
        {S(600), "10m"}, {S(659), "10m"}, {S(10799), "179m"},
        {H(3), "3h"}, {H(7) + S(59 * 60), "7h59m"}, {H(8) - 1, "7h59m"},
        {H(8), "8h"}, {H(48) - 1, "47h"},
        {H(48), "2d"}, {H(49), "2d1h"}, {H(192) - 1, "7d23h"},
        {D(8), "8d"}, {D(100), "100d"}, {D(730) - 1, "729d"},
        {D(730), "2y"}, {D(800), "2y70d"}, {D(2920) - 1, "7y364d"},
        {D(2920), "8y"}, {D(36500), "100y"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        EXPECT_STR(age(table[i].age), table[i].text);
}

TEST(durations_are_read_as_go_reads_them)
{
    EXPECT_INT(parsed("0"), 0);
    EXPECT_INT(parsed("90s"), 90000);
    EXPECT_INT(parsed("1m30s"), 90000);
    EXPECT_INT(parsed("250ms"), 250);
    EXPECT_INT(parsed("1.5s"), 1500);
    EXPECT_INT(parsed(".5s"), 500);
    EXPECT_INT(parsed("1h"), 3600000);
    EXPECT_INT(parsed("1us"), 1);               /* rounded up, never shorter than asked */
    EXPECT_INT(parsed("1000000ns"), 1);
    EXPECT_INT(parsed("876000h"), INT64_C(876000) * 3600000);
}

TEST(what_is_no_duration_is_refused)
{
    static const char *const bad[] = {
        "", "1", "s", "1x", "-1s", "1s ", " 1s", ".s", "1..5s", "1e3s", "99999999999999999999s",
        "876001h", "1m30", "0x1s",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parsed(bad[i]) != -1)
            fail_msg("\"%s\" was taken for %lld ms", bad[i], (long long)parsed(bad[i]));
    }
}

TEST(a_log_stamp_is_rfc3339_with_nine_digits)
{
    char out[CLOCK_RFC3339_NANO_SIZE];

    clock_rfc3339_nano(&(struct wall_time){.seconds = 1767323045, .nanoseconds = 1020304}, out);
    EXPECT_STR(out, "2026-01-02T03:04:05.001020304Z");
    clock_rfc3339_nano(&(struct wall_time){.seconds = 0, .nanoseconds = 999999999}, out);
    EXPECT_STR(out, "1970-01-01T00:00:00.999999999Z");
}

TEST(an_arena_gives_zeroed_memory_and_refuses_what_overflows)
{
    struct arena *a = arena_new();
    unsigned char *big = arena_alloc(a, 200000);

    for (size_t i = 0; i < 200000; i++)
        EXPECT_INT(big[i], 0);
    EXPECT(arena_array(a, SIZE_MAX / 2, 3) == NULL);
    EXPECT(arena_alloc(a, SIZE_MAX) == NULL);
    EXPECT_STR(arena_printf(a, "%s-%d", "x", 7), "x-7");
    EXPECT_STR(arena_strndup(a, "abcdef", 3), "abc");
    EXPECT(arena_size(a) > 200000);
    arena_free(a);
}

TEST(a_buf_keeps_its_text_terminated)
{
    struct buf b = BUF_INIT;

    EXPECT_STR(buf_text(&b), "");
    buf_addf(&b, "%d-%s", 12, "ab");
    buf_addc(&b, '!');
    EXPECT_STR(buf_text(&b), "12-ab!");
    buf_drop(&b, 3);
    EXPECT_STR(buf_text(&b), "ab!");
    buf_clear(&b);
    buf_add_quoted(&b, "a\"\n\x01", 4);
    EXPECT_STR(buf_text(&b), "\"a\\\"\\n\\u0001\"");
    EXPECT(buf_reserve(&b, SIZE_MAX - 3) == NULL);
    EXPECT(buf_failed(&b));
    buf_deinit(&b);
}

TEST(an_empty_file_reads_as_an_empty_text)
{
    struct buf b = BUF_INIT;
    int r, w;

    EXPECT_INT(pipe_open(&r, &w), 0);
    fd_close(&w);
    EXPECT_INT(fd_read_all(r, 4, &b), 0);
    EXPECT_STR(buf_text(&b), "");
    EXPECT(b.data != NULL && b.data[0] == '\0');
    fd_close(&r);
    buf_deinit(&b);
}

TEST(reading_stops_at_the_limit)
{
    struct buf b = BUF_INIT;
    int r, w;

    EXPECT_INT(pipe_open(&r, &w), 0);
    EXPECT_INT(fd_write_all(w, "0123456789", 10), 0);
    fd_close(&w);
    EXPECT_INT(w, -1);
    EXPECT_INT(fd_read_all(r, 4, &b), -27);     /* EFBIG */
    EXPECT_STR(buf_text(&b), "0123");
    fd_close(&r);
    buf_deinit(&b);
}

/* A board without a clock of its own begins in 1970; then it is a laptop that sleeps for an hour. */
TEST(an_instant_has_the_wall_time_that_it_had_then)
{
    struct wall_history h;

    wall_history_init(&h, 5000, 7000);
    EXPECT_INT(wall_history_at(&h, 5000), 7000);
    EXPECT_INT(wall_history_at(&h, 1000), 3000);        /* before anybody looked */
    wall_history_look(&h, 6000, 9000);                  /* a second: the clock is being slewed */
    EXPECT_INT(wall_history_at(&h, 6000), 8000);
    wall_history_look(&h, 10000, 1700000000000);
    EXPECT_INT(wall_history_at(&h, 9999), 11999);
    EXPECT_INT(wall_history_at(&h, 10000), 1700000000000);
    EXPECT_INT(wall_history_at(&h, 12000), 1700000002000);
    wall_history_look(&h, 12000, 1700003602000);
    EXPECT_INT(wall_history_at(&h, 11000), 1700000001000);
    EXPECT_INT(wall_history_at(&h, 12000), 1700003602000);
    wall_history_look(&h, 13000, 1700000003000);        /* and somebody sets it back */
    EXPECT_INT(wall_history_at(&h, 12500), 1700003602500);
    EXPECT_INT(wall_history_at(&h, 14000), 1700000004000);
    EXPECT_INT(wall_history_at(&h, 5000), 7000);
}

TEST(a_wall_clock_that_is_set_again_and_again_is_known_of_late)
{
    struct wall_history h;

    wall_history_init(&h, 0, 0);
    for (int i = 1; i <= 100; i++)
        wall_history_look(&h, i * 1000, i * 100000);
    EXPECT_INT(h.count, WALL_STEPS);
    EXPECT_INT(wall_history_at(&h, 100000), 10000000);
    EXPECT_INT(wall_history_at(&h, 99500), 9900500);
    EXPECT_INT(wall_history_at(&h, 85000), 8500000);
    EXPECT_INT(wall_history_at(&h, 1000), 8500000 - 84000);     /* as the oldest that is known */
}

TESTS(RUN(durations_are_printed_as_go_prints_them),
      RUN(an_instant_has_the_wall_time_that_it_had_then),
      RUN(a_wall_clock_that_is_set_again_and_again_is_known_of_late),
      RUN(ages_are_printed_as_kubectl_prints_them),
      RUN(durations_are_read_as_go_reads_them),
      RUN(what_is_no_duration_is_refused),
      RUN(a_log_stamp_is_rfc3339_with_nine_digits),
      RUN(an_arena_gives_zeroed_memory_and_refuses_what_overflows),
      RUN(a_buf_keeps_its_text_terminated),
      RUN(an_empty_file_reads_as_an_empty_text),
      RUN(reading_stops_at_the_limit))
