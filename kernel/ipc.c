/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages between processes. A message is never stored: while its sender waits, it is what the sender's registers say.
 *
 *     CALL     sender -> CALLING   until the resume capability that the receiver got in recv[3] is invoked
 *     RETURN   sender -> WAITING   for any message, or those to one endpoint
 *     FORK     sender goes on
 *     recipient does not wait for it: sender -> SENDING, in its queue, and the rest happens when it receives
 *
 * CALL makes its own fourth capability, so only three of the sender's go along.
 * Through a Forward (forward.h) a message goes as through the entry capability at its end, or waits in the queue of the
 * forwarder that blocks it.
 *
 * A string moves before anything else of the message (strings.h). If the sender's memory faults, its invocation has not
 * happened: its keeper is told, and its SYSCALL runs again. If the receiver's room faults, the receiver's keeper is
 * told (`receiving` says what it was), the sender goes to the head of its queue, and once the keeper has resumed the
 * receiver the message moves on; a sender that said INVOKE_PROMPT does not wait, the string ends there.
 */
#include "access.h"
#include "forward.h"
#include "invoke.h"
#include "strings.h"

#define REGISTER_BYTES(word, shift, i) ((word) >> ((shift) + 8 * (i)) & (CAP_REGISTERS - 1))
#define RECEIVE_SHIFT 32

/* Capabilities sent go into the receiver's registers; what was not sent arrives as Null. */
static inline __attribute__((always_inline)) void caps_transfer(struct process *from, struct process *to,
                                                                unsigned count) {
    unsigned long send = from->regs.rsi, receive = to->regs.rsi;
    for (unsigned i = 0; i < count; i++) {
        unsigned to_register = (unsigned)REGISTER_BYTES(receive, RECEIVE_SHIFT, i);
        if (to_register)
            to->reg[to_register] = *cap_prepare(&from->reg[REGISTER_BYTES(send, 0, i)]);
    }
}

/* Gives the receiver the right to answer a call or a fault of `process` once. */
static void resume_transfer(struct process *process, struct process *to, unsigned which) {
    unsigned to_register = (unsigned)REGISTER_BYTES(to->regs.rsi, RECEIVE_SHIFT, MESSAGE_CAPS - 1);
    unsigned long count = ++process->answer_count[which];
    if (!to_register)
        return;
    struct cap *resume = &to->reg[to_register];
    *resume = cap_make(CAP_RESUME, process);
    resume->payload = count;
    resume->slot = (unsigned char)which;
}

/* Its wait is over. */
static void received(struct process *to) {
    to->wait_for = NULL;
    to->receive_ticket = 0;
    process_ready(to);
}

/* The message in from's registers, whole. What becomes of the sender is up to the caller. */
static inline __attribute__((always_inline)) void deliver(struct process *from, struct process *to, unsigned kind,
                                                          unsigned long payload, unsigned long size) {
    to->regs.rax = from->regs.rax;
    to->regs.rdi = payload;
    to->regs.rdx = from->regs.rdx;
    to->regs.r10 = from->regs.r10;
    to->regs.r8 = from->regs.r8;
    to->regs.r9 = from->regs.r9;
    to->regs.r13 = size;
    if (to->regs.rsi >> RECEIVE_SHIFT)
        caps_transfer(from, to, kind == INVOKE_CALL ? MESSAGE_CAPS - 1 : MESSAGE_CAPS);
    if (kind == INVOKE_CALL)
        resume_transfer(from, to, ANSWER_CALL);
    received(to);
}

/* A message through a Forward has arrived: what it got on its way. */
static void forward_arrives(struct cap *forward, struct process *to) {
    struct route route = forward_route(forward);
    unsigned to_register = (unsigned)REGISTER_BYTES(to->regs.rsi, RECEIVE_SHIFT, MESSAGE_CAPS - 2);
    kassert(route.entry, (unsigned long)forward->object);
    to->regs.rdi = route.entry->payload;
    if (route.worded)
        to->regs.r9 = route.worded->word;
    if (route.sender && to_register)
        to->reg[to_register] = cap_make(CAP_FORWARDER, route.sender);
}

