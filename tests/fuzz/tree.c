/*
 * What is taken as YAML is written as JSON and read again as the same.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "config/diag.h"
#include "config/encode.h"
#include "config/tree.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static bool parse(const char *text, size_t length, struct arena *arena, struct tree *tree, struct buf *findings)
{
    struct diags diags;
    bool ok;

    if (!diags_init(&diags))
        abort();
    ok = tree_parse(text, length, arena, &diags, tree);
    if (ok == diags_any(&diags))
        abort();                        /* refused and no reason, or the other way round */
    for (size_t i = 0; i < diags.count; i++)
        diag_format(&diags.items[i], findings);
    diags_deinit(&diags);
    return ok;
}

static void round_trip(const struct node *n)
{
    struct arena *arena = arena_new();
    struct buf once = BUF_INIT, twice = BUF_INIT, findings = BUF_INIT;
    struct tree again;

    encode_node(n, &once);
    /* Aliases are written out: what they stand for may be more than a text may have. */
    if (once.length <= TREE_MAX_BYTES) {
        if (!parse(buf_text(&once), once.length, arena, &again, &findings) || again.count != 1)
            abort();
        encode_node(again.documents[0], &twice);
        if (strcmp(buf_text(&once), buf_text(&twice)) != 0)
            abort();
    }
    buf_deinit(&findings);
    buf_deinit(&once);
    buf_deinit(&twice);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct buf findings = BUF_INIT;
    struct tree tree;

    if (parse((const char *)data, size, arena, &tree, &findings)) {
        for (size_t i = 0; i < tree.count; i++)
            round_trip(tree.documents[i]);
    }
    buf_deinit(&findings);
    arena_free(arena);
    return 0;
}
