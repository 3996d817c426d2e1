/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * foreign [nobody|lost|deaf|silent]: this program keeps a process whose system calls are not invocations. Each reaches
 * the process's own keeper, with number and arguments; its answer is the result, or leaves the process stopped; a busy
 * keeper, one that is gone, START, STOP and single steps meet it; and the keeper reads and writes the process's memory,
 * as far as there is some. With an argument nobody answers a system call, for that reason.
 */
#include "check.h"

enum { R_CHILD = CR_FREE, R_ENDPOINT, R_KEEPER, R_RESUME, R_GPT_KEEPER, R_GPT_ENDPOINT, R_PAGE, R_OTHER, R_SPACE };
enum { PROCESS_KEEPER = 7, GPT_KEEPER };
#define L2V_ROOT 44
#define PLACE (5ul << L2V_ROOT) /* 12 pages of 16 are there */
#define PAGES 12ul

static unsigned long child_stack[512], other_stack[512];
static unsigned char buffer[STRING_MAX];

void child_code(void);
/* A system call with all its registers, another one, and an end. */
__asm__(".pushsection .text\n"
        ".globl child_code, f0, f1, f2, f3\n"
        "child_code:\n"
        "f0: syscall\n"
        "f1: syscall\n"
        "f2: mov %rax, %rbx\n"
        "f3: ud2\n"
        ".popsection\n");
extern char f0[], f1[], f2[], f3[];

static void get_regs(struct facet_regs *regs) {
    struct facet_message m = {.room = regs, .room_size = sizeof *regs};
    check("get registers", facet_call(R_CHILD, OP_PROCESS_GET_REGS, &m), RC_OK);
}

static void set_regs(const struct facet_regs *regs) {
    struct facet_message m = {.string = regs, .string_size = sizeof *regs};
    check("set registers", facet_call(R_CHILD, OP_PROCESS_SET_REGS, &m), RC_OK);
}

