#include "daemon/api/nodes.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/macros.h"
#include "daemon/api/backing.h"
#include "daemon/api/kinds.h"
#include "daemon/api/snapshot.h"
#include "base/stamp.h"
#include "daemon/runtime/host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

enum {
    HEARTBEAT = 5 * 60,                 /* s; the kubelet's nodeStatusReportFrequency */
    PODS_MAX = 10000,
};
#define MEMORY_SIGNAL (100 * 1024)      /* KiB available: the kubelet's eviction threshold, 100Mi */
#define DISK_SIGNAL 10                  /* percent of the root file system; the kubelet's nodefs.available */
#define PIDS_SIGNAL 10                  /* percent of pid_max */

/* ---- what the host says ---- */

/* The rest of the line of `path` that begins with `key`, without quotes; "" when there is none. */
static void look_up(const char *path, const char *key, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    char line[512];

    out[0] = '\0';
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *value = line + strlen(key);

        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        value += strspn(value, " \t\"");
        value[strcspn(value, "\"\n")] = '\0';
        snprintf(out, size, "%s", value);
        break;
    }
    if (f != NULL)
        fclose(f);
}

static int64_t number_at(const char *path, const char *key)
{
    char text[64];

    look_up(path, key, text, sizeof text);
    return strtoll(text, NULL, 10);
}

static bool memory_is_short(void)
{
    int64_t available = number_at("/proc/meminfo", "MemAvailable:");

    return available > 0 && available < MEMORY_SIGNAL;
}

static bool disk_is_short(void)
{
    struct statvfs root;

    return statvfs("/", &root) == 0 && root.f_blocks > 0
           && (uint64_t)root.f_bavail * 100 < (uint64_t)root.f_blocks * DISK_SIGNAL;
}

/* /proc/loadavg: "0.20 0.18 0.12 1/80 11206", the processes behind the slash. */
static bool pids_are_short(void)
{
    int64_t most = number_at("/proc/sys/kernel/pid_max", "");
    char text[128];
    const char *slash;

    look_up("/proc/loadavg", "", text, sizeof text);
    slash = strchr(text, '/');
    return slash != NULL && most > 0 && (most - strtoll(slash + 1, NULL, 10)) * 100 < most * PIDS_SIGNAL;
}

/* ---- the object ---- */

static const struct {
    const char *type;
    bool (*is_short)(void);
    const char *good_reason, *good_message, *bad_reason, *bad_message;
} pressures[] = {
    {"MemoryPressure", memory_is_short, "KubeletHasSufficientMemory", "kubelet has sufficient memory available",
     "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"},
    {"DiskPressure", disk_is_short, "KubeletHasNoDiskPressure", "kubelet has no disk pressure",
     "KubeletHasDiskPressure", "kubelet has disk pressure"},
    {"PIDPressure", pids_are_short, "KubeletHasSufficientPID", "kubelet has sufficient PID available",
     "KubeletHasInsufficientPID", "kubelet has insufficient PID available"},
};

/* Since when a condition is as it is: taken over from the object before. */
static const char *since(const json_t *old, const char *type, const char *value, const char *now)
{
    size_t i;
    json_t *c;

    json_array_foreach(json_object_get(json_object_get(old, "status"), "conditions"), i, c) {
        const char *its_type = json_string_value(json_object_get(c, "type"));
        const char *its_value = json_string_value(json_object_get(c, "status"));

        if (its_type != NULL && its_value != NULL && strcmp(its_type, type) == 0 && strcmp(its_value, value) == 0)
            return json_string_value(json_object_get(c, "lastTransitionTime"));
    }
    return now;
}

static json_t *condition(const json_t *old, const char *type, bool is_true, const char *reason, const char *message,
                         const char *now)
{
    const char *value = is_true ? "True" : "False";

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", type, "status", value, "lastHeartbeatTime", now,
                     "lastTransitionTime", since(old, type, value, now), "reason", reason, "message", message);
}

static json_t *conditions(const json_t *old, const char *now)
{
    json_t *list = json_array();

    for (size_t i = 0; i < array_count(pressures); i++) {
        bool bad = pressures[i].is_short();

        json_array_append_new(list, condition(old, pressures[i].type, bad,
                                              bad ? pressures[i].bad_reason : pressures[i].good_reason,
                                              bad ? pressures[i].bad_message : pressures[i].good_message, now));
    }
    json_array_append_new(list, condition(old, "Ready", true, "KubeletReady", "kubelet is posting ready status", now));
    return list;
}

static json_t *resources_of(const struct host *h)
{
    char cpu[32], memory[32], storage[32];

    snprintf(cpu, sizeof cpu, "%" PRId64, (int64_t)(h->facts.cpu / QUANTITY_ONE));
    snprintf(memory, sizeof memory, "%" PRId64 "Ki", (int64_t)(h->facts.memory / QUANTITY_ONE / 1024));
    snprintf(storage, sizeof storage, "%" PRId64 "Ki", (int64_t)(h->facts.ephemeral_storage / QUANTITY_ONE / 1024));
    return json_pack("{s:s, s:s, s:s, s:s}", "cpu", cpu, "ephemeral-storage", storage, "memory", memory, "pods", "10000");
}

