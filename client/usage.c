#include "client/usage.h"

#include "base/buf.h"
#include "base/macros.h"
#include "base/utf8.h"
#include "client/verb.h"

#include <getopt.h>
#include <string.h>

enum {
    COLUMN = 26,                /* where the doc of an option begins */
    WIDTH = 88,
    ROWS_MAX = 48,              /* of a verb */
    LONG_ONLY = 0x100,          /* getopt's values for options beside the letters */
};

static const char *const option_names[] = {
#define OPTION(constant, text) [OPTION_##constant] = text,
#include "client/options.def"
#undef OPTION
};

static const struct usage *const usages[] = {
#define VERB(name) &name##_usage,
#include "client/verbs.def"
#undef VERB
};

const char *option_text(enum option_name option)
{
    return option_names[option];
}

const struct usage *usage_at(size_t i)
{
    return i < array_count(usages) ? usages[i] : NULL;
}

const struct usage *usage_of(const char *verb)
{
    for (size_t i = 0; i < array_count(usages); i++) {
        if (strcmp(usages[i]->verb, verb) == 0)
            return usages[i];
    }
    return NULL;
}

/* ---- help ---- */

bool usage_paragraph(const char **text, const char **start, size_t *length, bool *literal)
{
    const char *end;

    if (*text == NULL || **text == '\0')
        return false;
    *start = *text;
    end = strstr(*text, "\n\n");
    *length = end != NULL ? (size_t)(end - *text) : strlen(*text);
    *text += *length + (end != NULL ? 2 : 0);
    *literal = **start == ' ';
    return true;
}

/* Words in lines of WIDTH; the cursor is at column `at`, and lines begin at `indent`. */
static void wrap(struct buf *out, unsigned at, unsigned indent, const char *text, size_t length)
{
    for (const char *end = text + length; text < end;) {
        const char *blank = memchr(text, ' ', (size_t)(end - text));
        const size_t word = (size_t)((blank != NULL ? blank : end) - text);
        const unsigned wide = (unsigned)utf8_columns(text, word);

        if (at > indent && at + 1 + wide > WIDTH) {
            buf_addf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            buf_addc(out, ' ');
            at++;
        }
        buf_add(out, text, word);
        at += wide;
        text += word + (blank != NULL);
    }
    buf_addc(out, '\n');
}

static void add_paragraphs(struct buf *out, const char *text)
{
    const char *start;
    size_t length;
    bool literal;

    while (usage_paragraph(&text, &start, &length, &literal)) {
        buf_addc(out, '\n');
        if (literal) {
            buf_add(out, start, length);
            buf_addc(out, '\n');
        } else {
            wrap(out, 0, 0, start, length);
        }
    }
}

