#include "daemon/core/reconcile.h"

#include "config/load.h"

#include <string.h>

int reconcile_compare(const struct pod_config *a, const struct pod_config *b)
{
    int by_namespace = strcmp(a->namespace, b->namespace);

    return by_namespace != 0 ? by_namespace : strcmp(a->name, b->name);
}

static enum reconcile_action of_both(const struct reconcile_current *current,
                                     const struct pod_config *wanted)
{
    if (current->deleting)
        return RECONCILE_FOLLOW;
    return strcmp(current->config->hash, wanted->hash) == 0 ? RECONCILE_KEEP : RECONCILE_REPLACE;
}

size_t reconcile(const struct reconcile_current *current, size_t n,
                 struct pod_config *const *wanted, size_t m, struct reconcile_step *steps)
{
    size_t i = 0, j = 0, count = 0;

    while (i < n || j < m) {
        int order = i == n ? 1 : j == m ? -1 : reconcile_compare(current[i].config, wanted[j]);

        if (order < 0)
            steps[count++] = (struct reconcile_step){.action = RECONCILE_STOP, .current = i++};
        else if (order > 0)
            steps[count++] = (struct reconcile_step){.action = RECONCILE_START, .wanted = j++};
        else {
            steps[count++] = (struct reconcile_step){
                .action = of_both(&current[i], wanted[j]), .current = i, .wanted = j};
            i++;
            j++;
        }
    }
    return count;
}
