#include "config/guess.h"

#include <string.h>

enum { LONGEST_GUESS = 40 };

/* Edits (Levenshtein) that make `b` of `a`; LONGEST_GUESS when one of them is longer. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST_GUESS + 1], n = strlen(a), m = strlen(b);

    if (n >= LONGEST_GUESS || m >= LONGEST_GUESS)
        return LONGEST_GUESS;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

struct guess guess_init(const char *wrong)
{
    return (struct guess){
        .wrong = wrong,
        .edits = strlen(wrong) / 3 + 2, /* further away is no slip of the finger */
    };
}

void guess_try(struct guess *g, const char *word)
{
    const size_t a = strlen(g->wrong), b = strlen(word);
    size_t edits;

    if ((a > b ? a - b : b - a) >= g->edits)
        return;                         /* so many edits at least */
    edits = distance(g->wrong, word);
    if (edits < g->edits) {
        g->edits = edits;
        g->best = word;
    }
}
