/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * accounts [STEPS [SEED]]: random requests to banks, against a model that knows which bank each object was drawn from
 * and counts anew each time. Needs --grant bank.
 */
#include "check.h"

enum {
    R_BANKS = CR_FREE, /* CapPage: entries by number, as the model has them */
    R_OBJECTS,         /* CapPage: objects by number */
    R_READ_ONLY,       /* the same, read-only */
    R_BANK,
    R_OBJECT,
    R_RESULT,
};

#define BANKS 24u /* bank 0 is made from the program's and stays */
#define OBJECTS 100u
#define COUNTS 4u
#define NO_LIMIT (~0ul)
#define DEPTH_MAX 16u

static struct {
    unsigned exists, parent, rights; /* rights: that its entry lacks */
    unsigned long limit[COUNTS];
} bank[BANKS];
static struct { unsigned type, bank; /* type 0: there is none */ } object[OBJECTS];
static unsigned depth_above; /* of bank 0 */
static unsigned long refused, drawn, ended;

static unsigned long state;
static unsigned below(unsigned limit) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(state >> 33) % limit;
}

/* ---- The model */

static unsigned count_of(unsigned type) {
    switch (type) {
    case CAP_GPT:
        return 1;
    case CAP_PROCESS:
        return 2;
    case CAP_ENDPOINT:
    case CAP_FORWARDER:
        return 3;
    default:
        return 0;
    }
}

static unsigned within(unsigned inner, unsigned outer) {
    while (inner != outer && inner != 0)
        inner = bank[inner].parent;
    return inner == outer;
}

static unsigned long used(unsigned b, unsigned count) {
    unsigned long sum = 0;
    for (unsigned i = 0; i < OBJECTS; i++)
        sum += object[i].type && count_of(object[i].type) == count && within(object[i].bank, b);
    for (unsigned i = 1; i < BANKS && count < 2; i++) /* a bank costs its parent a Page and a GPT */
        sum += bank[i].exists && within(bank[i].parent, b);
    return sum;
}

static unsigned allowed(unsigned b, unsigned count, unsigned long more) {
    for (;; b = bank[b].parent) {
        if (bank[b].limit[count] != NO_LIMIT && used(b, count) + more > bank[b].limit[count])
            return 0;
        if (b == 0)
            return 1;
    }
}

static unsigned depth(unsigned b) {
    unsigned n = depth_above + 1;
    for (; b != 0; b = bank[b].parent)
        n++;
    return n;
}

/* ---- The banks */

static unsigned long ask(unsigned b, unsigned long op, struct facet_message *m) {
    check("the entry", facet_get(R_BANKS, OP_CAPPAGE_GET, b, 0, R_BANK), RC_OK);
    return facet_call(R_BANK, op, m);
}

static unsigned long object_now(unsigned i) {
    struct facet_message m = {0};
    check("the object", facet_get(R_OBJECTS, OP_CAPPAGE_GET, i, 0, R_OBJECT), RC_OK);
    check("OP_TYPE", facet_call(R_OBJECT, OP_TYPE, &m), RC_OK);
    return m.word[0];
}

static void all_agree(void) {
    for (unsigned i = 0; i < OBJECTS; i++)
        check("an object", object_now(i), object[i].type);
    for (unsigned b = 0; b < BANKS; b++) {
        struct facet_message m = {0};
        unsigned long rc = ask(b, OP_BANK_USAGE, &m);
        check("a bank", rc, bank[b].exists ? RC_OK : RC_INVALID_CAP);
        for (unsigned count = 0; count < COUNTS && rc == RC_OK; count++)
            check("what it says it has paid for", m.word[count], used(b, count));
    }
}

