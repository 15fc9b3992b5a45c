/*
 * Log files: written, rotated, and read again, without processes.
 */
#include "base/buf.h"
#include "config/load.h"
#include "daemon/runtime/crilog.h"
#include "daemon/runtime/logfiles.h"
#include "daemon/runtime/podlog.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    char root[64];
    char folder[PATH_MAX];
    struct crilog_rules rules;
    struct pod_config config;
    struct crilog log;
    struct buf batch, text;
} w;

static int begin(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    strcpy(w.root, "/tmp/pidlet-logs-XXXXXX");
    if (mkdtemp(w.root) == NULL)
        return -1;
    w.rules = (struct crilog_rules){.root = w.root, .max_size = 1024 * 1024, .max_files = 5};
    w.config = (struct pod_config){.name = "api", .namespace = "default", .uid = "u"};
    EXPECT(logfiles_folder(w.folder, w.root, &w.config, "app"));
    crilog_init(&w.log, &w.rules, &w.config, "app");
    return 0;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    crilog_close(&w.log);
    buf_deinit(&w.batch);
    buf_deinit(&w.text);
    snprintf(command, sizeof command, "rm -rf %s", w.root);
    return system(command);
}

/* "2026-01-02T03:04:SS.000000000Z" */
static const char *stamp(int second)
{
    static char text[CLOCK_RFC3339_NANO_SIZE];

    snprintf(text, sizeof text, "2026-01-02T03:04:%02u.000000000Z", (unsigned)second % 60);
    return text;
}

static void add(int second, bool error, bool full, const char *text)
{
    struct crilog_head head;

    crilog_head(&head, stamp(second), error);
    crilog_add(&w.batch, &head, full, text, strlen(text));
}

static void write_out(void)
{
    int error = 0;

    EXPECT_INT(crilog_write(&w.log, w.batch.data, w.batch.length, &error), w.batch.length);
    buf_clear(&w.batch);
}

static void line(const char *text)
{
    add(5, false, true, text);
    write_out();
}

static void lines(int from, int to)
{
    for (int i = from; i < to; i++) {
        char text[16];

        snprintf(text, sizeof text, "%d", i);
        add(i, false, true, text);
    }
    write_out();
}

/* The names in the folder, in order, with what is in them when asked. */
static const char *names(void)
{
    struct logfile_list list;

    buf_clear(&w.text);
    EXPECT_INT(logfiles_list(w.folder, &list), 0);
    for (size_t i = 0; i < list.count; i++)
        buf_addf(&w.text, "%u%s ", list.items[i].number, list.items[i].stamp[0] != '\0' ? "+" : "");
    logfiles_free(&list);
    return buf_text(&w.text);
}

static void append(struct podlog *p, size_t chunk)
{
    char bytes[4096];
    ssize_t n;

    while ((n = podlog_read(p, bytes, chunk)) != 0) {
        if (n == -EAGAIN)
            continue;
        if (n < 0)
            fail_msg("%s", strerror((int)-n));
        EXPECT((size_t)n <= chunk);
        buf_add(&w.text, bytes, (size_t)n);
    }
}

/* What is to be had at once, read in chunks of that size. */
static const char *more(struct podlog *p, size_t chunk)
{
    buf_clear(&w.text);
    append(p, chunk);
    return buf_text(&w.text);
}

static const char *got(struct podlog_options options)
{
    static const size_t chunks[] = {1, 7, 4096};
    static struct buf first;
    struct podlog *p;

    for (int i = 0; i < 3; i++) {
        EXPECT_INT(podlog_open(&p, w.folder, &options), 0);
        more(p, chunks[i]);
        podlog_free(p);
        if (i > 0)
            EXPECT_STR(buf_text(&w.text), buf_text(&first));
        buf_clear(&first);
        buf_adds(&first, buf_text(&w.text));
    }
    buf_deinit(&first);
    return buf_text(&w.text);
}

#pragma GCC diagnostic ignored "-Woverride-init"      /* a test names what is not the default */
#define GOT(...) got((struct podlog_options){.tail = -1, .limit = -1, __VA_ARGS__})
#define FOLLOW(...) follow(&(struct podlog_options){.tail = -1, .limit = -1, .follow = true, __VA_ARGS__})

static struct podlog *follow(const struct podlog_options *options)
{
    struct podlog *p;

