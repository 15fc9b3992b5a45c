#include "daemon/runtime/context.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "config/environment.h"
#include "config/load.h"
#include "config/resources.h"
#include "config/sources.h"
#include "config/value.h"
#include "daemon/runtime/identity.h"
#include "daemon/runtime/termination.h"
#include "daemon/runtime/variables.h"

#include <stdlib.h>
#include <string.h>

/* Addressed to pidlet alone by systemd; a container that took them for its own would do harm. */
static const char *const not_inherited[] = {
    "NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=", "LISTEN_FDS=",
    "LISTEN_PID=",    "LISTEN_FDNAMES=", "LISTEN_PIDFDID=", "SYSTEMD_EXEC_PID=",
    CONTEXT_ID_VARIABLE "=", TERMINATION_VARIABLE "=",
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

static const char *lookup(void *arg, const char *name, size_t length)
{
    return variables_get(arg, name, length);
}

/* The text of `b`, kept in the arena; NULL: no memory. */
static char *keep(struct arena *a, struct buf *b)
{
    char *text = buf_failed(b) ? NULL : arena_strndup(a, buf_text(b), b->length);

    buf_clear(b);
    return text;
}

/*
 * Under construction: `own` gets what the manifest's variables can refer to, those above
 * them, not what pidlet has inherited by chance (kubelet-semantics 9.1).
 */
struct builder {
    struct arena *arena;
    struct variables all, own;
    struct buf scratch;
    struct buf *why;
};

static bool no_memory(struct builder *b)
{
    buf_clear(b->why);
    buf_adds(b->why, "out of memory");
    return false;
}

/* One more variable, the text in `scratch`. */
static bool add_scratch(struct builder *b)
{
    char *text = keep(b->arena, &b->scratch);

    if (text == NULL)
        return no_memory(b);
    variables_set(&b->own, text);
    variables_set(&b->all, text);
    return true;
}

static bool add_source(struct builder *b, const struct env_from_spec *from, const struct environment *e)
{
    const struct source *source;

    switch (environment_source(e, from, &source, b->why)) {
    case ENVIRONMENT_FAULT:
        return false;
    case ENVIRONMENT_SKIP:
        return true;
    case ENVIRONMENT_VALUE:
        break;
    }
    for (size_t i = 0; i < source->data.count; i++) {
        buf_addf(&b->scratch, "%s%s=%s", from->prefix != NULL ? from->prefix : "",
                 source->data.items[i].key, source->data.items[i].value);
        if (!add_scratch(b))
            return false;
    }
    return true;
}

static bool add_variable(struct builder *b, const struct container_spec *c, const struct env_spec *e,
                         const struct environment *environment)
{
    buf_addf(&b->scratch, "%s=", e->name);
    if (e->value_from == NULL) {
        value_expand(&b->scratch, e->value != NULL ? e->value : "", lookup, &b->own);
        return add_scratch(b);
    }
    buf_clear(b->why);
    switch (environment_value(environment, c, e->value_from, b->why)) {
    case ENVIRONMENT_FAULT:
        return false;
    case ENVIRONMENT_SKIP:              /* an earlier one of that name stays */
        buf_clear(&b->scratch);
        return true;
    case ENVIRONMENT_VALUE:
        break;
    }
    buf_add(&b->scratch, buf_text(b->why), b->why->length);
    buf_clear(b->why);
    return add_scratch(b);
}

enum {
    OF_USER = 3,                        /* HOME, USER, LOGNAME */
    OF_PIDLET = 2,                      /* of the run, and of its termination message */
};

static size_t length_of(char *const *vector)
{
    size_t length = 0;

    while (vector[length] != NULL)
        length++;
    return length;
}

/* How many variables there can be besides the inherited ones. */
static size_t own_count(const struct container_spec *c, const struct context_source *source)
{
    const struct environment *e = source->environment;
    struct buf scratch = BUF_INIT;
    size_t count = c->env.count;

    if (source->own != NULL)
        return length_of(source->own);
    for (size_t i = 0; i < c->env_from.count; i++) {
        const struct source *found;

        if (environment_source(e, &c->env_from.items[i], &found, &scratch) == ENVIRONMENT_VALUE)
            count += found->data.count;
    }
    buf_deinit(&scratch);
    return count;
}

/* NULL: no such variable. */
static bool set_inherited(struct builder *b, const char *name, const char *value)
{
    char *text;

    if (value == NULL) {
        variables_drop(&b->all, name);
        return true;
    }
    buf_addf(&b->scratch, "%s=%s", name, value);
    text = keep(b->arena, &b->scratch);
    if (text != NULL)
        variables_set(&b->all, text);
    return text != NULL;
}

/* Where pidlet's own user would stand in them. */
static bool set_user(struct builder *b, const struct identity *identity)
{
    if (!identity->other_user)
        return true;
    return (set_inherited(b, "HOME", identity->home != NULL ? identity->home : "/")
            && set_inherited(b, "USER", identity->name) && set_inherited(b, "LOGNAME", identity->name)
            && set_inherited(b, "XDG_RUNTIME_DIR", NULL)) || no_memory(b);
}

/* The manifest's own. */
static bool add_own(struct builder *b, const struct container_spec *c, const struct context_source *source)
{
    bool ok = true;

    for (size_t i = 0; source->own != NULL && source->own[i] != NULL; i++)
        variables_set(&b->all, source->own[i]);
    if (source->own != NULL)
        return true;
    for (size_t i = 0; i < c->env_from.count && ok; i++)
        ok = add_source(b, &c->env_from.items[i], source->environment);
    for (size_t i = 0; i < c->env.count && ok; i++)
        ok = add_variable(b, c, &c->env.items[i], source->environment);
    return ok;
}

static bool build_env(struct builder *b, const struct container_spec *c, const struct context_source *source,
                      const struct identity *identity)
{
    size_t inherited = 0, own = own_count(c, source);
    bool ok;
    char *text;

    while (source->inherited[inherited] != NULL)
        inherited++;
    text = arena_printf(b->arena, CONTEXT_ID_VARIABLE "=%s", source->id);
    if (!variables_init(&b->all, b->arena, inherited + own + source->given_count + OF_PIDLET + OF_USER)
        || !variables_init(&b->own, b->arena, own) || text == NULL)
        return no_memory(b);
    /* First, where a look into /proc/PID/environ finds it soonest. */
    variables_add(&b->all, text);
    if (source->termination_log != NULL) {
        text = arena_printf(b->arena, TERMINATION_VARIABLE "=%s", source->termination_log);
        if (text == NULL)
            return no_memory(b);
        variables_add(&b->all, text);
    }
    for (size_t i = 0; i < source->given_count; i++)
        variables_add(&b->all, source->given[i]);
    for (size_t i = 0; i < inherited; i++)      /* execve takes them, and leaves them alone */
        variables_add(&b->all, (char *)(uintptr_t)source->inherited[i]);
    ok = set_user(b, identity) && add_own(b, c, source);
    buf_deinit(&b->scratch);
    return ok;
}

/* ---- argv ---- */

/* `lookup_fn` NULL: the words stay as they are written. */
static bool expand_words(struct builder *b, char **argv, size_t *argc, const struct string_list *words,
                         value_lookup_fn *lookup_fn, void *arg)
{
    struct buf scratch = BUF_INIT;
    bool ok = true;

    for (size_t i = 0; i < words->count && ok; i++) {
        if (lookup_fn != NULL)
            value_expand(&scratch, words->items[i], lookup_fn, arg);
        else
            buf_adds(&scratch, words->items[i]);
        argv[*argc] = keep(b->arena, &scratch);
        ok = argv[(*argc)++] != NULL;
    }
    buf_deinit(&scratch);
    return ok || no_memory(b);
}

static bool begin(struct context *out, struct builder *b, const struct container_spec *c,
                  const struct context_source *source)
{
    const struct pod_config *pod = source->environment->pod;
    const int64_t memory = quantity_divide(source->environment->facts->memory, QUANTITY_ONE);
    struct identity *identity = arena_make(b->arena, struct identity);

    out->start_error = false;
    if (identity == NULL)
        return no_memory(b);
    if (!identity_make(identity, pod, source->index, b->arena, b->why)) {
        out->start_error = identity->beyond_us;
        return false;
    }
    if (memory > 0)
        identity->setup.oom_score_adj = qos_oom_score_adj(pod->spec, c, memory);
    out->setup = &identity->setup;
    out->working_dir = c->working_dir != NULL && c->working_dir[0] != '\0' ? c->working_dir : NULL;
    return build_env(b, c, source, identity);
}

bool context_main(struct context *out, struct arena *a, const struct container_spec *c,
                  const struct context_source *source, struct buf *why)
{
    struct builder b = {.arena = a, .why = why};
    size_t argc = 0;

    if (!begin(out, &b, c, source))
        return false;
    out->argv = arena_array(a, c->command.count + c->args.count + 1, sizeof *out->argv);
    if (out->argv == NULL)
        return no_memory(&b);
    if (!expand_words(&b, out->argv, &argc, &c->command, lookup, &b.own)
        || !expand_words(&b, out->argv, &argc, &c->args, lookup, &b.own))
        return false;
    out->envp = variables_end(&b.all);
    out->own = variables_end(&b.own);
    return true;
}

/* A probe's command sees the values as they are written, nothing for one that comes from elsewhere (kubelet-semantics 2.4). */
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
                  const struct string_list *command, bool expand, const struct context_source *source,
                  struct buf *why)
{
    struct builder b = {.arena = a, .why = why};
    size_t argc = 0;

    if (!begin(out, &b, c, source))
        return false;
    out->argv = arena_array(a, command->count + 1, sizeof *out->argv);
    if (out->argv == NULL)
        return no_memory(&b);
    if (!expand_words(&b, out->argv, &argc, command, expand ? lookup_literal : NULL, (void *)(uintptr_t)c))
        return false;
    out->envp = variables_end(&b.all);
    return true;
}