/* What is expected: the first of these that is so. */
static unsigned long expected(unsigned b, unsigned lacking, unsigned is_wrong, unsigned long rc_wrong,
                              unsigned is_allowed) {
    unsigned long rc = !bank[b].exists            ? RC_INVALID_CAP
                       : bank[b].rights & lacking ? RC_NO_RIGHT
                       : is_wrong                 ? rc_wrong
                       : !is_allowed              ? RC_NO_MEMORY
                                                  : RC_OK;
    refused += rc != RC_OK;
    return rc;
}

static unsigned random_type(void) {
    static const unsigned char types[] = {CAP_PAGE,    CAP_PAGE,     CAP_CAPPAGE,  CAP_GPT,
                                          CAP_PROCESS, CAP_ENDPOINT, CAP_FORWARDER};
    return types[below(sizeof types)];
}

static void alloc(unsigned b) {
    unsigned i = below(OBJECTS), type = random_type();
    unsigned long restrictions = below(4) ? 0 : below(40);
    unsigned wrong = restrictions > (type <= CAP_GPT ? 31 : 0);
    struct facet_message m = {.word = {type, restrictions}, .recv = {R_RESULT}};
    if (object[i].type)
        return;
    unsigned long rc = expected(b, 0, wrong, RC_BAD_ARG, allowed(b, count_of(type), 1));
    check("OP_RANGE_ALLOC", ask(b, OP_RANGE_ALLOC, &m), rc);
    if (rc != RC_OK)
        return;
    check("keep it", facet_set(R_OBJECTS, OP_CAPPAGE_SET, i, R_RESULT), RC_OK);
    object[i].type = type;
    object[i].bank = b;
    drawn++;
}

/* A CapPage that is none, or cannot be changed, or is too short. */
static void alloc_many(unsigned b) {
    unsigned first = below(OBJECTS), count = below(12), type = random_type(), odd = below(20);
    unsigned to = odd == 0 ? CR_NULL : odd == 1 ? R_READ_ONLY : odd == 2 ? R_BANKS + 9u : R_OBJECTS;
    for (unsigned i = first; i < first + count && i < OBJECTS; i++)
        count = object[i].type ? i - first : count;
    count = first + count > OBJECTS && odd != 3 ? OBJECTS - first : count;
    struct facet_message m = {.word = {type, 0, first, odd == 3 ? 200 : count}, .send = {(unsigned char)to}};
    unsigned long rc = expected(b, 0, odd < 4, odd == 1 ? RC_NO_RIGHT : RC_BAD_ARG, allowed(b, count_of(type), count));
    check("OP_BANK_ALLOC_MANY", ask(b, OP_BANK_ALLOC_MANY, &m), rc);
    for (unsigned i = first; i < first + count && rc == RC_OK; i++) {
        object[i].type = type;
        object[i].bank = b;
        drawn++;
    }
}

static void rescind(unsigned b) {
    unsigned i = below(OBJECTS), is = object[i].type;
    struct facet_message m = {.send = {R_OBJECT}};
    object_now(i);
    unsigned long rc =
        expected(b, BANK_NO_RESCIND, !is || !within(object[i].bank, b), is ? RC_NO_RIGHT : RC_BAD_ARG, 1);
    check("OP_RANGE_RESCIND", ask(b, OP_RANGE_RESCIND, &m), rc);
    if (rc == RC_OK)
        object[i].type = 0;
    ended += rc == RC_OK;
}

static void renew(unsigned b) {
    unsigned i = below(OBJECTS), is = object[i].type, memory = is && is <= CAP_GPT;
    struct facet_message m = {.send = {R_OBJECT}, .recv = {R_RESULT}};
    object_now(i);
    if (is && !memory)
        return; /* the bank says first whose it is */
    unsigned long rc =
        expected(b, BANK_NO_RESCIND, !is || !within(object[i].bank, b), is ? RC_NO_RIGHT : RC_BAD_ARG, 1);
    check("OP_RANGE_RENEW", ask(b, OP_RANGE_RENEW, &m), rc);
    if (rc != RC_OK)
        return;
    m = (struct facet_message){0};
    check("what it is", facet_call(R_RESULT, OP_TYPE, &m), RC_OK);
    check("what it is", m.word[0], is);
    check("no restriction", m.word[1], 0);
}

