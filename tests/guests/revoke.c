/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * revoke: what no longer is reachable by capability is no longer reachable through any page table, at once.
 */
#include "check.h"

enum { R_CHILD = CR_FREE, R_ENDPOINT, R_KEEPER, R_PAGE, R_NODE, R_OTHER, R_COPY, R_RESUME, R_NEW };
#define L2V_ROOT 44
#define SLOT_A 3ul /* two paths to one node */
#define SLOT_B 4ul
#define PAGE_SLOT 6ul
#define ADDRESS(slot) ((slot << L2V_ROOT) + PAGE_SLOT * 4096 + 16)
#define REACHED 0x5afe

static unsigned long child_stack[512];
static volatile unsigned long wanted, loaded;

static void child(void) {
    loaded = *(volatile unsigned long *)wanted;
    for (;;)
        __asm__ volatile("ud2");
}

/* The fault that a load from `address` by another process ends with, or REACHED; then `loaded` has the value. */
static unsigned long reach(unsigned long address) {
    struct facet_regs regs = {
        .rip = (unsigned long)child, .rsp = (unsigned long)(child_stack + 512) - 8, .rflags = 0x202};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    wanted = address;
    check("set registers", facet_call(R_CHILD, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    m = (struct facet_message){.recv = {0, 0, 0, R_RESUME}};
    check("label", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), OP_FAULT);
    return m.word[0] == FAULT_EXCEPTION ? REACHED : m.word[0];
}

static void expect(const char *what, unsigned long address, unsigned long outcome) {
    check(what, reach(address), outcome);
}

static void build(void) {
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("node", facet_alloc(CAP_GPT, R_NODE), RC_OK);
    check("l2v", facet_set(R_NODE, OP_GPT_SET_L2V, 12, CR_NULL), RC_OK);
    check("insert", facet_set(R_NODE, OP_GPT_SET, PAGE_SLOT, R_PAGE), RC_OK);
    check("first path", facet_set(CR_SPACE, OP_GPT_SET, SLOT_A, R_NODE), RC_OK);
    check("second path", facet_set(CR_SPACE, OP_GPT_SET, SLOT_B, R_NODE), RC_OK);
    *(volatile unsigned long *)ADDRESS(SLOT_A) = 77;
    expect("first path", ADDRESS(SLOT_A), REACHED);
    expect("second path", ADDRESS(SLOT_B), REACHED);
    check("the same page", loaded, 77);
}

static void overwritten_slot(void) {
    build();
    check("empty the slot", facet_set(R_NODE, OP_GPT_SET, PAGE_SLOT, CR_NULL), RC_OK);
    expect("first path", ADDRESS(SLOT_A), FAULT_INVALID_ADDRESS);
    expect("second path", ADDRESS(SLOT_B), FAULT_INVALID_ADDRESS);
    passed("an overwritten slot");
}

static void weakened_slot(void) {
    build();
    check("weaken", facet_get(R_NODE, OP_MEM_REDUCE, CAP_RO, 0, R_COPY), RC_OK);
    check("second path", facet_set(CR_SPACE, OP_GPT_SET, SLOT_B, R_COPY), RC_OK);
    expect("first path", ADDRESS(SLOT_A), REACHED);
    *(volatile unsigned long *)ADDRESS(SLOT_A) = 78;
    expect("second path", ADDRESS(SLOT_B), REACHED);
    check("still the same page", loaded, 78);
    passed("a slot with a weaker capability");
}

static void rescinded_page(void) {
    build();
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_PAGE), RC_OK);
    expect("first path", ADDRESS(SLOT_A), FAULT_INVALID_ADDRESS);
    expect("second path", ADDRESS(SLOT_B), FAULT_INVALID_ADDRESS);
    struct facet_message m = {0};
    check("the capability itself", facet_call(R_PAGE, OP_TYPE, &m), RC_OK);
    check("is Null", m.word[0], CAP_NULL);
    check("allocate again", facet_alloc(CAP_PAGE, R_OTHER), RC_OK);
    expect("the frame's next owner is not reached", ADDRESS(SLOT_A), FAULT_INVALID_ADDRESS);
    passed("a rescinded page");
}

static void rescinded_node(void) {
    build();
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_NODE), RC_OK);
    expect("first path", ADDRESS(SLOT_A), FAULT_INVALID_ADDRESS);
    expect("second path", ADDRESS(SLOT_B), FAULT_INVALID_ADDRESS);
    passed("a rescinded node");
}

