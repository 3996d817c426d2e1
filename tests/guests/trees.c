/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * trees [CASES [SEED]]: random address-space trees. In each case three answers to one access must agree with what the
 * model below says:
 *
 *   the traversal       OP_DEBUG_TRAVERSE, the kernel's walker
 *   the page tables     OP_DEBUG_WALK, what the MMU will find
 *   the access itself   made by a child process whose keeper is this program
 *
 * Trees have guards, restrictions, windows of both kinds, backgrounds and keepers. They change between the accesses
 * (slots, backgrounds and keepers overwritten, l2v changed, objects rescinded), so that stale mappings are found. The
 * model has no page tables and shares nothing with the kernel but abi.h. Needs --grant range --grant debug.
 *
 *   child's root GPT, l2v 44:  slot 0  its code        slots 1…4  random trees of GPTS nodes and PAGES pages
 */
#include "check.h"
#include "trees_model.h"

#define CHILD_CODE 0x400000ul
#define WINDOW (3ul << L2V_ROOT) /* where this program looks at a page: slot 3 of its own space */

/* Capability registers. Pages and nodes have too many: they live in slots of a store of GPTs that nobody maps. */
enum {
    R_ENDPOINT = CR_FREE,
    R_CONTROL,
    R_KEEPER,
    R_CHILD,
    R_ROOT,
    R_RESUME,
    R_CODE,
    R_TEMP,
    R_TEMP2,
    R_STORE,
    R_STORE2,
    R_GIVEN
};
enum { FROM_CONTROL = 1, FROM_KEEPER = 2, FROM_NODE = 16 }; /* FROM_NODE + n: the keeper of node n */

static unsigned long memory[PAGES][CELLS]; /* what each page must contain */
static unsigned long frames[PAGES];        /* learned from the first traversal that ends there */
static unsigned long seen[FAULT_DEPTH + 1];

/* ---- Printing and giving up */

static void print(const char *text, unsigned long n) {
    facet_puts(text);
    print_number(n, 10);
}

static _Noreturn void die(const char *what, unsigned long got, unsigned long expected) {
    facet_puts("trees: ");
    facet_puts(what);
    facet_puts(": got 0x");
    print_number(got, 16);
    facet_puts(", expected 0x");
    print_number(expected, 16);
    facet_puts("\n");
    facet_exit(1);
}

static void must(const char *what, unsigned long rc) {
    if (rc != RC_OK)
        die(what, rc, RC_OK);
}

/* ---- Building: the same change to the model and to the kernel's objects */

static unsigned store_of(int object, unsigned long *slot) {
    *slot = (unsigned long)object % 16;
    return object < 16 ? R_STORE : R_STORE2;
}

/* Fetches the capability to page `n`, or to node n - PAGES, into R_TEMP. */
static void fetch_object(int n) {
    unsigned long slot;
    unsigned store = store_of(n, &slot);
    must("fetch", facet_get(store, OP_GPT_GET, slot, 0, R_TEMP));
}

static struct model_cap random_cap(unsigned l2v_above) {
    static const unsigned sizes[] = {12, 12, 13, 16, 16, 20, 21, 22, 24, 28, 30, 31, 32, 36, 39, 40, 44, 64, 64};
    struct model_cap cap = {.type = CAP_PAGE};
    if (one_in(8))
        return (struct model_cap){.type = one_in(6) ? CAP_ENTRY : CAP_NULL};
    if (l2v_above > 12 && !one_in(4))
        cap.type = l2v_above < L2V_ROOT && one_in(5) ? one_in(2) ? CAP_WINDOW : CAP_LOCAL_WINDOW : CAP_GPT;
    cap.object = (int)random_below(cap.type == CAP_GPT ? GPTS : PAGES);
    cap.l2g = cap.type == CAP_PAGE && !one_in(4) ? 12 : sizes[random_below(sizeof sizes / sizeof *sizes)];
    if (cap.l2g < l2v_above && one_in(3))
        cap.match = random_below(1ul << (l2v_above - cap.l2g < 4 ? l2v_above - cap.l2g : 4));
    if (one_in(3))
        cap.restr = 1u << random_below(5);
    if (cap.type == CAP_WINDOW || cap.type == CAP_LOCAL_WINDOW) {
        cap.l2g = l2v_above;
        cap.target = (unsigned)random_below(16);
        if (one_in(2))
            cap.offset = random_below(32) << l2v_above;
    }
    return cap;
}

static void put_window(unsigned to, unsigned long slot, const struct model_cap *cap) {
    struct facet_message m = {.word = {slot, cap->offset, cap->l2g | cap->restr << 8, cap->target}};
    must("window", facet_call(to, cap->type == CAP_WINDOW ? OP_GPT_SET_WINDOW : OP_GPT_SET_LOCAL_WINDOW, &m));
    if (cap->match) {
        must("fetch", facet_get(to, OP_GPT_GET, slot, 0, R_TEMP));
        must("guard", facet_get(R_TEMP, OP_MEM_GUARD, cap->match, cap->l2g, R_TEMP));
        must("set slot", facet_set(to, OP_GPT_SET, slot, R_TEMP));
    }
}

