/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who has been told of accesses and can still answer. A process is on the `told` list of the one that holds its answer
 * in a register. Whatever makes that impossible ends in FAULT_HANDLER at once: the answer is overwritten, its register
 * is offered for the next message, the handler stops or ends, or waits for who waits for it.
 */
#include "access.h"
#include "forward.h"
#include "invoke.h"

void told_add(struct process *process, struct process *handler, unsigned reg) {
    process->access_by = handler;
    process->access_register = (unsigned char)reg;
    process->told_next = handler->told;
    handler->told = process;
    handler->attention |= ATTENTION_SERVING;
    if (handler->syscall == invoke)
        handler->syscall = serving_syscall;
}

void told_remove(struct process *process) {
    struct process *handler = process->access_by;
    if (!handler)
        return;
    struct process **link = &handler->told;
    while (*link != process)
        link = &(*link)->told_next;
    *link = process->told_next;
    process->access_by = process->told_next = NULL;
    if (handler->told)
        return;
    handler->attention &= (unsigned char)~ATTENTION_SERVING;
    if (handler->syscall == serving_syscall)
        handler->syscall = invoke;
}

static bool answers(const struct cap *cap, const struct process *process, unsigned which) {
    return cap->type == CAP_RESUME && cap->object == &process->header && cap->slot == which && !cap_stale(cap);
}

/* The first register of any process that can give the answer. */
static struct process *answer_holder(const struct process *process, unsigned which, unsigned *reg) {
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *holder = &kernel_info.processes[i];
        for (*reg = 1; holder->header.type == CAP_PROCESS && *reg < CAP_REGISTERS; ++*reg)
            if (answers(&holder->reg[*reg], process, which))
                return holder;
    }
    return NULL;
}

bool access_lost(struct process *handler) {
    bool failed = false;
    for (struct process *process = handler->told, *next; process; process = next) {
        unsigned reg;
        next = process->told_next;
        if (answers(&handler->reg[process->access_register], process, ANSWER_FAULT))
            continue;
        struct process *holder = answer_holder(process, ANSWER_FAULT, &reg);
        told_remove(process);
        bool kept = holder && holder->state != PROCESS_STOPPED;
        if (kept)
            told_add(process, holder, reg);
        else
            access_fails(process, ACCESS_UNANSWERED);
        failed = failed || !kept;
    }
    return failed;
}

static bool names(unsigned long receive, unsigned reg) {
    for (; receive; receive >>= 8)
        if ((receive & 0xff) == reg)
            return true;
    return false;
}

/* A wait gives away the registers that it names for the message, unless it gives that very answer. */
struct process *serving_syscall(struct process *handler) {
    unsigned long receive = handler->regs.rsi >> 32, control = handler->regs.rdi;
    bool waits = (control >> INVOKE_KIND_SHIFT & 3) == INVOKE_RETURN, given = false;
    for (struct process *process = handler->told; waits && process; process = process->told_next) {
        unsigned reg = process->access_register;
        if (reg == control % CAP_REGISTERS || !names(receive, reg))
            continue;
        handler->reg[reg] = cap_null;
        given = true;
    }
    if (given)
        access_lost(handler);
    return invoke(handler);
}

void access_handler_gone(struct process *handler) {
    while (handler->told)
        access_fails(handler->told, ACCESS_UNANSWERED);
    for (struct process *from = handler->senders.first, *next; from; from = next) {
        next = from->queue_next;
        if (from->fault != FAULT_ACCESS)
            continue;
        access_fails(from, ACCESS_UNANSWERED);
        next = handler->senders.first; /* others may have come or gone */
    }
}

/* ---- Waiting in a circle */

/* Whom a process waits for, as far as one other can be named. */
static struct process *waiting_for(struct process *process) {
    unsigned reg;
    switch ((enum process_state)process->state) {
    case PROCESS_SENDING: /* a blocked forwarder's queue is nobody's */
        return process->send_cap.type == CAP_FORWARD && forward_route(&process->send_cap).blocked
                   ? NULL
                   : (struct process *)((char *)process->queue - offsetof(struct process, senders));
    case PROCESS_CALLING:
        return answer_holder(process, ANSWER_CALL, &reg);
    case PROCESS_FAULTED:
        return process->fault == FAULT_ACCESS      ? process->access_by
               : process->keepers <= FAULT_KEEPERS ? answer_holder(process, ANSWER_FAULT, &reg)
                                                   : NULL;
    case PROCESS_BLOCKED:
        return process->access_waits ? process->blocked_over : NULL;
    default:
        return NULL;
    }
}

bool access_circle(const struct process *process, struct process *to) {
    for (unsigned long i = 0; to && to != process && i < kernel_info.process_count; i++)
        to = waiting_for(to);
    return to == process;
}

void access_break(struct process *process, struct process *to) {
    if (!access_circle(process, to))
        return;
    for (struct process *next; to; to = next) {
        next = to == process ? NULL : waiting_for(to);
        if (to->fault == FAULT_ACCESS)
            access_fails(to, ACCESS_UNANSWERED);
        while (to->told)
            access_fails(to->told, ACCESS_UNANSWERED);
    }
}

bool access_deadlock(void) {
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type != CAP_PROCESS || process->fault != FAULT_ACCESS)
            continue;
        access_fails(process, ACCESS_UNANSWERED);
        return true;
    }
    return false;
}
