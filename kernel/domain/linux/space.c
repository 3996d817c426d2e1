/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For each GPT there is a node here that says which slots are in use; the last level knows the states of its pages. The
 * registers R_PATH… hold the GPTs on the path to the page that was last looked at, so that neighbours cost little.
 */
#include "internal.h"

#define LEVELS 9 /* l2v 12, 16, … 44 */
#define SLOTS 16u
#define SHIFT(level) (12u + 4u * (level))

struct node {
    unsigned used; /* slots */
    union {
        struct node *lower[SLOTS];
        unsigned char state[SLOTS]; /* level 0 */
    };
};

static struct node top FREQUENT_DATA;
static struct node *path[LEVELS] FREQUENT_DATA = {[LEVELS - 1] = &top}; /* NULL: not known */
static unsigned long prefix[LEVELS] FREQUENT_DATA;                      /* of the addresses below path[level] */
static struct node *unused_nodes, *unused_leaves;
unsigned long space_pages FREQUENT_DATA;

FREQUENT static unsigned path_register(unsigned level) {
    return level == LEVELS - 1 ? R_ROOT : R_PATH + level;
}

FREQUENT static unsigned slot_of(unsigned long address, unsigned level) {
    return (unsigned)(address >> SHIFT(level)) & (SLOTS - 1);
}

FREQUENT static void set(unsigned gpt, unsigned long op, unsigned long word, unsigned cap) {
    struct facet_message m = {.word = {word}, .send = {(unsigned char)cap}};
    must_call(gpt, op, &m);
}

FREQUENT static void get(unsigned cap, unsigned long op, unsigned long w0, unsigned long w1, unsigned to) {
    struct facet_message m = {.word = {w0, w1}, .recv = {(unsigned char)to}};
    must_call(cap, op, &m);
}

void space_start(void) {
    if (!stock_gpt(R_ROOT))
        linux_fail("there is too little memory for the program (--memory, --grant bank:SIZE)");
    set(R_ROOT, OP_GPT_SET_L2V, SHIFT(LEVELS - 1), CR_NULL);
}

/* ---- Nodes */

static struct node *node_alloc(unsigned level) {
    struct node **unused = level ? &unused_nodes : &unused_leaves, *node = *unused;
    unsigned long size = level ? sizeof *node : sizeof(unsigned long) + SLOTS;
    if (!node)
        return pool_alloc(size);
    *unused = *(struct node **)(void *)node;
    memset(node, 0, size);
    return node;
}

static void node_free(struct node *node, unsigned level) {
    struct node **unused = level ? &unused_nodes : &unused_leaves;
    *(struct node **)(void *)node = *unused;
    *unused = node;
}

/* ---- The path */

FREQUENT static void path_forget(unsigned levels) {
    for (unsigned level = 0; level < levels; level++)
        path[level] = 0;
}

/* One level down from level + 1, whose GPT is in its register. 0: there is nothing; with `make`, no memory. */
FREQUENT static int path_down(unsigned long address, unsigned level, int make) {
    struct node *upper = path[level + 1];
    unsigned slot = slot_of(address, level + 1), upper_register = path_register(level + 1);
    struct node *node = upper->used >> slot & 1 ? upper->lower[slot] : 0;
    if (node) {
        get(upper_register, OP_GPT_GET, slot, 0, path_register(level));
    } else {
        if (!make || !stock_gpt(path_register(level)))
            return 0;
        node = node_alloc(level);
        if (!node) {
            stock_rescind(path_register(level));
            return 0;
        }
        set(path_register(level), OP_GPT_SET_L2V, SHIFT(level), CR_NULL);
        set(upper_register, OP_GPT_SET, slot, path_register(level));
        upper->used |= 1u << slot;
        upper->lower[slot] = node;
    }
    path[level] = node;
    prefix[level] = address >> SHIFT(level + 1);
    return 1;
}

/* Brings the path to an address into the registers. Returns the last node, or NULL. */
FREQUENT static struct node *path_to(unsigned long address, int make) {
    unsigned level = 0;
    while (level < LEVELS - 1 && (!path[level] || prefix[level] != address >> SHIFT(level + 1)))
        level++;
    path_forget(level);
    while (level > 0)
        if (!path_down(address, --level, make))
            return 0;
    return path[0];
}

/* ---- Pages */

