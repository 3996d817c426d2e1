/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls about the process itself and the system it runs on. It is alone: there are no others to be found, made or
 * waited for.
 */
#include "calls.h"
#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

#define FUTEX_COMMAND (~0ul ^ (FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))
#define NAME_SIZE 16 /* TASK_COMM_LEN */

long call_nothing(const unsigned long arg[6]) {
    (void)arg;
    return 0;
}

/* ---- Identity */

static long call_getpid(const unsigned long arg[6]) {
    (void)arg;
    return PID;
}

static long call_getppid(const unsigned long arg[6]) {
    (void)arg;
    return PARENT_PID;
}

static long call_getuid(const unsigned long arg[6]) {
    (void)arg;
    return boot.user;
}

static long call_getgid(const unsigned long arg[6]) {
    (void)arg;
    return boot.group;
}

static long call_pid_of(const unsigned long arg[6]) {
    int pid = (int)arg[0];
    return pid == 0 || pid == PID ? PID : -ESRCH;
}

static long call_setpgid(const unsigned long arg[6]) {
    int pid = (int)arg[0], group = (int)arg[1];
    if (group < 0)
        return -EINVAL;
    return pid != 0 && pid != PID ? -ESRCH : -EPERM; /* it leads its session */
}

static long call_setsid(const unsigned long arg[6]) {
    (void)arg;
    return -EPERM;
}

/* An identity can be set to what it is. */
static long call_setuid(const unsigned long arg[6]) {
    return (unsigned)arg[0] == boot.user ? 0 : -EPERM;
}

static long call_setgid(const unsigned long arg[6]) {
    return (unsigned)arg[0] == boot.group ? 0 : -EPERM;
}

static int same(unsigned long wanted, unsigned id) {
    return (unsigned)wanted == id || (unsigned)wanted == ~0u;
}

static long call_setresuid(const unsigned long arg[6]) {
    return same(arg[0], boot.user) && same(arg[1], boot.user) ? 0 : -EPERM;
}

static long call_setresgid(const unsigned long arg[6]) {
    return same(arg[0], boot.group) && same(arg[1], boot.group) ? 0 : -EPERM;
}

static long three(const unsigned long arg[6], unsigned id) {
    for (unsigned i = 0; i < 3; i++)
        if (user_write(arg[i], &id, sizeof id) != 0)
            return -EFAULT;
    return 0;
}

static long call_getresuid(const unsigned long arg[6]) {
    return three(arg, boot.user);
}

static long call_getresgid(const unsigned long arg[6]) {
    return three(arg, boot.group);
}

static long call_getgroups(const unsigned long arg[6]) {
    return (int)arg[0] < 0 ? -EINVAL : 0;
}

/* ---- The system */

static long call_uname(const unsigned long arg[6]) {
    static const struct new_utsname name = {.sysname = "Linux",
                                            .nodename = "facet",
                                            .release = "6.1.0-facet",
                                            .version = "#1",
                                            .machine = "x86_64",
                                            .domainname = "(none)"};
    return user_write(arg[0], &name, sizeof name);
}

static long call_sysinfo(const unsigned long arg[6]) {
    struct moment up;
    struct sysinfo info = {.procs = 1, .mem_unit = 1};
    clock_now(7 /* CLOCK_BOOTTIME */, &up);
    info.uptime = up.seconds;
    info.totalram = boot.memory;
    unsigned long used = stock_used();
    info.freeram = info.totalram > used ? info.totalram - used : 0;
    return user_write(arg[0], &info, sizeof info);
}

static long call_getcpu(const unsigned long arg[6]) {
    static const unsigned zero;
    for (unsigned i = 0; i < 2; i++)
        if (arg[i] && user_write(arg[i], &zero, sizeof zero) != 0)
            return -EFAULT;
    return 0;
}

static long call_sched_getaffinity(const unsigned long arg[6]) {
    static const unsigned long one = 1;
    if ((int)arg[0] != 0 && (int)arg[0] != PID)
        return -ESRCH;
    if (arg[1] < sizeof one || arg[1] % sizeof one)
        return -EINVAL;
    return user_write(arg[2], &one, sizeof one) ? -EFAULT : (long)sizeof one;
}

static long call_sched_setaffinity(const unsigned long arg[6]) {
    unsigned char first = 0;
    if ((int)arg[0] != 0 && (int)arg[0] != PID)
        return -ESRCH;
    if (arg[1] && user_read(arg[2], &first, 1) != 0)
        return -EFAULT;
    return first & 1 ? 0 : -EINVAL;
}

