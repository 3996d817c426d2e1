/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Graphs in which something happens that smaller or random ones hardly ever have: to begin from.
 */
#ifndef TESTS_FLOW_BASES_H
#define TESTS_FLOW_BASES_H

#include "world.h"

#define BASE_NODES 7
#define BASE_CAPS 9

struct given {
    unsigned holder;
    enum place place;
    int cap;
};
struct base {
    const char *what;
    unsigned nodes, caps;
    enum kind kinds[BASE_NODES];
    struct given given[BASE_CAPS];
};
extern const struct base bases[];
extern const unsigned base_count;

#endif
