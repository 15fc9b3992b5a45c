#include "config/tree.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/diag.h"
#include "config/node.h"
#include "config/scalar.h"
#include "config/text.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What hangs below a node, each alias counted with all it stands for. */
struct weight {
    size_t nodes, text;
};

/* Children of the list or map that is being read; handed to the arena when it ends. */
struct frame {
    struct node *node;
    struct node **items;                /* a map's: key, value, key, value … */
    size_t count, capacity;
    struct weight weight;
    const char *anchor;
};

struct anchor {
    const char *name;
    struct node *node;
    struct weight weight;
    size_t depth;                       /* of what hangs below the node */
};

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct diags *diags;
    struct frame frames[TREE_MAX_DEPTH];
    size_t depth;
    void *anchors;                      /* of this document: a tsearch(3) tree of struct anchor */
    struct node *root;
    struct tree tree;
    size_t tree_capacity;
    struct weight weight;               /* of the documents so far */
    bool failed;                        /* something was refused; later findings may still come */
};

/* ---- refusals ---- */

static bool no_memory(struct reader *r)
{
    r->failed = true;
    return diag_add(r->diags, DIAG_INTERNAL, NULL, "out of memory");
}

#define refuse(r, mark, ...)                                                             \
    ((r)->failed = true,                                                                 \
     diag_syntax((r)->diags, (unsigned)(mark).line + 1, (unsigned)(mark).column + 1, __VA_ARGS__))

/* Doubles `*capacity` of a heap array when it is full. */
static void *grown(void *items, size_t count, size_t *capacity, size_t size)
{
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    void *more;

    if (count < *capacity)
        return items;
    more = reallocarray(items, wanted, size);
    if (more != NULL)
        *capacity = wanted;
    return more;
}

/* ---- putting nodes where they belong ---- */

static void weight_add(struct weight *w, const struct weight *more)
{
    w->nodes += more->nodes;
    w->text += more->text;
}

static bool too_heavy(struct reader *r, const struct weight *more, yaml_mark_t at)
{
    weight_add(&r->weight, more);
    if (r->weight.nodes > TREE_MAX_NODES)
        return !refuse(r, at, "too many values: at most %d, aliases counted with all they stand for",
                       TREE_MAX_NODES);
    if (r->weight.text > TREE_MAX_TEXT)
        return !refuse(r, at, "too much text: at most %d bytes, aliases counted with all they stand for",
                       TREE_MAX_TEXT);
    return false;
}

static bool attach(struct reader *r, struct node *n, const struct weight *weight)
{
    struct frame *f;
    struct node **items;

    if (r->depth == 0) {
        r->root = n;
        return true;
    }
    f = &r->frames[r->depth - 1];
    items = grown(f->items, f->count, &f->capacity, sizeof *f->items);
    if (items == NULL)
        return no_memory(r);
    f->items = items;
    f->items[f->count++] = n;
    weight_add(&f->weight, weight);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct anchor *)a)->name, ((const struct anchor *)b)->name);
}

/* The last of a name counts. */
static bool remember(struct reader *r, const char *name, struct node *n, const struct weight *weight,
                     size_t depth)
{
    struct anchor *anchor, **found;

    if (name == NULL)
        return true;
    anchor = arena_make(r->arena, struct anchor);
    if (anchor == NULL)
        return no_memory(r);
    *anchor = (struct anchor){.name = name, .node = n, .weight = *weight, .depth = depth};
    found = tsearch(anchor, &r->anchors, by_name);
    if (found == NULL)
        return no_memory(r);
    **found = *anchor;
    return true;
}

static void nothing(void *anchor)
{
    (void)anchor;                       /* it lives in the arena */
}

static void forget_anchors(struct reader *r)
{
    tdestroy(r->anchors, nothing);
    r->anchors = NULL;
}

static struct node *node_new(struct reader *r, enum node_kind kind, yaml_mark_t at)
{
    struct node *n = arena_make(r->arena, struct node);

    if (n == NULL) {
        no_memory(r);
        return NULL;
    }
    n->kind = kind;
    n->line = (unsigned)at.line + 1;
    n->column = (unsigned)at.column + 1;
    return n;
}

static const char *kept(struct reader *r, const yaml_char_t *text)
{
    return text == NULL ? NULL : arena_strdup(r->arena, (const char *)text);
}

/* ---- events ---- */

#define TAG "tag:yaml.org,2002:"

