/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * nested: a page in a GPT in a GPT, of which each can have a handler that is a process, under every combination of
 * verdicts; the same without the page, when the handlers make up the memory; and two processes that add to the page,
 * one through the GPTs, one beside them. Needs --grant range and debug.
 */
#include "handling.h"

#include <stdbool.h>

enum { R_INNER = R_MORE, R_OUTER, R_LEVEL }; /* R_LEVEL …: entries to the handler, from the page outwards */
enum { PAGE_LEVEL, INNER_LEVEL, OUTER_LEVEL, LEVELS };
#define AT (HOLE + 0x205008)
#define BESIDE 0x400000000008ul /* the same word */
static const unsigned long offset_at[LEVELS] = {8, 0x5008, 0x205008};

static volatile unsigned long say[LEVELS], told, busy, between;
static volatile unsigned char copy_too; /* what the kernel copies is answered as say tells; else it passes */
static volatile struct { unsigned long label, level, word, offset, va, size; } seen[512];

static unsigned long given(unsigned long level) {
    return 0xd0d0 + level;
}

static _Noreturn void handler(void) {
    unsigned long room[64], text[64];
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = 3}, .room = room, .room_size = sizeof room};
    unsigned long label = facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    for (;;) {
        unsigned long i = told++ % 512, level = m.payload, store = ACCESS_KIND(m.word[0]) == ACCESS_STORE;
        seen[i].label = label;
        seen[i].level = level;
        seen[i].word = m.word[0];
        seen[i].offset = m.word[1];
        seen[i].va = m.word[3];
        seen[i].size = m.received;
        if (level == PAGE_LEVEL && label == OP_ACCESS && !store) /* until the outcome of its store nobody else's load */
            between += busy, busy = 1;
        else if (level == PAGE_LEVEL && label == OP_ACCESS_OUTCOME && store)
            busy = 0;
        for (unsigned k = 0; k < 64; k++)
            text[k] = given(level);
        bool passes = ACCESS_FLAGS(m.word[0]) & ACCESS_BY_KERNEL && !copy_too;
        m = (struct facet_message){.word = {90 + level},
                                   .recv = {[MESSAGE_CAPS - 1] = 3},
                                   .room = room,
                                   .room_size = sizeof room,
                                   .string = text,
                                   .string_size = ACCESS_SIZE(m.word[0])};
        label = facet_invoke(3, INVOKE_RETURN, label == OP_ACCESS && !passes ? say[level] : VERDICT_PASS, &m);
    }
}

void n_load(void);
void n_store(void);
void n_add(void);
void n_adds(void);
void d_adds(void);
__asm__(".pushsection .text\n"
        ".globl n_load, n_store, n_add, n_adds, d_adds\n"
        "n_load: mov 0x300000205008, %rax; ud2\n"
        "n_store: mov $0x1122334455667788, %rax; mov %rax, 0x300000205008; ud2\n"
        "n_add: mov $0x300000205008, %rbx; lock addq $5, (%rbx); ud2\n"
        "n_adds: mov $0x300000205008, %rbx; mov $50, %ecx; 1: lock addq $1, (%rbx); dec %ecx; jnz 1b; ud2\n"
        "d_adds: mov $0x400000000008, %rbx; mov $50, %ecx; 1: lock addq $1, (%rbx); dec %ecx; jnz 1b; ud2\n"
        ".popsection\n");

static void part(unsigned gpt, unsigned long bytes, unsigned entry) {
    struct facet_message m = {.word = {1, 0, bytes}, .send = {(unsigned char)gpt, (unsigned char)entry}};
    check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP_PART, &m), RC_OK);
}

/* Those of `levels` (a bit each) have a handler. */
static void serve(unsigned levels) {
    facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_PAGE);
    facet_set(CR_DEBUG, OP_DEBUG_RESTORE_PART, 0, R_INNER);
    facet_set(CR_DEBUG, OP_DEBUG_RESTORE_PART, 0, R_OUTER);
    struct facet_message m = {.word = {1}, .send = {R_PAGE, R_LEVEL + PAGE_LEVEL}};
    if (levels & 1u << PAGE_LEVEL)
        check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m), RC_OK);
    if (levels & 1u << INNER_LEVEL)
        part(R_INNER, 16ul << 12, R_LEVEL + INNER_LEVEL);
    if (levels & 1u << OUTER_LEVEL)
        part(R_OUTER, 16ul << 20, R_LEVEL + OUTER_LEVEL);
}

