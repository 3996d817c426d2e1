/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mob SEED MOMENTS: a random graph of objects and capabilities, with a few hostile processes in it (mob_body.h) that
 * have nothing but what it gives them. tests/flow/kernel.c looks on: `begin` before their code is copied, and before
 * the first other object is made, `ready` before the processes run, then `moment` after moment, between which they do
 * what they like.
 *
 * This process has no part in it. Now and then it lets the hostile ones begin again, lest all wait for ever, and puts
 * capabilities of the beginning back to where they were. Needs --grant range, debug, schedule and time.
 */
#include "check.h"
#include "mob_body.h"

enum { R_STORE = CR_FREE, R_CAP, R_HOLDER };
enum { CODE_PAGES = 16, TOKENS = 64, THINGS = 56, LINKS = 80, HOSTILE = 3, ROUNDS = 10 };
#define CODE 0x400000ul
#define HANDLED 0x4000ul   /* bytes of a GPT before which a handler stands */
#define WINDOW (3ul << 44) /* where this process looks at a page */
#define TICKS 200000       /* that the mob has at a time */

/* Where in its holder a capability is. */
enum place { REGISTER, SLOT, KEEPER, BACKGROUND, RECIPIENT, TARGET, BRAND, HANDLER, PLACES };

struct thing {
    enum cap_type type;
    int own;            /* a root or page of one process: others rarely get it */
    unsigned l2v, used; /* of a GPT; slots or registers, bits */
    int matching;
};
struct link {
    unsigned holder, number, object;
    enum place place;
    enum cap_type type; /* Entry or Forward: made from the object; without an object: that of a register here */
    unsigned source, restr, l2g;
    unsigned long match, payload;
};
struct mob {
    unsigned long random;
    unsigned things, links;
    unsigned process[8], root[8], processes;
    struct thing thing[THINGS];
    struct link link[LINKS];
    unsigned long token[TOKENS];
};

static unsigned long below(struct mob *mob, unsigned long limit) {
    struct mob_self random = {.random = mob->random};
    unsigned long value = mob_below(&random, limit);
    mob->random = random.random;
    return value;
}
#define PICK(mob, array) ((array)[below(mob, sizeof(array) / sizeof *(array))])

/* ---- For who looks on; from `moment` to `later` this process does nothing */

static __attribute__((noinline)) void begin(void) {
    __asm__ volatile("" ::: "memory");
}
static __attribute__((noinline)) void ready(const unsigned long *token, unsigned long count) {
    __asm__ volatile("" ::"r"(token), "r"(count) : "memory");
}
static __attribute__((noinline)) void moment(void) {
    __asm__ volatile("" ::: "memory");
}

static __attribute__((noinline)) void later(void) {
    __asm__ volatile("" ::: "memory");
}

/* ---- Things */

static void fetch(unsigned thing, unsigned to) {
    check("fetch", facet_get(R_STORE, OP_CAPPAGE_GET, thing, 0, to), RC_OK);
}

static unsigned make(struct mob *mob, enum cap_type type) {
    unsigned thing = mob->things++;
    check("make", facet_alloc(type, R_CAP), RC_OK);
    check("keep", facet_set(R_STORE, OP_CAPPAGE_SET, thing, R_CAP), RC_OK);
    mob->thing[thing] = (struct thing){.type = type};
    mob->token[thing] = MOB_TOKEN << MOB_TOKEN_BITS | (below(mob, 1ul << MOB_TOKEN_BITS) & ~7ul);
    return thing;
}

static unsigned long *look_at(unsigned thing) {
    fetch(thing, R_CAP);
    check("look at it", facet_set(CR_SPACE, OP_GPT_SET, WINDOW >> 44, R_CAP), RC_OK);
    return (unsigned long *)WINDOW;
}

static unsigned make_page(struct mob *mob) {
    unsigned page = make(mob, CAP_PAGE);
    for (unsigned i = 0; i < 512; i += 32)
        look_at(page)[i] = mob->token[page];
    return page;
}

