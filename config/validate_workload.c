#include "config/validate_private.h"

#include "base/buf.h"
#include "config/diag.h"
#include "config/kinds.h"

#include <ctype.h>
#include <string.h>

/* ---- selectors ---- */

static bool values_hold(const struct string_list *values, const char *value)
{
    for (size_t i = 0; value != NULL && i < values->count; i++) {
        if (strcmp(values->items[i], value) == 0)
            return true;
    }
    return false;
}

static bool matches(const struct label_selector_spec *s, const struct string_map *labels)
{
    for (size_t i = 0; i < s->match_labels.count; i++) {
        const char *value = string_map_get(labels, s->match_labels.items[i].key);

        if (value == NULL || strcmp(value, s->match_labels.items[i].value) != 0)
            return false;
    }
    for (size_t i = 0; i < s->match_expressions.count; i++) {
        const struct selector_requirement_spec *r = &s->match_expressions.items[i];
        const char *value = r->key != NULL ? string_map_get(labels, r->key) : NULL;
        bool ok = true;

        switch (r->operator) {
        case SELECTOR_IN:
            ok = values_hold(&r->values, value);
            break;
        case SELECTOR_NOT_IN:
            ok = !values_hold(&r->values, value);
            break;
        case SELECTOR_EXISTS:
            ok = value != NULL;
            break;
        case SELECTOR_DOES_NOT_EXIST:
            ok = value == NULL;
            break;
        case selector_operator_UNSET:
            break;
        }
        if (!ok)
            return false;
    }
    return true;
}

static void expressions_have_the_values_they_need(const struct label_selector_spec *s, const struct path *at,
                                                  struct diags *diags)
{
    const struct path list = {.up = at, .key = "matchExpressions"};

