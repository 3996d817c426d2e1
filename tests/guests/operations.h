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
#define REDUCED (MEMORY | WINDOWS | SET(CAP_HOSTFILE)) /* OP_MEM_REDUCE has it */
#define OBJECTS (MEMORY | SET(CAP_PROCESS) | SET(CAP_ENDPOINT) | SET(CAP_FORWARDER))
#define ENTRIES (SET(CAP_ENTRY) | SET(CAP_FORWARD))
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
    R_FILE,
    R_FORWARDER,
    R_FORWARD,
    R_CALLER = R_RESULT,   /* only at first */
    R_SCRATCH = CR_STDERR, /* of which there is no need */
};

/* As Linux has them on x86-64. */
#define O_RDWR 2
#define O_CREAT 0100
#define O_LARGEFILE 0100000
#define F_GETFL 3
#define FIONREAD 0x541b
#define POLLIN_POLLOUT 5

static union {
    struct facet_regs regs;
    unsigned char bytes[1024];
} sent, room;
static unsigned long stack[64];
static const char *now; /* the operation under test, for messages */
static const char *on;  /* … and on what */

static const char *const type_name[CAP_TYPES] = {
    "Null",   "Page",        "CapPage", "GPT",      "Process",     "Endpoint",  "Entry",    "Resume",
    "Range",  "Stream",      "Console", "Debug",    "Power",       "Discrim",   "Schedule", "Sleep",
    "Window", "LocalWindow", "Host",    "HostFile", "ProcessTool", "Forwarder", "Forward"};

static void expect(const char *what, unsigned long got, unsigned long expected) {
    if (got == expected)
        return;
    facet_puts(now);
    facet_puts(" on ");
    facet_puts(on);
    facet_puts(": ");
    check_failed(what, got, expected);
}

#include "operations_after.h"

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
#define WORDLESS(op, type, forbidden, sent)                                                                            \
    OPERATION(op), ONLY(type), forbidden, {ANY, ANY, ANY, ANY}, {sent, SET_ANY}, 0, 0

