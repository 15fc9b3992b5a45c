#include "client/verb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int verb_usage_error(const char *verb, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "pidlet %s: ", verb);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'pidlet %s --help'.\n", verb);
    return EXIT_USAGE;
}

bool verb_printed(const char *verb)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "pidlet %s: standard output: %s\n", verb, strerror(errno));
    return false;
}
