/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages between processes. A message is never stored: while its sender waits, it is what the sender's registers say.
 *
 *     CALL     sender -> CALLING   until the resume capability that the receiver got in recv[3] is invoked
 *     RETURN   sender -> WAITING   for any message
 *     FORK     sender goes on
 *     recipient not WAITING: sender -> SENDING, in the recipient's queue, and the rest happens when it receives
 *
 * CALL makes its own fourth capability, so only three of the sender's go along.
 * A string goes through copy_buffer. If the sender's address faults the sender is told (RETURN: the string is left
 * out); if the receiver's room faults it receives 0 bytes.
 */
#include "copy.h"
#include "invoke.h"

#define REGISTER_BYTES(word, shift, i) ((word) >> ((shift) + 8 * (i)) & (CAP_REGISTERS - 1))
#define RECEIVE_SHIFT 32

/* The string that goes with a message; *size: bytes delivered. Changes nothing but the receiver's room. */
static enum copy_result string_transfer(struct process *from, struct process *to, unsigned long *size) {
    unsigned long sent = from->regs.r13, room = to->regs.r15;
    *size = sent < room ? sent : room;
    if (*size > STRING_MAX)
        *size = STRING_MAX;
    if (*size == 0)
        return COPIED;
    enum copy_result result = copy_in(from, from->regs.r12, copy_buffer, *size);
    if (result != COPIED)
        return result;
    result = copy_out(to, to->regs.r14, copy_buffer, *size);
    if (result == COPY_FAULTED)
        *size = 0;
    return result == COPY_UNDO ? COPY_UNDO : COPIED;
}

/* Capabilities sent go into the receiver's registers; what was not sent arrives as Null. */
static void caps_transfer(struct process *from, struct process *to, unsigned count) {
    unsigned long send = from->regs.rsi, receive = to->regs.rsi;
    for (unsigned i = 0; i < count; i++) {
        unsigned to_register = (unsigned)REGISTER_BYTES(receive, RECEIVE_SHIFT, i);
        if (to_register)
            to->reg[to_register] = *cap_prepare(&from->reg[REGISTER_BYTES(send, 0, i)]);
    }
}

/* Gives the receiver the right to answer `process` once. */
static void resume_transfer(struct process *process, struct process *to) {
    unsigned to_register = (unsigned)REGISTER_BYTES(to->regs.rsi, RECEIVE_SHIFT, MESSAGE_CAPS - 1);
    process->call_count++;
    if (!to_register)
        return;
    struct cap *resume = &to->reg[to_register];
    *resume = cap_make(CAP_RESUME, process);
    resume->payload = process->call_count;
}

/* The message in from's registers, whole. The receiver is runnable afterwards; what becomes of the sender is up to the
 * caller. */
static void deliver(struct process *from, struct process *to, unsigned kind, unsigned long payload,
                    unsigned long size) {
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
        resume_transfer(from, to);
    process_ready(to);
}

static void deliver_fault(struct process *from, struct process *to, unsigned long payload) {
    to->regs.rax = OP_FAULT;
    to->regs.rdi = payload;
    to->regs.rdx = from->fault;
    bool space = from->keepers == FAULT_KEEPER_SPACE;
    to->regs.r10 = space ? from->fault_offset : from->fault_address;
    to->regs.r8 = from->regs.rip;
    to->regs.r9 = from->fault_code;
    to->regs.r13 = 0;
    for (unsigned i = 0; i < MESSAGE_CAPS - 1; i++) {
        unsigned to_register = (unsigned)REGISTER_BYTES(to->regs.rsi, RECEIVE_SHIFT, i);
        if (to_register)
            to->reg[to_register] = space && i == 0 ? *cap_prepare(&from->fault_space) : cap_null;
    }
    resume_transfer(from, to);
    from->state = PROCESS_FAULTED;
    process_ready(to);
}

/* Tells a sender that is not to wait for a message how it went. */
static void finish(struct process *process, unsigned long rc) {
    process->regs.rax = rc;
    process->regs.rdi = 0;
    process->regs.r13 = 0;
    process_ready(process);
}

/* The message is out. */
static void sender_continue(struct process *from, unsigned kind) {
    if (kind == INVOKE_CALL)
        from->state = PROCESS_CALLING;
    else if (kind == INVOKE_RETURN)
        ipc_wait(from);
    else
        finish(from, RC_OK);
}

static unsigned sender_kind(const struct process *process) {
    return (unsigned)(process->regs.rdi >> INVOKE_KIND_SHIFT) & 3;
}

/* Takes a message from a queued sender for a waiting process. Returns the process that is to wait next (the sender, if
 * it made a RETURN), or NULL. */
