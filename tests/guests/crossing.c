/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * crossing: accesses over the border of two pages of which each, or one, has a handler that is a process: the same for
 * both, or two; under every pair of verdicts. And instructions fetched from such pages. Needs --grant range and debug.
 */
#include "handling.h"

enum { R_FIRST = R_MORE, R_SECOND, R_ENTRY2, R_OTHER, R_TO_OTHER };
#define BASE 0x400000000000ul
#define BYTE(n) ((volatile unsigned char *)BASE)[n]
#define BORDER 4096
#define IN_FIRST 3 /* bytes of each access that lie in the first page */

static volatile unsigned long say[2];
static unsigned char text[2][16]; /* what DONE gives */
static volatile struct { unsigned long label, page, word, offset; } seen[128];
static volatile unsigned long told, outcomes;

static _Noreturn void handler(void) {
    unsigned char room[16];
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = 3}, .room = room, .room_size = sizeof room};
    unsigned long label = facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    for (;;) {
        unsigned long i = told++ % 128, page = m.payload;
        seen[i].label = label;
        seen[i].page = page;
        seen[i].word = m.word[0];
        seen[i].offset = m.word[1];
        outcomes += label == OP_ACCESS_OUTCOME;
        m = (struct facet_message){.recv = {[MESSAGE_CAPS - 1] = 3},
                                   .room = room,
                                   .room_size = sizeof room,
                                   .string = text[page],
                                   .string_size = ACCESS_SIZE(m.word[0])};
        label = facet_invoke(3, INVOKE_RETURN, label == OP_ACCESS ? say[page] : 0, &m);
    }
}

void cross_load(void);
void cross_store(void);
extern const unsigned char code[], code_end[];
__asm__(".pushsection .text\n"
        ".globl cross_load, cross_store, code, code_end\n"
        "cross_load: mov $0x400000000ffd, %rbx; movdqu (%rbx), %xmm0; movq %xmm0, %rcx; psrldq $8, %xmm0\n"
        "    movq %xmm0, %rdx; ud2\n"
        "cross_store: mov $0x400000000ffd, %rbx; movabs $0x8877665544332211, %rax; mov %rax, (%rbx); ud2\n"
        "code: mov $42, %eax; movb $3, 0x80(%rip); mov $2, %ecx; 1: dec %ecx; jnz 1b\n"
        "    lea 0x100(%rip), %rdi; mov $4, %ecx; rep stosb\n"
        "    xor %edi, %edi; xor %esi, %esi; xor %r13d, %r13d; xor %r15d, %r15d; mov $1, %eax; syscall; ud2\n"
        "code_end:\n"
        ".popsection\n");

/* Nobody serves them. */
static void plain(void) {
    facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_FIRST);
    facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_SECOND);
}

static void serve(unsigned page, unsigned entry) {
    struct facet_message m = {.word = {1}, .send = {(unsigned char)page, (unsigned char)entry}};
    if (entry)
        check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m), RC_OK);
}

/* Byte n is n % 256. */
static void renew(unsigned first, unsigned second) {
    plain();
    for (unsigned i = BORDER - 16; i < BORDER + 16; i++)
        BYTE(i) = (unsigned char)i;
    serve(R_FIRST, first);
    serve(R_SECOND, second);
}

static void touch(void (*program)(void), unsigned long first, unsigned long second, unsigned long what) {
    struct facet_message m, get = {.room = &regs, .room_size = sizeof regs};
    say[0] = first;
    say[1] = second;
    told = outcomes = 0;
    start(R_A, 0, program);
    fault(&m, 'A', what);
    check("registers", facet_call(R_A, OP_PROCESS_GET_REGS, &get), RC_OK);
}

static void part(unsigned long i, unsigned long page, unsigned kind, unsigned size) {
    check("label", seen[i].label, OP_ACCESS);
    check("page", seen[i].page, page);
    check("kind, part, size", seen[i].word, ACCESS_WORD(kind, 4, page ? size - IN_FIRST : IN_FIRST));
    check("offset", seen[i].offset, page ? 0 : BORDER - IN_FIRST);
}

