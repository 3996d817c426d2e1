/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Traps from ring 3.
 */
#include <facet/signal.h>

#include "access.h"
#include "cpu.h"
#include "debug.h"
#include "fpu.h"
#include "invoke.h"
#include "process.h"
#include "schedule.h"
#include "table.h"

struct cap *fault_keeper(struct process *process, struct gpt *innermost) {
    return cap_prepare(innermost ? &innermost->keeper : &process->keeper);
}

void process_fault(struct process *process, enum fault fault, unsigned long address, unsigned long code,
                   const struct walk *walk) {
    kernel_info.faults++;
    if (process->access_phase | process->access_steps)
        access_forget(process);
    process->fault = (unsigned char)fault;
    process->fault_address = address;
    process->fault_code = code;
    process->keepers = 0;
    process->fault_space = cap_null;
    if (walk && walk->keeper) {
        process->fault_space = cap_make(CAP_GPT, walk->keeper);
        process->fault_space.restr = (unsigned char)walk->keeper_restr;
        process->fault_offset = walk->keeper_offset;
    }
    process_fault_tell(process);
}

void process_fault_tell(struct process *process) {
    process->state = PROCESS_FAULTED;
    while (process->keepers++ < FAULT_KEEPERS) {
        struct cap *space = cap_prepare(&process->fault_space), *keeper = &process->keeper;
        if (process->keepers == FAULT_KEEPER_SPACE)
            keeper = space->type == CAP_GPT ? &((struct gpt *)space->object)->keeper : NULL;
        if (keeper && ipc_send_fault(process, keeper))
            return;
    }
    if (process->fault == FAULT_SYSCALL) { /* it stands before the instruction, as with an impossible invocation */
        process->regs.rip -= 2;
        process_step_trap(process, false);
    }
    access_handler_gone(process);
    debug_faulted(process, facet_signal((enum fault)process->fault, process->fault_code));
}

struct process *foreign_syscall(struct process *process) {
    kernel_info.syscalls++;
    process->fault = FAULT_SYSCALL;
    process->fault_address = process->regs.rip - 2;
    process->fault_code = 0;
    process->keepers = FAULT_KEEPER_SPACE; /* as if those had declined */
    if (process->attention & ATTENTION_STEPPING)
        process_step_hide(process);
    process_fault_tell(process);
    return process_next();
}

static void page_fault(struct process *process, unsigned long error) {
    unsigned long address;
    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    kassert(!(error & PF_RESERVED), address, error);
    enum access access = error & PF_FETCH ? ACCESS_FETCH : error & PF_WRITE ? ACCESS_STORE : ACCESS_LOAD;
    struct walk walk;
    enum fault fault = map_fault(process, address, access, &walk);
    if (error & PF_PRESENT)
        table_tlb_stale = true; /* the entry said less than the traversal: make sure that the new one is seen */
    if (fault == FAULT_INVALID_ADDRESS)
        error &= ~(unsigned long)PF_PRESENT; /* a hole's entry forbids fetches */
    if (fault != FAULT_NONE)
        process_fault(process, fault, address, (unsigned long)VECTOR_PF << 32 | error, &walk);
}

/* As of the page fault that it would be. */
static unsigned long trap_code(enum access kind) {
    return (unsigned long)VECTOR_PF << 32 | PF_USER | (kind == ACCESS_STORE ? PF_WRITE : 0ul) |
           (kind == ACCESS_FETCH ? PF_FETCH : 0ul);
}

/* An access to a front could not go on; its page is mapped and allows it, or it would have been a page fault, but for
 * what lies behind the front. */
static void front_fault(struct process *process) {
    struct debug_trap trap = debug_trap();
    struct walk walk;
    switch ((enum front_trap)trap.reason) {
    case FRONT_TRAP_ACCESS:
        access_trapped(process, &trap);
        return;
    case FRONT_TRAP_RETIRED:
        process->access_stepped = trap.flags && process->attention & ATTENTION_STEP;
        access_retired(process);
        return;
    case FRONT_TRAP_WAIT:
        access_waits(process, &trap);
        return;
    default:
        break;
    }
    enum fault fault = map_fault(process, trap.va, trap.kind, &walk);
    if (fault == FAULT_NONE && trap.reason == FRONT_TRAP_BLOCK)
        process_block(process, process);
    else if (fault == FAULT_NONE && trap.reason == FRONT_TRAP_HOLE && walk.hole)
        process_fault(process, FAULT_INVALID_ADDRESS, trap.va, trap_code(trap.kind), &walk);
    else if (fault != FAULT_NONE)
        process_fault(process, fault, trap.va, trap_code(trap.kind), &walk);
    else if (trap.reason == FRONT_TRAP_FAULT)
        process_fault(process, FAULT_HANDLER, trap.va, trap.code, &walk);
}

static void exception(struct process *process, const struct trap_frame *frame) {
    process_fault(process, FAULT_EXCEPTION, process->regs.rip, frame->vector << 32 | frame->error, NULL);
}

struct process *trap_user(const struct trap_frame *frame);
struct process *trap_user(const struct trap_frame *frame) {
    struct process *process = current_process;
    process->regs.rip = frame->rip;
    process->regs.rflags = frame->rflags;
    process->regs.rsp = frame->rsp;
    if (process_step_trap(process, frame->vector == VECTOR_DB))
        return process_next();
    if (frame->vector == VECTOR_PF)
        page_fault(process, frame->error);
    else if (frame->vector == VECTOR_NM)
        fpu_take(process);
    else if (frame->vector == VECTOR_DEBUG)
        debug_request();
    else if (frame->vector == VECTOR_FRONT)
        front_fault(process);
    else if (frame->vector == VECTOR_TIMER)
        schedule_interrupt();
    else if (frame->vector < VECTOR_EXCEPTIONS)
        exception(process, frame);
    return process_next();
}

struct process *trap_idle(const struct trap_frame *frame);
struct process *trap_idle(const struct trap_frame *frame) {
    if (frame->vector == VECTOR_DEBUG)
        debug_request();
    else if (frame->vector == VECTOR_TIMER)
        schedule_interrupt();
    return process_next();
}

void trap_panic(const struct trap_frame *frame);
void trap_panic(const struct trap_frame *frame) {
    unsigned long address;
    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    panic("trap %u in the kernel: error %x, rip %x, rsp %x, cr2 %x", (unsigned)frame->vector, frame->error, frame->rip,
          frame->rsp, address);
}
