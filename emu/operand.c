/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The address that a page fault shows in CR2. The engine tells only the page; the instruction and the registers, which
 * stand as before it, give the rest.
 */
#include "internal.h"

#include <capstone/capstone.h>

#define INSTRUCTION_MAX 15
#define IRET_BYTES 40

static const struct {
    x86_reg capstone;
    int engine;
} bases[] = {
    {X86_REG_RAX, UC_X86_REG_RAX},    {X86_REG_RBX, UC_X86_REG_RBX},   {X86_REG_RCX, UC_X86_REG_RCX},
    {X86_REG_RDX, UC_X86_REG_RDX},    {X86_REG_RSI, UC_X86_REG_RSI},   {X86_REG_RDI, UC_X86_REG_RDI},
    {X86_REG_RBP, UC_X86_REG_RBP},    {X86_REG_RSP, UC_X86_REG_RSP},   {X86_REG_R8, UC_X86_REG_R8},
    {X86_REG_R9, UC_X86_REG_R9},      {X86_REG_R10, UC_X86_REG_R10},   {X86_REG_R11, UC_X86_REG_R11},
    {X86_REG_R12, UC_X86_REG_R12},    {X86_REG_R13, UC_X86_REG_R13},   {X86_REG_R14, UC_X86_REG_R14},
    {X86_REG_R15, UC_X86_REG_R15},    {X86_REG_EAX, UC_X86_REG_EAX},   {X86_REG_EBX, UC_X86_REG_EBX},
    {X86_REG_ECX, UC_X86_REG_ECX},    {X86_REG_EDX, UC_X86_REG_EDX},   {X86_REG_ESI, UC_X86_REG_ESI},
    {X86_REG_EDI, UC_X86_REG_EDI},    {X86_REG_EBP, UC_X86_REG_EBP},   {X86_REG_ESP, UC_X86_REG_ESP},
    {X86_REG_R8D, UC_X86_REG_R8D},    {X86_REG_R9D, UC_X86_REG_R9D},   {X86_REG_R10D, UC_X86_REG_R10D},
    {X86_REG_R11D, UC_X86_REG_R11D},  {X86_REG_R12D, UC_X86_REG_R12D}, {X86_REG_R13D, UC_X86_REG_R13D},
    {X86_REG_R14D, UC_X86_REG_R14D},  {X86_REG_R15D, UC_X86_REG_R15D}, {X86_REG_FS, UC_X86_REG_FS_BASE},
    {X86_REG_GS, UC_X86_REG_GS_BASE},
};

static uint64_t value_of(struct emu *emu, x86_reg reg) {
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (bases[i].capstone == reg)
            return reg_get(emu, bases[i].engine);
    return 0;
}

/* Does [address, address + size) touch the page? Then *at is its first byte there. */
static bool touches(uint64_t page, uint64_t address, uint64_t size, uint64_t *at) {
    if (address - page < PAGE_SIZE)
        *at = address;
    else if (page - address < size)
        *at = page;
    else
        return false;
    return true;
}

static uint64_t effective(struct emu *emu, const cs_insn *insn, const x86_op_mem *mem) {
    uint64_t address = (uint64_t)mem->disp;
    address += mem->base == X86_REG_RIP ? insn->address + insn->size : value_of(emu, mem->base);
    address += value_of(emu, mem->index) * (uint64_t)(int64_t)mem->scale;
    if (insn->detail->x86.addr_size == 4)
        address &= 0xffffffff;
    return address + value_of(emu, mem->segment);
}

static bool explicit_operand(struct emu *emu, const cs_insn *insn, uint64_t page, uint64_t *at) {
    const cs_x86 *x86 = &insn->detail->x86;
    for (int i = 0; i < x86->op_count; i++) {
        const cs_x86_op *op = &x86->operands[i];
        if (op->type != X86_OP_MEM)
            continue;
        uint64_t address = effective(emu, insn, &op->mem), reach = op->size;
        if (insn->id == X86_INS_FXSAVE || insn->id == X86_INS_FXSAVE64 || insn->id == X86_INS_FXRSTOR ||
            insn->id == X86_INS_FXRSTOR64)
            reach = 512;
        /* POP to memory through rsp means rsp after it */
        if (insn->id == X86_INS_POP && (op->mem.base == X86_REG_RSP || op->mem.base == X86_REG_ESP))
            address += op->size;
        /* BT and kin with a register reach beyond their operand */
        if (touches(page, address, reach ? reach : 8, at))
            return true;
    }
    return false;
}