static long call_sched_getscheduler(const unsigned long arg[6]) {
    int pid = (int)arg[0];
    return pid < 0 ? -EINVAL : pid == 0 || pid == PID ? 0 /* SCHED_OTHER */ : -ESRCH;
}

static long call_sched_getparam(const unsigned long arg[6]) {
    static const int priority;
    int pid = (int)arg[0];
    if (pid < 0 || !arg[1])
        return -EINVAL;
    return pid != 0 && pid != PID ? -ESRCH : user_write(arg[1], &priority, sizeof priority);
}

/* Of SCHED_FIFO and SCHED_RR 1 to 99, of the others 0. */
static long call_sched_priority_max(const unsigned long arg[6]) {
    return arg[0] == 1 || arg[0] == 2 ? 99 : arg[0] == 4 || arg[0] > 6 ? -EINVAL : 0;
}

static long call_sched_priority_min(const unsigned long arg[6]) {
    return arg[0] == 1 || arg[0] == 2 ? 1 : arg[0] == 4 || arg[0] > 6 ? -EINVAL : 0;
}

static long call_getpriority(const unsigned long arg[6]) {
    if (arg[0] > 2)
        return -EINVAL;
    return 20; /* nice 0 */
}

/* ---- The thread */

static long call_arch_prctl(const unsigned long arg[6]) {
    struct facet_regs *r = regs_get();
    int set = arg[0] == ARCH_SET_FS || arg[0] == ARCH_SET_GS;
    unsigned long *base = arg[0] == ARCH_SET_FS || arg[0] == ARCH_GET_FS ? &r->fs_base : &r->gs_base;
    if (arg[0] < ARCH_SET_GS || arg[0] > ARCH_GET_GS)
        return -EINVAL;
    if (!set)
        return user_write(arg[1], base, sizeof *base);
    if (arg[1] >= SPACE_END)
        return -EPERM;
    *base = arg[1];
    regs_changed();
    return 0;
}

static long call_set_robust_list(const unsigned long arg[6]) {
    return arg[1] == 24 ? 0 : -EINVAL;
}

/* At first the last part of the path, as execve does it. */
static void name_start(char name[NAME_SIZE]) {
    const char *part = boot.exe;
    unsigned long length = 0;
    for (const char *at = boot.exe; *at; at++)
        part = *at == '/' ? at + 1 : part;
    while (length < NAME_SIZE - 1 && part[length])
        length++;
    memcpy(name, part, length);
}

