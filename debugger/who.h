/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who can get at an object: by which ways it is seen in address spaces, and by which capabilities it could be had.
 */
#ifndef DEBUGGER_WHO_H
#define DEBUGGER_WHO_H

#include "space.h"

#define WHO_PATH_MAX 64 /* capabilities of a way */

/* A way from a process to the object. */
struct who_path {
    uint32_t process;
    uint64_t va;           /* of a way through its space: where it sees the page */
    unsigned restrictions; /* gathered */
    unsigned length;
    const struct graph_edge *edge[WHO_PATH_MAX]; /* the first is one of the process */
    uint64_t offset[WHO_PATH_MAX];               /* of va in what each leads to, but for windows; through a space */
};
typedef void who_fn(void *context, const struct who_path *path);

/* Each way on which some process's access comes to the Page: one for each address where it is mapped, in the order of
 * processes and then of addresses. At most `limit`. False: there are more, or it is too much to search. */
bool who_sees(const struct graph *graph, uint32_t page, uint64_t limit, who_fn *found, void *context);

/* For each process that holds, in a register, a capability from which one leads to another up to the object, the way
 * with the fewest restrictions, and of these the shortest. It leads through slots of CapPages and GPTs, and through all
 * that other processes have; a capability that is opaque on the way (CAP_OP among the restrictions) can be put into a
 * space, but what it leads to cannot be taken out. What might be sent in messages does not count. */
void who_holds(const struct graph *graph, uint32_t object, who_fn *found, void *context);

#endif
