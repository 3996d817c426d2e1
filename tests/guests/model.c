/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * model [STEPS [SEED]]: random programs of operations on spaces and processes. After each operation child processes
 * make random accesses of every kind, and the kernel is asked where they lead by traversal and by page tables; all must
 * be as the model in tests/model/ says. The last line tells how often each thing happened. Needs --grant range --grant
 * debug.
 *
 * Operations: slots set, copied, weakened, refused; guards, restrictions, windows, backgrounds, keepers, l2v; objects
 * made and rescinded; pages swapped and restored; other spaces for processes, new processes.
 *
 * Accesses: load, store, execute, locked read-modify-write; 1 and 8 bytes, aligned or not, across pages; strings sent
 * and received, which the kernel copies.
 */
#include "../model/guest.h"

#define ACCESSES 3 /* after each operation */

struct m_world world;
unsigned long frames[M_PAGES];
struct statistics statistics;
static unsigned long random_state, step, seed;
static const char *operation = "start";

static void print(const char *text, unsigned long n, unsigned base) {
    facet_puts(text);
    print_number(n, base);
}

_Noreturn void die(const char *what, unsigned long got, unsigned long expected) {
    print("model: seed ", seed, 10);
    print(", step ", step, 10);
    facet_puts(", after ");
    facet_puts(operation);
    facet_puts(": ");
    facet_puts(what);
    print(": got 0x", got, 16);
    print(", expected 0x", expected, 16);
    facet_puts("\n");
    facet_exit(1);
}

void must(const char *what, unsigned long rc) {
    if (rc != RC_OK)
        die(what, rc, RC_OK);
}

unsigned long below(unsigned long n) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % n;
}

static const struct {
    const char *name;
    void (*run)(void);
    unsigned weight;
} operations[] = {
    {"setting a slot", op_set_slot, 40},
    {"making a loop", op_set_loop, 1},
    {"copying a slot", op_copy_slot, 8},
    {"setting l2v", op_set_l2v, 6},
    {"a refused change", op_refused, 2},
    {"setting a window", op_set_window, 16},
    {"setting a background", op_set_background, 10},
    {"setting a keeper", op_set_keeper, 5},
    {"rescinding the keepers' endpoint", op_rescind_keepers, 1},
    {"swapping a page", op_swap, 6},
    {"swapping a part of a GPT", op_swap_part, 8},
    {"rescinding a page", op_rescind_page, 3},
    {"rescinding a GPT", op_rescind_gpt, 3},
    {"setting a space", op_set_space, 3},
    {"replacing a process", op_new_process, 2},
};
#define OPERATIONS (sizeof operations / sizeof *operations)

static void operate(void) {
    unsigned total = 0, i = 0;
    for (unsigned k = 0; k < OPERATIONS; k++)
        total += operations[k].weight;
    unsigned long n = below(total);
    while (n >= operations[i].weight)
        n -= operations[i++].weight;
    operation = operations[i].name;
    operations[i].run();
}

static void make_everything(void) {
    must("store", facet_alloc(CAP_CAPPAGE, R_STORE));
    must("endpoint", facet_alloc(CAP_ENDPOINT, R_CONTROL_END));
    must("recipient", facet_set(R_CONTROL_END, OP_ENDPOINT_SET_RECIPIENT, 0, CR_SELF));
    keeper_endpoint();
    for (int p = 1; p < M_PAGES; p++)
        page_make(p);
    for (int g = 0; g < M_GPTS; g++)
        gpt_make(g);
    code_make();
    for (int g = 0; g < M_GPTS; g++)
        for (unsigned long slot = g < M_ROOTS; slot < 16; slot++)
            set_slot(g, slot);
    for (int c = 0; c < M_PROCESSES; c++)
        child_make(c);
}

static void summary(void) {
    print("model: seed ", seed, 10);
    print(": ", step, 10);
    print(" operations (", statistics.swaps, 10);
    print(" swaps, ", statistics.rescinds, 10);
    print(" rescinded, ", statistics.refusals, 10);
    print(" refused), accesses: ", statistics.seen[FAULT_NONE], 10);
    print(" hit, ", statistics.seen[FAULT_INVALID_ADDRESS], 10);
    print(" no capability, ", statistics.seen[FAULT_ACCESS_VIOLATION], 10);
    print(" violations, ", statistics.seen[FAULT_MALFORMED_SPACE], 10);
    print(" malformed, ", statistics.seen[FAULT_DEPTH], 10);
    print(" too deep; ", statistics.executed, 10);
    print(" executed, ", statistics.crossings, 10);
    print(" across pages, ", statistics.windows, 10);
    print(" through windows, ", statistics.fronts, 10);
    print(" on fronts of pages, ", statistics.parts, 10);
    print(" of GPTs, ", statistics.holes, 10);
    print(" asked about holes there, ", statistics.keepers_told, 10);
    print(" told a GPT's keeper, ", statistics.declined, 10);
    facet_puts(" declined\n");
}

int main(int argc, char **argv) {
    unsigned long steps = argc > 1 ? parse_number(argv[1]) : 5000;
    seed = argc > 2 ? parse_number(argv[2]) : 1;
    random_state = seed * 0x9e3779b97f4a7c15ul + 0x1234567;
    make_everything();
    for (step = 1; step <= steps; step++) {
        operate();
        for (int i = 0; i < ACCESSES; i++)
            try_one(i == 0);
    }
    step = steps;
    summary();
    for (int i = FAULT_NONE; i <= FAULT_DEPTH; i++)
        if (steps >= 50000 && statistics.seen[i] < 100)
            die("too few of outcome", (unsigned long)i, 100);
    return 0;
}