static void fault_words(const struct process *from, struct facet_regs *to) {
    to->rax = OP_FAULT;
    to->rdx = from->fault;
    to->r10 = from->keepers == FAULT_KEEPER_SPACE ? from->fault_offset : from->fault_address;
    to->r8 = from->regs.rip;
    to->r9 = from->fault_code;
}

#define SYSCALL_NUMBER_MAX 0xfffful
static void syscall_words(const struct facet_regs *from, struct facet_regs *to) {
    to->rax = OP_SYSCALL + (from->rax < SYSCALL_NUMBER_MAX ? from->rax : SYSCALL_NUMBER_MAX);
    to->rdx = from->rdi;
    to->r10 = from->rsi;
    to->r8 = from->rdx;
    to->r9 = from->r10;
}

/* To a keeper. The system call of a foreign process takes the way of a fault. */
static void deliver_fault(struct process *from, struct process *to, struct cap *cap) {
    bool space = from->keepers == FAULT_KEEPER_SPACE;
    if (from->fault == FAULT_ACCESS)
        access_deliver(from, to);
    else if (from->fault == FAULT_SYSCALL)
        syscall_words(&from->regs, &to->regs);
    else
        fault_words(from, &to->regs);
    to->regs.rdi = cap->payload;
    if (from->fault != FAULT_ACCESS)
        to->regs.r13 = 0;
    for (unsigned i = 0; i < MESSAGE_CAPS - 1; i++) {
        unsigned to_register = (unsigned)REGISTER_BYTES(to->regs.rsi, RECEIVE_SHIFT, i);
        if (to_register)
            to->reg[to_register] = space && i == 0 ? *cap_prepare(&from->fault_space) : cap_null;
    }
    if (cap->type == CAP_FORWARD)
        forward_arrives(cap, to);
    resume_transfer(from, to, ANSWER_FAULT);
    from->state = PROCESS_FAULTED;
    received(to);
}

/* Tells a sender that is not to wait for a message how it went. */
static void finish(struct process *process, unsigned long rc) {
    process->regs.rax = rc;
    process->regs.rdi = 0;
    process->regs.r13 = 0;
    process_ready(process);
}

static unsigned sender_kind(const struct process *process) {
    return (unsigned)(process->regs.rdi >> INVOKE_KIND_SHIFT) & 3;
}

void ipc_restart(struct process *process) {
    queue_remove(process);
    process->regs.rip -= 2;
    process->wait_for = NULL;
    process_step_trap(process, false); /* it is still to come */
    process_ready(process);
}

static void send_later(struct process *from, const struct cap *cap) {
    from->state = PROCESS_SENDING;
    from->send_cap = *cap;
}

/* ---- One message moves */

/* The receiver cannot take the string: its keeper is told, the sender waits for that at the head of its queue. */
static void receiver_faults(struct process *from, struct process *to, const struct cap *cap,
                            const struct string_fault *fault) {
    send_later(from, cap);
    queue_prepend(&to->senders, from);
    to->receiving = to->state;
    process_fault(to, fault->fault, fault->address, fault->code, &fault->walk);
}

static void sender_faults(struct process *from, const struct string_fault *fault) {
    from->regs.rip -= 2;
    from->wait_for = NULL;
    process_step_trap(from, false);
    process_fault(from, fault->fault, fault->address, fault->code, &fault->walk);
}

