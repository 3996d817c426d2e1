/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bank.h"

#define PAGE 4096ul
#define SLOT_BITS 4u
#define SLOTS 16ul

/* Kinds of storage. Endpoints and Forwarders are counted together. */
enum kind { PAGES, GPTS, PROCESSES, ENDPOINTS, FORWARDERS, KINDS };
#define COUNTS MESSAGE_WORDS
static const unsigned char type_of[KINDS] = {CAP_PAGE, CAP_GPT, CAP_PROCESS, CAP_ENDPOINT, CAP_FORWARDER};
static const unsigned char count_of[KINDS] = {PAGES, GPTS, PROCESSES, ENDPOINTS, ENDPOINTS};

struct bank {
    unsigned long number, serial;
    struct bank *parent, *child, *sibling; /* the first below it; the next below its parent */
    unsigned long limit[COUNTS];
    unsigned long used[COUNTS]; /* drawn from it and from those below it */
    unsigned long own[KINDS];   /* drawn from itself: so many are marked as its */
    unsigned long low[KINDS];   /* none of them has a smaller number */
};

/* Whose an object is: 0 nobody's, else the number of its bank + 1. Of a Page with a record, too: a bank's parent. */
#define OWNER_RECORD (1u << 31)
static unsigned *owner[KINDS];
static unsigned long owners[KINDS]; /* how many there are */
static unsigned long next_serial;

/* ---- The Range */

static unsigned long range_alloc(unsigned long type, unsigned long restrictions, unsigned to, unsigned long *number) {
    struct facet_message m = {.word = {type, restrictions}, .recv = {(unsigned char)to}};
    unsigned long rc = facet_call(B_RANGE, OP_RANGE_ALLOC, &m);
    *number = m.word[0];
    return rc;
}

static void range_end(enum kind kind, unsigned long number) {
    struct facet_message m = {.word = {type_of[kind], number}, .recv = {B_OBJECT}};
    facet_call(B_RANGE, OP_RANGE_OBJECT, &m);
    facet_set(B_RANGE, OP_RANGE_RESCIND, 0, B_OBJECT);
}

static unsigned long range_left(enum kind kind, unsigned long *all) {
    struct facet_message m = {.word = {type_of[kind]}};
    facet_call(B_RANGE, OP_RANGE_STORAGE, &m);
    *all = m.word[1];
    return m.word[0];
}

/* ---- Its own memory */

/* One level down from B_NODE, whose slots have 1 << l2v bytes. */
static int descend(unsigned long address, unsigned l2v) {
    struct facet_message type = {0};
    unsigned long slot = address >> l2v & (SLOTS - 1), number;
    facet_get(B_NODE, OP_GPT_GET, slot, 0, B_LOWER);
    facet_call(B_LOWER, OP_TYPE, &type);
    if (type.word[0] != CAP_GPT && (range_alloc(CAP_GPT, 0, B_LOWER, &number) != RC_OK ||
                                    facet_set(B_LOWER, OP_GPT_SET_L2V, l2v - SLOT_BITS, CR_NULL) != RC_OK ||
                                    facet_set(B_NODE, OP_GPT_SET, slot, B_LOWER) != RC_OK))
        return 0;
    return facet_get(B_LOWER, OP_MEM_REDUCE, 0, 0, B_NODE) == RC_OK;
}

/* Puts the Page in B_OBJECT at an address. 0: there is no GPT for it. */
static int memory_put(unsigned long address) {
    static unsigned long reached; /* what the GPT in B_NODE holds, + 1 */
    if (reached != address / PAGE / SLOTS + 1) {
        reached = 0;
        facet_get(B_MEMORY, OP_MEM_REDUCE, 0, 0, B_NODE);
        for (unsigned l2v = BANK_MEMORY_BITS - SLOT_BITS; l2v > 12; l2v -= SLOT_BITS)
            if (!descend(address, l2v))
                return 0;
        reached = address / PAGE / SLOTS + 1;
    }
    return facet_set(B_NODE, OP_GPT_SET, address / PAGE % SLOTS, B_OBJECT) == RC_OK;
}

