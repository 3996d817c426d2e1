/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With a bank instead of a Range, some objects are drawn from a bank below this program's. It ends now and then, and
 * takes them along or leaves them.
 */
#include "guest.h"

int has_bank;

static const enum cap_type kinds[] = {CAP_PAGE, CAP_GPT, CAP_ENDPOINT, CAP_FORWARDER};
#define KINDS ((int)(sizeof kinds / sizeof *kinds))
static unsigned char is_below[KINDS][M_PAGES], ended[KINDS][M_PAGES]; /* drawn from it; that went with the last */

static int kind_of(enum cap_type type) {
    int kind = 0;
    while (kinds[kind] != type)
        kind++;
    return kind;
}

static int is_kept(enum cap_type type, int object) {
    return object < (type == CAP_PAGE ? 1 : type == CAP_GPT ? M_ROOTS : type == CAP_ENDPOINT ? M_END_KEEPER : 0);
}

void draw(enum cap_type type, int object, unsigned to) {
    int below_this = has_bank && !is_kept(type, object) && one_in(3);
    struct facet_message m = {.word = {type}, .recv = {(unsigned char)to}};
    must("draw", facet_call(below_this ? R_BANK : CR_RANGE, OP_RANGE_ALLOC, &m));
    is_below[kind_of(type)][object] = (unsigned char)below_this;
}

static void bank_make(void) {
    struct facet_message m = {.word = {~0ul, ~0ul, ~0ul, ~0ul}, .recv = {R_BANK}};
    must("bank", facet_call(CR_BANK, OP_BANK_MAKE, &m));
}

void bank_start(void) {
    struct facet_message m = {.send = {CR_RANGE}};
    must("classify", facet_call(CR_DISCRIM, OP_DISCRIM_CLASSIFY, &m));
    has_bank = m.word[0] == DISCRIM_ENTRY;
    if (has_bank)
        bank_make();
}

static void object_make(enum cap_type type, int object) {
    if (type == CAP_PAGE)
        page_make(object);
    else if (type == CAP_GPT)
        gpt_make(object);
    else if (type == CAP_ENDPOINT)
        end_make(object);
    else
        forwarder_make(object);
}

static void object_fill(enum cap_type type, int object) {
    if (type == CAP_GPT)
        gpt_fill(object);
}

static void each_ended(void (*does)(enum cap_type type, int object)) {
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < M_PAGES; i++)
            if (ended[kind][i])
                does(kinds[kind], i);
}

void op_end_bank(void) {
    struct facet_message m = {0};
    if (!has_bank)
        return;
    if (one_in(2)) {
        must("remove", facet_call(R_BANK, OP_BANK_REMOVE, &m));
        memset(is_below, 0, sizeof is_below);
        bank_make();
        return;
    }
    must("destroy", facet_call(R_BANK, OP_BANK_DESTROY, &m));
    memcpy(ended, is_below, sizeof ended);
    each_ended(object_forget);
    settle(M_NONE);
    bank_make();
    each_ended(object_make);
    each_ended(object_fill);
}

/* What a bank does not end: objects that were drawn from another. */
void op_refused_end(void) {
    if (!has_bank)
        return;
    fetch(0, R_TEMP);
    unsigned long rc = facet_set(R_BANK, OP_RANGE_RESCIND, 0, R_TEMP);
    if (rc != RC_NO_RIGHT)
        die("another bank's page", rc, RC_NO_RIGHT);
    statistics.refusals++;
}
