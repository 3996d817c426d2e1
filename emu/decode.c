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
    case X86_INS_ADD: case X86_INS_ADC: case X86_INS_SUB: case X86_INS_SBB:
    case X86_INS_AND: case X86_INS_OR: case X86_INS_XOR:
    case X86_INS_INC: case X86_INS_DEC: case X86_INS_NEG: case X86_INS_NOT:
    case X86_INS_SHL: case X86_INS_SAL: case X86_INS_SHR: case X86_INS_SAR:
    case X86_INS_ROL: case X86_INS_ROR: case X86_INS_RCL: case X86_INS_RCR:
    case X86_INS_SHLD: case X86_INS_SHRD:
    case X86_INS_BTS: case X86_INS_BTR: case X86_INS_BTC:
    case X86_INS_CMPXCHG: case X86_INS_CMPXCHG8B: case X86_INS_CMPXCHG16B: case X86_INS_XADD:
        return x86->op_count > 0 && x86->operands[0].type == X86_OP_MEM;
    case X86_INS_XCHG:
        return x86->op_count == 2 && (x86->operands[0].type == X86_OP_MEM || x86->operands[1].type == X86_OP_MEM);
    default:
        return false;
    }
}

static bool stores_by_helper(const cs_insn *insn, const cs_x86 *x86) {
    switch (insn->id) {
    case X86_INS_FXSAVE: case X86_INS_FXSAVE64: case X86_INS_XSAVE: case X86_INS_XSAVE64:
    case X86_INS_XSAVEC: case X86_INS_XSAVEC64: case X86_INS_XSAVEOPT: case X86_INS_XSAVEOPT64:
    case X86_INS_FNSTENV: case X86_INS_FNSAVE: case X86_INS_FBSTP:
    case X86_INS_MASKMOVDQU: case X86_INS_MASKMOVQ: case X86_INS_CMPXCHG8B: case X86_INS_CMPXCHG16B:
        return true;
    case X86_INS_FSTP:
        return x86->op_count > 0 && x86->operands[0].type == X86_OP_MEM && x86->operands[0].size == 10;
    default:
        return false;
    }
}

/* Element size of a string instruction, 0 for any other. MOVSD and CMPSD are also names of SSE instructions. */
static uint8_t string_size(const cs_insn *insn, const cs_x86 *x86) {
    switch (insn->id) {
    case X86_INS_MOVSB: case X86_INS_STOSB: case X86_INS_LODSB: case X86_INS_CMPSB: case X86_INS_SCASB:
    case X86_INS_INSB: case X86_INS_OUTSB:
        return 1;
    case X86_INS_MOVSW: case X86_INS_STOSW: case X86_INS_LODSW: case X86_INS_CMPSW: case X86_INS_SCASW:
    case X86_INS_INSW: case X86_INS_OUTSW:
        return 2;
    case X86_INS_MOVSD: case X86_INS_CMPSD:
        return x86->opcode[0] == 0x0f ? 0 : 4;
    case X86_INS_STOSD: case X86_INS_LODSD: case X86_INS_SCASD: case X86_INS_INSD: case X86_INS_OUTSD:
        return 4;
    case X86_INS_MOVSQ: case X86_INS_STOSQ: case X86_INS_LODSQ: case X86_INS_CMPSQ: case X86_INS_SCASQ:
        return 8;
    default:
        return 0;
    }
}

