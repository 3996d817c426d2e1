/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a call's arguments say, one letter each:
 *
 *     d u x p  number (signed, unsigned, hexadecimal), pointer      o mode        m mode, if the flags before it create
 *     s string in       b bytes in, as many as the next argument    B bytes out, as many as the result      H likewise,
 * in hex D directory       O open flags       k flags of a descriptor  c clock       g signal     w whence     l
 * resource S struct stat out   t T timespec in, out   v V timeval in, out   j two timespecs in   r R rlimit in, out a A
 * sigaction in, out   n N signal set in, out   h how   i I iovec in, out   e pollfd   q two descriptors out F fcntl
 * command, f its argument   y ioctl request, Y its argument   G directory entries out   U utsname out other capitals
 * and signs: flags, see flag_letters
 */
#include "session.h"
#include "strace_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>

static void put_pointer(struct decoding *d, unsigned long value) {
    if (value)
        strace_put(d, "%#lx", value);
    else
        strace_put(d, "NULL");
}

/* ---- Strings and bytes */

static void put_string(struct decoding *d, unsigned long va) {
    uint8_t text[4096];
    size_t size = va ? session_read(d->session, va, text, sizeof text) : 0, length = strnlen((char *)text, size);
    if (size == 0 || length == size)
        put_pointer(d, va);
    else
        strace_put_bytes(d, text, length, false, false);
}

static void put_buffer(struct decoding *d, unsigned long va, unsigned long size, bool hex) {
    uint8_t bytes[STRACE_STRING];
    size_t shown = size < sizeof bytes ? size : sizeof bytes;
    if (!va || !strace_read(d, va, bytes, shown))
        put_pointer(d, va);
    else
        strace_put_bytes(d, bytes, shown, size > shown, hex);
}

static void put_result_buffer(struct decoding *d, unsigned i, bool hex) {
    if (strace_failed(d))
        put_pointer(d, d->arg[i]);
    else
        put_buffer(d, d->arg[i], (unsigned long)d->result, hex);
}

/* ---- Structures. Each is printed as a pointer if it cannot be read, or if it was to come and the call failed. */

