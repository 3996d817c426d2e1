/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"
#include "guest.h"

/* ---- Processes */

/* Its code must stay executable, and no guard hide it. */
static void space_set(int c) {
    static const unsigned char restrictions[] = {0, 0, 0, CAP_RO, CAP_WK, CAP_OP, CAP_NC};
    static const unsigned char sizes[] = {64, 64, 48, 47};
    struct m_cap cap = {
        .type = CAP_GPT, .object = (int)below(M_ROOTS), .restr = PICK(restrictions), .l2g = PICK(sizes)};
    make_real(&cap);
    must("set space", facet_set(R_CHILD + (unsigned)c, OP_PROCESS_SET_SPACE, 0, R_TEMP));
    world.space[c] = cap;
}

void op_set_space(void) {
    space_set((int)below(M_PROCESSES));
}

static void child_reset(int c) {
    static const struct facet_regs start = {.rip = CHILD_CODE, .rflags = 0x202};
    struct facet_message m = {.string = &start, .string_size = sizeof start};
    must("set registers", facet_call(R_CHILD + (unsigned)c, OP_PROCESS_SET_REGS, &m));
}

/* Answers a child and waits for what it says next. */
static unsigned long child_resume(int c, unsigned long label, struct facet_message *m) {
    m->recv[3] = (unsigned char)(R_RESUME + c);
    return await(label == ~0ul ? CR_NULL : R_RESUME + (unsigned)c, INVOKE_RETURN, label, m);
}

static void expect_control(int c, const struct facet_message *m) {
    if (m->payload != FROM_CONTROL + (unsigned long)c)
        die("who speaks", m->payload, FROM_CONTROL + (unsigned long)c);
}

static struct m_cap own_keeper(int c) {
    return (struct m_cap){.type = CAP_ENTRY, .object = M_END_CONTROL, .offset = FROM_PROCESS + (unsigned long)c};
}

static void set_keeper(int c, struct m_cap keeper) {
    must("keeper", facet_set(R_CHILD + (unsigned)c, OP_PROCESS_SET_KEEPER, 0, make_real(&keeper)));
    world.keeper[c] = keeper;
}

void op_process_keeper(void) {
    int c = (int)below(M_PROCESSES);
    set_keeper(c, one_in(3) ? own_keeper(c) : random_entry());
}

void child_make(int c) {
    unsigned child = R_CHILD + (unsigned)c;
    unsigned long number = (unsigned long)c;
    must("process", facet_alloc(CAP_PROCESS, child));
    world.brand[c] = (struct m_cap){.type = CAP_NULL};
    must("entry", facet_get(R_CONTROL_END, OP_ENDPOINT_MAKE_ENTRY, FROM_CONTROL + number, 0, R_ENTRY));
    must("control", facet_set(child, OP_PROCESS_SET_CAP, CHILD_CONTROL, R_ENTRY));
    set_keeper(c, own_keeper(c));
    space_set(c);
    child_reset(c);
    must("start", facet_set(child, OP_PROCESS_START, 0, CR_NULL));
    struct facet_message m = {0};
    child_resume(c, ~0ul, &m);
    expect_control(c, &m);
}

void op_new_process(void) {
    int c = (int)below(M_PROCESSES);
    object_end(CAP_PROCESS, c, R_CHILD + (unsigned)c);
    child_make(c);
}

void code_make(void) {
    page_make(0);
    for (unsigned long i = 0; i < 4096; i++)
        world.page[0][i] = ((unsigned char *)WINDOW)[i] =
            i < (unsigned long)(child_code_end - child_code) ? (unsigned char)child_code[i] : 0;
    for (int g = 0; g < M_ROOTS; g++) {
        struct m_cap code = {.type = CAP_PAGE, .restr = CAP_RO, .l2g = 12, .match = CHILD_CODE >> 12};
        world.gpt[g].slot[0] = code;
        make_real(&code);
        fetch(STORE_GPT(g), R_TEMP2);
        must("code", facet_set(R_TEMP2, OP_GPT_SET, 0, R_TEMP));
    }
}

/* ---- Accesses */

struct trial {
    int process;
    unsigned kind, size; /* enum child_access */
    enum access access;
    unsigned long address, value, at; /* at: where it faults, if it does */
    struct m_place expected;
};

