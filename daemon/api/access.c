#include "daemon/api/access.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/log.h"
#include "daemon/api/fault.h"
#include "daemon/api/gnutls.h"
#include "daemon/api/microhttpd.h"
#include "daemon/api/peer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool access_init(struct access *a, const struct server_listener *with)
{
    *a = (struct access){.trust = with->trust, .group = with->group};
    if (with->token == NULL)
        return true;
    a->token = strdup(with->token);
    return a->token != NULL;
}

void access_deinit(struct access *a)
{
    if (a->token != NULL)
        explicit_bzero(a->token, strlen(a->token));
    free(a->token);
    a->token = NULL;
}

enum MHD_Result access_accept(void *arg, const struct sockaddr *address, socklen_t length)
{
    (void)arg;
    (void)address;
    (void)length;
    return MHD_YES;
}

static bool unauthorized(struct http_reply *reply)
{
    return fault(reply, 401, "Unauthorized", "Unauthorized");
}

static int descriptor(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = microhttpd.get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info == NULL ? -1 : info->connect_fd;
}

/* ---- the unix socket ---- */

static bool permits_peer(const struct access *a, struct MHD_Connection *mhd, struct arena *arena, const char **client,
                         struct http_reply *reply)
{
    struct peer peer;

    if (!peer_of_unix(descriptor(mhd), &peer))
        return unauthorized(reply);
    *client = arena_printf(arena, "uid %u", (unsigned)peer.uid);
    if (peer.uid == 0 || peer.uid == geteuid())
        return true;
    if (a->group != (gid_t)-1 && peer_has_group(&peer, a->group))
        return true;
    return fault(reply, 403, "Forbidden", "uid %u may not use this socket", (unsigned)peer.uid);
}

/* ---- TLS ---- */

/* In a time that does not tell how much of it is right. */
static bool same_secret(const char *a, const char *b)
{
    const size_t length = strlen(a);
    unsigned char differs = strlen(b) != length;

    for (size_t i = 0; i < length && b[i] != '\0'; i++)
        differs |= (unsigned char)(a[i] ^ b[i]);
    return differs == 0;
}

static bool has_token(const struct access *a, struct MHD_Connection *mhd)
{
    static const char scheme[] = "Bearer ";
    const char *value = microhttpd.lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

    return a->token != NULL && value != NULL && strncasecmp(value, scheme, sizeof scheme - 1) == 0
           && same_secret(a->token, value + sizeof scheme - 1);
}

/* All that CAs of ours sign have a subject; what is longer than this is cut, and no less one client. */
static const char *name_of_certificate(const gnutls_datum_t *der, struct arena *arena)
{
    char subject[256] = "";
    size_t size = sizeof subject;
    gnutls_x509_crt_t crt;

    if (gnutls.x509_crt_init(&crt) < 0)
        return NULL;
    if (gnutls.x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0 || gnutls.x509_crt_get_dn(crt, subject, &size) < 0)
        subject[0] = '\0';
    gnutls.x509_crt_deinit(crt);
    return arena_printf(arena, "certificate %s", subject);
}

static bool has_certificate(struct MHD_Connection *mhd, struct arena *arena, const char **client)
{
    const union MHD_ConnectionInfo *info = microhttpd.get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const gnutls_datum_t *chain;
    unsigned count = 0, status = 0;

    if (info == NULL || (chain = gnutls.certificate_get_peers(info->tls_session, &count)) == NULL || count == 0
        || gnutls.certificate_verify_peers2(info->tls_session, &status) != 0 || status != 0)
        return false;
    *client = name_of_certificate(&chain[0], arena);
    return true;
}

static bool permits_tls(const struct access *a, struct MHD_Connection *mhd, struct arena *arena, const char **client,
                        struct http_reply *reply)
{
    *client = "token";
    return has_token(a, mhd) || has_certificate(mhd, arena, client) || unauthorized(reply);
}

/* ---- plain HTTP ---- */

/*
 * A web page can make a browser ask for any name that resolves to 127.0.0.1; such a request
 * has the page's name in its Host.
 */
static bool host_is_loopback(struct MHD_Connection *mhd)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *host = microhttpd.lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);

    for (size_t i = 0; host != NULL && i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);

        if (strncasecmp(host, names[i], length) == 0 && (host[length] == '\0' || host[length] == ':'))
            return true;
    }
    return false;
}

static bool permits_loopback(struct MHD_Connection *mhd, struct arena *arena, const char **client,
                             struct http_reply *reply)
{
    struct peer peer;

    if (!host_is_loopback(mhd))
        return fault(reply, 403, "Forbidden", "the request's Host is none of the loopback's names");
    if (!peer_of_loopback(descriptor(mhd), &peer))
        return unauthorized(reply);
    *client = arena_printf(arena, "uid %u", (unsigned)peer.uid);
    if (peer.uid == 0 || peer.uid == geteuid())
        return true;
    return fault(reply, 403, "Forbidden", "uid %u may not use this port", (unsigned)peer.uid);
}

bool access_permits(const struct access *a, struct MHD_Connection *mhd, struct arena *arena, const char **client,
                    struct http_reply *reply)
{
    switch (a->trust) {
    case TRUST_PEER:
        return permits_peer(a, mhd, arena, client, reply);
    case TRUST_TLS:
        return permits_tls(a, mhd, arena, client, reply);
    case TRUST_LOOPBACK:
        return permits_loopback(mhd, arena, client, reply);
    }
    return unauthorized(reply);
}
