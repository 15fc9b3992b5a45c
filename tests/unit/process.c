/*
 * Whom processes run as and what they may use: from the manifest to the numbers.
 */
#include "config/capabilities.h"
#include "config/process_rules.h"
#include "config/resources.h"
#include "config/rlimits.h"
#include "tests/lib/loaded.h"

#include <string.h>
#include <sys/resource.h>

#define HEAD "apiVersion: v1\nkind: Pod\n"
#define NAMED HEAD "metadata: {name: a}\n"
#define C "name: x, command: [x]"

static const struct process_rules *rules_of(const char *text)
{
    if (!load(text))
        fail_msg("refused: %s", buf_text(&w.findings));
    return w.set.items[0]->process;
}

static void expect_finding(const char *text, const char *wanted)
{
    if (load(text))
        fail_msg("taken: %s", text);
    EXPECT_STR(buf_text(&w.findings), wanted);
    done();
}

/* ---- identity ---- */

TEST(a_container_without_a_security_context_asks_for_nothing)
{
    const struct process_rules *r = rules_of(NAMED "spec: {containers: [{" C "}]}");

    EXPECT(r->user == INT_UNSET && r->group == INT_UNSET && r->group_count == 0);
    EXPECT(!r->non_root && !r->no_new_privs && !r->capabilities);
    EXPECT_INT(r->umask, UMASK_UNSET);
    EXPECT_INT(r->rlimit_count, 0);
    done();
}

TEST(a_containers_security_context_comes_before_the_pods)
{
    const struct process_rules *r = rules_of(
        NAMED "spec:\n  securityContext: {runAsUser: 1, runAsGroup: 2, runAsNonRoot: true,\n"
              "    supplementalGroups: [7, 8], fsGroup: 9, supplementalGroupsPolicy: Strict}\n"
              "  initContainers: [{name: i, command: [i]}]\n"
              "  containers: [{" C ", securityContext: {runAsUser: 3, runAsNonRoot: false,\n"
              "    allowPrivilegeEscalation: false}}]\n");

    EXPECT_INT(r[0].user, 1);
    EXPECT_INT(r[0].group, 2);
    EXPECT(r[0].non_root && !r[0].no_new_privs);
    EXPECT_INT(r[1].user, 3);
    EXPECT_INT(r[1].group, 2);
    EXPECT(!r[1].non_root && r[1].no_new_privs && r[1].groups_strict);
    EXPECT_INT(r[1].group_count, 3);
    EXPECT_INT(r[1].groups[0], 7);
    EXPECT_INT(r[1].groups[2], 9);
    done();
}

TEST(capabilities_are_read_with_and_without_their_prefix)
{
    const struct process_rules *r =
        rules_of(NAMED "spec: {containers: [{" C ", securityContext: {capabilities: {drop: [ALL], "
                       "add: [NET_BIND_SERVICE, CAP_sys_time]}}}]}");

    EXPECT(r->capabilities);
    EXPECT(r->drop == CAPABILITIES_ALL);
    EXPECT_INT(r->add, UINT64_C(1) << 10 | UINT64_C(1) << 25);
    EXPECT_STR(capability_name(10), "NET_BIND_SERVICE");
    for (unsigned i = 0; i < CAPABILITIES; i++)
        EXPECT_INT(capability_mask(capability_name(i)), UINT64_C(1) << i);
    done();
}

TEST(ids_capabilities_and_contradictions_are_told_in_kubernetes_words)
{
    expect_finding(NAMED "spec: {securityContext: {runAsUser: -1, runAsGroup: 2147483648, fsGroup: -2, "
                         "supplementalGroups: [0, -3]}, containers: [{" C "}]}",
                   "m:4:37: spec.securityContext.runAsUser: Invalid value: -1: "
                   "must be between 0 and 2147483647, inclusive\n"
                   "m:4:53: spec.securityContext.runAsGroup: Invalid value: 2147483648: "
                   "must be between 0 and 2147483647, inclusive\n"
                   "m:4:74: spec.securityContext.fsGroup: Invalid value: -2: "
                   "must be between 0 and 2147483647, inclusive\n"
                   "m:4:102: spec.securityContext.supplementalGroups[1]: Invalid value: -3: "
                   "must be between 0 and 2147483647, inclusive\n");
    expect_finding(NAMED "spec: {containers: [{" C ", securityContext: {capabilities: {add: [NET_ADMIM]}}}]}",
                   "m:4:84: spec.containers[0].securityContext.capabilities.add[0]: Unsupported value: "
                   "\"NET_ADMIM\": must be ALL, or one of capabilities(7) such as NET_BIND_SERVICE\n");
    expect_finding(NAMED "spec: {containers: [{" C ", securityContext: {allowPrivilegeEscalation: false, "
                         "privileged: true, capabilities: {add: [CAP_SYS_ADMIN]}}}]}",
                   "m:4:62: spec.containers[0].securityContext: Invalid value: {\"allowPrivilegeEscalation\":false,"
                   "\"privileged\":true,\"capabilities\":{\"add\":[\"CAP_SYS_ADMIN\"]}}: cannot set "
                   "`allowPrivilegeEscalation` to false and `privileged` to true\n"
                   "m:4:62: spec.containers[0].securityContext: Invalid value: {\"allowPrivilegeEscalation\":false,"
                   "\"privileged\":true,\"capabilities\":{\"add\":[\"CAP_SYS_ADMIN\"]}}: cannot set "
                   "`allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN\n");
}

