/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The least that a handler can do. With the argument "careful" it might stop as well. With a number it says when so
 * many accesses have been made, and waits until it may go on (bench.h): a program that works in pieces without knowing,
 * so without system calls.
 */
#include "bench.h"

#include <facet/handler.h>
#include <stdlib.h>
#include <string.h>

static unsigned long piece, left;

static uint32_t verdicts(const char *args) {
    return FACET_MAY(FACET_PASS) | (strcmp(args, "careful") == 0 ? FACET_MAY(FACET_STOP) : 0);
}

static void *attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    (void)object;
    (void)error;
    piece = strtoul(args, NULL, 10);
    left = piece != 0;
    return &piece;
}

static enum facet_verdict pass(void *state, const struct facet_access *access, struct facet_reply *reply) {
    (void)state;
    (void)access;
    (void)reply;
    if (left != 0 && --left == 0) {
        if (!bench_next())
            _exit(0);
        left = piece;
    }
    return FACET_PASS;
}

const struct facet_handler facet_handler = {
    .abi = FACET_HANDLER_ABI,
    .name = "pass",
    .summary = "passes everything",
    .verdicts = verdicts,
    .attach = attach,
    .access = pass,
};