static void rescind_many(unsigned b) {
    unsigned first = below(OBJECTS), count = below(12), n = 0;
    count = first + count > OBJECTS ? OBJECTS - first : count;
    struct facet_message m = {.word = {first, count}, .send = {R_OBJECTS}};
    unsigned long rc = expected(b, BANK_NO_RESCIND, 0, RC_OK, 1);
    check("OP_BANK_RESCIND_MANY", ask(b, OP_BANK_RESCIND_MANY, &m), rc);
    for (; rc == RC_OK && n < count && object[first + n].type && within(object[first + n].bank, b); n++)
        object[first + n].type = 0;
    if (rc == RC_OK)
        check("how many it has ended", m.word[0], n);
    ended += n;
}

static void random_limits(unsigned long limit[COUNTS]) {
    for (unsigned i = 0; i < COUNTS; i++)
        limit[i] = below(3) ? NO_LIMIT : below(20);
}

static void make(unsigned parent) {
    unsigned b = 1 + below(BANKS - 1), keep = below(4) ? 0 : below(4);
    struct facet_message m = {.recv = {R_RESULT}}, reduce = {.word = {keep}, .recv = {R_RESULT}};
    random_limits(m.word);
    unsigned long limit[COUNTS] = {m.word[0], m.word[1], m.word[2], m.word[3]};
    if (bank[b].exists)
        return;
    unsigned long rc =
        expected(parent, 0, 0, RC_OK, depth(parent) < DEPTH_MAX && allowed(parent, 0, 1) && allowed(parent, 1, 1));
    check("OP_BANK_MAKE", ask(parent, OP_BANK_MAKE, &m), rc);
    if (rc != RC_OK)
        return;
    check("reduce it", facet_call(R_RESULT, OP_BANK_REDUCE, &reduce), RC_OK);
    check("keep it", facet_set(R_BANKS, OP_CAPPAGE_SET, b, R_RESULT), RC_OK);
    bank[b].exists = 1;
    bank[b].parent = parent;
    bank[b].rights = keep;
    for (unsigned i = 0; i < COUNTS; i++)
        bank[b].limit[i] = limit[i];
}

static void limits(unsigned b) {
    struct facet_message set = {0}, get = {0};
    random_limits(set.word);
    unsigned long limit[COUNTS] = {set.word[0], set.word[1], set.word[2], set.word[3]};
    unsigned long rc = b == 0 ? RC_BAD_ARG : expected(b, BANK_NO_DESTROY, 0, RC_OK, 1);
    if (b != 0)
        check("OP_BANK_SET_LIMITS", ask(b, OP_BANK_SET_LIMITS, &set), rc);
    for (unsigned i = 0; i < COUNTS && rc == RC_OK; i++)
        bank[b].limit[i] = limit[i];
    check("OP_BANK_LIMITS", ask(b, OP_BANK_LIMITS, &get), bank[b].exists ? RC_OK : RC_INVALID_CAP);
    for (unsigned i = 0; i < COUNTS && bank[b].exists; i++)
        check("a limit", get.word[i], bank[b].limit[i]);
}

static void bank_ends(unsigned b, unsigned destroyed) {
    unsigned going[BANKS] = {0};
    for (unsigned i = 1; i < BANKS; i++)
        going[i] = bank[i].exists && (i == b || (destroyed && within(i, b)));
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (!object[i].type || !going[object[i].bank])
            continue;
        ended += destroyed;
        if (destroyed)
            object[i].type = 0;
        else
            object[i].bank = bank[b].parent;
    }
    for (unsigned i = 1; i < BANKS; i++)
        if (!destroyed && bank[i].exists && bank[i].parent == b)
            bank[i].parent = bank[b].parent;
    for (unsigned i = 1; i < BANKS; i++)
        bank[i].exists = bank[i].exists && !going[i];
}

