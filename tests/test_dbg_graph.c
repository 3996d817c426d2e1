/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The capability graph against the account that a guest keeps of what it has put where, and against the kernel.
 */
#include "debugger/graph.h"
#include "debugger/text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

static struct session *session;
static struct facet_error error;

#define OK(call) cr_assert_eq(call, FACET_OK, "%s", error.text)

static void open_program(const char *path, const char *steps) {
    static char name[] = "holders", *argv[3] = {name};
    static const struct grants grants = {.flags = GRANT_STDIN | GRANT_STDOUT | GRANT_STDERR | GRANT_RANGE};
    int null = open("/dev/null", O_RDWR);
    argv[1] = (char *)steps;
    const struct session_config config = {.program = path,
                                          .argv = argv,
                                          .argc = steps ? 2 : 1,
                                          .memory = 32 << 20,
                                          .grants = &grants,
                                          .stream_fd = {null, null, null}};
    OK(session_open(&config, &session, &error));
}

static uint64_t find(const char *name) {
    const struct symbol *symbol;
    OK(symbols_find(session_symbols(session), name, &symbol, &error));
    return symbol->va;
}

/* ---- As tests/guests/holders.c has them */

enum { PAGE_OBJECTS = 4, CAPPAGES = 2, GPTS = 4, OBJECTS = PAGE_OBJECTS + CAPPAGES + GPTS, HOLDERS = CAPPAGES + GPTS };
struct held {
    unsigned object, restr, l2g;
    unsigned long match;
};
static struct held account[HOLDERS][CAPPAGE_SLOTS];
static uint64_t ids[OBJECTS];

static void check_edge(const struct graph *g, unsigned holder, const struct graph_edge *e) {
    unsigned slot = e->place == GRAPH_BACKGROUND ? GPT_SLOTS : e->number;
    const struct held *held = &account[holder][slot];
    cr_assert(e->place == GRAPH_SLOT || e->place == GRAPH_BACKGROUND);
    cr_assert(held->object, "holder %u, slot %u: the account has nothing", holder, slot);
    cr_assert_neq(e->to, GRAPH_NONE);
    cr_assert_eq(g->nodes[e->to].id, ids[held->object - 1], "holder %u, slot %u", holder, slot);
    cr_assert_eq(e->cap.id, ids[held->object - 1]);
    cr_assert_eq(e->cap.restrictions, held->restr);
    cr_assert_eq(e->cap.l2g, held->l2g);
    cr_assert_eq(e->cap.match, held->match);
}

/* Every capability that the account has is an edge, and every edge is one that it has. */
static unsigned check_holder(const struct graph *g, unsigned holder) {
    unsigned count = 0;
    uint32_t node = graph_find(g, ids[PAGE_OBJECTS + holder]);
    cr_assert_neq(node, GRAPH_NONE);
    cr_assert_eq(g->nodes[node].type, holder < CAPPAGES ? CAP_CAPPAGE : CAP_GPT);
    for (unsigned slot = 0; slot < CAPPAGE_SLOTS; slot++)
        count += account[holder][slot].object != 0;
    cr_assert_eq(g->nodes[node].out, count, "holder %u: %u edges, the account has %u", holder, g->nodes[node].out,
                 count);
    for (uint32_t i = 0; i < count; i++)
        check_edge(g, holder, graph_out(g, node, i));
    return count;
}

/* Who holds it, as the account says: slots, and one register of the program. */
static void check_object(const struct graph *g, unsigned object) {
    uint32_t node = graph_find(g, ids[object]), program = graph_find_name(g, "holders");
    unsigned count = 0, registers = 0;
    for (unsigned i = 0; i < HOLDERS; i++)
        for (unsigned slot = 0; slot < CAPPAGE_SLOTS; slot++)
            count += account[i][slot].object == object + 1;
    for (uint32_t i = 0; i < g->nodes[node].in; i++)
        registers += graph_in(g, node, i)->from == program;
    cr_assert_eq(registers, 1u);
    cr_assert_eq(g->nodes[node].in, count + 1);
}

