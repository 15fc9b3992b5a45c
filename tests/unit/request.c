/* What requests say: queries, selectors, Accept; and ages as kubectl prints them. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "daemon/api/http.h"
#include "daemon/api/query.h"
#include "daemon/api/selector.h"
#include "base/stamp.h"
#include "daemon/api/tcp_socket.h"
#include "tests/lib/test.h"

#include <string.h>

static struct query parsed(const char *text, struct arena *arena)
{
    struct query q;

    if (!query_parse(&q, text, arena))
        fail_msg("refused: %s", text);
    return q;
}

TEST(a_query_is_decoded)
{
    struct arena *arena = arena_new();
    struct query q = parsed("a=b+c&d=%2Fx%3d&e&&=f&a=second", arena);

    EXPECT_STR(query_get(&q, "a"), "b c");
    EXPECT_STR(query_get(&q, "d"), "/x=");
    EXPECT_STR(query_get(&q, "e"), "");
    EXPECT(query_get(&q, "nope") == NULL);
    arena_free(arena);
}

TEST(a_malformed_query_is_refused)
{
    static const char *const bad[] = {"a=%", "a=%4", "a=%zz", "%00=a", "a=%00"};
    struct arena *arena = arena_new();
    struct query q;

    for (size_t i = 0; i < array_count(bad); i++)
        EXPECT(!query_parse(&q, bad[i], arena));
    arena_free(arena);
}

TEST(booleans_are_gos)
{
    struct arena *arena = arena_new();
    struct query q = parsed("a=1&b=t&c=T&d=TRUE&e=true&f=True&g=0&h=yes&i=", arena);

    for (const char *name = "abcdef"; *name != '\0'; name++)
        EXPECT(query_bool(&q, (char[]){*name, '\0'}));
    for (const char *name = "ghij"; *name != '\0'; name++)
        EXPECT(!query_bool(&q, (char[]){*name, '\0'}));
    arena_free(arena);
}

TEST(numbers_are_whole_and_not_negative)
{
    struct arena *arena = arena_new();
    struct query q = parsed("a=500&b=-1&c=x&d=99999999999999999999&e=", arena);
    int64_t n = 7;

    EXPECT(query_int(&q, "a", &n) && n == 500);
    EXPECT(!query_int(&q, "b", &n) && !query_int(&q, "c", &n) && !query_int(&q, "d", &n));
    n = 7;
    EXPECT(query_int(&q, "e", &n) && n == 7 && query_int(&q, "f", &n) && n == 7);
    arena_free(arena);
}

/* ---- selectors ---- */

static struct string_pair pairs[] = {{"app", "web"}, {"tier", "front"}, {"n", "5"}};
static const struct string_map labels = {.items = pairs, .count = 3};

TEST(label_selectors_select_as_in_kubernetes)
{
    static const struct {
        const char *text;
        bool matches;
    } cases[] = {
        {"", true}, {"app=web", true}, {"app==web", true}, {"app=db", false}, {"app!=web", false}, {"app!=db", true},
        {"nope!=x", true}, {"app in (db, web)", true}, {"app in (db)", false}, {"app notin (db,web)", false},
        {"nope notin (a)", true}, {"app", true}, {"nope", false}, {"!app", false}, {"! nope", true},
        {"app=web,tier=front", true}, {"app=web , tier=back", false}, {"n>4", true}, {"n>5", false}, {"n<6", true},
        {"app>1", false}, {"app=", false}, {"nope=", false}, {"app in (web,)", true},
        {"kubernetes.io/name=x", false},
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < array_count(cases); i++) {
        struct buf why = BUF_INIT;
        struct selector s;

        if (!selector_parse_labels(&s, cases[i].text, arena, &why))
            fail_msg("%s: %s", cases[i].text, buf_text(&why));
        if (selector_matches_labels(&s, &labels) != cases[i].matches)
            fail_msg("%s", cases[i].text);
        buf_deinit(&why);
    }
    arena_free(arena);
}

TEST(label_selectors_that_are_none_are_refused)
{
    static const char *const bad[] = {"=a", "a=b=c", "a in", "a in b", "a in (b", "a b", "a,", ",a", "!", "a>x", "a in (b c)",
                                      "-a=b", "a=b!", "a=(b)", "a/b/c=d", "a within (b)"};
    struct arena *arena = arena_new();

    for (size_t i = 0; i < array_count(bad); i++) {
        struct buf why = BUF_INIT;
        struct selector s;

        if (selector_parse_labels(&s, bad[i], arena, &why))
            fail_msg("taken: %s", bad[i]);
        EXPECT(strstr(buf_text(&why), "unable to parse requirement") != NULL);
        buf_deinit(&why);
    }
    arena_free(arena);
}

