/* The messages of grpc.health.v1.Health/Check, byte by byte, and the words for what went wrong. */
#include "probes/grpc_message.h"

#include "base/buf.h"
#include "tests/lib/test.h"

#include <string.h>

static void expect_request(const char *service, const char *bytes, size_t length)
{
    struct buf out = BUF_INIT;

    grpc_add_request(&out, service);
    EXPECT_INT(out.length, length);
    EXPECT(memcmp(out.data, bytes, length) == 0);
    buf_deinit(&out);
}

TEST(a_request_is_its_prefix_and_the_service_s_name)
{
    char name[201] = "", wanted[5 + 3 + 200] = "\0\0\0\0\xcb\x0a\xc8\x01";

    expect_request("", "\0\0\0\0\0", 5);
    expect_request("a.b", "\0\0\0\0\x05\x0a\x03"
                          "a.b", 10);
    memset(name, 'x', 200);
    memset(wanted + 8, 'x', 200);
    expect_request(name, wanted, sizeof wanted);        /* lengths of two bytes */
}

/* The code, and the status or the words. */
static void expect_reply(const char *bytes, size_t length, int code, int64_t serving, const char *words)
{
    struct buf why = BUF_INIT;
    int64_t got = -1;

    EXPECT_INT(grpc_read_reply((const uint8_t *)bytes, length, &got, &why), code);
    if (code == GRPC_OK)
        EXPECT_INT(got, serving);
    EXPECT_STR(buf_text(&why), words);
    buf_deinit(&why);
}

#define REPLY(bytes, serving) expect_reply(bytes, sizeof(bytes) - 1, GRPC_OK, serving, "")
#define NO_REPLY(bytes, words) expect_reply(bytes, sizeof(bytes) - 1, GRPC_INTERNAL, 0, words)
#define UNREADABLE "grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data"

TEST(a_reply_has_a_status_among_fields_that_may_be_new)
{
    REPLY("\0\0\0\0\x02\x08\x01", GRPC_SERVING);
    REPLY("\0\0\0\0\x00", 0);
    REPLY("\0\0\0\0\x04\x08\x02\x08\x01", 1);                   /* the last one counts */
    REPLY("\0\0\0\0\x0b\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", -2);
    REPLY("\0\0\0\0\x05\x12\x01x\x08\x01", 1);                  /* bytes */
    REPLY("\0\0\0\0\x05\x10\x80\x01\x08\x01", 1);               /* a number */
    REPLY("\0\0\0\0\x07\x15xxxx\x08\x01", 1);                   /* 4 bytes */
    REPLY("\0\0\0\0\x0b\x11xxxxxxxx\x08\x01", 1);               /* 8 bytes */
    REPLY("\0\0\0\0\x04\x0a\x00\x08\x01", 1);                   /* field 1 of another type */
}

TEST(a_reply_that_cannot_be_read_is_told_with_what_is_wrong)
{
    NO_REPLY("", "cardinality violation: received no response message from non-streaming RPC");
    NO_REPLY("\0\0\0\0", "unexpected EOF");
    NO_REPLY("\0\0\0\0\x03\x08\x01", "unexpected EOF");
    NO_REPLY("\0\0\0\0\x02\x08\x01\0\0\0\0\0",
             "cardinality violation: received multiple response messages from non-streaming RPC");
    NO_REPLY("\x01\0\0\0\x02\x08\x01", "grpc: compressed flag set with identity or empty encoding");
    NO_REPLY("\0\0\0\0\x01\x08", UNREADABLE);
    NO_REPLY("\0\0\0\0\x02\x08\x80", UNREADABLE);
    NO_REPLY("\0\0\0\0\x02\x00\x01", UNREADABLE);               /* there is no field 0 */
    NO_REPLY("\0\0\0\0\x02\x0b\x01", UNREADABLE);               /* nor a wire type 3 any more */
    NO_REPLY("\0\0\0\0\x02\x12\x05", UNREADABLE);
    NO_REPLY("\0\0\0\0\x04\x15xxx", UNREADABLE);
    NO_REPLY("\0\0\0\0\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", UNREADABLE);
    NO_REPLY("\0\0\0\0\x0b\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", UNREADABLE);
}

static void expect_words(void (*add)(struct buf *, int64_t), int64_t value, const char *words)
{
    struct buf out = BUF_INIT;

    add(&out, value);
    EXPECT_STR(buf_text(&out), words);
    buf_deinit(&out);
}

TEST(codes_and_statuses_have_their_names)
{
    expect_words(grpc_add_serving, 0, "UNKNOWN");
    expect_words(grpc_add_serving, 3, "SERVICE_UNKNOWN");
    expect_words(grpc_add_serving, 4, "4");
    expect_words(grpc_add_serving, -1, "-1");
    expect_words(grpc_add_code, 1, "Canceled");
    expect_words(grpc_add_code, 16, "Unauthenticated");
    expect_words(grpc_add_code, 17, "Code(17)");
    EXPECT_STR(grpc_http_status_text(404), "Not Found");
    EXPECT_STR(grpc_http_status_text(299), "");
}

TEST(what_http_says_has_a_code_of_grpc)
{
    static const struct {
        int status, code;
    } cases[] = {{200, GRPC_UNKNOWN}, {400, GRPC_INTERNAL}, {401, 16}, {403, 7}, {404, GRPC_UNIMPLEMENTED},
                 {429, GRPC_UNAVAILABLE}, {500, GRPC_UNKNOWN}, {502, GRPC_UNAVAILABLE}, {503, GRPC_UNAVAILABLE},
                 {504, GRPC_UNAVAILABLE}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT_INT(grpc_code_of_http(cases[i].status), cases[i].code);
    EXPECT_INT(grpc_code_of_h2(7), GRPC_UNAVAILABLE);
    EXPECT_INT(grpc_code_of_h2(8), 1);
    EXPECT_INT(grpc_code_of_h2(11), GRPC_RESOURCE_EXHAUSTED);
    EXPECT_INT(grpc_code_of_h2(12), 7);
    EXPECT_INT(grpc_code_of_h2(2), GRPC_INTERNAL);
}

TEST(a_message_of_the_server_is_decoded_as_far_as_it_is_encoded)
{
    static const char text[] = "100%25 of%20it%, %zz %4";
    struct buf out = BUF_INIT;

    grpc_add_message(&out, text, sizeof text - 1);
    EXPECT_STR(buf_text(&out), "100% of it%, %zz %4");
    buf_deinit(&out);
}

TESTS(RUN(a_request_is_its_prefix_and_the_service_s_name),
      RUN(a_reply_has_a_status_among_fields_that_may_be_new),
      RUN(a_reply_that_cannot_be_read_is_told_with_what_is_wrong),
      RUN(codes_and_statuses_have_their_names),
      RUN(what_http_says_has_a_code_of_grpc),
      RUN(a_message_of_the_server_is_decoded_as_far_as_it_is_encoded))
