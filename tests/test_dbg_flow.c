/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers of flow that do not fit into the small graphs of tests/flow.
 */
#include "debugger/flow_ask.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define LINKS 1000

/* Processes in a row, each of which can write a page that the next one can read. Returns the first and the last. */
static void make_row(struct flow *flow, uint32_t *first, uint32_t *last) {
    char name[32];
    *first = *last = flow_node(flow, FLOW_PROCESS, "process 0", FLOW_HOSTILE);
    for (int i = 1; i <= LINKS; i++) {
        snprintf(name, sizeof name, "page %d", i);
        uint32_t page = flow_node(flow, FLOW_PAGE, name, FLOW_STOPPED);
        flow_given(flow, *last, FLOW_REGISTER, 1, (struct flow_cap){.type = FLOW_PAGE, .object = page});
        snprintf(name, sizeof name, "process %d", i);
        *last = flow_node(flow, FLOW_PROCESS, name, FLOW_HOSTILE);
        flow_given(flow, *last, FLOW_REGISTER, 2,
                   (struct flow_cap){.type = FLOW_PAGE, .object = page, .restr = CAP_RO});
    }
    flow_solve(flow);
}

static size_t ask(const struct flow *flow, enum flow_verb verb, uint32_t from, uint32_t to) {
    struct flow_names a = {&from, 1}, b = {&to, 1};
    struct flow_answer answer = flow_answer(flow, verb, &a, &b);
    size_t count = answer.count;
    free(answer.fact);
    return count;
}

Test(dbg_flow, a_long_way_is_a_way) {
    struct flow *flow = flow_new();
    uint32_t first, last;
    make_row(flow, &first, &last);
    cr_expect_eq(ask(flow, FLOW_WRITE, first, last), 2 * LINKS);
    cr_expect_eq(ask(flow, FLOW_READ, last, first), 2 * LINKS);
    cr_expect_eq(ask(flow, FLOW_WRITE, last, first), 0);
    cr_expect_eq(ask(flow, FLOW_READ, first, last), 0);
    flow_free(flow);
}
