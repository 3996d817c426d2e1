/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * operations [LAST]: invokes every operation of every capability type: rightly, through each restriction, with each
 * argument out of range, on types that have no such operation, on a rescinded object.
 *
 * What is expected stands in operations.h, written from abi.h. What the kernel says it has, generated from the rows of
 * its dispatcher, must be the same: an operation without a case here fails, as does one with other rights or ranges.
 * LAST names an operation that ends the run (OP_POWER_OFF with status 7, OP_DEBUG_FAULTED with signal 11): it is
 * invoked rightly at the end.
 */
#include "operations.h"

/* As the kernel has them. */
static const struct signature kernel_row[] = {
#include "operations.inc"
};

/* ---- One capability of each type */

static void park(void) {
    struct facet_message m = {0};
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

/* Calls whoever has register 2's entry, and so gives it a resume capability. */
static void call_once(void) {
    struct facet_message m = {0};
    facet_call(2, 0, &m);
    park();
}

static unsigned register_of(unsigned type) {
    static const unsigned char reg[CAP_TYPES] = {
        CR_NULL,  R_PAGE,         R_CAPPAGE,  R_GPT,    R_PROCESS,       R_ENDPOINT,  R_ENTRY,     R_RESUME,
        CR_RANGE, CR_STDOUT,      CR_CONSOLE, CR_DEBUG, CR_POWER,        CR_DISCRIM,  CR_SCHEDULE, CR_SLEEP,
        R_WINDOW, R_LOCAL_WINDOW, CR_HOST,    R_FILE,   CR_PROCESS_TOOL, R_FORWARDER, R_FORWARD};
    return reg[type];
}

static void copy_cap(unsigned from, unsigned to) {
    check("copy a capability", facet_set(CR_SELF, OP_PROCESS_SET_CAP, to, from), RC_OK);
}

/* A file in the granted directory. */
static void open_file(unsigned to) {
    struct facet_message m = {
        .word = {O_RDWR | O_CREAT, 0600}, .recv = {(unsigned char)to}, .string = "file", .string_size = 4};
    check("take the granted directory", facet_get(CR_HOST, OP_HOST_TAKE, 3, 0, to), RC_OK);
    check("open a file", facet_call(to, OP_HOST_OPEN, &m), RC_OK);
}

/* Whoever allocates it, or holds it already, into register `to`. */
static void fresh(unsigned type, unsigned to) {
    if (type == CAP_PROCESS)
        make_process(to, park, stack + 64, CR_NULL, CR_NULL);
    else if (type == CAP_HOSTFILE)
        open_file(to);
    else if (SET(type) & OBJECTS)
        check("allocate", facet_alloc((enum cap_type)type, to), RC_OK);
    else
        copy_cap(register_of(type), to);
}

static void rescind(unsigned reg) {
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, reg), RC_OK);
}

/* Windows are made where they lie; one can still be taken out. */
static void window(unsigned long op, unsigned to) {
    struct facet_message m = {.word = {0, 0, 64, 1}};
    check("window", facet_call(R_GPT, op, &m), RC_OK);
    check("take it out", facet_get(R_GPT, OP_GPT_GET, 0, 0, to), RC_OK);
}