static struct bank *record(unsigned long number) {
    return (struct bank *)(BANK_MEMORY + number * PAGE);
}

/* ---- Accounts */

static unsigned mark(const struct bank *bank) {
    return (unsigned)bank->number + 1;
}

static int may_draw(const struct bank *bank, enum kind kind, unsigned long count) {
    unsigned of = count_of[kind];
    for (; bank; bank = bank->parent)
        if (bank->used[of] + count > bank->limit[of])
            return 0;
    return 1;
}

static void charge(struct bank *bank, enum kind kind, unsigned long count) {
    for (; bank; bank = bank->parent)
        bank->used[count_of[kind]] += count;
}

static void own(struct bank *bank, enum kind kind, unsigned long number, unsigned flag) {
    owner[kind][number] = mark(bank) | flag;
    bank->own[kind]++;
    if (number < bank->low[kind])
        bank->low[kind] = number;
    charge(bank, kind, 1);
}

static void disown(struct bank *bank, enum kind kind, unsigned long number) {
    owner[kind][number] = 0;
    bank->own[kind]--;
    charge(bank, kind, -1ul);
}

/* The bank an object is drawn from, if that is `bank` or below it; else NULL. */
static struct bank *owner_within(struct bank *bank, enum kind kind, unsigned long number) {
    unsigned whose = number < owners[kind] ? owner[kind][number] & ~OWNER_RECORD : 0;
    struct bank *from = whose ? record(whose - 1) : 0, *at = from;
    while (at && at != bank)
        at = at->parent;
    return at ? from : 0;
}

/* ---- Drawing and giving back */

/* KINDS: of none. */
static enum kind kind_of(unsigned long type) {
    unsigned kind = type == CAP_CAPPAGE ? PAGES : 0;
    while (type != CAP_CAPPAGE && kind < KINDS && type_of[kind] != type)
        kind++;
    return (enum kind)kind;
}

static int request_valid(unsigned long type, unsigned long restrictions) {
    return kind_of(type) < KINDS && restrictions <= (type <= CAP_GPT ? CAP_RO | CAP_NX | CAP_WK | CAP_OP | CAP_NC : 0);
}

static unsigned long draw(struct bank *bank, unsigned long type, unsigned long restrictions, unsigned to,
                          unsigned long *number) {
    unsigned long rc = range_alloc(type, restrictions, to, number);
    if (rc == RC_OK)
        own(bank, kind_of(type), *number, 0);
    return rc;
}

static unsigned long alloc(struct bank *bank, struct facet_message *m) {
    unsigned long type = m->word[0], restrictions = m->word[1];
    if (!request_valid(type, restrictions))
        return RC_BAD_ARG;
    if (!may_draw(bank, kind_of(type), 1))
        return RC_NO_MEMORY;
    m->send[0] = B_RESULT;
    return draw(bank, type, restrictions, B_RESULT, &m->word[0]);
}

/* Whose the object in a register is. RC_BAD_ARG: it is none; RC_NO_RIGHT: not the bank's or of one below it. */
static unsigned long identify(struct bank *bank, unsigned object, struct bank **from, enum kind *kind,
                              unsigned long *number) {
    struct facet_message m = {.send = {(unsigned char)object}};
    unsigned long rc = facet_call(B_RANGE, OP_RANGE_IDENTIFY, &m);
    if (rc != RC_OK)
        return rc;
    *kind = kind_of(m.word[0]);
    *number = m.word[1];
    *from = owner_within(bank, *kind, *number);
    return *from ? RC_OK : RC_NO_RIGHT;
}

static unsigned long end(struct bank *bank, unsigned object) {
    struct bank *from;
    enum kind kind;
    unsigned long number, rc = identify(bank, object, &from, &kind, &number);
    if (rc != RC_OK)
        return rc;
    disown(from, kind, number);
    return facet_set(B_RANGE, OP_RANGE_RESCIND, 0, object);
}

