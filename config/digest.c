#include "config/digest.h"

#include "config/tree.h"

#include <stdio.h>
#include <string.h>

typedef unsigned __int128 digest;       /* FNV: http://www.isthe.com/chongo/tech/comp/fnv/ */

static void add(digest *d, const void *bytes, size_t length)
{
    static const digest prime = ((digest)1 << 88) + 0x13b;
    const unsigned char *p = bytes;

    for (size_t i = 0; i < length; i++)
        *d = (*d ^ p[i]) * prime;
}

/* Lengths go in first, so that no two different contents make the same bytes. */
static void add_count(digest *d, size_t count)
{
    uint64_t n = count;

    add(d, &n, sizeof n);
}

static void add_text(digest *d, const char *text)
{
    if (text == NULL) {
        add_count(d, SIZE_MAX);
        return;
    }
    add_count(d, strlen(text));
    add(d, text, strlen(text));
}

/* By its meaning, not as it was written: 1.5 and 1.50 are one. */
static void add_node(digest *d, const struct node *n)
{
    add_count(d, n->kind);
    switch (n->kind) {
    case NODE_NULL:
        break;
    case NODE_BOOL:
        add_count(d, n->boolean);
        break;
    case NODE_INT:
        add(d, &n->integer, sizeof n->integer);
        break;
    case NODE_FLOAT:
        add(d, &n->real, sizeof n->real);
        break;
    case NODE_STRING:
        add_text(d, n->text);
        break;
    case NODE_LIST:
        add_count(d, n->list.count);
        for (size_t i = 0; i < n->list.count; i++)
            add_node(d, n->list.items[i]);
        break;
    case NODE_MAP:
        add_count(d, n->map.count);
        for (size_t i = 0; i < n->map.count; i++) {
            add_text(d, n->map.pairs[i].key);
            add_node(d, n->map.pairs[i].value);
        }
        break;
    }
}

static void add_object(digest *d, const struct object_info *info, const char *object);

static void add_field(digest *d, const struct field *f, const char *member)
{
    switch (f->kind) {
    case FIELD_STRING:
        add_text(d, *(const char *const *)member);
        break;
    case FIELD_INT:
        add(d, member, sizeof(int64_t));
        break;
    case FIELD_BOOL:
    case FIELD_CHOICE:
        add(d, member, sizeof(int));
        break;
    case FIELD_PORT: {
        const struct int_or_string *port = (const void *)member;

        add_count(d, port->set);
        add_text(d, port->text);
        add(d, &port->number, sizeof port->number);
        break;
    }
    case FIELD_STRINGS: {
        const struct string_list *list = (const void *)member;

        add_count(d, list->count);
        for (size_t i = 0; i < list->count; i++)
            add_text(d, list->items[i]);
        break;
    }
    case FIELD_INTS: {
        const struct int_list *list = (const void *)member;

        add_count(d, list->count);
        if (list->count > 0)
            add(d, list->items, list->count * sizeof *list->items);
        break;
    }
    case FIELD_MAP: {
        const struct string_map *map = (const void *)member;

        add_count(d, map->count);
        for (size_t i = 0; i < map->count; i++) {
            add_text(d, map->items[i].key);
            add_text(d, map->items[i].value);
        }
        break;
    }
    case FIELD_CHILD: {
        const char *child = *(const char *const *)member;

        add_count(d, child != NULL);
        if (child != NULL)
            add_object(d, f->child, child);
        break;
    }
    case FIELD_LIST: {
        const struct container_spec_list *list = (const void *)member;  /* all are alike */

        add_count(d, list->count);
        for (size_t i = 0; i < list->count; i++)
            add_object(d, f->child, (const char *)list->items + i * f->child->size);
        break;
    }
    case FIELD_ANY: {
        const struct node *n = *(const struct node *const *)member;

        add_count(d, n != NULL);
        if (n != NULL)
            add_node(d, n);
        break;
    }
    }
}

static void add_object(digest *d, const struct object_info *info, const char *object)
{
    for (size_t i = 0; i < info->count; i++) {
        if (info->fields[i].mode == FIELD_HONOURED)     /* what is ignored makes no difference */
            add_field(d, &info->fields[i], object + info->fields[i].offset);
    }
}

void digest_object(const struct object_info *info, const void *object, char out[DIGEST_SIZE])
{
    digest d = (digest)UINT64_C(0x6c62272e07bb0142) << 64 | UINT64_C(0x62b821756295c58d);

    add_object(&d, info, object);
    snprintf(out, DIGEST_SIZE, "%016llx%016llx", (unsigned long long)(d >> 64),
             (unsigned long long)d);
}
