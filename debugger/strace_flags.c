/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of bits and numbers, in strace's order.
 */
#include "strace_internal.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/fadvise.h>
#include <linux/futex.h>
#include <linux/memfd.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct named {
    unsigned long value;
    const char *name; /* NULL: the end */
};
#define N(x)                                                                                                           \
    { (unsigned long)(x), #x }

/* The first entry with value 0 is what no bits at all are called. */
static const struct named open_flags[] = {N(O_CREAT),
                                          N(O_EXCL),
                                          N(O_NOCTTY),
                                          N(O_TRUNC),
                                          N(O_APPEND),
                                          N(O_NONBLOCK),
                                          N(O_SYNC),
                                          N(O_DSYNC),
                                          N(O_ASYNC),
                                          N(O_DIRECT),
                                          {0100000, "O_LARGEFILE"},
                                          N(O_NOFOLLOW),
                                          N(O_NOATIME),
                                          N(O_CLOEXEC),
                                          N(O_PATH),
                                          N(O_TMPFILE),
                                          N(O_DIRECTORY),
                                          {0}};
static const struct named prot_flags[] = {N(PROT_NONE), N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), {0}};
static const struct named map_flags[] = {
    N(MAP_SHARED_VALIDATE), N(MAP_SHARED),    N(MAP_PRIVATE),         N(MAP_FIXED),
    N(MAP_ANONYMOUS),       N(MAP_32BIT),     N(MAP_NORESERVE),       N(MAP_POPULATE),
    N(MAP_NONBLOCK),        N(MAP_GROWSDOWN), N(MAP_DENYWRITE),       N(MAP_LOCKED),
    N(MAP_STACK),           N(MAP_HUGETLB),   N(MAP_FIXED_NOREPLACE), {0}};
static const struct named remap_flags[] = {N(MREMAP_MAYMOVE), N(MREMAP_FIXED), {4, "MREMAP_DONTUNMAP"}, {0}};
static const struct named sync_flags[] = {N(MS_ASYNC), N(MS_INVALIDATE), N(MS_SYNC), {0}};
static const struct named access_flags[] = {N(F_OK), N(R_OK), N(W_OK), N(X_OK), {0}};
static const struct named at_stat_flags[] = {
    N(AT_SYMLINK_NOFOLLOW), N(AT_SYMLINK_FOLLOW), N(AT_NO_AUTOMOUNT), N(AT_EMPTY_PATH), {0}};
static const struct named at_unlink_flags[] = {N(AT_REMOVEDIR), {0}};
static const struct named at_link_flags[] = {N(AT_SYMLINK_FOLLOW), N(AT_EMPTY_PATH), {0}};
static const struct named at_access_flags[] = {N(AT_SYMLINK_NOFOLLOW), N(AT_EACCESS), N(AT_EMPTY_PATH), {0}};
static const struct named random_flags[] = {N(GRND_NONBLOCK), N(GRND_RANDOM), N(GRND_INSECURE), {0}};
static const struct named sigaction_flags[] = {{0x04000000, "SA_RESTORER"},
                                               N(SA_ONSTACK),
                                               N(SA_RESTART),
                                               N(SA_NODEFER),
                                               N(SA_RESETHAND),
                                               N(SA_SIGINFO),
                                               N(SA_NOCLDSTOP),
                                               N(SA_NOCLDWAIT),
                                               {0}};
static const struct named poll_flags[] = {
    N(POLLIN),  N(POLLPRI),  N(POLLOUT), N(POLLRDNORM), N(POLLWRNORM), N(POLLRDBAND), N(POLLWRBAND), N(POLLERR),
    N(POLLHUP), N(POLLNVAL), {0}};
static const struct named rename_flags[] = {N(RENAME_NOREPLACE), N(RENAME_EXCHANGE), N(RENAME_WHITEOUT), {0}};
static const struct named eventfd_flags[] = {N(EFD_SEMAPHORE), N(EFD_CLOEXEC), N(EFD_NONBLOCK), {0}};
static const struct named memfd_flags[] = {N(MFD_CLOEXEC), N(MFD_ALLOW_SEALING), N(MFD_HUGETLB), {0}};
static const struct named timer_flags[] = {N(TIMER_ABSTIME), {0}};
static const struct named fd_flags[] = {N(FD_CLOEXEC), {0}};
static const struct named statx_flags[] = {N(STATX_ALL), N(STATX_BASIC_STATS), N(STATX_TYPE), N(STATX_MODE), {0}};

