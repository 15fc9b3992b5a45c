#include "base/libcurl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

/* The second is Debian's, built with GnuTLS: as good. */
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static bool find_all(struct libcurl *table, void *library)
{
#define LIBCURL_FIND(function)                                                     \
    *(void **)&table->function = dlsym(library, "curl_" #function);                \
    if (table->function == NULL)                                                   \
        return false;
    LIBCURL_FUNCTIONS(LIBCURL_FIND)
#undef LIBCURL_FIND
    return true;
}

const struct libcurl *libcurl_load(const char **why)
{
    static struct libcurl table;
    static bool loaded;
    static char error[200];

    for (size_t i = 0; !loaded && i < sizeof names / sizeof *names; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);

        loaded = library != NULL && find_all(&table, library);
        if (!loaded && error[0] == '\0') {
            const char *text = dlerror();
            size_t length = 0;

            for (; text != NULL && text[length] != '\0' && length < sizeof error - 1; length++)
                error[length] = text[length];
        }
    }
    *why = error;
    return loaded ? &table : NULL;
}
