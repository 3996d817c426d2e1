/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A fault waits to be told to the keeper of a GPT, which meanwhile loses that keeper: it is told all the same, and gets
 * the GPT. Needs --grant range and time. tests/cli/test_flow.sh asks at `look` whether that can be.
 */
#include "check.h"

enum { R_GPT = CR_FREE, R_KEEPER, R_END, R_ENTRY, R_FAULTS, R_GOT };
#define HOLE (3ul << 44)
#define KEPT 5

static unsigned long stack[2][512];

static void keep(void) {
    struct facet_message m = {.recv = {KEPT, 0, 0, 6}};
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

static void fault(void) {
    *(volatile char *)HOLE = 1;
}

static __attribute__((noinline)) void look(void) {
    __asm__ volatile("" ::: "memory");
}

static void let_others_run(void) {
    check("sleep", facet_set(CR_SLEEP, OP_SLEEP_FOR, 100000, CR_NULL), RC_OK);
}

int main(void) {
    struct facet_message type = {0};
    check("GPT", facet_alloc(CAP_GPT, R_GPT), RC_OK);
    check("hang it in", facet_set(CR_SPACE, OP_GPT_SET, HOLE >> 44, R_GPT), RC_OK);
    make_process(R_KEEPER, keep, stack[0] + 512, CR_NULL, CR_NULL);
    make_process(R_FAULTS, fault, stack[1] + 512, CR_NULL, CR_NULL);
    make_entry(R_END, R_KEEPER, 1, R_ENTRY);
    check("keeper", facet_set(R_GPT, OP_GPT_SET_KEEPER, 0, R_ENTRY), RC_OK);
    check("start", facet_set(R_FAULTS, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    let_others_run();
    check("no keeper", facet_set(R_GPT, OP_GPT_SET_KEEPER, 0, CR_NULL), RC_OK);
    check("start", facet_set(R_KEEPER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    look();
    let_others_run();
    check("what it has got", facet_get(R_KEEPER, OP_PROCESS_GET_CAP, KEPT, 0, R_GOT), RC_OK);
    check("type", facet_call(R_GOT, OP_TYPE, &type), RC_OK);
    check("the GPT", type.word[0], CAP_GPT);
    return 0;
}
