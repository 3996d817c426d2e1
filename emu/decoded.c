/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a decoded instruction accesses memory, with given registers.
 */
#include "decode.h"

#include <stddef.h>

/* Of the operand that note_location noted. */
static uint64_t operand_address(const struct decoded *decoded, const unsigned long *reg) {
    uint64_t sum = (uint64_t)decoded->displacement;
    if (decoded->rip_relative)
        sum += decoded->pc + decoded->size;
    if (decoded->base >= 0)
        sum += reg[decoded->base];
    if (decoded->pops && decoded->base == (int8_t)(offsetof(struct facet_regs, rsp) / 8))
        sum += decoded->store_size;
    if (decoded->index >= 0)
        sum += reg[decoded->index] * decoded->scale;
    return sum;
}

static uint64_t segmented(const struct decoded *decoded, const unsigned long *reg, uint64_t offset) {
    if (decoded->address32)
        offset &= 0xffffffff;
    return offset + (decoded->segment >= 0 ? reg[decoded->segment] : 0);
}

uint64_t decoded_wide_address(const struct decoded *decoded, const struct facet_regs *regs) {
    const unsigned long *reg = (const unsigned long *)regs;
    return segmented(decoded, reg, operand_address(decoded, reg));
}

bool decoded_store_address(const struct decoded *decoded, const struct facet_regs *regs, uint64_t *address) {
    const unsigned long *reg = (const unsigned long *)regs;
    uint64_t sum = 0;
    switch ((enum decode_store)decoded->store) {
    case DECODE_STORE_NONE:
        return false;
    case DECODE_STORE_PUSH:
        *address = regs->rsp - decoded->store_size;
        return true;
    case DECODE_STORE_STRING:
        sum = regs->rdi;
        break;
    case DECODE_STORE_OPERAND:
        sum = operand_address(decoded, reg);
        break;
    }
    *address = segmented(decoded, reg, sum);
    return true;
}

bool decoded_apart_address(const struct decoded *decoded, const struct facet_regs *regs, uint64_t *address) {
    if (decoded->apart == DECODE_APART_STORE)
        return decoded_store_address(decoded, regs, address);
    *address = decoded_wide_address(decoded, regs);
    return decoded->apart == DECODE_APART_LOAD;
}
