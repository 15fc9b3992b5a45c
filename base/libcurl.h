/*
 * libcurl, loaded when it is first needed.
 *
 * Linked in the ordinary way it would bring thirty libraries into every process: 30 ms of
 * CPU at each start of the program, and a megabyte of its own in a daemon that may never
 * make an HTTP request.  Functions are called through the table: `curl->easy_init()`.
 */
#ifndef PIDLET_BASE_LIBCURL_H
#define PIDLET_BASE_LIBCURL_H

#include <curl/curl.h>

#define LIBCURL_FUNCTIONS(F)                                                                    \
    F(global_init)                                                                              \
    F(global_cleanup)                                                                           \
    F(version_info)                                                                             \
    F(easy_init)                                                                                \
    F(easy_cleanup)                                                                             \
    F(easy_setopt)                                                                              \
    F(easy_getinfo)                                                                             \
    F(easy_strerror)                                                                            \
    F(multi_init)                                                                               \
    F(multi_cleanup)                                                                            \
    F(multi_setopt)                                                                             \
    F(multi_add_handle)                                                                         \
    F(multi_remove_handle)                                                                      \
    F(multi_socket_action)                                                                      \
    F(multi_info_read)                                                                          \
    F(slist_append)                                                                             \
    F(slist_free_all)

struct libcurl {
#define LIBCURL_MEMBER(function) __typeof__(&(curl_##function)) function;
    LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
};

/*
 * The table; it stays loaded, and may be asked for again.  NULL: it is not to be had, and
 * *why (static memory) says so.
 */
const struct libcurl *libcurl_load(const char **why);

#endif