static struct process *receive_from(struct process *from, struct process *to) {
    queue_remove(from);
    if (from->fault != FAULT_NONE) {
        deliver_fault(from, to, from->send_payload);
        return NULL;
    }
    unsigned kind = sender_kind(from);
    unsigned long size;
    enum copy_result result = string_transfer(from, to, &size);
    if (result == COPY_UNDO) {
        from->regs.rip -= 2;
        process_ready(from);
        return to;
    }
    if (result == COPY_FAULTED && kind != INVOKE_RETURN) {
        finish(from, RC_BAD_SPACE);
        return to;
    }
    deliver(from, to, kind, from->send_payload, result == COPIED ? size : 0);
    if (kind == INVOKE_RETURN)
        return from;
    sender_continue(from, kind);
    return NULL;
}

void ipc_wait(struct process *process) {
    while (process) {
        process->state = PROCESS_WAITING;
        struct process *sender = process->senders.first;
        process = sender ? receive_from(sender, process) : NULL;
    }
}

static struct process *recipient_of(struct cap *entry) {
    struct endpoint *endpoint = (struct endpoint *)entry->object;
    struct cap *recipient = cap_prepare(&endpoint->recipient);
    return recipient->type == CAP_PROCESS ? (struct process *)recipient->object : NULL;
}

static void queue_sender(struct process *from, struct process *to, const struct cap *entry) {
    from->state = PROCESS_SENDING;
    from->send_payload = entry->payload;
    from->send_to = (struct endpoint *)entry->object;
    queue_append(&to->senders, from);
}

void ipc_refuse(struct process *from) {
    queue_remove(from);
    if (from->fault != FAULT_NONE)
        process_fault_tell(from);
    else if (sender_kind(from) == INVOKE_RETURN)
        ipc_wait(from);
    else
        finish(from, RC_INVALID_CAP);
}

void ipc_end_endpoint(const struct endpoint *endpoint) {
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type == CAP_PROCESS && process->state == PROCESS_SENDING && process->send_to == endpoint)
            ipc_refuse(process);
    }
}

/* The string of a message that can be taken at once. False: the invocation is over (undone, or refused). */
static bool send_string(struct process *from, struct process *to, unsigned kind, unsigned long *size) {
    enum copy_result result = string_transfer(from, to, size);
    if (result == COPIED)
        return true;
    if (result == COPY_UNDO) {
        from->regs.rip -= 2;
        return false;
    }
    *size = 0;
    if (kind != INVOKE_RETURN)
        finish(from, RC_BAD_SPACE);
    return kind == INVOKE_RETURN;
}

void ipc_send(struct process *from, struct cap *entry, unsigned kind) {
    struct process *to = recipient_of(entry);
    unsigned long size;
    if (!to) {
        if (kind == INVOKE_RETURN)
            ipc_wait(from);
        else
            finish(from, RC_INVALID_CAP);
    } else if (to->state != PROCESS_WAITING) {
        queue_sender(from, to, entry);
    } else if (send_string(from, to, kind, &size)) {
        deliver(from, to, kind, entry->payload, size);
        sender_continue(from, kind);
    }
}

/* A keeper's verdict: label 0 restarts the process. With anything else the keeper of a GPT leaves it to that of the
 * process, which leaves it stopped with its fault on record. */
static void answer_fault(struct process *to, unsigned long label) {
    if (label == 0) {
        to->fault = FAULT_NONE;
        process_ready(to);
    } else if (to->keepers == FAULT_KEEPER_SPACE) {
        process_fault_tell(to);
    } else {
        to->state = PROCESS_STOPPED;
    }
}

void ipc_answer(struct process *from, struct cap *resume, unsigned kind) {
    struct process *to = (struct process *)resume->object;
    unsigned long size;
    kassert(to->state == PROCESS_CALLING || to->state == PROCESS_FAULTED, to->state);
    if (to->state == PROCESS_FAULTED) {
        to->call_count++;
        answer_fault(to, from->regs.rax);
        if (kind == INVOKE_CALL) /* nobody will answer */
            finish(from, RC_OK);
        else
            sender_continue(from, kind);
    } else if (send_string(from, to, kind, &size)) {
        to->call_count++;
        deliver(from, to, kind, 0, size);
        sender_continue(from, kind);
    }
}

bool ipc_send_fault(struct process *process, struct cap *entry) {
    struct process *to = recipient_of(entry);
    if (!to || to == process)
        return false;
    if (to->state == PROCESS_WAITING)
        deliver_fault(process, to, entry->payload);
    else
        queue_sender(process, to, entry);
    return true;
}
