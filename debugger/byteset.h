/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A set of positions, such as the bytes of an object that have been written. Positions lie in pages of 4096; a page
 * costs memory once something of it was added.
 */
#ifndef DEBUGGER_BYTESET_H
#define DEBUGGER_BYTESET_H

#include "emu/archive.h"

#include <stdbool.h>
#include <stdint.h>

#define BYTESET_PAGE 4096u

struct byteset {
    uint8_t **page; /* a bit for each position; NULL: none of them */
    uint64_t pages;
};

/* All of [from, to). */
void byteset_add(struct byteset *set, uint64_t from, uint64_t to);
void byteset_remove(struct byteset *set, uint64_t from, uint64_t to);
/* The first position of [from, to) that is in the set (is not, with member false); `to`: there is none. */
uint64_t byteset_find(const struct byteset *set, uint64_t from, uint64_t to, bool member);
/* Was anything of this position's page ever added? */
bool byteset_knows(const struct byteset *set, uint64_t position);
void byteset_free(struct byteset *set);
/* Into or from a checkpoint; loading: into an empty set. size: of the object that its positions are in. */
void byteset_visit(struct archive *archive, struct byteset *set, uint64_t size);

#endif
