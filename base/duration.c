#include "base/duration.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NS_PER_MS = 1000000 };

static const int64_t longest_ns = INT64_C(100) * 365 * 86400 * 1000 * NS_PER_MS;

static const struct {
    char name[3];
    int64_t ns;
} units[] = {                           /* longer names first where one begins another */
    {"ns", 1},
    {"us", 1000},
    {"ms", NS_PER_MS},
    {"s", INT64_C(1000) * NS_PER_MS},
    {"m", INT64_C(60000) * NS_PER_MS},
    {"h", INT64_C(3600000) * NS_PER_MS},
};

static bool digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

/* One "1.5h": advances *at, adds to *total. */
static bool duration_part(const char **at, const char *end, int64_t *total)
{
    const char *p = *at;
    int64_t whole = 0, fraction = 0, scale = 1, unit = 0, value, part;

    if (!digit(p, end) && !(p < end && *p == '.' && digit(p + 1, end)))
        return false;
    for (; digit(p, end); p++) {
        if (whole > longest_ns / 10)
            return false;
        whole = whole * 10 + (*p - '0');
    }
    if (p < end && *p == '.') {
        for (p++; digit(p, end); p++) {
            if (scale < INT64_C(1000000000)) {      /* finer than Go keeps: dropped */
                fraction = fraction * 10 + (*p - '0');
                scale *= 10;
            }
        }
    }
    for (size_t i = 0; i < sizeof units / sizeof *units && unit == 0; i++) {
        size_t n = strlen(units[i].name);

        if ((size_t)(end - p) >= n && memcmp(p, units[i].name, n) == 0) {
            unit = units[i].ns;
            p += n;
        }
    }
    if (unit == 0 || __builtin_mul_overflow(whole, unit, &value))
        return false;
    part = (int64_t)((__int128)fraction * unit / scale);
    if (value > longest_ns || *total > longest_ns - value - part)
        return false;
    *total += value + part;
    *at = p;
    return true;
}

bool duration_parse(const char *text, size_t length, mono_ms *out)
{
    const char *p = text, *end = text + length;
    int64_t total = 0;

    if (length == 1 && *text == '0') {
        *out = 0;
        return true;
    }
    do {
        if (!duration_part(&p, end, &total))
            return false;
    } while (p < end);
    *out = (total + NS_PER_MS - 1) / NS_PER_MS;
    return true;
}

void duration_format(mono_ms duration, char out[DURATION_SIZE])
{
    int64_t hours = duration / 3600000, minutes = duration / 60000 % 60;
    int64_t seconds = duration / 1000 % 60, ms = duration % 1000;
    char fraction[8] = "";

    if (duration == 0) {
        snprintf(out, DURATION_SIZE, "0s");
        return;
    }
    if (duration < 1000) {
        snprintf(out, DURATION_SIZE, "%" PRId64 "ms", duration);
        return;
    }
    if (ms != 0) {
        snprintf(fraction, sizeof fraction, ".%03d", (int)ms);
        for (int last = 3; fraction[last] == '0'; last--)
            fraction[last] = '\0';
    }
    if (hours > 0)
        snprintf(out, DURATION_SIZE, "%" PRId64 "h%" PRId64 "m%" PRId64 "%ss", hours, minutes, seconds,
                 fraction);
    else if (minutes > 0)
        snprintf(out, DURATION_SIZE, "%" PRId64 "m%" PRId64 "%ss", minutes, seconds, fraction);
    else
        snprintf(out, DURATION_SIZE, "%" PRId64 "%ss", seconds, fraction);
}

/* "5m30s", or "5m" when nothing of the smaller unit is left. */
static void two_units(char out[DURATION_SIZE], int64_t large, char large_unit, int64_t small,
                      char small_unit)
{
    if (small == 0)
        snprintf(out, DURATION_SIZE, "%" PRId64 "%c", large, large_unit);
    else
        snprintf(out, DURATION_SIZE, "%" PRId64 "%c%" PRId64 "%c", large, large_unit, small, small_unit);
}

void duration_human(mono_ms age, char out[DURATION_SIZE])
{
    const int64_t seconds = age / 1000, minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

    if (seconds < -1)
        snprintf(out, DURATION_SIZE, "<invalid>");
    else if (seconds < 0)
        snprintf(out, DURATION_SIZE, "0s");
    else if (seconds < 120)
        two_units(out, seconds, 's', 0, 0);
    else if (minutes < 10)
        two_units(out, minutes, 'm', seconds % 60, 's');
    else if (minutes < 180)
        two_units(out, minutes, 'm', 0, 0);
    else if (hours < 8)
        two_units(out, hours, 'h', minutes % 60, 'm');
    else if (hours < 48)
        two_units(out, hours, 'h', 0, 0);
    else if (days < 8)
        two_units(out, days, 'd', hours % 24, 'h');
    else if (days < 2 * 365)
        two_units(out, days, 'd', 0, 0);
    else if (days < 8 * 365)
        two_units(out, days / 365, 'y', days % 365, 'd');
    else
        two_units(out, days / 365, 'y', 0, 0);
}
