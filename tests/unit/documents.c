/*
 * What is made of the field table for people and programs: explain, the reference page, schemas.
 */
#include "base/buf.h"
#include "base/json.h"
#include "config/annotations.h"
#include "config/backoff_policy.h"
#include "config/describe.h"
#include "config/explain.h"
#include "config/guess.h"
#include "config/json_schema.h"
#include "config/kinds.h"
#include "config/openapi.h"
#include "config/reference.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <string.h>

/* ---- JSON ---- */

TEST(json_is_indented_and_what_is_asked_for_stands_on_one_line)
{
    struct buf out = BUF_INIT;
    struct json j = json_init(&out);

    json_open(&j, NULL, '{');
    json_text(&j, "text", "a \"b\"\n");
    json_open(&j, "list", '[');
    json_int(&j, NULL, -1);
    json_open_line(&j, NULL, '{');
    json_bool(&j, "yes", true);
    json_open_line(&j, "inner", '[');
    json_raw(&j, NULL, "null");
    json_text(&j, NULL, "x");
    json_close(&j);
    json_close(&j);
    json_close(&j);
    json_open(&j, "empty", '{');
    json_close(&j);
    json_bool(&j, "no", false);
    json_close(&j);
    EXPECT_STR(buf_text(&out), "{\n"
                               "  \"text\": \"a \\\"b\\\"\\n\",\n"
                               "  \"list\": [\n"
                               "    -1,\n"
                               "    {\"yes\": true, \"inner\": [null, \"x\"]}\n"
                               "  ],\n"
                               "  \"empty\": {},\n"
                               "  \"no\": false\n"
                               "}");
    buf_deinit(&out);
}

/* ---- names ---- */

TEST(a_kind_is_found_by_its_name_its_plural_and_its_short_name_in_any_case)
{
    static const char *const names[][3] = {
        {"Pod", "po", "PODS"},
        {"Deployment", "deploy", "deployments"},
        {"StatefulSet", "sts", "StatefulSet"},
        {"DaemonSet", "ds", "DaemonSets"},
        {"ReplicaSet", "rs", "replicaset"},
        {"CronJob", "cj", "cronjob"},
        {"Job", "jobs", "JOB"},
        {"ConfigMap", "cm", "configMap"},
        {"Secret", "secrets", "secret"},
        {"KubeletConfiguration", "kubeletconfiguration", "kubeletConfiguration"},
        {"Scenario", "scenarios", "scenario"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t j = 0; j < 3; j++) {
            const struct kind_info *kind = kind_called(names[i][j]);

            assert_non_null(kind);
            EXPECT_STR(kind->kind, names[i][0]);
        }
    }
    assert_null(kind_called("pd"));
    assert_null(kind_called(""));
}

TEST(a_version_of_an_API_is_split_at_its_group)
{
    const struct group_version core = kind_group_version(kind_called("pod")),
                               apps = kind_group_version(kind_called("deploy")),
                               none = kind_group_version(kind_called("scenario"));

    EXPECT_INT(core.group_length, 0);
    EXPECT_STR(core.version, "v1");
    EXPECT_INT(apps.group_length, 4);
    EXPECT_INT(strncmp(apps.group, "apps", 4), 0);
    EXPECT_STR(apps.version, "v1");
    assert_null(none.version);
}

TEST(only_a_slip_of_the_finger_is_guessed)
{
    struct guess near = guess_init("continers"), far = guess_init("x");

    guess_try(&near, "command");
    guess_try(&near, "containers");
    guess_try(&near, "initContainers");
    EXPECT_STR(near.best, "containers");
    guess_try(&far, "containers");
    guess_try(&far, "a word that is longer than any that is compared with");
    assert_null(far.best);
}

/* ---- the table ---- */

TEST(names_of_objects_are_unique_so_that_references_are)
{
    for (size_t i = 0; i < schema_object_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(schema_objects[i]->name, schema_objects[j]->name) == 0)
                fail_msg("two objects are called %s", schema_objects[i]->name);
        }
    }
}

