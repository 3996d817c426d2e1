/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * flow against the kernel itself: what it says of a random system (tests/guests/mob.c) before that runs, and what has
 * come to be after its hostile processes have done what they can, for long. Nothing may be that flow denies:
 *
 *     who holds what   every capability in any place of an object of the system, to another one
 *     who knows what   tokens, numbers that at first one object alone has: where they turn up, in pages, registers and
 *                      words, information has come to
 *     who runs         processes that stood still
 *
 * It is asked before they begin, and on the way, at each moment about the time until the next one.
 *
 * usage: kernel GUEST FIRST-SEED SEEDS MOMENTS [rules]   rules: leaves rules out, until each is missed
 */
#include "debugger/flow_internal.h"
#include "debugger/flow_live.h"
#include "debugger/text.h"
#include "kernel_look.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRUSTED_SIZE 32 /* bytes of code */
static struct session *session;
static struct facet_error error;
static struct { unsigned long systems, moments, calls, faults, denied; } total;
static struct { unsigned long said, seen; } caps, ways;
static unsigned long noticed[RULES]; /* by how many systems */

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "kernel: %s\n", what);
    exit(2);
}

/* ---- One run */

static void open_guest(const char *path, unsigned long seed, unsigned long moments) {
    static char name[] = "mob", numbers[2][24], *argv[] = {name, numbers[0], numbers[1], NULL};
    static const struct grants grants = {.flags =
                                             GRANT_STDOUT | GRANT_RANGE | GRANT_DEBUG | GRANT_SCHEDULE | GRANT_TIME};
    static int null = -1;
    snprintf(numbers[0], sizeof numbers[0], "%lu", seed);
    snprintf(numbers[1], sizeof numbers[1], "%lu", moments);
    null = null < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : null;
    const struct session_config config = {.program = path,
                                          .argv = argv,
                                          .argc = 3,
                                          .memory = 16 << 20,
                                          .grants = &grants,
                                          .stream_fd = {null, STDERR_FILENO, null}};
    if (session_open(&config, &session, &error) || session_start(session, &error))
        give_up(error.text);
}

/* To the next of these places. That processes of the mob have faults that nobody is told of is as it should be. */
static bool go_on(void) {
    struct session_stop stop;
    do
        stop = session_continue(session);
    while (stop.event == SESSION_FAULTED);
    if (stop.event != SESSION_BREAKPOINT && (stop.event != SESSION_EXITED || stop.code))
        give_up(stop.event == SESSION_EXITED ? "the guest has failed" : stop.text);
    return stop.event == SESSION_BREAKPOINT;
}

/* Goes on; above all ids that there are then. */
static uint64_t next_object(void) {
    if (!go_on())
        give_up("the guest ends before it begins");
    struct graph *graph = graph_new(session);
    uint64_t next = 0;
    for (uint32_t i = 0; i < graph->node_count; i++)
        next = graph->nodes[i].id >= next ? graph->nodes[i].id + 1 : next;
    graph_free(graph);
    return next;
}

static uint64_t address_of(const char *name) {
    const struct symbol *symbol;
    if (symbols_find(session_symbols(session), name, &symbol, &error))
        give_up(error.text);
    return symbol->va;
}

/* The guest itself, which has no part in it, and what executes mob_trusted. */
static void trust(struct flow_trusts *trusts, uint64_t first) {
    struct graph *graph = graph_new(session);
    uint64_t begins = address_of("mob_trusted");
    for (uint32_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        const struct process *process = (const void *)node->object;
        bool trusted = node->type == CAP_PROCESS && node->id >= first && process->regs.rip - begins < TRUSTED_SIZE;
        if (!trusted && node->id != session_process(session))
            continue;
        trusts->names = text_grow(trusts->names, trusts->count + 1, sizeof *trusts->names);
        trusts->names[trusts->count++] = text_format("trust obj:%lu", (unsigned long)node->id);
    }
    graph_free(graph);
}

static struct flow_system *ask_flow(uint64_t first) {
    struct flow_trusts trusts = {0};
    struct flow_system *system;
    trust(&trusts, first);
    if (flow_system_new(session, &trusts, &system, &error))
        give_up(error.text);
    for (size_t i = 0; i < trusts.count; i++)
        free(trusts.names[i]);
    free(trusts.names);
    return system;
}

