#include "daemon/api/microhttpd.h"

#include "base/library.h"
#include "base/macros.h"

struct microhttpd microhttpd;

bool microhttpd_load(const char **why)
{
    static const char *const names[] = {"libmicrohttpd.so.12", NULL};
#define MICROHTTPD_SYMBOL(function) "MHD_" #function,
    static const char *const symbols[] = {MICROHTTPD_FUNCTIONS(MICROHTTPD_SYMBOL)};
    static struct library library = {.names = names, .symbols = symbols, .count = array_count(symbols),
                                     .functions = (void **)&microhttpd};

    *why = library.why;
    return library_load(&library);
}
