#include "config/settings.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "base/fd.h"
#include "config/decode.h"
#include "config/diag.h"
#include "config/kinds.h"
#include "config/quantity.h"
#include "config/report.h"
#include "config/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what a row cannot say, in the kubelet's words ---- */

/* 0 for a text that is at fault: the decoder has told it. */
static mono_ms duration_of(const char *text)
{
    mono_ms d = 0;

    if (text != NULL)
        duration_parse(text, strlen(text), &d);
    return d;
}

static void restart_period(struct settings *s, const struct kubelet_configuration *c,
                           const struct path *at, struct diags *diags)
{
    const struct path here = {.up = at, .key = "crashLoopBackOff"};
    const char *text = c->crash_loop_back_off != NULL ? c->crash_loop_back_off->max_container_restart_period : NULL;
    mono_ms d;

    if (text == NULL || !duration_parse(text, strlen(text), &d))
        return;
    if (d < MONO_SECOND || d > 300 * MONO_SECOND)
        diag_invalid(diags, PATH_KEY(&here, "maxContainerRestartPeriod"),
                     "invalid configuration: CrashLoopBackOff.MaxContainerRestartPeriod (got: %g seconds) "
                     "must be set between 1s and 300s", (double)d / MONO_SECOND);
    else
        s->max_restart_period = d;
}

static void logs(struct settings *s, const struct kubelet_configuration *c, const struct path *at,
                 struct diags *diags)
{
    quantity size;

    if (c->container_log_max_size != NULL && quantity_parse(c->container_log_max_size, &size)) {
        s->container_log_max_size = quantity_divide(size, QUANTITY_ONE);
        if (s->container_log_max_size < 1)
            diag_invalid(diags, PATH_KEY(at, "containerLogMaxSize"), "must be greater than 0");
    }
    s->container_log_max_files = c->container_log_max_files;
    if (s->container_log_max_files < 2)
        diag_invalid(diags, PATH_KEY(at, "containerLogMaxFiles"), "invalid MaxFiles %" PRId64 ", must be > 1",
                     s->container_log_max_files);
    if (c->pod_logs_dir != NULL && c->pod_logs_dir[0] != '\0') {
        s->pod_logs_dir = c->pod_logs_dir;
        if (c->pod_logs_dir[0] != '/')
            diag_invalid(diags, PATH_KEY(at, "podLogsDir"), "pod logs path \"%s\" must be absolute path",
                         c->pod_logs_dir);
    }
}

/* 0s is what kubeadm writes for "as it is by default" (the kubelet's own default is 4h). */
static void stream_idle(struct settings *s, const struct kubelet_configuration *c, const struct path *at,
                        struct diags *diags)
{
    const char *text = c->streaming_connection_idle_timeout;
    mono_ms d;

    if (text == NULL || !duration_parse(text, strlen(text), &d) || d == 0)
        return;
    if (d < MONO_SECOND)
        diag_invalid(diags, PATH_KEY(at, "streamingConnectionIdleTimeout"), "must be either zero or at least 1s");
    else
        s->stream_idle = d;
}

/* ---- how pods are stopped ---- */

static void zero_or_a_second(mono_ms d, const char *name, const struct path *at, struct diags *diags)
{
    char text[DURATION_SIZE];

    if (d <= 0 || d >= MONO_SECOND)
        return;
    duration_format(d, text);
    diag_invalid(diags, PATH_KEY(at, name), "invalid configuration: %s {%s} must be either zero or otherwise >= 1 sec",
                 name, text);
}

static int by_priority(const void *a, const void *b)
{
    const struct shutdown_stage *x = a, *y = b;

    return (x->priority > y->priority) - (x->priority < y->priority);
}

static bool stages_by_priority(struct settings *s, const struct kubelet_configuration *c,
                               const struct path *at, struct arena *arena, struct diags *diags)
{
    const struct shutdown_grace_period_by_priority_list *list = &c->shutdown_grace_period_by_pod_priority;
    const struct path here = {.up = at, .key = "shutdownGracePeriodByPodPriority"};

    s->shutdown = arena_array(arena, list->count, sizeof *s->shutdown);
    if (s->shutdown == NULL)
        return false;
    s->shutdown_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        s->shutdown[i] = (struct shutdown_stage){
            .priority = list->items[i].priority,
            .grace = list->items[i].shutdown_grace_period_seconds * MONO_SECOND};
        for (size_t j = 0; j < i; j++) {
            if (list->items[j].priority == list->items[i].priority) {
                diag_add(diags, DIAG_DUPLICATE, PATH_KEY(PATH_INDEX(&here, i), "priority"), "%s", "");
                break;
            }
        }
    }
    qsort(s->shutdown, s->shutdown_count, sizeof *s->shutdown, by_priority);
    return true;
}

/* The two periods are the older way to say two stages (KEP-2712). */
static bool stages_of_periods(struct settings *s, mono_ms total, mono_ms critical, struct arena *arena)
{
    s->shutdown = arena_array(arena, 2, sizeof *s->shutdown);
    if (s->shutdown == NULL)
        return false;
    s->shutdown[0] = (struct shutdown_stage){.priority = 0, .grace = total - critical};
    s->shutdown[1] = (struct shutdown_stage){.priority = PRIORITY_CRITICAL, .grace = critical};
    s->shutdown_count = 2;
    return true;
}

