/*
 * The field report as people and programs read it.
 */
#ifndef PIDLET_CLIENT_REPORTS_H
#define PIDLET_CLIENT_REPORTS_H

#include <stdbool.h>
#include <stdio.h>

struct diags;
struct report;

/* One line a file: "web.yaml: 2 Pods, 1 ConfigMap: 31 fields honoured, 3 ignored". */
void reports_summary(const struct report *r, FILE *out);

/*
 * One line a field: "web.yaml:12:5: spec.containers[0].image: ignored: processes run …".
 * `all`: the honoured ones as well.
 */
void reports_fields(const struct report *r, bool all, FILE *out);

/*
 * One JSON object: {"findings":[{file,line,column,path,kind,value,detail}…],
 * "objects":[{file,line,kind,name,honoured,ignored,refused,fields:[{path,line,column,mode,reason}…]}…]},
 * and findingsNotShown when there are more than are kept.  False: writing failed, or memory was short.
 */
bool reports_json(const struct report *r, const struct diags *diags, FILE *out);

#endif
