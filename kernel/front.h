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
struct front_handler *front_handler_at(int front);
/* It still is what an object with that id wears. */
bool front_wears(int front, unsigned long object);
/* The page that wears it, or NULL. */
struct page *front_page_at(unsigned long index);
/* Who alone may get at what wears it, or NULL. */
struct process *front_holder(int front);
/* The instruction with that ticket holds it; ticket 0: nobody. */
void front_hold(int front, unsigned long object, unsigned long ticket, struct process *holder);
/* enum debug_status: DEBUG_OK, DEBUG_ALREADY (it wears one), DEBUG_TABLE_FULL. *index is set but for the last. */
enum debug_status front_install(struct page *page, unsigned flags, int *index);
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

/* ---- front_serve.c: processes that are asked */

void front_services_init(struct front_service *storage, unsigned long count);
bool front_service_left(void); /* one more could be added */
/* Entry, bytes and flags of *wanted: it is asked before all others of that front. One is left. */
void front_serve(int front, const struct front_service *wanted);
/* The host's, or all of that front, are asked no more; who waits for the front begins again. */
void front_services_end(int front, bool all);
/* In the order in which they are asked. */
struct front_service *front_service_first(int front);
struct front_service *front_service_next(const struct front_service *service);
struct front_service *front_service_find(int front, unsigned long number); /* NULL: it is gone */
/* For kernel_check: the front table says what they are; how many there are. */
bool front_services_right(int front);
unsigned long front_services_live(void);

/* The fronts that an offset of a front's range leads through, that one first, and the memory behind all of them; NULL:
 * a hole. */
#define FRONT_WAY_MAX 32
struct front_place {
    int front;
    unsigned long offset; /* in its range */
};
unsigned front_way(int front, unsigned long offset, struct front_place way[FRONT_WAY_MAX], unsigned char **memory);

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
/* What is at an offset of a front's range: the offset in the GPT. */
unsigned long front_part_offset(int index, unsigned long offset);
unsigned long front_object_offset(int index, unsigned long offset); /* the same, a page's too */
int front_next(int index);                                          /* the next one of the same GPT, -1: none */
struct gpt *front_gpt(int index);                                   /* NULL: a page wears it */
/* The table of that level is its root; it is none any more, whoever's. */
void front_set_root(int index, const unsigned long *entry);
void front_forget_root(const struct gpt *gpt, const unsigned long *entry);

#endif
