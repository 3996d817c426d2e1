/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * windows: backgrounds, and the two kinds of window that lead to other parts of a space. Each case changes something
 * that a mapping made by way of a window was made from, and looks again.
 *
 *     space, l2v 44   slot SLOT_A, SLOT_B -> … -> small, l2v 12:  slot 2  a page of its own     slot 3  window
 */
#include "probe.h"

enum {
    R_PROBE = CR_FREE,
    R_ENDPOINT,
    R_KEEPER,
    R_SMALL,
    R_OWN,
    R_PAGE_X, /* holds 'X' */
    R_PAGE_Y,
    R_SPACE_X, /* l2v 12, every slot of it page X */
    R_SPACE_Y,
    R_UPPER,
    R_OTHER,
    R_COPY,
};
#define SLOT_A 3ul
#define SLOT_B 4ul
#define LOOKING_GLASS 5ul /* where this program fills pages */
#define AT(slot) ((slot) << 44)
#define OWN 0x2000ul
#define WINDOW 0x3000ul

static void set(unsigned gpt, unsigned long slot, unsigned cap) {
    check("set a slot", facet_set(gpt, OP_GPT_SET, slot, cap), RC_OK);
}

static void background(unsigned gpt, unsigned cap) {
    check("set a background", facet_set(gpt, OP_GPT_SET_BACKGROUND, 0, cap), RC_OK);
}

static void window(unsigned gpt, unsigned long slot, unsigned long offset, unsigned long l2g, unsigned long restr) {
    struct facet_message m = {.word = {slot, offset, l2g | restr << 8}};
    check("set a window", facet_call(gpt, OP_GPT_SET_WINDOW, &m), RC_OK);
}

static void local_window(unsigned gpt, unsigned long slot, unsigned long offset, unsigned long l2g,
                         unsigned long target) {
    struct facet_message m = {.word = {slot, offset, l2g, target}};
    check("set a local window", facet_call(gpt, OP_GPT_SET_LOCAL_WINDOW, &m), RC_OK);
}

static void node(unsigned to, unsigned long l2v) {
    check("allocate a GPT", facet_alloc(CAP_GPT, to), RC_OK);
    check("set its l2v", facet_set(to, OP_GPT_SET_L2V, l2v, CR_NULL), RC_OK);
}

static void page(unsigned to, unsigned long value) {
    check("allocate a page", facet_alloc(CAP_PAGE, to), RC_OK);
    set(CR_SPACE, LOOKING_GLASS, to);
    *(volatile unsigned long *)AT(LOOKING_GLASS) = value;
    set(CR_SPACE, LOOKING_GLASS, CR_NULL);
}

static void sees(const char *what, unsigned long address, unsigned long value) {
    check(what, probe_reach(R_PROBE, address), REACHED);
    check(what, probe_loaded, value);
}

static void faults(const char *what, unsigned long address, enum fault fault) {
    check(what, probe_reach(R_PROBE, address), fault);
}

static void build(void) {
    for (unsigned long slot = SLOT_A; slot <= LOOKING_GLASS; slot++)
        set(CR_SPACE, slot, CR_NULL);
    background(CR_SPACE, CR_NULL);
    page(R_PAGE_X, 'X');
    page(R_PAGE_Y, 'Y');
    page(R_OWN, 'O');
    node(R_SPACE_X, 12);
    node(R_SPACE_Y, 12);
    node(R_SMALL, 12);
    for (unsigned long slot = 0; slot < 16; slot++) {
        set(R_SPACE_X, slot, R_PAGE_X);
        set(R_SPACE_Y, slot, R_PAGE_Y);
    }
    set(R_SMALL, OWN >> 12, R_OWN);
    window(R_SMALL, WINDOW >> 12, 0x5000, 12, 0);
}

