/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "invoke.h"

#define CONTROL_CAP 0xffu
#define CONTROL_BITS 0x3fful
#define CAPS_TOO_LARGE 0xe0e0e0e0e0e0e0e0ul /* any register number above 31 */

static void type_act(struct invocation *in) {
    in->caller->regs.rdx = in->cap->type;
    in->caller->regs.r10 = in->cap->restr;
}
static const struct operation type_operation = {OP_TYPE, ~0u, 0, NULL, type_act};

static const struct {
    const struct operation *rows;
    const unsigned *count;
} group[OPERATION_GROUPS] = {
    [1] = {memory_operations, &memory_operation_count},   [2] = {gpt_operations, &gpt_operation_count},
    [3] = {process_operations, &process_operation_count}, [4] = {endpoint_operations, &endpoint_operation_count},
    [5] = {range_operations, &range_operation_count},     [6] = {stream_operations, &stream_operation_count},
    [7] = {debug_operations, &debug_operation_count},     [8] = {power_operations, &power_operation_count},
};

void invoke_init(void) {
    for (unsigned g = 1; g < OPERATION_GROUPS; g++)
        for (unsigned i = 0; i < *group[g].count; i++)
            kassert(group[g].rows[i].op == (g << 8 | i), g, i);
}

struct cap *invoke_sent(struct invocation *in, unsigned i) {
    return cap_prepare(&in->caller->reg[in->caller->regs.rsi >> 8 * i & (CAP_REGISTERS - 1)]);
}

void invoke_receive(struct invocation *in, unsigned i, struct cap cap) {
    unsigned to = in->caller->regs.rsi >> (32 + 8 * i) & (CAP_REGISTERS - 1);
    if (to)
        in->caller->reg[to] = cap;
}

static const struct operation *operation_find(unsigned long op) {
    if (op == OP_TYPE)
        return &type_operation;
    unsigned long g = op >> 8, i = op & 0xff;
    return g > 0 && g < OPERATION_GROUPS && i < *group[g].count ? &group[g].rows[i] : NULL;
}

static unsigned long operation_decode(const struct operation *row, struct invocation *in) {
    if (!row || !(row->types & CAP_SET(in->cap->type)))
        return RC_BAD_OP;
    if (row->forbidden & in->cap->restr)
        return RC_NO_RIGHT;
    return row->decode ? row->decode(in) : RC_OK;
}

/* False: the system call was undone. */
static bool invoke_kernel(struct process *process, struct cap *cap) {
    struct facet_regs *regs = &process->regs;
    struct invocation in;
    in.caller = process;
    in.cap = cap;
    in.word[0] = regs->rdx;
    in.word[1] = regs->r10;
    in.word[2] = regs->r8;
    in.word[3] = regs->r9;
    const struct operation *row = operation_find(regs->rax);
    unsigned long rc = operation_decode(row, &in);
    if (rc == RC_UNDO) {
        regs->rip -= 2;
        return false;
    }
    /* ---- commit: the answer first, for act may change or end the caller itself */
    regs->rax = rc;
    regs->rdi = 0;
    regs->r13 = 0;
    if (rc == RC_OK && row->act)
        row->act(&in);
    return true;
}

struct process *invoke(struct process *process) {
    kernel_info.syscalls++;
    unsigned long control = process->regs.rdi;
    unsigned kind = (unsigned)(control >> INVOKE_KIND_SHIFT);
    if (control & ~CONTROL_BITS || kind > INVOKE_FORK || (control & CONTROL_CAP) >= CAP_REGISTERS ||
        process->regs.rsi & CAPS_TOO_LARGE) {
        process->regs.rip -= 2; /* the fault is that of the SYSCALL instruction */
        process_fault(process, FAULT_BAD_INVOKE, process->regs.rip, 0, NULL);
        return process_next();
    }
    struct cap *cap = cap_prepare(&process->reg[control & CONTROL_CAP]);
    if (cap->type == CAP_ENTRY) {
        ipc_send(process, cap, kind);
    } else if (cap->type == CAP_RESUME) {
        ipc_answer(process, cap, kind);
    } else {
        bool done = true;
        if (cap->type == CAP_NULL && process->regs.rax != OP_TYPE)
            process->regs.rax = RC_INVALID_CAP;
        else
            done = invoke_kernel(process, cap);
        if (done && kind == INVOKE_RETURN && process == current_process && process->state == PROCESS_RUNNABLE)
            ipc_wait(process);
    }
    return process_next();
}
