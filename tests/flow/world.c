/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Operations on concrete states. Each is what kernel/cap_*.c, walk.c and ipc.c let a process do.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

void graph_begin(struct graph *graph, unsigned count, const enum kind *kinds) {
    memset(graph, 0, sizeof *graph);
    graph->count = count;
    memcpy(graph->kind, kinds, count * sizeof *kinds);
    memset(graph->first.place, 0xff, sizeof graph->first.place);
    for (unsigned i = 0; i < count; i++)
        graph->first.taint[i] = NODE(i);
}

bool graph_put(struct graph *graph, unsigned holder, enum place place, int cap) {
    if (place == IN_SET) {
        capset_add(&graph->first.set[holder], cap);
        return true;
    }
    if (graph->first.place[place][holder] != NO_CAP)
        return false;
    graph->first.place[place][holder] = (int16_t)cap;
    return true;
}

/* ---- One world at a time */

bool acts(const struct run *run, unsigned process) {
    enum kind kind = run->graph->kind[process];
    return kind == HOSTILE || (is_process(kind) && run->world.started >> process & 1);
}

static bool receives(const struct run *run, unsigned process) {
    return acts(run, process) || run->graph->kind[process] == TRUSTED;
}

int capset_pick(const struct capset *set, unsigned (*below)(unsigned limit)) {
    unsigned count = 0;
    for (unsigned i = 0; i < WORDS; i++)
        count += (unsigned)__builtin_popcountl(set->word[i]);
    unsigned left = count ? below(count) : 0;
    for (EACH_CAP(cap, set))
        if (!left--)
            return cap;
    return NO_CAP;
}

void give(struct run *run, unsigned to, int cap) {
    if (capset_has(&run->world.set[to], cap))
        return;
    capset_add(&run->world.set[to], cap);
    run->changed = true;
}

void give_all(struct run *run, unsigned to, unsigned from) {
    for (unsigned i = 0; i < WORDS; i++) {
        uint64_t fresh = run->world.set[from].word[i] & ~run->world.set[to].word[i];
        run->world.set[to].word[i] |= fresh;
        run->changed |= fresh != 0;
    }
}

void inform(struct run *run, unsigned from, unsigned to) {
    nodeset fresh = run->world.taint[from] & ~run->world.taint[to];
    run->world.taint[to] |= fresh;
    run->changed |= fresh != 0;
}

static void tell_of_forwarder(struct run *run, const struct sent *sent) {
    if (sent->told < 0)
        return;
    give(run, (unsigned)sent->to, OTHER_CAP(sent->told, TO_SELF));
    inform(run, (unsigned)sent->told, (unsigned)sent->to);
}

/* The kernel tells whoever receives through the entry of what `process` has done. Returns who has been told, -1: nobody
 */
static int tell(struct run *run, unsigned process, int entry) {
    if (entry != NO_CAP && run->graph->kind[node_of(entry)] == OUTSIDE) { /* a handler of the host */
        inform(run, process, node_of(entry));
        inform(run, node_of(entry), process);
        return -1;
    }
    struct sent sent = route(run, entry);
    if (sent.to < 0)
        return -1;
    inform(run, (unsigned)sent.endpoint, process);
    use_forward(run, process, entry);
    if ((unsigned)sent.to == process || !receives(run, (unsigned)sent.to))
        return -1;
    inform(run, process, (unsigned)sent.to);
    give(run, (unsigned)sent.to, OTHER_CAP((int)process, TO_FAULT));
    tell_of_forwarder(run, &sent);
    return sent.to;
}

/* The kernel copies strings for `by`, out of or into the memory of `process`. */
static void copy(struct run *run, unsigned by, unsigned process) {
    run->changed |= !(run->world.copies[process] >> by & 1);
    run->world.copies[process] |= NODE(by);
}

/* With the access comes a string, into the handler's memory. */
static void tell_handler(struct run *run, unsigned process, int entry) {
    int to = tell(run, process, entry);
    if (to >= 0)
        copy(run, process, (unsigned)to);
}

/* Also of the accesses that the kernel makes in this process's space for others: these are whom it holds up. */
static void tell_handler_of_all(struct run *run, unsigned process, int entry) {
    tell_handler(run, process, entry);
    for (unsigned by = 0; by < run->graph->count; by++)
        if (run->world.copies[process] >> by & 1 && by != process)
            tell_handler(run, by, entry);
}

