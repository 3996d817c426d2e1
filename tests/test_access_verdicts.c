/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a handler may answer, and what happens to an instruction that cannot go on.
 */
#include "access_machine.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define CODE_OF(name, code) "snippet_" #name ": " code "\n jmp *%r15\n"
#define DECLARE(name, code) extern const char snippet_##name[];
/* clang-format off */
#define SNIPPETS(S)                                                                                                    \
    S(load8, "movq (%rsi),%rbx") S(load4, "movl (%rsi),%ebx") S(store8, "movq %rbx,(%rsi)") S(add8, "addq %rbx,(%rsi)") \
    S(movsq, "movsq") S(cmpsq, "cmpsq") S(push_mem, "pushq (%rsi)") S(pop_mem, "popq (%rsi)") S(rep_movsq, "rep movsq") S(pushf, "pushfq")  \
    S(popf, "popfq") S(div8, "xor %edx,%edx; divq (%rsi)") S(copy, "int $0x31")                                           \
    S(three, "movq (%rsi),%rbx; incq %rbx; movq %rbx,(%rsi)") S(touch, "1: movb (%rsi),%al; add $0x1000,%rsi; loop 1b")     \
    S(busy, "1: addq $1,(%rsi); movsb; cmpsb; sub $2,%rsi; sub $2,%rdi; addq $1,(%rbp); loop 1b")                      \
    S(spin, "1: movq (%rsi),%rax; jmp 1b") S(spin_movs, "cld; 1: movsb; dec %rsi; dec %rdi; jmp 1b")                        \
    S(nops, "nop; xor %ebx,%ebx; mov $5,%ebx")
/* clang-format on */
__asm__(".pushsection .text\n"
        "snippets_begin: int $0x30\n"
        "   jmp snippets_begin\n" SNIPPETS(CODE_OF) "snippets_end:\n"
                                                    ".popsection\n");
SNIPPETS(DECLARE)
extern const char snippets_begin[], snippets_end[];

/* ---- A handler that answers from a list and remembers what it was asked. */

struct answer {
    enum facet_verdict verdict;
    uint64_t value; /* DONE on a load, or instead of the attempted bytes */
    bool replaced;
    uint32_t code;
    uint64_t step;
};
struct asked {
    enum facet_kind kind;
    uint64_t va, pc, attempted, backing;
    uint32_t size, flags;
    bool again;
};
struct script {
    int answers, count;
    struct answer answer[16];
    struct asked asked[512];
    int outcomes;
    struct outcome {
        enum facet_kind kind;
        uint64_t step, va, pc, attempted, backing;
        int asked; /* by then */
    } outcome[16];
};

static struct guest guest;
static struct script script;

static enum facet_verdict on_access(void *context, struct emu_access *access) {
    struct asked *asked = &script.asked[script.count];
    struct answer pass = {.verdict = FACET_PASS};
    const struct answer *answer = script.count < script.answers ? &script.answer[script.count] : &pass;
    (void)context;
    cr_assert_lt(script.count, 512);
    script.count++;
    *asked = (struct asked){.kind = access->kind,
                            .va = access->va.v,
                            .pc = access->pc.v,
                            .size = access->size,
                            .flags = access->flags,
                            .again = access->again};
    if (access->attempted != NULL)
        memcpy(&asked->attempted, access->attempted, access->size < 8 ? access->size : 8);
    if (access->backing != NULL)
        memcpy(&asked->backing, access->backing, access->size < 8 ? access->size : 8);
    memset(access->reply, 0, access->size);
    memcpy(access->reply, &answer->value, access->size < 8 ? access->size : 8);
    access->replaced = answer->replaced;
    access->fault = answer->code;
    access->step = answer->step;
    if (answer->verdict == FACET_BLOCK && (access->flags & FACET_KERNEL) == 0) /* woken at once */
        *guest_repairs(&guest) = (struct guest_repairs){1, {{STACK - 0x900, 1}}};
    return answer->verdict;
}

static void on_outcome(void *context, const struct emu_access *access) {
    struct outcome *outcome = &script.outcome[script.outcomes++];
    (void)context;
    cr_assert_leq(script.outcomes, 16);
    *outcome = (struct outcome){
        .kind = access->kind, .step = access->step, .va = access->va.v, .pc = access->pc.v, .asked = script.count};
    memcpy(&outcome->attempted, access->attempted, access->size < 8 ? access->size : 8);
    memcpy(&outcome->backing, access->backing, access->size < 8 ? access->size : 8);
}

static void begin(void) {
    guest = guest_create(snippets_begin, (size_t)(snippets_end - snippets_begin));
    memset(&script, 0, sizeof script);
    emu_on_access(guest.emu, on_access, NULL);
    emu_on_outcome(guest.emu, on_outcome);
}

static void end(void) {
    guest_destroy(&guest);
}

static uint64_t at(const char *snippet) {
    return CODE + (uint64_t)(snippet - snippets_begin);
}

