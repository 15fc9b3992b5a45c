/*
 * Every event in every state of each machine, and docs/state-machines.md held to it.
 *
 *     state-machines FILE             the tables in FILE are those of the code
 *     state-machines --write FILE     makes them so
 *
 * A table stands between "<!-- MACHINE: STATE -->" and "<!-- end -->"; everything
 * else in the file is written by hand.
 */
#include "base/buf.h"
#include "tests/lib/test.h"
#include "tests/properties/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MACHINES = 3 };

static struct table tables[MACHINES];
static const char *file;

static char *read_file(void)
{
    struct buf text = BUF_INIT;
    FILE *in = fopen(file, "r");
    char *copy;
    int c;

    if (in == NULL) {
        perror(file);
        exit(2);
    }
    while ((c = getc(in)) != EOF)
        buf_addc(&text, (char)c);
    fclose(in);
    copy = strdup(buf_text(&text));
    buf_deinit(&text);
    return copy;
}

/* The file with every table anew; a state that has no place in it is a failure. */
static void renew(const char *text, struct buf *out)
{
    static const char end[] = "<!-- end -->";

    buf_adds(out, text);
    for (int m = 0; m < MACHINES; m++) {
        for (size_t state = 0; state < tables[m].state_count; state++) {
            char mark[TABLE_TEXT];
            struct buf renewed = BUF_INIT;
            const char *whole = buf_text(out), *at, *rest;

            snprintf(mark, sizeof mark, "<!-- %s: %s -->\n", tables[m].machine, tables[m].states[state]);
            at = strstr(whole, mark);
            rest = at != NULL ? strstr(at, end) : NULL;
            if (rest == NULL)
                fail_msg("%s has no place for a table: %s… %s", file, mark, end);
            buf_addf(&renewed, "%.*s", (int)(at + strlen(mark) - whole), whole);
            table_write(&tables[m], state, &renewed);
            buf_adds(&renewed, rest);
            buf_deinit(out);
            *out = renewed;
        }
    }
}

TEST(every_state_of_each_machine_answers_every_event)
{
    for (int m = 0; m < MACHINES; m++) {
        const char *missing = table_missing(&tables[m]);

        if (missing != NULL)
            fail_msg("never stepped: %s", missing);
    }
}

TEST(docs_state_machines_md_says_what_the_code_does)
{
    char *text = read_file();
    struct buf renewed = BUF_INIT;

    renew(text, &renewed);
    if (strcmp(buf_text(&renewed), text) != 0)
        fail_msg("%s is not up to date: run build/tests/properties/state-machines --write "
                 "docs/state-machines.md", file);
    buf_deinit(&renewed);
    free(text);
}

static int write_file(void)
{
    char *text = read_file();
    struct buf renewed = BUF_INIT;
    FILE *out;

    renew(text, &renewed);
    out = fopen(file, "w");
    if (out == NULL || fputs(buf_text(&renewed), out) == EOF || fclose(out) == EOF) {
        perror(file);
        return 1;
    }
    buf_deinit(&renewed);
    free(text);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        RUN(every_state_of_each_machine_answers_every_event),
        RUN(docs_state_machines_md_says_what_the_code_does),
    };

    if (argc < 2) {
        fprintf(stderr, "usage: state-machines [--write] FILE\n");
        return 2;
    }
    file = argv[argc - 1];
    table_of_container(&tables[0]);
    table_of_pod(&tables[1]);
    table_of_worker(&tables[2]);
    if (strcmp(argv[1], "--write") == 0)
        return write_file();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
