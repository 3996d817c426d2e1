/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a program asks about itself and its system.
 */
#include "matrix.h"

#include <asm/prctl.h>
#include <grp.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

static void try_arch(void) {
    unsigned long fs = 0, gs = 0;
    TRY(arch_prctl, "where FS is", ARCH_GET_FS, &fs);
    NOTE(arch_prctl, "is where thread-local storage says", fs == *(unsigned long __seg_fs *)0);
    TRY(arch_prctl, "GS to an address", ARCH_SET_GS, 0x12345000);
    TRY(arch_prctl, "where GS is", ARCH_GET_GS, &gs);
    NOTE(arch_prctl, "is what was set", gs == 0x12345000);
    TRY(arch_prctl, "an answer that goes nowhere", ARCH_GET_FS, BAD_ADDRESS);
    TRY(arch_prctl, "FS to no address of a program", ARCH_SET_FS, 0xffff800000000000);
    TRY(arch_prctl, "a code that does not exist", 0x7777, 0);
}

static void try_identity(void) {
    struct utsname name;
    int group[64];
    TRY_OK(getpid, "its number");
    NOTE(gettid, "the only thread's", syscall(SYS_gettid) == syscall(SYS_getpid));
    TRY_OK(getppid, "its parent's");
    TRY_OK(getpgrp, "its group's");
    TRY_OK(getpgid, "its own", 0);
    TRY(getpgid, "of no process", 999999999);
    TRY_OK(getsid, "its own", 0);
    TRY_OK(getuid, "who");
    TRY_OK(geteuid, "effectively");
    TRY_OK(getgid, "which group");
    TRY_OK(getegid, "effectively");
    TRY_OK(getgroups, "how many", 0, NULL);
    TRY_OK(getgroups, "which", 64, group);
    TRY(getgroups, "a size below 0", -1, group);
    int id[3];
    TRY(getresuid, "all three", &id[0], &id[1], &id[2]);
    TRY(getresuid, "an answer that goes nowhere", BAD_ADDRESS, &id[1], &id[2]);
    TRY(getresgid, "all three", &id[0], &id[1], &id[2]);
    TRY(uname, "the system", &name);
    NOTE_TEXT(uname, "is called", name.sysname);
    NOTE_TEXT(uname, "on", name.machine);
    TRY(uname, "an answer that goes nowhere", BAD_ADDRESS);
}

static void try_threads(void) {
    static int word, place;
    int none = 0;
    struct {
        long next, offset, pending;
    } list = {(long)&list, 0, 0};
    NOTE(set_tid_address, "gives the thread's number", syscall(SYS_set_tid_address, &place) == getpid());
    TRY(set_robust_list, "a list", &list, sizeof list);
    TRY(set_robust_list, "a size that is wrong", &list, 3);
    TRY(sched_yield, "to nobody");
    cpu_set_t set;
    CPU_ZERO(&set);
    TRY_OK(sched_getaffinity, "of itself", 0, sizeof set, &set);
    NOTE(sched_getaffinity, "at least one processor", CPU_COUNT(&set) >= 1);
    TRY(sched_getaffinity, "a size that is too small", 0, 1, &set);
    TRY(sched_getaffinity, "an answer that goes nowhere", 0, sizeof set, BAD_ADDRESS);
    unsigned cpu = 99, node = 99;
    TRY(getcpu, "which", &cpu, &node, NULL);
    TRY(futex, "wake nobody", &word, FUTEX_WAKE, 1, NULL, NULL, 0);
    TRY(futex, "wait for what is not so", &word, FUTEX_WAIT, 5, NULL, NULL, 0);
    TRY(futex, "wait, for a moment", &word, FUTEX_WAIT, 0, &(struct timespec){0, 1000000}, NULL, 0);
    TRY(futex, "at no address", BAD_ADDRESS, FUTEX_WAKE, 1, NULL, NULL, 0);
    TRY(futex, "at an odd address", (char *)&word + 1, FUTEX_WAKE, 1, NULL, NULL, 0);
    TRY(futex, "an operation that does not exist", &word, 99, 1, NULL, NULL, 0);
    struct sched_param param = {99};
    TRY(sched_getscheduler, "its own", 0);
    TRY(sched_getscheduler, "of an impossible process", -1);
    TRY(sched_getparam, "its own", 0, &param);
    NOTE(sched_getparam, "which has none", param.sched_priority);
    TRY(sched_getparam, "to nowhere", 0, BAD_ADDRESS);
    TRY(sched_getparam, "of an impossible process", -1, &param);
    TRY(sched_get_priority_max, "of a policy", SCHED_FIFO);
    TRY(sched_get_priority_min, "of a policy", SCHED_RR);
    TRY(sched_get_priority_max, "of no policy", 99);
    TRY(sched_get_priority_min, "of no policy", 99);
    char room[64] __attribute__((aligned(32))) = {0};
    TRY(rseq, "misaligned", room + 8, 32, 0, 1);
    TRY(rseq, "flags that do not exist", room, 32, 2, 1);
    TRY(wait4, "for a child, without one", -1, &none, 0, NULL);
}

