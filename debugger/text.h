/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small things about text that several units need.
 */
#ifndef DEBUGGER_TEXT_H
#define DEBUGGER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Reads a whole unsigned number, decimal or 0x hexadecimal, and nothing after it. */
bool text_number(const char *text, uint64_t *value);
/* The same of the first `length` characters. */
bool text_number_part(const char *text, size_t length, uint64_t *value);
/* "N" or "N..M", M above N: [from, to), of one byte without M. */
bool text_range(const char *text, uint64_t *from, uint64_t *to);
/* A size in bytes with an optional K, M or G. */
bool text_size(const char *text, uint64_t *value);

/* Edits that lead from one word to another (insert, delete, replace, swap neighbours); stops counting at 255. */
unsigned text_distance(const char *a, const char *b);
/* Is `name` near enough to `wanted` to be offered as a hint? */
bool text_near(const char *wanted, const char *name);

/* "0x…": a little-endian number of `size` bytes, 2 * size digits. `to` needs 2 * size + 3 bytes. Returns its length. */
size_t text_bytes(char *to, const uint8_t *bytes, size_t size);

/* As a JSON string, with its quotes. */
void text_put_json(FILE *out, const char *text);

/* The last component of a path. */
const char *text_basename(const char *path);

/* strdup, asprintf and realloc that never fail: facet ends with a message when memory is out. */
char *text_copy(const char *text);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *text_grow(void *block, size_t count, size_t size);
/* calloc likewise. */
void *text_zeros(size_t count, size_t size);
/* A copy with ? for control characters: text that a stranger wrote stays on its line, and does nothing to a terminal. */
char *text_plain(const char *text);

#endif
