/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pager.h"

/* A site's own page, into register `to`; made when first needed. */
static enum keeper_verdict page_of(unsigned site, unsigned long n, unsigned to) {
    struct facet_message type = {0};
    unsigned long index = site * PAGER_PAGES + n;
    facet_get(K_PAGES, OP_CAPPAGE_GET, index, 0, to);
    facet_call(to, OP_TYPE, &type);
    if (type.word[0] == CAP_PAGE)
        return KEEPER_REPAIRED;
    if (keeper_alloc(CAP_PAGE, to) != KEEPER_REPAIRED)
        return KEEPER_DECLINES;
    facet_set(K_PAGES, OP_CAPPAGE_SET, index, to);
    return KEEPER_REPAIRED;
}

/* The site sees its page n, in register K_A, from now on. */
static enum keeper_verdict grant(struct pager *pager, unsigned site, unsigned long n, unsigned restrictions) {
    pager->supplied++;
    if (facet_get(K_A, OP_MEM_REDUCE, restrictions, 0, K_A) != RC_OK)
        return KEEPER_DECLINES;
    return keeper_set(K_SITE + site, n, K_A);
}

/* The owner may only read from now on. */
static void demote(struct pager *pager, unsigned long n) {
    if (!pager->page[n].written)
        return;
    pager->page[n].written = 0;
    pager->revoked++;
    page_of(pager->page[n].owner, n, K_A);
    facet_get(K_A, OP_MEM_REDUCE, CAP_RO, 0, K_A);
    keeper_set(K_SITE + pager->page[n].owner, n, K_A);
}

/* All but one site lose page n. */
static void invalidate(struct pager *pager, unsigned long n, unsigned but) {
    for (unsigned site = 0; site < pager->sites; site++)
        if (site != but && pager->page[n].copies >> site & 1) {
            keeper_set(K_SITE + site, n, CR_NULL);
            pager->revoked++;
        }
    pager->page[n].copies &= 1u << but;
}

/* Brings the newest content of page n into the site's own page, K_A, unless that has it. */
static enum keeper_verdict fetch(struct pager *pager, unsigned site, unsigned long n) {
    unsigned copies = pager->page[n].copies;
    if (page_of(site, n, K_A) != KEEPER_REPAIRED)
        return KEEPER_DECLINES;
    if (copies == 0 || copies >> site & 1)
        return KEEPER_REPAIRED; /* the first site begins with zeros */
    pager->copied++;
    if (page_of(pager->page[n].owner, n, K_B) != KEEPER_REPAIRED)
        return KEEPER_DECLINES;
    return keeper_copy(pager->window, K_A, K_B);
}

static enum keeper_verdict loads(struct pager *pager, unsigned site, unsigned long n) {
    demote(pager, n);
    if (fetch(pager, site, n) != KEEPER_REPAIRED)
        return KEEPER_DECLINES;
    if (pager->page[n].copies == 0)
        pager->page[n].owner = site;
    pager->page[n].copies |= 1u << site;
    return grant(pager, site, n, CAP_RO);
}

static enum keeper_verdict stores(struct pager *pager, unsigned site, unsigned long n) {
    if (pager->page[n].owner != site)
        demote(pager, n); /* nobody writes while it is copied */
    if (fetch(pager, site, n) != KEEPER_REPAIRED)
        return KEEPER_DECLINES;
    pager->page[n].copies |= 1u << site;
    invalidate(pager, n, site);
    pager->page[n].owner = site;
    pager->page[n].written = 1;
    return grant(pager, site, n, 0);
}

static enum keeper_verdict fault(void *self, const struct facet_message *m) {
    struct pager *pager = self;
    unsigned long site = m->payload, n = m->word[1] / KEEPER_PAGE;
    int store = (m->word[3] & KEEPER_STORE) != 0;
    if (site >= pager->sites || n >= PAGER_PAGES)
        return KEEPER_DECLINES;
    if (m->word[0] != FAULT_INVALID_ADDRESS && !(m->word[0] == FAULT_ACCESS_VIOLATION && store))
        return KEEPER_DECLINES;
    return store ? stores(pager, (unsigned)site, n) : loads(pager, (unsigned)site, n);
}

void pager_main(struct pager *pager) {
    keeper_serve(pager, fault);
}
