#include "daemon/api/metrics.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/macros.h"
#include "config/load.h"
#include "daemon/api/backing.h"
#include "daemon/core/status.h"
#include "daemon/runtime/manager.h"
#include "daemon/runtime/probe_stats.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void help(struct buf *out, const char *name, const char *type, const char *text)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, text, name, type);
}

/* ---- labels ---- */

/* Names of Kubernetes need no escapes in a label; other texts do. */
static void add_label(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "%s=\"", name);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\n')
            buf_adds(out, "\\n");
        else if (*p == '"' || *p == '\\')
            buf_addf(out, "\\%c", *p);
        else
            buf_addc(out, *p);
    }
    buf_addc(out, '"');
}

static void begin_container(struct buf *out, const char *metric, const struct pod_config *c, const char *container)
{
    buf_addf(out, "%s{", metric);
    add_label(out, "container", container);
    buf_addc(out, ',');
    add_label(out, "namespace", c->namespace);
    buf_addc(out, ',');
    add_label(out, "pod", c->name);
}

/* ---- containers ---- */

typedef void container_metric_fn(struct buf *out, const struct pod *core, const struct container_status *s, mono_ms now);

static void restarts(struct buf *out, const struct pod *core, const struct container_status *s, mono_ms now)
{
    (void)now;
    begin_container(out, "kube_pod_container_status_restarts_total", core->config, s->name);
    buf_addf(out, "} %u\n", s->restart_count);
}

static void ready(struct buf *out, const struct pod *core, const struct container_status *s, mono_ms now)
{
    (void)now;
    begin_container(out, "kube_pod_container_status_ready", core->config, s->name);
    buf_addf(out, "} %d\n", s->ready);
}

static void waiting_reason(struct buf *out, const struct pod *core, const struct container_status *s, mono_ms now)
{
    (void)now;
    if (s->state.kind != STATUS_WAITING || s->state.reason == NULL)
        return;
    begin_container(out, "kube_pod_container_status_waiting_reason", core->config, s->name);
    buf_addc(out, ',');
    add_label(out, "reason", s->state.reason);
    buf_adds(out, "} 1\n");
}

static void backoff_seconds(struct buf *out, const struct pod *core, const struct container_status *s, mono_ms now)
{
    (void)now;
    begin_container(out, "pidlet_container_backoff_seconds", core->config, s->name);
    buf_addf(out, "} %.3f\n", s->next_start != MONO_NEVER ? (double)s->delay / 1000. : 0.);
}

static void next_start(struct buf *out, const struct pod *core, const struct container_status *s, mono_ms now)
{
    if (s->next_start == MONO_NEVER)
        return;
    begin_container(out, "pidlet_container_next_start_seconds", core->config, s->name);
    buf_addf(out, "} %.3f\n", s->next_start > now ? (double)(s->next_start - now) / 1000. : 0.);
}

static const struct {
    const char *name, *type, *help;
    container_metric_fn *add;
} container_metrics[] = {
    {"kube_pod_container_status_restarts_total", "counter", "Restarts of a container.", restarts},
    {"kube_pod_container_status_ready", "gauge", "Whether a container is ready.", ready},
    {"kube_pod_container_status_waiting_reason", "gauge", "Why a container waits.", waiting_reason},
    {"pidlet_container_backoff_seconds", "gauge", "Length of the back-off that a container waits in; 0: it does not.",
     backoff_seconds},
    {"pidlet_container_next_start_seconds", "gauge", "Time until a waiting container starts.", next_start},
};

static void add_containers(const struct backing *b, struct buf *out)
{
    const mono_ms now = clock_mono();

    for (size_t m = 0; m < array_count(container_metrics); m++) {
        help(out, container_metrics[m].name, container_metrics[m].type, container_metrics[m].help);
        for (size_t i = 0; i < b->manager->count; i++) {
            const struct pod *core = live_pod_core(manager_pod(b->manager, i));

            for (unsigned j = 0; j < core->count; j++) {
                struct container_status s;

                status_of_container(core, &core->containers[j], now, &s);
                container_metrics[m].add(out, core, &s, now);
            }
        }
    }
}

