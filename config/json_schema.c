#include "config/json_schema.h"

#include "base/buf.h"
#include "base/json.h"
#include "config/kinds.h"
#include "config/schema_json.h"

#include <stdlib.h>

/*
 * What a row of the table cannot say, as config/validate….c has it, where JSON Schema can: each is
 * the "allOf" of an object.  Unique names and names of ports are beyond it.
 */
#define GIVEN(name) "{\"required\": [\"" name "\"], \"properties\": {\"" name "\": {\"type\": \"object\"}}}"
#define LABELS(name) "\"" name "\": {\"propertyNames\": {\"pattern\": " QUALIFIED_NAME "}}"
#define QUALIFIED_NAME                                                                             \
    "\"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"                    \
    "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$\""
#define DATA(name) "\"" name "\": {\"propertyNames\": {\"maxLength\": 253, \"pattern\": \"^(?!\\\\.\\\\.|\\\\.$)[-._a-zA-Z0-9]+$\"}}"
#define NOT_GIVEN(name) "\"" name "\": {\"type\": \"null\"}"
#define RESOURCES(name)                                                                            \
    "\"" name "\": {\"propertyNames\": {\"pattern\": "                                             \
    "\"^(cpu|memory|ephemeral-storage|hugepages-.*|.*/.*)$\"}}"
#define NAME "\"required\": [\"name\"], \"properties\": {\"name\": {\"minLength\": 1}}"
#define NAMED "{\"required\": [\"metadata\"], \"properties\": {\"metadata\": {\"type\": \"object\", " NAME "}}}"
#define ONCE "\"successThreshold\": {\"enum\": [0, 1, null]}"
#define TEMPLATE_POLICY(policies)                                                                  \
    "\"template\": {\"properties\": {\"spec\": {\"properties\": {\"restartPolicy\": {\"enum\": [" policies "]}}}}}"
#define RUNS_FOR_EVER "[{\"properties\": {" TEMPLATE_POLICY("\"Always\", \"\", null") "}}]"

static const struct {
    const struct object_info *object;
    const char *all_of;
} rules[] = {
    {&schema_object_meta, "[{\"properties\": {" LABELS("labels") ", " LABELS("annotations") "}}]"},
    {&schema_label_selector_spec, "[{\"properties\": {" LABELS("matchLabels") "}}]"},
    {&schema_probe_spec,
     "[{\"oneOf\": [" GIVEN("exec") ", " GIVEN("httpGet") ", " GIVEN("tcpSocket") ", " GIVEN("grpc") "]}]"},
    {&schema_handler_spec,
     "[{\"oneOf\": [" GIVEN("exec") ", " GIVEN("httpGet") ", " GIVEN("tcpSocket") ", " GIVEN("sleep") "]}]"},
    {&schema_container_spec,
     "[{\"required\": [\"command\"], \"properties\": {"
     "\"command\": {\"type\": \"array\", \"minItems\": 1, \"items\": [{\"minLength\": 1}]}, "
     "\"livenessProbe\": {\"properties\": {" ONCE "}}, \"startupProbe\": {\"properties\": {" ONCE "}}, "
     "\"readinessProbe\": {\"properties\": {\"terminationGracePeriodSeconds\": {\"type\": \"null\"}}}}}]"},
    {&schema_pod_spec,
     "[{\"properties\": {\"initContainers\": {\"items\": {\"if\": {\"not\": "
     "{\"required\": [\"restartPolicy\"], \"properties\": {\"restartPolicy\": {\"const\": \"Always\"}}}}, "
     "\"then\": {\"properties\": {" NOT_GIVEN("livenessProbe") ", " NOT_GIVEN("readinessProbe") ", "
     NOT_GIVEN("startupProbe") ", " NOT_GIVEN("lifecycle") "}}}}}}]"},
    {&schema_env_spec,
     "[{\"if\": " GIVEN("valueFrom") ", \"then\": {\"properties\": {\"value\": {\"maxLength\": 0}}}}]"},
    {&schema_env_source_spec,
     "[{\"oneOf\": [" GIVEN("fieldRef") ", " GIVEN("resourceFieldRef") ", " GIVEN("configMapKeyRef") ", "
     GIVEN("secretKeyRef") ", " GIVEN("fileKeyRef") "]}]"},
    {&schema_env_from_spec, "[{\"oneOf\": [" GIVEN("configMapRef") ", " GIVEN("secretRef") "]}]"},
    {&schema_config_map_ref_spec, "[{" NAME "}]"},
    {&schema_secret_ref_spec, "[{" NAME "}]"},
    {&schema_config_map_key_spec, "[{" NAME "}]"},
    {&schema_secret_key_spec, "[{" NAME "}]"},
    {&schema_resources_spec, "[{\"properties\": {" RESOURCES("limits") ", " RESOURCES("requests") "}}]"},
    {&schema_volume_spec, "[{\"minProperties\": 2, \"maxProperties\": 2}]"},
    {&schema_os_spec, "[{\"properties\": {\"name\": {\"not\": {\"const\": \"windows\"}}}}]"},
    {&schema_pod_manifest, "[" NAMED "]"},
    {&schema_config_map_manifest, "[" NAMED ", {\"properties\": {" DATA("data") ", " DATA("binaryData") "}}]"},
    {&schema_secret_manifest, "[" NAMED ", {\"properties\": {" DATA("data") ", " DATA("stringData") "}}]"},
    {&schema_deployment_manifest, "[" NAMED "]"},
    {&schema_replica_set_manifest, "[" NAMED "]"},
    {&schema_stateful_set_manifest, "[" NAMED "]"},
    {&schema_daemon_set_manifest, "[" NAMED "]"},
    {&schema_job_manifest, "[" NAMED "]"},
    {&schema_cron_job_manifest, "[" NAMED "]"},
    {&schema_deployment_spec, RUNS_FOR_EVER},
    {&schema_replica_set_spec, RUNS_FOR_EVER},
    {&schema_stateful_set_spec, RUNS_FOR_EVER},
    {&schema_daemon_set_spec, RUNS_FOR_EVER},
    {&schema_job_spec,
     "[{\"properties\": {\"template\": {\"properties\": {\"spec\": {\"required\": [\"restartPolicy\"], "
     "\"properties\": {\"restartPolicy\": {\"enum\": [\"OnFailure\", \"Never\"]}}}}}}}, "
     "{\"if\": {\"required\": [\"completionMode\"], \"properties\": {\"completionMode\": {\"const\": \"Indexed\"}}}, "
     "\"then\": {\"required\": [\"completions\"]}}]"},
};