/* ---- What flow says */

static bool is_said(const struct flow *flow, const struct sight *sight) {
    switch (sight->kind) {
    case SIGHT_HOLDS:
        return (sight->cap.object == FLOW_NONE) == (sight->cap.type == FLOW_WINDOW) &&
               flow_holds(flow, sight->node, sight->place, sight->cap);
    case SIGHT_KNOWS:
        return flow_way(flow, sight->from, sight->node, NULL) > 0;
    default:
        return flow_acts(flow, sight->node) || flow_node_trust(flow, sight->node) == FLOW_TRUSTED;
    }
}

static void print_sight(const struct flow *flow, const struct sight *sight) {
    static const char *const places[FLOW_PLACES] = {"register",  "slot",    "space",  "keeper", "background",
                                                    "recipient", "handler", "target", "brand"};
    if (sight->kind == SIGHT_HOLDS) {
        char *cap = flow_cap_text(flow, sight->cap);
        printf("  %s, %s: %s%s\n", flow_name(flow, sight->node), places[sight->place], cap,
               sight->cap.blocked ? " (void)" : "");
        free(cap);
    } else if (sight->kind == SIGHT_KNOWS) {
        printf("  %s -> %s\n", flow_name(flow, sight->from), flow_name(flow, sight->node));
    } else {
        printf("  %s runs\n", flow_name(flow, sight->node));
    }
}

static unsigned long denied(const struct flow *flow, const struct sights *sights, bool print) {
    unsigned long count = 0;
    for (size_t i = 0; i < sights->count; i++)
        if (!is_said(flow, &sights->sight[i])) {
            count++;
            if (print)
                print_sight(flow, &sights->sight[i]);
        }
    return count;
}

/* ---- How much of it comes true */

static bool seen_held(const struct sights *sights, uint32_t node, enum flow_place place, struct flow_cap cap) {
    for (size_t i = 0; i < sights->count; i++) {
        const struct sight *s = &sights->sight[i];
        if (s->kind == SIGHT_HOLDS && s->node == node && s->place == place && s->cap.type == cap.type &&
            s->cap.object == cap.object)
            return true;
    }
    return false;
}

static bool seen_known(const struct sights *sights, uint32_t from, uint32_t to) {
    for (size_t i = 0; i < sights->count; i++)
        if (sights->sight[i].kind == SIGHT_KNOWS && sights->sight[i].from == from && sights->sight[i].node == to)
            return true;
    return false;
}

static void share_of_caps(const struct view *view, const struct sights *sights, uint32_t node, uint32_t object) {
    const struct flow *flow = view->system->flow;
    for (enum flow_place place = 0; place < FLOW_PLACES; place++)
        for (enum flow_type type = 0; type <= FLOW_FAULT; type++) {
            struct flow_cap cap = {.type = type, .object = object, .restr = 31, .blocked = true};
            if (!flow_holds(flow, node, place, cap))
                continue;
            caps.said++;
            caps.seen += seen_held(sights, node, place, cap);
        }
}

static bool counts(const struct view *view, uint32_t node) {
    return view->system->graph->nodes[node].id >= view->counted;
}

/* Of tokens only: whose information has one, and where they are looked for. */
static void shares(const struct view *view, const struct sights *sights) {
    const struct flow_system *s = view->system;
    for (uint32_t a = 0; a < s->graph->node_count; a++)
        for (uint32_t b = 0; b < s->graph->node_count; b++) {
            if (!counts(view, a) || !counts(view, b))
                continue;
            share_of_caps(view, sights, s->node[a], s->node[b]);
            if (a == b || !view_source(view, s->node[a]) || !view_readable(view, b) ||
                !flow_way(s->flow, s->node[a], s->node[b], NULL))
                continue;
            ways.said++;
            ways.seen += seen_known(sights, s->node[a], s->node[b]);
        }
}

/* ---- Rules that are left out */

