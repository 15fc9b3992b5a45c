/*
 * Each rule of kubelet-semantics 2.10, 3.3, 4.6, 5.1, 9, 10 and 11: what is just good enough is
 * taken, its neighbour is refused, with Kubernetes' words and at its place.
 */
#include "base/buf.h"
#include "config/diag.h"
#include "config/load.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <string.h>

/* Texts where % stands for `good` or `bad`; an @ in `bad` marks the place, and is no part of it. */
struct rule {
    const char *good;                   /* NULL: nothing is */
    const char *bad;
    const char *finding;                /* without its place */
};

static void build(const char *frame, const char *inside, struct buf *out)
{
    size_t before = strcspn(frame, "%");

    buf_add(out, frame, before);
    buf_adds(out, inside);
    buf_adds(out, frame + before + 1);
}

/* The findings of `text`, one a line. */
static void findings_of(const struct buf *text, struct buf *out)
{
    const struct load_options options = {0};
    struct pod_config_set set = {0};
    struct diags diags;

    assert_true(diags_init(&diags));
    load_text(&set, "m", text->data, text->length, &options, &diags);
    for (size_t i = 0; i < diags.count; i++) {
        struct buf line = BUF_INIT;

        diag_format(&diags.items[i], &line);
        buf_addf(out, "%s\n", buf_text(&line));
        buf_deinit(&line);
    }
    pod_config_set_deinit(&set);
    diags_deinit(&diags);
}

static void expect_taken(const char *frame, const char *good)
{
    struct buf text = BUF_INIT, findings = BUF_INIT;

    build(frame, good, &text);
    findings_of(&text, &findings);
    if (findings.length > 0)
        fail_msg("%s\n%s", good, buf_text(&findings));
    buf_deinit(&text);
    buf_deinit(&findings);
}

static void expect_refused(const char *frame, const struct rule *r)
{
    struct buf marked = BUF_INIT, text = BUF_INIT, findings = BUF_INIT, wanted = BUF_INIT;
    unsigned line = 1, column = 1;
    size_t mark;

    build(frame, r->bad, &marked);
    mark = strcspn(buf_text(&marked), "@");
    assert_int_not_equal(mark, marked.length);
    for (size_t i = 0; i < mark; i++) {
        column = marked.data[i] == '\n' ? 1 : column + 1;
        line += marked.data[i] == '\n';
    }
    buf_add(&text, marked.data, mark);
    buf_adds(&text, marked.data + mark + 1);
    buf_addf(&wanted, "m:%u:%u: %s\n", line, column, r->finding);
    findings_of(&text, &findings);
    if (strcmp(buf_text(&findings), buf_text(&wanted)) != 0)
        fail_msg("%s\ngot    %swanted %s", r->bad, findings.length > 0 ? buf_text(&findings) : "nothing\n",
                 buf_text(&wanted));
    buf_deinit(&marked);
    buf_deinit(&text);
    buf_deinit(&findings);
    buf_deinit(&wanted);
}

static void expect_rules(const char *frame, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rules[i].good != NULL)
            expect_taken(frame, rules[i].good);
        expect_refused(frame, &rules[i]);
    }
}

#define EXPECT_RULES(frame, ...)                                                      \
    do {                                                                              \
        static const struct rule rules_[] = {__VA_ARGS__};                            \
        expect_rules((frame), rules_, sizeof rules_ / sizeof *rules_);                \
    } while (0)

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define LABEL                                                                                     \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "  \
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "    \
    "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define SUBDOMAIN                                                                                   \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "    \
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "   \
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define NAME_PART                                                                                   \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "     \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "          \
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define PERCENT                                                                                     \
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "    \
    "'93%', regex used for validation is '[0-9]+%')"
#define QUANTITY                                                                                    \
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

#define META "apiVersion: v1\nkind: Pod\nmetadata: {%}\nspec: {containers: [{name: x, command: [x]}]}\n"
#define SPEC "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {%, containers: [{name: x, command: [x]}]}\n"
#define CONTAINER "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: x, command: [x], %}\n"
#define HOST_NETWORK                                                                                \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n  containers:\n"    \
    "  - {name: x, command: [x], ports: %}\n"

