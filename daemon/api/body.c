#include "daemon/api/body.h"

#include "base/arena.h"
#include "base/macros.h"
#include "config/diag.h"
#include "config/encode.h"
#include "config/tree.h"
#include "daemon/api/fault.h"
#include "daemon/api/http.h"
#include "daemon/api/protobuf.h"

#include <string.h>

static const struct {
    const char *media_type;
    enum body_type type;
} types[] = {
    {"", BODY_OBJECT},
    {"application/json", BODY_OBJECT},
    {"application/yaml", BODY_OBJECT},
    {"text/plain", BODY_OBJECT},
    {"application/strategic-merge-patch+json", BODY_STRATEGIC},
    {"application/merge-patch+json", BODY_MERGE},
    {"application/json-patch+json", BODY_JSON_PATCH},
    {"application/apply-patch+yaml", BODY_APPLY},
    {PROTOBUF_MEDIA, BODY_PROTOBUF},
};

enum body_type body_type_of(const char *content_type)
{
    char media_type[128];

    http_media_type(content_type, media_type, sizeof media_type);
    for (size_t i = 0; i < array_count(types); i++) {
        if (strcmp(types[i].media_type, media_type) == 0)
            return types[i].type;
    }
    return BODY_OTHER;
}

/* YAML that is no JSON: read as manifests are, written as JSON, read again. */
static json_t *parse_yaml(struct http_request *rq, const char *json_error, struct http_reply *reply)
{
    struct buf json = BUF_INIT;
    struct diags diags;
    struct tree tree;
    json_t *object = NULL;

    if (!diags_init(&diags)) {
        fault_no_memory(reply);
        return NULL;
    }
    if (tree_parse(rq->body, rq->body_length, rq->arena, &diags, &tree) && tree.count == 1) {
        encode_node(tree.documents[0], &json);
        object = json_loads(buf_text(&json), 0, NULL);
    }
    if (object == NULL)
        fault_bad_request(reply, "the body is neither JSON (%s) nor one YAML document%s%s", json_error,
                          diags.count > 0 ? ": " : "", diags.count > 0 ? diags.items[0].detail : "");
    buf_deinit(&json);
    diags_deinit(&diags);
    return object;
}

static json_t *parse_protobuf(struct http_request *rq, struct http_reply *reply)
{
    struct buf why = BUF_INIT;
    json_t *object = protobuf_parse(rq->body, rq->body_length, &why);

    if (object == NULL && why.length > 0)
        fault_bad_request(reply, "the body is no protobuf that is understood: %s", buf_text(&why));
    else if (object == NULL)
        fault_no_memory(reply);
    buf_deinit(&why);
    return object;
}

json_t *body_parse(struct http_request *rq, bool optional, bool *duplicates, struct http_reply *reply)
{
    char media_type[128];
    json_error_t error;
    json_t *object;

    *duplicates = false;
    if (rq->body_length == 0) {
        if (!optional)
            fault_bad_request(reply, "the body of the request is empty");
        return NULL;
    }
    if (body_type_of(rq->content_type) == BODY_PROTOBUF)
        return parse_protobuf(rq, reply);
    object = json_loadb(rq->body, rq->body_length, JSON_REJECT_DUPLICATES, &error);
    if (object != NULL)
        return object;
    if (json_error_code(&error) == json_error_duplicate_key) {
        *duplicates = true;
        object = json_loadb(rq->body, rq->body_length, 0, &error);
        if (object != NULL)
            return object;
    }
    http_media_type(rq->content_type, media_type, sizeof media_type);
    if (strcmp(media_type, "application/yaml") == 0 || strcmp(media_type, "text/plain") == 0)
        return parse_yaml(rq, error.text, reply);
    fault_bad_request(reply, "the body is not JSON: line %d, column %d: %s", error.line, error.column, error.text);
    return NULL;
}