/* ---- annotations ---- */

static struct rlimits parsed(const char *text)
{
    struct rlimits r = {.count = 0};
    char error[RLIMITS_ERROR_SIZE];

    if (!rlimits_parse(text, &r, error))
        fail_msg("refused: %s: %s", text, error);
    return r;
}

TEST(limits_are_soft_and_hard_numbers_quantities_or_unlimited)
{
    struct rlimits r = parsed("nofile=1024:4096, core=0,memlock = 64Mi : unlimited,stack=infinity");

    EXPECT_INT(r.count, 4);
    EXPECT_INT(r.items[0].resource, RLIMIT_NOFILE);
    EXPECT_INT(r.items[0].soft, 1024);
    EXPECT_INT(r.items[0].hard, 4096);
    EXPECT_INT(r.items[1].hard, 0);
    EXPECT_INT(r.items[2].soft, 64 << 20);
    EXPECT(r.items[2].hard == RLIMIT_UNLIMITED);
    EXPECT(r.items[3].soft == RLIMIT_UNLIMITED);
}

TEST(a_limit_at_fault_is_told_and_changes_nothing)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "\"\" is no LIMIT=VALUE such as nofile=65536"},
        {"nofile", "\"nofile\" is no LIMIT=VALUE such as nofile=65536"},
        {"files=1", "\"files\" is no limit such as nofile, nproc, core or memlock; see setrlimit(2)"},
        {"core=0,core=1", "core: given twice"},
        {"core=-1", "core: \"-1\" is no number such as 1024 or 64Mi, nor unlimited"},
        {"core=0.5", "core: \"0.5\" is no number such as 1024 or 64Mi, nor unlimited"},
        {"core=1:x", "core: \"x\" is no number such as 1024 or 64Mi, nor unlimited"},
        {"core=2:1", "core: the soft limit 2 is above the hard one, 1"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rlimits r = parsed("nproc=7");
        char error[RLIMITS_ERROR_SIZE];

        EXPECT(!rlimits_parse(rows[i].text, &r, error));
        EXPECT_STR(error, rows[i].error);
        EXPECT_INT(r.count, 1);
    }
}

TEST(annotations_of_a_container_come_over_the_pods)
{
    const struct process_rules *r = rules_of(
        HEAD "metadata: {name: a, annotations: {pidlet.dev/umask: \"027\", pidlet.dev/rlimits: \"core=0,nofile=9\",\n"
             "  pidlet.dev/umask.z: \"0\", pidlet.dev/rlimits.z: \"core=1\"}}\n"
             "spec: {containers: [{" C "}, {name: z, command: [z]}]}");

    EXPECT_INT(r[0].umask, 027);
    EXPECT_INT(r[1].umask, 0);
    EXPECT_INT(r[0].rlimits[0].hard, 0);
    EXPECT_INT(r[1].rlimits[0].hard, 1);
    EXPECT_INT(r[1].rlimit_count, 2);   /* a limit that is not named keeps the pod's */
    EXPECT_INT(r[1].rlimits[1].hard, 9);
    done();
}

static const char *watched(size_t container)
{
    static char text[64];

    text[0] = '\0';
    for (size_t i = 0; i < w.set.items[0]->watch[container].count; i++)
        strcat(strcat(text, w.set.items[0]->watch[container].items[i]), ";");
    return text;
}

