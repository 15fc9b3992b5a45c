/*
 * From text to pods: fields, defaults, rules.
 */
#include "base/buf.h"
#include "config/diag.h"
#include "config/load.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct pod_config_set set;
    struct diags diags;
    struct buf findings;
} w;

static bool load(const char *text)
{
    const struct load_options options = {0};
    bool ok;

    memset(&w, 0, sizeof w);
    assert_true(diags_init(&w.diags));
    ok = load_text(&w.set, "m", text, strlen(text), &options, &w.diags);
    for (size_t i = 0; i < w.diags.count; i++) {
        diag_format(&w.diags.items[i], &w.findings);
        buf_addc(&w.findings, '\n');
    }
    return ok;
}

static void done(void)
{
    pod_config_set_deinit(&w.set);
    diags_deinit(&w.diags);
    buf_deinit(&w.findings);
}

#define HEAD "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
#define APP "containers: [{name: x, command: [x]"

/* One finding; an @ in the text marks where, and is no part of it. */
static void expect_finding(const char *marked, const char *wanted)
{
    const char *mark = strchr(marked, '@');
    struct buf text = BUF_INIT, full = BUF_INIT;
    unsigned line = 1, column = 1;

    assert_non_null(mark);
    for (const char *p = marked; p < mark; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n';
    }
    buf_add(&text, marked, (size_t)(mark - marked));
    buf_adds(&text, mark + 1);
    buf_addf(&full, "m:%u:%u: %s\n", line, column, wanted);
    if (load(buf_text(&text)))
        fail_msg("taken: %s", marked);
    EXPECT_STR(buf_text(&w.findings), buf_text(&full));
    buf_deinit(&text);
    buf_deinit(&full);
    done();
}

static void expect_good(const char *text)
{
    if (!load(text))
        fail_msg("refused: %s", buf_text(&w.findings));
    done();
}

TEST(defaults_stand_in_their_places)
{
    const struct probe_spec *probe;
    const struct pod_config *c;

    EXPECT(load(HEAD "spec: {" APP ", livenessProbe: {exec: {command: [x]}, periodSeconds: 0}}]}"));
    c = w.set.items[0];
    EXPECT_STR(c->name, "a");
    EXPECT_STR(c->namespace, "default");
    EXPECT_INT(c->spec->restart_policy, RESTART_ALWAYS);
    EXPECT_INT(c->spec->termination_grace_period_seconds, 30);
    probe = c->spec->containers.items[0].liveness_probe;
    EXPECT_INT(probe->period_seconds, 10);
    EXPECT_INT(probe->timeout_seconds, 1);
    EXPECT_INT(probe->success_threshold, 1);
    EXPECT_INT(probe->failure_threshold, 3);
    EXPECT_INT(probe->initial_delay_seconds, 0);
    EXPECT_INT(probe->termination_grace_period_seconds, INT_UNSET);
    EXPECT_INT(c->backoff[0].max, 300000);
    done();
}

TEST(the_hash_follows_the_content_not_the_layout)
{
    char first[64];

    EXPECT(load(HEAD "spec: {" APP "}]}"));
    snprintf(first, sizeof first, "%s", w.set.items[0]->hash);
    EXPECT_STR(w.set.items[0]->uid, first);
    EXPECT_INT(strlen(first), 32);
    done();
    EXPECT(load("# a comment\nkind: Pod\napiVersion: \"v1\"\nmetadata:\n  name: a\nspec:\n  containers:\n"
                "  - command:\n    - x\n    name: x\n"));
    EXPECT_STR(w.set.items[0]->hash, first);
    done();
    EXPECT(load(HEAD "spec: {" APP ", args: [\"\"]}]}"));
    EXPECT(strcmp(w.set.items[0]->hash, first) != 0);
    done();
    EXPECT(load("apiVersion: v1\nkind: Pod\nmetadata: {name: a, uid: my-own}\nspec: {" APP "}]}"));
    EXPECT_STR(w.set.items[0]->uid, "my-own");
    done();
}

