/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The personality's own memory beyond its image: pages of the bank, put into its own space one after the other.
 *
 *     INIT_SPACE slot INIT_SLOT_FREE --guard--> l2v 24 -> l2v 20 -> l2v 16 -> l2v 12 -> pages: 256 MiB at most
 */
#include "linux.h"

#define POOL ((unsigned char *)((unsigned long)INIT_SLOT_FREE << INIT_SLOT_BITS))
#define POOL_BITS 28u
#define SLOT_BITS 4u
#define SLOTS 16ul

static unsigned long pool_mapped, pool_used; /* bytes */

/* A fresh GPT in R_POOL_A; the highest one hangs in INIT_SPACE behind a guard. */
static int level_make(unsigned l2v) {
    return stock_gpt(R_POOL_A) && facet_set(R_POOL_A, OP_GPT_SET_L2V, l2v, CR_NULL) == RC_OK;
}

static int top_make(void) {
    return level_make(POOL_BITS - SLOT_BITS) && facet_get(R_POOL_A, OP_MEM_GUARD, 0, POOL_BITS, R_POOL_A) == RC_OK &&
           facet_set(INIT_SPACE, OP_GPT_SET, INIT_SLOT_FREE, R_POOL_A) == RC_OK;
}

/* A GPT is made when the first address below it comes. Puts what holds the page's GPT into R_POOL_B. */
static int path_make(unsigned long offset) {
    if (offset == 0 && !top_make())
        return 0;
    facet_get(INIT_SPACE, OP_GPT_GET, INIT_SLOT_FREE, 0, R_POOL_B);
    for (unsigned l2v = POOL_BITS - SLOT_BITS; l2v > 12; l2v -= SLOT_BITS) {
        unsigned long slot = offset >> l2v & (SLOTS - 1);
        if ((offset & ((1ul << l2v) - 1)) == 0 &&
            (!level_make(l2v - SLOT_BITS) || facet_set(R_POOL_B, OP_GPT_SET, slot, R_POOL_A) != RC_OK))
            return 0;
        facet_get(R_POOL_B, OP_GPT_GET, slot, 0, R_POOL_B);
    }
    return 1;
}

static int page_add(void) {
    unsigned long offset = pool_mapped;
    if (offset >> POOL_BITS || !path_make(offset) || !stock_page(0, R_POOL_A) ||
        facet_set(R_POOL_B, OP_GPT_SET, offset >> 12 & (SLOTS - 1), R_POOL_A) != RC_OK)
        return 0;
    pool_mapped += PAGE_SIZE;
    return 1;
}

void *pool_alloc(unsigned long size) {
    size = (size + 15) & ~15ul;
    while (pool_used + size > pool_mapped)
        if (!page_add())
            return 0;
    pool_used += size;
    return POOL + pool_used - size;
}