/* False: the string is not there and the message does not move now; what becomes of both has been seen to. */
static bool string_move(struct process *from, struct process *to, const struct cap *cap, unsigned long *size) {
    static struct string_fault fault;
    switch (string_transfer(from, to, size, &fault)) {
    case STRING_MOVED:
        return true;
    case STRING_UNDO:
        ipc_restart(from);
        return false;
    case STRING_BLOCKED:
        ipc_restart(from);
        if (!access_undone(from))
            process_block(from, fault.owner);
        return false;
    case STRING_SENDER_FAULTS:
        sender_faults(from, &fault);
        return false;
    default:
        if (from->regs.rdi & INVOKE_CONTROL(0, INVOKE_PROMPT))
            return true; /* as much as has arrived */
        receiver_faults(from, to, cap, &fault);
        return false;
    }
}

/* The sender if it is to wait now, else NULL. */
static inline __attribute__((always_inline)) struct process *delivered(struct process *from, unsigned kind) {
    if (kind == INVOKE_RETURN)
        return from;
    if (kind == INVOKE_CALL)
        from->state = PROCESS_CALLING;
    else
        finish(from, RC_OK);
    return NULL;
}

/* Apart, so that others do not pay for it. */
static __attribute__((noinline)) struct process *forward_move(struct process *from, struct process *to, unsigned kind,
                                                              struct cap *forward, unsigned long size) {
    deliver(from, to, kind, 0, size);
    forward_arrives(forward, to);
    return delivered(from, kind);
}

/* Moves the message that a sender, in no queue, sends through cap to a receiver that is ready for it. Returns the
 * sender if it is to wait now, else NULL. */
static struct process *message_move(struct process *from, struct process *to, unsigned kind, struct cap *cap) {
    unsigned long size = 0, payload = 0;
    if (from->regs.r13 && to->regs.r15 && !string_move(from, to, cap, &size))
        return NULL;
    if (cap->type == CAP_ENTRY)
        payload = cap->payload;
    else if (cap->type == CAP_RESUME)
        to->answer_count[ANSWER_CALL]++;
    else
        return forward_move(from, to, kind, cap, size);
    deliver(from, to, kind, payload, size);
    return delivered(from, kind);
}

/* ---- Receiving */

/* The first in the queue whose message it waits for. */
static struct process *sender_for(const struct process *to) {
    struct process *from = to->senders.first;
    while (from && to->wait_for && forward_endpoint(&from->send_cap) != to->wait_for)
        from = from->queue_next;
    return from;
}

static struct process *receive_from(struct process *from, struct process *to) {
    queue_remove(from);
    if (from->fault == FAULT_NONE) {
        struct cap cap = from->send_cap;
        from->regs.rax &= ~LABEL_KERNEL; /* its registers may have been changed since it was sent */
        return message_move(from, to, sender_kind(from), &cap);
    }
    deliver_fault(from, to, &from->send_cap);
    return NULL;
}

/* A process that waits takes what is queued. Each message may set the next process waiting: its sender. */
void ipc_wait(struct process *process) {
    while (process) {
        struct process *from, *next = NULL;
        process->state = PROCESS_WAITING;
        while (process->state == PROCESS_WAITING && (from = sender_for(process)))
            next = receive_from(from, process);
        process = next;
    }
}

/* The process was repaired while it took a message: on with it. */
static void receive_again(struct process *to, enum process_state receiving) {
    to->receiving = PROCESS_STOPPED;
    if (receiving == PROCESS_WAITING) {
        ipc_wait(to);
        return;
    }
    struct process *from = to->senders.first;
    to->state = PROCESS_CALLING;
    if (!from || from->send_cap.type != CAP_RESUME)
        return;
    ipc_wait(receive_from(from, to));
    if (to->state != PROCESS_CALLING && to->state != PROCESS_FAULTED)
        ipc_void_answers(to);
}

/* ---- Sending */

/* Who receives what is sent through the entry; NULL: the entry is void. Part of ipc_send, which every message goes
 * through. */
static inline __attribute__((always_inline)) struct process *recipient_of(struct cap *entry) {
    struct endpoint *endpoint = (struct endpoint *)entry->object;
    struct cap *recipient = cap_prepare(&endpoint->recipient);
    if (endpoint->matching && endpoint->match != entry->payload)
        return NULL;
    return recipient->type == CAP_PROCESS ? (struct process *)recipient->object : NULL;
}

