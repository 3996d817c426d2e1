/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access.h"
#include "cpu.h"
#include "invoke.h"
#include "walk.h"

static void ask(struct process *process);
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
        debug_answer(process->access_ticket, DEBUG_ANSWER_FORGET);
    told_remove(process);
    process->access_ticket = 0;
    process->access_phase = ACCESS_NONE;
    process->access_waits = 0;
    if (process->access_steps)
        release(process);
}

/* It asks anew once the holder has let go. */
static void park(struct process *process, struct process *holder) {
    process->fault = FAULT_NONE;
    access_forget(process);
    process_block(process, holder);
    process->access_waits = 1;
}

/* ---- Whom to ask */

static bool is_done(const struct process *process, unsigned long from, unsigned long to) {
    while (from < to && process->access_done[from / 64] >> from % 64 & 1)
        from++;
    return from == to;
}

/* Which bytes of an access at that place the service has: [from, to), none if they are not in order. */
struct served {
    unsigned long from, to;
};

static struct served served(const struct front_service *service, unsigned long offset, unsigned long size) {
    unsigned long to = service->high > offset ? service->high - offset : 0;
    return (struct served){service->low > offset ? service->low - offset : 0, to < size ? to : size};
}

static bool asks(struct front_service *service, const struct front_place *at, const struct process *process) {
    struct served its = served(service, at->offset, ACCESS_SIZE(process->access.word));
    return its.from < its.to && (service->fetches || ACCESS_KIND(process->access.word) != ACCESS_FETCH) &&
           !(process->access_verdict == VERDICT_DONE && is_done(process, its.from, its.to)) &&
           !(process->access_own && ipc_recipient(&service->entry) == process);
}

/* The next to be asked about the access, after the last one that was: into process->access. From the innermost front
 * to the outermost. False: nobody. */
static bool next(struct process *process) {
    struct front_place way[FRONT_WAY_MAX];
    struct access_told *told = &process->access;
    unsigned char *memory;
    bool begun = told->service == 0, page = !front_gpt(process->access_front);
    way[0] = (struct front_place){process->access_front, process->access_at};
    for (unsigned i = page ? 1 : front_way(process->access_front, process->access_at, way, &memory); i-- > 0;)
        for (struct front_service *s = front_service_first(way[i].front); s; s = front_service_next(s)) {
            if (begun && asks(s, &way[i], process)) {
                told->front = way[i].front;
                told->offset = way[i].offset;
                told->object = front_entry(told->front)->object;
                told->service = s->number;
                return true;
            }
            begun = begun || s->number == told->service;
        }
    return false;
}

bool access_asks(int front, unsigned long offset, unsigned long size) {
    struct front_place way[FRONT_WAY_MAX];
    unsigned char *memory;
    for (unsigned i = front_way(front, offset, way, &memory); i-- > 0;)
        for (const struct front_service *s = front_service_first(way[i].front); s; s = front_service_next(s)) {
            struct served its = served(s, way[i].offset, size);
            if (its.from < its.to)
                return true;
        }
    return false;
}

