/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEBUGGER_STRACE_INTERNAL_H
#define DEBUGGER_STRACE_INTERNAL_H

#include "strace.h"

#define STRACE_STRING 32 /* bytes of a string that are shown */
#define STRACE_ITEMS 32  /* of an array */

/* One call on its way to a line. */
struct decoding {
    struct session *session;
    const unsigned long *arg; /* six */
    unsigned long number;
    long result;
    bool returned; /* false: it does not */
    char line[40000];
    size_t used;
};

/* ---- strace.c */
void strace_put(struct decoding *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Copies from the program; false, and nothing is known, if not all of it can be read. */
bool strace_read(const struct decoding *d, uint64_t va, void *to, size_t size);
bool strace_failed(const struct decoding *d);
/* Bytes in quotes with C's escapes; `hex`: all as \x… */
void strace_put_bytes(struct decoding *d, const uint8_t *bytes, size_t size, bool more, bool hex);

/* ---- strace_calls.c */
struct strace_kind {
    const char *name; /* NULL: there is no such call */
    const char *args; /* a letter for each, see strace_args.c */
};
struct strace_kind strace_kind(unsigned long number);

/* ---- strace_args.c: prints argument i as its letter says. */
void strace_put_arg(struct decoding *d, char kind, unsigned i);
void strace_put_buffer(struct decoding *d, unsigned long va, unsigned long size, bool hex);
/* What follows the result: " (flags O_RDWR)" … */
void strace_put_outcome(struct decoding *d);

/* ---- strace_structs.c */
void strace_put_pointer(struct decoding *d, unsigned long value);
void strace_put_signal(struct decoding *d, unsigned long signal, const char *prefix);
/* Copies a structure. False, and it is printed as a pointer: it cannot be read, or was to come and the call failed. */
bool strace_have(struct decoding *d, unsigned long va, void *to, size_t size, bool out);
/* Prints argument i, or false: the letter is none of a structure. */
bool strace_put_struct(struct decoding *d, char kind, unsigned i);

/* ---- strace_flags.c */
enum strace_flags {
    FLAGS_OPEN,
    FLAGS_PROT,
    FLAGS_MAP,
    FLAGS_REMAP,
    FLAGS_SYNC,
    FLAGS_ACCESS,
    FLAGS_AT_STAT,
    FLAGS_AT_UNLINK,
    FLAGS_AT_LINK,
    FLAGS_AT_ACCESS,
    FLAGS_RANDOM,
    FLAGS_SIGACTION,
    FLAGS_POLL,
    FLAGS_RENAME,
    FLAGS_CLONE_FD, /* O_CLOEXEC, O_NONBLOCK … without an access mode */
    FLAGS_EVENTFD,
    FLAGS_MEMFD,
    FLAGS_TIMER,
    FLAGS_FD,
    FLAGS_STATX,
};
enum strace_names {
    NAMES_WHENCE,
    NAMES_CLOCK,
    NAMES_MADVISE,
    NAMES_HOW,
    NAMES_RESOURCE,
    NAMES_ARCH_PRCTL,
    NAMES_PRCTL,
    NAMES_FCNTL,
    NAMES_FUTEX,
    NAMES_FADVISE,
    NAMES_USAGE,
};
void strace_put_flags(struct decoding *d, unsigned long value, enum strace_flags which);
void strace_put_name(struct decoding *d, unsigned long value, enum strace_names which);
void strace_put_ioctl(struct decoding *d, unsigned long request);

#endif