static struct facet_regs prepare(const char *snippet, unsigned long rsi) {
    struct facet_regs regs = {.rax = 1,
                              .rbx = 0x1111222233334444,
                              .rcx = 3,
                              .rsi = rsi,
                              .rdi = STACK - 0x800,
                              .rsp = STACK,
                              .rflags = 0x202,
                              .rip = at(snippet),
                              .r15 = CODE};
    script.count = script.outcomes = 0;
    guest_traps(&guest)->count = 0;
    emu_regs_set(guest.emu, &regs);
    return regs;
}

static struct facet_regs regs_now(void) {
    struct facet_regs regs;
    emu_regs_get(guest.emu, &regs);
    return regs;
}

static void answers(int count, const struct answer *list) {
    script.answers = count;
    memcpy(script.answer, list, (size_t)count * sizeof *list);
}
#define ANSWERS(...)                                                                                                   \
    answers((int)(sizeof((struct answer[]){__VA_ARGS__}) / sizeof(struct answer)), (struct answer[]){__VA_ARGS__})

static void run_to_end(void) {
    struct emu_stop stop = emu_run(guest.emu);
    cr_assert_eq(stop.reason, EMU_STOP_EVENT, "reason %d %s", (int)stop.reason, stop.text);
    cr_assert_eq(stop.code, DEBUG_EVENT_MESSAGE);
}

/* Eight bytes at a window's offset, across frames. */
static uint64_t memory8(enum window window, unsigned long offset) {
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++)
        value |= (uint64_t)guest_frame(&guest, window, (unsigned)((offset + i) / PAGE))[(offset + i) % PAGE] << 8 * i;
    return value;
}

/* In a page, unaligned, from page to page of one front, from front to front, into and out of fronts. */
static const unsigned long offsets[] = {0x1200, 0x1203, 0x1ffd, 0x2ffa, 0xffc, 0x3ff9};
#define FOR_EACH_OFFSET(window, offset)                                                                                \
    for (enum window window = FAST; window < WINDOWS; window++)                                                        \
        for (unsigned i_ = 0; i_ < sizeof offsets / sizeof *offsets; i_++)                                             \
            for (unsigned long offset = offsets[i_], once_ = 1; once_ != 0; once_ = 0)

/* ---- DONE */

Test(verdicts, done_gives_a_load_the_handlers_bytes, .init = begin, .fini = end) {
    FOR_EACH_OFFSET(window, offset) {
        prepare(snippet_load8, WINDOW(window) + offset);
        ANSWERS({.verdict = FACET_DONE, .value = 0xa1a2a3a4a5a6a7a8});
        run_to_end();
        cr_assert_eq(regs_now().rbx, 0xa1a2a3a4a5a6a7a8, "window %d 0x%lx: 0x%lx", (int)window, offset, regs_now().rbx);
        cr_assert_eq(script.count, 1);
    }
}

Test(verdicts, done_swallows_a_store, .init = begin, .fini = end) {
    FOR_EACH_OFFSET(window, offset) {
        uint64_t before = memory8(window, offset);
        prepare(snippet_store8, WINDOW(window) + offset);
        ANSWERS({.verdict = FACET_DONE});
        run_to_end();
        cr_assert_eq(script.count, 1);
        cr_assert_eq(script.asked[0].attempted, 0x1111222233334444);
        cr_assert_eq(script.asked[0].backing, before);
        cr_assert_eq(memory8(window, offset), before);
    }
}

Test(verdicts, a_passed_store_may_be_given_other_bytes, .init = begin, .fini = end) {
    FOR_EACH_OFFSET(window, offset) {
        prepare(snippet_store8, WINDOW(window) + offset);
        ANSWERS({.verdict = FACET_PASS, .replaced = true, .value = 0x5152535455565758});
        run_to_end();
        cr_assert_eq(memory8(window, offset), 0x5152535455565758, "window %d 0x%lx", (int)window, offset);
        cr_assert_eq(script.count, 1);
    }
}

Test(verdicts, an_rmw_computes_with_what_the_handler_gave, .init = begin, .fini = end) {
    FOR_EACH_OFFSET(window, offset) {
        prepare(snippet_add8, WINDOW(window) + offset);
        ANSWERS({.verdict = FACET_DONE, .value = 5}, {.verdict = FACET_PASS});
        run_to_end();
        cr_assert_eq(script.count, 2);
        cr_assert_eq(script.asked[1].attempted, 0x1111222233334449);
        cr_assert_eq(memory8(window, offset), 0x1111222233334449);
    }
}

/* ---- FAULT */

