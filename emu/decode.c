/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode.h"

#include <capstone/capstone.h>
#include <cpuid.h>
#include <facet/error.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct decoder {
    csh capstone;
    cs_insn *insn;
    bool host_movbe; /* then the engine leaves the swap of a MOVBE to the store itself, after its hooks */
};

struct decoder *decoder_create(void) {
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL)
        return NULL;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &decoder->capstone) != CS_ERR_OK)
        goto fail;
    cs_option(decoder->capstone, CS_OPT_DETAIL, CS_OPT_ON);
    decoder->insn = cs_malloc(decoder->capstone);
    if (decoder->insn == NULL)
        goto fail;
    unsigned eax, ebx, ecx = 0, edx;
    decoder->host_movbe = __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_MOVBE) != 0;
    return decoder;
fail:
    decoder_destroy(decoder);
    return NULL;
}

void decoder_destroy(struct decoder *decoder) {
    if (decoder == NULL)
        return;
    if (decoder->insn != NULL)
        cs_free(decoder->insn, 1);
    if (decoder->capstone != 0)
        cs_close(&decoder->capstone);
    free(decoder);
}

/* Instructions that load their memory operand and store it back, whatever its position. */
static bool is_rmw(const cs_insn *insn, const cs_x86 *x86) {
    switch (insn->id) {
    case X86_INS_ADD:
    case X86_INS_ADC:
    case X86_INS_SUB:
    case X86_INS_SBB:
    case X86_INS_AND:
    case X86_INS_OR:
    case X86_INS_XOR:
    case X86_INS_INC:
    case X86_INS_DEC:
    case X86_INS_NEG:
    case X86_INS_NOT:
    case X86_INS_SHL:
    case X86_INS_SAL:
    case X86_INS_SHR:
    case X86_INS_SAR:
    case X86_INS_ROL:
    case X86_INS_ROR:
    case X86_INS_RCL:
    case X86_INS_RCR:
    case X86_INS_SHLD:
    case X86_INS_SHRD:
    case X86_INS_BTS:
    case X86_INS_BTR:
    case X86_INS_BTC:
    case X86_INS_CMPXCHG:
    case X86_INS_CMPXCHG8B:
    case X86_INS_CMPXCHG16B:
    case X86_INS_XADD:
        return x86->op_count > 0 && x86->operands[0].type == X86_OP_MEM;
    case X86_INS_XCHG:
        return x86->op_count == 2 && (x86->operands[0].type == X86_OP_MEM || x86->operands[1].type == X86_OP_MEM);
    default:
        return false;
    }
}

static bool stores_by_helper(const cs_insn *insn, const cs_x86 *x86) {
    switch (insn->id) {
    case X86_INS_FXSAVE:
    case X86_INS_FXSAVE64:
    case X86_INS_XSAVE:
    case X86_INS_XSAVE64:
    case X86_INS_XSAVEC:
    case X86_INS_XSAVEC64:
    case X86_INS_XSAVEOPT:
    case X86_INS_XSAVEOPT64:
    case X86_INS_FNSTENV:
    case X86_INS_FNSAVE:
    case X86_INS_FBSTP:
    case X86_INS_MASKMOVDQU:
    case X86_INS_MASKMOVQ:
    case X86_INS_CMPXCHG8B:
    case X86_INS_CMPXCHG16B:
        return true;
    case X86_INS_FSTP:
        return x86->op_count > 0 && x86->operands[0].type == X86_OP_MEM && x86->operands[0].size == 10;
    default:
        return false;
    }
}

/* Capstone keeps one of LOCK and REP (XACQUIRE LOCK has both) and misreads the operand size of 66 F3 AB. */
static bool has_prefix(const cs_insn *insn, uint8_t prefix) {
    static const uint8_t all[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};
    for (unsigned i = 0; i < insn->size; i++)
        if (insn->bytes[i] == prefix)
            return true;
        else if (memchr(all, insn->bytes[i], sizeof all) == NULL)
            return false;
    return false;
}

