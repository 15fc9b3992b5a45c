#include "config/validate_private.h"

#include "base/buf.h"
#include "config/diag.h"
#include "config/kinds.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

static const char *label(const struct string_map *labels, const struct names *keys, const char *key)
{
    size_t at = names_first(keys, key);

    return at != NAMES_NONE ? labels->items[at].value : NULL;
}

static bool requirement_holds(const struct selector_requirement_spec *r, const char *value)
{
    switch (r->operator) {
    case SELECTOR_IN:
        return values_hold(&r->values, value);
    case SELECTOR_NOT_IN:
        return !values_hold(&r->values, value);
    case SELECTOR_EXISTS:
        return value != NULL;
    case SELECTOR_DOES_NOT_EXIST:
        return value == NULL;
    case selector_operator_UNSET:
        break;                          /* at fault already */
    }
    return true;
}

static bool matches(const struct label_selector_spec *s, const struct string_map *labels, struct diags *diags)
{
    struct names keys;
    bool ok = true;

    names_of(&keys, labels, key, diags);
    for (size_t i = 0; ok && i < s->match_labels.count; i++) {
        const char *value = label(labels, &keys, s->match_labels.items[i].key);

        ok = value != NULL && strcmp(value, s->match_labels.items[i].value) == 0;
    }
    for (size_t i = 0; ok && i < s->match_expressions.count; i++) {
        const struct selector_requirement_spec *r = &s->match_expressions.items[i];

        ok = requirement_holds(r, label(labels, &keys, r->key));
    }
    names_deinit(&keys);
    return ok;
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
    else if (template != NULL && template->metadata != NULL && !matches(s, &template->metadata->labels, diags))
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

static void template_has_no_deadline(const struct kind_info *kind, const struct pod_template_spec *t,
                                     const struct path *at, struct diags *diags)
{
    /* A Deployment's pods are its ReplicaSet's. */
    const char *owner = strcmp(kind->kind, "Deployment") == 0 ? "ReplicaSet" : kind->kind;

    if (t != NULL && t->spec != NULL && t->spec->active_deadline_seconds != INT_UNSET)
        diag_add(diags, DIAG_FORBIDDEN,
                 PATH_KEY(PATH_KEY(PATH_KEY(at, "template"), "spec"), "activeDeadlineSeconds"),
                 "activeDeadlineSeconds in %s is not Supported", owner);
}

/* What a Deployment, a ReplicaSet, a StatefulSet and a DaemonSet have in common. */
static void replicated(const struct kind_info *kind, const struct label_selector_spec *s,
                       const struct pod_template_spec *t, const struct path *at, struct diags *diags)
{
    selector(kind, s, t, at, diags);
    template_of(t, at, diags);
    template_runs_for_ever(t, at, diags);
    template_has_no_deadline(kind, t, at, diags);
}

/* ---- how pods are replaced ---- */

static bool is_zero(const char *amount)
{
    return strspn(amount, "0") == strcspn(amount, "%");
}

/* As it would be printed: a number bare, a share quoted. */
static void invalid_amount(const char *amount, const struct path *at, const char *detail, struct diags *diags)
{
    struct buf value = BUF_INIT;

    buf_addf(&value, strchr(amount, '%') != NULL ? "\"%s\"" : "%s", amount);
    diag_add_value(diags, DIAG_INVALID, at, buf_text(&value), "%s", detail);
    buf_deinit(&value);
}

static void not_more_than_all(const char *amount, const struct path *at, struct diags *diags)
{
    if (amount != NULL && strchr(amount, '%') != NULL && strtod(amount, NULL) > 100)
        invalid_amount(amount, at, "must not be greater than 100%", diags);
}

static void deployment_strategy(const struct deployment_spec *spec, const struct path *at, struct diags *diags)
{
    const struct path strategy = {.up = at, .key = "strategy"}, here = {.up = &strategy, .key = "rollingUpdate"};
    const struct rolling_update_deployment_spec *r = spec->strategy != NULL ? spec->strategy->rolling_update : NULL;

    if (r == NULL)
        return;
    if (spec->strategy->type == STRATEGY_RECREATE) {
        diag_add(diags, DIAG_FORBIDDEN, &here, "may not be specified when strategy `type` is 'Recreate'");
        return;
    }
    if (is_zero(r->max_unavailable) && is_zero(r->max_surge))
        invalid_amount(r->max_unavailable, PATH_KEY(&here, "maxUnavailable"), "may not be 0 when `maxSurge` is 0",
                       diags);
    not_more_than_all(r->max_unavailable, PATH_KEY(&here, "maxUnavailable"), diags);
}

static void daemon_set_strategy(const struct daemon_set_spec *spec, const struct path *at, struct diags *diags)
{
    const struct path strategy = {.up = at, .key = "updateStrategy"}, here = {.up = &strategy, .key = "rollingUpdate"};
    const struct rolling_update_daemon_set_spec *r =
        spec->update_strategy != NULL ? spec->update_strategy->rolling_update : NULL;

    if (r == NULL || spec->update_strategy->type != DAEMON_ROLLING_UPDATE)
        return;
    if (is_zero(r->max_unavailable) && is_zero(r->max_surge))
        diag_required(diags, PATH_KEY(&here, "maxUnavailable"), "cannot be 0 when maxSurge is 0");
    if (!is_zero(r->max_unavailable) && !is_zero(r->max_surge))
        invalid_amount(r->max_surge, PATH_KEY(&here, "maxSurge"), "may not be set when maxUnavailable is non-zero",
                       diags);
    not_more_than_all(r->max_unavailable, PATH_KEY(&here, "maxUnavailable"), diags);
    not_more_than_all(r->max_surge, PATH_KEY(&here, "maxSurge"), diags);
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
    return text == NULL || strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

static void stateful_set_policies(const struct stateful_set_spec *spec, const struct path *at, struct diags *diags)
{
    const struct path strategy = {.up = at, .key = "updateStrategy"};
    const struct stateful_set_strategy_spec *s = spec->update_strategy;

    if (!is_one_of(spec->pod_management_policy, "OrderedReady", "Parallel"))
        diag_invalid(diags, PATH_KEY(at, "podManagementPolicy"), "must be 'OrderedReady' or 'Parallel'");
    if (s == NULL)
        return;
    if (!is_one_of(s->type, "RollingUpdate", "OnDelete"))
        diag_invalid(diags, &strategy, "must be 'RollingUpdate' or 'OnDelete'");
    else if (s->rolling_update != NULL && s->type != NULL && strcmp(s->type, "OnDelete") == 0)
        diag_invalid(diags, PATH_KEY(&strategy, "rollingUpdate"), "only allowed for updateStrategy 'RollingUpdate'");
}

static void progress_outlasts_readiness(const struct deployment_spec *spec, const struct path *at,
                                        struct diags *diags)
{
    char seconds[24];

    if (spec->progress_deadline_seconds > spec->min_ready_seconds)
        return;
    snprintf(seconds, sizeof seconds, "%" PRId64, spec->progress_deadline_seconds);
    diag_add_value(diags, DIAG_INVALID, PATH_KEY(at, "progressDeadlineSeconds"), seconds,
                       "must be greater than minReadySeconds");
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
    if (spec->job_template == NULL || spec->job_template->spec == NULL)
        return;
    job(spec->job_template->spec, PATH_KEY(&template, "spec"), diags);
    if (spec->job_template->spec->selector != NULL)
        diag_invalid(diags, PATH_KEY(PATH_KEY(&template, "spec"), "selector"), "`selector` will be auto-generated");
}

/* ReplicaSets and the like differ in other fields than these; one body for each type, and its own rules. */
#define REPLICATED(type, own)                                                                            \
    static void type(const struct kind_info *kind, const void *manifest, const struct path *at,          \
                     struct diags *diags)                                                                \
    {                                                                                                    \
        const struct type##_manifest *m = manifest;                                                      \
                                                                                                         \
        if (m->spec == NULL)                                                                             \
            return;                                                                                      \
        replicated(kind, m->spec->selector, m->spec->template, at, diags);                               \
        own;                                                                                             \
    }
REPLICATED(deployment, (deployment_strategy(m->spec, at, diags), progress_outlasts_readiness(m->spec, at, diags)))
REPLICATED(replica_set, (void)0)
REPLICATED(stateful_set, stateful_set_policies(m->spec, at, diags))
REPLICATED(daemon_set, daemon_set_strategy(m->spec, at, diags))

static void a_job(const struct kind_info *kind, const void *manifest, const struct path *at, struct diags *diags)
{
    const struct job_manifest *m = manifest;

    (void)kind;
    if (m->spec != NULL)
        job(m->spec, at, diags);
}

/* Eleven characters are left for the time that its jobs have in their names. */
static void name_leaves_room(const struct object_meta *meta, const struct path *at, struct diags *diags)
{
    if (meta != NULL && meta->name != NULL && strlen(meta->name) > 52)
        diag_invalid(diags, PATH_KEY(PATH_KEY(at->up, "metadata"), "name"), "must be no more than 52 characters");
}

static void a_cron_job(const struct kind_info *kind, const void *manifest, const struct path *at,
                       struct diags *diags)
{
    const struct cron_job_manifest *m = manifest;

    (void)kind;
    name_leaves_room(m->metadata, at, diags);
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