static void begin(struct process *process, int front, unsigned long at, unsigned long word, unsigned long va) {
    process->access = (struct access_told){.word = word, .pc = process->regs.rip, .va = va, .front = front};
    process->access_front = front;
    process->access_at = at;
    process->access_phase = ACCESS_ASKED;
    process->access_verdict = VERDICT_PASS;
    process->access_own = false;
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
    struct front_service *service =
        front_wears(told->front, told->object) ? front_service_find(told->front, told->service) : NULL;
    struct cap *entry = service ? &service->entry : NULL;
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

/* All have been asked, and nobody has refused. */
static void answered(struct process *process) {
    const struct access_told *told = &process->access;
    bool copy = ACCESS_FLAGS(told->word) & ACCESS_BY_KERNEL;
    unsigned verdict = process->access_steps ? VERDICT_STEP : VERDICT_PASS;
    process->fault = FAULT_NONE;
    process->access_phase = copy ? ACCESS_ANSWERED : ACCESS_NONE;
    if (!copy && process->access_verdict == VERDICT_DONE)
        debug_answer_done(process->access_ticket, verdict, process->access_done, process->access_bytes,
                          ACCESS_SIZE(told->word));
    else if (!copy)
        debug_answer(process->access_ticket, verdict);
    process_ready(process);
}

static void ask(struct process *process) {
    if (!next(process)) {
        answered(process);
        return;
    }
    struct process *holder = front_holder(process->access.front);
    if (holder && holder != process)
        park(process, holder);
    else
        tell(process);
}

void access_trapped(struct process *process, const struct debug_trap *trap) {
    begin(process, trap->front, trap->offset, ACCESS_WORD(trap->kind, trap->flags, trap->size), trap->va);
    process->access_ticket = trap->ticket;
    memcpy(process->access_bytes, trap->bytes, trap->size);
    ask(process);
}

void access_waits(struct process *process, const struct debug_trap *trap) {
    process->access_ticket = trap->ticket;
    process->access = (struct access_told){
        .word = ACCESS_WORD(trap->kind, trap->flags, trap->size), .va = trap->va, .front = trap->front};
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
        else if (access_asks(walk.front, walk.front_offset, piece) ||
                 debug_copy(to, walk.front, address, walk.front_offset, bytes + done, piece, ACCESS_STORE) != COPY_OK)
            break;
        done += piece;
    }
    return done;
}

/* What the memory holds now. False: there is none. */
static bool memory_now(const struct access_told *told, unsigned char *bytes) {
    struct front_place way[FRONT_WAY_MAX];
    unsigned char *memory = NULL;
    if (front_wears(told->front, told->object))
        front_way(told->front, told->offset, way, &memory);
    if (memory)
        memcpy(bytes, memory, ACCESS_SIZE(told->word));
    return memory;
}

void access_deliver(struct process *from, struct process *to) {
    bool retired = from->access_phase == ACCESS_RETIRED;
    const struct access_told *told = retired ? &from->access_step[from->access_steps_told] : &from->access;
    unsigned char *bytes = from->access_bytes;
    bool none = ACCESS_KIND(told->word) == ACCESS_LOAD && ACCESS_FLAGS(told->word) & ACCESS_NO_MEMORY;
    if (retired)
        none = !memory_now(told, bytes);
    to->regs.rax = retired ? OP_ACCESS_OUTCOME : OP_ACCESS;
    to->regs.rdx = told->word;
    to->regs.r10 = front_object_offset(told->front, told->offset);
    to->regs.r8 = told->pc;
    to->regs.r9 = told->va;
    to->regs.r13 = room_put(to, bytes, none ? 0 : ACCESS_SIZE(told->word));
    told_add(from, to, (unsigned)(to->regs.rsi >> (32 + 8 * (MESSAGE_CAPS - 1))) & (CAP_REGISTERS - 1));
}

/* ---- Its answer */

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
    unsigned long verdict = handler->regs.rax, kind = ACCESS_KIND(process->access.word);
    if (verdict == VERDICT_DONE && kind == ACCESS_LOAD)
        return handler->regs.r13 == ACCESS_SIZE(process->access.word);
    return verdict <= VERDICT_STEP && !(verdict == VERDICT_DONE && kind == ACCESS_FETCH);
}

/* DONE: what the handler serves is so from now on, of a load as its string says. */
static void done(struct process *process, const unsigned char *given) {
    const struct access_told *told = &process->access;
    const struct front_service *service = front_service_find(told->front, told->service);
    struct served its = served(service, told->offset, ACCESS_SIZE(told->word));
    bool load = ACCESS_KIND(told->word) == ACCESS_LOAD, first = process->access_verdict != VERDICT_DONE;
    for (unsigned i = 0; i < ACCESS_BYTES / 64 && first; i++)
        process->access_done[i] = 0;
    process->access_verdict = VERDICT_DONE;
    if (load && first)
        memcpy(process->access_bytes + its.from, given + its.from, its.to - its.from);
    for (unsigned long i = its.from; i < its.to && load && !first; i++)
        if (!is_done(process, i, i + 1))
            process->access_bytes[i] = given[i];
    for (unsigned long i = its.from, end; i < its.to; i = end) { /* what lies in one word */
        end = (i | 63) + 1 < its.to ? (i | 63) + 1 : its.to;
        process->access_done[i / 64] |= ~0ul >> (64 - (end - i)) << i % 64;
    }
}

