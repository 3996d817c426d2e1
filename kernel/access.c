/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access.h"
#include "cpu.h"
#include "invoke.h"
#include "walk.h"

static void tell(struct process *process);

/* ---- Holding a page */

static void release(struct process *process) {
    for (unsigned i = 0; i < process->access_steps; i++)
        front_hold(process->access_step[i].front, process->access_step[i].object, 0, NULL);
    process->access_steps = process->access_steps_told = 0;
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *waiter = &kernel_info.processes[i];
        if (waiter->header.type != CAP_PROCESS || waiter->state != PROCESS_BLOCKED || !waiter->access_waits ||
            waiter->blocked_over != process)
            continue;
        waiter->access_waits = 0;
        waiter->blocked_over = NULL;
        process_ready(waiter);
    }
}

static void wait(struct process *process) {
    struct process *holder = front_holder(process->access.front);
    if (!holder || holder == process)
        return;                            /* it has been released meanwhile: again */
    bool over = process->access_steps > 0; /* it would let nobody in who might wait for it: it starts over */
    if (over)
        release(process);
    if (access_circle(process, holder)) {
        access_fails(process, ACCESS_UNANSWERED);
        return;
    }
    if (over)
        access_forget(process);
    process_block(process, holder);
    process->access_waits = 1;
}

void access_forget(struct process *process) {
    if (process->access_ticket)
        debug_answer(process->access_ticket, DEBUG_ANSWER_FORGET, NULL, 0);
    told_remove(process);
    process->access_ticket = 0;
    process->access_phase = ACCESS_NONE;
    process->access_waits = 0;
    if (process->access_steps)
        release(process);
}

/* ---- Telling the handler */

void access_fails(struct process *process, unsigned long code) {
    queue_remove(process);
    told_remove(process);
    process->answer_count[ANSWER_FAULT]++;
    if (process->access_phase == ACCESS_RETIRED) {
        process->access_steps_told++;
        tell(process);
        return;
    }
    bool copy = ACCESS_FLAGS(process->access.word) & ACCESS_BY_KERNEL;
    process->fault = FAULT_NONE;
    process->access_phase = copy ? ACCESS_ANSWERED : ACCESS_NONE;
    process->access_verdict = VERDICT_FAULT;
    process->access_code = code;
    if (!copy)
        debug_answer_fault(process->access_ticket, code);
    process_ready(process);
}

/* It will not answer, or not before `process` has gone on. */
static bool cannot_answer(struct process *handler, const struct process *process) {
    return handler->state == PROCESS_STOPPED ||
           (handler->state == PROCESS_FAULTED && handler->keepers > FAULT_KEEPERS) || access_circle(process, handler);
}

static bool send(struct process *process, const struct access_told *told) {
    struct cap *entry = front_handler(told->front, told->object);
    struct process *handler = entry ? ipc_recipient(entry) : NULL;
    if (!entry || cap_prepare(entry)->type == CAP_NULL)
        return false;
    queue_remove(process);
    if (handler && cannot_answer(handler, process))
        return false;
    process->fault = FAULT_ACCESS;
    process->keepers = FAULT_KEEPERS;
    process->state = PROCESS_FAULTED;
    return ipc_send_fault(process, entry);
}

/* The access, or the next outcome; after the last one the process goes on. */
static void tell(struct process *process) {
    if (process->access_phase != ACCESS_RETIRED) {
        if (!send(process, &process->access))
            access_fails(process, ACCESS_UNANSWERED);
        return;
    }
    while (process->access_steps_told < process->access_steps)
        if (send(process, &process->access_step[process->access_steps_told]))
            return;
        else
            process->access_steps_told++;
    bool stepped = process->access_stepped;
    release(process);
    process->access_phase = ACCESS_NONE;
    process->access_ticket = 0;
    process->access_stepped = 0;
    process->fault = FAULT_NONE;
    process_ready(process);
    if (stepped)
        process_step_over(process);
}

void access_again(struct process *process) {
    tell(process);
}

static struct access_told trapped(const struct process *process, const struct debug_trap *trap) {
    return (struct access_told){.word = ACCESS_WORD(trap->kind, trap->flags, trap->size),
                                .offset = trap->offset,
                                .pc = process->regs.rip,
                                .va = trap->va,
                                .front = trap->front,
                                .object = front_page(front_address(trap->front))->header.id};
}

