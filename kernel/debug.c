/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug.h"
#include "boot.h"
#include "front.h"
#include "process.h"
#include "table.h"

static struct debug_block block __attribute__((aligned(4096)));

void debug_set_fronts(struct front *table, unsigned long count) {
    block.fronts = physical(table);
    block.front_count = count;
}

void debug_init(void) {
    block.magic = DEBUG_MAGIC;
    block.kernel_info = physical(&kernel_info);
    if (boot_info.facet)
        port_out32(PORT_DEBUG, DEBUG_PORT_ATTACH, physical(&block));
}

/* ---- Requests */

static struct process *request_process(unsigned long name) {
    struct object *object = object_find(CAP_PROCESS, name);
    unsigned long index = (name - (unsigned long)kernel_info.processes) / kernel_info.process_stride;
    if (!object && index < kernel_info.process_count && name == (unsigned long)&kernel_info.processes[index])
        object = (struct object *)name;
    return object && object->type == CAP_PROCESS ? (struct process *)object : NULL;
}

static enum debug_status install_on(struct page *page, unsigned long flags) {
    int index;
    enum debug_status status = front_install(page, (unsigned)flags, &index);
    block.request.result[0] = (unsigned long)index;
    block.request.result[1] = page->header.id;
    return status;
}

static enum debug_status request_install(struct process *process) {
    struct walk walk;
    if (walk_process(&walk, process, block.request.arg[1], ACCESS_LOAD, NULL) != FAULT_NONE || walk.hole)
        return DEBUG_NOT_MEMORY;
    block.request.result[2] = walk.offset;
    return install_on((struct page *)walk.object, block.request.arg[2]);
}

static enum debug_status request_range(struct process *process) {
    struct cap *space = cap_prepare(&process->space);
    unsigned long address = block.request.arg[1];
    int index = -1;
    if (space->type != CAP_GPT || (space->l2g < 64 && address >> space->l2g != space->match))
        return DEBUG_NOT_MEMORY;
    enum debug_status status = front_part_install((struct gpt *)space->object, address & mask_low(space->l2g),
                                                  block.request.arg[3], (unsigned)block.request.arg[2], &index);
    block.request.result[0] = (unsigned long)index;
    block.request.result[1] = space->object->id;
    return status;
}

static enum debug_status request_traverse(struct process *process) {
    struct walk walk;
    unsigned long *result = block.request.result;
    enum fault fault =
        walk_process(&walk, process, block.request.arg[1], (enum access)block.request.arg[2], block.steps);
    struct cap *keeper = fault_keeper(process, walk.keeper);
    result[0] = fault;
    result[1] = walk.step_count;
    result[2] = walk_target(&walk);
    result[3] = walk.restr;
    result[4] = (unsigned long)keeper->object;
    result[5] = (unsigned long)walk.object;
    return DEBUG_OK;
}

static enum debug_status request_touch(struct process *process) {
    struct walk walk;
    enum access access = (enum access)block.request.arg[2];
    block.request.result[0] = map_fault(process, block.request.arg[1], access, &walk);
    block.request.result[1] = process->cr3;
    return DEBUG_OK;
}

/* What a program has put there stays. */
static enum debug_status request_remove(unsigned long front) {
    return front_set_flags(front, 0) == DEBUG_OK && front_by_program(front) ? DEBUG_OK : front_remove(front);
}

static enum debug_status request_wake(const struct process *process) {
    block.request.result[0] = process_wake(process);
    return DEBUG_OK;
}

static enum debug_status request_object(void) {
    const unsigned long *arg = block.request.arg;
    struct object *object = object_find(CAP_PAGE, arg[0]);
    if (object)
        return install_on((struct page *)object, arg[1]);
    int index = -1;
    object = object_find(CAP_GPT, arg[0]);
    enum debug_status status = DEBUG_NO_OBJECT;
    if (object)
        status = front_part_install((struct gpt *)object, arg[2], arg[3], (unsigned)arg[1], &index);
    block.request.result[0] = (unsigned long)index;
    block.request.result[1] = arg[0];
    return status;
}

