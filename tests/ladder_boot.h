/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For unit tests that boot a rung of the ladder: load it, find its symbols, see its console.
 */
#ifndef FACET_TESTS_LADDER_BOOT_H
#define FACET_TESTS_LADDER_BOOT_H

#include "emu/emu.h"

#define LADDER_PAGE 0x800000ul /* ring-3 code; ladder/ladder.h */

struct ladder {
    struct emu *emu;
    void *image;
    size_t image_size;
    int console; /* memory file */
    char path[256];
};

/* name: "05_ring3". Fails the test when it cannot be booted. stdin_fd: stream 0, or -1. */
struct ladder ladder_boot(const char *name, int stdin_fd, bool count);
/* With the clock armed from the start, or not. */
struct ladder ladder_boot_clock(const char *name, bool clock);
void ladder_end(struct ladder *ladder);
/* What it printed so far. The caller frees it. */
char *ladder_output(const struct ladder *ladder);
/* Address of a label. Those of ring-3 code are where it was copied to. Fails the test when there is none. */
uint64_t ladder_symbol(const struct ladder *ladder, const char *name);
uint64_t ladder_user_symbol(const struct ladder *ladder, const char *name);
uint64_t ladder_word(const struct ladder *ladder, uint64_t physical);

#endif
