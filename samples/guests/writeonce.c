/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * writeonce: a program that serves memory of another one, of which each byte can be stored once; a second store is a
 * fault.
 *
 *     facet run --program once=writeonce --swap sym:ledger=endpoint:once ledger
 */
#include <facet/guest.h>

static unsigned char written[1 << 16];

static enum access_verdict once(struct facet_served *access) {
    unsigned long end = (unsigned long)access->offset + access->size;
    if (access->kind != ACCESS_STORE || access->offset < 0 || end > sizeof written)
        return VERDICT_PASS;
    for (unsigned long i = (unsigned long)access->offset; i < end; i++)
        if (written[i]) {
            access->fault = i;
            return VERDICT_FAULT;
        }
    memset(written + access->offset, 1, access->size);
    return VERDICT_PASS;
}

int main(void) {
    facet_serve(once, 0);
}
