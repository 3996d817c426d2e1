/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * facets: a service with two facets of one memory object. Facet A discloses it: it hands it out, opaque. Facet B only
 * wields it: it reads and writes on its client's behalf. Shown any capability, the service knows whether it is one of
 * its own, and which, by its brand: what somebody else has made up is refused, however much it looks alike.
 *
 *     facet run --grant range facets
 */
#include "served.h"
#include "text.h"

enum { R_SERVICE = CR_FREE, R_ENDPOINT, R_A, R_B, R_MEMORY, R_KEPT, R_BRAND, R_SHOWN, R_OTHER, R_RESUME };
enum { FACET_A = 1, FACET_B, KEEPER }; /* payloads; entries with KEEPER are never handed out */
enum { GIVE = 0x40000, READ, WRITE, WHICH };
enum { NOT_MINE, IS_A, IS_B, IS_MEMORY };
#define WORDS ((volatile unsigned long *)(3ul << 44)) /* where each of the two has the object, in its own space */

static unsigned long stack[512];

/* ---- The service: it has R_MEMORY, the object, unrestricted, R_BRAND, its brand, and CR_PROCESS_TOOL */

/* What is in R_SHOWN. A GPT counts only with the keeper's payload: who holds A or B could make it the keeper of
 * another. */
static unsigned long which(void) {
    struct facet_message m = {.send = {R_SHOWN, R_BRAND}};
    facet_call(CR_PROCESS_TOOL, OP_TOOL_IDENTIFY, &m);
    if (!m.word[0])
        return NOT_MINE;
    if ((m.word[3] & 0xff) == CAP_GPT)
        return m.word[1] == KEEPER ? IS_MEMORY : NOT_MINE;
    return m.word[1] == FACET_A ? IS_A : IS_B;
}

static unsigned long serve_one(unsigned long facet, unsigned long label, struct facet_message *m) {
    if (label == WHICH) {
        m->word[0] = which();
    } else if (label == GIVE && facet == FACET_A) {
        facet_get(R_MEMORY, OP_MEM_REDUCE, CAP_OP, 0, R_OTHER);
        m->send[0] = R_OTHER;
    } else if ((label == READ || label == WRITE) && facet == FACET_B && m->word[0] < 512) {
        if (label == WRITE)
            WORDS[m->word[0]] = m->word[1];
        m->word[0] = WORDS[m->word[0]];
    } else {
        return RC_BAD_OP;
    }
    return RC_OK;
}

static void service(void) {
    unsigned long answer = RC_OK;
    struct facet_message m = {0};
    for (unsigned to = CR_NULL;; to = R_RESUME) {
        m.recv[0] = R_SHOWN;
        m.recv[3] = R_RESUME;
        unsigned long label = facet_invoke(to, INVOKE_RETURN, answer, &m);
        m.send[0] = CR_NULL;
        answer = serve_one(m.payload, label, &m);
    }
}

/* ---- Its client */

static void show(const char *what, unsigned cap) {
    static const char *const names[] = {"not mine", "facet A", "facet B", "the memory object"};
    struct facet_message m = {.send = {(unsigned char)cap}};
    must("asking", facet_call(R_B, WHICH, &m));
    facet_puts(what);
    facet_puts(": ");
    facet_puts(names[m.word[0] % 4]);
    facet_puts("\n");
}

static void client(void) {
    struct facet_message give = {.recv = {R_KEPT}}, read = {.word = {5}}, refused = {.word = {5, 1}};
    must("facet A", facet_call(R_A, GIVE, &give));
    must("mapping it", facet_set(CR_SPACE, OP_GPT_SET, 3, R_KEPT));
    WORDS[5] = 4711;
    must("facet B", facet_call(R_B, READ, &read));
    facet_puts("stored through what A gave, read through B: ");
    text_put_number((long)read.word[0], 0);
    facet_puts(facet_call(R_B, GIVE, &refused) == RC_BAD_OP ? "\nB gives nothing\n" : "\nB gives\n");
    facet_puts(facet_get(R_KEPT, OP_GPT_GET, 0, 0, R_OTHER) == RC_NO_RIGHT ? "and its pages can't be got out of it\n"
                                                                           : "and its pages can be got out of it\n");
}

