#include "daemon/runtime/listen_sockets.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- taking ---- */

/* A number as the variable has it; 0: there is none. */
static long number(const char *variable)
{
    const char *text = getenv(variable);
    char *end;
    long value;

    if (text == NULL || *text == '\0')
        return 0;
    value = strtol(text, &end, 10);
    return *end == '\0' && value > 0 ? value : 0;
}

static size_t passed(void)
{
    long count = number("LISTEN_FDS");

    if (count == 0 || number("LISTEN_PID") != (long)getpid())
        return 0;                       /* for our parent, or for nobody */
    if (count > LISTEN_MAX) {
        log_warn("LISTEN_FDS=%ld: more than the %d sockets that can be handed on", count, LISTEN_MAX);
        count = LISTEN_MAX;
    }
    for (long i = 0; i < count; i++) {
        if (fcntl(LISTEN_FIRST + (int)i, F_SETFD, FD_CLOEXEC) == -1) {
            log_warn("LISTEN_FDS=%ld, but descriptor %ld is not open", count, LISTEN_FIRST + i);
            return (size_t)i;
        }
    }
    return (size_t)count;
}

/* Those that have none are called "unknown", as by sd_listen_fds_with_names(3). */
static void name_all(struct listen_sockets *l)
{
    char *rest = l->text;

    for (size_t i = 0; i < l->count; i++) {
        const char *name = rest != NULL ? strsep(&rest, ":") : NULL;

        l->names[i] = name != NULL && *name != '\0' ? name : "unknown";
    }
}

int listen_sockets_take(struct listen_sockets *l)
{
    const size_t count = passed();
    const char *names = getenv("LISTEN_FDNAMES");

    *l = (struct listen_sockets){0};
    if (count == 0)
        return 0;
    l->fds = calloc(count, sizeof *l->fds);
    l->names = calloc(count, sizeof *l->names);
    l->text = strdup(names != NULL ? names : "");
    if (l->fds == NULL || l->names == NULL || l->text == NULL) {
        listen_sockets_deinit(l);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const int fd = fcntl(LISTEN_FIRST + (int)i, F_DUPFD_CLOEXEC, LISTEN_FIRST + (int)count);

        if (fd == -1) {
            const int error = errno;

            listen_sockets_deinit(l);
            return -error;
        }
        l->fds[l->count++] = fd;
    }
    name_all(l);
    return 0;
}

void listen_sockets_deinit(struct listen_sockets *l)
{
    for (size_t i = 0; i < l->count; i++)
        close(l->fds[i]);
    free(l->fds);
    free(l->names);
    free(l->text);
    *l = (struct listen_sockets){0};
}

/* ---- handing on ---- */

static bool is_missing(const struct listen_sockets *l, const char *name, struct buf *why)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->names[i], name) == 0)
            return false;
    }
    buf_addf(why, "pidlet.dev/listen: no socket named \"%s\" was passed to pidlet", name);
    if (l->count == 0)
        buf_adds(why, ", nor any other (a socket unit of systemd's does, with FileDescriptorName=)");
    for (size_t i = 0; i < l->count; i++)
        buf_addf(why, "%s\"%s\"", i == 0 ? "; there are " : i + 1 < l->count ? ", " : " and ", l->names[i]);
    return true;
}

bool listen_sockets_share(const struct listen_sockets *l, const struct string_list *wanted, struct arena *arena,
                          struct listen_share *out, struct buf *why)
{
    int *fds = arena_array(arena, l->count + 1, sizeof *fds);
    struct buf names = BUF_INIT;
    size_t count = 0;

    for (size_t i = 0; i < wanted->count; i++) {
        if (is_missing(l, wanted->items[i], why))
            return false;
    }
    /* In the order that was asked for; each once, so that no number is beyond those kept free. */
    for (size_t i = 0; fds != NULL && i < wanted->count; i++) {
        for (size_t j = 0; j < l->count; j++) {
            bool taken = false;

            for (size_t k = 0; k < count; k++)
                taken |= fds[k] == l->fds[j];
            if (taken || strcmp(l->names[j], wanted->items[i]) != 0)
                continue;
            fds[count++] = l->fds[j];
            buf_addf(&names, "%s%s", count > 1 ? ":" : "", l->names[j]);
        }
    }
    *out = (struct listen_share){.fds = fds, .count = count,
                                 .names = buf_failed(&names) ? NULL : arena_strndup(arena, buf_text(&names), names.length)};
    buf_deinit(&names);
    if (fds != NULL && out->names != NULL)
        return true;
    buf_adds(why, "out of memory");
    return false;
}