static unsigned long word(unsigned long write, bool writes) {
    serve(0);
    if (writes)
        *(volatile unsigned long *)BESIDE = write;
    return *(volatile unsigned long *)BESIDE;
}

/* ---- What must come of it */

struct outcome {
    unsigned long messages; /* before the outcomes */
    enum fault fault;
    unsigned long code;
    bool done[2];
    unsigned level[2]; /* who has answered */
};

static void expect_message(unsigned long i, unsigned long label, unsigned level, unsigned kind, unsigned flags,
                           unsigned hole) {
    check("label", seen[i].label, label);
    check("level", seen[i].level, level);
    check("kind, flags, size", seen[i].word, ACCESS_WORD(kind, flags | (hole ? ACCESS_NO_MEMORY : 0u), 8));
    check("offset", seen[i].offset, offset_at[level]);
    check("address", seen[i].va, AT);
    check("bytes", seen[i].size, hole && (kind == ACCESS_LOAD || label != OP_ACCESS) ? 0 : 8);
}

/* The messages of one instruction with these accesses, from the innermost handler outwards. */
static struct outcome expect_messages(unsigned levels, const unsigned *kinds, unsigned count, unsigned flags,
                                      unsigned hole) {
    struct outcome so_far = {.fault = FAULT_EXCEPTION};
    struct {
        unsigned level, kind;
    } step[8];
    unsigned steps = 0;
    for (unsigned a = 0; a < count; a++) {
        for (unsigned l = PAGE_LEVEL; l < LEVELS && !so_far.done[a]; l++) {
            if (!(levels & 1u << l))
                continue;
            expect_message(so_far.messages++, OP_ACCESS, l, kinds[a], flags, hole);
            so_far.done[a] = say[l] == VERDICT_DONE;
            so_far.level[a] = l;
            step[steps].level = l;
            step[steps].kind = kinds[a];
            steps += say[l] == VERDICT_STEP;
            if (say[l] != VERDICT_FAULT)
                continue;
            so_far.fault = FAULT_HANDLER;
            so_far.code = 90 + l;
            return so_far;
        }
        if (hole && !so_far.done[a]) {
            so_far.fault = FAULT_INVALID_ADDRESS;
            return so_far;
        }
    }
    for (unsigned i = 0; i < steps; i++)
        expect_message(so_far.messages++, OP_ACCESS_OUTCOME, step[i].level, step[i].kind, flags, hole);
    return so_far;
}

static struct outcome execute(void (*program)(void), unsigned levels, const unsigned *kinds, unsigned count,
                              unsigned flags, unsigned hole) {
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = R_RESUME}}, get = {.room = &regs, .room_size = sizeof regs};
    serve(levels);
    told = busy = 0;
    start(R_A, 0, program);
    check("a fault", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_MINE), 0, &m), OP_FAULT);
    check("whose", m.payload, 'A');
    struct outcome expected = expect_messages(levels, kinds, count, flags, hole);
    check("messages", told, expected.messages);
    check("which fault", m.word[0], expected.fault);
    if (expected.fault != FAULT_EXCEPTION)
        check("its address", m.word[1], AT);
    if (expected.fault == FAULT_HANDLER)
        check("its code", m.word[3], expected.code);
    check("registers", facet_call(R_A, OP_PROCESS_GET_REGS, &get), RC_OK);
    return expected;
}

static void accesses(unsigned levels, unsigned hole) {
    static const unsigned load[] = {ACCESS_LOAD}, store[] = {ACCESS_STORE}, both[] = {ACCESS_LOAD, ACCESS_STORE};
    unsigned long before = hole ? 0 : word(1000, true);
    struct outcome it = execute(n_load, levels, load, 1, 0, hole);
    if (it.fault == FAULT_EXCEPTION)
        check("loaded", regs.rax, it.done[0] ? given(it.level[0]) : before);
    it = execute(n_store, levels, store, 1, 0, hole);
    bool stored = it.fault == FAULT_EXCEPTION && !it.done[0];
    check("stored", hole ? 0 : word(0, false), hole ? 0 : stored ? 0x1122334455667788 : before);
    before = hole ? 0 : word(2000, true);
    it = execute(n_add, levels, both, 2, 3, hole);
    stored = it.fault == FAULT_EXCEPTION && !it.done[1];
    if (!hole)
        check("added", word(0, false), stored ? (it.done[0] ? given(it.level[0]) : before) + 5 : before);
}

