/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where variables lie: DWARF's location descriptions and expressions (version 5, sections 2.5 and 2.6), evaluated for
 * the frame of the evaluation. What they cannot say here (an entry value, a register that a callee overwrote) is
 * optimized out.
 */
#include "location.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <string.h>

#define STEPS_MAX 10000 /* loops are possible */
#define NESTING_MAX 8
#define FIRST_XMM 17 /* in DWARF's numbering */

static enum outcome push(struct machine *m, uint64_t value) {
    if (m->depth == LOCATION_STACK)
        return LOST;
    m->stack[m->depth++] = value;
    return OK;
}

/* ---- What an expression may ask of its frame */

static enum outcome dwarf_register(struct machine *m, unsigned number, uint64_t *value) {
    int word = frame_register(number);
    if (!data_frame(m->d))
        return data_fail(m->d, "No frame selected."), BAD;
    if (word < 0 || !FRAME_KNOWS(&m->d->frame, word))
        return LOST;
    *value = ((const unsigned long *)&m->d->frame.regs)[word];
    return OK;
}

static enum outcome frame_base(struct machine *m, uint64_t *value) {
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t count, stopped = 0;
    if (!data_frame(m->d))
        return data_fail(m->d, "No frame selected."), BAD;
    if (!m->function || m->nesting >= NESTING_MAX || !dwarf_attr_integrate(m->function, DW_AT_frame_base, &attr) ||
        dwarf_getlocation_addr(&attr, m->d->frame.lookup_pc - m->d->c.bias, &ops, &count, 1) != 1)
        return LOST;
    struct machine inner = {.d = m->d, .attribute = &attr, .function = m->function, .nesting = m->nesting + 1};
    enum outcome outcome = location_run(&inner, ops, count, &stopped);
    if (outcome != OK)
        return outcome;
    if (inner.place == PLACE_REGISTER)
        *value = ((const unsigned long *)&m->d->frame.regs)[inner.word];
    else
        *value = location_top(&inner, 0);
    return OK;
}

static enum outcome push_frame(struct machine *m, bool base, uint64_t offset) {
    if (!data_frame(m->d))
        return data_fail(m->d, "No frame selected."), BAD;
    uint64_t value = m->d->frame.cfa;
    enum outcome outcome = base ? frame_base(m, &value) : value ? OK : LOST;
    return outcome == OK ? push(m, value + offset) : outcome;
}

/* Static programs: their one block of thread-local variables ends at the thread pointer (ELF TLS, variant II). */
enum outcome location_thread(struct data *d, uint64_t offset, uint64_t *va) {
    GElf_Addr bias;
    GElf_Phdr ph;
    size_t count = 0;
    Elf *elf = dwfl_module_getelf(symbols_module(d->c.symbols), &bias);
    if (!data_frame(d))
        return data_fail(d, "Cannot access thread-local variables: the program is not being run."), BAD;
    if (!elf || elf_getphdrnum(elf, &count) != 0)
        return LOST;
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_TLS) {
            uint64_t align = ph.p_align ? ph.p_align : 1, size = (ph.p_memsz + align - 1) & -align;
            *va = d->frame.regs.fs_base - size + offset;
            return OK;
        }
    return LOST;
}

static enum outcome load(struct machine *m, size_t size) {
    uint64_t value = 0;
    if (!m->depth || size > sizeof value)
        return LOST;
    if (!data_read(m->d, location_top(m, 0), &value, size))
        return BAD;
    m->stack[m->depth - 1] = value;
    return OK;
}

/* The operand of DW_OP_addr and of the indexed forms. */
static enum outcome push_address(struct machine *m, const Dwarf_Op *op) {
    Dwarf_Attribute attr;
    Dwarf_Addr address = op->number;
    if (op->atom != DW_OP_addr &&
        (dwarf_getlocation_attr(m->attribute, op, &attr) != 0 || dwarf_formaddr(&attr, &address) != 0))
        return LOST;
    return push(m, address + m->d->c.bias);
}