#define C "spec.containers[0]"

TEST(names_and_labels)
{
    EXPECT_RULES(META,
        {"name: a.b-c", "name: @a_b", "metadata.name: Invalid value: \"a_b\": " SUBDOMAIN},
        {"name: a, namespace: " A63, "name: a, namespace: @a" A63,
         "metadata.namespace: Invalid value: \"a" A63 "\": must be no more than 63 characters"},
        {"name: a, namespace: b", "name: a, namespace: @B", "metadata.namespace: Invalid value: \"B\": " LABEL},
        {NULL, "name: a, namespace: @b.c", "metadata.namespace: Invalid value: \"b.c\": must not contain dots"},
        {"name: a, labels: {a/b: c}", "name: a, labels: @{a/-: c}",
         "metadata.labels: Invalid value: \"a/-\": name part " NAME_PART},
        {"name: a, labels: {a: \"\"}", "name: a, labels: @{\"\": c}",
         "metadata.labels: Invalid value: \"\": name part must be non-empty"},
        {"name: a, labels: {" A63 ": c}", "name: a, labels: @{a" A63 ": c}",
         "metadata.labels: Invalid value: \"a" A63 "\": name part must be no more than 63 bytes"},
        {"name: a, labels: {a: " A63 "}", "name: a, labels: {a: @a" A63 "}",
         "metadata.labels[a]: Invalid value: \"a" A63 "\": must be no more than 63 bytes"},
        {"name: a, annotations: {A/b: -}", "name: a, annotations: @{A/b/c: -}",
         "metadata.annotations: Invalid value: \"a/b/c\": a qualified name " NAME_PART
         " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"});
}

TEST(fields_of_pods)
{
    EXPECT_RULES(SPEC,
        {"restartPolicy: OnFailure", "restartPolicy: @onFailure",
         "spec.restartPolicy: Unsupported value: \"onFailure\": supported values: \"Always\", \"OnFailure\", \"Never\""},
        {"os: {name: linux}", "os: {name: @plan9}",
         "spec.os.name: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\""},
        {"volumes: [{name: v, hostPath: {path: /a/..b}}]", "volumes: [{name: v, hostPath: {path: @/a/..}}]",
         "spec.volumes[0].hostPath.path: Invalid value: \"/a/..\": must not contain '..'"},
        {"volumes: [{name: v, hostPath: {path: /a}}, {name: w, hostPath: {path: /a}}]",
         "volumes: [{name: v, hostPath: {path: /a}}, {name: @v, hostPath: {path: /a}}]",
         "spec.volumes[1].name: Duplicate value: \"v\""},
        {NULL, "volumes: [{name: v, hostPath: @{}}]", "spec.volumes[0].hostPath.path: Required value"},
        {"initContainers: [{name: i, command: [x]}]", "initContainers: [{name: @x, command: [x]}]",
         "spec.initContainers[0].name: Duplicate value: \"x\""},
        {NULL, "@ephemeralContainers: [{name: e}]", "spec.ephemeralContainers: Refused: cannot be set on create"},
        {"readinessGates: [{conditionType: a.b/c}]", "readinessGates: [{conditionType: @a b}]",
         "spec.readinessGates[0].conditionType: Invalid value: \"a b\": name part " NAME_PART},
        {NULL, "volumes: [@{name: v}]",
         "spec.volumes[0]: Refused: without a source it is an emptyDir, and nothing is mounted: name a path of the host"},
        {NULL, "volumes: [{name: v, @nfs: {server: a, path: /b}}]",
         "spec.volumes[0].nfs: Refused: nothing is mounted: mount it on the host"},
        {"terminationGracePeriodSeconds: -1", "terminationGracePeriodSeconds: @1.5",
         "spec.terminationGracePeriodSeconds: Invalid value: 1.5: must be an integer, not a number"},
        {"dnsPolicy: Default", "dnsPolicy: @default",
         "spec.dnsPolicy: Unsupported value: \"default\": supported values: \"ClusterFirst\", "
         "\"ClusterFirstWithHostNet\", \"Default\", \"None\""},
        {NULL, "@restartpolicy: Never",
         "spec.restartpolicy: Unknown field: strict decoding error: unknown field \"spec.restartpolicy\": did you mean "
         "\"restartPolicy\"?"},
        {NULL, "nodeName: a, @nodeName: b",
         "spec.nodeName: Duplicate field: strict decoding error: duplicate field \"spec.nodeName\": already set in line 4"});
}

