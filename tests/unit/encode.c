/*
 * decode(encode(x)) is x: random objects of every kind, made from the field table.
 *
 * PIDLET_SEED=N runs one seed alone; a failure prints its own.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "config/decode.h"
#include "config/diag.h"
#include "config/digest.h"
#include "config/encode.h"
#include "config/kinds.h"
#include "config/tree.h"
#include "tests/lib/test.h"
#include "tests/properties/dice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3000 };

struct any_list {
    void *items;
    size_t count;
};

/* ---- random objects ---- */

/* What each format takes; FORMAT_ANY has all that JSON and YAML could stumble over. */
static const char *const samples[][8] = {
    [FORMAT_ANY] = {"plain", "y", "- a: b # c", "\"quotes\" \\ and \t\r\n\x01\x7f", "null",
                    "\xc2\x85\xe2\x80\xa8\xef\xbb\xbf\xc2\x9f", "\xf0\x9f\x98\x80\xc3\xbc", " 0x10 "},
    [FORMAT_DNS_LABEL] = {"a", "web-1", "0"},
    [FORMAT_DNS_SUBDOMAIN] = {"a", "web.example.com", "0-1"},
    [FORMAT_QUALIFIED_NAME] = {"app", "example.com/App_1.x"},
    [FORMAT_LABEL_VALUE] = {"", "v1.2", "A_b"},
    [FORMAT_PORT_NAME] = {"http", "a-1"},
    [FORMAT_ENV_NAME] = {"PATH", "a b", "1"},
    [FORMAT_CONFIG_KEY] = {"key", "app.properties", "_x-1"},
    [FORMAT_HEADER_NAME] = {"Accept", "X-Probe"},
    [FORMAT_QUANTITY] = {"500m", "1Gi", "2", "1e3", "0.5"},
    [FORMAT_INT_OR_PERCENT] = {"0", "25%", "3"},
    [FORMAT_BASE64] = {"", "aGk=", "AAAA"},
    [FORMAT_DURATION] = {"0s", "90s", "1m30s"},
    [FORMAT_UID] = {"0123456789abcdef0123456789abcdef", "8f14e45f-ceea-467f-a8c5-3d2f5a1b6c7d"},
};

struct maker {
    struct arena *arena;
    struct dice dice;
};

static void make_object(struct maker *m, const struct object_info *info, char *object);

static const char *make_text(struct maker *m, enum field_format format)
{
    unsigned count = 0;

    while (count < 8 && samples[format][count] != NULL)
        count++;
    return samples[format][dice_roll(&m->dice, count)];
}

static void make_string(struct maker *m, const struct field *f, const char **out)
{
    *out = make_text(m, f->format);
    if (**out == '\0' && ((f->flags & REQUIRED) != 0 || f->default_text != NULL))
        *out = f->default_text != NULL ? f->default_text : samples[f->format][1];
}

static int64_t make_int(struct maker *m, const struct field *f)
{
    const int64_t values[] = {f->min, f->max, f->min / 2 + f->max / 2, f->min < 7 && f->max > 7 ? 7 : f->min};
    int64_t v = dice_pick(&m->dice, values);

    return v == 0 && (f->flags & ZERO_IS_DEFAULT) != 0 ? f->default_int : v;
}

static struct node *make_node(struct maker *m, unsigned depth)
{
    struct node *n = arena_make(m->arena, struct node);
    static const char *const floats[] = {"1.5", "-0.25e-3", "1e400", "9223372036854775808", ".5", "3.0"};

