#include "daemon/api/identity.h"

#include "base/clock.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Identity must be unique, not secret: a clock will do where the kernel has no randomness yet. */
static void random_bytes(unsigned char *out, size_t length)
{
    static uint64_t count;

    if (getrandom(out, length, GRND_NONBLOCK) == (ssize_t)length)
        return;
    for (size_t i = 0; i < length; i++) {
        uint64_t mix = ((uint64_t)clock_mono() << 20 ^ (uint64_t)getpid() ^ ++count) * UINT64_C(0x9e3779b97f4a7c15);

        out[i] = (unsigned char)(mix >> 56);
    }
}

void identity_uid(char out[IDENTITY_UID_SIZE])
{
    unsigned char b[16];

    random_bytes(b, sizeof b);
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    snprintf(out, IDENTITY_UID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void identity_name(const char *prefix, char out[IDENTITY_NAME_SIZE])
{
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    unsigned char b[5];

    random_bytes(b, sizeof b);
    snprintf(out, IDENTITY_NAME_SIZE, "%.58s%c%c%c%c%c", prefix, alphabet[b[0] % 27], alphabet[b[1] % 27],
             alphabet[b[2] % 27], alphabet[b[3] % 27], alphabet[b[4] % 27]);
}
