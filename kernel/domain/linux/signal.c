/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signals of a single process: it sends them to itself, or its instructions earn them.
 */
#include "signal.h"
#include <asm/siginfo.h>
#include <asm/signal.h>

#define UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define IGNORED_BY_DEFAULT (SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))
#define STOPPING (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define HANDLER_DEFAULT 0
#define HANDLER_IGNORE 1
#define MASK_SIZE 8
#define FLAGS_KNOWN                                                                                                    \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND |                  \
     SA_EXPOSE_TAGBITS | SA_RESTORER)
#define CODE_KERNEL 0x80 /* SI_KERNEL */

unsigned long signal_blocked FREQUENT_DATA;
struct altstack signal_altstack = {.flags = ALTSTACK_NONE};
struct fault_trace signal_trace;

static struct action action[SIGNALS + 1];
static struct info info[SIGNALS + 1];
static unsigned long pending FREQUENT_DATA;
static unsigned long mask_to_restore; /* of sigsuspend */
static int mask_waits;

static int ignored(unsigned signal) {
    return action[signal].handler == HANDLER_IGNORE ||
           (action[signal].handler == HANDLER_DEFAULT && IGNORED_BY_DEFAULT & SIGNAL_BIT(signal));
}

static void post(unsigned signal, const struct info *about) {
    if (signal == SIGCONT)
        pending &= ~STOPPING;
    if (STOPPING & SIGNAL_BIT(signal))
        pending &= ~SIGNAL_BIT(SIGCONT);
    if (ignored(signal) && !(signal_blocked & SIGNAL_BIT(signal)))
        return;
    if (!(pending & SIGNAL_BIT(signal)))
        info[signal] = *about;
    pending |= SIGNAL_BIT(signal);
}

void signal_send(unsigned signal, int code) {
    struct info about = {.signal = (int)signal, .code = code};
    if (code != CODE_KERNEL)
        about.field[0] = PID | (unsigned long)boot.user << 32;
    post(signal, &about);
}

void signal_raise(unsigned signal) {
    signal_send(signal, SI_USER);
}

void signal_kill(unsigned signal) {
    struct facet_message m = {.word = {signal}, .send = {R_PROCESS}};
    facet_call(INIT_DEBUG, OP_DEBUG_FAULTED, &m);
    linux_exit(128 + signal);
}

void signal_fault(unsigned signal, int code, unsigned long address, unsigned long trap, unsigned long error) {
    signal_trace = (struct fault_trace){trap, error, address};
    info[signal] = (struct info){.signal = (int)signal, .code = code, .field = {address}};
    if (signal_blocked & SIGNAL_BIT(signal) || action[signal].handler <= HANDLER_IGNORE)
        signal_kill(signal);
    pending |= SIGNAL_BIT(signal);
}

FREQUENT int signal_due(void) {
    return (pending & ~signal_blocked) != 0;
}

/* Those that instructions have earned come first, then the lowest. */
static unsigned next_signal(void) {
    const unsigned long synchronous = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
                                      SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS);
    unsigned long due = pending & ~signal_blocked;
    due = due & synchronous ? due & synchronous : due;
    return (unsigned)__builtin_ctzl(due) + 1;
}

/* Returns whether a handler begins. */
static int deliver_one(unsigned signal, unsigned long result) {
    struct action taken = action[signal];
    pending &= ~SIGNAL_BIT(signal);
    if (ignored(signal))
        return 0;
    if (taken.handler == HANDLER_DEFAULT)
        signal_kill(signal);
    if (taken.flags & SA_RESETHAND)
        action[signal].handler = HANDLER_DEFAULT;
    unsigned long before = signal_blocked;
    if (mask_waits)
        signal_blocked = mask_to_restore;
    mask_waits = 0;
    if (!frame_push(signal, &taken, &info[signal], result))
        signal_kill(SIGSEGV);
    signal_blocked = (before | taken.mask | (taken.flags & SA_NODEFER ? 0 : SIGNAL_BIT(signal))) & ~UNBLOCKABLE;
    return 1;
}

unsigned long signal_deliver(unsigned long result) {
    while (signal_due()) {
        if (deliver_one(next_signal(), result))
            result = regs_get()->rax;
    }
    if (mask_waits)
        signal_blocked = mask_to_restore;
    mask_waits = 0;
    return result;
}

/* ---- Calls */

static long call_sigaction(const unsigned long arg[6]) {
    unsigned long signal = arg[0];
    struct action new;
    if (arg[3] != MASK_SIZE || signal < 1 || signal > SIGNALS)
        return -EINVAL;
    if (arg[1] && user_read(arg[1], &new, sizeof new) != 0)
        return -EFAULT;
    if (arg[1] && UNBLOCKABLE & SIGNAL_BIT(signal))
        return -EINVAL;
    struct action old = action[signal];
    if (arg[1]) {
        new.mask &= ~UNBLOCKABLE;
        new.flags &= FLAGS_KNOWN; /* so that a program can find out */
        action[signal] = new;
        if (ignored((unsigned)signal))
            pending &= ~SIGNAL_BIT(signal);
    }
    return arg[2] ? user_write(arg[2], &old, sizeof old) : 0;
}

static long call_sigprocmask(const unsigned long arg[6]) {
    unsigned long set, old = signal_blocked;
    if (arg[3] != MASK_SIZE)
        return -EINVAL;
    if (arg[1]) {
        if (user_read(arg[1], &set, sizeof set) != 0)
            return -EFAULT;
        set &= ~UNBLOCKABLE;
        if ((int)arg[0] == SIG_BLOCK)
            signal_blocked |= set;
        else if ((int)arg[0] == SIG_UNBLOCK)
            signal_blocked &= ~set;
        else if ((int)arg[0] == SIG_SETMASK)
            signal_blocked = set;
        else
            return -EINVAL;
    }
    return arg[2] ? user_write(arg[2], &old, sizeof old) : 0;
}