Test(verdicts, fault_restores_everything_and_goes_to_the_kernel, .init = begin, .fini = end) {
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++)
        for (int store = 0; store < 2; store++) {
            uint64_t va = WINDOW(CAREFUL) + offsets[i], before = memory8(CAREFUL, offsets[i]);
            struct facet_regs regs = prepare(snippet_add8, va);
            if (store)
                ANSWERS({.verdict = FACET_PASS}, {.verdict = FACET_FAULT, .code = 77});
            else
                ANSWERS({.verdict = FACET_FAULT, .code = 77});
            guest_repairs(&guest)->count = 0;
            struct emu_stop stop = emu_run(guest.emu);
            cr_assert_eq(stop.reason, EMU_STOP_EVENT);
            cr_assert_eq(stop.code, DEBUG_EVENT_FAULTED);
            struct facet_regs now = regs_now();
            now.rip = regs.rip; /* parked */
            cr_assert_arr_eq(&now, &regs, sizeof now);
            cr_assert_eq(guest_traps(&guest)->count, 1);
            cr_assert_eq(guest_traps(&guest)->trap[0].vector, VECTOR_FRONT);
            cr_assert_eq(guest_traps(&guest)->trap[0].rip, at(snippet_add8));
            unsigned long first = offsets[i] == 0xffc ? 4 : 0; /* of the access, in a front */
            cr_assert_eq(guest.debug->trap.reason, FRONT_TRAP_FAULT);
            cr_assert_eq(guest.debug->trap.kind, (unsigned)(store ? ACCESS_STORE : ACCESS_LOAD));
            cr_assert_eq(guest.debug->trap.code, 77);
            cr_assert_eq(guest.debug->trap.va, va + first);
            cr_assert_eq(guest.debug->trap.front,
                         (unsigned long)(offsets[i] < 0x3000 ? FRONT_A(CAREFUL) : FRONT_B(CAREFUL)));
            cr_assert_eq(guest.debug->trap.offset, (offsets[i] + first - 0x1000) % 0x2000);
            cr_assert_eq(memory8(CAREFUL, offsets[i]), before);
        }
}

/* ---- STOP */

Test(verdicts, stop_leaves_the_state_of_before_the_instruction, .init = begin, .fini = end) {
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        uint64_t before = memory8(CAREFUL, offsets[i]);
        struct facet_regs regs = prepare(snippet_add8, WINDOW(CAREFUL) + offsets[i]);
        ANSWERS({.verdict = FACET_STOP}, {.verdict = FACET_PASS}, {.verdict = FACET_STOP}, {.verdict = FACET_STOP});
        for (int stops = 0; stops < 3; stops++) {
            cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_ACCESS);
            struct facet_regs now = regs_now();
            cr_assert_arr_eq(&now, &regs, sizeof now);
            cr_assert_eq(memory8(CAREFUL, offsets[i]), before);
        }
        run_to_end();
        cr_assert_eq(memory8(CAREFUL, offsets[i]), before + 0x1111222233334444);
        cr_assert_eq(script.count, 5); /* load, load again, store, store again, store again */
        static const bool again[] = {false, true, false, true, true};
        for (int k = 0; k < 5; k++) {
            cr_assert_eq(script.asked[k].again, again[k], "question %d", k);
            cr_assert_eq(script.asked[k].kind, k < 2 ? FACET_LOAD : FACET_STORE);
        }
    }
}

Test(verdicts, a_value_given_before_a_stop_is_kept, .init = begin, .fini = end) {
    prepare(snippet_add8, WINDOW(CAREFUL) + 0x1200);
    ANSWERS({.verdict = FACET_DONE, .value = 100}, {.verdict = FACET_STOP});
    cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_ACCESS);
    run_to_end();
    cr_assert_eq(script.count, 3);
    cr_assert_eq(memory8(CAREFUL, 0x1200), 0x1111222233334444 + 100);
}

Test(verdicts, registers_set_from_outside_drop_the_answers, .init = begin, .fini = end) {
    prepare(snippet_add8, WINDOW(CAREFUL) + 0x1200);
    ANSWERS({.verdict = FACET_PASS}, {.verdict = FACET_STOP});
    cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_ACCESS);
    struct facet_regs regs = regs_now();
    regs.rbx++;
    emu_regs_set(guest.emu, &regs);
    run_to_end();
    cr_assert_eq(script.count, 4); /* load, store stopped; load and store anew */
    cr_assert_eq(script.asked[2].kind, FACET_LOAD);
    cr_assert_not(script.asked[3].again);
}

/* ---- An instruction that a fault cuts short asks nothing twice. */

Test(verdicts, a_missing_frame_is_built_and_the_access_asked_once, .init = begin, .fini = end) {
    for (enum window w = FAST; w < WINDOWS; w++)
        for (unsigned long offset = 0x2100; offset >= 0x1ffd; offset -= 0x103) { /* in the page, and running into it */
            uint64_t *root = (uint64_t *)(void *)emu_ram(guest.emu, (gpa_t){guest.fronts[FRONT_A(w)].root + 8}, 8);
            struct guest_repairs repairs = {1, {{guest.fronts[FRONT_A(w)].root + 8, *root}}};
            prepare(snippet_nops, 0); /* its trap reloads CR3 */
            *root = 0;
            run_to_end();
            *guest_repairs(&guest) = repairs;
            prepare(snippet_load8, WINDOW(w) + offset);
            ANSWERS({.verdict = FACET_PASS});
            run_to_end();
            cr_assert_eq(guest_traps(&guest)->count, 1);
            cr_assert_eq(guest_traps(&guest)->trap[0].vector, VECTOR_FRONT);
            cr_assert_eq(guest.debug->trap.reason, FRONT_TRAP_MISSING);
            cr_assert_eq(guest.debug->trap.front, (unsigned long)FRONT_A(w));
            cr_assert_eq(guest.debug->trap.offset / PAGE, 1);
            cr_assert_eq(script.count, 1, "window %d 0x%lx: %d", (int)w, offset, script.count);
        }
}

