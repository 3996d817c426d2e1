/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "constructor.h"

#define PAGE 4096ul
#define ROOT_BITS 44
#define RESERVED (1u << CR_SELF | 1u << CR_BANK | 1u << CR_SPACE | 1u << CONSTRUCTOR_ENDPOINT)

/* Word 0 of what an operation on one or two capabilities answers; 0 if it is refused. */
static unsigned long asked(unsigned cap, unsigned long op, unsigned a, unsigned b, struct facet_message *m) {
    *m = (struct facet_message){.send = {(unsigned char)a, (unsigned char)b}, .recv = {C_SCRATCH}};
    return facet_call(cap, op, m) == RC_OK ? m->word[0] : 0;
}

/* ---- What is what */

/* The facet of a constructor of the same brand that an entry is, itself and not through a forwarder; 0: of none. */
static unsigned long facet_of(unsigned cap) {
    struct facet_message found;
    unsigned long mine = asked(C_TOOL, OP_TOOL_IDENTIFY, cap, C_BRAND, &found);
    return mine && (found.word[3] & 0xff) == CAP_ENTRY ? found.word[1] : 0;
}

static int discreet(unsigned cap) {
    struct facet_message unused;
    return asked(C_DISCRIM, OP_DISCRIM_VERIFY, cap, CR_NULL, &unused) || facet_of(cap) == CONSTRUCTOR_CONFINES;
}

/* An instance of this constructor answers for it. */
static int is_instance(unsigned cap) {
    struct facet_message unused;
    facet_get(C_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, CONSTRUCTOR_INSTANCE, 0, C_RESULT);
    return asked(C_TOOL, OP_TOOL_IDENTIFY, cap, C_RESULT, &unused) != 0;
}

/* Storage that can be trusted: a bank, or the Range. Nothing that was sent is invoked before this is known. */
static int is_bank(unsigned cap) {
    struct facet_message unused;
    return asked(C_DISCRIM, OP_DISCRIM_CLASSIFY, cap, CR_NULL, &unused) == DISCRIM_ENTRY &&
           asked(C_BANK, OP_BANK_VERIFY, cap, CR_NULL, &unused) == 1;
}

static int is_range(unsigned cap) {
    struct facet_message unused;
    return asked(C_DISCRIM, OP_DISCRIM_CLASSIFY, cap, CR_NULL, &unused) == DISCRIM_OTHER &&
           asked(cap, OP_TYPE, CR_NULL, CR_NULL, &unused) == CAP_RANGE;
}

/* ---- The builder's */

static unsigned long install(struct constructor *c, struct facet_message *m) {
    unsigned long reg = m->word[0];
    if (reg >= CAP_REGISTERS || RESERVED >> reg & 1)
        return RC_BAD_ARG;
    facet_set(C_CAPS, OP_CAPPAGE_SET, reg, C_SENT);
    m->word[0] = (unsigned long)discreet(C_SENT);
    c->installed |= 1u << reg;
    c->holes &= ~(1u << reg);
    c->holes |= (unsigned)!m->word[0] << reg;
    return RC_OK;
}

static unsigned long seal(struct constructor *c, struct facet_message *m) {
    c->start = m->word[0];
    c->sealed = 1;
    facet_get(C_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, c->holes ? CONSTRUCTOR_LEAKS : CONSTRUCTOR_CONFINES, 0, C_RESULT);
    m->send[0] = C_RESULT;
    return RC_OK;
}

/* ---- The requestor's */

static const struct {
    unsigned char type, to;
} parts[] = {{CAP_PROCESS, C_PROCESS}, {CAP_ENDPOINT, C_END}, {CAP_GPT, C_SPACE}, {CAP_GPT, C_OWN}};
#define PARTS (sizeof parts / sizeof *parts)

static void give_back(unsigned count, unsigned long pages) {
    for (unsigned long i = 0; i < pages; i++) {
        facet_get(C_OWN, OP_GPT_GET, i, 0, C_SCRATCH);
        facet_set(C_SENT, OP_RANGE_RESCIND, 0, C_SCRATCH);
    }
    while (count-- > 0)
        facet_set(C_SENT, OP_RANGE_RESCIND, 0, parts[count].to);
}

/* All that an instance consists of, or nothing. */
static unsigned long draw(void) {
    for (unsigned i = 0; i < PARTS; i++)
        if (facet_get(C_SENT, OP_RANGE_ALLOC, parts[i].type, 0, parts[i].to) != RC_OK)
            return give_back(i, 0), RC_NO_MEMORY;
    for (unsigned long i = 0; i < CONSTRUCTOR_PAGES; i++) {
        if (facet_get(C_SENT, OP_RANGE_ALLOC, CAP_PAGE, 0, C_SCRATCH) != RC_OK)
            return give_back(PARTS, i), RC_NO_MEMORY;
        facet_set(C_OWN, OP_GPT_SET, i, C_SCRATCH);
    }
    return RC_OK;
}

