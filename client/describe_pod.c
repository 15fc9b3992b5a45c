#include "client/describe_pod.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/macros.h"
#include "base/stamp.h"
#include "client/backoff_text.h"
#include "client/elastic.h"
#include "client/get.h"
#include "client/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- metadata ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, the first on the line of its title, the others below it. */
static void add_map(struct buf *out, const char *title, const json_t *map, const char *between, const char *hidden)
{
    const char **keys = calloc(json_object_size(map) + 1, sizeof *keys), *key;
    json_t *value;
    size_t count = 0;

    json_object_foreach((json_t *)map, key, value) {
        if (keys != NULL && (hidden == NULL || strcmp(key, hidden) != 0))
            keys[count++] = key;
    }
    if (keys != NULL)
        qsort(keys, count, sizeof *keys, by_text);
    buf_addf(out, "%s:\t", title);
    if (count == 0)
        buf_adds(out, "<none>\n");
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "%s%s%s", i > 0 ? "\t" : "", keys[i], between);
        elastic_cell(out, remote_text_at(map, keys[i]));
        buf_addc(out, '\n');
    }
    free(keys);
}

static void add_date(struct buf *out, const char *stamp)
{
    char text[64];
    time_t t = (time_t)stamp_parse(stamp);
    struct tm tm;

    if (*stamp == '\0' || gmtime_r(&t, &tm) == NULL || strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &tm) == 0)
        return;
    buf_adds(out, text);
}

static void add_head(struct buf *out, const json_t *pod)
{
    const json_t *metadata = json_object_get(pod, "metadata"), *spec = json_object_get(pod, "spec");
    const json_t *status = json_object_get(pod, "status");
    const char *deleted = remote_text_at(metadata, "deletionTimestamp");

    buf_addf(out, "Name:\t%s\nNamespace:\t%s\n", remote_text_at(metadata, "name"), remote_text_at(metadata, "namespace"));
    buf_addf(out, "Node:\t%s/%s\nStart Time:\t", remote_text_at(spec, "nodeName"), remote_text_at(status, "hostIP"));
    add_date(out, remote_text_at(status, "startTime"));
    buf_addc(out, '\n');
    add_map(out, "Labels", json_object_get(metadata, "labels"), "=", NULL);
    add_map(out, "Annotations", json_object_get(metadata, "annotations"), ": ",
            "kubectl.kubernetes.io/last-applied-configuration");
    if (*deleted != '\0') {
        char age[AGE_SIZE];

        stamp_age(clock_wall().seconds - stamp_parse(deleted), age);
        buf_addf(out, "Status:\tTerminating (lasts %s)\nTermination Grace Period:\t%" JSON_INTEGER_FORMAT "s\n", age,
                 json_integer_value(json_object_get(metadata, "deletionGracePeriodSeconds")));
    } else {
        buf_addf(out, "Status:\t%s\n", remote_text_at(status, "phase"));
    }
    if (*remote_text_at(status, "reason") != '\0')
        buf_addf(out, "Reason:\t%s\n", remote_text_at(status, "reason"));
    if (*remote_text_at(status, "message") != '\0')
        buf_addf(out, "Message:\t%s\n", remote_text_at(status, "message"));
    buf_addf(out, "IP:\t%s\nIPs:\n  IP:\t%s\n", remote_text_at(status, "podIP"), remote_text_at(status, "podIP"));
}

/* ---- containers ---- */

static void add_state(struct buf *out, const char *title, const json_t *state)
{
    const json_t *running = json_object_get(state, "running"), *waiting = json_object_get(state, "waiting");
    const json_t *ended = json_object_get(state, "terminated");

    if (running != NULL) {
        buf_addf(out, "    %s:\tRunning\n      Started:\t", title);
        add_date(out, remote_text_at(running, "startedAt"));
        buf_addc(out, '\n');
    } else if (ended != NULL) {
        buf_addf(out, "    %s:\tTerminated\n", title);
        if (*remote_text_at(ended, "reason") != '\0')
            buf_addf(out, "      Reason:\t%s\n", remote_text_at(ended, "reason"));
        if (*remote_text_at(ended, "message") != '\0') {
            buf_adds(out, "      Message:\t");
            elastic_cell(out, remote_text_at(ended, "message"));
            buf_addc(out, '\n');
        }
        buf_addf(out, "      Exit Code:\t%" JSON_INTEGER_FORMAT "\n", json_integer_value(json_object_get(ended, "exitCode")));
        if (json_integer_value(json_object_get(ended, "signal")) > 0)
            buf_addf(out, "      Signal:\t%" JSON_INTEGER_FORMAT "\n", json_integer_value(json_object_get(ended, "signal")));
        buf_adds(out, "      Started:\t");
        add_date(out, remote_text_at(ended, "startedAt"));
        buf_adds(out, "\n      Finished:\t");
        add_date(out, remote_text_at(ended, "finishedAt"));
        buf_addc(out, '\n');
    } else if (waiting != NULL || strcmp(title, "State") == 0) {
        buf_addf(out, "    %s:\tWaiting\n", title);
        if (*remote_text_at(waiting, "reason") != '\0')
            buf_addf(out, "      Reason:\t%s\n", remote_text_at(waiting, "reason"));
    }
}

