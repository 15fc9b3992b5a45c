/*
 * The pods of one text, and what is wrong with it, for the tests of a file to look at: one text at a
 * time, from load() to done().
 */
#ifndef PIDLET_TESTS_LOADED_H
#define PIDLET_TESTS_LOADED_H

#include "base/buf.h"
#include "config/diag.h"
#include "config/load.h"
#include "tests/lib/test.h"

#include <string.h>

static struct {
    struct pod_config_set set;
    struct diags diags;
    struct buf findings;                /* one a line */
} w;

static inline bool load_with(const char *text, const struct load_options *options)
{
    bool ok;

    memset(&w, 0, sizeof w);
    assert_true(diags_init(&w.diags));
    ok = load_text(&w.set, "m", text, strlen(text), options, &w.diags);
    for (size_t i = 0; i < w.diags.count; i++) {
        diag_format(&w.diags.items[i], &w.findings);
        buf_addc(&w.findings, '\n');
    }
    return ok;
}

static inline bool load(const char *text)
{
    return load_with(text, &(struct load_options){0});
}

static inline void done(void)
{
    pod_config_set_deinit(&w.set);
    diags_deinit(&w.diags);
    buf_deinit(&w.findings);
}

#endif