static void access_page(struct run *run, unsigned process, unsigned page, bool store) {
    inform(run, page, process);
    if (store)
        inform(run, process, page);
    tell_handler(run, process, run->world.place[AS_HANDLER][page]);
}

/* ---- The traversal: every path of a space */

struct walk {
    unsigned restr;
    int background, keeper; /* GPTs, -1: none */
    unsigned keeper_restr;
    bool probe; /* nobody executes anything: the kernel tells where it leads */
};
#define WALKS (NODES * 16 * (NODES + 1) * (NODES + 1))
static uint8_t walked[WALKS][RESTRICTIONS / 8];
static unsigned trail[WALKS * RESTRICTIONS / 8], trail_count;

/* Was it here before, in this state? */
static bool again(unsigned object, const struct walk *walk) {
    unsigned i = ((object * 16 + walk->restr) * (NODES + 1) + (unsigned)(walk->background + 1)) * (NODES + 1) +
                 (unsigned)(walk->keeper + 1);
    uint8_t *byte = &walked[i][walk->keeper_restr / 8], bit = (uint8_t)(1u << walk->keeper_restr % 8);
    if (*byte & bit)
        return true;
    if (!*byte)
        trail[trail_count++] = i * (RESTRICTIONS / 8) + walk->keeper_restr / 8;
    *byte |= bit;
    return false;
}

static void walk_clear(void) {
    while (trail_count) {
        unsigned i = trail[--trail_count];
        walked[i / (RESTRICTIONS / 8)][i % (RESTRICTIONS / 8)] = 0;
    }
}

static void follow(struct run *run, unsigned process, int cap, struct walk walk, bool windowed);

static void through_gpt(struct run *run, unsigned process, unsigned gpt, struct walk walk) {
    int entry = run->world.place[AS_KEEPER][gpt];
    if (run->world.place[AS_BACKGROUND][gpt] != NO_CAP)
        walk.background = (int)gpt;
    if (!walk.probe) /* it may be that all of it has a handler */
        tell_handler_of_all(run, process, run->world.place[AS_HANDLER][gpt]);
    if (entry != NO_CAP && !(walk.restr & NC) && !walk.probe) {
        walk.keeper = (int)gpt;
        walk.keeper_restr = walk.restr;
    }
    if (again(gpt, &walk))
        return;
    inform(run, gpt, process);
    if (walk.keeper >= 0) { /* an address that is not there */
        int to = tell(run, process, run->world.place[AS_KEEPER][walk.keeper]);
        if (to >= 0)
            give(run, (unsigned)to, MEMORY_CAP(walk.keeper, (int)walk.keeper_restr));
    }
    if (run->below) {
        follow(run, process, capset_pick(&run->world.set[gpt], run->below), walk, false);
        return;
    }
    for (EACH_CAP(cap, &run->world.set[gpt]))
        follow(run, process, cap, walk, false);
}

static void follow(struct run *run, unsigned process, int cap, struct walk walk, bool windowed) {
    if (cap == NO_CAP || (!memory_cap(cap) && !window_cap(cap)))
        return;
    walk.restr |= restr_of(cap) | (walk.restr & WK ? RO : 0u);
    if (window_cap(cap)) {
        if (!windowed && walk.background >= 0)
            follow(run, process, run->world.place[AS_BACKGROUND][walk.background], walk, true);
        return;
    }
    unsigned object = node_of(cap);
    if (run->graph->kind[object] == PAGE && !walk.probe) {
        access_page(run, process, object, !(walk.restr & RO));
        tell_handler_of_all(run, process, run->world.place[AS_HANDLER][object]);
    } else if (run->graph->kind[object] == GPT)
        through_gpt(run, process, object, walk);
}

/* ---- Operations */

/* What comes out of memory that is weak and has these restrictions. */
static int weakened(int cap, unsigned through) {
    unsigned restr = restr_of(cap) | RO | WK | (through & NC);
    if (memory_cap(cap))
        return MEMORY_CAP((int)node_of(cap), (int)restr);
    return window_cap(cap) ? WINDOW_CAP + (int)restr : NO_CAP;
}

