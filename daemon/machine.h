/*
 * pidlet as the first process of a machine, not of a container: the kernel panics when that ends.
 */
#ifndef PIDLET_MACHINE_H
#define PIDLET_MACHINE_H

/*
 * Before pidlet ends with `status`: switches the machine off if it is the machine's init, and does not
 * return then.  Without /proc that cannot be told, and nothing is done.
 */
void machine_leave(int status);

#endif