#define MOUNTS "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  volumes: [{name: v, hostPath: {path: /a}}, " \
    "{name: w, hostPath: {path: /b}}]\n  containers: [{name: x, command: [x], volumeMounts: %}]\n"

TEST(mounts_of_volumes)
{
    EXPECT_RULES(MOUNTS,
        {"[{name: v, mountPath: /a}, {name: w, mountPath: /b}]", "[{name: v, mountPath: /a}, {name: v, mountPath: @/a}]",
         C ".volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique"});
}

TEST(ports)
{
    EXPECT_RULES(CONTAINER,
        {"ports: [{containerPort: 1}, {containerPort: 65535}]", "ports: [{containerPort: @0}]",
         C ".ports[0].containerPort: Invalid value: 0: must be between 1 and 65535, inclusive"},
        {NULL, "ports: [{containerPort: @65536}]",
         C ".ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive"},
        {NULL, "ports: [@{name: a}]", C ".ports[0].containerPort: Required value"},
        {"ports: [{name: abcdefghijklmno, containerPort: 1}]", "ports: [{name: @abcdefghijklmnop, containerPort: 1}]",
         C ".ports[0].name: Invalid value: \"abcdefghijklmnop\": must be no more than 15 characters"},
        {"ports: [{name: a-1, containerPort: 1}]", "ports: [{name: @a--1, containerPort: 1}]",
         C ".ports[0].name: Invalid value: \"a--1\": must not contain consecutive hyphens"},
        {NULL, "ports: [{name: @a-, containerPort: 1}]",
         C ".ports[0].name: Invalid value: \"a-\": must not begin or end with a hyphen"},
        {NULL, "ports: [{name: @'1-1', containerPort: 1}]",
         C ".ports[0].name: Invalid value: \"1-1\": must contain at least one letter (a-z)"},
        {NULL, "ports: [{name: @A, containerPort: 1}]",
         C ".ports[0].name: Invalid value: \"A\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"},
        {"ports: [{name: a, containerPort: 1}, {name: b, containerPort: 1}]",
         "ports: [{name: a, containerPort: 1}, {name: @a, containerPort: 2}]", C ".ports[1].name: Duplicate value: \"a\""},
        {"ports: [{containerPort: 1, protocol: SCTP}]", "ports: [{containerPort: 1, protocol: @tcp}]",
         C ".ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\""},
        {"ports: [{name: a, containerPort: 1}], livenessProbe: {tcpSocket: {port: a}}", "livenessProbe: {tcpSocket: {port: @'80'}}",
         C ".livenessProbe.tcpSocket.port: Invalid value: \"80\": must contain at least one letter (a-z)"},
        {"livenessProbe: {tcpSocket: {port: 65535}}", "livenessProbe: {tcpSocket: {port: @65536}}",
         C ".livenessProbe.tcpSocket.port: Invalid value: 65536: must be between 1 and 65535, inclusive"});
    EXPECT_RULES(CONTAINER,
        {"ports: [{containerPort: 1, hostPort: 8}, {containerPort: 2, hostPort: 8, protocol: UDP}, "
         "{containerPort: 3, hostPort: 8, hostIP: 127.0.0.2}, {containerPort: 4}, {containerPort: 4}]",
         "ports: [{containerPort: 1, hostPort: 8080}, {containerPort: 2, hostPort: @8080}]",
         C ".ports[1].hostPort: Duplicate value: \"TCP//8080\""},
        {NULL, "ports: [{containerPort: 1, hostPort: 8, hostIP: 127.0.0.2}, {containerPort: 2, hostPort: @8, hostIP: 127.0.0.2}]",
         C ".ports[1].hostPort: Duplicate value: \"TCP/127.0.0.2/8\""});
    EXPECT_RULES(HOST_NETWORK,
        {"[{containerPort: 1, hostPort: 1}, {containerPort: 2}, {containerPort: 2, protocol: UDP}]",
         "[{containerPort: 1, hostPort: @2}]",
         C ".ports[0].hostPort: Invalid value: 2: must match `containerPort` when `hostNetwork` is true"},
        {NULL, "[{containerPort: 2}, @{containerPort: 2}]", C ".ports[1].hostPort: Duplicate value: \"TCP//2\""});
}

