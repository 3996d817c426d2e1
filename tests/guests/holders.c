/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * holders [STEPS]: makes and unmakes capabilities at random, and keeps account of where it has put which. Whoever looks
 * from outside (tests/test_dbg_graph.c, tests/cli/test_holders.sh) stops it in look() and compares. Needs --grant
 * range.
 */
#include "check.h"

enum { PAGE_OBJECTS = 4, CAPPAGES = 2, GPTS = 4, OBJECTS = PAGE_OBJECTS + CAPPAGES + GPTS, HOLDERS = CAPPAGES + GPTS };
enum { R_OBJECT = CR_FREE, R_CHILD = R_OBJECT + OBJECTS, R_TEMP };

/* The account. A holder is an object behind the pages; a GPT's background is slot 16. */
struct held {
    unsigned object; /* 1 + its number; 0: Null */
    unsigned restr, l2g;
    unsigned long match;
};
unsigned long object_ids[OBJECTS];
struct held account[HOLDERS][CAPPAGE_SLOTS];
unsigned long looked;

static unsigned long random_state = 1;
static unsigned long chance(unsigned long n) {
    random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
    return (random_state >> 33) % n;
}

__attribute__((noinline)) static void look(void) {
    looked++;
    __asm__ volatile("" ::: "memory");
}

static enum cap_type type_of(unsigned long object) {
    return object < PAGE_OBJECTS ? CAP_PAGE : object < PAGE_OBJECTS + CAPPAGES ? CAP_CAPPAGE : CAP_GPT;
}

static void make(unsigned long object) {
    unsigned reg = R_OBJECT + (unsigned)object;
    struct facet_message m = {0};
    check("allocate", facet_alloc(type_of(object), reg), RC_OK);
    check("its id", facet_call(reg, OP_MEM_ID, &m), RC_OK);
    object_ids[object] = m.word[0];
}

/* Ends an object and makes another in its place: nobody holds it, and it holds nothing. */
static void renew(unsigned long object) {
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_OBJECT + (unsigned)object), RC_OK);
    for (unsigned i = 0; i < HOLDERS; i++)
        for (unsigned slot = 0; slot < CAPPAGE_SLOTS; slot++)
            if (account[i][slot].object == object + 1 || i + PAGE_OBJECTS == object)
                account[i][slot] = (struct held){0};
    make(object);
}

/* A capability to it with restrictions and a guard of any kind, in R_TEMP. */
static struct held weaken(unsigned long object) {
    static const unsigned char guards[] = {12, 20, 36, 64};
    struct held held = {
        .object = 1 + (unsigned)object, .restr = (unsigned)chance(32) & (unsigned)chance(32), .l2g = guards[chance(4)]};
    held.match = held.l2g < 64 ? chance(16) : 0;
    check("guard", facet_get(R_OBJECT + (unsigned)object, OP_MEM_GUARD, held.match, held.l2g, R_TEMP), RC_OK);
    check("reduce", facet_get(R_TEMP, OP_MEM_REDUCE, held.restr, 0, R_TEMP), RC_OK);
    return held;
}

static void forget_temp(void) {
    check("forget", facet_set(CR_SELF, OP_PROCESS_SET_CAP, R_TEMP, CR_NULL), RC_OK);
}

static void put(void) {
    unsigned long holder = chance(HOLDERS), object = chance(OBJECTS);
    int cappage = holder < CAPPAGES;
    unsigned long slot = chance(cappage ? CAPPAGE_SLOTS : 17);
    unsigned reg = R_OBJECT + PAGE_OBJECTS + (unsigned)holder;
    struct held held = {0};
    if (chance(4))
        held = weaken(object);
    unsigned from = held.object ? R_TEMP : CR_NULL;
    unsigned long op = cappage ? OP_CAPPAGE_SET : slot == 16 ? OP_GPT_SET_BACKGROUND : OP_GPT_SET;
    check("put", facet_set(reg, op, slot == 16 && !cappage ? 0 : slot, from), RC_OK);
    account[holder][slot] = held;
    forget_temp();
}

int main(int argc, char **argv) {
    unsigned long steps = argc > 1 ? parse_number(argv[1]) : 200;
    for (unsigned long i = 0; i < OBJECTS; i++)
        make(i);
    for (unsigned long i = 0; i < steps; i++) {
        chance(50) ? put() : renew(chance(OBJECTS));
        if (i % 10 == 9)
            look();
    }
    passed("made and unmade");
    return 0;
}
