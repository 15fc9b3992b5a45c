/*
 * From text to pods: fields, defaults, rules.
 */
#include "base/buf.h"
#include "config/signals.h"
#include "tests/lib/loaded.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#define RULE(values) "{action: Restart, exitCodes: {operator: In, values: [" values "]}}"
#define RULES(policy, rules) HEAD "spec: {" APP policy ", restartPolicyRules: " rules "}]}"
#define NEVER ", restartPolicy: Never"
#define TEN(x) x ", " x ", " x ", " x ", " x ", " x ", " x ", " x ", " x ", " x

/* spec 5.1 */
TEST(restart_rules_have_kubernetes_words)
{
    static const char sixteen[] = "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15";
    struct buf text = BUF_INIT;

    expect_good(RULES(NEVER, "[" RULE("42") "]"));
    expect_good(RULES(", restartPolicy: Always", "[{action: RestartAllContainers, exitCodes: {operator: NotIn, values: [0]}}]"));
    expect_good(RULES(NEVER, "[" TEN(RULE("1")) ", " TEN(RULE("2")) "]"));
    expect_finding(HEAD "spec: {containers: [@{name: x, command: [x], restartPolicyRules: [" RULE("42") "]}]}",
                   "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used");
    expect_finding(RULES(NEVER, "@[" TEN(RULE("1")) ", " TEN(RULE("2")) ", " RULE("3") "]"),
                   "spec.containers[0].restartPolicyRules: Too many: 21: must have at most 20 items");
    expect_finding(RULES(NEVER, "[@{action: Restart}]"),
                   "spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified");
    expect_finding(RULES(NEVER, "[{action: @Stop, exitCodes: {operator: In, values: [1]}}]"),
                   "spec.containers[0].restartPolicyRules[0].action: Unsupported value: \"Stop\": "
                   "supported values: \"Restart\", \"RestartAllContainers\"");
    expect_finding(RULES(NEVER, "[{action: Restart, exitCodes: {operator: @Is, values: [1]}}]"),
                   "spec.containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: \"Is\": "
                   "supported values: \"In\", \"NotIn\"");
    expect_finding(HEAD "spec: {" APP ", restartPolicy: @Sometimes}]}",
                   "spec.containers[0].restartPolicy: Unsupported value: \"Sometimes\": "
                   "supported values: \"Always\", \"Never\", \"OnFailure\"");
    buf_adds(&text, HEAD "spec: {" APP NEVER ", restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: @[");
    for (int i = 0; i < 16; i++)
        buf_addf(&text, "%s, ", sixteen);
    buf_adds(&text, "]}}]}]}");
    expect_finding(buf_text(&text),
                   "spec.containers[0].restartPolicyRules[0].exitCodes.values: Too many: 256: must have at most 255 items");
    buf_deinit(&text);
}