FREQUENT unsigned space_state(unsigned long address) {
    struct node *node = &top;
    if (path[0] && prefix[0] == address >> SHIFT(1))
        return path[0]->state[slot_of(address, 0)];
    for (unsigned level = LEVELS - 1; level > 0; level--) {
        unsigned slot = slot_of(address, level);
        if (!(node->used >> slot & 1))
            return 0;
        node = node->lower[slot];
    }
    return node->state[slot_of(address, 0)];
}

FREQUENT static unsigned long restrictions(unsigned state) {
    return (state & PAGE_W ? 0ul : CAP_RO) | (state & PAGE_X ? 0ul : CAP_NX);
}

/* The page in R_PAGE, unrestricted, takes its place as its state says: out of reach is behind a guard that no address
 * passes. */
static void page_set(unsigned long address, unsigned state) {
    if (restrictions(state))
        get(R_PAGE, OP_MEM_REDUCE, restrictions(state), 0, R_PAGE);
    if (!(state & PAGE_R))
        get(R_PAGE, OP_MEM_GUARD, 1, 12, R_PAGE);
    set(R_PATH, OP_GPT_SET, slot_of(address, 0), R_PAGE);
}

FREQUENT int space_add(unsigned long address, unsigned state, const void *contents) {
    struct node *leaf = path_to(address, 1);
    int plain = !contents && state & PAGE_R && restrictions(state) == (state & PAGE_X ? 0 : CAP_NX);
    if (!leaf || !stock_page((state & PAGE_X) != 0, R_PAGE))
        return 0;
    struct facet_message m = {.string = contents, .string_size = PAGE_SIZE};
    if (contents)
        must_call(R_PAGE, OP_PAGE_WRITE, &m);
    if (plain)
        set(R_PATH, OP_GPT_SET, slot_of(address, 0), R_PAGE);
    else
        page_set(address, state);
    leaf->state[slot_of(address, 0)] = (unsigned char)(state | PAGE_PRESENT);
    leaf->used |= 1u << slot_of(address, 0);
    space_pages++;
    return 1;
}

static void page_protect(unsigned long address, struct node *leaf, unsigned state) {
    unsigned slot = slot_of(address, 0), old = leaf->state[slot];
    leaf->state[slot] = (unsigned char)(state | PAGE_PRESENT);
    if (((old ^ state) & (PAGE_R | PAGE_W | PAGE_X)) == 0)
        return;
    get(R_PATH, OP_GPT_GET, slot, 0, R_PAGE);
    struct facet_message renew = {.send = {R_PAGE}, .recv = {R_PAGE}};
    if (restrictions(old) & ~restrictions(state))
        must_call(INIT_RANGE, OP_RANGE_RENEW, &renew);
    else if (!(old & PAGE_R))
        get(R_PAGE, OP_MEM_GUARD, 0, 64, R_PAGE);
    page_set(address, state);
}

FREQUENT static void page_remove(unsigned long address, struct node *leaf) {
    unsigned slot = slot_of(address, 0);
    get(R_PATH, OP_GPT_GET, slot, 0, R_PAGE);
    set(R_PATH, OP_GPT_SET, slot, CR_NULL);
    stock_rescind(R_PAGE);
    leaf->state[slot] = 0;
    leaf->used &= ~(1u << slot);
    space_pages--;
}

void space_read(unsigned long address, void *to) {
    struct node *leaf = path_to(address, 0);
    if (!leaf)
        return;
    get(R_PATH, OP_GPT_GET, slot_of(address, 0), 0, R_PAGE);
    struct facet_message renew = {.send = {R_PAGE}, .recv = {R_PAGE}};
    must_call(INIT_RANGE, OP_RANGE_RENEW, &renew);
    struct facet_message m = {.room = to, .room_size = PAGE_SIZE};
    must_call(R_PAGE, OP_PAGE_READ, &m);
}

/* ---- Many pages */

struct visit {
    unsigned long start, end; /* pages */
    void (*page)(struct visit *visit, unsigned long address, struct node *leaf);
    int registers; /* `page` wants the path in them */
    unsigned state;
    space_see *see;
    void *context;
};

static void visit_leaf(struct visit *visit, struct node *leaf, unsigned long base) {
    for (unsigned slot = 0; slot < SLOTS && leaf->used; slot++) {
        unsigned long address = base + slot * PAGE_SIZE;
        if (leaf->used >> slot & 1 && address >= visit->start && address < visit->end) {
            if (visit->registers)
                path_to(address, 0);
            visit->page(visit, address, leaf);
        }
    }
}

