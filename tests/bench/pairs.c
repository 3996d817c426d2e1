/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pairs [-p PAIRS | -t TIMES] N COMMAND OTHER [COMMAND0 OTHER0]: how much more processor time one shell command takes
 * than another. A number in place of a command stands for so many nanoseconds: a million, and it is the time of each of
 * a million.
 *
 * What else runs on the host changes a program's speed by some ten percent, from second to second. So both must run at
 * the same time, on the same processor, N times:
 *
 * - With -p they work in pieces (bench.h). Both are started, do a few that don't count (the engine translates), then
 *   PAIRS pieces by turns; the ratio is the median of those of neighbouring pieces.
 * - Without, they are two whole runs, and the scheduler gives them turns. OTHER is run TIMES times in a row meanwhile,
 *   so that it takes about as long. COMMAND0 and OTHER0 are what is not to be measured (starting up): their times are
 *   subtracted.
 *
 * Where a program's code and memory happen to be is worth 5 % and more as long as it lives; so N are started afresh.
 * Prints "MEDIAN LEAST MOST LOW HIGH" of the N ratios: between LOW and HIGH is their true median in 95 of 100 cases,
 * whatever their distribution is like (the sign test's interval).
 */
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STARTS_MAX 1001
#define WARM_UP 4
#define COMMAND_MAX 4096
#define CONFIDENCE 0.95

struct side {
    const char *command;
    bool given;
    double time; /* given, or of the last run: seconds */
    pid_t pid;
    int to, from;
    clockid_t clock;
};

static _Noreturn void fail(const char *what, const char *command) {
    fprintf(stderr, "pairs: %s: %s\n", what, command);
    exit(1);
}

static struct side side_of(const char *command) {
    char *end;
    double given = strtod(command, &end);
    bool number = end != command && !*end;
    return (struct side){.command = command, .given = number, .time = number ? given * 1e-9 : 0};
}

static double seconds(long whole, long parts, double part) {
    return (double)whole + (double)parts * part;
}

static void end_well(const char *command, pid_t pid, struct rusage *usage) {
    int status;
    if (wait4(pid, &status, 0, usage) != pid || status != 0)
        fail("failed", command);
}

/* ---- Whole runs */

static pid_t run(const char *command, int in, int out) {
    char text[COMMAND_MAX + 8];
    bool one = !strstr(command, "&&"); /* then its process is the shell's */
    if (snprintf(text, sizeof text, "%s%s", one ? "exec " : "", command) >= (int)sizeof text)
        fail("too long", command);
    pid_t child = fork();
    if (child < 0)
        fail("cannot fork", command);
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        dup2(in, 0);
        dup2(out, 1);
        execl("/bin/sh", "sh", "-c", text, (char *)NULL);
        _exit(127);
    }
    return child;
}

static void run_end(struct side *side) {
    struct rusage usage;
    end_well(side->command, side->pid, &usage);
    side->time = seconds(usage.ru_utime.tv_sec, usage.ru_utime.tv_usec, 1e-6) +
                 seconds(usage.ru_stime.tv_sec, usage.ru_stime.tv_usec, 1e-6);
}

/* Command && command && … */
static void repeat(const char *command, int times, char *to, size_t room) {
    size_t used = 0;
    for (int i = 0; i < times && used < room; i++)
        used += (size_t)snprintf(to + used, room - used, "%s%s", i ? " && " : "", command);
    if (used >= room)
        fail("too long", command);
}

/* Both at once. */
static void whole_times(struct side side[2], int times) {
    char other[COMMAND_MAX];
    repeat(side[1].command, times, other, sizeof other);
    if (!side[0].given)
        side[0].pid = run(side[0].command, 0, 1);
    if (!side[1].given)
        side[1].pid = run(other, 0, 1);
    for (int i = 0; i < 2; i++)
        if (!side[i].given)
            run_end(&side[i]);
    if (!side[1].given)
        side[1].time /= times;
}

static double whole_ratio(struct side side[2], struct side *base, int times) {
    whole_times(side, times);
    if (!base)
        return side[0].time / side[1].time;
    whole_times(base, times);
    return (side[0].time - base[0].time) / (side[1].time - base[1].time);
}

/* ---- Pieces */