/* kubelet-semantics 3.3; Kubernetes says "less", and takes what is equal. */
TEST(a_sleep_hook_must_fit_the_grace_period)
{
#define SLEEP(spec, seconds) HEAD "spec: {" spec APP ", lifecycle: {preStop: {sleep: @{seconds: " seconds "}}}}]}"
    expect_good(HEAD "spec: {" APP ", lifecycle: {postStart: {sleep: {seconds: 30}}}}]}");
    expect_good(HEAD "spec: {" APP ", lifecycle: {preStop: {sleep: {seconds: 0}}}}]}");
    expect_good(HEAD "spec: {" APP ", lifecycle: {preStop: {tcpSocket: {port: 80}}}}]}");
    expect_finding(SLEEP("", "60"),
                   "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than "
                   "terminationGracePeriodSeconds (30)");
    expect_finding(SLEEP("terminationGracePeriodSeconds: 5, ", "6"),
                   "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 6: must be non-negative and less than "
                   "terminationGracePeriodSeconds (5)");
    expect_finding(SLEEP("", "-1"),
                   "spec.containers[0].lifecycle.preStop.sleep: Invalid value: -1: must be non-negative and less than "
                   "terminationGracePeriodSeconds (30)");
    expect_finding(HEAD "spec: {" APP ", lifecycle: {preStop: {sleep: @{}}}}]}",
                   "spec.containers[0].lifecycle.preStop.sleep.seconds: Required value");
}

TEST(rules_of_probes_have_kubernetes_words)
{
#define PROBE(which, inside) HEAD "spec: {" APP ", " which ": " inside "}]}"
    expect_good(PROBE("livenessProbe", "{tcpSocket: {port: 65535}}"));
    expect_good(PROBE("readinessProbe", "{exec: {command: [x]}, successThreshold: 2}"));
    expect_good(HEAD "spec: {" APP ", ports: [{name: web, containerPort: 80}], livenessProbe: {tcpSocket: {port: web}}}]}");
    expect_finding(PROBE("livenessProbe", "@{periodSeconds: 1}"),
                   "spec.containers[0].livenessProbe: Required value: must specify a handler type");
    expect_finding(PROBE("livenessProbe", "{exec: {command: [x]}, tcpSocket: @{port: 1}}"),
                   "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type");
    expect_finding(PROBE("livenessProbe", "{exec: {command: @[]}}"),
                   "spec.containers[0].livenessProbe.exec.command: Required value");
    expect_finding(PROBE("livenessProbe", "{tcpSocket: @{}}"),
                   "spec.containers[0].livenessProbe.tcpSocket.port: Required value");
    expect_finding(PROBE("livenessProbe", "{tcpSocket: {port: @0}}"),
                   "spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive");
    expect_finding(PROBE("livenessProbe", "{tcpSocket: {port: @web}}"),
                   "spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: \"web\": no port of this container has that name");
    expect_finding(PROBE("livenessProbe", "{exec: {command: [x]}, successThreshold: @2}"),
                   "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1");
    expect_finding(PROBE("readinessProbe", "{exec: {command: [x]}, terminationGracePeriodSeconds: @5}"),
                   "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes");
    expect_finding(PROBE("livenessProbe", "{exec: {command: [x]}, terminationGracePeriodSeconds: @0}"),
                   "spec.containers[0].livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0");
    expect_finding(PROBE("livenessProbe", "{exec: {command: [x]}, timeoutSeconds: @2147483648}"),
                   "spec.containers[0].livenessProbe.timeoutSeconds: Invalid value: 2147483648: must be less than or equal to 2147483647");
}

TEST(rules_of_containers_have_kubernetes_words)
{
    expect_finding(HEAD "spec: @{}", "spec.containers: Required value");
    expect_finding(HEAD "spec: {containers: @[]}", "spec.containers: Required value");
    expect_finding(HEAD "spec: {containers: [@{command: [x]}]}", "spec.containers[0].name: Required value");
    expect_finding(HEAD "spec: {containers: [@{name: x}]}",
                   "spec.containers[0].command: Required value: there is no image to take an entry point from");
    expect_finding(HEAD "spec: {" APP "}, {name: @x, command: [x]}]}",
                   "spec.containers[1].name: Duplicate value: \"x\"");
    expect_finding(HEAD "spec: {" APP ", ports: [{name: a, containerPort: @70000}]}]}",
                   "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive");
    expect_finding(HEAD "spec: {" APP ", ports: [{name: a, containerPort: 1}, {name: @a, containerPort: 2}]}]}",
                   "spec.containers[0].ports[1].name: Duplicate value: \"a\"");
    expect_finding(HEAD "spec: {" APP ", env: [@{value: x}]}]}", "spec.containers[0].env[0].name: Required value");
    expect_finding(HEAD "spec: {" APP ", lifecycle: {preStop: @{}}}]}",
                   "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type");
    expect_finding(HEAD "spec: {" APP "}], restartPolicy: @never}",
                   "spec.restartPolicy: Unsupported value: \"never\": supported values: \"Always\", \"OnFailure\", \"Never\"");
    expect_finding("@apiVersion: v1\nkind: Pod\nspec: {" APP "}]}",
                   "metadata.name: Required value: name or generateName is required");
    expect_finding("apiVersion: v1\nkind: Pod\nmetadata: {name: a, uid: @../x}\nspec: {" APP "}]}",
                   "metadata.uid: Invalid value: \"../x\": must be at most 64 letters, digits and hyphens");
}

