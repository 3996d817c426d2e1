/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Instructions of ring 3 that the engine executes but should not:
 *
 * - VEX codes: it takes the VEX form of an SSE instruction for the old one, which has other operands. All but BMI: #UD.
 * - IRETD: with VM set in the flags it would enter virtual-8086 mode, which long mode does not have, and where nothing
 *   of what emu/ knows holds. #GP(0).
 * - Operands that its helpers move in pieces (x87 of 80 bits, state saves, MASKMOV, CMPXCHG8B): it can't be stopped
 *   between them. MMX, which has cleared the x87 tags when its operand turns out to be refused, and ENTER and far CALL,
 *   which have pushed. If a front is concerned, the instruction runs captured (access_pieces).
 *
 * Every block is looked at once, when it has just been translated. A suspect gets a code hook of its own, which looks
 * again at each execution (other code may have taken its place) and raises the exception.
 */
#include "internal.h"

#define BLOCK_MAX 8192 /* bytes; a block has at most 512 instructions */
#define SUSPECTS_MAX 512
#define FLAG_VM 0x20000u

static bool is_segment_or_address(uint8_t byte) {
    return (byte & 0xe7) == 0x26 || byte == 0x64 || byte == 0x65 || byte == 0x67;
}

static bool is_vex(const uint8_t *code, size_t size) {
    while (size && is_segment_or_address(*code)) /* the prefixes that VEX allows before it */
        code++, size--;
    if (!size || (code[0] != 0xc4 && code[0] != 0xc5))
        return false;
    if (code[0] == 0xc5 || size < 4) /* the shortest of BMI has five bytes */
        return true;
    unsigned map = code[1] & 0x1f, opcode = code[3];
    bool bmi = (map == 2 && (opcode == 0xf2 || opcode == 0xf3 || (opcode >= 0xf5 && opcode <= 0xf7))) ||
               (map == 3 && opcode == 0xf0);
    return !bmi || (code[2] & 4); /* BMI has L = 0 */
}

static bool is_iretd(const uint8_t *code, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (code[i] == 0xcf)
            return i == 0 || (code[i - 1] & 0xf8) != 0x48; /* REX.W */
        bool prefix =
            code[i] == 0x66 || code[i] == 0xf0 || code[i] == 0xf2 || code[i] == 0xf3 || (code[i] & 0xf0) == 0x40;
        if (!prefix && !is_segment_or_address(code[i]))
            return false;
    }
    return false;
}

static bool is_prefix(uint8_t byte) {
    return is_segment_or_address(byte) || byte == 0x66 || byte == 0xf0 || byte == 0xf2 || byte == 0xf3 ||
           (byte & 0xf0) == 0x40;
}

/* MMX with a memory operand, conversions from and to it included. */
static bool is_mmx(const uint8_t *code, size_t size) {
    bool scalar = false, packed = false;
    for (; size && is_prefix(*code); code++, size--) {
        scalar = scalar || (*code & 0xfe) == 0xf2;
        packed = packed || *code == 0x66;
    }
    if (size < 4 || code[0] != 0x0f || scalar)
        return false;
    unsigned opcode = code[1];
    if (opcode == 0x38 || opcode == 0x3a) /* SSSE3 */
        return !packed && code[3] < 0xc0 &&
               (opcode == 0x3a ? code[2] == 0x0f : code[2] <= 0x0b || (code[2] >= 0x1c && code[2] <= 0x1e));
    if (code[2] >= 0xc0)
        return false;
    if (opcode == 0x2a || opcode == 0x2c || opcode == 0x2d)
        return true;
    return !packed && ((opcode >= 0x60 && opcode <= 0x76 && (opcode < 0x71 || opcode > 0x73)) || opcode == 0x7e ||
                       opcode == 0x7f || opcode == 0xc4 || opcode >= 0xd1);
}

/* ENTER with a nesting level above 0, far CALL: several pushes. */
static bool pushes_several(const uint8_t *code, size_t size) {
    while (size && is_prefix(*code))
        code++, size--;
    bool far_call = size >= 2 && code[0] == 0xff && (code[1] >> 3 & 7) == 3 && code[1] < 0xc0;
    return far_call || (size >= 4 && code[0] == 0xc8 && (code[3] & 31) != 0);
}

