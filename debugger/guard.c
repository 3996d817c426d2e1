/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"

#include "session.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define STACK_SIZE 65536
#define TICK SIGVTALRM

static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, TICK};
#define CAUGHT (sizeof caught / sizeof *caught)

static struct {
    volatile sig_atomic_t running;    /* a guarded call */
    volatile sig_atomic_t signal;     /* that ended it */
    volatile unsigned long calls;     /* of guard_call */
    struct attached *volatile asked;  /* of guard_ask */
    const void *volatile noted_asked; /* the call that ran at the last tick */
    volatile uint64_t noted_number;
    unsigned depth;
    bool has_timer;
    timer_t timer;
    void *resume[5];
    struct sigaction previous[CAUGHT];
    stack_t previous_stack;
    _Alignas(16) char stack[STACK_SIZE]; /* for one who has used up the other */
} guard;

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
    guard.running = false;
    __builtin_longjmp(guard.resume, 1);
}

static void on_crash(int signal, siginfo_t *info, void *context) {
    if (signal == SIGSEGV && emu_own_fault(info, context))
        return;
    if (guard.running)
        leave_call(signal);
    pass_on(signal, info, context);
}

static uint64_t call_number(void) {
    return guard.asked ? guard.asked->sequence : guard.calls;
}

static void on_tick(int signal) {
    (void)signal;
    if (guard.running && guard.noted_asked == guard.asked && guard.noted_number == call_number())
        leave_call(0);
    guard_interrupt();
}

void guard_interrupt(void) {
    const struct itimerspec soon = {.it_value = {GUARD_GRACE, 0}};
    if (!guard.depth || !guard.has_timer)
        return;
    guard.noted_asked = guard.asked;
    guard.noted_number = call_number();
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

__attribute__((noinline)) bool guard_ask(struct attached *handler, const struct facet_access *access,
                                         struct facet_reply *reply, enum facet_verdict *verdict, int *signal) {
    guard.asked = handler;
    if (__builtin_setjmp(guard.resume)) {
        *signal = guard.signal;
        return false;
    }
    guard.running = true;
    *verdict = handler->ask(handler->state, access, reply);
    guard.running = false;
    return true;
}

static __attribute__((noinline)) bool call_it(void (*call)(void *), void *context) {
    if (__builtin_setjmp(guard.resume))
        return false;
    guard.running = true;
    call(context);
    guard.running = false;
    return true;
}

bool guard_call(void (*call)(void *), void *context, int *signal) {
    guard.asked = NULL;
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
