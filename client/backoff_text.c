#include "client/backoff_text.h"

#include "base/buf.h"
#include "client/remote.h"

#include <string.h>

static void add_one(const json_t *c, const char *indent, struct buf *out)
{
    buf_addf(out, "%s%s:\n", indent, remote_text_at(c, "container"));
    buf_addf(out, "%s  Series:\t0s, %s, times %g, up to %s\n", indent, remote_text_at(c, "initial"),
             json_number_value(json_object_get(c, "factor")), remote_text_at(c, "max"));
    buf_addf(out, "%s  Restarts:\t%" JSON_INTEGER_FORMAT "\n", indent, json_integer_value(json_object_get(c, "restartCount")));
    if (json_object_get(c, "nextStart") != NULL)
        buf_addf(out, "%s  Waiting:\t%s, next start in %s, at %s\n", indent, remote_text_at(c, "delay"),
                 remote_text_at(c, "remaining"), remote_text_at(c, "nextStart"));
    else
        buf_addf(out, "%s  Waiting:\t<no>\n", indent);
    buf_addf(out, "%s  Next Delay:\t%s\n", indent, remote_text_at(c, "nextDelay"));
    buf_addf(out, "%s  Reset By:\ta run of more than %s, pidlet backoff reset or restart, or a new command\n", indent,
             remote_text_at(c, "reset"));
}

void backoff_text(const json_t *answer, const char *indent, struct buf *out)
{
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(answer, "containers"), i, c)
        add_one(c, indent, out);
}
