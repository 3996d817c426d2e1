/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Faults of the program: repaired, or what Linux makes of them.
 */
#include "calls.h"
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <facet/signal.h>

#define CODE_KERNEL 0x80 /* SI_KERNEL: there is nothing to say about it */
#define VSYSCALL 0xffffffffff600000ul
#define KERNEL_HALF 0xffff800000000000ul /* canonical addresses again */
#define ERROR_PRESENT 1ul
#define ERROR_STORE 2ul
#define ERROR_FETCH 16ul
enum { VECTOR_DIVIDE, VECTOR_DEBUG, VECTOR_BREAKPOINT = 3, VECTOR_OPCODE = 6, VECTOR_PAGE = 14, VECTOR_X87 = 16 };
enum { VECTOR_ALIGNMENT = 17, VECTOR_SSE = 19 };

static void exception(unsigned long pc, unsigned long code) {
    unsigned long vector = code >> 32, error = code & 0xffffffff;
    unsigned signal = facet_signal(FAULT_EXCEPTION, code);
    switch (vector) {
    case VECTOR_DIVIDE:
        signal_fault(signal, FPE_INTDIV, pc, vector, error);
        break;
    case VECTOR_X87:
    case VECTOR_SSE:
        signal_fault(signal, FPE_FLTINV, pc, vector, error);
        break;
    case VECTOR_OPCODE:
        signal_fault(signal, ILL_ILLOPN, pc, vector, error);
        break;
    case VECTOR_DEBUG:
        signal_fault(SIGTRAP, TRAP_TRACE, pc, vector, error);
        break;
    case VECTOR_ALIGNMENT:
        signal_fault(signal, BUS_ADRALN, 0, vector, error);
        break;
    default:
        signal_fault(signal, CODE_KERNEL, 0, vector, error);
    }
}

/* Old programs call three functions that Linux has at fixed addresses: each is the system call, and a return. */
static int vsyscall(unsigned long pc) {
    static const unsigned short number[] = {__NR_gettimeofday, __NR_time, __NR_getcpu};
    struct facet_regs *r = regs_get();
    unsigned long which = (pc - VSYSCALL) / 0x400, arg[6] = {r->rdi, r->rsi, r->rdx};
    if (r->rip != pc || pc % 0x400 || pc < VSYSCALL || which >= sizeof number / sizeof *number ||
        user_read(r->rsp, &r->rip, sizeof r->rip) != 0)
        return 0;
    r->rax = (unsigned long)calls_answer(number[which], arg);
    r->rsp += sizeof r->rip;
    regs_changed();
    return 1;
}

FREQUENT static void page_fault(unsigned long address, unsigned long error) {
    enum access access = error & ERROR_FETCH ? ACCESS_FETCH : error & ERROR_STORE ? ACCESS_STORE : ACCESS_LOAD;
    unsigned signal;
    int code;
    if (address >= GUEST_ADDRESS_MAX && vsyscall(address))
        return;
    if (address >= KERNEL_HALF)
        signal_fault(SIGSEGV, SEGV_MAPERR, address, VECTOR_PAGE, error | ERROR_PRESENT); /* whatever is there */
    else if (address >= GUEST_ADDRESS_MAX)
        signal_fault(SIGSEGV, CODE_KERNEL, 0, 13, 0); /* not canonical */
    else if (!vm_fault(address, access, &signal, &code))
        signal_fault(signal, code, address, VECTOR_PAGE, error);
}

FREQUENT void fault_answer(enum fault fault, unsigned long address, unsigned long pc, unsigned long code) {
    switch (fault) {
    case FAULT_INVALID_ADDRESS:
    case FAULT_ACCESS_VIOLATION:
        page_fault(address, code & 0xffffffff);
        break;
    case FAULT_EXCEPTION:
        exception(pc, code);
        break;
    case FAULT_STEP:
        signal_fault(SIGTRAP, TRAP_TRACE, pc, VECTOR_DEBUG, 0);
        break;
    case FAULT_HANDLER:
        signal_fault(SIGSEGV, SEGV_ACCERR, address, VECTOR_PAGE, 0);
        break;
    default:
        signal_fault(SIGSEGV, CODE_KERNEL, 0, VECTOR_PAGE, 0);
    }
}
