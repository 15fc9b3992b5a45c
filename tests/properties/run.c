#include "tests/properties/run.h"

#include "base/buf.h"
#include "config/diag.h"
#include "daemon/core/trace.h"
#include "tests/lib/test.h"

#include <string.h>

/* The run that is under way; there is one at a time. */
static struct {
    struct model model;
    const struct run_options *options;
    unsigned long steps;
} now_running;

void __real_pod_step(struct pod *p, const struct pod_event *ev, struct actions *out);
void __wrap_pod_step(struct pod *p, const struct pod_event *ev, struct actions *out);

void __wrap_pod_step(struct pod *p, const struct pod_event *ev, struct actions *out)
{
    struct model *m = &now_running.model;
    run_rule_fn *rule = now_running.options->rule;

    if (now_running.steps++ == 0)
        model_status_begin(m, p);
    model_event(m, ev);
    __real_pod_step(p, ev, out);
    for (size_t i = 0; i < out->count; i++) {
        if (rule != NULL && m->broken == NULL && rule(m, &out->items[i]) != NULL)
            model_break(m, NULL, rule(m, &out->items[i]));
        model_action(m, &out->items[i]);
    }
    model_settle(m);
    model_status(m, p);
}

static void observe(void *arg, const struct pod *p, const struct action *action, mono_ms now)
{
    trace_text(arg, p, action, now);
}

void run_load(struct pod_config_set *set, const struct plan *p)
{
    const struct load_options options = {0};
    struct buf text = BUF_INIT, findings = BUF_INIT;
    struct diags diags;

    *set = (struct pod_config_set){0};
    assert_true(diags_init(&diags));
    plan_write_pod(p, &text);
    if (!load_text(set, "plan", buf_text(&text), strlen(buf_text(&text)), &options, &diags)) {
        for (size_t i = 0; i < diags.count; i++) {
            diag_format(&diags.items[i], &findings);
            buf_addc(&findings, '\n');
        }
        fail_msg("%s", buf_text(&findings));
    }
    diags_deinit(&diags);
    buf_deinit(&text);
    buf_deinit(&findings);
}

static bool goes_on(const struct simulator *s)
{
    return now_running.model.broken == NULL && simulator_violation(s) == NULL;
}

/* In slices, so that a busy pod's steps can be counted between them. */
static void advance(struct simulator *s, mono_ms until)
{
    mono_ms slice = MONO_SECOND;

    while (goes_on(s) && simulator_now(s) < until && now_running.steps < now_running.options->steps) {
        simulator_run(s, mono_min(until, simulator_now(s) + slice));
        slice *= 2;
    }
}

struct run_result run_plan(const struct pod_config *config, struct plan *p, uint64_t seed,
                           const struct run_options *options)
{
    struct sim_behaviour behaviours[PLAN_CONTAINERS];
    struct run_result result = {.container = NO_CONTAINER};
    struct simulator *s;

    model_init(&now_running.model, config);
    now_running.options = options;
    now_running.steps = 0;
    plan_behaviours(p, behaviours);
    s = simulator_new(config, behaviours, seed, options->trace != NULL ? observe : NULL, options->trace);
    assert_non_null(s);
    for (unsigned i = 0; i < p->fault_count; i++) {
        struct pod_event ev = plan_event(&p->faults[i], config);

        advance(s, p->faults[i].at);
        if (!goes_on(s))
            break;
        p->faults[i].at = simulator_now(s);
        simulator_post(s, &ev);
    }
    advance(s, p->horizon);
    if (now_running.model.broken != NULL) {
        result.broken = now_running.model.broken;
        result.container = now_running.model.broken_at;
    } else {
        result.broken = simulator_violation(s);
    }
    result.at = simulator_now(s);
    p->horizon = result.at;
    result.steps = now_running.steps;
    simulator_free(s);
    return result;
}
