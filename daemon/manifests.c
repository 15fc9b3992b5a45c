#include "daemon/manifests.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "client/findings.h"
#include "client/reports.h"
#include "config/diag.h"
#include "config/kinds.h"
#include "config/load.h"
#include "config/report.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_of_a_file_not_run(const struct pod_config_set *set, const struct pod_config *c)
{
    for (const struct not_run *n = set->not_run; n != NULL; n = n->next) {
        if (strcmp(n->file, c->file) == 0)
            return true;
    }
    return false;
}

/* Half of what belongs together is worse than nothing: a file is run whole, or not at all. */
static void leave_out_what_is_not_run(struct pod_config_set *set)
{
    size_t kept = 0, left_out = 0;

    for (const struct not_run *n = set->not_run; n != NULL; n = n->next)
        log_warn("%s:%u: %s %s is not run by this version: nothing of this file is run", n->file, n->line,
                 n->kind->kind, n->name);
    for (size_t i = 0; i < set->count; i++) {
        if (is_of_a_file_not_run(set, set->items[i])) {
            pod_config_unref(set->items[i]);
            left_out++;
        } else {
            set->items[kept++] = set->items[i];
        }
    }
    set->count = kept;
    if (left_out > 0)
        log_warn("%zu pod%s left out", left_out, left_out == 1 ? "" : "s");
}

static void print_report(const struct manifest_options *o, const struct report *report)
{
    if (o->quiet || (o->command != NULL && o->verbosity == 0))
        return;
    if (o->verbosity > 0)
        reports_fields(report, o->verbosity > 1, stderr);
    reports_summary(report, stderr);
}

bool manifests_load(const struct manifest_options *o, struct pod_config_set *set)
{
    struct report report = {0};
    struct diags diags = {0};
    const struct load_options options = {.report = &report, .defaults = o->defaults};
    bool ok = true;

    if (!diags_init(&diags) || !report_init(&report)) {
        diags_deinit(&diags);
        log_error("out of memory");
        return false;
    }
    if (o->command != NULL)
        ok &= load_text(set, "command line", o->command, strlen(o->command), &options, &diags);
    for (size_t i = 0; i < o->source_count; i++)
        ok &= load_source(set, o->sources[i], &options, &diags);
    findings_print(&diags);
    ok &= !diags_any(&diags);
    if (ok) {
        print_report(o, &report);
        leave_out_what_is_not_run(set);
    }
    report_deinit(&report);
    diags_deinit(&diags);
    return ok;
}

bool manifests_read_standard_input(const struct manifest_options *o)
{
    for (size_t i = 0; i < o->source_count; i++) {
        if (strcmp(o->sources[i], "-") == 0)
            return true;
    }
    return false;
}

/* ---- file by file ---- */

/* Takes back what a file at fault has added. */
static void take_back(struct pod_config_set *set, size_t pods, size_t sources)
{
    while (set->count > pods)
        pod_config_unref(set->items[--set->count]);
    while (set->sources.count > sources)
        arena_free(set->sources.items[--set->sources.count]->arena);
}

static bool load_one(const struct manifest_options *o, struct pod_config_set *set, const char *file,
                     manifests_keep_fn *keep, void *arg, bool *at_fault)
{
    struct diags diags = {0};
    const struct load_options options = {.defaults = o->defaults};
    const size_t pods = set->count, sources = set->sources.count;
    bool ok = diags_init(&diags);

    if (ok && !load_source(set, file, &options, &diags)) {
        findings_print(&diags);
        take_back(set, pods, sources);
        log_error("%s has errors; what runs of it stays as it is", file);
        ok = keep == NULL || keep(arg, file, set);
        *at_fault = true;
    }
    diags_deinit(&diags);
    return ok;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

bool manifests_load_each(const struct manifest_options *o, struct pod_config_set *set, manifests_keep_fn *keep,
                         void *arg, bool *at_fault)
{
    const char *folder = o->sources[0];
    struct dirent **entries;
    int count = scandir(folder, &entries, visible, alphasort);
    bool ok = true;

    *at_fault = false;
    if (count == -1 && errno == ENOTDIR)
        return load_one(o, set, folder, keep, arg, at_fault);
    if (count == -1) {
        log_error("%s: %s; the running pods stay as they are", folder, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        struct buf path = BUF_INIT;
        struct stat st;

        buf_addf(&path, "%s/%s", folder, entries[i]->d_name);
        if (ok && stat(buf_text(&path), &st) == 0 && S_ISREG(st.st_mode))
            ok = load_one(o, set, buf_text(&path), keep, arg, at_fault);
        buf_deinit(&path);
        free(entries[i]);
    }
    free(entries);
    if (!ok)
        log_error("out of memory; nothing was changed");
    else
        leave_out_what_is_not_run(set);
    return ok;
}