#define BACKGROUND 16 /* as a slot */

/* Puts the real capability that `cap` models into `slot` of the GPT in register `to`. */
static void put(unsigned to, unsigned long slot, const struct model_cap *cap) {
    unsigned from = CR_NULL;
    if (cap->type == CAP_WINDOW || cap->type == CAP_LOCAL_WINDOW) {
        put_window(to, slot, cap);
        return;
    }
    if (cap->type == CAP_ENTRY) {
        from = R_CONTROL;
    } else if (cap->type != CAP_NULL) {
        fetch_object(cap->type == CAP_PAGE ? cap->object : PAGES + cap->object);
        must("guard", facet_get(R_TEMP, OP_MEM_GUARD, cap->match, cap->l2g, R_TEMP));
        must("reduce", facet_get(R_TEMP, OP_MEM_REDUCE, cap->restr, 0, R_TEMP));
        from = R_TEMP;
    }
    if (slot == BACKGROUND)
        must("set background", facet_set(to, OP_GPT_SET_BACKGROUND, 0, from));
    else
        must("set slot", facet_set(to, OP_GPT_SET, slot, from));
}

static void change_root(void) {
    unsigned long i = random_below(ROOTS);
    roots[i] = random_cap(L2V_ROOT);
    put(R_ROOT, i + 1, &roots[i]);
}

static void change_slot(int g, unsigned long slot) {
    gpts[g].slot[slot] = random_cap(gpts[g].l2v);
    fetch_object(PAGES + g);
    must("keep node", facet_get(R_TEMP, OP_MEM_GUARD, 0, 64, R_TEMP2));
    put(R_TEMP2, slot, &gpts[g].slot[slot]);
}

static void change_l2v(int g) {
    static const unsigned l2vs[] = {12, 12, 14, 16, 17, 20, 21, 24, 28, 29, 30, 32, 36, 39, 40};
    gpts[g].l2v = l2vs[random_below(sizeof l2vs / sizeof *l2vs)];
    fetch_object(PAGES + g);
    must("set l2v", facet_set(R_TEMP, OP_GPT_SET_L2V, gpts[g].l2v, CR_NULL));
}

/* A new background, or none. */
static void change_background(int g) {
    struct model_gpt *gpt = &gpts[g];
    do
        gpt->background = random_cap(L2V_ROOT);
    while (gpt->background.type == CAP_ENTRY);
    gpt->has_background = gpt->background.type != CAP_NULL;
    fetch_object(PAGES + g);
    must("keep node", facet_get(R_TEMP, OP_MEM_GUARD, 0, 64, R_TEMP2));
    put(R_TEMP2, BACKGROUND, &gpt->background);
}

static void change_keeper(int g) {
    gpts[g].has_keeper = !gpts[g].has_keeper;
    must("entry", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, FROM_NODE + (unsigned long)g, 0, R_TEMP2));
    fetch_object(PAGES + g);
    must("keeper", facet_set(R_TEMP, OP_GPT_SET_KEEPER, 0, gpts[g].has_keeper ? R_TEMP2 : CR_NULL));
}

static unsigned long cell_value(int page, unsigned long cell, unsigned long stamp) {
    return 0xe3ff | (unsigned long)page << 16 | cell << 32 | stamp << 48;
}

static void make_page(int n) {
    must("page", facet_alloc(CAP_PAGE, R_TEMP));
    unsigned long slot;
    unsigned store = store_of(n, &slot);
    must("keep page", facet_set(store, OP_GPT_SET, slot, R_TEMP));
    must("window", facet_set(CR_SPACE, OP_GPT_SET, WINDOW >> L2V_ROOT, R_TEMP));
    volatile unsigned long *cells = (volatile unsigned long *)WINDOW;
    for (unsigned long i = 0; i < CELLS; i++)
        cells[i] = memory[n][i] = cell_value(n, i, 0);
}

static void make_node(int g) {
    unsigned long slot;
    unsigned store = store_of(PAGES + g, &slot);
    must("node", facet_alloc(CAP_GPT, R_TEMP));
    must("keep node", facet_set(store, OP_GPT_SET, slot, R_TEMP));
    change_l2v(g);
}

static void forget_cap(struct model_cap *cap, int type, int object) {
    if (cap->type == type && cap->object == object)
        cap->type = CAP_NULL;
}

