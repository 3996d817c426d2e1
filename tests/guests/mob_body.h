/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a hostile process of the guest `mob` executes: for ever random operations of the dispatcher's table on what it
 * holds, messages, and accesses of its space. It knows words, its own token first, hands them on wherever it can, and
 * learns the tokens of others where it finds them. It has no memory but its own page, so it can be started anywhere.
 */
#ifndef TESTS_GUESTS_MOB_BODY_H
#define TESTS_GUESTS_MOB_BODY_H

#include "mob_token.h"
#include "rows.h"

#include <facet/guest.h>
#include <stdbool.h>

#define MOB_PAGE (1ul << 44) /* its own page; in slot 0 is the code, the other slots are for what comes */
#define MOB_DISCRIM 11       /* to know which kind of operation is worth trying */
#define MOB_KEPT 12          /* what it is sent comes into registers from this one on */
#define MOB_WORDS 8

struct mob_self {
    unsigned long random, word[MOB_WORDS];
    unsigned char type[CAP_REGISTERS]; /* enum cap_type, as it was when last asked */
    unsigned char bytes[512];
};

static unsigned long mob_random(struct mob_self *self) {
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random >> 11;
}

static unsigned long mob_below(struct mob_self *self, unsigned long limit) {
    return mob_random(self) % limit;
}

static void mob_learn(struct mob_self *self, unsigned long word) {
    if (MOB_IS_TOKEN(word))
        self->word[1 + mob_below(self, MOB_WORDS - 1)] = word;
}

static unsigned long mob_word(struct mob_self *self) {
    return self->word[mob_below(self, MOB_WORDS)];
}

/* ---- Memory */

/* One that is likely to be there: GPTs have these sizes of slots, and use the first ones. */
static unsigned long mob_address(struct mob_self *self) {
    static const unsigned char bits[] = {12, 20, 28, 36};
    if (!mob_below(self, 8))
        return mob_word(self);
    unsigned long address = mob_below(self, 8) << 44 | mob_below(self, 16) * 256, first = mob_below(self, 4);
    for (unsigned i = 0; first && i < sizeof bits; i++)
        if (!mob_below(self, 3))
            address |= mob_below(self, 4) << bits[i];
    return address;
}

static void mob_access(struct mob_self *self) {
    unsigned long address = mob_address(self), how = mob_below(self, 32);
    if (how == 0)
        ((void (*)(void))address)();
    else if (how < 16)
        *(volatile unsigned long *)address = mob_word(self);
    else
        mob_learn(self, *(volatile unsigned long *)address);
}

/* ---- Invocations */

static __attribute__((noreturn)) void mob_main(unsigned long seed, unsigned long token);

/* With which another process does the same as this one, if it has the code where this one has it. */
static void mob_regs(struct mob_self *self, struct facet_regs *regs) {
    unsigned long *word = &regs->rax;
    for (unsigned long i = 0; i < sizeof *regs / sizeof *word; i++)
        word[i] = mob_word(self);
    regs->rip = (unsigned long)mob_main;
    regs->rdi = mob_random(self);
    regs->rsp = MOB_PAGE + 4088;
    regs->rflags = 0x202;
}

static unsigned long mob_argument(struct mob_self *self, unsigned long low, unsigned long high) {
    static const unsigned likely[] = {0, 1, 12, 20, 28, 36, 44, 64, 4096, 1u << 20};
    switch (mob_below(self, 4)) {
    case 0:
        return mob_word(self);
    case 1:
        return likely[mob_below(self, sizeof likely / sizeof *likely)];
    case 2:
        return low + mob_below(self, 4);
    default:
        return low + (high - low < 32 ? mob_below(self, high - low + 1) : 0);
    }
}

/* To ask an entry capability would be a message: any of them counts as an Entry. */
static unsigned mob_type(struct mob_self *self, unsigned cap) {
    struct facet_message m = {.send = {(unsigned char)cap}}, type = {0};
    unsigned long class = facet_call(MOB_DISCRIM, OP_DISCRIM_CLASSIFY, &m) == RC_OK ? m.word[0] : DISCRIM_NULL;
    if (class == DISCRIM_ENTRY)
        type.word[0] = CAP_ENTRY;
    else if (class != DISCRIM_NULL)
        facet_call(cap, OP_TYPE, &type);
    return self->type[cap] = (unsigned char)(type.word[0] % CAP_TYPES);
}

/* A register with what the operation may want; rather something than nothing. */
static unsigned mob_sent(struct mob_self *self, unsigned types) {
    unsigned cap = 0;
    for (int tries = 0; tries < 12; tries++) {
        cap = (unsigned)mob_below(self, CAP_REGISTERS);
        if (types >> self->type[cap] & 1 && (self->type[cap] != CAP_NULL || !mob_below(self, 8)))
            break;
    }
    return cap;
}