void access_trapped(struct process *process, const struct debug_trap *trap) {
    process->access_phase = ACCESS_ASKED;
    process->access_ticket = trap->ticket;
    process->access = trapped(process, trap);
    memcpy(process->access_bytes, trap->bytes, ACCESS_SIZE(process->access.word));
    tell(process);
}

void access_waits(struct process *process, const struct debug_trap *trap) {
    process->access_ticket = trap->ticket;
    process->access = trapped(process, trap);
    wait(process);
}

void access_retired(struct process *process) {
    process->access_phase = ACCESS_RETIRED;
    tell(process);
}

/* Into the receiver's room, as much as can be put there at once. */
static unsigned long room_put(struct process *to, unsigned char *bytes, unsigned long size) {
    static struct walk walk;
    unsigned char *mapped = to->regs.r15 < size ? NULL : string_mapped(to, to->regs.r14, size, ACCESS_STORE);
    unsigned long done = 0;
    if (mapped) {
        memcpy(mapped, bytes, size);
        return size;
    }
    while (done < size && done < to->regs.r15) {
        unsigned long address = to->regs.r14 + done;
        if (walk_process(&walk, to, address, ACCESS_STORE, NULL) != FAULT_NONE)
            break;
        const struct page *page = walk.hole ? NULL : (struct page *)walk.object;
        unsigned long piece = PAGE_SIZE - address % PAGE_SIZE, left = to->regs.r15 - done;
        piece = piece < size - done ? piece : size - done;
        piece = piece < left ? piece : left;
        if (walk.front < 0)
            memcpy((unsigned char *)page_data(page) + walk.offset, bytes + done, piece);
        else if ((page && page->front >= 0 && front_serves(page->front, walk.offset, piece)) ||
                 debug_copy(to, walk.front, address, walk.front_offset, bytes + done, piece, ACCESS_STORE) != COPY_OK)
            break;
        done += piece;
    }
    return done;
}

void access_deliver(struct process *from, struct process *to) {
    bool retired = from->access_phase == ACCESS_RETIRED;
    const struct access_told *told = retired ? &from->access_step[from->access_steps_told] : &from->access;
    unsigned char *bytes = from->access_bytes;
    if (retired) {
        struct page *page = front_page_of(told->front, told->object);
        if (page)
            memcpy(bytes, (unsigned char *)page_data(page) + told->offset, ACCESS_SIZE(told->word));
    }
    to->regs.rax = retired ? OP_ACCESS_OUTCOME : OP_ACCESS;
    to->regs.rdx = told->word;
    to->regs.r10 = told->offset;
    to->regs.r8 = told->pc;
    to->regs.r9 = told->va;
    to->regs.r13 = room_put(to, bytes, ACCESS_SIZE(told->word));
    told_add(from, to, (unsigned)(to->regs.rsi >> (32 + 8 * (MESSAGE_CAPS - 1))) & (CAP_REGISTERS - 1));
}

/* ---- Its answer */

/* It asks anew once the holder has let go. */
static void park(struct process *process, struct process *holder) {
    process->fault = FAULT_NONE;
    access_forget(process);
    process_block(process, holder);
    process->access_waits = 1;
}

/* Those whose messages about that page the handler has not received. */
static void park_senders(struct process *holder, int front) {
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type == CAP_PROCESS && process != holder && process->state == PROCESS_SENDING &&
            process->fault == FAULT_ACCESS && process->access_phase == ACCESS_ASKED && process->access.front == front)
            park(process, holder);
    }
}

static bool step_note(struct process *process) {
    if (process->access_steps == ACCESS_STEPS)
        return false;
    if (front_holder(process->access.front) != process)
        park_senders(process, process->access.front);
    process->access_step[process->access_steps++] = process->access;
    front_hold(process->access.front, process->access.object, process->access_ticket ? process->access_ticket : ~0ul,
               process);
    return true;
}

static bool sensible(const struct process *handler, const struct process *process) {
    unsigned long verdict = handler->regs.rax;
    if (verdict == VERDICT_DONE && ACCESS_KIND(process->access.word) == ACCESS_LOAD)
        return handler->regs.r13 == ACCESS_SIZE(process->access.word);
    return verdict <= VERDICT_STEP;
}

