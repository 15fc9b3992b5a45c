/* What the client reads and prints: HTTP in any pieces, columns as kubectl's. */
#include "base/buf.h"
#include "base/macros.h"
#include "client/elastic.h"
#include "client/http_reader.h"
#include "tests/lib/test.h"

#include <string.h>

static bool take(void *arg, const char *bytes, size_t length)
{
    buf_add(arg, bytes, length);
    return true;
}

/* In pieces of every size the same comes out. */
static void expect_body(const char *answer, unsigned code, const char *body)
{
    const size_t length = strlen(answer);

    for (size_t piece = 1; piece <= length; piece++) {
        struct buf out = BUF_INIT;
        struct http_reader r = {.on_body = take, .arg = &out};

        for (size_t at = 0; at < length; at += piece) {
            if (!http_reader_feed(&r, answer + at, piece < length - at ? piece : length - at))
                break;
        }
        EXPECT(http_reader_is_whole(&r));
        EXPECT_INT(r.code, code);
        EXPECT_STR(buf_text(&out), body);
        http_reader_deinit(&r);
        buf_deinit(&out);
    }
}

TEST(answers_are_read_whatever_their_form)
{
    expect_body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello");
    expect_body("HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n", 404, "");
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: 1\r\n\r\n", 200, "hello");
    expect_body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\nall of it", 201, "all of it");
}

TEST(what_is_no_http_is_noticed)
{
    static const char *const bad[] = {"SSH-2.0\r\n", "HTTP/1.1 x\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"};

    for (size_t i = 0; i < array_count(bad); i++) {
        struct buf out = BUF_INIT;
        struct http_reader r = {.on_body = take, .arg = &out};

        EXPECT(!http_reader_feed(&r, bad[i], strlen(bad[i])) && !http_reader_is_whole(&r));
        http_reader_deinit(&r);
        buf_deinit(&out);
    }
}

TEST(an_answer_that_breaks_off_is_not_whole)
{
    struct buf out = BUF_INIT;
    struct http_reader r = {.on_body = take, .arg = &out};

    EXPECT(http_reader_feed(&r, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 41));
    EXPECT(!http_reader_is_whole(&r));
    http_reader_deinit(&r);
    buf_deinit(&out);
}

static void expect_layout(const char *text, unsigned least, unsigned padding, const char *wanted)
{
    struct buf out = BUF_INIT;

    elastic_format(text, least, padding, &out);
    EXPECT_STR(buf_text(&out), wanted);
    buf_deinit(&out);
}

TEST(columns_are_laid_out_as_kubectl_does)
{
    expect_layout("NAME\tREADY\nweb-1\t1/1\n", 6, 3, "NAME    READY\nweb-1   1/1\n");
    expect_layout("A\tB\tC\nx\ty\tz\n", 6, 3, "A     B     C\nx     y     z\n");
    expect_layout("Name:\tweb\nNode:\tvm\nContainers:\n  app:\n    Image:\tx\n    Container ID:\ty\n", 0, 2,
                  "Name:  web\nNode:  vm\nContainers:\n  app:\n    Image:         x\n    Container ID:  y\n");
    expect_layout("a\tb\tc\nlonger\td\nx\tyy\tz\n", 0, 1, "a      b c\nlonger d\nx      yy z\n");
    expect_layout("\xc3\xbc\tx\nab\ty\n", 0, 1, "\xc3\xbc  x\nab y\n");
    expect_layout("", 0, 2, "");
}

TESTS(RUN(answers_are_read_whatever_their_form),
      RUN(what_is_no_http_is_noticed),
      RUN(an_answer_that_breaks_off_is_not_whole),
      RUN(columns_are_laid_out_as_kubectl_does))
