/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bank: a process that alone holds the Range, and hands out what it has to banks, a tree of accounts. An entry
 * capability names its bank (abi.h, OP_BANK_…), and is used as a Range is; who holds it draws from that bank, within
 * the limits of the bank and of all above it. It waits for nobody: it answers with INVOKE_PROMPT, and invokes no
 * capability that it was sent.
 *
 *     payload    63        28 27       4 3      0
 *               | serial     | number   | rights | the root is bank 0, serial 0, all rights
 *
 * A bank is known by the number of the Page that has its record, which its parent pays for; so numbers do not run out
 * before Pages do. The bank's own memory, in a space that it shares with init:
 *
 *     BANK_MEMORY + 0<<32    records, of bank n at n * 4096
 *                 + 1<<32    whose each Page or CapPage is: an array by its number (OP_RANGE_IDENTIFY)
 *                 + 2<<32 …  GPTs, Processes, Endpoints, Forwarders
 */
#ifndef DOMAIN_BANK_H
#define DOMAIN_BANK_H

#include <facet/guest.h>
#include <facet/init.h>

#define BANK_MEMORY ((unsigned long)(INIT_SLOT_FREE + 2) << INIT_SLOT_BITS)
#define BANK_MEMORY_BITS 36 /* the GPT behind it has slots of 1 << 32 bytes */
#define BANK_DEPTH_MAX 16
#define BANK_ROOT 0ul /* payload of the entry to the root, with all rights */

/* Its capability registers, up to B_FREE filled by whoever starts it. */
enum {
    B_RANGE = 1,
    B_ENDPOINT, /* where its messages arrive */
    B_MEMORY,   /* GPT of its own memory, l2v 32 */
    B_TOOL,     /* ProcessTool: its brand is its Endpoint */
    B_FREE,
    B_SENT = B_FREE, /* what came with a message */
    B_RESUME,        /* who is answered */
    B_OBJECT,        /* what is being drawn or ended */
    B_RESULT,        /* goes back with the answer */
    B_NODE,          /* scratch */
    B_LOWER,
};

_Noreturn void bank_main(void);

#endif