static const struct named *const flag_tables[] = {
    [FLAGS_OPEN] = open_flags,       [FLAGS_PROT] = prot_flags,
    [FLAGS_MAP] = map_flags,         [FLAGS_REMAP] = remap_flags,
    [FLAGS_SYNC] = sync_flags,       [FLAGS_ACCESS] = access_flags,
    [FLAGS_AT_STAT] = at_stat_flags, [FLAGS_AT_UNLINK] = at_unlink_flags,
    [FLAGS_AT_LINK] = at_link_flags, [FLAGS_AT_ACCESS] = at_access_flags,
    [FLAGS_RANDOM] = random_flags,   [FLAGS_SIGACTION] = sigaction_flags,
    [FLAGS_POLL] = poll_flags,       [FLAGS_RENAME] = rename_flags,
    [FLAGS_CLONE_FD] = open_flags,   [FLAGS_EVENTFD] = eventfd_flags,
    [FLAGS_MEMFD] = memfd_flags,     [FLAGS_TIMER] = timer_flags,
    [FLAGS_FD] = fd_flags,           [FLAGS_STATX] = statx_flags,
};

/* Names the bits that have names; returns the others. */
static unsigned long put_bits(struct decoding *d, unsigned long value, const struct named *table, const char **bar) {
    for (; table->name; table++)
        if (table->value && (value & table->value) == table->value) {
            strace_put(d, "%s%s", *bar, table->name);
            *bar = "|";
            value &= ~table->value;
        }
    return value;
}

void strace_put_flags(struct decoding *d, unsigned long value, enum strace_flags which) {
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    const struct named *table = flag_tables[which];
    const char *bar = "";
    if (which == FLAGS_OPEN) {
        strace_put(d, "%s", modes[value & O_ACCMODE]);
        value &= ~(unsigned long)O_ACCMODE;
        bar = "|";
    } else if (value == 0) {
        strace_put(d, "%s", table->value == 0 && table->name ? table->name : "0");
    }
    value = put_bits(d, value, table, &bar);
    if (value)
        strace_put(d, *bar ? "|%#lx" : "%#lx", value);
}

/* ---- Numbers */

static const struct named whences[] = {N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA), N(SEEK_HOLE), {0}};
static const struct named clocks[] = {N(CLOCK_REALTIME),
                                      N(CLOCK_MONOTONIC),
                                      N(CLOCK_PROCESS_CPUTIME_ID),
                                      N(CLOCK_THREAD_CPUTIME_ID),
                                      N(CLOCK_MONOTONIC_RAW),
                                      N(CLOCK_REALTIME_COARSE),
                                      N(CLOCK_MONOTONIC_COARSE),
                                      N(CLOCK_BOOTTIME),
                                      N(CLOCK_TAI),
                                      {0}};
static const struct named advices[] = {N(MADV_NORMAL),   N(MADV_RANDOM),     N(MADV_SEQUENTIAL),
                                       N(MADV_WILLNEED), N(MADV_DONTNEED),   N(MADV_FREE),
                                       N(MADV_HUGEPAGE), N(MADV_NOHUGEPAGE), {0}};
static const struct named hows[] = {N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK), {0}};
static const struct named resources[] = {N(RLIMIT_CPU),
                                         N(RLIMIT_FSIZE),
                                         N(RLIMIT_DATA),
                                         N(RLIMIT_STACK),
                                         N(RLIMIT_CORE),
                                         N(RLIMIT_RSS),
                                         N(RLIMIT_NPROC),
                                         N(RLIMIT_NOFILE),
                                         N(RLIMIT_MEMLOCK),
                                         N(RLIMIT_AS),
                                         N(RLIMIT_LOCKS),
                                         N(RLIMIT_SIGPENDING),
                                         N(RLIMIT_MSGQUEUE),
                                         N(RLIMIT_NICE),
                                         N(RLIMIT_RTPRIO),
                                         {15, "RLIMIT_RTTIME"},
                                         {0}};