static long call_prctl(const unsigned long arg[6]) {
    static char name[NAME_SIZE];
    static int named;
    if (!named)
        name_start(name);
    named = 1;
    switch ((int)arg[0]) {
    case PR_SET_NAME: {
        char new[NAME_SIZE] = {0};
        if (user_string(arg[1], new, sizeof new) == -EFAULT)
            return -EFAULT;
        new[NAME_SIZE - 1] = 0;
        memcpy(name, new, sizeof name);
        return 0;
    }
    case PR_GET_NAME:
        return user_write(arg[1], name, sizeof name);
    case PR_GET_DUMPABLE:
        return 1;
    case PR_SET_PDEATHSIG:
        return arg[1] > 64 ? -EINVAL : 0;
    case PR_SET_DUMPABLE:
        return arg[1] > 1 ? -EINVAL : 0;
    case PR_SET_NO_NEW_PRIVS:
        return arg[1] == 1 && !arg[2] && !arg[3] ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

static long call_personality(const unsigned long arg[6]) {
    static unsigned personality;
    unsigned old = personality;
    if ((unsigned)arg[0] != ~0u)
        personality = (unsigned)arg[0];
    return old;
}

static long call_getrandom(const unsigned long arg[6]) {
    static unsigned char bytes[PAGE_SIZE];
    unsigned long size = arg[1] < 0x7ffff000 ? arg[1] : 0x7ffff000, done = 0;
    if (arg[2] & ~7ul || (arg[2] & 6) == 6)
        return -EINVAL;
    while (done < size) {
        unsigned long part = size - done < sizeof bytes ? size - done : sizeof bytes;
        random_bytes(bytes, part);
        if (user_write(arg[0] + done, bytes, part) != 0)
            return done ? (long)done : -EFAULT;
        done += part;
    }
    return (long)done;
}

static long futex_wait(const unsigned long arg[6]) {
    unsigned value;
    struct moment until, now;
    int absolute = (arg[1] & FUTEX_COMMAND) == FUTEX_WAIT_BITSET;
    if (arg[0] % sizeof value)
        return -EINVAL;
    if (arg[3] && user_read(arg[3], &until, sizeof until) != 0)
        return -EFAULT;
    if (user_read(arg[0], &value, sizeof value) != 0)
        return -EFAULT;
    if (value != (unsigned)arg[2])
        return -EAGAIN;
    if (!arg[3] && timer_wait())
        return -EINTR;
    if (!arg[3]) {
        say("facet: %s waits for ever: nobody else can change the futex at 0x%lx", boot.exe, arg[0]);
        linux_exit(125);
    }
    if (until.seconds < 0 || until.nanoseconds < 0 || until.nanoseconds >= 1000000000)
        return -EINVAL;
    clock_now(arg[1] & FUTEX_CLOCK_REALTIME ? 0 : 1, &now);
    long left = absolute ? (until.seconds - now.seconds) * 1000000000 + until.nanoseconds - now.nanoseconds : 0;
    if (absolute)
        until = (struct moment){left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0};
    return clock_sleep(&until) ? -EINTR : -ETIMEDOUT;
}

static long call_futex(const unsigned long arg[6]) {
    unsigned value;
    switch (arg[1] & FUTEX_COMMAND) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return futex_wait(arg);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        if (arg[0] % sizeof value)
            return -EINVAL;
        return arg[1] & FUTEX_PRIVATE_FLAG && arg[0] < SPACE_END ? 0 : user_read(arg[0], &value, sizeof value);
    default:
        return -ENOSYS;
    }
}

/* ---- Others */

static long call_wait(const unsigned long arg[6]) {
    (void)arg;
    return -ECHILD;
}

static long call_exit(const unsigned long arg[6]) {
    linux_exit((unsigned)arg[0] & 0xff);
}

const struct call process_calls[] = {
    {__NR_getpid, 0, call_getpid},
    {__NR_gettid, 0, call_getpid},
    {__NR_set_tid_address, 1, call_getpid},
    {__NR_getppid, 0, call_getppid},
    {__NR_getpgrp, 0, call_getpid},
    {__NR_getpgid, 1, call_pid_of},
    {__NR_getsid, 1, call_pid_of},
    {__NR_setpgid, 2, call_setpgid},
    {__NR_setsid, 0, call_setsid},
    {__NR_getuid, 0, call_getuid},
    {__NR_geteuid, 0, call_getuid},
    {__NR_getgid, 0, call_getgid},
    {__NR_getegid, 0, call_getgid},
    {__NR_setuid, 1, call_setuid},
    {__NR_setgid, 1, call_setgid},
    {__NR_setreuid, 2, call_setresuid},
    {__NR_setregid, 2, call_setresgid},
    {__NR_setresuid, 3, call_setresuid},
    {__NR_setresgid, 3, call_setresgid},
    {__NR_getresuid, 3, call_getresuid},
    {__NR_getresgid, 3, call_getresgid},
    {__NR_getgroups, 2, call_getgroups},
    {__NR_uname, 1, call_uname},
    {__NR_sysinfo, 1, call_sysinfo},
    {__NR_getcpu, 3, call_getcpu},
    {__NR_sched_yield, 0, call_nothing},
    {__NR_sched_getaffinity, 3, call_sched_getaffinity},
    {__NR_sched_setaffinity, 3, call_sched_setaffinity},
    {__NR_sched_getscheduler, 1, call_sched_getscheduler},
    {__NR_sched_getparam, 2, call_sched_getparam},
    {__NR_sched_get_priority_max, 1, call_sched_priority_max},
    {__NR_sched_get_priority_min, 1, call_sched_priority_min},
    {__NR_getpriority, 2, call_getpriority},
    {__NR_arch_prctl, 2, call_arch_prctl},
    {__NR_rseq, 4, call_rseq},
    {__NR_set_robust_list, 2, call_set_robust_list},
    {__NR_prctl, 5, call_prctl},
    {__NR_personality, 1, call_personality},
    {__NR_getrandom, 3, call_getrandom},
    {__NR_futex, 6, call_futex},
    {__NR_wait4, 4, call_wait},
    {__NR_waitid, 5, call_wait},
    {__NR_exit, 1, call_exit},
    {__NR_exit_group, 1, call_exit},
    {__NR_clock_gettime, 2, call_clock_gettime},
    {__NR_clock_getres, 2, call_clock_getres},
    {__NR_clock_settime, 2, call_clock_settime},
    {__NR_clock_nanosleep, 4, call_clock_nanosleep},
    {__NR_nanosleep, 2, call_nanosleep},
    {__NR_gettimeofday, 2, call_gettimeofday},
    {__NR_time, 1, call_time},
    {__NR_times, 1, call_times},
    {__NR_getrusage, 2, call_getrusage},
    {__NR_getrlimit, 2, call_getrlimit},
    {__NR_setrlimit, 2, call_setrlimit},
    {__NR_prlimit64, 4, call_prlimit},
    {0, 0, 0},
};