/* An address that is likely to hit something: down through slots that are not empty, as guards and windows want it. */
static unsigned long aim(int process) {
    const struct m_cap *cap = &world.space[process];
    unsigned long address = 0, rest = 0, free = GUEST_ADDRESS_MAX - 1;
    int background = M_NONE, holder = M_NONE;
    for (int steps = 0; steps < 12 && m_is_memory(cap); steps++) {
        unsigned long low = cap->l2g < 64 ? (1ul << cap->l2g) - 1 : ~0ul, chosen;
        chosen = cap->l2g < 64 ? cap->match << cap->l2g & free : 0;
        address |= chosen;
        rest = rest & low, free &= low;
        if (cap->type == CAP_PAGE)
            break;
        if (cap->type != CAP_GPT) {
            holder = cap->type == CAP_WINDOW ? background : holder;
            if (holder == M_NONE)
                break;
            rest |= cap->offset;
            cap = cap->type == CAP_WINDOW ? &world.gpt[holder].background : &world.gpt[holder].slot[cap->slot];
            continue;
        }
        const struct m_gpt *gpt = &world.gpt[holder = cap->object];
        background = gpt->has_background ? holder : background;
        unsigned long slot = below(holder < M_ROOTS && !one_in(8) ? 5 : 16);
        for (int tries = 0; tries < 4 && gpt->slot[slot].type == CAP_NULL; tries++)
            slot = below(16);
        chosen = slot << gpt->l2v & free & ~rest;
        address |= chosen;
        rest |= chosen;
        cap = &gpt->slot[rest >> gpt->l2v & 15];
        low = (1ul << gpt->l2v) - 1;
        rest &= low, free &= low;
    }
    address |= below(4096) & ~7ul & free;
    if (one_in(12))
        address ^= 8ul << below(43);
    return address & (GUEST_ADDRESS_MAX - 1);
}

static int executable(const struct m_place *place) {
    const unsigned char *code = &world.page[place->page][place->offset];
    return place->page != 0 && place->offset <= 4088 && code[0] == 0xb8 && code[5] == 0xff && code[6] == 0xe3;
}

static const enum access access_of[CHILD_KINDS] = {
    [CHILD_LOAD] = ACCESS_LOAD, [CHILD_STORE] = ACCESS_STORE,   [CHILD_EXECUTE] = ACCESS_FETCH,
    [CHILD_ADD] = ACCESS_STORE, [CHILD_LOAD1] = ACCESS_LOAD,    [CHILD_STORE1] = ACCESS_STORE,
    [CHILD_SEND] = ACCESS_LOAD, [CHILD_RECEIVE] = ACCESS_STORE,
};

static void choose(struct trial *t) {
    t->process = (int)below(M_PROCESSES);
    t->kind = (unsigned)below(CHILD_KINDS);
    t->address = aim(t->process);
    t->size = t->kind == CHILD_LOAD1 || t->kind == CHILD_STORE1 ? 1 : 8;
    int any_border = t->kind != CHILD_EXECUTE && t->kind != CHILD_ADD;
    if (t->size == 1 || (any_border && one_in(4)))
        t->address += one_in(3) ? below(8) : (~t->address & 4095) - below(8);
    if (t->address + 8 > GUEST_ADDRESS_MAX)
        t->address &= ~7ul;
    t->access = access_of[t->kind];
    t->expected = m_find_all(&world, t->process, t->address, t->kind == CHILD_EXECUTE ? 1 : t->size, t->access,
                             t->kind != CHILD_SEND && t->kind != CHILD_RECEIVE, &t->at);
    if (t->kind == CHILD_EXECUTE && t->expected.fault == FAULT_NONE && !executable(&t->expected)) {
        t->kind = CHILD_LOAD1;
        t->size = 1;
        t->access = ACCESS_LOAD;
    }
    t->value = t->kind == CHILD_ADD ? 1ul << 56 : cell(below(~0ul), below(256));
    statistics.crossings += t->size > 4096 - t->address % 4096;
}

/* What the child must report, and what becomes of memory. */
static unsigned long effect(const struct trial *t, unsigned long said) {
    unsigned long old = m_load(&world, t->process, t->address, t->kind == CHILD_EXECUTE ? 5 : t->size);
    if (t->kind == CHILD_EXECUTE)
        return statistics.executed++, old >> 8;
    if (t->access == ACCESS_STORE)
        m_store(&world, t->process, t->address, t->size, t->kind == CHILD_ADD ? old + t->value : t->value);
    if (t->kind == CHILD_SEND && said != old)
        die("string", said, old);
    if (t->kind == CHILD_SEND)
        return CHILD_STORED;
    return t->access == ACCESS_LOAD || t->kind == CHILD_ADD ? old : CHILD_STORED;
}

