/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "form.h"

#include <string.h>

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
    case X86_INS_LCALL:
        return true;
    case X86_INS_FSTP:
        return x86->op_count > 0 && x86->operands[0].type == X86_OP_MEM && x86->operands[0].size == 10;
    default:
        return false;
    }
}

bool form_prefix(const cs_insn *insn, uint8_t prefix) {
    static const uint8_t all[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};
    for (unsigned i = 0; i < insn->size; i++)
        if (insn->bytes[i] == prefix)
            return true;
        else if (memchr(all, insn->bytes[i], sizeof all) == NULL)
            return false;
    return false;
}

bool form_string(const cs_x86 *x86) {
    uint8_t opcode = x86->opcode[0];
    return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xa4 && opcode <= 0xa7) ||
           (opcode >= 0xaa && opcode <= 0xaf);
}

uint8_t form_string_size(const cs_insn *insn, const cs_x86 *x86) {
    if ((x86->opcode[0] & 1) == 0)
        return 1;
    if ((x86->rex & 8) != 0)
        return 8;
    return form_prefix(insn, 0x66) ? 2 : 4;
}

bool form_string_stores(const cs_x86 *x86) {
    uint8_t kind = x86->opcode[0] & 0xfe;
    return kind == 0x6c || kind == 0xa4 || kind == 0xaa;
}

const cs_x86_op *form_memory(const cs_x86 *x86, unsigned *count) {
    const cs_x86_op *found = NULL;
    *count = 0;
    for (unsigned i = 0; i < x86->op_count; i++)
        if (x86->operands[i].type == X86_OP_MEM) {
            found = found == NULL ? &x86->operands[i] : found;
            ++*count;
        }
    return found;
}

/* PUSHF and POPF of any size. */
static bool is_flags(const cs_insn *insn) {
    switch (insn->id) {
    case X86_INS_PUSHF:
    case X86_INS_PUSHFD:
    case X86_INS_PUSHFQ:
    case X86_INS_POPF:
    case X86_INS_POPFD:
    case X86_INS_POPFQ:
        return true;
    default:
        return false;
    }
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
    case X86_INS_ENTER:
        return (x86->operands[1].imm & 31) == 0;
    default:
        return is_flags(insn);
    }
}

bool form_mmx(const cs_insn *insn, const cs_x86 *x86) {
    if (insn->id == X86_INS_CVTPI2PS || insn->id == X86_INS_CVTPI2PD)
        return true;
    for (unsigned i = 0; i < x86->op_count; i++)
        if (x86->operands[i].type == X86_OP_REG && x86->operands[i].reg >= X86_REG_MM0 &&
            x86->operands[i].reg <= X86_REG_MM7)
            return true;
    return false;
}

/* Moves and operations of SSE on one number. */
static bool is_scalar(const cs_insn *insn, const cs_x86 *x86) {
    static const uint16_t ids[] = {
        X86_INS_MOVD,     X86_INS_MOVQ,     X86_INS_MOVSS,     X86_INS_MOVSD,    X86_INS_MOVLPS,   X86_INS_MOVLPD,
        X86_INS_MOVHPS,   X86_INS_MOVHPD,   X86_INS_ADDSS,     X86_INS_ADDSD,    X86_INS_SUBSS,    X86_INS_SUBSD,
        X86_INS_MULSS,    X86_INS_MULSD,    X86_INS_DIVSS,     X86_INS_DIVSD,    X86_INS_SQRTSS,   X86_INS_SQRTSD,
        X86_INS_MINSS,    X86_INS_MINSD,    X86_INS_MAXSS,     X86_INS_MAXSD,    X86_INS_COMISS,   X86_INS_COMISD,
        X86_INS_UCOMISS,  X86_INS_UCOMISD,  X86_INS_CVTSI2SS,  X86_INS_CVTSI2SD, X86_INS_CVTSS2SD, X86_INS_CVTSD2SS,
        X86_INS_CVTSS2SI, X86_INS_CVTSD2SI, X86_INS_CVTTSS2SI, X86_INS_CVTTSD2SI};
    for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++)
        if (insn->id == ids[i])
            return !form_string(x86) && !form_mmx(insn, x86);
    return false;
}

/* Loads and stores of x87 that are one event; the others are those that wide_size() knows. */
static bool is_x87_single(const cs_insn *insn, const cs_x86 *x86) {
    switch (insn->id) {
    case X86_INS_FLDENV:
    case X86_INS_FNSTENV:
    case X86_INS_FRSTOR:
    case X86_INS_FNSAVE:
    case X86_INS_FBLD:
    case X86_INS_FBSTP:
        return false;
    default:
        return x86->opcode[0] >= 0xd8 && x86->opcode[0] <= 0xdf;
    }
}