static void changed_l2v(void) {
    build();
    check("l2v", facet_set(R_NODE, OP_GPT_SET_L2V, 16, CR_NULL), RC_OK);
    expect("first path", ADDRESS(SLOT_A), FAULT_INVALID_ADDRESS);
    expect("the page moved", (SLOT_B << L2V_ROOT) + (PAGE_SLOT << 16) + 16, REACHED);
    check("l2v", facet_set(R_NODE, OP_GPT_SET_L2V, 12, CR_NULL), RC_OK);
    expect("and back", ADDRESS(SLOT_A), REACHED);
    check("a node with large slots", facet_alloc(CAP_GPT, R_OTHER), RC_OK);
    check("l2v", facet_set(R_OTHER, OP_GPT_SET_L2V, 40, CR_NULL), RC_OK);
    check("insert", facet_set(R_OTHER, OP_GPT_SET, 0, R_NODE), RC_OK);
    check("third path", facet_set(CR_SPACE, OP_GPT_SET, SLOT_B, R_OTHER), RC_OK);
    expect("third path", ADDRESS(SLOT_B), REACHED);
    check("l2v", facet_set(R_OTHER, OP_GPT_SET_L2V, 12, CR_NULL), RC_OK);
    expect("which no longer leads there", ADDRESS(SLOT_B), FAULT_INVALID_ADDRESS);
    passed("a changed l2v");
}

/* A node passed on the way to what page tables are made from, not the last one. */
static void rescinded_upper_node(void) {
    build();
    check("upper node", facet_alloc(CAP_GPT, R_OTHER), RC_OK);
    check("l2v", facet_set(R_OTHER, OP_GPT_SET_L2V, 24, CR_NULL), RC_OK);
    check("insert", facet_set(R_OTHER, OP_GPT_SET, 0, R_NODE), RC_OK);
    check("third path", facet_set(CR_SPACE, OP_GPT_SET, SLOT_B, R_OTHER), RC_OK);
    expect("third path", ADDRESS(SLOT_B), REACHED);
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_OTHER), RC_OK);
    expect("third path", ADDRESS(SLOT_B), FAULT_INVALID_ADDRESS);
    expect("first path", ADDRESS(SLOT_A), REACHED);
    passed("a rescinded upper node");
}

/* Two paths to one node, one so long that the node's own slots end just before, and just after, the traversal's limit:
 * tables made over the short path must not serve the long one. */
static void long_path(void) {
    enum { CHAIN = 29 }; /* space, CHAIN nodes, node, page: 32 capabilities */
    build();
    check("inner node", facet_alloc(CAP_GPT, R_OTHER), RC_OK);
    check("its page", facet_set(R_OTHER, OP_GPT_SET, 0, R_PAGE), RC_OK);
    check("insert", facet_set(R_NODE, OP_GPT_SET, PAGE_SLOT + 1, R_OTHER), RC_OK);
    check("copy", facet_get(R_NODE, OP_MEM_GUARD, 0, 64, R_COPY), RC_OK);
    for (int i = 0; i < CHAIN; i++) {
        check("chain", facet_alloc(CAP_GPT, R_NEW), RC_OK);
        check("l2v", facet_set(R_NEW, OP_GPT_SET_L2V, 30, CR_NULL), RC_OK);
        check("insert", facet_set(R_NEW, OP_GPT_SET, 0, R_COPY), RC_OK);
        check("copy", facet_get(R_NEW, OP_MEM_GUARD, 0, 64, R_COPY), RC_OK);
    }
    check("long path", facet_set(CR_SPACE, OP_GPT_SET, SLOT_A, R_COPY), RC_OK);
    expect("a short path, one more", ADDRESS(SLOT_B) + 4096, REACHED);
    expect("32 capabilities", ADDRESS(SLOT_A), REACHED);
    expect("33 capabilities", ADDRESS(SLOT_A) + 4096, FAULT_DEPTH);
    passed("a path that is too long");
}

int main(void) {
    make_entry(R_ENDPOINT, CR_SELF, 1, R_KEEPER);
    make_process(R_CHILD, child, child_stack + 512, CR_NULL, R_KEEPER);
    overwritten_slot();
    weakened_slot();
    rescinded_page();
    rescinded_node();
    changed_l2v();
    rescinded_upper_node();
    long_path();
    return 0;
}