static bool apply_tag(struct reader *r, struct node *n, const char *tag, yaml_mark_t at)
{
    enum node_kind resolved;

    if (strcmp(tag, TAG "str") == 0 || strcmp(tag, "!") == 0) {
        n->kind = NODE_STRING;
        return true;
    }
    scalar_resolve(n);
    resolved = n->kind;
    if ((strcmp(tag, TAG "int") == 0 && resolved == NODE_INT)
        || (strcmp(tag, TAG "bool") == 0 && resolved == NODE_BOOL)
        || (strcmp(tag, TAG "null") == 0 && resolved == NODE_NULL)
        || (strcmp(tag, TAG "float") == 0 && (resolved == NODE_FLOAT || resolved == NODE_INT)))
        return true;
    return refuse(r, at, "tag %s does not go with the value \"%s\"", tag, n->text);
}

static bool on_scalar(struct reader *r, const yaml_event_t *e)
{
    const char *tag = (const char *)e->data.scalar.tag;
    const struct weight weight = {.nodes = 1, .text = e->data.scalar.length};
    struct node *n = node_new(r, NODE_STRING, e->start_mark);
    const char *anchor = kept(r, e->data.scalar.anchor);

    if (n == NULL)
        return false;
    n->length = (uint32_t)e->data.scalar.length;        /* of a text of TREE_MAX_BYTES at most */
    n->text = arena_strndup(r->arena, (const char *)e->data.scalar.value, n->length);
    if (n->text == NULL || (anchor == NULL && e->data.scalar.anchor != NULL))
        return no_memory(r);
    if (memchr(n->text, '\0', n->length) != NULL)
        return refuse(r, e->start_mark, "a value has a NUL byte; no field takes one");
    if (tag != NULL)
        apply_tag(r, n, tag, e->start_mark);
    else if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        scalar_resolve(n);
    if (too_heavy(r, &weight, e->start_mark))
        return false;
    return attach(r, n, &weight) && remember(r, anchor, n, &weight, 0);
}

static bool on_alias(struct reader *r, const yaml_event_t *e)
{
    const char *name = (const char *)e->data.alias.anchor;
    struct anchor **found = tfind(&(struct anchor){.name = name}, &r->anchors, by_name);

    if (found != NULL) {
        if (r->depth + (*found)->depth > TREE_MAX_DEPTH)
            return refuse(r, e->start_mark, "nested too deeply: at most %d levels", TREE_MAX_DEPTH);
        if (too_heavy(r, &(*found)->weight, e->start_mark))
            return false;
        return attach(r, (*found)->node, &(*found)->weight);
    }
    for (size_t i = 0; i < r->depth; i++) {
        if (r->frames[i].anchor != NULL && strcmp(r->frames[i].anchor, name) == 0)
            return refuse(r, e->start_mark, "alias *%s stands inside the value it names", name);
    }
    return refuse(r, e->start_mark, "alias *%s has no anchor &%s before it", name, name);
}

static bool begin(struct reader *r, enum node_kind kind, const yaml_event_t *e,
                  const yaml_char_t *anchor, const yaml_char_t *tag)
{
    const char *own = kind == NODE_LIST ? TAG "seq" : TAG "map";
    const struct weight weight = {.nodes = 1};
    struct frame *f;

    if (tag != NULL && strcmp((const char *)tag, own) != 0 && strcmp((const char *)tag, "!") != 0)
        refuse(r, e->start_mark, "tag %s is not taken here", (const char *)tag);
    if (r->depth == TREE_MAX_DEPTH)
        return refuse(r, e->start_mark, "nested too deeply: at most %d levels", TREE_MAX_DEPTH);
    f = &r->frames[r->depth];
    *f = (struct frame){.node = node_new(r, kind, e->start_mark), .weight = weight};
    if (f->node == NULL)
        return false;
    f->anchor = kept(r, anchor);
    if (anchor != NULL && f->anchor == NULL)
        return no_memory(r);
    r->depth++;
    return !too_heavy(r, &weight, e->start_mark);
}

static bool end_list(struct reader *r, struct frame *f)
{
    f->node->list.count = (uint32_t)f->count;
    f->node->list.items = arena_array(r->arena, f->count, sizeof(struct node *));
    if (f->node->list.items == NULL)
        return no_memory(r);
    if (f->count > 0)
        memcpy(f->node->list.items, f->items, f->count * sizeof(struct node *));
    return true;
}