/* Who was asked what, and told of which outcomes. Pages that nobody serves say PASS. Returns whether it was refused. */
static unsigned asked(unsigned first, unsigned second, unsigned kind, unsigned size) {
    unsigned long i = 0, steps = 0;
    unsigned refused = 0;
    for (unsigned long page = 0; page < 2; page++) {
        if (!(page ? second : first) || refused)
            continue;
        part(i++, page, kind, size);
        refused = say[page] == VERDICT_FAULT;
        steps += say[page] == VERDICT_STEP;
    }
    check("outcomes", outcomes, refused ? 0 : steps);
    check("messages", told, i + outcomes);
    return refused;
}

/* Bytes of a little-endian number whose first byte is `first` and each one more. */
static unsigned long rising(unsigned first, unsigned count) {
    return count == 0 ? 0 : (first & 0xff) | rising(first + 1, count - 1) << 8;
}

static void load(unsigned first, unsigned second, unsigned long a, unsigned long b) {
    unsigned refused = (first && a == VERDICT_FAULT) || (second && b == VERDICT_FAULT);
    renew(first, second);
    touch(cross_load, a, b, refused ? FAULT_HANDLER : FAULT_EXCEPTION);
    check("refused", asked(first, second, ACCESS_LOAD, 16), refused);
    unsigned from = second && b == VERDICT_DONE ? 0xb0 : 0;
    if (refused)
        return;
    check("the first 8 bytes", regs.rcx,
          rising(first && a == VERDICT_DONE ? 0xa0 : 0xfd, IN_FIRST) | rising(from, 8 - IN_FIRST) << 8 * IN_FIRST);
    check("the others", regs.rdx, rising(from + 8 - IN_FIRST, 8));
}

static void store(unsigned first, unsigned second, unsigned long a, unsigned long b) {
    unsigned refused = (first && a == VERDICT_FAULT) || (second && b == VERDICT_FAULT);
    renew(first, second);
    touch(cross_store, a, b, refused ? FAULT_HANDLER : FAULT_EXCEPTION);
    check("refused", asked(first, second, ACCESS_STORE, 8), refused);
    plain();
    for (unsigned i = 0; i < 8; i++) {
        unsigned at = BORDER - IN_FIRST + i;
        int kept = refused || (i < IN_FIRST ? first && a == VERDICT_DONE : second && b == VERDICT_DONE);
        check("stored", BYTE(at), kept ? at & 0xff : 0x11 * (i + 1));
    }
}

static void pairs(unsigned first, unsigned second, const char *what) {
    for (unsigned long a = VERDICT_PASS; a <= VERDICT_STEP; a++)
        for (unsigned long b = VERDICT_PASS; b <= VERDICT_STEP; b++) {
            load(first, second, a, b);
            store(first, second, a, b);
        }
    passed(what);
}

/* Offset and size of each instruction of `code` in the order in which they are executed; 0: a store of that many bytes,
 * which is told after the fetch. */
static const struct {
    unsigned char offset, size, store;
} executed[] = {
    {0, 5, 0},  {5, 7, 1},  {12, 5, 0}, {17, 2, 0}, {19, 2, 0}, {17, 2, 0}, {19, 2, 0}, {21, 7, 0}, {28, 5, 0},
    {33, 2, 4}, {35, 2, 0}, {37, 2, 0}, {39, 3, 0}, {42, 3, 0}, {45, 5, 0}, {50, 2, 0}, {52, 2, 0},
};
#define EXECUTED (sizeof executed / sizeof *executed)

static void place(unsigned long at) {
    plain();
    for (unsigned i = 0; code + i < code_end; i++)
        BYTE(at + i) = code[i];
    serve(R_FIRST, R_ENTRY);
    serve(R_SECOND, R_ENTRY2);
}

