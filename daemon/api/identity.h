/*
 * What makes an object itself: a random UID, a name made from a prefix.
 */
#ifndef PIDLET_API_IDENTITY_H
#define PIDLET_API_IDENTITY_H

enum { IDENTITY_UID_SIZE = 37, IDENTITY_NAME_SIZE = 254 };

/* A random UUID, version 4. */
void identity_uid(char out[IDENTITY_UID_SIZE]);

/* The prefix, cut to 58 characters, and five of Kubernetes' characters for such names. */
void identity_name(const char *prefix, char out[IDENTITY_NAME_SIZE]);

#endif
