/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

static int random_gpt(void) {
    return (int)below(one_in(4) ? M_ROOTS : M_GPTS);
}

static unsigned long random_slot(int g) {
    return g < M_ROOTS ? 1 + below(one_in(8) ? 15 : 4) : below(16);
}

static void put_slot(int g, unsigned long slot, struct m_cap cap) {
    unsigned real = make_real(&cap);
    fetch(STORE_GPT(g), R_TEMP2);
    must("set slot", facet_set(R_TEMP2, OP_GPT_SET, slot, real));
    world.gpt[g].slot[slot] = cap;
}

void set_slot(int g, unsigned long slot) {
    put_slot(g, slot, random_cap(world.gpt[g].l2v));
}

/* A path without end. */
void op_set_loop(void) {
    int g = (int)(M_ROOTS + below(M_GPTS - M_ROOTS));
    put_slot(g, 0, (struct m_cap){.type = CAP_GPT, .object = g, .l2g = 64});
}

void op_set_slot(void) {
    int g = random_gpt();
    set_slot(g, random_slot(g));
}

/* Through a capability that may be restricted. */
void op_copy_slot(void) {
    static const unsigned char ways[] = {0, 0, CAP_WK, CAP_RO, CAP_NX | CAP_NC, CAP_WK | CAP_NX, CAP_WK | CAP_NC};
    int from = random_gpt(), to = random_gpt();
    unsigned long from_slot = below(16), to_slot = random_slot(to);
    unsigned restr = PICK(ways);
    fetch(STORE_GPT(from), R_TEMP);
    must("reduce", facet_get(R_TEMP, OP_MEM_REDUCE, restr, 0, R_TEMP));
    must("get slot", facet_get(R_TEMP, OP_GPT_GET, from_slot, 0, R_TEMP));
    fetch(STORE_GPT(to), R_TEMP2);
    must("set slot", facet_set(R_TEMP2, OP_GPT_SET, to_slot, R_TEMP));
    world.gpt[to].slot[to_slot] = m_fetched(world.gpt[from].slot[from_slot], restr);
}

void op_set_l2v(void) {
    gpt_l2v((int)(M_ROOTS + below(M_GPTS - M_ROOTS)));
}

void op_refused(void) {
    static const unsigned char ways[] = {CAP_RO, CAP_WK, CAP_OP, CAP_RO | CAP_NC};
    static const unsigned ops[] = {OP_GPT_SET, OP_GPT_SET_L2V, OP_GPT_SET_KEEPER, OP_GPT_SET_BACKGROUND};
    int g = random_gpt();
    fetch(STORE_GPT(g), R_TEMP);
    must("reduce", facet_get(R_TEMP, OP_MEM_REDUCE, PICK(ways), 0, R_TEMP));
    unsigned long rc = facet_set(R_TEMP, ops[below(4)], 12 + below(4), CR_NULL);
    if (rc != RC_NO_RIGHT)
        die("a change through a restricted capability", rc, RC_NO_RIGHT);
    statistics.refusals++;
}

void op_set_window(void) {
    static const unsigned char sizes[] = {12, 13, 16, 20, 24, 28, 32, 40, 64};
    int g = random_gpt();
    unsigned long slot = random_slot(g);
    struct m_cap cap = {
        .type = one_in(2) ? CAP_WINDOW : CAP_LOCAL_WINDOW, .l2g = PICK(sizes), .slot = (unsigned)below(16)};
    cap.restr = one_in(4) ? 1u << below(5) : 0;
    if (cap.l2g < M_ROOT_BITS && one_in(2))
        cap.offset = below(16) << (cap.l2g + (one_in(2) ? 0 : 4));
    if (cap.type == CAP_WINDOW)
        cap.slot = 0;
    fetch(STORE_GPT(g), R_TEMP);
    struct facet_message m = {.word = {slot, cap.offset, cap.l2g | cap.restr << 8, cap.slot}};
    must("window", facet_call(R_TEMP, cap.type == CAP_WINDOW ? OP_GPT_SET_WINDOW : OP_GPT_SET_LOCAL_WINDOW, &m));
    world.gpt[g].slot[slot] = cap;
}

void op_set_background(void) {
    int g = random_gpt();
    struct m_cap cap = random_cap(world.gpt[g].l2v + 4);
    if ((cap.type != CAP_PAGE && cap.type != CAP_GPT) || one_in(3))
        cap = (struct m_cap){.type = CAP_NULL};
    unsigned real = make_real(&cap);
    fetch(STORE_GPT(g), R_TEMP2);
    must("background", facet_set(R_TEMP2, OP_GPT_SET_BACKGROUND, 0, real));
    world.gpt[g].background = cap;
    world.gpt[g].has_background = cap.type != CAP_NULL;
}