static const struct expectation expected[] = {
    {.is = {OPERATION(OP_TYPE),
            SET_ANY & ~(ENTRIES | SET(CAP_RESUME)),
            0,
            {IGNORED, IGNORED, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .after = type_after},
    {.is = {OPERATION(OP_MEM_REDUCE), REDUCED, 0, {{0, ALL_RESTRICTIONS}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {CAP_NX | CAP_NC},
     .after = reduced_after},
    {.is = {OPERATION(OP_MEM_GUARD), MEMORY | WINDOWS, 0, {ANY, {12, 64}, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {5, 20},
     .bad = {{1ul << 44, 20}, {1, 64}},
     .after = guarded_after},
    {.is = {OPERATION(OP_MEM_ID), MEMORY, CAP_OP, {IGNORED, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .after = id_after},
    {.is = {OPERATION(OP_PAGE_READ), ONLY(CAP_PAGE), 0, {{0, 4096}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {4096 - 1024},
     .bad = {{4096 - 1023}, {4096}},
     .after = page_read_after},
    {.is = {OPERATION(OP_PAGE_WRITE),
            ONLY(CAP_PAGE),
            CAP_RO | CAP_WK,
            {{0, 4096}, IGNORED, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .word = {4096 - 8},
     .bad = {{4096 - 7}, {4096}},
     .after = page_write_after},

    {.is = {OPERATION(OP_GPT_GET), ONLY(CAP_GPT), CAP_OP, {{0, 15}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {15},
     .after = null_after},
    {.is = {OPERATION(OP_GPT_SET), ONLY(CAP_GPT), CHANGE, {{0, 15}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {15},
     .send = {R_PAGE},
     .after = slot_after},
    {.is = {OPERATION(OP_GPT_SET_L2V), ONLY(CAP_GPT), CHANGE, {{12, 60}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {60}},
    {.is = {WORDLESS(OP_GPT_SET_KEEPER, CAP_GPT, CHANGE, SET(CAP_NULL) | ENTRIES)}, .send = {R_ENTRY}},
    {.is = {WORDLESS(OP_GPT_SET_BACKGROUND, CAP_GPT, CHANGE, SET(CAP_NULL) | MEMORY)}, .send = {R_GPT}},
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
    {.is = {WORDLESS(OP_PROCESS_SET_SPACE, CAP_PROCESS, 0, SET(CAP_NULL) | SET(CAP_PAGE) | SET(CAP_GPT))},
     .send = {R_PAGE},
     .after = set_space_after},
    {.is = {WORDLESS(OP_PROCESS_GET_SPACE, CAP_PROCESS, 0, SET_ANY)}, .after = gpt_after},
    {.is = {WORDLESS(OP_PROCESS_SET_KEEPER, CAP_PROCESS, 0, SET(CAP_NULL) | ENTRIES)}, .send = {R_ENTRY}},
    {.is =
         {OPERATION(OP_PROCESS_SET_CAP), ONLY(CAP_PROCESS), 0, {{1, 31}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {31},
     .send = {R_PAGE},
     .after = set_cap_after},
    {.is =
         {OPERATION(OP_PROCESS_GET_CAP), ONLY(CAP_PROCESS), 0, {{0, 31}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {31},
     .after = null_after},
    {.is = {WORDLESS(OP_PROCESS_START, CAP_PROCESS, 0, SET_ANY)}},
    {.is = {WORDLESS(OP_PROCESS_STOP, CAP_PROCESS, 0, SET_ANY)}},
    {.is = {WORDLESS(OP_PROCESS_SET_SCHEDULE, CAP_PROCESS, 0, SET(CAP_NULL) | SET(CAP_SCHEDULE))},
     .send = {CR_SCHEDULE}},
    {.is = {OPERATION(OP_PROCESS_SET_STEP), ONLY(CAP_PROCESS), 0, {{0, 1}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {1}},
    {.is = {OPERATION(OP_PROCESS_GET_FPU), ONLY(CAP_PROCESS), 0, {ANY, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 512},
     .after = fpu_after},
    {.is = {OPERATION(OP_PROCESS_SET_FPU), ONLY(CAP_PROCESS), 0, {ANY, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 512, 0},
     .after = set_fpu_after},
    {.is = {OPERATION(OP_PROCESS_SET_FOREIGN), ONLY(CAP_PROCESS), 0, {{0, 1}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {1}},
    {.is = {WORDLESS(OP_PROCESS_READ, CAP_PROCESS, 0, SET_ANY)},
     .word = {(unsigned long)&sent},
     .after = read_memory_after},
    {.is = {WORDLESS(OP_PROCESS_WRITE, CAP_PROCESS, 0, SET_ANY)},
     .word = {(unsigned long)&room},
     .after = write_memory_after},
    {.is = {WORDLESS(OP_PROCESS_SET_BRAND, CAP_PROCESS, 0, SET_ANY)}, .send = {R_PAGE}, .after = brand_after},

    {.is = {WORDLESS(OP_ENDPOINT_SET_RECIPIENT, CAP_ENDPOINT, 0, SET(CAP_NULL) | SET(CAP_PROCESS))},
     .send = {R_PROCESS}},
    {.is = {WORDLESS(OP_ENDPOINT_MAKE_ENTRY, CAP_ENDPOINT, 0, SET_ANY)}, .word = {~0ul}, .after = entry_after},

    {.is = {OPERATION(OP_ENDPOINT_SET_MATCH), ONLY(CAP_ENDPOINT), 0, {{0, 1}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {1, 5}},

    {.is = {OPERATION(OP_RANGE_ALLOC),
            ONLY(CAP_RANGE),
            0,
            {{CAP_PAGE, CAP_FORWARDER}, {0, ALL_RESTRICTIONS}, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .word = {CAP_GPT, CAP_NC},
     .bad = {{CAP_FORWARDER, CAP_NC}, {CAP_ENTRY, 0}},
     .after = alloc_after},
    {.is = {WORDLESS(OP_RANGE_RESCIND, CAP_RANGE, 0, OBJECTS)}, .send = {R_PAGE}, .after = rescind_after},
    {.is = {WORDLESS(OP_RANGE_RENEW, CAP_RANGE, 0, MEMORY)}, .send = {R_GPT}, .after = renew_after},
    {.is = {WORDLESS(OP_RANGE_IDENTIFY, CAP_RANGE, 0, OBJECTS)}, .send = {R_CAPPAGE}, .after = number_after},
    {.is = {OPERATION(OP_RANGE_OBJECT),
            ONLY(CAP_RANGE),
            0,
            {{CAP_PAGE, CAP_FORWARDER}, ANY, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .word = {CAP_ENDPOINT, 0},
     .bad = {{CAP_ENDPOINT, ~0ul}, {CAP_ENTRY, 0}},
     .after = object_after},
    {.is = {OPERATION(OP_RANGE_STORAGE),
            ONLY(CAP_RANGE),
            0,
            {{CAP_PAGE, CAP_FORWARDER}, ANY, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .word = {CAP_CAPPAGE},
     .bad = {{CAP_HOST, 0}},
     .after = storage_after},

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
    {.is = {WORDLESS(OP_DEBUG_STARTED, CAP_DEBUG, 0, SET(CAP_PROCESS))}, .send = {CR_SELF}},
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
    {.is = {OPERATION(OP_DEBUG_SWAP),
            ONLY(CAP_DEBUG),
            0,
            {{0, 1}, IGNORED, ANY, ANY},
            {SET(CAP_PAGE), SET(CAP_NULL) | ENTRIES},
            0,
            0},
     .send = {R_PAGE},
     .after = swap_after},
    {.is = {WORDLESS(OP_DEBUG_RESTORE, CAP_DEBUG, 0, SET(CAP_PAGE))}, .send = {R_PAGE}, .after = restore_after},
    {.is = {OPERATION(OP_DEBUG_DAMAGE),
            ONLY(CAP_DEBUG),
            0,
            {{0, DAMAGE_COUNT - 1}, IGNORED, ANY, ANY},
            {SET(CAP_GPT), SET_ANY},
            0,
            0},
     .send = {R_GPT},
     .last = 1},
    {.is = {OPERATION(OP_DEBUG_REGION),
            ONLY(CAP_DEBUG),
            0,
            {ANY, ANY, {0, 0xf05}, ANY},
            {SET(CAP_PROCESS), SET_ANY},
            0,
            0},
     .word = {0x10000, 0x1000, REGION_FILE | REGION_R | REGION_SHARED},
     .send = {CR_SELF},
     .bad = {{1, 1, 6}, {1, 1, 0x10}}},
    {.is = {WORDLESS(OP_DEBUG_PAGES, CAP_DEBUG, 0, SET(CAP_PROCESS))}, .word = {0x10000, 0x1000}, .send = {CR_SELF}},
    {.is =
         {OPERATION(OP_DEBUG_SYSCALL), ONLY(CAP_DEBUG), 0, {ANY, ANY, {0, 3}, ANY}, {SET(CAP_PROCESS), SET_ANY}, 48, 0},
     .word = {39, 1, SYSCALL_UNKNOWN},
     .send = {CR_SELF}},
    {.is = {WORDLESS(OP_DEBUG_ENDPOINT, CAP_DEBUG, 0, SET(CAP_ENDPOINT))}, .send = {R_ENDPOINT}},
    {.is = {OPERATION(OP_DEBUG_SWAP_PART),
            ONLY(CAP_DEBUG),
            0,
            {{0, 1}, ANY, ANY, ANY},
            {SET(CAP_GPT), SET(CAP_NULL) | ENTRIES},
            0,
            0},
     .word = {0, 0x1000, 0x2000},
     .send = {R_GPT},
     .after = swap_part_after,
     .bad = {{0, 0x1800, 0x2000}, {0, 0x1000, 0x1800}}},
    {.is = {WORDLESS(OP_DEBUG_RESTORE_PART, CAP_DEBUG, 0, SET(CAP_GPT))},
     .word = {0x2fff},
     .send = {R_GPT},
     .after = restore_part_after,
     .bad = {{0xfff}, {0x3000}}},

    {.is = {OPERATION(OP_POWER_OFF), ONLY(CAP_POWER), 0, {{0, 255}, IGNORED, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {7},
     .last = 1},

    {.is = {WORDLESS(OP_DISCRIM_CLASSIFY, CAP_DISCRIM, 0, SET_ANY)}, .send = {R_PAGE}, .after = classify_after},
    {.is = {WORDLESS(OP_DISCRIM_COMPARE, CAP_DISCRIM, 0, SET_ANY)}, .send = {R_PAGE, R_GPT}, .after = compare_after},
    {.is = {WORDLESS(OP_DISCRIM_VERIFY, CAP_DISCRIM, 0, SET_ANY)}, .send = {R_PAGE}, .after = verify_after},

    {.is = {OPERATION(OP_CAPPAGE_GET), ONLY(CAP_CAPPAGE), CAP_OP, {{0, 127}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {127},
     .after = null_after},
    {.is = {OPERATION(OP_CAPPAGE_SET), ONLY(CAP_CAPPAGE), CHANGE, {{0, 127}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {127},
     .send = {R_PAGE},
     .after = index_after},

    {.is = {OPERATION(OP_SCHEDULE_REDUCE), ONLY(CAP_SCHEDULE), 0, {{0, 15}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {3},
     .after = reduce_after},
    {.is = {WORDLESS(OP_SCHEDULE_PRIORITY, CAP_SCHEDULE, 0, SET_ANY)}, .after = priority_after},

    {.is = {WORDLESS(OP_TOOL_IDENTIFY, CAP_PROCESS_TOOL, 0, SET_ANY)},
     .send = {R_ENTRY, R_PAGE},
     .after = identify_after},
    {.is = {WORDLESS(OP_TOOL_AMPLIFY, CAP_PROCESS_TOOL, 0, SET_ANY)},
     .send = {R_ENTRY, R_PAGE},
     .after = amplify_after},

    {.is = {WORDLESS(OP_FORWARDER_SET_TARGET, CAP_FORWARDER, 0, SET(CAP_NULL) | ENTRIES)},
     .send = {R_ENTRY},
     .after = target_after},
    {.is = {WORDLESS(OP_FORWARDER_GET_TARGET, CAP_FORWARDER, 0, SET_ANY)}, .after = null_after},
    {.is =
         {OPERATION(OP_FORWARDER_SET_SLOT), ONLY(CAP_FORWARDER), 0, {{0, 15}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {15},
     .send = {R_PAGE},
     .after = forwarder_slot_after},
    {.is =
         {OPERATION(OP_FORWARDER_GET_SLOT), ONLY(CAP_FORWARDER), 0, {{0, 15}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {15},
     .after = null_after},
    {.is = {WORDLESS(OP_FORWARDER_SET_WORD, CAP_FORWARDER, 0, SET_ANY)}, .word = {~0ul - 1}, .after = word_after},
    {.is = {WORDLESS(OP_FORWARDER_GET_WORD, CAP_FORWARDER, 0, SET_ANY)}, .after = no_word_after},
    {.is = {OPERATION(OP_FORWARDER_BLOCK), ONLY(CAP_FORWARDER), 0, {{0, 1}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {1},
     .after = block_after},
    {.is = {OPERATION(OP_FORWARDER_MAKE_FORWARD),
            ONLY(CAP_FORWARDER),
            0,
            {{0, 3}, ANY, ANY, ANY},
            {SET_ANY, SET_ANY},
            0,
            0},
     .word = {3},
     .after = forward_after},

    {.is = {WORDLESS(OP_SLEEP_NOW, CAP_SLEEP, 0, SET_ANY)}},
    {.is = {OPERATION(OP_SLEEP_FOR), ONLY(CAP_SLEEP), 0, {{1, 1ul << 48}, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 0},
     .word = {1000},
     .after = sleep_after},

    /* On a file, whose contents are "written\n" once that has been written. As a path those bytes are refused: a file
     * has nothing below it. */
    {.is = {WORDLESS(OP_HOST_TAKE, CAP_HOST, 0, SET_ANY)}, .word = {3}, .after = take_after},
    {.is = {WORDLESS(OP_HOST_TIME, CAP_HOST, 0, SET_ANY)}, .after = time_after},
    {.is = {WORDLESS(OP_HOST_SLEEP, CAP_HOST, 0, SET_ANY)}, .word = {1000}},
    {.is = {WORDLESS(OP_HOST_OPEN, CAP_HOSTFILE, 0, SET_ANY)}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_CLOSE, CAP_HOSTFILE, 0, SET_ANY)}, .after = close_after},
    {.is = {WORDLESS(OP_HOST_WRITE, CAP_HOSTFILE, CAP_RO, SET(CAP_NULL) | SET(CAP_PROCESS))}, .after = write_after},
    {.is = {WORDLESS(OP_HOST_READ, CAP_HOSTFILE, 0, SET(CAP_NULL) | SET(CAP_PROCESS))}, .after = file_after},
    {.is = {WORDLESS(OP_HOST_SEEK, CAP_HOSTFILE, 0, SET_ANY)}, .word = {5}, .after = seek_after},
    {.is = {WORDLESS(OP_HOST_TRUNCATE, CAP_HOSTFILE, CAP_RO, SET_ANY)}, .word = {3}, .after = truncate_after},
    {.is = {WORDLESS(OP_HOST_SYNC, CAP_HOSTFILE, 0, SET_ANY)}},
    {.is = {WORDLESS(OP_HOST_POLL, CAP_HOSTFILE, 0, SET_ANY)}, .word = {5}, .after = poll_after},
    {.is = {WORDLESS(OP_HOST_CONTROL, CAP_HOSTFILE, 0, SET_ANY)}, .word = {FIONREAD}, .after = control_after},
    {.is = {WORDLESS(OP_HOST_FCNTL, CAP_HOSTFILE, 0, SET_ANY)}, .word = {F_GETFL}, .after = fcntl_after},
    {.is = {WORDLESS(OP_HOST_LIST, CAP_HOSTFILE, 0, SET_ANY)}, .rc = RC_IO},
    {.is = {OPERATION(OP_HOST_STAT), ONLY(CAP_HOSTFILE), 0, {ANY, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 144},
     .rc = RC_IO},
    {.is = {OPERATION(OP_HOST_STATFS), ONLY(CAP_HOSTFILE), 0, {ANY, ANY, ANY, ANY}, {SET_ANY, SET_ANY}, 0, 120},
     .after = statfs_after},
    {.is = {WORDLESS(OP_HOST_ACCESS, CAP_HOSTFILE, 0, SET_ANY)}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_READLINK, CAP_HOSTFILE, 0, SET_ANY)}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_UNLINK, CAP_HOSTFILE, CAP_RO, SET_ANY)}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_MKDIR, CAP_HOSTFILE, CAP_RO, SET_ANY)}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_RENAME, CAP_HOSTFILE, CAP_RO, SET(CAP_HOSTFILE))}, .send = {R_FILE}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_LINK, CAP_HOSTFILE, CAP_RO, SET(CAP_HOSTFILE))}, .send = {R_FILE}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_SYMLINK, CAP_HOSTFILE, CAP_RO, SET_ANY)}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_CHMOD, CAP_HOSTFILE, CAP_RO, SET_ANY)}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_CHOWN, CAP_HOSTFILE, CAP_RO, SET_ANY)}, .rc = RC_IO},
    {.is = {WORDLESS(OP_HOST_UTIMES, CAP_HOSTFILE, CAP_RO, SET_ANY)}, .rc = RC_IO},
};
#define EXPECTED (sizeof expected / sizeof *expected)

#endif
