#include "config/openapi.h"

#include "base/buf.h"
#include "base/json.h"
#include "config/kinds.h"
#include "config/schema_json.h"

#include <stdlib.h>
#include <string.h>

/* What an API serves, of that version. */
static bool is_of(const struct kind_info *kind, const char *api_version)
{
    return kind->plural != NULL && (api_version == NULL || strcmp(kind->api_version, api_version) == 0);
}

/* ---- paths ---- */

static void one_group_version_kind(struct json *j, const struct kind_info *kind)
{
    const struct group_version gv = kind_group_version(kind);
    char group[64] = "";

    memcpy(group, gv.group, (size_t)gv.group_length);
    json_open_line(j, "x-kubernetes-group-version-kind", '{');
    json_text(j, "group", group);
    json_text(j, "version", gv.version);
    json_text(j, "kind", kind->kind);
    json_close(j);
}

static void parameter(struct json *j, const char *name, const char *in, const char *doc)
{
    json_open_line(j, NULL, '{');
    json_text(j, "name", name);
    json_text(j, "in", in);
    json_text(j, "description", doc);
    if (strcmp(in, "path") == 0)
        json_bool(j, "required", true);
    json_raw(j, "schema", "{\"type\": \"string\"}");
    json_close(j);
}

static void response(struct json *j, const struct kind_info *kind)
{
    struct buf reference = BUF_INIT;

    buf_addf(&reference, "{\"schema\": {\"$ref\": \"#/components/schemas/%s\"}}", kind->kind);
    json_open(j, "responses", '{');
    json_open(j, "200", '{');
    json_text(j, "description", "OK");
    json_open(j, "content", '{');
    json_raw(j, "application/json", buf_text(&reference));
    json_close(j);
    json_close(j);
    json_close(j);
    buf_deinit(&reference);
}

static void operation(struct json *j, const char *method, const struct kind_info *kind, const char *verb)
{
    struct buf id = BUF_INIT;

    buf_addf(&id, "%sNamespaced%s", verb, kind->kind);
    json_open(j, method, '{');
    json_text(j, "operationId", buf_text(&id));
    /* No requestBody: with one, kubectl makes patches of these schemas, which have no merge keys. */
    if (strcmp(method, "patch") == 0) {
        json_open(j, "parameters", '[');
        parameter(j, "dryRun", "query", "All: nothing is changed.");
        parameter(j, "fieldValidation", "query", "Ignore, Warn or Strict: what unknown fields are.");
        json_close(j);
    }
    response(j, kind);
    one_group_version_kind(j, kind);
    json_close(j);
    buf_deinit(&id);
}

static void path_of(struct json *j, const struct kind_info *kind)
{
    struct buf path = BUF_INIT;

    buf_addf(&path, "/%s/%s/namespaces/{namespace}/%s/{name}",
             kind_group_version(kind).group_length > 0 ? "apis" : "api", kind->api_version, kind->plural);
    json_open(j, buf_text(&path), '{');
    json_open(j, "parameters", '[');
    parameter(j, "namespace", "path", "Namespace of the object.");
    parameter(j, "name", "path", "Name of the object.");
    json_close(j);
    operation(j, "get", kind, "read");
    operation(j, "patch", kind, "patch");
    json_close(j);
    buf_deinit(&path);
}

/* ---- components ---- */

static const struct kind_info *kind_of(const struct object_info *object)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (kinds[i].schema == object)
            return &kinds[i];
    }
    return NULL;
}

static void value_schemas(struct json *j)
{
    json_open(j, "IntOrString", '{');
    json_text(j, "description", "A number, or a name.");
    json_text(j, "format", "int-or-string");
    json_raw(j, "oneOf", "[{\"type\": \"integer\"}, {\"type\": \"string\"}]");
    json_close(j);
    json_open(j, "Quantity", '{');
    json_text(j, "description", "An amount: 0.5, 500m, 128Mi, 1e3.");
    json_raw(j, "oneOf", "[{\"type\": \"string\"}, {\"type\": \"number\"}]");
    json_close(j);
}

static void components(struct json *j, const char *api_version, const bool *wanted)
{
    struct schema_writer w = {.json = *j, .dialect = SCHEMA_OPENAPI};

    json_open(&w.json, "components", '{');
    json_open(&w.json, "schemas", '{');
    for (size_t i = 0; i < schema_object_count; i++) {
        const struct kind_info *kind = kind_of(schema_objects[i]);

        if (wanted[i] && (kind == NULL || is_of(kind, api_version)))
            schema_object(&w, schema_objects[i]->name, schema_objects[i], kind, NULL);
    }
    value_schemas(&w.json);
    json_close(&w.json);
    json_close(&w.json);
    *j = w.json;
}

void openapi_document(const char *api_version, struct buf *out)
{
    struct json j = json_init(out);
    bool *wanted = calloc(schema_object_count, sizeof *wanted);

    if (wanted == NULL) {
        out->failed = true;
        return;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "openapi", "3.0.0");
    json_open(&j, "info", '{');
    json_text(&j, "title", "pidlet");
    json_text(&j, "description", "Objects as pidlet takes them. x-pidlet says what it does with a field.");
    json_text(&j, "version", PIDLET_VERSION);
    json_close(&j);
    json_open(&j, "paths", '{');
    for (size_t i = 0; i < kind_count; i++) {
        if (!is_of(&kinds[i], api_version))
            continue;
        schema_mark(kinds[i].schema, false, wanted);
        path_of(&j, &kinds[i]);
    }
    json_close(&j);
    components(&j, api_version, wanted);
    json_close(&j);
    buf_addc(out, '\n');
    free(wanted);
}
