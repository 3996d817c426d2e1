/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * rescind: when an object ends, nothing leads to it any more, wherever a capability to it was kept and whatever was
 * under way; and nothing leads to the object that gets its storage next. revoke does the same for page tables.
 * `rescind destroy`, with --grant bank: what is made comes from banks of its own, and ends as these are destroyed.
 */
#include "probe.h"

enum {
    R_OBJECT = CR_FREE,
    R_GPT,
    R_CAPPAGE,
    R_HOLDER, /* a process that only holds things */
    R_ENTRY,  /* to this process */
    R_ENDPOINT,
    R_ECHO_ENTRY,
    R_CLIENT,
    R_CLIENT2,
    R_GIVEN,
    R_RESUME,
    R_NEXT,
    R_OTHER,
    R_ECHO = R_OTHER, /* only until it runs */
    R_ECHO_ENDPOINT = R_NEXT,
    R_DERIVED = R_OTHER + 1,
    R_SERVER_ENDPOINT,
    R_BANKS = CR_STDIN, /* by the number of the register that has what was made: its bank */
    R_BANK = CR_STDERR,
};
enum { GREETING = 0x6000, FROM_CLIENT = 1, FROM_REGION };
#define L2V_ROOT 44
#define REGION (3ul << L2V_ROOT)

static unsigned long echo_stack[256], client_stack[256], client2_stack[256];
static volatile unsigned long client_rc;

static unsigned long type_of(unsigned cap) {
    struct facet_message m = {0};
    check("OP_TYPE", facet_call(cap, OP_TYPE, &m), RC_OK);
    return m.word[0];
}

/* What an operation hands out. */
static unsigned long type_from(unsigned cap, unsigned long op, unsigned long word) {
    check("get", facet_get(cap, op, word, 0, R_GIVEN), RC_OK);
    return type_of(R_GIVEN);
}

static int with_banks;

static void make(enum cap_type type, unsigned to) {
    struct facet_message bank = {.word = {~0ul, ~0ul, ~0ul, ~0ul}, .recv = {R_BANK}};
    if (!with_banks) {
        check("allocate", facet_alloc(type, to), RC_OK);
        return;
    }
    check("make a bank", facet_call(CR_BANK, OP_BANK_MAKE, &bank), RC_OK);
    check("draw from it", facet_get(R_BANK, OP_RANGE_ALLOC, type, 0, to), RC_OK);
    check("keep it", facet_set(R_BANKS, OP_CAPPAGE_SET, to, R_BANK), RC_OK);
}

/* What was made in another way has no bank. */
static void rescind(unsigned cap) {
    if (!with_banks || type_from(R_BANKS, OP_CAPPAGE_GET, cap) == CAP_NULL) {
        check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, cap), RC_OK);
        return;
    }
    check("its bank", facet_get(R_BANKS, OP_CAPPAGE_GET, cap, 0, R_BANK), RC_OK);
    check("destroy it", facet_set(R_BANK, OP_BANK_DESTROY, 0, CR_NULL), RC_OK);
    check("forget it", facet_set(R_BANKS, OP_CAPPAGE_SET, cap, CR_NULL), RC_OK);
}

/* ---- Kept capabilities */

static void keep(unsigned long before) {
    check("in a slot", facet_set(R_GPT, OP_GPT_SET, 9, R_OBJECT), RC_OK);
    check("in a CapPage", facet_set(R_CAPPAGE, OP_CAPPAGE_SET, 77, R_OBJECT), RC_OK);
    check("in another process", facet_set(R_HOLDER, OP_PROCESS_SET_CAP, 30, R_OBJECT), RC_OK);
    check("in a register", facet_get(R_GPT, OP_GPT_GET, 9, 0, R_OTHER), RC_OK);
    check("what the slot has", type_from(R_GPT, OP_GPT_GET, 9), before);
    check("what the CapPage has", type_from(R_CAPPAGE, OP_CAPPAGE_GET, 77), before);
    check("what the process has", type_from(R_HOLDER, OP_PROCESS_GET_CAP, 30), before);
}

