#include "daemon/api/pki.h"

#include "base/buf.h"
#include "base/fd.h"
#include "daemon/api/gnutls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TOKEN_BYTES = 32, FILE_MAX = 64 * 1024, YEARS = 20 };

static const time_t day = 24 * 60 * 60;

/* ---- files ---- */

static char *read_secret(int folder, const char *name)
{
    cleanup_fd int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct buf text = BUF_INIT;
    char *copy = NULL;

    if (fd != -1 && fd_read_all(fd, FILE_MAX, &text) == 0 && text.length > 0)
        copy = strdup(buf_text(&text));
    if (text.data != NULL)
        explicit_bzero(text.data, text.capacity);
    buf_deinit(&text);
    return copy;
}

static int write_secret(int folder, const char *name, const char *text)
{
    char temporary[64];
    cleanup_fd int fd = -1;
    int r;

    snprintf(temporary, sizeof temporary, "%s.new", name);
    fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1)
        return -errno;
    r = fd_write_all(fd, text, strlen(text));
    if (r == 0 && (fsync(fd) == -1 || renameat(folder, temporary, folder, name) == -1))
        r = -errno;
    return r;
}

/* ---- certificates ---- */

/* In PEM, newly allocated; NULL: no memory. */
static char *pem_of_key(gnutls_x509_privkey_t key)
{
    gnutls_datum_t pem;
    char *text;

    if (gnutls.x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem) != 0)
        return NULL;
    text = strndup((const char *)pem.data, pem.size);
    (*gnutls.free)(pem.data);
    return text;
}

static char *pem_of(gnutls_x509_crt_t crt)
{
    gnutls_datum_t pem;
    char *text;

    if (gnutls.x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem) != 0)
        return NULL;
    text = strndup((const char *)pem.data, pem.size);
    (*gnutls.free)(pem.data);
    return text;
}

static int new_key(gnutls_x509_privkey_t *key)
{
    int r = gnutls.x509_privkey_init(key);

    if (r == 0)
        r = gnutls.x509_privkey_generate(*key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    return r;
}

/* What every certificate has. */
static int begin(gnutls_x509_crt_t *crt, gnutls_x509_privkey_t key, const char *name)
{
    unsigned char serial[16], id[64];
    size_t id_size = sizeof id;
    time_t now = time(NULL);
    int r = gnutls.x509_crt_init(crt);

    if (r != 0)
        return r;
    if ((r = gnutls.rnd(GNUTLS_RND_NONCE, serial, sizeof serial)) != 0)
        return r;
    serial[0] &= 0x7f;
    if ((r = gnutls.x509_crt_set_version(*crt, 3)) != 0
        || (r = gnutls.x509_crt_set_serial(*crt, serial, sizeof serial)) != 0
        || (r = gnutls.x509_crt_set_activation_time(*crt, now - day)) != 0
        || (r = gnutls.x509_crt_set_expiration_time(*crt, now + YEARS * 365 * day)) != 0
        || (r = gnutls.x509_crt_set_dn_by_oid(*crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name))) != 0
        || (r = gnutls.x509_crt_set_key(*crt, key)) != 0
        || (r = gnutls.x509_crt_get_key_id(*crt, 0, id, &id_size)) != 0)
        return r;
    return gnutls.x509_crt_set_subject_key_id(*crt, id, id_size);
}

static int make_ca(struct pki *p)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t crt = NULL;
    int r = new_key(&key);

    if (r == 0)
        r = begin(&crt, key, "pidlet-ca");
    if (r == 0)
        r = gnutls.x509_crt_set_basic_constraints(crt, 1, 0);
    if (r == 0)
        r = gnutls.x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    if (r == 0)
        r = gnutls.x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
    if (r == 0) {
        p->ca = pem_of(crt);
        p->ca_key = pem_of_key(key);
    }
    gnutls.x509_crt_deinit(crt);
    gnutls.x509_privkey_deinit(key);
    return r == 0 && (p->ca == NULL || p->ca_key == NULL) ? GNUTLS_E_MEMORY_ERROR : r;
}

/* A name or an address of the server. */
static int add_alternative(gnutls_x509_crt_t crt, const char *text)
{
    unsigned char bytes[16];

    if (text == NULL || *text == '\0')
        return 0;
    if (inet_pton(AF_INET, text, bytes) == 1)
        return gnutls.x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, bytes, 4, GNUTLS_FSAN_APPEND);
    if (inet_pton(AF_INET6, text, bytes) == 1)
        return gnutls.x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, bytes, 16, GNUTLS_FSAN_APPEND);
    return gnutls.x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, text, (unsigned)strlen(text), GNUTLS_FSAN_APPEND);
}