static void give(unsigned to, unsigned from) {
    facet_set(C_PROCESS, OP_PROCESS_SET_CAP, to, from);
}

static void furnish(const struct constructor *c, int bank) {
    struct facet_regs regs = {.rip = c->start, .rsp = (1ul << ROOT_BITS) + CONSTRUCTOR_PAGES * PAGE - 8};
    struct facet_message set = {.string = &regs, .string_size = sizeof regs};
    facet_set(C_SPACE, OP_GPT_SET_L2V, ROOT_BITS, CR_NULL);
    facet_get(C_CAPS, OP_CAPPAGE_GET, 0, 0, C_SCRATCH);
    facet_set(C_SPACE, OP_GPT_SET, 0, C_SCRATCH);
    facet_set(C_SPACE, OP_GPT_SET, 1, C_OWN);
    facet_set(C_PROCESS, OP_PROCESS_SET_SPACE, 0, C_SPACE);
    facet_call(C_PROCESS, OP_PROCESS_SET_REGS, &set);
    for (unsigned reg = 1; reg < CAP_REGISTERS; reg++)
        if (c->installed >> reg & 1) {
            facet_get(C_CAPS, OP_CAPPAGE_GET, reg, 0, C_SCRATCH);
            give(reg, C_SCRATCH);
        }
    give(CR_SELF, C_PROCESS);
    give(CR_SPACE, C_SPACE);
    give(CONSTRUCTOR_ENDPOINT, C_END);
    if (bank) /* the Range is more than the requestor's own: it could end and renew anything */
        give(CR_BANK, C_SENT);
}

static unsigned long yield(const struct constructor *c, struct facet_message *m) {
    int bank = is_bank(C_SENT);
    if (!bank && !is_range(C_SENT))
        return RC_BAD_ARG;
    if (draw() != RC_OK)
        return RC_NO_MEMORY;
    if (facet_set(C_PROCESS, OP_PROCESS_SET_SCHEDULE, 0, C_SENT + 1) != RC_OK ||
        facet_set(C_PROCESS, OP_PROCESS_SET_KEEPER, 0, C_SENT + 2) != RC_OK) {
        give_back(PARTS, CONSTRUCTOR_PAGES);
        return RC_BAD_ARG;
    }
    furnish(c, bank);
    facet_get(C_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, CONSTRUCTOR_INSTANCE, 0, C_RESULT);
    facet_set(C_PROCESS, OP_PROCESS_SET_BRAND, 0, C_RESULT);
    facet_set(C_END, OP_ENDPOINT_SET_RECIPIENT, 0, C_PROCESS);
    facet_get(C_END, OP_ENDPOINT_MAKE_ENTRY, 0, 0, C_RESULT);
    facet_set(C_PROCESS, OP_PROCESS_START, 0, CR_NULL);
    m->send[0] = C_RESULT;
    return RC_OK;
}

static unsigned long identify(struct facet_message *m) {
    unsigned long facet = facet_of(C_SENT);
    m->word[0] = facet == CONSTRUCTOR_CONFINES || facet == CONSTRUCTOR_LEAKS ? facet
                 : is_instance(C_SENT)                                       ? CONSTRUCTOR_INSTANCE
                                                                             : 0;
    return RC_OK;
}

/* ---- Serving */

static unsigned long one(struct constructor *c, unsigned long label, struct facet_message *m) {
    int builder = m->payload == CONSTRUCTOR_BUILDER;
    switch (label) {
    case OP_CONSTRUCTOR_INSTALL:
        return builder && !c->sealed ? install(c, m) : RC_NO_RIGHT;
    case OP_CONSTRUCTOR_SEAL:
        return builder && !c->sealed ? seal(c, m) : RC_NO_RIGHT;
    case OP_CONSTRUCTOR_HOLES:
        m->word[0] = c->holes;
        return RC_OK;
    case OP_CONSTRUCTOR_YIELD:
        return c->sealed ? yield(c, m) : RC_NO_RIGHT;
    case OP_CONSTRUCTOR_IDENTIFY:
        return identify(m);
    default:
        return RC_BAD_OP;
    }
}

void constructor_main(struct constructor *c) {
    unsigned long answer = RC_OK;
    struct facet_message m = {0};
    for (unsigned to = CR_NULL;; to = C_RESUME) {
        for (unsigned char i = 0; i < 3; i++)
            m.recv[i] = (unsigned char)(C_SENT + i);
        m.recv[3] = C_RESUME;
        unsigned long label = facet_invoke(to, INVOKE_RETURN, answer, &m);
        m.send[0] = CR_NULL;
        answer = one(c, label, &m);
    }
}