/* Rescinds a page or a node: every capability to it becomes Null, in all trees at once. A fresh one follows it. */
static void replace_object(int n) {
    int type = n < PAGES ? CAP_PAGE : CAP_GPT, object = n < PAGES ? n : n - PAGES;
    fetch_object(n);
    must("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_TEMP));
    for (int i = 0; i < ROOTS; i++)
        forget_cap(&roots[i], type, object);
    for (int i = 0; i < GPTS * 16; i++)
        forget_cap(&gpts[i / 16].slot[i % 16], type, object);
    for (int g = 0; g < GPTS; g++)
        forget_cap(&gpts[g].background, type, object); /* a background that leads nowhere is one too */
    if (type == CAP_PAGE) {
        frames[object] = 0;
        make_page(object);
        return;
    }
    gpts[object] = (struct model_gpt){0};
    make_node(object);
    for (unsigned long slot = 0; slot < 16; slot += 2)
        change_slot(object, slot);
}

static void change_something(void) {
    int g = (int)random_below(GPTS);
    if (one_in(100))
        replace_object((int)random_below(PAGES + GPTS));
    else if (one_in(6))
        change_root();
    else if (one_in(6))
        change_l2v(g);
    else if (one_in(6))
        change_background(g);
    else if (one_in(12))
        change_keeper(g);
    else
        change_slot(g, random_below(16));
}

/* ---- The child */

__asm__(".pushsection .rodata\n"
        "child_code:\n"
        "1: mov $0x1234, %eax\n" /* any label */
        "   mov $2, %edi\n"      /* CALL register 2 */
        "   xor %esi, %esi\n"
        "   xor %r13d, %r13d\n"
        "   xor %r15d, %r15d\n"
        "   syscall\n" /* rdx address, r10 enum access, r8 value */
        "   lea 3f(%rip), %rbx\n"
        "   cmp $1, %r10\n"
        "   je 2f\n"
        "   ja 4f\n"
        "   mov (%rdx), %rdx\n"
        "   jmp 1b\n"
        "2: mov %r8, (%rdx)\n"
        "3: mov $0x600d, %edx\n"
        "   jmp 1b\n"
        "4: jmp *%rdx\n"
        "child_code_end:\n"
        ".popsection\n");
extern const char child_code[], child_code_end[];

static void child_reset(void) {
    static const struct facet_regs start = {.rip = CHILD_CODE, .rflags = 0x202};
    struct facet_message m = {.string = &start, .string_size = sizeof start};
    must("set registers", facet_call(R_CHILD, OP_PROCESS_SET_REGS, &m));
}

/* Answers the child (label 0) and waits for what it says next. */
static unsigned long child_resume(struct facet_message *m) {
    m->recv[0] = R_GIVEN;
    m->recv[3] = R_RESUME;
    return facet_invoke(R_RESUME, INVOKE_RETURN, 0, m);
}

/* The keeper is the right one, and is told and given no more than it should. */
static void check_keeper(const struct facet_message *m, unsigned long address, const struct outcome *expected) {
    struct facet_message type = {0};
    must("type", facet_call(R_GIVEN, OP_TYPE, &type));
    if (m->word[0] != expected->fault)
        die("fault of the access", m->word[0], expected->fault);
    if (m->payload != (expected->keeper < 0 ? FROM_KEEPER : FROM_NODE + (unsigned long)expected->keeper))
        die("which keeper", m->payload, (unsigned long)expected->keeper);
    if (m->word[1] != (expected->keeper < 0 ? address : expected->keeper_address))
        die("fault address", m->word[1], expected->keeper < 0 ? address : expected->keeper_address);
    if (type.word[0] != (expected->keeper < 0 ? CAP_NULL : CAP_GPT))
        die("what the keeper is given", type.word[0], CAP_GPT);
    if (type.word[1] != expected->keeper_restr)
        die("its restrictions", type.word[1], expected->keeper_restr);
}

static void check_access(unsigned long address, enum access access, const struct outcome *expected) {
    unsigned long stored = cell_value(expected->page, expected->cell, random_below(65536));
    struct facet_message m = {.word = {address, access, stored}};
    unsigned long label = child_resume(&m);
    if (m.payload != FROM_CONTROL) {
        if (label != OP_FAULT)
            die("keeper message", label, OP_FAULT);
        check_keeper(&m, address, expected);
        child_reset();
        m = (struct facet_message){0};
        child_resume(&m);
        if (m.payload != FROM_CONTROL)
            die("after a fault", m.payload, FROM_CONTROL);
        return;
    }
    if (expected->fault)
        die("access went through, fault", FAULT_NONE, expected->fault);
    if (access == ACCESS_STORE)
        memory[expected->page][expected->cell] = stored;
    unsigned long result = access == ACCESS_LOAD ? memory[expected->page][expected->cell] : 0x600d;
    if (m.word[0] != result)
        die("value", m.word[0], result);
}

static void check_answer(const char *who, unsigned op, unsigned long address, enum access access,
                         const struct outcome *expected) {
    struct facet_message m = {.word = {address, access}, .send = {R_ROOT}};
    must(who, facet_call(CR_DEBUG, op, &m));
    if (m.word[1] != expected->fault)
        die(who, m.word[1], expected->fault);
    if (expected->fault)
        return;
    unsigned long *frame = &frames[expected->page];
    if (!*frame) {
        for (int i = 0; i < PAGES; i++)
            if (frames[i] == (m.word[0] & ~4095ul))
                die("two pages with one frame", m.word[0], 0);
        *frame = m.word[0] & ~4095ul;
    }
    if ((m.word[0] & ~4095ul) != *frame)
        die(who, m.word[0], *frame);
}

/* ---- Set-up */

static void make_child(void) {
    must("endpoint", facet_alloc(CAP_ENDPOINT, R_ENDPOINT));
    must("recipient", facet_set(R_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, CR_SELF));
    must("entry", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, FROM_CONTROL, 0, R_CONTROL));
    must("entry", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, FROM_KEEPER, 0, R_KEEPER));
    must("root", facet_alloc(CAP_GPT, R_ROOT));
    must("root l2v", facet_set(R_ROOT, OP_GPT_SET_L2V, L2V_ROOT, CR_NULL));
    must("code", facet_alloc(CAP_PAGE, R_CODE));
    must("window", facet_set(CR_SPACE, OP_GPT_SET, WINDOW >> L2V_ROOT, R_CODE));
    memcpy((void *)WINDOW, child_code, (unsigned long)(child_code_end - child_code));
    must("code guard", facet_get(R_CODE, OP_MEM_GUARD, CHILD_CODE >> 12, 12, R_CODE));
    must("code slot", facet_set(R_ROOT, OP_GPT_SET, 0, R_CODE));
    must("child", facet_alloc(CAP_PROCESS, R_CHILD));
    must("child's space", facet_set(R_CHILD, OP_PROCESS_SET_SPACE, 0, R_ROOT));
    must("child's keeper", facet_set(R_CHILD, OP_PROCESS_SET_KEEPER, 0, R_KEEPER));
    must("child's control", facet_set(R_CHILD, OP_PROCESS_SET_CAP, 2, R_CONTROL));
    child_reset();
}