/* ---- Faults: the keeper of a GPT is told, or that of the process, through forwarders or not */

struct telling {
    enum { OF_GPT, OF_PROCESS, OF_NOBODY } keeper;
    int waits; /* at a blocked forwarder, or for who does not receive */
    struct m_way way;
};

static const struct m_cap *keeper_of(const struct trial *t, const struct telling *tell) {
    return tell->keeper == OF_GPT ? &world.gpt[t->expected.keeper].keeper : &world.keeper[t->process];
}

/* Who hears of it from that keeper on. */
static struct telling telling(const struct trial *t, int keeper) {
    struct telling tell = {.keeper = keeper};
    for (; keeper < OF_NOBODY; tell.keeper = ++keeper) {
        if (keeper == OF_GPT && t->expected.keeper == M_NONE)
            continue;
        tell.way = m_way(&world, *keeper_of(t, &tell));
        tell.waits = tell.way.recipient != M_SELF;
        if (tell.way.blocked != M_NONE || (tell.way.recipient != M_NONE && tell.way.recipient != t->process))
            break;
    }
    return tell;
}

/* A fault of which nobody can be told would end this program; that of a string happens only when somebody waits for it.
 */
static struct telling tell_somebody(const struct trial *t, int keeper) {
    struct telling tell = telling(t, OF_PROCESS);
    if (tell.keeper == OF_NOBODY)
        set_keeper(t->process, own_keeper(t->process));
    tell = telling(t, keeper);
    for (; t->kind == CHILD_SEND && tell.waits; tell = telling(t, tell.keeper))
        straighten(keeper_of(t, &tell));
    return tell;
}

/* Somebody has been told who does not receive it: changes the way until somebody does. */
static void tell_late(const struct trial *t, struct telling *tell, struct facet_message *m) {
    if (tell->keeper == OF_GPT)
        set_keeper(t->process, own_keeper(t->process));
    for (int i = 0; tell->waits; i++) {
        if (tell->keeper == OF_GPT && i < 10)
            stir();
        else
            straighten(keeper_of(t, tell));
        *tell = telling(t, tell->keeper);
    }
    *m = (struct facet_message){0};
    child_resume(t->process, ~0ul, m);
    statistics.told_late++;
}

static void expect_space(const struct trial *t) {
    struct facet_message type = {0};
    must("type", facet_call(R_GOT, OP_TYPE, &type));
    if (type.word[0] != CAP_GPT || type.word[1] != t->expected.keeper_restr)
        die("restrictions of the keeper's capability", type.word[1], t->expected.keeper_restr);
    statistics.keepers_told++;
}

static void expect_fault(const struct trial *t, const struct facet_message *m, const struct telling *tell) {
    if (m->payload != tell->way.payload)
        die("which keeper", m->payload, tell->way.payload);
    if (m->word[0] != t->expected.fault)
        die("fault of the access", m->word[0], t->expected.fault);
    unsigned long address = tell->keeper == OF_GPT ? t->expected.keeper_address : t->at;
    if (m->word[1] != address)
        die("address told to the keeper", m->word[1], address);
    unsigned long kind = t->access == ACCESS_LOAD ? 4 : t->access == ACCESS_STORE ? 6 : 0x14;
    if (tell->way.worded != M_NONE && m->word[3] != world.forwarder[tell->way.worded].word)
        die("the forwarder's word", m->word[3], world.forwarder[tell->way.worded].word);
    /* Of a read-modify-write processors may give the load as the reason or the store; the kernel's copies have none. */
    if (tell->way.worded == M_NONE && (m->word[3] & 0x16) != kind && t->kind != CHILD_ADD && t->kind != CHILD_SEND)
        die("error code", m->word[3] & 0x16, kind);
    struct m_cap sender = {.type = tell->way.sender == M_NONE ? CAP_NULL : CAP_FORWARDER, .object = tell->way.sender};
    expect_cap("the forwarder on the way to the keeper", R_GOT + 2, &sender);
    statistics.told_through += keeper_of(t, tell)->type == CAP_FORWARD;
    if (tell->keeper == OF_GPT)
        expect_space(t);
}

