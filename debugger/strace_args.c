/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a call's arguments say, one letter each. (Structures: strace_structs.c.)
 *
 *     d u L x p   number: int, unsigned, long, hexadecimal; pointer
 *     o m         mode; mode, if the flags before it create a file
 *     s C         string in, out
 *     b B H       bytes in, as many as the next argument says; out, as many as the result; likewise, all in hexadecimal
 *     D g         directory's descriptor, signal
 *     O k P …     flags and names: see put_flag_letter
 *     F f y Y     fcntl's command and its argument, ioctl's
 *     1 $         prctl's argument; mremap's new address, if the flags have one
 */
#include "session.h"
#include "strace_internal.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define TASK_NAME_MAX 15 /* of PR_SET_NAME */

/* ---- Strings and bytes */

static void put_string(struct decoding *d, unsigned long va, size_t most) {
    uint8_t text[PATH_MAX];
    size_t size = va ? session_read(d->session, va, text, sizeof text) : 0, length = strnlen((char *)text, size);
    if (size == 0 || length == size)
        strace_put_pointer(d, va);
    else
        strace_put_bytes(d, text, length < most ? length : most, length > most, false);
}

void strace_put_buffer(struct decoding *d, unsigned long va, unsigned long size, bool hex) {
    uint8_t bytes[STRACE_STRING];
    size_t shown = size < sizeof bytes ? size : sizeof bytes;
    if (!va || !strace_read(d, va, bytes, shown))
        strace_put_pointer(d, va);
    else
        strace_put_bytes(d, bytes, shown, size > shown, hex);
}

static void put_result_buffer(struct decoding *d, unsigned i, bool hex) {
    if (strace_failed(d))
        strace_put_pointer(d, d->arg[i]);
    else
        strace_put_buffer(d, d->arg[i], (unsigned long)d->result, hex);
}

/* ---- Arguments whose meaning others decide */

static void put_permissions(struct decoding *d, unsigned long mode) {
    strace_put(d, mode & 0xffff ? "%#lo" : "000", mode & 0xffff);
}

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
        strace_put_pointer(d, value);
        return;
    default:
        strace_put(d, "%ld", (long)(int)value);
    }
}

static void put_ioctl_arg(struct decoding *d, unsigned long va) {
    struct winsize size;
    int number;
    if (d->arg[1] == TIOCGWINSZ) {
        if (strace_have(d, va, &size, sizeof size, true))
            strace_put(d, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", size.ws_row, size.ws_col,
                       size.ws_xpixel, size.ws_ypixel);
    } else if (d->arg[1] == FIONREAD || d->arg[1] == TIOCGPGRP || d->arg[1] == TIOCSPGRP || d->arg[1] == FIONBIO) {
        if (strace_have(d, va, &number, sizeof number, d->arg[1] == FIONREAD || d->arg[1] == TIOCGPGRP))
            strace_put(d, "[%d]", number);
    } else {
        strace_put_pointer(d, va);
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
        strace_put_signal(d, value, value == 0 ? "" : "SIG");
        return;
    case 'f':
        put_fcntl_arg(d, value);
        return;
    case 'y':
        strace_put_ioctl(d, value);
        return;
    case 'p':
    case 'C':
        strace_put_pointer(d, value);
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
        put_string(d, d->arg[i], PATH_MAX);
    else if (kind == 'C' && !strace_failed(d))
        put_string(d, d->arg[i], PATH_MAX);
    else if (kind == '1' && (d->arg[0] == PR_SET_NAME || d->arg[0] == PR_GET_NAME))
        put_string(d, d->arg[i], TASK_NAME_MAX);
    else if (kind == 'b')
        strace_put_buffer(d, d->arg[i], d->arg[i + 1], false);
    else if (kind == 'B' || kind == 'H')
        put_result_buffer(d, i, kind == 'H');
    else if (kind == 'Y')
        put_ioctl_arg(d, d->arg[i]);
    else if (!strace_put_struct(d, kind, i) && !put_flag_letter(d, kind, d->arg[i]))
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
