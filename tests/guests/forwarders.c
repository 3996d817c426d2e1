/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * forwarders [wait]: what their owner can do with them; tests/guests/fronts.c shows that nobody else can tell. `wait`:
 * for ever, before one that is blocked. Needs --grant range, debug.
 */
#include "check.h"

enum {
    R_SERVER = CR_FREE, /* it answers with 100 + what it is told, and keeps w3 and the type of the third capability */
    R_END,
    R_ENTRY,
    R_OTHER_END, /* this process, which receives nothing on its own */
    R_OTHER_ENTRY,
    R_FORWARDER,
    R_FORWARD,
    R_INNER,
    R_SENDER,
    R_SENDER2,
    R_RESUME,
    R_TEMP
};
enum { SERVER_THIRD = 3, SERVER_RESUME };
#define PENDING 0xabcd
#define PAYLOAD 0x77ul
#define LABEL 0x4000

static unsigned long stack[3][128];
static volatile unsigned long word3, third, payload, answer[2], order[8], orders;

static void server(void) {
    struct facet_message m = {.recv = {0, 0, SERVER_THIRD, SERVER_RESUME}}, type = {0};
    for (unsigned to = CR_NULL;; to = SERVER_RESUME) {
        facet_invoke(to, INVOKE_RETURN, RC_OK, &m);
        word3 = m.word[3];
        payload = m.payload;
        if (m.word[0] < 2)
            order[orders++ % 8] = m.word[0];
        facet_call(SERVER_THIRD, OP_TYPE, &type);
        third = type.word[0];
        m.word[0] += 100;
    }
}

static void send(unsigned long n) {
    struct facet_message m = {.word = {n, 0, 0, 3}};
    unsigned long rc = facet_call(2, LABEL, &m);
    answer[n] = rc == RC_OK ? m.word[0] : rc;
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}
static void send_0(void) {
    send(0);
}
static void send_1(void) {
    send(1);
}

static void set(unsigned cap, unsigned long op, unsigned long word, unsigned from) {
    check("set", facet_set(cap, op, word, from), RC_OK);
}

/* What a call through it gives. */
static unsigned long called(unsigned through, unsigned kind) {
    struct facet_message m = {.word = {7, 0, 0, 3}, .send = {0, 0, CR_STDOUT}};
    unsigned long rc = facet_invoke(through, kind, LABEL, &m);
    return rc == RC_OK && kind == INVOKE_CALL ? m.word[0] : rc;
}

/* Everybody else runs until they can't. */
static void yield(void) {
    for (int i = 0; i < 3; i++)
        check("the server answers", called(R_ENTRY, INVOKE_CALL), 107);
}

/* Two processes send through what is in `through`. */
static void senders(unsigned through) {
    static void (*const sender[])(void) = {send_0, send_1};
    for (unsigned i = 0; i < 2; i++) {
        answer[i] = PENDING;
        make_process(R_SENDER + i, sender[i], stack[i] + 128, through, CR_NULL);
        set(R_SENDER + i, OP_PROCESS_START, 0, CR_NULL);
    }
    orders = 0;
    yield();
}

static void both(const char *what, unsigned long expected) {
    yield();
    for (unsigned i = 0; i < 2; i++)
        check(what, answer[i], expected == 100 ? 100 + i : expected);
}

static void senders_end(void) {
    set(CR_RANGE, OP_RANGE_RESCIND, 0, R_SENDER);
    set(CR_RANGE, OP_RANGE_RESCIND, 0, R_SENDER2);
}

static void fresh(unsigned forwarder, unsigned flags, unsigned target, unsigned forward) {
    check("forwarder", facet_alloc(CAP_FORWARDER, forwarder), RC_OK);
    set(forwarder, OP_FORWARDER_SET_TARGET, 0, target);
    check("forward", facet_get(forwarder, OP_FORWARDER_MAKE_FORWARD, flags, 0, forward), RC_OK);
}

static void plain(void) {
    for (unsigned flags = 0; flags < 4; flags++) {
        fresh(R_FORWARDER, flags, R_ENTRY, R_FORWARD);
        set(R_FORWARDER, OP_FORWARDER_SET_WORD, 4711, CR_NULL);
        check("a call", called(R_FORWARD, INVOKE_CALL), 107);
        check("the word", word3, flags & FORWARD_SEND_WORD ? 4711 : 3);
        check("the capability", third, flags & FORWARD_SEND_CAP ? CAP_FORWARDER : CAP_STREAM);
        check("the payload", payload, PAYLOAD);
        check("a message", called(R_FORWARD, INVOKE_FORK), RC_OK);
        set(CR_RANGE, OP_RANGE_RESCIND, 0, R_FORWARDER);
        check("rescinded", called(R_FORWARD, INVOKE_CALL), RC_INVALID_CAP);
    }
    passed("a message arrives as if it had been sent to the target, with what the maker wants to be added");
}

