/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entry values (DWARF 5, section 3.4): a function's argument is gone, but its caller's call site says what it was.
 */
#include "location.h"

#include <dwarf.h>
#include <string.h>

#define NESTING_MAX 8
#define BLOCKS_MAX 64
#define TAILS_MAX 300

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
    if (scope_entry(&target, &one) && scope_entry(function, &other))
        return one == other;
    const char *name = dwarf_diename(&target), *here = dwarf_diename(function);
    return name && here && !strcmp(name, here);
}

/* ---- Tail calls: a function that can come back to itself by jumps may have been entered with other arguments. */

struct tails {
    struct data *d;
    Dwarf_Off seen[TAILS_MAX]; /* functions, to be looked at from `next` on */
    size_t count, next;
    bool unknown; /* a jump to nobody knows where */
};

static bool is_tail_call(Dwarf_Die *die) {
    Dwarf_Attribute attr;
    bool flag = false;
    int tag = dwarf_tag(die);
    if (tag != DW_TAG_call_site && tag != DW_TAG_GNU_call_site)
        return false;
    return (dwarf_attr(die, DW_AT_call_tail_call, &attr) || dwarf_attr(die, DW_AT_GNU_tail_call, &attr)) &&
           dwarf_formflag(&attr, &flag) == 0 && flag;
}

/* The definition of what a site calls. False: it has no debug information, so that nothing more is known of it. */
static bool definition(struct data *d, Dwarf_Die *target, Dwarf_Die *function) {
    Dwarf_Addr start;
    *function = *target;
    if (scope_entry(target, &start))
        return true;
    const char *text = dwarf_diename(target);
    for (const struct name *name = text ? catalogue_find(&d->c, text) : NULL; name; name = name_next(name))
        if (name->kind == NAME_FUNCTION && catalogue_die(&d->c, name->die, function) && scope_entry(function, &start))
            return true;
    return false;
}

static void note_target(struct tails *t, Dwarf_Die *site) {
    Dwarf_Attribute attr;
    Dwarf_Die target, function;
    if ((!dwarf_attr(site, DW_AT_call_origin, &attr) && !dwarf_attr(site, DW_AT_abstract_origin, &attr)) ||
        !dwarf_formref_die(&attr, &target) || t->count == TAILS_MAX) {
        t->unknown = true;
        return;
    }
    if (!definition(t->d, &target, &function))
        return;
    for (size_t i = 0; i < t->count; i++)
        if (t->seen[i] == dwarf_dieoffset(&function))
            return;
    t->seen[t->count++] = dwarf_dieoffset(&function);
}

static void note_tail_calls(struct tails *t, Dwarf_Die *block, int depth) {
    Dwarf_Die child;
    if (depth == BLOCKS_MAX || dwarf_child(block, &child) != 0)
        return;
    do {
        int tag = dwarf_tag(&child);
        if (is_tail_call(&child))
            note_target(t, &child);
        else if (tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine)
            note_tail_calls(t, &child, depth + 1);
    } while (dwarf_siblingof(&child, &child) == 0);
}

static bool may_come_back(struct data *d, Dwarf_Die *function) {
    struct tails t = {.d = d};
    Dwarf_Die die;
    note_tail_calls(&t, function, 0);
    for (; t.next < t.count && !t.unknown; t.next++) {
        if (t.seen[t.next] == dwarf_dieoffset(function))
            return true;
        if (catalogue_die(&d->c, t.seen[t.next], &die))
            note_tail_calls(&t, &die, 0);
    }
    return t.unknown;
}

/* ---- The call site's parameters */

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
        may_come_back(d, &function) || !frame_caller(d->cli, &d->frame, &caller))
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
    if (!scope_entry(function, &start) || !dwarf_attr_integrate(variable, DW_AT_location, &attr) ||
        dwarf_getlocation_addr(&attr, start, &ops, &count, 1) != 1 || count != 1 || ops[0].atom < DW_OP_reg0 ||
        ops[0].atom > DW_OP_reg31)
        return false;
    return location_entry(d, (unsigned)(ops[0].atom - DW_OP_reg0), 0, value) == OK;
}