static enum outcome push_constant(struct machine *m, const Dwarf_Op *op) {
    Dwarf_Attribute attr;
    Dwarf_Word value;
    if (dwarf_getlocation_attr(m->attribute, op, &attr) != 0 || dwarf_formudata(&attr, &value) != 0)
        return LOST;
    return push(m, value);
}

/* ---- Types on the stack (DWARF 5, 2.5.1.4): integers only, kept extended to 64 bits. */

static enum outcome convert(struct machine *m, uint64_t type_offset) {
    Dwarf_Die unit, die;
    if (!m->depth)
        return LOST;
    if (type_offset == 0) /* the generic type */
        return OK;
    if (!dwarf_cu_die(m->attribute->cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL) ||
        !dwarf_offdie(m->d->c.dwarf, dwarf_dieoffset(&unit) - dwarf_cuoffset(&unit) + type_offset, &die))
        return LOST;
    struct type *type = type_strip(&m->d->c, type_of_die(&m->d->c, &die));
    if (!type_is_integer(type) || type->size > 8)
        return LOST;
    m->stack[m->depth - 1] = value_unpack(type, (const uint8_t *)&m->stack[m->depth - 1]);
    return OK;
}

/* A constant with a type: its bytes, whatever they mean. In libdw: the size, then the bytes. */
static enum outcome typed_constant(struct machine *m, const Dwarf_Op *op) {
    const uint8_t *block = (const uint8_t *)(uintptr_t)op->number2;
    uint64_t value = 0;
    if (!block || block[0] > sizeof value)
        return LOST;
    memcpy(&value, block + 1, block[0]);
    return push(m, value);
}

static enum outcome typed_register(struct machine *m, const Dwarf_Op *op) {
    uint64_t value;
    enum outcome outcome = dwarf_register(m, (unsigned)op->number, &value);
    if (outcome == OK)
        outcome = push(m, value);
    return outcome == OK ? convert(m, op->number2) : outcome;
}

static enum outcome entry_value(struct machine *m, const Dwarf_Op *op) {
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t count;
    uint64_t value;
    if (dwarf_getlocation_attr(m->attribute, op, &attr) != 0 || dwarf_getlocation(&attr, &ops, &count) != 0 ||
        count != 1 || ops[0].atom < DW_OP_reg0 || ops[0].atom > DW_OP_reg31)
        return LOST;
    enum outcome outcome = location_entry(m->d, (unsigned)(ops[0].atom - DW_OP_reg0), m->nesting, &value);
    return outcome == OK ? push(m, value) : outcome;
}

/* ---- Operators */

static enum outcome divide(struct machine *m, uint8_t atom, uint64_t a, uint64_t b, uint64_t *r) {
    (void)m;
    if (b == 0 || (atom == DW_OP_div && b == ~0ul && a == 1ul << 63))
        return LOST;
    *r = atom == DW_OP_div ? (uint64_t)((int64_t)a / (int64_t)b) : a % b;
    return OK;
}

static enum outcome binary(struct machine *m, uint8_t atom) {
    if (m->depth < 2)
        return LOST;
    uint64_t b = m->stack[--m->depth], a = m->stack[m->depth - 1], *r = &m->stack[m->depth - 1];
    int64_t sa = (int64_t)a, sb = (int64_t)b;
    switch (atom) {
    case DW_OP_plus:
        return *r = a + b, OK;
    case DW_OP_minus:
        return *r = a - b, OK;
    case DW_OP_mul:
        return *r = a * b, OK;
    case DW_OP_div:
    case DW_OP_mod:
        return divide(m, atom, a, b, r);
    case DW_OP_and:
        return *r = a & b, OK;
    case DW_OP_or:
        return *r = a | b, OK;
    case DW_OP_xor:
        return *r = a ^ b, OK;
    case DW_OP_shl:
        return *r = b < 64 ? a << b : 0, OK;
    case DW_OP_shr:
        return *r = b < 64 ? a >> b : 0, OK;
    case DW_OP_shra: /* the sign moves in from the left */
        b = b < 64 ? b : 63;
        return *r = sa < 0 ? ~(~a >> b) : a >> b, OK;
    case DW_OP_eq:
        return *r = a == b, OK;
    case DW_OP_ne:
        return *r = a != b, OK;
    case DW_OP_lt:
        return *r = sa < sb, OK;
    case DW_OP_le:
        return *r = sa <= sb, OK;
    case DW_OP_gt:
        return *r = sa > sb, OK;
    default:
        return *r = sa >= sb, OK;
    }
}

