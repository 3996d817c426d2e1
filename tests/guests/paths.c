/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * paths WHAT N: does one thing N times, so that two runs with different N tell what it costs and what it leaves behind.
 * Needs --grant range.
 *
 *     null        a system call that only answers
 *     oneway      a message to a process that waits for it (and its return to waiting: two switches, one message each
 * way) fault       page fault of a child -> this program as its keeper -> resumed map         first touch of a page
 * that is there overwrite   a page seen at two addresses of one node is replaced by another rescind     a page seen at
 * two addresses is rescinded share       N processes in this one's space touch the same pages
 */
#include "check.h"

enum { R_CHILD = CR_FREE, R_ENDPOINT, R_ENTRY, R_PAGE, R_OTHER, R_NODE, R_RESUME };
#define L2V_ROOT 44
#define SLOT_A 3ul
#define SLOT_B 4ul
#define VIEW(slot, page) ((volatile unsigned long *)((slot << L2V_ROOT) + (page)*4096))
#define PAGES 16ul

static unsigned long stack[512];
static volatile unsigned char shared[64 * 4096] __attribute__((aligned(4096)));

static void must(unsigned long rc) {
    check("result", rc, RC_OK);
}

static void null(unsigned long n) {
    for (unsigned long i = 0; i < n; i++) {
        struct facet_message m = {0};
        facet_call(CR_STDOUT, OP_TYPE, &m);
    }
}

/* ---- A server that answers with nothing */

static void serve(void) {
    struct facet_message m = {.recv = {0, 0, 0, 3}};
    for (unsigned to = CR_NULL;; to = 3)
        facet_invoke(to, INVOKE_RETURN, RC_OK, &m);
}

static void oneway(unsigned long n) {
    make_process(R_CHILD, serve, stack + 512, CR_NULL, CR_NULL);
    make_entry(R_ENDPOINT, R_CHILD, 1, R_ENTRY);
    must(facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL));
    for (unsigned long i = 0; i < n; i++) {
        struct facet_message m = {0};
        facet_call(R_ENTRY, 1, &m);
    }
}

/* ---- A child that faults at one address again and again */

static void store(void) {
    for (;;)
        *VIEW(SLOT_A, 0) = 1;
}

static void fault(unsigned long n) {
    make_entry(R_ENDPOINT, CR_SELF, 1, R_ENTRY);
    make_process(R_CHILD, store, stack + 512, CR_NULL, R_ENTRY);
    must(facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL));
    unsigned to = CR_NULL;
    for (unsigned long i = 0; i < n; i++, to = R_RESUME) {
        struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
        check("label", facet_invoke(to, INVOKE_RETURN, 0, &m), OP_FAULT);
    }
}

/* ---- A node of pages, seen in two slots */

static void node(void) {
    must(facet_alloc(CAP_GPT, R_NODE));
    for (unsigned long i = 0; i < PAGES; i++) {
        must(facet_alloc(CAP_PAGE, R_PAGE));
        must(facet_set(R_NODE, OP_GPT_SET, i, R_PAGE));
    }
    must(facet_set(CR_SPACE, OP_GPT_SET, SLOT_A, R_NODE));
    must(facet_get(R_NODE, OP_MEM_REDUCE, CAP_NX, 0, R_OTHER)); /* otherwise both would share one page table */
    must(facet_set(CR_SPACE, OP_GPT_SET, SLOT_B, R_OTHER));
    for (unsigned long i = 0; i < PAGES; i++)
        *VIEW(SLOT_A, i) = *VIEW(SLOT_B, i) = i;
}

static void map(unsigned long n) {
    node();
    for (unsigned long i = 0; i < n; i++) {
        must(facet_set(R_NODE, OP_GPT_SET, PAGES - 1, R_PAGE)); /* removes the mapping */
        *VIEW(SLOT_A, PAGES - 1) = i;
    }
}

static void overwrite(unsigned long n) {
    node();
    must(facet_alloc(CAP_PAGE, R_OTHER));
    for (unsigned long i = 0; i < n; i++) {
        must(facet_set(R_NODE, OP_GPT_SET, 5, i % 2 ? R_PAGE : R_OTHER));
        *VIEW(SLOT_A, 5) = i;
        check("the other view", *VIEW(SLOT_B, 5), i);
        check("the neighbours", *VIEW(SLOT_A, 4) + *VIEW(SLOT_A, 6) + *VIEW(SLOT_B, 4), 14);
    }
}

static void rescind(unsigned long n) {
    node();
    for (unsigned long i = 0; i < n; i++) {
        must(facet_alloc(CAP_PAGE, R_OTHER));
        must(facet_set(R_NODE, OP_GPT_SET, 5, R_OTHER));
        check("a fresh page", *VIEW(SLOT_A, 5) + *VIEW(SLOT_B, 5), 0);
        *VIEW(SLOT_A, 5) = i + 1;
        must(facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_OTHER));
    }
}

/* ---- Processes that share */

static void touch(void) {
    for (unsigned long i = 0; i < sizeof shared; i += 4096)
        shared[i]++;
    struct facet_message m = {0};
    facet_call(2, 1, &m);
}

static void share(unsigned long n) {
    make_entry(R_ENDPOINT, CR_SELF, 1, R_ENTRY);
    for (unsigned long i = 0; i < n; i++) {
        struct facet_message m = {0};
        make_process(R_CHILD, touch, stack + 512, R_ENTRY, CR_NULL);
        must(facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL));
        check("label", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), 1);
        must(facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_CHILD));
    }
    check("all were here", shared[4096], n);
}

static int is(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(unsigned long n);
    } all[] = {{"null", null},           {"oneway", oneway},   {"fault", fault}, {"map", map},
               {"overwrite", overwrite}, {"rescind", rescind}, {"share", share}};
    for (unsigned i = 0; argc == 3 && i < sizeof all / sizeof *all; i++)
        if (is(argv[1], all[i].name)) {
            all[i].run(parse_number(argv[2]));
            return 0;
        }
    return 2;
}
