#include "client/following.h"

#include "client/names.h"
#include "client/remote.h"

#include <inttypes.h>
#include <string.h>

struct following {
    following_look_fn *look;
    void *arg;
    struct buf line;
    bool seen;
};

static bool take(void *arg, const char *bytes, size_t length)
{
    struct following *f = arg;
    const char *end;

    buf_add(&f->line, bytes, length);
    while (!f->seen && f->line.length > 0 && (end = memchr(f->line.data, '\n', f->line.length)) != NULL) {
        json_t *event = json_loadb(f->line.data, (size_t)(end - f->line.data), 0, NULL);
        const char *type = json_string_value(json_object_get(event, "type"));

        f->seen = type != NULL && f->look(f->arg, type, json_object_get(event, "object"));
        json_decref(event);
        buf_drop(&f->line, (size_t)(end - f->line.data) + 1);
    }
    return !f->seen && !buf_failed(&f->line);
}

static void add_path(struct buf *path, const struct kind_name *k, const char *namespace, const char *name)
{
    kind_name_path(k, namespace, false, path);
    buf_addc(path, '/');
    remote_escape(path, name);
}

/* The object as it was found, then its changes from that version on: nothing is missed between the two. */
static enum following_end watch_on(struct remote *r, const struct kind_name *k, const char *namespace,
                                   const char *name, mono_ms timeout, struct following *f)
{
    json_t *found = json_loadb(buf_text(&r->body), r->body.length, 0, NULL);
    const char *version = json_string_value(json_object_get(json_object_get(found, "metadata"), "resourceVersion"));
    enum following_end end = FOLLOWING_FAILED;
    struct buf path = BUF_INIT;

    f->seen = found != NULL && f->look(f->arg, "ADDED", found);
    kind_name_path(k, namespace, false, &path);
    buf_adds(&path, "?watch=true&fieldSelector=metadata.name%3D");
    remote_escape(&path, name);
    if (version != NULL)
        buf_addf(&path, "&resourceVersion=%s", version);
    buf_addf(&path, "&timeoutSeconds=%" PRId64, timeout == MONO_NEVER ? INT32_MAX - 1 : (timeout + 999) / 1000);
    if (f->seen || timeout == 0 || remote_stream(r, &(struct remote_request){.path = buf_text(&path)}, take, f))
        end = f->seen ? FOLLOWING_SEEN : FOLLOWING_TIMED_OUT;
    json_decref(found);
    buf_deinit(&path);
    return end;
}

/* A watch ends with its time, or with the daemon; then what there is counts. */
enum following_end follow_one(struct remote *r, const struct kind_name *k, const char *namespace, const char *name,
                              mono_ms timeout, following_look_fn *look, void *arg)
{
    struct following f = {.look = look, .arg = arg, .line = BUF_INIT};
    struct buf path = BUF_INIT;
    enum following_end end = FOLLOWING_FAILED;

    add_path(&path, k, namespace, name);
    if (!remote_ask(r, &(struct remote_request){.path = buf_text(&path)}))
        ;                               /* said why */
    else if (r->code == 404)
        end = FOLLOWING_NOT_FOUND;
    else if (r->code >= 400)
        remote_print_fault(r);
    else
        end = watch_on(r, k, namespace, name, timeout, &f);
    buf_deinit(&path);
    buf_deinit(&f.line);
    return end;
}
