/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A constructor builds confined programs, as in KeyKOS and EROS. Its builder installs the capabilities with which each
 * instance begins, and seals it. Who wants an instance asks whether anything of that is a hole, through which
 * information could leave; if nothing is, an instance can tell nobody anything but through what its requestor gives it:
 * its bank, its keeper, its schedule, and the messages that it answers. Neither needs to trust the other's programs,
 * both trust the constructor.
 *
 * Discreet are Null, memory that is read-only, weak and without calls (a keeper would learn addresses), and sealed
 * constructors of the same brand that have no hole themselves; not through a forwarder, which may lead elsewhere later.
 * The bank that a requestor gives should be one for this instance: who has a bank may end and renew all that was drawn
 * from it. Fronts do not count: who has put a handler on a page (OP_DEBUG_SWAP) sees everything anyway.
 *
 *     an instance    space   slot 0 << 44   the image that was installed for register 0
 *                            slot 1 << 44   CONSTRUCTOR_PAGES of its own, zeroed; its stack begins at their end
 *                    holds   what was installed; CR_SELF, CR_SPACE, CR_BANK (if a bank it was), CONSTRUCTOR_ENDPOINT
 */
#ifndef DOMAIN_CONSTRUCTOR_H
#define DOMAIN_CONSTRUCTOR_H

#include <facet/guest.h>

/* Its capability registers, up to C_FREE filled by whoever starts it. */
enum {
    C_ENDPOINT = 1, /* where its messages arrive */
    C_BRAND,        /* of all constructors that know each other; it has it as its brand, too */
    C_TOOL,         /* ProcessTool */
    C_DISCRIM,
    C_BANK, /* of a bank: to tell whether another is one; Null: only from a Range */
    C_CAPS, /* CapPage: what was installed, by register */
    C_FREE,
    C_SENT = C_FREE, /* what came with a message: three */
    C_RESUME = C_SENT + 3,
    C_PROCESS, /* an instance in the making */
    C_SPACE,
    C_OWN, /* GPT of its pages */
    C_END,
    C_RESULT, /* goes back with the answer */
    C_SCRATCH,
};

/* Payloads of the entries to it. Only the constructor can make any others. */
enum constructor_facet {
    CONSTRUCTOR_BUILDER = 1,
    CONSTRUCTOR_CONFINES, /* for requestors, sealed: it has no hole */
    CONSTRUCTOR_LEAKS,    /* … it has some */
    CONSTRUCTOR_INSTANCE, /* the brand of its instances; nobody else has it */
};

/* In memory that it can write; zero at first. */
struct constructor {
    unsigned long start;       /* where instances begin */
    unsigned installed, holes; /* 1 << register */
    int sealed;
};

_Noreturn void constructor_main(struct constructor *constructor);

#endif
