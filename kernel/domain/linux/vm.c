/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Page faults: what the regions promise, the space gets when it is asked for.
 */
#include "internal.h"
#include <asm/mman.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/resource.h>

#define STACK_GAP (256 * PAGE_SIZE) /* what is kept free below a stack that grows */

#define STACK_STEP 0x10000ul  /* by how much a stack grows at least */
#define AHEAD_AFTER 4         /* pages touched in a row */
#define AHEAD_ALIGN 0x10000ul /* what one GPT holds */

static unsigned char contents[PAGE_SIZE];

void vm_exhausted(void) {
    say("facet: %s is out of memory: it may have %u KiB (--memory, --grant bank:SIZE)", boot.exe,
        (unsigned)(boot.memory / 1024));
    linux_exit(128 + SIGKILL);
}

FREQUENT unsigned vm_state(unsigned prot) {
    return (prot & (PROT_READ | PROT_WRITE | PROT_EXEC) ? PAGE_R : 0u) | (prot & PROT_WRITE ? PAGE_W : 0u) |
           (prot & PROT_EXEC ? PAGE_X : 0u);
}

/* Shared files are written back page by page: the first store to one is noticed. */
FREQUENT static unsigned state_wanted(const struct area *region, enum access access) {
    unsigned state = vm_state(region->prot);
    if (region->file >= 0 && region->kind & REGION_SHARED && state & PAGE_W)
        state = access == ACCESS_STORE ? state | PAGE_DIRTY : state & ~(unsigned)PAGE_W;
    return state;
}

static int stack_may_reach(const struct area *stack, unsigned long page) {
    return stack->end - page <= limit_of(RLIMIT_STACK) && memory_allowed(stack->start - page, 0) &&
           !region_bytes(page > STACK_GAP ? page - STACK_GAP : 0, stack->start) && region_room(1);
}

/* The region of an address; a stack grows down to it if it may, by a stretch, so that the host is not told too often.
 */
FREQUENT static struct area *region_for(unsigned long address) {
    struct area *region = region_at(address);
    if (!region || region->start <= address)
        return region;
    unsigned long page = address & ~(STACK_STEP - 1);
    if ((region->kind & REGION_KIND) != REGION_STACK)
        return 0;
    if (!stack_may_reach(region, page))
        page = address & PAGE_MASK;
    if (!stack_may_reach(region, page))
        return 0;
    struct area more = *region;
    more.end = region->start;
    more.start = page;
    region_add(&more);
    return region_at(address);
}

/* ---- Pages come */

static int failing_allowed FREQUENT_DATA; /* it is not for a page that is needed */

/* Who touches one fresh page after the other gets more than one at a time. Returns the end of what came. */
FREQUENT static unsigned long bring_ahead(const struct area *region, unsigned long page, unsigned state) {
    static unsigned long last FREQUENT_DATA, run FREQUENT_DATA;
    unsigned long next = page + PAGE_SIZE, end = (page + AHEAD_ALIGN) & ~(AHEAD_ALIGN - 1);
    run = page == last ? run + 1 : 0;
    end = end < region->end ? end : region->end;
    while (run >= AHEAD_AFTER && next < end && !space_state(next) && space_add(next, state, 0))
        next += PAGE_SIZE;
    last = next;
    return next;
}

FREQUENT static int page_bring(const struct area *region, unsigned long page, enum access access) {
    const void *from = 0;
    unsigned state = state_wanted(region, access);
    if (region->shared && region->offset + (page - region->start) >= region->shared_size)
        return 0; /* grown by mremap, which adds no memory to what is shared */
    if (region->file >= 0) {
        if (vm_shared_files > 1)
            vm_files_sync(); /* it may be mapped elsewhere */
        long got = file_map_read(region->file, region->offset + (page - region->start), contents, PAGE_SIZE);
        if (got <= 0)
            return 0;
        memset(contents + got, 0, PAGE_SIZE - (unsigned long)got);
        from = contents;
    }
    if (!space_add(page, state, from)) {
        if (failing_allowed)
            return 0;
        vm_exhausted();
    }
    memory_dirty |= (state & PAGE_DIRTY) != 0;
    space_told(page, from || region->shared ? PAGE_SIZE : bring_ahead(region, page, state) - page);
    return 1;
}

FREQUENT static int allowed(const struct area *region, enum access access) {
    unsigned state = vm_state(region->prot);
    return access == ACCESS_STORE ? state & PAGE_W : access == ACCESS_FETCH ? state & PAGE_X : state & PAGE_R;
}

FREQUENT int vm_fault(unsigned long address, enum access access, unsigned *signal, int *code) {
    struct area *region = address < SPACE_END ? region_for(address) : 0;
    unsigned long page = address & PAGE_MASK;
    *signal = SIGSEGV;
    *code = region ? SEGV_ACCERR : SEGV_MAPERR;
    if (!region || !allowed(region, access))
        return 0;
    unsigned now = space_state(page), wanted = state_wanted(region, access);
    if (now && (wanted & ~now) == 0)
        return 0; /* it is as it should be: not for us */
    if (now) {
        space_protect(page, page + PAGE_SIZE, wanted | (now & PAGE_DIRTY));
        memory_dirty |= (wanted & PAGE_DIRTY) != 0;
        return 1;
    }
    *signal = SIGBUS;
    *code = BUS_ADRERR;
    return page_bring(region, page, access);
}

FREQUENT int vm_touch(unsigned long address, enum access access) {
    unsigned signal;
    int code;
    return vm_fault(address, access, &signal, &code);
}

/* Whether an access to a page would do, once it has been brought. */
FREQUENT static int page_ready(unsigned long page, enum access access) {
    unsigned state = space_state(page), wanted = access == ACCESS_STORE ? PAGE_W : PAGE_R;
    return (state & wanted) || vm_touch(page, access);
}

FREQUENT unsigned long vm_populate(unsigned long address, unsigned long size, int write) {
    unsigned long done = 0;
    if (address >= SPACE_END || size > SPACE_END - address)
        return 0;
    while (done < size && page_ready((address + done) & PAGE_MASK, write ? ACCESS_STORE : ACCESS_LOAD))
        done += PAGE_SIZE - ((address + done) & ~PAGE_MASK);
    return done < size ? done : size;
}

unsigned long vm_bring(unsigned long address, unsigned long size, int write) {
    failing_allowed = 1;
    unsigned long done = vm_populate(address, size, write);
    failing_allowed = 0;
    return done;
}
