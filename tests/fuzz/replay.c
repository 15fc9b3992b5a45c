/*
 * Gives a fuzz target what is in tar archives and folders: the seeds, and what a fuzzer found.
 *
 *     fuzz-tree tree.tar FOLDER…
 *
 * One TAP line for each archive or folder; what a target aborts on ends it, named before.
 */
#include "base/buf.h"
#include "base/fd.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAR_BLOCK = 512, TAR_SIZE_AT = 124, TAR_TYPE_AT = 156, LARGEST = 64 * 1024 * 1024 };

static const char *current;

/* An abort says nothing of its input. */
static void say_which(int signal)
{
    (void)signal;
    if (write(STDERR_FILENO, current, strlen(current)) == -1 || write(STDERR_FILENO, "\n", 1) == -1)
        _exit(1);                       /* and the signal, which is reset, ends it again */
}

static void give(const char *name, const char *data, size_t size)
{
    char *exact = malloc(size + (size == 0));           /* so that a sanitizer sees its end */

    if (exact == NULL)
        exit(1);
    if (size > 0)
        memcpy(exact, data, size);
    current = name;
    LLVMFuzzerTestOneInput((const uint8_t *)exact, size);
    free(exact);
}

static void read_file(const char *name, struct buf *out)
{
    cleanup_fd int fd = open(name, O_RDONLY | O_CLOEXEC);

    if (fd == -1 || fd_read_all(fd, LARGEST, out) < 0) {
        perror(name);
        exit(1);
    }
}

static size_t replay_archive(const char *name)
{
    struct buf tar = BUF_INIT;
    size_t count = 0;

    read_file(name, &tar);
    for (size_t at = 0; at + TAR_BLOCK <= tar.length && tar.data[at] != '\0';) {
        const char *header = tar.data + at;
        size_t size = strtoul(header + TAR_SIZE_AT, NULL, 8);

        if (size > tar.length - at - TAR_BLOCK) {
            fprintf(stderr, "%s is cut off\n", name);
            exit(1);
        }
        if (header[TAR_TYPE_AT] == '0') {
            give(header, header + TAR_BLOCK, size);
            count++;
        }
        at += TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
    buf_deinit(&tar);
    return count;
}

static size_t replay_folder(const char *name)
{
    DIR *folder = opendir(name);
    size_t count = 0;

    if (folder == NULL) {
        perror(name);
        exit(1);
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct buf path = BUF_INIT, text = BUF_INIT;
        struct stat st;

        buf_addf(&path, "%s/%s", name, entry->d_name);
        if (entry->d_name[0] != '.' && stat(buf_text(&path), &st) == 0 && S_ISREG(st.st_mode)) {
            read_file(buf_text(&path), &text);
            give(buf_text(&path), text.data, text.length);
            count++;
        }
        buf_deinit(&path);
        buf_deinit(&text);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    sigaction(SIGABRT, &(struct sigaction){.sa_handler = say_which, .sa_flags = (int)SA_RESETHAND}, NULL);
    sigaction(SIGSEGV, &(struct sigaction){.sa_handler = say_which, .sa_flags = (int)SA_RESETHAND}, NULL);
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        struct stat st;
        bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        size_t count = folder ? replay_folder(argv[i]) : replay_archive(argv[i]);

        printf("%sok %d - %zu inputs of %s\n", count > 0 ? "" : "not ", i, count, strrchr(argv[i], '/') + 1);
    }
    return 0;
}
