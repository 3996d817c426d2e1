/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * banks: what their entries can do and cannot, and that no client keeps the bank from the others. accounts counts what
 * they draw. Needs --grant bank.
 */
#include "check.h"

enum {
    R_BANK = CR_FREE, /* below the program's own */
    R_REDUCED,
    R_CHILD,
    R_OBJECT,
    R_OTHER,
    R_CAPPAGE,
    R_ENDPOINT,
    R_ENTRY,
    R_FORWARDER,
    R_RESUME,
    R_DEAF, /* a process that never receives */
    R_DEAF_ENTRY,
    R_CALLER,
    R_ANSWERER,
    R_TEMP,
};
#define NO_LIMIT (~0ul)
#define LIMITS                                                                                                         \
    { NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT }
#define NOWHERE ((void *)0x500000000000)

static unsigned long stack[3][256];

static unsigned long type_of(unsigned cap) {
    struct facet_message m = {0};
    check("OP_TYPE", facet_call(cap, OP_TYPE, &m), RC_OK);
    return m.word[0];
}

static unsigned long bank_make(unsigned parent, unsigned long pages, unsigned to) {
    struct facet_message m = {.word = {pages, NO_LIMIT, NO_LIMIT, NO_LIMIT}, .recv = {(unsigned char)to}};
    return facet_call(parent, OP_BANK_MAKE, &m);
}

static unsigned long draw(unsigned bank, enum cap_type type, unsigned to) {
    return facet_get(bank, OP_RANGE_ALLOC, type, 0, to);
}

static unsigned long pages_of(unsigned bank) {
    struct facet_message m = {0};
    check("OP_BANK_USAGE", facet_call(bank, OP_BANK_USAGE, &m), RC_OK);
    return m.word[0];
}

static unsigned long plain(unsigned cap, unsigned long op) {
    struct facet_message m = {0};
    return facet_call(cap, op, &m);
}

/* ---- Rights */

static void lacking(unsigned long rights, unsigned long destroys, unsigned long rescinds) {
    struct facet_message limits = {.word = LIMITS}, renew = {.send = {R_OBJECT}};
    check("reduce", facet_get(R_BANK, OP_BANK_REDUCE, rights, 0, R_REDUCED), RC_OK);
    check("draw", draw(R_REDUCED, CAP_PAGE, R_OBJECT), RC_OK);
    check("see what it has", pages_of(R_REDUCED), 1);
    check("make a bank", bank_make(R_REDUCED, NO_LIMIT, R_CHILD), RC_OK);
    check("which can do all", plain(R_CHILD, OP_BANK_DESTROY), RC_OK);
    check("set limits", facet_call(R_REDUCED, OP_BANK_SET_LIMITS, &limits), destroys);
    check("renew", facet_call(R_REDUCED, OP_RANGE_RENEW, &renew), rescinds);
    check("rescind", facet_set(R_REDUCED, OP_RANGE_RESCIND, 0, R_OBJECT), rescinds);
    check("destroy", plain(R_REDUCED, OP_BANK_DESTROY), destroys == RC_OK ? rescinds : destroys);
    check("remove", plain(R_REDUCED, OP_BANK_REMOVE), destroys == RC_OK ? rescinds : destroys);
    if (rescinds != RC_OK)
        check("rescind", facet_set(R_BANK, OP_RANGE_RESCIND, 0, R_OBJECT), RC_OK);
}

static void rights(void) {
    check("a bank", bank_make(CR_BANK, NO_LIMIT, R_BANK), RC_OK);
    lacking(BANK_NO_DESTROY, RC_NO_RIGHT, RC_OK);
    lacking(BANK_NO_RESCIND, RC_OK, RC_NO_RIGHT);
    lacking(BANK_NO_DESTROY | BANK_NO_RESCIND, RC_NO_RIGHT, RC_NO_RIGHT);
    check("what lacks both", facet_get(R_REDUCED, OP_BANK_REDUCE, 0, 0, R_REDUCED), RC_OK);
    check("goes on lacking both", plain(R_REDUCED, OP_BANK_DESTROY), RC_NO_RIGHT);
    check("no such right", facet_get(R_BANK, OP_BANK_REDUCE, 4, 0, R_TEMP), RC_BAD_ARG);
    check("the program's own", plain(CR_BANK, OP_BANK_DESTROY), RC_NO_RIGHT);
    check("its limits", plain(CR_BANK, OP_BANK_SET_LIMITS), RC_NO_RIGHT);
    check("as a Range", type_of(CR_BANK), CAP_RANGE);
    check("no operation", plain(CR_BANK, OP_BANK_VERIFY + 1), RC_BAD_OP);
    check("not to be had", plain(CR_BANK, OP_RANGE_OBJECT), RC_BAD_OP);
    check("destroy it", plain(R_BANK, OP_BANK_DESTROY), RC_OK);
    passed("rights of entries");
}