static unsigned make_gpt(struct mob *mob, unsigned l2v) {
    unsigned gpt = make(mob, CAP_GPT);
    mob->thing[gpt].l2v = l2v;
    check("l2v", facet_set(R_CAP, OP_GPT_SET_L2V, l2v, CR_NULL), RC_OK);
    return gpt;
}

static unsigned make_forwarder(struct mob *mob) {
    unsigned forwarder = make(mob, CAP_FORWARDER);
    check("word", facet_set(R_CAP, OP_FORWARDER_SET_WORD, mob->token[forwarder], CR_NULL), RC_OK);
    return forwarder;
}

/* ---- Capabilities, and where they are */

static unsigned made_cap(const struct link *link) {
    if (link->source)
        return link->source;
    fetch(link->object, R_CAP);
    if (link->type == CAP_ENTRY)
        check("entry", facet_get(R_CAP, OP_ENDPOINT_MAKE_ENTRY, link->payload, 0, R_CAP), RC_OK);
    else if (link->type == CAP_FORWARD)
        check("forward", facet_get(R_CAP, OP_FORWARDER_MAKE_FORWARD, link->payload, 0, R_CAP), RC_OK);
    if (link->restr)
        check("reduce", facet_get(R_CAP, OP_MEM_REDUCE, link->restr, 0, R_CAP), RC_OK);
    if (link->l2g)
        check("guard", facet_get(R_CAP, OP_MEM_GUARD, link->match, link->l2g, R_CAP), RC_OK);
    return R_CAP;
}

static unsigned long operation(const struct mob *mob, const struct link *link) {
    static const unsigned short ops[PLACES] = {[REGISTER] = OP_PROCESS_SET_CAP,
                                               [BACKGROUND] = OP_GPT_SET_BACKGROUND,
                                               [RECIPIENT] = OP_ENDPOINT_SET_RECIPIENT,
                                               [TARGET] = OP_FORWARDER_SET_TARGET,
                                               [BRAND] = OP_PROCESS_SET_BRAND};
    enum cap_type holder = mob->thing[link->holder].type;
    if (link->place == KEEPER)
        return holder == CAP_GPT ? OP_GPT_SET_KEEPER : OP_PROCESS_SET_KEEPER;
    if (link->place == SLOT)
        return holder == CAP_GPT ? OP_GPT_SET : holder == CAP_CAPPAGE ? OP_CAPPAGE_SET : OP_FORWARDER_SET_SLOT;
    return ops[link->place];
}

/* It may have one already. */
static void put_handler(const struct mob *mob, const struct link *link) {
    struct facet_message m = {.word = {0, 0, HANDLED}, .send = {R_HOLDER, (unsigned char)made_cap(link)}};
    facet_call(CR_DEBUG, mob->thing[link->holder].type == CAP_GPT ? OP_DEBUG_SWAP_PART : OP_DEBUG_SWAP, &m);
}

static void put(const struct mob *mob, const struct link *link) {
    struct facet_message window = {.word = {link->number, 0, link->l2g | link->restr << 8}};
    fetch(link->holder, R_HOLDER);
    if (link->type == CAP_WINDOW) {
        check("window", facet_call(R_HOLDER, OP_GPT_SET_WINDOW, &window), RC_OK);
        return;
    }
    if (link->place == HANDLER) {
        put_handler(mob, link);
        return;
    }
    unsigned long word = link->place == REGISTER || link->place == SLOT ? link->number : 0;
    check("put", facet_set(R_HOLDER, operation(mob, link), word, made_cap(link)), RC_OK);
}

/* The first at a place stays there: that is how it is when they begin. */
static void put_new(struct mob *mob, struct link link) {
    for (unsigned i = 0; i < mob->links; i++)
        if (mob->link[i].holder == link.holder && mob->link[i].place == link.place &&
            mob->link[i].number == link.number)
            return;
    mob->link[mob->links++] = link;
    put(mob, &link);
}

/* ---- Processes */