/* Has bytes of a front's range served by a process. */
static enum debug_status request_handler(void) {
    const unsigned long *arg = block.request.arg;
    const struct front *front = arg[0] < block.front_count ? front_entry((int)arg[0]) : NULL;
    struct object *object = arg[1] ? object_find(CAP_ENDPOINT, arg[1]) : NULL;
    if (!front || front->state != FRONT_LIVE || (arg[1] && !object) || arg[4] > front->size || arg[3] > arg[4])
        return DEBUG_NO_OBJECT;
    if (!arg[1]) {
        front_services_end((int)arg[0], false);
        return DEBUG_OK;
    }
    if (!front_service_left())
        return DEBUG_TABLE_FULL;
    struct front_service service = {
        .entry = cap_make(CAP_ENTRY, object), .low = arg[3], .high = arg[4], .fetches = arg[5] != 0};
    service.entry.payload = arg[2] - front_object_offset((int)arg[0], 0);
    front_serve((int)arg[0], &service);
    return DEBUG_OK;
}

static enum debug_status request_answer(void) {
    struct process *process = request_process(block.request.arg[0]);
    switch (block.request.op) {
    case DEBUG_FRONT_INSTALL:
        return process ? request_install(process) : DEBUG_NO_PROCESS;
    case DEBUG_FRONT_RANGE:
        return process ? request_range(process) : DEBUG_NO_PROCESS;
    case DEBUG_FRONT_FLAGS:
        return front_set_flags(block.request.arg[0], (unsigned)block.request.arg[1]);
    case DEBUG_FRONT_REMOVE:
        return request_remove(block.request.arg[0]);
    case DEBUG_TRAVERSE:
        return process ? request_traverse(process) : DEBUG_NO_PROCESS;
    case DEBUG_TOUCH:
        return process ? request_touch(process) : DEBUG_NO_PROCESS;
    case DEBUG_FRONT_OBJECT:
        return request_object();
    case DEBUG_FRONT_HANDLER:
        return request_handler();
    case DEBUG_WAKE:
        return process ? request_wake(process) : DEBUG_NO_PROCESS;
    default:
        return DEBUG_BAD_OP;
    }
}

void debug_request(void) {
    block.request.status = request_answer();
    port_out32(PORT_DEBUG, DEBUG_PORT_DONE, 0);
}

/* ---- Events */

static void event(enum debug_event kind) {
    block.event.kind = kind;
    if (boot_info.facet)
        port_out32(PORT_DEBUG, DEBUG_PORT_EVENT, 0);
}

void debug_started(const struct process *process) {
    block.event.arg[0] = process->header.id;
    event(DEBUG_EVENT_STARTED);
}

void debug_faulted(const struct process *process, unsigned signal) {
    unsigned long *arg = block.event.arg;
    arg[0] = process->header.id;
    arg[1] = signal;
    arg[2] = process->fault;
    arg[3] = process->fault_address;
    arg[4] = process->regs.rip;
    arg[5] = process->fault_code;
    event(DEBUG_EVENT_FAULTED);
    if (!boot_info.facet)
        print("process %u: fault %u at %x, pc %x, code %x\n", (unsigned)arg[0], (unsigned)arg[2], arg[3], arg[4],
              arg[5]);
}

void debug_region(const struct process *process, unsigned long address, unsigned long size, unsigned long kind,
                  const unsigned char *name, unsigned long name_size) {
    unsigned long *arg = block.event.arg;
    arg[0] = process->header.id;
    arg[1] = address;
    arg[2] = size;
    arg[3] = kind;
    memcpy(block.text, name, name_size);
    block.text[name_size] = 0;
    event(DEBUG_EVENT_REGION);
}

void debug_pages(const struct process *process, unsigned long address, unsigned long size) {
    if (!(block.want & DEBUG_WANT_PAGES))
        return;
    block.event.arg[0] = process->header.id;
    block.event.arg[1] = address;
    block.event.arg[2] = size;
    event(DEBUG_EVENT_PAGES);
}

void debug_syscall(const struct process *process, unsigned long number, unsigned long result, unsigned long flags,
                   const unsigned long arguments[6]) {
    unsigned long *arg = block.event.arg;
    arg[0] = process->header.id;
    arg[1] = number;
    arg[2] = result;
    arg[3] = flags;
    memcpy(arg + 4, arguments, 6 * sizeof *arg);
    event(DEBUG_EVENT_SYSCALL);
}

void debug_endpoint(const struct endpoint *endpoint, const unsigned char *name, unsigned long name_size) {
    block.event.arg[0] = endpoint->header.id;
    memcpy(block.text, name, name_size);
    block.text[name_size] = 0;
    event(DEBUG_EVENT_ENDPOINT);
}

void debug_front_gone(int index) {
    block.event.arg[0] = (unsigned long)index;
    event(DEBUG_EVENT_FRONT_GONE);
}