static void start_at(const char *where, unsigned long number) {
    struct facet_regs regs = {.rax = number, .rdi = 0x11, .rsi = ~0ul, .rdx = 0x33, .r10 = 0x44, .r8 = 0x55};
    regs.rip = (unsigned long)where;
    regs.rsp = (unsigned long)(child_stack + 512) - 8;
    regs.rflags = 0x202;
    regs.r9 = 0x66;
    set_regs(&regs);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

/* Answers with a label and a result, and waits for the next message. */
static unsigned long answer(unsigned to, unsigned long label, unsigned long result, struct facet_message *m) {
    *m = (struct facet_message){.word = {result}, .recv = {R_PAGE, 0, 0, R_RESUME}};
    return facet_invoke(to, INVOKE_RETURN, label, m);
}

static void expect_call(unsigned to, unsigned long result, unsigned long number, struct facet_message *m) {
    check("label of a system call", answer(to, 0, result, m), OP_SYSCALL + number);
    check("who is told", m->payload, PROCESS_KEEPER);
}

static void expect_fault(unsigned to, unsigned long result, enum fault fault, const char *where) {
    struct facet_message m;
    check("label of a fault", answer(to, 0, result, &m), OP_FAULT);
    check("which fault", m.word[0], fault);
    check("where", m.word[2], (unsigned long)where);
}

static void make_foreign(unsigned long on) {
    check("foreign", facet_set(R_CHILD, OP_PROCESS_SET_FOREIGN, on, CR_NULL), RC_OK);
}

static unsigned long type_of(unsigned reg) {
    struct facet_message m = {0};
    check("type", facet_call(reg, OP_TYPE, &m), RC_OK);
    return m.word[0];
}

/* ---- A system call reaches the keeper, and its answer the process */

static void calls(void) {
    struct facet_message m;
    struct facet_regs regs;
    check("a capability", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    start_at(f0, 39);
    expect_call(CR_NULL, 0, 39, &m);
    check("rdi", m.word[0], 0x11);
    check("rsi", m.word[1], ~0ul); /* would be an impossible invocation */
    check("rdx", m.word[2], 0x33);
    check("r10", m.word[3], 0x44);
    check("no string", m.received, 0);
    check("no capability", type_of(R_PAGE), CAP_NULL);
    get_regs(&regs);
    check("rip is behind it", regs.rip, (unsigned long)f1);
    check("r8", regs.r8, 0x55);
    check("r9", regs.r9, 0x66);
    check("rcx", regs.rcx, (unsigned long)f1);
    check("r11", regs.r11, regs.rflags);
    expect_call(R_RESUME, 0x10000, 0xffff, &m); /* the result is the next one's number, too large for a label */
    get_regs(&regs);
    check("the number itself", regs.rax, 0x10000);
    expect_fault(R_RESUME, (unsigned long)-38, FAULT_EXCEPTION, f3);
    get_regs(&regs);
    check("the result", regs.rbx, (unsigned long)-38);
    start_at(f1, ~0ul);
    expect_call(CR_NULL, 0, 0xffff, &m);
    start_at(f1, 0xffff);
    expect_call(CR_NULL, 0, 0xffff, &m);
    start_at(f1, 0xfffe);
    expect_call(CR_NULL, 0, 0xfffe, &m);
    start_at(f1, 0);
    expect_call(CR_NULL, 0, 0, &m);
    passed("a foreign system call is told to the keeper, its answer is the result");
}

/* What the keeper sets goes on with it; an answer is given once; other labels stop it. */
static void answers(void) {
    struct facet_message m = {0};
    struct facet_regs regs;
    start_at(f0, 15);
    expect_call(CR_NULL, 0, 15, &m);
    get_regs(&regs);
    regs.rip = (unsigned long)f2;
    regs.rcx = 0x77;
    set_regs(&regs);
    expect_fault(R_RESUME, 5, FAULT_EXCEPTION, f3);
    get_regs(&regs);
    check("it went on where it was set", regs.rbx, 5);
    check("with what was set", regs.rcx, 0x77);
    start_at(f1, 60);
    expect_call(CR_NULL, 0, 60, &m);
    m = (struct facet_message){.word = {9}};
    check("another label", facet_invoke(R_RESUME, INVOKE_CALL, 1, &m), RC_OK);
    check("a second answer", facet_invoke(R_RESUME, INVOKE_CALL, 0, &m), RC_INVALID_CAP);
    get_regs(&regs);
    check("it has not run", regs.rip, (unsigned long)f2);
    check("nor got a result", regs.rax, 60);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    expect_fault(CR_NULL, 0, FAULT_EXCEPTION, f3);
    get_regs(&regs);
    check("started, it goes on behind the call", regs.rbx, 60);
    passed("the keeper's changes count, its answer does once, and may leave the process stopped");
}

static void started_and_stopped(void) {
    struct facet_message m = {0};
    start_at(f1, 1);
    expect_call(CR_NULL, 0, 1, &m);
    check("stop", facet_set(R_CHILD, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    check("the answer is void", facet_invoke(R_RESUME, INVOKE_CALL, 0, &m), RC_INVALID_CAP);
    start_at(f1, 2);
    expect_call(CR_NULL, 0, 2, &m);
    start_at(f1, 3); /* stopped first, or it would be in a system call still */
    check("and so", type_of(R_RESUME), CAP_NULL);
    expect_call(CR_NULL, 0, 3, &m);
    make_foreign(0);
    expect_fault(R_RESUME, 4, FAULT_EXCEPTION, f3); /* this call was foreign yet */
    start_at(f1, 4);
    expect_fault(CR_NULL, 0, FAULT_BAD_INVOKE, f1); /* rsi is no set of registers */
    make_foreign(1);
    passed("it is started, stopped, and invokes capabilities again");
}

/* ---- Who is told */

static void expect_fault_declined(struct facet_message *m) {
    check("and then", answer(R_RESUME, 1, 0, m), OP_FAULT);
    check("to the process's", m->payload, PROCESS_KEEPER);
}

static void space_keeper(void) {
    struct facet_message m;
    struct facet_regs regs;
    make_entry(R_GPT_ENDPOINT, CR_SELF, GPT_KEEPER, R_GPT_KEEPER);
    check("a keeper of the whole space", facet_set(CR_SPACE, OP_GPT_SET_KEEPER, 0, R_GPT_KEEPER), RC_OK);
    start_at((const char *)PLACE, 5); /* where nothing is */
    check("a fault", answer(CR_NULL, 0, 0, &m), OP_FAULT);
    check("is told to the GPT's keeper", m.payload, GPT_KEEPER);
    expect_fault_declined(&m);
    get_regs(&regs);
    regs.rip = (unsigned long)f1;
    set_regs(&regs);
    expect_call(R_RESUME, 0, 5, &m);
    check("none", facet_set(CR_SPACE, OP_GPT_SET_KEEPER, 0, CR_NULL), RC_OK);
    expect_fault(R_RESUME, 0, FAULT_EXCEPTION, f3);
    passed("keepers of GPTs are not asked");
}

static void speaker(void) {
    struct facet_message m = {.word = {0x5ea}};
    facet_call(2, 1, &m);
    for (;;)
        __asm__ volatile("ud2");
}

/* Two want to be heard while the keeper does something else: both are, in their order. */
static void busy_keeper(void) {
    struct facet_message m;
    make_process(R_OTHER, speaker, other_stack + 512, R_KEEPER, CR_NULL);
    start_at(f1, 6);
    check("start the other", facet_set(R_OTHER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    struct facet_message yield = {0};
    for (int i = 0; i < 3; i++)
        facet_call(R_CHILD, OP_TYPE, &yield);
    expect_call(CR_NULL, 0, 6, &m);
    m = (struct facet_message){.word = {8}};
    check("answer", facet_invoke(R_RESUME, INVOKE_CALL, 0, &m), RC_OK);
    m = (struct facet_message){.recv = {0, 0, 0, R_RESUME}};
    check("the other's message", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), 1);
    check("its word", m.word[0], 0x5ea);
    check("stop the other", facet_set(R_OTHER, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    expect_fault(CR_NULL, 0, FAULT_EXCEPTION, f3);
    passed("a busy keeper is waited for");
}

static void let_others_run(void) {
    struct facet_message m = {.send = {0}};
    make_process(R_OTHER, speaker, other_stack + 512, R_KEEPER, CR_NULL);
    check("start the other", facet_set(R_OTHER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    m.recv[3] = R_RESUME;
    check("its message", facet_invoke(CR_NULL, INVOKE_CLOSED(R_ENDPOINT) | INVOKE_RETURN, 0, &m), 1);
    check("stop the other", facet_set(R_OTHER, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
}

/* Its message waits in the queue of a keeper that then becomes another, or receives nothing. */
static void moved_keeper(void) {
    struct facet_message m;
    struct facet_regs regs;
    make_process(R_OTHER, speaker, other_stack + 512, R_KEEPER, CR_NULL);
    check("nobody receives", facet_set(R_GPT_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, R_OTHER), RC_OK);
    check("another keeper", facet_set(R_CHILD, OP_PROCESS_SET_KEEPER, 0, R_GPT_KEEPER), RC_OK);
    start_at(f1, 7);
    let_others_run();
    get_regs(&regs);
    check("it waits in its system call", regs.rip, (unsigned long)f2);
    check("now somebody does", facet_set(R_GPT_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, CR_SELF), RC_OK);
    check("label", answer(CR_NULL, 0, 0, &m), OP_SYSCALL + 7);
    check("through that endpoint", m.payload, GPT_KEEPER);
    check("the keeper again", facet_set(R_CHILD, OP_PROCESS_SET_KEEPER, 0, R_KEEPER), RC_OK);
    expect_fault(R_RESUME, 0, FAULT_EXCEPTION, f3);
    passed("a keeper's endpoint may lead elsewhere while a system call waits for it");
}

/* ---- Single steps */

static void step(void) {
    check("step", facet_set(R_CHILD, OP_PROCESS_SET_STEP, 1, CR_NULL), RC_OK);
}

static void steps(void) {
    struct facet_message m;
    struct facet_regs regs;
    step();
    start_at(f0, 10);
    expect_call(CR_NULL, 0, 10, &m);
    get_regs(&regs);
    check("no trap flag", regs.rflags & 0x100, 0);
    check("nor in r11", regs.r11 & 0x100, 0);
    expect_fault(R_RESUME, 11, FAULT_STEP, f1);
    step();
    expect_call(R_RESUME, 0, 11, &m);
    get_regs(&regs);
    regs.rip = (unsigned long)f0; /* the keeper sends it elsewhere: the step is over all the same */
    set_regs(&regs);
    expect_fault(R_RESUME, 12, FAULT_STEP, f0);
    get_regs(&regs);
    check("no trap flag", regs.rflags & 0x100, 0);
    check("the result", regs.rax, 12);
    expect_call(R_RESUME, 0, 12, &m);
    expect_call(R_RESUME, 13, 13, &m);
    expect_fault(R_RESUME, 0, FAULT_EXCEPTION, f3);
    passed("a foreign system call is one step");
}

/* ---- Its memory */

static void place_make(void) {
    check("GPT", facet_alloc(CAP_GPT, R_SPACE), RC_OK);
    for (unsigned long i = 0; i < PAGES; i++) {
        check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
        if (i == 3)
            check("restrict", facet_get(R_PAGE, OP_MEM_REDUCE, CAP_RO, 0, R_PAGE), RC_OK);
        check("insert", facet_set(R_SPACE, OP_GPT_SET, i, R_PAGE), RC_OK);
    }
    check("a space that has nothing else", facet_set(R_OTHER, OP_PROCESS_SET_SPACE, 0, R_SPACE), RC_OK);
}

static void moved(unsigned long op, unsigned long address, unsigned long size, unsigned long done, enum fault why) {
    struct facet_message m = {.word = {address}};
    if (op == OP_PROCESS_READ)
        m.room = buffer, m.room_size = size;
    else
        m.string = buffer, m.string_size = size;
    check("move", facet_call(R_OTHER, op, &m), RC_OK);
    check("bytes moved", m.word[0], done);
    check("why not more", m.word[1], why);
    check("string", m.received, op == OP_PROCESS_READ ? done : 0);
}

static void fill(unsigned char value) {
    for (unsigned long i = 0; i < sizeof buffer; i++)
        buffer[i] = (unsigned char)(i + value);
}

static void memory(void) {
    place_make();
    fill(1);
    moved(OP_PROCESS_WRITE, 0xff0, 0x2020, 0x2010, FAULT_ACCESS_VIOLATION); /* page 3 is read-only */
    fill(0);
    moved(OP_PROCESS_READ, 0xff0, 0x2010, 0x2010, FAULT_NONE);
    check("the first byte", buffer[0], 1);
    check("the last byte", buffer[0x200f], 0x10);
    check("none behind it", buffer[0x2010], 0x10);
    moved(OP_PROCESS_READ, 0x3000, 16, 16, FAULT_NONE);
    check("nothing went into page 3", buffer[0], 0);
    moved(OP_PROCESS_READ, 0, sizeof buffer, PAGES * 4096, FAULT_INVALID_ADDRESS);
    check("what was written", buffer[0xff0], 1);
    moved(OP_PROCESS_READ, PAGES * 4096, 1, 0, FAULT_INVALID_ADDRESS);
    moved(OP_PROCESS_READ, ~0ul, 1, 0, FAULT_INVALID_ADDRESS);
    moved(OP_PROCESS_WRITE, 0x800000000000 - 8, 16, 0, FAULT_INVALID_ADDRESS);
    moved(OP_PROCESS_READ, PAGES * 4096, 0, 0, FAULT_NONE);
    check("no space", facet_set(R_OTHER, OP_PROCESS_SET_SPACE, 0, CR_NULL), RC_OK);
    moved(OP_PROCESS_WRITE, 0, 1, 0, FAULT_INVALID_ADDRESS);
    check("no memory at all", facet_set(R_OTHER, OP_PROCESS_SET_SPACE, 0, R_SPACE), RC_OK);
    passed("its memory is read and written as far as there is some");
}

/* The caller's own string is whole or nothing, and a keeper of the memory is not called. */
static void own_side(void) {
    struct facet_message m = {.word = {0}, .string = (void *)PLACE, .string_size = 1};
    check("write from nowhere", facet_call(R_OTHER, OP_PROCESS_WRITE, &m), RC_BAD_SPACE);
    m = (struct facet_message){.room = (void *)PLACE, .room_size = 1};
    check("read to nowhere", facet_call(R_OTHER, OP_PROCESS_READ, &m), RC_BAD_SPACE);
    m = (struct facet_message){.word = {(unsigned long)buffer}, .string = buffer, .string_size = STRING_MAX + 1};
    buffer[5] = 0x99;
    check("its own, more than a string", facet_call(CR_SELF, OP_PROCESS_WRITE, &m), RC_OK);
    check("a string", m.word[0], STRING_MAX);
    check("unchanged", buffer[5], 0x99);
    passed("the caller's side is all there or nothing moves");
}

/* Bytes of a page, and the strong capability that only a range gives. */
static void pages(void) {
    struct facet_message m = {.word = {4000}, .string = "some bytes", .string_size = 10};
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("write", facet_call(R_PAGE, OP_PAGE_WRITE, &m), RC_OK);
    check("weaken", facet_get(R_PAGE, OP_MEM_REDUCE, CAP_RO, 0, R_PAGE), RC_OK);
    m = (struct facet_message){.word = {4000}, .string = "other", .string_size = 5};
    check("write", facet_call(R_PAGE, OP_PAGE_WRITE, &m), RC_NO_RIGHT);
    m = (struct facet_message){.word = {4001}, .room = buffer, .room_size = 95};
    check("read", facet_call(R_PAGE, OP_PAGE_READ, &m), RC_OK);
    check("bytes", m.received, 95);
    check("which", (unsigned long)memcmp(buffer, "ome bytes\0", 10), 0);
    m.word[0] = 4001;
    m.room_size = 96;
    check("beyond the page", facet_call(R_PAGE, OP_PAGE_READ, &m), RC_BAD_ARG);
    m = (struct facet_message){.send = {R_PAGE}, .recv = {R_PAGE}};
    check("renew", facet_call(CR_RANGE, OP_RANGE_RENEW, &m), RC_OK);
    m = (struct facet_message){.word = {4000}, .string = "S", .string_size = 1};
    check("write", facet_call(R_PAGE, OP_PAGE_WRITE, &m), RC_OK);
    check("insert", facet_set(R_SPACE, OP_GPT_SET, 0, R_PAGE), RC_OK);
    moved(OP_PROCESS_READ, 4000, 11, 11, FAULT_NONE);
    check("through the space", (unsigned long)memcmp(buffer, "Some bytes\0", 11), 0);
    passed("a page's bytes are read and written, and a range renews capabilities");
}

/* ---- Nobody is told: the host is */

static void nobody(void) {
    check("no keeper", facet_set(R_CHILD, OP_PROCESS_SET_KEEPER, 0, CR_NULL), RC_OK);
    start_at(f1, 8);
    let_others_run();
}

/* Its endpoint ends while its message waits there. */
static void lost(void) {
    make_entry(R_GPT_ENDPOINT, CR_SELF, GPT_KEEPER, R_GPT_KEEPER);
    check("the other keeper", facet_set(R_CHILD, OP_PROCESS_SET_KEEPER, 0, R_GPT_KEEPER), RC_OK);
    start_at(f1, 9);
    let_others_run();
    check("the endpoint ends", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_GPT_ENDPOINT), RC_OK);
}

/* The keeper receives from another endpoint only. */
static void deaf(void) {
    struct facet_message m = {0};
    make_entry(R_GPT_ENDPOINT, CR_SELF, GPT_KEEPER, R_GPT_KEEPER);
    start_at(f1, 10);
    facet_invoke(CR_NULL, INVOKE_CLOSED(R_GPT_ENDPOINT) | INVOKE_RETURN, 0, &m);
}

/* The keeper has taken it, and never answers. */
static void silent(void) {
    struct facet_message m;
    start_at(f1, 11);
    expect_call(CR_NULL, 0, 11, &m);
    m = (struct facet_message){0};
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

int main(int argc, char **argv) {
    make_entry(R_ENDPOINT, CR_SELF, PROCESS_KEEPER, R_KEEPER);
    make_process(R_CHILD, child_code, child_stack + 512, CR_NULL, R_KEEPER);
    make_foreign(1);
    if (argc > 1) {
        (*argv[1] == 'n' ? nobody : *argv[1] == 'l' ? lost : *argv[1] == 'd' ? deaf : silent)();
        return 0;
    }
    calls();
    answers();
    started_and_stopped();
    space_keeper();
    busy_keeper();
    moved_keeper();
    steps();
    memory();
    own_side();
    pages();
    return 0;
}
