/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Damages the kernel on purpose, for the tests of kernel_check. The GPT that comes with the request
 * (tests/guests/damage.c) is mapped and has
 *
 *     slot 0  a page, slot 1  a window to its background, slot 2  a page that wears a front, slot 3  a CapPage
 *     slot 4  a stopped process, slot 5  a process that waits to send to the caller, slot 6  one that is ready to run
 *     slot 7  a mapped GPT of 2 MiB that wears a front as a whole; behind it slot 0 is a page, slot 1 a hole that was
 * asked about
 *     slot 8  a forwarder that is blocked, before which a process waits
 */
#include "cap.h"
#include "check.h"
#include "front.h"
#include "process.h"
#include "table.h"

#ifdef FACET_DEBUG

static struct object *slot_object(const struct gpt *gpt, unsigned slot) {
    return gpt->slot[slot].object;
}

static struct process *slot_process(const struct gpt *gpt, unsigned slot) {
    return (struct process *)slot_object(gpt, slot);
}

static void damage_object(enum damage damage, struct gpt *gpt) {
    struct object_storage storage;
    object_storage(CAP_GPT, &storage);
    if (damage == DAMAGE_OBJECT_TYPE)
        gpt->header.type = CAP_ENDPOINT;
    else if (damage == DAMAGE_OBJECT_ID)
        gpt->header.id = 0;
    else if (damage == DAMAGE_OBJECT_LOST)
        gpt->header.type = CAP_NULL;
    else
        storage.free->type = CAP_GPT;
}

static void damage_cap(enum damage damage, struct gpt *gpt) {
    struct cap *cap = &gpt->slot[0];
    if (damage == DAMAGE_CAP_TYPE)
        cap->type = 99;
    else if (damage == DAMAGE_CAP_RESTRICTIONS)
        cap->restr |= 0x80;
    else if (damage == DAMAGE_CAP_OBJECT)
        cap->object = (struct object *)((char *)cap->object + 8);
    else if (damage == DAMAGE_CAP_OTHER_TYPE)
        cap->type = CAP_CAPPAGE;
    else if (damage == DAMAGE_CAP_COUNT)
        cap->alloc++;
    else if (damage == DAMAGE_CAP_GUARD)
        cap->l2g = PAGE_SHIFT - 1;
    else if (damage == DAMAGE_CAP_MATCH)
        cap->match = 1; /* l2g is 64 */
    else if (damage == DAMAGE_CAP_WINDOW)
        gpt->slot[1].payload |= 1;
    else if (damage == DAMAGE_CAP_IN_CAPPAGE)
        ((struct cap *)page_data((struct page *)slot_object(gpt, 3)))[CAPPAGE_SLOTS - 1].type = 99;
    else
        current_process->reg[0] = *cap;
}

static void damage_front(enum damage damage, struct page *page) {
    if (damage == DAMAGE_PAGE_FRONT)
        page->front++;
    else if (damage == DAMAGE_FRONT_HANDLER)
        front_serve(page->front, &(struct front_service){.entry = cap_make(CAP_PAGE, page), .high = PAGE_SIZE});
    else if (damage == DAMAGE_FRONT_HANDLERS)
        front_entry(page->front)->high = PAGE_SIZE;
    else if (damage == DAMAGE_FRONT_HANDLER_COUNT)
        front_serve(front_take(0, page->header.id), &(struct front_service){.entry = cap_null, .high = PAGE_SIZE});
    else
        front_handler_at(page->front)->holder = current_process;
}

static void damage_process(enum damage damage, struct gpt *gpt) {
    struct process *stopped = slot_process(gpt, 4), *sending = slot_process(gpt, 5), *ready = slot_process(gpt, 6);
    if (damage == DAMAGE_QUEUE_LINK)
        sending->queue_prev = sending;
    else if (damage == DAMAGE_QUEUE_STATE)
        sending->state = PROCESS_WAITING;
    else if (damage == DAMAGE_QUEUE_LOST_RUNNABLE)
        queue_remove(ready);
    else if (damage == DAMAGE_QUEUE_LOST_SENDER)
        queue_remove(sending);
    else if (damage == DAMAGE_PROCESS_FAULT)
        stopped->state = PROCESS_FAULTED;
    else if (damage == DAMAGE_PROCESS_BLOCKED)
        stopped->state = PROCESS_BLOCKED;
    else if (damage == DAMAGE_PROCESS_SYSCALL)
        stopped->syscall = NULL;
    else if (damage == DAMAGE_PROCESS_TOLD)
        ready->told = stopped;
    else
        stopped->cr3 = physical(gpt->products->entry);
}