static void prepare(void) {
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
    for (unsigned type = CAP_PAGE; type <= CAP_GPT; type++)
        fresh(type, register_of(type));
    window(OP_GPT_SET_WINDOW, R_WINDOW);
    window(OP_GPT_SET_LOCAL_WINDOW, R_LOCAL_WINDOW);
    fresh(CAP_PROCESS, R_PROCESS);
    fresh(CAP_HOSTFILE, R_FILE);
    make_entry(R_ENDPOINT, CR_SELF, 1, R_ENTRY);
    fresh(CAP_FORWARDER, R_FORWARDER);
    check("forward", facet_get(R_FORWARDER, OP_FORWARDER_MAKE_FORWARD, 0, 0, R_FORWARD), RC_OK);
    make_process(R_CALLER, call_once, stack + 32, R_ENTRY, CR_NULL);
    check("start", facet_set(R_CALLER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

/* ---- Invoking */

/* Everything as it should be, but on register `cap`. */
static struct facet_message rightly(const struct expectation *e) {
    static const char text[] = "written\n";
    struct facet_message m = {.recv = {R_RESULT}, .string = &sent, .room = &room, .room_size = sizeof room};
    for (unsigned i = 0; i < WORDS; i++)
        m.word[i] = e->word[i];
    for (unsigned i = 0; i < SENT; i++)
        m.send[i] = e->send[i];
    sent.regs = (struct facet_regs){
        .rip = (unsigned long)park, .rsp = (unsigned long)(stack + 64) - 8, .rbx = 0x1234, .rflags = ~0ul};
    m.string_size = e->is.string ? e->is.string : sizeof text - 1;
    if (!e->is.string)
        memcpy(&sent, text, sizeof text);
    return m;
}

static void refused(const struct expectation *e, const char *what, struct facet_message m, unsigned long rc) {
    expect(what, facet_call(R_OBJECT, e->is.op, &m), rc);
}

static void wrong_words(const struct expectation *e) {
    for (unsigned i = 0; i < WORDS; i++) {
        struct facet_message m = rightly(e);
        if (e->is.word[i].low > 0) {
            m.word[i] = e->is.word[i].low - 1;
            refused(e, "a word below its range", m, RC_BAD_ARG);
        }
        if (e->is.word[i].high < ~0ul) {
            m.word[i] = e->is.word[i].high + 1;
            refused(e, "a word above its range", m, RC_BAD_ARG);
            m.word[i] = ~0ul;
            refused(e, "a word far above its range", m, RC_BAD_ARG);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        struct facet_message m = rightly(e);
        for (unsigned w = 0; w < WORDS; w++)
            m.word[w] = e->bad[i][w];
        if (m.word[0] | m.word[1])
            refused(e, "words that do not go together", m, RC_BAD_ARG);
    }
}

static void wrong_sent(const struct expectation *e) {
    for (unsigned i = 0; i < SENT; i++)
        for (unsigned type = 0; type < CAP_TYPES; type++) {
            struct facet_message m = rightly(e);
            m.send[i] = (unsigned char)register_of(type);
            if (!(e->is.sent[i] & SET(type)))
                refused(e, "a capability of another type sent", m, RC_BAD_ARG);
        }
}

static void wrong_strings(const struct expectation *e) {
    struct facet_message m = rightly(e);
    if (e->is.string) {
        m.string_size = e->is.string - 1;
        refused(e, "a string too short", m, RC_BAD_ARG);
        m.string_size = e->is.string + 1;
        refused(e, "a string too long", m, RC_BAD_ARG);
        m.string_size = e->is.string;
        m.string = (const void *)0x700000000000;
        refused(e, "a string where nothing is", m, RC_BAD_SPACE);
    }
    m = rightly(e);
    if (e->is.room) {
        m.room_size = e->is.room - 1;
        refused(e, "room too small", m, RC_BAD_ARG);
        m.room_size = e->is.room;
        m.room = (void *)0x700000000000;
        refused(e, "room where nothing is", m, RC_BAD_SPACE);
    }
}

/* Rightly, through restrictions that do not matter too; and through each that does. */
static void restricted(const struct expectation *e, unsigned type, unsigned restr) {
    struct facet_message m = rightly(e);
    fresh(type, R_BASE);
    if (type == CAP_STREAM && e->is.op == OP_STREAM_READ)
        copy_cap(CR_STDIN, R_BASE);
    copy_cap(R_BASE, R_OBJECT);
    if (restr)
        check("restrict", facet_get(R_BASE, OP_MEM_REDUCE, restr, 0, R_OBJECT), RC_OK);
    unsigned long rc = facet_call(R_OBJECT, e->is.op, &m);
    expect(restr ? "through a restriction" : "rightly", rc, restr & e->is.forbidden ? RC_NO_RIGHT : e->rc);
    if (rc == RC_OK && e->after)
        e->after(&m);
}

static void rescinded(const struct expectation *e, unsigned type) {
    struct facet_message m = rightly(e);
    fresh(type, R_OBJECT);
    rescind(R_OBJECT);
    if (e->is.op == OP_TYPE)
        expect("type of a rescinded object", type_of(R_OBJECT), CAP_NULL);
    else
        expect("on a rescinded object", facet_call(R_OBJECT, e->is.op, &m), RC_INVALID_CAP);
}

static void has_it(const struct expectation *e, unsigned type) {
    fresh(type, R_BASE);
    copy_cap(R_BASE, R_OBJECT);
    wrong_words(e);
    wrong_sent(e);
    wrong_strings(e);
    if (!e->last)
        restricted(e, type, 0);
    for (unsigned restr = 1; restr <= ALL_RESTRICTIONS && SET(type) & REDUCED; restr <<= 1)
        restricted(e, type, restr);
    if (SET(type) & OBJECTS)
        rescinded(e, type);
    if (SET(type) & OBJECTS && type_of(R_BASE) != CAP_NULL)
        rescind(R_BASE);
}

static void has_it_not(const struct expectation *e, unsigned type) {
    fresh(type, R_OBJECT);
    refused(e, "on a type without it", rightly(e), type == CAP_NULL ? RC_INVALID_CAP : RC_BAD_OP);
    if (SET(type) & OBJECTS)
        rescind(R_OBJECT);
}

static void operation(const struct expectation *e) {
    now = e->is.name;
    for (unsigned type = 0; type < CAP_TYPES; type++) {
        on = type_name[type];
        if (SET(type) & (ENTRIES | SET(CAP_RESUME)))
            continue; /* whatever is asked of them is a message */
        if (e->is.types & SET(type))
            has_it(e, type);
        else
            has_it_not(e, type);
    }
}

/* ---- The kernel's rows are those expected */

static void same(const struct signature *a, const struct signature *b) {
    expect("types", a->types, b->types);
    expect("restrictions that refuse it", a->forbidden, b->forbidden);
    for (unsigned i = 0; i < WORDS; i++) {
        expect("the least word", a->word[i].low, b->word[i].low);
        expect("the greatest word", a->word[i].high, b->word[i].high);
    }
    for (unsigned i = 0; i < SENT; i++)
        expect("types that may be sent", a->sent[i], b->sent[i]);
    expect("bytes of string", a->string, b->string);
    expect("bytes of room", a->room, b->room);
}

static void rows_agree(void) {
    on = "the kernel's table";
    for (unsigned i = 0; i < sizeof kernel_row / sizeof *kernel_row; i++) {
        unsigned found = EXPECTED;
        now = kernel_row[i].name;
        for (unsigned k = 0; k < EXPECTED; k++)
            if (expected[k].is.op == kernel_row[i].op)
                found = k;
        expect("no test case", found == EXPECTED, 0);
        same(&kernel_row[i], &expected[found].is);
    }
    check("operations", sizeof kernel_row / sizeof *kernel_row, EXPECTED);
    passed("the kernel has the operations, rights and ranges that are expected");
}

static int equal(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static void end_with(const char *name) {
    for (unsigned i = 0; i < EXPECTED; i++) {
        struct facet_message m = rightly(&expected[i]);
        if (expected[i].last && equal(expected[i].is.name, name))
            facet_call(expected[i].is.op == OP_POWER_OFF ? CR_POWER : CR_DEBUG, expected[i].is.op, &m);
    }
}

int main(int argc, char **argv) {
    prepare();
    rows_agree();
    for (unsigned i = 0; i < EXPECTED; i++)
        operation(&expected[i]);
    passed("every operation, rightly and in every wrong way");
    if (argc > 1)
        end_with(argv[1]);
    return 0;
}