    n->kind = (enum node_kind)dice_roll(&m->dice, depth < 3 ? NODE_MAP + 1 : NODE_STRING + 1);
    switch (n->kind) {
    case NODE_NULL:
        n->text = "null";
        break;
    case NODE_BOOL:
        n->boolean = dice_once_in(&m->dice, 2);
        n->text = n->boolean ? "true" : "false";
        break;
    case NODE_INT:
        n->integer = (int64_t)m->dice.state;
        n->text = arena_printf(m->arena, "%lld", (long long)n->integer);
        break;
    case NODE_FLOAT:
        n->text = dice_pick(&m->dice, floats);
        n->real = strtod(n->text, NULL);
        if (!isfinite(n->real))         /* no JSON: not what a manifest can hold */
            n->real = strtod(n->text = "1.5", NULL);
        break;
    case NODE_STRING:
        n->text = make_text(m, FORMAT_ANY);
        break;
    case NODE_LIST:
        n->list.count = dice_roll(&m->dice, 3);
        n->list.items = arena_array(m->arena, n->list.count, sizeof *n->list.items);
        for (size_t i = 0; i < n->list.count; i++)
            n->list.items[i] = make_node(m, depth + 1);
        break;
    case NODE_MAP:
        n->map.count = dice_roll(&m->dice, 3);
        n->map.pairs = arena_array(m->arena, n->map.count, sizeof *n->map.pairs);
        for (size_t i = 0; i < n->map.count; i++) {
            n->map.pairs[i].key = samples[FORMAT_ANY][i + dice_roll(&m->dice, 2) * 2];
            n->map.pairs[i].value = make_node(m, depth + 1);
        }
        break;
    }
    if (n->text != NULL)
        n->length = strlen(n->text);
    return n;
}

static void make_map(struct maker *m, const struct field *f, struct string_map *map)
{
    map->count = dice_roll(&m->dice, 3);
    map->items = arena_array(m->arena, map->count, sizeof *map->items);
    for (size_t i = 0; i < map->count; i++) {
        map->items[i].key = samples[FORMAT_ANY][i * 2 + dice_roll(&m->dice, 2)];
        map->items[i].value = make_text(m, f->format);
    }
}

static void make_list(struct maker *m, const struct field *f, struct any_list *list)
{
    list->count = ((f->flags & REQUIRED) != 0) + dice_roll(&m->dice, 3);
    list->items = arena_array(m->arena, list->count, f->child->size);
    for (size_t i = 0; i < list->count; i++)
        make_object(m, f->child, (char *)list->items + i * f->child->size);
}

/* The value that a field has when nothing is written. */
static void leave_out(struct maker *m, const struct field *f, void *member)
{
    if (f->kind == FIELD_STRING)
        *(const char **)member = f->default_text;
    else if (f->kind == FIELD_INT)
        *(int64_t *)member = f->default_int;
    else if (f->kind == FIELD_BOOL || f->kind == FIELD_CHOICE)
        *(int *)member = (int)f->default_int;
    else if (f->kind == FIELD_CHILD && (f->flags & MAKE_EMPTY) != 0)
        make_object(m, f->child, *(void **)member = arena_alloc(m->arena, f->child->size));
}

static void make_field(struct maker *m, const struct field *f, void *member)
{
    switch (f->kind) {
    case FIELD_STRING:
        make_string(m, f, member);
        break;
    case FIELD_INT:
        *(int64_t *)member = make_int(m, f);
        break;
    case FIELD_BOOL:
        *(enum tri *)member = dice_once_in(&m->dice, 2) ? TRI_TRUE : TRI_FALSE;
        break;
    case FIELD_CHOICE:
        *(int *)member = f->choices->values[dice_roll(&m->dice, (unsigned)f->choices->count)].constant;
        break;
    case FIELD_PORT: {
        struct int_or_string *port = member;

        port->set = true;
        if (dice_once_in(&m->dice, 2))
            port->text = make_text(m, FORMAT_PORT_NAME);
        else
            port->number = 1 + dice_roll(&m->dice, 65535);
        break;
    }
    case FIELD_STRINGS: {
        struct string_list *list = member;

        list->count = 1 + dice_roll(&m->dice, 3);
        list->items = arena_array(m->arena, list->count, sizeof *list->items);
        for (size_t i = 0; i < list->count; i++)
            list->items[i] = make_text(m, FORMAT_ANY);
        break;
    }
    case FIELD_INTS: {
        struct int_list *list = member;

        list->count = ((f->flags & REQUIRED) != 0) + dice_roll(&m->dice, 3);
        list->items = arena_array(m->arena, list->count, sizeof *list->items);
        for (size_t i = 0; i < list->count; i++)
            list->items[i] = make_int(m, f);
        break;
    }
    case FIELD_MAP:
        make_map(m, f, member);
        break;
    case FIELD_CHILD:
        make_object(m, f->child, *(void **)member = arena_alloc(m->arena, f->child->size));
        break;
    case FIELD_LIST:
        make_list(m, f, member);
        break;
    case FIELD_ANY: {
        const struct node *n = make_node(m, 0);

        *(const struct node **)member = n->kind != NODE_NULL ? n : NULL;
        break;
    }
    }
}