bool access_answer(struct process *handler, struct process *to, enum string_result *result,
                   struct string_fault *fault) {
    unsigned long verdict = handler->regs.rax;
    bool good = sensible(handler, to), load = ACCESS_KIND(to->access.word) == ACCESS_LOAD;
    if (to->access_phase == ACCESS_RETIRED) {
        access_fails(to, ACCESS_UNANSWERED); /* whatever it says */
        return true;
    }
    if (good && verdict == VERDICT_DONE && load) {
        *result = string_take(handler, to->access_bytes, ACCESS_SIZE(to->access.word), fault);
        if (*result != STRING_MOVED)
            return false;
    }
    to->answer_count[ANSWER_FAULT]++;
    told_remove(to);
    struct process *other = front_holder(to->access.front);
    if (good && verdict == VERDICT_STEP && other && other != to) {
        park(to, other); /* the handler answers several at once */
        return true;
    }
    if (!good || verdict == VERDICT_FAULT || (verdict == VERDICT_STEP && !step_note(to))) {
        access_fails(to, good && verdict == VERDICT_FAULT ? handler->regs.rdx : ACCESS_NONSENSE);
        return true;
    }
    to->fault = FAULT_NONE;
    to->access_verdict = (unsigned char)verdict;
    bool copy = ACCESS_FLAGS(to->access.word) & ACCESS_BY_KERNEL;
    to->access_phase = copy ? ACCESS_ANSWERED : ACCESS_NONE;
    if (!copy)
        debug_answer(to->access_ticket, (enum access_verdict)verdict, to->access_bytes,
                     load && verdict == VERDICT_DONE ? ACCESS_SIZE(to->access.word) : 0);
    process_ready(to);
    return true;
}

void access_front_gone(int front) {
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type != CAP_PROCESS || process->fault != FAULT_ACCESS ||
            process->access_phase != ACCESS_ASKED || process->access.front != front)
            continue;
        queue_remove(process);
        process->answer_count[ANSWER_FAULT]++;
        process->fault = FAULT_NONE;
        access_forget(process);
        process_ready(process);
    }
}

/* ---- Copies */

enum copy_status access_copy(struct process *caller, struct process *owner, int front, unsigned long va,
                             unsigned long offset, void *buffer, unsigned long size, enum access access) {
    struct process *holder = front_holder(front);
    const struct page *page = front_page(front_address(front));
    struct access_told told = {.word = ACCESS_WORD(access, ACCESS_BY_KERNEL, size),
                               .offset = offset,
                               .pc = caller->regs.rip - 2,
                               .va = va,
                               .front = front,
                               .object = page->header.id};
    bool answered = caller->access_phase == ACCESS_ANSWERED && caller->access.word == told.word &&
                    caller->access.offset == offset && caller->access.front == front &&
                    caller->access.object == told.object;
    if (holder && holder != caller && !(answered && caller->access_verdict == VERDICT_FAULT)) {
        caller->access = told;
        caller->access_phase = ACCESS_HELD;
        return COPY_BLOCK;
    }
    if (!answered) {
        caller->access = told;
        caller->access_phase = ACCESS_ASKED;
        memcpy(caller->access_bytes, access == ACCESS_STORE ? buffer : (unsigned char *)page_data(page) + offset, size);
        return COPY_BLOCK;
    }
    caller->access_phase = ACCESS_NONE;
    if (caller->access_verdict == VERDICT_FAULT) {
        return debug_copy_refused(owner, front, va, offset, buffer, size, access, caller->access_code);
    }
    unsigned long from = 0, to = 0;
    if (caller->access_verdict == VERDICT_DONE)
        front_served(front, offset, size, &from, &to);
    if (to > from && access == ACCESS_LOAD)
        memcpy((unsigned char *)buffer + from, caller->access_bytes + from, to - from);
    enum copy_status status = debug_copy_answered(owner, front, va, offset, buffer, size, access, from, to);
    if (status == COPY_STOP || status == COPY_BLOCK) /* the host's: then the same verdict */
        caller->access_phase = ACCESS_ANSWERED;
    return status;
}

bool access_outcome_due(const struct process *caller) {
    return caller->access_steps && caller->access_phase == ACCESS_NONE && !caller->access_ticket;
}

bool access_undone(struct process *caller) {
    bool held = caller->access_phase == ACCESS_HELD;
    if (held)
        caller->access_phase = ACCESS_NONE;
    if (held && !access_outcome_due(caller)) {
        wait(caller);
    } else if (caller->access_phase == ACCESS_ASKED && ACCESS_FLAGS(caller->access.word) & ACCESS_BY_KERNEL) {
        tell(caller);
    } else if (access_outcome_due(caller)) {
        access_retired(caller);
    } else {
        return false;
    }
    return true;
}