static void every_text(const char *what, const char *owner, const char *name, const char *text)
{
    const size_t length = text != NULL ? strlen(text) : 0;

    if (length == 0 || (text[length - 1] != '.' && strcmp(what, "doc") == 0))
        fail_msg("%s of %s.%s is no sentence: \"%s\"", what, owner, name, text != NULL ? text : "");
}

TEST(every_row_says_what_it_is_for_and_why_it_is_not_honoured)
{
    for (size_t i = 0; i < schema_object_count; i++) {
        const struct object_info *o = schema_objects[i];

        every_text("doc", o->name, "", o->doc);
        for (size_t j = 0; j < o->count; j++) {
            const struct field *f = &o->fields[j];

            every_text("doc", o->name, f->json, f->doc);
            if (f->mode != FIELD_HONOURED)
                every_text("reason", o->name, f->json, f->reason);
            else if (f->reason != NULL)
                fail_msg("%s.%s is honoured and has a reason not to be", o->name, f->json);
            for (size_t k = 0; k < j; k++) {
                if (strcmp(o->fields[k].json, f->json) == 0)
                    fail_msg("%s has two fields %s", o->name, f->json);
            }
        }
    }
}

TEST(back_off_defaults_that_are_shown_are_the_ones_that_hold)
{
    static const struct backoff_policy kubelet = BACKOFF_POLICY_KUBELET;
    struct backoff_policy p = {.initial = 1, .max = 1, .reset = 1, .factor_milli = 1000, .jitter_milli = 1};
    char error[BACKOFF_POLICY_ERROR_SIZE];
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < BACKOFF_POLICY_PARTS; i++)
        buf_addf(&text, "%s%s=%s", i > 0 ? "," : "", backoff_policy_parts[i].name,
                 backoff_policy_parts[i].default_text);
    EXPECT(backoff_policy_parse(buf_text(&text), &p, error));
    EXPECT_INT(memcmp(&p, &kubelet, sizeof p), 0);
    buf_deinit(&text);
}

/* ---- explain ---- */

static const struct explain_options plain = {0}, all = {.recursive = true};

static char shown[1 << 17];

/* The text, or "error: …". */
static const char *explained(const char *path, const struct explain_options *o)
{
    struct buf out = BUF_INIT, error = BUF_INIT;
    bool ok = explain(path, o, &out, &error);

    EXPECT(!buf_failed(&out) && !buf_failed(&error));
    EXPECT(ok == (error.length == 0));
    snprintf(shown, sizeof shown, "%s%s", ok ? "" : "error: ", buf_text(ok ? &out : &error));
    buf_deinit(&out);
    buf_deinit(&error);
    return shown;
}

TEST(a_field_of_values_is_laid_out_as_kubectl_does)
{
    EXPECT_STR(explained("pod.spec.restartPolicy", &plain),
               "KIND:       Pod\n"
               "VERSION:    v1\n"
               "\n"
               "FIELD: restartPolicy <string>\n"
               "ENUM:\n"
               "    Always\n"
               "    OnFailure\n"
               "    Never\n"
               "\n"
               "DESCRIPTION:\n"
               "    When containers that ended are started again.\n"
               "    default: Always\n"
               "\n"
               "PIDLET:\n"
               "    honoured\n"
               "\n");
}

TEST(an_object_lists_its_fields_by_name_with_values_and_what_is_done_with_them)
{
    EXPECT_STR(explained("deployments.apps.spec.template.spec.containers[0].ports", &plain),
               "GROUP:      apps\n"
               "KIND:       Deployment\n"
               "VERSION:    v1\n"
               "\n"
               "FIELD: ports <[]ContainerPort>\n"
               "\n"
               "DESCRIPTION:\n"
               "    Ports of the container.\n"
               "    A port that the container listens on; names are used by probes.\n"
               "\n"
               "PIDLET:\n"
               "    checked, not run\n"
               "\n"
               "FIELDS:\n"
               "  containerPort\t<integer> -required-\n"
               "    Number of the port.\n"
               "    values: 1 to 65535\n"
               "\n"
               "  hostIP\t<string>\n"
               "    Host address to bind to.\n"
               "    ignored: every pod shares the host's network\n"
               "\n"
               "  hostPort\t<integer>\n"
               "    Number of the port on the host.\n"
               "    values: 0 to 65535; 0 means none\n"
               "    ignored: every pod shares the host's network\n"
               "\n"
               "  name\t<string>\n"
               "    Unique within the container; probes may say it in place of the number.\n"
               "    values: at most 15 lower case letters, digits and hyphens, with a letter in\n"
               "    it\n"
               "\n"
               "  protocol\t<string>\n"
               "  enum: SCTP, TCP, UDP\n"
               "    TCP, UDP or SCTP.\n"
               "    default: TCP\n"
               "\n");
}