/* ---- Only what was drawn from it */

static void apart(void) {
    check("a bank", bank_make(CR_BANK, NO_LIMIT, R_BANK), RC_OK);
    check("another", bank_make(CR_BANK, NO_LIMIT, R_CHILD), RC_OK);
    check("draw", draw(R_BANK, CAP_PROCESS, R_OBJECT), RC_OK);
    check("rescind it through the other", facet_set(R_CHILD, OP_RANGE_RESCIND, 0, R_OBJECT), RC_NO_RIGHT);
    check("what the program has not drawn", facet_set(CR_BANK, OP_RANGE_RESCIND, 0, CR_NULL), RC_BAD_ARG);
    check("the program's own space", facet_set(R_BANK, OP_RANGE_RESCIND, 0, CR_SPACE), RC_NO_RIGHT);
    struct facet_message renew = {.send = {CR_SPACE}, .recv = {R_TEMP}};
    check("renewing that", facet_call(R_BANK, OP_RANGE_RENEW, &renew), RC_NO_RIGHT);
    check("gives nothing, nor what another got last", type_of(R_TEMP), CAP_NULL);
    check("it is still there", type_of(R_OBJECT), CAP_PROCESS);
    check("remove", plain(R_BANK, OP_BANK_REMOVE), RC_OK);
    check("it is still there", type_of(R_OBJECT), CAP_PROCESS);
    check("the bank is not", plain(R_BANK, OP_BANK_USAGE), RC_INVALID_CAP);
    check("nor for the other", facet_set(R_CHILD, OP_RANGE_RESCIND, 0, R_OBJECT), RC_NO_RIGHT);
    check("it is the parent's", facet_set(CR_BANK, OP_RANGE_RESCIND, 0, R_OBJECT), RC_OK);
    check("destroy the other", plain(R_CHILD, OP_BANK_DESTROY), RC_OK);
    check("its number is another's", bank_make(CR_BANK, NO_LIMIT, R_BANK), RC_OK);
    check("but it stays dead", plain(R_CHILD, OP_BANK_USAGE), RC_INVALID_CAP);
    check("destroy that", plain(R_BANK, OP_BANK_DESTROY), RC_OK);
    passed("what one bank has, another has not");
}

/* ---- All or nothing */

static void nothing_came(void) {
    for (unsigned long i = 0; i < CAPPAGE_SLOTS; i++) {
        check("a slot", facet_get(R_CAPPAGE, OP_CAPPAGE_GET, i, 0, R_TEMP), RC_OK);
        check("as it was", type_of(R_TEMP), i == 7 ? CAP_ENDPOINT : CAP_NULL);
    }
}