static void all_null(void) {
    check("the register", type_of(R_OBJECT), CAP_NULL);
    check("another register", type_of(R_OTHER), CAP_NULL);
    check("the slot", type_from(R_GPT, OP_GPT_GET, 9), CAP_NULL);
    check("the CapPage", type_from(R_CAPPAGE, OP_CAPPAGE_GET, 77), CAP_NULL);
    check("the other process", type_from(R_HOLDER, OP_PROCESS_GET_CAP, 30), CAP_NULL);
}

static void kept(enum cap_type type, const char *name) {
    make(type, R_OBJECT);
    keep(type);
    if (type == CAP_PAGE || type == CAP_GPT)
        check("as a space", facet_set(R_HOLDER, OP_PROCESS_SET_SPACE, 0, R_OBJECT), RC_OK);
    if (type == CAP_ENDPOINT || type == CAP_FORWARDER)
        check("the right to send",
              facet_get(R_OBJECT, type == CAP_ENDPOINT ? OP_ENDPOINT_MAKE_ENTRY : OP_FORWARDER_MAKE_FORWARD, 0, 0,
                        R_DERIVED),
              RC_OK);
    else if (type != CAP_PROCESS)
        check("a weaker one", facet_get(R_OBJECT, OP_MEM_REDUCE, CAP_RO, 0, R_DERIVED), RC_OK);
    rescind(R_OBJECT);
    make(type, R_NEXT); /* has its storage */
    all_null();
    if (type != CAP_PROCESS)
        check("what was derived", type_of(R_DERIVED), CAP_NULL);
    if (type == CAP_PAGE || type == CAP_GPT)
        check("the space", type_from(R_HOLDER, OP_PROCESS_GET_SPACE, 0), CAP_NULL);
    check("once more", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_OBJECT), RC_BAD_ARG);
    rescind(R_NEXT);
    passed(name);
}

/* A CapPage that ends takes what it held along; its storage begins empty, also as data. */
static void contents(void) {
    make(CAP_CAPPAGE, R_OBJECT);
    make(CAP_GPT, R_OTHER);
    for (unsigned long i = 0; i < CAPPAGE_SLOTS; i++)
        check("fill", facet_set(R_OBJECT, OP_CAPPAGE_SET, i, R_OTHER), RC_OK);
    rescind(R_OBJECT);
    make(CAP_PAGE, R_NEXT);
    check("look at it", facet_set(CR_SPACE, OP_GPT_SET, 3, R_NEXT), RC_OK);
    unsigned long sum = 0;
    for (unsigned long i = 0; i < 512; i++)
        sum |= ((volatile unsigned long *)REGION)[i];
    check("a fresh page is empty", sum, 0);
    for (unsigned long i = 0; i < 512; i++)
        ((volatile unsigned long *)REGION)[i] = 0x0101010101010103;
    rescind(R_NEXT);
    make(CAP_CAPPAGE, R_NEXT);
    for (unsigned long i = 0; i < CAPPAGE_SLOTS; i++)
        check("a fresh CapPage is empty", type_from(R_NEXT, OP_CAPPAGE_GET, i), CAP_NULL);
    check("capabilities are no data", facet_set(CR_SPACE, OP_GPT_SET, 3, R_NEXT), RC_OK);
    check("load", probe_reach(R_CLIENT, REGION), FAULT_MALFORMED_SPACE);
    rescind(R_NEXT);
    rescind(R_OTHER);
    passed("what a CapPage held");
}

/* ---- Messages */

static void echo(void) {
    struct facet_message m = {.recv = {0, 0, 0, 3}};
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    for (;;)
        facet_invoke(3, INVOKE_RETURN, RC_OK, &m);
}

/* Lets everybody else run who can: the answer comes after them. */
static void yield(void) {
    for (int i = 0; i < 3; i++) {
        struct facet_message m = {0};
        check("echo", facet_call(R_ECHO_ENTRY, 1, &m), RC_OK);
    }
}

static void client(void) {
    struct facet_message m = {.word = {42}, .send = {4}};
    client_rc = facet_call(2, GREETING, &m);
    for (;;)
        __asm__ volatile("ud2");
}

static void client_faults(void) {
    client_rc = *(volatile unsigned long *)(REGION + 0x1008);
    for (;;)
        __asm__ volatile("ud2");
}

