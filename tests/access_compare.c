/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access_run.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* ---- What the definition says */

static unsigned long operand(char base, const struct place *place) {
    switch (base) {
    case 'p':
        return place->p;
    case 'P':
        return place->p & ~15ul;
    case 'q':
        return place->q;
    default:
        return place->s;
    }
}

/* "8", "+8", "-40" or, in families, "+(5*8)", "-(1+8)", "" */
static long offset(const char *at) {
    long first, second;
    char sign, operation;
    if (sscanf(at, "%c(%ld%c%ld)", &sign, &first, &operation, &second) != 4)
        return strtol(at, NULL, 10);
    long value = operation == '*' ? first * second : first + second;
    return sign == '-' ? -value : value;
}

/* One word of a form's list, such as "Lp+8:4m"; returns what follows it. */
static const char *parse_event(const char *at, const struct run *run, const struct place *place, struct event *event) {
    char *end;
    unsigned long va = WINDOW(run->window) + operand(at[1], place);
    *event = (struct event){.kind = at[0] == 'L' ? FACET_LOAD : FACET_STORE};
    event->va = va + (unsigned long)offset(at + 2);
    at = strchr(at, ':') + 1;
    event->size = (uint32_t)strtoul(at, &end, 10);
    for (at = end; *at == 'm' || *at == 'a'; at++)
        event->flags |= *at == 'm' ? FACET_RMW : FACET_ATOMIC;
    return *at == ' ' ? at + 1 : at;
}

/* Those accesses of the definition that touch a front. */
int form_events(const struct run *run, const struct place *place, struct event *events) {
    int count = 0;
    for (const char *at = run->form->accesses; *at != 0;) {
        struct event event;
        at = parse_event(at, run, place, &event);
        if (window_is_front(run->window, event.va) || window_is_front(run->window, event.va + event.size - 1))
            events[count++] = event;
    }
    return count;
}

static void print_events(const char *title, const struct event *events, int count) {
    for (int i = 0; i < count; i++)
        fprintf(stderr, "%s %s 0x%lx size %u flags %u\n", title, events[i].kind == FACET_LOAD ? "load" : "store",
                events[i].va, events[i].size, events[i].flags);
}

bool events_equal(const struct event *a, int count_a, const struct event *b, int count_b) {
    bool same = count_a == count_b;
    for (int i = 0; same && i < count_a; i++)
        same = a[i].kind == b[i].kind && a[i].flags == b[i].flags && a[i].size == b[i].size && a[i].va == b[i].va;
    if (!same) {
        print_events("seen    ", a, count_a);
        print_events("expected", b, count_b);
    }
    return same;
}

/* ---- Equal, but for these */

enum what {
    MEMORY,          /* bytes from … to - 1 from p on, or from P on if that is where the form's operand lies */
    STATUS,          /* bits `from` of the x87 status word */
    STACK_REGISTERS, /* bytes from … to - 1 of each x87 register */
    MXCSR,
    TAGS,
    FLAGS,    /* bits `from` */
    REGISTER, /* number `from` of struct facet_regs, but for its `to` low bits */
    VECTOR,   /* bytes from … to - 1 of xmm2 */
};
#define ENGINE "the engine: "
#define MMX_TOP ENGINE "an MMX register's exponent is not set to ones (SDM, vol. 3, 13.2)"
#define RESERVED "reserved (SDM, vol. 1, figure 8-9)"
#define RESERVED_FX "reserved (SDM, vol. 1, 10.5.1)"
#define FX(i)                                                                                                          \
    { "fxsave*", MEMORY, AGAINST_HOST, 42 + 16 * (i), 48 + 16 * (i), RESERVED_FX }
