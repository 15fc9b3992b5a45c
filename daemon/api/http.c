#include "daemon/api/http.h"

#include "base/arena.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

static const char *const method_names[] = {
    [METHOD_GET]    = "GET",
    [METHOD_POST]   = "POST",
    [METHOD_PUT]    = "PUT",
    [METHOD_PATCH]  = "PATCH",
    [METHOD_DELETE] = "DELETE",
};

const char *http_method_name(enum http_method method)
{
    return method_names[method];
}

/* One media range of Accept: the first that we can serve decides. */
static bool is_table(const char *range, size_t length)
{
    return memmem(range, length, "as=Table", 8) != NULL && memmem(range, length, "g=meta.k8s.io", 13) != NULL
           && (memmem(range, length, "v=v1", 4) != NULL);
}

static bool is_json(const char *range, size_t length)
{
    while (length > 0 && *range == ' ') {
        range++;
        length--;
    }
    for (const char *end = memchr(range, ';', length); end != NULL; end = NULL)
        length = memmem(range, length, "as=", 3) != NULL ? 0 : (size_t)(end - range);
    while (length > 0 && range[length - 1] == ' ')
        length--;
    return (length == 16 && strncasecmp(range, "application/json", 16) == 0) || (length == 3 && memcmp(range, "*/*", 3) == 0)
           || (length == 13 && memcmp(range, "application/*", 13) == 0);
}

bool http_accepts_table(const char *accept)
{
    for (const char *range = accept; range != NULL; range = strchr(range, ',')) {
        size_t length;

        range += *range == ',';
        length = strcspn(range, ",");
        if (is_table(range, length))
            return true;
        if (is_json(range, length))
            return false;
    }
    return false;
}

void http_media_type(const char *content_type, char *out, size_t size)
{
    size_t n = 0;

    while (*content_type == ' ')
        content_type++;
    for (; content_type[n] != '\0' && content_type[n] != ';' && content_type[n] != ' ' && n + 1 < size; n++)
        out[n] = (char)tolower((unsigned char)content_type[n]);
    out[n] = '\0';
}

void http_warn(struct http_reply *reply, struct arena *arena, const char *format, ...)
{
    va_list args;
    char *text;

    if (reply->warning_count == WARNINGS_MAX)
        return;
    va_start(args, format);
    text = arena_vprintf(arena, format, args);
    va_end(args);
    if (text != NULL)
        reply->warnings[reply->warning_count++] = text;
}

struct buf *http_answer(struct http_reply *reply, unsigned code, const char *content_type)
{
    reply->code = code;
    reply->content_type = content_type;
    buf_clear(&reply->body);
    return &reply->body;
}

void http_answer_success(struct http_reply *reply)
{
    buf_adds(http_answer(reply, 200, "application/json"),
             "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\"}\n");
}
