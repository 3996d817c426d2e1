/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"

#include "session.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define STACK_SIZE 65536
#define TICK SIGVTALRM

static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, TICK};
#define CAUGHT (sizeof caught / sizeof *caught)

static struct {
    volatile sig_atomic_t calling; /* guard_call() is */
    volatile sig_atomic_t signal;  /* that ended it */
    volatile uint64_t calls;       /* of guard_call */
    const void *volatile noted;    /* the call that ran at the last tick */
    volatile uint64_t noted_number;
    unsigned depth;
    bool has_timer;
    timer_t timer;
    void *resume[5];
    struct sigaction previous[CAUGHT];
    stack_t previous_stack;
    _Alignas(16) char stack[STACK_SIZE]; /* for one who has used up the other */
} guard;

/* Both are known to the assembler below only. */
struct attached **volatile guard_stack; /* of a running guard_ask(); NULL: none */
void guard_unwind(void) __attribute__((noreturn));
enum facet_verdict guard_left(struct attached *handler, const struct facet_access *access);

/* ---- Signals */

/* Whoever had the signal before. */
static void pass_on(int signal, siginfo_t *info, void *context) {
    size_t i = 0;
    while (caught[i] != signal)
        i++;
    const struct sigaction *before = &guard.previous[i];
    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(signal, info, context);
    } else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) {
        before->sa_handler(signal);
    } else if (before->sa_handler == SIG_DFL) {
        sigaction(signal, before, NULL);
        if (info->si_code <= 0) /* it was sent; else it happens again */
            raise(signal);
    }
}

static void leave_call(int signal) {
    guard.signal = signal;
    if (guard_stack)
        guard_unwind();
    guard.calling = false;
    __builtin_longjmp(guard.resume, 1);
}

static void on_crash(int signal, siginfo_t *info, void *context) {
    if (signal == SIGSEGV && emu_own_fault(info, context))
        return;
    if (guard_stack || guard.calling)
        leave_call(signal);
    pass_on(signal, info, context);
}

/* The call that runs now: no other has the same handler and number. */
static const struct attached *running(uint64_t *number) {
    const struct attached *asked = guard_stack ? *guard_stack : NULL;
    *number = asked ? asked->sequence : guard.calls;
    return asked;
}

/* Code that can end by itself is asked to, once. */
static bool hurry(const struct attached *asked) {
    return asked && asked->code.hurry && asked->code.hurry(asked->state);
}

static void on_tick(int signal) {
    uint64_t number;
    const struct attached *asked = running(&number);
    (void)signal;
    if ((asked || guard.calling) && guard.noted == asked && guard.noted_number == number && !hurry(asked))
        leave_call(0);
    guard_interrupt();
}

void guard_interrupt(void) {
    const struct itimerspec soon = {.it_value = {GUARD_GRACE, 0}};
    uint64_t number;
    if (!guard.depth || !guard.has_timer)
        return;
    guard.noted = running(&number);
    guard.noted_number = number;
    timer_settime(guard.timer, 0, &soon, NULL);
}

/* SA_NODEFER: a call is left without returning from the signal. */
static void take_signals(void) {
    stack_t own = {.ss_sp = guard.stack, .ss_size = STACK_SIZE};
    sigaltstack(&own, &guard.previous_stack);
    for (size_t i = 0; i < CAUGHT; i++) {
        struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
        if (caught[i] == TICK)
            action = (struct sigaction){.sa_handler = on_tick, .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(caught[i], &action, &guard.previous[i]);
    }
}

void guard_enter(void) {
    if (guard.depth++ > 0)
        return;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = TICK};
    if (!guard.has_timer)
        guard.has_timer = timer_create(CLOCK_MONOTONIC, &event, &guard.timer) == 0;
    take_signals();
}

void guard_leave(void) {
    const struct itimerspec never = {0};
    if (--guard.depth > 0)
        return;
    if (guard.has_timer)
        timer_settime(guard.timer, 0, &never, NULL);
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &guard.previous[i], NULL);
    sigaltstack(&guard.previous_stack, NULL);
}

/* ---- Calls */

/* guard_ask() runs for each access; setjmp would cost too much. What the caller wants to find in registers goes to the
 * stack, where nobody looks for it unless the handler does not come back:
 *
 *     guard_stack --> handler, access, (align), r15, r14, r13, r12, rbx, rbp, return address
 */
_Static_assert(offsetof(struct attached, access) == 16 && offsetof(struct attached, state) == 24, "guard_ask");
__asm__(".text\n"
        ".globl guard_ask\n"
        ".type guard_ask, @function\n"
        "guard_ask:\n"
        "    .cfi_startproc\n"
        "    push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
        "    push %rsi; push %rsi; push %rdi\n"
        "    .cfi_def_cfa_offset 80\n"
        "    mov %rsp, guard_stack(%rip)\n"
        "    mov 16(%rdi), %rax\n"
        "    mov 24(%rdi), %rdi\n"
        "    call *%rax\n"
        "    movq $0, guard_stack(%rip)\n"
        "    add $72, %rsp\n"
        "    .cfi_def_cfa_offset 8\n"
        "    ret\n"
        "guard_unwind:\n"
        "    mov guard_stack(%rip), %rsp\n"
        "    movq $0, guard_stack(%rip)\n"
        "    cld\n"
        "    pop %rdi; pop %rsi; pop %r15\n"
        "    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
        "    jmp guard_left\n"
        "    .cfi_endproc\n"
        ".size guard_ask, . - guard_ask\n");

/* In its caller's eyes this is how guard_ask() ends. */
enum facet_verdict guard_left(struct attached *h, const struct facet_access *access) {
    memset(&h->on->swaps->reply, 0, sizeof h->on->swaps->reply);
    handler_crashed(h, access, guard.signal);
    return FACET_PASS;
}

static __attribute__((noinline)) bool call_it(void (*call)(void *), void *context) {
    if (__builtin_setjmp(guard.resume))
        return false;
    guard.calling = true;
    call(context);
    guard.calling = false;
    return true;
}

bool guard_call(void (*call)(void *), void *context, int *signal) {
    guard.calls++;
    guard_enter();
    bool good = call_it(call, context);
    *signal = guard.signal;
    guard_leave();
    return good;
}

void guard_cause(int signal, char *text, size_t size) {
    if (signal)
        snprintf(text, size, "crashed (%s, %s)", session_signal_name(signal), session_signal_text(signal));
    else
        snprintf(text, size, "did not return for %d second%s", GUARD_GRACE, GUARD_GRACE == 1 ? "" : "s");
}
