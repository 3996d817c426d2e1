/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine for tests of the host device: its requests are put into RAM and served as if a kernel had sent them.
 */
#ifndef TESTS_HOST_MACHINE_H
#define TESTS_HOST_MACHINE_H

#include "emu/internal.h"

/* Handles of the grants that host_machine makes, in this order. */
enum { RW = 3, RO, FILE_RW, FILE_RO };

/* base/granted holds what may be reached, base/outside what may not, base/twin the same as granted. */
struct host_machine {
    struct emu *emu;
    char base[64]; /* "" once it is jailed there */
    char real[64];
    int root;                   /* the real one */
    int granted, outside, twin; /* descriptors */
};

#define REQUEST_AT 0x800000ul
#define IN_AT 0x810000ul
#define OUT_AT 0x830000ul

/* Grants: base/granted for writing, the same for reading, base/granted/one for writing, base/granted/two for reading.
 */
struct host_machine host_machine(bool time);
/* With grants and streams of one's own. */
struct host_machine host_machine_with(const struct emu_grant *grants, size_t count, const int *streams, bool time);
/* From now on this process sees nothing but base, as its root: what destroys is never done otherwise, for it is run
 * against devices that may be wrong, and perhaps as root. Skips the test where that is not allowed. */
void host_machine_jail(struct host_machine *machine);
void host_machine_end(struct host_machine *machine);

/* Serves a request whose op is an OP_HOST_…, and whose in, out are kept as they are. */
struct host_request host_ask(struct host_machine *machine, struct host_request request);
/* The result of an operation with a string and two words, the right to change, and as much room as possible. */
long host_do(struct host_machine *machine, unsigned op, unsigned handle, const char *path, uint64_t w0, uint64_t w1);
/* The same with a string of any bytes. */
long host_do_bytes(struct host_machine *machine, unsigned op, unsigned handle, const void *string, size_t size,
                   uint64_t w0, uint64_t w1);
/* Two paths, the second one beneath handle2. */
long host_do_two(struct host_machine *machine, unsigned op, unsigned handle, const char *first, unsigned handle2,
                 const char *second, uint64_t w0);
/* What the last request answered. */
const void *host_answer(struct host_machine *machine, size_t *size);

#endif