bool access_answer(struct process *handler, struct process *to, enum string_result *result,
                   struct string_fault *fault) {
    static unsigned char given[ACCESS_BYTES];
    unsigned long verdict = handler->regs.rax;
    bool good = sensible(handler, to), load = ACCESS_KIND(to->access.word) == ACCESS_LOAD;
    if (to->access_phase == ACCESS_RETIRED) {
        access_fails(to, ACCESS_UNANSWERED); /* whatever it says */
        return true;
    }
    if (good && verdict == VERDICT_DONE && load) {
        *result = string_take(handler, given, ACCESS_SIZE(to->access.word), fault);
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
    if (verdict == VERDICT_DONE)
        done(to, given);
    ask(to);
    return true;
}

void access_front_gone(int front) {
    for (unsigned long i = 0; i < kernel_info.process_count; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type != CAP_PROCESS || (process->access.front != front && process->access_front != front))
            continue;
        if (process->access_phase == ACCESS_ANSWERED)
            process->access_phase = ACCESS_NONE;
        if (process->fault != FAULT_ACCESS || process->access_phase != ACCESS_ASKED)
            continue;
        queue_remove(process);
        process->answer_count[ANSWER_FAULT]++;
        process->fault = FAULT_NONE;
        access_forget(process);
        process_ready(process);
    }
}

/* ---- Copies */

/* Who holds something on the way, but for the process. */
static int held_front(const struct process *process, const struct front_place *way, unsigned count) {
    while (count-- > 0)
        if (front_holder(way[count].front) && front_holder(way[count].front) != process)
            return way[count].front;
    return -1;
}

static enum copy_status copy_answered(struct process *caller, struct process *owner, int front, unsigned long va,
                                      unsigned long offset, unsigned char *buffer, unsigned long size,
                                      enum access access) {
    enum copy_status status;
    caller->access_phase = ACCESS_NONE;
    if (caller->access_verdict == VERDICT_FAULT)
        return debug_copy_refused(owner, front, va, offset, buffer, size, access, caller->access_code);
    if (caller->access_verdict == VERDICT_DONE) {
        for (unsigned long i = 0; i < size && access == ACCESS_LOAD; i++)
            if (is_done(caller, i, i + 1))
                buffer[i] = caller->access_bytes[i];
        status = debug_copy_answered(owner, front, va, offset, buffer, size, access, caller->access_done);
    } else {
        status = debug_copy(owner, front, va, offset, buffer, size, access);
    }
    if (status == COPY_STOP || status == COPY_BLOCK) /* the host's: then the same verdict */
        caller->access_phase = ACCESS_ANSWERED;
    return status;
}

enum copy_status access_copy(struct process *caller, struct process *owner, int front, unsigned long va,
                             unsigned long offset, void *buffer, unsigned long size, enum access access, bool own) {
    struct front_place way[FRONT_WAY_MAX];
    unsigned char *memory;
    unsigned count = front_way(front, offset, way, &memory);
    unsigned long word = ACCESS_WORD(access, ACCESS_BY_KERNEL | (memory ? 0u : ACCESS_NO_MEMORY), size);
    bool answered = caller->access_phase == ACCESS_ANSWERED && caller->access.word == word && caller->access.va == va &&
                    caller->access_front == front && caller->access_at == offset;
    int held = held_front(caller, way, count);
    if (held >= 0 && !(answered && caller->access_verdict == VERDICT_FAULT)) {
        caller->access = (struct access_told){.word = word, .va = va, .front = held};
        caller->access_phase = ACCESS_HELD;
        return COPY_BLOCK;
    }
    if (answered)
        return copy_answered(caller, owner, front, va, offset, buffer, size, access);
    if (!access_asks(front, offset, size))
        return debug_copy(owner, front, va, offset, buffer, size, access);
    begin(caller, front, offset, word, va);
    caller->access.pc -= 2;
    caller->access_own = own;
    if (access == ACCESS_STORE || memory)
        memcpy(caller->access_bytes, access == ACCESS_STORE ? buffer : memory, size);
    return COPY_BLOCK;
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
        ask(caller);
    } else if (access_outcome_due(caller)) {
        access_retired(caller);
    } else {
        return false;
    }
    return true;
}
