/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The least that a handler can do.
 */
#include <facet/handler.h>

static uint32_t verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS);
}

static enum facet_verdict pass(void *state, const struct facet_access *access, struct facet_reply *reply) {
    (void)state;
    (void)access;
    (void)reply;
    return FACET_PASS;
}

const struct facet_handler facet_handler = {
    .abi = FACET_HANDLER_ABI,
    .name = "pass",
    .summary = "passes everything",
    .verdicts = verdicts,
    .access = pass,
};
