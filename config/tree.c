#include "config/tree.h"

#include "base/arena.h"
#include "base/macros.h"
#include "config/diag.h"
#include "config/scalar.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Children of the list or map that is being read; handed to the arena when it ends. */
struct frame {
    struct node *node;
    struct node **items;                /* a map's: key, value, key, value … */
    size_t count, capacity;
    size_t weight;                      /* nodes below, each alias counted with all it stands for */
    const char *anchor;
};

struct anchor {
    const char *name;
    struct node *node;
    size_t weight;
    size_t depth;                       /* of what hangs below the node */
};

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct diags *diags;
    struct frame frames[TREE_MAX_DEPTH];
    size_t depth;
    struct anchor *anchors;             /* of this document; the last of a name counts */
    size_t anchor_count, anchor_capacity;
    struct node *root;
    struct tree tree;
    size_t tree_capacity;
    size_t weight;                      /* of the documents so far */
    bool failed;                        /* something was refused; later findings may still come */
};

static const char *const kind_names[] = {
    [NODE_NULL]   = "null",
    [NODE_BOOL]   = "boolean",
    [NODE_INT]    = "integer",
    [NODE_FLOAT]  = "number",
    [NODE_STRING] = "string",
    [NODE_LIST]   = "list",
    [NODE_MAP]    = "map",
};

const char *node_kind_name(enum node_kind kind)
{
    return kind_names[kind];
}

struct node *node_get(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->map.count; i++) {
        if (strcmp(map->map.pairs[i].key, key) == 0)
            return map->map.pairs[i].value;
    }
    return NULL;
}

struct node *node_copy(const struct node *n, struct arena *arena)
{
    struct node *copy = arena_make(arena, struct node);

    if (copy == NULL)
        return NULL;
    *copy = *n;
    if (n->text != NULL && (copy->text = arena_strndup(arena, n->text, n->length)) == NULL)
        return NULL;
    if (n->kind == NODE_LIST) {
        copy->list.items = arena_array(arena, n->list.count, sizeof *copy->list.items);
        for (size_t i = 0; copy->list.items != NULL && i < n->list.count; i++) {
            if ((copy->list.items[i] = node_copy(n->list.items[i], arena)) == NULL)
                return NULL;
        }
        return copy->list.items != NULL ? copy : NULL;
    }
    if (n->kind == NODE_MAP) {
        copy->map.pairs = arena_array(arena, n->map.count, sizeof *copy->map.pairs);
        for (size_t i = 0; copy->map.pairs != NULL && i < n->map.count; i++) {
            copy->map.pairs[i] = n->map.pairs[i];
            copy->map.pairs[i].key = arena_strdup(arena, n->map.pairs[i].key);
            copy->map.pairs[i].value = node_copy(n->map.pairs[i].value, arena);
            if (copy->map.pairs[i].key == NULL || copy->map.pairs[i].value == NULL)
                return NULL;
        }
        return copy->map.pairs != NULL ? copy : NULL;
    }
    return copy;
}

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

static bool too_heavy(struct reader *r, size_t weight, yaml_mark_t at)
{
    r->weight += weight;
    if (r->weight <= TREE_MAX_NODES)
        return false;
    refuse(r, at, "too many values: at most %d, aliases counted with all they stand for",
           TREE_MAX_NODES);
    return true;
}

static bool attach(struct reader *r, struct node *n, size_t weight)
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
    f->weight += weight;
    return true;
}

static bool remember(struct reader *r, const char *name, struct node *n, size_t weight, size_t depth)
{
    struct anchor *anchors;

    if (name == NULL)
        return true;
    anchors = grown(r->anchors, r->anchor_count, &r->anchor_capacity, sizeof *r->anchors);
    if (anchors == NULL)
        return no_memory(r);
    r->anchors = anchors;
    r->anchors[r->anchor_count++] =
        (struct anchor){.name = name, .node = n, .weight = weight, .depth = depth};
    return true;
}