static void hole(enum window w, unsigned page) {
    *(uint64_t *)(void *)emu_ram(guest.emu, (gpa_t){guest_entry(w, page)}, 8) = 0;
    prepare(snippet_nops, 0);
    run_to_end();
}

Test(verdicts, a_page_fault_after_a_load_does_not_repeat_the_load, .init = begin, .fini = end) {
    for (enum window w = FAST; w < WINDOWS; w++) {
        hole(w, 5);
        *guest_repairs(&guest) = (struct guest_repairs){1, {{guest_entry(w, 5), FRAME(w, 5) | 7}}};
        prepare(snippet_movsq, WINDOW(w) + 0x1200);
        struct facet_regs regs = regs_now();
        regs.rdi = WINDOW(w) + 0x5000;
        emu_regs_set(guest.emu, &regs);
        ANSWERS({.verdict = FACET_DONE, .value = 0x77});
        run_to_end();
        cr_assert_eq(guest_traps(&guest)->count, 1);
        cr_assert_eq(guest_traps(&guest)->trap[0].vector, 14);
        cr_assert_eq(guest_traps(&guest)->trap[0].error, 6);
        cr_assert_eq(guest_traps(&guest)->trap[0].cr2, WINDOW(w) + 0x5000);
        cr_assert_eq(guest_traps(&guest)->trap[0].rip, at(snippet_movsq));
        cr_assert_eq(script.count, 1, "window %d: asked %d times", (int)w, script.count);
        cr_assert_eq(memory8(w, 0x5000), 0x77);
    }
}

Test(verdicts, an_access_that_runs_into_a_hole_asks_nobody_before_the_fault, .init = begin, .fini = end) {
    for (enum window w = FAST; w < WINDOWS; w++)
        for (int store = 0; store < 2; store++) {
            unsigned page = store ? 4 : 2; /* front, then hole: page 3 or, stores, the page behind b */
            hole(w, page);
            *guest_repairs(&guest) = (struct guest_repairs){1, {{guest_entry(w, page), FRAME(w, page) | 7}}};
            prepare(store ? snippet_store8 : snippet_load8, WINDOW(w) + page * PAGE - 3);
            ANSWERS({.verdict = FACET_PASS});
            run_to_end();
            cr_assert_eq(guest_traps(&guest)->count, 1);
            cr_assert_eq(guest_traps(&guest)->trap[0].error, store ? 6 : 4);
            cr_assert_eq(guest_traps(&guest)->trap[0].cr2, WINDOW(w) + page * PAGE);
            cr_assert_eq(script.count, 1);
        }
}

Test(verdicts, stores_to_a_readonly_page_fault_before_anybody_is_asked, .init = begin, .fini = end) {
    static const char *const all[] = {snippet_store8, snippet_add8};
    for (enum window w = FAST; w < WINDOWS; w++)
        for (unsigned i = 0; i < 2; i++) {
            uint64_t *entry = (uint64_t *)(void *)emu_ram(guest.emu, (gpa_t){guest_entry(w, 1)}, 8);
            *entry &= ~2ul;
            prepare(snippet_load8, WINDOW(w) + 0x1200); /* fills it for reading */
            run_to_end();
            guest_repairs(&guest)->count = 0;
            prepare(all[i], WINDOW(w) + 0x1200);
            ANSWERS({.verdict = FACET_PASS});
            cr_assert_eq(emu_run(guest.emu).code, DEBUG_EVENT_FAULTED);
            cr_assert_eq(guest_traps(&guest)->trap[0].vector, 14);
            cr_assert_eq(guest_traps(&guest)->trap[0].error, 7);
            cr_assert_eq(script.count, 0, "window %d", (int)w);
            *entry |= 2;
            prepare(snippet_nops, 0);
            run_to_end();
        }
}

Test(verdicts, a_division_by_what_the_handler_gave_faults_at_the_instruction, .init = begin, .fini = end) {
    for (enum window w = FAST; w < WINDOWS; w++) {
        guest_repairs(&guest)->count = 0;
        prepare(snippet_div8, WINDOW(w) + 0x3200);
        ANSWERS({.verdict = FACET_DONE, .value = 0});
        cr_assert_eq(emu_run(guest.emu).code, DEBUG_EVENT_FAULTED);
        cr_assert_eq(guest_traps(&guest)->trap[0].vector, 0);
        cr_assert_eq(guest_traps(&guest)->trap[0].rip, at(snippet_div8) + 2);
        cr_assert_eq(script.count, 1);
    }
}

/* ---- Fast and careful pages in one instruction */

Test(verdicts, what_a_fast_page_answered_is_not_asked_again_when_a_careful_one_stops, .init = begin, .fini = end) {
    prepare(snippet_movsq, WINDOW(MIXED) + 0x1200); /* fast */
    struct facet_regs regs = regs_now();
    regs.rdi = WINDOW(MIXED) + 0x3100; /* careful */
    emu_regs_set(guest.emu, &regs);
    ANSWERS({.verdict = FACET_DONE, .value = 0x1234}, {.verdict = FACET_STOP}, {.verdict = FACET_STOP});
    for (int i = 0; i < 2; i++)
        cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_ACCESS);
    run_to_end();
    cr_assert_eq(script.count, 4);
    cr_assert_eq(script.asked[0].kind, FACET_LOAD);
    for (int i = 1; i < 4; i++)
        cr_assert_eq(script.asked[i].kind, FACET_STORE);
    cr_assert_eq(memory8(MIXED, 0x3100), 0x1234);
}