static void chains(void) {
    fresh(R_INNER, FORWARD_SEND_WORD, R_ENTRY, R_TEMP);
    fresh(R_FORWARDER, FORWARD_SEND_WORD | FORWARD_SEND_CAP, R_TEMP, R_FORWARD);
    set(R_INNER, OP_FORWARDER_SET_WORD, 11, CR_NULL);
    set(R_FORWARDER, OP_FORWARDER_SET_WORD, 22, CR_NULL);
    check("a call", called(R_FORWARD, INVOKE_CALL), 107);
    check("the word next to the target", word3, 11);
    check("the only capability", third, CAP_FORWARDER);
    set(R_INNER, OP_FORWARDER_SET_TARGET, 0, CR_NULL);
    check("its end is gone", called(R_FORWARD, INVOKE_CALL), RC_INVALID_CAP);
    set(R_INNER, OP_FORWARDER_SET_TARGET, 0, R_FORWARD);
    check("a circle", called(R_FORWARD, INVOKE_CALL), RC_INVALID_CAP);
    set(R_INNER, OP_FORWARDER_SET_TARGET, 0, R_TEMP);
    check("itself", called(R_FORWARD, INVOKE_CALL), RC_INVALID_CAP);
    set(R_INNER, OP_FORWARDER_SET_TARGET, 0, R_ENTRY);
    check("no circle any more", called(R_FORWARD, INVOKE_CALL), 107);
    for (unsigned i = 0; i < 30; i++)
        fresh(R_TEMP, 0, R_FORWARD, R_FORWARD);
    check("a long way", called(R_FORWARD, INVOKE_CALL), 107);
    passed("forwarders stand before forwarders; a circle leads nowhere");
}

static void blocked(void) {
    fresh(R_INNER, 0, R_ENTRY, R_TEMP);
    fresh(R_FORWARDER, 0, R_TEMP, R_FORWARD);
    for (unsigned which = R_FORWARDER; which <= R_INNER; which += R_INNER - R_FORWARDER) {
        set(which, OP_FORWARDER_BLOCK, 1, CR_NULL);
        senders(R_FORWARD);
        both("while it is blocked", PENDING);
        set(which, OP_FORWARDER_BLOCK, 1, CR_NULL);
        set(which, OP_FORWARDER_SET_TARGET, 0, which == R_INNER ? R_ENTRY : R_TEMP);
        both("still", PENDING);
        set(which, OP_FORWARDER_BLOCK, 0, CR_NULL);
        both("once it is not", 100);
        check("both in their order", orders == 2 && order[0] == 0 && order[1] == 1, 1);
        senders_end();
    }
    set(R_INNER, OP_FORWARDER_BLOCK, 1, CR_NULL);
    senders(R_FORWARD);
    set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, R_ENTRY);
    both("on another way", 100);
    senders_end();
    passed("who sends through a blocked one waits");
}

static void voided(void) {
    static const unsigned how[] = {R_FORWARDER, R_INNER, R_TEMP};
    for (unsigned i = 0; i < 6; i++) {
        fresh(R_INNER, 0, R_ENTRY, R_TEMP);
        fresh(R_FORWARDER, 0, R_TEMP, R_FORWARD);
        set(i % 2 ? R_FORWARDER : R_INNER, OP_FORWARDER_BLOCK, 1, CR_NULL);
        senders(R_FORWARD);
        both("while it is blocked", PENDING);
        if (how[i / 2] == R_TEMP)
            set(i % 2 ? R_FORWARDER : R_INNER, OP_FORWARDER_SET_TARGET, 0, CR_NULL);
        else
            set(CR_RANGE, OP_RANGE_RESCIND, 0, how[i / 2]);
        both("rescinded, or without target", RC_INVALID_CAP);
        senders_end();
    }
    passed("who waits before one that ends, or loses its target, is refused");
}

