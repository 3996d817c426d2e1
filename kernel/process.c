/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"
#include "access.h"
#include "boot.h"
#include "check.h"
#include "copy.h"
#include "cpu.h"
#include "debug.h"
#include "fpu.h"
#include "invoke.h"
#include "offsets.h"
#include "paging.h"
#include "schedule.h"
#include "table.h"

#define AT(field, offset) _Static_assert(offsetof(struct process, field) == (offset), #field)
AT(regs.rax, PROCESS_RAX);
AT(regs.rbx, PROCESS_RBX);
AT(regs.rcx, PROCESS_RCX);
AT(regs.rdx, PROCESS_RDX);
AT(regs.rsi, PROCESS_RSI);
AT(regs.rdi, PROCESS_RDI);
AT(regs.rbp, PROCESS_RBP);
AT(regs.rsp, PROCESS_RSP);
AT(regs.r8, PROCESS_R8);
AT(regs.r9, PROCESS_R9);
AT(regs.r10, PROCESS_R10);
AT(regs.r11, PROCESS_R11);
AT(regs.r12, PROCESS_R12);
AT(regs.r13, PROCESS_R13);
AT(regs.r14, PROCESS_R14);
AT(regs.r15, PROCESS_R15);
AT(regs.rip, PROCESS_RIP);
AT(regs.rflags, PROCESS_RFLAGS);
AT(syscall, PROCESS_SYSCALL);
_Static_assert(offsetof(struct kernel_info, current) == KERNEL_INFO_CURRENT, "current");
_Static_assert(offsetof(struct process, fpu) % 16 == 0 && sizeof(struct process) % 16 == 0, "fxsave alignment");

struct process *process_loaded HOT;            /* whose segment bases the processor has; NULL: nobody's */
static unsigned long fs_base HOT, gs_base HOT; /* as loaded */
static bool idle_announced HOT;

extern _Noreturn void idle(void);

void process_setup(struct process *process) {
    process->state = PROCESS_STOPPED;
    process->syscall = invoke;
    process->regs.rflags = 0x202;
    *(unsigned short *)&process->fpu[0] = 0x37f;     /* control word */
    *(unsigned *)(void *)&process->fpu[24] = 0x1f80; /* MXCSR */
}

void queue_insert(struct process_queue *queue, struct process *process, struct process *before) {
    kassert(!process->queue, process->header.id);
    struct process *after = before ? before->queue_prev : queue->last;
    process->queue = queue;
    process->queue_next = before;
    process->queue_prev = after;
    *(after ? &after->queue_next : &queue->first) = process;
    *(before ? &before->queue_prev : &queue->last) = process;
}

void queue_append(struct process_queue *queue, struct process *process) {
    queue_insert(queue, process, NULL);
}

void queue_prepend(struct process_queue *queue, struct process *process) {
    queue_insert(queue, process, queue->first);
}

void queue_remove(struct process *process) {
    struct process_queue *queue = process->queue;
    if (!queue)
        return;
    *(process->queue_prev ? &process->queue_prev->queue_next : &queue->first) = process->queue_next;
    *(process->queue_next ? &process->queue_next->queue_prev : &queue->last) = process->queue_prev;
    process->queue = NULL;
}

void process_ready(struct process *process) {
    process->state = PROCESS_RUNNABLE;
    if (process != current_process && !process->queue)
        schedule_ready(process);
}

void process_block(struct process *process, struct process *owner) {
    queue_remove(process); /* it may have been made ready when its system call was undone */
    process->state = PROCESS_BLOCKED;
    process->blocked_over = owner;
}

unsigned long process_wake(const struct process *owner) {
    unsigned long count = 0;
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type != CAP_PROCESS || process->state != PROCESS_BLOCKED || process->access_waits ||
            process->blocked_over != owner)
            continue;
        process->blocked_over = NULL;
        process_ready(process);
        count++;
    }
    return count;
}

void process_cancel(struct process *process, enum process_state state) {
    queue_remove(process);
    process->answer_count[ANSWER_CALL]++;
    process->answer_count[ANSWER_FAULT]++;
    process->fault = FAULT_NONE;
    process->receiving = PROCESS_STOPPED;
    process->receive_ticket = process->string_ticket = 0;
    process->wait_for = NULL;
    process->blocked_over = NULL;
    copy_forget(process);
    access_forget(process);
    if (process->attention & ATTENTION_STEPPING)
        process_step(process, false);
    process->state = (unsigned char)state;
    access_handler_gone(process);
    ipc_void_answers(process);
}