/* Begins (again); what it has in registers and its page stays. */
static void start(const struct mob *mob, unsigned index, unsigned long seed) {
    unsigned process = mob->process[index];
    struct facet_regs regs = {.rsp = MOB_PAGE + 4088, .rflags = 0x202};
    struct facet_message set = {.string = &regs, .string_size = sizeof regs};
    regs.rip = index == HOSTILE ? (unsigned long)mob_trusted : (unsigned long)mob_main;
    regs.rdi = seed;
    regs.rsi = mob->token[process];
    fetch(process, R_HOLDER);
    check("stop", facet_set(R_HOLDER, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    fetch(mob->root[index], R_CAP);
    check("space", facet_set(R_HOLDER, OP_PROCESS_SET_SPACE, 0, R_CAP), RC_OK);
    check("invokes", facet_set(R_HOLDER, OP_PROCESS_SET_FOREIGN, 0, CR_NULL), RC_OK);
    check("freely", facet_set(R_HOLDER, OP_PROCESS_SET_STEP, 0, CR_NULL), RC_OK);
    check("registers", facet_call(R_HOLDER, OP_PROCESS_SET_REGS, &set), RC_OK);
    check("discrim", facet_set(R_HOLDER, OP_PROCESS_SET_CAP, MOB_DISCRIM, CR_DISCRIM), RC_OK);
    if (index <= HOSTILE)
        check("start", facet_set(R_HOLDER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

/* A copy of this program's pages, so that what is done to it does not touch this process. */
static unsigned make_code(struct mob *mob) {
    extern const char end[];
    unsigned gpt = make_gpt(mob, 12), pages = (unsigned)((unsigned long)end - CODE + 4095) / 4096;
    check("size of the program", pages > CODE_PAGES, 0);
    for (unsigned i = 0; i < pages; i++) {
        unsigned page = make(mob, CAP_PAGE);
        mob->thing[page].own = 1;
        memcpy(look_at(page), (const void *)(CODE + i * 4096ul), 4096);
        put_new(mob, (struct link){.holder = gpt, .place = SLOT, .number = i, .object = page, .restr = CAP_RO});
    }
    mob->thing[gpt].own = 1;
    return gpt;
}

static void make_member(struct mob *mob, unsigned code) {
    unsigned process = make(mob, CAP_PROCESS), root = make_gpt(mob, 44), page = make(mob, CAP_PAGE);
    mob->process[mob->processes] = process;
    mob->root[mob->processes] = root;
    mob->thing[root].own = mob->thing[page].own = 1;
    put_new(mob, (struct link){
                     .holder = root, .place = SLOT, .object = code, .restr = CAP_RO, .l2g = 16, .match = CODE >> 16});
    put_new(mob, (struct link){.holder = root, .place = SLOT, .number = 1, .object = page});
    start(mob, mob->processes++, below(mob, ~0ul));
}

/* ---- The graph */

static unsigned a_thing(struct mob *mob, unsigned types) {
    for (;;) {
        unsigned thing = (unsigned)below(mob, mob->things);
        if (types >> mob->thing[thing].type & 1 && (!mob->thing[thing].own || !below(mob, 12)))
            return thing;
    }
}

static int of_memory(unsigned type) {
    return type == CAP_PAGE || type == CAP_CAPPAGE || type == CAP_GPT;
}

/* More than memory and entries is rare: who has it has nearly all. */
static struct link a_cap(struct mob *mob) {
    static const unsigned char restr[] = {0, 0, 0, CAP_RO, CAP_WK, CAP_OP, CAP_NC, CAP_WK | CAP_NC, CAP_OP | CAP_NC};
    static const unsigned char source[] = {CR_PROCESS_TOOL, CR_PROCESS_TOOL, CR_DEBUG};
    unsigned most = 1u << CAP_PAGE | 1u << CAP_CAPPAGE | 1u << CAP_GPT | 1u << CAP_ENDPOINT | 1u << CAP_FORWARDER;
    if (!below(mob, 16))
        return (struct link){.source = PICK(mob, source)};
    struct link cap = {.object = a_thing(mob, below(mob, 10) ? most : 1u << CAP_PROCESS)};
    cap.type = mob->thing[cap.object].type;
    if (of_memory(cap.type))
        cap.restr = PICK(mob, restr);
    else if (cap.type == CAP_ENDPOINT && below(mob, 4))
        cap.type = CAP_ENTRY;
    else if (cap.type == CAP_FORWARDER && below(mob, 4))
        cap.type = CAP_FORWARD;
    if (cap.type == CAP_ENTRY || cap.type == CAP_FORWARD)
        cap.payload = below(mob, 3);
    return cap;
}

static int accepts(enum place place, const struct link *cap) {
    switch (place) {
    case KEEPER:
    case TARGET:
    case HANDLER:
        return cap->type == CAP_ENTRY || cap->type == CAP_FORWARD;
    case BACKGROUND:
        return of_memory(cap->type);
    case RECIPIENT:
        return cap->type == CAP_PROCESS;
    default:
        return 1;
    }
}

static enum place a_place(struct mob *mob, const struct thing *holder) {
    static const unsigned char process[] = {REGISTER, REGISTER, REGISTER, KEEPER, BRAND};
    static const unsigned char gpt[] = {SLOT, SLOT, SLOT, SLOT, SLOT, KEEPER, BACKGROUND, HANDLER};
    switch (holder->type) {
    case CAP_PROCESS:
        return (enum place)PICK(mob, process);
    case CAP_GPT:
        return (enum place)PICK(mob, gpt);
    case CAP_PAGE:
        return HANDLER;
    case CAP_FORWARDER:
        return below(mob, 3) ? TARGET : SLOT;
    default:
        return SLOT;
    }
}

/* A free one; roots have four for the mob. */
static unsigned a_number(struct mob *mob, struct thing *holder) {
    unsigned first = holder->type == CAP_PROCESS ? 1 : holder->l2v == 44 ? 2 : 0;
    unsigned number = first + (unsigned)below(mob, holder->type == CAP_PROCESS ? MOB_DISCRIM - 1 : 4);
    for (int tries = 0; tries < 4 && holder->used >> number & 1; tries++)
        number = first + (unsigned)below(mob, 4);
    holder->used |= 1u << number;
    return number;
}

static void guard(struct mob *mob, const struct thing *holder, struct link *link) {
    static const unsigned char bits[] = {12, 16, 20, 28, 36};
    if (holder->type == CAP_GPT && !below(mob, 4)) {
        link->type = CAP_WINDOW;
        link->source = 0;
        link->restr = below(mob, 4) ? 0 : CAP_RO;
        link->l2g = holder->l2v;
    } else if (of_memory(link->type) && !below(mob, 4)) {
        link->l2g = PICK(mob, bits);
        link->match = below(mob, 3) ? 0 : below(mob, 1ul << 8);
    }
}

static void link(struct mob *mob) {
    static const unsigned char holders[] = {CAP_PROCESS, CAP_PROCESS,   CAP_GPT, CAP_GPT,
                                            CAP_CAPPAGE, CAP_FORWARDER, CAP_PAGE};
    unsigned types = 1u << CAP_GPT | 1u << PICK(mob, holders), holder = a_thing(mob, types);
    enum place place = a_place(mob, &mob->thing[holder]);
    struct link link = a_cap(mob);
    if (mob->thing[holder].own && mob->thing[holder].l2v != 44)
        return; /* the code stays as it is */
    while (!accepts(place, &link))
        link = a_cap(mob);
    link.holder = holder;
    link.place = place;
    if (place == SLOT || place == REGISTER)
        link.number = a_number(mob, &mob->thing[holder]);
    if (place == SLOT)
        guard(mob, &mob->thing[holder], &link);
    put_new(mob, link);
}

static void match(struct mob *mob, unsigned endpoint) {
    struct facet_message m = {
        .word = {mob->thing[endpoint].matching != 0, (unsigned long)mob->thing[endpoint].matching}};
    fetch(endpoint, R_HOLDER);
    check("match", facet_call(R_HOLDER, OP_ENDPOINT_SET_MATCH, &m), RC_OK);
    (void)mob;
}

static void make_endpoint(struct mob *mob) {
    unsigned endpoint = make(mob, CAP_ENDPOINT);
    unsigned process =
        mob->process[below(mob, 2) ? below(mob, HOSTILE) : HOSTILE - 1 + below(mob, mob->processes - HOSTILE + 1)];
    put_new(mob, (struct link){.holder = endpoint, .place = RECIPIENT, .type = CAP_PROCESS, .object = process});
    mob->thing[endpoint].matching = below(mob, 3) ? 0 : 1;
    match(mob, endpoint);
}

/* What chance alone would bring too seldom. */

static void gift(struct mob *mob, unsigned process, struct link link) {
    link.holder = mob->process[process];
    link.number = a_number(mob, &mob->thing[link.holder]);
    put_new(mob, link);
}

static unsigned recipient(const struct mob *mob, unsigned endpoint) {
    for (unsigned i = 0; i < mob->links; i++)
        if (mob->link[i].holder == endpoint && mob->link[i].place == RECIPIENT)
            return mob->link[i].object;
    return mob->process[0];
}

/* Somebody can know what an endpoint's recipient answers for: an entry, or a GPT that it keeps. */
static void brand(struct mob *mob) {
    unsigned endpoint = a_thing(mob, 1u << CAP_ENDPOINT), gpt = a_thing(mob, 1u << CAP_GPT);
    struct link brand = {.object = a_thing(mob, 1u << CAP_PAGE), .type = CAP_PAGE};
    struct link entry = {.object = endpoint, .type = CAP_ENTRY, .payload = 1};
    unsigned process = (unsigned)below(mob, HOSTILE);
    gift(mob, process, (struct link){.source = CR_PROCESS_TOOL});
    gift(mob, process, brand);
    if (below(mob, 2)) {
        gift(mob, process, (struct link){.object = gpt, .type = CAP_GPT, .restr = CAP_OP});
        entry.holder = gpt;
        entry.place = KEEPER;
        put_new(mob, entry);
    } else {
        gift(mob, process, entry);
    }
    brand.holder = recipient(mob, endpoint);
    brand.place = BRAND;
    put_new(mob, brand);
}

/* Whoever sends to who receives there has an access made of a page that is served. */
static void served(struct mob *mob) {
    unsigned endpoint = a_thing(mob, 1u << CAP_ENDPOINT), page = a_thing(mob, 1u << CAP_PAGE), process = 0;
    struct link handler = {.holder = page, .place = HANDLER, .type = CAP_ENTRY, .payload = 1};
    handler.object = a_thing(mob, 1u << CAP_ENDPOINT);
    while (mob->process[process] != recipient(mob, endpoint))
        process++;
    put_new(mob, handler);
    put_new(mob, (struct link){.holder = mob->root[process],
                               .place = SLOT,
                               .number = a_number(mob, &mob->thing[mob->root[process]]),
                               .type = CAP_PAGE,
                               .object = page});
    gift(mob, (unsigned)below(mob, HOSTILE), (struct link){.object = endpoint, .type = CAP_ENTRY, .payload = 1});
}

static void window(struct mob *mob) {
    unsigned gpt = below(mob, 2) ? mob->root[below(mob, mob->processes)] : a_thing(mob, 1u << CAP_GPT);
    unsigned to = a_thing(mob, 1u << CAP_PAGE | 1u << CAP_GPT), slot = a_number(mob, &mob->thing[gpt]);
    put_new(mob, (struct link){.holder = gpt, .place = BACKGROUND, .object = to, .type = mob->thing[to].type});
    put_new(mob, (struct link){
                     .holder = gpt, .place = SLOT, .number = slot, .type = CAP_WINDOW, .l2g = mob->thing[gpt].l2v});
}

static void receiver(struct mob *mob) {
    unsigned process = (unsigned)below(mob, HOSTILE);
    gift(mob, process, (struct link){.object = a_thing(mob, 1u << CAP_ENDPOINT), .type = CAP_ENDPOINT});
    gift(mob, process, (struct link){.object = mob->process[below(mob, mob->processes)], .type = CAP_PROCESS});
}

static void graph(struct mob *mob, unsigned code) {
    static const unsigned char l2v[] = {12, 12, 20, 28, 36};
    for (unsigned i = HOSTILE + 1 + (unsigned)below(mob, 3); i > 0; i--)
        make_member(mob, code);
    for (unsigned i = 2 + (unsigned)below(mob, 3); i > 0; i--)
        make_page(mob);
    for (unsigned i = (unsigned)below(mob, 3); i > 0; i--)
        make(mob, CAP_CAPPAGE);
    for (unsigned i = 1 + (unsigned)below(mob, 4); i > 0; i--)
        make_gpt(mob, PICK(mob, l2v));
    for (unsigned i = 1 + (unsigned)below(mob, 3); i > 0; i--)
        make_endpoint(mob);
    for (unsigned i = (unsigned)below(mob, 3); i > 0; i--)
        make_forwarder(mob);
    if (!below(mob, 4))
        gift(mob, (unsigned)below(mob, HOSTILE), (struct link){.source = CR_DEBUG});
    if (!below(mob, 3))
        brand(mob);
    if (!below(mob, 3))
        window(mob);
    if (!below(mob, 3))
        served(mob);
    if (!below(mob, 5))
        receiver(mob);
    for (unsigned i = 8 + (unsigned)below(mob, 20); i > 0 && mob->links < LINKS; i--)
        link(mob);
    check("look at nothing", facet_set(CR_SPACE, OP_GPT_SET, WINDOW >> 44, CR_NULL), RC_OK);
}

/* ---- */

/* Something is again as it was. */
static void restore(struct mob *mob) {
    unsigned thing = (unsigned)below(mob, mob->things);
    put(mob, &mob->link[below(mob, mob->links)]);
    fetch(thing, R_HOLDER);
    if (mob->thing[thing].type == CAP_GPT)
        check("l2v", facet_set(R_HOLDER, OP_GPT_SET_L2V, mob->thing[thing].l2v, CR_NULL), RC_OK);
    else if (mob->thing[thing].type == CAP_ENDPOINT)
        match(mob, thing);
    else if (mob->thing[thing].type == CAP_FORWARDER)
        check("go on", facet_set(R_HOLDER, OP_FORWARDER_BLOCK, 0, CR_NULL), RC_OK);
}

static void start_some(struct mob *mob) {
    for (unsigned process = 0; process < HOSTILE; process++)
        if (below(mob, 4))
            start(mob, process, below(mob, ~0ul));
}

static void let_them(void) {
    check("sleep", facet_set(CR_SLEEP, OP_SLEEP_FOR, TICKS, CR_NULL), RC_OK);
}

int main(int argc, char **argv) {
    struct mob mob = {.random = parse_number(argv[1]) * 0x9e3779b97f4a7c15ul + 0x1234567};
    unsigned long moments = argc > 2 ? parse_number(argv[2]) : 1;
    check("store", facet_alloc(CAP_CAPPAGE, R_STORE), RC_OK);
    check("priority", facet_set(CR_SELF, OP_PROCESS_SET_SCHEDULE, 0, CR_SCHEDULE), RC_OK);
    begin();
    unsigned code = make_code(&mob);
    begin();
    graph(&mob, code);
    ready(mob.token, mob.things);
    for (unsigned long i = 0; i < moments; i++) {
        for (unsigned round = 0; round < ROUNDS; round++) {
            start_some(&mob);
            restore(&mob);
            let_them();
        }
        start_some(&mob);
        moment();
        let_them();
        later();
    }
    return 0;
}
