/*
 * `pidlet __complete WORD…`, for the shells: what can stand in place of the last WORD, which may be
 * empty or begun.  The words are those of a command line after `pidlet`.
 *
 * Prints a candidate a line, CANDIDATE or CANDIDATE<tab>DESCRIPTION, and last a line on how to go on:
 * ":" as usual, ":nospace" no blank after the candidate, ":file" or ":folder" with what the shell itself
 * knows of these, ":command": what follows the first "--" is a command and its arguments.
 */
#ifndef PIDLET_CLIENT_COMPLETE_H
#define PIDLET_CLIENT_COMPLETE_H

int complete_verb(int argc, char **argv);

#endif
