#include "daemon/serve.h"

bool serve_option(struct serve_options *o, int option, const char *value)
{
    switch (option) {
    case SERVE_SOCKET:
        o->socket = value;
        return true;
    case SERVE_NO_SOCKET:
        o->no_socket = true;
        return true;
    case SERVE_GROUP:
        o->group = value;
        return true;
    case SERVE_LISTEN:
        o->listen = value;
        return true;
    case SERVE_PLAIN_HTTP:
        o->plain_http = true;
        return true;
    case SERVE_STATE_DIR:
        o->state_dir = value;
        return true;
    default:
        return false;
    }
}
