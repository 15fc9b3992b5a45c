#include "probes/http_request.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/spec.h"
#include "probes/gotext.h"

#include <ctype.h>
#include <string.h>

static bool no_memory(struct buf *why)
{
    buf_adds(why, "out of memory");
    return false;
}

/* ---- header lines ---- */

struct head {                           /* of one request; what is NULL or false is not sent */
    const char *host;
    const char *agent;
    const char *referer;
    bool authorization;
};

static bool is(const struct http_header_spec *header, const char *name)
{
    return strcasecmp(header->name, name) == 0;
}

static const char *value_of(const struct http_header_spec *header)
{
    return header->value != NULL ? header->value : "";
}

/* The first of that name; NULL: not given. */
static const char *given(const struct http_get_spec *get, const char *name)
{
    for (size_t i = 0; i < get->http_headers.count; i++) {
        if (is(&get->http_headers.items[i], name))
            return value_of(&get->http_headers.items[i]);
    }
    return NULL;
}

/* Go's request has its own ideas of these: they are not sent as they were given. */
static bool is_go_s_own(const struct http_header_spec *header)
{
    return is(header, "Host") || is(header, "User-Agent") || is(header, "Content-Length")
           || is(header, "Transfer-Encoding") || is(header, "Trailer");
}

/* "x-my-header" goes out as "X-My-Header". */
static void canonical(char *name)
{
    bool upper = true;

    for (; *name != '\0'; name++) {
        *name = (char)(upper ? toupper((unsigned char)*name) : tolower((unsigned char)*name));
        upper = *name == '-';
    }
}

static const char *line(struct arena *a, const char *name, const char *value)
{
    size_t length;
    char *copy = arena_strdup(a, name);

    if (copy == NULL)
        return NULL;
    canonical(copy);
    value += strspn(value, " \t");
    length = strlen(value);
    while (length > 0 && strchr(" \t", value[length - 1]) != NULL)
        length--;
    return length == 0 ? arena_printf(a, "%s;", copy)
                       : arena_printf(a, "%s: %.*s", copy, (int)length, value);
}

static bool value_is_valid(const char *value)
{
    for (; *value != '\0'; value++) {
        if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f)
            return false;
    }
    return true;
}

static bool values_are_valid(const struct http_get_spec *get, struct buf *why)
{
    for (size_t i = 0; i < get->http_headers.count; i++) {
        const struct http_header_spec *header = &get->http_headers.items[i];

        if (!value_is_valid(value_of(header))) {
            buf_adds(why, "net/http: invalid header field value for ");
            gotext_add_quoted(why, header->name, strlen(header->name));
            return false;
        }
    }
    return true;
}

static bool make_lines(struct http_request *out, struct arena *a, const struct http_get_spec *get,
                       const struct head *head)
{
    const char *accept = given(get, "Accept");
    const bool no_accept = accept != NULL && accept[0] == '\0';
    const char **at = arena_array(a, get->http_headers.count + 6, sizeof *at);
    size_t count = 0;

    if (at == NULL)
        return false;
    out->lines = at;
    *at++ = line(a, "Host", head->host);
    if (head->agent[0] != '\0')
        *at++ = line(a, "User-Agent", head->agent);
    for (size_t i = 0; i < get->http_headers.count; i++) {
        const struct http_header_spec *header = &get->http_headers.items[i];

        if (is_go_s_own(header) || (no_accept && is(header, "Accept"))
            || (!head->authorization && is(header, "Authorization")))
            continue;
        *at++ = line(a, header->name, value_of(header));
    }
    if (accept == NULL || no_accept)
        *at++ = no_accept ? "Accept:" : "Accept: */*";
    if (head->referer != NULL && given(get, "Referer") == NULL)
        *at++ = line(a, "Referer", head->referer);
    *at++ = "Connection: close";
    count = (size_t)(at - out->lines);
    for (size_t i = 0; i < count; i++) {
        if (out->lines[i] == NULL)
            return false;
    }
    *at = NULL;
    return true;
}

/* ---- requests ---- */

static const char *agent_of(const struct http_get_spec *get, enum http_agent agent)
{
    const char *own = given(get, "User-Agent");

    if (own != NULL)
        return own;
    return agent == HTTP_AGENT_PROBE ? "kube-probe/" HTTP_KUBERNETES_VERSION
                                     : "kube-lifecycle/" HTTP_KUBERNETES_VERSION;
}

/* The URL's own words, from out->url. */
static bool make_words(struct http_request *out, struct arena *a)
{
    struct buf text = BUF_INIT, target = BUF_INIT;

    url_add(&text, &out->url);
    url_add_target(&target, &out->url);
    out->text = arena_strdup(a, buf_text(&text));
    out->target = arena_strdup(a, buf_text(&target));
    out->host = url_hostname(a, &out->url);
    out->port = url_port(&out->url);
    out->tls = strcmp(out->url.scheme, "https") == 0;
    if (buf_failed(&text) || buf_failed(&target))
        out->text = NULL;
    buf_deinit(&text);
    buf_deinit(&target);
    return out->text != NULL && out->target != NULL && out->host != NULL;
}

