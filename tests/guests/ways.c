/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ways: processes that get at one page by different ways, or not quite. tests/cli/test_authority.sh stops it in look()
 * and asks the debugger. Needs --grant range --grant debug.
 *
 *     deep      space: a chain of 31 GPTs, then the page; 32 capabilities are as many as a traversal follows
 *     deeper    space: one more GPT in front of that
 *     weak      c2: a weak CapPage, in its slot 100 a weak one, in its slot 5 the page
 *     opaque    c2: an opaque GPT, in its slot 3 the page, not executable
 *     parent    c2: the process `deep`
 *     far       space: a GPT with a background, in slot 2 a window to its second page, which is the page
 *     near      space: a GPT, in slot 9 the page behind guard 1 (no address passes), in slot 4 a window to its slot 7:
 * the page, read-only none      nothing
 */
#include "check.h"

enum {
    R_PAGE = CR_FREE,
    R_ENDPOINT,
    R_ENTRY,
    R_UPPER,
    R_GPT,
    R_CAPS,
    R_CHILD,
    R_FORWARDER,
    R_DEEP,
};
enum { DEEP, DEEPER, WEAK, OPAQUE, PARENT, FAR, NEAR, NONE, CHILDREN };
unsigned long page_id;
unsigned long looked;

__attribute__((noinline)) static void look(void) {
    looked++;
    __asm__ volatile("" ::: "memory");
}

static void set(unsigned gpt, unsigned long slot, unsigned cap) {
    check("set a slot", facet_set(gpt, OP_GPT_SET, slot, cap), RC_OK);
}

static void space(unsigned child, unsigned gpt) {
    check("set a space", facet_set(child, OP_PROCESS_SET_SPACE, 0, gpt), RC_OK);
}

static void give(unsigned cap) {
    check("give", facet_set(R_CHILD, OP_PROCESS_SET_CAP, 2, cap), RC_OK);
}

static void reduce(unsigned cap, unsigned long restrictions) {
    check("reduce", facet_get(cap, OP_MEM_REDUCE, restrictions, 0, cap), RC_OK);
}

static void alloc(enum cap_type type, unsigned to) {
    check("allocate", facet_alloc(type, to), RC_OK);
}

/* The page behind `gpts` GPTs, in R_GPT. */
static void chain(unsigned gpts) {
    alloc(CAP_GPT, R_GPT);
    set(R_GPT, 0, R_PAGE);
    while (--gpts) {
        alloc(CAP_GPT, R_UPPER);
        set(R_UPPER, 0, R_GPT);
        check("keep it", facet_get(R_UPPER, OP_MEM_GUARD, 0, 64, R_GPT), RC_OK);
    }
}

static void weak(void) {
    alloc(CAP_CAPPAGE, R_CAPS);
    check("put", facet_set(R_CAPS, OP_CAPPAGE_SET, 5, R_PAGE), RC_OK);
    reduce(R_CAPS, CAP_WK);
    alloc(CAP_CAPPAGE, R_GPT);
    check("put", facet_set(R_GPT, OP_CAPPAGE_SET, 100, R_CAPS), RC_OK);
    reduce(R_GPT, CAP_WK);
    give(R_GPT);
}

static void opaque(void) {
    alloc(CAP_GPT, R_GPT);
    check("keep it", facet_get(R_PAGE, OP_MEM_REDUCE, CAP_NX, 0, R_CAPS), RC_OK);
    set(R_GPT, 3, R_CAPS);
    reduce(R_GPT, CAP_OP);
    give(R_GPT);
}

static void far(void) {
    struct facet_message window = {.word = {2, 0x1000, 12}};
    alloc(CAP_GPT, R_GPT);
    alloc(CAP_GPT, R_UPPER);
    set(R_UPPER, 1, R_PAGE);
    check("set a background", facet_set(R_GPT, OP_GPT_SET_BACKGROUND, 0, R_UPPER), RC_OK);
    check("set a window", facet_call(R_GPT, OP_GPT_SET_WINDOW, &window), RC_OK);
    space(R_CHILD, R_GPT);
}

static void near(void) {
    struct facet_message window = {.word = {4, 0, 12, 7}};
    alloc(CAP_GPT, R_GPT);
    check("guard", facet_get(R_PAGE, OP_MEM_GUARD, 1, 12, R_CAPS), RC_OK);
    set(R_GPT, 9, R_CAPS);
    check("keep it", facet_get(R_PAGE, OP_MEM_REDUCE, CAP_RO, 0, R_CAPS), RC_OK);
    set(R_GPT, 7, R_CAPS);
    check("set a window", facet_call(R_GPT, OP_GPT_SET_LOCAL_WINDOW, &window), RC_OK);
    space(R_CHILD, R_GPT);
}

static void make(int child) {
    alloc(CAP_PROCESS, R_CHILD);
    if (child == DEEP || child == DEEPER) {
        chain(child == DEEP ? 31 : 32);
        space(R_CHILD, R_GPT);
    }
    if (child == DEEP)
        check("remember", facet_set(CR_SELF, OP_PROCESS_SET_CAP, R_DEEP, R_CHILD), RC_OK);
    child == WEAK ? weak() : child == OPAQUE ? opaque() : child == FAR ? far() : child == NEAR ? near() : (void)0;
    if (child == PARENT)
        give(R_DEEP);
}

static void none(void) {
    check("brand", facet_set(R_CHILD, OP_PROCESS_SET_BRAND, 0, R_PAGE), RC_OK);
    alloc(CAP_FORWARDER, R_FORWARDER);
    check("target", facet_set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, R_ENTRY), RC_OK);
    check("slot", facet_set(R_FORWARDER, OP_FORWARDER_SET_SLOT, 6, R_PAGE), RC_OK);
    check("forward", facet_get(R_FORWARDER, OP_FORWARDER_MAKE_FORWARD, FORWARD_SEND_CAP, 0, R_GPT), RC_OK);
    give(R_GPT);
}

int main(void) {
    struct facet_message id = {0};
    alloc(CAP_PAGE, R_PAGE);
    check("id", facet_call(R_PAGE, OP_MEM_ID, &id), RC_OK);
    page_id = id.word[0];
    for (int child = 0; child < CHILDREN; child++)
        make(child);
    make_entry(R_ENDPOINT, CR_SELF, 77, R_ENTRY);
    none();
    struct facet_message swap = {.word = {1}, .send = {R_PAGE, R_ENTRY}};
    check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &swap), RC_OK);
    for (unsigned reg = CR_FREE; reg < R_DEEP; reg++) /* who sees the page is to have it from nobody */
        if (reg != R_ENDPOINT && reg != R_CHILD)
            check("forget", facet_set(CR_SELF, OP_PROCESS_SET_CAP, reg, CR_NULL), RC_OK);
    look();
    return 0;
}
