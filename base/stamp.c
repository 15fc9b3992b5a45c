#include "base/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void stamp_format(int64_t seconds, char out[STAMP_SIZE])
{
    time_t t = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL || strftime(out, STAMP_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(out, STAMP_SIZE, "1970-01-01T00:00:00Z");
}

int64_t stamp_parse(const char *text)
{
    struct tm tm = {0};
    const char *rest;
    int64_t offset = 0;
    int hours, minutes;

    if (text == NULL || (rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL)
        return 0;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest == '+' || *rest == '-') {
        if (sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2)
            return 0;
        offset = (hours * 60 + minutes) * 60 * (*rest == '+' ? 1 : -1);
    } else if (*rest != 'Z' || rest[1] != '\0') {
        return 0;
    }
    return (int64_t)timegm(&tm) - offset;
}

/* "HhMm", or "Hh" when there is no second part. */
static void two(char *out, int64_t first, const char *unit, int64_t second, const char *second_unit)
{
    if (second == 0)
        snprintf(out, AGE_SIZE, "%" PRId64 "%s", first, unit);
    else
        snprintf(out, AGE_SIZE, "%" PRId64 "%s%" PRId64 "%s", first, unit, second, second_unit);
}

void stamp_age(int64_t s, char out[AGE_SIZE])
{
    const int64_t minutes = s / 60, hours = s / 3600, days = hours / 24, years = days / 365;

    if (s < -1)
        snprintf(out, AGE_SIZE, "<invalid>");
    else if (s < 0)
        snprintf(out, AGE_SIZE, "0s");
    else if (s < 120)
        two(out, s, "s", 0, "");
    else if (minutes < 10)
        two(out, minutes, "m", s % 60, "s");
    else if (minutes < 180)
        two(out, minutes, "m", 0, "");
    else if (hours < 8)
        two(out, hours, "h", minutes % 60, "m");
    else if (hours < 48)
        two(out, hours, "h", 0, "");
    else if (hours < 192)
        two(out, days, "d", hours % 24, "h");
    else if (days < 730)
        two(out, days, "d", 0, "");
    else if (days < 8 * 365)
        two(out, years, "y", days % 365, "d");
    else
        two(out, years, "y", 0, "");
}