void process_end(struct process *process) {
    process_cancel(process, PROCESS_STOPPED);
    process_wake(process); /* those will find that its memory is not there */
    while (process->senders.first)
        ipc_refuse(process->senders.first);
    map_forget_space(process);
    fpu_forget(process);
    if (process_loaded == process)
        process_loaded = NULL;
    if (current_process == process)
        current_process = NULL;
}

/* A program can zero a base by loading a selector, so what was loaded last says nothing unless it was 0 too. */
static void segments_switch(const struct process *process) {
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%fs\n\tmov %0, %%gs" : : "r"(0));
    if (fs_base | process->regs.fs_base)
        cpu_write_msr(MSR_FS_BASE, fs_base = process->regs.fs_base);
    if (gs_base | process->regs.gs_base)
        cpu_write_msr(MSR_GS_BASE, gs_base = process->regs.gs_base);
}

void process_reload(const struct process *process) {
    if (process == process_loaded)
        segments_switch(process);
}

/* ---- Single step: the processor's trap flag, which the process does not see */

static void step_flag_restore(struct process *process) {
    if (process->regs.rcx == process->regs.rip && process->regs.r11 == process->regs.rflags) /* after SYSCALL */
        process->regs.r11 = (process->regs.r11 & ~RFLAGS_TF) | process->step_flag * RFLAGS_TF;
    process->regs.rflags = (process->regs.rflags & ~RFLAGS_TF) | process->step_flag * RFLAGS_TF;
}

void process_step(struct process *process, bool on) {
    if (process->attention & ATTENTION_STEPPING)
        step_flag_restore(process);
    process->attention &= (unsigned char)~(ATTENTION_STEP | ATTENTION_STEPPING);
    if (on)
        process->attention |= ATTENTION_STEP;
}

static void step_begin(struct process *process) {
    process->step_flag = !!(process->regs.rflags & RFLAGS_TF);
    process->regs.rflags |= RFLAGS_TF;
    process->attention ^= ATTENTION_STEP | ATTENTION_STEPPING;
}

static void step_end(struct process *process) {
    process_step(process, false);
    process_fault(process, FAULT_STEP, process->regs.rip, 0, NULL);
}

void process_step_over(struct process *process) {
    step_end(process);
}

void process_step_hide(struct process *process) {
    step_flag_restore(process);
}

void process_step_flags(struct process *process) {
    process->step_flag = !!(process->regs.rflags & RFLAGS_TF);
}

bool process_step_trap(struct process *process, bool debug_exception) {
    if (!(process->attention & ATTENTION_STEPPING))
        return false;
    process_step(process, true); /* unless it was that instruction, it is still to come */
    if (debug_exception)
        step_end(process);
    return debug_exception;
}

static _Noreturn void process_idle(void) {
    paging_enter(0);
    if (!idle_announced && !debug_turn_comes()) {
        idle_announced = true;
        debug_deadlock();
    }
    idle();
}

/* Why it may not just go on: its step is over, or an access that it was told of fails. */
static bool finds_cause(struct process *process) {
    bool stepped = process->attention & ATTENTION_STEPPING;
    if (stepped) /* it was a system call, or the step would have trapped */
        step_end(process);
    return stepped || access_lost(process);
}

/* Who runs, and can: what stands in the way of the others is dealt with. */
static struct process *process_find(void) {
    for (;;) {
        struct process *process = schedule_pick();
        if (!process) {
            if (!schedule_skip_idle() && (debug_turn_comes() || !access_deadlock()))
                process_idle();
            continue;
        }
        process->attention &= (unsigned char)~ATTENTION_SCHEDULE;
        if (process->attention & (ATTENTION_STEPPING | ATTENTION_SERVING) && finds_cause(process))
            continue;
        if (process->regs.rip >= GUEST_ADDRESS_MAX) /* neither SYSRET nor IRETQ may meet any such */
            process_fault(process, FAULT_INVALID_ADDRESS, process->regs.rip, 0, NULL);
        else
            return process;
    }
}

struct process *process_choose(void) {
    struct process *process = process_find();
    bool switched = process != process_loaded;
#ifdef FACET_DEBUG
    kernel_check();
#endif
    if (process->attention & ATTENTION_STEP)
        step_begin(process);
    if (switched) {
        idle_announced = false;
        process_loaded = process;
        fpu_guard(process);
        segments_switch(process);
    }
    paging_enter(process->cr3);
    if ((schedule_waiting | schedule_timed) && boot_info.timer) /* at last: what the kernel does now counts */
        schedule_timer(process, switched);
    return process;
}
