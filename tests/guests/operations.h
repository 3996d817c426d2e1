/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What operations.c expects of each operation: who has it, what forbids it, what its arguments may be, what it does.
 */
#ifndef TESTS_GUESTS_OPERATIONS_H
#define TESTS_GUESTS_OPERATIONS_H

#include "check.h"

#include <facet/damage.h>

struct range {
    unsigned long low, high;
};
#define ANY                                                                                                            \
    { 0, ~0ul }
#define IGNORED ANY
#define SET(type) (1u << (type))
#define SET_ANY (SET(CAP_TYPES) - 1)
#define WINDOWS (SET(CAP_WINDOW) | SET(CAP_LOCAL_WINDOW))
#define MEMORY (SET(CAP_PAGE) | SET(CAP_CAPPAGE) | SET(CAP_GPT))
#define OBJECTS (MEMORY | SET(CAP_PROCESS) | SET(CAP_ENDPOINT))
#define ALL_RESTRICTIONS (CAP_RO | CAP_NX | CAP_WK | CAP_OP | CAP_NC)
#define CHANGE (CAP_RO | CAP_WK | CAP_OP)
#define WORDS 4
#define SENT 2

struct signature {
    unsigned op;
    const char *name;
    unsigned types, forbidden;
    struct range word[WORDS];
    unsigned sent[SENT];
    unsigned long string, room;
};

enum {
    R_OBJECT = CR_FREE, /* what is invoked */
    R_BASE,             /* the same before it was restricted */
    R_RESULT,           /* received */
    R_PAGE,             /* one of each type that an operation may want to be sent */
    R_CAPPAGE,
    R_GPT,
    R_PROCESS,
    R_ENDPOINT,
    R_ENTRY,
    R_RESUME,
    R_WINDOW,
    R_LOCAL_WINDOW,
    R_CALLER,
    R_SCRATCH,
};

static union {
    struct facet_regs regs;
    unsigned char bytes[1024];
} sent, room;
static unsigned long stack[64];
static const char *now; /* the operation under test, for messages */
static const char *on;  /* … and on what */

static const char *const type_name[CAP_TYPES] = {"Null",  "Page",    "CapPage",  "GPT",    "Process", "Endpoint",
                                                 "Entry", "Resume",  "Range",    "Stream", "Console", "Debug",
                                                 "Power", "Discrim", "Schedule", "Sleep",  "Window",  "LocalWindow"};

static void expect(const char *what, unsigned long got, unsigned long expected) {
    if (got == expected)
        return;
    facet_puts(now);
    facet_puts(" on ");
    facet_puts(on);
    facet_puts(": ");
    check_failed(what, got, expected);
}

/* ---- What the effects are */

static unsigned long type_of(unsigned reg) {
    struct facet_message m = {0};
    check("OP_TYPE", facet_call(reg, OP_TYPE, &m), RC_OK);
    return m.word[0];
}

static unsigned long restrictions_of(unsigned reg) {
    struct facet_message m = {0};
    check("OP_TYPE", facet_call(reg, OP_TYPE, &m), RC_OK);
    return m.word[1];
}

static unsigned long class_of(unsigned reg) {
    struct facet_message m = {.send = {(unsigned char)reg}};
    check("OP_DISCRIM_CLASSIFY", facet_call(CR_DISCRIM, OP_DISCRIM_CLASSIFY, &m), RC_OK);
    return m.word[0];
}

static unsigned long got_from(unsigned long op, unsigned long word) {
    check("get it back", facet_get(R_BASE, op, word, 0, R_RESULT), RC_OK);
    return type_of(R_RESULT);
}

