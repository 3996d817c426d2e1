/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Compressed files that are there whole, or not at all.
 *
 *     magic, version | size, stored size, zstd frame | … | 0, 0 | length of all, CRC-64 of all before it
 *
 * A new one appears under its name at once, in place of the old one, when everything is on the disk: whenever facet or
 * the machine dies, one of the two is there. What is read is checked as a whole before any of it is used: each change
 * of up to 64 neighbouring bits, and each cut, is noticed.
 */
#ifndef DEBUGGER_PACK_H
#define DEBUGGER_PACK_H

#include <facet/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct pack;

/* Begins a file, which only its owner may read: there is no telling what a program has in its memory. *stream takes
 * its contents; it is the pack's. */
enum facet_status pack_create(const char *path, struct pack **pack, FILE **stream, struct facet_error *error);
/* Ends it: on FACET_OK it is there. Otherwise (or with keep false) whatever was there before is as it was. */
enum facet_status pack_finish(struct pack *pack, bool keep, struct facet_error *error);

/* The contents of a file that has been checked; little of it is in memory at a time. To be closed. FACET_ERR_USAGE: it
 * is no such file, or was damaged. */
enum facet_status pack_open(const char *path, FILE **stream, struct facet_error *error);

/* CRC-64 of ECMA-182 as xz uses it; `crc` of what came before, first 0. */
uint64_t pack_crc(uint64_t crc, const void *bytes, size_t size);

#endif
