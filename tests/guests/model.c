/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * model [STEPS [SEED]]: random programs of operations on spaces, processes, endpoints and forwarders. After each
 * operation child processes make random accesses of every kind, the kernel is asked where they lead by traversal and by
 * page tables, and ProcessTool is asked about capabilities; all must be as the model in tests/model/ says. The last
 * line tells how often each thing happened. Needs --grant range or --grant bank;
 * without --grant debug nothing is swapped, and the kernel not asked.
 *
 * Operations: slots set, copied, weakened, refused; guards, restrictions, windows, backgrounds, keepers, l2v; objects
 * made and rescinded; pages swapped and restored; other spaces for processes, new processes. Forwarders get targets,
 * are blocked and rescinded, endpoints get recipients and demand payloads, while messages are on their way; keepers are
 * reached through forwarders, too.
 *
 * Accesses: load, store, execute, locked read-modify-write; 1 and 8 bytes, aligned or not, across pages; strings sent
 * and received, which the kernel copies.
 */
#include "../model/guest.h"

#define ACCESSES 3 /* after each operation */

struct m_world world;
unsigned long frames[M_PAGES];
struct statistics statistics;
int has_debug;
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
    {"setting the keeper of a process", op_process_keeper, 2},
    {"sending a message", op_send, 14},
    {"receiving a message", op_receive, 6},
    {"answering a message", op_answer, 6},
    {"replacing a sender", op_new_sender, 1},
    {"setting a target", op_set_target, 8},
    {"blocking a forwarder", op_block, 6},
    {"setting a recipient", op_set_recipient, 3},
    {"setting a match", op_set_match, 2},
    {"rescinding a forwarder", op_rescind_forwarder, 2},
    {"rescinding an endpoint", op_rescind_end, 1},
    {"a forwarder's slots", op_forwarder_slot, 3},
    {"a forwarder's word", op_forwarder_word, 2},
    {"setting a brand", op_set_brand, 4},
    {"ending a bank", op_end_bank, 1},
    {"a refused rescind", op_refused_end, 1},
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
    for (int e = 0; e < M_ENDS; e++)
        end_make(e);
    fetch(STORE_END(M_END_CONTROL), R_CONTROL_END);
    fetch(STORE_END(M_END_REPORT), R_REPORT_END);
    for (int f = 0; f < M_FORWARDERS; f++)
        forwarder_make(f);
    senders_make();
    for (int p = 1; p < M_PAGES; p++)
        page_make(p);
    for (int g = 0; g < M_GPTS; g++)
        gpt_make(g);
    code_make();
    for (int c = 0; c < M_PROCESSES; c++)
        child_make(c);
    for (int g = 0; g < M_GPTS; g++)
        for (unsigned long slot = g < M_ROOTS; slot < 16; slot++)
            set_slot(g, slot);
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
    print(" declined, ", statistics.told_through, 10);
    print(" through forwarders, ", statistics.told_late, 10);
    print(" after waiting; messages: ", statistics.sent, 10);
    print(" sent, ", statistics.waited, 10);
    print(" blocked, ", statistics.arrived, 10);
    print(" arrived, ", statistics.through, 10);
    print(" of them through forwarders, ", statistics.answered, 10);
    print(" answered, ", statistics.refused, 10);
    print(" refused; capabilities: ", statistics.identified, 10);
    print(" known by their brand, ", statistics.strangers, 10);
    facet_puts(" not\n");
}

int main(int argc, char **argv) {
    unsigned long steps = argc > 1 ? parse_number(argv[1]) : 5000;
    seed = argc > 2 ? parse_number(argv[2]) : 1;
    struct facet_message type = {0};
    must("type", facet_call(CR_DEBUG, OP_TYPE, &type));
    has_debug = type.word[0] == CAP_DEBUG;
    random_state = seed * 0x9e3779b97f4a7c15ul + 0x1234567;
    bank_start();
    make_everything();
    for (step = 1; step <= steps; step++) {
        operate();
        for (unsigned i = one_in(3) ? 0 : 1; i < ACCESSES; i++)
            try_one(i == 1);
        if (one_in(3))
            try_identify();
    }
    step = steps;
    summary();
    for (int i = FAULT_NONE; i <= FAULT_DEPTH; i++)
        if (steps >= 50000 && statistics.seen[i] < 100)
            die("too few of outcome", (unsigned long)i, 100);
    return 0;
}
