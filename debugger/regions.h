/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What lies where in a Linux program's space, as its personality tells (OP_DEBUG_REGION). Regions never overlap and are
 * sorted by address. Mappings are numbered 1, 2, … in the order in which they were made, and keep their number when
 * they grow, shrink, are divided or protected otherwise; numbers are not used twice.
 */
#ifndef DEBUGGER_REGIONS_H
#define DEBUGGER_REGIONS_H

#include "emu/archive.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct area {
    uint64_t va, size; /* bytes */
    unsigned flags;    /* enum region | enum region_flag */
    unsigned number;   /* of map:N; 0: no mapping */
    const char *name;  /* "" without one; lives as long as the regions */
};

struct regions;

struct regions *regions_new(void);
void regions_free(struct regions *regions);
void regions_clear(struct regions *regions);

/* This is there from now on; kind REGION_NONE: nothing is. An empty name keeps that of a region of the same kind. */
void regions_set(struct regions *regions, uint64_t va, uint64_t size, unsigned flags, const char *name);

const struct area *regions_all(const struct regions *regions, size_t *count);
/* The region that has the address, or NULL. */
const struct area *regions_at(const struct regions *regions, uint64_t va);
/* Does any region have a byte of these? */
bool regions_any(const struct regions *regions, uint64_t va, uint64_t size);
/* From the first to the last byte of all regions of a kind, of a mapping. False: there are none. */
bool regions_of_kind(const struct regions *regions, unsigned kind, uint64_t *va, uint64_t *size);
bool regions_map(const struct regions *regions, unsigned number, uint64_t *va, uint64_t *size);
unsigned regions_map_count(const struct regions *regions); /* how many were made so far */

/* Into or from a checkpoint; loading: into empty ones. */
void regions_visit(struct regions *regions, struct archive *archive);

/* "program", "heap" … */
const char *regions_kind_name(unsigned flags);

#endif
