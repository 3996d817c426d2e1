/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fronts: a page that wears one is mapped to a range of the aperture instead of to its frame, in every space. Its
 * holders' capabilities do not change. Of a GPT, parts may wear fronts: whatever is reached through them, page or hole,
 * is mapped to the range of the outermost front on the way. Where that ends is in the front's *root*, the page table
 * that the GPT itself produces: a frame, the range of a front further in, or PTE_HOLE.
 *
 *     process ──PTE──> range of a GPT's front ──root──> range of a page's front ──root──> frame
 */
#ifndef KERNEL_FRONT_H
#define KERNEL_FRONT_H

#include "cap.h"

/* The shared table (platform.h); count is 0 on a machine without facet's devices. */
void front_init(struct front *table, struct page **owners, struct front_handler *handlers, unsigned long count);

bool front_available(void); /* one more could be installed */
/* The page wears a front that a program has put there. */
bool front_of_program(const struct page *page);
bool front_by_program(unsigned long index);
/* Its handler is a process, which is asked about some of these bytes of the page. */
bool front_serves(int front, unsigned long offset, unsigned long size);
/* Of these it is asked about [*from, *to), counted from offset. */
void front_served(int front, unsigned long offset, unsigned long size, unsigned long *from, unsigned long *to);
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
/* Who wears it is being rescinded: it goes, and the host is told if it is the host's. */
void front_lose(int index);

static inline unsigned long front_address(int index) {
    return APERTURE_BASE + ((unsigned long)index << FRONT_SHIFT);
}
/* The front that a page wears is live, and its own. */
bool front_worn(const struct page *page);
/* The page that wears the front whose range has the address; NULL: a GPT does. */
struct page *front_page(unsigned long address);

/* A free one, live from now on; -1: all are in use. */
int front_take(unsigned flags, unsigned long object);
struct front *front_entry(int index);

/* ---- front_part.c: parts of GPTs */

void front_parts_init(struct front_part *parts);
/* The front at an offset of a GPT, -1: none. */
int front_at(const struct gpt *gpt, unsigned long offset);
/* Have all 1 << bits bytes around an offset the same front, or none? */
bool front_uniform(const struct gpt *gpt, unsigned long offset, unsigned bits);
/* DEBUG_OK; DEBUG_ALREADY: exactly this part wears one; DEBUG_OVERLAP: part of it does; DEBUG_TABLE_FULL;
 * DEBUG_NOT_MEMORY: it is no such part. */
enum debug_status front_part_install(struct gpt *gpt, unsigned long start, unsigned long size, unsigned flags,
                                     int *index);
bool front_part_free(const struct gpt *gpt, unsigned long start, unsigned long size); /* it would be installed */
void front_part_remove(int index);
/* It has only `end` bytes from now on: parts that do not lie within go as in front_lose. */
void front_parts_lose(struct gpt *gpt, unsigned long end);
/* For kernel_check: what the front table says of them; where their roots are. */
bool front_parts_worn(const struct gpt *gpt);
bool front_roots_right(struct gpt *gpt);
/* What is at an offset of a front's range. */
unsigned long front_part_offset(int index, unsigned long offset);
struct gpt *front_gpt(int index); /* NULL: a page wears it */
/* The table of that level is its root; it is none any more, whoever's. */
void front_set_root(int index, const unsigned long *entry);
void front_forget_root(const struct gpt *gpt, const unsigned long *entry);

#endif
