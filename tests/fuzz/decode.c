/*
 * From text to pods, with every report: no finding without a fault, no fault without a
 * finding, and a pod that is taken comes back from JSON as it was.
 */
#include "base/buf.h"
#include "client/reports.h"
#include "config/diag.h"
#include "config/encode.h"
#include "config/load.h"
#include "config/report.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void round_trip(const struct pod_config *pod)
{
    const struct load_options options = {0};
    struct pod_config_set again = {0};
    struct buf text = BUF_INIT;
    struct diags diags;

    if (!diags_init(&diags))
        abort();
    encode_object(&schema_pod_manifest, pod->manifest, &text);
    if (text.length <= 64 * 1024) {     /* a larger one may break a limit that aliases kept it under */
        if (!load_text(&again, "again", buf_text(&text), text.length, &options, &diags) || again.count != 1)
            abort();
        if (strcmp(again.items[0]->hash, pod->hash) != 0)
            abort();
    }
    pod_config_set_deinit(&again);
    diags_deinit(&diags);
    buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pod_config_set set = {0};
    struct report report;
    struct diags diags;
    static FILE *nowhere;
    const struct load_options options = {.report = &report};
    bool ok;

    if (!diags_init(&diags) || !report_init(&report))
        abort();
    ok = load_text(&set, "m.yaml", (const char *)data, size, &options, &diags);
    if (ok == diags_any(&diags))
        abort();
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    if (nowhere == NULL || !reports_json(&report, &diags, nowhere))
        abort();
    for (size_t i = 0; ok && i < set.count; i++)
        round_trip(set.items[i]);
    pod_config_set_deinit(&set);
    report_deinit(&report);
    diags_deinit(&diags);
    return 0;
}