static void fetched(unsigned long i, unsigned long label, unsigned long offset, unsigned long size) {
    check("label", seen[i].label, label);
    check("fetch", seen[i].word, ACCESS_WORD(ACCESS_FETCH, 0, size));
    check("offset", seen[i].offset, offset);
}

/* With STEP, the outcome of the fetch comes with that of the first store. */
static void executes(unsigned long verdict) {
    unsigned long i = 0, step = verdict == VERDICT_STEP;
    place(0);
    touch((void (*)(void))BASE, verdict, verdict, FAULT_EXCEPTION);
    check("it ran to its end", regs.rip, BASE + 52);
    check("the system call", regs.rax, RC_OK);
    for (unsigned k = 0; k < EXECUTED; k++) {
        fetched(i++, OP_ACCESS, executed[k].offset, executed[k].size);
        for (unsigned n = 0; n < executed[k].store || n == 0; n++) {
            if (executed[k].store)
                check("store", ACCESS_KIND(seen[i++].word), ACCESS_STORE);
            if (step && n == 0)
                fetched(i++, OP_ACCESS_OUTCOME, executed[k].offset, executed[k].size);
            if (step && executed[k].store)
                check("its outcome", seen[i++].label, OP_ACCESS_OUTCOME);
        }
    }
    check("messages", told, i);
}

static void fetches(void) {
    executes(VERDICT_PASS);
    executes(VERDICT_STEP);
    touch((void (*)(void))BASE, VERDICT_FAULT, VERDICT_FAULT, FAULT_HANDLER);
    check("nothing was executed", regs.rip, BASE);
    check("messages", told, 1);
    touch((void (*)(void))BASE, VERDICT_DONE, VERDICT_DONE, FAULT_HANDLER); /* of a fetch it is nonsense */
    check("messages", told, 1);
    place(BORDER - IN_FIRST);
    touch((void (*)(void))(BASE + BORDER - IN_FIRST), VERDICT_PASS, VERDICT_FAULT, FAULT_HANDLER);
    check("of the first page", seen[0].word, ACCESS_WORD(ACCESS_FETCH, 4, IN_FIRST));
    check("of the second", seen[1].word, ACCESS_WORD(ACCESS_FETCH, 4, 5 - IN_FIRST));
    check("messages", told, 2);
    passed("instructions");
}

static void map(void) {
    check("GPT", facet_alloc(CAP_GPT, R_TEMP), RC_OK);
    check("map", facet_set(CR_SPACE, OP_GPT_SET, BASE >> 44, R_TEMP), RC_OK);
    for (unsigned i = 0; i < 2; i++) {
        check("page", facet_alloc(CAP_PAGE, R_FIRST + i), RC_OK);
        check("slot", facet_set(R_TEMP, OP_GPT_SET, i, R_FIRST + i), RC_OK);
        for (unsigned k = 0; k < sizeof text[i]; k++)
            text[i][k] = (unsigned char)((i ? 0xb0 : 0xa0) + k);
    }
}

int main(void) {
    prepare(handler);
    check("entry", facet_get(R_TO_H, OP_ENDPOINT_MAKE_ENTRY, 0, 0, R_ENTRY), RC_OK);
    check("entry", facet_get(R_TO_H, OP_ENDPOINT_MAKE_ENTRY, 1, 0, R_ENTRY2), RC_OK);
    map();
    pairs(R_ENTRY, R_ENTRY2, "one handler for both pages");
    make_process(R_OTHER, handler, stack[3] + 1000, CR_NULL, R_KEEPER_H);
    make_entry(R_TO_OTHER, R_OTHER, 1, R_ENTRY2);
    check("start", facet_set(R_OTHER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    pairs(R_ENTRY, R_ENTRY2, "two handlers");
    pairs(R_ENTRY, CR_NULL, "the first page only");
    pairs(CR_NULL, R_ENTRY2, "the second page only");
    fetches();
    return 0;
}