TEST(what_stands_below_a_refused_field_is_refused_with_it)
{
    EXPECT(strstr(explained("pod.spec.hostAliases", &plain), "PIDLET:\n    refused: /etc/hosts is the host's\n"));
    EXPECT(strstr(explained("pod.spec.hostAliases.ip", &plain),
                  "PIDLET:\n    refused, as all of hostAliases: /etc/hosts is the host's\n"));
}

TEST(recursion_lists_fields_of_fields_down_to_a_depth)
{
    const struct explain_options two = {.recursive = true, .max_depth = 2};

    EXPECT(strstr(explained("po", &two), "FIELDS:\n  apiVersion\t<string> -required-\n"));
    EXPECT(strstr(shown, "\n  spec\t<PodSpec>\n    activeDeadlineSeconds\t<integer>"));
    EXPECT(strstr(shown, "\n    hostAliases\t<[]HostAlias> (refused)\n    hostIPC\t<boolean> (ignored)\n"));
    assert_null(strstr(shown, "\n      "));
    EXPECT(strstr(explained("po", &all), "\n      livenessProbe\t<Probe>\n        exec\t<ExecAction>\n"
                                         "          command\t<[]string> -required-\n"));
    EXPECT(strstr(shown, "\n    dnsPolicy\t<string> (ignored)\n"
                         "    enum: ClusterFirst, ClusterFirstWithHostNet, Default, None\n"));
}

TEST(what_does_not_exist_is_told_as_kubectl_does_with_what_was_meant)
{
    const struct explain_options apps = {.api_version = "apps/v1"};

    EXPECT_STR(explained("podd", &plain),
               "error: the server doesn't have a resource type \"podd\": did you mean \"pods\"?");
    EXPECT_STR(explained("", &plain), "error: the server doesn't have a resource type \"\"");
    EXPECT_STR(explained("xyzzyxyzzy", &plain), "error: the server doesn't have a resource type \"xyzzyxyzzy\"");
    EXPECT_STR(explained("spec.containers", &plain),
               "error: the server doesn't have a resource type \"spec\": did you mean \"pod.spec\"?");
    EXPECT_STR(explained("pod.spec.continers", &plain),
               "error: field \"continers\" does not exist: did you mean \"containers\"?");
    EXPECT_STR(explained("pod.kind.of.magic", &plain), "error: field \"of\" does not exist");
    EXPECT_STR(explained("pod..spec", &plain), "error: field \"\" does not exist");
    EXPECT_STR(explained("pod", &apps), "error: couldn't find resource for \"apps/v1, Kind=Pod\"");
    EXPECT_STR(explained("scenario", &apps), "error: couldn't find resource for \"apps/v1, Kind=Scenario\"");
    EXPECT(strstr(explained("deploy", &apps), "KIND:       Deployment\n"));
    EXPECT_STR(explained("pidlet.dev/backof", &plain),
               "error: annotation \"pidlet.dev/backof\" does not exist: did you mean \"pidlet.dev/backoff\"?");
}

TEST(the_group_of_a_kind_may_be_named_and_is_no_field)
{
    EXPECT(strstr(explained("deploy.v1.apps.spec.replicas", &plain), "FIELD: replicas <integer>\n"));
    EXPECT(strstr(explained("deploy.apps", &plain), "\n\nDESCRIPTION:\n"));
    EXPECT_STR(explained("deploy.appsx", &plain), "error: field \"appsx\" does not exist");
    EXPECT_STR(explained("deploy.v1.spec", &plain), "error: field \"v1\" does not exist");
}

