/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "choose.h"

#include <stdlib.h>

#define PERMUTATIONS 120
#define MOST 32

static unsigned permutations;
static int16_t renamed[PERMUTATIONS][EDGES];
static int16_t chosen[MOST];
static unsigned wanted;
static bool all_reached;
static void (*found)(const int16_t *chosen, unsigned count);

/* ---- Names do not matter */

static int rename_cap(int cap, const unsigned *to) {
    if (window_cap(cap))
        return cap;
    if (memory_cap(cap))
        return MEMORY_CAP((int)to[node_of(cap)], (int)restr_of(cap));
    return OTHER_CAP((int)to[node_of(cap)], (int)other_of(cap));
}

static void rename_edges(const unsigned *to) {
    for (unsigned i = 0; i < edge_count; i++) {
        int cap = rename_cap(edges[i].cap, to);
        for (unsigned j = 0; j < edge_count; j++)
            if (edges[j].holder == to[edges[i].holder] && edges[j].place == edges[i].place && edges[j].cap == cap)
                renamed[permutations][i] = (int16_t)j;
    }
    permutations++;
}

static void permute(unsigned *to, unsigned fixed) {
    if (fixed == nodes) {
        rename_edges(to);
        return;
    }
    for (unsigned i = 0; i < nodes; i++) {
        bool used = kinds[i] != kinds[fixed];
        for (unsigned j = 0; j < fixed; j++)
            used |= to[j] == i;
        if (used)
            continue;
        to[fixed] = i;
        permute(to, fixed + 1);
    }
}

static int order(const void *a, const void *b) {
    return *(const int16_t *)a - *(const int16_t *)b;
}

/* Is it the first of those that are the same but for names? If its beginning is not, it is neither. */
static bool is_first(unsigned count) {
    for (unsigned p = 1; p < permutations; p++) {
        int16_t other[MOST];
        for (unsigned i = 0; i < count; i++)
            other[i] = renamed[p][chosen[i]];
        qsort(other, count, sizeof *other, order);
        unsigned i = 0;
        while (i < count && other[i] == chosen[i])
            i++;
        if (i < count && other[i] < chosen[i])
            return false;
    }
    return true;
}

/* ---- What hangs together */

/* The nodes at its ends; 0: it is a window. */
static unsigned ends(unsigned i) {
    const struct edge *edge = &edges[chosen[i]];
    return edge->target == NODES ? 0 : 1u << edge->holder | 1u << edge->target;
}

/* The nodes that have a connection with that one. */
static unsigned part_of(unsigned node, unsigned count) {
    unsigned part = 1u << node, before;
    do {
        before = part;
        for (unsigned i = 0; i < count; i++)
            part |= part & ends(i) ? ends(i) : 0;
    } while (part != before);
    return part;
}

static unsigned parts(unsigned count) {
    unsigned result = 0, rest = (1u << nodes) - 1;
    for (; rest; result++)
        rest &= ~part_of((unsigned)__builtin_ctz(rest), count);
    return result;
}

static bool is_reached(void) {
    unsigned reached = 0, before;
    for (unsigned i = 0; i < nodes; i++)
        reached |= kinds[i] == HOSTILE ? 1u << i : 0;
    do {
        before = reached;
        for (unsigned i = 0; i < wanted; i++)
            reached |= reached >> edges[chosen[i]].holder & 1 ? ends(i) : 0;
    } while (reached != before);
    return reached == (1u << nodes) - 1;
}

/* ---- Choosing */

static bool is_taken(const struct edge *edge, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (edge->place != IN_SET && edges[chosen[i]].place == edge->place && edges[chosen[i]].holder == edge->holder)
            return true;
    return false;
}

static void choose_from(int next, unsigned count) {
    if (parts(count) - 1 > wanted - count || (count && !is_first(count)))
        return;
    if (count == wanted) {
        if (!all_reached || is_reached())
            found(chosen, count);
        return;
    }
    for (; next < (int)edge_count; next++) {
        if (is_taken(&edges[next], count))
            continue;
        chosen[count] = (int16_t)next;
        choose_from(next + 1, count + 1);
    }
}

void choose(unsigned count, bool reached, void (*with)(const int16_t *chosen, unsigned count)) {
    unsigned to[NODES];
    list_edges();
    permutations = 0;
    permute(to, 0);
    wanted = count;
    all_reached = reached;
    found = with;
    choose_from(0, 0);
}