static void try_limits(void) {
    struct rlimit limit, old;
    TRY(prlimit64, "of descriptors", 0, RLIMIT_NOFILE, NULL, &old);
    limit = (struct rlimit){100, old.rlim_max};
    TRY(prlimit64, "a lower one", 0, RLIMIT_NOFILE, &limit, NULL);
    TRY(getrlimit, "of descriptors", RLIMIT_NOFILE, &limit);
    NOTE(getrlimit, "is what was set", limit.rlim_cur);
    TRY(setrlimit, "as before", RLIMIT_NOFILE, &old);
    limit = (struct rlimit){200, 100};
    TRY(setrlimit, "soft above hard", RLIMIT_NOFILE, &limit);
    TRY(prlimit64, "of nothing that there is", 0, 99, NULL, &old);
    TRY(prlimit64, "an answer that goes nowhere", 0, RLIMIT_STACK, NULL, BAD_ADDRESS);
    TRY(prlimit64, "of no process", 999999999, RLIMIT_STACK, NULL, &old);
    struct rusage usage;
    TRY(getrusage, "its own", RUSAGE_SELF, &usage);
    TRY(getrusage, "of nobody", 77, &usage);
    TRY(getrusage, "an answer that goes nowhere", RUSAGE_SELF, BAD_ADDRESS);
    struct sysinfo info;
    TRY(sysinfo, "the system", &info);
    NOTE(sysinfo, "has memory", info.totalram > 0);
    TRY(sysinfo, "an answer that goes nowhere", BAD_ADDRESS);
    struct tms tms;
    TRY_OK(times, "its own", &tms);
    TRY(times, "an answer that goes nowhere", BAD_ADDRESS);
    TRY(getpriority, "its own", PRIO_PROCESS, 0);
    TRY(getpriority, "of nothing that there is", 77, 0);
}

static void try_rest(void) {
    char name[16] = "", random[300];
    TRY(prctl, "its name", PR_SET_NAME, "matrix");
    TRY(prctl, "what it is", PR_GET_NAME, name);
    NOTE_TEXT(prctl, "the name", name);
    TRY(prctl, "a code that does not exist", 77777, 0, 0, 0, 0);
    TRY(getrandom, "300 bytes", random, sizeof random, 0);
    TRY(getrandom, "at once or not at all", random, 10, GRND_NONBLOCK);
    TRY(getrandom, "flags that do not exist", random, 10, 0x80);
    TRY(getrandom, "to nowhere", BAD_ADDRESS, 10, 0);
    NOTE(umask, "what it was", syscall(SYS_umask, 027));
    NOTE(umask, "what it was then", syscall(SYS_umask, 022));
    TRY(personality, "which", 0xffffffff);
}

void matrix_process(void) {
    try_arch();
    try_identity();
    try_threads();
    try_limits();
    try_rest();
}