static void end(unsigned b) {
    unsigned destroy = below(2);
    struct facet_message m = {0};
    if (b == 0)
        return;
    unsigned long rc = expected(b, BANK_NO_DESTROY | BANK_NO_RESCIND, 0, RC_OK, 1);
    check(destroy ? "OP_BANK_DESTROY" : "OP_BANK_REMOVE", ask(b, destroy ? OP_BANK_DESTROY : OP_BANK_REMOVE, &m), rc);
    if (rc == RC_OK)
        bank_ends(b, destroy);
}

/* ---- */

/* How many banks lie above bank 0: so many fewer can be made below it. */
static void depth_find(void) {
    unsigned made = 0;
    check("the first", facet_get(R_BANKS, OP_CAPPAGE_GET, 0, 0, R_BANK), RC_OK);
    for (;; made++) {
        struct facet_message m = {.word = {NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT}, .recv = {R_BANK}};
        if (facet_call(R_BANK, OP_BANK_MAKE, &m) != RC_OK)
            break;
        if (made == 0)
            check("keep it", facet_set(R_BANKS, OP_CAPPAGE_SET, 1, R_BANK), RC_OK);
    }
    depth_above = DEPTH_MAX - 1 - made;
    check("a bank or two above this one", depth_above == 2, 1);
    struct facet_message destroy = {0};
    check("destroy them", ask(1, OP_BANK_DESTROY, &destroy), RC_OK);
}

static void begin(void) {
    struct facet_message m = {.word = {NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT}, .recv = {R_RESULT}};
    check("a CapPage", facet_alloc(CAP_CAPPAGE, R_BANKS), RC_OK);
    check("a CapPage", facet_alloc(CAP_CAPPAGE, R_OBJECTS), RC_OK);
    check("reduce", facet_get(R_OBJECTS, OP_MEM_REDUCE, CAP_RO, 0, R_READ_ONLY), RC_OK);
    check("bank 0", facet_call(CR_BANK, OP_BANK_MAKE, &m), RC_OK);
    for (unsigned b = 0; b < BANKS; b++) /* at first they are all the same bank; 1 … are made anew */
        check("keep it", facet_set(R_BANKS, OP_CAPPAGE_SET, b, R_RESULT), RC_OK);
    depth_find();
    for (unsigned b = 1; b < BANKS; b++) {
        check("the one that was", facet_get(R_BANKS, OP_CAPPAGE_GET, 1, 0, R_RESULT), RC_OK);
        check("keep it", facet_set(R_BANKS, OP_CAPPAGE_SET, b, R_RESULT), RC_OK);
    }
    bank[0].exists = 1;
    for (unsigned i = 0; i < COUNTS; i++)
        bank[0].limit[i] = NO_LIMIT;
}

static void step(void) {
    static void (*const some[])(unsigned) = {alloc, alloc,   alloc, alloc, alloc_many,   rescind,
                                             renew, rescind, make,  make,  rescind_many, limits};
    unsigned b = below(3) ? below(BANKS) : 0;
    while (!bank[b].exists && below(16))
        b = below(BANKS);
    if (below(40) == 0)
        end(b);
    else
        some[below(sizeof some / sizeof *some)](b);
}

int main(int argc, char **argv) {
    unsigned long steps = argc > 1 ? parse_number(argv[1]) : 5000;
    state = argc > 2 ? parse_number(argv[2]) : 1;
    begin();
    for (unsigned long i = 0; i < steps; i++) {
        step();
        if (i % 16 == 15)
            all_agree();
    }
    facet_puts("drawn ");
    print_number(drawn, 10);
    facet_puts(", ended ");
    print_number(ended, 10);
    facet_puts(", refused ");
    print_number(refused, 10);
    facet_puts("\n");
    check("enough of each", drawn > steps / 10 && ended > steps / 20 && refused > steps / 20, 1);
    passed("the banks and the model agree");
    return 0;
}