    EXPECT_INT(podlog_open(&p, w.folder, options), 0);
    return p;
}

/* ---- names ---- */

TEST(only_names_of_ours_are_taken_for_logs)
{
    static const char *const others[] = {"", "log", ".log", "0.logs", "00.log", "01.log", "-1.log", "0.log.",
                                         "0.log.20260102-03040", "0.log.20260102-0304055", "0.log.20260102_030405",
                                         "0.log.20260102-030405.gz", "0.log.20260102-030405.1", "1234567890.log",
                                         "x0.log", "0.log.tmp"};
    struct logfile file;

    EXPECT(logfiles_parse("0.log", &file) && file.number == 0 && file.stamp[0] == '\0');
    EXPECT(logfiles_parse("12.log.20260102-030405", &file) && file.number == 12);
    EXPECT_STR(file.stamp, "20260102-030405");
    EXPECT(logfiles_parse("12.log.20260102-030405.007", &file));
    EXPECT_STR(file.stamp, "20260102-030405.007");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (logfiles_parse(others[i], &file))
            fail_msg("taken: %s", others[i]);
    }
}

TEST(files_are_in_the_order_of_writing)
{
    static const char *const in_order[] = {"2.log.20260102-030405", "2.log.20260102-030405.001",
                                           "2.log.20260102-030406", "2.log", "10.log.20250102-030405", "10.log"};
    struct logfile a, b;

    for (size_t i = 1; i < sizeof in_order / sizeof *in_order; i++) {
        EXPECT(logfiles_parse(in_order[i - 1], &a) && logfiles_parse(in_order[i], &b));
        EXPECT(logfiles_compare(&a, &b) < 0 && logfiles_compare(&b, &a) > 0 && logfiles_compare(&a, &a) == 0);
    }
}

/* ---- writing ---- */

TEST(a_full_file_is_rotated_between_two_lines_and_the_oldest_go)
{
    struct logfile_list list;
    char path[PATH_MAX];
    struct stat st;

    w.rules.max_size = 200;
    w.rules.max_files = 3;
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    lines(0, 40);                       /* of 42 or 43 bytes: four a file */
    EXPECT_STR(names(), "0+ 0+ 0 ");
    EXPECT_STR(GOT(), "28\n29\n30\n31\n32\n33\n34\n35\n36\n37\n38\n39\n");
    EXPECT_INT(logfiles_list(w.folder, &list), 0);
    for (size_t i = 0; i < list.count; i++) {
        EXPECT(logfiles_path(path, w.folder, &list.items[i]) && stat(path, &st) == 0);
        EXPECT(st.st_size > 150 && st.st_size <= 200);
        EXPECT_INT(st.st_mode & 0777, 0640);
    }
    logfiles_free(&list);
}

TEST(a_line_larger_than_a_file_has_one_of_its_own)
{
    char text[1000];

    memset(text, 'y', sizeof text);
    text[sizeof text - 1] = '\0';
    w.rules.max_size = 100;
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    line("before");
    line(text);
    line("after");
    EXPECT_STR(names(), "0+ 0+ 0 ");
    GOT();
    EXPECT_INT(w.text.length, 7 + 1000 + 6);
}

TEST(the_log_of_the_run_before_stays_and_older_ones_go)
{
    w.rules.max_size = 100;
    for (unsigned run = 0; run < 4; run++) {
        EXPECT_INT(crilog_open(&w.log, run), 0);
        crilog_remove_old(&w.log);
        lines(0, 4);
        crilog_close(&w.log);
    }
    EXPECT_STR(names(), "2+ 2 3+ 3 ");
}

TEST(what_is_not_ours_stays)
{
    char path[PATH_MAX + 32];

    EXPECT_INT(crilog_open(&w.log, 0), 0);
    snprintf(path, sizeof path, "%s/0.log.notes", w.folder);
    close(creat(path, 0600));
    for (unsigned run = 1; run < 4; run++) {
        crilog_close(&w.log);
        EXPECT_INT(crilog_open(&w.log, run), 0);
        crilog_remove_old(&w.log);
    }
    EXPECT_INT(access(path, F_OK), 0);
    EXPECT_STR(names(), "2 3 ");
}

