/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "invoke.h"

#define CONTROL_CAP 0xffu
#define CONTROL_MAX INVOKE_CONTROL(CONTROL_CAP, INVOKE_FORK)
#define CAPS_TOO_LARGE 0xe0e0e0e0e0e0e0e0ul /* any register number above 31 */

static void type_act(struct invocation *in) {
    struct facet_regs *regs = &in->caller->regs;
    unsigned char type = in->cap->type, restr = in->cap->restr;
    regs->rdx = type;
    regs->r10 = restr;
}
static const struct operation type_rows[] = {
    {.op = 0}, /* no operation; no type has it */
    {.op = OP_TYPE, .name = "OP_TYPE", .types = CAP_SET_KERNEL, .result = "w0 type, w1 restrictions", .act = type_act},
};
const struct operation_group type_operations = OPERATION_GROUP(type_rows);

const struct operation_group *const operation_groups[OPERATION_GROUPS] = {
    &type_operations,     &memory_operations,  &gpt_operations,     &process_operations,
    &endpoint_operations, &range_operations,   &stream_operations,  &debug_operations,
    &power_operations,    &discrim_operations, &cappage_operations, &schedule_operations,
    &sleep_operations,    &host_operations,    &tool_operations,    &forwarder_operations,
};

void invoke_init(void) {
    for (unsigned g = 0; g < OPERATION_GROUPS; g++)
        for (unsigned i = 0; i < operation_groups[g]->count; i++)
            kassert(operation_groups[g]->rows[i].op == (g << 8 | i), g, i);
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
    unsigned long g = op >> 8, i = op & 0xff;
    return g < OPERATION_GROUPS && i < operation_groups[g]->count ? &operation_groups[g]->rows[i] : NULL;
}

/* Fetches the words that the operation has. */
static bool words_fit(const struct operation *row, struct invocation *in) {
    in->word[0] = in->caller->regs.rdx;
    in->word[1] = in->caller->regs.r10;
    in->word[2] = in->caller->regs.r8;
    in->word[3] = in->caller->regs.r9;
    for (unsigned i = 0; i < OPERATION_WORDS && row->word[i].name; i++)
        if (in->word[i] < row->word[i].low || in->word[i] > row->word[i].high)
            return false;
    return true;
}

static bool sent_fit(const struct operation *row, struct invocation *in) {
    for (unsigned i = 0; i < OPERATION_SENT && row->sent[i].name; i++)
        if (!(CAP_SET(invoke_sent(in, i)->type) & row->sent[i].types))
            return false;
    return true;
}

static bool strings_fit(const struct operation *row, struct invocation *in) {
    return (!row->string || in->caller->regs.r13 == row->string) && in->caller->regs.r15 >= row->room;
}

static bool arguments_fit(const struct operation *row, struct invocation *in) {
    return (!row->word[0].name || words_fit(row, in)) && (!row->sent[0].name || sent_fit(row, in)) &&
           (!(row->string | row->room) || strings_fit(row, in));
}

static unsigned long operation_decode(const struct operation *row, struct invocation *in) {
    if (!row || !(row->types & CAP_SET(in->cap->type)))
        return RC_NO_ROW;
    if (row->forbidden & in->cap->restr)
        return RC_NO_RIGHT;
    if (!arguments_fit(row, in))
        return RC_BAD_ARG;
    return row->decode ? row->decode(in) : RC_OK;
}

/* Nothing has changed, and nothing will but the answer. What a Forward has no operation for is a message; that is asked
 * last, so that others do not pay for it. */
static __attribute__((noinline, cold)) void no_act(struct process *process, unsigned long rc) {
    unsigned long control = process->regs.rdi;
    unsigned kind = control >> INVOKE_KIND_SHIFT & 3;
    struct cap *cap = &process->reg[control % CAP_REGISTERS];
    if (rc == RC_UNDO) {
        process->regs.rip -= 2;
        process_step_trap(process, false);
        copy_undone(process);
    } else if (rc == RC_NO_ROW && cap->type == CAP_FORWARD) {
        ipc_forward(process, cap, kind);
    } else {
        process->regs.rax = rc == RC_NO_ROW ? RC_BAD_OP : rc;
        process->regs.rdi = process->regs.r13 = 0;
        if (kind == INVOKE_RETURN)
            ipc_wait(process);
    }
}

/* False: it is over. Part of invoke, which every system call runs through. */
static inline __attribute__((always_inline)) bool invoke_kernel(struct process *process, struct cap *cap) {
    struct facet_regs *regs = &process->regs;
    struct invocation in;
    in.caller = process;
    in.cap = cap;
    const struct operation *row = operation_find(regs->rax);
    unsigned long rc = operation_decode(row, &in);
    if (rc != RC_OK) {
        no_act(process, rc);
        return false;
    }
    /* ---- commit: the answer first, for act may change or end the caller itself */
    regs->rax = RC_OK;
    regs->rdi = 0;
    regs->r13 = 0;
    if (row->act)
        row->act(&in);
    return true;
}

/* The bits that are seldom used. False: the invocation is over. */
static bool control_extended(struct process *process, unsigned long control) {
    unsigned long wait = control / INVOKE_CONTROL(0, INVOKE_CLOSED(1)) & 0x3f, kind = control >> INVOKE_KIND_SHIFT & 3;
    if (control >= INVOKE_CONTROL(0, INVOKE_PROMPT * 2) || kind > INVOKE_FORK ||
        (control & CONTROL_CAP) >= CAP_REGISTERS || process->regs.rsi & CAPS_TOO_LARGE || wait >= CAP_REGISTERS ||
        (wait && kind != INVOKE_RETURN)) {
        process->regs.rip -= 2; /* the fault is that of the SYSCALL instruction */
        process_step_trap(process, false);
        process_fault(process, FAULT_BAD_INVOKE, process->regs.rip, 0, NULL);
        return false;
    }
    struct cap *endpoint = cap_prepare(&process->reg[wait]);
    if (wait && endpoint->type != CAP_ENDPOINT) {
        process->regs.rax = RC_INVALID_CAP;
        process->regs.rdi = process->regs.r13 = 0;
        return false;
    }
    process->wait_for = wait ? (struct endpoint *)endpoint->object : NULL;
    return true;
}

struct process *invoke(struct process *process) {
    kernel_info.syscalls++;
    unsigned long control = process->regs.rdi;
    unsigned kind = (unsigned)(control >> INVOKE_KIND_SHIFT);
    if (control > CONTROL_MAX || (control & CONTROL_CAP) >= CAP_REGISTERS || process->regs.rsi & CAPS_TOO_LARGE) {
        if (!control_extended(process, control))
            return process_next();
        kind &= 3;
    }
    struct cap *cap = &process->reg[control % CAP_REGISTERS];
    __asm__("" : "+r"(cap)); /* one pointer; gcc would compute the sum anew for each field */
    cap_prepare(cap);
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
