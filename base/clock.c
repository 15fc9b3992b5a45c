#include "base/clock.h"

#include <stdio.h>
#include <time.h>

mono_ms clock_mono(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (mono_ms)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct wall_time clock_wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (struct wall_time){.seconds = t.tv_sec, .nanoseconds = (int32_t)t.tv_nsec};
}

static char *two_digits(char *out, int value, char after)
{
    *out++ = (char)('0' + value / 10 % 10);
    *out++ = (char)('0' + value % 10);
    *out++ = after;
    return out;
}

void clock_rfc3339_nano(const struct wall_time *t, char out[CLOCK_RFC3339_NANO_SIZE])
{
    time_t seconds = (time_t)t->seconds;
    struct tm tm = {0};
    int32_t fraction = t->nanoseconds;
    char *p = out;

    gmtime_r(&seconds, &tm);
    /* By hand: this stands in every log line, and snprintf is ten times slower. */
    p = two_digits(p, (tm.tm_year + 1900) / 100, '0');
    p = two_digits(p - 1, (tm.tm_year + 1900) % 100, '-');
    p = two_digits(p, tm.tm_mon + 1, '-');
    p = two_digits(p, tm.tm_mday, 'T');
    p = two_digits(p, tm.tm_hour, ':');
    p = two_digits(p, tm.tm_min, ':');
    p = two_digits(p, tm.tm_sec, '.');
    for (int i = 8; i >= 0; i--, fraction /= 10)
        p[i] = (char)('0' + fraction % 10);
    p[9] = 'Z';
    p[10] = '\0';
}