/* INS, OUTS, MOVS, CMPS, STOS, LODS, SCAS by their opcode: MOVSD and CMPSD are also names of SSE instructions. */
static bool is_string(const cs_x86 *x86) {
    uint8_t opcode = x86->opcode[0];
    return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xa4 && opcode <= 0xa7) ||
           (opcode >= 0xaa && opcode <= 0xaf);
}

static uint8_t string_size(const cs_insn *insn, const cs_x86 *x86) {
    if ((x86->opcode[0] & 1) == 0)
        return 1;
    if ((x86->rex & 8) != 0)
        return 8;
    return has_prefix(insn, 0x66) ? 2 : 4;
}

static bool string_stores(const cs_x86 *x86) {
    uint8_t kind = x86->opcode[0] & 0xfe;
    return kind == 0x6c || kind == 0xa4 || kind == 0xaa;
}

static const cs_x86_op *memory_operand(const cs_x86 *x86, unsigned *count) {
    const cs_x86_op *found = NULL;
    *count = 0;
    for (unsigned i = 0; i < x86->op_count; i++)
        if (x86->operands[i].type == X86_OP_MEM) {
            found = found == NULL ? &x86->operands[i] : found;
            ++*count;
        }
    return found;
}

static bool is_stack(const cs_insn *insn, const cs_x86 *x86) {
    switch (insn->id) {
    case X86_INS_PUSH:
    case X86_INS_POP:
    case X86_INS_CALL:
        return x86->op_count == 1 && x86->operands[0].type != X86_OP_MEM;
    case X86_INS_RET:
    case X86_INS_LEAVE:
        return true;
    default:
        return false;
    }
}

/* Moves and operations of SSE on one number. With a register of MMX the engine changes the x87 state first. */
static bool is_scalar(const cs_insn *insn, const cs_x86 *x86) {
    static const uint16_t ids[] = {
        X86_INS_MOVD,     X86_INS_MOVQ,     X86_INS_MOVSS,     X86_INS_MOVSD,    X86_INS_MOVLPS,   X86_INS_MOVLPD,
        X86_INS_MOVHPS,   X86_INS_MOVHPD,   X86_INS_ADDSS,     X86_INS_ADDSD,    X86_INS_SUBSS,    X86_INS_SUBSD,
        X86_INS_MULSS,    X86_INS_MULSD,    X86_INS_DIVSS,     X86_INS_DIVSD,    X86_INS_SQRTSS,   X86_INS_SQRTSD,
        X86_INS_MINSS,    X86_INS_MINSD,    X86_INS_MAXSS,     X86_INS_MAXSD,    X86_INS_COMISS,   X86_INS_COMISD,
        X86_INS_UCOMISS,  X86_INS_UCOMISD,  X86_INS_CVTSI2SS,  X86_INS_CVTSI2SD, X86_INS_CVTSS2SD, X86_INS_CVTSD2SS,
        X86_INS_CVTSS2SI, X86_INS_CVTSD2SI, X86_INS_CVTTSS2SI, X86_INS_CVTTSD2SI};
    for (unsigned i = 0; i < x86->op_count; i++)
        if (x86->operands[i].type == X86_OP_REG && x86->operands[i].reg >= X86_REG_MM0 &&
            x86->operands[i].reg <= X86_REG_MM7)
            return false;
    for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++)
        if (insn->id == ids[i])
            return !is_string(x86);
    return false;
}