static void make_object(struct maker *m, const struct object_info *info, char *object)
{
    for (size_t i = 0; i < info->count; i++) {
        const struct field *f = &info->fields[i];

        if ((f->flags & REQUIRED) != 0 || dice_once_in(&m->dice, 3))
            make_field(m, f, object + f->offset);
        else
            leave_out(m, f, object + f->offset);
    }
}

/* ---- equality, by the table ---- */

static bool same_object(const struct object_info *info, const char *a, const char *b);

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_node(const struct node *a, const struct node *b)
{
    if (a == NULL || b == NULL || a->kind != b->kind)
        return a == b;
    switch (a->kind) {
    case NODE_NULL:
        return true;
    case NODE_BOOL:
        return a->boolean == b->boolean;
    case NODE_INT:
        return a->integer == b->integer;
    case NODE_FLOAT:
        return a->real == b->real;
    case NODE_STRING:
        return same_text(a->text, b->text);
    case NODE_LIST:
        if (a->list.count != b->list.count)
            return false;
        for (size_t i = 0; i < a->list.count; i++) {
            if (!same_node(a->list.items[i], b->list.items[i]))
                return false;
        }
        return true;
    case NODE_MAP:
        if (a->map.count != b->map.count)
            return false;
        for (size_t i = 0; i < a->map.count; i++) {
            if (!same_text(a->map.pairs[i].key, b->map.pairs[i].key)
                || !same_node(a->map.pairs[i].value, b->map.pairs[i].value))
                return false;
        }
        return true;
    }
    return false;
}

static bool same_list(const struct field *f, const struct any_list *a, const struct any_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!same_object(f->child, (const char *)a->items + i * f->child->size,
                         (const char *)b->items + i * f->child->size))
            return false;
    }
    return true;
}

static bool same_map(const struct string_map *a, const struct string_map *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!same_text(a->items[i].key, b->items[i].key) || !same_text(a->items[i].value, b->items[i].value))
            return false;
    }
    return true;
}

static bool same_field(const struct field *f, const char *a, const char *b)
{
    switch (f->kind) {
    case FIELD_STRING:
        return same_text(*(const char *const *)a, *(const char *const *)b);
    case FIELD_INT:
        return *(const int64_t *)a == *(const int64_t *)b;
    case FIELD_BOOL:
    case FIELD_CHOICE:
        return *(const int *)a == *(const int *)b;
    case FIELD_PORT: {
        const struct int_or_string *p = (const void *)a, *q = (const void *)b;

        return p->set == q->set && same_text(p->text, q->text) && p->number == q->number;
    }
    case FIELD_STRINGS: {
        const struct string_list *p = (const void *)a, *q = (const void *)b;

        if (p->count != q->count)
            return false;
        for (size_t i = 0; i < p->count; i++) {
            if (!same_text(p->items[i], q->items[i]))
                return false;
        }
        return true;
    }
    case FIELD_INTS: {
        const struct int_list *p = (const void *)a, *q = (const void *)b;

        return p->count == q->count
               && (p->count == 0 || memcmp(p->items, q->items, p->count * sizeof *p->items) == 0);
    }
    case FIELD_MAP:
        return same_map((const void *)a, (const void *)b);
    case FIELD_CHILD: {
        const char *p = *(const char *const *)a, *q = *(const char *const *)b;

        return p == NULL || q == NULL ? p == q : same_object(f->child, p, q);
    }
    case FIELD_LIST:
        return same_list(f, (const void *)a, (const void *)b);
    case FIELD_ANY:
        return same_node(*(const struct node *const *)a, *(const struct node *const *)b);
    }
    return false;
}

static bool same_object(const struct object_info *info, const char *a, const char *b)
{
    for (size_t i = 0; i < info->count; i++) {
        if (!same_field(&info->fields[i], a + info->fields[i].offset, b + info->fields[i].offset)) {
            print_message("# %s.%s differs\n", info->name, info->fields[i].json);
            return false;
        }
    }
    return true;
}

