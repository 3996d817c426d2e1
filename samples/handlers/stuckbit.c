/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Broken memory: one bit of the object always reads as 1. `--swap OBJECT=stuckbit.so:BIT`, BIT counted from the
 * object's first byte, least significant bit first. What is stored stays as it was; only loads are wrong.
 */
#include <facet/handler.h>
#include <stdlib.h>
#include <string.h>

struct stuckbit {
    int64_t byte;
    uint8_t mask;
    uint64_t loads, altered;
};

static uint32_t verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_DONE);
}

static void *attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    char *end;
    unsigned long long bit = strtoull(args, &end, 0);
    if (end == args || *end || bit / 8 >= object->size) {
        snprintf(error->text, sizeof error->text, "stuckbit:BIT needs a bit number below %llu, not '%.100s'",
                 8 * (unsigned long long)object->size, args);
        return NULL;
    }
    struct stuckbit *stuck = calloc(1, sizeof *stuck);
    if (!stuck)
        return NULL;
    stuck->byte = (int64_t)(bit / 8);
    stuck->mask = (uint8_t)(1u << bit % 8);
    return stuck;
}

static enum facet_verdict answer(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct stuckbit *stuck = state;
    int64_t at = stuck->byte - access->offset;
    if (access->kind != FACET_LOAD || at < 0 || at >= access->size || !access->backing)
        return FACET_PASS;
    stuck->loads++;
    if (access->backing[at] & stuck->mask)
        return FACET_PASS;
    stuck->altered++;
    memcpy(reply->bytes, access->backing, access->size);
    reply->bytes[at] |= stuck->mask;
    return FACET_DONE;
}

static void report(void *state, FILE *out) {
    const struct stuckbit *stuck = state;
    fprintf(out, "stuckbit: %llu loads of byte %lld, %llu of them altered\n", (unsigned long long)stuck->loads,
            (long long)stuck->byte, (unsigned long long)stuck->altered);
}

const struct facet_handler facet_handler = {
    .abi = FACET_HANDLER_ABI,
    .name = "stuckbit",
    .summary = "stuckbit:BIT: that bit of the object always reads as 1",
    .verdicts = verdicts,
    .attach = attach,
    .access = answer,
    .report = report,
    .detach = free,
};