/* A client whose register 2 has an entry and 4 another capability, up to where it waits. */
static void client_start(unsigned to, void (*start)(void), unsigned long *stack, unsigned entry, unsigned gift) {
    make_process(to, start, stack + 256, entry, R_ENTRY);
    check("gift", facet_set(to, OP_PROCESS_SET_CAP, 4, gift), RC_OK);
    client_rc = 0;
    check("start", facet_set(to, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    yield();
}

static unsigned long next_message(struct facet_message *m) {
    *m = (struct facet_message){.recv = {R_GIVEN, 0, 0, R_RESUME}};
    return facet_invoke(CR_NULL, INVOKE_RETURN, 0, m);
}

static void sent_object(void) {
    struct facet_message m;
    make(CAP_PAGE, R_OBJECT);
    client_start(R_CLIENT, client, client_stack, R_ENTRY, R_OBJECT);
    rescind(R_OBJECT);
    make(CAP_PAGE, R_NEXT);
    check("the message", next_message(&m), GREETING);
    check("its word", m.word[0], 42);
    check("what it carries", type_of(R_GIVEN), CAP_NULL);
    rescind(R_NEXT);
    rescind(R_CLIENT);
    passed("a capability in a message under way");
}

static void sent_by_way_of(void) {
    make_entry(R_OBJECT, CR_SELF, FROM_CLIENT, R_DERIVED);
    client_start(R_CLIENT, client, client_stack, R_DERIVED, CR_NULL);
    check("it waits", client_rc, 0);
    rescind(R_OBJECT);
    yield();
    check("it is told", client_rc, RC_INVALID_CAP);
    rescind(R_CLIENT);
    struct facet_message m; /* its end at ud2 was on the way to this process: gone too */
    client_start(R_CLIENT2, client, client2_stack, R_ENTRY, CR_NULL);
    check("the next message is another's", next_message(&m), GREETING);
    rescind(R_CLIENT2);
    passed("the endpoint of a message under way");
}

static void sender(void) {
    struct facet_message m;
    client_start(R_CLIENT, client, client_stack, R_ENTRY, CR_NULL);
    rescind(R_CLIENT);
    client_start(R_CLIENT2, client, client2_stack, R_ENTRY, CR_SELF);
    check("the message", next_message(&m), GREETING);
    check("is the second client's", type_of(R_GIVEN), CAP_PROCESS);
    rescind(R_CLIENT2);
    check("nobody to answer", type_of(R_RESUME), CAP_NULL);
    m = (struct facet_message){0};
    check("nobody to answer", facet_call(R_RESUME, RC_OK, &m), RC_INVALID_CAP);
    passed("the sender of a message under way, and a caller");
}

static void recipient(void) {
    make(CAP_PROCESS, R_OBJECT); /* never started: it does not receive */
    make_entry(R_OTHER, R_OBJECT, 0, R_DERIVED);
    client_start(R_CLIENT, client, client_stack, R_DERIVED, CR_NULL);
    check("it waits", client_rc, 0);
    rescind(R_OBJECT);
    make(CAP_PROCESS, R_NEXT);
    yield();
    check("it is told", client_rc, RC_INVALID_CAP);
    struct facet_message m = {0};
    check("nobody receives there", facet_call(R_DERIVED, GREETING, &m), RC_INVALID_CAP);
    rescind(R_NEXT);
    rescind(R_OTHER);
    rescind(R_CLIENT);
    passed("the recipient of a message under way");
}

/* A fault on its way to a GPT's keeper: the process's keeper gets it when the first cannot any more. */
static void fault_under_way(void) {
    struct facet_message m;
    make(CAP_GPT, R_OTHER);
    make_entry(R_OBJECT, CR_SELF, FROM_REGION, R_DERIVED);
    check("keeper", facet_set(R_OTHER, OP_GPT_SET_KEEPER, 0, R_DERIVED), RC_OK);
    check("region", facet_set(CR_SPACE, OP_GPT_SET, 3, R_OTHER), RC_OK);
    client_start(R_CLIENT, client_faults, client_stack, CR_NULL, CR_NULL);
    rescind(R_OBJECT);
    check("the fault", next_message(&m), OP_FAULT);
    check("to whom", m.payload, FROM_CLIENT);
    check("where", m.word[1], REGION + 0x1008);
    rescind(R_CLIENT);
    make_entry(R_OBJECT, CR_SELF, FROM_REGION, R_DERIVED);
    check("keeper", facet_set(R_OTHER, OP_GPT_SET_KEEPER, 0, R_DERIVED), RC_OK);
    client_start(R_CLIENT, client_faults, client_stack, CR_NULL, CR_NULL);
    rescind(R_OTHER);
    check("the fault", next_message(&m), OP_FAULT);
    check("to whom", m.payload, FROM_REGION);
    check("what is left of its space", type_of(R_GIVEN), CAP_NULL);
    m = (struct facet_message){.recv = {R_GIVEN, 0, 0, R_RESUME}};
    check("declined", facet_invoke(R_RESUME, INVOKE_RETURN, 1, &m), OP_FAULT);
    check("to whom", m.payload, FROM_CLIENT);
    rescind(R_CLIENT);
    rescind(R_OBJECT);
    passed("keepers and their space while a fault is under way");
}

static unsigned char string_room[3 * 4096];
static volatile unsigned long strings_received;

static void string_server(void) {
    struct facet_message m = {.room = string_room, .room_size = sizeof string_room, .recv = {0, 0, 0, 3}};
    unsigned answer_to = CR_NULL;
    for (;; strings_received++, answer_to = 3)
        facet_invoke(answer_to, INVOKE_RETURN, RC_OK, &m);
}

static void string_client(void) {
    struct facet_message m = {.string = (const void *)REGION, .string_size = 3 * 4096};
    client_rc = facet_call(2, GREETING, &m);
    for (;;)
        __asm__ volatile("ud2");
}

static void page_with(unsigned to, unsigned long slot, unsigned long value) {
    make(CAP_PAGE, to);
    check("look at it", facet_set(CR_SPACE, OP_GPT_SET, 4, to), RC_OK);
    for (unsigned long i = 0; i < 512; i++)
        ((volatile unsigned long *)(4ul << L2V_ROOT))[i] = value;
    check("page", facet_set(R_OTHER, OP_GPT_SET, slot, to), RC_OK);
}

/* A string whose second page faults. While its sender's keeper thinks, the third page ends and its storage goes to
 * another: the copy must not go on there. */
static void suspended_copy(void) {
    struct facet_message m;
    make(CAP_GPT, R_OTHER);
    check("region", facet_set(CR_SPACE, OP_GPT_SET, 3, R_OTHER), RC_OK);
    page_with(R_OBJECT, 0, 0x11);
    page_with(R_OBJECT, 2, 0x33);
    make_process(R_CLIENT2, string_server, client2_stack + 256, CR_NULL, CR_NULL);
    make_entry(R_SERVER_ENDPOINT, R_CLIENT2, 0, R_DERIVED);
    check("start", facet_set(R_CLIENT2, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    client_start(R_CLIENT, string_client, client_stack, R_DERIVED, CR_NULL);
    check("the second page", next_message(&m), OP_FAULT);
    check("the second page", m.word[1], REGION + 0x1000);
    rescind(R_OBJECT);
    make(CAP_PAGE, R_NEXT);
    check("its storage", facet_set(CR_SPACE, OP_GPT_SET, 4, R_NEXT), RC_OK);
    for (unsigned long i = 0; i < 512; i++)
        ((volatile unsigned long *)(4ul << L2V_ROOT))[i] = 0x7777;
    page_with(R_OBJECT, 1, 0x22);
    m = (struct facet_message){.recv = {R_GIVEN, 0, 0, R_RESUME}};
    check("the third page", facet_invoke(R_RESUME, INVOKE_RETURN, 0, &m), OP_FAULT);
    check("the third page", m.word[1], REGION + 0x2000);
    check("the message has not arrived", strings_received, 0);
    for (unsigned long i = 8192; i < sizeof string_room; i++)
        check("nothing of another's page", string_room[i], 0);
    rescind(R_NEXT);
    page_with(R_NEXT, 2, 0x44);
    m = (struct facet_message){0};
    check("repaired", facet_invoke(R_RESUME, INVOKE_FORK, 0, &m), RC_OK);
    yield();
    check("the message has arrived", strings_received, 1);
    check("its second page", string_room[4096], 0x22);
    check("its third page", string_room[8192], 0x44);
    check("the answer", client_rc, RC_OK);
    rescind(R_CLIENT);
    rescind(R_CLIENT2);
    rescind(R_OTHER);
    passed("pages of a string whose copy is suspended");
}

/* One page table in two spaces. */
static void shared_table(void) {
    make(CAP_GPT, R_OTHER);
    check("l2v", facet_set(R_OTHER, OP_GPT_SET_L2V, L2V_ROOT, CR_NULL), RC_OK);
    for (unsigned long slot = 0; slot < 8; slot++) {
        check("copy a slot", facet_get(CR_SPACE, OP_GPT_GET, slot, 0, R_GIVEN), RC_OK);
        check("copy a slot", facet_set(R_OTHER, OP_GPT_SET, slot, R_GIVEN), RC_OK);
    }
    make(CAP_GPT, R_OBJECT);
    make(CAP_PAGE, R_NEXT);
    check("page", facet_set(R_OBJECT, OP_GPT_SET, 1, R_NEXT), RC_OK);
    check("here", facet_set(CR_SPACE, OP_GPT_SET, 3, R_OBJECT), RC_OK);
    check("there", facet_set(R_OTHER, OP_GPT_SET, 3, R_OBJECT), RC_OK);
    probe_make(R_CLIENT, R_ENTRY);
    probe_make(R_CLIENT2, R_ENTRY);
    check("another space", facet_set(R_CLIENT2, OP_PROCESS_SET_SPACE, 0, R_OTHER), RC_OK);
    check("here", probe_write(R_CLIENT, REGION + 0x1010, 7), REACHED);
    check("there", probe_reach(R_CLIENT2, REGION + 0x1010), REACHED);
    check("the same", probe_loaded, 7);
    rescind(R_OBJECT);
    make(CAP_GPT, R_OBJECT);
    check("the next one", facet_set(R_OBJECT, OP_GPT_SET, 1, R_NEXT), RC_OK);
    check("here", probe_reach(R_CLIENT, REGION + 0x1010), FAULT_INVALID_ADDRESS);
    check("there", probe_reach(R_CLIENT2, REGION + 0x1010), FAULT_INVALID_ADDRESS);
    check("here again", facet_set(CR_SPACE, OP_GPT_SET, 3, R_OBJECT), RC_OK);
    check("here", probe_reach(R_CLIENT, REGION + 0x1010), REACHED);
    check("there", probe_reach(R_CLIENT2, REGION + 0x1010), FAULT_INVALID_ADDRESS);
    rescind(R_OTHER);
    check("no space at all", probe_reach(R_CLIENT2, REGION + 0x1010), FAULT_INVALID_ADDRESS);
    check("here", probe_reach(R_CLIENT, REGION + 0x1010), REACHED);
    passed("a page table that two spaces share");
}

int main(int argc, char **argv) {
    (void)argv;
    check("allocate", facet_alloc(CAP_CAPPAGE, R_BANKS), RC_OK);
    with_banks = argc > 1;
    make(CAP_GPT, R_GPT);
    make(CAP_CAPPAGE, R_CAPPAGE);
    make(CAP_PROCESS, R_HOLDER);
    make_entry(R_ENDPOINT, CR_SELF, FROM_CLIENT, R_ENTRY);
    make_process(R_ECHO, echo, echo_stack + 256, CR_NULL, CR_NULL);
    make_entry(R_ECHO_ENDPOINT, R_ECHO, 0, R_ECHO_ENTRY);
    check("start", facet_set(R_ECHO, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    kept(CAP_PAGE, "a page");
    kept(CAP_CAPPAGE, "a CapPage");
    kept(CAP_GPT, "a GPT");
    kept(CAP_PROCESS, "a process");
    kept(CAP_ENDPOINT, "an endpoint");
    kept(CAP_FORWARDER, "a forwarder");
    probe_make(R_CLIENT, R_ENTRY);
    contents();
    sent_object();
    sent_by_way_of();
    sender();
    recipient();
    fault_under_way();
    shared_table();
    suspended_copy();
    return 0;
}
