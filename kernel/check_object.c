/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Part of kernel_check: what lies in the object arrays. Only storage that was ever used is looked at.
 */
#include "check.h"
#include "forward.h"
#include "front.h"
#include "invoke.h"
#include "schedule.h"

#define TURNS 8
static unsigned turn;
static bool all;
static struct object_storage storages[CAP_TYPES]; /* as they are during this check */

/* One behind the other without a gap; constant strides spare a division. */
static bool begins_object(unsigned long offset, enum cap_type type) {
    switch (type) {
    case CAP_GPT:
        return offset % sizeof(struct gpt) == 0;
    case CAP_PROCESS:
        return offset % sizeof(struct process) == 0;
    case CAP_ENDPOINT:
        return offset % sizeof(struct endpoint) == 0;
    case CAP_FORWARDER:
        return offset % sizeof(struct forwarder) == 0;
    default:
        return offset % sizeof(struct page) == 0;
    }
}

static bool storage_has(enum cap_type type, const struct object *object) {
    const struct object_storage *storage = &storages[type];
    unsigned long offset = (unsigned long)object - (unsigned long)storage->array;
    return offset < storage->count * storage->stride && begins_object(offset, type);
}

static void check_cap_object(const struct cap *cap) {
    enum cap_type type = cap->type == CAP_ENTRY     ? CAP_ENDPOINT
                         : cap->type == CAP_RESUME  ? CAP_PROCESS
                         : cap->type == CAP_FORWARD ? CAP_FORWARDER
                                                    : cap->type;
    if (!(CAP_SET(type) & CAP_SET_OBJECTS)) {
        check_that("capability object", !cap->object, (unsigned long)cap, cap->type);
        return;
    }
    const struct object *object = cap->object;
    check_that("capability object", storage_has(type, object), (unsigned long)cap, (unsigned long)object);
    check_that("capability count", cap->alloc <= object->alloc, (unsigned long)cap, cap->alloc, object->alloc);
    check_that("capability object", cap->alloc != object->alloc || object->type == type, (unsigned long)cap, type,
               object->type);
}

static void check_cap(const struct cap *cap) {
    if (cap->type == CAP_NULL && !cap->restr && !cap->object)
        return;
    check_that("capability type", cap->type < CAP_TYPES, (unsigned long)cap, cap->type);
    check_that("capability restrictions", !(cap->restr & ~CAP_RESTRICTIONS), (unsigned long)cap, cap->restr);
    if (cap_is_memory(cap) || cap_is_window(cap))
        check_that("capability guard", cap_guard_valid(cap->match, cap->l2g), (unsigned long)cap, cap->l2g, cap->match);
    if (cap_is_window(cap))
        check_that("window", cap->slot < GPT_SLOTS && !(cap->payload & mask_low(cap->l2g)), (unsigned long)cap,
                   cap->slot, cap->payload);
    check_cap_object(cap);
}

static void check_caps(const struct cap *cap, unsigned long count) {
    for (unsigned long i = 0; i < count; i++)
        check_cap(&cap[i]);
}

static bool has_stepped(const struct process *process, int front) {
    unsigned i = 0;
    while (i < process->access_steps && process->access_step[i].front != front)
        i++;
    return i < process->access_steps;
}

static unsigned long services; /* that were found */

static void check_front(int front) {
    const struct process *holder = front_handler_at(front)->holder;
    unsigned long count = 0;
    for (const struct front_service *s = front_service_first(front); s; s = front_service_next(s), count++) {
        check_that("front handler", CAP_SET(s->entry.type) & (CAP_SET(CAP_NULL) | CAP_SET_ENTRY), (unsigned long)front,
                   s->entry.type);
        check_that("front handler", s->number && count < front_services_live(), (unsigned long)front, count);
        check_cap(&s->entry);
    }
    services += count;
    check_that("front handlers", front_services_right(front), (unsigned long)front);
    check_that("front holder", !holder || (storage_has(CAP_PROCESS, &holder->header) && has_stepped(holder, front)),
               (unsigned long)front, (unsigned long)holder);
}

static void check_page(const struct page *page) {
    if (page->header.type == CAP_CAPPAGE)
        check_caps(page_data(page), CAPPAGE_SLOTS);
    check_that("front", page->front < 0 || front_worn(page), page->header.id, (unsigned long)page->front);
    if (page->front >= 0)
        check_front(page->front);
}

static void check_gpt(const struct gpt *gpt) {
    check_cap(&gpt->keeper);
    check_cap(&gpt->background);
    check_caps(gpt->slot, GPT_SLOTS);
    check_that("front", front_parts_worn(gpt), gpt->header.id, (unsigned long)gpt->front);
    for (int front = gpt->front; front >= 0; front = front_next(front))
        check_front(front);
}

/* Links go both ways, and whoever is in the queue says so. */
static void check_queue(const struct process_queue *queue) {
    const struct process *previous = NULL;
    for (const struct process *process = queue->first; process; process = process->queue_next) {
        check_that("queue link", process->queue_prev == previous && process->queue == queue, process->header.id);
        check_that("queue state", process->state == PROCESS_SENDING, process->header.id, process->state);
        previous = process;
    }
    check_that("queue link", queue->last == previous, (unsigned long)queue);
}