static struct facet_message mob_message(struct mob_self *self, const struct row *row) {
    struct facet_message m = {.string = self->word,
                              .string_size = row->string ? row->string : sizeof self->word,
                              .room = self->bytes,
                              .room_size = row->room ? row->room : sizeof self->bytes};
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        m.word[i] = mob_argument(self, row->word[i].low, row->word[i].high);
    for (unsigned i = 0; i < MESSAGE_CAPS; i++) {
        m.send[i] = (unsigned char)(i < 2 ? mob_sent(self, row->sent[i]) : mob_below(self, CAP_REGISTERS));
        m.recv[i] = (unsigned char)(mob_below(self, 2) ? MOB_KEPT + mob_below(self, CAP_REGISTERS - MOB_KEPT) : 0);
    }
    if (row->op == OP_DEBUG_SWAP_PART) {
        m.word[1] = mob_below(self, 4) << 12;
        m.word[2] = 4096ul << mob_below(self, 8);
    }
    if (!mob_below(self, 8))
        m.string = (const void *)mob_address(self);
    if (!mob_below(self, 8))
        m.room = (void *)mob_address(self);
    return m;
}

static void mob_learn_all(struct mob_self *self, const struct facet_message *m) {
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        mob_learn(self, m->word[i]);
    mob_learn(self, m->payload);
    for (unsigned long i = 0; i + 8 <= m->received && i + 8 <= sizeof self->bytes; i += 8)
        mob_learn(self, *(unsigned long *)(void *)(self->bytes + i));
}

/* What would tell the debugger's user something is none of flow's business. */
static int mob_spares(unsigned op) {
    return op >> 8 == OP_DEBUG_TRAVERSE >> 8 && op > OP_DEBUG_WALK && op != OP_DEBUG_SWAP && op != OP_DEBUG_RESTORE &&
           op != OP_DEBUG_SWAP_PART && op != OP_DEBUG_RESTORE_PART;
}

static const struct row *mob_row(struct mob_self *self, unsigned type) {
    const struct row *row;
    do
        row = &rows[mob_below(self, ROWS)];
    while (mob_spares(row->op) || (type != CAP_ENTRY && !(row->types >> type & 1)));
    return row;
}

/* What is asked of an entry or resume capability is a message, whatever it is; it may have to wait for ever. */
static void mob_invoke(struct mob_self *self) {
    static const unsigned char kinds[] = {INVOKE_CALL, INVOKE_CALL, INVOKE_FORK, INVOKE_RETURN};
    unsigned cap = (unsigned)mob_below(self, CAP_REGISTERS), type = mob_type(self, cap);
    unsigned kind = type == CAP_ENTRY ? kinds[mob_below(self, sizeof kinds)] : INVOKE_CALL;
    unsigned long rc = RC_BAD_ARG;
    struct facet_regs regs;
    for (int tries = 0; type != CAP_NULL && tries < 4 && rc == RC_BAD_ARG; tries++) {
        const struct row *row = mob_row(self, type);
        struct facet_message m = mob_message(self, row);
        if (row->op == OP_PROCESS_SET_REGS) {
            mob_regs(self, &regs);
            m.string = &regs;
        }
        rc = facet_invoke(cap, kind, row->op, &m);
        mob_learn_all(self, &m);
    }
}

/* Answers somebody, or nobody, and waits. */
static void mob_wait(struct mob_self *self) {
    struct facet_message m = mob_message(self, &rows[mob_below(self, ROWS)]);
    unsigned to = mob_below(self, 2) ? (unsigned)mob_below(self, CAP_REGISTERS) : CR_NULL;
    if (mob_below(self, 2))
        m.room = (void *)mob_address(self);
    m.recv[MESSAGE_CAPS - 1] = (unsigned char)(MOB_KEPT + mob_below(self, CAP_REGISTERS - MOB_KEPT));
    facet_invoke(to, INVOKE_RETURN, mob_below(self, 4), &m);
    mob_learn_all(self, &m);
}

/* A process that flow is told to trust: it takes what it is sent, for ever, into capability registers 12 to 15 and
 * words, and never touches its memory. */
void mob_trusted(void);
__asm__(".pushsection .text\n"
        "mob_trusted:\n"
        "   mov $0x0f0e0d0c00000000, %rsi\n"
        "   mov $0x100, %edi\n" /* RETURN to nobody */
        "   xor %eax, %eax\n"
        "   xor %r13d, %r13d\n"
        "   xor %r15d, %r15d\n"
        "   syscall\n"
        "   jmp mob_trusted\n"
        ".type mob_trusted, @function\n"
        ".size mob_trusted, . - mob_trusted\n"
        ".popsection\n");

static void mob_main(unsigned long seed, unsigned long token) {
    struct mob_self *self = (void *)MOB_PAGE;
    self->random ^= seed | 1;
    self->word[0] = token;
    for (;;) {
        unsigned long what = mob_below(self, 64);
        if (!self->random)
            self->random = seed;
        if (what < 3)
            mob_access(self);
        else if (what < 6)
            mob_wait(self);
        else
            mob_invoke(self);
    }
}

#endif
