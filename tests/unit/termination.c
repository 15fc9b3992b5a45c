/*
 * Termination messages (kubelet-semantics 9.6).
 */
#include "base/buf.h"
#include "daemon/core/termination.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf out;

static const char *message(struct termination t)
{
    if (t.containers == 0)
        t.containers = 1;
    if (t.file != NULL && t.file_length == 0)
        t.file_length = strlen(t.file);
    if (t.log != NULL && t.log_length == 0)
        t.log_length = strlen(t.log);
    buf_deinit(&out);
    termination_message(&out, &t);
    return buf_text(&out);
}

#define MESSAGE(...) message((struct termination){__VA_ARGS__})
#define FALLBACK .policy = MESSAGE_FALLBACK_TO_LOGS

TEST(the_file_is_the_message)
{
    EXPECT_STR(MESSAGE(.file = "OK\n", .log = "DONE"), "OK\n");
    EXPECT_STR(MESSAGE(.file = "OK", .log = "DONE", .exit_code = 1, FALLBACK), "OK");
    EXPECT_STR(MESSAGE(), "");
    EXPECT_STR(MESSAGE(.file = "", .log = "DONE", .exit_code = 1), "");
}

TEST(the_log_stands_in_for_an_empty_file_of_a_run_that_failed)
{
    EXPECT_STR(MESSAGE(.log = "DONE", .exit_code = 1, FALLBACK), "DONE");
    EXPECT_STR(MESSAGE(.log = "DONE", .exit_code = 0, FALLBACK), "");
    EXPECT_STR(MESSAGE(.exit_code = 1, FALLBACK), "");
}

TEST(a_file_that_cannot_be_read_is_told)
{
    EXPECT_STR(MESSAGE(.path = "/srv/end", .file_error = "Permission denied", .log = "x", .exit_code = 1, FALLBACK),
               "Error on reading termination log /srv/end: Permission denied");
}

TEST(what_is_known_comes_first)
{
    EXPECT_STR(MESSAGE(.runtime = "no such file", .file = "bye"), "no such file: bye");
    EXPECT_STR(MESSAGE(.runtime = "no such file", .file = ""), "no such file");
    EXPECT_STR(MESSAGE(.runtime = "", .file = "bye"), "bye");
}

/* `count` bytes that tell where they are. */
static char *digits(size_t count)
{
    char *text = malloc(count + 1);

    for (size_t i = 0; i < count; i++)
        text[i] = (char)('0' + i % 10);
    text[count] = '\0';
    return text;
}

TEST(the_last_4096_bytes_of_the_file_count)
{
    char *text = digits(5000);

    MESSAGE(.file = text);
    EXPECT_INT(out.length, 4096);
    EXPECT_STR(buf_text(&out), text + 5000 - 4096);
    MESSAGE(.file = text + 5000 - 4096);
    EXPECT_INT(out.length, 4096);
    free(text);
}

TEST(the_last_2048_bytes_of_the_log_count)
{
    char *text = digits(3000);

    MESSAGE(.log = text, .exit_code = 1, FALLBACK);
    EXPECT_INT(out.length, 2048);
    EXPECT_STR(buf_text(&out), text + 3000 - 2048);
    free(text);
}

TEST(the_last_80_lines_of_the_log_count)
{
    struct buf log = BUF_INIT;

    for (int i = 0; i < 81; i++)
        buf_addf(&log, "%d\n", i);
    EXPECT_STR(MESSAGE(.log = log.data, .exit_code = 1, FALLBACK), log.data + 2);
    buf_adds(&log, "no newline");
    EXPECT_STR(MESSAGE(.log = log.data, .exit_code = 1, FALLBACK), log.data + 4);
    EXPECT_STR(MESSAGE(.log = log.data + 4, .exit_code = 1, FALLBACK), log.data + 4);
    buf_deinit(&log);
}

TEST(the_containers_of_a_pod_share_12288_bytes)
{
    char *text = digits(4096);

    MESSAGE(.file = text, .containers = 3);
    EXPECT_INT(out.length, 4096);
    MESSAGE(.file = text, .containers = 20);
    EXPECT_INT(out.length, 614);
    EXPECT(strncmp(buf_text(&out), text, 614) == 0);
    MESSAGE(.runtime = "no such file", .file = text, .containers = 20);
    EXPECT_INT(out.length, 614);
    free(text);
}

TEST(a_nul_is_shown)
{
    EXPECT_STR(MESSAGE(.file = "a\0b\0", .file_length = 4), "a?b?");
    EXPECT_STR(MESSAGE(.file = "\0", .file_length = 1), "?");
}

TEST(a_message_is_appended)
{
    struct termination t = {.runtime = "late", .containers = 1};

    buf_deinit(&out);
    buf_adds(&out, "before: ");
    termination_message(&out, &t);
    EXPECT_STR(buf_text(&out), "before: late");
    buf_deinit(&out);
}

TESTS(RUN(the_file_is_the_message), RUN(the_log_stands_in_for_an_empty_file_of_a_run_that_failed),
      RUN(a_file_that_cannot_be_read_is_told), RUN(what_is_known_comes_first),
      RUN(the_last_4096_bytes_of_the_file_count), RUN(the_last_2048_bytes_of_the_log_count),
      RUN(the_last_80_lines_of_the_log_count), RUN(the_containers_of_a_pod_share_12288_bytes), RUN(a_nul_is_shown),
      RUN(a_message_is_appended))