static void forge(void) {
    show("A", R_A);
    show("B", R_B);
    must("weaker", facet_get(R_KEPT, OP_MEM_REDUCE, CAP_WK | CAP_NC, 0, R_OTHER));
    show("what A gave, weak and without calls", R_OTHER);
    must("an endpoint", facet_alloc(CAP_ENDPOINT, R_OTHER));
    must("its recipient", facet_set(R_OTHER, OP_ENDPOINT_SET_RECIPIENT, 0, CR_SELF));
    must("an entry", facet_get(R_OTHER, OP_ENDPOINT_MAKE_ENTRY, FACET_A, 0, R_OTHER));
    show("the client's own entry with the payload of A", R_OTHER);
    must("a GPT", facet_alloc(CAP_GPT, R_OTHER));
    must("its keeper", facet_set(R_OTHER, OP_GPT_SET_KEEPER, 0, R_B));
    show("the client's own GPT, whose keeper is B", R_OTHER);
    show("nothing", CR_NULL);
}

/* What the service has, and nobody else from then on. */
static void service_make(void) {
    must("the object", facet_alloc(CAP_GPT, R_MEMORY));
    must("its page", facet_alloc(CAP_PAGE, R_OTHER));
    must("its place", facet_set(R_MEMORY, OP_GPT_SET, 0, R_OTHER));
    must("a space", facet_alloc(CAP_GPT, R_KEPT));
    must("of the size", facet_set(R_KEPT, OP_GPT_SET_L2V, 44, CR_NULL));
    for (unsigned long slot = 0; slot < 8; slot++) {
        must("a slot of this space", facet_get(CR_SPACE, OP_GPT_GET, slot, 0, R_OTHER));
        must("which is the service's", facet_set(R_KEPT, OP_GPT_SET, slot, slot == 3 ? R_MEMORY : R_OTHER));
    }
    spawn(R_SERVICE, service, stack + 512);
    must("stop", facet_set(R_SERVICE, OP_PROCESS_STOP, 0, CR_NULL));
    must("its space", facet_set(R_SERVICE, OP_PROCESS_SET_SPACE, 0, R_KEPT));
    must("a brand", facet_alloc(CAP_ENDPOINT, R_BRAND));
    must("which is its", facet_set(R_SERVICE, OP_PROCESS_SET_BRAND, 0, R_BRAND));
    static const unsigned char given[] = {R_BRAND, R_MEMORY, CR_PROCESS_TOOL};
    for (unsigned i = 0; i < sizeof given; i++)
        must("a gift", facet_set(R_SERVICE, OP_PROCESS_SET_CAP, given[i], given[i]));
}

int main(void) {
    service_make();
    must("an endpoint", facet_alloc(CAP_ENDPOINT, R_ENDPOINT));
    must("its recipient", facet_set(R_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, R_SERVICE));
    must("facet A", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, FACET_A, 0, R_A));
    must("facet B", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, FACET_B, 0, R_B));
    must("for its keeper", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, KEEPER, 0, R_OTHER));
    must("the keeper", facet_set(R_MEMORY, OP_GPT_SET_KEEPER, 0, R_OTHER));
    static const unsigned char secret[] = {R_SERVICE, R_BRAND, R_MEMORY, R_ENDPOINT, R_OTHER};
    must("start", facet_set(R_SERVICE, OP_PROCESS_START, 0, CR_NULL));
    for (unsigned i = 0; i < sizeof secret; i++)
        must("forgetting", facet_set(CR_SELF, OP_PROCESS_SET_CAP, secret[i], CR_NULL));
    client();
    forge();
    return 0;
}