TEST(files_are_watched_by_annotation_else_as_the_caller_says)
{
    static const char text[] = HEAD "metadata: {name: a, annotations: {pidlet.dev/watch.z: \"src , etc/a b.yaml\"}}\n"
                               "spec: {containers: [{" C "}, {name: z, command: [z]}]}";
    struct load_options options = {.defaults.watch = "."};

    rules_of(text);
    EXPECT_STR(watched(0), "");
    EXPECT_STR(watched(1), "src;etc/a b.yaml;");
    done();
    EXPECT(load_with(text, &options));
    EXPECT_STR(watched(0), ".;");
    EXPECT_STR(watched(1), "src;etc/a b.yaml;");
    done();
}

TEST(annotations_at_fault_are_told_where_they_stand)
{
#define WITH(annotation) HEAD "metadata: {name: a, annotations: {" annotation "}}\nspec: {containers: [{" C "}]}"
    expect_finding(WITH("pidlet.dev/umask: \"8\""),
                   "m:3:53: metadata.annotations[pidlet.dev/umask]: Invalid value: \"8\": "
                   "must be octal, from \"000\" to \"777\", such as \"027\"\n");
    expect_finding(WITH("pidlet.dev/umask.none: \"0\""),
                   "m:3:35: metadata.annotations[pidlet.dev/umask.none]: Unknown field: "
                   "the pod has no container \"none\"\n");
    expect_finding(WITH("pidlet.dev/rlimit: \"core=0\""),
                   "m:3:35: metadata.annotations[pidlet.dev/rlimit]: Unknown field: "
                   "pidlet knows backoff, ends-with, listen, logs-when-full, notify, rlimits, umask, watch and watchdog, each also as NAME.CONTAINER\n");
    expect_finding(WITH("pidlet.dev/watch: \"src,,x\""),
                   "m:3:53: metadata.annotations[pidlet.dev/watch]: Invalid value: \"src,,x\": "
                   "must be paths of files or folders, commas between\n");
#undef WITH
}

/* ---- resources ---- */

#define WITH_RESOURCES(r) NAMED "spec: {containers: [{" C ", resources: {" r "}}]}"

static const struct pod_spec *pod_of(const char *text)
{
    rules_of(text);
    return w.set.items[0]->spec;
}

static void expect_class(enum qos_class wanted, const char *text)
{
    EXPECT_STR(qos_class_name(qos_class_of(pod_of(text))), qos_class_name(wanted));
    done();
}

TEST(the_class_of_a_pod_follows_from_requests_and_limits)
{
    expect_class(QOS_BEST_EFFORT, NAMED "spec: {containers: [{" C "}]}");
    expect_class(QOS_BEST_EFFORT, WITH_RESOURCES("limits: {ephemeral-storage: 1Gi}"));
    expect_class(QOS_BURSTABLE, WITH_RESOURCES("requests: {cpu: 1m}"));
    expect_class(QOS_BURSTABLE, WITH_RESOURCES("limits: {cpu: 1}"));
    expect_class(QOS_BURSTABLE, WITH_RESOURCES("limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}"));
    expect_class(QOS_GUARANTEED, WITH_RESOURCES("limits: {cpu: 1, memory: 1Gi}"));
    expect_class(QOS_GUARANTEED, WITH_RESOURCES("limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1000m}"));
    expect_class(QOS_BURSTABLE, NAMED "spec: {containers: [{" C ", resources: {limits: {cpu: 1, memory: 1Gi}}}, "
                                      "{name: z, command: [z]}]}");
    expect_class(QOS_GUARANTEED, NAMED "spec: {resources: {limits: {cpu: 1, memory: 1Gi}}, containers: [{" C "}]}");
}

TEST(oom_score_adj_follows_the_class_and_the_memory_request)
{
    static const int64_t host = INT64_C(1000) << 20;
    static const struct {
        const char *text;
        int wanted;
    } rows[] = {
        {NAMED "spec: {containers: [{" C "}]}", 1000},
        {WITH_RESOURCES("limits: {cpu: 1, memory: 1Gi}"), -997},
        {WITH_RESOURCES("requests: {memory: 250Mi}"), 750},
        {WITH_RESOURCES("requests: {memory: 999Mi}"), 3},
        {WITH_RESOURCES("requests: {cpu: 1}"), 999},
        {WITH_RESOURCES("requests: {memory: 2000Mi}"), 3},
        {NAMED "spec: {resources: {requests: {memory: 400Mi}}, containers: [{" C "}, {name: z, command: [z]}]}", 800},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct pod_spec *pod = pod_of(rows[i].text);

        EXPECT_INT(qos_oom_score_adj(pod, &pod->containers.items[0], host), rows[i].wanted);
        done();
    }
}

