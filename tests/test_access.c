/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every access form, everywhere: the machine's results against the host processor's, the accesses reported against the
 * instruction's definition, swapped memory against plain memory, and runs that are stopped, blocked and stepped at
 * random against runs that are not.
 */
#include "access_forms.h"
#include "access_machine.h"

#include <asm/prctl.h>
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EVENTS_MAX 64

/* ---- Code: each form goes on at r15, where the program stops or the native caller waits. */

#define CODE_OF(name, code, accesses, flags) "form_" #name ": " code "\n jmp *%r15\n"
__asm__(".pushsection .text\n"
        "forms_begin: int $0x30\n"
        "   jmp forms_begin\n" FORMS(CODE_OF) "forms_end:\n"
                                              ".popsection\n");
#define DECLARE(name, code, accesses, flags) extern const char form_##name[];
FORMS(DECLARE)
extern const char forms_begin[], forms_end[];

struct form {
    const char *name, *code, *accesses;
    unsigned flags;
};
#define ROW(name, code, accesses, flags) {#name, form_##name, accesses, flags},
static const struct form forms[] = {FORMS(ROW)};
#define FORM_COUNT (sizeof forms / sizeof *forms)

/* ---- What is compared */

struct event {
    enum facet_kind kind;
    uint32_t flags, size;
    uint64_t va;
};

struct outcome {
    struct facet_regs regs;
    int count;
    struct event event[EVENTS_MAX];
    uint8_t memory[WINDOW_PAGES][PAGE];
};

struct place {
    unsigned long p, q, s; /* offsets in the window */
};

struct run {
    struct guest *guest;
    enum window window;
    const struct form *form;
    struct outcome *outcome;
    unsigned stop_percent, seed;
    bool serves;          /* the handler moves the bytes itself and says DONE */
    int refused_at;       /* number of the access, from 1, that it stops and then lets fault; 0: none */
    bool refused_stopped; /* it has stopped */
    bool expect_again, expect_block;
    uint64_t stopped_va;
    unsigned stops;
    unsigned block_percent, step_percent, blocks, steps;
    int due, told; /* outcomes, of the instruction at hand */
    struct stepped {
        struct event event;
        uint64_t pc;
        uint8_t bytes[FACET_ACCESS_MAX];
    } step[EVENTS_MAX];
};

static void fill_memory(uint8_t *page, unsigned number) {
    for (unsigned i = 0; i < PAGE; i++)
        page[i] = (uint8_t)((i + number * PAGE) * 7 + (i >> 8));
}

static bool backed(unsigned page) {
    return page != 5 && page != 7;
}