#define EXEC "exec: {command: [x]}"

TEST(probes_and_hooks)
{
    EXPECT_RULES(CONTAINER,
        {"livenessProbe: {" EXEC ", initialDelaySeconds: 0}", "livenessProbe: {" EXEC ", initialDelaySeconds: @-1}",
         C ".livenessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0"},
        {"livenessProbe: {" EXEC ", periodSeconds: 0}", "livenessProbe: {" EXEC ", periodSeconds: @-1}",
         C ".livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0"},
        {"livenessProbe: {" EXEC ", timeoutSeconds: 2147483647}", "livenessProbe: {" EXEC ", timeoutSeconds: @-1}",
         C ".livenessProbe.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0"},
        {"livenessProbe: {" EXEC ", failureThreshold: 0}", "livenessProbe: {" EXEC ", failureThreshold: @-1}",
         C ".livenessProbe.failureThreshold: Invalid value: -1: must be greater than or equal to 0"},
        {"livenessProbe: {" EXEC ", successThreshold: 0}", "livenessProbe: {" EXEC ", successThreshold: @2}",
         C ".livenessProbe.successThreshold: Invalid value: 2: must be 1"},
        {"startupProbe: {" EXEC ", successThreshold: 1}", "startupProbe: {" EXEC ", successThreshold: @3}",
         C ".startupProbe.successThreshold: Invalid value: 3: must be 1"},
        {"readinessProbe: {" EXEC ", successThreshold: 3}", "readinessProbe: {" EXEC ", successThreshold: @-1}",
         C ".readinessProbe.successThreshold: Invalid value: -1: must be greater than or equal to 0"},
        {"livenessProbe: {" EXEC ", terminationGracePeriodSeconds: 1}",
         "livenessProbe: {" EXEC ", terminationGracePeriodSeconds: @0}",
         C ".livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0"},
        {"startupProbe: {" EXEC ", terminationGracePeriodSeconds: 1}",
         "readinessProbe: {" EXEC ", terminationGracePeriodSeconds: @1}",
         C ".readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes"},
        {NULL, "livenessProbe: @{periodSeconds: 1}", C ".livenessProbe: Required value: must specify a handler type"},
        {NULL, "livenessProbe: {tcpSocket: @{port: 1}, " EXEC "}",
         C ".livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"},
        {NULL, "livenessProbe: {exec: @{}}", C ".livenessProbe.exec.command: Required value"},
        {NULL, "livenessProbe: {" EXEC ", httpGet: @{port: 1}}",
         C ".livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type"},
        {NULL, "livenessProbe: {grpc: @{port: 1}, httpGet: {port: 1}}",
         C ".livenessProbe.grpc: Forbidden: may not specify more than 1 handler type"},
        {"livenessProbe: {httpGet: {port: 1, scheme: HTTPS}}", "livenessProbe: {httpGet: {port: 1, scheme: @https}}",
         C ".livenessProbe.httpGet.scheme: Unsupported value: \"https\": supported values: \"HTTP\", \"HTTPS\""},
        {"livenessProbe: {httpGet: {port: 65535, path: ''}}", "livenessProbe: {httpGet: {port: @0}}",
         C ".livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive"},
        {"livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: X-a-1, value: ''}, {name: X-a-1, value: b}]}}",
         "livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: @X_a, value: b}]}}",
         C ".livenessProbe.httpGet.httpHeaders[0].name: Invalid value: \"X_a\": a valid HTTP header must consist of alphanumeric "
         "characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"},
        {"livenessProbe: {grpc: {port: 65535, service: ''}}", "livenessProbe: {grpc: {port: @65536}}",
         C ".livenessProbe.grpc.port: Invalid value: 65536: must be between 1 and 65535, inclusive"},
        {"lifecycle: {postStart: {sleep: {seconds: 30}}}", "lifecycle: {postStart: {sleep: @{seconds: 31}}}",
         C ".lifecycle.postStart.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)"},
        {"lifecycle: {preStop: {sleep: {seconds: 30}}}", "lifecycle: {preStop: {sleep: @{seconds: 31}}}",
         C ".lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)"},
        {"lifecycle: {preStop: {sleep: {seconds: 0}}}", "lifecycle: {preStop: {sleep: @{seconds: -1}}}",
         C ".lifecycle.preStop.sleep: Invalid value: -1: must be non-negative and less than terminationGracePeriodSeconds (30)"},
        {"lifecycle: {postStart: {" EXEC "}}", "lifecycle: {postStart: @{}}",
         C ".lifecycle.postStart: Required value: must specify a handler type"},
        {NULL, "lifecycle: {preStop: {" EXEC ", sleep: @{seconds: 1}}}",
         C ".lifecycle.preStop.sleep: Forbidden: may not specify more than 1 handler type"});
    EXPECT_RULES("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers: [{name: i, command: [x], %}]\n"
                 "  containers: [{name: x, command: [x]}]\n",
        {"restartPolicy: Always, livenessProbe: {" EXEC "}", "livenessProbe: @{" EXEC "}",
         "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"},
        {"restartPolicy: Always, readinessProbe: {" EXEC "}", "restartPolicy: Never, readinessProbe: @{" EXEC "}",
         "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"},
        {"restartPolicy: Always, startupProbe: {" EXEC "}", "startupProbe: @{" EXEC "}",
         "spec.initContainers[0].startupProbe: Forbidden: may not be set for init containers without restartPolicy=Always"},
        {"restartPolicy: Always, lifecycle: {preStop: {" EXEC "}}", "lifecycle: @{preStop: {" EXEC "}}",
         "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always"});
}

