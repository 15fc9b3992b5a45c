#include "client/complete_private.h"

/* Without the API there is no daemon to ask. */
void complete_objects(struct completion *c, enum value_kind kind)
{
    (void)c;
    (void)kind;
}
