/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What pager and copy space share. Each is a process that keeps GPTs: it waits for OP_FAULT, repairs or declines, and
 * waits again. It has no authority but its capability registers, which whoever starts it fills (process_make in the
 * test guest shows how); its first argument is its own structure, in memory that it can write.
 */
#ifndef DOMAIN_KEEPER_H
#define DOMAIN_KEEPER_H

#include <facet/guest.h>

/* Capability registers of a keeper. */
enum {
    K_RANGE = 1, /* pays for the pages */
    K_WINDOW,    /* a GPT, l2v 12, in its own space: where it looks at pages */
    K_PAGES,     /* pager: a CapPage for all pages; copy space: the copy's root GPT */
    K_RESUME,    /* of the process that faults */
    K_A,         /* scratch */
    K_B,
    K_NODE,  /* copy space: on the way down */
    K_LOWER, /* … */
    K_SITE,  /* pager: the sites' GPTs, l2v 12, one behind the other */
};

#define KEEPER_PAGE 4096ul
#define KEEPER_STORE 2ul /* in the error code of a page fault */

/* What a keeper makes of a fault. */
enum keeper_verdict { KEEPER_REPAIRED, KEEPER_DECLINES };

static inline enum keeper_verdict keeper_set(unsigned gpt, unsigned long slot, unsigned cap) {
    return facet_set(gpt, OP_GPT_SET, slot, cap) == RC_OK ? KEEPER_REPAIRED : KEEPER_DECLINES;
}

static inline enum keeper_verdict keeper_alloc(enum cap_type type, unsigned to) {
    struct facet_message m = {.word = {type}, .recv = {(unsigned char)to}};
    return facet_call(K_RANGE, OP_RANGE_ALLOC, &m) == RC_OK ? KEEPER_REPAIRED : KEEPER_DECLINES;
}

/* Copies a page. Both are seen through the window at address `window` only as long as that takes. */
static inline enum keeper_verdict keeper_copy(unsigned char *window, unsigned to, unsigned from) {
    if (keeper_set(K_WINDOW, 0, to) != KEEPER_REPAIRED || keeper_set(K_WINDOW, 1, from) != KEEPER_REPAIRED)
        return KEEPER_DECLINES;
    memcpy(window, window + KEEPER_PAGE, KEEPER_PAGE);
    keeper_set(K_WINDOW, 0, CR_NULL);
    return keeper_set(K_WINDOW, 1, CR_NULL);
}

/* Serves for ever. `fault` gets the message of a fault: m->payload, and words as OP_FAULT says. */
static inline _Noreturn void keeper_serve(void *self,
                                          enum keeper_verdict (*fault)(void *self, const struct facet_message *m)) {
    unsigned answer_to = CR_NULL;
    unsigned long verdict = KEEPER_REPAIRED;
    for (;;) {
        struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = K_RESUME}};
        unsigned long label = facet_invoke(answer_to, INVOKE_RETURN, verdict, &m);
        answer_to = K_RESUME;
        verdict = label == OP_FAULT ? (unsigned long)fault(self, &m) : RC_BAD_OP;
    }
}

#endif