static bool string_stores(const cs_insn *insn) {
    switch (insn->id) {
    case X86_INS_MOVSB: case X86_INS_MOVSW: case X86_INS_MOVSD: case X86_INS_MOVSQ:
    case X86_INS_STOSB: case X86_INS_STOSW: case X86_INS_STOSD: case X86_INS_STOSQ:
    case X86_INS_INSB: case X86_INS_INSW: case X86_INS_INSD:
        return true;
    default:
        return false;
    }
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

/* Exactly one access, seen from the hooks: a plain move or an operation with one memory operand of at most 8 bytes. */
static bool is_single(const cs_insn *insn, const cs_x86 *x86) {
    unsigned count;
    const cs_x86_op *memory = memory_operand(x86, &count);
    if (count != 1 || memory->size > 8)
        return false;
    switch (insn->id) {
    case X86_INS_MOV: case X86_INS_MOVABS: case X86_INS_MOVZX: case X86_INS_MOVSX: case X86_INS_MOVSXD:
    case X86_INS_MOVBE: case X86_INS_MOVNTI: case X86_INS_CMP: case X86_INS_TEST: case X86_INS_IMUL: case X86_INS_MUL:
    case X86_INS_DIV: case X86_INS_IDIV: case X86_INS_BT: case X86_INS_BSF: case X86_INS_BSR: case X86_INS_POPCNT:
    case X86_INS_LZCNT: case X86_INS_TZCNT: case X86_INS_JMP:
        return true;
    case X86_INS_ADD: case X86_INS_ADC: case X86_INS_SUB: case X86_INS_SBB:
    case X86_INS_AND: case X86_INS_OR: case X86_INS_XOR:
        return x86->operands[0].type == X86_OP_REG;
    default:
        return insn->id >= X86_INS_SETAE && insn->id <= X86_INS_SETS;
    }
}

static int8_t register_number(x86_reg reg) {
#define REGISTER(name32, name64, field)                                                                                \
    case X86_REG_##name64: case X86_REG_##name32: return (int8_t)(offsetof(struct facet_regs, field) / 8);
    switch (reg) {
        REGISTER(EAX, RAX, rax) REGISTER(EBX, RBX, rbx) REGISTER(ECX, RCX, rcx) REGISTER(EDX, RDX, rdx)
        REGISTER(ESI, RSI, rsi) REGISTER(EDI, RDI, rdi) REGISTER(EBP, RBP, rbp) REGISTER(ESP, RSP, rsp)
        REGISTER(R8D, R8, r8) REGISTER(R9D, R9, r9) REGISTER(R10D, R10, r10) REGISTER(R11D, R11, r11)
        REGISTER(R12D, R12, r12) REGISTER(R13D, R13, r13) REGISTER(R14D, R14, r14) REGISTER(R15D, R15, r15)
    case X86_REG_FS: return (int8_t)(offsetof(struct facet_regs, fs_base) / 8);
    case X86_REG_GS: return (int8_t)(offsetof(struct facet_regs, gs_base) / 8);
    default: return -1;
    }
#undef REGISTER
}

static void note_operand(struct decoded *slot, const cs_x86_op *memory) {
    slot->store = DECODE_STORE_OPERAND;
    slot->store_size = memory->size;
    slot->base = register_number(memory->mem.base);
    slot->index = register_number(memory->mem.index);
    slot->segment = register_number(memory->mem.segment);
    slot->scale = (uint8_t)memory->mem.scale;
    slot->displacement = memory->mem.disp;
    slot->rip_relative = memory->mem.base == X86_REG_RIP || memory->mem.base == X86_REG_EIP;
}

static void note_store(struct decoded *slot, const cs_insn *insn, const cs_x86 *x86) {
    uint8_t element = string_size(insn, x86);
    slot->address32 = x86->addr_size == 4;
    slot->store = DECODE_STORE_NONE;
    slot->store_size = 0;
    switch (insn->id) {
    case X86_INS_PUSH: case X86_INS_PUSHF: case X86_INS_PUSHFD: case X86_INS_PUSHFQ: case X86_INS_CALL:
        slot->store = DECODE_STORE_PUSH;
        slot->store_size = x86->prefix[2] == 0x66 && insn->id != X86_INS_CALL ? 2 : 8;
        return;
    case X86_INS_POP:
        slot->pops = true;
        break;
    default:
        if (element != 0 && string_stores(insn)) {
            slot->store = DECODE_STORE_STRING;
            slot->store_size = element;
            return;
        }
    }
    if (x86->op_count > 0 && x86->operands[0].type == X86_OP_MEM && element == 0)
        note_operand(slot, &x86->operands[0]);
    else if (insn->id == X86_INS_XCHG && x86->op_count == 2 && x86->operands[1].type == X86_OP_MEM)
        note_operand(slot, &x86->operands[1]);
}

/* Capstone keeps one of LOCK and REP: XACQUIRE LOCK has both. */
static bool has_lock(const cs_insn *insn) {
    for (unsigned i = 0; i < insn->size; i++)
        if (insn->bytes[i] == 0xf0)
            return true;
        else if (strchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf2\xf3", insn->bytes[i]) == NULL)
            return false;
    return false;
}

static unsigned flags_of(const cs_insn *insn, const cs_x86 *x86) {
    unsigned flags = 0;
    bool rmw = is_rmw(insn, x86);
    if (rmw)
        flags |= DECODE_RMW;
    if (rmw && (has_lock(insn) || insn->id == X86_INS_XCHG))
        flags |= DECODE_ATOMIC;
    if (insn->id == X86_INS_MOVBE && x86->operands[0].type == X86_OP_MEM)
        flags |= DECODE_SWAP;
    if (insn->id == X86_INS_PUSHF || insn->id == X86_INS_PUSHFD || insn->id == X86_INS_PUSHFQ)
        flags |= DECODE_PUSHF;
    if (insn->id == X86_INS_POPF || insn->id == X86_INS_POPFD || insn->id == X86_INS_POPFQ ||
        insn->id == X86_INS_IRET || insn->id == X86_INS_IRETD || insn->id == X86_INS_IRETQ)
        flags |= DECODE_POPF;
    if (string_size(insn, x86) != 0 && (x86->prefix[0] == X86_PREFIX_REP || x86->prefix[0] == X86_PREFIX_REPNE))
        flags |= DECODE_REP;
    if (!is_single(insn, x86))
        flags |= DECODE_MULTI;
    if (stores_by_helper(insn, x86))
        flags |= DECODE_HELPER;
    return flags;
}

void decoder_fill(struct decoder *decoder, struct decoded *slot, uint64_t pc, const uint8_t *code, unsigned available) {
    const uint8_t *cursor = code;
    size_t left = available < DECODE_BYTES_MAX ? available : DECODE_BYTES_MAX;
    uint64_t address = pc;
    memset(slot, 0, sizeof *slot);
    slot->pc = pc;
    slot->base = slot->index = slot->segment = -1;
    slot->flags = DECODE_MULTI;
    if (!cs_disasm_iter(decoder->capstone, &cursor, &left, &address, decoder->insn))
        return;
    const cs_x86 *x86 = &decoder->insn->detail->x86;
    slot->size = (uint8_t)decoder->insn->size;
    memcpy(slot->bytes, code, slot->size);
    slot->flags = (uint8_t)flags_of(decoder->insn, x86);
    if (!decoder->host_movbe)
        slot->flags &= (uint8_t)~DECODE_SWAP;
    note_store(slot, decoder->insn, x86);
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
        sum = (uint64_t)decoded->displacement;
        if (decoded->rip_relative)
            sum += decoded->pc + decoded->size;
        if (decoded->base >= 0)
            sum += reg[decoded->base];
        if (decoded->pops && decoded->base == (int8_t)(offsetof(struct facet_regs, rsp) / 8))
            sum += decoded->store_size;
        if (decoded->index >= 0)
            sum += reg[decoded->index] * decoded->scale;
        break;
    }
    if (decoded->address32)
        sum &= 0xffffffff;
    if (decoded->segment >= 0)
        sum += reg[decoded->segment];
    *address = sum;
    return true;
}
