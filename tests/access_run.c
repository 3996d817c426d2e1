/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access_run.h"

#include "access_forms.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ---- Code: each form goes on at r15, where the program stops or the native caller waits. */

#define CODE_OF(name, code, accesses, flags) "form_" #name ": " code "\n jmp *%r15\n"
__asm__(".pushsection .text\n"
        ".globl forms_begin, forms_end\n"
        "forms_begin: int $0x30\n"
        "   jmp forms_begin\n"
        "forms_touch: mov %r12,0x501800\n" /* loads and stores at both ends of the window, then goes on */
        "   mov %r13,0x501808\n"
        "   mov 0x501810,%r12\n"
        "   mov (%r12),%r13b\n"
        "   mov %r13b,(%r12)\n"
        "   mov 0x4000(%r12),%r13b\n"
        "   mov %r13b,0x4000(%r12)\n"
        "   mov 0x501800,%r12\n"
        "   mov 0x501808,%r13\n"
        "   jmp *0x501818\n" FORMS(CODE_OF) "forms_end:\n"
                                            ".popsection\n");
extern const char forms_touch[];
#define TOUCH 0x501810ul
#define DECLARE(name, code, accesses, flags) extern const char form_##name[];
FORMS(DECLARE)

#define ROW(name, code, accesses, flags) {#name, form_##name, accesses, flags, 1},
struct form forms[] = {FORMS(ROW)};
const unsigned form_count = sizeof forms / sizeof *forms;

void form_fill_memory(uint8_t *page, unsigned number) {
    for (unsigned i = 0; i < PAGE; i++)
        page[i] = (uint8_t)((i + number * PAGE) * 7 + (i >> 8));
}

static bool backed(unsigned page) {
    return page != 5 && page != 7;
}

bool window_is_front(enum window window, uint64_t va) {
    uint64_t page = (va - WINDOW(window)) / PAGE;
    return window != PLAIN && page < WINDOW_PAGES && page != 0 && page != 4 && page != 5 && page != 7;
}

/* The memory behind an access, from the frames. */
static uint8_t *behind(struct run *run, uint64_t va) {
    uint64_t page = (va - WINDOW(run->window)) / PAGE;
    if (page == 6)
        page = run->window == MIXED ? 1 : 3;
    return guest_frame(run->guest, run->window, (unsigned)page) + va % PAGE;
}

/* ---- The handler */

static void check_parts(struct run *run, const struct emu_access *access) {
    uint64_t va = access->va.v, end = va + access->size;
    bool crosses = va / PAGE != (end - 1) / PAGE;
    cr_assert_eq(access->parts, crosses ? 2 : 1);
    for (int i = 0; i < access->parts; i++) {
        const struct emu_part *part = &access->part[i];
        uint64_t at = va + part->start, page = (at - WINDOW(run->window)) / PAGE;
        cr_assert_eq(part->start, i == 0 ? 0 : PAGE - va % PAGE);
        cr_assert_eq(part->size, crosses ? (i == 0 ? PAGE - va % PAGE : end % PAGE) : access->size);
        if (!window_is_front(run->window, at)) {
            cr_assert_eq(part->front, -1);
            continue;
        }
        bool a = page == 1 || page == 2;
        cr_assert_eq(part->front, a ? FRONT_A(run->window) : FRONT_B(run->window), "%s", run->form->name);
        cr_assert_eq(part->offset, (a ? (page - 1) * PAGE : 0) + at % PAGE);
    }
}

static void check_backing(struct run *run, const struct emu_access *access) {
    uint64_t va = access->va.v;
    cr_assert_not_null(access->backing);
    for (unsigned i = 0; i < access->size; i++)
        cr_assert_eq(access->backing[i], *behind(run, va + i), "%s: backing of 0x%lx+%u", run->form->name, va, i);
}

static bool careful(struct run *run, const struct emu_access *access) {
    for (int i = 0; i < access->parts; i++)
        if (access->part[i].front >= 0 && (run->guest->fronts[access->part[i].front].flags & FRONT_CAREFUL) != 0)
            return true;
    return false;
}

static uint8_t *own(struct run *run, uint64_t va) {
    uint64_t page = (va - WINDOW(run->window)) / PAGE;
    if (!window_is_front(run->window, va))
        return behind(run, va);
    return &run->own[page != 6 ? page : run->window == MIXED ? 1 : 3][va % PAGE];
}

