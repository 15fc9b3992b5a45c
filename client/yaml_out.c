#include "client/yaml_out.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct writer {
    yaml_emitter_t emitter;
    bool failed;
};

static void emit(struct writer *w, yaml_event_t *event, int made)
{
    if (w->failed)
        return;
    w->failed = made != 1 || yaml_emitter_emit(&w->emitter, event) != 1;
}

static void scalar(struct writer *w, const char *text, yaml_scalar_style_t style)
{
    yaml_event_t e;

    emit(w, &e, yaml_scalar_event_initialize(&e, NULL, NULL, (yaml_char_t *)text, (int)strlen(text),
                                             style != YAML_DOUBLE_QUOTED_SCALAR_STYLE, 1, style));
}

/* What a reader of YAML 1.1 would take for something else must be quoted. */
static bool looks_like_other(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", ""};
    char *end;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(words[i], text) == 0)
            return true;
    }
    (void)strtod(text, &end);
    if (*end == '\0' || strspn(text, "0123456789:_+-") == strlen(text))
        return true;
    return strspn(text, "0123456789") == 4 && text[4] == '-';       /* a time */
}

static void string(struct writer *w, const char *text)
{
    scalar(w, text, looks_like_other(text)            ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                    : strchr(text, '\n') != NULL ? YAML_LITERAL_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void value(struct writer *w, const json_t *v);

static void object(struct writer *w, const json_t *v)
{
    const char **keys = calloc(json_object_size(v) + 1, sizeof *keys), *key;
    yaml_event_t e;
    json_t *member;
    size_t count = 0;

    if (keys == NULL) {
        w->failed = true;
        return;
    }
    json_object_foreach((json_t *)v, key, member)
        keys[count++] = key;
    qsort(keys, count, sizeof *keys, by_text);
    emit(w, &e, yaml_mapping_start_event_initialize(&e, NULL, NULL, 1,
                                                    count == 0 ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE));
    for (size_t i = 0; i < count; i++) {
        string(w, keys[i]);
        value(w, json_object_get(v, keys[i]));
    }
    emit(w, &e, yaml_mapping_end_event_initialize(&e));
    free(keys);
}

static void list(struct writer *w, const json_t *v)
{
    yaml_event_t e;
    json_t *item;
    size_t i;

    emit(w, &e, yaml_sequence_start_event_initialize(&e, NULL, NULL, 1, json_array_size(v) == 0
                                                                            ? YAML_FLOW_SEQUENCE_STYLE
                                                                            : YAML_BLOCK_SEQUENCE_STYLE));
    json_array_foreach((json_t *)v, i, item)
        value(w, item);
    emit(w, &e, yaml_sequence_end_event_initialize(&e));
}

static void value(struct writer *w, const json_t *v)
{
    char *text;

    switch (json_typeof(v)) {
    case JSON_OBJECT:
        object(w, v);
        break;
    case JSON_ARRAY:
        list(w, v);
        break;
    case JSON_STRING:
        string(w, json_string_value(v));
        break;
    case JSON_INTEGER:
    case JSON_REAL:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        text = json_dumps(v, JSON_ENCODE_ANY);
        if (text == NULL)
            w->failed = true;
        else
            scalar(w, text, YAML_PLAIN_SCALAR_STYLE);
        free(text);
        break;
    }
}

bool yaml_print(const json_t *v, FILE *out)
{
    struct writer w = {0};
    yaml_event_t e;

    if (yaml_emitter_initialize(&w.emitter) != 1)
        return false;
    yaml_emitter_set_output_file(&w.emitter, out);
    yaml_emitter_set_unicode(&w.emitter, 1);
    yaml_emitter_set_width(&w.emitter, -1);
    emit(&w, &e, yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING));
    emit(&w, &e, yaml_document_start_event_initialize(&e, NULL, NULL, NULL, 1));
    value(&w, v);
    emit(&w, &e, yaml_document_end_event_initialize(&e, 1));
    emit(&w, &e, yaml_stream_end_event_initialize(&e));
    yaml_emitter_delete(&w.emitter);
    return !w.failed;
}
