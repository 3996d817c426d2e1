/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deadlock: six processes wait for what can never come: an answer, a receiver, a message to one endpoint, any message;
 * and two for each other.
 */
#include "check.h"

enum { R_A = CR_FREE, R_B, R_C, R_D, R_E, R_ENDPOINT, R_ENTRY, R_ENDPOINT2, R_ENTRY2, R_ENDPOINT3, R_ENTRY3 };
static unsigned long stack[5][256];

static void call_gift(void) {
    struct facet_message m = {0};
    facet_call(2, 0x4000, &m);
}

static void wait_closed(void) {
    struct facet_message m = {0};
    facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(2), 0, &m);
}

int main(void) {
    struct facet_message m = {0};
    make_entry(R_ENDPOINT, CR_SELF, 0, R_ENTRY);
    make_process(R_A, call_gift, stack[0] + 256, R_ENTRY, CR_NULL);
    make_process(R_C, wait_closed, stack[2] + 256, R_ENDPOINT, CR_NULL);
    make_entry(R_ENDPOINT2, R_C, 0, R_ENTRY2);
    make_process(R_B, call_gift, stack[1] + 256, R_ENTRY2, CR_NULL);
    make_process(R_D, call_gift, stack[3] + 256, CR_NULL, CR_NULL);
    make_entry(R_ENDPOINT3, R_D, 0, R_ENTRY3);
    make_process(R_E, call_gift, stack[4] + 256, R_ENTRY3, CR_NULL);
    make_entry(R_ENDPOINT3, R_E, 0, R_ENTRY3);
    check("give it a capability", facet_set(R_D, OP_PROCESS_SET_CAP, 2, R_ENTRY3), RC_OK);
    for (unsigned reg = R_A; reg <= R_E; reg++)
        check("start", facet_set(reg, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m); /* takes the call of A, which it never answers */
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    return 0;
}