static void make_everything(void) {
    must("store", facet_alloc(CAP_GPT, R_STORE));
    must("store", facet_alloc(CAP_GPT, R_STORE2));
    make_child();
    for (int i = 0; i < PAGES; i++)
        make_page(i);
    for (int g = 0; g < GPTS; g++)
        make_node(g);
    for (int g = 0; g < GPTS; g++)
        for (unsigned long slot = 0; slot < 16; slot++)
            change_slot(g, slot);
    for (int i = 0; i < 16; i++)
        change_root();
    must("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL));
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    if (m.payload != FROM_CONTROL)
        die("first message", m.payload, FROM_CONTROL);
}

int main(int argc, char **argv) {
    unsigned long cases = argc > 1 ? parse_number(argv[1]) : 100000, seed = argc > 2 ? parse_number(argv[2]) : 1;
    unsigned long through_windows = 0, keepers_told = 0;
    random_state = seed * 0x9e3779b97f4a7c15ul + 0x1234567;
    make_everything();
    for (unsigned long i = 0; i < cases; i++) {
        if (one_in(4))
            change_something();
        unsigned long address = aim();
        if (address >> L2V_ROOT == 0)
            continue; /* the child's own code */
        enum access access = (enum access)random_below(3);
        struct outcome expected = model_traverse(address, access);
        seen[expected.fault]++;
        through_windows += windows_passed && expected.fault == FAULT_NONE;
        keepers_told += expected.fault != FAULT_NONE && expected.keeper >= 0;
        check_answer("traversal", OP_DEBUG_TRAVERSE, address, access, &expected);
        check_access(address, access, &expected);
        check_answer("page tables", OP_DEBUG_WALK, address, access, &expected);
    }
    print("trees: seed ", seed);
    print(": hits ", seen[FAULT_NONE]);
    print(", no capability ", seen[FAULT_INVALID_ADDRESS]);
    print(", violations ", seen[FAULT_ACCESS_VIOLATION]);
    print(", malformed ", seen[FAULT_MALFORMED_SPACE]);
    print(", too deep ", seen[FAULT_DEPTH]);
    print("; hits through windows ", through_windows);
    print(", faults to keepers of nodes ", keepers_told);
    facet_puts("\n");
    if (cases >= 10000 && (through_windows < 100 || keepers_told < 100))
        die("cases too few of windows or keepers", through_windows, 100);
    for (int i = FAULT_NONE; i <= FAULT_DEPTH; i++)
        if (cases >= 10000 && seen[i] < 10)
            die("cases too few of outcome", (unsigned long)i, 10);
    return 0;
}
