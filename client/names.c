#include "client/names.h"

#include "client/remote.h"

#include <string.h>
#include <strings.h>

/* What daemon/api serves. */
static const struct kind_name names[] = {
    {"configmaps", "configmap", "ConfigMap", "cm", true}, {"events", "event", "Event", "ev", true},
    {"namespaces", "namespace", "Namespace", "ns", false}, {"nodes", "node", "Node", "no", false},
    {"pods", "pod", "Pod", "po", true},                   {"secrets", "secret", "Secret", "", true},
    {"services", "service", "Service", "svc", true},
};

static bool is(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && length > 0 && strncasecmp(name, text, length) == 0;
}

const struct kind_name *kind_name_find(const char *text, size_t length)
{
    if (is("all", text, length))
        return kind_name_find("pods", 4);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is(names[i].plural, text, length) || is(names[i].singular, text, length)
            || is(names[i].short_name, text, length))
            return &names[i];
    }
    return NULL;
}

const struct kind_name *kind_name_at(size_t i)
{
    return i < sizeof names / sizeof *names ? &names[i] : NULL;
}

void kind_name_path(const struct kind_name *k, const char *namespace, bool all_namespaces, struct buf *out)
{
    buf_adds(out, "/api/v1/");
    if (k->namespaced && !all_namespaces) {
        buf_adds(out, "namespaces/");
        remote_escape(out, namespace);
        buf_addc(out, '/');
    }
    buf_adds(out, k->plural);
}
