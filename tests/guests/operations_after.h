/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How each operation shows that it has done what it should. Only for operations.h, which includes it.
 */
#ifndef TESTS_GUESTS_OPERATIONS_AFTER_H
#define TESTS_GUESTS_OPERATIONS_AFTER_H

static unsigned long compared(unsigned a, unsigned b);

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
static void page_read_after(const struct facet_message *m) {
    expect("bytes", m->received, 1024);
    expect("which", room.bytes[0] | room.bytes[1023], 0);
}
static void page_write_after(const struct facet_message *m) {
    (void)m;
    struct facet_message get = {.word = {4096 - 9}, .room = &room, .room_size = 9};
    check("read it", facet_call(R_BASE, OP_PAGE_READ, &get), RC_OK);
    expect("the byte before", room.bytes[0], 0);
    expect("what was written", (unsigned long)memcmp(room.bytes + 1, "written\n", 8), 0);
}
static void read_memory_after(const struct facet_message *m) {
    expect("bytes", m->received, 1024);
    expect("how many", m->word[0], 1024);
    expect("why not more", m->word[1], FAULT_NONE);
    expect("which", (unsigned long)memcmp(&room, &sent, 1024), 0);
}
static void write_memory_after(const struct facet_message *m) {
    expect("how many", m->word[0], 8);
    expect("why not more", m->word[1], FAULT_NONE);
    expect("what was written", (unsigned long)memcmp(&room, "written\n", 8), 0);
}
static void renew_after(const struct facet_message *m) {
    (void)m;
    expect("type", type_of(R_RESULT), CAP_GPT);
    check("restrict it", facet_get(R_GPT, OP_MEM_REDUCE, ALL_RESTRICTIONS, 0, R_SCRATCH), RC_OK);
    check("guard it", facet_get(R_SCRATCH, OP_MEM_GUARD, 5, 20, R_SCRATCH), RC_OK);
    struct facet_message again = {.send = {R_SCRATCH}, .recv = {R_SCRATCH}};
    check("renew it", facet_call(CR_RANGE, OP_RANGE_RENEW, &again), RC_OK);
    expect("restrictions", restrictions_of(R_SCRATCH), 0);
    expect("the same", compared(R_SCRATCH, R_GPT), 1);
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
    check("weaken", facet_get(R_BASE, OP_MEM_REDUCE, CAP_WK | CAP_NC | CAP_NX, 0, R_SCRATCH), RC_OK);
    check("get", facet_get(R_SCRATCH, OP_CAPPAGE_GET, 127, 0, R_RESULT), RC_OK);
    expect("and through one without calls", restrictions_of(R_RESULT), CAP_RO | CAP_WK | CAP_NC);
    check("weaken", facet_get(R_BASE, OP_MEM_REDUCE, CAP_WK, 0, R_SCRATCH), RC_OK);
    check("an entry", facet_set(R_BASE, OP_CAPPAGE_SET, 126, R_ENTRY), RC_OK);
    check("get", facet_get(R_SCRATCH, OP_CAPPAGE_GET, 126, 0, R_RESULT), RC_OK);
    expect("what an entry is", type_of(R_RESULT), CAP_NULL);
}
static void regs_after(const struct facet_message *m) {
    expect("bytes", m->received, sizeof(struct facet_regs));
    expect("rsp", room.regs.rsp, (unsigned long)(stack + 64) - 8);
}
static void fpu_after(const struct facet_message *m) {
    expect("bytes", m->received, 512);
    expect("control word", room.bytes[0] | room.bytes[1] << 8, 0x37f);
}
static void set_fpu_after(const struct facet_message *m) {
    (void)m;
    struct facet_message get = {.room = &room, .room_size = sizeof room};
    check("get the FPU", facet_call(R_BASE, OP_PROCESS_GET_FPU, &get), RC_OK);
    expect("a byte of it", room.bytes[200], sent.bytes[200]);
}
static void priority_after(const struct facet_message *m) {
    expect("priority", m->word[0], 15);
}
static void reduce_after(const struct facet_message *m) {
    struct facet_message ask = {0};
    (void)m;
    check("ask", facet_call(R_RESULT, OP_SCHEDULE_PRIORITY, &ask), RC_OK);
    expect("priority", ask.word[0], 3);
    expect("more than its own", facet_get(R_RESULT, OP_SCHEDULE_REDUCE, 4, 0, R_RESULT), RC_BAD_ARG);
}
static void sleep_after(const struct facet_message *m) {
    struct facet_message ask = {0};
    check("ask", facet_call(CR_SLEEP, OP_SLEEP_NOW, &ask), RC_OK);
    expect("time has passed", m->word[0] >= 1000 && ask.word[0] >= m->word[0], 1);
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
/* The object of a type and a number, into R_SCRATCH; its type. */
static unsigned long numbered(unsigned long type, unsigned long number) {
    struct facet_message m = {.word = {type, number}, .recv = {R_SCRATCH}};
    check("by its number", facet_call(CR_RANGE, OP_RANGE_OBJECT, &m), RC_OK);
    expect("its type, as told", m.word[0], type_of(R_SCRATCH));
    return m.word[0];
}

/* ---- Brands and forwarders; guests of their own, brands and forwarders, show what these are for */

static unsigned long identified(unsigned cap, unsigned brand) {
    struct facet_message m = {.send = {(unsigned char)cap, (unsigned char)brand}};
    unsigned long rc = facet_call(CR_PROCESS_TOOL, OP_TOOL_IDENTIFY, &m);
    return rc == RC_OK ? m.word[0] : rc;
}
static void brand_after(const struct facet_message *m) {
    (void)m;
    expect("by its brand", identified(R_BASE, R_PAGE), 1);
    expect("by something else", identified(R_BASE, R_GPT), 0);
}
static void identify_after(const struct facet_message *m) {
    expect("of a process without a brand", m->word[0] | m->word[1] | m->word[2] | m->word[3], 0);
    check("restrict", facet_get(R_PAGE, OP_MEM_REDUCE, CAP_OP, 0, R_SCRATCH), RC_OK);
    expect("by an opaque brand", identified(R_ENTRY, R_SCRATCH), RC_NO_RIGHT);
}
static void amplify_after(const struct facet_message *m) {
    struct facet_message again = {.send = {R_ENTRY, R_SCRATCH}};
    expect("of a process without a brand", m->word[0], 0);
    expect("what it gives", type_of(R_RESULT), CAP_NULL);
    check("restrict", facet_get(R_PAGE, OP_MEM_REDUCE, CAP_OP, 0, R_SCRATCH), RC_OK);
    expect("by an opaque brand", facet_call(CR_PROCESS_TOOL, OP_TOOL_AMPLIFY, &again), RC_NO_RIGHT);
}
static void target_after(const struct facet_message *m) {
    (void)m;
    check("get it back", facet_get(R_BASE, OP_FORWARDER_GET_TARGET, 0, 0, R_RESULT), RC_OK);
    expect("the same", compared(R_RESULT, R_ENTRY), 1);
}
static void forwarder_slot_after(const struct facet_message *m) {
    (void)m;
    expect("what the slot holds", got_from(OP_FORWARDER_GET_SLOT, 15), CAP_PAGE);
}
static void word_after(const struct facet_message *m) {
    struct facet_message get = {0};
    (void)m;
    check("get it back", facet_call(R_BASE, OP_FORWARDER_GET_WORD, &get), RC_OK);
    expect("word", get.word[0], ~0ul - 1);
}
static void no_word_after(const struct facet_message *m) {
    expect("word", m->word[0], 0);
}
/* Without a target what is sent is refused, blocked or not. */
static void block_after(const struct facet_message *m) {
    struct facet_message send = {0};
    (void)m;
    check("a Forward", facet_get(R_BASE, OP_FORWARDER_MAKE_FORWARD, 0, 0, R_RESULT), RC_OK);
    expect("a message through it", facet_call(R_RESULT, 1, &send), RC_INVALID_CAP);
}
static void forward_after(const struct facet_message *m) {
    (void)m;
    expect("class", class_of(R_RESULT), DISCRIM_ENTRY);
}
static void alloc_after(const struct facet_message *m) {
    expect("type", type_of(R_RESULT), CAP_GPT);
    expect("restrictions", restrictions_of(R_RESULT), CAP_NC);
    expect("by its number", numbered(CAP_GPT, m->word[0]), CAP_GPT);
    check("restrict that, too", facet_get(R_SCRATCH, OP_MEM_REDUCE, CAP_NC, 0, R_SCRATCH), RC_OK);
    expect("the same", compared(R_SCRATCH, R_RESULT), 1);
}
static void number_after(const struct facet_message *m) {
    expect("type", m->word[0], CAP_CAPPAGE);
    expect("by its number", numbered(CAP_CAPPAGE, m->word[1]), CAP_CAPPAGE);
    expect("the same", compared(R_SCRATCH, R_CAPPAGE), 1);
    expect("as a Page, with which it shares storage", numbered(CAP_PAGE, m->word[1]), CAP_CAPPAGE);
    expect("the same", compared(R_SCRATCH, R_CAPPAGE), 1);
}
static void storage_after(const struct facet_message *m) {
    struct facet_message alloc = {.word = {CAP_PAGE}, .recv = {R_SCRATCH}}, again = {.word = {CAP_PAGE}};
    check("allocate", facet_call(CR_RANGE, OP_RANGE_ALLOC, &alloc), RC_OK);
    expect("its number is below what may be", alloc.word[0] < m->word[1], 1);
    check("ask again", facet_call(CR_RANGE, OP_RANGE_STORAGE, &again), RC_OK);
    expect("one less", again.word[0], m->word[0] - 1);
    expect("as many may be", again.word[1], m->word[1]);
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_SCRATCH), RC_OK);
    alloc.word[1] = alloc.word[0];
    alloc.word[0] = CAP_PAGE;
    expect("a number that nothing has", facet_call(CR_RANGE, OP_RANGE_OBJECT, &alloc), RC_BAD_ARG);
}
static void object_after(const struct facet_message *m) {
    struct facet_message identify = {.send = {R_RESULT}};
    expect("type", m->word[0], CAP_ENDPOINT);
    check("identify it", facet_call(CR_RANGE, OP_RANGE_IDENTIFY, &identify), RC_OK);
    expect("type", identify.word[0], CAP_ENDPOINT);
    expect("number", identify.word[1], 0);
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
/* ---- Host, HostFile */

static void take_after(const struct facet_message *m) {
    (void)m;
    expect("type", type_of(R_RESULT), CAP_HOSTFILE);
    expect("restrictions of what may be written", restrictions_of(R_RESULT), 0);
    expect("a grant that is none", facet_get(CR_HOST, OP_HOST_TAKE, 4, 0, R_RESULT), RC_IO);
}
static void time_after(const struct facet_message *m) {
    expect("after 2026 has begun, before 2100", m->word[0] > 1767225600 && m->word[0] < 4102444800, 1);
    expect("nanoseconds", m->word[1] < 1000000000, 1);
}
static void close_after(const struct facet_message *m) {
    struct facet_message again = {0};
    (void)m;
    expect("through another capability to it", facet_call(R_BASE, OP_HOST_SYNC, &again), RC_IO);
    expect("errno", again.word[0], 9); /* EBADF */
}
static void file_after(const struct facet_message *m) {
    expect("bytes", m->word[0], 8);
    expect("bytes of string", m->received, 8);
    expect("the first one", room.bytes[0], 'w');
    expect("why not more", m->word[1], FAULT_NONE);
}
static void seek_after(const struct facet_message *m) {
    expect("offset", m->word[0], 5);
}
static void truncate_after(const struct facet_message *m) {
    struct facet_message end = {.word = {0, 2}}; /* SEEK_END */
    (void)m;
    check("OP_HOST_SEEK", facet_call(R_BASE, OP_HOST_SEEK, &end), RC_OK);
    expect("size", end.word[0], 3);
}
static void poll_after(const struct facet_message *m) {
    expect("events", m->word[0], POLLIN_POLLOUT);
}
static void control_after(const struct facet_message *m) {
    expect("bytes", m->received, 4);
    expect("bytes to be read", room.bytes[0], 3); /* OP_HOST_TRUNCATE has left them */
}
static void fcntl_after(const struct facet_message *m) {
    expect("flags", m->word[0], O_RDWR | O_LARGEFILE);
}
static void statfs_after(const struct facet_message *m) {
    expect("bytes", m->received, 120);
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
static void swap_part_after(const struct facet_message *m) {
    struct facet_message more = {.word = {0, 0, 0x2000}, .send = {R_GPT}};
    (void)m;
    expect("half of it again", facet_call(CR_DEBUG, OP_DEBUG_SWAP_PART, &more), RC_BAD_ARG);
}
static void restore_part_after(const struct facet_message *m) {
    (void)m;
    expect("a second time", facet_set(CR_DEBUG, OP_DEBUG_RESTORE_PART, 0x1000, R_GPT), RC_BAD_ARG);
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
    expect("of a forward", class_of(R_FORWARD), DISCRIM_ENTRY);
    expect("of a forwarder", class_of(R_FORWARDER), DISCRIM_OTHER);
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

#endif
