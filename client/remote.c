#include "client/remote.h"

#include "base/fd.h"
#include "client/http_reader.h"
#include "daemon/places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool fail(const struct remote *r, const char *what)
{
    fprintf(stderr, "pidlet %s: %s: %s\n", r->verb, buf_text(&r->socket), what);
    return false;
}

bool remote_init(struct remote *r, const char *verb, const char *socket)
{
    *r = (struct remote){.verb = verb, .socket = BUF_INIT, .body = BUF_INIT};
    if (socket == NULL)
        socket = getenv("PIDLET_SOCKET");
    if (socket != NULL)
        buf_adds(&r->socket, socket);
    else if (!places_socket(&r->socket)) {
        fprintf(stderr, "pidlet %s: XDG_RUNTIME_DIR is not set: say with --socket where the daemon's socket is\n", verb);
        return false;
    }
    return !buf_failed(&r->socket) || fail(r, "out of memory");
}

void remote_deinit(struct remote *r)
{
    buf_deinit(&r->socket);
    buf_deinit(&r->body);
}

void remote_escape(struct buf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (const char *p = text; *p != '\0'; p++) {
        if (strchr(plain, *p) != NULL)
            buf_addc(out, *p);
        else
            buf_addf(out, "%%%02X", (unsigned char)*p);
    }
}

/* ---- one request ---- */

/* "Warning: 299 - "text"" is for people. */
static void look_at_header(void *arg, const char *line)
{
    static const char name[] = "warning: 299 - \"";
    size_t length = strlen(line);

    (void)arg;
    if (length < sizeof name || strncasecmp(line, name, sizeof name - 1) != 0)
        return;
    fputs("Warning: ", stderr);
    for (const char *p = line + sizeof name - 1; p < line + length - 1; p++) {
        if (*p == '\\' && p + 1 < line + length - 1)
            p++;
        fputc(*p, stderr);
    }
    fputc('\n', stderr);
}

static int dial(const struct remote *r)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, error;

    if (r->socket.length >= sizeof address.sun_path) {
        fail(r, strerror(ENAMETOOLONG));
        return -1;
    }
    strcpy(address.sun_path, buf_text(&r->socket));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd != -1 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    error = errno;
    fd_close(&fd);
    if (error == ENOENT)
        fail(r, "there is no such socket: is pidlet running? (--socket says where)");
    else
        fail(r, error == ECONNREFUSED ? "no daemon answers there any more" : strerror(error));
    return -1;
}

/* Not fd_write_all(): a daemon that goes must not end us by SIGPIPE. */
static bool send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

static bool send_request(const struct remote *r, int fd, const struct remote_request *q)
{
    struct buf head = BUF_INIT;
    bool ok;

    buf_addf(&head, "%s %s HTTP/1.1\r\nHost: pidlet\r\nConnection: close\r\nAccept: %s\r\n",
             q->method != NULL ? q->method : "GET", q->path,
             q->table ? "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" : "application/json");
    if (q->body != NULL)
        buf_addf(&head, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                 q->content_type != NULL ? q->content_type : "application/json", strlen(q->body));
    buf_adds(&head, "\r\n");
    ok = !buf_failed(&head) && send_all(fd, buf_text(&head), head.length)
         && (q->body == NULL || send_all(fd, q->body, strlen(q->body)));
    if (!ok)
        fail(r, buf_failed(&head) ? "out of memory" : strerror(errno));
    buf_deinit(&head);
    return ok;
}

/* False: the answer is not whole, and was not stopped by its reader; said why. */
static bool exchange(struct remote *r, const struct remote_request *q, struct http_reader *reader)
{
    cleanup_fd int fd = dial(r);
    char bytes[16 * 1024];
    ssize_t n = 0;
    bool ok;

    if (fd == -1 || !send_request(r, fd, q))
        return false;
    do {
        do
            n = read(fd, bytes, sizeof bytes);
        while (n == -1 && errno == EINTR);
    } while (n > 0 && http_reader_feed(reader, bytes, (size_t)n));
    ok = reader->stopped || http_reader_is_whole(reader);
    if (!ok)
        fail(r, n == -1 ? strerror(errno) : "the daemon broke off in the middle of its answer");
    return ok;
}

static bool take(void *arg, const char *bytes, size_t length)
{
    struct remote *r = arg;

    buf_add(&r->body, bytes, length);
    return !buf_failed(&r->body);
}

bool remote_ask(struct remote *r, const struct remote_request *request)
{
    struct http_reader reader = {.on_header = look_at_header, .on_body = take, .arg = r};
    bool ok;

    buf_clear(&r->body);
    ok = exchange(r, request, &reader);
    r->code = reader.code;
    http_reader_deinit(&reader);
    if (ok && buf_failed(&r->body))
        return fail(r, "out of memory");
    return ok;
}

const char *remote_text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

void remote_print_fault(const struct remote *r)
{
    json_t *status = json_loadb(buf_text(&r->body), r->body.length, 0, NULL);
    const json_t *details = json_object_get(status, "details"), *causes = json_object_get(details, "causes");
    json_t *cause;
    size_t i;

    if (status == NULL)
        fprintf(stderr, "pidlet %s: the daemon answered with %u\n", r->verb, r->code);
    else if (strcmp(remote_text_at(status, "reason"), "Invalid") == 0 && json_array_size(causes) > 0) {
        fprintf(stderr, "The %s \"%s\" is invalid: ", remote_text_at(details, "kind"), remote_text_at(details, "name"));
        json_array_foreach((json_t *)causes, i, cause)
            fprintf(stderr, "%s%s: %s\n", json_array_size(causes) == 1 ? "" : i == 0 ? "\n* " : "* ",
                    remote_text_at(cause, "field"), remote_text_at(cause, "message"));
    } else {
        fprintf(stderr, "Error from server (%s): %s\n", remote_text_at(status, "reason"), remote_text_at(status, "message"));
    }
    json_decref(status);
}

json_t *remote_json(struct remote *r, const struct remote_request *request)
{
    json_t *json;

    if (!remote_ask(r, request))
        return NULL;
    if (r->code >= 400) {
        remote_print_fault(r);
        return NULL;
    }
    json = json_loadb(buf_text(&r->body), r->body.length, 0, NULL);
    if (json == NULL)
        fail(r, "the daemon's answer is no JSON");
    return json;
}

/* ---- streams ---- */

struct streaming {
    struct remote *remote;
    struct http_reader *reader;
    remote_part_fn *part;
    void *arg;
};

static bool take_part(void *arg, const char *bytes, size_t length)
{
    struct streaming *s = arg;

    return s->reader->code >= 400 ? take(s->remote, bytes, length) : s->part(s->arg, bytes, length);
}

bool remote_stream(struct remote *r, const struct remote_request *request, remote_part_fn *part, void *arg)
{
    struct http_reader reader = {.on_header = look_at_header, .on_body = take_part};
    struct streaming s = {.remote = r, .reader = &reader, .part = part, .arg = arg};
    bool ok;

    reader.arg = &s;
    buf_clear(&r->body);
    ok = exchange(r, request, &reader);
    r->code = reader.code;
    http_reader_deinit(&reader);
    if (ok && r->code >= 400)
        remote_print_fault(r);
    return ok && r->code < 400;
}
