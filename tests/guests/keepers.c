/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * keepers: the pager and the virtual copy space of kernel/domain/, each a process that keeps regions of this program's
 * space. This program just loads and stores; what it must find is what plain memory would hold.
 */
#include "../../kernel/domain/copyspace.h"
#include "../../kernel/domain/pager.h"
#include "probe.h"

enum {
    R_PAGER = CR_FREE,
    R_ENDPOINT,
    R_ENTRY,
    R_WINDOW,
    R_CAPS,
    R_SITE, /* two of them */
    R_SITE_1,
    R_PROBE,
    R_KEEPER_ENDPOINT,
    R_KEEPER,
    R_COPIER,
    R_ORIGINAL,
    R_COPY,
    R_LOWER,
    R_TEMP,
};
#define AT(slot) ((slot) << 44)
#define SITE(s) AT(1ul + (s))
#define PAGER_WINDOW AT(3ul)
#define COPIER_WINDOW AT(4ul)
#define ORIGINAL AT(5ul)
#define COPY AT(6ul)
#define PAGE 4096ul

static unsigned long pager_stack[512], copier_stack[512];
static struct pager pager = {.window = (unsigned char *)PAGER_WINDOW, .sites = 2};
static struct copyspace copier = {
    .window = (unsigned char *)COPIER_WINDOW, .original = (const unsigned char *)ORIGINAL, .l2v = 16};

static volatile unsigned long *word(unsigned long address) {
    return (volatile unsigned long *)address;
}

/* Counted by another process. */
static unsigned long count(const volatile unsigned long *counter) {
    return *counter;
}

static void node(unsigned to, unsigned long l2v) {
    check("allocate a GPT", facet_alloc(CAP_GPT, to), RC_OK);
    check("set its l2v", facet_set(to, OP_GPT_SET_L2V, l2v, CR_NULL), RC_OK);
}

static void set(unsigned gpt, unsigned long slot, unsigned cap) {
    check("set a slot", facet_set(gpt, OP_GPT_SET, slot, cap), RC_OK);
}

static void give(unsigned process, unsigned long reg, unsigned cap) {
    check("give a capability", facet_set(process, OP_PROCESS_SET_CAP, reg, cap), RC_OK);
}

/* A keeper: a process in this space that begins at `start` with one argument and holds what it is given, nothing else.
 */
static void keeper_make(unsigned to, void *start, void *argument, void *stack_top, unsigned long window,
                        unsigned pages) {
    struct facet_regs regs = {.rip = (unsigned long)start, .rdi = (unsigned long)argument, .rflags = 0x202};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    regs.rsp = (unsigned long)stack_top - 8;
    check("allocate a process", facet_alloc(CAP_PROCESS, to), RC_OK);
    check("space", facet_set(to, OP_PROCESS_SET_SPACE, 0, CR_SPACE), RC_OK);
    check("registers", facet_call(to, OP_PROCESS_SET_REGS, &m), RC_OK);
    node(R_WINDOW, 12);
    set(CR_SPACE, window >> 44, R_WINDOW);
    give(to, K_RANGE, CR_RANGE);
    give(to, K_WINDOW, R_WINDOW);
    give(to, K_PAGES, pages);
}

/* Whatever faults in the GPT in `kept` goes to the keeper, which starts. */
static void keep(unsigned keeper, unsigned kept, unsigned long payload) {
    make_entry(R_ENDPOINT, keeper, payload, R_ENTRY);
    check("set the keeper", facet_set(kept, OP_GPT_SET_KEEPER, 0, R_ENTRY), RC_OK);
}

static unsigned long frame(unsigned long address) {
    struct facet_message m = {.word = {address, ACCESS_LOAD}, .send = {CR_SPACE}};
    check("traverse", facet_call(CR_DEBUG, OP_DEBUG_TRAVERSE, &m), RC_OK);
    return m.word[1] == FAULT_NONE ? m.word[0] & ~(PAGE - 1) : 0;
}

