/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * wrap: a client and a service that hand each other capabilities, and a membrane between them that says on standard
 * error what passes.
 *
 *     facet run --grant range wrap
 */
#include "wrap.h"
#include "text.h"

enum { R_SERVICE = CR_FREE, R_WRAP = R_SERVICE + 3, R_END = R_SERVICE + 1, R_ENTRY = R_SERVICE + 2 };
enum { S_SELF = 20, S_CAP, S_RESUME }; /* the service's */
enum { R_COUNTER = R_WRAP + 4, R_BACK };
enum { ADD = 0x40000, GIVE, ECHO };

static unsigned long stack[2][512];

/* With payload 0 it gives counters and echoes capabilities; with another it is a counter. */
static void service(void) {
    static unsigned long counts[8], counters;
    unsigned long answer = RC_OK;
    struct facet_message m = {0};
    for (unsigned to = CR_NULL;; to = S_RESUME) {
        m.recv[0] = S_CAP;
        m.recv[3] = S_RESUME;
        unsigned long label = facet_invoke(to, INVOKE_RETURN, answer, &m);
        m.send[0] = CR_NULL;
        answer = RC_OK;
        if (label == ADD && m.payload)
            m.word[0] = counts[m.payload % 8] += m.word[0];
        else if (label == GIVE && !m.payload)
            facet_get(S_SELF, OP_ENDPOINT_MAKE_ENTRY, ++counters, 0, m.send[0] = S_CAP);
        else if (label == ECHO)
            m.send[0] = S_CAP;
        else
            answer = RC_BAD_OP;
    }
}

static long add(long n) {
    struct facet_message m = {.word = {(unsigned long)n}};
    must("add", facet_call(R_COUNTER, ADD, &m));
    return (long)m.word[0];
}

int main(void) {
    struct facet_message give = {.recv = {R_COUNTER}}, echo = {.send = {R_COUNTER}, .recv = {R_BACK}};
    spawn(R_SERVICE, service, stack[0] + 512);
    must("an endpoint", facet_alloc(CAP_ENDPOINT, R_END));
    must("its recipient", facet_set(R_END, OP_ENDPOINT_SET_RECIPIENT, 0, R_SERVICE));
    must("its own", facet_set(R_SERVICE, OP_PROCESS_SET_CAP, S_SELF, R_END));
    must("an entry", facet_get(R_END, OP_ENDPOINT_MAKE_ENTRY, 0, 0, R_ENTRY));
    wrap_make(R_WRAP, R_ENTRY, R_ENTRY, stack[1] + 512);
    must("a counter", facet_call(R_ENTRY, GIVE, &give));
    add(40);
    facet_puts("counted ");
    text_put_number(add(2), 0);
    must("an echo", facet_call(R_ENTRY, ECHO, &echo));
    struct facet_message same = {.send = {R_COUNTER, R_BACK}};
    must("comparing", facet_call(CR_DISCRIM, OP_DISCRIM_COMPARE, &same));
    facet_puts(same.word[0] ? ", and what comes back is what was sent\n" : ", and something else came back\n");
    return 0;
}
