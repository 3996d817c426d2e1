/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Page tables as products of GPTs.
 *
 *     level                1: PT    2: PD    3: PDPT   4: PML4    5: a process (one entry: its cr3)
 *     an entry covers      2^12     2^21     2^30      2^39       2^48 bytes    = 2^table_entry_bits(level)
 *
 * A table is made for a *producer*: the deepest GPT that all of the table's addresses reach by the same path. It
 * depends on nothing else but what is in its key, so every space that comes to the same place uses the same table:
 *
 *     (producer, level, offset of the table's first byte in the producer, restrictions gathered, depth, background,
 *      the outermost front passed, and where in its range the table begins)
 *
 * Depth is in the key because the traversal ends after 32 steps; background, the GPT that windows below lead to,
 * because the same producer behind another background is another space. (If the root capability's guard is narrower
 * than an address space, the process itself is the producer.)
 *
 * A *depend* entry says: these entries of the holder were made by following slots of the key:
 *
 *     key                 holder    entries that go when the key changes
 *     GPT, any slot       table     slot s: 1 << shift entries from base + (s << shift), as far as they exist
 *     GPT, by a window    table     its one slot, or background: the one entry `base`
 *     Page                table     the one entry `base`; behind a GPT's front, where the entry does not tell which
 * page it is (DEPEND_BEHIND), it may have gone already GPT, its end        table     the one entry `base`, a hole, as
 * of DEPEND_BEHIND table               table     the one entry `base`: the link from the upper table table, GPT process
 * its cr3
 *
 * Invariant (kernel_check): every present entry, followed again from its table's key, leads to the same place, and
 * everything passed on the way has a depend entry that covers it.
 */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "walk.h"

#define TABLE_ENTRIES 512
#define TABLE_LEVEL_TOP 4
#define TABLE_LEVEL_PROCESS 5
#define TABLE_TYPE 0xff /* in the header, beside enum cap_type */

enum pte { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_A = 32, PTE_D = 64, PTE_LARGE = 128 };
/* PTE_HOLE (platform.h), alone in an entry below a front's root, of any level: nothing is there. */
#define PTE_NX (1ul << 63)
#define PTE_ADDRESS 0x000ffffffffff000ul

struct table {
    struct object header;   /* depends: the entries that link to it */
    struct walk_state from; /* its object is the producer; NULL: the table is free */
    unsigned long offset;
    unsigned level;
    struct table *next_product;
    struct depend *held; /* depend entries about this table's own entries */
    unsigned long *entry;
};

static inline unsigned table_entry_bits(unsigned level) {
    return PAGE_SHIFT + 9 * (level - 1);
}
static inline unsigned table_index(unsigned level, unsigned long address) {
    return (unsigned)(address >> table_entry_bits(level)) % TABLE_ENTRIES;
}

void table_init(struct table *tables, unsigned long count, unsigned long first_frame);
/* Makes sure that `count` tables can be taken without any going. */
void table_reserve(unsigned count);
struct table *table_find(const struct walk_state *from, unsigned level, unsigned long offset);
struct table *table_make(const struct walk_state *from, unsigned level, unsigned long offset);
/* The table in a frame that an upper entry names. */
struct table *table_of_frame(unsigned long frame);
void table_free(struct table *table);
/* Frees all tables that a GPT or process produces. */
void table_free_products(struct object *producer);
/* Frees all tables that belong to what wears the front. */
void table_free_fronted(int front);
/* Frees all tables below a background that a GPT has no longer, or has only now. */
void table_free_backgrounds(const struct gpt *background);

/* Takes an entry out of a table, or a process's cr3 away, with its own depend entry. */
void table_entry_clear(struct object *holder, unsigned index);
/* Set when an entry went that the processor may still have in its TLB, or a process's cr3 changed; the way back to ring
 * 3 then loads cr3. */
extern bool table_tlb_stale;

/* The page tables' answer, as the processor would find it: the last-level entry, 0 if some level is missing. */
unsigned long table_lookup(unsigned long top, unsigned long address);

/* Calls a function for every table there is. */
void table_each(void (*function)(struct table *table));

/* ---- depend.c */

#define DEPEND_ANY 0xff
#define DEPEND_BEHIND 0xfe

struct depend {
    struct object *key, *holder;
    long base;
    unsigned char shift, slot; /* slot: 0…15, WALK_BACKGROUND, DEPEND_ANY, DEPEND_BEHIND */
    struct depend *next_of_key, **link_of_key;
    struct depend *next_of_holder, **link_of_holder;
};

void depend_init(struct depend *entries, unsigned long count);
/* Makes sure that `count` entries can be added without an eviction; evicting removes the mappings concerned. */
void depend_reserve(unsigned count);
/* Records that entries of holder came from slots of key. */
void depend_add(struct object *key, struct object *holder, long base, unsigned shift);
/* Records that the one entry came from that slot, or the background, of key by way of a window; or DEPEND_BEHIND. */
void depend_add_window(struct object *key, struct object *holder, long index, unsigned slot);
/* Removes the record of a single entry: key is a Page or a table. */
void depend_remove(struct object *key, struct object *holder, long base);
bool depend_exists(struct object *key, struct object *holder, long base, unsigned shift, unsigned slot);
/* Removes the mappings made from one slot (WALK_BACKGROUND: from the background), or from anything in the object. */
void depend_invalidate_slot(struct object *key, unsigned slot);
void depend_invalidate(struct object *key);
/* Forgets all that is recorded about a holder's entries, which are gone. */
void depend_forget(struct object *holder);

/* ---- map.c */

/* Enters the page or hole that a traversal has just found for the address into the page tables of a process. */
void map_build(struct process *process, unsigned long address);
/* Enters what is at an offset of a front's range into the tables below its root, and on through fronts further in. */
enum fault map_front(int front, unsigned long offset);
/* A page fault: traverses, then builds, with what is behind a front. walk tells the keeper if there is a fault. */
enum fault map_fault(struct process *process, unsigned long address, enum access access, struct walk *walk);
/* The root capability of a process is about to change, or it ends. */
void map_forget_space(struct process *process);

#endif
