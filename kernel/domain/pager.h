/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pager: distributed shared memory between sites on one machine. A site is a GPT (l2v 12: 16 pages) in whatever spaces
 * hold it; each site has pages of its own. The pager keeps the GPTs and supplies a page when somebody needs it, so that
 * at any time there are either several copies of a page, all read-only, or one that can be written:
 *
 *     load faults    who can write loses that; the content is copied; both may read
 *     store faults   the content is copied if the site has none; all others lose the page
 *
 * A keeper's payload is the site's number. A fault that is neither (an instruction fetch that is forbidden, an address
 * beyond the pages) is declined.
 */
#ifndef DOMAIN_PAGER_H
#define DOMAIN_PAGER_H

#include "keeper.h"

#define PAGER_SITES 8
#define PAGER_PAGES 16

struct pager {
    unsigned char *window; /* address of K_WINDOW in the pager's space */
    unsigned sites;        /* GPTs from register K_SITE on */
    struct {
        unsigned copies;  /* bit s: site s has the page */
        unsigned owner;   /* whose copy is as new as any */
        unsigned written; /* the owner may write; then it is the only copy */
    } page[PAGER_PAGES];
    unsigned long supplied, copied, revoked; /* how often */
};

_Noreturn void pager_main(struct pager *pager);

#endif
