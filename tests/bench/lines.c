/*
 * Writes lines to standard output as fast as it can: `lines MIB [LENGTH]`; then makes the
 * file `done` and waits, so that whoever measures can look.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_all(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(STDOUT_FILENO, text, length);

        if (n <= 0)
            exit(1);
        text += n;
        length -= (size_t)n;
    }
}

int main(int argc, char **argv)
{
    enum { CHUNK = 1024 * 1024 };
    static char text[CHUNK];
    const size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 1024;
    const size_t length = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
    int fd;

    memset(text, 'x', sizeof text);
    for (size_t i = length - 1; i < sizeof text; i += length)
        text[i] = '\n';
    text[sizeof text - 1] = '\n';
    for (size_t i = 0; i < mib; i++)
        write_all(text, sizeof text);
    close(STDOUT_FILENO);
    if (argc > 3 && (fd = creat(argv[3], 0644)) >= 0)
        close(fd);
    pause();
    return 0;
}
