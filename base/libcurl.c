#include "base/libcurl.h"

#include "base/library.h"
#include "base/macros.h"

const struct libcurl *libcurl_load(const char **why)
{
    /* The second is Debian's, built with GnuTLS: as good. */
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
#define LIBCURL_SYMBOL(function) "curl_" #function,
    static const char *const symbols[] = {LIBCURL_FUNCTIONS(LIBCURL_SYMBOL)};
    static struct libcurl table;
    static struct library library = {.names = names, .symbols = symbols, .count = array_count(symbols),
                                     .functions = (void **)&table};

    *why = library.why;
    return library_load(&library) ? &table : NULL;
}
