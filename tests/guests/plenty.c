/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * plenty [ROUNDS]: as many pages as there are, one behind the other in the space, each stored to once a round. Prints
 * how many MiB they are and what ran out: pages (type 1) or GPTs (3).
 */
#include "check.h"

enum { R_PAGE = CR_FREE, R_NODE };
#define L2V_ROOT 44
#define BASE (2ul << L2V_ROOT)
enum { L2V_LEAF = 12, L2V_BITS = 4, LEVELS = 8 };

/* The GPT of each level into which pages are being put; level 0 holds pages. */
static unsigned node_at(unsigned level) {
    return R_NODE + level;
}

/* Before page n: a fresh GPT on each level that begins there. False: none is left. */
static unsigned nodes_make(unsigned long n) {
    for (unsigned level = LEVELS; level-- > 0;) {
        if (n & ((1ul << L2V_BITS * (level + 1)) - 1))
            continue;
        if (facet_alloc(CAP_GPT, node_at(level)) != RC_OK)
            return 0;
        check("l2v", facet_set(node_at(level), OP_GPT_SET_L2V, L2V_LEAF + L2V_BITS * level, CR_NULL), RC_OK);
        unsigned above = level + 1 == LEVELS ? CR_SPACE : node_at(level + 1);
        unsigned long slot = level + 1 == LEVELS ? BASE >> L2V_ROOT : n >> L2V_BITS * (level + 1) & 15;
        check("insert a GPT", facet_set(above, OP_GPT_SET, slot, node_at(level)), RC_OK);
    }
    return 1;
}

int main(int argc, char **argv) {
    unsigned long n = 0, rounds = argc > 1 ? parse_number(argv[1]) : 1;
    enum cap_type out = CAP_GPT;
    while (nodes_make(n)) {
        if (facet_alloc(CAP_PAGE, R_PAGE) != RC_OK) {
            out = CAP_PAGE;
            break;
        }
        check("insert a page", facet_set(node_at(0), OP_GPT_SET, n++ & 15, R_PAGE), RC_OK);
    }
    for (unsigned long round = 0; round < rounds; round++)
        for (unsigned long i = 0; i < n; i++)
            *(volatile unsigned long *)(BASE + i * 4096) = i;
    facet_puts("MiB: ");
    print_number(n / 256, 10);
    facet_puts(", then no more of type ");
    print_number(out, 10);
    facet_puts("\n");
    return 0;
}
