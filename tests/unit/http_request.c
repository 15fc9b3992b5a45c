/* What an httpGet asks for: URLs as Go takes them, headers, redirects (kubelet-semantics 2.4). */
#include "probes/http_request.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/spec.h"
#include "probes/gotext.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct arena *arena;
    struct buf why;
    struct http_request request;
} w;

static void begin(void)
{
    memset(&w, 0, sizeof w);
    w.arena = arena_new();
    assert_non_null(w.arena);
}

static void end(void)
{
    arena_free(w.arena);
    buf_deinit(&w.why);
}

static void expect_url(const char *path, const char *text, const char *target)
{
    const struct http_get_spec get = {.path = path, .scheme = SCHEME_HTTP};

    begin();
    EXPECT(http_request_make(&w.request, w.arena, &get, "10.0.0.5", 8080, HTTP_AGENT_PROBE, &w.why));
    EXPECT_STR(w.request.text, text);
    EXPECT_STR(w.request.target, target);
    end();
}

#define AT "http://10.0.0.5:8080"

TEST(a_path_is_a_reference_of_which_scheme_and_host_are_replaced)
{
    expect_url("/", AT "/", "/");
    expect_url("", AT, "/");
    expect_url("healthz", AT "/healthz", "/healthz");
    expect_url("/a?b=c&d", AT "/a?b=c&d", "/a?b=c&d");
    expect_url("?x=1", AT "?x=1", "/?x=1");
    expect_url("/a?", AT "/a?", "/a?");
    expect_url("/a#b", AT "/a#b", "/a");
    expect_url("/a#", AT "/a", "/a");
    expect_url("https://elsewhere:1/there?q", AT "/there?q", "/there?q");
    expect_url("//user:secret@elsewhere/there", AT "/there", "/there");
    expect_url("//elsewhere", AT, "/");
    expect_url("///three", AT "///three", "///three");
    expect_url("/a/../b/./c", AT "/a/../b/./c", "/a/../b/./c");
    expect_url("*", AT "/*", "/*");
}

TEST(what_must_be_escaped_in_a_path_is_and_what_came_escaped_stays)
{
    expect_url("/a b", AT "/a%20b", "/a%20b");
    expect_url("/a%2Fb%20c", AT "/a%2Fb%20c", "/a%2Fb%20c");
    expect_url("/a%2fb c", AT "/a/b%20c", "/a/b%20c");
    expect_url("/$&+,;:=@-_.~", AT "/$&+,;:=@-_.~", "/$&+,;:=@-_.~");
    expect_url("/!'()*[x]", AT "/!'()*[x]", "/!'()*[x]");
    expect_url("/ (x)", AT "/%20%28x%29", "/%20%28x%29");
    expect_url("/\xc3\xa4", AT "/%C3%A4", "/%C3%A4");
}

TEST(a_path_that_is_no_reference_is_escaped_as_a_whole)
{
    expect_url("/100%", AT "/100%25", "/100%25");
    expect_url("/%zz?x#y", AT "/%25zz%3Fx%23y", "/%25zz%3Fx%23y");
    expect_url("1:b/c", AT "/1:b/c", "/1:b/c");
}

static void expect_no_request(const struct http_get_spec *get, const char *why)
{
    begin();
    EXPECT(!http_request_make(&w.request, w.arena, get, "10.0.0.5", 80, HTTP_AGENT_PROBE, &w.why));
    EXPECT_STR(buf_text(&w.why), why);
    end();
}

#define HEADERS(...)                                                            \
    {.items = (struct http_header_spec[]){__VA_ARGS__},                         \
     .count = sizeof((struct http_header_spec[]){__VA_ARGS__}) / sizeof(struct http_header_spec)}

TEST(a_request_that_go_would_not_make_is_not_made)
{
    static const char *const values[] = {"a\r\nb", "a\nb", "\x7f", "a\x01"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct http_get_spec get = {.path = "/", .http_headers = HEADERS({"X-Y", values[i]})};

        expect_no_request(&get, "net/http: invalid header field value for \"X-Y\"");
    }
    expect_no_request(&(struct http_get_spec){.path = "scheme:opaque"}, "http: no Host in request URL");
}

static void expect_lines(const struct http_get_spec *get, enum http_agent agent, const char *lines)
{
    struct buf all = BUF_INIT;

    begin();
    EXPECT(http_request_make(&w.request, w.arena, get, "::1", 80, agent, &w.why));
    for (const char **line = w.request.lines; *line != NULL; line++)
        buf_addf(&all, "%s|", *line);
    EXPECT_STR(buf_text(&all), lines);
    buf_deinit(&all);
    end();
}