static unsigned long rescind(struct bank *bank, struct facet_message *m) {
    (void)m;
    return end(bank, B_SENT);
}

static unsigned long renew(struct bank *bank, struct facet_message *m) {
    struct bank *from;
    enum kind kind;
    unsigned long number, rc = identify(bank, B_SENT, &from, &kind, &number);
    struct facet_message again = {.send = {B_SENT}, .recv = {B_RESULT}};
    m->send[0] = B_RESULT;
    return rc == RC_OK ? facet_call(B_RANGE, OP_RANGE_RENEW, &again) : rc;
}

/* ---- Many at once */

/* B_SENT is a CapPage with these slots, and has none of these restrictions. It is safe to invoke then. */
static unsigned long cappage_check(unsigned long first, unsigned long count, unsigned long forbidden) {
    struct facet_message m = {.send = {B_SENT}}, type = {0};
    if (first >= CAPPAGE_SLOTS || count > CAPPAGE_SLOTS - first ||
        facet_call(B_RANGE, OP_RANGE_IDENTIFY, &m) != RC_OK || m.word[0] != CAP_CAPPAGE)
        return RC_BAD_ARG;
    facet_call(B_SENT, OP_TYPE, &type);
    return type.word[1] & forbidden ? RC_NO_RIGHT : RC_OK;
}

/* Somebody else who holds the Range has been faster: what was drawn goes again. */
static unsigned long alloc_undo(struct bank *bank, unsigned long first, unsigned long count) {
    for (unsigned long i = 0; i < count; i++) {
        facet_get(B_SENT, OP_CAPPAGE_GET, first + i, 0, B_OBJECT);
        end(bank, B_OBJECT);
    }
    return RC_NO_MEMORY;
}

static unsigned long alloc_many(struct bank *bank, struct facet_message *m) {
    unsigned long type = m->word[0], first = m->word[2], count = m->word[3], unused;
    unsigned long rc = cappage_check(first, count, CAP_RO | CAP_WK | CAP_OP);
    if (rc != RC_OK || !request_valid(type, m->word[1]))
        return rc != RC_OK ? rc : RC_BAD_ARG;
    if (!may_draw(bank, kind_of(type), count) || range_left(kind_of(type), &unused) < count)
        return RC_NO_MEMORY;
    for (unsigned long i = 0; i < count; i++)
        if (draw(bank, type, m->word[1], B_OBJECT, &unused) != RC_OK ||
            facet_set(B_SENT, OP_CAPPAGE_SET, first + i, B_OBJECT) != RC_OK)
            return alloc_undo(bank, first, i);
    return RC_OK;
}

static unsigned long rescind_many(struct bank *bank, struct facet_message *m) {
    unsigned long first = m->word[0], count = m->word[1], rc = cappage_check(first, count, CAP_OP);
    m->word[0] = 0;
    for (; rc == RC_OK && m->word[0] < count; m->word[0]++) {
        facet_get(B_SENT, OP_CAPPAGE_GET, first + m->word[0], 0, B_OBJECT);
        if (end(bank, B_OBJECT) != RC_OK)
            break;
    }
    return rc;
}

/* ---- Banks */

#define RIGHTS ((unsigned long)(BANK_NO_DESTROY | BANK_NO_RESCIND))

/* The bank that an entry's payload names, unless it has ended. */
static struct bank *bank_named(unsigned long payload) {
    unsigned long number = payload >> 4 & 0xffffff;
    struct bank *bank = record(number);
    return owner[PAGES][number] & OWNER_RECORD && bank->serial == payload >> 28 ? bank : 0;
}

/* An entry to a bank, into B_RESULT. */
static unsigned long entry_make(const struct bank *bank, unsigned long lacking, struct facet_message *m) {
    m->send[0] = B_RESULT;
    return facet_get(B_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, bank->serial << 28 | bank->number << 4 | lacking, 0, B_RESULT);
}

