/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lost: handlers that will never answer. Whoever waits for one gets FAULT_HANDLER at once: the answer is dropped,
 * handed on and dropped, overwritten, or never taken; the handler stops, ends, waits for the one that waits for it, or
 * touches what it serves, in a circle of handlers; everybody waits. And pages that are restored or end meanwhile. Needs
 * --grant range and debug.
 */
#include "handling.h"

#define OTHER_PAGE (*(volatile unsigned long *)(4ul << 44))
enum { TOLD = 1, GO_ON = 5 }; /* labels: to the program, to a handler that keeps an answer */

static volatile unsigned long touched;

static unsigned long receive(struct facet_message *m, unsigned to) {
    *m = (struct facet_message){.recv = {[MESSAGE_CAPS - 1] = (unsigned char)to}};
    return facet_invoke(CR_NULL, INVOKE_RETURN, 0, m);
}

static void answer(unsigned with, unsigned long verdict) {
    struct facet_message m = {0};
    facet_invoke(with, INVOKE_FORK, verdict, &m);
}

/* ---- Handlers; register 2 holds what each needs */

static _Noreturn void forgets(void) {
    struct facet_message m;
    for (;;)
        receive(&m, 3);
}

static _Noreturn void takes_none(void) {
    struct facet_message m;
    for (;;)
        receive(&m, 0);
}

static _Noreturn void overwrites(void) { /* 2: Range */
    struct facet_message m;
    receive(&m, 3);
    m = (struct facet_message){.word = {CAP_ENDPOINT}, .recv = {3}};
    facet_call(2, OP_RANGE_ALLOC, &m);
    for (;;)
        receive(&m, 4);
}

static volatile unsigned long second;

static _Noreturn void answers_twice(void) {
    struct facet_message m;
    for (;;) {
        receive(&m, 3);
        answer(3, VERDICT_PASS);
        m = (struct facet_message){0};
        second = facet_invoke(3, INVOKE_FORK, VERDICT_PASS, &m);
    }
}

static _Noreturn void keeps(void) { /* 2: entry to the program */
    struct facet_message m;
    for (;;) {
        receive(&m, 3);
        m = (struct facet_message){0};
        facet_invoke(2, INVOKE_FORK, TOLD, &m);
        while (receive(&m, 4) != GO_ON)
            ;
        answer(3, VERDICT_PASS);
    }
}

static _Noreturn void hands_on(void) { /* 2: entry to another */
    struct facet_message m;
    for (;;) {
        receive(&m, 3);
        m = (struct facet_message){.send = {3}};
        facet_invoke(2, INVOKE_FORK, TOLD, &m);
    }
}

static _Noreturn void answers_for(void) {
    struct facet_message m;
    for (;;) {
        m = (struct facet_message){.recv = {3}};
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
        answer(3, VERDICT_PASS);
    }
}

static _Noreturn void drops_for(void) {
    struct facet_message m;
    for (;;) {
        m = (struct facet_message){.recv = {3}};
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    }
}

static _Noreturn void calls(void) { /* 2: entry */
    struct facet_message m;
    for (;;) {
        receive(&m, 3);
        m = (struct facet_message){0};
        facet_call(2, 1, &m);
        answer(3, VERDICT_PASS);
    }
}

static _Noreturn void touches_other(void) {
    struct facet_message m;
    for (;;) {
        receive(&m, 3);
        touched += OTHER_PAGE;
        answer(3, VERDICT_PASS);
    }
}

static _Noreturn void touches_first(void) {
    struct facet_message m;
    for (;;) {
        receive(&m, 3);
        touched += PAGE_WORD(7);
        answer(3, VERDICT_PASS);
    }
}

/* ---- At once: before what another process does then */

enum { R_WITNESS = R_MORE + 2, R_ECHO, R_TO_ECHO };

static _Noreturn void echoes(void) {
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = 3}};
    for (unsigned to = CR_NULL;; to = 3)
        facet_invoke(to, INVOKE_RETURN, RC_OK, &m);
}

static _Noreturn void tells(void) { /* 2: entry to the program */
    struct facet_message m = {0};
    facet_invoke(2, INVOKE_FORK, TOLD, &m);
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

/* All others run until they wait. */
static void settle(void) {
    struct facet_message m = {0};
    for (int i = 0; i < 20; i++)
        facet_call(R_TO_ECHO, 1, &m);
}

static void at_once(unsigned long from, unsigned long what) {
    struct facet_message m;
    settle();
    start(R_WITNESS, 4, tells);
    settle();
    fault(&m, from, what);
    m = (struct facet_message){0};
    check("the witness", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_MINE), 0, &m), TOLD);
}

