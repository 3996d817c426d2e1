/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * confined [leak]: a constructor, what it takes for discreet, and an instance that tries to tell somebody something:
 * each operation of the dispatcher's table on everything it holds or gets, with everything as argument, and each way to
 * touch memory. Nobody outside may hear of it. `leak`: with what the constructor calls holes, somebody does. Needs
 * --grant bank.
 */
#include "check.h"
#include "rows.h"

#include "../../kernel/domain/constructor.h"

enum {
    R_WITNESS = CR_FREE, /* hears what comes out */
    R_OUT_END,
    R_OUT,
    R_PAGE, /* what is outside, weak inside */
    R_GPT,
    R_CAPS,
    R_BUILDER,
    R_WANTED,
    R_INSTANCE,
    R_OTHER, /* another constructor, sealed */
    R_MAKER,
    R_BRAND,
    R_TEMP,
    R_TEMP2,
};
/* The instance's. */
enum { I_GOT = 2, I_PAGE = 20, I_GPT, I_CAPS, I_OTHER, I_HOLE, I_FIRST = 25, I_LAST = 28, I_RESUME = 29 };
enum { TRY = 0x50000, TOUCH, FROM_CHILD = 5 };
#define DISCREET (CAP_RO | CAP_WK | CAP_NC)
#define SLOT 2ul

static unsigned long stack[3][512];
static struct constructor constructors[2];
static volatile unsigned long heard;

static void witness(void) {
    struct facet_message m = {.recv = {0, 0, 0, 2}};
    for (unsigned to = CR_NULL;; to = 2) {
        facet_invoke(to, INVOKE_RETURN, 1, &m);
        heard++;
    }
}

/* ---- The instance, which cannot write but to its own pages */

static unsigned long type_of(unsigned reg, unsigned long *restrictions) {
    struct facet_message m = {0};
    unsigned long rc = facet_call(reg, OP_TYPE, &m);
    *restrictions = m.word[1];
    return rc == RC_OK && m.word[0] < CAP_TYPES ? m.word[0] : CAP_ENTRY;
}

/* Its own objects it may only look at, lest it end itself before it has tried everything; and wait for nothing. */
static int spares(const struct row *row, unsigned cap, unsigned sent) {
    unsigned long restr, type = type_of(cap, &restr), own = type == CAP_PROCESS || type == CAP_ENDPOINT;
    own |= type >= CAP_PAGE && type <= CAP_GPT && !(restr & CAP_RO);
    if (own)
        return row->op >> 8 >= OP_GPT_GET >> 8 && row->op != OP_GPT_GET && row->op != OP_CAPPAGE_GET &&
               row->op != OP_PROCESS_GET_CAP && row->op != OP_PROCESS_GET_REGS && row->op != OP_PROCESS_GET_SPACE;
    if (type == CAP_FORWARDER)
        return row->op == OP_FORWARDER_BLOCK;
    type_of(sent, &restr);
    return row->op == OP_RANGE_RESCIND && !(restr & CAP_RO);
}

static unsigned long try_one(const struct row *row, unsigned cap, unsigned sent, unsigned form, unsigned to) {
    unsigned char bytes[1024];
    struct facet_message m = {.send = {(unsigned char)sent, (unsigned char)(form & 1 ? cap : I_CAPS), I_PAGE},
                              .recv = {(unsigned char)to},
                              .string = bytes,
                              .string_size = row->string ? row->string : 8,
                              .room = bytes,
                              .room_size = sizeof bytes};
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        m.word[i] = form == 0 ? row->word[i].low : row->word[i].high + 1 == 0 ? SLOT << 44 : row->word[i].high;
    if (spares(row, cap, sent))
        return 0;
    return facet_invoke(cap, form == 2 ? INVOKE_FORK : INVOKE_CALL, row->op, &m) == RC_OK;
}

