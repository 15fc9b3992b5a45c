#include "client/verb.h"

#include <stdarg.h>
#include <stdio.h>

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