/* Exactly one access, seen from the hooks: a plain move or an operation with one memory operand of at most 8 bytes. */
static bool is_single(const cs_insn *insn, const cs_x86 *x86) {
    unsigned count;
    const cs_x86_op *memory = memory_operand(x86, &count);
    if (is_stack(insn, x86))
        return true;
    if (count != 1 || memory->size > 8)
        return false;
    switch (insn->id) {
    case X86_INS_MOV:
    case X86_INS_MOVABS:
    case X86_INS_MOVZX:
    case X86_INS_MOVSX:
    case X86_INS_MOVSXD:
    case X86_INS_MOVBE:
    case X86_INS_MOVNTI:
    case X86_INS_CMP:
    case X86_INS_TEST:
    case X86_INS_IMUL:
    case X86_INS_MUL:
    case X86_INS_DIV:
    case X86_INS_IDIV:
    case X86_INS_BT:
    case X86_INS_BSF:
    case X86_INS_BSR:
    case X86_INS_POPCNT:
    case X86_INS_LZCNT:
    case X86_INS_TZCNT:
    case X86_INS_JMP:
        return true;
    case X86_INS_ADD:
    case X86_INS_ADC:
    case X86_INS_SUB:
    case X86_INS_SBB:
    case X86_INS_AND:
    case X86_INS_OR:
    case X86_INS_XOR:
        return x86->operands[0].type == X86_OP_REG;
    default:
        return (insn->id >= X86_INS_SETAE && insn->id <= X86_INS_SETS) ||
               (insn->id >= X86_INS_CMOVA && insn->id <= X86_INS_CMOVS) || is_scalar(insn, x86);
    }
}

/* In the order of struct facet_regs. */
static const x86_reg general64[] = {X86_REG_RAX, X86_REG_RBX, X86_REG_RCX, X86_REG_RDX, X86_REG_RSI, X86_REG_RDI,
                                    X86_REG_RBP, X86_REG_RSP, X86_REG_R8,  X86_REG_R9,  X86_REG_R10, X86_REG_R11,
                                    X86_REG_R12, X86_REG_R13, X86_REG_R14, X86_REG_R15};
static const x86_reg general32[] = {X86_REG_EAX,  X86_REG_EBX,  X86_REG_ECX,  X86_REG_EDX, X86_REG_ESI,  X86_REG_EDI,
                                    X86_REG_EBP,  X86_REG_ESP,  X86_REG_R8D,  X86_REG_R9D, X86_REG_R10D, X86_REG_R11D,
                                    X86_REG_R12D, X86_REG_R13D, X86_REG_R14D, X86_REG_R15D};

static int8_t register_number(x86_reg reg) {
    if (reg == X86_REG_FS)
        return (int8_t)(offsetof(struct facet_regs, fs_base) / 8);
    if (reg == X86_REG_GS)
        return (int8_t)(offsetof(struct facet_regs, gs_base) / 8);
    for (int8_t i = 0; i < 16; i++)
        if (reg == general64[i] || reg == general32[i])
            return i;
    return -1;
}

static void note_location(struct decoded *slot, const cs_x86_op *memory) {
    slot->base = register_number(memory->mem.base);
    slot->index = register_number(memory->mem.index);
    slot->segment = register_number(memory->mem.segment);
    slot->scale = (uint8_t)memory->mem.scale;
    slot->displacement = memory->mem.disp;
    slot->rip_relative = memory->mem.base == X86_REG_RIP || memory->mem.base == X86_REG_EIP;
}

static void note_operand(struct decoded *slot, const cs_insn *insn, const cs_x86_op *memory) {
    slot->store = DECODE_STORE_OPERAND;
    slot->store_size = insn->id == X86_INS_FNSTSW ? 2 : memory->size; /* Capstone says 4 */
    note_location(slot, memory);
}

/* Of the 16 bytes that the engine loads the instruction has but the first 4 or 8. */
static bool is_overread(const cs_insn *insn) {
    switch (insn->id) {
    case X86_INS_CVTPS2PD:
    case X86_INS_CVTDQ2PD:
    case X86_INS_CVTPS2PI:
    case X86_INS_CVTTPS2PI:
    case X86_INS_ROUNDSS:
    case X86_INS_ROUNDSD:
        return true;
    default:
        return false;
    }
}

/* It clears the x87 tags before it accesses memory: refuse.c. */
static bool is_mmx(const cs_insn *insn, const cs_x86 *x86) {
    if (insn->id == X86_INS_CVTPI2PS || insn->id == X86_INS_CVTPI2PD)
        return true;
    for (unsigned i = 0; i < x86->op_count; i++)
        if (x86->operands[i].type == X86_OP_REG && x86->operands[i].reg >= X86_REG_MM0 &&
            x86->operands[i].reg <= X86_REG_MM7)
            return true;
    return false;
}