static const char *field(const void *object, const char *name)
{
    return strcmp(name, "metadata.name") == 0 ? object : "";
}

TEST(field_selectors_compare_with_and_without_escapes)
{
    static const struct {
        const char *text;
        bool matches;
    } cases[] = {
        {"", true}, {"metadata.name=a=b", true}, {"metadata.name==a=b", true}, {"metadata.name=a\\=b", true},
        {"metadata.name!=x", true}, {"metadata.name=x", false}, {"metadata.name=a=b,other=", true}, {"other=x", false},
        {"other!=", false},
    };
    struct arena *arena = arena_new();
    struct buf why = BUF_INIT;
    struct selector s;

    for (size_t i = 0; i < array_count(cases); i++) {
        if (!selector_parse_fields(&s, cases[i].text, arena, &why))
            fail_msg("%s: %s", cases[i].text, buf_text(&why));
        if (selector_matches_fields(&s, "a=b", field) != cases[i].matches)
            fail_msg("%s", cases[i].text);
    }
    EXPECT(!selector_parse_fields(&s, "metadata.name", arena, &why));
    buf_deinit(&why);
    arena_free(arena);
}

/* ---- the rest ---- */

TEST(a_table_is_for_who_asks_for_it_first)
{
    EXPECT(http_accepts_table("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"));
    EXPECT(http_accepts_table("application/vnd.kubernetes.protobuf, application/json;as=Table;v=v1beta1;g=meta.k8s.io"));
    EXPECT(!http_accepts_table("application/json, application/json;as=Table;v=v1;g=meta.k8s.io"));
    EXPECT(!http_accepts_table("application/json"));
    EXPECT(!http_accepts_table("*/*"));
    EXPECT(!http_accepts_table(""));
    EXPECT(!http_accepts_table("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io, application/json"));
}

/* kubelet-semantics 7.5. */
TEST(ages_are_kubectls)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {-5, "<invalid>"}, {-1, "0s"}, {0, "0s"}, {119, "119s"}, {120, "2m"}, {599, "9m59s"}, {600, "10m"},
        {10799, "179m"}, {10800, "3h"}, {28740, "7h59m"}, {28800, "8h"}, {172799, "47h"}, {176400, "2d1h"},
        {172800, "2d"}, {691200, "8d"}, {8640000, "100d"}, {69120000, "2y70d"}, {63072000, "2y"}, {283824000, "9y"},
    };
    char age[AGE_SIZE];

    for (size_t i = 0; i < array_count(cases); i++) {
        stamp_age(cases[i].seconds, age);
        EXPECT_STR(age, cases[i].text);
    }
}

TEST(stamps_come_back_as_they_went)
{
    char stamp[STAMP_SIZE];

    stamp_format(1767323045, stamp);
    EXPECT_STR(stamp, "2026-01-02T03:04:05Z");
    EXPECT_INT(stamp_parse(stamp), 1767323045);
    EXPECT_INT(stamp_parse("2026-01-02T04:04:05.123+01:00"), 1767323045);
    EXPECT_INT(stamp_parse("2026-01-02"), 0);
    EXPECT_INT(stamp_parse("2026-01-02T03:04:05Zx"), 0);
    EXPECT_INT(stamp_parse(NULL), 0);
}

TEST(addresses_to_listen_on_are_host_and_port)
{
    struct tcp_address a;

    EXPECT(tcp_address_parse(&a, "127.0.0.1:6443"));
    EXPECT_STR(a.host, "127.0.0.1");
    EXPECT_STR(a.port, "6443");
    EXPECT(tcp_address_parse(&a, "[::1]:0"));
    EXPECT_STR(a.host, "::1");
    EXPECT(tcp_address_parse(&a, ":80"));
    EXPECT_STR(a.host, "");
    EXPECT(!tcp_address_parse(&a, "127.0.0.1") && !tcp_address_parse(&a, "::1:80") && !tcp_address_parse(&a, "[::1:80"));
    EXPECT(!tcp_address_parse(&a, "localhost:http") && !tcp_address_parse(&a, "a:"));
}

TESTS(RUN(a_query_is_decoded),
      RUN(a_malformed_query_is_refused),
      RUN(booleans_are_gos),
      RUN(numbers_are_whole_and_not_negative),
      RUN(label_selectors_select_as_in_kubernetes),
      RUN(label_selectors_that_are_none_are_refused),
      RUN(field_selectors_compare_with_and_without_escapes),
      RUN(a_table_is_for_who_asks_for_it_first),
      RUN(ages_are_kubectls),
      RUN(stamps_come_back_as_they_went),
      RUN(addresses_to_listen_on_are_host_and_port))
