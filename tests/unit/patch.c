/* Patches: a table of cases each, as users and kubectl send them. */
#include "daemon/api/patch.h"

#include "base/buf.h"
#include "base/macros.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef json_t *patch_fn(const json_t *object, const json_t *patch, struct buf *why);

struct patch_case {
    const char *name;
    const char *object, *patch;
    const char *wanted;                 /* NULL: it is refused */
    const char *why;                    /* a part of the reason */
};

/* JSON with ' for ", so that cases can be read. */
static json_t *parse(const char *text)
{
    char *copy = strdup(text);
    json_error_t error;
    json_t *json;

    assert_non_null(copy);
    for (char *p = copy; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p;
    json = json_loads(copy, JSON_DECODE_ANY, &error);
    if (json == NULL)
        fail_msg("%s: %s", error.text, text);
    free(copy);
    return json;
}

static void expect_patched(patch_fn *patch, const struct patch_case *c)
{
    json_t *object = parse(c->object), *before = json_deep_copy(object), *with = parse(c->patch), *got;
    struct buf why = BUF_INIT;

    got = patch(object, with, &why);
    if (!json_equal(object, before))
        fail_msg("%s: the object itself was changed", c->name);
    if (c->wanted == NULL) {
        if (got != NULL)
            fail_msg("%s: was not refused", c->name);
        if (strstr(buf_text(&why), c->why) == NULL)
            fail_msg("%s: says: %s", c->name, buf_text(&why));
    } else {
        json_t *wanted = parse(c->wanted);

        if (got == NULL)
            fail_msg("%s: refused: %s", c->name, buf_text(&why));
        if (!json_equal(got, wanted))
            fail_msg("%s: %s", c->name, json_dumps(got, JSON_COMPACT));
        json_decref(wanted);
    }
    json_decref(got);
    json_decref(object);
    json_decref(before);
    json_decref(with);
    buf_deinit(&why);
}

TEST(strategic_merge_patch_follows_its_table)
{
    static const struct patch_case cases[] = {
        {"objects merge", "{'a':{'b':1,'c':2}}", "{'a':{'c':3,'d':4}}", "{'a':{'b':1,'c':3,'d':4}}", NULL},
        {"null deletes", "{'a':{'b':1,'c':2}}", "{'a':{'b':null}}", "{'a':{'c':2}}", NULL},
        {"null of what is not there", "{'a':1}", "{'b':null}", "{'a':1}", NULL},
        {"null in a new object leaves nothing", "{}", "{'a':{'b':null,'c':1}}", "{'a':{'c':1}}", NULL},
        {"scalars replace", "{'a':1}", "{'a':'x'}", "{'a':'x'}", NULL},
        {"an object replaces a scalar", "{'a':1}", "{'a':{'b':2}}", "{'a':{'b':2}}", NULL},
        {"lists without a key are replaced", "{'command':['a','b']}", "{'command':['c']}", "{'command':['c']}", NULL},
        {"tolerations are replaced", "{'tolerations':[{'key':'a'}]}", "{'tolerations':[{'key':'b'}]}",
         "{'tolerations':[{'key':'b'}]}", NULL},
        {"containers merge by name", "{'containers':[{'name':'a','image':'1'},{'name':'b','image':'2'}]}",
         "{'containers':[{'name':'b','image':'3'}]}",
         "{'containers':[{'name':'a','image':'1'},{'name':'b','image':'3'}]}", NULL},
        {"a new item comes first", "{'containers':[{'name':'a'}]}", "{'containers':[{'name':'b','x':1}]}",
         "{'containers':[{'name':'b','x':1},{'name':'a'}]}", NULL},
        {"the patch's items come in its order", "{'env':[{'name':'A'},{'name':'B'},{'name':'C'}]}",
         "{'env':[{'name':'C','value':'3'},{'name':'A','value':'1'}]}",
         "{'env':[{'name':'B'},{'name':'C','value':'3'},{'name':'A','value':'1'}]}", NULL},
        {"and the others where they stood", "{'env':[{'name':'A'},{'name':'B'},{'name':'C'},{'name':'D'}]}",
         "{'env':[{'name':'B','value':'2'},{'name':'N'},{'name':'D','value':'4'}]}",
         "{'env':[{'name':'A'},{'name':'B','value':'2'},{'name':'N'},{'name':'C'},{'name':'D','value':'4'}]}", NULL},
        {"an item that is told twice is merged twice", "{'env':[{'name':'A'}]}",
         "{'env':[{'name':'A','value':'1'},{'name':'A','value':'2'}]}", "{'env':[{'name':'A','value':'2'}]}", NULL},
        {"$patch delete removes an item", "{'env':[{'name':'A'},{'name':'B'}]}",
         "{'env':[{'$patch':'delete','name':'A'}]}", "{'env':[{'name':'B'}]}", NULL},
        {"$patch delete of what is not there", "{'env':[{'name':'A'}]}", "{'env':[{'$patch':'delete','name':'C'}]}",
         "{'env':[{'name':'A'}]}", NULL},
        {"$patch replace in a list", "{'env':[{'name':'A'},{'name':'B'}]}",
         "{'env':[{'name':'C'},{'$patch':'replace'}]}", "{'env':[{'name':'C'}]}", NULL},
        {"$patch replace in an object", "{'a':{'b':1,'c':2}}", "{'a':{'$patch':'replace','d':3}}", "{'a':{'d':3}}", NULL},
        {"$patch delete of an object", "{'a':{'b':1},'c':2}", "{'a':{'$patch':'delete'}}", "{'c':2}", NULL},
        {"$patch merge says nothing new", "{'a':{'b':1}}", "{'a':{'$patch':'merge','c':2}}", "{'a':{'b':1,'c':2}}", NULL},
        {"an unknown directive is refused", "{'a':{}}", "{'a':{'$patch':'explode'}}", NULL, "unknown $patch"},
        {"$setElementOrder orders", "{'env':[{'name':'A'},{'name':'B'},{'name':'C'}]}",
         "{'$setElementOrder/env':[{'name':'C'},{'name':'A'},{'name':'B'}]}",
         "{'env':[{'name':'C'},{'name':'A'},{'name':'B'}]}", NULL},
        {"$setElementOrder never deletes", "{'env':[{'name':'A'},{'name':'B'},{'name':'C'}]}",
         "{'$setElementOrder/env':[{'name':'C'},{'name':'A'}]}",
         "{'env':[{'name':'B'},{'name':'C'},{'name':'A'}]}", NULL},
        {"$setElementOrder is a list", "{'env':[]}", "{'$setElementOrder/env':5}", NULL, "must be a list"},
        {"$setElementOrder with repetitions", "{'env':[{'name':'A'},{'name':'B'}]}",
         "{'$setElementOrder/env':[{'name':'B'},{'name':'B'},{'name':'A'}]}", "{'env':[{'name':'B'},{'name':'A'}]}", NULL},
        {"items that stand there twice stay so", "{'env':[{'name':'A'},{'name':'B'},{'name':'A'}]}",
         "{'$setElementOrder/env':[{'name':'B'},{'name':'A'}]}", "{'env':[{'name':'A'},{'name':'B'},{'name':'A'}]}", NULL},
        {"$setElementOrder names what is not there", "{'env':[{'name':'A'}]}",
         "{'$setElementOrder/env':[{'name':'X'},{'name':'A'}]}", "{'env':[{'name':'A'}]}", NULL},
        {"new items take their place in the order", "{'env':[{'name':'A'}]}",
         "{'$setElementOrder/env':[{'name':'B'},{'name':'A'}],'env':[{'name':'B'}]}",
         "{'env':[{'name':'B'},{'name':'A'}]}", NULL},
        {"finalizers are a set", "{'finalizers':['a','b']}", "{'finalizers':['b','c']}", "{'finalizers':['a','b','c']}", NULL},
        {"$deleteFromPrimitiveList removes", "{'finalizers':['a','b']}",
         "{'$deleteFromPrimitiveList/finalizers':['a']}", "{'finalizers':['b']}", NULL},
        {"$setElementOrder of a set", "{'finalizers':['a','b']}",
         "{'$setElementOrder/finalizers':['b','a']}", "{'finalizers':['b','a']}", NULL},
        {"$retainKeys drops all others", "{'volumes':[{'name':'v','emptyDir':{},'x':1}]}",
         "{'volumes':[{'$retainKeys':['name','hostPath'],'name':'v','hostPath':{'path':'/a'}}]}",
         "{'volumes':[{'name':'v','hostPath':{'path':'/a'}}]}", NULL},
        {"$retainKeys must name the patch's keys", "{'s':{'a':1}}", "{'s':{'$retainKeys':['a'],'b':2}}", NULL,
         "$retainKeys must name"},
        {"ports of a container by containerPort", "{'ports':[{'containerPort':80,'name':'a'}]}",
         "{'ports':[{'containerPort':80,'name':'b'},{'containerPort':81}]}",
         "{'ports':[{'containerPort':80,'name':'b'},{'containerPort':81}]}", NULL},
        {"ports of a service by port", "{'ports':[{'port':80,'name':'a'}]}", "{'ports':[{'port':80,'name':'b'}]}",
         "{'ports':[{'port':80,'name':'b'}]}", NULL},
        {"volumeMounts by mountPath", "{'volumeMounts':[{'mountPath':'/a','name':'x'}]}",
         "{'volumeMounts':[{'mountPath':'/a','name':'y'}]}", "{'volumeMounts':[{'mountPath':'/a','name':'y'}]}", NULL},
        {"conditions by type", "{'conditions':[{'type':'Ready','status':'False'}]}",
         "{'conditions':[{'type':'Ready','status':'True'}]}", "{'conditions':[{'type':'Ready','status':'True'}]}", NULL},
        {"an item without its key is refused", "{'containers':[]}", "{'containers':[{'image':'x'}]}", NULL, "merge key"},
        {"a patch that is no object is refused", "{}", "[]", NULL, "must be an object"},
        {"kubectl apply: env B goes, C comes, the command changes",
         "{'metadata':{'labels':{'a':'1','extra':'x'}},'spec':{'containers':[{'name':'main','command':['sleep','1'],"
         "'env':[{'name':'A','value':'1'},{'name':'B','value':'2'}]}]}}",
         "{'metadata':{'labels':{'extra':null}},'spec':{'$setElementOrder/containers':[{'name':'main'}],"
         "'containers':[{'$setElementOrder/env':[{'name':'A'},{'name':'C'}],'command':['sleep','2000'],"
         "'env':[{'name':'C','value':'3'},{'$patch':'delete','name':'B'}],'name':'main'}]}}",
         "{'metadata':{'labels':{'a':'1'}},'spec':{'containers':[{'name':'main','command':['sleep','2000'],"
         "'env':[{'name':'A','value':'1'},{'name':'C','value':'3'}]}]}}", NULL},
    };

    for (size_t i = 0; i < array_count(cases); i++)
        expect_patched(patch_strategic, &cases[i]);
}

/* The examples of RFC 7386's appendix A, whose targets are objects. */
TEST(merge_patch_follows_rfc_7386)
{
    static const struct patch_case cases[] = {
        {"A1", "{'a':'b'}", "{'a':'c'}", "{'a':'c'}", NULL},
        {"A2", "{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}", NULL},
        {"A3", "{'a':'b'}", "{'a':null}", "{}", NULL},
        {"A4", "{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}", NULL},
        {"A5", "{'a':['b']}", "{'a':'c'}", "{'a':'c'}", NULL},
        {"A6", "{'a':'c'}", "{'a':['b']}", "{'a':['b']}", NULL},
        {"A7", "{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}", NULL},
        {"A8", "{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}", NULL},
        {"A9", "{'e':null}", "{'a':1}", "{'e':null,'a':1}", NULL},
        {"A10", "{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}", NULL},
        {"no object", "{}", "['c']", NULL, "must be an object"},
    };

    for (size_t i = 0; i < array_count(cases); i++)
        expect_patched(patch_merge, &cases[i]);
}

/* Most are of RFC 6902's appendix A. */
TEST(json_patch_follows_rfc_6902)
{
    static const struct patch_case cases[] = {
        {"add a member", "{'foo':'bar'}", "[{'op':'add','path':'/baz','value':'qux'}]", "{'baz':'qux','foo':'bar'}", NULL},
        {"add an element", "{'foo':['bar','baz']}", "[{'op':'add','path':'/foo/1','value':'qux'}]",
         "{'foo':['bar','qux','baz']}", NULL},
        {"add at the end", "{'foo':['bar']}", "[{'op':'add','path':'/foo/-','value':1}]", "{'foo':['bar',1]}", NULL},
        {"add beyond the end", "{'foo':['bar']}", "[{'op':'add','path':'/foo/2','value':1}]", NULL, "does not exist"},
        {"remove a member", "{'baz':'qux','foo':'bar'}", "[{'op':'remove','path':'/baz'}]", "{'foo':'bar'}", NULL},
        {"remove an element", "{'foo':['a','b','c']}", "[{'op':'remove','path':'/foo/1'}]", "{'foo':['a','c']}", NULL},
        {"remove what is not there", "{}", "[{'op':'remove','path':'/a'}]", NULL, "does not exist"},
        {"replace", "{'baz':'qux'}", "[{'op':'replace','path':'/baz','value':'boo'}]", "{'baz':'boo'}", NULL},
        {"replace an element", "{'a':[1,2]}", "[{'op':'replace','path':'/a/0','value':3}]", "{'a':[3,2]}", NULL},
        {"replace what is not there", "{}", "[{'op':'replace','path':'/a','value':1}]", NULL, "does not exist"},
        {"replace all", "{'a':1}", "[{'op':'replace','path':'','value':{'b':2}}]", "{'b':2}", NULL},
        {"move", "{'foo':{'bar':'baz','waldo':'fred'},'qux':{'corge':'grault'}}",
         "[{'op':'move','from':'/foo/waldo','path':'/qux/thud'}]",
         "{'foo':{'bar':'baz'},'qux':{'corge':'grault','thud':'fred'}}", NULL},
        {"move an element", "{'foo':['all','grass','cows','eat']}", "[{'op':'move','from':'/foo/1','path':'/foo/3'}]",
         "{'foo':['all','cows','eat','grass']}", NULL},
        {"move into itself", "{'a':{'b':1}}", "[{'op':'move','from':'/a','path':'/a/c'}]", NULL, "into itself"},
        {"copy", "{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/c'}]", "{'a':{'b':1},'c':{'b':1}}", NULL},
        {"test that holds", "{'a':['x',2]}", "[{'op':'test','path':'/a/0','value':'x'},{'op':'remove','path':'/a'}]", "{}", NULL},
        {"test that fails", "{'a':1}", "[{'op':'test','path':'/a','value':2}]", NULL, "testing value"},
        {"nothing of a patch that fails", "{'a':1}", "[{'op':'add','path':'/b','value':1},{'op':'remove','path':'/c'}]", NULL,
         "does not exist"},
        {"escapes", "{'a/b':{'c~d':1}}", "[{'op':'replace','path':'/a~1b/c~0d','value':2}]", "{'a/b':{'c~d':2}}", NULL},
        {"a null value", "{}", "[{'op':'add','path':'/a','value':null}]", "{'a':null}", NULL},
        {"leading zeros", "{'a':[1,2]}", "[{'op':'remove','path':'/a/01'}]", NULL, "does not exist"},
        {"no operation", "{}", "[{'path':'/a'}]", NULL, "needs \"op\""},
        {"unknown operation", "{}", "[{'op':'frob','path':'/a','value':1}]", NULL, "unknown operation"},
        {"no value", "{}", "[{'op':'add','path':'/a'}]", NULL, "need \"value\""},
        {"a path without a slash", "{}", "[{'op':'add','path':'a','value':1}]", NULL, "begin with"},
        {"no list", "{}", "{}", NULL, "must be a list"},
        {"the whole cannot be removed", "{}", "[{'op':'remove','path':''}]", NULL, "cannot be removed"},
    };

    for (size_t i = 0; i < array_count(cases); i++)
        expect_patched(patch_json, &cases[i]);
}

TESTS(RUN(strategic_merge_patch_follows_its_table),
      RUN(merge_patch_follows_rfc_7386),
      RUN(json_patch_follows_rfc_6902))