static bool is_merge(const struct node *key)
{
    return key->kind == NODE_STRING && strcmp(key->text, "<<") == 0;
}

#define mark_of(n) ((yaml_mark_t){.line = (n)->line - 1, .column = (n)->column - 1})

/* Findings know the way to a key: through the lists and maps that are not at their end. */
static bool refuse_again(struct reader *r, const struct node_pair *again, const struct node_pair *first)
{
    struct path way[TREE_MAX_DEPTH + 2] = {{0}};
    struct buf path = BUF_INIT;
    size_t n = 0;

    r->failed = true;
    for (size_t i = 0; i < r->depth; i++) {
        const struct frame *f = &r->frames[i];

        n++;
        way[n] = (struct path){.up = &way[n - 1], .index = f->count};
        if (f->node->kind == NODE_MAP && f->count > 0)
            way[n].key = f->items[f->count - 1]->text;
    }
    way[n + 1] = (struct path){.up = &way[n], .key = again->key};
    path_format(&way[n + 1], &path);
    diag_add_at(r->diags, DIAG_DUPLICATE_FIELD, again->line, again->column, &way[n + 1],
                "strict decoding error: duplicate field \"%s\": already set in line %u", buf_text(&path),
                first->line);
    buf_deinit(&path);
    return false;
}

static void add_pair(struct reader *r, struct node *map, const struct node *key, struct node *value)
{
    if (key->kind == NODE_LIST || key->kind == NODE_MAP)
        refuse(r, mark_of(key), "a key must be a string, not a %s", node_kind_name(key->kind));
    else
        map->map.pairs[map->map.count++] = (struct node_pair){
            .key = key->text, .line = key->line, .column = key->column, .value = value};
}

static size_t merged_count(const struct node *from)
{
    size_t count = 0;

    if (from->kind == NODE_MAP)
        return from->map.count;
    if (from->kind == NODE_LIST) {
        for (size_t i = 0; i < from->list.count; i++)
            count += from->list.items[i]->kind == NODE_MAP ? from->list.items[i]->map.count : 0;
    }
    return count;
}

/* `<<`: the pairs of the merged maps, behind the map's own. */
static bool merge(struct reader *r, struct node *map, const struct node *key, const struct node *from)
{
    if (from->kind == NODE_MAP) {
        for (size_t i = 0; i < from->map.count; i++)
            map->map.pairs[map->map.count++] = from->map.pairs[i];
        return true;
    }
    if (from->kind != NODE_LIST)
        return refuse(r, mark_of(key), "<< takes a map or a list of maps");
    for (size_t i = 0; i < from->list.count; i++) {
        if (from->list.items[i]->kind != NODE_MAP)
            return refuse(r, mark_of(key), "<< takes a map or a list of maps");
        merge(r, map, key, from->list.items[i]);
    }
    return true;
}

/*
 * Of equal keys the first stays.  A second of the map's own, which are the first `own`,
 * is refused; one that is merged gives way.
 */
static bool keep_first_of_equals(struct reader *r, struct node *map, size_t own)
{
    size_t kept = 0;

    if (!node_sort(map, r->arena))
        return no_memory(r);
    for (size_t i = 0; i < map->map.count; i++) {
        struct node_pair *pair = &map->map.pairs[i];
        const struct node_pair *first = node_pair(map, pair->key);

        if (first != pair && i < own)
            refuse_again(r, pair, first);
        if (first != pair)
            pair->value = NULL;         /* the order holds on to its key until the end */
    }
    for (size_t i = 0; i < map->map.count; i++) {
        if (map->map.pairs[i].value != NULL)
            map->map.pairs[kept++] = map->map.pairs[i];
    }
    if (kept == map->map.count)
        return true;
    map->map.count = (uint32_t)kept;
    return node_sort(map, r->arena) || no_memory(r);
}

static bool end_map(struct reader *r, struct frame *f)
{
    struct node *map = f->node;
    size_t room = f->count / 2, own;

    for (size_t i = 0; i + 1 < f->count; i += 2)
        room += is_merge(f->items[i]) ? merged_count(f->items[i + 1]) : 0;
    if (room > TREE_MAX_NODES)
        return refuse(r, mark_of(map), "too many values: at most %d", TREE_MAX_NODES);
    map->map.count = 0;
    map->map.pairs = arena_array(r->arena, room, sizeof(struct node_pair));
    if (map->map.pairs == NULL)
        return no_memory(r);
    for (size_t i = 0; i + 1 < f->count; i += 2) {
        if (!is_merge(f->items[i]))
            add_pair(r, map, f->items[i], f->items[i + 1]);
    }
    own = map->map.count;
    for (size_t i = 0; i + 1 < f->count; i += 2) {
        if (is_merge(f->items[i]))
            merge(r, map, f->items[i], f->items[i + 1]);
    }
    return keep_first_of_equals(r, map, own);
}

