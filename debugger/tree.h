/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tree of a process's address space, from its space down to the pages, line by line. What is reached a second time,
 * by another way, is told, but not gone into again.
 */
#ifndef DEBUGGER_TREE_H
#define DEBUGGER_TREE_H

#include "space.h"

enum tree_kind {
    TREE_GPT,       /* what is in it comes next, one deeper */
    TREE_PAGES,     /* `count` of them, at consecutive addresses, by capabilities that differ in nothing else */
    TREE_AGAIN,     /* a GPT or Page that has come before */
    TREE_CLOSED,    /* no address passes the guard, or there is nothing behind the window */
    TREE_MALFORMED, /* no memory */
};

struct tree_line {
    enum tree_kind kind;
    unsigned depth;
    struct space_at at;            /* of pages: the first */
    const struct graph_edge *edge; /* the process's space, or of a slot; followed by at.followed[1] if it is a window */
    const uint32_t *pages;         /* nodes */
    uint32_t count;
};
typedef void tree_fn(void *context, const struct tree_line *line);

/* False: the process has no space. */
bool tree_walk(const struct graph *graph, uint32_t process, tree_fn *tell, void *context);

/* The addresses of a line are [at.va, tree_end). */
uint64_t tree_end(const struct graph *graph, const struct tree_line *line);

#endif
