/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entry values (DWARF 5, section 3.4): a function's argument is gone, but its caller's call site says what it was.
 */
#include "location.h"

#include <dwarf.h>
#include <string.h>

#define NESTING_MAX 8
#define BLOCKS_MAX 64

static bool address_attribute(Dwarf_Die *die, unsigned which, Dwarf_Addr *value) {
    Dwarf_Attribute attr;
    return dwarf_attr(die, which, &attr) && dwarf_formaddr(&attr, value) == 0;
}

/* DWARF 5, or GNU's extension of 4: there a call site's address is that behind the call, too. */
static bool is_site_at(Dwarf_Die *die, Dwarf_Addr returns_to) {
    Dwarf_Addr at;
    if (dwarf_tag(die) == DW_TAG_call_site)
        return address_attribute(die, DW_AT_call_return_pc, &at) && at == returns_to;
    return dwarf_tag(die) == DW_TAG_GNU_call_site && address_attribute(die, DW_AT_low_pc, &at) && at == returns_to;
}

static bool find_site(Dwarf_Die *block, Dwarf_Addr returns_to, Dwarf_Die *site, int depth) {
    Dwarf_Die child;
    if (depth == BLOCKS_MAX || dwarf_child(block, &child) != 0)
        return false;
    do {
        if (is_site_at(&child, returns_to)) {
            *site = child;
            return true;
        }
        int tag = dwarf_tag(&child);
        if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
            find_site(&child, returns_to, site, depth + 1))
            return true;
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

/* Does the site call this function? Another one may have reached it by a tail call, with other arguments. */
static bool calls(Dwarf_Die *site, Dwarf_Die *function) {
    Dwarf_Attribute attr;
    Dwarf_Die target;
    Dwarf_Addr one, other;
    if (!dwarf_attr(site, DW_AT_call_origin, &attr) && !dwarf_attr(site, DW_AT_abstract_origin, &attr))
        return false;
    if (!dwarf_formref_die(&attr, &target))
        return false;
    if (dwarf_lowpc(&target, &one) == 0 && dwarf_lowpc(function, &other) == 0)
        return one == other;
    const char *name = dwarf_diename(&target), *here = dwarf_diename(function);
    return name && here && !strcmp(name, here);
}

/* Is that the one register of its location? */
static bool is_parameter(Dwarf_Die *die, unsigned dwarf) {
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t count;
    int tag = dwarf_tag(die);
    if ((tag != DW_TAG_call_site_parameter && tag != DW_TAG_GNU_call_site_parameter) ||
        !dwarf_attr(die, DW_AT_location, &attr) || dwarf_getlocation(&attr, &ops, &count) != 0 || count != 1)
        return false;
    if (ops[0].atom == DW_OP_regx)
        return ops[0].number == dwarf;
    return ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31 && ops[0].atom - DW_OP_reg0 == (int)dwarf;
}

static enum outcome parameter_value(struct data *d, Dwarf_Die *parameter, Dwarf_Die *function, unsigned nesting,
                                    uint64_t *value) {
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t count, stopped = 0;
    if ((!dwarf_attr(parameter, DW_AT_call_value, &attr) && !dwarf_attr(parameter, DW_AT_GNU_call_site_value, &attr)) ||
        dwarf_getlocation(&attr, &ops, &count) != 0 || !count)
        return LOST;
    struct machine m = {.d = d, .attribute = &attr, .function = function, .nesting = nesting + 1};
    enum outcome outcome = location_run(&m, ops, count, &stopped);
    if (outcome != OK || stopped != count)
        return outcome == OK ? LOST : outcome;
    *value = location_top(&m, 0);
    if (m.place == PLACE_BYTES && m.bytes.length <= sizeof *value) {
        *value = 0;
        memcpy(value, m.bytes.data, m.bytes.length);
        return OK;
    }
    return m.place == PLACE_MEMORY || m.place == PLACE_VALUE ? OK : LOST;
}

/* In the caller's frame, which is the evaluation's meanwhile. */
static enum outcome from_caller(struct data *d, Dwarf_Die *callee, unsigned dwarf, unsigned nesting, uint64_t *value) {
    Dwarf_Die function, site, parameter;
    if (!scope_function(d, d->frame.lookup_pc, &function) || !find_site(&function, d->frame.pc - d->c.bias, &site, 0) ||
        !calls(&site, callee) || dwarf_child(&site, &parameter) != 0)
        return LOST;
    do
        if (is_parameter(&parameter, dwarf))
            return parameter_value(d, &parameter, &function, nesting, value);
    while (dwarf_siblingof(&parameter, &parameter) == 0);
    return LOST;
}

enum outcome location_entry(struct data *d, unsigned dwarf, unsigned nesting, uint64_t *value) {
    Dwarf_Die function;
    struct frame here, caller;
    if (nesting >= NESTING_MAX || !data_frame(d) || !scope_function(d, d->frame.lookup_pc, &function) ||
        !frame_caller(d->cli, &d->frame, &caller))
        return LOST;
    here = d->frame;
    d->frame = caller;
    enum outcome outcome = from_caller(d, &function, dwarf, nesting, value);
    d->frame = here;
    return outcome;
}

bool location_at_entry(struct data *d, Dwarf_Die *variable, Dwarf_Die *function, uint64_t *value) {
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    Dwarf_Addr start;
    size_t count;
    if (dwarf_lowpc(function, &start) != 0 || !dwarf_attr_integrate(variable, DW_AT_location, &attr) ||
        dwarf_getlocation_addr(&attr, start, &ops, &count, 1) != 1 || count != 1 || ops[0].atom < DW_OP_reg0 ||
        ops[0].atom > DW_OP_reg31)
        return false;
    return location_entry(d, (unsigned)(ops[0].atom - DW_OP_reg0), 0, value) == OK;
}
