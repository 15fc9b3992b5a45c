/*
 * The command line as data: what --help and the man page tell, what is parsed, and what the
 * shells complete, are made of the same rows.  A verb is one struct usage, an option one row of it.
 */
#ifndef PIDLET_CLIENT_USAGE_H
#define PIDLET_CLIENT_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct buf;

/* Every option of every verb. */
enum option_name {
    OPTION_NONE,
#define OPTION(constant, text) OPTION_##constant,
#include "client/options.def"
#undef OPTION
};

/* What a value or an argument is, as far as a shell can help with it. */
enum value_kind {
    VALUE_TEXT,                 /* anything */
    VALUE_WORDS,                /* one of `words` */
    VALUE_FILE,
    VALUE_FOLDER,
    VALUE_PATH,                 /* file or folder */
    VALUE_COMMAND,              /* a command with its arguments */
    VALUE_VERB,                 /* one of pidlet */
    VALUE_TYPE,                 /* pod.spec.containers */
    VALUE_KIND,                 /* a kind that manifests may hold */
    VALUE_NAMESPACE,            /* of the running daemon, from here on */
    VALUE_POD,
    VALUE_CONTAINER,            /* of the pod that is named before it */
    VALUE_OBJECT,               /* KIND, then names of that kind */
    VALUE_KIND_NAME,            /* KIND/NAME */
};

struct option_row {
    enum option_name option;    /* OPTION_NONE: `doc` is a heading of the rows below it */
    char letter;                /* 0: none */
    const char *value;          /* what its value is called; NULL: it takes none */
    const char *doc;            /* sentences, without line ends */
    enum value_kind kind;       /* of the value */
    const char *words;          /* VALUE_WORDS: with blanks between */
};

struct usage {
    const char *verb;
    const char *arguments;      /* for the list of verbs */
    const char *summary;
    const char *synopsis;       /* lines; each is what follows "pidlet VERB " */
    const char *about;          /* paragraphs, see usage_paragraph(); NULL: none */
    const struct option_row *rows;      /* all but --help, which every verb has */
    size_t row_count;
    const char *end;            /* paragraphs */
    enum value_kind kind;       /* of the arguments */
    const char *words;          /* VALUE_WORDS of the first argument; others then are of `kind` */
    bool options_first;         /* what follows the first argument is no option */
};

/* "filename", without its dashes. */
const char *option_text(enum option_name option);

/* The verbs, in the order of the list; NULL: there are no more. */
const struct usage *usage_at(size_t i);
const struct usage *usage_of(const char *verb);

/*
 * Cuts the next paragraph off *text; false: there is none.  Paragraphs have an empty line between
 * them.  `literal`: its first line is indented, and its lines are to stay as they are.
 */
bool usage_paragraph(const char **text, const char **start, size_t *length, bool *literal);

void usage_help(const struct usage *u, struct buf *out);        /* what --help prints */

/* The list of verbs. */
void usage_list(struct buf *out);

/*
 * The next option of a command line, an enum option_name, argv[0] being the verb; its value is
 * then in optarg.  OPTION_NONE: there is none; *status is then -1, and the arguments begin at optind; or it is an
 * exit status: help was asked for, or what is wrong has been said.
 */
int usage_next(const struct usage *u, int argc, char **argv, int *status);

#define VERB(name) extern const struct usage name##_usage;
#include "client/verbs.def"
#undef VERB

#endif