/* ---- probes ---- */

static const char *const probe_types[] = {
    [PROBE_LIVENESS] = "Liveness", [PROBE_READINESS] = "Readiness", [PROBE_STARTUP] = "Startup"};
static const char *const results[] = {
    [PROBE_STATS_SUCCESSFUL] = "successful", [PROBE_STATS_FAILED] = "failed", [PROBE_STATS_UNKNOWN] = "unknown"};

static void add_counts(struct buf *out, const struct pod_config *c, const char *container, int type,
                       const struct probe_stats *s)
{
    for (size_t i = 0; i < array_count(results); i++) {
        begin_container(out, "prober_probe_total", c, container);
        buf_addc(out, ',');
        add_label(out, "pod_uid", c->uid);
        buf_addf(out, ",probe_type=\"%s\",result=\"%s\"} %" PRIu64 "\n", probe_types[type], results[i], s->results[i]);
    }
}

static void add_durations(struct buf *out, const struct pod_config *c, const char *container, int type,
                          const struct probe_stats *s)
{
    uint64_t below = 0;

    for (size_t i = 0; i < PROBE_STATS_BUCKETS; i++) {
        below += s->buckets[i];
        begin_container(out, "prober_probe_duration_seconds_bucket", c, container);
        buf_addf(out, ",probe_type=\"%s\",le=\"%g\"} %" PRIu64 "\n", probe_types[type], probe_stats_bounds[i], below);
    }
    begin_container(out, "prober_probe_duration_seconds_bucket", c, container);
    buf_addf(out, ",probe_type=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", probe_types[type], s->count);
    begin_container(out, "prober_probe_duration_seconds_sum", c, container);
    buf_addf(out, ",probe_type=\"%s\"} %.6f\n", probe_types[type], s->seconds);
    begin_container(out, "prober_probe_duration_seconds_count", c, container);
    buf_addf(out, ",probe_type=\"%s\"} %" PRIu64 "\n", probe_types[type], s->count);
}

static void each_probe(const struct backing *b, struct buf *out,
                       void (*add)(struct buf *out, const struct pod_config *c, const char *container, int type,
                                   const struct probe_stats *s))
{
    for (size_t i = 0; i < b->manager->count; i++) {
        const struct live_pod *p = manager_pod(b->manager, i);
        const struct pod *core = live_pod_core(p);

        for (unsigned j = 0; j < core->count; j++) {
            for (int type = 0; type < PROBE_TYPES; type++) {
                const struct probe_stats *s = live_pod_probe_stats(p, j, type);

                if (s != NULL)
                    add(out, core->config, core->containers[j].spec->name, type, s);
            }
        }
    }
}

/* ---- pods, and the kubelet's own ---- */

static void add_phases(const struct backing *b, struct buf *out)
{
    static const enum pod_phase phases[] = {PHASE_PENDING, PHASE_RUNNING, PHASE_SUCCEEDED, PHASE_FAILED};

    help(out, "kube_pod_status_phase", "gauge", "Phase of a pod.");
    for (size_t i = 0; i < b->manager->count; i++) {
        const struct pod *core = live_pod_core(manager_pod(b->manager, i));
        const enum pod_phase now = status_phase(core);

        for (size_t j = 0; j < array_count(phases); j++) {
            buf_adds(out, "kube_pod_status_phase{");
            add_label(out, "namespace", core->config->namespace);
            buf_addc(out, ',');
            add_label(out, "pod", core->config->name);
            buf_addf(out, ",phase=\"%s\"} %d\n", pod_phase_name(phases[j]), now == phases[j]);
        }
    }
}

