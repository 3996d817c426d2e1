/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * handlers: pages whose handler is a process. Every verdict, on the accesses of a process and on the kernel's copies
 * for it; two processes that add to one word under STEP; handlers that answer nonsense, end, crash, or touch their own
 * page; and messages that nobody but the kernel can make. Needs --grant range and debug.
 */
#include "handling.h"

/* ---- The handler: what it says and what it was told, in memory that all share */

static volatile unsigned long say, say_store, code, next_label, told, self_touch, wrong_size;
static volatile unsigned long answer[64];
static volatile struct { unsigned long label, word, offset, pc, va, size, bytes; } seen[64];
static volatile unsigned long between, holder; /* who was let in between STEP and its outcome */

static _Noreturn void handler(void) {
    static unsigned long room[64];
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = 3}, .room = room, .room_size = sizeof room};
    unsigned long label = facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    for (;;) {
        unsigned long i = told++ % 64;
        seen[i].label = label;
        seen[i].word = m.word[0];
        seen[i].offset = m.word[1];
        seen[i].pc = m.word[2];
        seen[i].va = m.word[3];
        seen[i].size = m.received;
        seen[i].bytes = room[0];
        if (label == OP_ACCESS_OUTCOME)
            holder = 0;
        else if (holder && !(ACCESS_FLAGS(m.word[0]) & 1 && ACCESS_KIND(m.word[0]) == ACCESS_STORE))
            between++;
        if (label == OP_ACCESS && say == VERDICT_STEP)
            holder = 1;
        if (self_touch)
            PAGE_WORD(8)++;
        m = (struct facet_message){.word = {code},
                                   .recv = {[MESSAGE_CAPS - 1] = 3},
                                   .room = room,
                                   .room_size = sizeof room,
                                   .string = (const void *)answer,
                                   .string_size = ACCESS_SIZE(seen[i].word) + wrong_size};
        unsigned long verdict = ACCESS_KIND(seen[i].word) == ACCESS_STORE && say_store ? say_store : say;
        label = facet_invoke(3, INVOKE_RETURN, label == OP_ACCESS ? verdict : 0, &m);
    }
}

static _Noreturn void crashing(void) {
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = 3}};
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    for (;;)
        __asm__ volatile("ud2");
}

/* A runs to its end, or until it gets what. */
static struct facet_message run(void (*program)(void), unsigned long verdict, unsigned long what) {
    struct facet_message m;
    say = verdict;
    told = 0;
    start(R_A, 0, program);
    fault(&m, 'A', what);
    struct facet_message get = {.room = &regs, .room_size = sizeof regs};
    check("registers", facet_call(R_A, OP_PROCESS_GET_REGS, &get), RC_OK);
    return m;
}

static void message(unsigned long i, unsigned long label, unsigned kind, unsigned flags, unsigned long size,
                    unsigned long offset, unsigned long bytes) {
    check("label", seen[i].label, label);
    check("kind, flags, size", seen[i].word, ACCESS_WORD(kind, flags, size));
    check("offset", seen[i].offset, offset);
    check("address", seen[i].va, HOLE + offset);
    check("size of the string", seen[i].size, size);
    check("bytes", seen[i].bytes, bytes);
}

static unsigned long page_read(unsigned long word) {
    unsigned long value;
    restore();
    value = PAGE_WORD(word);
    swap();
    return value;
}

/* ---- */