/* In the queue of a process that does not receive. */
static void retargeted(void) {
    for (unsigned i = 0; i < 4; i++) {
        fresh(R_INNER, 0, R_OTHER_ENTRY, R_TEMP);
        fresh(R_FORWARDER, 0, R_TEMP, R_FORWARD);
        senders(R_FORWARD);
        both("in the queue", PENDING);
        if (i == 0)
            set(R_INNER, OP_FORWARDER_SET_TARGET, 0, R_ENTRY);
        else if (i == 1)
            set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, R_ENTRY);
        else if (i == 2)
            set(R_OTHER_END, OP_ENDPOINT_SET_RECIPIENT, 0, R_SERVER);
        else
            set(CR_RANGE, OP_RANGE_RESCIND, 0, R_INNER);
        both("what becomes of it", i == 3 ? RC_INVALID_CAP : 100);
        set(R_OTHER_END, OP_ENDPOINT_SET_RECIPIENT, 0, CR_SELF);
        senders_end();
    }
    passed("what has not been received goes to the new target");
}

static void received(void) {
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}}, back = {.word = {500}};
    fresh(R_FORWARDER, 0, R_OTHER_ENTRY, R_FORWARD);
    senders(R_FORWARD);
    check("the first", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), LABEL);
    check("the sender", m.word[0], 0);
    set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, R_ENTRY);
    yield();
    check("what is received is not sent again", answer[0], PENDING);
    check("what is not, is", answer[1], 101);
    set(R_FORWARDER, OP_FORWARDER_BLOCK, 1, CR_NULL);
    check("its answer", facet_invoke(R_RESUME, INVOKE_FORK, RC_OK, &back), RC_OK);
    yield();
    check("passes no forwarder", answer[0], 500);
    senders_end();
    passed("what has been received is answered by who has received it");
}

/* Who waits for messages to the endpoint takes them, whether they are there or still to come. */
static void closed(void) {
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
    fresh(R_FORWARDER, 0, R_OTHER_ENTRY, R_FORWARD);
    senders(R_FORWARD);
    for (unsigned long i = 0; i < 2; i++) {
        check("taken", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_OTHER_END), 0, &m), LABEL);
        check("the sender", m.word[0], i);
    }
    senders_end();
    make_process(R_SENDER, send_1, stack[0] + 128, R_FORWARD, CR_NULL);
    set(R_SENDER, OP_PROCESS_START, 0, CR_NULL);
    check("awaited", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_OTHER_END), 0, &m), LABEL);
    set(CR_RANGE, OP_RANGE_RESCIND, 0, R_SENDER);
    passed("a closed wait knows where a Forward leads");
}

/* The endpoint at its end goes while messages wait. */
static void endpoints(void) {
    for (unsigned i = 0; i < 2; i++) {
        make_entry(R_INNER, CR_SELF, 1, R_TEMP);
        fresh(R_FORWARDER, 0, R_TEMP, R_FORWARD);
        set(R_FORWARDER, OP_FORWARDER_BLOCK, i, CR_NULL);
        senders(R_FORWARD);
        both("in a queue", PENDING);
        set(CR_RANGE, OP_RANGE_RESCIND, 0, R_INNER);
        both("its end is gone", RC_INVALID_CAP);
        set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, R_ENTRY);
        set(R_FORWARDER, OP_FORWARDER_BLOCK, 0, CR_NULL);
        check("it is of use again", called(R_FORWARD, INVOKE_CALL), 107);
        senders_end();
    }
    passed("a target that is rescinded");
}

static void touch(void) {
    struct facet_message m = {0};
    *(volatile unsigned long *)(3ul << 44) = 1;
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

/* As the keeper of a GPT, and of a process if that declines. */
static void kept(void) {
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
    fresh(R_FORWARDER, 0, R_OTHER_ENTRY, R_FORWARD);
    check("GPT", facet_alloc(CAP_GPT, R_INNER), RC_OK);
    set(R_INNER, OP_GPT_SET_KEEPER, 0, R_FORWARD);
    set(CR_SPACE, OP_GPT_SET, 3, R_INNER);
    make_process(R_SENDER, touch, stack[0] + 128, CR_NULL, R_FORWARD);
    set(R_SENDER, OP_PROCESS_START, 0, CR_NULL);
    check("the GPT's", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), OP_FAULT);
    check("the address in it", m.word[1], 0);
    check("the process's", facet_invoke(R_RESUME, INVOKE_RETURN, 1, &m), OP_FAULT);
    check("the address", m.word[1], 3ul << 44);
    set(CR_SPACE, OP_GPT_SET, 3, CR_NULL);
    set(CR_RANGE, OP_RANGE_RESCIND, 0, R_SENDER);
    passed("a front is a keeper");
}

