/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Types as DWARF (versions 4 and 5, section 5) describes them.
 */
#include "type.h"

#include <dwarf.h>
#include <string.h>

#define DEPTH_MAX 200 /* of types of types: the information may be damaged */

/* ---- Attributes */

static bool unsigned_attribute(Dwarf_Die *die, unsigned which, uint64_t *value) {
    Dwarf_Attribute attr;
    Dwarf_Word word;
    if (!dwarf_attr_integrate(die, which, &attr) || dwarf_formudata(&attr, &word) != 0)
        return false;
    *value = word;
    return true;
}

bool type_constant(Dwarf_Attribute *attr, int64_t *value) {
    unsigned form = dwarf_whatform(attr);
    Dwarf_Word word;
    Dwarf_Sword sword;
    if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
        bool good = dwarf_formsdata(attr, &sword) == 0;
        *value = good ? sword : 0;
        return good;
    }
    bool good = dwarf_formudata(attr, &word) == 0;
    *value = good ? (int64_t)word : 0;
    return good;
}

static bool flag_attribute(Dwarf_Die *die, unsigned which) {
    Dwarf_Attribute attr;
    bool flag = false;
    return dwarf_attr(die, which, &attr) && dwarf_formflag(&attr, &flag) == 0 && flag;
}

struct type *type_of_attribute(struct catalogue *c, Dwarf_Die *die) {
    Dwarf_Attribute attr;
    Dwarf_Die type;
    if (c->depth >= DEPTH_MAX || !dwarf_attr_integrate(die, DW_AT_type, &attr) || !dwarf_formref_die(&attr, &type))
        return type_basic(BASIC_VOID);
    c->depth++;
    struct type *found = type_of_die(c, &type);
    c->depth--;
    /* A typedef or array of itself can only come from damaged information. */
    return found->building ? type_basic(BASIC_VOID) : found;
}

/* ---- Names: gdb writes C's types in one way, whatever the compiler called them. */

static const char *base_name(const char *name) {
    static const char *const spellings[][2] = {
        {"long int", "long"},           {"long unsigned int", "unsigned long"},
        {"short int", "short"},         {"short unsigned int", "unsigned short"},
        {"long long int", "long long"}, {"long long unsigned int", "unsigned long long"},
    };
    for (size_t i = 0; name && i < sizeof spellings / sizeof *spellings; i++)
        if (!strcmp(name, spellings[i][0]))
            return spellings[i][1];
    return name;
}

static void read_base(struct type *type, Dwarf_Die *die) {
    uint64_t encoding = DW_ATE_signed;
    unsigned_attribute(die, DW_AT_encoding, &encoding);
    type->name = base_name(type->name);
    switch (encoding) {
    case DW_ATE_boolean:
        type->kind = TYPE_BOOL;
        type->is_unsigned = true;
        break;
    case DW_ATE_float:
        type->kind = TYPE_FLOAT;
        break;
    case DW_ATE_complex_float:
        type->kind = TYPE_COMPLEX;
        type->target = type_basic(type->size == 8 ? BASIC_FLOAT : type->size == 16 ? BASIC_DOUBLE : BASIC_LDOUBLE);
        break;
    case DW_ATE_signed_char:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
        type->kind = TYPE_CHAR;
        type->is_unsigned = encoding != DW_ATE_signed_char;
        break;
    default:
        type->kind = TYPE_INT;
        type->is_unsigned = encoding == DW_ATE_unsigned;
    }
}

/* ---- Arrays: one DIE with a subrange for each dimension, the outermost first. */

static int64_t dimension(Dwarf_Die *die) {
    Dwarf_Attribute attr;
    int64_t upper;
    uint64_t count;
    if (unsigned_attribute(die, DW_AT_count, &count))
        return (int64_t)count;
    if (!dwarf_attr(die, DW_AT_upper_bound, &attr) || !type_constant(&attr, &upper) || upper < -1)
        return -1;
    return upper + 1;
}

