/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "calls.h"

#define NUMBER_MAX 512

static const struct call *known[NUMBER_MAX];

static void add(const struct call *call) {
    for (; call->function; call++)
        known[call->number] = call;
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
    const struct call *call = number < NUMBER_MAX ? known[number] : 0;
    int strace = boot.flags & BOOT_STRACE;
    clock_tick();
    if (!call || call->args > 4 || strace)
        arguments_fetch(arg);
    if (!call) {
        tell(number == 0xffff ? regs_get()->rax : number, arg, -ENOSYS, SYSCALL_UNKNOWN);
        return -ENOSYS;
    }
    if (strace && ends(number))
        tell(number, arg, 0, SYSCALL_NO_RETURN);
    long result = call->function(arg);
    if (strace)
        tell(number, arg, result, 0);
    return result;
}