static void type_after(const struct facet_message *m) {
    expect("type", m->word[0], type_of(R_BASE));
    expect("restrictions", m->word[1], restrictions_of(R_OBJECT));
}
static void reduced_after(const struct facet_message *m) {
    (void)m;
    expect("type", type_of(R_RESULT), type_of(R_OBJECT));
    expect("restrictions", restrictions_of(R_RESULT), restrictions_of(R_OBJECT) | CAP_NX | CAP_NC);
}
static void guarded_after(const struct facet_message *m) {
    (void)m;
    expect("type", type_of(R_RESULT), type_of(R_OBJECT));
    expect("restrictions", restrictions_of(R_RESULT), restrictions_of(R_OBJECT));
}
static void id_after(const struct facet_message *m) {
    expect("an id", m->word[0] != 0, 1);
}
static void null_after(const struct facet_message *m) {
    (void)m;
    expect("what an empty slot holds", type_of(R_RESULT), CAP_NULL);
}
static void slot_after(const struct facet_message *m) {
    (void)m;
    expect("what the slot holds", got_from(OP_GPT_GET, 15), CAP_PAGE);
}
static void window_after(const struct facet_message *m) {
    (void)m;
    expect("what the slot holds", got_from(OP_GPT_GET, 15), CAP_WINDOW);
    expect("its class", class_of(R_RESULT), DISCRIM_WINDOW);
    expect("its restrictions", restrictions_of(R_RESULT), CAP_RO);
}
static void local_window_after(const struct facet_message *m) {
    (void)m;
    expect("what the slot holds", got_from(OP_GPT_GET, 15), CAP_LOCAL_WINDOW);
    expect("its restrictions", restrictions_of(R_RESULT), CAP_RO);
}
static void index_after(const struct facet_message *m) {
    (void)m;
    expect("what it holds", got_from(OP_CAPPAGE_GET, 127), CAP_PAGE);
    check("weaken", facet_get(R_BASE, OP_MEM_REDUCE, CAP_WK, 0, R_SCRATCH), RC_OK);
    check("get", facet_get(R_SCRATCH, OP_CAPPAGE_GET, 127, 0, R_RESULT), RC_OK);
    expect("what it is through a weak capability", restrictions_of(R_RESULT), CAP_RO | CAP_WK);
    check("an entry", facet_set(R_BASE, OP_CAPPAGE_SET, 126, R_ENTRY), RC_OK);
    check("get", facet_get(R_SCRATCH, OP_CAPPAGE_GET, 126, 0, R_RESULT), RC_OK);
    expect("what an entry is", type_of(R_RESULT), CAP_NULL);
}
static void regs_after(const struct facet_message *m) {
    expect("bytes", m->received, sizeof(struct facet_regs));
    expect("rsp", room.regs.rsp, (unsigned long)(stack + 64) - 8);
}
static void set_regs_after(const struct facet_message *m) {
    (void)m;
    struct facet_message get = {.room = &room, .room_size = sizeof room};
    check("get registers", facet_call(R_BASE, OP_PROCESS_GET_REGS, &get), RC_OK);
    expect("rbx", room.regs.rbx, sent.regs.rbx);
    expect("flags that ring 3 may set", room.regs.rflags, 0x240dd5 | 0x202);
}
static void set_space_after(const struct facet_message *m) {
    (void)m;
    expect("its space", got_from(OP_PROCESS_GET_SPACE, 0), CAP_PAGE);
}
static void gpt_after(const struct facet_message *m) {
    (void)m;
    expect("type", type_of(R_RESULT), CAP_GPT);
}
static void set_cap_after(const struct facet_message *m) {
    (void)m;
    expect("register 31", got_from(OP_PROCESS_GET_CAP, 31), CAP_PAGE);
}
static void entry_after(const struct facet_message *m) {
    (void)m;
    expect("class", class_of(R_RESULT), DISCRIM_ENTRY);
}
static void alloc_after(const struct facet_message *m) {
    (void)m;
    expect("type", type_of(R_RESULT), CAP_GPT);
    expect("restrictions", restrictions_of(R_RESULT), CAP_NC);
}
static void rescind_after(const struct facet_message *m) {
    (void)m;
    expect("type of what was rescinded", type_of(R_PAGE), CAP_NULL);
    check("another page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
}
static void read_after(const struct facet_message *m) {
    expect("bytes before the end of the file", m->received, 0);
}
static void write_after(const struct facet_message *m) {
    expect("bytes taken", m->word[0], 8);
}
/* Once it wears a front it cannot get another, and once it has been restored there is nothing to restore. */
static void swap_after(const struct facet_message *m) {
    (void)m;
    expect("a second time", facet_set(CR_DEBUG, OP_DEBUG_SWAP, 0, R_PAGE), RC_BAD_ARG);
}
static void restore_after(const struct facet_message *m) {
    (void)m;
    expect("a second time", facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_PAGE), RC_BAD_ARG);
}
static void walk_after(const struct facet_message *m) {
    expect("enum fault", m->word[1], FAULT_NONE);
    expect("a page", m->word[0] != 0 && m->word[0] % 4096 == 0, 1);
}
static void classify_after(const struct facet_message *m) {
    expect("class", m->word[0], DISCRIM_MEMORY);
    expect("of Null", class_of(CR_NULL), DISCRIM_NULL);
    expect("of an entry", class_of(R_ENTRY), DISCRIM_ENTRY);
    expect("of a resume", class_of(R_RESUME), DISCRIM_ENTRY);
    expect("of a schedule", class_of(CR_SCHEDULE), DISCRIM_SCHEDULE);
    expect("of a process", class_of(CR_SELF), DISCRIM_OTHER);
}
static unsigned long compared(unsigned a, unsigned b) {
    struct facet_message m = {.send = {(unsigned char)a, (unsigned char)b}};
    unsigned long rc = facet_call(CR_DISCRIM, OP_DISCRIM_COMPARE, &m);
    return rc == RC_OK ? m.word[0] : rc;
}
static void compare_after(const struct facet_message *m) {
    expect("a page and a GPT", m->word[0], 0);
    expect("a page and itself", compared(R_PAGE, R_PAGE), 1);
    check("restrict", facet_get(R_PAGE, OP_MEM_REDUCE, CAP_RO, 0, R_SCRATCH), RC_OK);
    expect("a page and the same, read-only", compared(R_PAGE, R_SCRATCH), 0);
    check("guard", facet_get(R_PAGE, OP_MEM_GUARD, 0, 12, R_SCRATCH), RC_OK);
    expect("a page and the same, guarded", compared(R_PAGE, R_SCRATCH), 0);
    expect("Null and Null", compared(CR_NULL, CR_NULL), 0);
    check("restrict", facet_get(R_PAGE, OP_MEM_REDUCE, CAP_OP, 0, R_SCRATCH), RC_OK);
    expect("opaque ones", compared(R_SCRATCH, R_SCRATCH), RC_NO_RIGHT);
    expect("and an opaque one", compared(R_PAGE, R_SCRATCH), RC_NO_RIGHT);
}
static unsigned long verified(unsigned reg) {
    struct facet_message m = {.send = {(unsigned char)reg}};
    check("OP_DISCRIM_VERIFY", facet_call(CR_DISCRIM, OP_DISCRIM_VERIFY, &m), RC_OK);
    return m.word[0];
}
static void verify_after(const struct facet_message *m) {
    expect("a page", m->word[0], 0);
    expect("Null", verified(CR_NULL), 1);
    expect("an entry", verified(R_ENTRY), 0);
    for (unsigned restr = 0; restr <= ALL_RESTRICTIONS; restr++) {
        check("restrict", facet_get(R_GPT, OP_MEM_REDUCE, restr, 0, R_SCRATCH), RC_OK);
        expect("a GPT", verified(R_SCRATCH), (restr & CAP_RO) && (restr & CAP_WK) && (restr & CAP_NC));
    }
}