static bool implicit_operand(struct emu *emu, const cs_insn *insn, uint64_t page, uint64_t *at) {
    uint64_t rsp = reg_get(emu, UC_X86_REG_RSP), rdi = reg_get(emu, UC_X86_REG_RDI);
    uint64_t pushed = insn->detail->x86.prefix[2] == 0x66 ? 2 : 8;
    switch (insn->id) {
    case X86_INS_LEAVE:
        return touches(page, reg_get(emu, UC_X86_REG_RBP), 8, at);
    case X86_INS_MASKMOVDQU:
    case X86_INS_MASKMOVQ:
        return touches(page, rdi, 16, at);
    case X86_INS_IRET:
    case X86_INS_IRETD:
    case X86_INS_IRETQ:
        return touches(page, rsp, IRET_BYTES, at);
    default:
        return emu->fault.access == ACCESS_STORE ? touches(page, rsp - pushed, pushed, at) : touches(page, rsp, 8, at);
    }
}

/* BT, BTS, BTR, BTC with a register address a bit string: the operand's place depends on it. */
static bool bit_string(struct emu *emu, const cs_insn *insn, uint64_t page, uint64_t *at) {
    const cs_x86 *x86 = &insn->detail->x86;
    if (insn->id != X86_INS_BT && insn->id != X86_INS_BTS && insn->id != X86_INS_BTR && insn->id != X86_INS_BTC)
        return false;
    if (x86->operands[0].type != X86_OP_MEM || x86->operands[1].type != X86_OP_REG)
        return false;
    int64_t bit = (int64_t)value_of(emu, x86->operands[1].reg), bits = x86->operands[0].size * 8;
    if (bits == 32)
        bit = (int32_t)bit;
    return touches(page, effective(emu, insn, &x86->operands[0].mem) + (uint64_t)((bit & -bits) / 8),
                   (uint64_t)bits / 8, at);
}

/* Decodes one instruction; NULL: not one, or no memory. Freed by cs_free. */
static cs_insn *decode(struct emu *emu, const uint8_t *code, size_t size, uint64_t va) {
    cs_insn *insn = NULL;
    if (!emu->decoder) {
        csh handle;
        if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
            return NULL;
        cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
        emu->decoder = handle;
    }
    return cs_disasm(emu->decoder, code, size, va, 1, &insn) == 1 ? insn : NULL;
}

static bool loads_selector(const cs_insn *insn) {
    const cs_x86_op *first = &insn->detail->x86.operands[0];
    switch (insn->id) {
    case X86_INS_LSS:
    case X86_INS_LFS:
    case X86_INS_LGS:
    case X86_INS_LJMP:
    case X86_INS_LCALL:
    case X86_INS_RETF:
    case X86_INS_RETFQ:
    case X86_INS_IRETQ:
    case X86_INS_LAR:
    case X86_INS_LSL:
    case X86_INS_VERR:
    case X86_INS_VERW:
        return true;
    case X86_INS_MOV:
    case X86_INS_POP:
        return first->type == X86_OP_REG &&
               (first->reg == X86_REG_DS || first->reg == X86_REG_ES || first->reg == X86_REG_FS ||
                first->reg == X86_REG_GS || first->reg == X86_REG_SS);
    default:
        return false;
    }
}

bool operand_is_descriptor(struct emu *emu, uint64_t va) {
    uint64_t rip = reg_rip(emu), at;
    uint8_t code[INSTRUCTION_MAX];
    uc_x86_mmr gdtr;
    uc_reg_read(emu->uc, UC_X86_REG_GDTR, &gdtr);
    va &= PAGE_MASK;
    if (va < (gdtr.base & PAGE_MASK) || va > gdtr.base + gdtr.limit)
        return false;
    cs_insn *insn = decode(emu, code, mmu_fetch(emu, rip, code, sizeof code), rip);
    if (!insn)
        return false;
    bool is = loads_selector(insn) && !explicit_operand(emu, insn, va, &at) && !implicit_operand(emu, insn, va, &at);
    cs_free(insn, 1);
    return is;
}

size_t operand_instruction_size(struct emu *emu, const uint8_t *code, size_t size, uint64_t va) {
    cs_insn *insn = decode(emu, code, size, va);
    size_t length = insn ? insn->size : 0;
    if (insn)
        cs_free(insn, 1);
    return length;
}

uint64_t operand_fault_address(struct emu *emu) {
    uint64_t rip = reg_rip(emu), page = emu->fault.va & PAGE_MASK, at = page;
    uint8_t code[INSTRUCTION_MAX];

    if (emu->fault.access == ACCESS_FETCH)
        return (rip & PAGE_MASK) == page ? rip : page;
    cs_insn *insn = decode(emu, code, mmu_fetch(emu, rip, code, sizeof code), rip);
    if (!insn)
        return page;
    if (!bit_string(emu, insn, page, &at) && !explicit_operand(emu, insn, page, &at))
        implicit_operand(emu, insn, page, &at);
    cs_free(insn, 1);
    return at;
}

void operand_destroy(struct emu *emu) {
    csh handle = emu->decoder;
    if (handle)
        cs_close(&handle);
}
