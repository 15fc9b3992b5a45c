#include "client/complete_private.h"

#include "client/names.h"
#include "client/remote.h"

#include <string.h>

/* NULL: nothing to be had. */
static json_t *ask(const struct completion *c, const struct kind_name *k, const char *name)
{
    struct remote remote;
    struct buf path = BUF_INIT;
    json_t *answer = NULL;

    kind_name_path(k, c->namespace != NULL ? c->namespace : "default", false, &path);
    if (name != NULL) {
        buf_addc(&path, '/');
        remote_escape(&path, name);
    }
    if (!buf_failed(&path) && remote_init(&remote, "__complete", c->socket)) {
        answer = remote_json(&remote, &(struct remote_request){.path = buf_text(&path)});
        remote_deinit(&remote);
    }
    buf_deinit(&path);
    return answer;
}

static void offer_names(const struct completion *c, const struct kind_name *k, const char *joined)
{
    json_t *list = k != NULL ? ask(c, k, NULL) : NULL, *item;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, item)
        complete_offer(c, joined, remote_text_at(json_object_get(item, "metadata"), "name"), NULL);
    json_decref(list);
}

static void offer_containers(const struct completion *c)
{
    static const char *const lists[] = {"initContainers", "containers"};
    const char *pod = c->operands[0], *slash = pod != NULL ? strchr(pod, '/') : NULL;
    json_t *answer = pod != NULL ? ask(c, kind_name_find("pods", 4), slash != NULL ? slash + 1 : pod) : NULL, *container;
    size_t i;

    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        json_array_foreach(json_object_get(json_object_get(answer, "spec"), lists[l]), i, container)
            complete_offer(c, "", remote_text_at(container, "name"), NULL);
    }
    json_decref(answer);
}

/* "pod/", then "pod/web". */
static void offer_kind_names(struct completion *c)
{
    const char *slash = strchr(c->begun, '/');
    struct buf joined = BUF_INIT;

    if (slash != NULL) {
        buf_add(&joined, c->begun, (size_t)(slash + 1 - c->begun));
        offer_names(c, kind_name_find(c->begun, (size_t)(slash - c->begun)), buf_text(&joined));
        buf_deinit(&joined);
        return;
    }
    c->how = ":nospace";
    for (size_t i = 0; kind_name_at(i) != NULL; i++) {
        buf_clear(&joined);
        buf_addf(&joined, "%s/", kind_name_at(i)->singular);
        complete_offer(c, "", buf_text(&joined), NULL);
    }
    buf_deinit(&joined);
}

void complete_objects(struct completion *c, enum value_kind kind)
{
    const char *first = c->operands[0];

    if (kind == VALUE_NAMESPACE)
        offer_names(c, kind_name_find("namespaces", 10), "");
    else if (kind == VALUE_POD)
        offer_names(c, kind_name_find("pods", 4), "");
    else if (kind == VALUE_CONTAINER)
        offer_containers(c);
    else if (kind == VALUE_KIND_NAME || strchr(c->begun, '/') != NULL)
        offer_kind_names(c);
    else if (first != NULL)
        offer_names(c, kind_name_find(first, strlen(first)), "");
    else {
        for (size_t i = 0; kind_name_at(i) != NULL; i++)
            complete_offer(c, "", kind_name_at(i)->plural, NULL);
    }
}
