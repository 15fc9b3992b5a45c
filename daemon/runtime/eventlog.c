#include "daemon/runtime/eventlog.h"

#include "config/load.h"
#include "daemon/core/recorder.h"
#include "daemon/runtime/executor.h"
#include "daemon/runtime/systemd.h"
#include "daemon/runtime/terminal.h"

#include <errno.h>

int eventlog_init(struct eventlog *log, const struct event_limits *limits, struct terminal *terminal)
{
    *log = (struct eventlog){.store = event_store_new(limits), .terminal = terminal};
    return log->store != NULL ? 0 : -ENOMEM;
}

void eventlog_deinit(struct eventlog *log)
{
    event_store_free(log->store);
    buf_deinit(&log->message);
    buf_deinit(&log->object);
}

static struct event_pod_name name_of(const struct live_pod *p)
{
    const struct pod_config *config = live_pod_config(p);

    return (struct event_pod_name){.namespace = config->namespace, .name = config->name, .uid = config->uid};
}

static void store_event(struct eventlog *log, const struct live_pod *p, int container, const char *type,
                        const char *reason, const char *message)
{
    const struct pod_config *config = live_pod_config(p);
    const struct wall_time wall = clock_wall();
    struct event ev = {
        .pod = name_of(p), .type = type, .reason = reason, .message = message, .now = clock_mono(),
        .unix_ns = (uint64_t)wall.seconds * 1000000000 + (uint64_t)wall.nanoseconds};

    if (container != NO_CONTAINER) {
        ev.container = config->containers[container]->name;
        ev.init = (unsigned)container < config->init_count;
    }
    event_store_add(log->store, &ev);
}

static void print(struct eventlog *log, const struct live_pod *p, int container, const char *type,
                  const char *reason, const char *message)
{
    const struct pod_config *config = live_pod_config(p);
    const struct systemd_event entry = {
        .type = type, .reason = reason, .namespace = config->namespace, .pod = config->name, .message = message,
        .container = container != NO_CONTAINER ? config->containers[container]->name : NULL};

    if (systemd_journal(&entry))
        return;
    buf_clear(&log->object);
    buf_adds(&log->object, config->name);
    if (container != NO_CONTAINER)
        buf_addf(&log->object, "/%s", config->containers[container]->name);
    terminal_event(log->terminal, type, reason, buf_text(&log->object), message);
}

/* Nothing more comes of it: its Events stay for a while. */
static void pod_gone(struct eventlog *log, const struct live_pod *p)
{
    const struct event_pod_name name = name_of(p);

    event_store_pod_gone(log->store, &name);
}

void eventlog_note(struct eventlog *log, const struct live_pod *p, const struct action *action)
{
    const struct pod *core = live_pod_core(p);
    struct event_words words;

    buf_clear(&log->message);
    if (recorder_describe(core, action->container, &action->note, &words, &log->message))
        print(log, p, action->container, words.type, words.reason, buf_text(&log->message));
    buf_clear(&log->message);
    if (recorder_event(core, action->container, &action->note, &words, &log->message))
        store_event(log, p, action->container, words.type, words.reason, buf_text(&log->message));
    if (action->note.kind == NOTE_DELETED)
        pod_gone(log, p);
}

void eventlog_add(struct eventlog *log, const struct live_pod *p, int container, const char *type,
                  const char *reason, const char *message)
{
    print(log, p, container, type, reason, message);
    store_event(log, p, container, type, reason, message);
}