/* What the child is told, which makes it fault, has label and words of m. */
static void fault_told(const struct trial *t, int keeper, unsigned long label, struct facet_message *m) {
    struct telling tell = tell_somebody(t, keeper);
    if (!tell.waits) {
        if (child_resume(t->process, label, m) != OP_FAULT)
            die("the access goes through, fault", FAULT_NONE, t->expected.fault);
    } else {
        must("answer", facet_invoke(R_RESUME + (unsigned)t->process, INVOKE_FORK, label, m));
        run_others();
        tell_late(t, &tell, m);
    }
    expect_fault(t, m, &tell);
    if (tell.keeper == OF_GPT && one_in(3)) {
        statistics.declined++;
        *m = (struct facet_message){0};
        fault_told(t, OF_PROCESS, 1, m);
        return;
    }
    child_reset(t->process);
    *m = (struct facet_message){0};
    child_resume(t->process, 0, m);
    expect_control(t->process, m);
}

/* Sends the child a string for which it has room there, promptly: as much as fits arrives, and nobody hears of a fault.
 */
static void try_receive(const struct trial *t) {
    struct facet_message m = {
        .string = &t->value, .string_size = sizeof t->value, .recv = {0, 0, 0, (unsigned char)(R_RESUME + t->process)}};
    unsigned long fits = t->expected.fault == FAULT_NONE ? sizeof t->value : t->at - t->address;
    await(R_RESUME + (unsigned)t->process, INVOKE_RETURN | INVOKE_PROMPT, RC_OK, &m);
    expect_control(t->process, &m);
    if (m.word[0] != fits)
        die("bytes of string received", m.word[0], fits);
    m_store(&world, t->process, t->address, (unsigned)fits, t->value);
}

static void try_access(const struct trial *t) {
    struct facet_message m = {.word = {t->address, t->kind, t->value}};
    if (t->expected.fault && t->kind != CHILD_RECEIVE) {
        fault_told(t, OF_GPT, 0, &m);
        return;
    }
    unsigned long label = child_resume(t->process, 0, &m);
    if (t->kind == CHILD_RECEIVE && label != OP_FAULT && m.word[0] == CHILD_READY) {
        try_receive(t);
        return;
    }
    if (label == OP_FAULT)
        die("the access faults", m.word[0], FAULT_NONE);
    expect_control(t->process, &m);
    statistics.windows += t->expected.windows > 0;
    statistics.fronts += t->expected.front == M_FRONT_PAGE;
    statistics.parts += t->expected.front >= 0;
    unsigned long value = effect(t, t->kind == CHILD_SEND ? *(unsigned long *)m.room : 0);
    if (m.word[0] != value)
        die("value", m.word[0], value);
}

/* Where the kernel says that it leads: by traversal, or by the page tables as they are after a fault. */
static void ask(const struct trial *t, unsigned op) {
    struct m_place place = m_find(&world, t->process, t->address, t->access);
    struct facet_message m = {.word = {t->address, t->access}, .send = {(unsigned char)(R_CHILD + t->process)}};
    must("question", facet_call(CR_DEBUG, op, &m));
    int hole = m_asked(&place, t->access);
    if (m.word[1] != (hole ? FAULT_NONE : place.fault))
        die(op == OP_DEBUG_WALK ? "fault by page tables" : "fault by traversal", m.word[1], place.fault);
    if (place.fault && !hole)
        return;
    statistics.holes += hole != 0;
    if (op == OP_DEBUG_TRAVERSE && (m.word[2] != place.restr || m.word[3] != place.steps))
        die("restrictions and steps", m.word[2] << 8 | m.word[3], place.restr << 8 | place.steps);
    unsigned long page = m.word[0] & ~4095ul, *frame = &frames[place.page < 0 ? 0 : place.page];
    if ((page >= 1ul << 51) != (place.front != M_NONE))
        die("a front", page, (unsigned long)place.front);
    if (place.front >= 0) {
        if ((page ^ place.front_offset) << 28 >> 40)
            die("offset in the front", page, place.front_offset);
        return;
    }
    for (int p = 0; !*frame && p < M_PAGES; p++)
        if (frames[p] == page)
            die("two pages at one place", page, 0);
    if (!*frame)
        *frame = page;
    if (*frame != page)
        die(op == OP_DEBUG_WALK ? "page by page tables" : "page by traversal", page, *frame);
}

void try_one(int question) {
    struct trial t;
    choose(&t);
    statistics.seen[t.expected.fault]++;
    try_access(&t);
    if (question && has_debug) {
        ask(&t, OP_DEBUG_TRAVERSE);
        ask(&t, OP_DEBUG_WALK);
    }
}
