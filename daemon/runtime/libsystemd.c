#include "daemon/runtime/libsystemd.h"

#include "base/library.h"
#include "base/macros.h"

struct libsystemd libsystemd;

bool libsystemd_load(const char **why)
{
    static const char *const names[] = {"libsystemd.so.0", NULL};
#define LIBSYSTEMD_SYMBOL(function) "sd_" #function,
    static const char *const symbols[] = {LIBSYSTEMD_FUNCTIONS(LIBSYSTEMD_SYMBOL)};
    static struct library library = {.names = names, .symbols = symbols, .count = array_count(symbols),
                                     .functions = (void **)&libsystemd};

    *why = library.why;
    return library_load(&library);
}