TEST(numbers_go_on_after_those_of_an_earlier_pidlet)
{
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    line("old");
    crilog_close(&w.log);
    crilog_init(&w.log, &w.rules, &w.config, "app");
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    line("new");
    EXPECT_STR(names(), "0 1 ");
    EXPECT_STR(GOT(), "new\n");
    EXPECT_STR(GOT(.previous = true), "old\n");
    crilog_close(&w.log);
    EXPECT_INT(crilog_open(&w.log, 1), 0);
    EXPECT_STR(names(), "0 1 2 ");
}

TEST(a_log_that_was_taken_away_begins_anew_at_the_next_rotation)
{
    char command[PATH_MAX + 16];

    w.rules.max_size = 100;
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    lines(0, 2);
    snprintf(command, sizeof command, "rm -r %s/default_api_u", w.root);
    EXPECT_INT(system(command), 0);
    lines(2, 5);
    EXPECT_STR(GOT(), "2\n3\n4\n");
}

TEST(a_full_disk_takes_whole_lines_or_none)
{
    struct rlimit old, small = {.rlim_cur = 100, .rlim_max = RLIM_INFINITY};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    int error = 0;

    EXPECT_INT(crilog_open(&w.log, 0), 0);
    for (int i = 0; i < 4; i++)
        add(i, false, true, "1");
    EXPECT_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    EXPECT_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    EXPECT_INT(crilog_write(&w.log, w.batch.data, w.batch.length, &error), 2 * 42);
    EXPECT_INT(error, EFBIG);
    EXPECT_INT(crilog_write(&w.log, w.batch.data, w.batch.length, &error), 0);
    EXPECT_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    EXPECT_STR(GOT(), "1\n1\n");
    buf_clear(&w.batch);
    line("2");
    EXPECT_STR(GOT(), "1\n1\n2\n");
}

TEST(without_a_root_there_are_no_files)
{
    w.rules.root = NULL;
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    EXPECT_INT(w.log.fd, -1);
    crilog_remove_old(&w.log);
}

TEST(a_folder_that_cannot_be_made_is_an_error)
{
    w.rules.root = "/proc/none";
    EXPECT_INT(crilog_open(&w.log, 0), -ENOENT);
    EXPECT_INT(w.log.fd, -1);
}

/* ---- reading ---- */

TEST(lines_come_without_their_heads_and_pieces_as_one)
{
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    add(1, false, true, "one");
    add(2, true, false, "tw");
    add(3, true, true, "o");
    add(4, false, true, "");
    add(5, false, false, "end");
    write_out();
    EXPECT_STR(GOT(), "one\ntwo\n\nend");
    EXPECT_STR(GOT(.timestamps = true), "2026-01-02T03:04:01.000000000Z one\n"
                                        "2026-01-02T03:04:02.000000000Z two\n"
                                        "2026-01-02T03:04:04.000000000Z \n"
                                        "2026-01-02T03:04:05.000000000Z end");
    EXPECT_STR(GOT(.no_stdout = true), "two\n");
    EXPECT_STR(GOT(.no_stderr = true), "one\n\nend");
}

TEST(the_tail_is_counted_over_rotated_files)
{
    w.rules.max_size = 200;
    w.rules.max_files = 50;
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    lines(0, 20);
    EXPECT_STR(GOT(.tail = 0), "");
    EXPECT_STR(GOT(.tail = 1), "19\n");
    EXPECT_STR(GOT(.tail = 7), "13\n14\n15\n16\n17\n18\n19\n");
    GOT(.tail = 19);
    EXPECT(strncmp(buf_text(&w.text), "1\n2\n", 4) == 0);
    GOT(.tail = 20);
    EXPECT(strncmp(buf_text(&w.text), "0\n1\n", 4) == 0);
    GOT(.tail = 1000);
    EXPECT(strncmp(buf_text(&w.text), "0\n1\n", 4) == 0);
}

TEST(the_tail_counts_lines_not_pieces)
{
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    add(1, false, true, "one");
    add(2, false, false, "tw");
    add(3, false, true, "o");
    add(4, false, true, "three");
    write_out();
    EXPECT_STR(GOT(.tail = 2), "two\nthree\n");
    add(5, false, false, "unfinished");
    write_out();
    EXPECT_STR(GOT(.tail = 2), "three\nunfinished");
    EXPECT_STR(GOT(.tail = 0), "");
}

