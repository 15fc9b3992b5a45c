#include "daemon/api/gnutls.h"

#include "base/library.h"
#include "base/macros.h"

struct gnutls gnutls;

bool gnutls_load(const char **why)
{
    static const char *const names[] = {"libgnutls.so.30", NULL};
#define GNUTLS_SYMBOL(function) "gnutls_" #function,
    static const char *const symbols[] = {GNUTLS_FUNCTIONS(GNUTLS_SYMBOL)};
    static struct library library = {.names = names, .symbols = symbols, .count = array_count(symbols),
                                     .functions = (void **)&gnutls};

    *why = library.why;
    return library_load(&library);
}