static const struct named arch_prctls[] = {
    N(ARCH_SET_GS), N(ARCH_SET_FS), N(ARCH_GET_FS), N(ARCH_GET_GS), N(ARCH_GET_CPUID), N(ARCH_SET_CPUID), {0}};
static const struct named prctls[] = {
    N(PR_SET_NAME),     N(PR_GET_NAME),         N(PR_SET_PDEATHSIG),    N(PR_GET_DUMPABLE),
    N(PR_SET_DUMPABLE), N(PR_SET_NO_NEW_PRIVS), N(PR_GET_NO_NEW_PRIVS), {0}};
static const struct named fcntls[] = {N(F_DUPFD),      N(F_GETFD),     N(F_SETFD),         N(F_GETFL),
                                      N(F_SETFL),      N(F_GETLK),     N(F_SETLK),         N(F_SETLKW),
                                      N(F_SETOWN),     N(F_GETOWN),    N(F_DUPFD_CLOEXEC), N(F_GETPIPE_SZ),
                                      N(F_SETPIPE_SZ), N(F_GET_SEALS), N(F_ADD_SEALS),     {0}};
static const struct named futexes[] = {N(FUTEX_WAIT), N(FUTEX_WAKE), N(FUTEX_WAIT_PRIVATE), N(FUTEX_WAKE_PRIVATE), {0}};
static const struct named fadvices[] = {N(POSIX_FADV_NORMAL),
                                        N(POSIX_FADV_RANDOM),
                                        N(POSIX_FADV_SEQUENTIAL),
                                        N(POSIX_FADV_WILLNEED),
                                        N(POSIX_FADV_DONTNEED),
                                        N(POSIX_FADV_NOREUSE),
                                        {0}};
static const struct named usages[] = {N(RUSAGE_SELF), N(RUSAGE_CHILDREN), N(RUSAGE_THREAD), {0}};

static const struct named *const name_tables[] = {
    [NAMES_WHENCE] = whences,     [NAMES_CLOCK] = clocks,           [NAMES_MADVISE] = advices, [NAMES_HOW] = hows,
    [NAMES_RESOURCE] = resources, [NAMES_ARCH_PRCTL] = arch_prctls, [NAMES_PRCTL] = prctls,    [NAMES_FCNTL] = fcntls,
    [NAMES_FUTEX] = futexes,      [NAMES_FADVISE] = fadvices,       [NAMES_USAGE] = usages,
};

static const char *const prefixes[] = {
    [NAMES_WHENCE] = "SEEK",     [NAMES_CLOCK] = "CLOCK",        [NAMES_MADVISE] = "MADV", [NAMES_HOW] = "SIG",
    [NAMES_RESOURCE] = "RLIMIT", [NAMES_ARCH_PRCTL] = "ARCH",    [NAMES_PRCTL] = "PR",     [NAMES_FCNTL] = "F",
    [NAMES_FUTEX] = "FUTEX",     [NAMES_FADVISE] = "POSIX_FADV", [NAMES_USAGE] = "RUSAGE",
};

void strace_put_name(struct decoding *d, unsigned long value, enum strace_names which) {
    for (const struct named *n = name_tables[which]; n->name; n++)
        if ((unsigned)n->value == (unsigned)value) {
            strace_put(d, "%s", n->name);
            return;
        }
    strace_put(d, "%#x /* %s_??? */", (unsigned)value, prefixes[which]);
}

void strace_put_ioctl(struct decoding *d, unsigned long request) {
    static const struct named requests[] = {N(TCGETS),     N(TCSETS),    N(TCSETSW),   N(TCSETSF),  N(TIOCGWINSZ),
                                            N(TIOCSWINSZ), N(TIOCGPGRP), N(TIOCSPGRP), N(TIOCGSID), N(TIOCSCTTY),
                                            N(FIONREAD),   N(FIONBIO),   N(FIOCLEX),   N(FIONCLEX), {0}};
    for (const struct named *n = requests; n->name; n++)
        if (n->value == request) {
            strace_put(d, "%s", n->name);
            return;
        }
    strace_put(d, "_IOC(%s, %#lx, %#lx, %#lx)",
               (const char *[]){"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"}[request >> 30 & 3],
               request >> 8 & 0xff, request & 0xff, request >> 16 & 0x3fff);
}
