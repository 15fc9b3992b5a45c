/*
 * `pidlet simulate` linked with the client and the core alone: a stray call of the
 * loop, or of anything that acts, is a link error here.
 */
#include "client/simulate.h"

int main(int argc, char **argv)
{
    return simulate_verb(argc, argv);
}
