/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Careful pages without a transaction, and what is kept when one becomes necessary all the same.
 */
#include "access_machine.h"

#include <criterion/criterion.h>
#include <string.h>

#define CODE_OF(name, code) "inline_" #name ": " code "\n jmp *%r15\n"
#define DECLARE(name, code) extern const char inline_##name[];
/* clang-format off */
#define SNIPPETS(S)                                                   \
    S(load, "movq (%rsi),%rbx")                                       \
    S(store, "movq %rbx,(%rsi)")                                      \
    S(add, "addq %rbx,(%rsi)")                                        \
    S(movsq, "movsq")                                                 \
    S(movsq_twice, "movsq; movb (%r8),%al; movsq")                    \
    S(push, "pushq (%rsi)")                                           \
    S(movsb_there, "1: movsb; mov %r8,%rsi; mov %r9,%rdi; loop 1b")   \
    S(x87, "fldl (%rsi); fstps (%rsi)")                               \
    S(fldt, "fldt (%rsi); fstp %st(0)")                               \
    S(stack, "mov %rsi,%rsp; pushfq; popfq; enter $8,$0; leave")
/* clang-format on */
__asm__(".pushsection .text\n"
        "inline_begin: int $0x30\n"
        "   jmp inline_begin\n" SNIPPETS(CODE_OF) "inline_end:\n"
                                                  ".popsection\n");
SNIPPETS(DECLARE)
extern const char inline_begin[], inline_end[];

static struct guest guest;
static int count, stop_at; /* accesses asked; the number of the one that stops, from 1 */
static bool last_again;

static enum facet_verdict on_access(void *context, struct emu_access *access) {
    (void)context;
    last_again = access->again;
    return ++count == stop_at ? FACET_STOP : FACET_PASS;
}

static void begin(void) {
    guest = guest_create(inline_begin, (size_t)(inline_end - inline_begin));
    emu_on_access(guest.emu, on_access, NULL);
    count = stop_at = 0;
}

static void end(void) {
    guest_destroy(&guest);
}

/* rsi lies in a careful page. */
static struct facet_regs regs_for(const char *snippet) {
    return (struct facet_regs){.rsi = WINDOW(CAREFUL) + 0x1203,
                               .rdi = STACK - 0x800,
                               .rsp = STACK,
                               .rflags = 0x202,
                               .rip = CODE + (uint64_t)(snippet - inline_begin),
                               .r15 = CODE};
}

static struct emu_stop run(const struct facet_regs *regs) {
    emu_regs_set(guest.emu, regs);
    return emu_run(guest.emu);
}

Test(inline, a_careful_page_needs_no_transaction_while_its_handler_passes, .init = begin, .fini = end) {
    const char *const code[] = {inline_load, inline_store, inline_add,  inline_movsq,
                                inline_push, inline_x87,   inline_stack};
    for (unsigned i = 0; i < sizeof code / sizeof *code; i++) {
        struct facet_regs regs = regs_for(code[i]);
        cr_assert_eq(run(&regs).code, DEBUG_EVENT_MESSAGE);
    }
    cr_assert_eq(count, 1 + 1 + 2 + 1 + 1 + 2 + 4);
    cr_assert_eq(emu_stats(guest.emu).transactions, 0);
}

static unsigned long flushes_of(const char *snippet) {
    struct facet_regs regs = regs_for(snippet);
    struct emu_stats before = emu_stats(guest.emu);
    cr_assert_eq(run(&regs).code, DEBUG_EVENT_MESSAGE);
    return emu_stats(guest.emu).flushes - before.flushes;
}

Test(inline, a_captured_instruction_flushes_nothing_where_all_its_pages_are_a_front_s, .init = begin, .fini = end) {
    flushes_of(inline_fldt); /* the engine gets to know it, and that there is a front */
    unsigned long captured = emu_stats(guest.emu).transactions, stop = flushes_of(inline_load);
    cr_assert_eq(flushes_of(inline_fldt), stop);
    cr_assert_eq(emu_stats(guest.emu).transactions, captured + 1);
}

Test(inline, nobody_is_asked_for_the_load_of_an_instruction_that_may_not_store, .init = begin, .fini = end) {
    static const unsigned long forbidden[] = {WINDOW(CAREFUL) + 0x5000, WINDOW(MIXED) + 0x6000,
                                              WINDOW(CAREFUL) + 0x3000, 1ul << 47};
    guest.fronts[FRONT_B(CAREFUL)].root &= ~2ul; /* the third: writable but for its front's root */
    for (unsigned i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        struct facet_regs regs = regs_for(inline_movsq);
        regs.rdi = forbidden[i];
        cr_assert_eq(run(&regs).code, DEBUG_EVENT_FAULTED);
        cr_assert_eq(count, 0, "0x%lx", forbidden[i]);
    }
}

Test(inline, a_right_to_store_lasts_until_cr3_is_loaded_with_the_same_value, .init = begin, .fini = end) {
    struct facet_regs regs = regs_for(inline_movsq_twice);
    struct guest_repairs *repairs = guest_repairs(&guest);
    regs.rdi = WINDOW(PLAIN) + 0x6000;
    regs.r8 = WINDOW(PLAIN) + 0x5000; /* missing: the stub maps it, and takes the right away */
    repairs->count = 2;
    repairs->store[0].address = guest_entry(PLAIN, 5);
    repairs->store[0].value = FRAME(PLAIN, 5) | 7;
    repairs->store[1].address = guest_entry(PLAIN, 6);
    repairs->store[1].value = FRAME(PLAIN, 6) | 5;
    cr_assert_eq(run(&regs).code, DEBUG_EVENT_FAULTED);
    cr_assert_eq(guest_traps(&guest)->count, 2);
    cr_assert_eq(guest_traps(&guest)->trap[1].cr2, WINDOW(PLAIN) + 0x6008);
    cr_assert_eq(count, 1);
}

Test(inline, a_stop_keeps_no_answer_of_an_earlier_execution, .init = begin, .fini = end) {
    struct facet_regs regs = regs_for(inline_movsb_there);
    regs.rcx = 2;
    regs.r8 = STACK - 0x900; /* the second element goes from ordinary memory into the front */
    regs.r9 = WINDOW(CAREFUL) + 0x1300;
    *emu_ram(guest.emu, (gpa_t){regs.r8}, 1) = 0x5a;
    stop_at = 2;
    cr_assert_eq(run(&regs).reason, EMU_STOP_ACCESS);
    cr_assert_eq(emu_run(guest.emu).code, DEBUG_EVENT_MESSAGE);
    cr_assert_eq(count, 3); /* the load; the store, and again */
    cr_assert(last_again);
    cr_assert_eq(guest_frame(&guest, CAREFUL, 1)[0x300], 0x5a);
}
