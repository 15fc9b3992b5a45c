/*
 * What TLS needs: a CA of pidlet's own, a server certificate of it, a bearer token.  Made
 * at the first start, kept in a folder (mode 0700, files 0600), so that a kubeconfig once
 * written stays good.
 */
#ifndef PIDLET_API_PKI_H
#define PIDLET_API_PKI_H

struct buf;

struct pki {                            /* PEM, and the token in hex; all owned */
    char *ca, *ca_key;
    char *certificate, *key;
    char *token;
};

/*
 * `folder` NULL: nothing is kept.  The server's certificate is made anew at each start, for
 * the loopback's names, `host` and `address` (both may be NULL).  0, or a negative errno
 * with the reason in `why`.
 */
int pki_init(struct pki *p, const char *folder, const char *host, const char *address, struct buf *why);
void pki_deinit(struct pki *p);         /* wipes the secrets */

#endif
