/*
 * Manifests as people write them, good and bad: what pidlet says of each is written in
 * tests/corpus/expected.  After a change that is meant:
 *
 *     PIDLET_REGENERATE=1 build/tests/unit/test-corpus tests/corpus && git diff tests/corpus
 */
#include "base/buf.h"
#include "base/fd.h"
#include "client/reports.h"
#include "config/diag.h"
#include "config/load.h"
#include "config/report.h"
#include "tests/lib/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 500, FEWEST = 60, SHOWN = 40 };

static bool regenerates;

/* ---- what pidlet says ---- */

/* Findings, what is ignored or refused and why, and the summary: `check --strict`, in one text. */
static void check(const char *name, struct buf *out)
{
    struct pod_config_set set = {0};
    struct report report;
    struct diags diags;
    const struct load_options options = {.report = &report};
    char *text = NULL;
    size_t length = 0;
    bool ok;
    FILE *lines = open_memstream(&text, &length);

    assert_non_null(lines);
    assert_true(diags_init(&diags) && report_init(&report));
    ok = load_source(&set, name, &options, &diags);
    EXPECT_INT(ok, !diags_any(&diags));
    for (size_t i = 0; i < diags.count; i++) {
        struct buf line = BUF_INIT;

        diag_format(&diags.items[i], &line);
        fprintf(lines, "%s\n", buf_text(&line));
        buf_deinit(&line);
    }
    reports_fields(&report, false, lines);
    if (report.count > 0)
        reports_summary(&report, lines);
    fprintf(lines, "%zu pods to run\n", diags_any(&diags) ? 0 : set.count);
    fclose(lines);
    buf_add(out, text, length);
    free(text);
    pod_config_set_deinit(&set);
    report_deinit(&report);
    diags_deinit(&diags);
}

/* ---- what it should say ---- */

static void expected_path(const char *name, struct buf *path)
{
    buf_addf(path, "expected/%s.txt", name);
}

static bool read_expected(const char *name, struct buf *out)
{
    struct buf path = BUF_INIT;
    int fd;

    expected_path(name, &path);
    fd = open(buf_text(&path), O_RDONLY | O_CLOEXEC);
    buf_deinit(&path);
    if (fd == -1)
        return false;
    assert_int_equal(fd_read_all(fd, 16 * 1024 * 1024, out), 0);
    close(fd);
    return true;
}

static void write_expected(const char *name, const struct buf *text)
{
    struct buf path = BUF_INIT;
    int fd;

    expected_path(name, &path);
    fd = open(buf_text(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd == -1)
        fail_msg("%s: %s", buf_text(&path), strerror(errno));
    assert_int_equal(fd_write_all(fd, text->data, text->length), 0);
    close(fd);
    buf_deinit(&path);
}

/* ---- what differs ---- */

static size_t line_length(const char *text)
{
    return strcspn(text, "\n") + (strchr(text, '\n') != NULL);
}

static bool has_line(const char *text, const char *line, size_t length)
{
    for (; *text != '\0'; text += line_length(text)) {
        if (line_length(text) == length && memcmp(text, line, length) == 0)
            return true;
    }
    return false;
}

/* Lines of `text` that `other` does not have: they are told apart by their places, few are equal. */
static void print_lines_missing(const char *mark, const char *text, const char *other)
{
    size_t shown = 0;

    for (; *text != '\0'; text += line_length(text)) {
        if (!has_line(other, text, line_length(text)) && shown++ < SHOWN)
            print_message("# %s %.*s\n", mark, (int)strcspn(text, "\n"), text);
    }
    if (shown > SHOWN)
        print_message("# %s … and %zu more\n", mark, shown - SHOWN);
}

static void one_file(void **state)
{
    const char *name = *state;
    struct buf wanted = BUF_INIT, got = BUF_INIT;

    check(name, &got);
    if (regenerates) {
        write_expected(name, &got);
    } else if (!read_expected(name, &wanted) || strcmp(buf_text(&wanted), buf_text(&got)) != 0) {
        print_message("# %s: - as expected, + as it is\n", name);
        print_lines_missing("-", buf_text(&wanted), buf_text(&got));
        print_lines_missing("+", buf_text(&got), buf_text(&wanted));
        print_message("# if that is meant: PIDLET_REGENERATE=1 build/tests/unit/test-corpus tests/corpus\n");
        buf_deinit(&wanted);
        buf_deinit(&got);
        fail();
    }
    buf_deinit(&wanted);
    buf_deinit(&got);
}

/* A build without curl or nghttp2 refuses what others honour: nothing can be said of that file. */
static bool needs_another_build(const char *name)
{
    const struct field *http = schema_field(&schema_probe_spec, "httpGet"), *grpc = schema_field(&schema_probe_spec, "grpc");

    return strncmp(name, "http-", strlen("http-")) == 0 && (http->mode == FIELD_REFUSED || grpc->mode == FIELD_REFUSED);
}

static int is_manifest(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');

    return end != NULL && (strcmp(end, ".yaml") == 0 || strcmp(end, ".json") == 0);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[FILES_MAX];
    struct dirent **entries;
    int count, failed;
    size_t tried = 0;

    regenerates = getenv("PIDLET_REGENERATE") != NULL;
    if (argc != 2 || chdir(argv[1]) != 0 || (count = scandir(".", &entries, is_manifest, alphasort)) == -1) {
        fprintf(stderr, "usage: %s tests/corpus\n", argv[0]);
        return 2;
    }
    if (count < FEWEST || count > FILES_MAX) {
        fprintf(stderr, "%d manifests, not %d to %d\n", count, FEWEST, FILES_MAX);
        return 1;
    }
    for (int i = 0; i < count; i++) {
        if (needs_another_build(entries[i]->d_name))
            printf("# SKIP %s: this build has no HTTP or no gRPC\n", entries[i]->d_name);
        else
            tests[tried++] = (struct CMUnitTest){
                .name = entries[i]->d_name, .test_func = one_file, .initial_state = entries[i]->d_name};
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = _cmocka_run_group_tests("corpus", tests, tried, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return failed == 0 ? 0 : 1;
}
