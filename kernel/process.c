/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"
#include "check.h"
#include "cpu.h"
#include "debug.h"
#include "offsets.h"
#include "paging.h"
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
_Static_assert(offsetof(struct kernel_info, current) == KERNEL_INFO_CURRENT, "current");
_Static_assert(offsetof(struct process, fpu) % 16 == 0 && sizeof(struct process) % 16 == 0, "fxsave alignment");

static struct process_queue run_queue HOT;
struct process *process_loaded HOT;            /* whose FPU state and segment bases the processor has; NULL: nobody's */
static unsigned long fs_base HOT, gs_base HOT; /* as loaded */
static bool idle_announced HOT;

extern _Noreturn void idle(void);

void process_setup(struct process *process) {
    process->state = PROCESS_STOPPED;
    process->regs.rflags = 0x202;
    *(unsigned short *)&process->fpu[0] = 0x37f;     /* control word */
    *(unsigned *)(void *)&process->fpu[24] = 0x1f80; /* MXCSR */
}

void queue_append(struct process_queue *queue, struct process *process) {
    kassert(!process->queue, process->header.id);
    process->queue = queue;
    process->queue_next = NULL;
    process->queue_prev = queue->last;
    if (queue->last)
        queue->last->queue_next = process;
    else
        queue->first = process;
    queue->last = process;
}

void queue_prepend(struct process_queue *queue, struct process *process) {
    kassert(!process->queue, process->header.id);
    process->queue = queue;
    process->queue_prev = NULL;
    process->queue_next = queue->first;
    *(queue->first ? &queue->first->queue_prev : &queue->last) = process;
    queue->first = process;
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
        queue_append(&run_queue, process);
}

void process_cancel(struct process *process, enum process_state state) {
    queue_remove(process);
    process->answer_count[ANSWER_CALL]++;
    process->answer_count[ANSWER_FAULT]++;
    process->fault = FAULT_NONE;
    process->receiving = PROCESS_STOPPED;
    process->receive_ticket = process->string_ticket = 0;
    process->wait_for = NULL;
    process->state = (unsigned char)state;
    ipc_void_answers(process);
}

void process_end(struct process *process) {
    process_cancel(process, PROCESS_STOPPED);
    while (process->senders.first)
        ipc_refuse(process->senders.first);
    map_forget_space(process);
    if (process_loaded == process)
        process_loaded = NULL;
    if (current_process == process)
        current_process = NULL;
}

static void fpu_switch(struct process *process) {
    if (process_loaded)
        __asm__ volatile("fxsave64 %0" : "=m"(process_loaded->fpu));
    __asm__ volatile("fxrstor64 %0" : : "m"(process->fpu));
    process_loaded = process;
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

bool process_runs_from(const struct process_queue *queue) {
    return queue == &run_queue;
}

static struct process *process_pick(void) {
    struct process *process = current_process;
    if (process && process->state == PROCESS_RUNNABLE)
        return process;
    process = run_queue.first;
    if (process)
        queue_remove(process);
    return current_process = process;
}

static _Noreturn void process_idle(void) {
    paging_enter(0);
    if (!idle_announced) {
        idle_announced = true;
        debug_deadlock();
    }
    idle();
}

struct process *process_choose(void) {
    struct process *process;
    for (;;) {
        process = process_pick();
        if (!process)
            process_idle();
        else if (process->regs.rip < GUEST_ADDRESS_MAX) /* neither SYSRET nor IRETQ may meet any other */
            break;
        else
            process_fault(process, FAULT_INVALID_ADDRESS, process->regs.rip, 0, NULL);
    }
    if (process != process_loaded) {
        idle_announced = false;
        fpu_switch(process);
        segments_switch(process);
    }
#ifdef FACET_DEBUG
    kernel_check();
#endif
    paging_enter(process->cr3);
    return process;
}