#define FROM "env: [{name: A, valueFrom: "
#define V C ".env[0].valueFrom"

TEST(variables)
{
    EXPECT_RULES(CONTAINER,
        {"env: [{name: \"a b.~\", value: x}]", "env: [{name: @a=b, value: x}]",
         C ".env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII "
         "characters other than '='"},
        {NULL, "env: [@{value: x}]", C ".env[0].name: Required value"},
        {FROM "{fieldRef: {fieldPath: status.podIPs}}}]", FROM "{fieldRef: {fieldPath: @status.phase}}}]",
         V ".fieldRef.fieldPath: Unsupported value: \"status.phase\": supported values: \"metadata.name\", "
         "\"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", "
         "\"status.hostIPs\", \"status.podIP\", \"status.podIPs\""},
        {NULL, FROM "{fieldRef: {fieldPath: @foo}}}]",
         V ".fieldRef.fieldPath: Invalid value: \"foo\": error converting fieldPath: field label not supported: foo"},
        {FROM "{fieldRef: {fieldPath: \"metadata.labels['a/b']\"}}}]", FROM "{fieldRef: {fieldPath: @\"metadata.uid['a']\"}}}]",
         V ".fieldRef.fieldPath: Invalid value: \"metadata.uid['a']\": error converting fieldPath: field label does not "
         "support subscript: metadata.uid['a']"},
        {FROM "{fieldRef: {fieldPath: \"metadata.annotations['A/b']\"}}}]",
         FROM "{fieldRef: @{fieldPath: \"metadata.labels['-']\"}}}]",
         V ".fieldRef: Invalid value: \"-\": name part " NAME_PART},
        {FROM "{fieldRef: {apiVersion: v1, fieldPath: metadata.uid}}}]",
         FROM "{fieldRef: {apiVersion: @v2, fieldPath: metadata.uid}}}]",
         V ".fieldRef.apiVersion: Unsupported value: \"v2\": supported values: \"v1\""},
        {FROM "{resourceFieldRef: {resource: requests.ephemeral-storage}}}]", FROM "{resourceFieldRef: {resource: @cpu}}}]",
         V ".resourceFieldRef.resource: Unsupported value: \"cpu\": supported values: \"limits.cpu\", "
         "\"limits.ephemeral-storage\", \"limits.memory\", \"requests.cpu\", \"requests.ephemeral-storage\", \"requests.memory\""},
        {FROM "{resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}]",
         FROM "{resourceFieldRef: {resource: limits.cpu, divisor: @2}}}]",
         V ".resourceFieldRef.divisor: Invalid value: 2: only divisor's values 1m and 1 are supported with the cpu resource"},
        {FROM "{resourceFieldRef: {resource: limits.memory, divisor: 1Ei}}}]",
         FROM "{resourceFieldRef: {resource: limits.memory, divisor: @1m}}}]",
         V ".resourceFieldRef.divisor: Invalid value: \"1m\": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, "
         "1Ti, 1Pi, 1Ei are supported with the memory resource"},
        {FROM "{resourceFieldRef: {containerName: x, resource: limits.cpu}}}]",
         FROM "{resourceFieldRef: {containerName: @z, resource: limits.cpu}}}]",
         V ".resourceFieldRef.containerName: Not found: \"z\""},
        {FROM "{configMapKeyRef: {name: a.b, key: x.y}}}]", FROM "{configMapKeyRef: {name: a, key: @x/y}}}]",
         V ".configMapKeyRef.key: Invalid value: \"x/y\": a valid config key must consist of alphanumeric characters, '-', '_' or "
         "'.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"},
        {NULL, FROM "{secretKeyRef: @{key: k}}}]", V ".secretKeyRef.name: Required value"},
        {NULL, FROM "{secretKeyRef: {name: @A, key: k}}}]", V ".secretKeyRef.name: Invalid value: \"A\": " SUBDOMAIN},
        {NULL, FROM "@{}}]", V ": Invalid value: {}: must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
                               "`secretKeyRef` or `fileKeyRef`"},
        {"env: [{name: A, value: \"\", valueFrom: {secretKeyRef: {name: s, key: k}}}]",
         "env: [{name: A, value: x, valueFrom: @{secretKeyRef: {name: s, key: k}}}]",
         V ": Invalid value: {\"secretKeyRef\":{\"name\":\"s\",\"key\":\"k\"}}: may not be specified when `value` is not empty"},
        {NULL, FROM "@{fieldRef: {fieldPath: metadata.uid}, secretKeyRef: {name: s, key: k}}}]",
         V ": Invalid value: {\"fieldRef\":{\"fieldPath\":\"metadata.uid\"},\"secretKeyRef\":{\"name\":\"s\",\"key\":\"k\"}}: "
         "may not have more than one field specified at a time"},
        {NULL, FROM "{fieldRef: {fieldPath: @metadata.labels}}}]",
         V ".fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values: \"metadata.name\", "
         "\"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", "
         "\"status.hostIPs\", \"status.podIP\", \"status.podIPs\""},
        {NULL, FROM "{@fileKeyRef: {volumeName: v, path: p, key: k}}}]",
         V ".fileKeyRef: Refused: pods have no volumes that a file could be in"},
        {"envFrom: [{prefix: \"\", configMapRef: {name: c}}]", "envFrom: [@{prefix: P}]",
         C ".envFrom[0]: Invalid value: {\"prefix\":\"P\"}: must specify one of: `configMapRef` or `secretRef`"},
        {"envFrom: [{secretRef: {name: c}}]", "envFrom: [@{secretRef: {name: c}, configMapRef: {name: c}}]",
         C ".envFrom[0]: Invalid value: {\"secretRef\":{\"name\":\"c\"},\"configMapRef\":{\"name\":\"c\"}}: may not have more "
         "than one field specified at a time"});
}

