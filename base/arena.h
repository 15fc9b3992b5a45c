/*
 * Memory that is freed together: a manifest and a request each live in one
 * arena; no frees inside, one at the end.
 */
#ifndef PIDLET_BASE_ARENA_H
#define PIDLET_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);          /* NULL: no memory */
void arena_free(struct arena *a);       /* NULL is fine */

/* Zeroed and aligned for any type; NULL: no memory (or a size that overflows). */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);

#define arena_make(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* Copies, NUL-terminated; NULL: no memory. */
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t length);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/*
 * From now on no more than `bytes` are taken from the heap: beyond them memory is short, and
 * the arena is full.
 */
void arena_set_limit(struct arena *a, size_t bytes);
bool arena_is_full(const struct arena *a);

/* Bytes taken from the heap so far: for limits and for benchmarks. */
size_t arena_size(const struct arena *a);

#endif