static void combinations(unsigned levels, unsigned hole, const char *what) {
    for (unsigned long v = 0; v < 64; v++) {
        bool other = false;
        for (unsigned l = 0; l < LEVELS; l++) {
            say[l] = v >> 2 * l & 3;
            other = other || (!(levels & 1u << l) && say[l]); /* as another v */
        }
        if (!other)
            accesses(levels, hole);
    }
    passed(what);
}

/* ---- Copies by the kernel */

static void copies(unsigned levels, unsigned hole) {
    copy_too = 1;
    for (unsigned last = 0; last < LEVELS; last++) { /* the outermost that is asked */
        if (!(levels & 1u << last))
            continue;
        for (unsigned l = 0; l < LEVELS; l++)
            say[l] = l == last ? VERDICT_DONE : l < last ? VERDICT_STEP : VERDICT_FAULT;
        serve(levels);
        told = busy = 0;
        unsigned long value = 0, steps = 0;
        struct facet_message m = {.word = {AT}, .room = &value, .room_size = sizeof value};
        check("read", facet_call(CR_SELF, OP_PROCESS_READ, &m), RC_OK);
        check("how much", m.word[0], 8);
        check("what", value, given(last));
        for (unsigned l = 0; l < last; l++)
            steps += levels >> l & 1;
        check("messages", told, 2 * steps + 1);
        say[last] = VERDICT_FAULT;
        m = (struct facet_message){.word = {AT}, .string = &value, .string_size = sizeof value};
        check("write", facet_call(CR_SELF, OP_PROCESS_WRITE, &m), RC_OK);
        check("refused", m.word[1], FAULT_HANDLER);
        say[last] = VERDICT_PASS;
        for (unsigned l = last; l < LEVELS; l++)
            say[l] = VERDICT_PASS;
        m = (struct facet_message){.word = {AT}, .string = &value, .string_size = sizeof value};
        check("write", facet_call(CR_SELF, OP_PROCESS_WRITE, &m), RC_OK);
        check("passes", m.word[1], hole ? FAULT_INVALID_ADDRESS : FAULT_NONE);
    }
    copy_too = 0;
}

/* Under STEP at every level: one process through all of them, one to the page only. */
static void exclusive(void) {
    word(0, true);
    for (unsigned l = 0; l < LEVELS; l++)
        say[l] = VERDICT_STEP;
    serve(7);
    told = busy = between = 0;
    start(R_A, 0, n_adds);
    start(R_B, 1, d_adds);
    for (int i = 0; i < 2; i++) {
        struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
        check("a fault", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_MINE), 0, &m), OP_FAULT);
        check("their ends", m.word[0], FAULT_EXCEPTION);
    }
    check("nobody between", between, 0);
    check("sum", word(0, false), 100);
    passed("two processes add, on two ways");
}

static void build(void) {
    for (unsigned l = 0; l < LEVELS; l++)
        check("entry", facet_get(R_TO_H, OP_ENDPOINT_MAKE_ENTRY, l, 0, R_LEVEL + l), RC_OK);
    restore();
    check("inner", facet_alloc(CAP_GPT, R_INNER), RC_OK);
    check("outer", facet_alloc(CAP_GPT, R_OUTER), RC_OK);
    check("l2v", facet_set(R_OUTER, OP_GPT_SET_L2V, 20, CR_NULL), RC_OK);
    check("page", facet_set(R_INNER, OP_GPT_SET, 5, R_PAGE), RC_OK);
    check("inner", facet_set(R_OUTER, OP_GPT_SET, 2, R_INNER), RC_OK);
    check("outer", facet_set(CR_SPACE, OP_GPT_SET, HOLE >> 44, R_OUTER), RC_OK);
    check("beside", facet_set(CR_SPACE, OP_GPT_SET, BESIDE >> 44, R_PAGE), RC_OK);
}

int main(void) {
    prepare(handler);
    build();
    combinations(7, 0, "a page in a GPT in a GPT");
    combinations(5, 0, "the outer GPT and the page");
    copies(7, 0);
    passed("copies");
    exclusive();
    check("no page", facet_set(R_INNER, OP_GPT_SET, 5, CR_NULL), RC_OK);
    combinations(6, 1, "no memory in a GPT in a GPT");
    copies(6, 1);
    passed("copies of what is not there");
    return 0;
}