TEST(other_fields_of_containers)
{
    EXPECT_RULES(CONTAINER,
        {"restartPolicy: OnFailure", "restartPolicy: @x",
         C ".restartPolicy: Unsupported value: \"x\": supported values: \"Always\", \"Never\", \"OnFailure\""},
        {"terminationMessagePolicy: File", "terminationMessagePolicy: @x",
         C ".terminationMessagePolicy: Unsupported value: \"x\": supported values: \"File\", \"FallbackToLogsOnError\""},
        {"image: a b", "image: @' a'", C ".image: Invalid value: \" a\": must not have leading or trailing whitespace"},
        {"resources: {limits: {cpu: 1500m, memory: 1.5Gi, a/b: 1e3}}", "resources: {limits: {memory: @1GiB}}",
         C ".resources.limits[memory]: Invalid value: \"1GiB\": " QUANTITY},
        {"resources: {limits: {cpu: 0}}", "resources: {limits: {cpu: @-1}}",
         C ".resources.limits[cpu]: Invalid value: -1: must be greater than or equal to 0"},
        {"resources: {limits: {cpu: 1}, requests: {cpu: 1000m}}", "resources: {limits: {cpu: 1}, requests: {cpu: @1001m}}",
         C ".resources.requests[cpu]: Invalid value: \"1001m\": must be less than or equal to cpu limit of 1"},
        {"resources: {limits: {hugepages-2Mi: 1}}", "resources: {limits: {gpu: @1}}",
         C ".resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource type or fully qualified"},
        {NULL, "volumeMounts: [{name: @v, mountPath: /a}]", C ".volumeMounts[0].name: Not found: \"v\""},
        {NULL, "@volumeDevices: [{name: v, devicePath: /a}]",
         C ".volumeDevices: Refused: pods have no block devices of their own"},
        {NULL, "@comand: [x]",
         C ".comand: Unknown field: strict decoding error: unknown field \"" C ".comand\": did you mean \"command\"?"},
        {NULL, "@unheardOf: 1",
         C ".unheardOf: Unknown field: strict decoding error: unknown field \"" C ".unheardOf\": Container has no such field"});
}