bool debug_turn_comes(void) {
    return block.want & DEBUG_WANT_TURN;
}

void debug_deadlock(void) {
    deadlock_report();
    event(DEBUG_EVENT_DEADLOCK);
    if (!boot_info.facet) {
        power_off(125);
    }
}

void debug_panic(const char *text) {
    unsigned i = 0;
    for (; i < sizeof block.text - 1 && text[i]; i++)
        block.text[i] = text[i];
    block.text[i] = 0;
    if (boot_info.facet)
        port_out32(PORT_DEBUG, DEBUG_PORT_PANIC, 0);
}

/* ---- Fronts */

#define COPY_TRIES 16 /* to have the tables of many fronts behind each other at once */

/* Where a process stands whose memory is copied: at its SYSCALL, if it is within one. */
static unsigned long copy_pc(const struct process *owner) {
    bool stands = owner->state == PROCESS_STOPPED || owner->state == PROCESS_BLOCKED ||
                  (owner->state == PROCESS_FAULTED && !foreign_waits(owner)) ||
                  (owner->state == PROCESS_RUNNABLE && owner != current_process);
    return stands ? owner->regs.rip : owner->regs.rip - 2;
}

enum copy_status debug_copy(const struct process *owner, int front, unsigned long va, unsigned long offset,
                            void *buffer, unsigned long size, enum access access) {
    block.copy.kind = access;
    block.copy.status = COPY_FAULT;
    block.copy.va = va;
    block.copy.pc = copy_pc(owner);
    block.copy.front = (unsigned long)front;
    block.copy.offset = offset;
    block.copy.size = size;
    block.copy.buffer = physical(buffer);
    block.copy.process = (unsigned long)owner;
    for (unsigned tries = 0; tries < COPY_TRIES; tries++) {
        map_front(front, offset);
        port_out32(PORT_DEBUG, DEBUG_PORT_COPY, 0);
        if (block.copy.status != COPY_MISSING)
            return (enum copy_status)block.copy.status;
    }
    return COPY_FAULT;
}

enum copy_status debug_copy_answered(const struct process *owner, int front, unsigned long va, unsigned long offset,
                                     void *buffer, unsigned long size, enum access access,
                                     const unsigned long done[ACCESS_BYTES / 64]) {
    memcpy(block.answered.done, done, sizeof block.answered.done);
    block.answered.any = 1;
    enum copy_status status = debug_copy(owner, front, va, offset, buffer, size, access);
    block.answered.any = 0;
    return status;
}

enum copy_status debug_copy_refused(const struct process *owner, int front, unsigned long va, unsigned long offset,
                                    void *buffer, unsigned long size, enum access access, unsigned long code) {
    block.answered.refused = 1;
    block.answered.code = code;
    enum copy_status status = debug_copy(owner, front, va, offset, buffer, size, access);
    block.answered.refused = 0;
    return status;
}

unsigned long debug_copy_code(void) {
    return block.copy.code;
}

void debug_answer(unsigned long ticket, unsigned verdict) {
    block.answer.ticket = ticket;
    block.answer.verdict = verdict;
    block.answer.any = 0;
    port_out32(PORT_DEBUG, DEBUG_PORT_ANSWER, 0);
}

void debug_answer_done(unsigned long ticket, unsigned verdict, const unsigned long done[ACCESS_BYTES / 64],
                       const unsigned char *bytes, unsigned long size) {
    block.answer.ticket = ticket;
    block.answer.verdict = verdict;
    block.answer.any = 1;
    for (unsigned i = 0; i < ACCESS_BYTES / 64; i++)
        block.answer.done[i] = done[i];
    memcpy(block.answer.bytes, bytes, size);
    port_out32(PORT_DEBUG, DEBUG_PORT_ANSWER, 0);
}

void debug_answer_fault(unsigned long ticket, unsigned long code) {
    block.answer.code = code;
    debug_answer(ticket, VERDICT_FAULT);
}

struct debug_trap debug_trap(void) {
    return (struct debug_trap){.reason = block.trap.reason,
                               .kind = (enum access)block.trap.kind,
                               .va = block.trap.va,
                               .code = block.trap.code,
                               .offset = block.trap.offset,
                               .front = (int)block.trap.front,
                               .flags = block.access.flags,
                               .size = block.access.size,
                               .ticket = block.access.ticket,
                               .bytes = block.access.bytes};
}