    for (size_t i = 0; i < s->match_expressions.count; i++) {
        const struct selector_requirement_spec *r = &s->match_expressions.items[i];
        const struct path here = {.up = &list, .index = i};

        if ((r->operator == SELECTOR_IN || r->operator == SELECTOR_NOT_IN) && r->values.count == 0)
            diag_required(diags, PATH_KEY(&here, "values"),
                          "must be specified when `operator` is 'In' or 'NotIn'");
        if ((r->operator == SELECTOR_EXISTS || r->operator == SELECTOR_DOES_NOT_EXIST) && r->values.count > 0)
            diag_add(diags, DIAG_FORBIDDEN, PATH_KEY(&here, "values"),
                     "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
}

static void selector(const struct kind_info *kind, const struct label_selector_spec *s,
                     const struct pod_template_spec *template, const struct path *at, struct diags *diags)
{
    const struct path here = {.up = at, .key = "selector"};
    char name[32];
    size_t n = 0;

    if (s == NULL)
        return;
    validate_label_keys(&s->match_labels, PATH_KEY(&here, "matchLabels"), diags);
    expressions_have_the_values_they_need(s, &here, diags);
    for (; kind->kind[n] != '\0' && n < sizeof name - 1; n++)
        name[n] = (char)tolower((unsigned char)kind->kind[n]);
    name[n] = '\0';
    if (s->match_labels.count + s->match_expressions.count == 0)
        diag_invalid(diags, &here, "empty selector is invalid for %s", name);
    else if (template != NULL && template->metadata != NULL && !matches(s, &template->metadata->labels))
        diag_invalid(diags, PATH_KEY(PATH_KEY(PATH_KEY(at, "template"), "metadata"), "labels"),
                     "`selector` does not match template `labels`");
}

/* ---- templates ---- */

static void template_of(const struct pod_template_spec *t, const struct path *at, struct diags *diags)
{
    const struct path here = {.up = at, .key = "template"};

    if (t == NULL)
        return;
    validate_meta(t->metadata, false, PATH_KEY(&here, "metadata"), diags);
    validate_pod_spec(t->spec, PATH_KEY(&here, "spec"), diags);
}

static void template_runs_for_ever(const struct pod_template_spec *t, const struct path *at,
                                   struct diags *diags)
{
    if (t != NULL && t->spec != NULL && t->spec->restart_policy != RESTART_ALWAYS)
        diag_add(diags, DIAG_UNSUPPORTED, PATH_KEY(PATH_KEY(PATH_KEY(at, "template"), "spec"), "restartPolicy"),
                 "supported values: \"Always\"");
}

static void template_ends(const struct pod_template_spec *t, const struct path *at, struct diags *diags)
{
    if (t != NULL && t->spec != NULL && t->spec->restart_policy == RESTART_ALWAYS)
        diag_required(diags, PATH_KEY(PATH_KEY(PATH_KEY(at, "template"), "spec"), "restartPolicy"),
                      "valid values: \"OnFailure\", \"Never\"");
}

/* What a Deployment, a ReplicaSet, a StatefulSet and a DaemonSet have in common. */
static void replicated(const struct kind_info *kind, const struct label_selector_spec *s,
                       const struct pod_template_spec *t, const struct path *at, struct diags *diags)
{
    selector(kind, s, t, at, diags);
    template_of(t, at, diags);
    template_runs_for_ever(t, at, diags);
}

/* ---- times ---- */

static bool is_macro(const char *schedule)
{
    static const char *const macros[] = {"@yearly", "@annually", "@monthly", "@weekly",
                                         "@daily",  "@midnight", "@hourly"};

    for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++) {
        if (strcmp(macros[i], schedule) == 0)
            return true;
    }
    return strncmp(schedule, "@every ", strlen("@every ")) == 0;
}

static void schedule_has_five_fields(const char *schedule, const struct path *at, struct diags *diags)
{
    static const char allowed[] = "0123456789*/,-?LWABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#";
    size_t fields = 0;

    if (schedule == NULL || is_macro(schedule))
        return;
    for (const char *p = schedule + strspn(schedule, " \t"); *p != '\0'; fields++) {
        size_t length = strcspn(p, " \t");

        if (strspn(p, allowed) < length) {
            diag_invalid(diags, PATH_KEY(at, "schedule"), "failed to parse field %zu", fields + 1);
            return;
        }
        p += length;
        p += strspn(p, " \t");
    }
    if (fields != 5)
        diag_invalid(diags, PATH_KEY(at, "schedule"), "expected exactly 5 fields, found %zu", fields);
}

/* ---- kinds ---- */

static void job(const struct job_spec *spec, const struct path *at, struct diags *diags)
{
    template_of(spec->template, at, diags);
    template_ends(spec->template, at, diags);
    if (spec->completion_mode == COMPLETION_INDEXED && spec->completions == INT_UNSET)
        diag_required(diags, PATH_KEY(at, "completions"), "when completion mode is Indexed");
}

static void cron_job(const struct cron_job_spec *spec, const struct path *at, struct diags *diags)
{
    const struct path template = {.up = at, .key = "jobTemplate"};

    schedule_has_five_fields(spec->schedule, at, diags);
    if (spec->job_template != NULL && spec->job_template->spec != NULL)
        job(spec->job_template->spec, PATH_KEY(&template, "spec"), diags);
}

/* ReplicaSets and the like differ in other fields than these; one body for each type. */
#define REPLICATED(type)                                                                                 \
    static void type(const struct kind_info *kind, const void *manifest, const struct path *at,          \
                     struct diags *diags)                                                                \
    {                                                                                                    \
        const struct type##_manifest *m = manifest;                                                      \
                                                                                                         \
        if (m->spec != NULL)                                                                             \
            replicated(kind, m->spec->selector, m->spec->template, at, diags);                           \
    }
REPLICATED(deployment)
REPLICATED(replica_set)
REPLICATED(stateful_set)
REPLICATED(daemon_set)

static void a_job(const struct kind_info *kind, const void *manifest, const struct path *at, struct diags *diags)
{
    const struct job_manifest *m = manifest;

    (void)kind;
    if (m->spec != NULL)
        job(m->spec, at, diags);
}

static void a_cron_job(const struct kind_info *kind, const void *manifest, const struct path *at,
                       struct diags *diags)
{
    const struct cron_job_manifest *m = manifest;

    (void)kind;
    if (m->spec != NULL)
        cron_job(m->spec, at, diags);
}

void validate_workload(const struct kind_info *kind, const void *manifest, const struct path *at,
                       struct diags *diags)
{
    static const struct {
        const struct object_info *schema;
        void (*validate)(const struct kind_info *, const void *, const struct path *, struct diags *);
    } rules[] = {
        {&schema_deployment_manifest, deployment},
        {&schema_replica_set_manifest, replica_set},
        {&schema_stateful_set_manifest, stateful_set},
        {&schema_daemon_set_manifest, daemon_set},
        {&schema_job_manifest, a_job},
        {&schema_cron_job_manifest, a_cron_job},
    };
    const struct deployment_manifest *any = manifest;   /* all begin alike: see the table */

    validate_meta(any->metadata, true, PATH_KEY(at, "metadata"), diags);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].schema == kind->schema)
            rules[i].validate(kind, manifest, PATH_KEY(at, "spec"), diags);
    }
}
