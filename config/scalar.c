#include "config/scalar.h"

#include "base/macros.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    enum node_kind kind;
    bool boolean;
    double real;
} words[] = {
    {"", NODE_NULL, false, 0},
    {"~", NODE_NULL, false, 0},
    {"null", NODE_NULL, false, 0},
    {"Null", NODE_NULL, false, 0},
    {"NULL", NODE_NULL, false, 0},
    {"y", NODE_BOOL, true, 0},
    {"Y", NODE_BOOL, true, 0},
    {"yes", NODE_BOOL, true, 0},
    {"Yes", NODE_BOOL, true, 0},
    {"YES", NODE_BOOL, true, 0},
    {"true", NODE_BOOL, true, 0},
    {"True", NODE_BOOL, true, 0},
    {"TRUE", NODE_BOOL, true, 0},
    {"on", NODE_BOOL, true, 0},
    {"On", NODE_BOOL, true, 0},
    {"ON", NODE_BOOL, true, 0},
    {"n", NODE_BOOL, false, 0},
    {"N", NODE_BOOL, false, 0},
    {"no", NODE_BOOL, false, 0},
    {"No", NODE_BOOL, false, 0},
    {"NO", NODE_BOOL, false, 0},
    {"false", NODE_BOOL, false, 0},
    {"False", NODE_BOOL, false, 0},
    {"FALSE", NODE_BOOL, false, 0},
    {"off", NODE_BOOL, false, 0},
    {"Off", NODE_BOOL, false, 0},
    {"OFF", NODE_BOOL, false, 0},
    {".nan", NODE_FLOAT, false, NAN},
    {".NaN", NODE_FLOAT, false, NAN},
    {".NAN", NODE_FLOAT, false, NAN},
    {".inf", NODE_FLOAT, false, INFINITY},
    {".Inf", NODE_FLOAT, false, INFINITY},
    {".INF", NODE_FLOAT, false, INFINITY},
    {"+.inf", NODE_FLOAT, false, INFINITY},
    {"-.inf", NODE_FLOAT, false, -INFINITY},
};

static bool resolve_word(struct node *n)
{
    for (size_t i = 0; i < array_count(words); i++) {
        if (strcmp(words[i].text, n->text) != 0)
            continue;
        n->kind = words[i].kind;
        if (n->kind == NODE_BOOL)
            n->boolean = words[i].boolean;
        else if (n->kind == NODE_FLOAT)
            n->real = words[i].real;
        return true;
    }
    return false;
}

enum { NUMBER_SIZE = 64 };              /* longer texts are no numbers that anybody means */

/* The text without its underscores, which YAML 1.1 allows between digits. */
static bool without_underscores(const struct node *n, char out[NUMBER_SIZE])
{
    size_t length = 0;

    if (n->length >= NUMBER_SIZE)
        return false;
    for (size_t i = 0; i < n->length; i++) {
        if (n->text[i] != '_')
            out[length++] = n->text[i];
    }
    out[length] = '\0';
    return length > 0;
}

static bool resolve_int(struct node *n, const char *text)
{
    const char *digits = text + (*text == '-' || *text == '+');
    int base = 10;
    bool negative = *text == '-';
    unsigned long long value;
    char *end;

    if (digits[0] == '0' && digits[1] != '\0') {
        base = digits[1] == 'x' ? 16 : digits[1] == 'b' ? 2 : 8;
        digits += base == 8 && digits[1] != 'o' ? 1 : 2;
    }
    if (*digits == '-' || *digits == '+' || *digits == ' ' || *digits == '\0')
        return false;                   /* what strtoull would take besides digits */
    errno = 0;
    value = strtoull(digits, &end, base);
    if (*end != '\0' || end == digits)
        return false;
    if (errno == ERANGE || value > (unsigned long long)INT64_MAX + negative)
        return false;
    n->kind = NODE_INT;
    n->integer = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* Decimal only: strtod would take "nan", "infinity" and hexadecimal. */
static bool resolve_float(struct node *n, const char *text)
{
    double value;
    char *end;

    if (strspn(text, "0123456789.eE+-") != strlen(text) || strpbrk(text, "0123456789") == NULL)
        return false;
    value = strtod(text, &end);
    if (*end != '\0')
        return false;
    n->kind = NODE_FLOAT;
    n->real = value;
    return true;
}

void scalar_resolve(struct node *n)
{
    char number[NUMBER_SIZE];
    const char first = n->length > 0 ? n->text[0] : '\0';

    if (resolve_word(n))
        return;
    n->kind = NODE_STRING;
    if ((first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.') {
        if (without_underscores(n, number) && !resolve_int(n, number))
            resolve_float(n, number);
    }
}