static void verdicts(void) {
    run(do_load, VERDICT_PASS, FAULT_EXCEPTION);
    check("one message", told, 1);
    message(0, OP_ACCESS, ACCESS_LOAD, 0, 8, 8, 101);
    check("pc", seen[0].pc, (unsigned long)do_load);
    check("loaded", regs.rax, 101);
    answer[0] = 0xabcd;
    run(do_load, VERDICT_DONE, FAULT_EXCEPTION);
    check("loaded", regs.rax, 0xabcd);
    run(do_store, VERDICT_DONE, FAULT_EXCEPTION);
    message(0, OP_ACCESS, ACCESS_STORE, 0, 8, 16, 0x1122334455667788);
    check("not stored", page_read(2), 102);
    run(do_store, VERDICT_PASS, FAULT_EXCEPTION);
    check("stored", page_read(2), 0x1122334455667788);
    run(do_add, VERDICT_PASS, FAULT_EXCEPTION);
    check("two messages", told, 2);
    message(0, OP_ACCESS, ACCESS_LOAD, 3, 8, 24, 103);
    message(1, OP_ACCESS, ACCESS_STORE, 3, 8, 24, 108);
    check("added", page_read(3), 108);
    run(do_wide, VERDICT_STEP, FAULT_EXCEPTION);
    check("messages and outcomes", told, 4);
    message(0, OP_ACCESS, ACCESS_LOAD, 0, 16, 32, 104);
    message(1, OP_ACCESS_OUTCOME, ACCESS_LOAD, 0, 16, 32, 104);
    message(2, OP_ACCESS, ACCESS_STORE, 0, 16, 48, 104);
    message(3, OP_ACCESS_OUTCOME, ACCESS_STORE, 0, 16, 48, 104);
    run(do_add, VERDICT_STEP, FAULT_EXCEPTION);
    check("messages and outcomes", told, 4);
    message(2, OP_ACCESS_OUTCOME, ACCESS_LOAD, 3, 8, 24, 113);
    message(3, OP_ACCESS_OUTCOME, ACCESS_STORE, 3, 8, 24, 113);
    code = 77;
    struct facet_message m = run(do_store, VERDICT_FAULT, FAULT_HANDLER);
    check("address", m.word[1], HOLE + 16);
    check("pc", m.word[2], (unsigned long)do_store + 10);
    check("code", m.word[3], 77);
    say_store = VERDICT_FAULT;
    run(do_add, VERDICT_STEP, FAULT_HANDLER);
    check("no outcome", told, 2);
    check("nothing was added", page_read(3), 113);
    say_store = 0;
    run(do_add, VERDICT_PASS, FAULT_EXCEPTION); /* nobody holds the page */
    check("added", page_read(3), 118);
    passed("every verdict of a handler");
}

static void exclusive(void) {
    struct facet_message m;
    restore();
    PAGE_WORD(0) = 0;
    swap();
    say = VERDICT_STEP;
    told = between = holder = 0;
    start(R_A, 0, do_adds);
    start(R_B, 1, do_adds);
    for (int i = 0; i < 2; i++) {
        m = (struct facet_message){.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
        check("a fault", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_MINE), 0, &m), OP_FAULT);
        check("their ends", m.word[0], FAULT_EXCEPTION);
    }
    check("messages and outcomes", told, 400);
    check("nobody between", between, 0);
    check("sum", page_read(0), 100);
    passed("two processes add under STEP");
}

static void copies(void) {
    static const char text[] = "from the handler\n";
    for (unsigned i = 0; i < sizeof text; i++)
        ((volatile char *)answer)[i] = text[i];
    say = VERDICT_DONE;
    told = 0;
    facet_write(CR_STDOUT, (const void *)(HOLE + 8), sizeof text - 1);
    check("one message", told, 1);
    check("by the kernel", seen[0].word, ACCESS_WORD(ACCESS_LOAD, ACCESS_BY_KERNEL, sizeof text - 1));
    /* Out of the page and into it: registers of a process, read into it, under STEP; swallowed, then not. */
    struct facet_message m = {.room = &regs, .room_size = sizeof regs};
    check("registers", facet_call(R_A, OP_PROCESS_GET_REGS, &m), RC_OK);
    m = (struct facet_message){.room = (void *)(HOLE + 1000), .room_size = sizeof regs};
    say = VERDICT_DONE;
    told = 0;
    check("get registers", facet_call(R_A, OP_PROCESS_GET_REGS, &m), RC_OK);
    check("one message", told, 1);
    check("nothing there", page_read(125 + 16), 0);
    say = VERDICT_STEP;
    told = 0;
    check("get registers", facet_call(R_A, OP_PROCESS_GET_REGS, &m), RC_OK);
    check("and its outcome", told, 2);
    check("what was stored", seen[1].label, OP_ACCESS_OUTCOME);
    check("rip", page_read(125 + 16), regs.rip);
    m = (struct facet_message){.string = (const void *)HOLE, .string_size = 4096, .room = (void *)HOLE, .room_size = 0};
    told = 0;
    m.word[0] = 0;
    check("page", facet_alloc(CAP_PAGE, R_TEMP), RC_OK);
    check("a long string", facet_call(R_TEMP, OP_PAGE_WRITE, &m), RC_OK);
    check("in pieces, with outcomes", told, 16);
    check("nobody between", between, 0);
    say = VERDICT_FAULT;
    check("refused", (unsigned long)facet_write(CR_STDOUT, (const void *)(HOLE + 8), 8), ~0ul);
    passed("copies by the kernel");
}

