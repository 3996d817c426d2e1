/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Structures that a call's arguments point to, one letter each:
 *
 *     S U G q     out: struct stat, utsname, directory entries, two descriptors
 *     t T # j     struct timespec in, out, what is left; two in
 *     v V r R     struct timeval in, out; struct rlimit in, out
 *     a A n N     struct sigaction in, out; signal set in, out
 *     i I e       struct iovec in, out, as many as the next argument says; struct pollfd
 */
#include "strace_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

void strace_put_pointer(struct decoding *d, unsigned long value) {
    if (value)
        strace_put(d, "%#lx", value);
    else
        strace_put(d, "NULL");
}

/* ---- Structures. Each is printed as a pointer if it cannot be read, or if it was to come and the call failed. */

bool strace_have(struct decoding *d, unsigned long va, void *to, size_t size, bool out) {
    if (va && !(out && strace_failed(d)) && strace_read(d, va, to, size))
        return true;
    strace_put_pointer(d, va);
    return false;
}

static void put_mode(struct decoding *d, unsigned mode) {
    static const struct {
        unsigned type;
        const char *name;
    } types[] = {{S_IFREG, "S_IFREG"}, {S_IFDIR, "S_IFDIR"},   {S_IFCHR, "S_IFCHR"}, {S_IFBLK, "S_IFBLK"},
                 {S_IFIFO, "S_IFIFO"}, {S_IFSOCK, "S_IFSOCK"}, {S_IFLNK, "S_IFLNK"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((mode & S_IFMT) == types[i].type)
            strace_put(d, "%s|", types[i].name);
    strace_put(d, "%s%s%s%#03o", mode & S_ISUID ? "S_ISUID|" : "", mode & S_ISGID ? "S_ISGID|" : "",
               mode & S_ISVTX ? "S_ISVTX|" : "", mode & 0777);
}

static void put_stat(struct decoding *d, unsigned long va) {
    struct stat st;
    if (!strace_have(d, va, &st, sizeof st, true))
        return;
    strace_put(d, "{st_mode=");
    put_mode(d, st.st_mode);
    if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
        strace_put(d, ", st_rdev=makedev(%#x, %#x), ...}", major(st.st_rdev), minor(st.st_rdev));
    else
        strace_put(d, ", st_size=%ld, ...}", st.st_size);
}

static void put_time(struct decoding *d, unsigned long va, bool out, const char *fraction) {
    long time[2];
    if (strace_have(d, va, time, sizeof time, out))
        strace_put(d, "{tv_sec=%ld, tv_%s=%ld}", time[0], fraction, time[1]);
}

static void put_date(struct decoding *d, const struct timespec *time) {
    char date[40], zone[10], fraction[20] = "";
    struct tm fields;
    if (!localtime_r(&time->tv_sec, &fields) || !strftime(date, sizeof date, "%FT%T", &fields) ||
        !strftime(zone, sizeof zone, "%z", &fields))
        return;
    if (time->tv_nsec)
        snprintf(fraction, sizeof fraction, ".%09ld", time->tv_nsec);
    strace_put(d, "{tv_sec=%ld, tv_nsec=%ld}", time->tv_sec, time->tv_nsec);
    strace_put(d, " /* %s%s%s */", date, fraction, zone);
}

/* What was left to sleep when a signal came. */
static void put_rest(struct decoding *d, unsigned long va) {
    if (d->result == -EINTR)
        put_time(d, va, false, "nsec");
    else
        strace_put_pointer(d, va);
}

static void put_two_times(struct decoding *d, unsigned long va) {
    struct timespec time[2];
    if (!strace_have(d, va, time, sizeof time, false))
        return;
    for (int i = 0; i < 2; i++) {
        const char *word = time[i].tv_nsec == UTIME_NOW    ? "UTIME_NOW"
                           : time[i].tv_nsec == UTIME_OMIT ? "UTIME_OMIT"
                                                           : NULL;
        strace_put(d, i ? ", " : "[");
        if (word)
            strace_put(d, "%s", word);
        else
            put_date(d, &time[i]);
    }
    strace_put(d, "]");
}

static void put_limit(struct decoding *d, unsigned long value) {
    bool wide = strncmp(strace_kind(d->number).name, "prlimit", 7) == 0;
    if (value == RLIM_INFINITY)
        strace_put(d, wide ? "RLIM64_INFINITY" : "RLIM_INFINITY");
    else
        strace_put(d, value > 1024 && value % 1024 == 0 ? "%lu*1024" : "%lu",
                   value % 1024 || value <= 1024 ? value : value / 1024);
}

static void put_rlimit(struct decoding *d, unsigned long va, bool out) {
    unsigned long limit[2];
    if (!strace_have(d, va, limit, sizeof limit, out))
        return;
    strace_put(d, "{rlim_cur=");
    put_limit(d, limit[0]);
    strace_put(d, ", rlim_max=");
    put_limit(d, limit[1]);
    strace_put(d, "}");
}

static void put_descriptors(struct decoding *d, unsigned long va) {
    int fd[2];
    if (strace_have(d, va, fd, sizeof fd, true))
        strace_put(d, "[%d, %d]", fd[0], fd[1]);
}

static void put_uname(struct decoding *d, unsigned long va) {
    struct utsname name;
    if (!strace_have(d, va, &name, sizeof name, true))
        return;
    strace_put(d, "{sysname=");
    strace_put_bytes(d, (uint8_t *)name.sysname, strnlen(name.sysname, sizeof name.sysname), false, false);
    strace_put(d, ", nodename=");
    strace_put_bytes(d, (uint8_t *)name.nodename, strnlen(name.nodename, sizeof name.nodename), false, false);
    strace_put(d, ", ...}");
}

static void put_iovec(struct decoding *d, unsigned i, bool out) {
    struct iovec vector[STRACE_ITEMS];
    unsigned long count = d->arg[i + 1], left = out ? (unsigned long)d->result : ~0ul;
    size_t shown = count < STRACE_ITEMS ? count : STRACE_ITEMS;
    if (out && strace_failed(d))
        left = 0;
    if (!strace_have(d, d->arg[i], vector, shown * sizeof *vector, false))
        return;
    for (size_t n = 0; n < shown; n++) {
        unsigned long size = vector[n].iov_len < left ? vector[n].iov_len : left;
        left -= size;
        strace_put(d, "%s{iov_base=", n ? ", " : "[");
        if (out && strace_failed(d))
            strace_put_pointer(d, (unsigned long)vector[n].iov_base);
        else
            strace_put_buffer(d, (unsigned long)vector[n].iov_base, size, false);
        strace_put(d, ", iov_len=%lu}", vector[n].iov_len);
    }
    strace_put(d, "%s%s]", shown ? "" : "[", count > shown ? ", ..." : "");
}

static void put_entries(struct decoding *d, unsigned long va) {
    uint8_t bytes[65536];
    unsigned count = 0;
    size_t size = strace_failed(d) ? 0 : (size_t)d->result;
    strace_put_pointer(d, va);
    if (strace_failed(d) || size > sizeof bytes || !strace_read(d, va, bytes, size))
        return;
    for (size_t at = 0; at + 19 < size; count++) {
        unsigned short length;
        memcpy(&length, bytes + at + 16, sizeof length);
        at += length ? length : size;
    }
    strace_put(d, " /* %u entries */", count);
}

static void put_polled(struct decoding *d, unsigned i) {
    struct pollfd polled[STRACE_ITEMS];
    unsigned long count = d->arg[i + 1];
    size_t shown = count < STRACE_ITEMS ? count : STRACE_ITEMS;
    if (!strace_have(d, d->arg[i], polled, shown * sizeof *polled, false))
        return;
    strace_put(d, "[");
    for (size_t n = 0; n < shown; n++) {
        strace_put(d, "%s{fd=%d, events=", n ? ", " : "", polled[n].fd);
        strace_put_flags(d, (unsigned short)polled[n].events, FLAGS_POLL);
        strace_put(d, "}");
    }
    strace_put(d, "]");
}

/* ---- Signals */

void strace_put_signal(struct decoding *d, unsigned long signal, const char *prefix) {
    const char *name = signal < 32 ? sigabbrev_np((int)signal) : NULL;
    if (name)
        strace_put(d, "%s%s", prefix, name);
    else if (signal == 32)
        strace_put(d, "%sRTMIN", prefix);
    else if (signal > 32 && signal <= 64)
        strace_put(d, "%sRT_%lu", prefix, signal - 32);
    else
        strace_put(d, "%ld", (long)(int)signal);
}

static void put_set(struct decoding *d, uint64_t set) {
    bool most = __builtin_popcountl(set) >= 64 * 2 / 3;
    const char *space = "";
    strace_put(d, most ? "~[" : "[");
    for (unsigned long signal = 1; signal <= 64; signal++)
        if ((set >> (signal - 1) & 1) != most) {
            strace_put_signal(d, signal, space);
            space = " ";
        }
    strace_put(d, "]");
}

static void put_signal_set(struct decoding *d, unsigned long va, bool out) {
    uint64_t set;
    if (strace_have(d, va, &set, sizeof set, out))
        put_set(d, set);
}

static void put_sigaction(struct decoding *d, unsigned long va, bool out) {
    struct {
        unsigned long handler, flags, restorer;
        uint64_t mask;
    } action;
    if (!strace_have(d, va, &action, sizeof action, out))
        return;
    strace_put(d, action.flags & SA_SIGINFO ? "{sa_sigaction=" : "{sa_handler=");
    if (action.handler <= 1)
        strace_put(d, action.handler ? "SIG_IGN" : "SIG_DFL");
    else
        strace_put(d, "%#lx", action.handler);
    strace_put(d, ", sa_mask=");
    put_set(d, action.mask);
    strace_put(d, ", sa_flags=");
    strace_put_flags(d, action.flags, FLAGS_SIGACTION);
    if (action.flags & 0x04000000)
        strace_put(d, ", sa_restorer=%#lx", action.restorer);
    strace_put(d, "}");
}

/* ---- All of them */

bool strace_put_struct(struct decoding *d, char kind, unsigned i) {
    unsigned long va = d->arg[i];
    switch (kind) {
    case 'S':
        put_stat(d, va);
        return true;
    case 't':
    case 'T':
        put_time(d, va, kind == 'T', "nsec");
        return true;
    case '#':
        put_rest(d, va);
        return true;
    case 'v':
    case 'V':
        put_time(d, va, kind == 'V', "usec");
        return true;
    case 'j':
        put_two_times(d, va);
        return true;
    case 'r':
    case 'R':
        put_rlimit(d, va, kind == 'R');
        return true;
    case 'a':
    case 'A':
        put_sigaction(d, va, kind == 'A');
        return true;
    case 'n':
    case 'N':
        put_signal_set(d, va, kind == 'N');
        return true;
    case 'i':
    case 'I':
        put_iovec(d, i, kind == 'I');
        return true;
    case 'e':
        put_polled(d, i);
        return true;
    case 'q':
        put_descriptors(d, va);
        return true;
    case 'G':
        put_entries(d, va);
        return true;
    case 'U':
        put_uname(d, va);
        return true;
    default:
        return false;
    }
}