/* One subtree below two backgrounds: what it shares must not be what a window leads to. */
static void two_backgrounds(void) {
    build();
    node(R_UPPER, 30);
    node(R_OTHER, 30);
    set(R_UPPER, 0, R_SMALL);
    set(R_OTHER, 0, R_SMALL);
    background(R_UPPER, R_SPACE_X);
    background(R_OTHER, R_SPACE_Y);
    set(CR_SPACE, SLOT_A, R_UPPER);
    set(CR_SPACE, SLOT_B, R_OTHER);
    sees("its own page, first", AT(SLOT_A) + OWN, 'O');
    sees("first", AT(SLOT_A) + WINDOW, 'X');
    sees("second", AT(SLOT_B) + WINDOW, 'Y');
    sees("first again", AT(SLOT_A) + WINDOW, 'X');
    sees("its own page, second", AT(SLOT_B) + OWN, 'O');
    passed("one subtree below two backgrounds");
}

static void changed_background(void) {
    build();
    node(R_UPPER, 30);
    set(R_UPPER, 0, R_SMALL);
    background(R_UPPER, R_SPACE_X);
    set(CR_SPACE, SLOT_A, R_UPPER);
    sees("the first", AT(SLOT_A) + WINDOW, 'X');
    background(R_UPPER, R_SPACE_Y);
    sees("another", AT(SLOT_A) + WINDOW, 'Y');
    set(R_SPACE_Y, 5, R_PAGE_X);
    sees("a slot of it overwritten", AT(SLOT_A) + WINDOW, 'X');
    set(R_SPACE_Y, 6, CR_NULL);
    sees("another slot of it overwritten", AT(SLOT_A) + WINDOW, 'X');
    window(R_SMALL, WINDOW >> 12, 0x6000, 12, 0);
    faults("another offset", AT(SLOT_A) + WINDOW, FAULT_INVALID_ADDRESS);
    window(R_SMALL, WINDOW >> 12, 0x7000, 12, 0);
    sees("a third offset", AT(SLOT_A) + WINDOW, 'Y');
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_SPACE_Y), RC_OK);
    faults("a rescinded one", AT(SLOT_A) + WINDOW, FAULT_INVALID_ADDRESS);
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_UPPER), RC_OK);
    faults("its holder rescinded", AT(SLOT_A) + WINDOW, FAULT_INVALID_ADDRESS);
    passed("a background that changes");
}

/* A GPT between the background and the window gets one of its own, and loses it. Its l2v is so large that nothing but
 * depend entries of tables further up know that it was passed. */
static void inner_background(void) {
    build();
    node(R_UPPER, 40);
    set(R_UPPER, 0, R_SMALL);
    background(CR_SPACE, R_SPACE_X);
    set(CR_SPACE, SLOT_A, R_UPPER);
    sees("the outer one", AT(SLOT_A) + WINDOW, 'X');
    background(R_UPPER, R_SPACE_Y);
    sees("the inner one", AT(SLOT_A) + WINDOW, 'Y');
    background(R_UPPER, CR_NULL);
    sees("the outer one again", AT(SLOT_A) + WINDOW, 'X');
    background(R_SMALL, R_SPACE_Y);
    sees("that of the window's own GPT", AT(SLOT_A) + WINDOW, 'Y');
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_SPACE_Y), RC_OK);
    faults("a rescinded one is not passed over", AT(SLOT_A) + WINDOW, FAULT_INVALID_ADDRESS);
    background(R_SMALL, CR_NULL);
    sees("the outer one once more", AT(SLOT_A) + WINDOW, 'X');
    background(CR_SPACE, CR_NULL);
    faults("none", AT(SLOT_A) + WINDOW, FAULT_MALFORMED_SPACE);
    passed("the innermost background counts");
}

/* A window of 2 MiB and more, through which whole page tables are shared. */
static void large_window(void) {
    build();
    node(R_UPPER, 30);
    window(R_UPPER, 1, 0, 30, 0);
    background(R_UPPER, R_SPACE_X);
    set(CR_SPACE, SLOT_A, R_UPPER);
    set(CR_SPACE, SLOT_B, R_SPACE_X);
    sees("the space itself", AT(SLOT_B) + 0x4000, 'X');
    sees("through the window", AT(SLOT_A) + (1ul << 30) + 0x4000, 'X');
    set(R_SPACE_X, 4, R_PAGE_Y);
    sees("changed, through the window", AT(SLOT_A) + (1ul << 30) + 0x4000, 'Y');
    sees("changed, the space itself", AT(SLOT_B) + 0x4000, 'Y');
    background(R_UPPER, R_SPACE_Y);
    set(R_SPACE_X, 4, CR_NULL);
    sees("another background", AT(SLOT_A) + (1ul << 30) + 0x4000, 'Y');
    window(R_UPPER, 1, 1ul << 30, 30, 0);
    faults("beyond the background's end", AT(SLOT_A) + (1ul << 30) + 0x4000, FAULT_INVALID_ADDRESS);
    passed("a window of whole page tables");
}