TEST(rules_of_init_containers_have_kubernetes_words)
{
#define INIT(inside) HEAD "spec: {initContainers: [{name: i, command: [x]" inside "}], " APP "}]}"
    expect_good(INIT(", restartPolicy: Always, startupProbe: {exec: {command: [x]}}, lifecycle: {preStop: {exec: {command: [x]}}}"));
    expect_good(INIT(", restartPolicy: Never"));
    expect_finding(INIT(", livenessProbe: @{exec: {command: [x]}}"),
                   "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always");
    expect_finding(INIT(", startupProbe: @{exec: {command: [x]}}"),
                   "spec.initContainers[0].startupProbe: Forbidden: may not be set for init containers without restartPolicy=Always");
    expect_finding(INIT(", restartPolicy: OnFailure, lifecycle: @{preStop: {exec: {command: [x]}}}"),
                   "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always");
    expect_finding(HEAD "spec: {initContainers: [{name: @x, command: [x]}], " APP "}]}",
                   "spec.initContainers[0].name: Duplicate value: \"x\"");
    expect_finding(INIT("}, {name: @i, command: [x]"), "spec.initContainers[1].name: Duplicate value: \"i\"");
    expect_finding(HEAD "spec: {initContainers: [@{name: i}], " APP "}]}",
                   "spec.initContainers[0].command: Required value: there is no image to take an entry point from");
    expect_finding(HEAD "spec: {" APP ", startupProbe: {exec: {command: [x]}, successThreshold: @2}}]}",
                   "spec.containers[0].startupProbe.successThreshold: Invalid value: 2: must be 1");
}

TEST(the_cores_order_is_the_init_containers_then_the_others)
{
    const struct pod_config *c;

    EXPECT(load("apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {pidlet.dev/backoff.i: max=1m,"
                " pidlet.dev/backoff.x: max=2m}}\n"
                "spec: {" APP "}], initContainers: [{name: h, command: [x]}, {name: i, command: [x]}]}"));
    c = w.set.items[0];
    EXPECT_INT(c->count, 3);
    EXPECT_INT(c->init_count, 2);
    EXPECT_STR(c->containers[1]->name, "i");
    EXPECT_STR(c->containers[2]->name, "x");
    EXPECT_INT(c->backoff[0].max, 300000);
    EXPECT_INT(c->backoff[1].max, 60000);
    EXPECT_INT(c->backoff[2].max, 120000);
    done();
}

TEST(types_are_told_with_a_way_out)
{
    expect_finding(HEAD "spec: {" APP ", env: [{name: A, value: @yes}]}]}",
                   "spec.containers[0].env[0].value: Invalid value: true: must be a string, not a boolean: write \"yes\" in quotes");
    expect_finding(HEAD "spec: {" APP ", args: @x}]}",
                   "spec.containers[0].args: Invalid value: \"x\": must be a list of strings, not a string");
    expect_finding(HEAD "spec: {" APP "}], terminationGracePeriodSeconds: @5s}",
                   "spec.terminationGracePeriodSeconds: Invalid value: \"5s\": must be an integer, not a string");
    expect_finding(HEAD "spec: @[x]", "spec: Invalid value: [\"x\"]: must be a map, not a list");
    expect_finding("@- x\n", "Invalid value: [\"x\"]: must be a map with apiVersion and kind");
}

TEST(a_daemons_cap_gives_way_to_the_annotation)
{
    const struct load_options options = {.max_restart_period = 5000};
    static const char text[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {pidlet.dev/backoff.b: max=1m}}\n"
                               "spec: {containers: [{name: a, command: [x]}, {name: b, command: [x]}]}";

    memset(&w, 0, sizeof w);
    assert_true(diags_init(&w.diags));
    EXPECT(load_text(&w.set, "m", text, strlen(text), &options, &w.diags));
    EXPECT_INT(w.set.items[0]->backoff[0].max, 5000);
    EXPECT_INT(w.set.items[0]->backoff[0].initial, 5000);
    EXPECT_INT(w.set.items[0]->backoff[1].max, 60000);
    done();
}

TESTS(RUN(defaults_stand_in_their_places),
      RUN(the_hash_follows_the_content_not_the_layout),
      RUN(a_sleep_hook_must_fit_the_grace_period),
      RUN(rules_of_probes_have_kubernetes_words),
      RUN(rules_of_containers_have_kubernetes_words),
      RUN(rules_of_init_containers_have_kubernetes_words),
      RUN(the_cores_order_is_the_init_containers_then_the_others),
      RUN(types_are_told_with_a_way_out),
      RUN(a_daemons_cap_gives_way_to_the_annotation))
