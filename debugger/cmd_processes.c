/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * info processes: their states, and who waits for whom.
 */
#include "graph_text.h"
#include "query.h"
#include "space.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static const struct process *process_at(const struct query *q, uint32_t node) {
    return (const void *)q->graph->nodes[node].object;
}

static bool runs(const struct query *q, uint32_t node) {
    const struct kernel_info *kernel = kernel_info_get(session_emu(q->cli->session));
    const struct process *current = kernel_pointer(session_emu(q->cli->session), kernel->current, sizeof *current);
    return kernel->current && current == process_at(q, node);
}

/* What it waits for; "%s" stands for who. */
static const char *faulted(const struct process *p, bool somebody) {
    switch ((enum fault)p->fault) {
    case FAULT_SYSCALL:
        return somebody ? "in a system call, with %s" : "in a system call that nobody answers";
    case FAULT_ACCESS:
        return somebody ? "its access is with %s" : "its access is with a handler";
    default:
        return somebody ? "stopped by a fault, with %s" : "stopped by a fault";
    }
}

static const char *sending(const struct process *p) {
    switch ((enum fault)p->fault) {
    case FAULT_NONE:
        return "waiting to send a message to %s";
    case FAULT_SYSCALL:
        return "waiting to tell %s of a system call";
    case FAULT_ACCESS:
        return "waiting to tell %s of an access";
    default:
        return "waiting to tell %s of a fault";
    }
}

static const char *state_format(const struct query *q, uint32_t node, bool somebody) {
    const struct process *p = process_at(q, node);
    switch ((enum process_state)p->state) {
    case PROCESS_RUNNABLE:
        return runs(q, node) ? "running" : "runnable";
    case PROCESS_CALLING:
        return somebody ? "waiting for the answer of %s" : "waiting for an answer that nobody has the right to give";
    case PROCESS_SENDING:
        return somebody ? sending(p) : "waiting to send a message";
    case PROCESS_FAULTED:
        return faulted(p, somebody);
    case PROCESS_BLOCKED:
        return somebody ? "waiting while %s has a page to itself" : "blocked by a handler";
    default:
        return graph_state_text(q->graph, node);
    }
}

static uint32_t endpoint_waited_for(const struct query *q, uint32_t node) {
    const struct process *p = process_at(q, node);
    const struct object *endpoint = p->state == PROCESS_WAITING && p->wait_for
                                        ? kernel_pointer(session_emu(q->cli->session), p->wait_for, sizeof *endpoint)
                                        : NULL;
    return endpoint ? graph_find(q->graph, endpoint->id) : GRAPH_NONE;
}

static uint64_t pc_of(const struct query *q, uint32_t node) {
    struct facet_regs regs;
    if (q->graph->nodes[node].id == session_process(q->cli->session))
        session_regs(q->cli->session, &regs);
    else if (runs(q, node) && emu_cpl(session_emu(q->cli->session)) == 3)
        emu_regs_get(session_emu(q->cli->session), &regs);
    else
        regs = process_at(q, node)->regs;
    return regs.rip;
}

/* How wide the columns have to be. */
static int widest(const struct query *q) {
    int width = 0;
    char text[GRAPH_TEXT];
    for (uint32_t i = 0; i < q->graph->node_count; i++)
        if (q->graph->nodes[i].type == CAP_PROCESS) {
            int length = (int)strlen(graph_node_text(q->graph, i, text));
            width = length > width ? length : width;
        }
    return width;
}

static void put_state(const struct query *q, uint32_t node) {
    uint32_t who = q->graph->nodes[node].waits_for, endpoint = endpoint_waited_for(q, node);
    const char *format = state_format(q, node, who != GRAPH_NONE), *hole = strstr(format, "%s");
    char text[GRAPH_TEXT];
    if (hole)
        fprintf(q->out, "%.*s%s%s", (int)(hole - format), format, graph_node_text(q->graph, who, text), hole + 2);
    else
        fputs(format, q->out);
    if (endpoint != GRAPH_NONE)
        fprintf(q->out, " to %s", graph_node_text(q->graph, endpoint, text));
}

