/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * strings: a sender and a receiver whose pages are missing; this program keeps both, and hears what has arrived. It
 * changes what has already been copied while the copy stands still, so that a copy that begins anew is told from one
 * that goes on.
 */
#include "check.h"

enum {
    R_SENDER = CR_FREE,
    R_RECEIVER,
    R_SOURCE, /* GPTs of 16 pages */
    R_TARGET,
    R_PAGE,
    R_RESUME,
    R_SAVED, /* the sender's report, to be answered when it is to send again */
    R_ENDPOINT,
    R_ENTRY, /* to the receiver */
    R_ENDPOINT2,
    R_KEEPER,  /* … OF_SENDER */
    R_KEEPER2, /* … OF_RECEIVER */
    R_KEEPER3, /* … OF_TARGET */
    R_REPORT,  /* … REPORT */
};
enum { OF_SENDER = 1, OF_RECEIVER, OF_TARGET, REPORT };
enum { S_RESUME = 3, S_REPORT }; /* registers of the two; 2 is the entry to the receiver */
enum { SEND = 0x4000, SENT, GOT };
#define L2V_ROOT 44
#define SOURCE (3ul << L2V_ROOT)
#define TARGET (4ul << L2V_ROOT)
#define PAGE 4096ul
#define ALL 0xffffu

static unsigned long sender_stack[512], receiver_stack[512];

/* What the two are to do; they share the space. */
static volatile unsigned long send_from, send_size, receive_at, answer_size, answer_at;
static volatile unsigned prompt;
static volatile unsigned long sender_received;

static void sender(void) {
    for (;;) {
        struct facet_message m = {.string = (void *)send_from,
                                  .string_size = send_size,
                                  .room = (void *)answer_at,
                                  .room_size = answer_at ? STRING_MAX : 0};
        unsigned long label = facet_call(2, SEND, &m);
        sender_received = m.received;
        m = (struct facet_message){.word = {label}};
        facet_call(S_REPORT, SENT, &m);
    }
}

static void receiver(void) {
    unsigned answer_to = CR_NULL;
    for (;;) {
        struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = S_RESUME},
                                  .room = (void *)receive_at,
                                  .room_size = STRING_MAX,
                                  .string = (void *)SOURCE,
                                  .string_size = answer_size};
        facet_invoke(answer_to, INVOKE_RETURN | (prompt ? INVOKE_PROMPT : 0), 0, &m);
        m = (struct facet_message){.word = {m.received}};
        facet_call(S_REPORT, GOT, &m);
        answer_to = S_RESUME;
    }
}

/* ---- Pages */

static volatile unsigned char *byte(unsigned long address) {
    return (volatile unsigned char *)address;
}

static unsigned char pattern(unsigned long offset, unsigned turn) {
    return (unsigned char)(offset ^ offset >> 8 ^ offset >> 16 ^ turn * 0x55u);
}

static void fill(unsigned page, unsigned turn) {
    for (unsigned long i = page * PAGE; i < (page + 1) * PAGE; i++)
        *byte(SOURCE + i) = pattern(i, turn);
}

static void supply(unsigned gpt, unsigned slot) {
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("supply it", facet_set(gpt, OP_GPT_SET, slot, R_PAGE), RC_OK);
    if (gpt == R_SOURCE)
        fill(slot, 0);
}

/* All pages anew, but those whose bits are missing. */
static void pages(unsigned source_missing, unsigned target_missing) {
    for (unsigned slot = 0; slot < 16; slot++) {
        for (unsigned gpt = R_SOURCE; gpt <= R_TARGET; gpt++) {
            check("take the page", facet_get(gpt, OP_GPT_GET, slot, 0, R_PAGE), RC_OK);
            facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_PAGE); /* Null the first time */
        }
        if (!(source_missing >> slot & 1))
            supply(R_SOURCE, slot);
        if (!(target_missing >> slot & 1))
            supply(R_TARGET, slot);
    }
}

/* `size` bytes from source offset `from` are at target offset `to`; source bytes below `old` as they were at first. */
static void arrived(unsigned long from, unsigned long to, unsigned long size, unsigned long old, unsigned turn) {
    for (unsigned long i = 0; i < size; i++)
        check("a byte that arrived", *byte(TARGET + to + i), pattern(from + i, from + i < old ? 0 : turn));
}