static const char *rules_of(const struct object_info *object)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].object == object)
            return rules[i].all_of;
    }
    return NULL;
}

static const struct kind_info *kind_of(const struct object_info *object)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (kinds[i].schema == object)
            return &kinds[i];
    }
    for (size_t i = 0; i < file_kind_count; i++) {
        if (file_kinds[i].schema == object)
            return &file_kinds[i];
    }
    return NULL;
}

/* ---- any manifest ---- */

/* "if kind is K, then it is a K": the way that tells of the faults of a Pod alone when it is a Pod. */
static void when_kind(struct json *j, const char *kind, const char *schema)
{
    struct buf text = BUF_INIT;

    json_open_line(j, NULL, '{');
    buf_addf(&text, "{\"required\": [\"kind\"], \"properties\": {\"kind\": {\"const\": \"%s\"}}}", kind);
    json_raw(j, "if", buf_text(&text));
    buf_clear(&text);
    buf_addf(&text, "{\"$ref\": \"#/definitions/%s\"}", schema);
    json_raw(j, "then", buf_text(&text));
    json_close(j);
    if (buf_failed(&text))
        j->out->failed = true;
    buf_deinit(&text);
}

/* `list`: as a document, which may be a List; else as an item of one. */
static void any_kind(struct json *j, bool list)
{
    json_text(j, "type", "object");
    json_raw(j, "required", "[\"apiVersion\", \"kind\"]");
    json_open(j, "properties", '{');
    json_open(j, "kind", '{');
    json_text(j, "description", "What it is.");
    json_open_line(j, "enum", '[');
    for (size_t i = 0; i < kind_count; i++) {
        if (kinds[i].role != KIND_SETTINGS)
            json_text(j, NULL, kinds[i].kind);
    }
    if (list)
        json_text(j, NULL, "List");
    json_close(j);
    json_close(j);
    json_close(j);
    json_open(j, "allOf", '[');
    for (size_t i = 0; i < kind_count; i++) {
        if (kinds[i].role != KIND_SETTINGS)
            when_kind(j, kinds[i].kind, kinds[i].kind);
    }
    if (list)
        when_kind(j, "List", "List");
    json_close(j);
}

static void list_definitions(struct json *j)
{
    json_open(j, "Item", '{');
    any_kind(j, false);
    json_close(j);
    json_open(j, "List", '{');
    json_text(j, "description", "Several objects in one.");
    json_text(j, "type", "object");
    json_raw(j, "required", "[\"apiVersion\", \"kind\", \"items\"]");
    json_open(j, "properties", '{');
    json_raw(j, "apiVersion", "{\"description\": \"v1.\", \"enum\": [\"v1\"]}");
    json_raw(j, "kind", "{\"description\": \"List.\", \"enum\": [\"List\"]}");
    json_raw(j, "items", "{\"description\": \"The objects.\", \"type\": \"array\", "
                         "\"items\": {\"$ref\": \"#/definitions/Item\"}}");
    json_close(j);
    json_close(j);
}

static void definitions(struct schema_writer *w, const bool *wanted, bool list)
{
    json_open(&w->json, "definitions", '{');
    if (list)
        list_definitions(&w->json);
    for (size_t i = 0; i < schema_object_count; i++) {
        const struct object_info *object = schema_objects[i];

        if (wanted[i])
            schema_object(w, object->name, object, kind_of(object), rules_of(object));
    }
    json_close(&w->json);
}

static void head(struct json *j, const char *title, const char *doc)
{
    json_text(j, "$schema", "http://json-schema.org/draft-07/schema#");
    json_text(j, "title", title);
    if (doc != NULL)
        json_text(j, "description", doc);
}

void json_schema_document(const struct kind_info *kind, struct buf *out)
{
    struct schema_writer w = {.json = json_init(out), .dialect = SCHEMA_DRAFT_07};
    bool *wanted = calloc(schema_object_count, sizeof *wanted);

    if (wanted == NULL) {
        out->failed = true;
        return;
    }
    json_open(&w.json, NULL, '{');
    if (kind == NULL) {
        head(&w.json, "pidlet manifest", "A Kubernetes object as pidlet takes it.");
        any_kind(&w.json, true);
        for (size_t i = 0; i < kind_count; i++) {
            if (kinds[i].role != KIND_SETTINGS)
                schema_mark(kinds[i].schema, false, wanted);
        }
    } else {
        head(&w.json, kind->kind, NULL);
        json_text(&w.json, "type", "object");
        json_open_line(&w.json, "allOf", '[');
        schema_reference(&w, NULL, kind->schema);
        json_close(&w.json);
        schema_mark(kind->schema, false, wanted);
    }
    definitions(&w, wanted, kind == NULL);
    json_close(&w.json);
    buf_addc(out, '\n');
    free(wanted);
}