#define LAST "reserved, and of the last x87 instruction (SDM, vol. 1, 8.1.8), which the engine keeps in part"
static const struct exemption {
    const char *form; /* fnmatch(3) */
    enum what what;
    enum against against;
    unsigned from, to;
    const char *why;
} exemptions[] = {
    {"*", MXCSR, AGAINST_HOST, 0x3f, 0, ENGINE "SSE operations do not note their exceptions"},
    {"f*", STATUS, AGAINST_HOST, 0x23f, 0, ENGINE "x87 operations do not note exceptions, nor that they rounded up"},
    {"*cmpxchgl_yes", REGISTER, AGAINST_HOST, 0, 32,
     ENGINE "clears the upper half of rax though it does not write eax (unicorn issue 2332)"},
    {"blsi*", FLAGS, AGAINST_HOST, 1, 0, ENGINE "CF is the opposite (unicorn issue 2330)"},
    {"bzhi*", REGISTER, AGAINST_HOST, 1, 0, ENGINE "an index above the size clears one bit (unicorn issue 2331)"},
    {"bzhi*", FLAGS, AGAINST_HOST, 0x80, 0, ENGINE "as the line above"},
    {"pcmpestri_u", FLAGS, AGAINST_HOST, 0x41, 0, ENGINE "as the next line"},
    {"pcmpestri_u", REGISTER, AGAINST_HOST, 2, 0,
     ENGINE "'equal ordered' does not find a match that ends behind the operand"},
    {"r*cp*s_*", VECTOR, AGAINST_HOST, 0, 16, "only the error is bounded (SDM, vol. 2, RCPPS)"},
    {"rsqrt*", VECTOR, AGAINST_HOST, 0, 16, "only the error is bounded (SDM, vol. 2, RSQRTPS)"},
    {"cvtpi2p*_8", TAGS, AGAINST_HOST, 0xff, 0,
     ENGINE "takes a memory operand for an MMX register (SDM, vol. 2, CVTPI2PD)"},
    {"*mmx", STACK_REGISTERS, AGAINST_HOST, 8, 10, MMX_TOP},
    {"*_mm", STACK_REGISTERS, AGAINST_HOST, 8, 10, MMX_TOP},
    {"cvt*2pi_*", STACK_REGISTERS, AGAINST_HOST, 8, 10, MMX_TOP},
    {"maskmovq_*", STACK_REGISTERS, AGAINST_HOST, 8, 10, MMX_TOP},
    {"mov*q*", STACK_REGISTERS, AGAINST_HOST, 8, 10, MMX_TOP},
    {"fnstenv_", MEMORY, AGAINST_HOST, 2, 4, RESERVED},
    {"fnstenv_", MEMORY, AGAINST_HOST, 6, 8, RESERVED},
    {"fnstenv_", MEMORY, AGAINST_HOST, 10, 28, LAST},
    {"fnstenv_14", MEMORY, AGAINST_HOST, 6, 14, LAST},
    {"fnsave_", MEMORY, AGAINST_HOST, 2, 4, RESERVED},
    {"fnsave_", MEMORY, AGAINST_HOST, 6, 8, RESERVED},
    {"fnsave_", MEMORY, AGAINST_HOST, 10, 28, LAST},
    {"fnsave_", MEMORY, AGAINST_WINDOW, 12, 16, "the address of the last x87 instruction, if that lies in the window"},
    {"fnsave_94", MEMORY, AGAINST_HOST, 6, 14, LAST},
    {"fxsave*", MEMORY, AGAINST_HOST, 5, 24, LAST},
    {"fxsave*", MEMORY, AGAINST_HOST, 42, 48, RESERVED_FX},
    FX(1),
    FX(2),
    FX(3),
    FX(4),
    FX(5),
    FX(6),
    FX(7),
    {"fxsave*", MEMORY, AGAINST_HOST, 416, 512, RESERVED_FX},
    {"fxsave*", MEMORY, AGAINST_HOST, 28, 32, "MXCSR_MASK, which tells the processor's features"},
    {NULL, MEMORY, 0, 0, 0, NULL},
};

static void blank(uint8_t *bytes, const struct exemption *exemption) {
    memset(bytes + exemption->from, 0, exemption->to - exemption->from);
}

static void exempt(struct outcome *outcome, const struct form *form, const struct place *place, enum against against) {
    for (const struct exemption *e = exemptions; e->form != NULL; e++) {
        if ((e->against & against) == 0 || fnmatch(e->form, form->name, 0) != 0)
            continue;
        if (e->what == MEMORY)
            blank((uint8_t *)outcome->memory + (strchr(form->accesses, 'P') != NULL ? place->p & ~15ul : place->p), e);
        else if (e->what == STATUS)
            outcome->fpu.status &= (uint16_t)~e->from;
        else if (e->what == MXCSR)
            outcome->fpu.mxcsr &= ~e->from;
        else if (e->what == TAGS)
            outcome->fpu.tags &= ~e->from;
        else if (e->what == FLAGS)
            outcome->regs.rflags &= ~(unsigned long)e->from;
        else if (e->what == REGISTER)
            ((unsigned long *)&outcome->regs)[e->from] &= (1ul << e->to) - 1;
        else if (e->what == VECTOR)
            blank(outcome->fpu.xmm[2], e);
        else
            for (unsigned i = 0; i < 8; i++)
                blank(outcome->fpu.st[i], e);
    }
}

