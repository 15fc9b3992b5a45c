#include "client/simulate.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "client/findings.h"
#include "client/simulate_advice.h"
#include "client/simulate_options.h"
#include "client/simulate_svg.h"
#include "client/simulate_text.h"
#include "client/verb.h"
#include "config/diag.h"
#include "config/load.h"
#include "client/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    const struct simulate_options *options;
    struct pod_config_set set;
    struct simulation_faults faults;
    const struct scenario *scenario;
    struct arena *arena;                /* of the scenario */
    mono_ms length;                     /* of each pod's simulation */
    struct buf out;
    struct simulate_svg svg;
};

/* ---- which container ---- */

static int named_container(const struct pod_config *config, const char *name)
{
    const char *slash = strchr(name, '/');

    if (slash != NULL) {
        if (strlen(config->name) != (size_t)(slash - name)
            || strncmp(config->name, name, (size_t)(slash - name)) != 0)
            return -1;
        name = slash + 1;
    }
    return script_container(config, name);
}

/* The one that the faults are for, and that the summary tells of in any case. */
static int chosen_container(const struct work *w, const struct pod_config *config)
{
    const struct scenario *s = w->scenario;

    if (w->options->container != NULL)
        return named_container(config, w->options->container);
    for (size_t i = 0; s != NULL && i < s->containers.count; i++) {
        int index = script_container(config, s->containers.items[i].name);

        if (index >= 0)
            return index;
    }
    return config->init_count < config->count ? (int)config->init_count : -1;
}

static bool wanted(const struct work *w, const struct pod_config *config)
{
    return w->scenario == NULL || w->scenario->pod == NULL
           || strcmp(w->scenario->pod, config->name) == 0;
}

static bool any_pod_has(const struct work *w, const char *container)
{
    for (size_t i = 0; i < w->set.count; i++) {
        if (wanted(w, w->set.items[i]) && script_container(w->set.items[i], container) >= 0)
            return true;
    }
    return false;
}

static int no_such(const struct work *w, const char *what, const char *name)
{
    fprintf(stderr, "%s: %s: Not found: \"%s\": the manifests have none of that name\n",
            w->options->scenario, what, name);
    return EXIT_FAULTY;
}

/* Every name of the scenario is one of the manifests. */
static int check_scenario(const struct work *w)
{
    const struct scenario *s = w->scenario;
    bool pod = false;

    for (size_t i = 0; i < w->set.count; i++)
        pod |= wanted(w, w->set.items[i]);
    if (!pod)
        return no_such(w, "pod", s->pod);
    for (size_t i = 0; i < s->containers.count; i++) {
        if (!any_pod_has(w, s->containers.items[i].name))
            return no_such(w, "containers", s->containers.items[i].name);
    }
    for (size_t i = 0; i < s->faults.count; i++) {
        if (s->faults.items[i].container != NULL && !any_pod_has(w, s->faults.items[i].container))
            return no_such(w, "faults", s->faults.items[i].container);
    }
    return -1;
}

static int check_container(const struct work *w)
{
    if (w->options->container == NULL)
        return -1;
    for (size_t i = 0; i < w->set.count; i++) {
        if (named_container(w->set.items[i], w->options->container) >= 0)
            return -1;
    }
    return verb_usage_error("simulate", "--container: no pod has a container %s", w->options->container);
}

/* ---- output ---- */

static void add_duration(struct buf *out, const char *words, mono_ms d)
{
    char text[DURATION_SIZE];

    duration_format(d, text);
    buf_addf(out, "%s%s", words, text);
}

static void add_heading(struct work *w, const struct simulation *s)
{
    struct buf *out = &w->out;
    const struct simulation_faults *f = s->faults;
    const char *name = s->container < 0 ? NULL : s->config->containers[s->container]->name;

    buf_addf(out, "pod %s: ", s->config->name);
    if (f->scenario != NULL) {
        buf_addf(out, "as %s tells", w->options->scenario);
    } else if (name == NULL || !w->options->any_fault) {
        buf_adds(out, "nothing is made to fail");
    } else {
        buf_addf(out, "container %s", name);
        if (f->run_count > 0)
            buf_addf(out, " with %zu given run%s", f->run_count, f->run_count == 1 ? "" : "s");
        if (f->kill_every != MONO_NEVER)
            add_duration(out, ", killed each time after ", f->kill_every);
        if (f->hang_after != MONO_NEVER)
            add_duration(out, ", hanging after ", f->hang_after);
        if (f->ready_after > 0)
            add_duration(out, ", answering probes after ", f->ready_after);
    }
    add_duration(out, "; for ", s->length);
    if (name != NULL && s->config->count > 1)
        buf_adds(out, f->scenario != NULL ? "; containers that it does not name run for ever"
                                          : "; the other containers run for ever");
    buf_adds(out, "\n\n");
}

static void add_text(struct work *w, const struct simulation *s, const struct simulation_result *result)
{
    const struct tally *t = &result->tally;
    size_t before = w->out.length;

    if (before > 0)
        buf_addc(&w->out, '\n');
    add_heading(w, s);
    if (w->options->compare && s->container >= 0) {
        if (!simulate_compare(t, (unsigned)s->container, false, &w->out))
            w->out.failed = true;
        return;
    }
    simulate_table(t, &w->out);
    buf_addc(&w->out, '\n');
    simulate_summary(t, s->container, &w->out);
    if (result->violation == NULL)
        simulate_advice(s, t, &w->out);
    if (!w->options->any_fault && s->faults->scenario == NULL)
        buf_adds(&w->out, "Nothing was made to fail; try --kill-every 3m or --runs 5s.\n");
}