static bool is_front(enum window window, uint64_t va) {
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
        if (!is_front(run->window, at)) {
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

static enum facet_verdict serve(struct run *run, struct emu_access *access) {
    for (unsigned i = 0; i < access->size; i++)
        if (access->kind == FACET_LOAD)
            access->reply[i] = *behind(run, access->va.v + i);
        else
            *behind(run, access->va.v + i) = access->attempted[i];
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
    cr_assert_eq(debug->trap.kind, (unsigned)(access->kind == FACET_STORE ? ACCESS_STORE : ACCESS_LOAD));
    cr_assert(debug->trap.va == access->va.v || debug->trap.va == access->va.v + access->part[0].size);
}

static enum facet_verdict step(struct run *run, struct emu_access *access) {
    struct stepped *step = &run->step[run->due++];
    cr_assert_leq(run->due, EVENTS_MAX);
    step->event = (struct event){access->kind, access->flags, access->size, access->va.v};
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
                      (run->step[i].event.kind == FACET_LOAD || access->kind == FACET_STORE ||
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
    if (outcome->count + 1 == run->refused_at) {
        run->expect_again = !run->refused_stopped;
        run->refused_stopped = true;
        return run->expect_again ? FACET_STOP : FACET_FAULT;
    }
    cr_assert_lt(outcome->count, EVENTS_MAX);
    outcome->event[outcome->count++] = (struct event){access->kind, access->flags, access->size, access->va.v};
    if (run->serves)
        return serve(run, access);
    return may && chance(run, run->step_percent) ? step(run, access) : FACET_PASS;
}

/* ---- Running a form */

static void registers(struct facet_regs *regs, unsigned long base, const struct place *place, uint64_t at_p) {
    *regs = (struct facet_regs){.rax = at_p,
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

static uint64_t read8(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, 8);
    return value;
}

/* A value at p that may span two pages. */
static uint64_t pattern_at(unsigned long offset) {
    uint8_t bytes[2 * PAGE];
    fill_memory(bytes, (unsigned)(offset / PAGE));
    fill_memory(bytes + PAGE, (unsigned)(offset / PAGE) + 1);
    return read8(bytes + offset % PAGE);
}

static void check_undisturbed(struct run *run, const struct facet_regs *before) {
    struct facet_regs now;
    emu_regs_get(run->guest->emu, &now);
    if (strchr(run->form->accesses, ' ') == NULL && now.rip == before->rip)
        cr_assert_arr_eq(&now, before, sizeof now, "%s: registers at a stop", run->form->name);
}

static void keep_memory(struct run *run, struct outcome *outcome) {
    for (unsigned page = 0; page < WINDOW_PAGES; page++)
        memcpy(outcome->memory[page], guest_frame(run->guest, run->window, page), PAGE);
}

/* Memory and registers before the form. */
static struct facet_regs prepare(struct run *run, const struct place *place) {
    struct guest *guest = run->guest;
    struct facet_regs regs;
    for (unsigned page = 0; page < WINDOW_PAGES; page++)
        if (backed(page))
            fill_memory(guest_frame(guest, run->window, page), page);
    run->outcome->count = run->due = run->told = 0;
    emu_on_access(guest->emu, on_access, run);
    emu_on_outcome(guest->emu, on_outcome);
    registers(&regs, WINDOW(run->window), place, pattern_at(place->p));
    regs.rip = CODE + (uint64_t)(run->form->code - forms_begin);
    regs.r15 = CODE;
    emu_regs_set(guest->emu, &regs);
    return regs;
}

static void execute(struct run *run, const struct place *place) {
    struct guest *guest = run->guest;
    struct emu_stop stop;
    struct facet_regs regs = prepare(run, place);
    for (run->stops = 0; (stop = emu_run(guest->emu)).reason == EMU_STOP_ACCESS; run->stops++) {
        cr_assert(run->expect_again, "%s: a stop that nobody asked for", run->form->name);
        check_undisturbed(run, &regs);
    }
    cr_assert_eq(stop.reason, EMU_STOP_EVENT, "%s: reason %d %s", run->form->name, (int)stop.reason, stop.text);
    cr_assert_eq(stop.code, DEBUG_EVENT_MESSAGE, "%s at %lx %lx %lx in window %d: vector %lu address 0x%lx",
                 run->form->name, place->p, place->q, place->s, (int)run->window, guest_traps(guest)->trap[0].vector,
                 guest_traps(guest)->trap[0].cr2);
    cr_assert_eq(run->told, run->due, "%s: %d outcomes of %d", run->form->name, run->told, run->due);
    emu_regs_get(guest->emu, &run->outcome->regs);
    keep_memory(run, run->outcome);
}

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

/* One word of a form's list, such as "Lp+8:4m"; returns what follows it. */
static const char *parse_event(const char *at, const struct run *run, const struct place *place, struct event *event) {
    char *end;
    unsigned long va = WINDOW(run->window) + operand(at[1], place);
    *event = (struct event){.kind = at[0] == 'L' ? FACET_LOAD : FACET_STORE};
    event->va = va + (unsigned long)strtol(at + 2, &end, 10);
    cr_assert_eq(at[2] == ':' ? at[2] : *end, ':', "%s", run->form->name);
    at = strchr(at, ':') + 1;
    event->size = (uint32_t)strtoul(at, &end, 10);
    for (at = end; *at == 'm' || *at == 'a'; at++)
        event->flags |= *at == 'm' ? FACET_RMW : FACET_ATOMIC;
    return *at == ' ' ? at + 1 : at;
}

/* Those accesses of the definition that touch a front. */
static int expected_events(const struct run *run, const struct place *place, struct event *events) {
    int count = 0;
    for (const char *at = run->form->accesses; *at != 0;) {
        struct event event;
        at = parse_event(at, run, place, &event);
        if (is_front(run->window, event.va) || is_front(run->window, event.va + event.size - 1))
            events[count++] = event;
    }
    return count;
}

static void print_events(const char *title, const struct event *events, int count) {
    for (int i = 0; i < count; i++)
        fprintf(stderr, "%s %s 0x%lx size %u flags %u\n", title, events[i].kind == FACET_LOAD ? "load" : "store",
                events[i].va, events[i].size, events[i].flags);
}

static bool same_events(const struct event *a, int count_a, const struct event *b, int count_b) {
    bool same = count_a == count_b;
    for (int i = 0; same && i < count_a; i++)
        same = a[i].kind == b[i].kind && a[i].flags == b[i].flags && a[i].size == b[i].size && a[i].va == b[i].va;
    if (!same) {
        print_events("seen    ", a, count_a);
        print_events("expected", b, count_b);
    }
    return same;
}

/* Registers relative to their window, flags as far as defined. Pushed and loaded code addresses are the machine's. */
static void normalise(struct facet_regs *regs, unsigned long base, const struct form *form) {
    unsigned long *reg = (unsigned long *)regs;
    for (unsigned i = 0; i < 16; i++)
        if (reg[i] - base < WINDOW_PAGES * PAGE)
            reg[i] -= base;
    regs->rflags &= form->flags;
    regs->rip = regs->r15 = regs->fs_base = regs->gs_base = 0;
}

static void compare_state(const struct run *run, const struct place *place, const struct outcome *plain,
                          unsigned long plain_base, unsigned long base, const struct outcome *other) {
    struct facet_regs a = plain->regs, b = other->regs;
    normalise(&a, plain_base, run->form);
    normalise(&b, base, run->form);
    for (unsigned i = 0; i < sizeof a / 8; i++)
        cr_assert_eq(((unsigned long *)&a)[i], ((unsigned long *)&b)[i],
                     "%s at %lx %lx %lx in window %d: register %u is 0x%lx not 0x%lx", run->form->name, place->p,
                     place->q, place->s, (int)run->window, i, ((unsigned long *)&b)[i], ((unsigned long *)&a)[i]);
    for (unsigned page = 0; page < 5; page++)
        for (unsigned i = 0; i < PAGE; i += 8)
            if (read8(plain->memory[page] + i) != read8(other->memory[page] + i) &&
                strcmp(run->form->name, "push_rsp") != 0 && strcmp(run->form->name, "enter_nested") != 0)
                cr_assert_fail("%s at %lx %lx %lx in window %d: memory at 0x%x is 0x%lx not 0x%lx", run->form->name,
                               place->p, place->q, place->s, (int)run->window, page * (unsigned)PAGE + i,
                               read8(other->memory[page] + i), read8(plain->memory[page] + i));
}

/* ---- Places: every border of the window, from before to behind it, and inside a page. */

static const unsigned long borders[] = {0x1100, 0x1000, 0x2000, 0x3000, 0x4000};
#define BORDERS (sizeof borders / sizeof *borders)

static struct place place_at(unsigned border, int delta) {
    unsigned long at = borders[border] + (unsigned long)delta;
    struct place place = {at, at + 0x500, at + 0x800};
    if (border > 0) { /* the other operands at other borders, at other distances */
        place.q = borders[1 + (border + 1) % 4] + (unsigned long)(delta * 3 % 8);
        place.s = borders[1 + (border + 2) % 4] + (unsigned long)(4 - delta * 5 % 11);
    }
    return place;
}

#define FOR_EACH_PLACE(place, name)                                                                                    \
    for (unsigned border_ = 0; border_ < BORDERS; border_++)                                                           \
        for (int delta_ = -9; delta_ <= 9; delta_++)                                                                   \
            for (struct place place = place_at(border_, delta_), *once_ = &place; once_ != NULL; once_ = NULL)

/* DIV of what lies at p by itself must not overflow or divide by zero: it never does, rdx is 0 and rax is that value,
 * but for a zero. */
static bool applicable(const struct form *form, const struct place *place) {
    return strcmp(form->name, "div_load") != 0 || pattern_at(place->p) != 0;
}

static struct guest create(void) {
    return guest_create(forms_begin, (size_t)(forms_end - forms_begin));
}

static struct outcome plain, other; /* large */

/* ---- The host's processor runs the same code on the same bytes at the same addresses. */

void native_call(struct facet_regs *regs, const char *code);
/* clang-format off */
__asm__(".pushsection .text\n"
        "native_call:\n"
        "   push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "   mov %rsp, native_stack(%rip)\n"
        "   mov %rdi, native_regs(%rip)\n"
        "   mov %rsi, native_code(%rip)\n"
        "   lea 1f(%rip), %r15\n"
        "   pushq 136(%rdi); popfq\n"
        "   mov 0(%rdi), %rax; mov 8(%rdi), %rbx; mov 16(%rdi), %rcx; mov 24(%rdi), %rdx\n"
        "   mov 48(%rdi), %rbp; mov 64(%rdi), %r8; mov 72(%rdi), %r9; mov 80(%rdi), %r10; mov 88(%rdi), %r11\n"
        "   mov 96(%rdi), %r12; mov 104(%rdi), %r13; mov 112(%rdi), %r14; mov 32(%rdi), %rsi\n"
        "   mov 56(%rdi), %rsp\n"
        "   mov 40(%rdi), %rdi\n"
        "   jmp *native_code(%rip)\n"
        "1: mov %rsp, native_end(%rip)\n"
        "   mov native_stack(%rip), %rsp\n"
        "   mov native_regs(%rip), %r15\n"
        "   mov %rax, 0(%r15); mov %rbx, 8(%r15); mov %rcx, 16(%r15); mov %rdx, 24(%r15)\n"
        "   mov %rsi, 32(%r15); mov %rdi, 40(%r15); mov %rbp, 48(%r15)\n"
        "   mov %r8, 64(%r15); mov %r9, 72(%r15); mov %r10, 80(%r15); mov %r11, 88(%r15)\n"
        "   mov %r12, 96(%r15); mov %r13, 104(%r15); mov %r14, 112(%r15)\n"
        "   pushfq; pop 136(%r15)\n"
        "   mov native_end(%rip), %rax; mov %rax, 56(%r15)\n"
        "   cld\n"
        "   pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "   ret\n"
        ".popsection\n"
        ".pushsection .bss\n"
        "native_stack: .quad 0\n native_regs: .quad 0\n native_code: .quad 0\n native_end: .quad 0\n"
        ".popsection\n");
/* clang-format on */
_Static_assert(offsetof(struct facet_regs, rflags) == 136 && offsetof(struct facet_regs, r8) == 64, "native_call");

static void execute_natively(const struct form *form, const struct place *place, uint8_t *window,
                             struct outcome *outcome) {
    for (unsigned page = 0; page < WINDOW_PAGES; page++)
        fill_memory(window + page * PAGE, page);
    registers(&outcome->regs, WINDOW(PLAIN), place, pattern_at(place->p));
    cr_assert_eq(syscall(SYS_arch_prctl, ARCH_SET_GS, outcome->regs.gs_base), 0);
    native_call(&outcome->regs, form->code);
    memcpy(outcome->memory, window, sizeof outcome->memory);
}

/* What need not be equal: CALL, RET and JMP through memory leave addresses of the code itself there, which is elsewhere
 * here. State saves hold what the SDM, vol. 1, 8.1.8 and 10.5.1, reserves or leaves to the processor: the upper halves
 * of the words, the addresses of the last x87 instruction and operand, registers that the form did not set. */
static bool shows_place(const struct form *form) {
    static const char *const names[] = {"call_", "ret_", "jmp_mem", "fnstenv_", "fnsave_", "fxsave_"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(form->name, names[i]) == form->name)
            return true;
    return false;
}

/* ---- Tests */

Test(access, plain_memory_behaves_as_on_the_hosts_processor) {
    struct guest guest = create();
    uint8_t *window = mmap((void *)WINDOW(PLAIN), WINDOW_PAGES * PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (window != (uint8_t *)WINDOW(PLAIN))
        cr_skip_test("0x%lx is taken in this process", WINDOW(PLAIN));
    for (unsigned i = 0; i < FORM_COUNT; i++)
        FOR_EACH_PLACE(place, i) {
            struct run run = {.guest = &guest, .form = &forms[i], .outcome = &plain};
            if (!applicable(&forms[i], &place) || shows_place(&forms[i]))
                continue;
            execute(&run, &place);
            execute_natively(&forms[i], &place, window, &other);
            compare_state(&run, &place, &other, WINDOW(PLAIN), WINDOW(PLAIN), &plain);
        }
    munmap(window, WINDOW_PAGES * PAGE);
    guest_destroy(&guest);
}

Test(access, the_accesses_of_every_form_are_those_of_its_definition) {
    struct guest guest = create();
    for (unsigned i = 0; i < FORM_COUNT; i++)
        FOR_EACH_PLACE(place, i) {
            struct run run = {.guest = &guest, .form = &forms[i], .outcome = &plain};
            if (!applicable(&forms[i], &place))
                continue;
            execute(&run, &place);
            for (run.window = FAST; run.window < WINDOWS; run.window++) {
                struct event expected[EVENTS_MAX];
                run.outcome = &other;
                execute(&run, &place);
                int count = expected_events(&run, &place, expected);
                cr_assert(same_events(other.event, other.count, expected, count), "%s at %lx %lx %lx in window %d",
                          forms[i].name, place.p, place.q, place.s, (int)run.window);
                compare_state(&run, &place, &plain, WINDOW(PLAIN), WINDOW(run.window), &other);
            }
        }
    guest_destroy(&guest);
}

/* Chances in percent of a STOP, a BLOCK and a STEP at each access that may have one. */
struct chances {
    unsigned stop, block, step;
};

/* Every form at every third place under these verdicts ends as under PASS alone, with the same accesses. */
static struct run against_pass(struct guest *guest, const struct chances *chances, unsigned chance_count) {
    struct run total = {0};
    for (unsigned i = 0; i < FORM_COUNT; i++)
        FOR_EACH_PLACE(place, i) {
            if (!applicable(&forms[i], &place) || delta_ % 3 != 0)
                continue;
            const struct chances *now = &chances[(unsigned)(delta_ + 9) / 3 % chance_count];
            for (enum window w = CAREFUL; w < WINDOWS; w++) {
                static struct run run; /* large */
                run = (struct run){.guest = guest, .form = &forms[i], .outcome = &plain, .window = w};
                execute(&run, &place);
                run.outcome = &other;
                run.stop_percent = now->stop;
                run.block_percent = now->block;
                run.step_percent = now->step;
                run.seed = i * 1000 + border_ * 100 + (unsigned)(delta_ + 9);
                execute(&run, &place);
                total.stops += run.stops;
                total.blocks += run.blocks;
                total.steps += run.steps;
                cr_assert(same_events(other.event, other.count, plain.event, plain.count),
                          "%s at %lx %lx %lx in window %d", forms[i].name, place.p, place.q, place.s, (int)w);
                compare_state(&run, &place, &plain, WINDOW(w), WINDOW(w), &other);
            }
        }
    return total;
}

Test(access, stops_change_neither_results_nor_the_list_of_accesses) {
    struct guest guest = create();
    static const struct chances chances[] = {{.stop = 30}, {.stop = 60}};
    cr_assert_gt(against_pass(&guest, chances, 2).stops, 1000);
    guest_destroy(&guest);
}

Test(access, blocks_change_neither_results_nor_the_list_of_accesses) {
    struct guest guest = create();
    static const struct chances chances[] = {{.block = 30}, {.block = 60}};
    cr_assert_gt(against_pass(&guest, chances, 2).blocks, 1000);
    guest_destroy(&guest);
}

Test(access, steps_change_no_result_and_each_has_one_outcome) {
    struct guest guest = create();
    static const struct chances chances[] = {{.step = 100}, {.step = 50}};
    cr_assert_gt(against_pass(&guest, chances, 2).steps, 1000);
    guest_destroy(&guest);
}

Test(access, steps_have_one_outcome_however_often_their_instruction_starts_again) {
    struct guest guest = create();
    static const struct chances chances[] = {{30, 30, 50}, {0, 50, 100}, {20, 0, 60}};
    struct run total = against_pass(&guest, chances, 3);
    cr_assert_gt(total.stops, 500);
    cr_assert_gt(total.blocks, 500);
    cr_assert_gt(total.steps, 500);
    guest_destroy(&guest);
}

Test(access, a_handler_that_moves_the_bytes_itself_makes_no_difference) {
    struct guest guest = create();
    for (unsigned i = 0; i < FORM_COUNT; i++)
        FOR_EACH_PLACE(place, i) {
            struct run run = {.guest = &guest, .form = &forms[i], .outcome = &plain};
            if (!applicable(&forms[i], &place) || delta_ % 2 != 0)
                continue;
            execute(&run, &place);
            for (run.window = FAST; run.window < WINDOWS; run.window++) {
                run.outcome = &other;
                run.serves = true;
                execute(&run, &place);
                compare_state(&run, &place, &plain, WINDOW(PLAIN), WINDOW(run.window), &other);
            }
        }
    guest_destroy(&guest);
}

/* ---- Refused accesses: what the program looks like then is what it looks like in plain memory before the same
 * instruction, which single steps show. */

#define STEPS_MAX 32
static struct outcome before[STEPS_MAX];

static int step_through(struct run *run, const struct place *place) {
    int steps = 0;
    for (prepare(run, place); steps < STEPS_MAX; steps++) {
        emu_regs_get(run->guest->emu, &before[steps].regs);
        keep_memory(run, &before[steps]);
        if (emu_step(run->guest->emu).reason != EMU_STOP_STEP)
            return steps + 1;
    }
    cr_assert_fail("%s takes more than %d steps", run->form->name, STEPS_MAX);
    return steps;
}

static bool same_memory(const struct run *run, const struct outcome *a, const struct outcome *b) {
    bool differs = strcmp(run->form->name, "push_rsp") == 0 || strcmp(run->form->name, "enter_nested") == 0;
    return differs || memcmp(a->memory, b->memory, 5 * PAGE) == 0;
}

static bool was_so(const struct run *run, int steps, struct facet_regs regs) {
    struct form all = {.flags = F_ALL}; /* an instruction that has not begun has left none undefined */
    uint64_t rip = regs.rip;
    normalise(&regs, WINDOW(run->window), &all);
    for (int i = 0; i < steps; i++) {
        struct facet_regs then = before[i].regs;
        bool here = then.rip == rip && same_memory(run, &before[i], &other);
        normalise(&then, WINDOW(PLAIN), &all);
        if (here && memcmp(&then, &regs, sizeof regs) == 0)
            return true;
    }
    return false;
}

/* False: there is no such access. */
static bool refuse(struct run *run, const struct place *place, int steps) {
    run->outcome = &other;
    run->refused_stopped = false;
    guest_traps(run->guest)->count = 0;
    prepare(run, place);
    struct emu_stop stop = emu_run(run->guest->emu);
    if (stop.reason == EMU_STOP_EVENT && stop.code == DEBUG_EVENT_MESSAGE)
        return false;
    for (int fault = 0; fault < 2; fault++) {
        struct facet_regs regs;
        emu_regs_get(run->guest->emu, &regs);
        keep_memory(run, &other);
        if (fault) {
            cr_assert_eq(stop.code, DEBUG_EVENT_FAULTED, "%s", run->form->name);
            cr_assert_eq(guest_traps(run->guest)->trap[0].vector, VECTOR_FRONT);
            regs.rip = guest_traps(run->guest)->trap[0].rip;
        }
        cr_assert(was_so(run, steps, regs), "%s at %lx %lx %lx: not the state before the access %d, when %s",
                  run->form->name, place->p, place->q, place->s, run->refused_at, fault ? "it faults" : "stopped");
        if (!fault)
            stop = emu_run(run->guest->emu);
    }
    return true;
}

Test(access, a_refused_access_leaves_the_state_of_before_its_instruction) {
    struct guest guest = create();
    unsigned refused = 0;
    for (unsigned i = 0; i < FORM_COUNT; i++)
        FOR_EACH_PLACE(place, i) {
            struct run run = {.guest = &guest, .form = &forms[i], .outcome = &plain};
            if (!applicable(&forms[i], &place))
                continue;
            int steps = step_through(&run, &place);
            run.window = CAREFUL;
            for (run.refused_at = 1; refuse(&run, &place, steps); run.refused_at++)
                refused++;
        }
    cr_assert_gt(refused, 10000);
    guest_destroy(&guest);
}
