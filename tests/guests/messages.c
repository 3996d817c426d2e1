/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * messages: what becomes of a message that is under way when something of it is rescinded; strings across pages that
 * are no neighbours in memory. Needs --grant range.
 */
#include "check.h"

enum {
    R_CHILD = CR_FREE,
    R_HELPER,
    R_HELPER_END,
    R_HELPER_ENTRY,
    R_END,
    R_ENTRY,
    R_PAGE,
    R_OTHER,
    R_NODE,
    R_GOT,
    R_RESUME
};
enum { CHILD_ENTRY = 2, CHILD_GIFT = 3 };
#define LABEL 0x4000
#define PENDING 0xabcd /* the child's call has not come back */
#define SLOT 3ul
#define REGION ((unsigned char *)(SLOT << 44))
#define STRING 100ul

static unsigned long child_stack[512], helper_stack[512];
static volatile unsigned long result;
static const unsigned char *string;

static void child(void) {
    struct facet_message m = {.send = {CHILD_GIFT}, .string = string, .string_size = string ? STRING : 0};
    result = facet_call(CHILD_ENTRY, LABEL, &m);
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

static void helper(void) {
    struct facet_message m = {.recv = {0, 0, 0, 3}};
    for (unsigned to = CR_NULL;; to = 3)
        facet_invoke(to, INVOKE_RETURN, RC_OK, &m);
}

/* Everybody else runs until they can't. */
static void yield(void) {
    struct facet_message m = {0};
    for (int i = 0; i < 3; i++)
        check("the helper answers", facet_call(R_HELPER_ENTRY, LABEL, &m), RC_OK);
}

static void rescind(unsigned cap) {
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, cap), RC_OK);
}

/* A child that has sent a page to `recipient`, which is not waiting. */
static void child_sends(unsigned recipient) {
    make_entry(R_END, recipient, 1, R_ENTRY);
    make_process(R_CHILD, child, child_stack + 512, R_ENTRY, CR_NULL);
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("gift", facet_set(R_CHILD, OP_PROCESS_SET_CAP, CHILD_GIFT, R_PAGE), RC_OK);
    result = PENDING;
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    yield();
    check("it has not been answered", result, PENDING);
}

static unsigned long receive(void) {
    struct facet_message m = {.recv = {R_GOT, 0, 0, R_RESUME}}, type = {0};
    check("label", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), LABEL);
    check("type", facet_call(R_GOT, OP_TYPE, &type), RC_OK);
    return type.word[0];
}

static unsigned long answer(void) {
    struct facet_message m = {0};
    unsigned long rc = facet_invoke(R_RESUME, INVOKE_FORK, RC_NO_RIGHT, &m);
    yield();
    return rc;
}

static void whole(void) {
    child_sends(CR_SELF);
    check("what was sent", receive(), CAP_PAGE);
    check("answer", answer(), RC_OK);
    check("the answer", result, RC_NO_RIGHT);
    rescind(R_CHILD);
    passed("a message waits until it is taken");
}

static void capability(void) {
    child_sends(CR_SELF);
    rescind(R_PAGE);
    check("what was sent", receive(), CAP_NULL);
    rescind(R_CHILD);
    check("answer", answer(), RC_INVALID_CAP);
    passed("a capability in a message, and one to answer it, are void once their object is rescinded");
}

static void endpoint(void) {
    child_sends(CR_SELF);
    rescind(R_END);
    yield();
    check("what the sender is told", result, RC_INVALID_CAP);
    rescind(R_CHILD);
    passed("a message to an endpoint that is rescinded is refused");
}

static void recipient(void) {
    check("process", facet_alloc(CAP_PROCESS, R_OTHER), RC_OK);
    child_sends(R_OTHER);
    rescind(R_OTHER);
    yield();
    check("what the sender is told", result, RC_INVALID_CAP);
    rescind(R_CHILD);
    passed("a message to a process that is rescinded is refused");
}

/* Pages in the order that is not theirs in memory. */
static void region_make(void) {
    check("node", facet_alloc(CAP_GPT, R_NODE), RC_OK);
    for (unsigned long i = 4; i-- > 0;) {
        check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
        check("slot", facet_set(R_NODE, OP_GPT_SET, i, R_PAGE), RC_OK);
        check("page between", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    }
    check("hang it in", facet_set(CR_SPACE, OP_GPT_SET, SLOT, R_NODE), RC_OK);
}

static void strings(void) {
    unsigned char *from = REGION + 4096 - 30, *to = REGION + 3 * 4096 - 70;
    region_make();
    for (unsigned long i = 0; i < 4 * 4096; i++)
        REGION[i] = 0xee;
    for (unsigned long i = 0; i < STRING; i++)
        from[i] = (unsigned char)(i + 1);
    string = from;
    child_sends(CR_SELF);
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}, .room = to, .room_size = STRING};
    check("label", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), LABEL);
    check("bytes", m.received, STRING);
    for (unsigned long i = 0; i < STRING; i++)
        check("a byte of it", to[i], i + 1);
    check("the byte before", to[-1], 0xee);
    check("the byte behind", to[STRING], 0xee);
    passed("strings cross pages");
}

int main(void) {
    make_process(R_HELPER, helper, helper_stack + 512, CR_NULL, CR_NULL);
    make_entry(R_HELPER_END, R_HELPER, 1, R_HELPER_ENTRY);
    check("start", facet_set(R_HELPER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    whole();
    capability();
    endpoint();
    recipient();
    strings();
    return 0;
}
