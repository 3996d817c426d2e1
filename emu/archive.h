/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One description of a state serves both ways: what saves it loads it, in the same order.
 *
 *     static void uart_visit(struct archive *a, struct uart *uart) {
 *         archive_value(a, uart->ier);            saving: written; loading: read
 *         …
 *
 * A file that is loaded is not trusted: numbers that must not be large are visited with their limit, and what makes
 * room for something that the file has says how much. Once something was impossible, everything that is loaded is 0.
 */
#ifndef FACET_EMU_ARCHIVE_H
#define FACET_EMU_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct archive {
    FILE *file;
    bool loading;
    bool bad;       /* loading: it ended early, or said something impossible; saving: it could not be written */
    uint64_t taken; /* loading: of ARCHIVE_ROOM */
};

/* Bytes of the host's memory that what is loaded may have beside the machine's RAM. */
#define ARCHIVE_ROOM (1ul << 30)

void archive_bytes(struct archive *a, void *bytes, size_t size);
/* Of a plain value without padding or pointers. */
#define archive_value(a, value) archive_bytes(a, &(value), sizeof(value))
void archive_flag(struct archive *a, bool *flag);
/* A number of at most that: returns it. */
uint64_t archive_number(struct archive *a, uint64_t number, uint64_t most);
/* A text, NULL or not; loading: to be freed. */
void archive_text(struct archive *a, char **text);
/* Loading: so many bytes more are made room for. False: that is too much, and the file is bad. */
bool archive_take(struct archive *a, uint64_t bytes);
/* Loading: what follows cannot be true. */
void archive_fail(struct archive *a);

#endif
