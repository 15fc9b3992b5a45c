#include "client/describe_pod.h"

#include "base/buf.h"
#include "base/macros.h"
#include "client/elastic.h"
#include "client/remote.h"

#include <string.h>

static json_int_t number_at(const json_t *object, const char *key, json_int_t otherwise)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* ---- before the status ---- */

static void add_ports(struct buf *out, const json_t *ports, const char *title, const char *key)
{
    json_t *p;
    size_t i;

    buf_addf(out, "    %s%s:\t", title, json_array_size(ports) > 1 ? "s" : "");
    if (json_array_size(ports) == 0)
        buf_adds(out, "<none>");
    json_array_foreach((json_t *)ports, i, p) {
        const char *protocol = remote_text_at(p, "protocol"), *name = remote_text_at(p, "name");

        buf_addf(out, "%s%" JSON_INTEGER_FORMAT "/%s", i > 0 ? ", " : "", number_at(p, key, 0),
                 *protocol != '\0' ? protocol : "TCP");
        if (*name != '\0')
            buf_addf(out, " (%s)", name);
    }
    buf_addc(out, '\n');
}

/* An item of several lines stands on several lines. */
static void add_words(struct buf *out, const char *title, const json_t *words)
{
    json_t *word;
    size_t i;

    if (json_array_size(words) == 0)
        return;
    buf_addf(out, "    %s:\n", title);
    json_array_foreach((json_t *)words, i, word) {
        const char *p = json_string_value(word);

        for (; p != NULL && *p != '\0'; p += p[strcspn(p, "\n")] == '\n' ? strcspn(p, "\n") + 1 : strcspn(p, "\n"))
            buf_addf(out, "      %.*s\n", (int)strcspn(p, "\n"), p);
    }
}

void describe_container_spec(const json_t *spec, struct buf *out)
{
    const json_t *ports = json_object_get(spec, "ports");

    add_ports(out, ports, "Port", "containerPort");
    add_ports(out, ports, "Host Port", "hostPort");
    add_words(out, "Command", json_object_get(spec, "command"));
    add_words(out, "Args", json_object_get(spec, "args"));
}

/* ---- after it ---- */

static void add_port(struct buf *out, const json_t *handler)
{
    const json_t *port = json_object_get(handler, "port");

    if (json_is_string(port))
        buf_adds(out, json_string_value(port));
    else
        buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(port));
}

static void add_handler(struct buf *out, const json_t *probe)
{
    const json_t *exec = json_object_get(probe, "exec"), *http = json_object_get(probe, "httpGet");
    const json_t *tcp = json_object_get(probe, "tcpSocket"), *grpc = json_object_get(probe, "grpc");
    json_t *word;
    size_t i;

    if (exec != NULL) {
        buf_adds(out, "exec [");
        json_array_foreach(json_object_get(exec, "command"), i, word) {
            buf_adds(out, i > 0 ? " " : "");
            elastic_cell(out, json_string_value(word));
        }
        buf_addc(out, ']');
    } else if (http != NULL) {
        buf_addf(out, "http-get %s://%s:", strcmp(remote_text_at(http, "scheme"), "HTTPS") == 0 ? "https" : "http",
                 remote_text_at(http, "host"));
        add_port(out, http);
        buf_addf(out, "%s%s", *remote_text_at(http, "path") == '/' ? "" : "/", remote_text_at(http, "path"));
    } else if (tcp != NULL) {
        buf_addf(out, "tcp-socket %s:", remote_text_at(tcp, "host"));
        add_port(out, tcp);
    } else if (grpc != NULL) {
        buf_adds(out, "grpc <pod>:");
        add_port(out, grpc);
        buf_addf(out, " %s", remote_text_at(grpc, "service"));
    }
}

static void add_probe(struct buf *out, const char *title, const json_t *probe)
{
    if (probe == NULL)
        return;
    buf_addf(out, "    %s:\t", title);
    add_handler(out, probe);
    buf_addf(out, " delay=%" JSON_INTEGER_FORMAT "s timeout=%" JSON_INTEGER_FORMAT "s period=%" JSON_INTEGER_FORMAT
                  "s #success=%" JSON_INTEGER_FORMAT " #failure=%" JSON_INTEGER_FORMAT "\n",
             number_at(probe, "initialDelaySeconds", 0), number_at(probe, "timeoutSeconds", 1),
             number_at(probe, "periodSeconds", 10), number_at(probe, "successThreshold", 1),
             number_at(probe, "failureThreshold", 3));
}