/* Everything on everything with everything; what it gets by that takes part. Returns how many have done something. */
static unsigned long try(unsigned long from, unsigned long to, unsigned long *tried) {
    static const unsigned char held[] = {CR_NULL, CR_SELF, CR_BANK, CR_SPACE, I_PAGE, I_GPT,  I_CAPS,
                                         I_OTHER, I_HOLE,  I_FIRST, 26,       27,     I_LAST, CONSTRUCTOR_ENDPOINT};
    unsigned long done = 0;
    for (unsigned long row = from; row < to; row++)
        for (unsigned cap = 0; cap < sizeof held; cap++)
            for (unsigned sent = 0; sent < sizeof held; sent++)
                for (unsigned form = 0; form < 3; form++, ++*tried)
                    done += try_one(&rows[row], held[cap], held[sent], form,
                                    I_FIRST + (unsigned)(done % (I_LAST - I_FIRST + 1)));
    return done;
}

static void child(unsigned long address, unsigned long how) {
    struct facet_message m = {0};
    if (how == ACCESS_LOAD)
        *(volatile unsigned char *)address;
    else if (how == ACCESS_STORE)
        *(volatile unsigned char *)address = 1;
    else
        ((void (*)(void))address)();
    for (;;)
        facet_invoke(2, INVOKE_FORK, 1, &m);
}

/* A process of its own touches an address; whether that faults it hears itself, as its keeper. */
static void touch_one(unsigned long address, unsigned long how) {
    struct facet_regs regs = {.rip = (unsigned long)child, .rdi = address, .rsi = how, .rsp = (1ul << 44) + 0x3ff8};
    struct facet_message set = {.string = &regs, .string_size = sizeof regs}, m = {.recv = {0, 0, 0, I_RESUME}};
    facet_get(CONSTRUCTOR_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, FROM_CHILD, 0, I_LAST);
    facet_get(CR_BANK, OP_RANGE_ALLOC, CAP_PROCESS, 0, I_FIRST);
    facet_set(I_FIRST, OP_PROCESS_SET_SPACE, 0, CR_SPACE);
    facet_set(I_FIRST, OP_PROCESS_SET_KEEPER, 0, I_LAST);
    facet_set(I_FIRST, OP_PROCESS_SET_CAP, 2, I_LAST);
    facet_call(I_FIRST, OP_PROCESS_SET_REGS, &set);
    facet_set(I_FIRST, OP_PROCESS_START, 0, CR_NULL);
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    facet_set(CR_BANK, OP_RANGE_RESCIND, 0, I_FIRST);
}

static unsigned long touch_all(unsigned cap) {
    unsigned long count = 0;
    facet_set(CR_SPACE, OP_GPT_SET, SLOT, cap);
    for (unsigned long page = 0; page < 4; page++)
        for (unsigned long how = ACCESS_LOAD; how <= ACCESS_FETCH; how++, count++)
            touch_one((SLOT << 44) + page * 0x1000, how);
    facet_set(CR_SPACE, OP_GPT_SET, SLOT, CR_NULL);
    return count;
}

/* What it was given, and what it can get out of that. */
static unsigned long touch(void) {
    static const unsigned char given[] = {I_PAGE, I_GPT, I_CAPS, I_HOLE};
    unsigned long count = 0;
    for (unsigned i = 0; i < sizeof given; i++) {
        count += touch_all(given[i]);
        for (unsigned long slot = 0; slot < 8; slot++)
            for (unsigned long op = OP_GPT_GET; op <= OP_CAPPAGE_GET; op += OP_CAPPAGE_GET - OP_GPT_GET)
                if (facet_get(given[i], op, slot, 0, 26) == RC_OK)
                    count += touch_all(26);
    }
    for (unsigned reg = I_FIRST; reg <= I_LAST; reg++) /* not to send to itself */
        facet_set(CR_SELF, OP_PROCESS_SET_CAP, reg, CR_NULL);
    return count;
}

static void instance(void) {
    struct facet_message m = {0};
    unsigned long label, tried;
    for (unsigned to = CR_NULL;; to = I_GOT) {
        m.recv[3] = I_GOT;
        label = facet_invoke(to, INVOKE_RETURN, RC_OK, &m);
        tried = 0;
        m.word[0] = label == TRY ? try(m.word[0], m.word[1], &tried) : label == TOUCH ? touch() : 0;
        m.word[1] = tried;
    }
}

/* ---- Its builder and requestor */

static void reduce(unsigned from, unsigned long restrictions, unsigned to) {
    check("reduce", facet_get(from, OP_MEM_REDUCE, restrictions, 0, to), RC_OK);
}

