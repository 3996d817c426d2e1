/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "form.h"

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

/* Bytes of the memory operand if the engine may move it in several pieces or repeatedly, else 0. */
static uint16_t wide_size(const cs_insn *insn, const cs_x86_op *memory) {
    bool small = form_prefix(insn, 0x66);
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
        return memory != NULL && form_prefix(insn, 0xf0) ? memory->size : 0;
    case X86_INS_COMISS: /* 16 bytes to Capstone */
    case X86_INS_COMISD:
    case X86_INS_LJMP: /* 10 bytes to Capstone; offset and selector are two loads */
    case X86_INS_LCALL:
        return 0;
    default:
        if (memory != NULL && is_overread(insn))
            return insn->id == X86_INS_ROUNDSS ? 4 : 8;
        return memory != NULL && (memory->size == 10 || memory->size == 16) ? memory->size : 0;
    }
}

static int8_t overridden(const cs_insn *insn) {
    return register_number(form_prefix(insn, 0x64)   ? X86_REG_FS
                           : form_prefix(insn, 0x65) ? X86_REG_GS
                                                     : X86_REG_INVALID);
}

static void note_wide(struct decoded *slot, const cs_insn *insn, const cs_x86 *x86) {
    unsigned count;
    const cs_x86_op *memory = form_memory(x86, &count);
    slot->wide = wide_size(insn, memory);
    if (slot->wide == 0 && memory != NULL && form_mmx(insn, x86))
        slot->wide = memory->size;
    if (slot->wide == 0)
        return;
    if (memory != NULL) {
        note_location(slot, memory);
    } else { /* MASKMOV */
        slot->base = register_number(X86_REG_RDI);
        slot->segment = overridden(insn);
    }
    if (is_overread(insn) || (slot->wide == 16 && insn->id != X86_INS_MASKMOVDQU && insn->id != X86_INS_CMPXCHG16B))
        slot->flags |= DECODE_PAIR;
}

static void note_compare(struct decoded *slot, const cs_insn *insn, const cs_x86 *x86) {
    if ((x86->opcode[0] & 0xfe) != 0xa6)
        return;
    slot->apart = DECODE_APART_LOAD;
    slot->base = register_number(X86_REG_RSI);
    slot->segment = overridden(insn);
    slot->store_size = form_string_size(insn, x86);
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
        slot->store_size = form_prefix(insn, 0x66) && insn->id != X86_INS_CALL ? 2 : 8;
        slot->level = insn->id == X86_INS_ENTER ? x86->operands[1].imm & 31 : 0;
        return;
    case X86_INS_LCALL: /* selector and offset */
        slot->store = DECODE_STORE_PUSH;
        slot->store_size = (x86->rex & 8) != 0 ? 16 : form_prefix(insn, 0x66) ? 4 : 8;
        return;
    case X86_INS_POP:
        slot->pops = true;
        break;
    default:
        if (!form_string(x86))
            break;
        note_compare(slot, insn, x86);
        if (form_string_stores(x86)) {
            slot->store = DECODE_STORE_STRING;
            slot->store_size = form_string_size(insn, x86);
        }
        return;
    }
    if (x86->op_count > 0 && x86->operands[0].type == X86_OP_MEM)
        note_operand(slot, insn, &x86->operands[0]);
    else if (insn->id == X86_INS_XCHG && x86->op_count == 2 && x86->operands[1].type == X86_OP_MEM)
        note_operand(slot, insn, &x86->operands[1]);
}

#define WORD(reg) (1u << offsetof(struct facet_regs, reg) / 8)

static uint32_t registers_of(const struct decoded *slot) {
    const int8_t named[] = {slot->base, slot->index, slot->segment};
    uint32_t words = 0;
    for (unsigned i = 0; i < sizeof named; i++)
        words |= named[i] >= 0 ? 1u << named[i] : 0;
    if (slot->store == DECODE_STORE_PUSH || slot->reach == DECODE_REACH_STACK)
        words |= WORD(rsp);
    if (slot->reach == DECODE_REACH_FRAMES)
        words |= WORD(rbp);
    if (slot->store == DECODE_STORE_STRING || slot->reach == DECODE_REACH_STRING)
        words |= WORD(rsi) | WORD(rdi);
    return words;
}

void decoder_fill(struct decoder *decoder, struct decoded *slot, uint64_t pc, const uint8_t *code, unsigned available) {
    const uint8_t *cursor = code;
    size_t left = available < DECODE_BYTES_MAX ? available : DECODE_BYTES_MAX;
    uint64_t address = pc;
    unsigned operands;
    memset(slot, 0, sizeof *slot);
    slot->pc = pc;
    slot->base = slot->index = slot->segment = -1;
    slot->flags = DECODE_MULTI | DECODE_HELPER | DECODE_CAPTURE | DECODE_ANY;
    if (!cs_disasm_iter(decoder->capstone, &cursor, &left, &address, decoder->insn))
        return;
    const cs_x86 *x86 = &decoder->insn->detail->x86;
    slot->size = (uint8_t)decoder->insn->size;
    memcpy(slot->bytes, code, slot->size);
    slot->flags = (uint16_t)form_flags(decoder->insn, x86);
    if (!decoder->host_movbe)
        slot->flags &= (uint16_t)~DECODE_SWAP;
    note_store(slot, decoder->insn, x86);
    if (slot->store == DECODE_STORE_PUSH || slot->store == DECODE_STORE_STRING ||
        (slot->store == DECODE_STORE_OPERAND && slot->pops))
        slot->apart = DECODE_APART_STORE;
    note_wide(slot, decoder->insn, x86);
    if (!form_cuttable(decoder->insn, x86, slot))
        slot->flags |= DECODE_CAPTURE;
    slot->reach = (uint8_t)form_reach(decoder->insn, x86, slot);
    if (slot->reach == DECODE_REACH_OPERAND && slot->wide == 0)
        note_location(slot, form_memory(x86, &operands));
    slot->registers = registers_of(slot);
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

bool decoded_apart_address(const struct decoded *decoded, const struct facet_regs *regs, uint64_t *address) {
    if (decoded->apart == DECODE_APART_STORE)
        return decoded_store_address(decoded, regs, address);
    *address = decoded_wide_address(decoded, regs);
    return decoded->apart == DECODE_APART_LOAD;
}

#define LOADED_MAX 16 /* bytes that the engine may load for a smaller operand */

static struct decoded_range range_of(uint64_t va, uint64_t size) {
    return (struct decoded_range){va, size};
}

unsigned decoded_reach(const struct decoded *decoded, const struct facet_regs *regs,
                       struct decoded_range range[DECODE_RANGES]) {
    uint64_t size = decoded->store_size, loads;
    switch ((enum decode_reach)decoded->reach) {
    case DECODE_REACH_OPERAND:
        range[0] =
            range_of(decoded_wide_address(decoded, regs), decoded->wide > LOADED_MAX ? decoded->wide : LOADED_MAX);
        return 1;
    case DECODE_REACH_STACK:
        range[0] = range_of(regs->rsp - 8, 16);
        return 1;
    case DECODE_REACH_STRING:
        range[0] = range_of(regs->rsi, 8);
        range[1] = range_of(regs->rdi, 8);
        return 2;
    case DECODE_REACH_FRAMES:
        loads = decoded->level * size;
        range[0] = range_of(regs->rsp - loads - size, loads + size);
        range[1] = range_of(regs->rbp - loads, loads);
        return decoded->level == 0 ? 1 : 2;
    case DECODE_REACH_UNKNOWN:
        break;
    }
    return 0;
}