static void use_slots(struct run *run, unsigned process, int cap) {
    unsigned object = node_of(cap), restr = restr_of(cap);
    if (!(restr & OP)) {
        inform(run, object, process);
        if (!(restr & WK))
            give_all(run, process, object);
        else
            for (EACH_CAP(c, &run->world.set[object]))
                if (weakened(c, restr) != NO_CAP)
                    give(run, process, weakened(c, restr));
    }
    if (restr & (RO | WK | OP))
        return;
    inform(run, process, object);
    give_all(run, object, process);
    if (run->graph->kind[object] == GPT)
        give(run, object, WINDOW_CAP);
}

static void use_process(struct run *run, unsigned holder, unsigned process) {
    int space = run->world.place[AS_SPACE][process];
    run->changed |= !(run->world.started >> process & 1);
    run->world.started |= NODE(process);
    give_all(run, holder, process);
    give_all(run, process, holder);
    if (space != NO_CAP)
        give(run, holder, space);
    inform(run, holder, process);
    inform(run, process, holder);
    copy(run, holder, process);
}

static void use_endpoint(struct run *run, unsigned holder, unsigned endpoint) {
    run->changed |= !(run->world.takes >> endpoint & 1);
    run->world.takes |= NODE(endpoint);
    give(run, holder, OTHER_CAP((int)endpoint, TO_RESUME));
    inform(run, holder, endpoint);
}

static void send(struct run *run, unsigned from, unsigned to) {
    give_all(run, to, from);
    give(run, to, OTHER_CAP((int)from, TO_RESUME));
    inform(run, from, to);
    copy(run, from, to);
}

static void use_entry(struct run *run, unsigned process, int cap) {
    struct sent sent = route(run, cap);
    use_forward(run, process, cap);
    if (sent.to < 0)
        return;
    inform(run, (unsigned)sent.endpoint, process);
    if ((unsigned)sent.to == process || !receives(run, (unsigned)sent.to))
        return;
    send(run, process, (unsigned)sent.to);
    tell_of_forwarder(run, &sent);
}

static void use_debug(struct run *run, unsigned process, unsigned debug) {
    inform(run, process, debug);
    inform(run, debug, process);
    for (EACH_CAP(c, &run->world.set[process])) {
        if (!memory_cap(c))
            break;
        unsigned object = node_of(c);
        if (run->world.place[AS_HANDLER][object] != NO_CAP)
            inform(run, process, object);
        if (run->graph->kind[object] == GPT) /* where does it lead? whatever its restrictions */
            follow(run, process, c, (struct walk){.background = -1, .keeper = -1, .probe = true}, false);
        walk_clear();
    }
}

void use(struct run *run, unsigned process, int cap) {
    if (window_cap(cap))
        return;
    unsigned object = node_of(cap);
    enum kind kind = run->graph->kind[object];
    if (kind == PAGE)
        access_page(run, process, object, !(restr_of(cap) & (RO | WK)));
    else if (kind == GPT || kind == CAPPAGE)
        use_slots(run, process, cap);
    else if (kind == OUTSIDE && other_of(cap) == TO_SELF)
        inform(run, object, process);
    else if (kind == OUTSIDE)
        inform(run, process, object);
    else if (kind == DEBUG)
        use_debug(run, process, object);
    else if (kind == ENDPOINT && other_of(cap) == TO_SELF)
        use_endpoint(run, process, object);
    else if (kind == FORWARDER && other_of(cap) == TO_SELF)
        use_forwarder(run, process, object);
    else if (kind == TOOL)
        use_tool(run, process);
    else if (kind == RANGE)
        use_range(run, process, object);
    else if (kind == ENDPOINT || kind == FORWARDER)
        use_entry(run, process, cap);
    else if (is_process(kind) && other_of(cap) == TO_SELF)
        use_process(run, process, object);
    else if (is_process(kind) && object != process) {
        inform(run, process, object);
        inform(run, object, process);
        if (other_of(cap) == TO_RESUME)
            send(run, process, object);
    }
}

void execute(struct run *run, unsigned process) {
    follow(run, process, run->world.place[AS_SPACE][process], (struct walk){.background = -1, .keeper = -1}, false);
    walk_clear();
    tell(run, process, run->world.place[AS_KEEPER][process]); /* an invalid instruction */
}

/* All that can be done without overwriting anything. */
void settle(struct run *run) {
    do {
        run->changed = false;
        for (unsigned p = 0; p < run->graph->count; p++) {
            if (!acts(run, p))
                continue;
            for (EACH_CAP(cap, &run->world.set[p]))
                use(run, p, cap);
            execute(run, p);
        }
    } while (run->changed);
}