static bool shutdown_stages(struct settings *s, const struct kubelet_configuration *c, const struct path *at,
                            struct arena *arena, struct diags *diags)
{
    const mono_ms total = duration_of(c->shutdown_grace_period);
    const mono_ms critical = duration_of(c->shutdown_grace_period_critical_pods);
    char of_all[DURATION_SIZE], of_critical[DURATION_SIZE];

    zero_or_a_second(total, "shutdownGracePeriod", at, diags);
    zero_or_a_second(critical, "shutdownGracePeriodCriticalPods", at, diags);
    if (critical > total) {
        duration_format(total, of_all);
        duration_format(critical, of_critical);
        diag_invalid(diags, PATH_KEY(at, "shutdownGracePeriodCriticalPods"),
                     "invalid configuration: shutdownGracePeriodCriticalPods {%s} must be <= shutdownGracePeriod {%s}",
                     of_critical, of_all);
        return true;
    }
    if (c->shutdown_grace_period_by_pod_priority.count == 0)
        return total == 0 || stages_of_periods(s, total, critical, arena);
    if (total > 0) {
        diag_add(diags, DIAG_FORBIDDEN, PATH_KEY(at, "shutdownGracePeriodByPodPriority"),
                 "invalid configuration: Cannot specify both shutdownGracePeriodByPodPriority and "
                 "shutdownGracePeriod at the same time");
        return true;
    }
    return stages_by_priority(s, c, at, arena, diags);
}

/* ---- reading ---- */

bool settings_decode(struct settings *out, const struct node *n, const struct path *at,
                     struct arena *arena, struct diags *diags)
{
    const size_t findings = diags_total(diags);
    const struct kubelet_configuration *c = decode_object(&schema_kubelet_configuration, n, at, arena, diags);
    struct settings s = SETTINGS_DEFAULT;

    if (c == NULL)
        return false;
    if (c->static_pod_path != NULL && c->static_pod_path[0] != '\0')
        s.static_pod_path = c->static_pod_path;
    s.pod_pids_limit = c->pod_pids_limit;
    restart_period(&s, c, at, diags);
    logs(&s, c, at, diags);
    stream_idle(&s, c, at, diags);
    if (!shutdown_stages(&s, c, at, arena, diags))
        return diag_add(diags, DIAG_INTERNAL, at, "out of memory");
    if (diags_total(diags) > findings || diags->out_of_memory)
        return false;
    *out = s;
    return true;
}

static const char *text_of(const struct node *n, const char *key)
{
    const struct node *value = node_get(n, key);

    return value != NULL && value->kind == NODE_STRING ? value->text : "";
}

/* False with a finding: the document is no KubeletConfiguration. */
static bool is_ours(const struct node *n, const struct kind_info *kind, struct diags *diags)
{
    const size_t findings = diags_total(diags);
    const struct path *at = PATH_ROOT(n);

    if (n->kind != NODE_MAP)
        return diag_invalid(diags, at, "must be a map with apiVersion and kind");
    if (strcmp(text_of(n, "kind"), kind->kind) != 0)
        diag_add(diags, DIAG_UNSUPPORTED, PATH_KEY(at, "kind"), "supported values: \"%s\"", kind->kind);
    if (strcmp(text_of(n, "apiVersion"), kind->api_version) != 0)
        diag_add(diags, DIAG_UNSUPPORTED, PATH_KEY(at, "apiVersion"), "supported values: \"%s\"",
                 kind->api_version);
    return diags->count == findings;
}

bool settings_parse(struct settings *out, const char *name, const char *text, size_t length,
                    struct arena *arena, struct report *report, struct diags *diags)
{
    const struct kind_info *kind = kind_find("KubeletConfiguration");
    struct arena *scratch = arena_new();
    bool ok = false;
    struct tree tree;

    diags_set_file(diags, name);
    if (scratch == NULL)
        return diag_syntax(diags, 0, 0, "out of memory");
    if (tree_parse(text, length, scratch, diags, &tree)) {
        if (tree.count == 0) {
            *out = (struct settings)SETTINGS_DEFAULT;
            ok = true;
        } else if (tree.count > 1) {
            diag_syntax(diags, 0, 0, "settings are one document, not %zu", tree.count);
        } else if (is_ours(tree.documents[0], kind, diags)) {
            const struct path *at = PATH_ROOT(tree.documents[0]);

            if (report != NULL)
                report_add(report, name, kind, tree.documents[0], at);
            ok = settings_decode(out, tree.documents[0], at, arena, diags);
        }
    }
    arena_free(scratch);
    return ok;
}

bool settings_read(struct settings *out, const char *file, struct arena *arena, struct report *report,
                   struct diags *diags)
{
    cleanup_fd int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct buf text = BUF_INIT;
    int r = fd == -1 ? -errno : fd_read_all(fd, TREE_MAX_BYTES + 1, &text);
    bool ok;

    diags_set_file(diags, file);
    if (r < 0 && r != -EFBIG)
        ok = diag_syntax(diags, 0, 0, "%s", strerror(-r));
    else                                /* what is too long is refused by the tree, in its words */
        ok = settings_parse(out, file, buf_text(&text), text.length, arena, report, diags);
    buf_deinit(&text);
    return ok;
}