TEST(a_sidecar_is_spared_as_long_as_the_container_that_it_serves)
{
    const struct pod_spec *pod = pod_of(
        NAMED "spec:\n  initContainers:\n"
              "  - {name: s, command: [s], restartPolicy: Always, resources: {requests: {memory: 100Mi}}}\n"
              "  - {name: i, command: [i], resources: {requests: {memory: 100Mi}}}\n"
              "  containers:\n  - {" C ", resources: {requests: {memory: 500Mi}}}\n"
              "  - {name: z, command: [z], resources: {requests: {memory: 300Mi}}}\n");

    EXPECT_INT(qos_oom_score_adj(pod, &pod->init_containers.items[0], INT64_C(1000) << 20), 700);
    EXPECT_INT(qos_oom_score_adj(pod, &pod->init_containers.items[1], INT64_C(1000) << 20), 900);
    done();
}

static void expect_limits(const char *resources, int64_t memory, int64_t quota, int64_t weight)
{
    struct cgroup_limits l;
    struct buf text = BUF_INIT;

    buf_addf(&text, NAMED "spec: {containers: [{" C ", resources: {%s}}]}", resources);
    resources_of_container(&pod_of(buf_text(&text))->containers.items[0], &l);
    EXPECT_INT(l.memory_max, memory);
    EXPECT_INT(l.cpu_quota, quota);
    EXPECT_INT(l.cpu_weight, weight);
    buf_deinit(&text);
    done();
}

TEST(limits_become_the_kubelets_numbers)
{
    expect_limits("", 0, 0, 1);
    expect_limits("limits: {memory: 64Mi}", 64 << 20, 0, 1);
    expect_limits("limits: {memory: \"1.5\"}", 2, 0, 1);
    expect_limits("limits: {cpu: 500m}", 0, 50000, 20);
    expect_limits("limits: {cpu: 2}, requests: {cpu: 1}", 0, 200000, 39);
    expect_limits("limits: {cpu: 1m}", 0, 1000, 1);
    expect_limits("requests: {cpu: 1000}", 0, 0, 10000);
}

TEST(a_pods_limits_are_those_of_its_containers_together)
{
    struct cgroup_limits l;
    const struct pod_spec *pod = pod_of(
        NAMED "spec:\n  initContainers:\n"
              "  - {name: s, command: [s], restartPolicy: Always, resources: {limits: {cpu: 1, memory: 10Mi}}}\n"
              "  - {name: i, command: [i], resources: {limits: {cpu: 100m, memory: 50Mi}}}\n"
              "  containers:\n  - {" C ", resources: {limits: {cpu: 1, memory: 20Mi}}}\n"
              "  - {name: z, command: [z], resources: {limits: {memory: 20Mi}}}\n");

    resources_of_pod(pod, &l);
    EXPECT_INT(l.memory_max, 60 << 20); /* the init container beside the sidecar before it */
    EXPECT_INT(l.cpu_quota, 0);         /* one of them has no limit */
    EXPECT_INT(l.cpu_weight, 79);
    done();
    pod = pod_of(NAMED "spec: {resources: {limits: {cpu: 3, memory: 1Gi}, requests: {cpu: 1}}, "
                       "containers: [{" C "}]}");
    resources_of_pod(pod, &l);
    EXPECT_INT(l.memory_max, 1 << 30);
    EXPECT_INT(l.cpu_quota, 300000);
    EXPECT_INT(l.cpu_weight, 39);
    done();
}

TESTS(RUN(a_container_without_a_security_context_asks_for_nothing),
      RUN(a_containers_security_context_comes_before_the_pods),
      RUN(capabilities_are_read_with_and_without_their_prefix),
      RUN(ids_capabilities_and_contradictions_are_told_in_kubernetes_words),
      RUN(limits_are_soft_and_hard_numbers_quantities_or_unlimited),
      RUN(a_limit_at_fault_is_told_and_changes_nothing), RUN(annotations_of_a_container_come_over_the_pods),
      RUN(files_are_watched_by_annotation_else_as_the_caller_says),
      RUN(annotations_at_fault_are_told_where_they_stand), RUN(the_class_of_a_pod_follows_from_requests_and_limits),
      RUN(oom_score_adj_follows_the_class_and_the_memory_request),
      RUN(a_sidecar_is_spared_as_long_as_the_container_that_it_serves), RUN(limits_become_the_kubelets_numbers),
      RUN(a_pods_limits_are_those_of_its_containers_together))