static struct bank *record_make(struct bank *parent, unsigned long number, const unsigned long *limits) {
    struct bank *bank = record(number);
    *bank = (struct bank){.number = number, .serial = next_serial++, .parent = parent};
    for (unsigned i = 0; i < COUNTS; i++)
        bank->limit[i] = limits[i];
    for (unsigned kind = 0; kind < KINDS; kind++)
        bank->low[kind] = ~0ul;
    return bank;
}

static unsigned depth_of(const struct bank *bank) {
    unsigned depth = 0;
    for (; bank; bank = bank->parent)
        depth++;
    return depth;
}

static unsigned long make(struct bank *parent, struct facet_message *m) {
    unsigned long number;
    if (depth_of(parent) == BANK_DEPTH_MAX || !may_draw(parent, PAGES, 1) || !may_draw(parent, GPTS, 1) ||
        range_alloc(CAP_PAGE, 0, B_OBJECT, &number) != RC_OK)
        return RC_NO_MEMORY;
    if (!memory_put(BANK_MEMORY + number * PAGE)) {
        facet_set(B_RANGE, OP_RANGE_RESCIND, 0, B_OBJECT);
        return RC_NO_MEMORY;
    }
    struct bank *bank = record_make(parent, number, m->word);
    own(parent, PAGES, number, OWNER_RECORD);
    charge(parent, GPTS, 1);
    bank->sibling = parent->child;
    parent->child = bank;
    return entry_make(bank, 0, m);
}

/* Its record goes; nothing is its any more. */
static void record_end(struct bank *bank) {
    struct bank *parent = bank->parent, **at = &parent->child;
    unsigned long number = bank->number;
    while (*at != bank)
        at = &(*at)->sibling;
    *at = bank->sibling;
    disown(parent, PAGES, number);
    charge(parent, GPTS, -1ul);
    range_end(PAGES, number);
}

static void objects_end(struct bank *bank, enum kind kind) {
    for (unsigned long number = bank->low[kind]; bank->own[kind] > 0; number++)
        if (owner[kind][number] == mark(bank)) {
            disown(bank, kind, number);
            range_end(kind, number);
        }
}

static void bank_end(struct bank *bank) {
    while (bank->child)
        bank_end(bank->child);
    for (unsigned kind = 0; kind < KINDS; kind++)
        objects_end(bank, kind);
    record_end(bank);
}

static unsigned long destroy(struct bank *bank, struct facet_message *m) {
    (void)m;
    if (!bank->parent)
        return RC_NO_RIGHT;
    bank_end(bank);
    return RC_OK;
}

static void objects_move(struct bank *bank, struct bank *to, enum kind kind) {
    for (unsigned long number = bank->low[kind]; bank->own[kind] > 0; number++)
        if ((owner[kind][number] & ~OWNER_RECORD) == mark(bank)) {
            owner[kind][number] += mark(to) - mark(bank);
            bank->own[kind]--;
            to->own[kind]++;
        }
    if (bank->low[kind] < to->low[kind])
        to->low[kind] = bank->low[kind];
}

static unsigned long unwrap(struct bank *bank, struct facet_message *m) {
    struct bank *parent = bank->parent, **last = &bank->child;
    (void)m;
    if (!parent)
        return RC_NO_RIGHT;
    for (unsigned kind = 0; kind < KINDS; kind++)
        objects_move(bank, parent, kind);
    for (; *last; last = &(*last)->sibling)
        (*last)->parent = parent;
    *last = parent->child;
    parent->child = bank->child;
    record_end(bank);
    return RC_OK;
}

static unsigned long limits(struct bank *bank, struct facet_message *m) {
    for (unsigned i = 0; i < COUNTS; i++)
        m->word[i] = bank->limit[i];
    return RC_OK;
}

static unsigned long set_limits(struct bank *bank, struct facet_message *m) {
    for (unsigned i = 0; i < COUNTS; i++)
        bank->limit[i] = m->word[i];
    return RC_OK;
}

static unsigned long usage(struct bank *bank, struct facet_message *m) {
    for (unsigned i = 0; i < COUNTS; i++)
        m->word[i] = bank->used[i];
    return RC_OK;
}