static void add_amounts(struct buf *out, const char *title, const json_t *amounts)
{
    const char *key;
    json_t *value;

    if (json_object_size(amounts) == 0)
        return;
    buf_addf(out, "    %s:\n", title);
    json_object_foreach((json_t *)amounts, key, value)
        buf_addf(out, "      %s:\t%s\n", key, json_is_string(value) ? json_string_value(value) : "");
}

static const char *optional(const json_t *ref)
{
    return json_is_true(json_object_get(ref, "optional")) ? "true" : "false";
}

/* What a fieldRef of the pod comes to, as far as it is a plain field. */
static const char *field_of(const json_t *pod, const char *path)
{
    const json_t *at = pod;

    while (at != NULL && *path != '\0') {
        char key[64] = {0};
        size_t length = strcspn(path, ".");

        memcpy(key, path, length < sizeof key ? length : sizeof key - 1);
        at = json_object_get(at, key);
        path += length + (path[length] == '.');
    }
    return json_is_string(at) ? json_string_value(at) : "";
}

static void add_value(struct buf *out, const json_t *pod, const json_t *env)
{
    const json_t *from = json_object_get(env, "valueFrom"), *field = json_object_get(from, "fieldRef");
    const json_t *map = json_object_get(from, "configMapKeyRef"), *secret = json_object_get(from, "secretKeyRef");
    const json_t *resource = json_object_get(from, "resourceFieldRef");

    if (field != NULL)
        buf_addf(out, "%s (v1:%s)", field_of(pod, remote_text_at(field, "fieldPath")), remote_text_at(field, "fieldPath"));
    else if (map != NULL)
        buf_addf(out, "<set to the key '%s' of config map '%s'>\tOptional: %s", remote_text_at(map, "key"),
                 remote_text_at(map, "name"), optional(map));
    else if (secret != NULL)
        buf_addf(out, "<set to the key '%s' in secret '%s'>\tOptional: %s", remote_text_at(secret, "key"),
                 remote_text_at(secret, "name"), optional(secret));
    else if (resource != NULL)
        buf_addf(out, " (%s)", remote_text_at(resource, "resource"));
    else
        elastic_cell(out, remote_text_at(env, "value"));
}

static void add_environment(struct buf *out, const json_t *pod, const json_t *spec)
{
    const json_t *from = json_object_get(spec, "envFrom"), *env = json_object_get(spec, "env");
    json_t *e;
    size_t i;

    if (json_array_size(from) > 0)
        buf_adds(out, "    Environment Variables from:\n");
    json_array_foreach((json_t *)from, i, e) {
        const json_t *map = json_object_get(e, "configMapRef"), *ref = map != NULL ? map : json_object_get(e, "secretRef");

        buf_addf(out, "      %s\t%s\tOptional: %s\n", remote_text_at(ref, "name"), map != NULL ? "ConfigMap" : "Secret",
                 optional(ref));
    }
    if (json_array_size(env) == 0) {
        buf_adds(out, "    Environment:\t<none>\n");
        return;
    }
    buf_adds(out, "    Environment:\n");
    json_array_foreach((json_t *)env, i, e) {
        buf_addf(out, "      %s:\t", remote_text_at(e, "name"));
        add_value(out, pod, e);
        buf_addc(out, '\n');
    }
}

void describe_container_probes(const json_t *pod, const json_t *spec, struct buf *out)
{
    const json_t *resources = json_object_get(spec, "resources");
    json_t *mount;
    size_t i;

    add_amounts(out, "Limits", json_object_get(resources, "limits"));
    add_amounts(out, "Requests", json_object_get(resources, "requests"));
    add_probe(out, "Liveness", json_object_get(spec, "livenessProbe"));
    add_probe(out, "Readiness", json_object_get(spec, "readinessProbe"));
    add_probe(out, "Startup", json_object_get(spec, "startupProbe"));
    add_environment(out, pod, spec);
    if (json_array_size(json_object_get(spec, "volumeMounts")) == 0)
        buf_adds(out, "    Mounts:\t<none>\n");
    else
        buf_adds(out, "    Mounts:\n");
    json_array_foreach(json_object_get(spec, "volumeMounts"), i, mount)
        buf_addf(out, "      %s from %s (rw)\n", remote_text_at(mount, "mountPath"), remote_text_at(mount, "name"));
}
