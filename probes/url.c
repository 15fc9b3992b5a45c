#include "probes/url.h"

#include "base/arena.h"
#include "base/buf.h"
#include "probes/gotext.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool no_memory(struct buf *why)
{
    buf_adds(why, "out of memory");
    return false;
}

/* ---- escapes ---- */

static bool is_escape(const char *p)
{
    return p[0] == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]);
}

static unsigned char value_of_escape(const char *p)
{
    const char digits[] = {p[1], p[2], '\0'};

    return (unsigned char)strtoul(digits, NULL, 16);
}

/* Of the octets that Go leaves alone when it writes a path. */
static bool stays_plain(unsigned char c)
{
    return isalnum(c) || (c != '\0' && strchr("-_.~$&+,/:;=@", c) != NULL);
}

/* Of those that it accepts when they came that way. */
static bool may_stand(unsigned char c)
{
    return stays_plain(c) || (c != '\0' && strchr("!'()*[]", c) != NULL);
}

static void add_escaped(struct buf *out, unsigned char c)
{
    if (stays_plain(c))
        buf_addc(out, (char)c);
    else
        buf_addf(out, "%%%02X", c);
}

static bool escapes_are_whole(const char *text, struct buf *why)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '%' && !is_escape(p)) {
            buf_adds(why, "invalid URL escape ");
            gotext_add_quoted(why, p, strnlen(p, 3));
            return false;
        }
    }
    return true;
}

/* As it came if it may go out like that, else decoded and escaped anew. */
static const char *escaped_path(struct arena *a, const char *path, bool decode)
{
    struct buf out = BUF_INIT;
    const char *copy;
    bool plain = decode;

    for (const char *p = path; plain && *p != '\0'; p++)
        plain = may_stand((unsigned char)*p) || *p == '%';
    if (plain)
        return arena_strdup(a, path);
    for (const char *p = path; *p != '\0'; p++) {
        bool escape = decode && is_escape(p);

        add_escaped(&out, escape ? value_of_escape(p) : (unsigned char)*p);
        p += escape ? 2 : 0;
    }
    copy = buf_failed(&out) ? NULL : arena_strdup(a, buf_text(&out));
    buf_deinit(&out);
    return copy;
}

/* ---- parsing ---- */

/* Length of the scheme in front of a ':'; 0: there is none. */
static size_t scheme_length(const char *text)
{
    size_t i = 0;

    while (isalpha((unsigned char)text[i])
           || (i > 0 && (isdigit((unsigned char)text[i]) || (text[i] != '\0' && strchr("+-.", text[i]) != NULL))))
        i++;
    return text[i] == ':' ? i : 0;
}

static bool port_is_number(const char *host, struct buf *why)
{
    const char *bracket = strrchr(host, ']'), *colon = strrchr(host, ':');

    if (host[0] == '[' && bracket == NULL) {
        buf_adds(why, "missing ']' in host");
        return false;
    }
    if (bracket != NULL)
        colon = bracket[1] != '\0' ? bracket + 1 : NULL;
    if (colon != NULL && (*colon != ':' || strspn(colon + 1, "0123456789") != strlen(colon + 1))) {
        buf_adds(why, "invalid port ");
        gotext_add_quoted(why, colon, strlen(colon));
        buf_adds(why, " after host");
        return false;
    }
    return true;
}

static bool host_characters(const char *host, struct buf *why)
{
    for (const char *p = host; *p != '\0'; p++) {
        if (strchr(" \"<>\\^`{|}", *p) != NULL) {
            buf_adds(why, "invalid character ");
            gotext_add_quoted(why, p, 1);
            buf_adds(why, " in host name");
            return false;
        }
    }
    return true;
}

/* "//user@host:port" in front of a path; returns the path, NULL: an error. */
static char *authority(struct url *out, char *rest, struct arena *a, struct buf *why)
{
    char *end = rest + 2 + strcspn(rest + 2, "/");
    char *host = arena_strndup(a, rest + 2, (size_t)(end - rest - 2)), *at;

    if (host == NULL) {
        no_memory(why);
        return NULL;
    }
    at = strrchr(host, '@');
    out->host = at != NULL ? at + 1 : host;
    return host_characters(out->host, why) && port_is_number(out->host, why) ? end : NULL;
}

static bool has_control(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return true;
    }
    return false;
}

/* Cuts at the first `c` and returns what is after it; NULL: there is none. */
static char *cut(char *text, char c)
{
    char *at = strchr(text, c);

    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + 1;
}