static bool have(struct decoding *d, unsigned long va, void *to, size_t size, bool out) {
    if (va && !(out && strace_failed(d)) && strace_read(d, va, to, size))
        return true;
    put_pointer(d, va);
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

static void put_permissions(struct decoding *d, unsigned long mode) {
    strace_put(d, mode & 0777 || mode == 0 ? "0%02lo" : "%#lo", mode & 07777);
}

static void put_stat(struct decoding *d, unsigned long va) {
    struct stat st;
    if (!have(d, va, &st, sizeof st, true))
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
    if (have(d, va, time, sizeof time, out))
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

static void put_two_times(struct decoding *d, unsigned long va) {
    struct timespec time[2];
    if (!have(d, va, time, sizeof time, false))
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
    if (!have(d, va, limit, sizeof limit, out))
        return;
    strace_put(d, "{rlim_cur=");
    put_limit(d, limit[0]);
    strace_put(d, ", rlim_max=");
    put_limit(d, limit[1]);
    strace_put(d, "}");
}

static void put_descriptors(struct decoding *d, unsigned long va) {
    int fd[2];
    if (have(d, va, fd, sizeof fd, true))
        strace_put(d, "[%d, %d]", fd[0], fd[1]);
}

static void put_uname(struct decoding *d, unsigned long va) {
    struct utsname name;
    if (!have(d, va, &name, sizeof name, true))
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
    if (!have(d, d->arg[i], vector, shown * sizeof *vector, false))
        return;
    for (size_t n = 0; n < shown; n++) {
        unsigned long size = vector[n].iov_len < left ? vector[n].iov_len : left;
        left -= size;
        strace_put(d, "%s{iov_base=", n ? ", " : "[");
        if (out && strace_failed(d))
            put_pointer(d, (unsigned long)vector[n].iov_base);
        else
            put_buffer(d, (unsigned long)vector[n].iov_base, size, false);
        strace_put(d, ", iov_len=%lu}", vector[n].iov_len);
    }
    strace_put(d, "%s%s]", shown ? "" : "[", count > shown ? ", ..." : "");
}

static void put_entries(struct decoding *d, unsigned long va) {
    uint8_t bytes[65536];
    unsigned count = 0;
    size_t size = strace_failed(d) ? 0 : (size_t)d->result;
    put_pointer(d, va);
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
    if (!have(d, d->arg[i], polled, shown * sizeof *polled, false))
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

static void put_signal(struct decoding *d, unsigned long signal, const char *prefix) {
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
            put_signal(d, signal, space);
            space = " ";
        }
    strace_put(d, "]");
}

static void put_signal_set(struct decoding *d, unsigned long va, bool out) {
    uint64_t set;
    if (have(d, va, &set, sizeof set, out))
        put_set(d, set);
}

static void put_sigaction(struct decoding *d, unsigned long va, bool out) {
    struct {
        unsigned long handler, flags, restorer;
        uint64_t mask;
    } action;
    if (!have(d, va, &action, sizeof action, out))
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

/* ---- Arguments whose meaning others decide */

static void put_fcntl_arg(struct decoding *d, unsigned long value) {
    switch (d->arg[1]) {
    case F_SETFD:
        strace_put_flags(d, value, FLAGS_FD);
        return;
    case F_SETFL:
        strace_put_flags(d, value, FLAGS_OPEN);
        return;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
        put_pointer(d, value);
        return;
    default:
        strace_put(d, "%ld", (long)(int)value);
    }
}

static void put_ioctl_arg(struct decoding *d, unsigned long va) {
    struct winsize size;
    int number;
    if (d->arg[1] == TIOCGWINSZ) {
        if (have(d, va, &size, sizeof size, true))
            strace_put(d, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", size.ws_row, size.ws_col,
                       size.ws_xpixel, size.ws_ypixel);
    } else if (d->arg[1] == FIONREAD || d->arg[1] == TIOCGPGRP || d->arg[1] == TIOCSPGRP || d->arg[1] == FIONBIO) {
        if (have(d, va, &number, sizeof number, d->arg[1] == FIONREAD || d->arg[1] == TIOCGPGRP))
            strace_put(d, "[%d]", number);
    } else {
        put_pointer(d, va);
    }
}

static bool no_third(const struct decoding *d, char kind) {
    if (kind == 'f')
        return d->arg[1] == F_GETFD || d->arg[1] == F_GETFL || d->arg[1] == F_GETOWN || d->arg[1] == F_GETPIPE_SZ ||
               d->arg[1] == F_GET_SEALS;
    return kind == 'Y' && (d->arg[1] == FIOCLEX || d->arg[1] == FIONCLEX);
}

/* ---- All of them */

static bool put_flag_letter(struct decoding *d, char kind, unsigned long value) {
    static const struct {
        char letter;
        unsigned char which;
    } flags[] = {{'O', FLAGS_OPEN},      {'k', FLAGS_CLONE_FD}, {'P', FLAGS_PROT},      {'M', FLAGS_MAP},
                 {'E', FLAGS_REMAP},     {'Q', FLAGS_SYNC},     {'W', FLAGS_ACCESS},    {'@', FLAGS_AT_STAT},
                 {'-', FLAGS_AT_UNLINK}, {'+', FLAGS_AT_LINK},  {'?', FLAGS_AT_ACCESS}, {'%', FLAGS_RANDOM},
                 {'>', FLAGS_RENAME},    {'2', FLAGS_EVENTFD},  {'3', FLAGS_MEMFD},     {'!', FLAGS_TIMER},
                 {'*', FLAGS_STATX}},
      names[] = {{'w', NAMES_WHENCE},   {'c', NAMES_CLOCK},      {'Z', NAMES_MADVISE}, {'h', NAMES_HOW},
                 {'l', NAMES_RESOURCE}, {'X', NAMES_ARCH_PRCTL}, {'z', NAMES_PRCTL},   {'F', NAMES_FCNTL},
                 {'_', NAMES_FUTEX},    {'&', NAMES_FADVISE},    {'K', NAMES_USAGE}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].letter == kind) {
            strace_put_flags(d, value, (enum strace_flags)flags[i].which);
            return true;
        }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].letter == kind) {
            strace_put_name(d, value, (enum strace_names)names[i].which);
            return true;
        }
    return false;
}