static const json_t *status_of(const json_t *statuses, const char *name)
{
    json_t *s;
    size_t i;

    json_array_foreach((json_t *)statuses, i, s) {
        if (strcmp(remote_text_at(s, "name"), name) == 0)
            return s;
    }
    return NULL;
}

static void add_containers(struct buf *out, const json_t *pod, const char *title, const json_t *specs,
                           const json_t *statuses)
{
    json_t *spec;
    size_t i;

    if (json_array_size(specs) == 0)
        return;
    buf_addf(out, "%s:\n", title);
    json_array_foreach((json_t *)specs, i, spec) {
        const json_t *status = status_of(statuses, remote_text_at(spec, "name"));

        buf_addf(out, "  %s:\n", remote_text_at(spec, "name"));
        buf_addf(out, "    Container ID:\t%s\n    Image:\t%s\n    Image ID:\t%s\n", remote_text_at(status, "containerID"),
                 remote_text_at(spec, "image"), remote_text_at(status, "imageID"));
        describe_container_spec(spec, out);
        add_state(out, "State", json_object_get(status, "state"));
        if (json_object_size(json_object_get(status, "lastState")) > 0)
            add_state(out, "Last State", json_object_get(status, "lastState"));
        buf_addf(out, "    Ready:\t%s\n    Restart Count:\t%" JSON_INTEGER_FORMAT "\n",
                 json_is_true(json_object_get(status, "ready")) ? "True" : "False",
                 json_integer_value(json_object_get(status, "restartCount")));
        describe_container_probes(pod, spec, out);
    }
}

/* ---- the rest ---- */

static void add_conditions(struct buf *out, const json_t *conditions)
{
    json_t *c;
    size_t i;

    if (json_array_size(conditions) == 0)
        return;
    buf_adds(out, "Conditions:\n  Type\tStatus\n");
    json_array_foreach((json_t *)conditions, i, c)
        buf_addf(out, "  %s\t%s \n", remote_text_at(c, "type"), remote_text_at(c, "status"));
}

static void add_volumes(struct buf *out, const json_t *volumes)
{
    const char *key;
    json_t *volume, *source;
    size_t i;

    if (json_array_size(volumes) == 0) {
        buf_adds(out, "Volumes:\t<none>\n");
        return;
    }
    buf_adds(out, "Volumes:\n");
    json_array_foreach((json_t *)volumes, i, volume) {
        buf_addf(out, "  %s:\n", remote_text_at(volume, "name"));
        json_object_foreach(volume, key, source) {
            if (!json_is_object(source))
                continue;
            buf_addf(out, "    Type:\t%s\n", key);
            if (*remote_text_at(source, "path") != '\0')
                buf_addf(out, "    Path:\t%s\n", remote_text_at(source, "path"));
        }
    }
}

static void add_event(struct buf *out, const json_t *e)
{
    const json_t *object = json_object_get(e, "involvedObject");
    const int64_t now = clock_wall().seconds;
    char last[AGE_SIZE], first[AGE_SIZE];
    json_int_t count = json_integer_value(json_object_get(e, "count"));

    stamp_age(now - stamp_parse(remote_text_at(e, "lastTimestamp")), last);
    stamp_age(now - stamp_parse(remote_text_at(e, "firstTimestamp")), first);
    buf_addf(out, "  %s\t%s\t", remote_text_at(e, "type"), remote_text_at(e, "reason"));
    if (count > 1)
        buf_addf(out, "%s (x%" JSON_INTEGER_FORMAT " over %s)", last, count, first);
    else
        buf_adds(out, last);
    buf_addf(out, "\t%s\t", remote_text_at(json_object_get(e, "source"), "component"));
    if (*remote_text_at(object, "fieldPath") != '\0')
        buf_addf(out, "%s: ", remote_text_at(object, "fieldPath"));
    elastic_cell(out, remote_text_at(e, "message"));
    buf_addc(out, '\n');
}

static void add_events(struct buf *out, json_t *events)
{
    json_t *e;
    size_t i;

    if (json_array_size(events) == 0) {
        buf_adds(out, "Events:\t<none>\n");
        return;
    }
    get_sort_events(events);
    buf_adds(out, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n");
    json_array_foreach(events, i, e)
        add_event(out, e);
}

void describe_pod_text(const json_t *pod, const json_t *backoff, json_t *events, struct buf *out)
{
    const json_t *spec = json_object_get(pod, "spec"), *status = json_object_get(pod, "status");

    add_head(out, pod);
    add_containers(out, pod, "Init Containers", json_object_get(spec, "initContainers"),
                   json_object_get(status, "initContainerStatuses"));
    add_containers(out, pod, "Containers", json_object_get(spec, "containers"), json_object_get(status, "containerStatuses"));
    add_conditions(out, json_object_get(status, "conditions"));
    add_volumes(out, json_object_get(spec, "volumes"));
    buf_addf(out, "QoS Class:\t%s\n", remote_text_at(status, "qosClass"));
    add_map(out, "Node-Selectors", json_object_get(spec, "nodeSelector"), "=", NULL);
    buf_addf(out, "Tolerations:\t%s\n", json_array_size(json_object_get(spec, "tolerations")) > 0 ? "<ignored>" : "<none>");
    if (backoff != NULL) {
        buf_adds(out, "Back-off:\n");
        backoff_text(backoff, "  ", out);
    }
    add_events(out, events);
}
