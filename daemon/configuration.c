#include "daemon/configuration.h"

#include "base/arena.h"
#include "base/log.h"
#include "client/findings.h"
#include "client/reports.h"
#include "config/diag.h"
#include "config/report.h"
#include "daemon/places.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static bool read_file(struct configuration *c, const char *file, unsigned verbosity)
{
    struct report report = {0};
    struct diags diags = {0};
    bool ok;

    if (!diags_init(&diags) || !report_init(&report)) {
        diags_deinit(&diags);
        log_error("out of memory");
        return false;
    }
    ok = settings_read(&c->settings, file, c->arena, &report, &diags);
    findings_print(&diags);
    if (ok) {
        if (verbosity > 0)
            reports_fields(&report, verbosity > 1, stderr);
        reports_summary(&report, stderr);
    }
    report_deinit(&report);
    diags_deinit(&diags);
    return ok;
}

/*
 * One that cannot be read is there all the same, and said.  In a folder that we may not enter
 * there is none for us: HOME is another's, as in a container that runs under any user ID.
 */
static bool is_there(const char *file)
{
    return access(file, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR && errno != EACCES);
}

bool configuration_load(struct configuration *c, const char *file, unsigned verbosity)
{
    struct buf place = BUF_INIT;
    bool ok = true;

    *c = (struct configuration){.settings = SETTINGS_DEFAULT, .arena = arena_new()};
    if (c->arena == NULL) {
        log_error("out of memory");
        return false;
    }
    if (file == NULL && places_settings(&place) && is_there(buf_text(&place)))
        file = buf_text(&place);
    if (file != NULL)
        ok = read_file(c, file, verbosity);
    buf_deinit(&place);
    return ok;
}

void configuration_deinit(struct configuration *c)
{
    arena_free(c->arena);
}
