#include "base/library.h"

#include <dlfcn.h>
#include <stdio.h>

static bool find_all(struct library *l, void *handle)
{
    for (size_t i = 0; i < l->count; i++) {
        l->functions[i] = dlsym(handle, l->symbols[i]);
        if (l->functions[i] == NULL)
            return false;
    }
    return true;
}

bool library_load(struct library *l)
{
    l->why[0] = '\0';
    for (size_t i = 0; !l->loaded && l->names[i] != NULL; i++) {
        void *handle = dlopen(l->names[i], RTLD_NOW | RTLD_LOCAL);
        const char *text;

        l->loaded = handle != NULL && find_all(l, handle);
        if (l->loaded)
            break;
        text = dlerror();               /* of the first one: the name that is usual */
        if (l->why[0] == '\0' && text != NULL)
            snprintf(l->why, sizeof l->why, "%s", text);
        if (handle != NULL)
            dlclose(handle);
    }
    return l->loaded;
}
