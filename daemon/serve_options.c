#include "daemon/serve.h"

#include "base/buf.h"
#include "daemon/places.h"

#include <unistd.h>

void serve_state_place(const struct serve_options *o, struct buf *path)
{
    if (o->state_dir != NULL)
        buf_adds(path, o->state_dir);
    else if (o->socket != NULL)
        buf_addf(path, "%s.state", o->socket);
    else if (!places_state(path))
        buf_clear(path);
}

/* The kubelet's own place, where there is one. */
void serve_log_place(const struct serve_options *o, struct buf *path)
{
    if (o->state_dir == NULL && o->socket == NULL && geteuid() == 0) {
        buf_adds(path, "/var/log/pods");
        return;
    }
    serve_state_place(o, path);
    if (path->length > 0)
        buf_adds(path, "/logs");
}

bool serve_option(struct serve_options *o, int option, const char *value)
{
    switch (option) {
    case OPTION_SOCKET:
        o->socket = value;
        return true;
    case OPTION_NO_SOCKET:
        o->no_socket = true;
        return true;
    case OPTION_SOCKET_GROUP:
        o->group = value;
        return true;
    case OPTION_LISTEN:
        o->listen = value;
        return true;
    case OPTION_PLAIN_HTTP:
        o->plain_http = true;
        return true;
    case OPTION_STATE_DIR:
        o->state_dir = value;
        return true;
    default:
        return false;
    }
}
