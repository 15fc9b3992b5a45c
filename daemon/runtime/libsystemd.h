/*
 * libsystemd, loaded (base/library.h) by a process that systemd has started: it brings six
 * libraries with it.  Functions are called through the table: `libsystemd.notify(0, "READY=1")`.
 */
#ifndef PIDLET_RUNTIME_LIBSYSTEMD_H
#define PIDLET_RUNTIME_LIBSYSTEMD_H

#define SD_JOURNAL_SUPPRESS_LOCATION    /* sd_journal_send() is a function then */
#include <stdbool.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#define LIBSYSTEMD_FUNCTIONS(F)                                                                 \
    F(journal_send)                                                                             \
    F(notify)                                                                                   \
    F(notifyf)                                                                                  \
    F(watchdog_enabled)

extern struct libsystemd {
#define LIBSYSTEMD_MEMBER(function) __typeof__(&(sd_##function)) function;
    LIBSYSTEMD_FUNCTIONS(LIBSYSTEMD_MEMBER)
#undef LIBSYSTEMD_MEMBER
} libsystemd;

/* May be asked again.  False: it is not to be had, and *why (static memory) says so. */
bool libsystemd_load(const char **why);

#endif
