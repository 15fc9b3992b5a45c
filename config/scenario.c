#include "config/scenario.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "base/fd.h"
#include "config/decode.h"
#include "config/diag.h"
#include "config/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- what a row cannot say ---- */

static bool parse_time(const char *text, mono_ms *out)
{
    if (strcmp(text, "never") == 0) {
        *out = MONO_NEVER;
        return true;
    }
    return duration_parse(text, strlen(text), out);
}

mono_ms scenario_time(const char *text)
{
    mono_ms t = MONO_NEVER;

    parse_time(text, &t);
    return t;
}

static void times_are_durations(const struct object_info *object, const void *at_fault,
                                const char *const names[], const struct path *at, struct diags *diags)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        const struct field *f = schema_field(object, names[i]);
        const char *text = *(const char *const *)((const char *)at_fault + f->offset);
        mono_ms t;

        if (text != NULL && !parse_time(text, &t))
            diag_invalid(diags, PATH_KEY(at, names[i]),
                         "must be a duration such as 90s or 1m30s, or \"never\"");
    }
}

static void check_container(const struct scenario_container *c, const struct path *at,
                            struct diags *diags)
{
    static const char *const times[] = {"startupAfter", "readyAfter", "hangAfter", "attemptTakes",
                                        "hookTakes", "termAfter", NULL};
    static const char *const run_times[] = {"length", NULL};
    const struct path runs = {.up = at, .key = "runs"};

    times_are_durations(&schema_scenario_container, c, times, at, diags);
    for (size_t i = 0; i < c->runs.count; i++)
        times_are_durations(&schema_scenario_run, &c->runs.items[i], run_times, PATH_INDEX(&runs, i),
                            diags);
}

static bool of_a_container(enum scenario_fault_kind kind)
{
    return kind != SCENARIO_DELETE && kind != SCENARIO_DELETE_NOW && kind != SCENARIO_SET_CONDITION;
}

static void check_fault(const struct scenario_fault *f, const struct path *at, struct diags *diags)
{
    static const char *const times[] = {"at", "lasts", NULL};

    times_are_durations(&schema_scenario_fault, f, times, at, diags);
    if (f->at != NULL && strcmp(f->at, "never") == 0)
        diag_invalid(diags, PATH_KEY(at, "at"), "must be a time that comes");
    if (f->fault == scenario_fault_kind_UNSET)
        return;                         /* was found already */
    if (of_a_container(f->fault) && f->container == NULL)
        diag_required(diags, PATH_KEY(at, "container"), "%s", "this fault is of a container");
    if (!of_a_container(f->fault) && f->container != NULL)
        diag_add(diags, DIAG_FORBIDDEN, PATH_KEY(at, "container"), "this fault is of the whole pod");
    if (f->fault == SCENARIO_SET_CONDITION && f->condition_type == NULL)
        diag_required(diags, PATH_KEY(at, "conditionType"), "%s", "the type of a readiness gate");
    if (f->fault == SCENARIO_SET_CONDITION && f->status == scenario_condition_UNSET)
        diag_required(diags, PATH_KEY(at, "status"), "%s", "");
    if (f->fault == SCENARIO_NOTIFY && f->notice == scenario_notice_UNSET)
        diag_required(diags, PATH_KEY(at, "notice"), "%s", "");
}

static void names_are_unique(const struct scenario *s, const struct path *containers,
                             struct diags *diags)
{
    for (size_t i = 0; i < s->containers.count; i++) {
        for (size_t j = 0; j < i; j++) {
            const char *a = s->containers.items[i].name, *b = s->containers.items[j].name;

            if (a != NULL && b != NULL && strcmp(a, b) == 0) {
                diag_add(diags, DIAG_DUPLICATE, PATH_KEY(PATH_INDEX(containers, i), "name"), "%s", "");
                break;
            }
        }
    }
}

static void faults_are_in_order(const struct scenario *s, const struct path *faults,
                                struct diags *diags)
{
    mono_ms before = 0, t;

    for (size_t i = 0; i < s->faults.count; i++) {
        if (s->faults.items[i].at == NULL || !parse_time(s->faults.items[i].at, &t))
            continue;
        if (t < before)
            diag_invalid(diags, PATH_KEY(PATH_INDEX(faults, i), "at"),
                         "must not be before the fault above it");
        before = t;
    }
}

static void check_scenario(const struct scenario *s, const struct path *at, struct diags *diags)
{
    static const char *const times[] = {"for", NULL};
    const struct path containers = {.up = at, .key = "containers"}, faults = {.up = at, .key = "faults"};

    times_are_durations(&schema_scenario, s, times, at, diags);
    if (s->length != NULL && strcmp(s->length, "never") == 0)
        diag_invalid(diags, PATH_KEY(at, "for"), "must be a time that comes");
    for (size_t i = 0; i < s->containers.count; i++)
        check_container(&s->containers.items[i], PATH_INDEX(&containers, i), diags);
    for (size_t i = 0; i < s->faults.count; i++)
        check_fault(&s->faults.items[i], PATH_INDEX(&faults, i), diags);
    names_are_unique(s, &containers, diags);
    faults_are_in_order(s, &faults, diags);
}

/* ---- reading ---- */

const struct scenario *scenario_parse(const char *name, const char *text, size_t length,
                                      struct arena *arena, struct diags *diags)
{
    struct arena *scratch = arena_new();
    const struct scenario *s = NULL;
    struct tree tree;

    diags_set_file(diags, name);
    if (scratch == NULL) {
        diag_syntax(diags, 0, 0, "out of memory");
        return NULL;
    }
    if (tree_parse(text, length, scratch, diags, &tree)) {
        if (tree.count == 1) {
            s = decode_object(&schema_scenario, tree.documents[0], PATH_ROOT(tree.documents[0]), arena,
                              diags);
            if (s != NULL)
                check_scenario(s, PATH_ROOT(tree.documents[0]), diags);
        } else {
            diag_syntax(diags, 0, 0, "a scenario is one document, not %zu", tree.count);
        }
    }
    arena_free(scratch);
    return diags_any(diags) ? NULL : s;
}

const struct scenario *scenario_read(const char *file, struct arena *arena, struct diags *diags)
{
    const bool standard_input = strcmp(file, "-") == 0;
    cleanup_fd int fd = standard_input ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    const struct scenario *s = NULL;
    struct buf text = BUF_INIT;
    int r = fd == -1 ? -errno : fd_read_all(fd, TREE_MAX_BYTES + 1, &text);

    diags_set_file(diags, file);
    if (r < 0 && r != -EFBIG)
        diag_syntax(diags, 0, 0, "%s", strerror(-r));
    else                                /* what is too long is refused by the tree, in its words */
        s = scenario_parse(file, buf_text(&text), text.length, arena, diags);
    buf_deinit(&text);
    return s;
}
