#include "config/names.h"

#include "base/macros.h"
#include "config/diag.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

void names_init(struct names *n, const void *items, size_t count, size_t stride, size_t offset,
                struct diags *diags)
{
    n->items = n->few;
    n->count = 0;
    if (count > array_count(n->few))
        n->items = reallocarray(NULL, count, sizeof *n->items);
    if (n->items == NULL) {
        diags->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = *(const char *const *)((const char *)items + i * stride + offset);

        if (text != NULL)
            n->items[n->count++] = (struct name){.text = text, .at = i};
    }
    if (n->count > 1)
        qsort(n->items, n->count, sizeof *n->items, by_text);
}

void names_deinit(struct names *n)
{
    if (n->items != n->few)
        free(n->items);
    n->count = 0;
}

size_t names_first(const struct names *n, const char *text)
{
    size_t from = 0, to = n->count;

    if (text == NULL)
        return NAMES_NONE;
    while (from < to) {
        size_t middle = (from + to) / 2;

        if (strcmp(n->items[middle].text, text) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < n->count && strcmp(n->items[from].text, text) == 0 ? n->items[from].at : NAMES_NONE;
}