#define REPLICATED(kind) "apiVersion: apps/v1\nkind: " kind "\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {a: b}}\n  %\n" \
    "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: x, command: [x]}]}}\n"
#define ROLLING "spec.strategy.rollingUpdate"

TEST(workloads)
{
    EXPECT_RULES(REPLICATED("Deployment"),
        {"strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}", "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: @0}}",
         ROLLING ".maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"},
        {"strategy: {rollingUpdate: {maxUnavailable: 100%}}", "strategy: {rollingUpdate: {maxUnavailable: @101%}}",
         ROLLING ".maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"},
        {"strategy: {rollingUpdate: {maxSurge: 300%}}", "strategy: {rollingUpdate: {maxSurge: @'3'}}",
         ROLLING ".maxSurge: Invalid value: \"3\": " PERCENT},
        {NULL, "strategy: {rollingUpdate: {maxSurge: @-1}}",
         ROLLING ".maxSurge: Invalid value: -1: must be greater than or equal to 0"},
        {"strategy: {type: Recreate}", "strategy: {type: Recreate, rollingUpdate: @{maxSurge: 1}}",
         ROLLING ": Forbidden: may not be specified when strategy `type` is 'Recreate'"},
        {"minReadySeconds: 599", "minReadySeconds: 5\n  progressDeadlineSeconds: @5",
         "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"},
        {"replicas: 0", "replicas: @-1", "spec.replicas: Invalid value: -1: must be greater than or equal to 0"});
    EXPECT_RULES(REPLICATED("StatefulSet"),
        {"podManagementPolicy: Parallel", "podManagementPolicy: @x",
         "spec.podManagementPolicy: Invalid value: \"x\": must be 'OrderedReady' or 'Parallel'"},
        {"updateStrategy: {type: OnDelete}", "updateStrategy: @{type: x}",
         "spec.updateStrategy: Invalid value: {\"type\":\"x\"}: must be 'RollingUpdate' or 'OnDelete'"},
        {"updateStrategy: {rollingUpdate: {partition: 0}}", "updateStrategy: {rollingUpdate: {partition: @-1}}",
         "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0"});
    EXPECT_RULES(REPLICATED("DaemonSet"),
        {"updateStrategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}",
         "updateStrategy: {rollingUpdate: {maxUnavailable: @0}}",
         "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"},
        {NULL, "updateStrategy: {rollingUpdate: {maxSurge: @1}}",
         "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"});
    EXPECT_RULES("apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: d}\nspec: {%}\n",
        {"selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: x, command: [x]}]}}",
         "selector: {matchLabels: {a: b}}, template: {metadata: {labels: @{a: c}}, spec: {containers: [{name: x, command: [x]}]}}",
         "spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`"},
        {NULL, "selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: @Never, containers: "
               "[{name: x, command: [x]}]}}",
         "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""},
        {NULL, "selector: @{}, template: {spec: {containers: [{name: x, command: [x]}]}}",
         "spec.selector: Invalid value: {}: empty selector is invalid for replicaset"},
        {NULL, "selector: {matchExpressions: [@{key: a, operator: In}]}",
         "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"});
    EXPECT_RULES("apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {%}\n",
        {"template: {spec: {restartPolicy: OnFailure, containers: [{name: x, command: [x]}]}}",
         "template: {spec: @{containers: [{name: x, command: [x]}]}}",
         "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""},
        {"completionMode: Indexed, completions: 1, template: {spec: {restartPolicy: Never, containers: [{name: x, command: [x]}]}}",
         "completionMode: @x, template: {spec: {restartPolicy: Never, containers: [{name: x, command: [x]}]}}",
         "spec.completionMode: Unsupported value: \"x\": supported values: \"NonIndexed\", \"Indexed\""});
}

#define CRON "jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: x, command: [x]}]}}}}}\n"

TEST(cron_jobs)
{
    EXPECT_RULES("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {schedule: %, " CRON,
        {"'*/5 0-6 1,15 * MON'", "@'* * * *'", "spec.schedule: Invalid value: \"* * * *\": expected exactly 5 fields, found 4"},
        {"'@daily'", "@'* * * * * *'", "spec.schedule: Invalid value: \"* * * * * *\": expected exactly 5 fields, found 6"});
    EXPECT_RULES("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: %}\nspec: {schedule: '0 * * * *', " CRON,
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "metadata.name: Invalid value: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": must be no more than 52 characters"});
}

TEST(sources)
{
    EXPECT_RULES("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n%\n",
        {"data: {.a: x}", "data: {..a: @x}", "data[..a]: Invalid value: \"..a\": must not start with '..'"},
        {"data: {a: x}\nbinaryData: {b: aGk=}", "data: {a: x}\nbinaryData: {a: @aGk=}",
         "binaryData[a]: Invalid value: \"a\": duplicate of key present in data"},
        {"data: {a: \"1\"}", "data: {a: @1}", "data[a]: Invalid value: 1: must be a string, not an integer: write \"1\" in quotes"});
    EXPECT_RULES("apiVersion: v1\nkind: Secret\nmetadata: {name: c}\n%\n",
        {"data: {a: aGk=}", "data: {a: @aGk}",
         "data[a]: Invalid value: must be base64: letters, digits, '+', '/', with '=' at the end"},
        {"data: {a: aGk=}\nstringData: {a: x}", "stringData: {a/b: @x}",
         "stringData[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
         "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"});
}

TESTS(RUN(names_and_labels),
      RUN(fields_of_pods),
      RUN(mounts_of_volumes),
      RUN(ports),
      RUN(probes_and_hooks),
      RUN(variables),
      RUN(other_fields_of_containers),
      RUN(workloads),
      RUN(cron_jobs),
      RUN(sources))
