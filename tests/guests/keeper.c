/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * keeper: this program keeps a process that faults. It repairs and resumes, changes registers, declines; a keeper on a
 * GPT goes before the process's own unless a no-call capability cuts it off; it is told where in that GPT, and given a
 * capability to it that is as weak as the path. If it declines, or is gone, the process's keeper is told.
 */
#include "check.h"

enum {
    R_CHILD = CR_FREE,
    R_ENDPOINT,
    R_KEEPER,
    R_REGION,
    R_PAGE,
    R_RESUME,
    R_ENDPOINT2,
    R_INNER,
    R_NODE,
    R_GIVEN,
    R_UPPER
};
enum { OUTER = 1, INNER };
#define L2V_ROOT 44
#define REGION (3ul << L2V_ROOT)

static unsigned long child_stack[512];
static volatile unsigned long progress;

static unsigned long load(unsigned long address) {
    return *(volatile unsigned long *)address;
}

static void child(void) {
    progress = 1;
    progress = load(REGION + 0x5008); /* repaired: 0x1234 */
    unsigned quotient;
    __asm__ volatile("divl %%ecx" : "=a"(quotient) : "a"(42), "d"(0), "c"(0));
    progress = quotient;                              /* the keeper set ecx to 2: 21 */
    *(volatile unsigned long *)(REGION + 0x5008) = 1; /* read-only: declined */
    progress = 99;
    for (;;)
        __asm__ volatile("ud2");
}

static unsigned long wait_for(unsigned answer_to, unsigned long answer, struct facet_message *m) {
    *m = (struct facet_message){.recv = {R_GIVEN, 0, 0, R_RESUME}};
    return facet_invoke(answer_to, INVOKE_RETURN, answer, m);
}

static void expect_answered(unsigned answer_to, unsigned long answer, enum fault fault, unsigned long address,
                            unsigned long from, struct facet_message *m) {
    check("label of the keeper's message", wait_for(answer_to, answer, m), OP_FAULT);
    check("fault", m->word[0], fault);
    check("which keeper", m->payload, from);
    if (fault != FAULT_EXCEPTION)
        check("address", m->word[1], address);
}

static void expect_fault(unsigned answer_to, enum fault fault, unsigned long address, unsigned long from,
                         struct facet_message *m) {
    expect_answered(answer_to, 0, fault, address, from, m);
}

static void repair(unsigned restr, unsigned long value) {
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("window", facet_set(CR_SPACE, OP_GPT_SET, 4, R_PAGE), RC_OK);
    *(volatile unsigned long *)((4ul << L2V_ROOT) + 8) = value;
    check("restrict", facet_get(R_PAGE, OP_MEM_REDUCE, restr, 0, R_PAGE), RC_OK);
    check("insert", facet_set(R_REGION, OP_GPT_SET, 5, R_PAGE), RC_OK);
}

static void change_register(void) {
    struct facet_regs regs;
    struct facet_message m = {.room = &regs, .room_size = sizeof regs};
    check("get registers", facet_call(R_CHILD, OP_PROCESS_GET_REGS, &m), RC_OK);
    check("all of them", m.received, sizeof regs);
    check("the dividend", regs.rax, 42);
    regs.rcx = 2;
    m = (struct facet_message){.string = &regs, .string_size = sizeof regs};
    check("set registers", facet_call(R_CHILD, OP_PROCESS_SET_REGS, &m), RC_OK);
}

static void hang_region(unsigned restr) {
    check("weaken the region", facet_get(R_REGION, OP_MEM_REDUCE, restr, 0, R_NODE), RC_OK);
    check("hang it in", facet_set(CR_SPACE, OP_GPT_SET, REGION >> L2V_ROOT, R_NODE), RC_OK);
}