static void outside(void) {
    static const unsigned char inside[] = {R_OUT, R_OUT_END, R_WITNESS, CR_STDOUT, R_PAGE, R_GPT, CR_BANK, CR_SELF};
    make_process(R_WITNESS, witness, stack[0] + 512, CR_NULL, CR_NULL);
    make_entry(R_OUT_END, R_WITNESS, 1, R_OUT);
    check("start", facet_set(R_WITNESS, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("GPT", facet_alloc(CAP_GPT, R_GPT), RC_OK);
    check("keeper", facet_set(R_GPT, OP_GPT_SET_KEEPER, 0, R_OUT), RC_OK);
    check("page", facet_set(R_GPT, OP_GPT_SET, 0, R_PAGE), RC_OK);
    check("GPT", facet_alloc(CAP_GPT, R_TEMP), RC_OK); /* inside, with a keeper, too, and a page */
    check("keeper", facet_set(R_TEMP, OP_GPT_SET_KEEPER, 0, R_OUT), RC_OK);
    check("page", facet_set(R_TEMP, OP_GPT_SET, 1, R_PAGE), RC_OK);
    check("hang it in", facet_set(R_GPT, OP_GPT_SET, 2, R_TEMP), RC_OK);
    check("CapPage", facet_alloc(CAP_CAPPAGE, R_CAPS), RC_OK);
    for (unsigned i = 0; i < sizeof inside; i++)
        check("fill", facet_set(R_CAPS, OP_CAPPAGE_SET, i, inside[i]), RC_OK);
}

/* As process `which` of this program; its builder's entry in R_BUILDER. */
static void constructor_start(unsigned which) {
    struct facet_regs regs = {.rip = (unsigned long)constructor_main, .rdi = (unsigned long)&constructors[which]};
    struct facet_message set = {.string = &regs, .string_size = sizeof regs};
    static const unsigned char give[][2] = {{C_ENDPOINT, R_TEMP},
                                            {C_BRAND, R_BRAND},
                                            {C_TOOL, CR_PROCESS_TOOL},
                                            {C_DISCRIM, CR_DISCRIM},
                                            {C_BANK, CR_BANK}};
    regs.rsp = (unsigned long)(stack[1 + which] + 512) - 8;
    check("process", facet_alloc(CAP_PROCESS, R_MAKER), RC_OK);
    check("space", facet_set(R_MAKER, OP_PROCESS_SET_SPACE, 0, CR_SPACE), RC_OK);
    check("registers", facet_call(R_MAKER, OP_PROCESS_SET_REGS, &set), RC_OK);
    make_entry(R_TEMP, R_MAKER, CONSTRUCTOR_BUILDER, R_BUILDER);
    for (unsigned i = 0; i < sizeof give / sizeof *give; i++)
        check("give", facet_set(R_MAKER, OP_PROCESS_SET_CAP, give[i][0], give[i][1]), RC_OK);
    check("CapPage", facet_alloc(CAP_CAPPAGE, R_TEMP), RC_OK);
    check("give", facet_set(R_MAKER, OP_PROCESS_SET_CAP, C_CAPS, R_TEMP), RC_OK);
    check("brand", facet_set(R_MAKER, OP_PROCESS_SET_BRAND, 0, R_BRAND), RC_OK);
    check("start", facet_set(R_MAKER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static unsigned long install(unsigned long reg, unsigned cap) {
    struct facet_message m = {.word = {reg}, .send = {(unsigned char)cap}};
    check("install", facet_call(R_BUILDER, OP_CONSTRUCTOR_INSTALL, &m), RC_OK);
    return m.word[0];
}

static void image(void) {
    check("image", facet_get(CR_SPACE, OP_GPT_GET, 0, 0, R_TEMP), RC_OK);
    reduce(R_TEMP, DISCREET, R_TEMP);
    check("the image", install(0, R_TEMP), 1);
}

static void seal(unsigned to) {
    struct facet_message m = {.word = {(unsigned long)instance}, .recv = {(unsigned char)to}};
    check("seal", facet_call(R_BUILDER, OP_CONSTRUCTOR_SEAL, &m), RC_OK);
    m = (struct facet_message){.word = {3}};
    check("and nothing after that", facet_call(R_BUILDER, OP_CONSTRUCTOR_INSTALL, &m), RC_NO_RIGHT);
    check("nor again", facet_call(R_BUILDER, OP_CONSTRUCTOR_SEAL, &m), RC_NO_RIGHT);
    check("nor by a requestor", facet_call(to, OP_CONSTRUCTOR_INSTALL, &m), RC_NO_RIGHT);
}

static unsigned long word_of(unsigned cap, unsigned long op, unsigned sent) {
    struct facet_message m = {.send = {(unsigned char)sent}};
    check("asking", facet_call(cap, op, &m), RC_OK);
    return m.word[0];
}

/* What is discreet: in register 3 of the constructor in the making, one after the other. */
static void tests(void) {
    static const unsigned char holes[] = {R_OUT,   R_OUT_END, R_WITNESS, R_PAGE,     R_GPT,           R_CAPS,
                                          CR_BANK, CR_STDOUT, CR_SELF,   CR_DISCRIM, CR_PROCESS_TOOL, R_BUILDER};
    for (unsigned i = 0; i < sizeof holes; i++)
        check("a hole", install(3, holes[i]), 0);
    for (unsigned long restr = 0; restr < 32; restr++) {
        reduce(R_GPT, restr, R_TEMP);
        check("memory", install(3, R_TEMP), (restr & DISCREET) == DISCREET);
    }
    check("forwarder", facet_alloc(CAP_FORWARDER, R_TEMP), RC_OK);
    check("target", facet_set(R_TEMP, OP_FORWARDER_SET_TARGET, 0, R_OTHER), RC_OK);
    check("forward", facet_get(R_TEMP, OP_FORWARDER_MAKE_FORWARD, 0, 0, R_TEMP), RC_OK);
    check("a constructor that confines", install(3, R_OTHER), 1);
    check("a forwarder that may lead elsewhere later", install(3, R_TEMP), 0);
    check("holes", word_of(R_BUILDER, OP_CONSTRUCTOR_HOLES, CR_NULL), 1u << 3);
    check("nothing", install(3, CR_NULL), 1);
    passed("what is discreet");
}

static void yield(unsigned from, unsigned keeper) {
    struct facet_message bank = {.word = {~0ul, ~0ul, ~0ul, ~0ul}, .recv = {R_TEMP}};
    check("a bank", facet_call(CR_BANK, OP_BANK_MAKE, &bank), RC_OK);
    check("which it cannot end", facet_get(R_TEMP, OP_BANK_REDUCE, BANK_NO_DESTROY, 0, R_TEMP), RC_OK);
    struct facet_message m = {.send = {R_TEMP, 0, (unsigned char)keeper}, .recv = {R_INSTANCE}};
    check("yield", facet_call(from, OP_CONSTRUCTOR_YIELD, &m), RC_OK);
}

/* From a bank that has too little of one thing nothing is drawn. */
static void too_little(void) {
    for (unsigned what = 0; what < 4; what++) {
        struct facet_message bank = {.word = {~0ul, ~0ul, ~0ul, ~0ul}, .recv = {R_TEMP}}, usage = {0};
        struct facet_message m = {.send = {R_TEMP}, .recv = {R_TEMP2}};
        bank.word[what] = what == 0 ? CONSTRUCTOR_PAGES - 1 : what == 1;
        check("a bank", facet_call(CR_BANK, OP_BANK_MAKE, &bank), RC_OK);
        check("too little", facet_call(R_WANTED, OP_CONSTRUCTOR_YIELD, &m), RC_NO_MEMORY);
        check("usage", facet_call(R_TEMP, OP_BANK_USAGE, &usage), RC_OK);
        check("what is drawn", usage.word[0] | usage.word[1] | usage.word[2] | usage.word[3], 0);
        check("destroy", facet_call(R_TEMP, OP_BANK_DESTROY, &usage), RC_OK);
    }
    passed("an instance whole or none");
}

static void recognised(void) {
    struct facet_message wrong = {.send = {R_OUT}, .recv = {R_TEMP}};
    check("storage that is none", facet_call(R_WANTED, OP_CONSTRUCTOR_YIELD, &wrong), RC_BAD_ARG);
    check("a constructor", word_of(R_OTHER, OP_CONSTRUCTOR_IDENTIFY, R_WANTED), CONSTRUCTOR_CONFINES);
    check("its builder's entry", word_of(R_OTHER, OP_CONSTRUCTOR_IDENTIFY, R_BUILDER), 0);
    check("somebody else", word_of(R_OTHER, OP_CONSTRUCTOR_IDENTIFY, R_OUT), 0);
    check("an instance", word_of(R_WANTED, OP_CONSTRUCTOR_IDENTIFY, R_INSTANCE), CONSTRUCTOR_INSTANCE);
    check("another's", word_of(R_OTHER, OP_CONSTRUCTOR_IDENTIFY, R_INSTANCE), 0);
    passed("constructors and instances are recognised");
}

/* As it was before. */
static void outside_is_the_same(void) {
    static const unsigned char types[] = {CAP_ENTRY, CAP_ENDPOINT, CAP_PROCESS, CAP_STREAM,
                                          CAP_PAGE,  CAP_GPT,      CAP_ENTRY,   CAP_PROCESS};
    static unsigned char bytes[4096];
    struct facet_message read = {.room = bytes, .room_size = sizeof bytes};
    check("read the page", facet_call(R_PAGE, OP_PAGE_READ, &read), RC_OK);
    for (unsigned i = 0; i < sizeof bytes; i++)
        check("a byte of the page", bytes[i], 0);
    for (unsigned i = 0; i < sizeof types; i++) {
        unsigned long unused;
        check("get", facet_get(R_CAPS, OP_CAPPAGE_GET, i, 0, R_TEMP), RC_OK);
        if (types[i] != CAP_ENTRY)
            check("what is in the CapPage", type_of(R_TEMP, &unused), types[i]);
    }
}

int main(int argc, char **argv) {
    (void)argv;
    int leak = argc > 1;
    struct facet_message m;
    outside();
    check("brand", facet_alloc(CAP_PAGE, R_BRAND), RC_OK);
    constructor_start(1);
    image();
    seal(R_OTHER);
    constructor_start(0);
    tests();
    image();
    reduce(R_PAGE, DISCREET, R_TEMP);
    check("a page", install(I_PAGE, R_TEMP), 1);
    reduce(R_CAPS, DISCREET, R_TEMP);
    check("a CapPage", install(I_CAPS, R_TEMP), 1);
    check("a constructor", install(I_OTHER, R_OTHER), 1);
    reduce(R_GPT, leak ? CAP_RO | CAP_WK : DISCREET, R_TEMP);
    check("a GPT", install(I_GPT, R_TEMP), !leak);
    if (leak)
        check("an entry", install(I_HOLE, R_OUT), 0);
    seal(R_WANTED);
    check("holes", word_of(R_WANTED, OP_CONSTRUCTOR_HOLES, CR_NULL), leak ? 1u << I_GPT | 1u << I_HOLE : 0);
    yield(R_WANTED, CR_NULL);
    if (!leak) {
        too_little();
        recognised();
    }
    m = (struct facet_message){0};
    check("touch", facet_call(R_INSTANCE, TOUCH, &m), RC_OK);
    check("it has touched", m.word[0] > 100, 1);
    unsigned long after_touch = heard, done = 0, tried = 0;
    for (unsigned long row = 0; row < ROWS; row++) {
        m = (struct facet_message){.word = {row, row + 1}};
        check("try", facet_call(R_INSTANCE, TRY, &m), RC_OK);
        check("it has tried", m.word[1] > 500, 1);
        done += m.word[0];
        tried += m.word[1];
    }
    outside_is_the_same();
    facet_puts("operations tried: ");
    print_number(ROWS, 10);
    facet_puts(", invocations: ");
    print_number(tried, 10);
    facet_puts(", of which did something: ");
    print_number(done, 10);
    facet_puts("\nheard of touches: ");
    print_number(after_touch, 10);
    facet_puts(", of invocations: ");
    print_number(heard - after_touch, 10);
    facet_puts("\n");
    return leak ? after_touch == 0 || heard == after_touch : heard != 0;
}