static void add_output(struct work *w, const struct simulation *s, const struct simulation_result *result)
{
    const struct tally *t = &result->tally;

    switch (w->options->output) {
    case OUTPUT_TEXT:
        add_text(w, s, result);
        break;
    case OUTPUT_JSON:                   /* the events are there already */
        if (w->options->compare && s->container >= 0
            && !simulate_compare(t, (unsigned)s->container, true, &w->out))
            w->out.failed = true;
        break;
    case OUTPUT_SVG:
        simulate_svg_pod(&w->svg, t, s->container);
        break;
    }
}

/* ---- one pod after the other ---- */

static int out_of_memory(void)
{
    fputs("pidlet simulate: out of memory\n", stderr);
    return EXIT_WORK;
}

static struct simulation simulation_of(const struct work *w, const struct pod_config *config)
{
    return (struct simulation){
        .config = config,
        .faults = &w->faults,
        .container = chosen_container(w, config),
        .length = w->length,
        .seed = w->scenario != NULL ? (uint64_t)w->scenario->seed : w->options->seed,
    };
}

/* One for all pods, so that they can be compared; 0: no memory. */
static mono_ms length_of_all(const struct work *w)
{
    mono_ms longest = 0, length;

    if (w->options->length != MONO_NEVER)
        return w->options->length;
    if (w->scenario != NULL && w->scenario->length != NULL)
        return scenario_time(w->scenario->length);
    for (size_t i = 0; i < w->set.count; i++) {
        struct simulation s = simulation_of(w, w->set.items[i]);

        if (!wanted(w, w->set.items[i]) || s.container < 0)
            continue;
        length = simulation_length(&s);
        if (length == 0)
            return 0;
        longest = length > longest ? length : longest;
    }
    return longest > 0 ? longest : 3600 * MONO_SECOND;
}

/* What cannot be written shows at the end, in the stream's error. */
static void write_out(struct buf *out)
{
    fwrite(buf_text(out), 1, out->length, stdout);
    if (!buf_failed(out))
        buf_clear(out);
}

static int simulate_pod(struct work *w, const struct pod_config *config)
{
    struct simulation s = simulation_of(w, config);
    struct simulation_result result = {0};
    int status = EXIT_OK;

    s.json_full = write_out;
    if (w->options->output == OUTPUT_JSON && !w->options->compare)
        s.json = &w->out;
    if (!simulation_play(&s, &result)) {
        status = out_of_memory();
    } else {
        add_output(w, &s, &result);
        if (result.violation != NULL) {
            char at[DURATION_SIZE];

            duration_format(result.at, at);
            fprintf(stderr, "pidlet simulate: pod %s: broken off at %s: %s\n", config->name, at,
                    result.violation);
            status = EXIT_WORK;
        }
    }
    simulation_result_deinit(&result);
    return status;
}

static int simulate_all(struct work *w)
{
    int status = EXIT_OK;

    w->length = length_of_all(w);
    if (w->length == 0)
        return out_of_memory();
    for (size_t i = 0; i < w->set.count && status == EXIT_OK; i++) {
        if (wanted(w, w->set.items[i]))
            status = simulate_pod(w, w->set.items[i]);
    }
    if (w->options->output == OUTPUT_SVG)
        simulate_svg_write(&w->svg, &w->out);
    if (buf_failed(&w->out))
        return out_of_memory();
    write_out(&w->out);
    return verb_printed("simulate") ? status : EXIT_WORK;
}

/* ---- what comes in ---- */

static int load(struct work *w)
{
    const struct simulate_options *o = w->options;
    const struct load_options options = {0};
    struct diags diags;
    bool ok = true;

    if (!diags_init(&diags))
        return out_of_memory();
    for (size_t i = 0; i < o->source_count; i++)
        ok &= load_source(&w->set, o->sources[i], &options, &diags);
    if (o->scenario != NULL) {
        w->scenario = scenario_read(o->scenario, w->arena, &diags);
        ok &= w->scenario != NULL;
    }
    findings_print(&diags);
    diags_deinit(&diags);
    if (!ok)
        return EXIT_FAULTY;
    if (w->set.count == 0) {
        fprintf(stderr, "pidlet simulate: there is no pod to simulate in %s\n", o->sources[0]);
        return EXIT_FAULTY;
    }
    w->faults = o->faults;
    w->faults.scenario = w->scenario;
    return w->scenario != NULL ? check_scenario(w) : check_container(w);
}

int simulate_verb(int argc, char **argv)
{
    struct simulate_options o;
    struct work w = {.options = &o, .out = BUF_INIT};
    int status = simulate_options_parse(&o, argc, argv);

    simulate_svg_init(&w.svg);
    if (status < 0) {
        w.arena = arena_new();
        status = w.arena == NULL ? out_of_memory() : load(&w);
    }
    if (status < 0)
        status = simulate_all(&w);
    pod_config_set_deinit(&w.set);
    buf_deinit(&w.out);
    simulate_svg_deinit(&w.svg);
    arena_free(w.arena);
    simulate_options_deinit(&o);
    return status;
}