static struct type *array_of(struct catalogue *c, struct type *type, Dwarf_Die *child, struct type *element) {
    while (dwarf_tag(child) != DW_TAG_subrange_type)
        if (dwarf_siblingof(child, child) != 0)
            return element;
    Dwarf_Attribute bound;
    int64_t count = dimension(child);
    bool dynamic = count < 0 && dwarf_attr(child, DW_AT_upper_bound, &bound);
    struct type *inner = dwarf_siblingof(child, child) == 0 ? array_of(c, NULL, child, element) : element;
    struct type *array = type_array(c, inner, count);
    array->dynamic = dynamic || (inner != element && inner->dynamic);
    if (!type)
        return array;
    type->count = count;
    type->target = inner;
    type->size = array->size;
    type->dynamic = array->dynamic;
    return type;
}

static void read_array(struct catalogue *c, struct type *type, Dwarf_Die *die) {
    Dwarf_Die child;
    struct type *element = type_of_attribute(c, die);
    type->vector = flag_attribute(die, DW_AT_GNU_vector);
    type->target = element;
    type->count = -1;
    if (dwarf_child(die, &child) == 0)
        array_of(c, type, &child, element);
}

/* ---- Members */

static bool is_field(int tag) {
    return tag == DW_TAG_member || tag == DW_TAG_enumerator || tag == DW_TAG_formal_parameter ||
           tag == DW_TAG_inheritance;
}

/* DWARF 5 counts a bit-field's bits from the start of the struct (DW_AT_data_bit_offset); older compilers, from the
 * most significant end of a storage unit of DW_AT_byte_size. */
static void read_bits(struct catalogue *c, struct type_field *field, Dwarf_Die *die) {
    uint64_t bits, size, at;
    if (!unsigned_attribute(die, DW_AT_bit_size, &size))
        return;
    field->bit_size = (unsigned)size;
    if (unsigned_attribute(die, DW_AT_data_bit_offset, &bits)) {
        field->offset = bits / 8;
        field->bit_offset = (unsigned)(bits % 8);
    } else if (unsigned_attribute(die, DW_AT_bit_offset, &at)) {
        uint64_t unit = type_size(c, field->type);
        unsigned_attribute(die, DW_AT_byte_size, &unit);
        uint64_t low = unit * 8 - at - size;
        field->offset += low / 8;
        field->bit_offset = (unsigned)(low % 8);
    }
}

static void read_field(struct catalogue *c, struct type_field *field, Dwarf_Die *die) {
    Dwarf_Attribute attr;
    int64_t value;
    field->name = dwarf_diename(die);
    if (dwarf_tag(die) == DW_TAG_enumerator) {
        if (dwarf_attr(die, DW_AT_const_value, &attr) && type_constant(&attr, &value))
            field->value = value;
        return;
    }
    field->type = type_of_attribute(c, die);
    unsigned_attribute(die, DW_AT_data_member_location, &field->offset);
    read_bits(c, field, die);
}

/* gdb's rule for enums whose values are flags: none is negative, each has one bit of its own. */
static void decide_flags(struct type *type) {
    uint64_t seen = 0;
    type->flags = true;
    for (size_t i = 0; i < type->field_count; i++) {
        uint64_t value = (uint64_t)type->fields[i].value;
        if (type->fields[i].value < 0)
            type->is_unsigned = false;
        if (type->fields[i].value < 0 || (value & (value - 1)) || (value & seen))
            type->flags = false;
        seen |= value;
    }
}

static void read_children(struct catalogue *c, struct type *type, Dwarf_Die *die) {
    Dwarf_Die child;
    size_t count = 0;
    if (dwarf_child(die, &child) != 0)
        return;
    do
        count += is_field(dwarf_tag(&child));
    while (dwarf_siblingof(&child, &child) == 0);
    type->fields = catalogue_alloc(c, count * sizeof *type->fields);
    if (dwarf_child(die, &child) != 0)
        return;
    do
        if (is_field(dwarf_tag(&child)))
            read_field(c, &type->fields[type->field_count++], &child);
        else if (dwarf_tag(&child) == DW_TAG_unspecified_parameters)
            type->variadic = true;
    while (dwarf_siblingof(&child, &child) == 0);
}

void type_read_fields(struct catalogue *c, struct type *type) {
    if (type->fields_read || !type->die.addr)
        return;
    type->fields_read = true;
    read_children(c, type, &type->die);
    if (type->kind == TYPE_ENUM)
        decide_flags(type);
}

