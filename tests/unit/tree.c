#include "base/arena.h"
#include "base/buf.h"
#include "config/diag.h"
#include "config/tree.h"
#include "tests/lib/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct {
    struct arena *arena;
    struct diags diags;
    struct tree tree;
} w;

static bool parse(const char *text)
{
    w.arena = arena_new();
    assert_true(diags_init(&w.diags));
    w.tree = (struct tree){0};
    return tree_parse(text, strlen(text), w.arena, &w.diags, &w.tree);
}

static void done(void)
{
    diags_deinit(&w.diags);
    arena_free(w.arena);
}

static void expect_kind(const char *text, enum node_kind kind)
{
    char doc[256];
    const struct node *n;

    snprintf(doc, sizeof doc, "k: %s\n", text);
    assert_true(parse(doc));
    n = node_get(w.tree.documents[0], "k");
    if (n->kind != kind)
        fail_msg("%s is %s", text, node_kind_name(n->kind));
    done();
}

TEST(scalars_mean_what_they_mean_to_kubernetes)
{
    static const struct { const char *text; enum node_kind kind; } rows[] = {
        {"", NODE_NULL}, {"~", NODE_NULL}, {"null", NODE_NULL}, {"nul", NODE_STRING},
        {"yes", NODE_BOOL}, {"No", NODE_BOOL}, {"on", NODE_BOOL}, {"OFF", NODE_BOOL}, {"y", NODE_BOOL},
        {"true", NODE_BOOL}, {"tRue", NODE_STRING}, {"'yes'", NODE_STRING}, {"\"1\"", NODE_STRING},
        {"0", NODE_INT}, {"-12", NODE_INT}, {"+3", NODE_INT}, {"0x1F", NODE_INT}, {"0o17", NODE_INT},
        {"017", NODE_INT}, {"0b11", NODE_INT}, {"1_000", NODE_INT}, {"9223372036854775807", NODE_INT},
        {"9223372036854775808", NODE_FLOAT}, {"08", NODE_FLOAT}, {"1.5", NODE_FLOAT}, {"1e3", NODE_FLOAT},
        {".5", NODE_FLOAT}, {".inf", NODE_FLOAT}, {"1.2.3", NODE_STRING}, {"1s", NODE_STRING},
        {"-", NODE_LIST}, {"--x", NODE_STRING}, {"0x", NODE_STRING}, {"+", NODE_STRING}, {"1-2", NODE_STRING},
        {"!!str 5", NODE_STRING}, {"!!int 5", NODE_INT}, {"infinity", NODE_STRING}, {"nan", NODE_STRING},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].kind != NODE_LIST)          /* "k: -" is no YAML, for completeness */
            expect_kind(rows[i].text, rows[i].kind);
    }
    EXPECT(parse("a: 0x1F\nb: 017\nc: -0b11\nd: 1_000\n"));
    EXPECT_INT(node_get(w.tree.documents[0], "a")->integer, 31);
    EXPECT_INT(node_get(w.tree.documents[0], "b")->integer, 15);
    EXPECT_INT(node_get(w.tree.documents[0], "c")->integer, -3);
    EXPECT_INT(node_get(w.tree.documents[0], "d")->integer, 1000);
    done();
}

TEST(nodes_know_their_line_and_column)
{
    const struct node *n;

    EXPECT(parse("a:\n  - b: \xc3\xa4\xc3\xb6 # two\n    c: [1, {d: 2}]\n"));
    n = node_get(node_get(w.tree.documents[0], "a")->list.items[0], "c");
    EXPECT_INT(n->line, 3);
    EXPECT_INT(n->column, 8);
    n = node_get(n->list.items[1], "d");
    EXPECT_INT(n->line, 3);
    EXPECT_INT(n->column, 16);
    done();
}

TEST(json_is_read_too)
{
    const struct node *n;

    EXPECT(parse("{\"a\": [1, -2.5, true, null, \"x\\n\\u00e4\\/\"],\n\t\"b\": {}}"));
    n = node_get(w.tree.documents[0], "a");
    EXPECT_INT(n->list.count, 5);
    EXPECT_STR(n->list.items[4]->text, "x\n\xc3\xa4/");
    EXPECT_INT(node_get(w.tree.documents[0], "b")->kind, NODE_MAP);
    done();
}

TEST(documents_come_in_order_without_the_empty_ones)
{
    EXPECT(parse("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n"));
    EXPECT_INT(w.tree.count, 2);
    EXPECT(node_get(w.tree.documents[1], "b") != NULL);
    done();
    EXPECT(parse(""));
    EXPECT_INT(w.tree.count, 0);
    done();
}