/* Exactly one access, seen from the hooks: a plain move or an operation with one memory operand of at most 8 bytes. */
static bool is_single(const cs_insn *insn, const cs_x86 *x86) {
    unsigned count;
    const cs_x86_op *memory = form_memory(x86, &count);
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
    case X86_INS_LDMXCSR:
    case X86_INS_STMXCSR:
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
               (insn->id >= X86_INS_CMOVA && insn->id <= X86_INS_CMOVS) || is_scalar(insn, x86) ||
               is_x87_single(insn, x86);
    }
}

/* One load, then one store elsewhere. */
static bool is_apart(const cs_insn *insn, const cs_x86 *x86) {
    switch (insn->id) {
    case X86_INS_PUSH:
    case X86_INS_POP:
    case X86_INS_CALL:
        return !is_stack(insn, x86);
    default:
        return (x86->opcode[0] & 0xfe) == 0xa4;
    }
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

bool form_cuttable(const cs_insn *insn, const cs_x86 *x86, const struct decoded *slot) {
    unsigned count;
    const cs_x86_op *memory = form_memory(x86, &count);
    if ((slot->flags & (DECODE_HELPER | DECODE_SYSTEM)) != 0)
        return false;
    if (insn->id == X86_INS_RCL || insn->id == X86_INS_RCR) /* the engine sets CF before they store */
        return false;
    if ((slot->flags & DECODE_MULTI) == 0 || (slot->flags & DECODE_PAIR) != 0 || is_string_single(x86) ||
        is_apart(insn, x86))
        return true;
    return (slot->flags & DECODE_RMW) != 0 && memory->size <= 8 && slot->wide == 0;
}

enum decode_reach form_reach(const cs_insn *insn, const cs_x86 *x86, const struct decoded *slot) {
    unsigned count;
    bool operand = form_memory(x86, &count) != NULL && count == 1;
    if (is_flags(insn))
        return DECODE_REACH_STACK;
    switch (insn->id) {
    case X86_INS_ENTER:
        return DECODE_REACH_FRAMES;
    case X86_INS_PUSH:
    case X86_INS_POP:
    case X86_INS_CALL:
    case X86_INS_LCALL:
    case X86_INS_LJMP:
    case X86_INS_XLATB:
    case X86_INS_XRSTOR:
    case X86_INS_XRSTOR64:
        return DECODE_REACH_UNKNOWN;
    case X86_INS_BT:
    case X86_INS_BTS:
    case X86_INS_BTR:
    case X86_INS_BTC: /* a register addresses a string of bits */
        return operand && x86->operands[1].type == X86_OP_IMM ? DECODE_REACH_OPERAND : DECODE_REACH_UNKNOWN;
    default:
        break;
    }
    bool override = form_prefix(insn, 0x64) || form_prefix(insn, 0x65);
    if (form_string(x86))
        return override || x86->addr_size != 8 ? DECODE_REACH_UNKNOWN : DECODE_REACH_STRING;
    if ((slot->flags & DECODE_HELPER) != 0 && slot->wide == 0) /* XSAVE */
        return DECODE_REACH_UNKNOWN;
    return slot->wide != 0 || operand ? DECODE_REACH_OPERAND : DECODE_REACH_UNKNOWN;
}

unsigned form_flags(const cs_insn *insn, const cs_x86 *x86) {
    unsigned flags = DECODE_ANY;
    bool rmw = is_rmw(insn, x86);
    if (rmw)
        flags |= DECODE_RMW;
    if (rmw && (form_prefix(insn, 0xf0) || insn->id == X86_INS_XCHG))
        flags |= DECODE_ATOMIC;
    if (insn->id == X86_INS_MOVBE && x86->operands[0].type == X86_OP_MEM)
        flags |= DECODE_SWAP;
    if (insn->id == X86_INS_PUSHF || insn->id == X86_INS_PUSHFD || insn->id == X86_INS_PUSHFQ)
        flags |= DECODE_PUSHF;
    if (insn->id == X86_INS_POPF || insn->id == X86_INS_POPFD || insn->id == X86_INS_POPFQ ||
        insn->id == X86_INS_IRET || insn->id == X86_INS_IRETD || insn->id == X86_INS_IRETQ)
        flags |= DECODE_POPF;
    if (form_string(x86) && (form_prefix(insn, 0xf3) || form_prefix(insn, 0xf2)))
        flags |= DECODE_REP;
    if (!is_single(insn, x86))
        flags |= DECODE_MULTI;
    if (stores_by_helper(insn, x86))
        flags |= DECODE_HELPER;
    if (leaves_program(insn))
        flags |= DECODE_SYSTEM;
    return flags;
}