static void all_or_nothing(void) {
    struct facet_message many = {.word = {CAP_PAGE, CAP_NX, 5, 6}, .send = {R_CAPPAGE}}, one = {.word = {CAP_PAGE}};
    check("a CapPage", draw(CR_BANK, CAP_CAPPAGE, R_CAPPAGE), RC_OK);
    check("one slot is taken", facet_set(R_CAPPAGE, OP_CAPPAGE_SET, 7, R_ENDPOINT), RC_OK);
    check("a bank with five pages", bank_make(CR_BANK, 5, R_BANK), RC_OK);
    check("six are refused", facet_call(R_BANK, OP_BANK_ALLOC_MANY, &many), RC_NO_MEMORY);
    nothing_came();
    check("nothing was drawn", pages_of(R_BANK), 0);
    check("below it", bank_make(R_BANK, NO_LIMIT, R_CHILD), RC_OK);
    many.word[0] = CAP_PAGE, many.word[1] = CAP_NX, many.word[2] = 5, many.word[3] = 5;
    check("four are left", facet_call(R_CHILD, OP_BANK_ALLOC_MANY, &many), RC_NO_MEMORY);
    nothing_came();
    many.word[0] = CAP_PAGE, many.word[1] = CAP_NX, many.word[2] = 5, many.word[3] = 4;
    check("and come", facet_call(R_CHILD, OP_BANK_ALLOC_MANY, &many), RC_OK);
    check("the last", facet_get(R_CAPPAGE, OP_CAPPAGE_GET, 8, 0, R_OBJECT), RC_OK);
    check("the last", type_of(R_OBJECT), CAP_PAGE);
    check("now it is full", pages_of(R_BANK), 5);
    one.recv[0] = R_OBJECT;
    check("no more", facet_call(R_BANK, OP_RANGE_ALLOC, &one), RC_NO_MEMORY);
    check("nothing came with that", type_of(R_OBJECT), CAP_NULL);
    check("nor a bank", bank_make(R_BANK, NO_LIMIT, R_OTHER), RC_NO_MEMORY);
    check("a limit above does not count", bank_make(CR_BANK, NO_LIMIT, R_OTHER), RC_OK);
    check("destroy", plain(R_OTHER, OP_BANK_DESTROY), RC_OK);
    check("destroy", plain(R_BANK, OP_BANK_DESTROY), RC_OK);
    check("with what is below", plain(R_CHILD, OP_BANK_USAGE), RC_INVALID_CAP);
    check("one of them", facet_get(R_CAPPAGE, OP_CAPPAGE_GET, 6, 0, R_OBJECT), RC_OK);
    check("is gone", type_of(R_OBJECT), CAP_NULL);
    passed("all that was asked for, or nothing");
}

/* ---- Which is a bank */

static unsigned long verified(unsigned cap, unsigned long rights) {
    struct facet_message m = {.send = {(unsigned char)cap}};
    check("OP_BANK_VERIFY", facet_call(CR_BANK, OP_BANK_VERIFY, &m), RC_OK);
    check("rights", m.word[1], rights);
    return m.word[0];
}

static void verify(void) {
    check("a bank", bank_make(CR_BANK, NO_LIMIT, R_BANK), RC_OK);
    check("it", verified(R_BANK, 0), 1);
    check("the program's", verified(CR_BANK, BANK_NO_DESTROY), 1);
    check("nothing", verified(CR_NULL, 0), 0);
    check("another's entry", verified(R_ENTRY, 0), 0);
    check("an object", verified(CR_SPACE, 0), 0);
    check("memory", draw(R_BANK, CAP_GPT, R_OBJECT), RC_OK);
    check("that it keeps", facet_set(R_OBJECT, OP_GPT_SET_KEEPER, 0, R_BANK), RC_OK);
    check("is none", verified(R_OBJECT, 0), 0);
    check("a forwarder", draw(CR_BANK, CAP_FORWARDER, R_FORWARDER), RC_OK);
    check("to a bank", facet_set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, R_BANK), RC_OK);
    check("a Forward", facet_get(R_FORWARDER, OP_FORWARDER_MAKE_FORWARD, 0, 0, R_OTHER), RC_OK);
    check("it answers", pages_of(R_OTHER), 0);
    check("but is none", verified(R_OTHER, 0), 0);
    check("destroy", plain(R_BANK, OP_BANK_DESTROY), RC_OK);
    check("it is none any more", verified(R_BANK, 0), 0);
    passed("which is a bank");
}

/* ---- Who wants to keep it waiting */

