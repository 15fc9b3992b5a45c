#include "daemon/api/query.h"

#include "base/arena.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool query_unescape(char *text, bool plus)
{
    char *out = text;

    for (const char *p = text; *p != '\0'; p++) {
        char c = *p;

        if (c == '%') {
            int high = hex(p[1]), low = high < 0 ? -1 : hex(p[2]);

            if (low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high << 4 | low);
            p += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        *out++ = c;
    }
    *out = '\0';
    return true;
}

bool query_parse(struct query *q, const char *text, struct arena *arena)
{
    char *copy = arena_strdup(arena, text), *rest = copy, *item;

    q->count = 0;
    if (copy == NULL)
        return false;
    while ((item = strsep(&rest, "&")) != NULL) {
        char *value = strchr(item, '=');

        if (*item == '\0' || q->count == QUERY_MAX)
            continue;
        if (value != NULL)
            *value++ = '\0';
        if (!query_unescape(item, true) || (value != NULL && !query_unescape(value, true)))
            return false;
        q->items[q->count++] = (struct query_parameter){.name = item, .value = value != NULL ? value : ""};
    }
    return true;
}

const char *query_get(const struct query *q, const char *name)
{
    for (size_t i = 0; i < q->count; i++) {
        if (strcmp(q->items[i].name, name) == 0)
            return q->items[i].value;
    }
    return NULL;
}

bool query_bool(const struct query *q, const char *name)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
    const char *value = query_get(q, name);

    for (size_t i = 0; value != NULL && i < sizeof yes / sizeof *yes; i++) {
        if (strcmp(value, yes[i]) == 0)
            return true;
    }
    return false;
}

bool query_int(const struct query *q, const char *name, int64_t *out)
{
    const char *value = query_get(q, name);
    char *end;
    long long number;

    if (value == NULL || *value == '\0')
        return true;
    if (!isdigit((unsigned char)*value))
        return false;
    errno = 0;
    number = strtoll(value, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *out = number;
    return true;
}
