/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pages and GPTs, for the program and for the personality, come from the bank and go back to it several at a time: a
 * message for each would cost more than all the rest. When the bank refuses, the last one counts: what was to go back
 * goes, and what lies on another shelf is used.
 *
 *     R_STOCK    slots   0 …  31 Pages, CAP_NX       R_WASTE    slots 0 … 63: what is to be rescinded
 *                       32 …  63 Pages
 *                       64 …  95 GPTs
 */
#include "internal.h"

#define SHELF 32u /* slots */
#define WASTE 64u

enum { DATA, CODE, NODES, SHELVES };
static struct shelf {
    unsigned char type, restrictions;
    unsigned char count; /* there are now */
    unsigned char batch; /* how many it gets next */
} shelves[SHELVES] FREQUENT_DATA = {{CAP_PAGE, CAP_NX, 0, 4}, {CAP_PAGE, 0, 0, 4}, {CAP_GPT, 0, 0, 4}};
static unsigned wasted FREQUENT_DATA;

static void cappage_make(unsigned to) {
    struct facet_message m = {.word = {CAP_CAPPAGE}, .recv = {(unsigned char)to}};
    must_call(INIT_RANGE, OP_RANGE_ALLOC, &m);
}

void stock_start(void) {
    cappage_make(R_STOCK);
    cappage_make(R_WASTE);
}

/* Everything that is to go back goes. 0: there was nothing. */
static int waste_empty(void) {
    struct facet_message m = {.word = {0, wasted}, .send = {R_WASTE}};
    if (!wasted)
        return 0;
    must_call(INIT_RANGE, OP_BANK_RESCIND_MANY, &m);
    if (m.word[0] != wasted)
        linux_fail("the bank does not take back what it gave");
    wasted = 0;
    return 1;
}

/* As many as there are, from the next batch down to one. */
static int fill(unsigned which) {
    struct shelf *shelf = &shelves[which];
    for (unsigned count = shelf->batch; count > 0; count /= 2) {
        struct facet_message m = {.word = {shelf->type, shelf->restrictions, which * SHELF, count}, .send = {R_STOCK}};
        if (facet_call(INIT_RANGE, OP_BANK_ALLOC_MANY, &m) == RC_OK) {
            shelf->count = (unsigned char)count;
            shelf->batch = (unsigned char)(count * 2 < SHELF ? count * 2 : SHELF);
            return 1;
        }
        if (waste_empty())
            count *= 2;
    }
    return 0;
}

FREQUENT static int take(unsigned which, unsigned to) {
    struct shelf *shelf = &shelves[which];
    if (!shelf->count && !fill(which))
        return 0;
    struct facet_message m = {.word = {which * SHELF + --shelf->count}, .recv = {(unsigned char)to}};
    must_call(R_STOCK, OP_CAPPAGE_GET, &m);
    return 1;
}

FREQUENT int stock_page(int executable, unsigned to) {
    struct facet_message renew = {.send = {(unsigned char)to}, .recv = {(unsigned char)to}};
    if (take(executable ? CODE : DATA, to))
        return 1;
    if (!take(executable ? DATA : CODE, to))
        return 0;
    must_call(INIT_RANGE, OP_RANGE_RENEW, &renew);
    return 1;
}

FREQUENT int stock_gpt(unsigned to) {
    return take(NODES, to);
}

FREQUENT void stock_rescind(unsigned from) {
    struct facet_message m = {.word = {wasted++}, .send = {(unsigned char)from}};
    must_call(R_WASTE, OP_CAPPAGE_SET, &m);
    if (wasted == WASTE)
        waste_empty();
}

unsigned long stock_used(void) {
    struct facet_message m = {0};
    must_call(INIT_RANGE, OP_BANK_USAGE, &m);
    return m.word[0] * PAGE_SIZE;
}