/* ---- Steps, flags, breakpoints */

Test(verdicts, a_step_over_an_access_is_one_instruction, .init = begin, .fini = end) {
    for (enum window w = FAST; w < WINDOWS; w++)
        for (unsigned long offset = 0x1200; offset < 0x2000; offset += 0xdfd) {
            prepare(snippet_three, WINDOW(w) + offset);
            static const unsigned sizes[] = {3, 3, 3};
            uint64_t rip = at(snippet_three);
            for (unsigned i = 0; i < 3; i++) {
                cr_assert_eq(emu_step(guest.emu).reason, EMU_STOP_STEP);
                rip += sizes[i];
                cr_assert_eq(regs_now().rip, rip);
                cr_assert_eq(script.count, i < 2 ? 1 : 2);
            }
        }
}

Test(verdicts, pushf_shows_no_trap_flag, .init = begin, .fini = end) {
    for (enum window w = FAST; w < WINDOWS; w++)
        for (int step = 0; step < 2; step++) {
            prepare(snippet_pushf, 0);
            struct facet_regs regs = regs_now();
            regs.rsp = WINDOW(w) + 0x1208;
            emu_regs_set(guest.emu, &regs);
            ANSWERS({.verdict = FACET_PASS});
            if (step)
                cr_assert_eq(emu_step(guest.emu).reason, EMU_STOP_STEP);
            else
                run_to_end();
            cr_assert_eq(script.count, 1);
            cr_assert_eq(script.asked[0].attempted, regs.rflags, "0x%lx", script.asked[0].attempted);
            cr_assert_eq(memory8(w, 0x1200), regs.rflags);
        }
}

Test(verdicts, popf_from_a_front_sets_the_flags, .init = begin, .fini = end) {
    for (enum window w = FAST; w < WINDOWS; w++) {
        prepare(snippet_popf, 0);
        struct facet_regs regs = regs_now();
        regs.rsp = WINDOW(w) + 0x1200;
        emu_regs_set(guest.emu, &regs);
        ANSWERS({.verdict = FACET_DONE, .value = 0xac3}); /* OF ZF SF CF, IF */
        run_to_end();
        cr_assert_eq(regs_now().rflags, 0xac3, "0x%lx", regs_now().rflags);
    }
}

Test(verdicts, a_breakpoint_at_a_careful_access_stops_once, .init = begin, .fini = end) {
    for (enum window w = FAST; w < WINDOWS; w++) {
        emu_breakpoint_add(guest.emu, (gva_t){at(snippet_three) + 6});
        prepare(snippet_three, WINDOW(w) + 0x1200);
        ANSWERS({.verdict = FACET_PASS});
        cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_BREAKPOINT);
        cr_assert_eq(script.count, 1);
        run_to_end();
        cr_assert_eq(script.count, 2);
        emu_breakpoint_remove(guest.emu, (gva_t){at(snippet_three) + 6});
    }
}

/* ---- Interrupts from outside */

static struct {
    pthread_t thread;
    atomic_bool end;
    unsigned long counts[2]; /* loads, stores */
} storm;

static void *storm_main(void *data) {
    (void)data;
    while (!atomic_load(&storm.end)) {
        nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL);
        emu_interrupt(guest.emu);
    }
    return NULL;
}

static void storm_begin(void) {
    atomic_store(&storm.end, false);
    storm.counts[0] = storm.counts[1] = 0;
    cr_assert_eq(pthread_create(&storm.thread, NULL, storm_main, NULL), 0);
}

static void storm_end(void) {
    atomic_store(&storm.end, true);
    pthread_join(storm.thread, NULL);
}

static enum facet_verdict on_count(void *context, struct emu_access *access) {
    (void)context;
    storm.counts[access->kind]++;
    return FACET_PASS;
}

Test(verdicts, interrupts_neither_split_nor_repeat_an_access, .init = begin, .fini = end) {
    emu_on_access(guest.emu, on_count, NULL);
    for (enum window w = FAST; w < WINDOWS; w++) {
        unsigned long rounds = w == CAREFUL ? 20000 : 400000, interrupts = 0;
        uint64_t counter = STACK - 0x200, *plain = (uint64_t *)(void *)emu_ram(guest.emu, (gpa_t){counter}, 8);
        uint64_t front = memory8(w, 0x1200);
        struct facet_regs regs = prepare(snippet_busy, WINDOW(w) + 0x1200);
        struct emu_stop stop;
        *plain = 0;
        regs.rcx = rounds;
        regs.rbp = counter;
        emu_regs_set(guest.emu, &regs);
        storm_begin();
        while ((stop = emu_run(guest.emu)).reason == EMU_STOP_INTERRUPT)
            interrupts++;
        storm_end();
        cr_assert_eq(stop.reason, EMU_STOP_EVENT, "%s", stop.text);
        cr_assert_gt(interrupts, 10);
        cr_assert_eq(*plain, rounds);
        cr_assert_eq(memory8(w, 0x1200) - front, rounds, "window %d: %lu", (int)w, memory8(w, 0x1200) - front);
        /* ADD: a load and a store; MOVSB and CMPSB load from the front through rsi; their rdi is ordinary memory. */
        cr_assert_eq(storm.counts[1], rounds, "window %d: %lu stores of %lu", (int)w, storm.counts[1], rounds);
        cr_assert_eq(storm.counts[0], 3 * rounds, "window %d: %lu loads of %lu", (int)w, storm.counts[0], 3 * rounds);
    }
}