/* The first of those that wait for each other in a circle, of which `node` is one; GRAPH_NONE: it is in none. */
static uint32_t circle(const struct graph *g, uint32_t node) {
    uint32_t at = g->nodes[node].waits_for, first = node;
    for (uint32_t i = 0; at != GRAPH_NONE && at != node && i < g->node_count; i++) {
        first = at < first ? at : first;
        at = g->nodes[at].waits_for;
    }
    return at == node ? first : GRAPH_NONE;
}

static void put_circles(const struct query *q) {
    const struct graph *g = q->graph;
    char text[GRAPH_TEXT];
    for (uint32_t i = 0; i < g->node_count; i++) {
        if (g->nodes[i].waits_for == GRAPH_NONE || circle(g, i) != i)
            continue;
        fprintf(q->out, "In a circle: %s", graph_node_text(g, i, text));
        for (uint32_t at = g->nodes[i].waits_for; at != i; at = g->nodes[at].waits_for)
            fprintf(q->out, " waits for %s", graph_node_text(g, at, text));
        fprintf(q->out, " waits for %s.\n", graph_node_text(g, i, text));
    }
}

static void put_processes(const struct query *q) {
    char text[GRAPH_TEXT], name[SYMBOL_TEXT];
    int width = widest(q);
    fprintf(q->out, "  %-*s %-18s %s\n", width, "Process", "Address", "State");
    for (uint32_t i = 0; i < q->graph->node_count; i++) {
        const struct graph_node *n = &q->graph->nodes[i];
        if (n->type != CAP_PROCESS)
            continue;
        fprintf(q->out, "%s %-*s 0x%-16" PRIx64 " ", runs(q, i) ? "*" : " ", width, graph_node_text(q->graph, i, text),
                pc_of(q, i));
        put_state(q, i);
        if (n->id == session_process(q->cli->session)) {
            symbols_name(session_symbols(q->cli->session), pc_of(q, i), name);
            fprintf(q->out, *name ? ", in %s" : "%s", name);
        }
        fputc('\n', q->out);
    }
    put_circles(q);
}

static void put_processes_json(const struct query *q) {
    static const char *const states[] = {"stopped", "runnable", "waiting",  "calling",
                                         "sending", "faulted",  "sleeping", "blocked"};
    const char *comma = "";
    fputs("{\"v\":1,\"processes\":[", q->out);
    for (uint32_t i = 0; i < q->graph->node_count; i++) {
        const struct graph_node *n = &q->graph->nodes[i];
        if (n->type != CAP_PROCESS)
            continue;
        unsigned state = process_at(q, i)->state;
        fprintf(q->out, "%s{", comma);
        graph_put_node(q->out, q->graph, i);
        fprintf(q->out, ",\"state\":\"%s\",\"running\":%s,\"pc\":\"0x%" PRIx64 "\"",
                state < sizeof states / sizeof *states ? states[state] : "?", runs(q, i) ? "true" : "false",
                pc_of(q, i));
        if (n->waits_for != GRAPH_NONE)
            fprintf(q->out, ",\"waits_for\":%" PRIu64, q->graph->nodes[n->waits_for].id);
        fputc('}', q->out);
        comma = ",";
    }
    fputs("]}\n", q->out);
}

enum facet_status cmd_info_processes(struct cli *cli, const char *args, struct facet_error *error) {
    struct query q;
    enum facet_status status = query_begin(&q, cli, args, false, error);
    if (status)
        return status;
    if (*q.text)
        status = facet_fail(error, FACET_ERR_USAGE, "info processes shows all: `caps %s` shows one.", q.text);
    else
        (q.json ? put_processes_json : put_processes)(&q);
    return query_end(&q, status, error);
}