TEST(headers_are_sent_in_order_with_go_s_names)
{
    expect_lines(&(struct http_get_spec){.path = "/"}, HTTP_AGENT_PROBE,
                 "Host: [::1]:80|User-Agent: kube-probe/1.36|Accept: */*|Connection: close|");
    expect_lines(&(struct http_get_spec){.path = "/"}, HTTP_AGENT_LIFECYCLE,
                 "Host: [::1]:80|User-Agent: kube-lifecycle/1.36|Accept: */*|Connection: close|");
    expect_lines(&(struct http_get_spec){
                     .path = "/",
                     .http_headers = HEADERS({"x-b", "\t 2 "}, {"X-A", "1"}, {"x-B", "3"}, {"x-none", NULL},
                                             {"HOST", "web.test"}, {"host", "second"}, {"user-agent", "me"},
                                             {"content-length", "9"}, {"transfer-encoding", "chunked"},
                                             {"trailer", "X"}, {"accept", "text/plain"}, {"referer", "r"})},
                 HTTP_AGENT_PROBE,
                 "Host: web.test|User-Agent: me|X-B: 2|X-A: 1|X-B: 3|X-None;|Accept: text/plain|Referer: r|"
                 "Connection: close|");
}

TEST(an_empty_accept_or_user_agent_is_none_at_all_and_an_empty_host_is_the_url_s)
{
    expect_lines(&(struct http_get_spec){.path = "/", .http_headers = HEADERS({"Accept", ""}, {"Accept", "a/b"},
                                                                              {"User-Agent", ""}, {"Host", ""})},
                 HTTP_AGENT_PROBE, "Host: [::1]:80|Accept:|Connection: close|");
}

TEST(a_fall_back_to_plain_http_leaves_the_authorization_behind)
{
    const struct http_get_spec get = {.path = "/x", .scheme = SCHEME_HTTPS,
                                      .http_headers = HEADERS({"authorization", "secret"}, {"X-Y", "z"})};

    begin();
    EXPECT(http_request_make(&w.request, w.arena, &get, "h", 443, HTTP_AGENT_LIFECYCLE, &w.why));
    EXPECT(w.request.tls);
    EXPECT_STR(w.request.text, "https://h:443/x");
    EXPECT_STR(w.request.lines[2], "Authorization: secret");
    EXPECT(http_request_make_plain(&w.request, w.arena, &get, "h", 443, HTTP_AGENT_LIFECYCLE, &w.why));
    EXPECT(!w.request.tls);
    EXPECT_STR(w.request.text, "http://h:443/x");
    EXPECT_STR(w.request.lines[2], "X-Y: z");
    end();
}

/* ---- redirects ---- */

struct redirect {
    const char *path, *location;
    long status;
    unsigned made;
};

/* What comes of it: "ANSWER", the new URL with its Host and Referer, or the error. */
static void expect_redirect(struct redirect r, const char *wanted)
{
    const struct http_get_spec get = {.path = r.path, .http_headers = HEADERS({"Host", "web.test"})};
    const char *referer = "";
    struct http_request next;
    struct buf got = BUF_INIT;

    begin();
    EXPECT(http_request_make(&w.request, w.arena, &get, "h.test", 8080, HTTP_AGENT_PROBE, &w.why));
    switch (http_request_redirect(&next, w.arena, &w.request, &get, HTTP_AGENT_PROBE, "h.test",
                                  r.made == 0 ? 1 : r.made, r.status == 0 ? 302 : r.status, r.location, &w.why)) {
    case HTTP_ANSWER:
        buf_adds(&got, "ANSWER");
        break;
    case HTTP_FOLLOW:
        for (const char **line = next.lines; *line != NULL; line++) {
            if (strncmp(*line, "Referer", 7) == 0)
                referer = *line;
        }
        buf_addf(&got, "%s %u %s|%s", next.text, next.port, next.lines[0], referer);
        break;
    case HTTP_BROKEN:
        buf_adds(&got, buf_text(&w.why));
        break;
    }
    EXPECT_STR(buf_text(&got), wanted);
    buf_deinit(&got);
    end();
}

#define AFTER(path_, ...) ((struct redirect){.path = path_, .location = __VA_ARGS__})
#define FROM_A "Referer: http://h.test:8080/a/b?q"

TEST(a_redirect_on_the_same_host_is_followed)
{
    static const char from[] = "/a/b?q#f";

    expect_redirect(AFTER(from, "/c"), "http://h.test:8080/c 8080 Host: web.test|" FROM_A);
    expect_redirect(AFTER(from, "c?d"), "http://h.test:8080/a/c?d 8080 Host: web.test|" FROM_A);
    expect_redirect(AFTER(from, "../../c/./d/.."), "http://h.test:8080/c/ 8080 Host: web.test|" FROM_A);
    expect_redirect(AFTER(from, "."), "http://h.test:8080/a/ 8080 Host: web.test|" FROM_A);
    expect_redirect(AFTER(from, "#g"), "http://h.test:8080/a/b?q#g 8080 Host: web.test|" FROM_A);
    expect_redirect(AFTER(from, "?r"), "http://h.test:8080/a/b?r 8080 Host: web.test|" FROM_A);
}