static bool make(struct http_request *out, struct arena *a, const struct http_get_spec *get,
                 const char *scheme, const char *host, uint16_t port, struct head head, struct buf *why)
{
    const char *own_host = given(get, "Host");

    *out = (struct http_request){.given_host = own_host != NULL && own_host[0] != '\0'};
    if (!url_of_action(&out->url, a, scheme, host, port, get->path) || !make_words(out, a))
        return no_memory(why);
    if (out->url.opaque != NULL) {
        buf_adds(why, "http: no Host in request URL");
        return false;
    }
    head.host = out->given_host ? own_host : out->url.host;
    if (!values_are_valid(get, why))
        return false;
    return make_lines(out, a, get, &head) || no_memory(why);
}

bool http_request_make(struct http_request *out, struct arena *a, const struct http_get_spec *get,
                       const char *host, uint16_t port, enum http_agent agent, struct buf *why)
{
    return make(out, a, get, get->scheme == SCHEME_HTTPS ? "https" : "http", host, port,
                (struct head){.agent = agent_of(get, agent), .authorization = true}, why);
}

bool http_request_make_plain(struct http_request *out, struct arena *a, const struct http_get_spec *get,
                             const char *host, uint16_t port, enum http_agent agent, struct buf *why)
{
    return make(out, a, get, "http", host, port, (struct head){.agent = agent_of(get, agent)}, why);
}

/* ---- redirects ---- */

static enum http_redirect broken(struct buf *why, const char *url, const struct buf *reason)
{
    buf_adds(why, "Get ");
    gotext_add_quoted(why, url, strlen(url));
    buf_addf(why, ": %s", buf_text(reason));
    return HTTP_BROKEN;
}

static enum http_redirect bad_location(struct buf *why, const char *url, const char *location,
                                       struct buf *parse_error)
{
    struct buf reason = BUF_INIT;
    enum http_redirect result;

    buf_adds(&reason, "failed to parse Location header ");
    gotext_add_quoted(&reason, location, strlen(location));
    buf_adds(&reason, ": parse ");
    gotext_add_quoted(&reason, location, strlen(location));
    buf_addf(&reason, ": %s", buf_text(parse_error));
    result = broken(why, url, &reason);
    buf_deinit(&reason);
    buf_deinit(parse_error);
    return result;
}

static enum http_redirect broken_by(struct buf *why, const char *url, const char *format, const char *word)
{
    struct buf reason = BUF_INIT;
    enum http_redirect result;

    buf_adds(&reason, format);
    if (word != NULL)
        gotext_add_quoted(&reason, word, strlen(word));
    result = broken(why, url, &reason);
    buf_deinit(&reason);
    return result;
}

/* Where it came from, unless that was safer than where it goes. */
static const char *referer(struct arena *a, const struct http_request *from, const struct http_request *to)
{
    return from->tls && !to->tls ? NULL : arena_strndup(a, from->text, strcspn(from->text, "#"));
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

enum http_redirect http_request_redirect(struct http_request *next, struct arena *a,
                                         const struct http_request *request,
                                         const struct http_get_spec *get, enum http_agent agent,
                                         const char *first_host, unsigned made, long status,
                                         const char *location, struct buf *why)
{
    struct http_request to = {0};
    struct buf parse_error = BUF_INIT;
    struct url reference;

    if (!is_redirect(status) || location == NULL || location[0] == '\0')
        return HTTP_ANSWER;
    if (!url_parse(&reference, a, location, &parse_error))
        return bad_location(why, request->text, location, &parse_error);
    if (!url_resolve(&to.url, a, &request->url, &reference) || !make_words(&to, a))
        return broken_by(why, request->text, "out of memory", NULL);
    if (strcmp(to.host, first_host) != 0)
        return HTTP_ANSWER;
    if (made >= HTTP_REDIRECTS)
        return broken_by(why, location, "stopped after 10 redirects", NULL);
    if (strcmp(to.url.scheme, "http") != 0 && strcmp(to.url.scheme, "https") != 0)
        return broken_by(why, to.text, "unsupported protocol scheme ", to.url.scheme);
    /* A Host of the manifest's stays while locations are relative, as in Go. */
    to.given_host = request->given_host && reference.scheme[0] == '\0';
    if (!make_lines(&to, a, get,
                    &(struct head){.host = to.given_host ? given(get, "Host") : to.url.host,
                                   .agent = agent_of(get, agent),
                                   .referer = referer(a, request, &to),
                                   .authorization = true}))
        return broken_by(why, request->text, "out of memory", NULL);
    *next = to;
    return HTTP_FOLLOW;
}
