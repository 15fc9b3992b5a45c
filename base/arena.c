#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 1024, SMALLEST_BLOCK = 512, LARGEST_BLOCK = 64 * 1024 };

struct block {
    struct block *next;
    size_t size;                        /* of `bytes` */
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks;               /* newest first; only the newest has room */
    size_t total;
    size_t limit;                       /* of total */
    bool full;                          /* something did not fit */
};

struct arena *arena_new(void)
{
    struct arena *a = calloc(1, sizeof *a);

    if (a != NULL)
        a->limit = SIZE_MAX;
    return a;
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    for (struct block *b = a->blocks, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

/* A quarter of what there is: thousands of small pods waste little, and big texts take few blocks. */
static size_t next_size(const struct arena *a)
{
    if (a->blocks == NULL)
        return FIRST_BLOCK;
    if (a->total / 4 >= LARGEST_BLOCK)
        return LARGEST_BLOCK;
    return a->total / 4 > SMALLEST_BLOCK ? a->total / 4 : SMALLEST_BLOCK;
}

static struct block *block_add(struct arena *a, size_t least)
{
    size_t size = least > next_size(a) ? least : next_size(a);
    struct block *b;

    if (size > SIZE_MAX - sizeof *b)
        return NULL;
    if (sizeof *b + size > a->limit - a->total) {
        a->full = true;
        return NULL;
    }
    b = calloc(1, sizeof *b + size);
    if (b == NULL)
        return NULL;
    b->size = size;
    b->next = a->blocks;
    a->blocks = b;
    a->total += sizeof *b + size;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *b = a->blocks;
    void *memory;

    if (size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) & ~(align - 1);
    if (size == 0)
        size = align;                   /* a distinct address, as malloc gives */
    if (b == NULL || b->size - b->used < size) {
        b = block_add(a, size);
        if (b == NULL)
            return NULL;
    }
    memory = b->bytes + b->used;
    b->used += size;
    return memory;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(a, total);
}

char *arena_strndup(struct arena *a, const char *text, size_t length)
{
    char *copy = length == SIZE_MAX ? NULL : arena_alloc(a, length + 1);

    if (copy != NULL)
        memcpy(copy, text, length);     /* the terminator is there: blocks are zeroed */
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_strndup(a, text, strlen(text));
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    char *text;
    int length;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    text = length < 0 ? NULL : arena_alloc(a, (size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

size_t arena_size(const struct arena *a)
{
    return a->total + sizeof *a;
}

void arena_set_limit(struct arena *a, size_t bytes)
{
    a->limit = bytes > a->total ? bytes : a->total;
}

bool arena_is_full(const struct arena *a)
{
    return a->full;
}
