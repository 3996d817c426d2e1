/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include "session.h"
#include "text.h"

#include <signal.h>
#include <string.h>

static size_t append(char *text, size_t size, size_t used, const char *key, const uint8_t *bytes, uint32_t count) {
    char number[2 * FACET_ACCESS_MAX + 3];
    uint64_t value = 0;
    if (!bytes || used >= size)
        return used;
    text_bytes(number, bytes, count);
    memcpy(&value, bytes, count < 8 ? count : 8);
    int n = count <= 8 ? snprintf(text + used, size - used, "%s = %s (%lu)\n", key, number, value)
                       : snprintf(text + used, size - used, "%s = %s\n", key, number);
    return used + (size_t)n;
}

void report_access(const struct stopped_access *stop, char *text, size_t size) {
    const struct facet_access *a = &stop->access;
    size_t used =
        (size_t)snprintf(text, size, "\nHandler %.200s on %s: %s%s of %u byte%s at offset %ld (0x%lx)%s%s%s\n\n",
                         stop->handler, stop->object, a->flags & FACET_ATOMIC ? "atomic " : "",
                         handler_kind_name(a->kind), a->size, a->size == 1 ? "" : "s", a->offset, a->va,
                         a->flags & FACET_KERNEL ? " by the kernel" : "", stop->text[0] ? ": " : "", stop->text);
    if (a->process > 1 && used < size) /* before the empty line */
        used += (size_t)snprintf(text + used - 2, size - used, " in process %lu\n\n", a->process) - 2;
    if (a->kind == FACET_STORE) {
        used = append(text, size, used, "Old value", a->backing, a->size);
        append(text, size, used, "New value", a->attempted, a->size);
    } else {
        append(text, size, used, "Value", a->backing, a->size);
    }
}

static const char *exception_name(unsigned vector) {
    static const char *const names[] = {
        [0] = "divide error",
        [1] = "debug trap",
        [3] = "breakpoint instruction",
        [4] = "overflow",
        [5] = "bound range",
        [6] = "invalid instruction",
        [7] = "no FPU",
        [8] = "double fault",
        [10] = "invalid TSS",
        [11] = "segment",
        [12] = "stack segment",
        [13] = "general protection",
        [16] = "x87 floating point",
        [17] = "alignment check",
        [19] = "SSE floating point",
    };
    return vector < sizeof names / sizeof *names && names[vector] ? names[vector] : "unknown";
}

/* Which access a page fault's error code tells: bit 1 store, bit 4 fetch. */
static const char *attempt(unsigned long code) {
    return code & 16 ? "cannot execute" : code & 2 ? "cannot store to" : "cannot load from";
}

void report_fault(const unsigned long event[6], char *text, size_t size) {
    enum fault fault = (enum fault)event[2];
    unsigned vector = (unsigned)(event[5] >> 32);
    unsigned long error = event[5] & 0xffffffff;
    if (fault == FAULT_SYSCALL && event[1] != SIGSYS)
        snprintf(text, size, "a system call of its own has sent it");
    else if (fault == FAULT_EXCEPTION && error)
        snprintf(text, size, "the processor raised exception %u (%s), error code 0x%lx", vector, exception_name(vector),
                 error);
    else if (fault == FAULT_EXCEPTION)
        snprintf(text, size, "the processor raised exception %u (%s)", vector, exception_name(vector));
    else if (fault == FAULT_BAD_INVOKE || fault == FAULT_STEP || fault == FAULT_SYSCALL)
        snprintf(text, size, "%s", session_fault_text(fault));
    else if (fault == FAULT_HANDLER && event[5] >= ACCESS_NONSENSE)
        snprintf(text, size, "cannot access 0x%lx: the process that serves it %s", event[3],
                 event[5] == ACCESS_NONSENSE ? "has answered nonsense" : "does not answer, and never will");
    else if (fault == FAULT_HANDLER)
        snprintf(text, size, "cannot access 0x%lx: %s with code %lu", event[3], session_fault_text(fault), event[5]);
    else
        snprintf(text, size, "%s 0x%lx: %s", vector == 14 ? attempt(error) : "cannot access", event[3],
                 session_fault_text(fault));
}

const char *session_fault_text(enum fault fault) {
    switch (fault) {
    case FAULT_NONE:
        return "no fault";
    case FAULT_INVALID_ADDRESS:
        return "no capability covers the address";
    case FAULT_ACCESS_VIOLATION:
        return "a restriction forbids this access";
    case FAULT_MALFORMED_SPACE:
        return "the address space is malformed there";
    case FAULT_DEPTH:
        return "the address space is deeper than 32 steps there";
    case FAULT_HANDLER:
        return "the handler of a swapped object refused";
    case FAULT_EXCEPTION:
        return "the processor raised an exception";
    case FAULT_BAD_INVOKE:
        return "an impossible system call: its control word or capability registers are out of range";
    case FAULT_STEP:
        return "it was to execute one instruction only";
    case FAULT_ACCESS:
        return "an access that waits for its handler";
    case FAULT_SYSCALL:
        return "a system call of which nobody could be told";
    }
    return "unknown fault";
}

const char *session_signal_name(int signal) {
    static char text[16];
    const char *name = sigabbrev_np(signal);
    if (name)
        snprintf(text, sizeof text, "SIG%s", name);
    else
        snprintf(text, sizeof text, "SIG%d", signal);
    return text;
}

/* gdb's words where they differ from the C library's. */
const char *session_signal_text(int signal) {
    switch (signal) {
    case 5:
        return "Trace/breakpoint trap";
    case 8:
        return "Arithmetic exception";
    default:
        return sigdescr_np(signal) ? sigdescr_np(signal) : "Unknown signal";
    }
}