static enum facet_verdict serve(struct run *run, struct emu_access *access) {
    for (unsigned i = 0; i < access->size; i++)
        if (access->kind == FACET_LOAD)
            access->reply[i] = *own(run, access->va.v + i);
        else
            *own(run, access->va.v + i) = access->attempted[i];
    return FACET_DONE;
}

static bool chance(struct run *run, unsigned percent) {
    return percent != 0 && (unsigned)rand_r(&run->seed) % 100 < percent;
}

/* The stub restarts what it was told to block: as if it had been woken at once. */
static enum facet_verdict block(struct run *run) {
    *guest_repairs(run->guest) = (struct guest_repairs){1, {{STACK - 0x900, 1}}};
    guest_traps(run->guest)->count = 0;
    run->expect_block = true;
    run->blocks++;
    return FACET_BLOCK;
}

/* What came of the block: one trap, at the instruction, that says so. */
static void check_block(struct run *run, const struct emu_access *access) {
    const struct debug_block *debug = run->guest->debug;
    if (!run->expect_block)
        return;
    run->expect_block = false;
    cr_assert_eq(guest_traps(run->guest)->count, 1, "%s", run->form->name);
    cr_assert_eq(guest_traps(run->guest)->trap[0].vector, VECTOR_FRONT);
    cr_assert_eq(guest_traps(run->guest)->trap[0].rip, access->pc.v);
    cr_assert_eq(debug->trap.reason, FRONT_TRAP_BLOCK);
    static const enum access kinds[] = {[FACET_LOAD] = ACCESS_LOAD, ACCESS_STORE, ACCESS_FETCH};
    cr_assert_eq(debug->trap.kind, (unsigned)kinds[access->kind]);
    cr_assert(debug->trap.va == access->va.v || debug->trap.va == access->va.v + access->part[0].size);
}

static enum facet_verdict step(struct run *run, struct emu_access *access) {
    struct stepped *step = &run->step[run->due++];
    cr_assert_leq(run->due, EVENTS_MAX);
    step->event = (struct event){access->kind, access->flags, access->size, access->va.v, access->pc.v};
    step->pc = access->pc.v;
    memcpy(step->bytes, access->kind == FACET_STORE ? access->attempted : access->backing, access->size);
    access->step = 1000 + (uint64_t)run->due;
    run->steps++;
    return FACET_STEP;
}

/* Nothing of another instruction, nor of the next element of a repeated one, is asked before the outcomes. */
static void check_told(struct run *run, const struct emu_access *access) {
    for (int i = run->told; i < run->due; i++)
        cr_assert(run->step[i].pc == access->pc.v &&
                      (run->step[i].event.kind != FACET_STORE || access->kind == FACET_STORE ||
                       strncmp(run->form->name, "enter", 5) == 0),
                  "%s: asked before an outcome", run->form->name);
    if (run->told == run->due)
        run->told = run->due = 0;
}

static void on_outcome(void *context, const struct emu_access *access) {
    struct run *run = context;
    const struct stepped *step = &run->step[run->told++];
    cr_assert_leq(run->told, run->due, "%s: an outcome too many", run->form->name);
    cr_assert_eq(access->step, 1000 + (uint64_t)run->told);
    cr_assert_eq(access->kind, step->event.kind);
    cr_assert_eq(access->flags, step->event.flags);
    cr_assert_eq(access->size, step->event.size);
    cr_assert_eq(access->va.v, step->event.va);
    cr_assert_eq(access->pc.v, step->pc);
    cr_assert_arr_eq(access->attempted, step->bytes, access->size, "%s: bytes of the outcome", run->form->name);
    check_parts(run, access);
    check_backing(run, access);
}