/* A message that was sent through a forwarder waits where its way leads to now. */
static void check_route(const struct process *process) {
    struct cap cap = process->send_cap;
    struct route route = forward_route(&cap);
    const struct process *to = ipc_recipient(&cap);
    const struct process_queue *queue = route.blocked ? &route.blocked->senders : to ? &to->senders : NULL;
    check_that("route", queue && process->queue == queue, process->header.id, (unsigned long)queue);
}

/* A process is where its state wants it. */
static void check_state(const struct process *process) {
    bool queued = process->queue != NULL;
    if (process->state == PROCESS_RUNNABLE)
        check_that("queue state", process->queue == (process == current_process ? NULL : schedule_queue(process)),
                   process->header.id, queued);
    else if (process->state == PROCESS_SLEEPING)
        check_that("queue state", process->queue == schedule_queue(process), process->header.id, queued);
    else
        check_that("queue state", queued == (process->state == PROCESS_SENDING), process->header.id, process->state);
    if (process->state == PROCESS_SENDING && process->send_cap.type == CAP_FORWARD)
        check_route(process);
    check_that("blocked", (process->state == PROCESS_BLOCKED) == (process->blocked_over != NULL), process->header.id);
    check_that("fault", process->state != PROCESS_FAULTED || process->fault != FAULT_NONE, process->header.id);
}

/* Whom a process can answer wait for it, and nobody else says that they do. */
static void check_told(const struct process *process) {
    unsigned long count = 0;
    for (const struct process *told = process->told; told; told = told->told_next, count++)
        check_that("told", told->access_by == process && count < kernel_info.process_count, process->header.id,
                   (unsigned long)told);
    check_that("told", !process->told == !(process->attention & ATTENTION_SERVING), process->header.id);
    check_that("told", !process->access_by || (process->fault == FAULT_ACCESS && process->state == PROCESS_FAULTED),
               process->header.id, process->fault, process->state);
}

static void check_process(const struct process *process) {
    check_told(process);
    bool invokes = process->syscall == (process->told ? serving_syscall : invoke);
    check_that("system call", invokes || process->syscall == foreign_syscall, process->header.id);
    check_that("register 0", process->reg[0].type == CAP_NULL, process->header.id);
    check_caps(process->reg, CAP_REGISTERS);
    check_cap(&process->space);
    check_cap(&process->keeper);
    check_cap(&process->schedule);
    check_cap(&process->brand);
    check_cap(&process->fault_space);
    check_cap(&process->send_cap);
    check_queue(&process->senders);
    check_state(process);
}

static void check_forwarder(const struct forwarder *forwarder) {
    check_that("forwarder target", CAP_SET(forwarder->target.type) & (CAP_SET(CAP_NULL) | CAP_SET_ENTRY),
               forwarder->header.id, forwarder->target.type);
    check_cap(&forwarder->target);
    check_caps(forwarder->slot, FORWARDER_SLOTS);
    check_queue(&forwarder->senders);
}

static void check_object(const struct object *object) {
    switch ((enum cap_type)object->type) {
    case CAP_PAGE:
    case CAP_CAPPAGE:
        check_page((const struct page *)object);
        break;
    case CAP_GPT:
        check_gpt((const struct gpt *)object);
        break;
    case CAP_PROCESS:
        check_process((const struct process *)object);
        break;
    case CAP_FORWARDER:
        check_forwarder((const struct forwarder *)object);
        break;
    default:
        check_cap(&((const struct endpoint *)object)->recipient);
    }
}

/* All objects of one kind of storage; how many live is known, for all others are in the free list. */
static void check_storage(enum cap_type type) {
    const struct object_storage storage = storages[type];
    unsigned long live = 0;
    const struct object *object = storage.array;
    for (unsigned long i = 0; i < storage.used;
         i++, object = (const struct object *)((const char *)object + storage.stride)) {
        bool fits = object->type == type || (type == CAP_PAGE && object->type == CAP_CAPPAGE);
        check_that("object type", fits || object->type == CAP_NULL, i, object->type, type);
        if (object->type == CAP_NULL)
            continue;
        live++;
        check_that("object id", object->id > 0 && object->id < storage.next_id, i, object->id, type);
    }
    check_that("free list", !storage.free || storage.free->type == CAP_NULL, (unsigned long)storage.free, type);
    check_that("object count", live + storage.free_count == storage.pool, live, storage.free_count, type);
    const char *next = storage.array;
    for (unsigned long i = 0; i < storage.used; i++, next += storage.stride)
        if (((const struct object *)next)->type != CAP_NULL && (all || type == CAP_PROCESS || (i + turn) % TURNS == 0))
            check_object((const struct object *)next);
}

void check_objects(bool everything) {
    all = everything;
    services = 0;
    turn++;
    for (unsigned type = 0; type < CAP_TYPES; type++)
        if (CAP_SET(type) & CAP_SET_OBJECTS)
            object_storage((enum cap_type)type, &storages[type]);
    check_storage(CAP_PAGE);
    check_storage(CAP_GPT);
    check_that("front handler count", !all || services == front_services_live(), services, front_services_live());
    check_storage(CAP_PROCESS);
    check_storage(CAP_ENDPOINT);
    check_storage(CAP_FORWARDER);
}
