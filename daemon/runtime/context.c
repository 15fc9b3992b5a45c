#include "daemon/runtime/context.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "config/value.h"

#include <stdlib.h>
#include <string.h>

/* Addressed to pidlet alone by systemd; a container that took them for its own would do harm. */
static const char *const not_inherited[] = {
    "NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=", "LISTEN_FDS=",
    "LISTEN_PID=",    "LISTEN_FDNAMES=", "LISTEN_PIDFDID=", CONTEXT_ID_VARIABLE "=",
};

static bool inherits(const char *variable)
{
    for (size_t i = 0; i < array_count(not_inherited); i++) {
        if (strncmp(variable, not_inherited[i], strlen(not_inherited[i])) == 0)
            return false;
    }
    return true;
}

const char **context_inherited(char *const *environ)
{
    const char **out;
    size_t count = 0, kept = 0;

    while (environ[count] != NULL)
        count++;
    out = calloc(count + 1, sizeof *out);
    for (size_t i = 0; out != NULL && i < count; i++) {
        if (inherits(environ[i]))
            out[kept++] = environ[i];
    }
    return out;
}

/* ---- the environment ---- */

struct env {
    char **items;                       /* "NAME=value"; later ones replace earlier ones in place */
    size_t count;
};

static size_t name_length(const char *variable)
{
    return strcspn(variable, "=");
}

static char **find(const struct env *env, const char *name, size_t length)
{
    for (size_t i = 0; i < env->count; i++) {
        if (name_length(env->items[i]) == length && memcmp(env->items[i], name, length) == 0)
            return &env->items[i];
    }
    return NULL;
}

static const char *lookup(void *arg, const char *name, size_t length)
{
    char **item = find(arg, name, length);

    return item != NULL ? *item + length + 1 : NULL;
}

static void set(struct env *env, char *variable)
{
    char **item = find(env, variable, name_length(variable));

    if (item != NULL)
        *item = variable;
    else
        env->items[env->count++] = variable;
}

/* The text of `b`, kept in the arena; NULL: no memory. */
static char *keep(struct arena *a, struct buf *b)
{
    char *text = buf_failed(b) ? NULL : arena_strndup(a, buf_text(b), b->length);

    buf_clear(b);
    return text;
}

/*
 * `own` gets what the manifest's variables can refer to: those above them, not what
 * pidlet has inherited by chance (kubelet-semantics 9.1).
 */
static bool build_env(struct env *all, struct env *own, struct arena *a,
                      const struct container_spec *c, const char *const *inherited, const char *id)
{
    struct buf scratch = BUF_INIT;
    size_t room = c->env.count + 2;
    char *text = NULL;

    for (const char *const *p = inherited; *p != NULL; p++)
        room++;
    all->items = arena_array(a, room, sizeof *all->items);
    own->items = arena_array(a, c->env.count + 1, sizeof *own->items);
    if (all->items == NULL || own->items == NULL)
        return false;
    /* First, where a look into /proc/PID/environ finds it soonest. */
    if ((text = arena_printf(a, CONTEXT_ID_VARIABLE "=%s", id)) == NULL)
        return false;
    all->items[all->count++] = text;
    for (const char *const *p = inherited; *p != NULL; p++)
        all->items[all->count++] = (char *)(uintptr_t)*p;       /* execve takes, and leaves alone */
    for (size_t i = 0; i < c->env.count && text != NULL; i++) {
        const struct env_spec *e = &c->env.items[i];

        buf_addf(&scratch, "%s=", e->name);
        value_expand(&scratch, e->value != NULL ? e->value : "", lookup, own);
        text = keep(a, &scratch);
        if (text != NULL) {
            set(own, text);
            set(all, text);
        }
    }
    buf_deinit(&scratch);
    return text != NULL;
}

/* ---- argv ---- */

static bool expand_words(char **argv, size_t *argc, const struct string_list *words, bool expand,
                         struct arena *a, value_lookup_fn *lookup_fn, void *arg)
{
    struct buf scratch = BUF_INIT;
    bool ok = true;

    for (size_t i = 0; i < words->count && ok; i++) {
        if (expand)
            value_expand(&scratch, words->items[i], lookup_fn, arg);
        else
            buf_adds(&scratch, words->items[i]);
        argv[*argc] = keep(a, &scratch);
        ok = argv[(*argc)++] != NULL;
    }
    buf_deinit(&scratch);
    return ok;
}

static void set_directory(struct context *out, const struct container_spec *c)
{
    out->working_dir = c->working_dir != NULL && c->working_dir[0] != '\0' ? c->working_dir : NULL;
}

bool context_main(struct context *out, struct arena *a, const struct container_spec *c,
                  const char *const *inherited, const char *id)
{
    struct env all = {0}, own = {0};
    size_t argc = 0;

    if (!build_env(&all, &own, a, c, inherited, id))
        return false;
    out->argv = arena_array(a, c->command.count + c->args.count + 1, sizeof *out->argv);
    if (out->argv == NULL || !expand_words(out->argv, &argc, &c->command, true, a, lookup, &own)
        || !expand_words(out->argv, &argc, &c->args, true, a, lookup, &own))
        return false;
    out->envp = all.items;
    set_directory(out, c);
    return true;
}

/* A probe's command sees the values as they are written (kubelet-semantics 2.4). */
static const char *lookup_literal(void *arg, const char *name, size_t length)
{
    const struct container_spec *c = arg;

    for (size_t i = c->env.count; i-- > 0;) {
        const struct env_spec *e = &c->env.items[i];

        if (strlen(e->name) == length && memcmp(e->name, name, length) == 0)
            return e->value != NULL ? e->value : "";
    }
    return NULL;
}

bool context_exec(struct context *out, struct arena *a, const struct container_spec *c,
                  const struct string_list *command, bool expand, const char *const *inherited,
                  const char *id)
{
    struct env all = {0}, own = {0};
    size_t argc = 0;

    if (!build_env(&all, &own, a, c, inherited, id))
        return false;
    out->argv = arena_array(a, command->count + 1, sizeof *out->argv);
    if (out->argv == NULL
        || !expand_words(out->argv, &argc, command, expand, a, lookup_literal,
                         (void *)(uintptr_t)c))
        return false;
    out->envp = all.items;
    set_directory(out, c);
    return true;
}