static void witness(void) {
    make_process(R_WITNESS, tells, stack[4] + 1000, R_KEEPER, CR_NULL);
    make_process(R_ECHO, echoes, stack[5] + 1000, CR_NULL, CR_NULL);
    make_entry(R_TEMP, R_ECHO, 0, R_TO_ECHO);
    check("start", facet_set(R_ECHO, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

/* ---- */

static void handler(void (*program)(void), unsigned gift) {
    make_handler(program);
    check("gift", facet_set(R_H, OP_PROCESS_SET_CAP, 2, gift), RC_OK);
}

/* A second process, which faults as 'I'; an entry to it in R_MORE + 1. */
static void another(void (*program)(void)) {
    check("entry", facet_get(R_MINE, OP_ENDPOINT_MAKE_ENTRY, 'I', 0, R_TEMP), RC_OK);
    make_process(R_MORE, program, stack[3] + 1000, CR_NULL, R_TEMP);
    make_entry(R_TEMP, R_MORE, 0, R_MORE + 1);
    check("start", facet_set(R_MORE, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static void decline(unsigned long from, unsigned long what) {
    struct facet_message m;
    fault(&m, from, what);
    m = (struct facet_message){0};
    check("decline", facet_invoke(R_RESUME, INVOKE_FORK, 1, &m), RC_OK);
}

static void loads(void (*program)(void), unsigned gift, unsigned long what) {
    handler(program, gift);
    start(R_A, 0, do_load);
    at_once('A', what);
}

/* A load that the handler has been told of. */
static void waits(void) {
    struct facet_message m = {0};
    handler(keeps, R_KEEPER);
    start(R_A, 0, do_load);
    check("told", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_MINE), 0, &m), TOLD);
}

static void go_on(void) {
    struct facet_message m = {0};
    check("go on", facet_invoke(R_ENTRY, INVOKE_FORK, GO_ON, &m), RC_OK);
}

static void dropped(void) {
    loads(forgets, CR_NULL, FAULT_HANDLER);
    loads(takes_none, CR_NULL, FAULT_HANDLER);
    loads(overwrites, CR_RANGE, FAULT_HANDLER);
    another(answers_for);
    loads(hands_on, R_MORE + 1, FAULT_EXCEPTION);
    another(drops_for);
    loads(hands_on, R_MORE + 1, FAULT_HANDLER);
    loads(answers_twice, CR_NULL, FAULT_EXCEPTION);
    check("the second answer", second, RC_INVALID_CAP);
    passed("answers that are dropped");
}

static void kept(void) {
    struct facet_message m;
    waits();
    go_on();
    fault(&m, 'A', FAULT_EXCEPTION);
    waits();
    fault(&m, 'A', FAULT_HANDLER); /* nobody else can run */
    go_on();
    passed("answers that are kept");
}

/* A and B, in any order. */
static void both_fail(void) {
    unsigned long from = 0;
    for (int i = 0; i < 2; i++) {
        struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
        check("a fault", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_MINE), 0, &m), OP_FAULT);
        check("which", m.word[0], FAULT_HANDLER);
        from += m.payload;
    }
    check("whose", from, 'A' + 'B');
}

static void gone(void) {
    waits();
    start(R_B, 1, do_load);
    check("stop", facet_set(R_H, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    both_fail();
    start(R_A, 0, do_load);
    at_once('A', FAULT_HANDLER);
    waits();
    start(R_B, 1, do_load);
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_H), RC_OK);
    both_fail();
    passed("handlers that stop or end");
}

static void restored(void) {
    struct facet_message m, get = {.room = &regs, .room_size = sizeof regs};
    waits();
    restore();
    at_once('A', FAULT_EXCEPTION);
    check("registers", facet_call(R_A, OP_PROCESS_GET_REGS, &get), RC_OK);
    check("loaded", regs.rax, 101);
    go_on();
    swap();
    waits();
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_TO_H), RC_OK); /* of the endpoint: it was told */
    check("stop", facet_set(R_H, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    fault(&m, 'A', FAULT_HANDLER);
    start(R_A, 0, do_load);
    fault(&m, 'A', FAULT_HANDLER);
    check("endpoint", facet_alloc(CAP_ENDPOINT, R_TO_H), RC_OK);
    check("entry", facet_get(R_TO_H, OP_ENDPOINT_MAKE_ENTRY, 7, 0, R_ENTRY), RC_OK);
    restore();
    swap();
    waits();
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_PAGE), RC_OK);
    fault(&m, 'A', FAULT_INVALID_ADDRESS);
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("map", facet_set(CR_SPACE, OP_GPT_SET, HOLE >> 44, R_PAGE), RC_OK);
    swap();
    passed("pages and endpoints that change meanwhile");
}

static void circles(void) {
    struct facet_message m;
    make_entry(R_TEMP, R_A, 0, R_MORE + 1);
    loads(calls, R_MORE + 1, FAULT_HANDLER); /* the one that waits for it */
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_H), RC_OK);
    another(touches_first);
    handler(calls, R_MORE + 1); /* who touches its page */
    start(R_A, 0, do_load);
    decline('I', FAULT_HANDLER);
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_MORE), RC_OK);
    fault(&m, 'A', FAULT_HANDLER); /* its handler waits for an answer that nobody has */
    another(touches_first);
    check("page", facet_alloc(CAP_PAGE, R_TEMP), RC_OK);
    check("map", facet_set(CR_SPACE, OP_GPT_SET, 4, R_TEMP), RC_OK);
    m = (struct facet_message){.word = {1}, .send = {R_TEMP, R_MORE + 1}};
    check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m), RC_OK);
    handler(touches_other, CR_NULL);
    start(R_A, 0, do_load);
    decline('I', FAULT_HANDLER);
    decline('H', FAULT_HANDLER);
    fault(&m, 'A', FAULT_HANDLER);
    check("nobody got through", touched, 0);
    passed("circles of handlers");
}

int main(void) {
    prepare(forgets);
    witness();
    dropped();
    kept();
    gone();
    restored();
    circles();
    return 0;
}