Test(dbg_graph, has_what_a_guest_has_put_where_and_nothing_else, .timeout = 60) {
    unsigned looks = 0, seen = 0;
    open_program(BUILD_DIR "/tests/guests/holders", "2000");
    OK(session_start(session, &error));
    session_break(session, find("look"), true);
    for (; session_continue(session).event == SESSION_BREAKPOINT; looks++) {
        session_read(session, find("account"), account, sizeof account);
        session_read(session, find("object_ids"), ids, sizeof ids);
        struct graph *g = graph_new(session);
        for (unsigned holder = 0; holder < HOLDERS; holder++)
            seen += check_holder(g, holder);
        for (unsigned object = 0; object < OBJECTS; object++)
            check_object(g, object);
        graph_free(g);
    }
    cr_assert_eq(looks, 200u);
    cr_assert_gt(seen, 5000u);
    session_close(session);
}

/* ---- Any system */

/* Each edge is found from both of its ends, and only there. */
static void check_ends(const struct graph *g) {
    uint32_t out = 0, in = 0, to = 0;
    for (uint32_t node = 0; node < g->node_count; node++) {
        for (uint32_t i = 0; i < g->nodes[node].out; i++, out++)
            cr_assert_eq(graph_out(g, node, i)->from, node);
        for (uint32_t i = 0; i < g->nodes[node].in; i++, in++)
            cr_assert_eq(graph_in(g, node, i)->to, node);
    }
    for (uint32_t i = 0; i < g->edge_count; i++)
        to += g->edges[i].to != GRAPH_NONE;
    cr_assert_eq(out, g->edge_count);
    cr_assert_eq(in, to);
}

static const struct graph_edge *edge_of(const struct graph *g, uint32_t node, enum graph_place place, unsigned number) {
    for (uint32_t i = 0; i < g->nodes[node].out; i++)
        if (graph_out(g, node, i)->place == place && graph_out(g, node, i)->number == number)
            return graph_out(g, node, i);
    cr_assert_fail("node %u has no such edge", node);
    return NULL;
}

/* The kernel's own walk ends at the page whose holders are on the path. */
static void check_path(const struct graph *g, uint64_t va) {
    struct session_traversal t;
    OK(session_traverse(session, session_process(session), va, ACCESS_LOAD, &t, &error));
    cr_assert_eq(t.fault, FAULT_NONE);
    const struct graph_edge *e = edge_of(g, graph_find(g, session_process(session)), GRAPH_SPACE, 0);
    for (int i = 0; i < t.steps; i++) {
        cr_assert_eq(e->cap.type, t.step[i].type);
        cr_assert_eq(g->nodes[e->to].id, t.step[i].id);
        cr_assert_eq(e->cap.restrictions, t.step[i].restrictions);
        if (t.step[i].slot >= 0)
            e = edge_of(g, e->to, GRAPH_SLOT, (unsigned)t.step[i].slot);
    }
    cr_assert_eq(g->nodes[e->to].type, CAP_PAGE);
}

Test(dbg_graph, leads_where_the_kernel_walks) {
    open_program(BUILD_DIR "/guests/ledger", NULL);
    OK(session_swap(session, "sym:ledger", "count", &error));
    OK(session_start(session, &error));
    struct graph *g = graph_new(session);
    check_ends(g);
    check_path(g, find("main"));
    check_path(g, find("ledger"));
    check_path(g, GUEST_STACK_TOP - 8);
    uint32_t init = graph_find_name(g, "init"), program = graph_find_name(g, "ledger");
    cr_assert_eq(g->nodes[program].id, session_process(session));
    const struct graph_edge *parent = edge_of(g, program, GRAPH_REGISTER, CR_PARENT);
    cr_assert_eq(parent->cap.type, CAP_ENTRY);
    cr_assert_eq(edge_of(g, parent->to, GRAPH_RECIPIENT, 0)->to, init);
    unsigned fronts = 0;
    for (uint32_t i = 0; i < g->edge_count; i++)
        if (g->edges[i].place == GRAPH_FRONT) {
            cr_assert_str_eq(g->edges[i].handler, "count");
            cr_assert_eq(g->nodes[g->edges[i].from].type, CAP_PAGE);
            fronts++;
        }
    cr_assert_eq(fronts, 1u);
    graph_free(g);
    session_close(session);
}