/* ---- From DIE to type */

static const char *qualifier_of(int tag) {
    switch (tag) {
    case DW_TAG_const_type:
        return "const";
    case DW_TAG_volatile_type:
        return "volatile";
    case DW_TAG_restrict_type:
        return "restrict";
    case DW_TAG_atomic_type:
        return "_Atomic";
    default:
        return NULL;
    }
}

static void read_function(struct catalogue *c, struct type *type, Dwarf_Die *die) {
    type->kind = TYPE_FUNCTION;
    type->name = NULL;
    type->size = 1;
    type->prototyped = flag_attribute(die, DW_AT_prototyped);
    type->target = type_of_attribute(c, die);
}

static void read_wrapper(struct catalogue *c, struct type *type, Dwarf_Die *die, int tag) {
    type->qualifier = qualifier_of(tag);
    type->kind = type->qualifier ? TYPE_QUALIFIED : TYPE_TYPEDEF;
    type->target = type_of_attribute(c, die);
    type->size = type->target->size;
}

static void read_compound(struct type *type, Dwarf_Die *die, enum type_kind kind) {
    type->kind = kind;
    type->incomplete = flag_attribute(die, DW_AT_declaration);
    type->is_unsigned = kind == TYPE_ENUM;
}

static void read_type(struct catalogue *c, struct type *type, Dwarf_Die *die) {
    int tag = dwarf_tag(die);
    unsigned_attribute(die, DW_AT_byte_size, &type->size);
    type->name = dwarf_diename(die);
    switch (tag) {
    case DW_TAG_base_type:
        read_base(type, die);
        break;
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        *type =
            (struct type){.kind = TYPE_POINTER, .size = 8, .is_unsigned = true, .die = type->die, .next = type->next};
        type->target = type_of_attribute(c, die);
        break;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
        read_compound(type, die, TYPE_STRUCT);
        break;
    case DW_TAG_union_type:
        read_compound(type, die, TYPE_UNION);
        break;
    case DW_TAG_enumeration_type:
        read_compound(type, die, TYPE_ENUM);
        break;
    case DW_TAG_array_type:
        type->kind = TYPE_ARRAY;
        read_array(c, type, die);
        break;
    case DW_TAG_subprogram:
    case DW_TAG_subroutine_type:
        read_function(c, type, die);
        break;
    case DW_TAG_typedef:
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_restrict_type:
    case DW_TAG_atomic_type:
        read_wrapper(c, type, die, tag);
        break;
    default:
        *type = (struct type){.kind = TYPE_VOID, .name = "void", .size = 1, .die = type->die, .next = type->next};
    }
}

/* A stub stands for a type in a unit of its own. */
static struct type *elsewhere(struct catalogue *c, Dwarf_Die *die) {
    Dwarf_Attribute attr;
    Dwarf_Die type;
    if (!dwarf_attr(die, DW_AT_signature, &attr) || !dwarf_formref_die(&attr, &type) || type.addr == die->addr ||
        c->depth >= DEPTH_MAX)
        return NULL;
    c->depth++;
    struct type *found = type_of_die(c, &type);
    c->depth--;
    return found;
}

struct type *type_of_die(struct catalogue *c, Dwarf_Die *die) {
    struct type **bucket = &c->types[(uintptr_t)die->addr % TYPE_BUCKETS];
    for (struct type *type = *bucket; type; type = type->next)
        if (type->die.addr == die->addr)
            return type;
    struct type *type = elsewhere(c, die);
    if (type)
        return type;
    type = catalogue_alloc(c, sizeof *type);
    type->die = *die;
    type->next = *bucket;
    *bucket = type;
    type->building = true;
    read_type(c, type, die);
    type->building = false;
    if (type->kind == TYPE_ENUM) /* they decide its sign */
        type_read_fields(c, type);
    return type;
}

struct type *type_tagged(struct catalogue *c, enum name_kind kind, const char *tag) {
    for (const struct name *name = catalogue_find(c, tag); name; name = name_next(name)) {
        Dwarf_Die die;
        if (name->kind == kind && !name->declaration && catalogue_die(c, name->die, &die))
            return type_of_die(c, &die);
    }
    return NULL;
}
