/*
 * Writes JSON into a buf: the commas, the quotes and the indentation.
 *
 *     struct json j = json_init(&out);
 *
 *     json_open(&j, NULL, '{');
 *     json_text(&j, "kind", "Pod");
 *     json_open_line(&j, "values", '[');       // this one on one line
 *     json_int(&j, NULL, 1);
 *     json_close(&j);
 *     json_close(&j);
 *
 * A key is NULL in a list and at the root, and only there.  Fails as the buf does.
 */
#ifndef PIDLET_BASE_JSON_H
#define PIDLET_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

enum { JSON_DEPTH = 64 };

struct json {
    struct buf *out;                    /* borrowed */
    char brackets[JSON_DEPTH];          /* that close what is open */
    unsigned depth;
    unsigned line_depth;                /* what is this deep or deeper stands on one line; 0: nothing */
    bool comma;                         /* something stands before, on this level */
};

struct json json_init(struct buf *out);

void json_open(struct json *j, const char *key, char bracket);          /* '{' or '[' */
void json_open_line(struct json *j, const char *key, char bracket);
void json_close(struct json *j);

void json_text(struct json *j, const char *key, const char *text);      /* "…" */
void json_int(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_raw(struct json *j, const char *key, const char *json);       /* JSON already */

#endif
