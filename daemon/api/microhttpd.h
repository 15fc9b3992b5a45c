/*
 * libmicrohttpd, loaded (base/library.h) when somebody connects for the first time; GnuTLS
 * comes with it.  Functions are called through the table: `microhttpd.run(d)`.
 */
#ifndef PIDLET_API_MICROHTTPD_H
#define PIDLET_API_MICROHTTPD_H

#include <microhttpd.h>
#include <stdbool.h>

#define MICROHTTPD_FUNCTIONS(F)                                                                 \
    F(add_response_header)                                                                      \
    F(create_response_from_buffer_with_free_callback)                                           \
    F(create_response_from_callback)                                                            \
    F(destroy_response)                                                                         \
    F(get_connection_info)                                                                      \
    F(get_daemon_info)                                                                          \
    F(get_timeout)                                                                              \
    F(lookup_connection_value)                                                                  \
    F(queue_response)                                                                           \
    F(resume_connection)                                                                        \
    F(run)                                                                                      \
    F(start_daemon)                                                                             \
    F(stop_daemon)                                                                              \
    F(suspend_connection)

extern struct microhttpd {
#define MICROHTTPD_MEMBER(function) __typeof__(&(MHD_##function)) function;
    MICROHTTPD_FUNCTIONS(MICROHTTPD_MEMBER)
#undef MICROHTTPD_MEMBER
} microhttpd;

/* May be asked again.  False: it is not to be had, and *why (static memory) says so. */
bool microhttpd_load(const char **why);

#endif