static bool put_struct_letter(struct decoding *d, char kind, unsigned i) {
    unsigned long va = d->arg[i];
    switch (kind) {
    case 'S':
        put_stat(d, va);
        return true;
    case 't':
    case 'T':
        put_time(d, va, kind == 'T', "nsec");
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

static void put_number(struct decoding *d, char kind, unsigned long value) {
    switch (kind) {
    case 'd':
        strace_put(d, "%d", (int)value);
        return;
    case 'u':
        strace_put(d, "%lu", value);
        return;
    case 'L':
        strace_put(d, "%ld", (long)value);
        return;
    case 'o':
    case 'm':
        put_permissions(d, value);
        return;
    case 'D':
        if ((int)value == AT_FDCWD)
            strace_put(d, "AT_FDCWD");
        else
            strace_put(d, "%d", (int)value);
        return;
    case 'g':
        put_signal(d, value, value == 0 ? "" : "SIG");
        return;
    case 'f':
        put_fcntl_arg(d, value);
        return;
    case 'y':
        strace_put_ioctl(d, value);
        return;
    case 'p':
    case 'C':
        put_pointer(d, value);
        return;
    default:
        strace_put(d, "%#lx", value);
    }
}

void strace_put_arg(struct decoding *d, char kind, unsigned i) {
    if ((kind == 'm' && !(d->arg[i - 1] & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))) || no_third(d, kind) ||
        (kind == '$' && !(d->arg[3] & MREMAP_FIXED)))
        return;
    if (i > 0)
        strace_put(d, ", ");
    if (kind == 's')
        put_string(d, d->arg[i]);
    else if (kind == 'C' && !strace_failed(d))
        put_string(d, d->arg[i]);
    else if (kind == '1' && (d->arg[0] == PR_SET_NAME || d->arg[0] == PR_GET_NAME))
        put_string(d, d->arg[i]);
    else if (kind == 'b')
        put_buffer(d, d->arg[i], d->arg[i + 1], false);
    else if (kind == 'B' || kind == 'H')
        put_result_buffer(d, i, kind == 'H');
    else if (kind == 'Y')
        put_ioctl_arg(d, d->arg[i]);
    else if (!put_struct_letter(d, kind, i) && !put_flag_letter(d, kind, d->arg[i]))
        put_number(d, kind, d->arg[i]);
}

static void put_poll_outcome(struct decoding *d) {
    struct pollfd polled[STRACE_ITEMS];
    size_t count = d->arg[1] < STRACE_ITEMS ? d->arg[1] : STRACE_ITEMS;
    const char *comma = "([";
    if (d->result == 0)
        strace_put(d, " (Timeout)");
    if (d->result == 0 || !strace_read(d, d->arg[0], polled, count * sizeof *polled))
        return;
    strace_put(d, " ");
    for (size_t i = 0; i < count; i++) {
        if (!polled[i].revents)
            continue;
        strace_put(d, "%s{fd=%d, revents=", comma, polled[i].fd);
        strace_put_flags(d, (unsigned short)polled[i].revents, FLAGS_POLL);
        strace_put(d, "}");
        comma = ", ";
    }
    strace_put(d, "])");
}

void strace_put_outcome(struct decoding *d) {
    const char *name = strace_kind(d->number).name;
    if (strcmp(name, "fcntl") == 0 && (d->arg[1] == F_GETFL || d->arg[1] == F_GETFD) && d->result > 0) {
        strace_put(d, " (flags ");
        strace_put_flags(d, (unsigned long)d->result, d->arg[1] == F_GETFL ? FLAGS_OPEN : FLAGS_FD);
        strace_put(d, ")");
    }
    if (strcmp(name, "poll") == 0 || strcmp(name, "ppoll") == 0)
        put_poll_outcome(d);
}