/* spec 4.6 */
TEST(a_stop_signal_needs_an_os_and_a_name_that_exists)
{
    expect_good(HEAD "spec: {os: {name: linux}, " APP ", lifecycle: {stopSignal: SIGRTMAX-14}}]}");
    expect_finding(HEAD "spec: {" APP ", lifecycle: {stopSignal: @SIGUSR1}}]}",
                   "spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`");
    expect_finding(HEAD "spec: {os: {name: linux}, " APP ", lifecycle: {stopSignal: @USR1}}]}",
                   "spec.containers[0].lifecycle.stopSignal: Unsupported value: \"USR1\": supported values: "
                   "\"SIGABRT\", \"SIGALRM\", \"SIGBUS\", \"SIGCHLD\", \"SIGCLD\", \"SIGCONT\", \"SIGFPE\", \"SIGHUP\", "
                   "\"SIGILL\", \"SIGINT\", \"SIGIO\", \"SIGIOT\", \"SIGKILL\", \"SIGPIPE\", \"SIGPOLL\", \"SIGPROF\", "
                   "\"SIGPWR\", \"SIGQUIT\", \"SIGRTMAX\", \"SIGRTMAX-1\", \"SIGRTMAX-10\", \"SIGRTMAX-11\", "
                   "\"SIGRTMAX-12\", \"SIGRTMAX-13\", \"SIGRTMAX-14\", \"SIGRTMAX-2\", \"SIGRTMAX-3\", \"SIGRTMAX-4\", "
                   "\"SIGRTMAX-5\", \"SIGRTMAX-6\", \"SIGRTMAX-7\", \"SIGRTMAX-8\", \"SIGRTMAX-9\", \"SIGRTMIN\", "
                   "\"SIGRTMIN+1\", \"SIGRTMIN+10\", \"SIGRTMIN+11\", \"SIGRTMIN+12\", \"SIGRTMIN+13\", "
                   "\"SIGRTMIN+14\", \"SIGRTMIN+15\", \"SIGRTMIN+2\", \"SIGRTMIN+3\", \"SIGRTMIN+4\", \"SIGRTMIN+5\", "
                   "\"SIGRTMIN+6\", \"SIGRTMIN+7\", \"SIGRTMIN+8\", \"SIGRTMIN+9\", \"SIGSEGV\", \"SIGSTKFLT\", "
                   "\"SIGSTOP\", \"SIGSYS\", \"SIGTERM\", \"SIGTRAP\", \"SIGTSTP\", \"SIGTTIN\", \"SIGTTOU\", \"SIGURG\", "
                   "\"SIGUSR1\", \"SIGUSR2\", \"SIGVTALRM\", \"SIGWINCH\", \"SIGXCPU\", \"SIGXFSZ\"");
}

TEST(signals_have_their_numbers_on_this_machine)
{
    static const struct {
        enum signal_name name;
        int number;
        const char *text;               /* of the number */
    } rows[] = {{signal_name_UNSET, SIGTERM, "SIGTERM"}, {SIGNAL_USR1, SIGUSR1, "SIGUSR1"},
                {SIGNAL_CLD, SIGCHLD, "SIGCHLD"},      {SIGNAL_POLL, SIGIO, "SIGIO"},
                {SIGNAL_RTMIN, 34, "SIGRTMIN"},        {SIGNAL_RTMIN_PLUS_15, 49, "SIGRTMIN+15"},
                {SIGNAL_RTMAX_LESS_14, 50, "SIGRTMAX-14"}, {SIGNAL_RTMAX, 64, "SIGRTMAX"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EXPECT_INT(signal_number(rows[i].name), rows[i].number);
        EXPECT_STR(signal_text(rows[i].number), rows[i].text);
    }
    EXPECT(signal_text(32) == NULL && signal_text(0) == NULL && signal_text(65) == NULL);
    for (int number = 1; number <= 31; number++)
        EXPECT(signal_text(number) != NULL);
}

/* spec 4.7 */
TEST(a_pods_deadline_has_kubernetes_bounds)
{
    expect_good(HEAD "spec: {activeDeadlineSeconds: 1, " APP "}]}");
    expect_finding(HEAD "spec: {activeDeadlineSeconds: @0, " APP "}]}",
                   "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive");
    expect_finding(HEAD "spec: {activeDeadlineSeconds: @2147483648, " APP "}]}",
                   "spec.activeDeadlineSeconds: Invalid value: 2147483648: must be between 1 and 2147483647, inclusive");
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
    const struct load_options options = {.defaults.max_restart_period = 5000};
    static const char text[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {pidlet.dev/backoff.b: max=1m}}\n"
                               "spec: {containers: [{name: a, command: [x]}, {name: b, command: [x]}]}";

    EXPECT(load_with(text, &options));
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
      RUN(restart_rules_have_kubernetes_words),
      RUN(a_stop_signal_needs_an_os_and_a_name_that_exists),
      RUN(signals_have_their_numbers_on_this_machine),
      RUN(a_pods_deadline_has_kubernetes_bounds),
      RUN(the_cores_order_is_the_init_containers_then_the_others),
      RUN(types_are_told_with_a_way_out),
      RUN(a_daemons_cap_gives_way_to_the_annotation))
