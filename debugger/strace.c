/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "strace.h"

#include "session.h"
#include "strace_internal.h"
#include "text.h"

#include <errno.h>
#include <facet/abi.h>
#include <stdarg.h>
#include <string.h>

#define RESULT_COLUMN 39

void strace_put(struct decoding *d, const char *format, ...) {
    va_list list;
    va_start(list, format);
    size_t room = sizeof d->line - d->used;
    int size = vsnprintf(d->line + d->used, room, format, list);
    va_end(list);
    d->used += (size_t)size < room ? (size_t)size : room - 1;
}

bool strace_read(const struct decoding *d, uint64_t va, void *to, size_t size) {
    return session_read(d->session, va, to, size) == size;
}

bool strace_failed(const struct decoding *d) {
    return !d->returned || (d->result < 0 && d->result >= -4095);
}

static void put_byte(struct decoding *d, uint8_t byte, bool digit_follows) {
    static const char plain[] = "\t\n\v\f\r", letters[] = "tnvfr";
    const char *letter = byte ? strchr(plain, byte) : NULL;
    if (letter)
        strace_put(d, "\\%c", letters[letter - plain]);
    else if (byte == '"' || byte == '\\')
        strace_put(d, "\\%c", byte);
    else if (byte >= ' ' && byte < 0x7f)
        strace_put(d, "%c", byte);
    else
        strace_put(d, digit_follows ? "\\%03o" : "\\%o", byte);
}

void strace_put_bytes(struct decoding *d, const uint8_t *bytes, size_t size, bool more, bool hex) {
    strace_put(d, "\"");
    for (size_t i = 0; i < size; i++)
        if (hex)
            strace_put(d, "\\x%02x", bytes[i]);
        else
            put_byte(d, bytes[i], i + 1 < size && bytes[i + 1] >= '0' && bytes[i + 1] <= '7');
    strace_put(d, more ? "\"..." : "\"");
}

/* ---- Lines */

static void put_result(struct decoding *d) {
    const char *name = strace_kind(d->number).name;
    static const char *const addresses[] = {"brk", "mmap", "mremap", "shmat"};
    if (!d->returned) {
        strace_put(d, "?");
        return;
    }
    if (strace_failed(d)) {
        const char *error = strerrorname_np((int)-d->result);
        strace_put(d, "-1 %s (%s)", error ? error : "E???", strerror((int)-d->result));
        return;
    }
    bool hex = strcmp(name, "fcntl") == 0 && (d->arg[1] == 1 || d->arg[1] == 3);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        hex |= strcmp(name, addresses[i]) == 0;
    if (strcmp(name, "umask") == 0)
        strace_put(d, d->result ? "%#03lo" : "000", d->result);
    else
        strace_put(d, hex ? "%#lx" : "%ld", d->result);
    strace_put_outcome(d);
}

static void finish_call(struct decoding *d) {
    strace_put(d, ")");
    if (d->used < RESULT_COLUMN)
        strace_put(d, "%*s", (int)(RESULT_COLUMN - d->used), "");
    strace_put(d, " = ");
}

static void print_line(struct decoding *d) {
    fprintf(stderr, "%s\n", d->line);
}

static struct decoding *begin_call(struct session *session, const unsigned long event[10]) {
    struct decoding *d = text_grow(NULL, 1, sizeof *d);
    d->session = session;
    d->number = event[1];
    d->result = (long)event[2];
    d->returned = !(event[3] & SYSCALL_NO_RETURN);
    d->arg = event + 4;
    d->used = 0;
    return d;
}

static void print_call(struct session *session, const unsigned long event[10], const char *name) {
    struct decoding *d = begin_call(session, event);
    const char *args = strace_kind(d->number).args;
    strace_put(d, "%s(", name);
    for (unsigned i = 0; args[i]; i++)
        strace_put_arg(d, args[i], i);
    finish_call(d);
    put_result(d);
    print_line(d);
    free(d);
}

static void count_unknown(struct strace *strace, const char *name) {
    for (size_t i = 0; i < strace->unknown_count; i++)
        if (strcmp(strace->unknown[i].name, name) == 0) {
            strace->unknown[i].count++;
            return;
        }
    if (strace->unknown_count == 1000) /* somebody tries all numbers there are */
        return;
    strace->unknown = text_grow(strace->unknown, strace->unknown_count + 1, sizeof *strace->unknown);
    struct strace_unknown *fresh = &strace->unknown[strace->unknown_count++];
    snprintf(fresh->name, sizeof fresh->name, "%s", name);
    fresh->count = 1;
}

void strace_call(struct strace *strace, struct session *session, const unsigned long event[10]) {
    struct strace_kind kind = strace_kind(event[1]);
    char number[32];
    snprintf(number, sizeof number, "syscall_%#lx", event[1]);
    if (event[3] & SYSCALL_UNKNOWN)
        count_unknown(strace, kind.name ? kind.name : number);
    if (strace->print)
        print_call(session, event, kind.name ? kind.name : number);
}

/* ---- Beginning and end */

void strace_start(struct strace *strace, const char *path, char *const *argv, int argc, size_t env_count) {
    strace->unknown_count = 0;
    if (!strace->print)
        return;
    struct decoding *d = text_grow(NULL, 1, sizeof *d);
    d->used = 0;
    strace_put(d, "execve(");
    strace_put_bytes(d, (const uint8_t *)path, strlen(path), false, false);
    for (int i = 0; i < argc && i < STRACE_ITEMS; i++) {
        size_t length = strlen(argv[i]), shown = length < STRACE_STRING ? length : STRACE_STRING;
        strace_put(d, i ? ", " : ", [");
        strace_put_bytes(d, (const uint8_t *)argv[i], shown, length > shown, false);
    }
    strace_put(d, "%s], 0x7fffffffe000 /* %zu vars */", argc > STRACE_ITEMS ? ", ..." : "", env_count);
    finish_call(d);
    strace_put(d, "0");
    print_line(d);
    free(d);
}

void strace_fault(const struct strace *strace, int signal, unsigned fault, uint64_t address) {
    const char *code = fault == FAULT_ACCESS_VIOLATION ? "SEGV_ACCERR" : "SEGV_MAPERR";
    if (!strace->print || fault == FAULT_NONE)
        return;
    if (signal == 11 && fault != FAULT_EXCEPTION)
        fprintf(stderr, "--- SIGSEGV {si_signo=SIGSEGV, si_code=%s, si_addr=", code);
    else
        fprintf(stderr, "--- %s {si_signo=%s, si_code=SI_KERNEL, si_addr=", session_signal_name(signal),
                session_signal_name(signal));
    if (address)
        fprintf(stderr, "%#lx} ---\n", address);
    else
        fprintf(stderr, "NULL} ---\n");
}

void strace_end(const struct strace *strace, int status, int signal) {
    if (strace->print && signal)
        fprintf(stderr, "+++ killed by %s +++\n", session_signal_name(signal));
    else if (strace->print)
        fprintf(stderr, "+++ exited with %d +++\n", status);
}

void strace_free(struct strace *strace) {
    free(strace->unknown);
}
