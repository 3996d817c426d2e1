/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The instructions that made accesses lately, decoded: access_decode() in access.h finds them, here is what it does
 * when one is not known or its code may have changed.
 */
#include "access.h"

#include <string.h>

/* Host address of the instruction, NULL if it can't be had in one piece; *constant: it can't change without a fetch
 * fill. */
static const uint8_t *code_at(struct emu *emu, uint64_t pc, bool *constant) {
    struct mmu_page page;
    struct target target;
    if (mmu_walk(emu, reg_get(emu, UC_X86_REG_CR3), pc, &page) != MMU_OK ||
        page_resolve(emu, &page, &target) != FRONT_OK || target.host == NULL)
        return NULL;
    *constant = (emu->mmu.frame[target.gpa / PAGE_SIZE] & ~FRAME_DIRTIED) == FRAME_CODE;
    return target.host + pc % PAGE_SIZE;
}

const struct decoded *access_decode_again(struct access_state *state, struct decoded *decoded, uint64_t pc) {
    struct emu *emu = state->emu;
    unsigned room = (unsigned)(PAGE_SIZE - pc % PAGE_SIZE);
    bool constant = false;
    const uint8_t *code = code_at(emu, pc, &constant);
    if (code != NULL && (decoded->pc != pc || decoded->size == 0 || decoded->size > room ||
                         memcmp(code, decoded->bytes, decoded->size) != 0))
        decoder_fill(state->decoder, decoded, pc, code, room);
    if (code == NULL || decoded->size == 0) { /* crosses into the next page: never taken from the cache */
        uint8_t bytes[DECODE_BYTES_MAX];
        decoder_fill(state->decoder, decoded, pc, bytes, (unsigned)mmu_fetch(emu, pc, bytes, sizeof bytes));
        decoded->generation = 0;
        return decoded;
    }
    decoded->code = constant ? NULL : code;
    decoded->generation = emu->mmu.fetches;
    return decoded;
}