static void child_at(void (*start)(void)) {
    struct facet_regs regs = {
        .rip = (unsigned long)start, .rsp = (unsigned long)(child_stack + 512) - 8, .rflags = 0x202};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    check("set registers", facet_call(R_CHILD, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static void touch_hole(void) {
    load(REGION + 0x7010);
    progress = 100;
    for (;;)
        __asm__ volatile("ud2");
}

static void touch_at(unsigned long address) {
    load(address);
    progress = 101;
    for (;;)
        __asm__ volatile("ud2");
}

static void process_keeper(void) {
    struct facet_message m;
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    expect_fault(CR_NULL, FAULT_INVALID_ADDRESS, REGION + 0x5008, OUTER, &m);
    check("progress", progress, 1);
    repair(CAP_RO, 0x1234);
    expect_fault(R_RESUME, FAULT_EXCEPTION, 0, OUTER, &m);
    check("vector", m.word[3] >> 32, 0);
    check("what was loaded", progress, 0x1234);
    change_register();
    expect_fault(R_RESUME, FAULT_ACCESS_VIOLATION, REGION + 0x5008, OUTER, &m);
    check("quotient", progress, 21);
    struct facet_message decline = {0};
    facet_invoke(R_RESUME, INVOKE_FORK, 1, &decline);
    check("the child stands still", progress, 21);
    check("the answer was used up", facet_invoke(R_RESUME, INVOKE_CALL, 0, &decline), RC_INVALID_CAP);
    check("still", progress, 21);
    passed("a process's keeper repairs, changes, declines");
}

static unsigned long id_of(unsigned cap) {
    struct facet_message m = {0};
    check("id", facet_call(cap, OP_MEM_ID, &m), RC_OK);
    return m.word[0];
}

static unsigned long type_of(unsigned cap, unsigned long restr) {
    struct facet_message m = {0};
    check("type", facet_call(cap, OP_TYPE, &m), RC_OK);
    check("restrictions", m.word[1], restr);
    return m.word[0];
}

static void space_keeper(void) {
    struct facet_message m;
    make_entry(R_ENDPOINT2, CR_SELF, INNER, R_INNER);
    check("set the region's keeper", facet_set(R_REGION, OP_GPT_SET_KEEPER, 0, R_INNER), RC_OK);
    hang_region(0);
    child_at(touch_hole);
    expect_fault(CR_NULL, FAULT_INVALID_ADDRESS, 0x7010, INNER, &m);
    check("what it is given", type_of(R_GIVEN, 0), CAP_GPT);
    check("which one", id_of(R_GIVEN), id_of(R_REGION));
    hang_region(CAP_NC);
    child_at(touch_hole);
    expect_fault(CR_NULL, FAULT_INVALID_ADDRESS, REGION + 0x7010, OUTER, &m);
    check("a process's keeper gets no space", type_of(R_GIVEN, 0), CAP_NULL);
    check("nothing went through", progress, 21);
    passed("the innermost reachable keeper is asked");
}

/* Restrictions on the way to the GPT, and on it, are those of the capability; the address is what is left there. */
static void weak_path(void) {
    struct facet_message m;
    check("upper node", facet_alloc(CAP_GPT, R_UPPER), RC_OK);
    check("l2v", facet_set(R_UPPER, OP_GPT_SET_L2V, 40, CR_NULL), RC_OK);
    check("its keeper", facet_set(R_UPPER, OP_GPT_SET_KEEPER, 0, R_KEEPER), RC_OK);
    check("guard", facet_get(R_REGION, OP_MEM_GUARD, 9, 16, R_NODE), RC_OK);
    check("weaken", facet_get(R_NODE, OP_MEM_REDUCE, CAP_NX, 0, R_NODE), RC_OK);
    check("insert", facet_set(R_UPPER, OP_GPT_SET, 2, R_NODE), RC_OK);
    check("weaken", facet_get(R_UPPER, OP_MEM_REDUCE, CAP_WK | CAP_OP, 0, R_NODE), RC_OK);
    check("hang it in", facet_set(CR_SPACE, OP_GPT_SET, REGION >> L2V_ROOT, R_NODE), RC_OK);
    struct facet_regs regs = {.rip = (unsigned long)touch_at, .rdi = REGION + (2ul << 40) + 0x97010, .rflags = 0x202};
    struct facet_message set = {.string = &regs, .string_size = sizeof regs};
    check("set registers", facet_call(R_CHILD, OP_PROCESS_SET_REGS, &set), RC_OK);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    expect_fault(CR_NULL, FAULT_INVALID_ADDRESS, 0x7010, INNER, &m);
    check("what it is given", type_of(R_GIVEN, CAP_RO | CAP_NX | CAP_WK | CAP_OP), CAP_GPT);
    check("no inspection", facet_get(R_GIVEN, OP_GPT_GET, 5, 0, R_NODE), RC_NO_RIGHT);
    check("no change", facet_set(R_GIVEN, OP_GPT_SET, 7, R_PAGE), RC_NO_RIGHT);
    expect_answered(R_RESUME, 1, FAULT_INVALID_ADDRESS, regs.rdi, OUTER, &m);
    check("no space for a process's keeper", type_of(R_GIVEN, 0), CAP_NULL);
    check("nothing went through", progress, 21);
    passed("a keeper's capability is as weak as the path; if it declines, the process's keeper is told");
}

/* A keeper of a GPT that cannot be reached does not swallow the fault. */
static void lost_keeper(void) {
    struct facet_message m;
    hang_region(0);
    check("rescind the inner endpoint", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_ENDPOINT2), RC_OK);
    child_at(touch_hole);
    expect_fault(CR_NULL, FAULT_INVALID_ADDRESS, REGION + 0x7010, OUTER, &m);
    check("an endpoint without recipient", facet_alloc(CAP_ENDPOINT, R_ENDPOINT2), RC_OK);
    check("entry", facet_get(R_ENDPOINT2, OP_ENDPOINT_MAKE_ENTRY, INNER, 0, R_INNER), RC_OK);
    check("set the region's keeper", facet_set(R_REGION, OP_GPT_SET_KEEPER, 0, R_INNER), RC_OK);
    child_at(touch_hole);
    expect_fault(CR_NULL, FAULT_INVALID_ADDRESS, REGION + 0x7010, OUTER, &m);
    check("nothing went through", progress, 21);
    passed("a lost keeper is passed over");
}

int main(void) {
    make_entry(R_ENDPOINT, CR_SELF, OUTER, R_KEEPER);
    make_process(R_CHILD, child, child_stack + 512, CR_NULL, R_KEEPER);
    check("region", facet_alloc(CAP_GPT, R_REGION), RC_OK);
    check("l2v", facet_set(R_REGION, OP_GPT_SET_L2V, 12, CR_NULL), RC_OK);
    hang_region(0);
    process_keeper();
    space_keeper();
    weak_path();
    lost_keeper();
    return 0;
}
