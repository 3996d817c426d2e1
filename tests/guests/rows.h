/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operations as the kernel's dispatcher has them (tests/optable.c), for guests that try each one.
 */
#ifndef TESTS_ROWS_H
#define TESTS_ROWS_H

struct row {
    unsigned op;
    const char *name;
    unsigned types, forbidden;
    struct {
        unsigned long low, high;
    } word[4];
    unsigned sent[2];
    unsigned long string, room;
};
static const struct row rows[] = {
#include "operations.inc"
};
#define ROWS (sizeof rows / sizeof *rows)

#endif