static void failures(void) {
    struct facet_message m;
    run(do_load, 99, FAULT_HANDLER);
    wrong_size = 1;
    run(do_load, VERDICT_DONE, FAULT_HANDLER);
    wrong_size = 0;
    passed("nonsense");
    self_touch = 1; /* the handler itself faults, and is left stopped */
    start(R_A, 0, do_load);
    fault(&m, 'H', FAULT_HANDLER);
    check("decline", facet_invoke(R_RESUME, INVOKE_FORK, 1, &m), RC_OK);
    fault(&m, 'A', FAULT_HANDLER);
    self_touch = 0;
    passed("a handler that touches its own page");
    make_handler(crashing);
    start(R_A, 0, do_load);
    fault(&m, 'H', FAULT_EXCEPTION);
    check("decline", facet_invoke(R_RESUME, INVOKE_FORK, 1, &m), RC_OK);
    fault(&m, 'A', FAULT_HANDLER);
    run(do_load, 0, FAULT_HANDLER);
    passed("a handler that crashes");
    make_handler(crashing);
    start(R_A, 0, do_load);
    fault(&m, 'H', FAULT_EXCEPTION);
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_H), RC_OK);
    fault(&m, 'A', FAULT_HANDLER);
    run(do_load, 0, FAULT_HANDLER);
    passed("a handler that ends");
}

/* Sends label 5 to the handler, which is not waiting. */
void do_send(void);
__asm__(".pushsection .text\n.globl do_send\n"
        "do_send: mov $5, %eax; mov $0x202, %edi; xor %esi, %esi; xor %r13d, %r13d; xor %r15d, %r15d; syscall; ud2\n"
        ".popsection\n");

static void forging(void) {
    struct facet_message m = {0};
    make_handler(handler);
    check("fault", facet_call(R_ENTRY, OP_FAULT, &m), RC_BAD_ARG);
    check("system call", facet_invoke(R_ENTRY, INVOKE_FORK, OP_SYSCALL + 1, &m), RC_BAD_ARG);
    check("access", facet_invoke(R_ENTRY, INVOKE_RETURN, OP_ACCESS, &m), RC_BAD_ARG);
    /* Its registers are changed while the message waits. */
    check("stop", facet_set(R_H, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    check("gift", facet_set(R_B, OP_PROCESS_SET_CAP, 2, R_ENTRY), RC_OK);
    start(R_B, 1, do_send);
    start(R_A, 0, do_load); /* and faults at once, for nobody serves the page */
    fault(&m, 'A', FAULT_HANDLER);
    m = (struct facet_message){.room = &regs, .room_size = sizeof regs};
    check("registers", facet_call(R_B, OP_PROCESS_GET_REGS, &m), RC_OK);
    check("its label", regs.rax, 5);
    regs.rax = OP_ACCESS;
    m = (struct facet_message){.string = &regs, .string_size = sizeof regs};
    check("registers", facet_call(R_B, OP_PROCESS_SET_REGS, &m), RC_OK);
    told = 0;
    start(R_H, 2, handler);
    fault(&m, 'B', FAULT_EXCEPTION);
    check("told", told, 1);
    check("label", seen[0].label, OP_ACCESS & ~LABEL_KERNEL);
    passed("nobody forges them");
}

int main(void) {
    prepare(handler);
    verdicts();
    exclusive();
    copies();
    failures();
    forging();
    return 0;
}
