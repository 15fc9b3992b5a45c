#include "config/signals.h"

#include "config/schema.h"

#include <signal.h>

/* As containerd counts them, whatever the C library keeps for itself. */
enum { RTMIN = 34, RTMAX = 64 };

static const int numbers[] = {
    [signal_name_UNSET]    = SIGTERM,
    [SIGNAL_ABRT]         = SIGABRT,
    [SIGNAL_ALRM]         = SIGALRM,
    [SIGNAL_BUS]          = SIGBUS,
    [SIGNAL_CHLD]         = SIGCHLD,
    [SIGNAL_CLD]          = SIGCHLD,         /* its old name, which musl does not have */
    [SIGNAL_CONT]         = SIGCONT,
    [SIGNAL_FPE]          = SIGFPE,
    [SIGNAL_HUP]          = SIGHUP,
    [SIGNAL_ILL]          = SIGILL,
    [SIGNAL_INT]          = SIGINT,
    [SIGNAL_IO]           = SIGIO,
    [SIGNAL_IOT]          = SIGIOT,
    [SIGNAL_KILL]         = SIGKILL,
    [SIGNAL_PIPE]         = SIGPIPE,
    [SIGNAL_POLL]         = SIGPOLL,
    [SIGNAL_PROF]         = SIGPROF,
    [SIGNAL_PWR]          = SIGPWR,
    [SIGNAL_QUIT]         = SIGQUIT,
    [SIGNAL_RTMAX]        = RTMAX,
    [SIGNAL_RTMAX_LESS_1] = RTMAX - 1,
    [SIGNAL_RTMAX_LESS_10] = RTMAX - 10,
    [SIGNAL_RTMAX_LESS_11] = RTMAX - 11,
    [SIGNAL_RTMAX_LESS_12] = RTMAX - 12,
    [SIGNAL_RTMAX_LESS_13] = RTMAX - 13,
    [SIGNAL_RTMAX_LESS_14] = RTMAX - 14,
    [SIGNAL_RTMAX_LESS_2] = RTMAX - 2,
    [SIGNAL_RTMAX_LESS_3] = RTMAX - 3,
    [SIGNAL_RTMAX_LESS_4] = RTMAX - 4,
    [SIGNAL_RTMAX_LESS_5] = RTMAX - 5,
    [SIGNAL_RTMAX_LESS_6] = RTMAX - 6,
    [SIGNAL_RTMAX_LESS_7] = RTMAX - 7,
    [SIGNAL_RTMAX_LESS_8] = RTMAX - 8,
    [SIGNAL_RTMAX_LESS_9] = RTMAX - 9,
    [SIGNAL_RTMIN]        = RTMIN,
    [SIGNAL_RTMIN_PLUS_1] = RTMIN + 1,
    [SIGNAL_RTMIN_PLUS_10] = RTMIN + 10,
    [SIGNAL_RTMIN_PLUS_11] = RTMIN + 11,
    [SIGNAL_RTMIN_PLUS_12] = RTMIN + 12,
    [SIGNAL_RTMIN_PLUS_13] = RTMIN + 13,
    [SIGNAL_RTMIN_PLUS_14] = RTMIN + 14,
    [SIGNAL_RTMIN_PLUS_15] = RTMIN + 15,
    [SIGNAL_RTMIN_PLUS_2] = RTMIN + 2,
    [SIGNAL_RTMIN_PLUS_3] = RTMIN + 3,
    [SIGNAL_RTMIN_PLUS_4] = RTMIN + 4,
    [SIGNAL_RTMIN_PLUS_5] = RTMIN + 5,
    [SIGNAL_RTMIN_PLUS_6] = RTMIN + 6,
    [SIGNAL_RTMIN_PLUS_7] = RTMIN + 7,
    [SIGNAL_RTMIN_PLUS_8] = RTMIN + 8,
    [SIGNAL_RTMIN_PLUS_9] = RTMIN + 9,
    [SIGNAL_SEGV]         = SIGSEGV,
    [SIGNAL_STKFLT]       = SIGSTKFLT,
    [SIGNAL_STOP]         = SIGSTOP,
    [SIGNAL_SYS]          = SIGSYS,
    [SIGNAL_TERM]         = SIGTERM,
    [SIGNAL_TRAP]         = SIGTRAP,
    [SIGNAL_TSTP]         = SIGTSTP,
    [SIGNAL_TTIN]         = SIGTTIN,
    [SIGNAL_TTOU]         = SIGTTOU,
    [SIGNAL_URG]          = SIGURG,
    [SIGNAL_USR1]         = SIGUSR1,
    [SIGNAL_USR2]         = SIGUSR2,
    [SIGNAL_VTALRM]       = SIGVTALRM,
    [SIGNAL_WINCH]        = SIGWINCH,
    [SIGNAL_XCPU]         = SIGXCPU,
    [SIGNAL_XFSZ]         = SIGXFSZ,
};

int signal_number(enum signal_name name)
{
    return numbers[name];
}

const char *signal_text(int number)
{
    for (size_t i = 0; i < schema_enum_signal_name.count; i++) {
        if (numbers[schema_enum_signal_name.values[i].constant] == number)
            return schema_enum_signal_name.values[i].text;
    }
    return NULL;
}
