/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The frame of a signal's handler, as Linux lays it out on x86-64 (struct rt_sigframe), and the way back.
 *
 *     rsp  return address | ucontext: flags, link, stack, registers, mask | siginfo |   64-aligned: FXSAVE image | …
 * old rsp
 */
#include "signal.h"
#include <asm/signal.h>

#define RED_ZONE 128 /* below rsp, which leaf functions use */
#define FPU_SIZE 512
#define MXCSR 24
#define MXCSR_VALID 0xffffu
#define FLAGS_CLEARED 0x10500ul /* RF DF TF */
#define CODE_SEGMENT 0x33
#define STACK_SEGMENT 0x2b
#define FLAG_SS 6 /* UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS */

struct context {
    unsigned long r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags;
    unsigned short cs, gs, fs, ss;
    unsigned long error, trap, mask, address, fpu, reserved[8];
};
struct frame {
    unsigned long restorer;
    unsigned long flags, link;
    struct altstack stack;
    struct context context;
    unsigned long mask;
    struct info info;
};
_Static_assert(sizeof(struct context) == 256 && sizeof(struct frame) == 8 + 304 + 128, "as Linux has it");

static void context_save(struct context *to, const struct facet_regs *r, unsigned long result) {
    *to = (struct context){
        .r8 = r->r8,
        .r9 = r->r9,
        .r10 = r->r10,
        .r11 = r->r11,
        .r12 = r->r12,
        .r13 = r->r13,
        .r14 = r->r14,
        .r15 = r->r15,
        .rdi = r->rdi,
        .rsi = r->rsi,
        .rbp = r->rbp,
        .rbx = r->rbx,
        .rdx = r->rdx,
        .rax = result,
        .rcx = r->rcx,
        .rsp = r->rsp,
        .rip = r->rip,
        .flags = r->rflags,
        .cs = CODE_SEGMENT,
        .ss = STACK_SEGMENT,
    };
    to->error = signal_trace.error;
    to->trap = signal_trace.trap;
    to->address = signal_trace.address;
    to->mask = signal_blocked;
}

static void context_restore(struct facet_regs *r, const struct context *from) {
    struct facet_regs old = *r;
    *r = (struct facet_regs){.rax = from->rax,
                             .rbx = from->rbx,
                             .rcx = from->rcx,
                             .rdx = from->rdx,
                             .rsi = from->rsi,
                             .rdi = from->rdi,
                             .rbp = from->rbp,
                             .rsp = from->rsp,
                             .r8 = from->r8,
                             .r9 = from->r9,
                             .r10 = from->r10,
                             .r11 = from->r11,
                             .r12 = from->r12,
                             .r13 = from->r13,
                             .r14 = from->r14,
                             .r15 = from->r15,
                             .rip = from->rip,
                             .rflags = from->flags,
                             .fs_base = old.fs_base,
                             .gs_base = old.gs_base};
}

static unsigned long stack_for(const struct action *action, unsigned long rsp) {
    if (!(action->flags & SA_ONSTACK) || signal_altstack.flags & ALTSTACK_NONE || altstack_on(rsp))
        return rsp - RED_ZONE;
    return signal_altstack.base + signal_altstack.size;
}

static void fpu_get(unsigned char fpu[FPU_SIZE]) {
    struct facet_message m = {.room = fpu, .room_size = FPU_SIZE};
    must_call(R_PROCESS, OP_PROCESS_GET_FPU, &m);
}

int frame_push(unsigned signal, const struct action *action, const struct info *info, unsigned long result) {
    struct facet_regs *r = regs_get();
    unsigned char fpu[FPU_SIZE];
    unsigned long fpu_at = (stack_for(action, r->rsp) - FPU_SIZE) & ~63ul;
    unsigned long at = ((fpu_at - sizeof(struct frame)) & ~15ul) - 8;
    struct frame frame = {.restorer = action->restorer,
                          .flags = FLAG_SS,
                          .stack = signal_altstack,
                          .mask = signal_blocked,
                          .info = *info};
    int on_altstack = altstack_on(r->rsp) || stack_for(action, r->rsp) != r->rsp - RED_ZONE;
    if (!rseq_interrupt(r) || !(action->flags & SA_RESTORER) || (on_altstack && !altstack_holds(at)))
        return 0; /* no way back, or no room */
    frame.stack.flags |= altstack_on(r->rsp) ? ALTSTACK_ON : 0;
    context_save(&frame.context, r, result);
    frame.context.fpu = fpu_at;
    fpu_get(fpu);
    if (user_write(fpu_at, fpu, sizeof fpu) != 0 || user_write(at, &frame, sizeof frame) != 0)
        return 0;
    r->rdi = signal;
    r->rsi = at + __builtin_offsetof(struct frame, info);
    r->rdx = at + __builtin_offsetof(struct frame, flags);
    r->rax = 0;
    r->rsp = at;
    r->rip = action->handler;
    r->rflags &= ~FLAGS_CLEARED;
    if (signal_altstack.flags & ALTSTACK_DISARMS)
        signal_altstack = (struct altstack){.flags = ALTSTACK_NONE}; /* until the handler returns */
    regs_changed();
    return 1;
}

static int fpu_restore(unsigned long at) {
    unsigned char fpu[FPU_SIZE];
    unsigned mxcsr;
    if (user_read(at, fpu, sizeof fpu) != 0)
        return 0;
    memcpy(&mxcsr, fpu + MXCSR, sizeof mxcsr);
    if (mxcsr & ~MXCSR_VALID)
        return 0;
    struct facet_message m = {.string = fpu, .string_size = sizeof fpu};
    must_call(R_PROCESS, OP_PROCESS_SET_FPU, &m);
    return 1;
}

/* The handler's return has taken the first word. Its result is what rax was. */
long call_sigreturn(const unsigned long arg[6]) {
    (void)arg;
    struct facet_regs *r = regs_get();
    struct frame frame;
    if (user_read(r->rsp - 8, &frame, sizeof frame) != 0 || (frame.context.fpu && !fpu_restore(frame.context.fpu))) {
        signal_fault(SIGSEGV, 0x80, 0, 0, 0);
        return 0;
    }
    signal_blocked = frame.mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    signal_altstack = frame.stack;
    signal_altstack.flags &= ~ALTSTACK_ON;
    context_restore(r, &frame.context);
    regs_changed();
    return (long)r->rax;
}