TEST(anchors_are_shared_and_merged)
{
    const struct node *doc;

    EXPECT(parse("base: &b {x: 1, y: 2}\nlist: &l [1]\nuse:\n  <<: *b\n  y: 3\nagain: *l\n"));
    doc = w.tree.documents[0];
    EXPECT_INT(node_get(node_get(doc, "use"), "x")->integer, 1);
    EXPECT_INT(node_get(node_get(doc, "use"), "y")->integer, 3);
    EXPECT(node_get(doc, "again") == node_get(doc, "list"));
    EXPECT(node_get(node_get(doc, "use"), "<<") == NULL);
    done();
}

static void expect_refused(const char *text, const char *wanted)
{
    struct buf got = BUF_INIT;

    if (parse(text))
        fail_msg("taken: %s", text);
    diag_format(&w.diags.items[0], &got);
    EXPECT_STR(buf_text(&got), wanted);
    buf_deinit(&got);
    done();
}

TEST(what_a_manifest_must_not_have_is_refused_with_its_place)
{
    expect_refused("a: 1\nb: 2\na: 3\n",
                   "3:1: a: Duplicate field: strict decoding error: duplicate field \"a\": already set in line 1");
    expect_refused("a: {b: 1, b: 2}\n",
                   "1:11: a.b: Duplicate field: strict decoding error: duplicate field \"a.b\": already set in line 1");
    expect_refused("x:\n- 1\n- a:\n    b: 1\n    b: 2\n",
                   "5:5: x[1].a.b: Duplicate field: strict decoding error: duplicate field \"x[1].a.b\": already set "
                   "in line 4");
    expect_refused("a: *b\n", "1:4: alias *b has no anchor &b before it");
    expect_refused("a: &b {c: *b}\n", "1:11: alias *b stands inside the value it names");
    expect_refused("? [x]\n: 1\n", "1:3: a key must be a string, not a list");
    expect_refused("a: \"x\\0y\"\n", "1:4: a value has a NUL byte; no field takes one");
    expect_refused("a: !!int x\n", "1:4: tag tag:yaml.org,2002:int does not go with the value \"x\"");
    expect_refused("a: !secret x\n", "1:4: tag !secret does not go with the value \"x\"");
    expect_refused("a: !secret [x]\n", "1:4: tag !secret is not taken here");
    expect_refused("<<: 5\n", "1:1: << takes a map or a list of maps");
    expect_refused("a: [1\n", "2:1: while parsing a flow sequence: did not find expected ',' or ']'");
    expect_refused("a: \xed\xa0\x80\n", "1:4: invalid UTF-8: byte 0xed");
    expect_refused("\xc3\xa4\n\xc3\xa4: \xc0\x80\n", "2:4: invalid UTF-8: byte 0xc0");
}

TEST(several_faults_of_one_text_are_all_found)
{
    EXPECT(!parse("a: 1\na: 2\nb: 1\nb: 2\n"));
    EXPECT_INT(w.diags.count, 2);
    done();
}

TEST(depth_64_is_taken_and_65_is_not)
{
    char text[256];

    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    EXPECT(parse(text));
    done();
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    expect_refused(text, "1:65: nested too deeply: at most 64 levels");
}

TEST(depth_through_aliases_counts)
{
    struct buf text = BUF_INIT;

    buf_adds(&text, "a: &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n"
                    "b: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
    EXPECT(!parse(buf_text(&text)));
    done();
    buf_deinit(&text);
}

TEST(a_copy_outlives_its_tree)
{
    struct arena *arena = arena_new();
    struct node *copy;

    EXPECT(parse("a: [1, {b: c}, null]\n"));
    copy = node_copy(w.tree.documents[0], arena);
    done();
    EXPECT_STR(node_get(node_get(copy, "a")->list.items[1], "b")->text, "c");
    arena_free(arena);
}

TESTS(RUN(scalars_mean_what_they_mean_to_kubernetes),
      RUN(nodes_know_their_line_and_column),
      RUN(json_is_read_too),
      RUN(documents_come_in_order_without_the_empty_ones),
      RUN(anchors_are_shared_and_merged),
      RUN(what_a_manifest_must_not_have_is_refused_with_its_place),
      RUN(several_faults_of_one_text_are_all_found),
      RUN(depth_64_is_taken_and_65_is_not),
      RUN(depth_through_aliases_counts),
      RUN(a_copy_outlives_its_tree))