static long call_sigpending(const unsigned long arg[6]) {
    unsigned long set = pending & signal_blocked;
    return arg[1] > MASK_SIZE ? -EINVAL : user_write(arg[0], &set, arg[1]);
}

int altstack_holds(unsigned long sp) {
    return !(signal_altstack.flags & ALTSTACK_NONE) && sp > signal_altstack.base &&
           sp - signal_altstack.base <= signal_altstack.size;
}

int altstack_on(unsigned long sp) {
    return !(signal_altstack.flags & ALTSTACK_DISARMS) && altstack_holds(sp);
}

static long call_sigaltstack(const unsigned long arg[6]) {
    struct altstack new, old = signal_altstack;
    int on = altstack_on(regs_get()->rsp);
    if (arg[0] && user_read(arg[0], &new, sizeof new) != 0)
        return -EFAULT;
    old.flags |= on ? ALTSTACK_ON : 0;
    if (arg[0]) {
        unsigned mode = new.flags & ~ALTSTACK_DISARMS;
        if (on)
            return -EPERM;
        if (mode > ALTSTACK_NONE)
            return -EINVAL;
        if (mode != ALTSTACK_NONE && new.size < 2048)
            return -ENOMEM;
        if (mode == ALTSTACK_NONE)
            new = (struct altstack){.flags = ALTSTACK_NONE};
        signal_altstack = new;
        signal_altstack.flags &= ~ALTSTACK_ON;
    }
    return arg[1] ? user_write(arg[1], &old, sizeof old) : 0;
}

static long send(unsigned long signal, int code) {
    if (signal > SIGNALS)
        return -EINVAL;
    if (signal)
        signal_send((unsigned)signal, code);
    return 0;
}

static long call_kill(const unsigned long arg[6]) {
    int pid = (int)arg[0];
    return pid == PID || pid == 0 || pid == -PID ? send((unsigned)arg[1], SI_USER) : pid == -1 ? -EPERM : -ESRCH;
}

static long call_tkill(const unsigned long arg[6]) {
    if ((int)arg[0] <= 0)
        return -EINVAL;
    return (int)arg[0] == PID ? send((unsigned)arg[1], SI_TKILL) : -ESRCH;
}

static long call_tgkill(const unsigned long arg[6]) {
    if ((int)arg[0] <= 0 || (int)arg[1] <= 0)
        return -EINVAL;
    return (int)arg[0] == PID && (int)arg[1] == PID ? send((unsigned)arg[2], SI_TKILL) : -ESRCH;
}

/* Nobody else can wake it. */
static _Noreturn void wait_for_ever(const char *call) {
    say("facet: %s waits in %s for a signal that nobody can send", boot.exe, call);
    linux_exit(125);
}

static long call_sigsuspend(const unsigned long arg[6]) {
    unsigned long set;
    if (arg[1] != MASK_SIZE)
        return -EINVAL;
    if (user_read(arg[0], &set, sizeof set) != 0)
        return -EFAULT;
    mask_to_restore = signal_blocked;
    mask_waits = 1;
    signal_blocked = set & ~UNBLOCKABLE;
    if (!timer_wait())
        wait_for_ever("sigsuspend");
    return -EINTR;
}

static long call_pause(const unsigned long arg[6]) {
    (void)arg;
    if (!timer_wait())
        wait_for_ever("pause");
    return -EINTR;
}

static long call_sigtimedwait(const unsigned long arg[6]) {
    unsigned long set;
    struct moment length;
    if (arg[3] != MASK_SIZE)
        return -EINVAL;
    if (user_read(arg[0], &set, sizeof set) != 0 || (arg[2] && user_read(arg[2], &length, sizeof length) != 0))
        return -EFAULT;
    unsigned long found = pending & set;
    if (!found) {
        if (!arg[2])
            wait_for_ever("sigtimedwait");
        if (length.seconds < 0 || length.nanoseconds < 0 || length.nanoseconds >= 1000000000)
            return -EINVAL;
        clock_sleep(&length);
        return -EAGAIN;
    }
    unsigned signal = (unsigned)__builtin_ctzl(found) + 1;
    pending &= ~SIGNAL_BIT(signal);
    if (arg[1] && user_write(arg[1], &info[signal], sizeof info[signal]) != 0)
        return -EFAULT;
    return (long)signal;
}

const struct call signal_calls[] = {
    {__NR_rt_sigaction, 4, call_sigaction},
    {__NR_rt_sigprocmask, 4, call_sigprocmask},
    {__NR_rt_sigpending, 2, call_sigpending},
    {__NR_rt_sigreturn, 0, call_sigreturn},
    {__NR_rt_sigsuspend, 2, call_sigsuspend},
    {__NR_rt_sigtimedwait, 4, call_sigtimedwait},
    {__NR_sigaltstack, 2, call_sigaltstack},
    {__NR_pause, 0, call_pause},
    {__NR_alarm, 1, call_alarm},
    {__NR_getitimer, 2, call_getitimer},
    {__NR_setitimer, 3, call_setitimer},
    {__NR_kill, 2, call_kill},
    {__NR_tkill, 2, call_tkill},
    {__NR_tgkill, 3, call_tgkill},
    {0, 0, 0},
};
