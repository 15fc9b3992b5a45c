#include "base/json.h"

#include "base/buf.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

struct json json_init(struct buf *out)
{
    return (struct json){.out = out};
}

static bool on_one_line(const struct json *j)
{
    return j->line_depth > 0 && j->depth >= j->line_depth;
}

static void break_line(struct json *j)
{
    buf_addf(j->out, "\n%*s", (int)j->depth * 2, "");
}

static void begin(struct json *j, const char *key)
{
    if (j->comma)
        buf_addc(j->out, ',');
    if (on_one_line(j))
        buf_adds(j->out, j->comma ? " " : "");
    else if (j->depth > 0)
        break_line(j);
    if (key != NULL) {
        buf_add_quoted(j->out, key, strlen(key));
        buf_adds(j->out, ": ");
    }
    j->comma = true;
}

void json_open(struct json *j, const char *key, char bracket)
{
    assert(j->depth < JSON_DEPTH);      /* the documents' shape, not their data, makes the depth */
    begin(j, key);
    buf_addc(j->out, bracket);
    j->brackets[j->depth++] = bracket == '{' ? '}' : ']';
    j->comma = false;
}

void json_open_line(struct json *j, const char *key, char bracket)
{
    json_open(j, key, bracket);
    if (j->line_depth == 0)
        j->line_depth = j->depth;
}

void json_close(struct json *j)
{
    const bool empty = !j->comma, line = on_one_line(j);

    assert(j->depth > 0);
    if (j->depth == j->line_depth)
        j->line_depth = 0;
    j->depth--;
    if (!empty && !line)
        break_line(j);
    buf_addc(j->out, j->brackets[j->depth]);
    j->comma = true;
}

void json_text(struct json *j, const char *key, const char *text)
{
    begin(j, key);
    buf_add_quoted(j->out, text, strlen(text));
}

void json_int(struct json *j, const char *key, int64_t value)
{
    begin(j, key);
    buf_addf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    begin(j, key);
    buf_adds(j->out, value ? "true" : "false");
}

void json_raw(struct json *j, const char *key, const char *json)
{
    begin(j, key);
    buf_adds(j->out, json);
}