static bool waits_for(const struct process *to, const struct cap *entry) {
    return to->state == PROCESS_WAITING && (!to->wait_for || to->wait_for == (struct endpoint *)entry->object);
}

struct process *ipc_recipient(struct cap *cap) {
    struct cap *entry = forward_route(cap).entry;
    return entry ? recipient_of(entry) : NULL;
}

/* A prompt RETURN is lost if it cannot move at once, as one to nobody is. */
static bool is_lost(const struct process *from) {
    return from->regs.rdi & INVOKE_CONTROL(0, INVOKE_PROMPT) && sender_kind(from) == INVOKE_RETURN;
}

/* Else it waits in that queue. */
static void wait_turn(struct process *from, const struct cap *cap, struct process_queue *queue) {
    if (is_lost(from))
        ipc_wait(from);
    else
        send_later(from, cap), queue_append(queue, from);
}

/* Through cap, which leads to that entry (NULL: nowhere). */
static inline __attribute__((always_inline)) void send(struct process *from, struct cap *cap, struct cap *entry,
                                                       unsigned kind) {
    struct process *to = entry ? recipient_of(entry) : NULL;
    if (from->regs.rax & LABEL_KERNEL) {
        finish(from, RC_BAD_ARG);
    } else if (!to) {
        if (kind == INVOKE_RETURN)
            ipc_wait(from);
        else
            finish(from, RC_INVALID_CAP);
    } else if (!waits_for(to, entry)) {
        if (((from->attention | to->attention) & ATTENTION_SERVING || to->fault == FAULT_ACCESS) && !is_lost(from))
            access_break(from, to);
        wait_turn(from, cap, &to->senders);
    } else {
        ipc_wait(message_move(from, to, kind, cap));
    }
}

void ipc_send(struct process *from, struct cap *entry, unsigned kind) {
    send(from, entry, entry, kind);
}

void ipc_forward(struct process *from, struct cap *forward, unsigned kind) {
    struct route route = forward_route(forward);
    if (route.blocked && !(from->regs.rax & LABEL_KERNEL))
        wait_turn(from, forward, &route.blocked->senders);
    else
        send(from, forward, route.entry, kind);
}

bool ipc_send_fault(struct process *process, struct cap *cap) {
    struct route route = forward_route(cap);
    struct process *to = route.entry ? recipient_of(route.entry) : NULL;
    if (route.blocked) {
        send_later(process, cap);
        queue_append(&route.blocked->senders, process);
        return true;
    }
    if (!to || to == process)
        return false;
    if (waits_for(to, route.entry)) {
        deliver_fault(process, to, cap);
        return true;
    }
    if ((process->attention & ATTENTION_SERVING || to->fault == FAULT_ACCESS) && access_circle(process, to))
        return false;
    send_later(process, cap);
    queue_append(&to->senders, process);
    return true;
}

/* ---- Answering */

/* A keeper's verdict: label 0 restarts the process, after a foreign system call with w0 as its result. With anything
 * else the keeper of a GPT leaves it to that of the process, which leaves it stopped with its fault on record. */
static void answer_fault(struct process *to, unsigned long label, unsigned long result) {
    enum process_state receiving = to->receiving;
    to->answer_count[ANSWER_FAULT]++;
    if (label == 0) {
        if (to->fault == FAULT_SYSCALL)
            to->regs.rax = result;
        to->fault = FAULT_NONE;
        if (receiving != PROCESS_STOPPED)
            receive_again(to, receiving);
        else
            process_ready(to);
    } else if (to->keepers == FAULT_KEEPER_SPACE) {
        process_fault_tell(to);
    } else {
        enum fault fault = to->fault;
        process_cancel(to, PROCESS_STOPPED);
        to->fault = fault;
    }
}

