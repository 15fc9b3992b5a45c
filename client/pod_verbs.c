/*
 * Verbs that kubectl does not have: restart, backoff, kubeconfig.
 */
#include "client/api_verbs.h"
#include "client/backoff_text.h"
#include "client/elastic.h"
#include "client/options.h"
#include "client/remote.h"
#include "client/usage.h"
#include "client/verb.h"

#include <stdio.h>
#include <string.h>

static const char *bare_name(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash != NULL ? slash + 1 : text;
}

static void add_path(struct buf *path, const struct api_options *o, const char *pod, const char *sub)
{
    buf_adds(path, "/api/v1/namespaces/");
    remote_escape(path, o->namespace);
    buf_adds(path, "/pods/");
    remote_escape(path, pod);
    buf_addf(path, "/%s?container=", sub);
    remote_escape(path, o->container != NULL ? o->container : "");
}

/* ---- restart ---- */

static bool restart(struct remote *r, const struct api_options *o, const char *pod)
{
    struct buf path = BUF_INIT;
    json_t *answer;

    add_path(&path, o, pod, "restart");
    answer = remote_json(r, &(struct remote_request){.method = "POST", .path = buf_text(&path), .body = "{}"});
    if (answer != NULL && o->container != NULL)
        printf("pod/%s container %s restarting\n", pod, o->container);
    else if (answer != NULL)
        printf("pod/%s restarting\n", pod);
    json_decref(answer);
    buf_deinit(&path);
    return answer != NULL;
}

int restart_verb(int argc, char **argv)
{
    struct api_options o = {.usage = &restart_usage};
    int status = api_options_parse(&o, argc, argv);
    struct remote remote;

    if (status < 0 && o.argument_count == 0)
        status = verb_usage_error("restart", "say which pod");
    if (status < 0) {
        bool ok = remote_init(&remote, "restart", o.socket);

        for (unsigned i = 0; ok && i < o.argument_count; i++)
            ok = restart(&remote, &o, bare_name(o.arguments[i]));
        remote_deinit(&remote);
        status = ok && verb_printed("restart") ? EXIT_OK : EXIT_WORK;
    }
    api_options_deinit(&o);
    return status;
}

/* ---- back-off ---- */

static json_t *ask_backoff(struct remote *r, const struct api_options *o, const char *action, const char *pod)
{
    struct buf path = BUF_INIT;
    json_t *answer;

    add_path(&path, o, pod, "backoff");
    if (action != NULL)
        buf_addf(&path, "&action=%s", action);
    answer = remote_json(r, &(struct remote_request){.method = action != NULL ? "POST" : "GET", .path = buf_text(&path),
                                                     .body = action != NULL ? "{}" : NULL});
    buf_deinit(&path);
    return answer;
}

static bool backoff(struct remote *r, const struct api_options *o, const char *action, const char *pod)
{
    json_t *answer = ask_backoff(r, o, strcmp(action, "show") == 0 ? NULL : action, pod);
    struct buf text = BUF_INIT, out = BUF_INIT;

    if (answer == NULL)
        return false;
    if (o->output != NULL) {
        json_dumpf(answer, stdout, JSON_INDENT(4));
        putchar('\n');
    } else {
        backoff_text(answer, "", &text);
        elastic_format(buf_text(&text), 0, 2, &out);
        fputs(buf_text(&out), stdout);
    }
    json_decref(answer);
    buf_deinit(&text);
    buf_deinit(&out);
    return true;
}

int backoff_verb(int argc, char **argv)
{
    static const char *const actions[] = {"show", "reset", "retry"};
    struct api_options o = {.usage = &backoff_usage};
    int status = api_options_parse(&o, argc, argv);
    const char *action = "show";
    unsigned first = 0;
    struct remote remote;

    for (size_t i = 0; status < 0 && o.argument_count > 0 && i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(o.arguments[0], actions[i]) == 0) {
            action = actions[i];
            first = 1;
        }
    }
    if (status < 0 && o.output != NULL && strcmp(o.output, "json") != 0)
        status = verb_usage_error("backoff", "unknown output: %s (json)", o.output);
    if (status < 0 && o.argument_count != first + 1)
        status = verb_usage_error("backoff", "say of which pod");
    if (status < 0) {
        bool ok = remote_init(&remote, "backoff", o.socket)
                  && backoff(&remote, &o, action, bare_name(o.arguments[first]));

        remote_deinit(&remote);
        status = ok && verb_printed("backoff") ? EXIT_OK : EXIT_WORK;
    }
    api_options_deinit(&o);
    return status;
}

/* ---- kubeconfig ---- */

int kubeconfig_verb(int argc, char **argv)
{
    struct api_options o = {.usage = &kubeconfig_usage};
    int status = api_options_parse(&o, argc, argv);
    struct remote remote;

    if (status < 0 && o.argument_count > 0)
        status = verb_usage_error("kubeconfig", "unexpected argument: %s", o.arguments[0]);
    if (status < 0) {
        bool ok = remote_init(&remote, "kubeconfig", o.socket)
                  && remote_ask(&remote, &(struct remote_request){.path = "/pidlet/kubeconfig"});

        if (ok && remote.code >= 400) {
            remote_print_fault(&remote);
            ok = false;
        }
        if (ok)
            fputs(buf_text(&remote.body), stdout);
        remote_deinit(&remote);
        status = ok && verb_printed("kubeconfig") ? EXIT_OK : EXIT_WORK;
    }
    api_options_deinit(&o);
    return status;
}