/* FLD/FSTP m80, FBLD, FBSTP, FLDENV, FNSTENV, FRSTOR, FNSAVE, FXSAVE, FXRSTOR, CMPXCHG8B/16B, MASKMOV. */
static bool is_in_pieces(const uint8_t *code, size_t size) {
    if (is_mmx(code, size) || pushes_several(code, size))
        return true;
    while (size && is_prefix(*code))
        code++, size--;
    if (size < 2 || (*code == 0x0f && size < 3))
        return false;
    unsigned opcode = code[0] == 0x0f ? 0x0f00u | code[1] : code[0], modrm = code[0] == 0x0f ? code[2] : code[1];
    unsigned reg = modrm >> 3 & 7;
    if (opcode == 0x0ff7 || modrm >= 0xc0)
        return opcode == 0x0ff7 && modrm >= 0xc0;
    switch (opcode) {
    case 0xdb:
        return reg == 5 || reg == 7;
    case 0xd9:
    case 0xdd:
    case 0xdf:
        return reg == 4 || reg == 6;
    case 0x0fae:
        return reg < 2;
    default:
        return opcode == 0x0fc7 && reg == 1;
    }
}

/* The flags that IRETD would load, all ones when they cannot be read. */
static uint32_t iretd_flags(struct emu *emu) {
    uint32_t flags;
    return mmu_read(emu, reg_get(emu, UC_X86_REG_RSP) + 8, &flags, sizeof flags) ? flags : ~0u;
}

static void on_suspect(uc_engine *uc, uint64_t address, uint32_t length, void *data) {
    struct emu *emu = data;
    uint8_t code[15];
    (void)uc, (void)length;
    if (reg_cpl(emu) != 3)
        return;
    size_t size = mmu_fetch(emu, address, code, sizeof code);
    if (is_vex(code, size)) {
        emu->trap.vector = VECTOR_UD;
        emu->trap.has_error = false;
    } else if (is_iretd(code, size) && (iretd_flags(emu) & FLAG_VM)) {
        emu->trap.vector = VECTOR_GP;
        emu->trap.has_error = true;
        emu->trap.error = 0;
    } else {
        if (is_in_pieces(code, size))
            access_pieces(emu, address);
        return;
    }
    run_stop(emu, PENDING_TRAP);
}

static bool known(struct emu *emu, uint64_t va) {
    for (size_t i = 0; i < emu->suspect.count; i++)
        if (emu->suspect.at[i].pc == va)
            return true;
    return false;
}

/* A suspect in the block that has no hook yet. */
static bool find(struct emu *emu, const uint8_t *code, size_t size, uint64_t va, uint64_t *found) {
    bool any = false, lost = false;
    for (size_t i = 0; i < size && !any; i++)
        any = code[i] == 0xc4 || code[i] == 0xc5 || code[i] == 0xcf || is_in_pieces(code + i, size - i);
    for (size_t at = 0; any && at < size;) {
        size_t left = size - at, length = lost ? 0 : operand_instruction_size(emu, code + at, left, va + at);
        if ((is_vex(code + at, left) || is_iretd(code + at, left) || is_in_pieces(code + at, left)) &&
            !known(emu, va + at)) {
            *found = va + at;
            return true;
        }
        lost = !length; /* the engine takes what Capstone does not; then any place may be one, a hook too many does no
                           harm */
        at += lost ? 1 : length;
    }
    return false;
}

static void on_block_made(uc_engine *uc, uc_tb *made, uc_tb *before, void *data) {
    struct emu *emu = data;
    uint8_t code[BLOCK_MAX];
    (void)uc, (void)before;
    size_t size = made->size < sizeof code ? made->size : sizeof code;
    if (reg_cpl(emu) == 3 && find(emu, code, mmu_fetch(emu, made->pc, code, size), made->pc, &emu->suspect.found)) {
        emu->clock.between = true;
        engine_abort(emu, PENDING_SUSPECT);
    }
}

void refuse_exit(struct emu *emu) {
    if (!emu->suspect.at)
        emu->suspect.at = calloc(SUSPECTS_MAX, sizeof *emu->suspect.at);
    facet_assert(emu->suspect.at, "out of memory for %d code hooks", SUSPECTS_MAX);
    if (emu->suspect.count == SUSPECTS_MAX) /* somebody makes them up: start over */
        while (emu->suspect.count)
            uc_hook_del(emu->uc, emu->suspect.at[--emu->suspect.count].hook);
    struct breakpoint *at = &emu->suspect.at[emu->suspect.count++];
    at->pc = emu->suspect.found;
    uc_err err = uc_hook_add(emu->uc, &at->hook, UC_HOOK_CODE, (void *)on_suspect, emu, at->pc, at->pc);
    facet_assert(err == UC_ERR_OK, "code hook: %s", uc_strerror(err));
    uc_ctl_flush_tb(emu->uc);
    mmu_flush(emu);
}

bool refuse_init(struct emu *emu) {
    uc_hook hook;
    return uc_hook_add(emu->uc, &hook, UC_HOOK_EDGE_GENERATED, (void *)on_block_made, emu, 1, 0) == UC_ERR_OK;
}