/* The same system, and nothing follows yet. */
static struct flow *given(const struct flow *solved, uint32_t nodes) {
    struct flow *flow = flow_new();
    for (uint32_t i = 0; i < nodes; i++)
        flow_node(flow, solved->nodes[i].type, solved->nodes[i].name, solved->nodes[i].trust);
    for (uint32_t i = 1; i < solved->fact_count; i++) {
        const struct flow_fact *fact = &solved->facts[i];
        if (fact->rule == RULE_GIVEN && fact->kind == FACT_HAS)
            flow_given(flow, fact->from, (enum flow_place)fact->place, fact->number, flow_fact_cap(fact));
    }
    return flow;
}

static void without_rules(const struct view *view, const struct sights *sights) {
    for (enum flow_rule rule = RULE_GIVEN + 1; rule < RULES; rule++) {
        struct flow *flow = given(view->system->flow, view->system->of_count);
        flow->without = rule;
        flow_solve(flow);
        noticed[rule] += denied(flow, sights, false) > 0;
        flow_free(flow);
    }
}

static void print_rules(void) {
    unsigned left = 0;
    for (enum flow_rule rule = RULE_GIVEN + 1; rule < RULES; rule++) {
        if (noticed[rule])
            printf("missed in %lu: %s\n", noticed[rule], flow_rule_name(rule));
        else
            printf("not missed: %s\n", flow_rule_name(rule));
        left += !noticed[rule];
    }
    printf("rules left out: %u missed, %u not, in %lu systems\n", RULES - 1 - left, left, total.systems);
}

/* ---- */

static void expect_said(const struct flow *flow, const struct sights *sights, unsigned long seed, const char *when) {
    if (!denied(flow, sights, false))
        return;
    if (total.denied++ < 3) {
        printf("seed %lu: flow denies, asked %s, what has come to be\n", seed, when);
        denied(flow, sights, true);
    }
}

/* Asks in the middle of it, with messages and faults on their way. */
static void ask_again(const struct view *view, struct sights *all, unsigned long seed) {
    struct view now = {.session = session, .first = view->first, .system = ask_flow(view->first)};
    struct sights sights = {0};
    view_begin(&now);
    if (!go_on())
        give_up("the guest ends too soon");
    view_look(&now, &sights);
    view_look(view, all);
    expect_said(now.system->flow, &sights, seed, "on the way");
    view_end(&now);
    flow_system_free(now.system);
    free(sights.sight);
}

static void look_on(const char *guest, unsigned long seed, unsigned long moments, bool rules) {
    open_guest(guest, seed, moments);
    session_break(session, address_of("begin"), true);
    session_break(session, address_of("ready"), true);
    session_break(session, address_of("moment"), true);
    session_break(session, address_of("later"), true);
    struct view view = {.session = session};
    struct sights sights = {0};
    view.first = next_object();
    view.counted = next_object();
    next_object();
    view.system = ask_flow(view.first);
    view_begin(&view);
    view_tokens(&view);
    for (; go_on(); total.moments++) {
        view_look(&view, &sights);
        ask_again(&view, &sights, seed);
    }
    total.calls += session_stats_get(session).syscalls;
    total.faults += session_stats_get(session).faults;
    expect_said(view.system->flow, &sights, seed, "at first");
    total.systems++;
    shares(&view, &sights);
    if (rules)
        without_rules(&view, &sights);
    view_end(&view);
    flow_system_free(view.system);
    free(sights.sight);
    session_close(session);
}

int main(int argc, char **argv) {
    if (argc < 5)
        return 2;
    unsigned long first = strtoul(argv[2], NULL, 0), count = strtoul(argv[3], NULL, 0);
    for (unsigned long i = 0; i < count; i++)
        look_on(argv[1], first + i, strtoul(argv[4], NULL, 0), argc > 5);
    printf(
        "hostile processes on the kernel: %lu systems, asked %lu times, %lu system calls, %lu faults; of %lu "
        "capabilities that flow says %.1f%% came to be, of %lu ways of information %.1f%%; it denies what came to be "
        "in %lu\n",
        total.systems, total.moments, total.calls, total.faults, caps.said,
        100.0 * (double)caps.seen / (double)caps.said, ways.said, 100.0 * (double)ways.seen / (double)ways.said,
        total.denied);
    if (argc > 5)
        print_rules();
    return total.denied > 0;
}
