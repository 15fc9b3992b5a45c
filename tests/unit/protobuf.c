/* Bodies in protobuf, as kubectl 1.32 and newer send what they create by themselves. */
#include "base/arena.h"
#include "base/buf.h"
#include "daemon/api/protobuf.h"
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

/* Appends a field of the length-delimited kind. */
static void add(struct buf *out, char number, const void *bytes, size_t length)
{
    buf_addc(out, (char)(number << 3 | 2));
    buf_addc(out, (char)length);        /* less than 128 */
    buf_add(out, bytes, length);
}

static void add_text(struct buf *out, char number, const char *text)
{
    add(out, number, text, strlen(text));
}

static void add_buf(struct buf *out, char number, struct buf *inner)
{
    add(out, number, inner->data, inner->length);
    buf_deinit(inner);
}

static void add_entry(struct buf *out, char number, const char *key, const char *value)
{
    struct buf entry = BUF_INIT;

    add_text(&entry, 1, key);
    add_text(&entry, 2, value);
    add_buf(out, number, &entry);
}

/* The envelope; takes `object` over. */
static struct buf body(const char *kind, struct buf *object)
{
    struct buf out = BUF_INIT, type = BUF_INIT;

    buf_add(&out, "k8s", 4);
    add_text(&type, 1, "v1");
    add_text(&type, 2, kind);
    add_buf(&out, 1, &type);
    add_buf(&out, 2, object);
    add(&out, 3, "", 0);
    add(&out, 4, "", 0);
    return out;
}

static struct buf secret(void)
{
    struct buf object = BUF_INIT, meta = BUF_INIT;

    add_text(&meta, 1, "key");
    add_text(&meta, 3, "");             /* absent */
    add(&meta, 8, "", 0);               /* creationTimestamp: null */
    add_entry(&meta, 11, "a", "b");
    add_buf(&object, 1, &meta);
    add_entry(&object, 2, "password", "geheim");
    add_text(&object, 3, "Opaque");
    buf_add(&object, "\x28\x01", 2);    /* immutable: true */
    return body("Secret", &object);
}

static void expect(struct buf *bytes, const char *wanted)
{
    struct buf why = BUF_INIT;
    json_t *object = protobuf_parse(bytes->data, bytes->length, &why);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);

    EXPECT_STR(text != NULL ? text : buf_text(&why), wanted);
    free(text);
    json_decref(object);
    buf_deinit(&why);
    buf_deinit(bytes);
}

TEST(a_secret_is_the_json_that_it_stands_for)
{
    struct buf bytes = secret();

    expect(&bytes, "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"key\",\"labels\":{\"a\":\"b\"}},"
                   "\"data\":{\"password\":\"Z2VoZWlt\"},\"type\":\"Opaque\",\"immutable\":true}");
}

TEST(a_config_map_and_a_namespace_are_too)
{
    struct buf object = BUF_INIT, meta = BUF_INIT, spec = BUF_INIT, bytes;

    add_text(&meta, 2, "conf-");
    add_buf(&object, 1, &meta);
    add_entry(&object, 2, "a", "1");
    add_entry(&object, 2, "b", "");
    bytes = body("ConfigMap", &object);
    expect(&bytes, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"generateName\":\"conf-\"},"
                   "\"data\":{\"a\":\"1\",\"b\":\"\"}}");
    add_text(&meta, 1, "blue");
    add_buf(&object, 1, &meta);
    add_text(&spec, 1, "kubernetes");
    add_text(&spec, 1, "mine");
    add_buf(&object, 2, &spec);
    bytes = body("Namespace", &object);
    expect(&bytes, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"blue\"},"
                   "\"spec\":{\"finalizers\":[\"kubernetes\",\"mine\"]}}");
}

TEST(what_is_not_known_is_refused_and_not_dropped)
{
    struct buf object = BUF_INIT, bytes;

    add_text(&object, 9, "x");
    bytes = body("ConfigMap", &object);
    expect(&bytes, "field 9 of ConfigMap is not known: send it as JSON");
    add_text(&object, 1, "");
    bytes = body("Deployment", &object);
    expect(&bytes, "kind Deployment is taken as JSON alone");
    add_entry(&object, 2, "a", "\xff");
    bytes = body("ConfigMap", &object);
    expect(&bytes, "a text in it is no UTF-8");
    buf_adds(&bytes, "{}");
    expect(&bytes, "it does not begin as one of Kubernetes");
}

TEST(one_that_is_cut_anywhere_is_refused)
{
    struct buf whole = secret();

    /* The last two fields are empty: without them it is whole. */
    for (size_t length = 0; length < whole.length - 4; length++) {
        char *part = malloc(length + 1);        /* of its own: valgrind sees who reads too far */
        struct buf why = BUF_INIT;
        json_t *object;

        assert_non_null(part);
        memcpy(part, whole.data, length);
        object = protobuf_parse(part, length, &why);
        if (object != NULL || why.length == 0)
            fail_msg("%zu bytes of %zu are taken", length, whole.length);
        buf_deinit(&why);
        free(part);
    }
    buf_deinit(&whole);
}

TESTS(RUN(a_secret_is_the_json_that_it_stands_for),
      RUN(a_config_map_and_a_namespace_are_too),
      RUN(what_is_not_known_is_refused_and_not_dropped),
      RUN(one_that_is_cut_anywhere_is_refused))