static enum outcome unary(struct machine *m, const Dwarf_Op *op) {
    if (!m->depth)
        return LOST;
    uint64_t *r = &m->stack[m->depth - 1];
    switch (op->atom) {
    case DW_OP_neg:
        return *r = -*r, OK;
    case DW_OP_not:
        return *r = ~*r, OK;
    case DW_OP_abs:
        return *r = (int64_t)*r < 0 ? -*r : *r, OK;
    default:
        return *r += op->number, OK;
    }
}

static enum outcome shuffle(struct machine *m, const Dwarf_Op *op) {
    uint64_t a = location_top(m, 0), b = location_top(m, 1), c = location_top(m, 2);
    size_t need = op->atom == DW_OP_rot ? 3 : op->atom == DW_OP_swap || op->atom == DW_OP_over ? 2 : 1;
    if (op->atom == DW_OP_pick)
        return m->depth > op->number ? push(m, location_top(m, op->number)) : LOST;
    if (m->depth < need)
        return LOST;
    switch (op->atom) {
    case DW_OP_dup:
        return push(m, a);
    case DW_OP_over:
        return push(m, b);
    case DW_OP_drop:
        return m->depth--, OK;
    case DW_OP_swap:
        return m->stack[m->depth - 1] = b, m->stack[m->depth - 2] = a, OK;
    default:
        m->stack[m->depth - 1] = b;
        m->stack[m->depth - 2] = c;
        m->stack[m->depth - 3] = a;
        return OK;
    }
}

/* ---- The machine */

static enum outcome describe(struct machine *m, const Dwarf_Op *op) {
    unsigned number = op->atom == DW_OP_regx ? (unsigned)op->number : (unsigned)(op->atom - DW_OP_reg0);
    uint64_t value;
    if (op->atom == DW_OP_stack_value) {
        m->place = PLACE_VALUE;
        return m->depth ? OK : LOST;
    }
    if (op->atom == DW_OP_implicit_value) {
        m->place = PLACE_BYTES;
        return dwarf_getlocation_implicit_value(m->attribute, op, &m->bytes) == 0 ? OK : LOST;
    }
    if (number >= FIRST_XMM && number < FIRST_XMM + 16) {
        m->place = PLACE_VECTOR;
        m->word = number - FIRST_XMM;
        return data_frame(m->d) ? OK : LOST;
    }
    enum outcome outcome = dwarf_register(m, number, &value);
    m->place = PLACE_REGISTER;
    m->word = outcome == OK ? (unsigned)frame_register(number) : 0;
    return outcome;
}