/* ---- Hearing */

static unsigned long next(unsigned answer_to, unsigned long label, unsigned recv, struct facet_message *m) {
    *m = (struct facet_message){.recv = {[MESSAGE_CAPS - 1] = (unsigned char)recv}};
    return facet_invoke(answer_to, INVOKE_RETURN, label, m);
}

static void expect_fault(unsigned answer_to, unsigned long whose, unsigned long address, unsigned long code) {
    struct facet_message m;
    check("a fault", next(answer_to, 0, R_RESUME, &m), OP_FAULT);
    check("to which keeper", m.payload, whose);
    check("which", m.word[0], FAULT_INVALID_ADDRESS);
    check("where", m.word[1], address);
    check("code", m.word[3], 14ul << 32 | code);
}

static void expect_report(unsigned answer_to, unsigned recv, unsigned long label, unsigned long word) {
    struct facet_message m;
    check("a report", next(answer_to, 0, recv, &m), label);
    check("from", m.payload, REPORT);
    check("what it says", m.word[0], word);
}

enum { LOAD = 4, STORE = 6 };

/* The rest of a round: the receiver has it all, answers, the sender has the answer. */
static void finish(unsigned answer_to, unsigned long size) {
    expect_report(answer_to, R_RESUME, GOT, size);
    expect_report(R_RESUME, R_SAVED, SENT, RC_OK);
}

/* ---- The cases. Each begins and ends with the sender's report unanswered in R_SAVED. */

static void plain(void) {
    pages(0, 0);
    finish(R_SAVED, STRING_MAX);
    arrived(0, 0, STRING_MAX, 0, 0);
    send_from = SOURCE + 1;
    send_size = STRING_MAX - 1;
    receive_at = TARGET;
    pages(0, 0);
    finish(R_SAVED, STRING_MAX - 1);
    arrived(1, 0, STRING_MAX - 1, 0, 0);
    send_from = SOURCE;
    send_size = STRING_MAX;
    passed("64 KiB go from process to process");
}

static void sender_misses(void) {
    pages(1 << 5, 0);
    expect_fault(R_SAVED, OF_SENDER, SOURCE + 5 * PAGE, LOAD);
    arrived(0, 0, 5 * PAGE, 0, 0);
    for (unsigned page = 0; page < 16; page++)
        if (page != 5)
            fill(page, 1);
    supply(R_SOURCE, 5);
    fill(5, 1);
    finish(R_RESUME, STRING_MAX);
    arrived(0, 0, STRING_MAX, 5 * PAGE, 1);
    passed("the sender's page is missing: its keeper supplies it, the copy goes on");
}

static void receiver_misses(void) {
    pages(0, 1 << 9);
    expect_fault(R_SAVED, OF_RECEIVER, TARGET + 9 * PAGE, STORE);
    arrived(0, 0, 9 * PAGE, 0, 0);
    for (unsigned page = 0; page < 16; page++)
        fill(page, 1);
    supply(R_TARGET, 9);
    finish(R_RESUME, STRING_MAX);
    arrived(0, 0, STRING_MAX, 9 * PAGE, 1);
    passed("the receiver's page is missing: its keeper supplies it, the copy goes on");
}

/* Neither begins at a page, no page is there. */
static void both_miss(void) {
    pages(ALL, ALL);
    send_from = SOURCE + 0x123;
    send_size = 60000;
    receive_at = TARGET + 0xfff;
    unsigned answer_to = R_SAVED;
    for (unsigned long done = 0, from = 0, to = 0; done < 60000;) {
        if (from == (0x123 + done) / PAGE) {
            expect_fault(answer_to, OF_SENDER, SOURCE + 0x123 + done, LOAD);
            supply(R_SOURCE, (unsigned)from++);
        } else {
            check("whose turn it is", to, (0xfff + done) / PAGE);
            expect_fault(answer_to, OF_RECEIVER, TARGET + 0xfff + done, STORE);
            supply(R_TARGET, (unsigned)to++);
        }
        unsigned long next_source = from * PAGE - 0x123, next_target = to * PAGE - 0xfff;
        if (from > (0x123 + done) / PAGE && to > (0xfff + done) / PAGE)
            done = next_source < next_target ? next_source : next_target;
        answer_to = R_RESUME;
    }
    receive_at = TARGET;
    finish(R_RESUME, 60000);
    arrived(0x123, 0xfff, 60000, 0, 0);
    send_from = SOURCE;
    send_size = STRING_MAX;
    passed("all pages are missing: each is asked for once, where the copy stands");
}