static void side_start(struct side *side) {
    int to[2], from[2];
    if (side->given)
        return;
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        fail("no pipe", side->command);
    side->pid = run(side->command, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    side->to = to[1];
    side->from = from[0];
    if (clock_getcpuclockid(side->pid, &side->clock) != 0)
        fail("no clock", side->command);
}

static void side_end(struct side *side) {
    struct rusage usage;
    if (side->given)
        return;
    close(side->to);
    end_well(side->command, side->pid, &usage);
    close(side->from);
}

static double clock_time(const struct side *side) {
    struct timespec now;
    if (clock_gettime(side->clock, &now) != 0)
        fail("no time", side->command);
    return seconds(now.tv_sec, now.tv_nsec, 1e-9);
}

static double piece_time(struct side *side) {
    char byte = 0;
    if (side->given)
        return side->time;
    double begin = clock_time(side);
    if (write(side->to, &byte, 1) != 1 || read(side->from, &byte, 1) != 1)
        fail("ended early", side->command);
    return clock_time(side) - begin;
}

/* Both on one of the processors that we may use: another one may be slower. */
static void choose_processor(const cpu_set_t *all, int start) {
    cpu_set_t one;
    size_t at = 0;
    int skip = start / 2 % CPU_COUNT(all);
    for (; !CPU_ISSET(at, all) || skip-- > 0; at++)
        ;
    CPU_ZERO(&one);
    CPU_SET(at, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort(double *at, int count) {
    qsort(at, (size_t)count, sizeof *at, ascending);
}

static double median(const double *sorted, int count) {
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static double pieces_ratio(struct side side[2], int start, int pairs) {
    double time[2], ratio[STARTS_MAX];
    side_start(&side[start % 2]);
    side_start(&side[(start + 1) % 2]);
    for (int pair = -WARM_UP; pair < pairs; pair++) {
        int first = pair & 1;
        time[first] = piece_time(&side[first]);
        time[!first] = piece_time(&side[!first]);
        if (pair >= 0)
            ratio[pair] = time[0] / time[1];
    }
    side_end(&side[0]);
    side_end(&side[1]);
    sort(ratio, pairs);
    return median(ratio, pairs);
}

/* ---- All starts */

/* How many of `count` sorted values lie below the interval: the most for which a median that is not in it is as
 * unlikely as asked for. Few values: all are in it. */
static int below_interval(int count) {
    double chance = pow(0.5, count), sum = 0;
    int below = -1;
    for (; below < count / 2; below++) {
        sum += chance;
        if (2 * sum > 1 - CONFIDENCE)
            break;
        chance *= (double)(count - below - 1) / (below + 2);
    }
    return below < 0 ? 0 : below;
}

static _Noreturn void usage(void) {
    fprintf(stderr, "usage: pairs [-p PAIRS | -t TIMES] N COMMAND OTHER [COMMAND0 OTHER0]\n");
    exit(2);
}

/* A number from 1 to STARTS_MAX. */
static int number(const char *text) {
    int value = text ? atoi(text) : 0;
    if (value < 1 || value > STARTS_MAX)
        usage();
    return value;
}

int main(int argc, char **argv) {
    int pairs = 0, times = 1, option;
    while ((option = getopt(argc, argv, "+p:t:")) != -1) {
        if (option == 'p')
            pairs = number(optarg);
        else if (option == 't')
            times = number(optarg);
        else
            usage();
    }
    argc -= optind;
    argv += optind;
    int count = number(argv[0]);
    if (argc != 3 && (argc != 5 || pairs != 0))
        usage();
    struct side side[2] = {side_of(argv[1]), side_of(argv[2])}, base[2];
    static double ratio[STARTS_MAX];
    cpu_set_t all;
    sched_getaffinity(0, sizeof all, &all);
    signal(SIGPIPE, SIG_IGN); /* of a command that ended: said by piece_time */
    for (int i = 0; argc == 5 && i < 2; i++)
        base[i] = side_of(argv[3 + i]);
    for (int i = 0; i < count; i++) {
        choose_processor(&all, i);
        ratio[i] = pairs ? pieces_ratio(side, i, pairs) : whole_ratio(side, argc == 5 ? base : NULL, times);
    }
    sort(ratio, count);
    int below = below_interval(count);
    printf("%.5g %.5g %.5g %.5g %.5g\n", median(ratio, count), ratio[0], ratio[count - 1], ratio[below],
           ratio[count - 1 - below]);
    return 0;
}
