/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A Linux program's system calls as strace prints them, and which of them facet lacks.
 *
 *     strace.c          lines             strace_calls.c   names of calls, and what they take
 *     strace_args.c     arguments         strace_flags.c   names of bits and numbers
 *     strace_structs.c  structures
 */
#ifndef DEBUGGER_STRACE_H
#define DEBUGGER_STRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct session;

/* How often a system call was made that facet does not have. */
struct strace_unknown {
    char name[32];
    uint64_t count;
};

struct strace {
    bool print;
    struct strace_unknown *unknown; /* in the order in which they came */
    size_t unknown_count;
};

/* The program starts: forgets what was counted. Prints its execve. */
void strace_start(struct strace *strace, const char *path, char *const *argv, int argc, size_t env_count);
/* DEBUG_EVENT_SYSCALL. */
void strace_call(struct strace *strace, struct session *session, const unsigned long event[10]);
/* A fatal signal; enum fault, FAULT_NONE: nobody's fault. */
void strace_fault(const struct strace *strace, int signal, unsigned fault, uint64_t address);
/* The program ended; signal 0: by its own will. */
void strace_end(const struct strace *strace, int status, int signal);
void strace_free(struct strace *strace);

#endif
