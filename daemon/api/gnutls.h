/*
 * GnuTLS, loaded (base/library.h) for --listen with TLS alone.  Functions are called through
 * the table: `gnutls.rnd(…)`; gnutls_free is a variable, so that it is `(*gnutls.free)(p)`.
 */
#ifndef PIDLET_API_GNUTLS_H
#define PIDLET_API_GNUTLS_H

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>

#define GNUTLS_FUNCTIONS(F)                                                                     \
    F(certificate_get_peers)                                                                    \
    F(certificate_verify_peers2)                                                                \
    F(free)                                                                                     \
    F(rnd)                                                                                      \
    F(strerror)                                                                                 \
    F(x509_crt_deinit)                                                                          \
    F(x509_crt_export2)                                                                         \
    F(x509_crt_get_dn)                                                                          \
    F(x509_crt_get_key_id)                                                                      \
    F(x509_crt_import)                                                                          \
    F(x509_crt_init)                                                                            \
    F(x509_crt_set_activation_time)                                                             \
    F(x509_crt_set_basic_constraints)                                                           \
    F(x509_crt_set_dn_by_oid)                                                                   \
    F(x509_crt_set_expiration_time)                                                             \
    F(x509_crt_set_key)                                                                         \
    F(x509_crt_set_key_purpose_oid)                                                             \
    F(x509_crt_set_key_usage)                                                                   \
    F(x509_crt_set_serial)                                                                      \
    F(x509_crt_set_subject_alt_name)                                                            \
    F(x509_crt_set_subject_key_id)                                                              \
    F(x509_crt_set_version)                                                                     \
    F(x509_crt_sign2)                                                                           \
    F(x509_privkey_deinit)                                                                      \
    F(x509_privkey_export2)                                                                     \
    F(x509_privkey_generate)                                                                    \
    F(x509_privkey_import)                                                                      \
    F(x509_privkey_init)

extern struct gnutls {
#define GNUTLS_MEMBER(function) __typeof__(&(gnutls_##function)) function;
    GNUTLS_FUNCTIONS(GNUTLS_MEMBER)
#undef GNUTLS_MEMBER
} gnutls;

/* May be asked again.  False: it is not to be had, and *why (static memory) says so. */
bool gnutls_load(const char **why);

#endif