TEST(port_and_scheme_may_change_on_the_way)
{
    expect_redirect(AFTER("/a", "http://h.test/c"),
                    "http://h.test/c 80 Host: h.test|Referer: http://h.test:8080/a");
    expect_redirect(AFTER("/a", "https://h.test/c"),
                    "https://h.test/c 443 Host: h.test|Referer: http://h.test:8080/a");
    expect_redirect(AFTER("/a", "//h.test:99"),
                    "http://h.test:99 99 Host: web.test|Referer: http://h.test:8080/a");
    expect_redirect(AFTER("/a", "http://h.test:65536/"),
                    "http://h.test:65536/ 0 Host: h.test:65536|Referer: http://h.test:8080/a");
}

TEST(a_redirect_to_another_host_or_none_is_the_answer)
{
    expect_redirect(AFTER("/a", "http://other.test/"), "ANSWER");
    expect_redirect(AFTER("/a", "http://H.test/"), "ANSWER");
    expect_redirect(AFTER("/a", NULL), "ANSWER");
    expect_redirect(AFTER("/a", ""), "ANSWER");
    expect_redirect(AFTER("/a", "mailto:me"), "ANSWER");
    for (long status = 300; status < 400; status++) {
        if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
            expect_redirect(AFTER("/a", "/b", .status = status), "ANSWER");
        else
            expect_redirect(AFTER("/a", "b", .status = status),
                            "http://h.test:8080/b 8080 Host: web.test|Referer: http://h.test:8080/a");
    }
}

TEST(a_redirect_that_leads_nowhere_is_an_error_in_go_s_words)
{
    expect_redirect(AFTER("/a", "/b", .made = 9),
                    "http://h.test:8080/b 8080 Host: web.test|Referer: http://h.test:8080/a");
    expect_redirect(AFTER("/a", "/b", .made = 10), "Get \"/b\": stopped after 10 redirects");
    expect_redirect(AFTER("/a", "gopher://h.test/"),
                    "Get \"gopher://h.test/\": unsupported protocol scheme \"gopher\"");
#define BAD(location, why) \
    expect_redirect(AFTER("/a", location), \
                    "Get \"http://h.test:8080/a\": failed to parse Location header \"" location "\": parse \"" \
                    location "\": " why)
    BAD("/%zz", "invalid URL escape \"%zz\"");
    BAD("/%4", "invalid URL escape \"%4\"");
    BAD("/x#%", "invalid URL escape \"%\"");
    BAD(":x", "missing protocol scheme");
    BAD("1:b", "first path segment in URL cannot contain colon");
    BAD("http://h.test:x/", "invalid port \":x\" after host");
    BAD("http://[::1]x/", "invalid port \"x\" after host");
    BAD("http://[::1/", "missing ']' in host");
    BAD("http://h test/", "invalid character \" \" in host name");
}

TEST(texts_are_quoted_as_go_quotes_them)
{
    static const char odd[] = "a\"\\\n\t\a\x1b\x7f\0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xff\xc3(\xc2\x80\xed\xa0\x80";
    struct buf out = BUF_INIT;

    gotext_add_quoted(&out, odd, sizeof odd - 1);
    EXPECT_STR(buf_text(&out), "\"a\\\"\\\\\\n\\t\\a\\x1b\\x7f\\x00\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\\xff\\xc3(\\xc2\\x80"
                               "\\xed\\xa0\\x80\"");
    buf_clear(&out);
    gotext_add_errno(&out, ECONNREFUSED);
    EXPECT_STR(buf_text(&out), "connection refused");
    buf_deinit(&out);
}

TESTS(RUN(a_path_is_a_reference_of_which_scheme_and_host_are_replaced),
      RUN(what_must_be_escaped_in_a_path_is_and_what_came_escaped_stays),
      RUN(a_path_that_is_no_reference_is_escaped_as_a_whole),
      RUN(a_request_that_go_would_not_make_is_not_made),
      RUN(headers_are_sent_in_order_with_go_s_names),
      RUN(an_empty_accept_or_user_agent_is_none_at_all_and_an_empty_host_is_the_url_s),
      RUN(a_fall_back_to_plain_http_leaves_the_authorization_behind),
      RUN(a_redirect_on_the_same_host_is_followed),
      RUN(port_and_scheme_may_change_on_the_way),
      RUN(a_redirect_to_another_host_or_none_is_the_answer),
      RUN(a_redirect_that_leads_nowhere_is_an_error_in_go_s_words),
      RUN(texts_are_quoted_as_go_quotes_them))