Test(verdicts, a_program_that_only_accesses_a_front_can_be_interrupted, .init = begin, .fini = end, .timeout = 20) {
    static const char *const all[] = {snippet_spin, snippet_spin_movs};
    emu_on_access(guest.emu, on_count, NULL);
    for (enum window w = FAST; w < WINDOWS; w++)
        for (unsigned i = 0; i < 2; i++) {
            struct facet_regs regs = prepare(all[i], WINDOW(w) + 0x1200);
            regs.rdi = WINDOW(w) + 0x1300;
            emu_regs_set(guest.emu, &regs);
            storm_begin();
            for (int k = 0; k < 5; k++)
                cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_INTERRUPT);
            storm_end();
            emu_step(guest.emu); /* takes the interrupt that may be left */
        }
}

/* ---- Fetches */

Test(verdicts, fetches_from_a_front_are_seen_once_for_each_instruction, .init = begin, .fini = end) {
    for (enum window w = FAST; w <= CAREFUL; w++) {
        static const uint8_t code[] = {0x90, 0x31, 0xdb, 0xbb, 5,    0,    0,    0,
                                       0x48, 0x8b, 0x06, 0xf3, 0xa4, 0x41, 0xff, 0xe7};
        static const struct { unsigned at, size; } expected[] = {{0, 1}, {1, 2}, {3, 5}, {8, 3}, {11, 2}, {13, 3}};
        unsigned long offset = PAGE - 6; /* the third instruction crosses into page b of the window's front a */
        for (unsigned i = 0; i < sizeof code; i++)
            guest_frame(&guest, w, 1 + (unsigned)(offset + i) / PAGE)[(offset + i) % PAGE] = code[i];
        emu_front_watch_fetches(guest.emu, FRONT_A(w), true);
        struct facet_regs regs = prepare(snippet_nops, WINDOW(w) + 0x3100);
        regs.rip = WINDOW(w) + PAGE + offset;
        emu_regs_set(guest.emu, &regs);
        ANSWERS({.verdict = FACET_PASS}, {.verdict = FACET_PASS}, {.verdict = FACET_PASS});
        if (w == CAREFUL)
            ANSWERS({.verdict = FACET_PASS}, {.verdict = FACET_STOP}, {.verdict = FACET_PASS});
        struct emu_stop stop = emu_run(guest.emu);
        if (w == CAREFUL) {
            cr_assert_eq(stop.reason, EMU_STOP_ACCESS);
            cr_assert_eq(regs_now().rip, WINDOW(w) + PAGE + offset + 1);
            stop = emu_run(guest.emu);
        }
        cr_assert_eq(stop.reason, EMU_STOP_EVENT);
        int seen = 0;
        for (int i = 0; i < script.count; i++) {
            if (script.asked[i].kind != FACET_FETCH || (w == CAREFUL && i == 1))
                continue;
            cr_assert_lt(seen, 6);
            cr_assert_eq(script.asked[i].va, WINDOW(w) + PAGE + offset + expected[seen].at, "fetch %d", seen);
            cr_assert_eq(script.asked[i].size, expected[seen].size);
            cr_assert_eq(script.asked[i].again, w == CAREFUL && i == 2);
            cr_assert(memcmp(&script.asked[i].backing, code + expected[seen].at, expected[seen].size) == 0);
            seen++;
        }
        cr_assert_eq(seen, 6, "%d fetches", seen);
        emu_front_watch_fetches(guest.emu, FRONT_A(w), false);
        regs = prepare(snippet_nops, WINDOW(w) + 0x3100);
        regs.rip = WINDOW(w) + PAGE + offset;
        emu_regs_set(guest.emu, &regs);
        ANSWERS({.verdict = FACET_PASS});
        run_to_end();
        for (int i = 0; i < script.count; i++)
            cr_assert_neq(script.asked[i].kind, FACET_FETCH);
    }
}

/* ---- More pages than slots */

Test(verdicts, many_pages_of_a_front_are_all_seen, .init = begin, .fini = end) {
    uint64_t *entry = (uint64_t *)(void *)emu_ram(guest.emu, (gpa_t){guest_entry(FAST, 0)}, PAGE);
    for (unsigned page = WINDOW_PAGES; page < 512; page++)
        entry[page] = entry[1 + page % 2];
    for (int round = 0; round < 3; round++) {
        prepare(snippet_touch, WINDOW(FAST) + WINDOW_PAGES * PAGE);
        struct facet_regs regs = regs_now();
        regs.rcx = 500;
        emu_regs_set(guest.emu, &regs);
        script.answers = 0;
        run_to_end();
        cr_assert_eq(script.count, 500);
        for (unsigned i = 0; i < 500; i++)
            cr_assert_eq(script.asked[i].va, WINDOW(FAST) + (WINDOW_PAGES + i) * PAGE);
    }
}