TEST(the_tail_of_a_long_log_is_found_in_blocks)
{
    char text[3000], wanted[64];

    EXPECT_INT(crilog_open(&w.log, 0), 0);
    memset(text, 'y', sizeof text);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 200; i++) {
        snprintf(text, 8, "%06d", i);
        text[6] = 'y';
        line(text);
    }
    for (int tail = 1; tail <= 200; tail += 13) {
        GOT(.tail = tail, .limit = 6);
        snprintf(wanted, sizeof wanted, "%06d", 200 - tail);
        EXPECT_STR(buf_text(&w.text), wanted);
    }
}

TEST(lines_since_an_instant)
{
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    lines(0, 10);
    EXPECT_STR(GOT(.since = {.seconds = 1767323047}), "7\n8\n9\n");        /* 2026-01-02T03:04:07Z */
    EXPECT_STR(GOT(.since = {.seconds = 1767323047, .nanoseconds = 1}), "8\n9\n");
    EXPECT_STR(GOT(.since = {.seconds = 1767323047}, .tail = 2), "8\n9\n");
}

TEST(the_limit_cuts_exactly)
{
    struct podlog *p;

    EXPECT_INT(crilog_open(&w.log, 0), 0);
    lines(10, 20);
    EXPECT_STR(GOT(.limit = 7), "10\n11\n1");
    EXPECT_STR(GOT(.limit = 0), "");
    p = FOLLOW(.limit = 4);
    EXPECT_STR(more(p, 100), "10\n1");
    EXPECT(podlog_is_over(p));
    podlog_free(p);
}

TEST(what_is_no_record_is_left_out)
{
    static const char *const torn[] = {"\n", "x\n", "2026 stdout F\n", "2026-01-02T03:04:01Z stdin F x\n",
                                       "2026-01-02T03:04:01Z stdout X x\n", " stdout F x\n"};
    char path[PATH_MAX], *long_line = malloc(200000);
    int fd;

    EXPECT_INT(crilog_open(&w.log, 0), 0);
    line("one");
    EXPECT(logfiles_path(path, w.folder, &(struct logfile){0}));
    fd = open(path, O_WRONLY | O_APPEND);
    for (size_t i = 0; i < sizeof torn / sizeof *torn; i++)
        EXPECT_INT(write(fd, torn[i], strlen(torn[i])), strlen(torn[i]));
    memset(long_line, 'x', 199999);
    long_line[199999] = '\n';
    EXPECT_INT(write(fd, long_line, 200000), 200000);
    line("two");
    EXPECT_INT(write(fd, "2026-01-02T03:04:01.0Z stdout F to", 34), 34);    /* still being written */
    EXPECT_STR(GOT(), "\none\ntwo\n" + 1);
    EXPECT_STR(GOT(.tail = 2), "one\ntwo\n");
    close(fd);
    free(long_line);
}

TEST(without_a_log_there_is_nothing_to_open)
{
    struct podlog *p;

    EXPECT_INT(podlog_open(&p, w.folder, &(struct podlog_options)PODLOG_ALL), -ENOENT);
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    EXPECT_INT(podlog_open(&p, w.folder, &(struct podlog_options){.previous = true, .tail = -1, .limit = -1}),
               -ENOENT);
    EXPECT_STR(GOT(), "");
    EXPECT_STR(GOT(.tail = 5), "");
}

/* ---- following ---- */

static bool woken(const struct podlog *p)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(podlog_fd(p), &set);
    return select(podlog_fd(p) + 1, &set, NULL, NULL, &(struct timeval){0}) == 1;
}

TEST(a_follower_is_woken_by_new_lines)
{
    struct podlog *p;

    EXPECT_INT(crilog_open(&w.log, 0), 0);
    lines(0, 3);
    p = FOLLOW(.tail = 1);
    EXPECT_STR(more(p, 100), "2\n");
    EXPECT(!woken(p));
    line("next");
    EXPECT(woken(p));
    EXPECT_STR(more(p, 100), "next\n");
    EXPECT(!woken(p) && !podlog_is_over(p));
    podlog_free(p);
}