/* A Forward to a bank is none: who has the forwarder decides where it leads. */
static unsigned long verify(struct bank *bank, struct facet_message *m) {
    struct facet_message is = {.send = {B_SENT, B_ENDPOINT}};
    (void)bank;
    m->word[0] = facet_call(B_TOOL, OP_TOOL_IDENTIFY, &is) == RC_OK && is.word[0] && (is.word[3] & 0xff) == CAP_ENTRY &&
                 bank_named(is.word[1]);
    m->word[1] = m->word[0] ? is.word[1] & RIGHTS : 0;
    return RC_OK;
}

/* ---- Messages */

static unsigned long say_range(struct bank *bank, struct facet_message *m) {
    (void)bank;
    m->word[0] = CAP_RANGE;
    m->word[1] = 0;
    return RC_OK;
}

static const struct row {
    unsigned long op, lacking; /* not through an entry that lacks one of these rights */
    unsigned long (*answer)(struct bank *bank, struct facet_message *m);
} rows[] = {
    {OP_RANGE_ALLOC, 0, alloc},
    {OP_RANGE_RESCIND, BANK_NO_RESCIND, rescind},
    {OP_RANGE_RENEW, BANK_NO_RESCIND, renew},
    {OP_BANK_ALLOC_MANY, 0, alloc_many},
    {OP_BANK_RESCIND_MANY, BANK_NO_RESCIND, rescind_many},
    {OP_TYPE, 0, say_range},
    {OP_BANK_MAKE, 0, make},
    {OP_BANK_LIMITS, 0, limits},
    {OP_BANK_SET_LIMITS, BANK_NO_DESTROY, set_limits},
    {OP_BANK_USAGE, 0, usage},
    {OP_BANK_REMOVE, RIGHTS, unwrap},
    {OP_BANK_DESTROY, RIGHTS, destroy},
    {OP_BANK_VERIFY, 0, verify},
};

static unsigned long answer(unsigned long label, struct facet_message *m) {
    unsigned long lacking = m->payload & RIGHTS;
    struct bank *bank = bank_named(m->payload);
    if (!bank)
        return RC_INVALID_CAP;
    if (label == OP_BANK_REDUCE)
        return m->word[0] & ~RIGHTS ? RC_BAD_ARG : entry_make(bank, lacking | m->word[0], m);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == label)
            return rows[i].lacking & lacking ? RC_NO_RIGHT : rows[i].answer(bank, m);
    return RC_BAD_OP;
}

/* The arrays of owners, for all objects that the Range will ever give, and the root's record. */
static void bank_begin(void) {
    static const unsigned long none[COUNTS] = {~0ul, ~0ul, ~0ul, ~0ul};
    unsigned long number;
    int fine = 1;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        unsigned long start = BANK_MEMORY + ((kind + 1ul) << 32);
        range_left(kind, &owners[kind]);
        owner[kind] = (unsigned *)start;
        for (unsigned long at = 0; at < owners[kind] * sizeof **owner; at += PAGE)
            fine = fine && range_alloc(CAP_PAGE, 0, B_OBJECT, &number) == RC_OK && memory_put(start + at);
    }
    fine = fine && range_alloc(CAP_PAGE, 0, B_OBJECT, &number) == RC_OK && memory_put(BANK_MEMORY);
    if (!fine)
        __asm__ volatile("ud2");
    owner[PAGES][0] = OWNER_RECORD; /* init's first page has that number */
    record_make(0, 0, none);
}

void bank_main(void) {
    unsigned to = CR_NULL;
    unsigned long rc = RC_OK;
    struct facet_message m = {0};
    for (bank_begin();;) {
        m.recv[0] = B_SENT;
        m.recv[MESSAGE_CAPS - 1] = B_RESUME;
        unsigned long label = facet_invoke(to, INVOKE_RETURN | INVOKE_PROMPT, rc, &m);
        to = B_RESUME;
        m.send[0] = CR_NULL;
        rc = answer(label, &m);
        if (rc != RC_OK)
            m.send[0] = CR_NULL; /* B_RESULT has what somebody else got */
    }
}
