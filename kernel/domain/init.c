/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * init: builds the user's program from an ELF image, gives it what was granted, starts it, and is its parent (OP_EXIT) and
 * its keeper (OP_FAULT). Ring 3, no authority but its capability registers (init.h).
 */
#include "init.h"
#include "loader.h"

#include <facet/guest.h>

enum { R_ENDPOINT = LOADER_FREE, R_PARENT, R_KEEPER, R_PROCESS, R_RESUME };
enum { FROM_PROGRAM = 1, FROM_KERNEL = 2 };

static void say(const char *text) {
    unsigned long size = 0;
    while (text[size])
        size++;
    facet_write(INIT_CONSOLE, text, size);
}

static _Noreturn void power_off(unsigned long status) {
    struct facet_message m = {.word = {status}};
    facet_call(INIT_POWER, OP_POWER_OFF, &m);
    for (;;)
        __asm__ volatile("ud2");
}

static _Noreturn void give_up(const char *why) {
    say("init: ");
    say(why);
    say("\n");
    power_off(125);
}

static void must(unsigned long rc, const char *what) {
    if (rc != RC_OK)
        give_up(what);
}

static void make_entries(void) {
    must(facet_alloc(CAP_ENDPOINT, R_ENDPOINT), "no endpoint left");
    must(facet_set(R_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, INIT_SELF), "cannot receive");
    must(facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, FROM_PROGRAM, 0, R_PARENT), "no entry");
    must(facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, FROM_KERNEL, 0, R_KEEPER), "no entry");
}

static void give(unsigned long reg, unsigned from) {
    must(facet_set(R_PROCESS, OP_PROCESS_SET_CAP, reg, from), "cannot give a capability");
}

static void give_granted(unsigned grants) {
    give(CR_PARENT, R_PARENT);
    if (grants & GRANT_STDIN)
        give(CR_STDIN, INIT_STDIN);
    if (grants & GRANT_STDOUT)
        give(CR_STDOUT, INIT_STDOUT);
    if (grants & GRANT_STDERR)
        give(CR_STDERR, INIT_STDERR);
    if (grants & GRANT_DEBUG)
        give(CR_DEBUG, INIT_DEBUG);
    if (grants & GRANT_RANGE) {
        give(CR_SELF, R_PROCESS);
        give(CR_RANGE, INIT_RANGE);
        give(CR_SPACE, LOADER_ROOT);
    }
}

static void make_process(const struct boot_args *args, const struct loaded *program) {
    const struct facet_regs regs = {.rip = program->entry, .rsp = program->stack, .rflags = 0x202};
    must(facet_alloc(CAP_PROCESS, R_PROCESS), "no process left");
    must(facet_set(R_PROCESS, OP_PROCESS_SET_SPACE, 0, LOADER_ROOT), "cannot set the space");
    must(facet_set(R_PROCESS, OP_PROCESS_SET_KEEPER, 0, R_KEEPER), "cannot set the keeper");
    give_granted(args->grants);
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    must(facet_call(R_PROCESS, OP_PROCESS_SET_REGS, &m), "cannot set registers");
}

/* The signal that Linux would send. */
static unsigned long signal_of(unsigned long fault, unsigned long vector) {
    enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SIGSYS = 31 };
    if (fault == FAULT_BAD_INVOKE)
        return SIGSYS;
    if (fault != FAULT_EXCEPTION)
        return SIGSEGV;
    switch (vector) {
    case 0: case 16: case 19:
        return SIGFPE;
    case 1: case 3:
        return SIGTRAP;
    case 6:
        return SIGILL;
    case 17:
        return SIGBUS;
    default:
        return SIGSEGV;
    }
}

static _Noreturn void program_faulted(const struct facet_message *fault) {
    unsigned long signal = signal_of(fault->word[0], fault->word[3] >> 32);
    struct facet_message m = {.word = {signal}, .send = {R_PROCESS}};
    facet_call(INIT_DEBUG, OP_DEBUG_FAULTED, &m);
    power_off(128 + signal);
}

static _Noreturn void serve(void) {
    unsigned answer_to = CR_NULL;
    struct facet_message m = {0};
    for (;;) {
        m.recv[3] = R_RESUME;
        unsigned long label = facet_invoke(answer_to, INVOKE_RETURN, RC_BAD_OP, &m);
        if (m.payload == FROM_KERNEL && label == OP_FAULT)
            program_faulted(&m);
        if (m.payload == FROM_PROGRAM && label == OP_EXIT)
            power_off(m.word[0]);
        answer_to = R_RESUME;
        m = (struct facet_message){0};
    }
}

int main(int argc, char **argv) {
    (void)argc, (void)argv;
    const struct init_info *info = (const struct init_info *)INIT_MODULES;
    static const struct boot_args all_granted = {
        .magic = BOOT_ARGS_MAGIC,
        .bytes = sizeof all_granted,
        .grants = GRANT_STDIN | GRANT_STDOUT | GRANT_STDERR | GRANT_RANGE | GRANT_DEBUG,
    };
    const struct boot_args *args = info->args_size ? (const struct boot_args *)info->args : &all_granted;
    struct loaded program;
    if (!info->program_size) {
        say("init: no program\n");
        power_off(0);
    }
    if (args->magic != BOOT_ARGS_MAGIC || args->bytes < sizeof *args || (info->args_size && args->bytes > info->args_size))
        give_up("the argument block is damaged");
    const char *why = loader_load((const void *)info->program, info->program_size, args, &program);
    if (why)
        give_up(why);
    make_entries();
    make_process(args, &program);
    struct facet_message m = {.send = {R_PROCESS}};
    facet_call(INIT_DEBUG, OP_DEBUG_STARTED, &m); /* without a host that listens: an error, and nobody to tell */
    must(facet_set(R_PROCESS, OP_PROCESS_START, 0, CR_NULL), "cannot start the program");
    serve();
}