/* ---- the property ---- */

/* False, and what was wrong printed, unless the object comes back as it was. */
static bool comes_back(const struct object_info *info, const void *object, struct arena *arena)
{
    struct buf text = BUF_INIT, again = BUF_INIT;
    char digest[2][DIGEST_SIZE];
    struct tree tree = {0};
    struct diags diags;
    void *read = NULL;
    bool ok;

    assert_true(diags_init(&diags));
    encode_object(info, object, &text);
    ok = tree_parse(buf_text(&text), text.length, arena, &diags, &tree) && tree.count == 1
         && (read = decode_object(info, tree.documents[0], PATH_ROOT(tree.documents[0]), arena, &diags)) != NULL
         && same_object(info, object, read);
    for (size_t i = 0; i < diags.count; i++)
        ok &= diags.items[i].kind == DIAG_REFUSED;
    if (ok) {
        encode_object(info, read, &again);
        digest_object(info, object, digest[0]);
        digest_object(info, read, digest[1]);
        ok = strcmp(buf_text(&text), buf_text(&again)) == 0 && strcmp(digest[0], digest[1]) == 0;
    }
    if (!ok) {
        print_message("# %s\n# %s\n", buf_text(&text), buf_text(&again));
        for (size_t i = 0; i < diags.count; i++)
            print_message("# %u: %s: %s\n", diags.items[i].line, diags.items[i].path, diags.items[i].detail);
    }
    buf_deinit(&text);
    buf_deinit(&again);
    diags_deinit(&diags);
    return ok;
}

static void try_seed(uint64_t seed)
{
    struct maker m = {.arena = arena_new(), .dice = dice_of(seed)};
    const struct object_info *info = kinds[seed % kind_count].schema;
    char *object = arena_alloc(m.arena, info->size);

    make_object(&m, info, object);
    if (!comes_back(info, object, m.arena)) {
        print_message("# PIDLET_SEED=%llu: a %s did not come back as it was\n", (unsigned long long)seed,
                      info->name);
        fail();
    }
    arena_free(m.arena);
}

TEST(what_is_encoded_is_decoded_as_it_was)
{
    const char *one = getenv("PIDLET_SEED");

    if (one != NULL) {
        try_seed(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 0; seed < ROUNDS; seed++)
        try_seed(seed);
}

/* ---- by hand: so that the reverse of a mistake is not the proof of it ---- */

static void expect_json(const char *yaml, const char *wanted)
{
    struct arena *arena = arena_new();
    struct buf text = BUF_INIT;
    struct tree tree = {0};
    struct diags diags;
    void *pod;

    assert_true(diags_init(&diags));
    assert_true(tree_parse(yaml, strlen(yaml), arena, &diags, &tree));
    pod = decode_object(&schema_pod_manifest, tree.documents[0], PATH_ROOT(tree.documents[0]), arena, &diags);
    assert_non_null(pod);
    encode_object(&schema_pod_manifest, pod, &text);
    EXPECT_STR(buf_text(&text), wanted);
    buf_deinit(&text);
    diags_deinit(&diags);
    arena_free(arena);
}

TEST(a_pod_is_written_with_its_defaults)
{
    expect_json("apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\n"
                "spec:\n  containers:\n  - name: a\n    command: [sleep, '1']\n"
                "    livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 5}\n"
                "  hostPID: true\n  tolerations: [{operator: Exists}]\nstatus: {load: 1.50}\n",
                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\","
                "\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"labels\":{\"app\":\"web\"}},"
                "\"spec\":{\"containers\":[{\"name\":\"a\",\"command\":[\"sleep\",\"1\"],"
                "\"livenessProbe\":{\"tcpSocket\":{\"port\":80},\"initialDelaySeconds\":0,\"timeoutSeconds\":1,"
                "\"periodSeconds\":5,\"successThreshold\":1,\"failureThreshold\":3},"
                "\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\"}],"
                "\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,"
                "\"tolerations\":[{\"operator\":\"Exists\"}],\"hostPID\":true},\"status\":{\"load\":1.50}}");
}

TESTS(RUN(what_is_encoded_is_decoded_as_it_was), RUN(a_pod_is_written_with_its_defaults))