TEST(annotations_are_explained_where_they_stand_and_by_their_names)
{
    for (size_t i = 0; annotation_at(i) != NULL; i++) {
        char line[128];

        snprintf(line, sizeof line, "\n  %s\n", annotation_at(i)->key);
        EXPECT(strstr(explained("pod.metadata.annotations", &plain), line));
        EXPECT(strstr(explained(annotation_at(i)->key, &plain), line));
    }
    EXPECT(strstr(explained("pidlet.dev/backoff.CONTAINER", &plain), "initial=10s (the default)"));
}

static void each_field(const struct object_info *object, const char *path)
{
    for (size_t i = 0; i < object->count; i++) {
        const struct field *f = &object->fields[i];
        char here[512], wanted[512];

        snprintf(here, sizeof here, "%s.%s", path, f->json);
        snprintf(wanted, sizeof wanted, "\nFIELD: %s <", f->json);
        if (strstr(explained(here, &plain), wanted) == NULL)
            fail_msg("%s is explained as:\n%s", here, shown);
        if (f->child != NULL)
            each_field(f->child, here);
    }
}

TEST(every_field_of_every_kind_can_be_explained)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (kinds[i].role != KIND_WORKLOAD || strcmp(kinds[i].kind, "CronJob") == 0)
            each_field(kinds[i].schema, kinds[i].kind);
        else
            explained(kinds[i].kind, &all);
    }
    for (size_t i = 0; i < file_kind_count; i++)
        each_field(file_kinds[i].schema, file_kinds[i].kind);
}

/* ---- documents ---- */

TEST(documents_hold_all_objects_and_those_of_one_version_only_its_own)
{
    struct buf out = BUF_INIT;

    openapi_document(NULL, &out);
    EXPECT(strstr(buf_text(&out), "\"/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}\": {"));
    EXPECT(strstr(buf_text(&out), "\"/api/v1/namespaces/{namespace}/pods/{name}\": {"));
    buf_clear(&out);
    openapi_document("apps/v1", &out);
    EXPECT(strstr(buf_text(&out), "\"Deployment\": {"));
    EXPECT(strstr(buf_text(&out), "\"Container\": {"));
    assert_null(strstr(buf_text(&out), "\"Pod\": {"));
    assert_null(strstr(buf_text(&out), "\"CronJob\": {"));
    buf_clear(&out);
    json_schema_document(kind_called("configmap"), &out);
    EXPECT(strstr(buf_text(&out), "\"ConfigMap\": {"));
    assert_null(strstr(buf_text(&out), "\"Pod\": {"));
    buf_clear(&out);
    reference_page(&out);
    for (size_t i = 0; i < kind_count; i++) {
        char heading[64];

        snprintf(heading, sizeof heading, "\n### %s\n", kinds[i].kind);
        EXPECT(strstr(buf_text(&out), heading));
    }
    EXPECT(!buf_failed(&out));
    buf_deinit(&out);
}

TESTS(RUN(json_is_indented_and_what_is_asked_for_stands_on_one_line),
      RUN(a_kind_is_found_by_its_name_its_plural_and_its_short_name_in_any_case),
      RUN(a_version_of_an_API_is_split_at_its_group),
      RUN(only_a_slip_of_the_finger_is_guessed),
      RUN(names_of_objects_are_unique_so_that_references_are),
      RUN(every_row_says_what_it_is_for_and_why_it_is_not_honoured),
      RUN(back_off_defaults_that_are_shown_are_the_ones_that_hold),
      RUN(a_field_of_values_is_laid_out_as_kubectl_does),
      RUN(an_object_lists_its_fields_by_name_with_values_and_what_is_done_with_them),
      RUN(what_stands_below_a_refused_field_is_refused_with_it),
      RUN(recursion_lists_fields_of_fields_down_to_a_depth),
      RUN(what_does_not_exist_is_told_as_kubectl_does_with_what_was_meant),
      RUN(the_group_of_a_kind_may_be_named_and_is_no_field),
      RUN(annotations_are_explained_where_they_stand_and_by_their_names),
      RUN(every_field_of_every_kind_can_be_explained),
      RUN(documents_hold_all_objects_and_those_of_one_version_only_its_own))