static int make_server(struct pki *p, const char *host, const char *address)
{
    const char *const names[] = {"127.0.0.1", "::1", "localhost", host, address};
    const gnutls_datum_t ca_pem = {(unsigned char *)p->ca, (unsigned)strlen(p->ca)};
    const gnutls_datum_t ca_key_pem = {(unsigned char *)p->ca_key, (unsigned)strlen(p->ca_key)};
    gnutls_x509_privkey_t key = NULL, ca_key = NULL;
    gnutls_x509_crt_t crt = NULL, ca = NULL;
    int r = new_key(&key);

    if (r == 0 && (r = gnutls.x509_crt_init(&ca)) == 0)
        r = gnutls.x509_crt_import(ca, &ca_pem, GNUTLS_X509_FMT_PEM);
    if (r == 0 && (r = gnutls.x509_privkey_init(&ca_key)) == 0)
        r = gnutls.x509_privkey_import(ca_key, &ca_key_pem, GNUTLS_X509_FMT_PEM);
    if (r == 0)
        r = begin(&crt, key, "pidlet");
    for (size_t i = 0; r == 0 && i < sizeof names / sizeof *names; i++)
        r = add_alternative(crt, names[i]);
    if (r == 0)
        r = gnutls.x509_crt_set_basic_constraints(crt, 0, -1);
    if (r == 0)
        r = gnutls.x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (r == 0)
        r = gnutls.x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (r == 0)
        r = gnutls.x509_crt_sign2(crt, ca, ca_key, GNUTLS_DIG_SHA256, 0);
    if (r == 0) {
        p->certificate = pem_of(crt);
        p->key = pem_of_key(key);
    }
    gnutls.x509_crt_deinit(crt);
    gnutls.x509_crt_deinit(ca);
    gnutls.x509_privkey_deinit(key);
    gnutls.x509_privkey_deinit(ca_key);
    return r == 0 && (p->certificate == NULL || p->key == NULL) ? GNUTLS_E_MEMORY_ERROR : r;
}

static int make_token(struct pki *p)
{
    unsigned char bytes[TOKEN_BYTES];
    int r = gnutls.rnd(GNUTLS_RND_KEY, bytes, sizeof bytes);

    p->token = calloc(1, 2 * sizeof bytes + 1);
    if (p->token == NULL)
        return GNUTLS_E_MEMORY_ERROR;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(p->token + 2 * i, 3, "%02x", bytes[i]);
    explicit_bzero(bytes, sizeof bytes);
    return r;
}

/* ---- all of it ---- */

static int open_folder(const char *folder, struct buf *why)
{
    int fd;

    if (mkdir(folder, 0700) == -1 && errno != EEXIST)
        goto fail;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd != -1)
        return fd;
fail:
    buf_addf(why, "%s: %s", folder, strerror(errno));
    return -errno;
}

static int keep_or_read(struct pki *p, int folder, struct buf *why)
{
    int r = 0;

    if (folder >= 0) {
        p->ca = read_secret(folder, "ca.crt");
        p->ca_key = read_secret(folder, "ca.key");
        p->token = read_secret(folder, "token");
    }
    if (p->ca == NULL || p->ca_key == NULL) {
        free(p->ca);
        free(p->ca_key);
        if ((r = make_ca(p)) != 0) {
            buf_addf(why, "making a CA: %s", gnutls.strerror(r));
            return -EIO;
        }
        if (folder >= 0 && ((r = write_secret(folder, "ca.key", p->ca_key)) < 0
                            || (r = write_secret(folder, "ca.crt", p->ca)) < 0))
            goto unkept;
    }
    if (p->token == NULL) {
        if ((r = make_token(p)) != 0) {
            buf_addf(why, "making a token: %s", gnutls.strerror(r));
            return -EIO;
        }
        if (folder >= 0 && (r = write_secret(folder, "token", p->token)) < 0)
            goto unkept;
    }
    p->token[strcspn(p->token, " \t\r\n")] = '\0';
    if (strlen(p->token) < 16) {
        buf_adds(why, "the token is shorter than 16 characters");
        return -EINVAL;
    }
    return 0;
unkept:
    buf_addf(why, "keeping the CA and the token: %s", strerror(-r));
    return r;
}

int pki_init(struct pki *p, const char *folder, const char *host, const char *address, struct buf *why)
{
    cleanup_fd int fd = folder == NULL ? -1 : open_folder(folder, why);
    const char *unavailable;
    int r;

    *p = (struct pki){0};
    if (folder != NULL && fd < 0)
        return -EACCES;
    if (!gnutls_load(&unavailable)) {
        buf_addf(why, "GnuTLS is not to be had: %s", unavailable);
        return -ENOTSUP;
    }
    r = keep_or_read(p, fd, why);
    if (r == 0) {
        r = make_server(p, host, address);
        if (r != 0) {
            buf_addf(why, "making the server's certificate: %s", gnutls.strerror(r));
            r = -EIO;
        }
    }
    if (r < 0)
        pki_deinit(p);
    return r;
}

static void wipe(char **text)
{
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void pki_deinit(struct pki *p)
{
    wipe(&p->ca);
    wipe(&p->ca_key);
    wipe(&p->certificate);
    wipe(&p->key);
    wipe(&p->token);
}
