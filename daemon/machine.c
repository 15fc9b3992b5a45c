#include "daemon/machine.h"

#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's PROC_PID_INIT_INO (include/linux/proc_ns.h): of the namespace that it makes first. */
static const ino_t first_pid_namespace = 0xEFFFFFFC;

static bool is_init_of_the_machine(void)
{
    struct stat st;

    return getpid() == 1 && stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == first_pid_namespace;
}

void machine_leave(int status)
{
    if (!is_init_of_the_machine())
        return;
    log_info("exit status %d of the machine's first process: switching the machine off", status);
    sync();
    mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);       /* may fail: its file system has a journal then */
    reboot(RB_POWER_OFF);
    log_error("switching the machine off: %s", strerror(errno));
}