void form_normalise(struct facet_regs *regs, unsigned long base, const struct form *form) {
    unsigned long *reg = (unsigned long *)regs;
    for (unsigned i = 0; i < 16; i++)
        if (reg[i] - base < WINDOW_PAGES * PAGE)
            reg[i] -= base;
    regs->rflags &= form->flags;
    regs->rip = regs->r15 = regs->fs_base = regs->gs_base = 0;
}

/* PUSH RSP, ENTER and the like store addresses, each of its own window. The bases differ in the third byte. */
static bool address_of_window(const uint8_t *a, unsigned long base_a, const uint8_t *b, unsigned long base_b) {
    uint32_t one, other; /* the lower half */
    memcpy(&one, a - 2, 4);
    memcpy(&other, b - 2, 4);
    return one - base_a < WINDOW_PAGES * PAGE && one - base_a == other - base_b;
}

static char text[200];

static bool registers_differ(const struct form *form, struct facet_regs a, unsigned long base_a, struct facet_regs b,
                             unsigned long base_b) {
    struct facet_regs was_a = a, was_b = b;
    const unsigned long *one = (unsigned long *)&a, *other = (unsigned long *)&b;
    const unsigned long *raw_one = (unsigned long *)&was_a, *raw_other = (unsigned long *)&was_b;
    form_normalise(&a, base_a, form);
    form_normalise(&b, base_b, form);
    for (unsigned i = 0; i < sizeof a / 8; i++)
        if (one[i] != other[i] && (i >= 16 || raw_one[i] != raw_other[i])) { /* a value may look like an address */
            snprintf(text, sizeof text, "register %u is 0x%lx, not 0x%lx", i, other[i], one[i]);
            return true;
        }
    return false;
}

static bool memory_differs(const struct outcome *a, unsigned long base_a, const struct outcome *b,
                           unsigned long base_b) {
    const uint8_t *one = a->memory[0], *other = b->memory[0];
    for (unsigned i = 0; i < 5 * PAGE; i++)
        if (one[i] != other[i] && (i < 2 || !address_of_window(one + i, base_a, other + i, base_b))) {
            snprintf(text, sizeof text, "memory at 0x%x is 0x%x, not 0x%x", i, other[i], one[i]);
            return true;
        }
    return false;
}

static bool fpu_differs(const struct guest_fpu *a, const struct guest_fpu *b) {
    const uint8_t *one = (const uint8_t *)a, *other = (const uint8_t *)b;
    for (unsigned i = 0; i < sizeof *a; i++)
        if (one[i] != other[i]) {
            snprintf(text, sizeof text, "FPU state (struct guest_fpu) at %u is 0x%x, not 0x%x", i, other[i], one[i]);
            return true;
        }
    return false;
}

const char *outcome_differs(const struct form *form, const struct place *place, enum against against,
                            const struct outcome *a, unsigned long base_a, const struct outcome *b,
                            unsigned long base_b) {
    static struct outcome one, other; /* large */
    one = *a, other = *b;
    exempt(&one, form, place, against);
    exempt(&other, form, place, against);
    bool differs = registers_differ(form, one.regs, base_a, other.regs, base_b) ||
                   memory_differs(&one, base_a, &other, base_b) || fpu_differs(&one.fpu, &other.fpu);
    return differs ? text : NULL;
}

/* ---- Places */

static const unsigned long borders[BORDERS] = {0x1100, 0x1000, 0x2000, 0x3000, 0x4000};

/* Each byte of a small operand is once the first behind the border, of a large one some are. */
struct place place_at(const struct form *form, unsigned border, unsigned number) {
    int delta = (int)number - 9, wide = (int)form->widest;
    if (wide > 8)
        delta = (int)number * (wide + 2) / (DELTAS - 1) - wide - 1;
    unsigned long at = borders[border] + (unsigned long)(long)delta;
    struct place place = {at, at + 0x500, at + 0x800};
    if (border > 0) { /* the other operands at other borders, at other distances */
        place.q = borders[1 + (border + 1) % 4] + (unsigned long)(long)(delta * 3 % 8);
        place.s = borders[1 + (border + 2) % 4] + (unsigned long)(long)(4 - delta * 5 % 11);
    }
    return place;
}

bool place_chosen(unsigned form, unsigned border, unsigned delta, unsigned one_of) {
    static int full = -1;
    if (full < 0) {
        const char *matrix = getenv("FACET_MATRIX");
        full = matrix != NULL && strcmp(matrix, "full") == 0;
    }
    return full || (form * 7 + border * DELTAS + delta) % one_of == 0;
}
