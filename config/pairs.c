#include "config/pairs.h"

#include <string.h>

static struct span trimmed(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    return (struct span){.text = from, .length = (size_t)(to - from)};
}

bool pairs_next(struct pairs *p)
{
    const char *from = p->rest, *end, *equals;

    if (from == NULL)
        return false;
    end = from + strcspn(from, ",");
    equals = memchr(from, '=', (size_t)(end - from));
    p->rest = *end == ',' ? end + 1 : NULL;
    p->all = trimmed(from, end);
    p->key = equals != NULL ? trimmed(from, equals) : p->all;
    p->value = equals != NULL ? trimmed(equals + 1, end) : (struct span){0};
    return true;
}

int pairs_key(struct pairs *p, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(keys[i]) != p->key.length || memcmp(keys[i], p->key.text, p->key.length) != 0)
            continue;
        if ((p->seen & 1u << i) != 0)
            return PAIRS_TWICE;
        p->seen |= 1u << i;
        return (int)i;
    }
    return PAIRS_UNKNOWN;
}