/* ---- The cases */

struct expectation {
    struct signature is;
    unsigned long word[WORDS];   /* rightly */
    unsigned char send[SENT];    /* rightly */
    unsigned long rc;            /* RC_OK unless not yet there */
    unsigned long bad[2][WORDS]; /* also wrong; as far as it differs from word */
    void (*after)(const struct facet_message *m);
    unsigned cap;  /* on which register; 0: a fresh or granted one of the type */
    unsigned last; /* not rightly but at the very end */
};
#define WINDOW                                                                                                         \
    { 12, 64 | ALL_RESTRICTIONS << 8 }
#define OPERATION(op) op, #op
#define ONLY(type) SET(type)

static const struct expectation expected[] = {
    {.is = {OPERATION(OP_TYPE), SET_ANY, 0, {IGNORED, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .after = type_after},
    {.is = {OPERATION(OP_MEM_REDUCE),
            MEMORY | WINDOWS,
            0,
            {{0, ALL_RESTRICTIONS}, IGNORED, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .word = {CAP_NX | CAP_NC},
     .after = reduced_after},
    {.is = {OPERATION(OP_MEM_GUARD), MEMORY | WINDOWS, 0, {ANY, {12, 64}, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {5, 20},
     .bad = {{1ul << 44, 20}, {1, 64}},
     .after = guarded_after},
    {.is = {OPERATION(OP_MEM_ID), MEMORY, CAP_OP, {IGNORED, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .after = id_after},

    {.is = {OPERATION(OP_GPT_GET), ONLY(CAP_GPT), CAP_OP, {{0, 15}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {15},
     .after = null_after},
    {.is = {OPERATION(OP_GPT_SET), ONLY(CAP_GPT), CHANGE, {{0, 15}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {15},
     .send = {R_PAGE},
     .after = slot_after},
    {.is = {OPERATION(OP_GPT_SET_L2V), ONLY(CAP_GPT), CHANGE, {{12, 60}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {60}},
    {.is = {OPERATION(OP_GPT_SET_KEEPER),
            ONLY(CAP_GPT),
            CHANGE,
            {IGNORED, IGNORED, ANY, ANY},
            {SET(CAP_NULL) | SET(CAP_ENTRY), SET_ANY},
            0,
            0},
     .send = {R_ENTRY}},
    {.is = {OPERATION(OP_GPT_SET_BACKGROUND),
            ONLY(CAP_GPT),
            CHANGE,
            {ANY, ANY, ANY, ANY},
            {SET(CAP_NULL) | MEMORY, SET_ANY},
            0,
            0},
     .send = {R_GPT}},
    {.is = {OPERATION(OP_GPT_SET_WINDOW), ONLY(CAP_GPT), CHANGE, {{0, 15}, ANY, WINDOW, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {15, 0x5000, 12 | CAP_RO << 8},
     .bad = {{15, 0x5001, 12}, {15, 0x5000, 65}},
     .after = window_after},
    {.is = {OPERATION(OP_GPT_SET_LOCAL_WINDOW),
            ONLY(CAP_GPT),
            CHANGE,
            {{0, 15}, ANY, WINDOW, {0, 15}},
            {SET_ANY, SET_ANY},
            0,
            0},
     .word = {15, 0x5000, 12 | CAP_RO << 8, 3},
     .bad = {{15, 0x5000, 13}, {15, 0, 65 | CAP_RO << 8}},
     .after = local_window_after},

    {.is = {OPERATION(OP_PROCESS_GET_REGS),
            ONLY(CAP_PROCESS),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            160},
     .after = regs_after},
    {.is = {OPERATION(OP_PROCESS_SET_REGS),
            ONLY(CAP_PROCESS),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET_ANY, SET_ANY},
            160,
            0},
     .after = set_regs_after},
    {.is = {OPERATION(OP_PROCESS_SET_SPACE),
            ONLY(CAP_PROCESS),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET(CAP_NULL) | SET(CAP_PAGE) | SET(CAP_GPT), SET_ANY},
            0,
            0},
     .send = {R_PAGE},
     .after = set_space_after},
    {.is = {OPERATION(OP_PROCESS_GET_SPACE),
            ONLY(CAP_PROCESS),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .after = gpt_after},
    {.is = {OPERATION(OP_PROCESS_SET_KEEPER),
            ONLY(CAP_PROCESS),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET(CAP_NULL) | SET(CAP_ENTRY), SET_ANY},
            0,
            0},
     .send = {R_ENTRY}},
    {.is =
         {OPERATION(OP_PROCESS_SET_CAP), ONLY(CAP_PROCESS), 0, {{1, 31}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {31},
     .send = {R_PAGE},
     .after = set_cap_after},
    {.is =
         {OPERATION(OP_PROCESS_GET_CAP), ONLY(CAP_PROCESS), 0, {{0, 31}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {31},
     .after = null_after},
    {.is = {OPERATION(OP_PROCESS_START), ONLY(CAP_PROCESS), 0, {IGNORED, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0}},
    {.is = {OPERATION(OP_PROCESS_STOP), ONLY(CAP_PROCESS), 0, {IGNORED, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0}},

    {.is = {OPERATION(OP_ENDPOINT_SET_RECIPIENT),
            ONLY(CAP_ENDPOINT),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET(CAP_NULL) | SET(CAP_PROCESS), SET_ANY},
            0,
            0},
     .send = {R_PROCESS}},
    {.is =
         {OPERATION(OP_ENDPOINT_MAKE_ENTRY), ONLY(CAP_ENDPOINT), 0, {ANY, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {~0ul},
     .after = entry_after},

    {.is = {OPERATION(OP_ENDPOINT_SET_MATCH), ONLY(CAP_ENDPOINT), 0, {{0, 1}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {1, 5}},

    {.is = {OPERATION(OP_RANGE_ALLOC),
            ONLY(CAP_RANGE),
            0,
            {{CAP_PAGE, CAP_ENDPOINT}, {0, ALL_RESTRICTIONS}, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .word = {CAP_GPT, CAP_NC},
     .bad = {{CAP_PROCESS, CAP_NC}, {CAP_ENDPOINT, CAP_RO}},
     .after = alloc_after},
    {.is = {OPERATION(OP_RANGE_RESCIND), ONLY(CAP_RANGE), 0, {IGNORED, IGNORED, ANY, ANY}, {OBJECTS, SET_ANY}, 0, 0},
     .send = {R_PAGE},
     .after = rescind_after},

    {.is = {OPERATION(OP_STREAM_READ),
            SET(CAP_STREAM) | SET(CAP_CONSOLE),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .after = read_after},
    {.is = {OPERATION(OP_STREAM_WRITE),
            SET(CAP_STREAM) | SET(CAP_CONSOLE),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .after = write_after},

    {.is = {OPERATION(OP_DEBUG_TRAVERSE),
            ONLY(CAP_DEBUG),
            0,
            {ANY, {0, 2}, ANY, ANY},
            {SET(CAP_PROCESS) | MEMORY, SET_ANY},
            0,
            0},
     .word = {0xfff, ACCESS_FETCH},
     .send = {R_PAGE},
     .after = walk_after},
    {.is = {OPERATION(OP_DEBUG_WALK),
            ONLY(CAP_DEBUG),
            0,
            {ANY, {0, 2}, ANY, ANY},
            {SET(CAP_PROCESS) | MEMORY, SET_ANY},
            0,
            0},
     .word = {0xfff, ACCESS_FETCH},
     .send = {R_PAGE},
     .after = walk_after},
    {.is = {OPERATION(OP_DEBUG_STARTED),
            ONLY(CAP_DEBUG),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET(CAP_PROCESS), SET_ANY},
            0,
            0},
     .send = {CR_SELF}},
    {.is = {OPERATION(OP_DEBUG_FAULTED),
            ONLY(CAP_DEBUG),
            0,
            {{1, 64}, IGNORED, ANY, ANY},
            {SET(CAP_PROCESS), SET_ANY},
            0,
            0},
     .word = {11},
     .send = {CR_SELF},
     .last = 1},
    {.is = {OPERATION(OP_DEBUG_SWAP), ONLY(CAP_DEBUG), 0, {{0, 1}, IGNORED, ANY, ANY}, {SET(CAP_PAGE), SET_ANY}, 0, 0},
     .send = {R_PAGE},
     .after = swap_after},
    {.is = {OPERATION(OP_DEBUG_RESTORE), ONLY(CAP_DEBUG), 0, {ANY, ANY, ANY, ANY}, {SET(CAP_PAGE), SET_ANY}, 0, 0},
     .send = {R_PAGE},
     .after = restore_after},
    {.is = {OPERATION(OP_DEBUG_DAMAGE),
            ONLY(CAP_DEBUG),
            0,
            {{0, DAMAGE_COUNT - 1}, IGNORED, ANY, ANY},
            {SET(CAP_GPT), SET_ANY},
            0,
            0},
     .send = {R_GPT},
     .last = 1},

    {.is = {OPERATION(OP_POWER_OFF), ONLY(CAP_POWER), 0, {{0, 255}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {7},
     .last = 1},

    {.is =
         {OPERATION(OP_DISCRIM_CLASSIFY), ONLY(CAP_DISCRIM), 0, {IGNORED, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .send = {R_PAGE},
     .after = classify_after},
    {.is =
         {OPERATION(OP_DISCRIM_COMPARE), ONLY(CAP_DISCRIM), 0, {IGNORED, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .send = {R_PAGE, R_GPT},
     .after = compare_after},
    {.is = {OPERATION(OP_DISCRIM_VERIFY), ONLY(CAP_DISCRIM), 0, {IGNORED, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .send = {R_PAGE},
     .after = verify_after},

    {.is = {OPERATION(OP_CAPPAGE_GET), ONLY(CAP_CAPPAGE), CAP_OP, {{0, 127}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {127},
     .after = null_after},
    {.is = {OPERATION(OP_CAPPAGE_SET), ONLY(CAP_CAPPAGE), CHANGE, {{0, 127}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {127},
     .send = {R_PAGE},
     .after = index_after},
};
#define EXPECTED (sizeof expected / sizeof *expected)

#endif
