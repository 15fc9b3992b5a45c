#include "config/quantity.h"

#include <string.h>

static const struct {
    const char *text;
    quantity factor;                    /* in billionths */
} suffixes[] = {
    {"", QUANTITY_ONE},
    {"n", 1},
    {"u", 1000},
    {"m", 1000000},
    {"k", QUANTITY_ONE * 1000},
    {"M", QUANTITY_ONE * 1000000},
    {"G", QUANTITY_ONE * 1000000000},
    {"T", QUANTITY_ONE * 1000000000000},
    {"P", QUANTITY_ONE * 1000000000000000},
    {"E", QUANTITY_ONE * 1000000000000000000},
    {"Ki", QUANTITY_ONE << 10},
    {"Mi", QUANTITY_ONE << 20},
    {"Gi", QUANTITY_ONE << 30},
    {"Ti", QUANTITY_ONE << 40},
    {"Pi", QUANTITY_ONE << 50},
    {"Ei", QUANTITY_ONE << 60},
};

static const quantity largest = QUANTITY_ONE * INT64_MAX;

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two or three digits of a power of ten, with a sign: "3", "+03", "-9". */
static bool exponent(const char *text, int *out)
{
    bool negative = *text == '-';
    int value = 0, digits = 0;

    if (*text == '-' || *text == '+')
        text++;
    for (; digit(*text); text++, digits++) {
        value = value * 10 + (*text - '0');
        if (value > 99)
            return false;
    }
    *out = negative ? -value : value;
    return digits > 0 && *text == '\0';
}

static bool factor_of(const char *suffix, quantity *factor)
{
    int power;

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (strcmp(suffixes[i].text, suffix) == 0) {
            *factor = suffixes[i].factor;
            return true;
        }
    }
    if ((*suffix != 'e' && *suffix != 'E') || !exponent(suffix + 1, &power) || power > 18 || power < -9)
        return false;
    *factor = QUANTITY_ONE;
    for (; power > 0; power--)
        *factor *= 10;
    for (; power < 0; power++)
        *factor /= 10;
    return true;
}

/* Digits with at most one point; *end is the suffix, *places counts digits behind the point. */
static bool digits(const char *text, const char **end, quantity *number, int *places)
{
    bool point = false;
    int count = 0;

    *number = 0;
    *places = 0;
    for (; digit(*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        count++;
        if (*number > largest)
            continue;                   /* too large already; the caller will see it */
        if (point && *places == 18)
            continue;                   /* finer than can matter */
        *number = *number * 10 + (*text - '0');
        *places += point;
    }
    *end = text;
    return count > 0;
}

bool quantity_parse(const char *text, quantity *out)
{
    bool negative = *text == '-';
    quantity number, factor, scale = 1;
    const char *suffix;
    int places;

    if (*text == '-' || *text == '+')
        text++;
    if (!digits(text, &suffix, &number, &places) || !factor_of(suffix, &factor) || number > largest)
        return false;
    for (; places > 0; places--) {
        if (factor % 10 == 0)
            factor /= 10;               /* exact, and keeps the product small */
        else
            scale *= 10;
    }
    if (__builtin_mul_overflow(number, factor, &number))
        return false;
    number = (number + scale - 1) / scale;
    if (number > largest)
        return false;
    *out = negative ? -number : number;
    return true;
}

int64_t quantity_divide(quantity value, quantity divisor)
{
    quantity whole = value / divisor;

    return (int64_t)(whole + (value % divisor > 0));
}