/* ---- Copies by the kernel */

static void copy(enum access kind, unsigned long offset, unsigned long size) {
    prepare(snippet_copy, 0);
    guest.debug->copy.kind = kind;
    guest.debug->copy.va = WINDOW(FAST) + 0x1000 + offset;
    guest.debug->copy.pc = at(snippet_copy);
    guest.debug->copy.front = (unsigned long)FRONT_A(FAST);
    guest.debug->copy.offset = offset;
    guest.debug->copy.size = size;
    guest.debug->copy.buffer = STACK - 0x400;
    guest.debug->copy.status = 99;
}

Test(verdicts, a_kernel_copy_is_one_access, .init = begin, .fini = end) {
    uint8_t *buffer = emu_ram(guest.emu, (gpa_t){STACK - 0x400}, 512), *frame = guest_frame(&guest, FAST, 1);
    for (unsigned i = 0; i < PAGE; i++)
        frame[i] = (uint8_t)(i * 3);
    copy(ACCESS_LOAD, 0x101, 300);
    run_to_end();
    cr_assert_eq(guest.debug->copy.status, COPY_OK);
    cr_assert_arr_eq(buffer, frame + 0x101, 300);
    cr_assert_eq(script.count, 1);
    cr_assert_eq(script.asked[0].size, 300);
    cr_assert_eq(script.asked[0].flags, FACET_KERNEL);
    cr_assert_eq(script.asked[0].pc, at(snippet_copy));
    memset(buffer, 0x5a, 300);
    copy(ACCESS_STORE, 0x200, 64);
    run_to_end();
    cr_assert_arr_eq(frame + 0x200, buffer, 64);
    cr_assert_eq(frame[0x240], (uint8_t)(0x240 * 3));
}

Test(verdicts, a_kernel_copy_may_be_answered_refused_or_stopped, .init = begin, .fini = end) {
    uint8_t *buffer = emu_ram(guest.emu, (gpa_t){STACK - 0x400}, 512);
    copy(ACCESS_LOAD, 0, 8);
    ANSWERS({.verdict = FACET_DONE, .value = 0x1122334455667788});
    run_to_end();
    cr_assert_eq(*(uint64_t *)(void *)buffer, 0x1122334455667788);
    copy(ACCESS_STORE, 0, 8);
    ANSWERS({.verdict = FACET_FAULT, .code = 5});
    run_to_end();
    cr_assert_eq(guest.debug->copy.status, COPY_FAULT);
    cr_assert_eq(guest.debug->copy.code, 5);
    copy(ACCESS_STORE, 0, 8);
    ANSWERS({.verdict = FACET_STOP}, {.verdict = FACET_STOP});
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_ACCESS);
        cr_assert_eq(regs_now().rip, at(snippet_copy));
        cr_assert_eq(memory8(FAST, 0x1000), 0);
    }
    run_to_end();
    cr_assert_eq(memory8(FAST, 0x1000), 0x1122334455667788);
    cr_assert_eq(script.count, 3);
    cr_assert(!script.asked[0].again && script.asked[1].again && script.asked[2].again);
}

Test(verdicts, a_kernel_copy_may_be_blocked_and_stepped, .init = begin, .fini = end) {
    uint8_t *buffer = emu_ram(guest.emu, (gpa_t){STACK - 0x400}, 512);
    memset(buffer, 0x5a, 8);
    copy(ACCESS_STORE, 0, 8);
    ANSWERS({.verdict = FACET_BLOCK}, {.verdict = FACET_STEP, .step = 7});
    run_to_end();
    cr_assert_eq(script.count, 2);
    cr_assert_eq(script.outcomes, 1);
    cr_assert_eq(script.outcome[0].step, 7);
    cr_assert_eq(script.outcome[0].backing, 0x5a5a5a5a5a5a5a5a);
    cr_assert_eq(script.asked[1].backing, 0, "nothing had happened when it was asked again");
    copy(ACCESS_LOAD, 0, 4);
    ANSWERS({.verdict = FACET_DONE, .value = 9, .step = 8});
    run_to_end();
    cr_assert_eq(script.outcome[0].attempted, 9);
    cr_assert_eq(script.outcome[0].backing, 0x5a5a5a5a);
}

/* ---- STEP and BLOCK: what test_access.c does not show */

Test(verdicts, the_outcome_tells_what_was_delivered_and_what_is_there_now, .init = begin, .fini = end) {
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        uint64_t before = memory8(CAREFUL, offsets[i]), after = before + 0x1111222233334444;
        prepare(snippet_add8, WINDOW(CAREFUL) + offsets[i]);
        ANSWERS({.verdict = FACET_STEP, .step = 1}, {.verdict = FACET_STEP, .step = 2});
        run_to_end();
        cr_assert_eq(script.count, 2);
        cr_assert_eq(script.outcomes, 2);
        cr_assert_eq(script.outcome[0].kind, FACET_LOAD);
        cr_assert_eq(script.outcome[0].attempted, before);
        cr_assert_eq(script.outcome[0].backing, after);
        cr_assert_eq(script.outcome[1].attempted, after);
        cr_assert_eq(script.outcome[1].backing, after);
        cr_assert_eq(script.outcome[0].asked, 2);
    }
}

