/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "calls.h"

#define NUMBER_MAX 512
#define NUMBER_LARGER 0xffff      /* rax holds the number */
#define FUNCTION_MASK 0xffffffful /* the image lies below 256 MiB */

/* Where a call's function is, and how many arguments it has: what each message needs, in little room. */
static struct { unsigned function : 28, args : 4; } known[NUMBER_MAX] FREQUENT_DATA;

static void add(const struct call *call) {
    for (; call->function; call++) {
        known[call->number].function = (unsigned long)call->function & FUNCTION_MASK;
        known[call->number].args = call->args & 15u;
    }
}

void calls_start(void) {
    add(file_calls);
    add(memory_calls);
    add(signal_calls);
    add(process_calls);
}

static void tell(unsigned long number, const unsigned long arg[6], long result, unsigned long flags) {
    struct facet_message m = {.word = {number, (unsigned long)result, flags},
                              .send = {R_PROCESS},
                              .string = arg,
                              .string_size = 6 * sizeof *arg};
    must_call(INIT_DEBUG, OP_DEBUG_SYSCALL, &m);
}

/* More than four arguments: the message has no room for them. */
static void arguments_fetch(unsigned long arg[6]) {
    arg[4] = regs_get()->r8;
    arg[5] = regs_get()->r9;
}

static int ends(unsigned long number) {
    return number == __NR_exit || number == __NR_exit_group;
}

FREQUENT long calls_answer(unsigned long number, unsigned long arg[6]) {
    if (number == NUMBER_LARGER)
        number = (unsigned)regs_get()->rax; /* Linux looks at no more of it */
    unsigned long at = number < NUMBER_MAX ? known[number].function : 0;
    int strace = boot.flags & BOOT_STRACE;
    clock_tick();
    if (!at || known[number].args > 4 || strace)
        arguments_fetch(arg);
    if (!at) {
        tell(number, arg, -ENOSYS, SYSCALL_UNKNOWN);
        return -ENOSYS;
    }
    if (strace && ends(number))
        tell(number, arg, 0, SYSCALL_NO_RETURN);
    long result = ((call_fn *)at)(arg);
    if (strace)
        tell(number, arg, result, 0);
    return result;
}