static void add_row(struct buf *out, const struct option_row *row)
{
    size_t before = out->length;
    unsigned wide;

    if (row->letter != '\0')
        buf_addf(out, "  -%c, ", row->letter);
    else
        buf_adds(out, "      ");
    buf_addf(out, "--%s%s%s", option_text(row->option), row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
    wide = (unsigned)utf8_columns(buf_text(out) + before, out->length - before);
    if (wide + 1 < COLUMN)
        buf_addf(out, "%*s", (int)(COLUMN - wide), "");
    else
        buf_addf(out, "\n%*s", COLUMN, "");
    wrap(out, COLUMN, COLUMN, row->doc, strlen(row->doc));
}

static const struct option_row help_row = {OPTION_HELP, 'h', NULL, "print this", VALUE_TEXT, NULL};

void usage_help(const struct usage *u, struct buf *out)
{
    const char *first = "usage: ";
    bool grouped = false;

    for (const char *line = u->synopsis; line != NULL; first = "       ") {
        const char *end = strchrnul(line, '\n');
        const bool more = *line == ' ';         /* of the synopsis before it */

        if (more)
            buf_addf(out, "%*s%.*s\n", (int)(strlen("usage: pidlet ") + strlen(u->verb)), "", (int)(end - line), line);
        else
            buf_addf(out, "%spidlet %s%s%.*s\n", first, u->verb, end > line ? " " : "", (int)(end - line), line);
        line = *end == '\0' ? NULL : end + 1;
    }
    add_paragraphs(out, u->about);
    buf_addc(out, '\n');
    for (size_t i = 0; i < u->row_count; i++) {
        grouped |= u->rows[i].option == OPTION_NONE;
        if (u->rows[i].option == OPTION_NONE)
            buf_addf(out, "\n%s\n\n", u->rows[i].doc);
        else
            add_row(out, &u->rows[i]);
    }
    if (grouped)
        buf_addc(out, '\n');
    add_row(out, &help_row);
    add_paragraphs(out, u->end);
}

void usage_list(struct buf *out)
{
    buf_adds(out, "pidlet: a kubelet for plain processes\n\nusage:\n");
    for (size_t i = 0; i < array_count(usages); i++) {
        const struct usage *u = usages[i];
        const unsigned wide = (unsigned)utf8_columns(u->arguments, strlen(u->arguments));

        buf_addf(out, "  pidlet %-10s %s%*s %s\n", u->verb, u->arguments, wide < 22 ? (int)(22 - wide) : 0, "", u->summary);
    }
    buf_adds(out, "\n'pidlet VERB --help' tells more.\n");
}

static int print_help(const struct usage *u)
{
    struct buf out = BUF_INIT;
    bool ok;

    usage_help(u, &out);
    fputs(buf_text(&out), stdout);
    ok = !buf_failed(&out) && verb_printed(u->verb);
    buf_deinit(&out);
    return ok ? EXIT_OK : EXIT_WORK;
}

/* ---- parsing ---- */

/* What getopt_long() wants. */
struct spelling {
    struct option longs[ROWS_MAX + 2];
    char letters[2 * ROWS_MAX + 4];
};

static void spell(const struct usage *u, struct spelling *s)
{
    char *letter = s->letters;
    size_t n = 0;

    if (u->options_first)
        *letter++ = '+';
    *letter++ = ':';                    /* a missing value is told from an unknown option */
    for (size_t i = 0; i <= u->row_count && n <= ROWS_MAX; i++) {
        const struct option_row *row = i < u->row_count ? &u->rows[i] : &help_row;
        const bool valued = row->value != NULL;

        if (row->option == OPTION_NONE)
            continue;
        s->longs[n++] = (struct option){option_text(row->option), valued ? required_argument : no_argument, NULL,
                                        LONG_ONLY + (int)row->option};
        if (row->letter != '\0')
            *letter++ = row->letter;
        if (row->letter != '\0' && valued)
            *letter++ = ':';
    }
    s->longs[n] = (struct option){0};
    *letter = '\0';
}

static int option_of(const struct usage *u, int c)
{
    for (size_t i = 0; i < u->row_count; i++) {
        if (u->rows[i].letter == c)
            return u->rows[i].option;
    }
    return c == help_row.letter ? OPTION_HELP : c - LONG_ONLY;
}

int usage_next(const struct usage *u, int argc, char **argv, int *status)
{
    struct spelling s;
    int c, option;

    spell(u, &s);
    opterr = 0;
    c = getopt_long(argc, argv, s.letters, s.longs, NULL);
    *status = -1;
    if (c == -1)
        return OPTION_NONE;
    if (c == ':')
        *status = verb_usage_error(u->verb, "%s needs a value", argv[optind - 1]);
    else if (c == '?')
        *status = verb_usage_error(u->verb, "unknown option: %s", argv[optind - 1]);
    if (*status >= 0)
        return OPTION_NONE;
    option = option_of(u, c);
    if (option != OPTION_HELP)
        return option;
    *status = print_help(u);
    return OPTION_NONE;
}
