/*
 * "Did you mean …?": the nearest of some words to one that nobody knows.
 */
#ifndef PIDLET_CONFIG_GUESS_H
#define PIDLET_CONFIG_GUESS_H

#include <stddef.h>

struct guess {
    const char *wrong;                  /* borrowed, as the words are */
    const char *best;                   /* the nearest so far; NULL: nothing is near */
    size_t edits;                       /* that make it of `wrong`; nothing further away counts */
};

struct guess guess_init(const char *wrong);
void guess_try(struct guess *g, const char *word);

#endif