static json_t *node_info(const struct utsname *os)
{
    char image[256], machine[64], boot[64];

    look_up("/etc/os-release", "PRETTY_NAME=", image, sizeof image);
    look_up("/etc/machine-id", "", machine, sizeof machine);
    look_up("/proc/sys/kernel/random/boot_id", "", boot, sizeof boot);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "machineID", machine, "systemUUID", machine,
                     "bootID", boot, "kernelVersion", os->release, "osImage", image[0] != '\0' ? image : "Linux",
                     "containerRuntimeVersion", "pidlet://" PIDLET_VERSION, "kubeletVersion",
                     "v1.32.0+pidlet." PIDLET_VERSION, "kubeProxyVersion", "", "operatingSystem", "linux",
                     "architecture", strcmp(os->machine, "x86_64") == 0 ? "amd64" : os->machine);
}

static json_t *node(const struct host *h, const json_t *old, const char *now)
{
    const char *created = json_string_value(json_object_get(json_object_get(old, "metadata"), "creationTimestamp"));
    struct utsname os;

    if (uname(&os) == -1)
        memset(&os, 0, sizeof os);
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:{s:s, s:s, s:s}}, s:{}, "
                     "s:{s:o, s:o, s:o, s:[{s:s, s:s}, {s:s, s:s}], s:{s:{s:i}}, s:o}}",
                     "kind", "Node", "apiVersion", "v1", "metadata", "name", h->node_name, "uid", h->node_name,
                     "creationTimestamp", created != NULL ? created : now, "labels", "kubernetes.io/arch",
                     strcmp(os.machine, "x86_64") == 0 ? "amd64" : os.machine, "kubernetes.io/hostname", h->node_name,
                     "kubernetes.io/os", "linux", "spec", "status", "capacity", resources_of(h), "allocatable",
                     resources_of(h), "conditions", conditions(old, now), "addresses", "type", "InternalIP", "address",
                     h->facts.host_ip, "type", "Hostname", "address", h->node_name, "daemonEndpoints",
                     "kubeletEndpoint", "Port", 0, "nodeInfo", node_info(&os));
}

/* A new version only when a condition turned, or for the heartbeat. */
static bool is_worth_showing(const json_t *old, const json_t *new, int64_t now)
{
    const json_t *before = json_object_get(json_object_get(old, "status"), "conditions");
    size_t i;
    json_t *c;

    json_array_foreach(json_object_get(json_object_get(new, "status"), "conditions"), i, c) {
        const json_t *same = json_array_get(before, i);
        const char *beat = json_string_value(json_object_get(same, "lastHeartbeatTime"));

        if (!json_equal(json_object_get(c, "status"), json_object_get(same, "status"))
            || now - stamp_parse(beat) >= HEARTBEAT)
            return true;
    }
    return false;
}

bool nodes_show(struct backing *b)
{
    const struct snapshot *shown = store_get(&b->api->store, RESOURCE_NODES, "", b->host->node_name);
    const int64_t now = clock_wall().seconds;
    json_t *old = shown == NULL ? NULL : snapshot_json(shown), *new;
    struct snapshot *s = NULL;
    char stamp[STAMP_SIZE];
    bool ok;

    stamp_format(now, stamp);
    new = node(b->host, old, stamp);
    ok = new != NULL;
    if (ok && is_worth_showing(old, new, now)) {
        s = snapshot_of_json(&resource_nodes, new, store_next_version(&b->api->store));
        ok = s != NULL && store_put(&b->api->store, s);
    }
    json_decref(old);
    json_decref(new);
    return ok;
}

/* ---- as a resource ---- */

static const char *text_at(struct snapshot *s, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return arena_strdup(s->arena, text != NULL ? text : "<unknown>");
}

static bool fill_cells(struct snapshot *s, const json_t *object)
{
    const json_t *status = json_object_get(object, "status"), *info = json_object_get(status, "nodeInfo");

    s->cells[0].text = s->name;
    s->cells[1].text = "Ready";
    s->cells[2].text = "<none>";
    s->cells[3].since = s->created;
    s->cells[4].text = text_at(s, info, "kubeletVersion");
    s->cells[5].text = text_at(s, json_array_get(json_object_get(status, "addresses"), 0), "address");
    s->cells[6].text = "<none>";
    s->cells[7].text = text_at(s, info, "osImage");
    s->cells[8].text = text_at(s, info, "kernelVersion");
    s->cells[9].text = text_at(s, info, "containerRuntimeVersion");
    return s->cells[4].text != NULL && s->cells[5].text != NULL && s->cells[7].text != NULL
           && s->cells[8].text != NULL && s->cells[9].text != NULL;
}

static const struct column columns[] = {
    {"Name", "string", "name", 0, "Name of the host."},
    {"Status", "string", "", 0, "Ready."},
    {"Roles", "string", "", 0, "None: there is one host."},
    {"Age", "string", "", 0, "Time since the daemon's start."},
    {"Version", "string", "", 0, "Version of the API, and of pidlet."},
    {"Internal-IP", "string", "", 1, "First address of the host."},
    {"External-IP", "string", "", 1, "None."},
    {"OS-Image", "string", "", 1, "Operating system."},
    {"Kernel-Version", "string", "", 1, "Kernel."},
    {"Container-Runtime", "string", "", 1, "pidlet itself."},
};

const struct resource resource_nodes = {
    .plural = "nodes", .singular = "node", .kind = "Node", .short_name = "no", .verbs = VERBS_READ,
    .columns = columns, .column_count = array_count(columns), .fill_cells = fill_cells,
};