TEST(a_follower_loses_nothing_over_rotations_and_runs)
{
    struct podlog *p, *previous;
    int next = 0;

    w.rules.max_size = 150;
    w.rules.max_files = 3;
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    p = FOLLOW();
    for (int run = 0; run < 4; run++) {
        for (int i = 0; i < 10; i++, next += 4) {       /* each time a rotation, and the oldest goes */
            char wanted[64] = "";

            for (int j = next; j < next + 4; j++)
                snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%d\n", j);
            lines(next, next + 4);
            EXPECT_STR(more(p, 5), wanted);
        }
        crilog_close(&w.log);
        EXPECT_STR(more(p, 5), "");
        EXPECT_INT(crilog_open(&w.log, (unsigned)run + 1), 0);
        crilog_remove_old(&w.log);
    }
    previous = FOLLOW(.previous = true);
    EXPECT_STR(more(previous, 100) + w.text.length - 4, "159\n");
    line("of another run");
    EXPECT_STR(more(previous, 100), "");
    podlog_free(previous);
    EXPECT_STR(more(p, 100), "of another run\n");
    podlog_free(p);
}

TEST(a_follower_that_is_too_slow_goes_on_with_what_is_left)
{
    struct podlog *p;

    w.rules.max_size = 100;             /* two lines a file */
    w.rules.max_files = 3;
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    lines(10, 11);
    p = FOLLOW();
    lines(11, 22);
    EXPECT_STR(more(p, 100), "10\n11\n16\n17\n18\n19\n20\n21\n");
    podlog_free(p);
}

TEST(a_truncated_log_begins_anew)
{
    struct podlog *p;
    char path[PATH_MAX];

    EXPECT_INT(crilog_open(&w.log, 0), 0);
    lines(0, 3);
    p = FOLLOW();
    EXPECT_STR(more(p, 100), "0\n1\n2\n");
    EXPECT(logfiles_path(path, w.folder, &(struct logfile){0}) && truncate(path, 0) == 0);
    EXPECT_STR(more(p, 100), "");
    line("anew");
    EXPECT_STR(more(p, 100), "anew\n");
    podlog_free(p);
}

TEST(a_tail_is_found_while_files_are_rotated)
{
    struct podlog *p;
    char c;

    w.rules.max_size = 64 * 1024 * 64;
    EXPECT_INT(crilog_open(&w.log, 0), 0);
    for (int i = 0; i < 2; i++) {       /* more than one call looks at */
        w.rules.max_size = 1u << 30;
        for (int j = 0; j < 1000; j++) {
            for (int k = 0; k < 60; k++)
                add(5, false, true, "y");
        }
        write_out();
        w.rules.max_size = 1;
        line(i == 0 ? "first" : "second");      /* rotates */
    }
    p = FOLLOW(.tail = 60010);
    EXPECT_INT(podlog_read(p, &c, 1), -EAGAIN);
    line("third");
    w.rules.max_files = 2;
    line("fourth");                     /* what was looked at is gone, but for what is open */
    more(p, 4096);
    EXPECT(strstr(buf_text(&w.text), "fourth\n") != NULL);
    podlog_free(p);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

TESTS(T(only_names_of_ours_are_taken_for_logs), T(files_are_in_the_order_of_writing),
      T(a_full_file_is_rotated_between_two_lines_and_the_oldest_go), T(a_line_larger_than_a_file_has_one_of_its_own),
      T(the_log_of_the_run_before_stays_and_older_ones_go), T(what_is_not_ours_stays),
      T(numbers_go_on_after_those_of_an_earlier_pidlet),
      T(a_log_that_was_taken_away_begins_anew_at_the_next_rotation), T(a_full_disk_takes_whole_lines_or_none),
      T(without_a_root_there_are_no_files), T(a_folder_that_cannot_be_made_is_an_error),
      T(lines_come_without_their_heads_and_pieces_as_one), T(the_tail_is_counted_over_rotated_files),
      T(the_tail_counts_lines_not_pieces), T(the_tail_of_a_long_log_is_found_in_blocks), T(lines_since_an_instant),
      T(the_limit_cuts_exactly), T(what_is_no_record_is_left_out), T(without_a_log_there_is_nothing_to_open),
      T(a_follower_is_woken_by_new_lines), T(a_follower_loses_nothing_over_rotations_and_runs),
      T(a_follower_that_is_too_slow_goes_on_with_what_is_left), T(a_truncated_log_begins_anew),
      T(a_tail_is_found_while_files_are_rotated))
