#include "config/capabilities.h"

#include <linux/capability.h>
#include <strings.h>

static const char *const names[CAPABILITIES] = {
    [CAP_CHOWN]              = "CHOWN",
    [CAP_DAC_OVERRIDE]       = "DAC_OVERRIDE",
    [CAP_DAC_READ_SEARCH]    = "DAC_READ_SEARCH",
    [CAP_FOWNER]             = "FOWNER",
    [CAP_FSETID]             = "FSETID",
    [CAP_KILL]               = "KILL",
    [CAP_SETGID]             = "SETGID",
    [CAP_SETUID]             = "SETUID",
    [CAP_SETPCAP]            = "SETPCAP",
    [CAP_LINUX_IMMUTABLE]    = "LINUX_IMMUTABLE",
    [CAP_NET_BIND_SERVICE]   = "NET_BIND_SERVICE",
    [CAP_NET_BROADCAST]      = "NET_BROADCAST",
    [CAP_NET_ADMIN]          = "NET_ADMIN",
    [CAP_NET_RAW]            = "NET_RAW",
    [CAP_IPC_LOCK]           = "IPC_LOCK",
    [CAP_IPC_OWNER]          = "IPC_OWNER",
    [CAP_SYS_MODULE]         = "SYS_MODULE",
    [CAP_SYS_RAWIO]          = "SYS_RAWIO",
    [CAP_SYS_CHROOT]         = "SYS_CHROOT",
    [CAP_SYS_PTRACE]         = "SYS_PTRACE",
    [CAP_SYS_PACCT]          = "SYS_PACCT",
    [CAP_SYS_ADMIN]          = "SYS_ADMIN",
    [CAP_SYS_BOOT]           = "SYS_BOOT",
    [CAP_SYS_NICE]           = "SYS_NICE",
    [CAP_SYS_RESOURCE]       = "SYS_RESOURCE",
    [CAP_SYS_TIME]           = "SYS_TIME",
    [CAP_SYS_TTY_CONFIG]     = "SYS_TTY_CONFIG",
    [CAP_MKNOD]              = "MKNOD",
    [CAP_LEASE]              = "LEASE",
    [CAP_AUDIT_WRITE]        = "AUDIT_WRITE",
    [CAP_AUDIT_CONTROL]      = "AUDIT_CONTROL",
    [CAP_SETFCAP]            = "SETFCAP",
    [CAP_MAC_OVERRIDE]       = "MAC_OVERRIDE",
    [CAP_MAC_ADMIN]          = "MAC_ADMIN",
    [CAP_SYSLOG]             = "SYSLOG",
    [CAP_WAKE_ALARM]         = "WAKE_ALARM",
    [CAP_BLOCK_SUSPEND]      = "BLOCK_SUSPEND",
    [CAP_AUDIT_READ]         = "AUDIT_READ",
    [38]                     = "PERFMON",               /* newer than some systems' headers */
    [39]                     = "BPF",
    [40]                     = "CHECKPOINT_RESTORE",
};

const char *capability_name(unsigned number)
{
    return names[number];
}

uint64_t capability_mask(const char *name)
{
    if (strncasecmp(name, "CAP_", 4) == 0)
        name += 4;
    if (strcasecmp(name, "ALL") == 0)
        return CAPABILITIES_ALL;
    for (unsigned i = 0; i < CAPABILITIES; i++) {
        if (strcasecmp(names[i], name) == 0)
            return UINT64_C(1) << i;
    }
    return 0;
}