/* Its own entry, that of any endpoint, or a way through forwarders to one of these. */
void op_set_keeper(void) {
    int g = random_gpt();
    struct m_cap keeper = {.type = CAP_ENTRY, .object = M_END_KEEPER, .offset = FROM_GPT + (unsigned long)g};
    if (one_in(3))
        keeper = random_entry();
    if (one_in(3))
        keeper = (struct m_cap){.type = CAP_NULL};
    unsigned real = make_real(&keeper);
    fetch(STORE_GPT(g), R_TEMP2);
    must("keeper", facet_set(R_TEMP2, OP_GPT_SET_KEEPER, 0, real));
    world.gpt[g].keeper = keeper;
}

void op_rescind_keepers(void) {
    fetch(STORE_END(M_END_KEEPER), R_TEMP);
    object_end(CAP_ENDPOINT, M_END_KEEPER, R_TEMP);
    end_make(M_END_KEEPER);
}

void op_swap(void) {
    if (!has_debug)
        return;
    unsigned long p = below(M_PAGES);
    fetch(p, R_TEMP);
    struct facet_message m = {.word = {below(2)}, .send = {R_TEMP}};
    unsigned long rc = facet_call(CR_DEBUG, world.swapped[p] ? OP_DEBUG_RESTORE : OP_DEBUG_SWAP, &m);
    if (rc == RC_NO_MEMORY && !world.swapped[p])
        return; /* this machine has no fronts */
    must("swap or restore", rc);
    world.swapped[p] = !world.swapped[p];
    frames[p] = 0;
    statistics.swaps++;
}

/* Of a slot or some, or a few pages; now and then what cannot be. */
static void random_part(int g, unsigned long *start, unsigned long *size) {
    unsigned long slot = 1ul << world.gpt[g].l2v, most = slot < 1ul << 36 ? slot : 1ul << 36;
    *start = below(16) * slot;
    *size = one_in(2) ? most * (1 + below(16)) : 4096 * (1 + below(20));
    if (one_in(3))
        *start += below(64) << (12 + below(world.gpt[g].l2v - 11));
    if (one_in(4))
        *start = 0;
    if (one_in(4))
        *size = slot < 1ul << 33 ? 16 * slot : most;
    if (one_in(30))
        *size += below(4096);
}

static int part_possible(const struct m_gpt *gpt, unsigned long start, unsigned long size) {
    unsigned long last = start + size - 1;
    int possible =
        size && (start | size) % 4096 == 0 && last >= start && start >> 36 == last >> 36 && last >> gpt->l2v < 16;
    for (int i = 0; i < gpt->parts; i++)
        possible = possible && (last < gpt->part[i].start || start > gpt->part[i].last);
    return possible;
}

static void part_restore(int g, int which) {
    unsigned long start = world.gpt[g].part[which].start, last = world.gpt[g].part[which].last;
    must("restore", facet_set(CR_DEBUG, OP_DEBUG_RESTORE_PART, start + below(last - start + 1), R_TEMP));
    gpt_lose_part(g, which);
}

void op_swap_part(void) {
    if (!has_debug)
        return;
    int g = random_gpt();
    struct m_gpt *gpt = &world.gpt[g];
    unsigned long start, size;
    fetch(STORE_GPT(g), R_TEMP);
    if (gpt->parts == M_PARTS || (gpt->parts && one_in(3))) {
        part_restore(g, (int)below((unsigned long)gpt->parts));
        return;
    }
    random_part(g, &start, &size);
    struct facet_message m = {.word = {below(2), start, size}, .send = {R_TEMP}};
    unsigned long rc = facet_call(CR_DEBUG, OP_DEBUG_SWAP_PART, &m);
    if (rc == RC_NO_MEMORY)
        return;
    if (rc != (part_possible(gpt, start, size) ? RC_OK : RC_BAD_ARG))
        die("swap a part", rc, start);
    if (rc != RC_OK)
        return;
    gpt->part[gpt->parts].start = start;
    gpt->part[gpt->parts++].last = start + size - 1;
    statistics.swaps++;
}

void op_rescind_page(void) {
    unsigned long p = 1 + below(M_PAGES - 1);
    fetch(p, R_TEMP);
    object_end(CAP_PAGE, (int)p, R_TEMP);
    page_make((int)p);
}

void gpt_fill(int g) {
    for (unsigned long slot = below(4); slot < 16; slot += 1 + below(4))
        set_slot(g, slot);
}

void op_rescind_gpt(void) {
    int g = (int)(M_ROOTS + below(M_GPTS - M_ROOTS));
    fetch(STORE_GPT(g), R_TEMP);
    object_end(CAP_GPT, g, R_TEMP);
    gpt_make(g);
    gpt_fill(g);
}
