/*
 * Every allocation that fails while a rich manifest is read, checked and reported, one by one:
 * it is said, nothing crashes, and (under a sanitizer or valgrind) nothing leaks.
 *
 * libyaml's own allocations, in a library of its own, stay.
 */
#include "base/buf.h"
#include "client/reports.h"
#include "config/diag.h"
#include "config/encode.h"
#include "config/load.h"
#include "config/report.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long allocations_left = -1;      /* -1: as many as wanted */
static bool refused;

static bool refuse(void)
{
    if (allocations_left < 0)
        return false;
    if (allocations_left == 0) {
        refused = true;
        return true;
    }
    allocations_left--;
    return false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return refuse() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t count, size_t size)
{
    return refuse() ? NULL : __real_reallocarray(p, count, size);
}

/* Every kind of row, and every kind of object; names and keys enough to be sorted. */
static const char rich[] =
    "apiVersion: v1\nkind: List\nitems:\n"
    "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c}\n  data: {A: b, C: d}\n  binaryData: {E: aGk=}\n"
    "- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: {A: aGk=, B: aGk=}\n  stringData: {A: x}\n"
    "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n"
    "    labels: &l {k1: v, k2: v, k3: v, k4: v, k5: v, k6: v, k7: v, k8: v, k9: v, k10: v, k11: v, k12: v, k13: v,\n"
    "      k14: v, k15: v, k16: v, k17: v, k18: v}\n"
    "    annotations: {pidlet.dev/backoff: max=20s, pidlet.dev/backoff.x: max=10s}\n"
    "    managedFields: [{manager: a, weight: 1.5, none: null, yes: true, time: 3}]\n"
    "  spec:\n    terminationGracePeriodSeconds: 5\n    restartPolicy: Never\n    hostNetwork: true\n"
    "    tolerations: [{key: a, tolerationSeconds: 3}]\n"
    "    nodeSelector: {a: b}\n    imagePullSecrets: [{name: p}]\n"
    "    initContainers: [{name: i, command: [x], restartPolicy: Always}]\n"
    "    containers:\n    - &x\n      name: x\n      image: web:1\n"
    "      command: [a, b, c]\n      args: [\"$(A)\"]\n      env:\n      - {name: A, value: b}\n"
    "      - {name: B, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['k1']\"}}}\n"
    "      - {name: C, valueFrom: {resourceFieldRef: {containerName: x, resource: limits.cpu, divisor: 1m}}}\n"
    "      envFrom: [{prefix: P_, configMapRef: {name: c}}, {secretRef: {name: s, optional: true}}]\n"
    "      resources: {limits: {cpu: 1500m, memory: 1Gi}, requests: {cpu: 1}}\n"
    "      ports: [{name: web, containerPort: 80, protocol: UDP}]\n"
    "      volumeMounts: [{name: v, mountPath: /srv}]\n"
    "      livenessProbe: {tcpSocket: {port: web}}\n      readinessProbe: {exec: {command: [x]}}\n"
    "      startupProbe: {tcpSocket: {port: 80}}\n"
    "      lifecycle: {preStop: {exec: {command: [x]}}, postStart: {exec: {command: [x]}}}\n"
    "    - {<<: *x, name: y1, ports: [{name: web, containerPort: 81}]}\n    - {name: y2, command: [x]}\n    - {name: y3, command: [x]}\n"
    "    - {name: y4, command: [x]}\n    - {name: y5, command: [x]}\n    - {name: y6, command: [x]}\n"
    "    - {name: y7, command: [x]}\n    - {name: y8, command: [x]}\n"
    "    volumes: [{name: v, hostPath: {path: /srv}}]\n"
    "- apiVersion: v1\n  kind: Pod\n  metadata: {name: b, labels: *l}\n"
    "  spec: {containers: [{name: z, command: [x]}]}\n"
    "- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: d}\n  spec:\n"
    "    selector: {matchLabels: {a: b}}\n    strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}\n"
    "    template: {metadata: {labels: {a: b}}, spec: {containers: [{name: z, command: [x]}]}}\n"
    "- apiVersion: batch/v1\n  kind: CronJob\n  metadata: {name: j}\n  spec:\n    schedule: '@daily'\n"
    "    jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: z, command: [x]}]}}}}\n";

static const char faulty[] =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: A, labels: {-: -}}\nspec:\n  nothing: 1\n  restartPolicy: no\n"
    "  containers:\n  - {name: x, comand: [q], ports: [{containerPort: 0}]}\n  - {name: x}\n"
    "---\nkind: Nothing\napiVersion: v1\n---\n- x\n";

static const char twice[] = "{\"a\": {\"b\": \"\\ud83d\\ude00\", \"b\": 2}}";

struct told {
    struct diags diags;
    struct report report;
    bool written;
};

static bool says_so(const struct told *t)
{
    /* Without a name of the file findings go on, and have none. */
    if (t->diags.out_of_memory || t->report.out_of_memory || !t->written || t->diags.file == NULL)
        return true;
    for (size_t i = 0; i < t->diags.count; i++) {
        if (t->diags.items[i].kind == DIAG_INTERNAL)
            return true;
    }
    return false;
}

static bool encoded(const struct pod_config_set *set)
{
    bool ok = true;

    for (size_t i = 0; i < set->count; i++) {
        struct buf text = BUF_INIT;

        encode_object(&schema_pod_manifest, set->items[i]->manifest, &text);
        ok &= !buf_failed(&text);
        buf_deinit(&text);
    }
    return ok;
}

/* With the nth allocation, and all after it, refused; false: it did not take so many. */
static bool try_with(long n, const char *text, size_t length, bool good, FILE *nowhere)
{
    struct pod_config_set set = {0};
    struct told t = {0};
    const struct load_options options = {.report = &t.report};
    bool ready, ok;

    refused = false;
    allocations_left = n;
    ready = diags_init(&t.diags) && report_init(&t.report);
    ok = ready && load_text(&set, "m", text, length, &options, &t.diags);
    t.written = ready && reports_json(&t.report, &t.diags, nowhere);
    if (ok)
        t.written &= encoded(&set);
    allocations_left = -1;
    if (refused)
        EXPECT(!ready || says_so(&t));
    else
        EXPECT_INT(ok, good);
    pod_config_set_deinit(&set);
    if (t.report.arena != NULL)
        report_deinit(&t.report);
    diags_deinit(&t.diags);
    return refused;
}

static long try_all(const char *text, size_t length, bool good)
{
    FILE *nowhere = fopen("/dev/null", "w");
    long n = 0;

    assert_non_null(nowhere);
    while (try_with(n, text, length, good, nowhere))
        n++;
    fclose(nowhere);
    print_message("# %ld allocations\n", n);
    return n;
}

TEST(every_allocation_failure_in_reading_a_rich_manifest_is_said)
{
    EXPECT(try_all(rich, sizeof rich - 1, true) > 100);
}

TEST(every_allocation_failure_in_telling_faults_is_said)
{
    EXPECT(try_all(faulty, sizeof faulty - 1, false) > 40);
}

TEST(every_allocation_failure_before_the_decoding_is_said)
{
    EXPECT(try_all(twice, sizeof twice - 1, false) > 10);
}

TESTS(RUN(every_allocation_failure_in_reading_a_rich_manifest_is_said),
      RUN(every_allocation_failure_in_telling_faults_is_said),
      RUN(every_allocation_failure_before_the_decoding_is_said))
