#include "client/simulation.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/load.h"
#include "client/script.h"
#include "daemon/core/simulator_chaos.h"
#include "daemon/core/trace.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define HOUR (3600 * MONO_SECOND)

/* More are of no use to anybody, and their tally would take all memory in the end. */
enum { RUNS_MAX = 1000000, JSON_MAX = 1 << 20 };

struct play {
    const struct simulation *simulation;
    struct simulator *simulator;        /* NULL until it runs */
    struct simulation_result *result;
};

static void observe(void *arg, const struct pod *p, const struct action *action, mono_ms now)
{
    struct play *play = arg;

    (void)now;
    tally_action(&play->result->tally, p, action);
    if (play->result->chaos != NULL)
        chaos_observe(play->result->chaos, p, action);
    if (play->result->tally.run_count > RUNS_MAX && play->simulator != NULL)
        simulator_break(play->simulator, "it has come to a million runs; a shorter --for would be right");
    if (play->simulation->json == NULL)
        return;
    trace_json(play->simulation->json, p, action);
    if (play->simulation->json->length > JSON_MAX)
        play->simulation->json_full(play->simulation->json);
}

/* Kills cut short the runs that would outlast them. */
static const struct sim_run *faulty_runs(const struct simulation_faults *f, struct arena *arena)
{
    static const struct sim_run endless = {.length = MONO_NEVER};
    size_t count = f->run_count > 0 ? f->run_count : 1;
    struct sim_run *runs = arena_array(arena, count, sizeof *runs);

    for (size_t i = 0; runs != NULL && i < count; i++) {
        runs[i] = f->run_count > 0 ? f->runs[i] : endless;
        if (runs[i].length > f->kill_every)
            runs[i] = (struct sim_run){.length = f->kill_every, .signal = SIGKILL};
    }
    return runs;
}

static bool set_faults(const struct simulation *s, struct arena *arena, struct sim_behaviour *behaviours)
{
    const struct simulation_faults *f = s->faults;
    struct sim_behaviour *b;

    if (f->scenario != NULL)
        return script_behaviours(f->scenario, s->config, arena, behaviours);
    for (unsigned i = 0; i < s->config->count; i++)
        behaviours[i] = (struct sim_behaviour)SIM_BEHAVIOUR_CALM;
    if (s->container < 0)
        return true;
    b = &behaviours[s->container];
    b->hang_after = f->hang_after;
    b->startup_after = b->ready_after = f->ready_after;
    if (f->run_count == 0 && f->kill_every == MONO_NEVER)
        return true;
    b->runs = faulty_runs(f, arena);
    b->run_count = f->run_count > 0 ? f->run_count : 1;
    return b->runs != NULL;
}

static void run(const struct simulation *s, struct chaos *chaos, struct simulator *sim)
{
    if (chaos != NULL) {
        simulator_run_chaos(sim, chaos, s->length);
        simulator_finish_chaos(sim, chaos, mono_add(s->length, s->extension));
    } else if (s->faults->scenario != NULL) {
        script_run(s->faults->scenario, sim, s->length);
    } else {
        simulator_run(sim, s->length);
    }
}

static bool prepare(const struct simulation *s, struct simulation_result *result)
{
    if (!tally_init(&result->tally, s->config))
        return false;
    if (s->faults->chaos == NULL)
        return true;
    result->chaos = calloc(1, chaos_size(s->config));
    if (result->chaos != NULL)
        chaos_init(result->chaos, s->faults->chaos, s->config, 0);
    return result->chaos != NULL;
}

bool simulation_play(const struct simulation *s, struct simulation_result *result)
{
    struct arena *arena = arena_new();
    struct pod_config config = *s->config;      /* but for the policies, the same pod */
    struct play play = {.simulation = s, .result = result};
    struct simulator *sim = NULL;
    struct sim_behaviour *behaviours;

    *result = (struct simulation_result){0};
    if (s->policies != NULL)
        config.backoff = s->policies;
    if (arena == NULL)
        return false;
    behaviours = arena_array(arena, config.count, sizeof *behaviours);
    if (behaviours != NULL && prepare(s, result) && set_faults(s, arena, behaviours))
        sim = simulator_new(&config, behaviours, s->seed, observe, &play);
    if (sim != NULL) {
        play.simulator = sim;
        run(s, result->chaos, sim);
        result->violation = simulator_violation(sim);
        result->at = simulator_now(sim);
        tally_finish(&result->tally, result->at);
    }
    simulator_free(sim);
    arena_free(arena);
    return sim != NULL && !result->tally.out_of_memory;
}

void simulation_result_deinit(struct simulation_result *result)
{
    tally_deinit(&result->tally);
    free(result->chaos);
}

mono_ms simulation_length(const struct simulation *s)
{
    struct simulation hour = *s;
    struct simulation_result result;
    mono_ms length = HOUR, cap, pod_ended;
    unsigned at_cap = 0;

    hour.length = HOUR;
    hour.json = NULL;
    if (!simulation_play(&hour, &result)) {
        simulation_result_deinit(&result);
        return 0;
    }
    cap = s->container < 0 ? MONO_NEVER : s->config->backoff[s->container].max;
    for (size_t i = 0; i < result.tally.run_count; i++) {
        const struct tally_run *r = &result.tally.runs[i];

        if ((int)r->container != s->container || !r->restarts || r->delay < cap || ++at_cap < 2)
            continue;
        length = mono_min(HOUR, mono_add(r->ended, r->delay));
        break;
    }
    pod_ended = result.tally.ended_at;
    simulation_result_deinit(&result);
    return pod_ended < length ? pod_ended + 1 : length;    /* also of a pod that ends at once */
}