/* Bytes of the memory operand if the engine may move it in several pieces or repeatedly, else 0. */
static uint16_t wide_size(const cs_insn *insn, const cs_x86_op *memory) {
    bool small = has_prefix(insn, 0x66);
    switch (insn->id) {
    case X86_INS_FXSAVE:
    case X86_INS_FXSAVE64:
    case X86_INS_FXRSTOR:
    case X86_INS_FXRSTOR64:
        return 512;
    case X86_INS_FNSAVE:
    case X86_INS_FRSTOR:
        return small ? 94 : 108;
    case X86_INS_FNSTENV:
    case X86_INS_FLDENV:
        return small ? 14 : 28;
    case X86_INS_FBLD:
    case X86_INS_FBSTP:
        return 10;
    case X86_INS_MASKMOVDQU:
        return 16;
    case X86_INS_MASKMOVQ:
        return 8;
    case X86_INS_NEG: /* with LOCK: loads, then compares and exchanges until nobody came between */
        return memory != NULL && has_prefix(insn, 0xf0) ? memory->size : 0;
    case X86_INS_COMISS: /* 16 bytes to Capstone */
    case X86_INS_COMISD:
        return 0;
    default:
        if (memory != NULL && is_overread(insn))
            return insn->id == X86_INS_ROUNDSS ? 4 : 8;
        return memory != NULL && (memory->size == 10 || memory->size == 16) ? memory->size : 0;
    }
}

static void note_wide(struct decoded *slot, const cs_insn *insn, const cs_x86 *x86) {
    unsigned count;
    const cs_x86_op *memory = memory_operand(x86, &count);
    slot->wide = wide_size(insn, memory);
    if (slot->wide == 0 && memory != NULL && is_mmx(insn, x86))
        slot->wide = memory->size;
    if (slot->wide == 0)
        return;
    if (memory != NULL) {
        note_location(slot, memory);
    } else { /* MASKMOV */
        slot->base = register_number(X86_REG_RDI);
        slot->segment = register_number(has_prefix(insn, 0x64)   ? X86_REG_FS
                                        : has_prefix(insn, 0x65) ? X86_REG_GS
                                                                 : X86_REG_INVALID);
    }
    if (is_overread(insn) || (slot->wide == 16 && insn->id != X86_INS_MASKMOVDQU && insn->id != X86_INS_CMPXCHG16B))
        slot->flags |= DECODE_PAIR;
}

static void note_store(struct decoded *slot, const cs_insn *insn, const cs_x86 *x86) {
    slot->address32 = x86->addr_size == 4;
    slot->store = DECODE_STORE_NONE;
    slot->store_size = 0;
    switch (insn->id) {
    case X86_INS_PUSH:
    case X86_INS_PUSHF:
    case X86_INS_PUSHFD:
    case X86_INS_PUSHFQ:
    case X86_INS_CALL:
    case X86_INS_ENTER:
        slot->store = DECODE_STORE_PUSH;
        slot->store_size = has_prefix(insn, 0x66) && insn->id != X86_INS_CALL ? 2 : 8;
        return;
    case X86_INS_POP:
        slot->pops = true;
        break;
    default:
        if (!is_string(x86))
            break;
        if (string_stores(x86)) {
            slot->store = DECODE_STORE_STRING;
            slot->store_size = string_size(insn, x86);
        }
        return;
    }
    if (x86->op_count > 0 && x86->operands[0].type == X86_OP_MEM)
        note_operand(slot, insn, &x86->operands[0]);
    else if (insn->id == X86_INS_XCHG && x86->op_count == 2 && x86->operands[1].type == X86_OP_MEM)
        note_operand(slot, insn, &x86->operands[1]);
}

