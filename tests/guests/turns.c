/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * turns: processes that share memory, for handlers that say STEP and BLOCK. "turns add": two processes add to one word;
 * one of them is preempted at each of its instructions in turn. "turns wait": loads, system calls and messages that
 * wait for what another process stores. "turns stuck": a load of what nobody stores. Needs --grant range.
 */
#include "check.h"

enum { R_A = CR_FREE, R_B, R_C, R_ENDPOINT, R_KEEPER_A, R_KEEPER_B, R_RESUME, R_ENTRY, R_ENDPOINT2, R_ENTRY2 };
#define ADDS 6
#define PAGE_ALIGNED __attribute__((aligned(4096)))

/* What is swapped has pages of its own. */
volatile unsigned long word PAGE_ALIGNED;
unsigned char cell[4096] PAGE_ALIGNED;
static unsigned long stack[3][512] PAGE_ALIGNED;

/* ---- Two processes add to one word */

void add_locked(void);
void add_in_parts(void);
__asm__(".pushsection .text\n"
        ".globl add_locked, add_in_parts\n"
        "add_locked:\n"
        "   mov $6, %ecx\n"
        "1: lock addq $1, word\n"
        "   dec %ecx\n"
        "   jnz 1b\n"
        "   ud2\n"
        "add_in_parts:\n"
        "   mov $6, %ecx\n"
        "1: mov word, %rax\n"
        "   inc %rax\n"
        "   mov %rax, word\n"
        "   dec %ecx\n"
        "   jnz 1b\n"
        "   ud2\n"
        ".popsection\n");
#define INSTRUCTIONS_LOCKED (1 + 3 * ADDS)
#define INSTRUCTIONS_IN_PARTS (1 + 5 * ADDS)

/* Waits for the next fault; returns which. */
static unsigned long next(unsigned answer_to, unsigned long from) {
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
    check("a fault", facet_invoke(answer_to, INVOKE_RETURN | INVOKE_CLOSED(R_ENDPOINT), 0, &m), OP_FAULT);
    check("whose", m.payload, from);
    return m.word[0];
}