static enum facet_verdict on_access(void *context, struct emu_access *access) {
    struct run *run = context;
    struct outcome *outcome = run->outcome;
    check_told(run, access);
    check_block(run, access);
    cr_assert_eq(access->again, run->expect_again, "%s: again", run->form->name);
    if (run->expect_again)
        cr_assert_eq(access->va.v, run->stopped_va);
    run->expect_again = false;
    check_parts(run, access);
    check_backing(run, access);
    bool may = careful(run, access);
    run->stopped_va = access->va.v;
    if (may && chance(run, run->stop_percent)) {
        run->expect_again = true;
        return FACET_STOP;
    }
    if (may && chance(run, run->block_percent)) {
        run->expect_again = true;
        return block(run);
    }
    if (may && outcome->count + 1 == run->refused_at) {
        run->expect_again = !run->refused_stopped;
        run->refused_stopped = true;
        return run->expect_again ? FACET_STOP : FACET_FAULT;
    }
    if (may && outcome->count + 1 == run->verdict_at && run->verdict != FACET_STEP) {
        run->verdict_at = 0;
        run->expect_again = true;
        return run->verdict == FACET_BLOCK ? block(run) : FACET_STOP;
    }
    cr_assert_lt(outcome->count, EVENTS_MAX);
    outcome->event[outcome->count++] =
        (struct event){access->kind, access->flags, access->size, access->va.v, access->pc.v};
    if (run->serves)
        return serve(run, access);
    bool now = outcome->count == run->verdict_at || chance(run, run->step_percent);
    return may && now ? step(run, access) : FACET_PASS;
}

/* ---- Running a form */

static unsigned widest(const char *accesses) {
    unsigned most = 1;
    while ((accesses = strchr(accesses, ':')) != NULL) {
        unsigned size = (unsigned)strtoul(++accesses, NULL, 10);
        most = size > most ? size : most;
    }
    return most;
}

struct guest forms_guest(void) {
    for (unsigned i = 0; i < form_count; i++)
        forms[i].widest = widest(forms[i].accesses);
    return guest_create(forms_begin, (size_t)(forms_end - forms_begin));
}

/* A value at p that may span two pages. */
static uint64_t pattern_at(unsigned long offset) {
    uint8_t bytes[2 * PAGE];
    form_fill_memory(bytes, (unsigned)(offset / PAGE));
    form_fill_memory(bytes + PAGE, (unsigned)(offset / PAGE) + 1);
    uint64_t value;
    memcpy(&value, bytes + offset % PAGE, 8);
    return value;
}

/* DIV of what lies at p by itself must not overflow or divide by zero: it never does, rdx is 0 and rax is that value,
 * but for a zero. */
bool form_applicable(const struct form *form, const struct place *place) {
    return strcmp(form->name, "div_load") != 0 || pattern_at(place->p) != 0;
}

void form_fpu(struct guest_fpu *fpu) {
    *fpu = (struct guest_fpu){.control = 0x37f, .mxcsr = 0x1f80};
    for (unsigned i = 0; i < 16; i++)
        memcpy(fpu->xmm[i], (double[2]){i + 1.5, -3.25 * i}, 16);
}

void form_registers(struct facet_regs *regs, unsigned long base, const struct place *place) {
    *regs = (struct facet_regs){.rax = pattern_at(place->p),
                                .rbx = 0x8877665544332211,
                                .rcx = 3,
                                .rdx = 0x1357,
                                .rsi = base + place->p,
                                .rdi = base + place->q,
                                .rbp = 0x123,
                                .rsp = base + place->s,
                                .r8 = 8,
                                .r9 = 9,
                                .r10 = 10,
                                .r11 = 11,
                                .r12 = 12,
                                .r13 = 13,
                                .r14 = 14,
                                .gs_base = base + place->p,
                                .rflags = 0x202};
}

static void check_undisturbed(struct run *run, const struct facet_regs *before) {
    struct facet_regs now;
    emu_regs_get(run->guest->emu, &now);
    if (strchr(run->form->accesses, ' ') == NULL && now.rip == before->rip)
        cr_assert_arr_eq(&now, before, sizeof now, "%s: registers at a stop", run->form->name);
}

void run_keep(struct run *run, struct outcome *outcome) {
    emu_regs_get(run->guest->emu, &outcome->regs);
    guest_fpu_get(run->guest, &outcome->fpu);
    for (unsigned page = 0; page < WINDOW_PAGES; page++)
        memcpy(outcome->memory[page],
               run->serves && window_is_front(run->window, WINDOW(run->window) + page * PAGE)
                   ? run->own[page]
                   : guest_frame(run->guest, run->window, page),
               PAGE);
}

