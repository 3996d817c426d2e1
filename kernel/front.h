/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fronts: a page that wears one is mapped to a range of the aperture instead of to its frame, in every space. Its
 * holders' capabilities do not change.
 */
#ifndef KERNEL_FRONT_H
#define KERNEL_FRONT_H

#include "cap.h"

/* The shared table (platform.h); count is 0 on a machine without facet's devices. */
struct front_handler {
    struct cap entry;       /* Null: none */
    struct process *holder; /* of the page, or NULL */
};
void front_init(struct front *table, struct page **owners, struct front_handler *handlers, unsigned long count);

bool front_available(void); /* one more could be installed */
/* The page wears a front that a program has put there. */
bool front_of_program(const struct page *page);
bool front_by_program(unsigned long index);
/* Its handler is a process, which is asked about some of these bytes of the page. */
bool front_serves(int front, unsigned long offset, unsigned long size);
/* For kernel_check. */
struct front_handler *front_handler_at(int front);
/* The entry to the handler of a page that still wears that front, or NULL. */
struct cap *front_handler(int front, unsigned long object);
struct page *front_page_of(int front, unsigned long object);
/* The page that wears it, or NULL. */
struct page *front_page_at(unsigned long index);
/* Who may get at the page alone, or NULL. */
struct process *front_holder(int front);
/* The instruction with that ticket holds it; ticket 0: nobody. */
void front_hold(int front, unsigned long object, unsigned long ticket, struct process *holder);
/* enum debug_status: DEBUG_OK, DEBUG_ALREADY (it wears one), DEBUG_TABLE_FULL. *index is set but for the last. */
enum debug_status front_install(struct page *page, unsigned flags, int *index);
/* The bytes [low, high) of the page are served by who receives through the entry; Null: by nobody, and who waits begins
 * again. */
void front_set_handler(int index, const struct cap *entry, unsigned low, unsigned high);
enum debug_status front_set_flags(unsigned long index, unsigned flags);
enum debug_status front_remove(unsigned long index);
/* The page is being rescinded: its front goes, and the host is told if it is the host's. */
void front_lose(struct page *page);

static inline unsigned long front_address(int index) {
    return APERTURE_BASE + ((unsigned long)index << FRONT_SHIFT);
}
/* The front that a page wears is live, and its own. */
bool front_worn(const struct page *page);
/* The page behind an aperture address that a page table names. */
struct page *front_page(unsigned long address);

#endif
