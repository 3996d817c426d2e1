/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Virtual copy space: behaves as a copy of an original space, which must not change meanwhile, but copies a page only
 * when it is first stored to. The copy is a GPT whose background is the original and whose slots are windows to it, at
 * the same offset: read-only, so that a store faults and the keeper puts a page of its own there; and no-call, so that
 * it is this keeper that is told, also if the original is a copy itself. (So the original's own keepers do not supply
 * pages to the copy.)
 *
 *     root, l2v 16    [window 0] [GPT] [window 0x20000] …          background: the original
 *                                  │
 *                     l2v 12       [window 0x10000] [page] [window 0x12000] …
 */
#ifndef DOMAIN_COPYSPACE_H
#define DOMAIN_COPYSPACE_H

#include "keeper.h"

struct copyspace {
    unsigned char *window;         /* address of K_WINDOW in the keeper's space */
    const unsigned char *original; /* … and of the original, which it may read */
    unsigned l2v;                  /* of the root: 12, 16, … */
    unsigned long copied;          /* pages */
};

/* Fills the root GPT in register `root` (its l2v is set here) so that it reads as the original does, a space in
 * register `original`. Any result but RC_OK: it could not. */
unsigned long copyspace_begin(unsigned root, unsigned original, unsigned l2v);
/* Keeps it: K_PAGES is the root. */
_Noreturn void copyspace_main(struct copyspace *space);

#endif
