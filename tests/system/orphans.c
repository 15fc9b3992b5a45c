/*
 * Leaves N orphans behind, and says how many processes are left in its PID namespace, zombies
 * among them, once all have ended: `orphans N` prints "left Z P", without itself and PID 1.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void make_orphan(void)
{
    if (fork() == 0) {
        if (fork() == 0)
            usleep(20000);
        _exit(0);
    }
    wait(NULL);
}

static int look(int *zombies)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    int count = 0;

    *zombies = 0;
    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        char path[300], text[512] = "", *after;
        FILE *f;

        if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid() || atoi(entry->d_name) == 1)
            continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        f = fopen(path, "r");
        if (f == NULL)
            continue;                   /* gone meanwhile */
        if (fgets(text, sizeof text, f) != NULL && (after = strrchr(text, ')')) != NULL) {
            *zombies += after[2] == 'Z';
            count++;
        }
        fclose(f);
    }
    if (proc != NULL)
        closedir(proc);
    return count;
}

int main(int argc, char **argv)
{
    const time_t end = time(NULL) + 60;
    int count, zombies;

    for (int i = argc > 1 ? atoi(argv[1]) : 1000; i > 0; i--)
        make_orphan();
    while ((count = look(&zombies)) > 0 && time(NULL) < end)
        usleep(1000);
    printf("left %d %d\n", zombies, count);
    return 0;
}
