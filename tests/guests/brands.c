/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * brands: what ProcessTool tells of capabilities, to whom, and what it makes of them. Needs --grant range.
 */
#include "check.h"

enum { R_SERVER = CR_FREE, R_END, R_ENTRY, R_BRAND, R_PAGE, R_GPT, R_FORWARDER, R_FORWARD, R_GOT, R_GOT2, R_TEMP };
#define PAYLOAD 0x77ul
#define KEEPER 0x88ul

static unsigned long stack[64];

static void park(void) {
    struct facet_message m = {0};
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

static unsigned long type_of(unsigned reg) {
    struct facet_message m = {0};
    check("type", facet_call(reg, OP_TYPE, &m), RC_OK);
    return m.word[0];
}

static struct facet_message ask(unsigned long op, unsigned cap, unsigned brand) {
    struct facet_message m = {
        .word = {5, 5, 5, 5}, .send = {(unsigned char)cap, (unsigned char)brand}, .recv = {R_GOT, R_GOT2}};
    check("asking", facet_call(CR_PROCESS_TOOL, op, &m), RC_OK);
    return m;
}

static void not_mine(const char *what, unsigned cap, unsigned brand) {
    for (unsigned long op = OP_TOOL_IDENTIFY; op <= OP_TOOL_AMPLIFY; op++) {
        struct facet_message m = ask(op, cap, brand);
        check(what, m.word[0] | m.word[1] | m.word[2] | m.word[3], 0);
    }
    check(what, type_of(R_GOT), CAP_NULL);
    check(what, type_of(R_GOT2), CAP_NULL);
}

/* Returns the id that it is told. */
static unsigned long mine(const char *what, unsigned cap, unsigned long payload, unsigned long kind) {
    struct facet_message m = ask(OP_TOOL_IDENTIFY, cap, R_BRAND), again = ask(OP_TOOL_AMPLIFY, cap, R_BRAND);
    check(what, m.word[0], 1);
    check(what, m.word[1], payload);
    check(what, m.word[3], kind);
    check("the same when it is amplified", (unsigned long)memcmp(m.word, again.word, sizeof m.word), 0);
    unsigned long type = kind & 0xff;
    check("what it stands for", type_of(R_GOT), type == CAP_ENTRY || type == CAP_FORWARD ? CAP_ENDPOINT : type);
    return m.word[2];
}

static void set(unsigned cap, unsigned long op, unsigned from) {
    check("set", facet_set(cap, op, 0, from), RC_OK);
}

static void brands(void) {
    not_mine("without a brand", R_ENTRY, R_PAGE);
    not_mine("no brand is not Null", R_ENTRY, CR_NULL);
    set(R_SERVER, OP_PROCESS_SET_BRAND, R_BRAND);
    mine("by the brand", R_ENTRY, PAYLOAD, CAP_ENTRY);
    not_mine("by another", R_ENTRY, R_PAGE);
    not_mine("by none", R_ENTRY, CR_NULL);
    check("guard", facet_get(R_BRAND, OP_MEM_GUARD, 0, 12, R_TEMP), RC_OK);
    not_mine("by one that says something else of the same", R_ENTRY, R_TEMP);
    check("opaque", facet_get(R_BRAND, OP_MEM_REDUCE, CAP_OP, 0, R_TEMP), RC_OK);
    set(R_SERVER, OP_PROCESS_SET_BRAND, R_TEMP);
    not_mine("a brand that is opaque", R_ENTRY, R_BRAND);
    struct facet_message m = {.send = {R_ENTRY, R_TEMP}};
    check("shown", facet_call(CR_PROCESS_TOOL, OP_TOOL_IDENTIFY, &m), RC_NO_RIGHT);
    passed("a brand is known by an equal one");
}

static void rescinded(void) {
    check("page", facet_alloc(CAP_PAGE, R_TEMP), RC_OK);
    set(R_SERVER, OP_PROCESS_SET_BRAND, R_TEMP);
    set(CR_RANGE, OP_RANGE_RESCIND, R_TEMP);
    not_mine("Null and a brand that is gone", R_ENTRY, R_TEMP);
    check("page", facet_alloc(CAP_PAGE, R_TEMP), RC_OK); /* in its storage */
    not_mine("what got its storage", R_ENTRY, R_TEMP);
    set(R_SERVER, OP_PROCESS_SET_BRAND, R_BRAND);
    passed("a brand that was rescinded is equal to nothing");
}

static void entries(void) {
    unsigned long id = mine("an entry", R_ENTRY, PAYLOAD, CAP_ENTRY);
    check("which may make others", facet_get(R_GOT, OP_ENDPOINT_MAKE_ENTRY, 1, 0, R_TEMP), RC_OK);
    check("of the same endpoint", mine("another", R_TEMP, 1, CAP_ENTRY), id);
    struct facet_message match = {.word = {1, 1}};
    check("match", facet_call(R_END, OP_ENDPOINT_SET_MATCH, &match), RC_OK);
    mine("which matches", R_TEMP, 1, CAP_ENTRY);
    not_mine("void", R_ENTRY, R_BRAND);
    set(R_END, OP_ENDPOINT_SET_MATCH, CR_NULL);
    set(R_END, OP_ENDPOINT_SET_RECIPIENT, CR_SELF);
    not_mine("another's", R_ENTRY, R_BRAND);
    set(R_END, OP_ENDPOINT_SET_RECIPIENT, CR_NULL);
    not_mine("nobody's", R_ENTRY, R_BRAND);
    set(R_END, OP_ENDPOINT_SET_RECIPIENT, R_SERVER);
    passed("entries are those of who receives");
}

static void objects(void) {
    static const unsigned char others[] = {CR_NULL, R_PAGE, R_END, CR_RANGE, CR_STDOUT, CR_PROCESS_TOOL, CR_SELF};
    mine("a process", R_SERVER, 0, CAP_PROCESS);
    for (unsigned i = 0; i < sizeof others; i++)
        not_mine("what nobody answers for", others[i], R_BRAND);
    not_mine("a GPT without a keeper", R_GPT, R_BRAND);
    check("entry", facet_get(R_END, OP_ENDPOINT_MAKE_ENTRY, KEEPER, 0, R_TEMP), RC_OK);
    set(R_GPT, OP_GPT_SET_KEEPER, R_TEMP);
    struct facet_message id = {0};
    check("id", facet_call(R_GPT, OP_MEM_ID, &id), RC_OK);
    for (unsigned long restr = 0; restr < 32; restr++) {
        check("reduce", facet_get(R_GPT, OP_MEM_REDUCE, restr, 0, R_TEMP), RC_OK);
        check("guard", facet_get(R_TEMP, OP_MEM_GUARD, restr, 20, R_TEMP), RC_OK);
        check("which", mine("a kept GPT", R_TEMP, KEEPER, CAP_GPT | restr << 8), id.word[0]);
        struct facet_message same = {.send = {R_GOT, R_GPT}};
        check("compare", facet_call(CR_DISCRIM, OP_DISCRIM_COMPARE, &same), RC_OK);
        check("it is amplified without restriction or guard", same.word[0], 1);
    }
    passed("memory is its keeper's, through every restriction");
}

static void fronts(void) {
    check("forwarder", facet_alloc(CAP_FORWARDER, R_FORWARDER), RC_OK);
    check("forward", facet_get(R_FORWARDER, OP_FORWARDER_MAKE_FORWARD, FORWARD_SEND_WORD, 0, R_FORWARD), RC_OK);
    not_mine("no target", R_FORWARD, R_BRAND);
    set(R_FORWARDER, OP_FORWARDER_SET_TARGET, R_ENTRY);
    check("id", mine("a front", R_FORWARD, PAYLOAD, CAP_FORWARD), mine("an entry", R_ENTRY, PAYLOAD, CAP_ENTRY));
    check("what else", type_of(R_GOT2), CAP_NULL);
    set(R_GPT, OP_GPT_SET_KEEPER, R_FORWARD);
    mine("a front as keeper", R_GPT, PAYLOAD, CAP_GPT);
    check("block", facet_set(R_FORWARDER, OP_FORWARDER_BLOCK, 1, CR_NULL), RC_OK);
    not_mine("a blocked front", R_FORWARD, R_BRAND);
    not_mine("as a keeper", R_GPT, R_BRAND);
    check("unblock", facet_set(R_FORWARDER, OP_FORWARDER_BLOCK, 0, CR_NULL), RC_OK);
    check("forward", facet_get(R_FORWARDER, OP_FORWARDER_MAKE_FORWARD, FORWARD_SEND_CAP, 0, R_FORWARD), RC_OK);
    mine("a front that sends its forwarder", R_FORWARD, PAYLOAD, CAP_FORWARD);
    ask(OP_TOOL_AMPLIFY, R_FORWARD, R_BRAND);
    check("which comes along", type_of(R_GOT2), CAP_FORWARDER);
    set(CR_RANGE, OP_RANGE_RESCIND, R_FORWARDER);
    not_mine("once it is gone", R_FORWARD, R_BRAND);
    passed("a front is what it leads to, but known as a front");
}

int main(void) {
    make_process(R_SERVER, park, stack + 64, CR_NULL, CR_NULL);
    make_entry(R_END, R_SERVER, PAYLOAD, R_ENTRY);
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("brand", facet_alloc(CAP_PAGE, R_BRAND), RC_OK);
    check("GPT", facet_alloc(CAP_GPT, R_GPT), RC_OK);
    brands();
    rescinded();
    entries();
    objects();
    fronts();
    return 0;
}
