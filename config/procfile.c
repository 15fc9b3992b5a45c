#include "config/procfile.h"

#include "base/buf.h"
#include "config/diag.h"
#include "config/manifest_text.h"

#include <string.h>

bool procfile_is(const char *file)
{
    const char *slash = strrchr(file, '/'), *base = slash != NULL ? slash + 1 : file;

    return strncmp(base, "Procfile", 8) == 0 && (base[8] == '\0' || base[8] == '.')
           && strcmp(base, "Procfile.yaml") != 0 && strcmp(base, "Procfile.json") != 0;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* What a line says, without its blanks. */
struct line {
    const char *from, *to;
    unsigned number;                    /* from 1 */
};

static const char *after_blanks(const char *from, const char *to)
{
    while (from < to && blank(*from))
        from++;
    return from;
}

static const char *before_blanks(const char *from, const char *to)
{
    while (to > from && blank(to[-1]))
        to--;
    return to;
}

static bool add_line(const struct line *l, const char *folder, struct buf *out, struct diags *diags)
{
    const char *from = after_blanks(l->from, l->to), *to = before_blanks(from, l->to);
    const char *colon, *command;

    if (from == to || *from == '#')
        return true;
    colon = memchr(from, ':', (size_t)(to - from));
    if (colon == NULL || before_blanks(from, colon) == from)
        return diag_syntax(diags, l->number, 1,
                           "a line of a Procfile is NAME: COMMAND, as in web: python3 -m http.server");
    command = after_blanks(colon + 1, to);
    if (command == to)
        return diag_syntax(diags, l->number, (unsigned)(colon - l->from) + 1, "there is no command after the name");
    buf_adds(out, "{name: \"");
    manifest_add_name(out, from, (size_t)(before_blanks(from, colon) - from), "");
    buf_adds(out, "\", command: [sh, -c, ");
    manifest_add_word(out, command, (size_t)(to - command));
    buf_addc(out, ']');
    if (folder != NULL) {
        buf_adds(out, ", workingDir: ");
        buf_add_quoted(out, folder, strlen(folder));
    }
    buf_adds(out, "},");
    return true;
}

bool procfile_translate(const char *text, size_t length, const char *folder, struct buf *out,
                        struct diags *diags)
{
    const char *base = folder != NULL ? strrchr(folder, '/') : NULL, *end = text + length;
    struct line line = {.to = text};
    size_t before;
    bool ok = true;

    base = base != NULL ? base + 1 : "procfile";
    buf_adds(out, "{apiVersion: v1, kind: Pod, metadata: {name: \"");
    manifest_add_name(out, base, strlen(base), "procfile");
    buf_adds(out, "\"}, spec: {containers: [");
    before = out->length;
    for (const char *at = text; at < end; at = line.to + 1) {
        line.number++;
        line.from = at;
        line.to = memchr(at, '\n', (size_t)(end - at));
        if (line.to == NULL)
            line.to = end;
        ok &= add_line(&line, folder, out, diags);
        buf_addc(out, '\n');
    }
    if (ok && out->length == before + line.number)
        ok = diag_syntax(diags, 1, 1, "a Procfile has at least one line NAME: COMMAND");
    buf_adds(out, "]}}\n");
    return ok;
}
