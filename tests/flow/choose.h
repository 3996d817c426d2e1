/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All graphs of the nodes that there are (graphs.h), each once up to the names of nodes.
 */
#ifndef TESTS_FLOW_CHOOSE_H
#define TESTS_FLOW_CHOOSE_H

#include "graphs.h"

/* Calls `with` for each way to choose so many of `edges` that the nodes hang together: parts that no capability
 * connects have nothing to do with each other. reached: only if hostile processes have a way to every node; what they
 * cannot come to, nobody uses. */
void choose(unsigned count, bool reached, void (*with)(const int16_t *chosen, unsigned count));

#endif
