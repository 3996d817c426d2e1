/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * parts CASE: a program for tests of objects that are more than a page: GPTs, and addresses without memory.
 *
 *     there    64 GiB at 1 << 44 that somebody makes up: loads and stores of all sizes, across pages, by the kernel
 *     grow     the same; then a page comes, goes and comes again in it
 *     tree     a GPT at 2 << 44 with pages, a hole, a read-only page, and a page twice
 *     keys     nodes that are reached behind a front, beside it, and twice: page tables must tell them apart
 *     fault    a load from 1 << 44, or from behind the 64 GiB
 */
#include "check.h"

enum { R_PAGE = CR_FREE, R_OTHER, R_GPT, R_RO, R_NODE, R_BESIDE };
#define MADE_UP (1ul << 44)
#define SIZE (1ul << 36)
#define TREE (2ul << 44)

static volatile unsigned char *byte(unsigned long at) {
    return (volatile unsigned char *)at;
}
static volatile unsigned long *word(unsigned long at) {
    return (volatile unsigned long *)at;
}

static void there(void) {
    unsigned long at = 1;
    for (unsigned i = 0; i < 1000; i++) {
        at = (at * 6364136223846793005ul + 1442695040888963407ul);
        *word(MADE_UP + (at >> 8) % (SIZE - 8)) = at;
        check("what was stored", *word(MADE_UP + (at >> 8) % (SIZE - 8)), at);
    }
    *word(MADE_UP) = 0x1122334455667788;
    *byte(MADE_UP + 1) += 1;
    check("a byte of it", *word(MADE_UP), 0x1122334455667888);
    *word(MADE_UP + 4092) = 0x1234567890abcdef;
    check("across a page", *word(MADE_UP + 4092), 0x1234567890abcdef);
    check("its second half", *byte(MADE_UP + 4096), 0x78);
    *word(MADE_UP + SIZE - 8) = 5;
    __asm__ volatile("lock addq $3, %0" : "+m"(*word(MADE_UP + SIZE - 8)));
    check("the last word", *word(MADE_UP + SIZE - 8), 8);
    for (unsigned i = 0; i < 9; i++)
        *byte(MADE_UP + 8188 + i) = (unsigned char)"made up\n"[i];
    facet_puts((const char *)MADE_UP + 8188); /* the kernel's copy */
}

static void put(unsigned gpt, unsigned long slot, unsigned cap) {
    check("put", facet_set(gpt, OP_GPT_SET, slot, cap), RC_OK);
}

/* A page takes slot 1 of the space, of which the made-up addresses are the beginning. */
static void grow(void) {
    *word(MADE_UP + 8) = 7;
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("guard", facet_get(R_PAGE, OP_MEM_GUARD, 0, 12, R_OTHER), RC_OK);
    put(CR_SPACE, 1, R_OTHER);
    check("the page", *word(MADE_UP + 8), 0);
    *word(MADE_UP + 8) = 9;
    check("beside it", *word(MADE_UP + 4104), 0);
    put(CR_SPACE, 1, CR_NULL);
    check("without it", *word(MADE_UP + 8), 7);
    put(CR_SPACE, 1, R_OTHER);
    check("again", *word(MADE_UP + 8), 9);
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_PAGE), RC_OK);
    check("once it is rescinded", *word(MADE_UP + 8), 7);
}

static __attribute__((noinline)) void ready(void) {
    facet_puts("ready\n");
}

/* Slots 0 and 2: one page; 1: another, read-only; 3: nothing. */
static void tree(void) {
    check("GPT", facet_alloc(CAP_GPT, R_GPT), RC_OK);
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("page", facet_alloc(CAP_PAGE, R_OTHER), RC_OK);
    check("read-only", facet_get(R_OTHER, OP_MEM_REDUCE, CAP_RO, 0, R_RO), RC_OK);
    put(R_GPT, 0, R_PAGE);
    put(R_GPT, 1, R_RO);
    put(R_GPT, 2, R_PAGE);
    put(CR_SPACE, 2, R_GPT);
    *word(TREE) = 3; /* builds tables before the swap */
    ready();
    *word(TREE + 8) = *word(TREE) + 1;
    check("the page again", *word(TREE + 0x2008), 4);
    check("the other", *word(TREE + 0x1000), 0);
    put(R_GPT, 1, R_OTHER);
    *word(TREE + 0x1000) = 6;
    put(R_GPT, 2, CR_NULL);
    put(R_GPT, 2, R_OTHER);
    check("a changed slot", *word(TREE + 0x2000), 6);
    facet_puts("done\n");
}

static void gpt(unsigned to, unsigned long l2v) {
    check("GPT", facet_alloc(CAP_GPT, to), RC_OK);
    check("l2v", facet_set(to, OP_GPT_SET_L2V, l2v, CR_NULL), RC_OK);
}

static void swap_all(unsigned cap, unsigned long bytes) {
    struct facet_message m = {.word = {0, 0, bytes}, .send = {(unsigned char)cap}};
    check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP_PART, &m), RC_OK);
}

/* Where the traversal leads, and then the page tables: to the same. */
static unsigned long leads_to(unsigned long address) {
    struct facet_message m = {.word = {address, ACCESS_LOAD}, .send = {CR_SELF}}, walk = m;
    check("traverse", facet_call(CR_DEBUG, OP_DEBUG_TRAVERSE, &m), RC_OK);
    check("walk", facet_call(CR_DEBUG, OP_DEBUG_WALK, &walk), RC_OK);
    check("page tables", walk.word[0], m.word[0]);
    return m.word[0];
}

/* One node of 2 MiB, whose page table might be shared, in two slots behind a front and in one beside it. */
static void keys(void) {
    unsigned long front = 3ul << 44, beside = 4ul << 44, around = 5ul << 44;
    gpt(R_NODE, 17);
    gpt(R_GPT, 21);
    gpt(R_BESIDE, 21);
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    put(R_NODE, 0, R_PAGE);
    put(R_GPT, 0, R_NODE);
    put(R_GPT, 1, R_NODE);
    put(R_BESIDE, 0, R_NODE);
    put(CR_SPACE, 3, R_GPT);
    put(CR_SPACE, 4, R_BESIDE);
    swap_all(R_GPT, 1ul << 25);
    unsigned long frame = leads_to(beside), first = leads_to(front);
    check("a frame", frame < 1ul << 51, 1);
    check("a front", first >= 1ul << 51, 1);
    check("its second slot", leads_to(front + (1ul << 21)), first + (1ul << 21));
    check("beside it", leads_to(beside), frame);
    /* A window leads out, to a background that was passed before. */
    struct facet_message window = {.word = {1, 0, 12}};
    gpt(R_BESIDE, 30);
    gpt(R_NODE, 12);
    check("background", facet_set(R_BESIDE, OP_GPT_SET_BACKGROUND, 0, R_PAGE), RC_OK);
    check("window", facet_call(R_NODE, OP_GPT_SET_WINDOW, &window), RC_OK);
    put(R_BESIDE, 0, R_NODE);
    put(CR_SPACE, 5, R_BESIDE);
    swap_all(R_NODE, 1ul << 16);
    check("through the window", leads_to(around + 4096), frame);
    check("a hole beside it", leads_to(around + 8192) >= 1ul << 51, 1);
}

int main(int argc, char **argv) {
    char what = argc > 1 ? argv[1][0] : 't';
    if (what == 'k')
        keys();
    else if (what == 'g')
        grow();
    else if (what == 'f')
        return *byte(MADE_UP + (argc > 2 ? SIZE : 0));
    else if (argc > 1 && argv[1][1] == 'r')
        tree();
    else
        there();
    return 0;
}