static bool end(struct reader *r)
{
    struct frame *f = &r->frames[--r->depth];
    struct node *n = f->node;
    const char *anchor = f->anchor;
    struct weight weight = f->weight;
    bool ok = n->kind == NODE_LIST ? end_list(r, f) : end_map(r, f);

    free(f->items);
    f->items = NULL;
    return ok && attach(r, n, &weight)
           && remember(r, anchor, n, &weight, anchor != NULL ? node_depth(n) : 0);
}

static bool end_document(struct reader *r)
{
    struct node *root = r->root;
    struct node **documents;

    r->root = NULL;
    forget_anchors(r);
    if (root == NULL || root->kind == NODE_NULL)
        return true;
    documents = grown(r->tree.documents, r->tree.count, &r->tree_capacity, sizeof *documents);
    if (documents == NULL)
        return no_memory(r);
    r->tree.documents = documents;
    r->tree.documents[r->tree.count++] = root;
    return true;
}

/* False ends the text: nothing after it can be trusted. */
static bool on_event(struct reader *r, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(r, e);
    case YAML_ALIAS_EVENT:
        return on_alias(r, e);
    case YAML_SEQUENCE_START_EVENT:
        return begin(r, NODE_LIST, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return begin(r, NODE_MAP, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end(r);
    case YAML_DOCUMENT_END_EVENT:
        return end_document(r);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_STREAM_END_EVENT:
        return true;
    }
    return true;
}

static void yaml_error(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;

    if (p->error == YAML_MEMORY_ERROR) {
        no_memory(r);
        return;
    }
    refuse(r, p->problem_mark, "%s%s%s", p->context != NULL ? p->context : "",
           p->context != NULL ? ": " : "", p->problem != NULL ? p->problem : "not YAML");
}

static void read_events(struct reader *r)
{
    for (bool more = true; more;) {
        yaml_event_t e;

        if (!yaml_parser_parse(&r->parser, &e)) {
            yaml_error(r);
            return;
        }
        more = on_event(r, &e) && e.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&e);
    }
}

static bool reader_finish(struct reader *r, struct tree *tree)
{
    struct node **documents = arena_array(r->arena, r->tree.count, sizeof *documents);

    if (documents == NULL)
        return no_memory(r);
    if (r->tree.count > 0)
        memcpy(documents, r->tree.documents, r->tree.count * sizeof *documents);
    *tree = (struct tree){.documents = documents, .count = r->tree.count};
    return true;
}

static bool parse(const char *text, size_t length, struct arena *arena, struct diags *diags, struct tree *tree)
{
    struct reader *r = calloc(1, sizeof *r);
    bool ok;

    if (r == NULL || !yaml_parser_initialize(&r->parser)) {
        free(r);
        return diag_add(diags, DIAG_INTERNAL, NULL, "out of memory");
    }
    r->arena = arena;
    r->diags = diags;
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, length);
    read_events(r);
    ok = !r->failed && reader_finish(r, tree);
    while (r->depth > 0)
        free(r->frames[--r->depth].items);
    forget_anchors(r);
    free(r->tree.documents);
    yaml_parser_delete(&r->parser);
    free(r);
    return ok;
}

bool tree_parse(const char *text, size_t length, struct arena *arena, struct diags *diags,
                struct tree *tree)
{
    const size_t mark = text_mark(text, length);
    struct buf joined = BUF_INIT;
    bool ok;

    if (length > TREE_MAX_BYTES)
        return diag_syntax(diags, 0, 0, "%zu bytes are too many: at most %d", length, TREE_MAX_BYTES);
    if (!text_check(text, length, diags))
        return false;
    if (!text_join_surrogates(text + mark, length - mark, &joined))
        return parse(text + mark, length - mark, arena, diags, tree);
    if (buf_failed(&joined))
        ok = diag_add(diags, DIAG_INTERNAL, NULL, "out of memory");
    else
        ok = parse(buf_text(&joined), joined.length, arena, diags, tree);
    buf_deinit(&joined);
    return ok;
}
