/*
 * A growing run of bytes.  Errors stick: after a failed allocation every append
 * does nothing and buf_failed() says so, so that callers check once, at the end.
 */
#ifndef PIDLET_BASE_BUF_H
#define PIDLET_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;                         /* NUL-terminated once anything was appended; owned */
    size_t length;
    size_t capacity;
    bool failed;
};

#define BUF_INIT {0}

void buf_deinit(struct buf *b);         /* frees; leaves an empty buf */
void buf_clear(struct buf *b);          /* keeps the memory, forgets content and failure */

void buf_add(struct buf *b, const void *bytes, size_t length);
void buf_adds(struct buf *b, const char *text);
void buf_add_buf(struct buf *b, const struct buf *from);        /* fails with `from` */
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Text in double quotes with Go's and JSON's common escapes: "a\"b\n". */
void buf_add_quoted(struct buf *b, const char *text, size_t length);

/* With '=' at the end (RFC 4648). */
void buf_add_base64(struct buf *b, const void *bytes, size_t length);

char *buf_reserve_more(struct buf *b, size_t length);   /* for buf_reserve() */

/* Room for at least `length` bytes past the end; NULL: no memory.  Then buf_grow(). */
static inline char *buf_reserve(struct buf *b, size_t length)
{
    /* In line, as it is done for every line of every container. */
    if (!b->failed && length < b->capacity - b->length)
        return b->data + b->length;
    return buf_reserve_more(b, length);
}

/* Counts bytes written into the reserve. */
static inline void buf_grow(struct buf *b, size_t length)
{
    b->length += length;
    b->data[b->length] = '\0';
}

/* Keeps the first `length` bytes; <= b->length. */
static inline void buf_cut(struct buf *b, size_t length)
{
    b->length = length;
    if (b->data != NULL)
        b->data[length] = '\0';
}

void buf_drop(struct buf *b, size_t length);    /* removes from the front; <= b->length */

static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}

/* The text, "" when empty or when memory was short, whatever `length` says then; borrowed
 * until the next change. */
static inline const char *buf_text(const struct buf *b)
{
    return b->data != NULL && !b->failed ? b->data : "";
}

#endif