static void local_windows(void) {
    build();
    set(R_SMALL, 7, R_PAGE_X);
    local_window(R_SMALL, 8, 0, 12, 7);
    set(CR_SPACE, SLOT_A, R_SMALL);
    sees("another slot", AT(SLOT_A) + 0x8000, 'X');
    set(R_SMALL, 7, R_PAGE_Y);
    sees("that slot overwritten", AT(SLOT_A) + 0x8000, 'Y');
    set(R_SMALL, 7, R_SPACE_X);
    local_window(R_SMALL, 8, 0x9000, 12, 7);
    sees("an offset in a GPT there", AT(SLOT_A) + 0x8000, 'X');
    set(R_SPACE_X, 9, R_PAGE_Y);
    sees("a slot of that GPT overwritten", AT(SLOT_A) + 0x8000, 'Y');
    local_window(R_SMALL, 8, 0, 12, 7);
    local_window(R_SMALL, 7, 0, 12, 6);
    faults("a window that leads to a window", AT(SLOT_A) + 0x8000, FAULT_MALFORMED_SPACE);
    set(R_SMALL, 7, CR_NULL);
    faults("an empty slot", AT(SLOT_A) + 0x8000, FAULT_INVALID_ADDRESS);
    passed("local windows");
}

/* All restrictions on the way count: before the window, its own, behind it. */
static void restrictions(void) {
    build();
    node(R_UPPER, 30);
    set(R_UPPER, 0, R_SMALL);
    background(R_UPPER, R_SPACE_X);
    set(CR_SPACE, SLOT_A, R_UPPER);
    check("nothing forbids", probe_write(R_PROBE, AT(SLOT_A) + WINDOW, 'x'), REACHED);
    window(R_SMALL, WINDOW >> 12, 0x5000, 12, CAP_RO);
    check("the window does", probe_write(R_PROBE, AT(SLOT_A) + WINDOW, 'z'), FAULT_ACCESS_VIOLATION);
    sees("but may be read", AT(SLOT_A) + WINDOW, 'x');
    window(R_SMALL, WINDOW >> 12, 0x5000, 12, 0);
    check("reduce", facet_get(R_SPACE_X, OP_MEM_REDUCE, CAP_WK, 0, R_COPY), RC_OK);
    background(R_UPPER, R_COPY);
    check("the background does", probe_write(R_PROBE, AT(SLOT_A) + WINDOW, 'z'), FAULT_ACCESS_VIOLATION);
    background(R_UPPER, R_SPACE_X);
    check("reduce", facet_get(R_SMALL, OP_MEM_REDUCE, CAP_RO, 0, R_COPY), RC_OK);
    set(R_UPPER, 0, R_COPY);
    check("the path does", probe_write(R_PROBE, AT(SLOT_A) + WINDOW, 'z'), FAULT_ACCESS_VIOLATION);
    sees("nothing went through", AT(SLOT_A) + WINDOW, 'x');
    check("guard", facet_get(R_SMALL, OP_GPT_GET, WINDOW >> 12, 0, R_COPY), RC_OK);
    check("guard", facet_get(R_COPY, OP_MEM_GUARD, 1, 12, R_COPY), RC_OK);
    set(R_SMALL, WINDOW >> 12, R_COPY);
    faults("a guard that does not fit", AT(SLOT_A) + WINDOW, FAULT_INVALID_ADDRESS);
    passed("restrictions and guards of windows");
}

int main(void) {
    make_entry(R_ENDPOINT, CR_SELF, 1, R_KEEPER);
    probe_make(R_PROBE, R_KEEPER);
    two_backgrounds();
    changed_background();
    inner_background();
    large_window();
    local_windows();
    restrictions();
    return 0;
}
