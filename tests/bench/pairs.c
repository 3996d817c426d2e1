/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pairs N COMMAND OTHER [COMMAND0 OTHER0]: runs two shell commands N times each, alternating and taking turns in going
 * first, and prints "MEDIAN MIN MAX" of COMMAND's processor time over OTHER's. COMMAND0 and OTHER0 are what is not to
 * be measured (starting up): their times, measured in the same pair, are subtracted. A number in place of a command
 * stands for so many nanoseconds: a million, and it is the time of each of a million.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(const struct timeval *t) {
    return (double)t->tv_sec + (double)t->tv_usec * 1e-6;
}

/* Processor time of one run. Ends the program if the command fails. */
static double time_of(const char *command) {
    char *end;
    double given = strtod(command, &end);
    if (end != command && !*end)
        return given * 1e-9;
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
        fprintf(stderr, "pairs: failed: %s\n", command);
        exit(1);
    }
    return seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
}

static double time_without(const char *command, const char *base) {
    double time = time_of(command);
    return base ? time - time_of(base) : time;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 0;
    if (count < 1 || (argc != 4 && argc != 6)) {
        fprintf(stderr, "usage: pairs N COMMAND OTHER [COMMAND0 OTHER0]\n");
        return 2;
    }
    const char *base = argc == 6 ? argv[4] : NULL, *other_base = argc == 6 ? argv[5] : NULL;
    double *ratio = calloc((size_t)count, sizeof *ratio);
    if (!ratio)
        return 1;
    for (int i = 0; i < count; i++) {
        double time, other;
        if (i % 2 == 0) {
            time = time_without(argv[2], base);
            other = time_without(argv[3], other_base);
        } else {
            other = time_without(argv[3], other_base);
            time = time_without(argv[2], base);
        }
        ratio[i] = time / other;
    }
    qsort(ratio, (size_t)count, sizeof *ratio, ascending);
    printf("%.4f %.4f %.4f\n", ratio[count / 2], ratio[0], ratio[count - 1]);
    free(ratio);
    return 0;
}