bool url_parse(struct url *out, struct arena *a, const char *text, struct buf *why)
{
    char *rest = arena_strdup(a, text);
    size_t scheme;

    *out = (struct url){.scheme = "", .host = "", .path = ""};
    if (rest == NULL)
        return no_memory(why);
    if (has_control(text)) {
        buf_adds(why, "net/url: invalid control character in URL");
        return false;
    }
    out->fragment = cut(rest, '#');
    scheme = scheme_length(rest);
    if (scheme == 0 && rest[0] == ':') {
        buf_adds(why, "missing protocol scheme");
        return false;
    }
    if (scheme > 0) {
        for (size_t i = 0; i < scheme; i++)
            rest[i] = (char)tolower((unsigned char)rest[i]);
        rest[scheme] = '\0';
        out->scheme = rest;
        rest += scheme + 1;
    }
    out->query = cut(rest, '?');
    if (rest[0] != '/') {
        if (scheme > 0) {
            out->opaque = rest;
            return true;
        }
        if (memchr(rest, ':', strcspn(rest, "/")) != NULL) {
            buf_adds(why, "first path segment in URL cannot contain colon");
            return false;
        }
    }
    if (rest[0] == '/' && rest[1] == '/' && (scheme > 0 || rest[2] != '/')) {
        rest = authority(out, rest, a, why);
        if (rest == NULL)
            return false;
    }
    if (!escapes_are_whole(rest, why) || (out->fragment != NULL && !escapes_are_whole(out->fragment, why)))
        return false;
    out->path = escaped_path(a, rest, true);
    return out->path != NULL || no_memory(why);
}

bool url_of_action(struct url *out, struct arena *a, const char *scheme, const char *host,
                   uint16_t port, const char *path)
{
    const bool brackets = strchr(host, ':') != NULL;
    struct buf why = BUF_INIT;

    if (!url_parse(out, a, path, &why))
        *out = (struct url){.path = escaped_path(a, path, false)};
    buf_deinit(&why);
    out->scheme = scheme;
    out->host = arena_printf(a, "%s%s%s:%u", brackets ? "[" : "", host, brackets ? "]" : "", port);
    if (out->path != NULL && out->path[0] != '/' && out->path[0] != '\0')
        out->path = arena_printf(a, "/%s", out->path);
    return out->host != NULL && out->path != NULL;
}

/* ---- resolving ---- */

/* A path without its dot segments; it begins with a slash. */
static const char *without_dots(struct arena *a, const char *path)
{
    struct buf out = BUF_INIT;
    const char *copy, *p = path[0] == '/' ? path + 1 : path;
    bool more = true;

    while (more) {
        size_t length = strcspn(p, "/");
        bool dot = length == 1 && p[0] == '.', dots = length == 2 && p[0] == '.' && p[1] == '.';

        more = p[length] == '/';
        if (dots) {
            const char *slash = out.length > 0 ? memrchr(out.data, '/', out.length) : NULL;

            out.length = slash != NULL ? (size_t)(slash - out.data) : 0;
        }
        if (!dot && !dots) {
            buf_addc(&out, '/');
            buf_add(&out, p, length);
        } else if (!more) {
            buf_addc(&out, '/');
        }
        p += length + 1;
    }
    copy = buf_failed(&out) ? NULL : arena_strndup(a, buf_text(&out), out.length);
    buf_deinit(&out);
    return copy;
}

static const char *merged(struct arena *a, const char *base, const char *reference)
{
    const char *slash = strrchr(base, '/');

    if (reference[0] == '/')
        return reference;
    if (reference[0] == '\0')
        return base;
    return arena_printf(a, "%.*s%s", slash != NULL ? (int)(slash - base + 1) : 0, base, reference);
}

bool url_resolve(struct url *out, struct arena *a, const struct url *base, const struct url *reference)
{
    const char *path;

    *out = *reference;
    if (reference->scheme[0] == '\0')
        out->scheme = base->scheme;
    if (reference->opaque != NULL)
        return true;
    path = reference->path;
    if (reference->scheme[0] == '\0' && reference->host[0] == '\0') {
        out->host = base->host;
        path = merged(a, base->path, reference->path);
        if (path == NULL)
            return false;
        if (reference->path[0] == '\0' && reference->query == NULL) {
            out->query = base->query;
            if (reference->fragment == NULL)
                out->fragment = base->fragment;
        }
    }
    out->path = path[0] == '\0' ? "" : without_dots(a, path);
    return out->path != NULL;
}

/* ---- writing ---- */

void url_add(struct buf *out, const struct url *url)
{
    buf_addf(out, "%s:", url->scheme);
    if (url->opaque != NULL)
        buf_adds(out, url->opaque);
    else
        buf_addf(out, "//%s%s", url->host, url->path);
    if (url->query != NULL)
        buf_addf(out, "?%s", url->query);
    if (url->fragment != NULL && url->fragment[0] != '\0')
        buf_addf(out, "#%s", url->fragment);
}

void url_add_target(struct buf *out, const struct url *url)
{
    buf_adds(out, url->path[0] != '\0' ? url->path : "/");
    if (url->query != NULL)
        buf_addf(out, "?%s", url->query);
}

const char *url_hostname(struct arena *a, const struct url *url)
{
    const char *host = url->host;

    if (host[0] == '[')
        return arena_strndup(a, host + 1, strcspn(host + 1, "]"));
    return arena_strndup(a, host, strcspn(host, ":"));
}

uint16_t url_port(const struct url *url)
{
    const char *bracket = strrchr(url->host, ']');
    const char *colon = strchr(bracket != NULL ? bracket : url->host, ':');

    if (colon != NULL && colon[1] != '\0') {
        unsigned long port = strtoul(colon + 1, NULL, 10);

        return port <= UINT16_MAX ? (uint16_t)port : 0;         /* to which nothing connects */
    }
    return strcmp(url->scheme, "https") == 0 ? 443 : 80;
}
