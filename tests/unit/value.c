#include "base/buf.h"
#include "config/value.h"
#include "tests/lib/test.h"

#include <string.h>

TEST(names_are_accepted_up_to_their_bounds_and_refused_beyond)
{
    char label[65], name[255];

    memset(label, 'a', 64);
    label[64] = '\0';
    EXPECT_STR(value_fault(FORMAT_DNS_LABEL, label), "must be no more than 63 characters");
    label[63] = '\0';
    EXPECT(value_fault(FORMAT_DNS_LABEL, label) == NULL);
    memset(name, 'a', 254);
    name[254] = '\0';
    EXPECT_STR(value_fault(FORMAT_DNS_SUBDOMAIN, name), "must be no more than 253 characters");
    name[253] = '\0';
    EXPECT(value_fault(FORMAT_DNS_SUBDOMAIN, name) == NULL);
}

TEST(names_have_kubernetes_formats)
{
    static const struct {
        enum field_format format;
        const char *text, *begins;      /* of the fault; NULL: none */
    } rows[] = {
        {FORMAT_DNS_LABEL, "a-1", NULL},
        {FORMAT_DNS_LABEL, "1a", NULL},
        {FORMAT_DNS_LABEL, "A", "a lowercase RFC 1123 label must consist of"},
        {FORMAT_DNS_LABEL, "-a", "a lowercase RFC 1123 label must consist of"},
        {FORMAT_DNS_LABEL, "a-", "a lowercase RFC 1123 label must consist of"},
        {FORMAT_DNS_LABEL, "a.b", "must not contain dots"},
        {FORMAT_DNS_SUBDOMAIN, "a.b-c.9", NULL},
        {FORMAT_DNS_SUBDOMAIN, "a..b", "a lowercase RFC 1123 subdomain must consist of"},
        {FORMAT_DNS_SUBDOMAIN, "a.", "a lowercase RFC 1123 subdomain must consist of"},
        {FORMAT_DNS_SUBDOMAIN, "a_b", "a lowercase RFC 1123 subdomain must consist of"},
        {FORMAT_PORT_NAME, "http-2", NULL},
        {FORMAT_PORT_NAME, "abcdefghijklmno", NULL},
        {FORMAT_PORT_NAME, "abcdefghijklmnop", "must be no more than 15 characters"},
        {FORMAT_PORT_NAME, "Web", "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"},
        {FORMAT_PORT_NAME, "80", "must contain at least one letter (a-z)"},
        {FORMAT_PORT_NAME, "a--b", "must not contain consecutive hyphens"},
        {FORMAT_PORT_NAME, "-a", "must not begin or end with a hyphen"},
        {FORMAT_ENV_NAME, "my.env-NAME 1", NULL},
        {FORMAT_ENV_NAME, "a=b", "a valid environment variable name must consist only of printable ASCII"},
        {FORMAT_ENV_NAME, "\xc3\xa4", "a valid environment variable name must consist only of"},
        {FORMAT_ANY, "\x01 whatever", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = value_fault(rows[i].format, rows[i].text);

        if ((got == NULL) != (rows[i].begins == NULL)
            || (got != NULL && strncmp(got, rows[i].begins, strlen(rows[i].begins)) != 0))
            fail_msg("\"%s\": %s", rows[i].text, got != NULL ? got : "accepted");
    }
}

static const char *lookup(void *arg, const char *name, size_t length)
{
    static const struct { const char *name, *value; } variables[] = {
        {"A", "a"}, {"B", "b"}, {"E", ""}, {"R", "$(A)"},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (strlen(variables[i].name) == length && memcmp(variables[i].name, name, length) == 0)
            return variables[i].value;
    }
    return NULL;
}

TEST(references_expand_as_in_kubelet_semantics_9_2)
{
    static const struct { const char *in, *out; } rows[] = {
        {"$(A)-1", "a-1"},
        {"$$(A)", "$(A)"},
        {"$$$(A)", "$a"},
        {"$$$$(A)", "$$(A)"},
        {"$(NOPE)", "$(NOPE)"},
        {"$(R)", "$(A)"},
        {"x$(E)y", "xy"},
        {"$(A$(B))", "$(A$(B))"},
        {"foo$(A", "foo$(A"},
        {"$A", "$A"},
        {"${A}", "${A}"},
        {"\\$(A)", "\\a"},
        {"abc$", "abc$"},
        {"$(foo$$var)", "$(foo$$var)"},
        {"$\xc3\xa4$(B)", "$\xc3\xa4" "b"},
        {"", ""},
        {"$", "$"},
        {"$(", "$("},
        {"$()", "$()"},
    };
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_clear(&out);
        value_expand(&out, rows[i].in, lookup, NULL);
        EXPECT_STR(buf_text(&out), rows[i].out);
    }
    buf_deinit(&out);
}

TESTS(RUN(names_are_accepted_up_to_their_bounds_and_refused_beyond),
      RUN(names_have_kubernetes_formats),
      RUN(references_expand_as_in_kubelet_semantics_9_2))
