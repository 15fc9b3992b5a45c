/* What libcurl says of a failure, in Go's words, which the kubelet shows (kubelet-semantics 2.4). */
#include "probes/http_private.h"

#include "base/buf.h"
#include "probes/gotext.h"

#include <string.h>

static void add_socket_error(const struct http_failure *f, const char *call, struct buf *out)
{
    buf_addf(out, "%s tcp %s: %s: ", call, f->ends, call);
    gotext_add_errno(out, f->transfer->os_error);
}

bool http_is_plain_answer(const struct http_transfer *t)
{
    return t->tls && t->first_length == (ssize_t)sizeof t->first && memcmp(t->first, "HTTP/", sizeof t->first) == 0;
}

static void add_tls_error(const struct http_failure *f, struct buf *out)
{
    const struct http_transfer *t = f->transfer;

    if (http_is_plain_answer(t))
        buf_adds(out, "http: server gave HTTP response to HTTPS client");
    else if (t->first_length == 0)
        buf_adds(out, "EOF");
    else if (t->os_error != 0)
        add_socket_error(f, "read", out);
    else if (t->first_length > 0 && ((unsigned char)t->first[0] < 0x14 || (unsigned char)t->first[0] > 0x17))
        buf_adds(out, "tls: first record does not look like a TLS handshake");
    else
        buf_addf(out, "tls: %s", t->error[0] != '\0' ? t->error : "handshake failure");
}

static void add_malformed(const struct http_failure *f, struct buf *out)
{
    const char *text = buf_text(f->garbage), *end = memchr(text, '\n', f->garbage->length);
    size_t length = end != NULL ? (size_t)(end - text) : f->garbage->length;

    buf_adds(out, "net/http: HTTP/1.x transport connection broken: malformed HTTP response");
    if (f->garbage->length > 0) {
        buf_addc(out, ' ');
        gotext_add_quoted(out, text, length > 0 && text[length - 1] == '\r' ? length - 1 : length);
    }
}

void http_add_failure(const struct http_failure *f, struct buf *out)
{
    const CURLcode code = f->code;
    const struct http_transfer *t = f->transfer;

    if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CIPHER)
        add_tls_error(f, out);
    else if (f->garbage->length > 0 || code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL)
        add_malformed(f, out);
    else if (code == CURLE_SEND_ERROR && t->os_error != 0)
        add_socket_error(f, "write", out);
    else if (code == CURLE_RECV_ERROR && t->os_error != 0)
        add_socket_error(f, "read", out);
    else if ((code == CURLE_OK || code == CURLE_GOT_NOTHING) && !f->has_status)
        buf_adds(out, "EOF");
    else if (code == CURLE_OK || code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE)
        buf_adds(out, "unexpected EOF");
    else
        buf_adds(out, http_transfer_error(t, code));
}