/* The last-level table that maps a GPT's slots, its entry for slot 0, and what links to the table. */
static void damage_entry(enum damage damage, struct gpt *gpt) {
    struct table *table = gpt->products;
    while (table->level > 1)
        table = table->next_product;
    const struct depend *link = table->header.depends;
    if (damage == DAMAGE_ENTRY_FRAME)
        table->entry[0] ^= PAGE_SIZE;
    else if (damage == DAMAGE_ENTRY_RIGHTS)
        table->entry[0] ^= PTE_W;
    else if (damage == DAMAGE_ENTRY_UPPER)
        ((struct table *)link->holder)->entry[link->base] ^= PTE_W;
    else if (damage == DAMAGE_DEPEND_ORPHAN)
        table->entry[0] = 0;
    else if (damage == DAMAGE_TABLE_OFFSET)
        table->offset += 1ul << 30;
    else if (damage == DAMAGE_TABLE_RESTRICTIONS)
        ((struct table *)link->holder)->from.restr |= CAP_NX;
    else if (damage == DAMAGE_TABLE_NO_BACKGROUND)
        gpt->has_background = false;
    else if (damage == DAMAGE_TABLE_BACKGROUND)
        table->from.background = NULL;
    else if (damage == DAMAGE_DEPEND_TABLE)
        table->header.depends->base++;
    else
        gpt->products = NULL;
}

static struct depend *depend_of(const struct object *key, bool window) {
    struct depend *entry = key->depends;
    while ((entry->slot != DEPEND_ANY) != window)
        entry = entry->next_of_key;
    return entry;
}

static void damage_depend(enum damage damage, struct gpt *gpt) {
    struct depend *entry = depend_of(&gpt->header, false);
    if (damage == DAMAGE_DEPEND_SLOT)
        entry->base++;
    else if (damage == DAMAGE_DEPEND_WINDOW)
        depend_of(&gpt->header, true)->slot = 0;
    else if (damage == DAMAGE_DEPEND_PAGE)
        slot_object(gpt, 0)->depends->base++;
    else if (damage == DAMAGE_DEPEND_LINK)
        entry->link_of_holder = NULL;
    else if (damage == DAMAGE_DEPEND_KEY)
        entry->key = slot_object(gpt, 0);
    else if (damage == DAMAGE_DEPEND_HOLDER)
        depend_add(&gpt->header, entry->holder, -100, 0), gpt->header.depends->holder = &current_process->header;
    else if (damage == DAMAGE_DEPEND_SHIFT)
        depend_add(&gpt->header, entry->holder, -100, 7);
    else
        kernel_info.depend_live++;
}

/* The GPT of slot 7: its product behind the front, which processes use, or the root of the front. */
static struct table *product_of(const struct gpt *gpt, bool behind) {
    struct table *table = gpt->products;
    while ((table->from.front >= 0) != behind || table->level > 1)
        table = table->next_product;
    return table;
}

static void damage_part(enum damage damage, const struct gpt *gpt) {
    struct front *front = front_entry(gpt->front);
    if (damage == DAMAGE_FRONT_PART)
        front->object++;
    else if (damage == DAMAGE_FRONT_ROOT)
        front->root ^= 8;
    else if (damage == DAMAGE_FRONT_HOLE)
        product_of(gpt, false)->entry[0] = PTE_HOLE;
    else if (damage == DAMAGE_FRONT_TABLE)
        product_of(gpt, true)->from.inside ^= true;
    else
        for (struct depend *entry = slot_object(gpt, 0)->depends; entry; entry = entry->next_of_key)
            entry->base += entry->slot == DEPEND_BEHIND;
}

static void damage_forwarder(enum damage damage, struct forwarder *forwarder) {
    if (damage == DAMAGE_FORWARDER_TARGET)
        forwarder->target = cap_make(CAP_FORWARDER, forwarder);
    else if (damage == DAMAGE_FORWARDER_ROUTE)
        forwarder->blocked = false;
    else
        forwarder->senders.first->brand.type = 99;
}

void kernel_damage(enum damage damage, struct gpt *gpt) {
    kernel_check_all();
    if (damage >= DAMAGE_FORWARDER_TARGET)
        damage_forwarder(damage, (struct forwarder *)slot_object(gpt, 8));
    else if (damage <= DAMAGE_OBJECT_FREE)
        damage_object(damage, gpt);
    else if (damage <= DAMAGE_CAP_REGISTER_0)
        damage_cap(damage, gpt);
    else if (damage <= DAMAGE_FRONT_HOLDER)
        damage_front(damage, (struct page *)slot_object(gpt, 2));
    else if (damage >= DAMAGE_FRONT_PART)
        damage_part(damage, (struct gpt *)slot_object(gpt, 7));
    else if (damage <= DAMAGE_PROCESS_TABLE)
        damage_process(damage, gpt);
    else if (damage == DAMAGE_ENTRY_KERNEL)
        ((unsigned long *)direct(current_process->cr3))[300] = PAGE_SIZE;
    else if (damage >= DAMAGE_DEPEND_SLOT && damage <= DAMAGE_DEPEND_COUNT && damage != DAMAGE_DEPEND_TABLE &&
             damage != DAMAGE_DEPEND_ORPHAN)
        damage_depend(damage, gpt);
    else
        damage_entry(damage, gpt);
}

#else

void kernel_damage(enum damage damage, struct gpt *gpt) {
    (void)damage, (void)gpt;
}

#endif