unsigned form_code_size(const struct form *form) {
    const char *end = form + 1 < forms + form_count ? form[1].code : forms_end;
    return (unsigned)(end - form->code);
}

static void place_code(struct run *run) {
    for (unsigned i = 0; i < form_code_size(run->form); i++) {
        unsigned at = run->code_at + i;
        uint8_t *byte = guest_frame(run->guest, run->window, (unsigned)(at / PAGE)) + at % PAGE;
        *byte = (uint8_t)run->form->code[i];
        emu_ram_changed(run->guest->emu, byte, 1);
    }
}

static void place_memory(struct run *run) {
    for (unsigned page = 0; page < WINDOW_PAGES; page++) {
        if (!backed(page))
            continue;
        uint8_t *frame = guest_frame(run->guest, run->window, page);
        form_fill_memory(frame, page);
        memcpy(run->own[page], frame, PAGE);
        for (unsigned i = 0; run->serves && window_is_front(run->window, WINDOW(run->window) + page * PAGE) && i < PAGE;
             i++)
            frame[i] = (uint8_t)~frame[i];
    }
    if (run->code_at != 0)
        place_code(run);
}

/* Every other time the pages of ordinary memory before and behind the fronts are in the TLB when the form begins. */
static void begin_touching(struct run *run, uint64_t form) {
    struct facet_regs regs;
    static unsigned count;
    if (run->code_at != 0 || count++ % 2 == 0)
        return;
    uint64_t *word = (uint64_t *)(void *)emu_ram(run->guest->emu, (gpa_t){TOUCH}, 16);
    word[0] = WINDOW(run->window);
    word[1] = form;
    emu_regs_get(run->guest->emu, &regs);
    regs.rip = CODE + (uint64_t)(forms_touch - forms_begin);
    emu_regs_set(run->guest->emu, &regs);
}

static struct facet_regs prepare(struct run *run, const struct place *place) {
    struct guest *guest = run->guest;
    struct facet_regs regs;
    struct guest_fpu fpu;
    place_memory(run);
    run->outcome->count = run->due = run->told = 0;
    emu_on_access(guest->emu, on_access, run);
    emu_on_outcome(guest->emu, on_outcome);
    form_fpu(&fpu);
    guest_fpu_set(guest, &fpu);
    form_registers(&regs, WINDOW(run->window), place);
    regs.rip =
        run->code_at != 0 ? WINDOW(run->window) + run->code_at : CODE + (uint64_t)(run->form->code - forms_begin);
    regs.r15 = CODE;
    emu_regs_set(guest->emu, &regs);
    return regs;
}

struct facet_regs run_prepare(struct run *run, const struct place *place) {
    struct facet_regs regs = prepare(run, place);
    begin_touching(run, regs.rip);
    return regs;
}

void run_execute(struct run *run, const struct place *place) {
    struct guest *guest = run->guest;
    struct emu_stop stop;
    struct facet_regs regs = run_prepare(run, place);
    for (run->stops = 0; (stop = emu_run(guest->emu)).reason == EMU_STOP_ACCESS; run->stops++) {
        cr_assert(run->expect_again, "%s: a stop that nobody asked for", run->form->name);
        check_undisturbed(run, &regs);
    }
    cr_assert_eq(stop.reason, EMU_STOP_EVENT, "%s: reason %d %s", run->form->name, (int)stop.reason, stop.text);
    cr_assert_eq(stop.code, DEBUG_EVENT_MESSAGE, "%s at %lx %lx %lx in window %d: vector %lu address 0x%lx",
                 run->form->name, place->p, place->q, place->s, (int)run->window, guest_traps(guest)->trap[0].vector,
                 guest_traps(guest)->trap[0].cr2);
    cr_assert_eq(run->told, run->due, "%s: %d outcomes of %d", run->form->name, run->told, run->due);
    run_keep(run, run->outcome);
}

int run_steps(struct run *run, const struct place *place, struct outcome *before) {
    int steps = 0;
    for (prepare(run, place); steps < STEPS_MAX; steps++) {
        run_keep(run, &before[steps]);
        if (emu_step(run->guest->emu).reason != EMU_STOP_STEP)
            return steps + 1;
    }
    cr_assert_fail("%s takes more than %d steps", run->form->name, STEPS_MAX);
    return steps;
}