/* A GPT that has become empty goes. It is the last on the path, if it is in a register at all. */
static void visit_prune(struct node *upper, unsigned slot, unsigned long base, unsigned level) {
    struct node *node = upper->lower[slot];
    path_to(base, 0);
    set(path_register(level + 1), OP_GPT_SET, slot, CR_NULL);
    stock_rescind(path_register(level));
    path_forget(level + 1);
    upper->used &= ~(1u << slot);
    node_free(node, level);
}

static void visit_node(struct visit *visit, struct node *node, unsigned level, unsigned long base) {
    if (level == 0) {
        visit_leaf(visit, node, base);
        return;
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        unsigned long from = base + ((unsigned long)slot << SHIFT(level));
        if (!(node->used >> slot & 1) || from >= visit->end || from + (1ul << SHIFT(level)) <= visit->start)
            continue;
        visit_node(visit, node->lower[slot], level - 1, from);
        if (!node->lower[slot]->used)
            visit_prune(node, slot, from, level - 1);
    }
}

static void visit_all(struct visit *visit) {
    visit_node(visit, &top, LEVELS - 1, 0);
}

static void visit_protect(struct visit *visit, unsigned long address, struct node *leaf) {
    page_protect(address, leaf, visit->state);
}

void space_protect(unsigned long start, unsigned long end, unsigned state) {
    visit_all(&(struct visit){.start = start, .end = end, .page = visit_protect, .registers = 1, .state = state});
}

static void visit_remove(struct visit *visit, unsigned long address, struct node *leaf) {
    (void)visit;
    page_remove(address, leaf);
}

void space_remove(unsigned long start, unsigned long end) {
    visit_all(&(struct visit){.start = start, .end = end, .page = visit_remove, .registers = 1});
}

/* Where pages go: the last GPT that has taken one, which is then in R_SCRATCH. */
static struct node *target;
static unsigned long target_prefix;

static int target_reach(unsigned long address) {
    if (target && target_prefix == address >> SHIFT(1))
        return 1;
    target = path_to(address, 1);
    target_prefix = address >> SHIFT(1);
    if (target)
        get(R_PATH, OP_MEM_REDUCE, 0, 0, R_SCRATCH);
    return target != 0;
}

/* state: 0 once there is no memory. context: how far they move. */
static void visit_move(struct visit *visit, unsigned long address, struct node *leaf) {
    unsigned slot = slot_of(address, 0);
    unsigned long to = address + *(unsigned long *)visit->context;
    visit->state = visit->state && target_reach(to);
    path_to(address, 0);
    if (!visit->state)
        return;
    get(R_PATH, OP_GPT_GET, slot, 0, R_PAGE);
    set(R_PATH, OP_GPT_SET, slot, CR_NULL);
    set(R_SCRATCH, OP_GPT_SET, slot_of(to, 0), R_PAGE);
    target->state[slot_of(to, 0)] = leaf->state[slot];
    target->used |= 1u << slot_of(to, 0);
    leaf->state[slot] = 0;
    leaf->used &= ~(1u << slot);
}

int space_move(unsigned long from, unsigned long to, unsigned long size) {
    unsigned long distance = to - from;
    struct visit visit = {
        .start = from, .end = from + size, .page = visit_move, .registers = 1, .state = 1, .context = &distance};
    target = 0;
    visit_all(&visit);
    return (int)visit.state;
}

static void visit_see(struct visit *visit, unsigned long address, struct node *leaf) {
    unsigned char state = leaf->state[slot_of(address, 0)];
    unsigned char before = state;
    visit->see(visit->context, address, &state);
    if (state != before) {
        path_to(address, 0);
        page_protect(address, leaf, state);
    }
}

void space_each(unsigned long start, unsigned long end, space_see *see, void *context) {
    visit_all(&(struct visit){.start = start, .end = end, .page = visit_see, .see = see, .context = context});
}

FREQUENT void space_told(unsigned long address, unsigned long size) {
    struct facet_message m = {.word = {address, size}, .send = {R_PROCESS}};
    must_call(INIT_DEBUG, OP_DEBUG_PAGES, &m);
}