static void begin(unsigned process, unsigned which, void (*start)(void), unsigned long step) {
    struct facet_regs regs = {.rip = (unsigned long)start, .rsp = (unsigned long)(stack[which] + 512), .rflags = 0x202};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    check("stop", facet_set(process, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    check("registers", facet_call(process, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("step", facet_set(process, OP_PROCESS_SET_STEP, step, CR_NULL), RC_OK);
    check("start", facet_set(process, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

/* A makes so many instructions, then B its whole program, then A the rest. False: A has not that many. */
static int preempt_after(unsigned long instructions, void (*program)(void)) {
    word = 0;
    if (instructions) {
        begin(R_A, 0, program, 1);
        for (unsigned long i = 1; next(i == 1 ? CR_NULL : R_RESUME, 'A') == FAULT_STEP && i < instructions; i++)
            check("step", facet_set(R_A, OP_PROCESS_SET_STEP, 1, CR_NULL), RC_OK);
        check("copy", facet_set(CR_SELF, OP_PROCESS_SET_CAP, R_ENTRY, R_RESUME), RC_OK);
    }
    begin(R_B, 1, program, 0);
    check("B's end", next(CR_NULL, 'B'), FAULT_EXCEPTION);
    if (!instructions)
        begin(R_A, 0, program, 0);
    check("A's end", next(instructions ? R_ENTRY : CR_NULL, 'A'), FAULT_EXCEPTION);
    return 1;
}

static unsigned long count_instructions(void (*program)(void)) {
    unsigned long count = 0;
    begin(R_A, 0, program, 1);
    while (next(count ? R_RESUME : CR_NULL, 'A') == FAULT_STEP) {
        check("step", facet_set(R_A, OP_PROCESS_SET_STEP, 1, CR_NULL), RC_OK);
        count++;
    }
    return count;
}

static void add(const char *name, void (*program)(void), unsigned long expected) {
    unsigned long points = 0, lost = 0, instructions = count_instructions(program);
    check("instructions", instructions, expected);
    for (; points < instructions; points++) {
        preempt_after(points, program);
        lost += word != 2 * ADDS;
    }
    facet_puts(name);
    facet_puts(": ");
    print_number(instructions, 10);
    facet_puts(" instructions, preempted at ");
    print_number(points, 10);
    facet_puts(" points, updates lost at ");
    print_number(lost, 10);
    facet_puts("\n");
}

static void adders(void) {
    make_entry(R_ENDPOINT, CR_SELF, 'A', R_KEEPER_A);
    check("entry", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, 'B', 0, R_KEEPER_B), RC_OK);
    make_process(R_A, add_locked, stack[0] + 512, CR_NULL, R_KEEPER_A);
    make_process(R_B, add_locked, stack[1] + 512, CR_NULL, R_KEEPER_B);
    add("locked", add_locked, INSTRUCTIONS_LOCKED);
    add("in parts", add_in_parts, INSTRUCTIONS_IN_PARTS);
}

/* ---- Waiting for a store */

static volatile unsigned long loads;

/* Tells what it has loaded. */
static void load(void) {
    struct facet_message m = {.word = {*(volatile unsigned long *)cell, loads++}};
    facet_call(2, 1, &m);
}

#define TEXT 1500 /* bytes: several pieces of 512 */
static void print_text(void) {
    struct facet_message m = {.string = cell + 1024, .string_size = TEXT};
    facet_call(2, OP_STREAM_WRITE, &m);
    for (;;)
        facet_call(CR_NULL, 0, &m);
}

static void send_text(void) {
    struct facet_message m = {.string = cell + 3000, .string_size = 1000};
    facet_call(2, 2, &m);
}

static unsigned char letter(unsigned i) {
    return i + 1 == TEXT ? '\n' : (unsigned char)('a' + i % 26);
}

static void fill(unsigned from, unsigned to) {
    for (unsigned i = from; i < to; i++)
        cell[1024 + i] = letter(i);
}

/* Lets the others run as far as they get: they are before us in the queue. */
static void let_run(void) {
    for (int i = 0; i < 3; i++) {
        check("a process of no effect", facet_set(R_B, OP_PROCESS_START, 0, CR_NULL), RC_OK);
        check("its end", next(CR_NULL, 'B'), FAULT_EXCEPTION);
    }
}

static void nothing(void) {
    for (;;)
        __asm__ volatile("ud2");
}

static void store_rest(void) {
    for (unsigned i = 600; i < 1000; i++)
        cell[3000 + i] = 't';
    nothing();
}

static void waits(void) {
    static unsigned char room[1000];
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
    make_entry(R_ENDPOINT, CR_SELF, 'A', R_KEEPER_A);
    check("entry", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, 'B', 0, R_KEEPER_B), RC_OK);
    make_process(R_A, load, stack[0] + 512, R_KEEPER_A, CR_NULL);
    make_process(R_B, nothing, stack[1] + 512, CR_NULL, R_KEEPER_B);
    check("start", facet_set(R_A, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    let_run();
    check("it waits", loads, 0);
    *(volatile unsigned *)cell = 42; /* half of it */
    let_run();
    check("it still waits", loads, 0);
    *(volatile unsigned *)(cell + 4) = 1;
    check("its message", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), 1);
    check("what it has loaded", m.word[0], 42 + (1ul << 32));
    check("once", loads, 1);
    passed("a load waits for a store");

    make_process(R_A, print_text, stack[0] + 512, CR_STDOUT, CR_NULL);
    fill(0, 700);
    check("start", facet_set(R_A, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    let_run();
    facet_puts("the text comes after this, whole:\n"); /* a string of another process */
    fill(700, TEXT);
    let_run();

    make_entry(R_ENDPOINT2, CR_SELF, 'C', R_ENTRY2);
    make_process(R_A, send_text, stack[0] + 512, R_ENTRY2, CR_NULL);
    make_process(R_C, store_rest, stack[2] + 512, CR_NULL, R_KEEPER_B);
    for (unsigned i = 0; i < 600; i++)
        cell[3000 + i] = 's';
    check("start", facet_set(R_A, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    let_run();
    check("start", facet_set(R_C, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    m = (struct facet_message){.room = room, .room_size = sizeof room};
    check("its message", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_ENDPOINT2), 0, &m), 2);
    check("its size", m.received, 1000);
    for (unsigned i = 0; i < 1000; i++)
        check("what was sent", room[i], i < 600 ? 's' : 't');
    passed("so do a system call and a message");
}

int main(int argc, char **argv) {
    if (argc < 2 || argv[1][0] == 'a')
        adders();
    else if (argv[1][0] == 'w')
        waits();
    else
        check("never stored", *(volatile unsigned long *)cell, 0);
    return 0;
}
