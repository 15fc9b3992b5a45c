#include "config/rlimits.h"

#include "config/pairs.h"
#include "config/quantity.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static const char *const names[RLIMITS_MAX] = {
    [RLIMIT_AS]         = "as",
    [RLIMIT_CORE]       = "core",
    [RLIMIT_CPU]        = "cpu",
    [RLIMIT_DATA]       = "data",
    [RLIMIT_FSIZE]      = "fsize",
    [RLIMIT_LOCKS]      = "locks",
    [RLIMIT_MEMLOCK]    = "memlock",
    [RLIMIT_MSGQUEUE]   = "msgqueue",
    [RLIMIT_NICE]       = "nice",
    [RLIMIT_NOFILE]     = "nofile",
    [RLIMIT_NPROC]      = "nproc",
    [RLIMIT_RSS]        = "rss",
    [RLIMIT_RTPRIO]     = "rtprio",
    [RLIMIT_RTTIME]     = "rttime",
    [RLIMIT_SIGPENDING] = "sigpending",
    [RLIMIT_STACK]      = "stack",
};

#define FAIL(...) (snprintf(error, RLIMITS_ERROR_SIZE, __VA_ARGS__), false)

const char *rlimit_name(int resource)
{
    return names[resource];
}

static bool parse_value(struct span s, uint64_t *out)
{
    char text[40];
    quantity value;

    if (s.length >= sizeof text)
        return false;
    memcpy(text, s.text, s.length);
    text[s.length] = '\0';
    if (strcmp(text, "unlimited") == 0 || strcmp(text, "infinity") == 0) {
        *out = RLIMIT_UNLIMITED;
        return true;
    }
    if (!quantity_parse(text, &value) || value < 0 || value % QUANTITY_ONE != 0)
        return false;
    *out = (uint64_t)(value / QUANTITY_ONE);
    return true;
}

static void set(struct rlimits *r, const struct rlimit_setting *setting)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].resource == setting->resource) {
            r->items[i] = *setting;
            return;
        }
    }
    r->items[r->count++] = *setting;
}

static struct span trimmed(struct span s)
{
    while (s.length > 0 && (s.text[0] == ' ' || s.text[0] == '\t')) {
        s.text++;
        s.length--;
    }
    while (s.length > 0 && (s.text[s.length - 1] == ' ' || s.text[s.length - 1] == '\t'))
        s.length--;
    return s;
}

static bool parse_number(const char *name, struct span s, uint64_t *out, char error[RLIMITS_ERROR_SIZE])
{
    return parse_value(s, out)
           || FAIL("%s: \"%.*s\" is no number such as 1024 or 64Mi, nor unlimited", name, SPAN(s));
}

/* "1024:4096", or one number for both. */
static bool parse_setting(struct rlimit_setting *out, struct span value, char error[RLIMITS_ERROR_SIZE])
{
    const char *name = names[out->resource];
    const char *colon = memchr(value.text, ':', value.length);
    struct span soft = value, hard = value;

    if (colon != NULL) {
        soft = trimmed((struct span){value.text, (size_t)(colon - value.text)});
        hard = trimmed((struct span){colon + 1, value.length - (size_t)(colon + 1 - value.text)});
    }
    if (!parse_number(name, soft, &out->soft, error) || !parse_number(name, hard, &out->hard, error))
        return false;
    if (out->soft > out->hard)
        return FAIL("%s: the soft limit %.*s is above the hard one, %.*s", name, SPAN(soft), SPAN(hard));
    return true;
}

bool rlimits_parse(const char *text, struct rlimits *r, char error[RLIMITS_ERROR_SIZE])
{
    struct rlimits parsed = *r;
    struct pairs p = PAIRS(text);

    while (pairs_next(&p)) {
        struct rlimit_setting setting = {.resource = 0};

        if (p.value.text == NULL || p.key.length == 0)
            return FAIL("\"%.*s\" is no LIMIT=VALUE such as nofile=65536", SPAN(p.all));
        setting.resource = pairs_key(&p, names, RLIMITS_MAX);
        if (setting.resource == PAIRS_UNKNOWN)
            return FAIL("\"%.*s\" is no limit such as nofile, nproc, core or memlock; see setrlimit(2)", SPAN(p.key));
        if (setting.resource == PAIRS_TWICE)
            return FAIL("%.*s: given twice", SPAN(p.key));
        if (!parse_setting(&setting, p.value, error))
            return false;
        set(&parsed, &setting);
    }
    *r = parsed;
    return true;
}