static void add_running(const struct backing *b, struct buf *out)
{
    unsigned pods = 0, running = 0, exited = 0, created = 0;

    for (size_t i = 0; i < b->manager->count; i++) {
        const struct pod *core = live_pod_core(manager_pod(b->manager, i));
        bool any = false;

        for (unsigned j = 0; j < core->count; j++) {
            const struct container *c = &core->containers[j];
            bool runs = container_has_process(c);

            running += runs;
            exited += !runs && c->has_last;
            created += !runs && !c->has_last;
            any |= runs;
        }
        pods += any;
    }
    help(out, "kubelet_running_pods", "gauge", "Number of pods that have a running process.");
    buf_addf(out, "kubelet_running_pods %u\n", pods);
    help(out, "kubelet_running_containers", "gauge", "Number of containers, by their state.");
    buf_addf(out, "kubelet_running_containers{container_state=\"created\"} %u\n"
                  "kubelet_running_containers{container_state=\"exited\"} %u\n"
                  "kubelet_running_containers{container_state=\"running\"} %u\n", created, exited, running);
}

static void add_started(const struct backing *b, struct buf *out)
{
    const struct executor *x = b->manager->executor;

    help(out, "kubelet_started_containers_total", "counter", "Containers that were started.");
    buf_addf(out, "kubelet_started_containers_total{container_type=\"container\"} %" PRIu64 "\n"
                  "kubelet_started_containers_total{container_type=\"init_container\"} %" PRIu64 "\n",
             x->started[0], x->started[1]);
    help(out, "kubelet_started_containers_errors_total", "counter", "Containers that could not be started.");
    buf_addf(out, "kubelet_started_containers_errors_total{code=\"StartError\",container_type=\"container\"} %" PRIu64 "\n"
                  "kubelet_started_containers_errors_total{code=\"StartError\",container_type=\"init_container\"} %" PRIu64 "\n",
             x->start_errors[0], x->start_errors[1]);
}

/* ---- this process, as Prometheus' clients have it ---- */

static unsigned open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned count = 0;

    while (d != NULL && readdir(d) != NULL)
        count++;
    if (d != NULL)
        closedir(d);
    return count > 3 ? count - 3 : 0;   /* ".", "..", and the folder's own */
}

/* Fields 14, 15, 22 and 24 of proc(5)'s stat, after the name in parentheses. */
static void add_process(struct buf *out)
{
    unsigned long long user = 0, system = 0;
    long long resident = 0;
    char line[1024] = "";
    FILE *f = fopen("/proc/self/stat", "re");
    const char *rest;

    if (f != NULL) {
        if (fgets(line, sizeof line, f) == NULL)
            line[0] = '\0';
        fclose(f);
    }
    rest = strrchr(line, ')');
    if (rest == NULL || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %*u %*u %lld",
                               &user, &system, &resident) != 3)
        return;
    help(out, "process_cpu_seconds_total", "counter", "CPU time that pidlet itself has used.");
    buf_addf(out, "process_cpu_seconds_total %.2f\n", (double)(user + system) / (double)sysconf(_SC_CLK_TCK));
    help(out, "process_resident_memory_bytes", "gauge", "Memory that pidlet itself has.");
    buf_addf(out, "process_resident_memory_bytes %lld\n", resident * sysconf(_SC_PAGESIZE));
    help(out, "process_open_fds", "gauge", "Open descriptors of pidlet itself.");
    buf_addf(out, "process_open_fds %u\n", open_descriptors());
}

void metrics_add(const struct backing *b, struct buf *out)
{
    add_running(b, out);
    add_started(b, out);
    add_phases(b, out);
    add_containers(b, out);
    help(out, "prober_probe_total", "counter", "Attempts of probes, by their result.");
    each_probe(b, out, add_counts);
    help(out, "prober_probe_duration_seconds", "histogram", "How long attempts of probes took.");
    each_probe(b, out, add_durations);
    help(out, "pidlet_build_info", "gauge", "The version of pidlet.");
    buf_adds(out, "pidlet_build_info{version=\"" PIDLET_VERSION "\"} 1\n");
    add_process(out);
}
