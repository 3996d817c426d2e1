/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * handlers: pages whose handler is a process. Every verdict, on the accesses of a process and on the kernel's copies
 * for it; two processes that add to one word under STEP; handlers that answer nonsense, end, crash, or touch their own
 * page; and messages that nobody but the kernel can make. Needs --grant range and debug.
 */
#include "check.h"

enum { R_PAGE = CR_FREE, R_H, R_A, R_B, R_TO_H, R_ENTRY, R_MINE, R_KEEPER, R_KEEPER_H, R_RESUME, R_TEMP };
#define HOLE (3ul << 44)
#define PAGE_WORD(i) (((volatile unsigned long *)HOLE)[i])

static unsigned long stack[3][1024];

/* ---- The handler: what it says and what it was told, in memory that all share */

static volatile unsigned long say, code, next_label, told, self_touch, wrong_size;
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
        label = facet_invoke(3, INVOKE_RETURN, label == OP_ACCESS ? say : 0, &m);
    }
}

static _Noreturn void crashing(void) {
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = 3}};
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    for (;;)
        __asm__ volatile("ud2");
}

/* ---- The programs that access the page, each ends at ud2 */

void do_load(void);
void do_store(void);
void do_add(void);
void do_wide(void);
void do_adds(void);
__asm__(".pushsection .text\n"
        ".globl do_load, do_store, do_add, do_wide, do_adds\n"
        "do_load: mov 0x300000000008, %rax; ud2\n"
        "do_store: mov $0x1122334455667788, %rax; mov %rax, 0x300000000010; ud2\n"
        "do_add: mov $0x300000000018, %rbx; lock addq $5, (%rbx); ud2\n"
        "do_wide: mov $0x300000000020, %rbx; movdqu (%rbx), %xmm0; movdqu %xmm0, 16(%rbx); ud2\n"
        "do_adds: mov $0x300000000000, %rbx; mov $50, %ecx; 1: lock addq $1, (%rbx); dec %ecx; jnz 1b; ud2\n"
        ".popsection\n");

static struct facet_regs regs;

static void start(unsigned process, unsigned which, void (*program)(void)) {
    struct facet_regs r = {.rip = (unsigned long)program, .rsp = (unsigned long)(stack[which] + 1000), .rflags = 0x202};
    struct facet_message m = {.string = &r, .string_size = sizeof r};
    check("stop", facet_set(process, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    check("registers", facet_call(process, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("start", facet_set(process, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

/* Waits for a fault; *m is it. */
static void fault(struct facet_message *m, unsigned long from, unsigned long what) {
    *m = (struct facet_message){.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
    check("a fault", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_MINE), 0, m), OP_FAULT);
    check("whose", m->payload, from);
    check("which", m->word[0], what);
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

static void make_handler(void (*program)(void)) {
    make_process(R_H, program, stack[2] + 1000, CR_NULL, R_KEEPER_H);
    check("recipient", facet_set(R_TO_H, OP_ENDPOINT_SET_RECIPIENT, 0, R_H), RC_OK);
    check("start", facet_set(R_H, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static unsigned long page_read(unsigned long word) {
    unsigned long value = 0;
    struct facet_message m = {.word = {8 * word}, .room = &value, .room_size = 8};
    check("restore", facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_PAGE), RC_OK);
    value = PAGE_WORD(word);
    m = (struct facet_message){.word = {1}, .send = {R_PAGE, R_ENTRY}};
    check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m), RC_OK);
    return value;
}

static void prepare(void) {
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("map", facet_set(CR_SPACE, OP_GPT_SET, HOLE >> 44, R_PAGE), RC_OK);
    for (unsigned i = 0; i < 16; i++)
        PAGE_WORD(i) = 100 + i;
    make_entry(R_MINE, CR_SELF, 'A', R_KEEPER);
    check("entry", facet_get(R_MINE, OP_ENDPOINT_MAKE_ENTRY, 'H', 0, R_KEEPER_H), RC_OK);
    make_process(R_A, do_load, stack[0] + 1000, CR_NULL, R_KEEPER);
    check("entry", facet_get(R_MINE, OP_ENDPOINT_MAKE_ENTRY, 'B', 0, R_TEMP), RC_OK);
    make_process(R_B, do_load, stack[1] + 1000, CR_NULL, R_TEMP);
    check("endpoint", facet_alloc(CAP_ENDPOINT, R_TO_H), RC_OK);
    check("entry", facet_get(R_TO_H, OP_ENDPOINT_MAKE_ENTRY, 7, 0, R_ENTRY), RC_OK);
    make_handler(handler);
    struct facet_message m = {.word = {1}, .send = {R_PAGE, R_ENTRY}};
    check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m), RC_OK);
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
    passed("every verdict of a handler");
}

static void exclusive(void) {
    struct facet_message m;
    check("restore", facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_PAGE), RC_OK);
    PAGE_WORD(0) = 0;
    m = (struct facet_message){.word = {1}, .send = {R_PAGE, R_ENTRY}};
    check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m), RC_OK);
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

static void forging(void) {
    struct facet_message m = {0};
    make_handler(handler);
    check("fault", facet_call(R_ENTRY, OP_FAULT, &m), RC_BAD_ARG);
    check("system call", facet_invoke(R_ENTRY, INVOKE_FORK, OP_SYSCALL + 1, &m), RC_BAD_ARG);
    check("access", facet_invoke(R_ENTRY, INVOKE_RETURN, OP_ACCESS, &m), RC_BAD_ARG);
    passed("nobody forges them");
}

int main(void) {
    prepare();
    verdicts();
    exclusive();
    copies();
    failures();
    forging();
    return 0;
}