static enum outcome step(struct machine *m, const Dwarf_Op *op) {
    uint8_t a = op->atom;
    uint64_t value;
    if (a >= DW_OP_lit0 && a <= DW_OP_lit31)
        return push(m, a - DW_OP_lit0);
    if ((a >= DW_OP_reg0 && a <= DW_OP_reg31) || a == DW_OP_regx || a == DW_OP_stack_value || a == DW_OP_implicit_value)
        return describe(m, op);
    if ((a >= DW_OP_breg0 && a <= DW_OP_breg31) || a == DW_OP_bregx) {
        enum outcome outcome =
            dwarf_register(m, a == DW_OP_bregx ? (unsigned)op->number : a - (unsigned)DW_OP_breg0, &value);
        return outcome == OK ? push(m, value + (a == DW_OP_bregx ? op->number2 : op->number)) : outcome;
    }
    if (a >= DW_OP_const1u && a <= DW_OP_consts)
        return push(m, op->number);
    switch (a) {
    case DW_OP_addr:
    case DW_OP_addrx:
    case DW_OP_GNU_addr_index:
        return push_address(m, op);
    case DW_OP_constx:
    case DW_OP_GNU_const_index:
        return push_constant(m, op);
    case DW_OP_fbreg:
        return push_frame(m, true, op->number);
    case DW_OP_call_frame_cfa:
        return push_frame(m, false, 0);
    case DW_OP_form_tls_address:
    case DW_OP_GNU_push_tls_address:
        return m->depth ? location_thread(m->d, location_top(m, 0), &m->stack[m->depth - 1]) : LOST;
    case DW_OP_deref:
        return load(m, 8);
    case DW_OP_deref_size:
    case DW_OP_deref_type:
    case DW_OP_GNU_deref_type:
        return load(m, op->number);
    case DW_OP_convert:
    case DW_OP_GNU_convert:
        return convert(m, op->number);
    case DW_OP_const_type:
    case DW_OP_GNU_const_type:
        return typed_constant(m, op);
    case DW_OP_regval_type:
    case DW_OP_GNU_regval_type:
        return typed_register(m, op);
    case DW_OP_neg:
    case DW_OP_not:
    case DW_OP_abs:
    case DW_OP_plus_uconst:
        return unary(m, op);
    case DW_OP_dup:
    case DW_OP_drop:
    case DW_OP_over:
    case DW_OP_pick:
    case DW_OP_swap:
    case DW_OP_rot:
        return shuffle(m, op);
    case DW_OP_entry_value:
    case DW_OP_GNU_entry_value:
        return entry_value(m, op);
    case DW_OP_nop:
        return OK;
    default:
        return (a >= DW_OP_and && a <= DW_OP_xor) || (a >= DW_OP_eq && a <= DW_OP_ne) ? binary(m, a) : LOST;
    }
}

/* The operation that a jump leads to; `count`: behind the last; LOST: between two. */
static enum outcome jump(struct machine *m, const Dwarf_Op *ops, size_t count, size_t *i) {
    const Dwarf_Op *op = &ops[*i];
    if (op->atom == DW_OP_bra && !m->depth)
        return LOST;
    if (op->atom == DW_OP_bra && m->stack[--m->depth] == 0)
        return ++*i, OK;
    uint64_t target = op->offset + 3 + (uint64_t)(int64_t)(int16_t)op->number;
    for (size_t to = 0; to < count; to++)
        if (ops[to].offset == target)
            return *i = to, OK;
    *i = count;
    return target > op->offset ? OK : LOST;
}

enum outcome location_run(struct machine *m, const Dwarf_Op *ops, size_t count, size_t *stopped) {
    m->place = PLACE_MEMORY;
    size_t i = *stopped, start = i;
    for (unsigned steps = 0; i < count && !location_is_piece(ops[i].atom); steps++) {
        bool jumps = ops[i].atom == DW_OP_bra || ops[i].atom == DW_OP_skip;
        enum outcome outcome = steps > STEPS_MAX ? LOST : jumps ? jump(m, ops, count, &i) : step(m, &ops[i]);
        if (outcome != OK) {
            while (i < count && !location_is_piece(ops[i].atom))
                i++;
            *stopped = i;
            return outcome;
        }
        i += !jumps;
    }
    *stopped = i;
    if (i == start)
        m->place = PLACE_NOWHERE;
    return m->place == PLACE_MEMORY && !m->depth ? LOST : OK;
}
