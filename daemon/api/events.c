#include "base/macros.h"
#include "daemon/api/kinds.h"
#include "daemon/api/snapshot.h"

/* ---- as a resource ---- */

static bool no_cells(struct snapshot *s, const json_t *object)
{
    (void)s;
    (void)object;
    return true;
}

static const struct column columns[] = {
    {"Last Seen", "string", "", 0, "Time since the newest occurrence."},
    {"Type", "string", "", 0, "Normal or Warning."},
    {"Reason", "string", "", 0, "What happened, in one word."},
    {"Object", "string", "", 0, "What it happened to."},
    {"Subobject", "string", "", 1, "Which part of it."},
    {"Source", "string", "", 1, "Who says so."},
    {"Message", "string", "", 0, "What happened."},
    {"First Seen", "string", "", 1, "Time since the first occurrence."},
    {"Count", "integer", "", 1, "How often."},
    {"Name", "string", "name", 1, "Name of the Event."},
};

const struct resource resource_events = {
    .plural = "events", .singular = "event", .kind = "Event", .short_name = "ev",
    .namespaced = true, .verbs = VERBS_READ,
    .columns = columns, .column_count = array_count(columns), .fill_cells = no_cells,
};
