#include "config/names.h"

#include "base/macros.h"
#include "base/sorted.h"
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

static int compare_text(const void *item, const void *text)
{
    return strcmp(((const struct name *)item)->text, text);
}

size_t names_first(const struct names *n, const char *text)
{
    size_t at;

    if (text == NULL)
        return NAMES_NONE;
    at = sorted_place(n->items, n->count, sizeof *n->items, compare_text, text);
    return at < n->count && strcmp(n->items[at].text, text) == 0 ? n->items[at].at : NAMES_NONE;
}
