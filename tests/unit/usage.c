/* The command line as data: its rows are whole, and what --help makes of them can be read. */
#include "base/buf.h"
#include "client/usage.h"
#include "client/verb.h"
#include "tests/lib/test.h"

#include <getopt.h>
#include <string.h>

TEST(every_option_of_a_verb_can_be_told_from_its_others)
{
    for (size_t v = 0; usage_at(v) != NULL; v++) {
        const struct usage *u = usage_at(v);

        EXPECT(usage_of(u->verb) == u);
        for (size_t i = 0; i < u->row_count; i++) {
            const struct option_row *a = &u->rows[i];

            EXPECT(a->doc != NULL && a->letter != 'h' && a->option != OPTION_HELP);
            EXPECT((a->kind == VALUE_WORDS) == (a->words != NULL));
            EXPECT(a->value != NULL || a->kind == VALUE_TEXT);
            for (size_t j = 0; j < i && a->option != OPTION_NONE; j++) {
                EXPECT(a->option != u->rows[j].option);
                EXPECT(a->letter == '\0' || a->letter != u->rows[j].letter);
            }
        }
    }
}

TEST(help_fits_a_narrow_terminal_and_has_every_option)
{
    for (size_t v = 0; usage_at(v) != NULL; v++) {
        const struct usage *u = usage_at(v);
        struct buf out = BUF_INIT;

        usage_help(u, &out);
        EXPECT(strncmp(buf_text(&out), "usage: pidlet ", 14) == 0);
        EXPECT(strstr(buf_text(&out), " \n") == NULL && strstr(buf_text(&out), "\n\n\n") == NULL);
        EXPECT(strstr(buf_text(&out), "-h, --help") != NULL);
        for (size_t i = 0; i < u->row_count; i++)
            EXPECT(u->rows[i].option == OPTION_NONE || strstr(buf_text(&out), option_text(u->rows[i].option)) != NULL);
        for (const char *line = buf_text(&out); *line != '\0'; line = strchr(line, '\n') + 1)
            EXPECT((size_t)(strchr(line, '\n') - line) <= 110);
        buf_deinit(&out);
    }
}

static int next(const char *verb, char **argv, int *status)
{
    int argc = 0;

    while (argv[argc] != NULL)
        argc++;
    optind = 0;
    return usage_next(usage_of(verb), argc, argv, status);
}

TEST(options_are_known_by_letter_name_and_beginning)
{
    static char verb[] = "check", f[] = "-f", file[] = "--filename=x", fi[] = "--fi", x[] = "x", dash[] = "--";
    int status;

    EXPECT_INT(next("check", (char *[]){verb, f, x, NULL}, &status), OPTION_FILENAME);
    EXPECT_STR(optarg, "x");
    EXPECT_INT(next("check", (char *[]){verb, file, NULL}, &status), OPTION_FILENAME);
    EXPECT_INT(next("check", (char *[]){verb, fi, x, NULL}, &status), OPTION_FILENAME);
    EXPECT_INT(next("check", (char *[]){verb, dash, f, NULL}, &status), OPTION_NONE);
    EXPECT_INT(status, -1);
    EXPECT_INT(optind, 2);
}

TEST(what_a_verb_does_not_have_is_wrong_usage)
{
    static char verb[] = "check", f[] = "-f", q[] = "-Q", name[] = "--listen", x[] = "x";
    int status;

    EXPECT_INT(next("check", (char *[]){verb, q, NULL}, &status), OPTION_NONE);
    EXPECT_INT(status, EXIT_USAGE);
    EXPECT_INT(next("check", (char *[]){verb, name, x, NULL}, &status), OPTION_NONE);
    EXPECT_INT(status, EXIT_USAGE);
    EXPECT_INT(next("check", (char *[]){verb, f, NULL}, &status), OPTION_NONE);
    EXPECT_INT(status, EXIT_USAGE);
}

TEST(paragraphs_are_cut_at_empty_lines)
{
    const char *text = "one\nof two lines\n\n  literal\n  as it is\n\nlast", *start;
    size_t length;
    bool literal;

    EXPECT(usage_paragraph(&text, &start, &length, &literal) && length == 16 && !literal);
    EXPECT(usage_paragraph(&text, &start, &length, &literal) && strncmp(start, "  literal", 9) == 0 && literal);
    EXPECT(usage_paragraph(&text, &start, &length, &literal) && length == 4 && !literal);
    EXPECT(!usage_paragraph(&text, &start, &length, &literal));
}

TESTS(RUN(every_option_of_a_verb_can_be_told_from_its_others),
      RUN(help_fits_a_narrow_terminal_and_has_every_option),
      RUN(options_are_known_by_letter_name_and_beginning),
      RUN(what_a_verb_does_not_have_is_wrong_usage),
      RUN(paragraphs_are_cut_at_empty_lines))
