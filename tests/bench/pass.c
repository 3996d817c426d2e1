/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The least that a handler can do. With the argument "careful" it might stop as well.
 */
#include <facet/handler.h>
#include <string.h>

static uint32_t verdicts(const char *args) {
    return FACET_MAY(FACET_PASS) | (strcmp(args, "careful") == 0 ? FACET_MAY(FACET_STOP) : 0);
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
