#include "client/findings.h"

#include "base/buf.h"
#include "config/diag.h"

#include <stdio.h>

void findings_print(const struct diags *diags)
{
    struct buf line = BUF_INIT;

    for (size_t i = 0; i < diags->count; i++) {
        buf_clear(&line);
        diag_format(&diags->items[i], &line);
        fprintf(stderr, "%s\n", buf_failed(&line) ? "pidlet: out of memory" : buf_text(&line));
    }
    if (diags->dropped > 0)
        fprintf(stderr, "pidlet: %zu more findings are not shown\n", diags->dropped);
    if (diags->out_of_memory)
        fputs("pidlet: out of memory: there are more findings than these\n", stderr);
    buf_deinit(&line);
}
