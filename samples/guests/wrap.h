/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A membrane around an entry capability: a process that says what passes and lets it pass, both ways. Entry
 * capabilities that pass are wrapped, too; those of its own it knows by its brand, and unwraps when they come back. So
 * each side sees its own capabilities as it knows them, and of the other side's only the wrapped ones.
 *
 * It takes one call at a time. The kernel's own messages nobody can pass on: as a keeper or handler it is no good, a
 * forwarder is. When what it stands around has gone, it says so in an answer (RC_INVALID_CAP).
 */
#ifndef SAMPLES_GUESTS_WRAP_H
#define SAMPLES_GUESTS_WRAP_H

#include "served.h"

/* Its capability registers; besides CR_DISCRIM and CR_PROCESS_TOOL, and CR_STDERR for what it says. */
enum { WRAP_END = 20, WRAP_BRAND, WRAP_TARGETS, WRAP_TARGET, WRAP_ANSWER, WRAP_CAP, WRAP_OTHER = WRAP_CAP + 4 };

static char wrap_line[128], wrap_string[STRING_MAX];
static unsigned long wrap_used, wrap_targets; /* entries with payload n stand for what is at index n of WRAP_TARGETS */

static void wrap_add(const char *text) {
    while (*text && wrap_used < sizeof wrap_line)
        wrap_line[wrap_used++] = *text++;
}

static void wrap_add_number(const char *before, unsigned long n) {
    char digits[24], *at = digits + sizeof digits - 1;
    *at = 0;
    do
        *--at = "0123456789abcdef"[n % 16];
    while (n /= 16);
    wrap_add(before);
    wrap_add(at);
}

static void wrap_say(const char *what, unsigned long label, const struct facet_message *m) {
    wrap_used = 0;
    wrap_add_number(what, label);
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        wrap_add_number(" ", m->word[i]);
    wrap_add_number(", bytes ", m->received);
    wrap_add("\n");
    facet_write(CR_STDERR, wrap_line, wrap_used);
}

static unsigned long wrap_asks(unsigned tool, unsigned long op, unsigned a, unsigned b, unsigned long *payload) {
    struct facet_message m = {.send = {(unsigned char)a, (unsigned char)b}};
    unsigned long rc = facet_call(tool, op, &m);
    *payload = m.word[1];
    return rc == RC_OK ? m.word[0] : 0;
}

/* Which index the capability in a register has, perhaps from now on. */
static unsigned long wrap_index(unsigned cap) {
    unsigned long i = 0, unused;
    for (; i < wrap_targets; i++) {
        facet_get(WRAP_TARGETS, OP_CAPPAGE_GET, i, 0, WRAP_OTHER);
        if (wrap_asks(CR_DISCRIM, OP_DISCRIM_COMPARE, WRAP_OTHER, cap, &unused))
            return i;
    }
    if (i < CAPPAGE_SLOTS)
        facet_set(WRAP_TARGETS, OP_CAPPAGE_SET, wrap_targets++, cap);
    return i;
}

/* What the other side is to see of it. */
static void wrap_pass(unsigned cap) {
    unsigned long payload;
    if (wrap_asks(CR_DISCRIM, OP_DISCRIM_CLASSIFY, cap, CR_NULL, &payload) != DISCRIM_ENTRY)
        return;
    if (wrap_asks(CR_PROCESS_TOOL, OP_TOOL_IDENTIFY, cap, WRAP_BRAND, &payload))
        facet_get(WRAP_TARGETS, OP_CAPPAGE_GET, payload, 0, cap);
    else
        facet_get(WRAP_END, OP_ENDPOINT_MAKE_ENTRY, wrap_index(cap), 0, cap);
}

static struct facet_message wrap_sends(const struct facet_message *from, unsigned caps) {
    struct facet_message m = {.string = wrap_string, .string_size = from->received};
    memcpy(m.word, from->word, sizeof m.word);
    for (unsigned char i = 0; i < caps; i++) {
        wrap_pass(WRAP_CAP + i);
        m.send[i] = WRAP_CAP + i;
    }
    return m;
}

static void wrap_receives(struct facet_message *m, unsigned caps) {
    m->room = wrap_string;
    m->room_size = sizeof wrap_string;
    for (unsigned char i = 0; i < caps; i++)
        m->recv[i] = WRAP_CAP + i;
}

/* Passes one message on. A fourth capability is the right to answer. */
static void wrap_one(void) {
    struct facet_message got = {.recv = {[3] = WRAP_ANSWER}};
    unsigned long unused, answer;
    wrap_receives(&got, 3);
    unsigned long label = facet_invoke(CR_NULL, INVOKE_RETURN, 0, &got);
    int call = wrap_asks(CR_DISCRIM, OP_DISCRIM_CLASSIFY, WRAP_ANSWER, CR_NULL, &unused) != DISCRIM_NULL;
    facet_get(WRAP_TARGETS, OP_CAPPAGE_GET, got.payload, 0, WRAP_TARGET);
    wrap_say(call ? "call 0x" : "message 0x", label, &got);
    struct facet_message m = wrap_sends(&got, 3);
    if (!call) {
        facet_invoke(WRAP_TARGET, INVOKE_FORK, label, &m);
        return;
    }
    wrap_receives(&m, 4);
    answer = facet_call(WRAP_TARGET, label, &m);
    wrap_say("  answer 0x", answer, &m);
    struct facet_message back = wrap_sends(&m, 4);
    facet_invoke(WRAP_ANSWER, INVOKE_FORK, answer, &back);
}

static void wrap(void) {
    for (;;)
        wrap_one();
}

/* Makes a membrane around the capability in `inner`, as process `process`, which wants a stack and three more
 * registers; gives the entry in `outer`. */
static inline void wrap_make(unsigned process, unsigned inner, unsigned outer, void *stack_top) {
    const unsigned end = process + 1, brand = process + 2, targets = process + 3;
    const unsigned char given[][2] = {
        {WRAP_END, (unsigned char)end}, {WRAP_BRAND, (unsigned char)brand}, {WRAP_TARGETS, (unsigned char)targets},
        {CR_STDERR, CR_STDERR},         {CR_DISCRIM, CR_DISCRIM},           {CR_PROCESS_TOOL, CR_PROCESS_TOOL}};
    must("targets", facet_alloc(CAP_CAPPAGE, targets));
    must("the first", facet_set(targets, OP_CAPPAGE_SET, wrap_targets++, inner));
    spawn(process, wrap, stack_top);
    must("an endpoint", facet_alloc(CAP_ENDPOINT, end));
    must("its recipient", facet_set(end, OP_ENDPOINT_SET_RECIPIENT, 0, process));
    must("a brand", facet_alloc(CAP_PAGE, brand));
    must("which is its", facet_set(process, OP_PROCESS_SET_BRAND, 0, brand));
    for (unsigned i = 0; i < sizeof given / sizeof *given; i++)
        must("a gift", facet_set(process, OP_PROCESS_SET_CAP, given[i][0], given[i][1]));
    must("an entry", facet_get(end, OP_ENDPOINT_MAKE_ENTRY, 0, 0, outer));
}

#endif
