/*
 * Patches of all three kinds, as they come in requests: a line that names the kind, the
 * object, a line of its own with "---", the patch.  A patch that is refused says why; the
 * object is never touched; the same patch gives the same result.
 */
#include "daemon/api/patch.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

typedef json_t *patch_fn(const json_t *object, const json_t *patch, struct buf *why);

static void apply(patch_fn *fn, const json_t *object, const json_t *patch)
{
    json_t *before = json_deep_copy(object), *with = json_deep_copy(patch), *once, *twice;
    struct buf why = BUF_INIT, again = BUF_INIT;

    once = fn(object, patch, &why);
    twice = fn(object, patch, &again);
    if ((once == NULL) != (twice == NULL) || (once == NULL && why.length == 0))
        abort();
    if (once != NULL && !json_equal(once, twice))
        abort();
    if (!json_equal(before, object) || !json_equal(with, patch))
        abort();
    json_decref(once);
    json_decref(twice);
    json_decref(before);
    json_decref(with);
    buf_deinit(&why);
    buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static patch_fn *const kinds[] = {patch_strategic, patch_merge, patch_json};
    const char *text = (const char *)data, *split = memmem(text, size, "\n---\n", 5);
    json_t *object, *patch;

    if (size < 2 || split == NULL)
        return 0;
    object = json_loadb(text + 1, (size_t)(split - text - 1), 0, NULL);
    patch = json_loadb(split + 5, size - (size_t)(split + 5 - text), JSON_DECODE_ANY, NULL);
    if (object != NULL && patch != NULL)
        apply(kinds[data[0] % 3], object, patch);
    json_decref(object);
    json_decref(patch);
    return 0;
}