static bool leaves_program(const cs_insn *insn) {
    switch (insn->id) {
    case X86_INS_SYSCALL:
    case X86_INS_SYSENTER:
    case X86_INS_INT:
    case X86_INS_INT1:
    case X86_INS_INT3:
    case X86_INS_INTO:
    case X86_INS_HLT:
    case X86_INS_UD2:
        return true;
    default:
        return false;
    }
}

/* STOS, LODS, SCAS: one access for each element, of which each retires by itself. */
static bool is_string_single(const cs_x86 *x86) {
    return x86->opcode[0] >= 0xaa && x86->opcode[0] <= 0xaf;
}

/* Can it be cut exactly at each of its accesses, so that a careful page may be served inline? */
static bool is_cuttable(const cs_insn *insn, const cs_x86 *x86, const struct decoded *slot) {
    unsigned count;
    const cs_x86_op *memory = memory_operand(x86, &count);
    if ((slot->flags & (DECODE_HELPER | DECODE_SYSTEM)) != 0)
        return false;
    if (insn->id == X86_INS_RCL || insn->id == X86_INS_RCR) /* the engine sets CF before they store */
        return false;
    if ((slot->flags & DECODE_MULTI) == 0 || (slot->flags & DECODE_PAIR) != 0 || is_string_single(x86))
        return true;
    return (slot->flags & DECODE_RMW) != 0 && memory->size <= 8 && slot->wide == 0;
}

static unsigned flags_of(const cs_insn *insn, const cs_x86 *x86) {
    unsigned flags = DECODE_ANY;
    bool rmw = is_rmw(insn, x86);
    if (rmw)
        flags |= DECODE_RMW;
    if (rmw && (has_prefix(insn, 0xf0) || insn->id == X86_INS_XCHG))
        flags |= DECODE_ATOMIC;
    if (insn->id == X86_INS_MOVBE && x86->operands[0].type == X86_OP_MEM)
        flags |= DECODE_SWAP;
    if (insn->id == X86_INS_PUSHF || insn->id == X86_INS_PUSHFD || insn->id == X86_INS_PUSHFQ)
        flags |= DECODE_PUSHF;
    if (insn->id == X86_INS_POPF || insn->id == X86_INS_POPFD || insn->id == X86_INS_POPFQ ||
        insn->id == X86_INS_IRET || insn->id == X86_INS_IRETD || insn->id == X86_INS_IRETQ)
        flags |= DECODE_POPF;
    if (is_string(x86) && (has_prefix(insn, 0xf3) || has_prefix(insn, 0xf2)))
        flags |= DECODE_REP;
    if (!is_single(insn, x86))
        flags |= DECODE_MULTI;
    if (stores_by_helper(insn, x86))
        flags |= DECODE_HELPER;
    if (leaves_program(insn))
        flags |= DECODE_SYSTEM;
    return flags;
}

void decoder_fill(struct decoder *decoder, struct decoded *slot, uint64_t pc, const uint8_t *code, unsigned available) {
    const uint8_t *cursor = code;
    size_t left = available < DECODE_BYTES_MAX ? available : DECODE_BYTES_MAX;
    uint64_t address = pc;
    memset(slot, 0, sizeof *slot);
    slot->pc = pc;
    slot->base = slot->index = slot->segment = -1;
    slot->flags = DECODE_MULTI | DECODE_HELPER | DECODE_CAPTURE | DECODE_ANY;
    if (!cs_disasm_iter(decoder->capstone, &cursor, &left, &address, decoder->insn))
        return;
    const cs_x86 *x86 = &decoder->insn->detail->x86;
    slot->size = (uint8_t)decoder->insn->size;
    memcpy(slot->bytes, code, slot->size);
    slot->flags = (uint16_t)flags_of(decoder->insn, x86);
    if (!decoder->host_movbe)
        slot->flags &= (uint16_t)~DECODE_SWAP;
    note_store(slot, decoder->insn, x86);
    note_wide(slot, decoder->insn, x86);
    if (!is_cuttable(decoder->insn, x86, slot))
        slot->flags |= DECODE_CAPTURE;
}

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