/* False: its string could not be read, so it has not answered yet. */
static bool answer_access(struct process *from, struct process *to) {
    static struct string_fault fault;
    enum string_result result;
    if (access_answer(from, to, &result, &fault))
        return true;
    if (result == STRING_SENDER_FAULTS)
        sender_faults(from, &fault);
    else
        ipc_restart(from);
    return false;
}

void ipc_answer(struct process *from, struct cap *resume, unsigned kind) {
    struct process *to = (struct process *)resume->object;
    if (resume->slot == ANSWER_FAULT) {
        kassert(to->state == PROCESS_FAULTED, to->state);
        if (to->fault != FAULT_ACCESS)
            answer_fault(to, from->regs.rax, from->regs.rdx);
        else if (!answer_access(from, to))
            return;
        if (kind == INVOKE_RETURN)
            ipc_wait(from);
        else
            finish(from, RC_OK); /* even to a CALL: nobody will answer */
    } else if (to->state == PROCESS_CALLING) {
        ipc_wait(message_move(from, to, kind, resume));
    } else { /* it faults over another answer */
        kassert(to->receiving == PROCESS_CALLING, to->state);
        wait_turn(from, resume, &to->senders);
    }
}

/* ---- What else may happen to those in a queue */

void ipc_void_answers(struct process *process) {
    for (struct process *from = process->senders.first, *next; from; from = next) {
        next = from->queue_next;
        if (from->fault == FAULT_NONE && from->send_cap.type == CAP_RESUME)
            ipc_restart(from);
    }
}

void ipc_refuse(struct process *from) {
    queue_remove(from);
    if (from->fault == FAULT_ACCESS)
        access_fails(from, ACCESS_UNANSWERED);
    else if (from->fault != FAULT_NONE)
        process_fault_tell(from);
    else if (sender_kind(from) == INVOKE_RETURN)
        ipc_wait(from);
    else
        finish(from, RC_INVALID_CAP);
}

static void sender_again(struct process *from) {
    if (from->fault == FAULT_NONE) {
        ipc_restart(from);
        return;
    }
    queue_remove(from);
    if (from->fault == FAULT_ACCESS) {
        access_again(from);
        return;
    }
    from->keepers--; /* the same keeper, wherever it is now */
    process_fault_tell(from);
}

/* Its message is on its way to the endpoint; or was, if that has ended. */
static bool sends_to(struct process *process, const struct endpoint *endpoint) {
    if (process->header.type != CAP_PROCESS || process->state != PROCESS_SENDING)
        return false;
    if (process->send_cap.type == CAP_ENTRY)
        return (struct endpoint *)process->send_cap.object == endpoint;
    if (process->send_cap.type != CAP_FORWARD)
        return false;
    struct route route = forward_route(&process->send_cap);
    return !route.blocked && (!route.entry || (struct endpoint *)route.entry->object == endpoint);
}

void ipc_endpoint_changed(const struct endpoint *endpoint) {
    for (unsigned long i = 0; i < kernel_info.process_count; i++)
        if (sends_to(&kernel_info.processes[i], endpoint))
            sender_again(&kernel_info.processes[i]);
}

void ipc_forwarder_changed(struct forwarder *forwarder) {
    unsigned long waiting = 0;
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type == CAP_PROCESS && process->state == PROCESS_SENDING &&
            process->queue != &forwarder->senders && forward_passes(&process->send_cap, forwarder))
            sender_again(process);
    }
    for (const struct process *from = forwarder->senders.first; from; from = from->queue_next)
        waiting++;
    while (waiting-- > 0 && forwarder->senders.first) /* those who wait here come again in their order */
        sender_again(forwarder->senders.first);
}

void ipc_end_endpoint(const struct endpoint *endpoint) {
    ipc_endpoint_changed(endpoint);
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type != CAP_PROCESS || process->wait_for != endpoint)
            continue;
        process->wait_for = NULL;
        if (process->state == PROCESS_WAITING)
            finish(process, RC_INVALID_CAP);
    }
}
