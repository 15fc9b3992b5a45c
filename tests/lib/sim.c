#include "tests/lib/sim.h"

#include "config/diag.h"
#include "daemon/core/recorder.h"
#include "daemon/core/trace.h"

#include <stdlib.h>
#include <string.h>

static void load(struct sim *s, const char *text)
{
    const struct load_options options = {0};
    struct buf findings = BUF_INIT;
    struct diags diags;

    assert_true(diags_init(&diags));
    if (!load_text(&s->set, "test", text, strlen(text), &options, &diags)) {
        for (size_t i = 0; i < diags.count; i++) {
            diag_format(&diags.items[i], &findings);
            buf_addc(&findings, '\n');
        }
        fail_msg("%s", buf_text(&findings));
    }
    diags_deinit(&diags);
    assert_int_equal(s->set.count, 1);
    assert_true(s->set.items[0]->count <= SIM_CONTAINERS);
}

struct sim sim_pod_annotated(const char *annotations, const char *spec)
{
    struct sim s = {0};
    struct buf text = BUF_INIT;

    buf_addf(&text,
             "apiVersion: v1\nkind: Pod\nmetadata: {name: pod, uid: u1, annotations: {%s}}\nspec: {%s}\n",
             annotations, spec);
    load(&s, buf_text(&text));
    buf_deinit(&text);
    for (int i = 0; i < SIM_CONTAINERS; i++)
        s.behaviours[i] = (struct sim_behaviour)SIM_BEHAVIOUR_CALM;
    return s;
}

struct sim sim_pod(const char *spec)
{
    return sim_pod_annotated("", spec);
}

static unsigned index_of(const struct sim *s, const char *container)
{
    const struct pod_config *config = s->set.items[0];

    for (unsigned i = 0; i < config->count; i++) {
        if (strcmp(config->containers[i]->name, container) == 0)
            return i;
    }
    fail_msg("the pod has no container %s", container);
    return 0;
}

struct sim_behaviour *sim_behaviour(struct sim *s, const char *container)
{
    return &s->behaviours[index_of(s, container)];
}

void sim_set_runs(struct sim *s, const char *container, const struct sim_run *runs, size_t count)
{
    struct sim_behaviour *b = sim_behaviour(s, container);

    b->runs = runs;
    b->run_count = count;
}

void sim_set_chaos(struct sim *s, const char *plan)
{
    char error[CHAOS_PLAN_ERROR_SIZE];

    if (!chaos_plan_parse(plan, &s->plan, error))
        fail_msg("%s: %s", plan, error);
    s->chaos = calloc(1, chaos_size(s->set.items[0]));
    assert_non_null(s->chaos);
    chaos_init(s->chaos, &s->plan, s->set.items[0], 0);
}

static void describe(struct sim *s, const struct pod *p, const struct action *action)
{
    struct event_words w;
    struct buf message = BUF_INIT;

    if (action->kind == DO_NOTE && recorder_describe(p, action->container, &action->note, &w, &message))
        buf_addf(&s->events, "%s %s: %s\n", w.type, w.reason, buf_text(&message));
    buf_deinit(&message);
}

static void observe(void *arg, const struct pod *p, const struct action *action, mono_ms now)
{
    struct sim *s = arg;

    trace_text(&s->trace, p, action, now);
    describe(s, p, action);
    if (s->chaos != NULL)
        chaos_observe(s->chaos, p, action);
}

void sim_begin(struct sim *s)
{
    if (s->simulator != NULL)
        return;
    s->simulator = simulator_new(s->set.items[0], s->behaviours, 1, observe, s);
    assert_non_null(s->simulator);
}

static void check(const struct sim *s)
{
    if (simulator_violation(s->simulator) != NULL)
        fail_msg("%s at %lld ms; the trace:\n%s", simulator_violation(s->simulator),
                 (long long)simulator_now(s->simulator), buf_text(&s->trace));
}

void sim_run_until(struct sim *s, mono_ms until)
{
    sim_begin(s);
    if (s->chaos != NULL)
        simulator_run_chaos(s->simulator, s->chaos, until);
    else
        simulator_run(s->simulator, until);
    check(s);
}

void sim_post(struct sim *s, enum pod_event_kind kind)
{
    sim_begin(s);
    simulator_post(s->simulator, &(struct pod_event){.kind = kind, .grace = MONO_NEVER});
    check(s);
}

void sim_stop(struct sim *s, mono_ms grace)
{
    sim_begin(s);
    simulator_post(s->simulator, &(struct pod_event){.kind = POD_STOP, .grace = grace});
    check(s);
}

void sim_condition(struct sim *s, unsigned gate, enum condition_value value)
{
    sim_begin(s);
    simulator_post(s->simulator,
                   &(struct pod_event){.kind = POD_CONDITION, .gate = gate, .condition = value});
    check(s);
}

const struct container *sim_container(struct sim *s, const char *container)
{
    sim_begin(s);
    return &simulator_pod(s->simulator)->containers[index_of(s, container)];
}

void sim_end(struct sim *s)
{
    simulator_free(s->simulator);
    free(s->chaos);
    pod_config_set_deinit(&s->set);
    buf_deinit(&s->trace);
    buf_deinit(&s->events);
}

static void expect(struct sim *s, struct buf *found, const char *what, const char *wanted, const char *file, int line)
{
    sim_begin(s);
    if (strcmp(buf_text(found), wanted) != 0)
        fail_msg("%s:%d: the %s\n%sand should be\n%s", file, line, what, buf_text(found), wanted);
    buf_clear(found);
}

void sim_expect_trace(struct sim *s, const char *wanted, const char *file, int line)
{
    expect(s, &s->trace, "trace is", wanted, file, line);
}

void sim_expect_events(struct sim *s, const char *wanted, const char *file, int line)
{
    expect(s, &s->events, "Events are", wanted, file, line);
}