/* ---- Pager */

static void pager_start(void) {
    check("allocate a CapPage", facet_alloc(CAP_CAPPAGE, R_CAPS), RC_OK);
    keeper_make(R_PAGER, pager_main, &pager, pager_stack + 512, PAGER_WINDOW, R_CAPS);
    for (unsigned site = 0; site < 2; site++) {
        node(R_SITE + site, 12);
        give(R_PAGER, K_SITE + site, R_SITE + site);
        keep(R_PAGER, R_SITE + site, site);
        set(CR_SPACE, SITE(site) >> 44, R_SITE + site);
    }
    check("start", facet_set(R_PAGER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static void pager_moves(void) {
    check("nothing is there yet", frame(SITE(0)), 0);
    *word(SITE(0) + 3 * PAGE) = 11;
    check("only who stored has it", frame(SITE(1) + 3 * PAGE), 0);
    check("the other site loads it", *word(SITE(1) + 3 * PAGE), 11);
    check("a page of its own", frame(SITE(0) + 3 * PAGE) != frame(SITE(1) + 3 * PAGE), 1);
    check("copied once", count(&pager.copied), 1);
    *word(SITE(1) + 3 * PAGE + 8) = 12;
    check("the first site has lost it", frame(SITE(0) + 3 * PAGE), 0);
    check("no need to copy", count(&pager.copied), 1);
    check("what was stored there", *word(SITE(0) + 3 * PAGE + 8), 12);
    check("and before", *word(SITE(0) + 3 * PAGE), 11);
    check("copied back", count(&pager.copied), 2);
    check("a page that nobody stored to", *word(SITE(1) + 15 * PAGE), 0);
    passed("the pager moves pages to who needs them");
}

/* Random loads and stores at both sites: as one memory would answer. */
static void pager_random(void) {
    static unsigned long memory[PAGER_PAGES][2];
    unsigned long state = 12345;
    memory[3][0] = 11;
    memory[3][1] = 12;
    for (int i = 0; i < 2000; i++) {
        state = state * 6364136223846793005 + 1442695040888963407;
        unsigned long page = state >> 40 & 15, site = state >> 44 & 1, w = state >> 45 & 1;
        volatile unsigned long *address = word(SITE(site) + page * PAGE + w * 8);
        if (state >> 46 & 1)
            *address = memory[page][w] = state;
        else
            check("a load", *address, memory[page][w]);
    }
    check("it had to copy", count(&pager.copied) > 100 && count(&pager.revoked) > 100, 1);
    passed("two sites are one memory");
}

static void pager_declines(void) {
    check("beyond its pages", probe_reach(R_PROBE, SITE(0) + 16 * PAGE), FAULT_INVALID_ADDRESS);
    check("another process loads", probe_reach(R_PROBE, SITE(0) + 3 * PAGE), REACHED);
    check("the same", probe_loaded, *word(SITE(1) + 3 * PAGE));
    check("another process stores", probe_write(R_PROBE, SITE(0) + 3 * PAGE, 77), REACHED);
    check("this one sees it", *word(SITE(1) + 3 * PAGE), 77);
    passed("other processes, and what the pager declines");
}

/* ---- Virtual copy */

static void original_make(void) {
    node(R_ORIGINAL, 16);
    set(CR_SPACE, ORIGINAL >> 44, R_ORIGINAL);
    for (unsigned long upper = 0; upper < 2; upper++) {
        node(R_LOWER, 12);
        set(R_ORIGINAL, upper * 5, R_LOWER);
        for (unsigned long n = 0; n < 3; n++) {
            check("allocate a page", facet_alloc(CAP_PAGE, R_TEMP), RC_OK);
            set(R_LOWER, n, R_TEMP);
            for (unsigned long i = 0; i < PAGE; i += 8)
                *word(ORIGINAL + (upper * 5 << 16) + n * PAGE + i) = upper << 40 | n << 32 | i;
        }
    }
    check("reduce", facet_get(R_ORIGINAL, OP_MEM_REDUCE, CAP_RO | CAP_WK, 0, R_ORIGINAL), RC_OK);
}

static void copy_start(void) {
    check("allocate the copy", facet_alloc(CAP_GPT, R_COPY), RC_OK);
    check("begin", copyspace_begin(R_COPY, R_ORIGINAL, 16), RC_OK);
    keeper_make(R_COPIER, copyspace_main, &copier, copier_stack + 512, COPIER_WINDOW, R_COPY);
    keep(R_COPIER, R_COPY, 0);
    set(CR_SPACE, COPY >> 44, R_COPY);
    check("start", facet_set(R_COPIER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static void same_content(const char *what, unsigned long page) {
    for (unsigned long i = 0; i < PAGE; i += 8)
        check(what, *word(COPY + page + i), *word(ORIGINAL + page + i));
}

static void copy_on_write(void) {
    unsigned long page = (5ul << 16) + 1 * PAGE, next = page + PAGE, far = 2 * PAGE;
    same_content("reads as the original", page);
    check("for it is the original", frame(COPY + page), frame(ORIGINAL + page));
    *word(COPY + page + 0x120) = 1;
    check("one page copied", count(&copier.copied), 1);
    check("what was stored", *word(COPY + page + 0x120), 1);
    check("not in the original", *word(ORIGINAL + page + 0x120), 1ul << 40 | 1ul << 32 | 0x120);
    check("another frame", frame(COPY + page) != frame(ORIGINAL + page), 1);
    *word(COPY + page + 0x120) = *word(ORIGINAL + page + 0x120);
    same_content("the rest was copied", page);
    check("no more is copied", count(&copier.copied), 1);
    check("its neighbour is shared", frame(COPY + next), frame(ORIGINAL + next));
    check("others are", frame(COPY + far), frame(ORIGINAL + far));
    *word(COPY + next + 8) = 2;
    *word(COPY + far) = 3;
    check("three pages copied", count(&copier.copied), 3);
    check("a hole stays one", probe_reach(R_PROBE, COPY + (5ul << 16) + 3 * PAGE), FAULT_INVALID_ADDRESS);
    check("also for stores", probe_write(R_PROBE, COPY + (1ul << 16), 1), FAULT_INVALID_ADDRESS);
    check("another process stores", probe_write(R_PROBE, COPY + PAGE, 4), REACHED);
    check("this one sees it", *word(COPY + PAGE), 4);
    check("the original", *word(ORIGINAL + PAGE), 1ul << 32);
    passed("a virtual copy copies what is stored to");
}

/* A copy of the copy: faults are its own keeper's, not that of what it is a copy of. */
static void copy_of_copy(void) {
    unsigned long page = 5ul << 16, stored = page + 2 * PAGE;
    set(CR_SPACE, ORIGINAL >> 44, R_COPY);
    check("reduce", facet_get(R_COPY, OP_MEM_REDUCE, CAP_RO | CAP_WK, 0, R_ORIGINAL), RC_OK);
    check("stop the first keeper", facet_set(R_COPIER, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    copier.copied = 0;
    copy_start();
    check("reads what the copy has", *word(COPY + stored + 8), 2);
    check("and what that has not copied", *word(COPY + page + 8), 1ul << 40 | 8);
    *word(COPY + stored + 8) = 5;
    *word(COPY + page + 8) = 6;
    check("two pages copied", count(&copier.copied), 2);
    check("the first copy", *word(ORIGINAL + stored + 8), 2);
    check("the first copy", *word(ORIGINAL + page + 8), 1ul << 40 | 8);
    passed("a copy of a copy");
}

int main(void) {
    make_entry(R_KEEPER_ENDPOINT, CR_SELF, 1, R_KEEPER);
    probe_make(R_PROBE, R_KEEPER);
    pager_start();
    pager_moves();
    pager_random();
    pager_declines();
    original_make();
    copy_start();
    copy_on_write();
    copy_of_copy();
    return 0;
}