Test(verdicts, a_step_whose_instruction_faults_has_no_outcome_until_it_retires, .init = begin, .fini = end) {
    for (unsigned divisor = 0; divisor < 2; divisor++) {
        prepare(snippet_div8, WINDOW(CAREFUL) + 0x1200);
        guest_repairs(&guest)->count = 0;
        ANSWERS({.verdict = FACET_DONE, .value = divisor, .step = 5});
        emu_run(guest.emu);
        cr_assert_eq(guest_traps(&guest)->count, divisor == 0 ? 1 : 0);
        cr_assert_eq(guest_traps(&guest)->trap[0].vector, 0);
        cr_assert_eq(script.count, 1);
        cr_assert_eq(script.outcomes, (int)divisor);
    }
}

Test(verdicts, nobody_is_asked_about_the_first_access_while_the_second_faults, .init = begin, .fini = end) {
    hole(CAREFUL, 5);
    for (int repaired = 0; repaired < 2; repaired++) {
        prepare(snippet_cmpsq, WINDOW(CAREFUL) + 0x5000); /* loads through rdi first */
        struct facet_regs regs = regs_now();
        regs.rdi = WINDOW(CAREFUL) + 0x1200;
        emu_regs_set(guest.emu, &regs);
        *guest_repairs(&guest) =
            (struct guest_repairs){(unsigned)repaired, {{guest_entry(CAREFUL, 5), FRAME(CAREFUL, 5) | 7}}};
        ANSWERS({.verdict = FACET_STEP, .step = 5});
        emu_run(guest.emu);
        cr_assert_eq(guest_traps(&guest)->count, 1);
        cr_assert_eq(script.count, repaired);
        cr_assert_eq(script.outcomes, repaired);
    }
}

Test(verdicts, fetches_may_be_stepped_and_blocked, .init = begin, .fini = end) {
    static const uint8_t code[] = {0x90, 0x48, 0x8b, 0x06, 0xf3, 0xa4, 0x41, 0xff, 0xe7};
    memcpy(guest_frame(&guest, CAREFUL, 1) + 0x300, code, sizeof code);
    emu_front_watch_fetches(guest.emu, FRONT_A(CAREFUL), true);
    struct facet_regs regs = prepare(snippet_nops, WINDOW(CAREFUL) + 0x3100);
    regs.rip = WINDOW(CAREFUL) + 0x1300;
    emu_regs_set(guest.emu, &regs);
    /* nop: stepped; mov: blocked, passed, its load stepped; rep movsb: stepped, its loads pass; jmp: blocked, stepped
     */
    ANSWERS({.verdict = FACET_STEP, .step = 1}, {.verdict = FACET_BLOCK}, {.verdict = FACET_PASS},
            {.verdict = FACET_STEP, .step = 2}, {.verdict = FACET_STEP, .step = 3}, {.verdict = FACET_PASS},
            {.verdict = FACET_PASS}, {.verdict = FACET_PASS}, {.verdict = FACET_BLOCK},
            {.verdict = FACET_STEP, .step = 4});
    run_to_end();
    cr_assert_eq(script.count, 10);
    cr_assert_eq(script.outcomes, 4);
    static const struct {
        int asked;
        unsigned offset;
        enum facet_kind kind;
    } expected[] = {
        {1, 0x1300, FACET_FETCH}, {4, 0x3100, FACET_LOAD}, {6, 0x1304, FACET_FETCH}, {10, 0x1306, FACET_FETCH}};
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(script.outcome[i].step, i + 1);
        cr_assert_eq(script.outcome[i].asked, expected[i].asked, "outcome %u: %d", i, script.outcome[i].asked);
        cr_assert_eq(script.outcome[i].va, WINDOW(CAREFUL) + expected[i].offset);
        cr_assert_eq(script.outcome[i].kind, expected[i].kind);
    }
    emu_front_watch_fetches(guest.emu, FRONT_A(CAREFUL), false);
}

Test(verdicts, a_senseless_kernel_copy_is_refused, .init = begin, .fini = end) {
    static const struct {
        unsigned long front, offset, size, buffer;
        enum copy_status status;
    } bad[] = {{99, 0, 8, STACK, COPY_MISSING},      {0, 0, 0, STACK, COPY_FAULT},
               {0, 0, 513, STACK, COPY_FAULT},       {0, 0xfff, 2, STACK, COPY_FAULT},
               {0, 1ul << 40, 8, STACK, COPY_FAULT}, {0, 0, 8, 1ul << 40, COPY_FAULT},
               {0, 0x5000, 8, STACK, COPY_MISSING}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        copy(ACCESS_LOAD, 0, 8);
        guest.debug->copy.front = bad[i].front;
        guest.debug->copy.offset = bad[i].offset;
        guest.debug->copy.size = bad[i].size;
        guest.debug->copy.buffer = bad[i].buffer;
        run_to_end();
        cr_assert_eq(guest.debug->copy.status, bad[i].status, "request %u", i);
        cr_assert_eq(script.count, 0);
    }
}