static void park(void) {
    struct facet_message m = {0};
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

/* A request that is to be answered to whatever capability that is; then it must have time for others. */
static void answer_to(const char *what, unsigned cap) {
    struct facet_message m = {.send = {0, 0, 0, (unsigned char)cap}};
    check("a request", facet_invoke(CR_BANK, INVOKE_FORK, OP_BANK_USAGE, &m), RC_OK);
    check(what, pages_of(CR_BANK) > 0, 1);
}

/* Calls whoever has register 2's entry; there is no room for what comes back. */
static void caller(void) {
    struct facet_message m = {.room = NOWHERE, .room_size = 4096};
    facet_call(2, 0x5000, &m);
    park();
}

/* Takes one call into register 3, and answers it with a string. */
static void answerer(void) {
    static const char text[64] = "text";
    struct facet_message m = {.recv = {0, 0, 0, 3}};
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    m = (struct facet_message){.string = text, .string_size = sizeof text};
    facet_invoke(3, INVOKE_RETURN, 0, &m);
    park();
}

/* The caller faults over its answer, and its keeper is deaf. */
static void caught_caller(void) {
    make_process(R_ANSWERER, answerer, stack[0] + 256, CR_NULL, CR_NULL);
    make_entry(R_ENDPOINT, R_ANSWERER, 0, R_OTHER);
    make_process(R_CALLER, caller, stack[1] + 256, R_OTHER, R_DEAF_ENTRY);
    check("start", facet_set(R_ANSWERER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    check("start", facet_set(R_CALLER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    for (unsigned i = 0; i < 4; i++)
        pages_of(CR_BANK); /* the others run meanwhile */
    check("the right to answer", facet_get(R_ANSWERER, OP_PROCESS_GET_CAP, 3, 0, R_RESUME), RC_OK);
    struct facet_message class = {.send = {R_RESUME}}; /* to ask it would be the answer */
    check("classify", facet_call(CR_DISCRIM, OP_DISCRIM_CLASSIFY, &class), RC_OK);
    check("it is there", class.word[0], DISCRIM_ENTRY);
}

static void nobody_waits(void) {
    struct facet_message block = {.word = {1}};
    make_process(R_DEAF, park, stack[2] + 256, CR_NULL, CR_NULL);
    make_entry(R_ENDPOINT, R_DEAF, 0, R_DEAF_ENTRY);
    answer_to("to nobody", CR_NULL);
    answer_to("to who never receives", R_DEAF_ENTRY);
    answer_to("to itself", CR_BANK);
    answer_to("to an object", R_DEAF);
    check("a forwarder", draw(CR_BANK, CAP_FORWARDER, R_FORWARDER), RC_OK);
    check("target", facet_set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, R_DEAF_ENTRY), RC_OK);
    check("a Forward", facet_get(R_FORWARDER, OP_FORWARDER_MAKE_FORWARD, 0, 0, R_OTHER), RC_OK);
    check("block", facet_call(R_FORWARDER, OP_FORWARDER_BLOCK, &block), RC_OK);
    answer_to("to a blocked forwarder", R_OTHER);
    struct facet_message many = {.word = {CAP_PAGE, 0, 0, 1}, .send = {R_DEAF_ENTRY}};
    check("an entry for a CapPage", facet_call(CR_BANK, OP_BANK_ALLOC_MANY, &many), RC_BAD_ARG);
    caught_caller();
    answer_to("to who faults over another answer", R_RESUME);
    passed("the bank waits for nobody");
}

/* Its entry as the keeper of a process: it declines. */
static void keeper(void) {
    static const unsigned char ud2[] = {0x0f, 0x0b};
    make_process(R_CALLER, park, stack[1] + 256, CR_NULL, CR_BANK);
    struct facet_regs regs = {.rip = (unsigned long)ud2, .rsp = (unsigned long)(stack[1] + 256)};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    check("where it faults", facet_call(R_CALLER, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("start", facet_set(R_CALLER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    check("it has time", pages_of(CR_BANK) > 0, 1);
    check("and again", pages_of(CR_BANK) > 0, 1);
    passed("the bank is no keeper");
}

/* Who ends the caller of the bank ends nothing else. */
static void caller_ends(void) {
    check("a bank", bank_make(CR_BANK, NO_LIMIT, R_BANK), RC_OK);
    check("a process", draw(R_BANK, CAP_PROCESS, R_CALLER), RC_OK);
    struct facet_regs regs = {.rip = (unsigned long)caller, .rsp = (unsigned long)(stack[1] + 255)};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    check("registers", facet_call(R_CALLER, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("space", facet_set(R_CALLER, OP_PROCESS_SET_SPACE, 0, CR_SPACE), RC_OK);
    check("its bank", facet_set(R_CALLER, OP_PROCESS_SET_CAP, 2, R_BANK), RC_OK);
    check("start", facet_set(R_CALLER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    check("it is asked", pages_of(R_BANK), 0);
    check("destroy it", plain(R_BANK, OP_BANK_DESTROY), RC_OK);
    check("gone", type_of(R_CALLER), CAP_NULL);
    passed("a bank's client ends with it");
}

int main(void) {
    make_entry(R_ENDPOINT, CR_SELF, 0, R_ENTRY);
    rights();
    apart();
    all_or_nothing();
    verify();
    nobody_waits();
    keeper();
    caller_ends();
    return 0;
}