/* The receiver took receive_at when it began to wait, so one round passes before a change counts. */
static void settle(void) {
    pages(0, 0);
    finish(R_SAVED, STRING_MAX);
}

static void region_keeper(void) {
    pages(0, 1 << 3);
    check("keeper of the region", facet_set(R_TARGET, OP_GPT_SET_KEEPER, 0, R_KEEPER3), RC_OK);
    expect_fault(R_SAVED, OF_TARGET, 3 * PAGE, STORE);
    struct facet_message m;
    check("declined: a fault", next(R_RESUME, 1, R_RESUME, &m), OP_FAULT);
    check("to the process's keeper", m.payload, OF_RECEIVER);
    check("where", m.word[1], TARGET + 3 * PAGE);
    supply(R_TARGET, 3);
    finish(R_RESUME, STRING_MAX);
    arrived(0, 0, STRING_MAX, 0, 0);
    check("no keeper of the region", facet_set(R_TARGET, OP_GPT_SET_KEEPER, 0, CR_NULL), RC_OK);
    passed("the region's keeper is asked first, and may decline");
}

static void restart(unsigned process, void (*start)(void), unsigned long *stack) {
    struct facet_regs regs = {.rip = (unsigned long)start, .rsp = (unsigned long)(stack + 512) - 8, .rflags = 0x202};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    check("set registers", facet_call(process, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("start", facet_set(process, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static void sender_declined(void) {
    pages(1 << 5, 0);
    expect_fault(R_SAVED, OF_SENDER, SOURCE + 5 * PAGE, LOAD);
    struct facet_message decline = {0};
    facet_invoke(R_RESUME, INVOKE_FORK, 1, &decline);
    struct facet_message other = {.string = "other", .string_size = 5};
    facet_invoke(R_ENTRY, INVOKE_FORK, SEND, &other);
    expect_report(CR_NULL, R_RESUME, GOT, 5);
    check("what arrived", *byte(TARGET), 'o');
    check("behind it", *byte(TARGET + 5), pattern(5, 0));
    supply(R_SOURCE, 5);
    restart(R_SENDER, sender, sender_stack);
    finish(R_RESUME, STRING_MAX);
    arrived(0, 0, STRING_MAX, 0, 0);
    passed("the sender's keeper declines: the receiver takes another message, and a new one from its beginning");
}

static void receiver_declined(void) {
    pages(0, 1 << 9);
    expect_fault(R_SAVED, OF_RECEIVER, TARGET + 9 * PAGE, STORE);
    struct facet_message decline = {0};
    facet_invoke(R_RESUME, INVOKE_FORK, 1, &decline);
    for (unsigned page = 0; page < 16; page++)
        fill(page, 1);
    supply(R_TARGET, 9);
    restart(R_RECEIVER, receiver, receiver_stack);
    finish(CR_NULL, STRING_MAX);
    arrived(0, 0, STRING_MAX, 0, 1);
    passed("the receiver's keeper declines: when it waits again the message comes from its beginning");
}

/* ---- Answers: a string into the caller's room */

static void answer_misses(void) {
    answer_at = TARGET;
    answer_size = STRING_MAX;
    send_size = 0;
    pages(0, 1 << 2);
    expect_report(R_SAVED, R_RESUME, GOT, 0);
    expect_fault(R_RESUME, OF_SENDER, TARGET + 2 * PAGE, STORE);
    arrived(0, 0, 2 * PAGE, 0, 0);
    for (unsigned page = 0; page < 16; page++)
        fill(page, 1);
    supply(R_TARGET, 2);
    expect_report(R_RESUME, R_SAVED, SENT, RC_OK);
    check("bytes of the answer", sender_received, STRING_MAX);
    arrived(0, 0, STRING_MAX, 2 * PAGE, 1);
    passed("a page of the caller's room is missing: its keeper supplies it, the answer goes on");
}

static void answerer_misses(void) {
    pages(1 << 7, 0);
    expect_report(R_SAVED, R_RESUME, GOT, 0);
    expect_fault(R_RESUME, OF_RECEIVER, SOURCE + 7 * PAGE, LOAD);
    supply(R_SOURCE, 7);
    expect_report(R_RESUME, R_SAVED, SENT, RC_OK);
    check("bytes of the answer", sender_received, STRING_MAX);
    arrived(0, 0, STRING_MAX, 0, 0);
    passed("a page of the answer is missing: the keeper of who answers supplies it");
}

static void prompt_answer(void) {
    prompt = 1;
    pages(0, 1 << 2);
    expect_report(R_SAVED, R_RESUME, GOT, 0);
    expect_report(R_RESUME, R_SAVED, SENT, RC_OK);
    check("bytes of the answer", sender_received, 2 * PAGE);
    arrived(0, 0, 2 * PAGE, 0, 0);
    prompt = 0;
    passed("who answers promptly does not wait for the caller's keeper");
}

static void answer_declined(void) {
    pages(0, 1 << 2);
    expect_report(R_SAVED, R_RESUME, GOT, 0);
    expect_fault(R_RESUME, OF_SENDER, TARGET + 2 * PAGE, STORE);
    struct facet_message decline = {0};
    facet_invoke(R_RESUME, INVOKE_FORK, 1, &decline);
    supply(R_TARGET, 2);
    send_size = STRING_MAX;
    answer_size = answer_at = 0;
    restart(R_SENDER, sender, sender_stack);
    expect_report(CR_NULL, R_RESUME, GOT, STRING_MAX); /* it waits again */
    arrived(0, 0, STRING_MAX, 0, 0);
    expect_report(R_RESUME, R_SAVED, SENT, RC_OK);
    passed("the caller's keeper declines: nobody waits for it");
}

static void entry(unsigned endpoint, unsigned long payload, unsigned to) {
    check("make an entry", facet_get(endpoint, OP_ENDPOINT_MAKE_ENTRY, payload, 0, to), RC_OK);
}

static void region(unsigned gpt, unsigned long address) {
    check("region", facet_alloc(CAP_GPT, gpt), RC_OK);
    check("hang it in", facet_set(CR_SPACE, OP_GPT_SET, address >> L2V_ROOT, gpt), RC_OK);
}

static void prepare(void) {
    region(R_SOURCE, SOURCE);
    region(R_TARGET, TARGET);
    make_entry(R_ENDPOINT2, CR_SELF, OF_SENDER, R_KEEPER);
    entry(R_ENDPOINT2, OF_RECEIVER, R_KEEPER2);
    entry(R_ENDPOINT2, OF_TARGET, R_KEEPER3);
    entry(R_ENDPOINT2, REPORT, R_REPORT);
    make_process(R_RECEIVER, receiver, receiver_stack + 512, CR_NULL, R_KEEPER2);
    make_entry(R_ENDPOINT, R_RECEIVER, 0, R_ENTRY);
    make_process(R_SENDER, sender, sender_stack + 512, R_ENTRY, R_KEEPER);
    check("who hears of it", facet_set(R_SENDER, OP_PROCESS_SET_CAP, S_REPORT, R_REPORT), RC_OK);
    check("who hears of it", facet_set(R_RECEIVER, OP_PROCESS_SET_CAP, S_REPORT, R_REPORT), RC_OK);
}

int main(void) {
    prepare();
    send_from = SOURCE;
    send_size = STRING_MAX;
    receive_at = TARGET;
    pages(0, 0);
    check("start", facet_set(R_RECEIVER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    check("start", facet_set(R_SENDER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    finish(CR_NULL, STRING_MAX);
    plain();
    sender_misses();
    receiver_misses();
    receive_at = TARGET + 0xfff;
    settle();
    both_miss();
    region_keeper();
    sender_declined();
    receiver_declined();
    answer_misses();
    answerer_misses();
    prompt_answer();
    answer_declined();
    return 0;
}