static size_t node_depth(const struct node *n)
{
    size_t deepest = 0, depth;

    if (n->kind == NODE_LIST) {
        for (size_t i = 0; i < n->list.count; i++) {
            depth = node_depth(n->list.items[i]);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    if (n->kind == NODE_MAP) {
        for (size_t i = 0; i < n->map.count; i++) {
            depth = node_depth(n->map.pairs[i].value);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    return 0;
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
    struct node *n = node_new(r, NODE_STRING, e->start_mark);
    const char *anchor = kept(r, e->data.scalar.anchor);

    if (n == NULL)
        return false;
    n->length = e->data.scalar.length;
    n->text = arena_strndup(r->arena, (const char *)e->data.scalar.value, n->length);
    if (n->text == NULL || (anchor == NULL && e->data.scalar.anchor != NULL))
        return no_memory(r);
    if (memchr(n->text, '\0', n->length) != NULL)
        return refuse(r, e->start_mark, "a value has a NUL byte; no field takes one");
    if (tag != NULL)
        apply_tag(r, n, tag, e->start_mark);
    else if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        scalar_resolve(n);
    if (too_heavy(r, 1, e->start_mark))
        return false;
    return attach(r, n, 1) && remember(r, anchor, n, 1, 0);
}

static bool on_alias(struct reader *r, const yaml_event_t *e)
{
    const char *name = (const char *)e->data.alias.anchor;

    for (size_t i = r->anchor_count; i-- > 0;) {
        struct anchor *a = &r->anchors[i];

        if (strcmp(a->name, name) != 0)
            continue;
        if (r->depth + a->depth > TREE_MAX_DEPTH)
            return refuse(r, e->start_mark, "nested too deeply: at most %d levels", TREE_MAX_DEPTH);
        if (too_heavy(r, a->weight, e->start_mark))
            return false;
        return attach(r, a->node, a->weight);
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
    struct frame *f;

    if (tag != NULL && strcmp((const char *)tag, own) != 0 && strcmp((const char *)tag, "!") != 0)
        refuse(r, e->start_mark, "tag %s is not taken here", (const char *)tag);
    if (r->depth == TREE_MAX_DEPTH)
        return refuse(r, e->start_mark, "nested too deeply: at most %d levels", TREE_MAX_DEPTH);
    f = &r->frames[r->depth];
    *f = (struct frame){.node = node_new(r, kind, e->start_mark), .weight = 1};
    if (f->node == NULL)
        return false;
    f->anchor = kept(r, anchor);
    if (anchor != NULL && f->anchor == NULL)
        return no_memory(r);
    r->depth++;
    return !too_heavy(r, 1, e->start_mark);
}

static bool end_list(struct reader *r, struct frame *f)
{
    f->node->list.count = f->count;
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

static const struct node_pair *find_pair(const struct node *map, const char *key)
{
    for (size_t i = 0; i < map->map.count; i++) {
        if (strcmp(map->map.pairs[i].key, key) == 0)
            return &map->map.pairs[i];
    }
    return NULL;
}

#define mark_of(n) ((yaml_mark_t){.line = (n)->line - 1, .column = (n)->column - 1})

static bool add_pair(struct reader *r, struct node *map, const struct node *key, struct node *value)
{
    const struct node_pair *before;

    if (key->kind == NODE_LIST || key->kind == NODE_MAP)
        return refuse(r, mark_of(key), "a key must be a string, not a %s", node_kind_name(key->kind));
    before = find_pair(map, key->text);
    if (before != NULL)
        return refuse(r, mark_of(key), "key \"%s\" is already set in line %u", key->text,
                      before->line);
    map->map.pairs[map->map.count++] = (struct node_pair){
        .key = key->text, .line = key->line, .column = key->column, .value = value};
    return true;
}

/* `<<`: keys of the merged map that the map itself does not have. */
static bool merge(struct reader *r, struct node *map, const struct node *key, const struct node *from)
{
    if (from->kind == NODE_LIST) {
        for (size_t i = 0; i < from->list.count; i++) {
            if (from->list.items[i]->kind != NODE_MAP)
                return refuse(r, mark_of(key), "<< takes a map or a list of maps");
            merge(r, map, key, from->list.items[i]);
        }
        return true;
    }
    if (from->kind != NODE_MAP)
        return refuse(r, mark_of(key), "<< takes a map or a list of maps");
    for (size_t i = 0; i < from->map.count; i++) {
        if (find_pair(map, from->map.pairs[i].key) == NULL)
            map->map.pairs[map->map.count++] = from->map.pairs[i];
    }
    return true;
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

static bool end_map(struct reader *r, struct frame *f)
{
    size_t room = f->count / 2;

    for (size_t i = 0; i + 1 < f->count; i += 2)
        room += is_merge(f->items[i]) ? merged_count(f->items[i + 1]) : 0;
    if (room > TREE_MAX_NODES)
        return refuse(r, mark_of(f->node), "too many values: at most %d", TREE_MAX_NODES);
    f->node->map.count = 0;
    f->node->map.pairs = arena_array(r->arena, room, sizeof(struct node_pair));
    if (f->node->map.pairs == NULL)
        return no_memory(r);
    for (size_t i = 0; i + 1 < f->count; i += 2) {
        if (!is_merge(f->items[i]))
            add_pair(r, f->node, f->items[i], f->items[i + 1]);
    }
    for (size_t i = 0; i + 1 < f->count; i += 2) {
        if (is_merge(f->items[i]))
            merge(r, f->node, f->items[i], f->items[i + 1]);
    }
    return true;
}

static bool end(struct reader *r)
{
    struct frame *f = &r->frames[--r->depth];
    struct node *n = f->node;
    const char *anchor = f->anchor;
    size_t weight = f->weight;
    bool ok = n->kind == NODE_LIST ? end_list(r, f) : end_map(r, f);

    free(f->items);
    f->items = NULL;
    return ok && attach(r, n, weight)
           && remember(r, anchor, n, weight, anchor != NULL ? node_depth(n) : 0);
}

static bool end_document(struct reader *r)
{
    struct node *root = r->root;
    struct node **documents;

    r->root = NULL;
    r->anchor_count = 0;
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

/* ---- the text itself ---- */

static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t n = 0; n < array_count(forms); n++) {
        uint32_t c = p[0] & (unsigned char)~forms[n].mask;

        if ((p[0] & forms[n].mask) != forms[n].lead)
            continue;
        if (n >= left)
            return 0;
        for (size_t i = 1; i <= n; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (p[i] & 0x3f);
        }
        return c >= forms[n].least && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? n + 1 : 0;
    }
    return 0;
}

/* UTF-8 without NUL bytes; else a finding with the position. */
static bool check_text(const char *text, size_t length, struct diags *diags)
{
    unsigned line = 1, column = 1;

    for (size_t i = 0; i < length;) {
        size_t n = utf8_length((const unsigned char *)text + i, length - i);

        if (n == 0)
            return diag_syntax(diags, line, column, "invalid UTF-8: byte 0x%02x",
                               (unsigned char)text[i]);
        if (text[i] == '\0')
            return diag_syntax(diags, line, column, "a NUL byte; a manifest is text");
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
        i += n;
    }
    return true;
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

bool tree_parse(const char *text, size_t length, struct arena *arena, struct diags *diags,
                struct tree *tree)
{
    struct reader *r;
    bool ok = false;

    if (length > TREE_MAX_BYTES)
        return diag_syntax(diags, 0, 0, "%zu bytes are too many: at most %d", length, TREE_MAX_BYTES);
    if (!check_text(text, length, diags))
        return false;
    r = calloc(1, sizeof *r);
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
    free(r->anchors);
    free(r->tree.documents);
    yaml_parser_delete(&r->parser);
    free(r);
    return ok;
}