static void load(void) {
    struct facet_message m = {0};
    answer[0] = *(volatile unsigned long *)(3ul << 44);
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

/* Two that fault, one with a store, come to their keeper in the order in which they have. */
static void kept_in_order(void) {
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
    fresh(R_FORWARDER, 0, R_OTHER_ENTRY, R_FORWARD);
    make_process(R_SENDER, touch, stack[0] + 128, CR_NULL, R_FORWARD);
    make_process(R_SENDER2, load, stack[1] + 128, CR_NULL, R_FORWARD);
    for (unsigned i = 0; i < 2; i++) {
        set(R_FORWARDER, OP_FORWARDER_BLOCK, 1, CR_NULL);
        set(R_SENDER + i, OP_PROCESS_START, 0, CR_NULL);
        yield();
        set(R_SENDER2 - i, OP_PROCESS_START, 0, CR_NULL);
        yield();
        set(R_FORWARDER, OP_FORWARDER_BLOCK, 0, CR_NULL);
        for (unsigned k = 0; k < 2; k++) {
            check("a fault", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), OP_FAULT);
            check("whose", m.word[3] & 2, k == i ? 2 : 0);
        }
        set(R_SENDER, OP_PROCESS_STOP, 0, CR_NULL);
        set(R_SENDER2, OP_PROCESS_STOP, 0, CR_NULL);
    }
    senders_end();
    passed("faults wait in their order, too");
}

/* As the handler of a page: an access waits while it is blocked, and fails once nobody will answer it. */
static void handler(void) {
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}}, swap = {.word = {1}, .send = {R_INNER, R_FORWARD}};
    for (unsigned i = 0; i < 3; i++) {
        fresh(R_FORWARDER, 0, R_ENTRY, R_FORWARD);
        check("page", facet_alloc(CAP_PAGE, R_INNER), RC_OK);
        set(CR_SPACE, OP_GPT_SET, 3, R_INNER);
        check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &swap), RC_OK);
        set(R_FORWARDER, OP_FORWARDER_BLOCK, 1, CR_NULL);
        answer[0] = PENDING;
        make_process(R_SENDER, load, stack[0] + 128, CR_NULL, R_OTHER_ENTRY);
        set(R_SENDER, OP_PROCESS_START, 0, CR_NULL);
        yield();
        check("while it is blocked", answer[0], PENDING);
        if (i == 0)
            set(R_FORWARDER, OP_FORWARDER_BLOCK, 0, CR_NULL);
        else if (i == 1)
            set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, CR_NULL);
        else
            set(CR_RANGE, OP_RANGE_RESCIND, 0, R_FORWARDER);
        if (i > 0) {
            check("its keeper is told", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), OP_FAULT);
            check("that the handler", m.word[0], FAULT_HANDLER);
        }
        yield();
        check("what is loaded", answer[0], i ? PENDING : 0);
        set(CR_SPACE, OP_GPT_SET, 3, CR_NULL);
        set(CR_RANGE, OP_RANGE_RESCIND, 0, R_INNER);
        set(CR_RANGE, OP_RANGE_RESCIND, 0, R_SENDER);
    }
    passed("a front is a handler");
}

static void slots(void) {
    fresh(R_FORWARDER, 0, R_ENTRY, R_FORWARD);
    for (unsigned long i = 0; i < FORWARDER_SLOTS; i++)
        set(R_FORWARDER, OP_FORWARDER_SET_SLOT, i, i % 2 ? R_ENTRY : R_FORWARD);
    for (unsigned long i = 0; i < FORWARDER_SLOTS; i++) {
        struct facet_message same = {.send = {R_TEMP, i % 2 ? R_ENTRY : R_FORWARD}};
        check("get", facet_get(R_FORWARDER, OP_FORWARDER_GET_SLOT, i, 0, R_TEMP), RC_OK);
        check("compare", facet_call(CR_DISCRIM, OP_DISCRIM_COMPARE, &same), RC_OK);
        check("the same", same.word[0], 1);
    }
    passed("slots hold what was put there");
}

int main(int argc, char **argv) {
    (void)argv;
    make_process(R_SERVER, server, stack[2] + 128, CR_NULL, CR_NULL);
    make_entry(R_END, R_SERVER, PAYLOAD, R_ENTRY);
    make_entry(R_OTHER_END, CR_SELF, 1, R_OTHER_ENTRY);
    set(R_SERVER, OP_PROCESS_START, 0, CR_NULL);
    if (argc > 1) {
        fresh(R_FORWARDER, 0, R_ENTRY, R_FORWARD);
        set(R_FORWARDER, OP_FORWARDER_BLOCK, 1, CR_NULL);
        called(R_FORWARD, INVOKE_CALL);
    }
    plain();
    chains();
    blocked();
    voided();
    retargeted();
    received();
    closed();
    endpoints();
    kept();
    kept_in_order();
    handler();
    slots();
    return 0;
}
