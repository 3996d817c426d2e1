/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Further programs: the user may have them serve memory objects. Each has a space of its own, its output streams, the
 * right to end (CR_PARENT), and an endpoint, which the debugger is told the name of. When one ends or fails, its
 * bank is destroyed: all that it had is free again, and whoever waits for it is told.
 */
#include "init.h"

static const char *names[BOOT_PROGRAMS_MAX];

/* The last strings of the block. */
static void names_find(const struct boot_args *args) {
    const char *text = (const char *)args, *at = text + args->bytes;
    for (unsigned i = args->programc; i-- > 0; names[i] = at) {
        if (at - text <= (long)sizeof *args || *--at)
            init_fail(125, "the argument block has too few names of programs");
        while (at - text > (long)sizeof *args && at[-1])
            at--;
    }
}

static unsigned long length(const char *text) {
    unsigned long size = 0;
    while (text[size])
        size++;
    return size;
}

/* What is sent to the endpoint of that name, the process receives. */
static void name(const char *text) {
    init_alloc(CAP_ENDPOINT, R_GUARDED);
    struct facet_message recipient = {.send = {R_PROCESS}};
    init_call(R_GUARDED, OP_ENDPOINT_SET_RECIPIENT, &recipient);
    struct facet_message tell = {.send = {R_GUARDED}, .string = text, .string_size = length(text)};
    init_call(INIT_DEBUG, OP_DEBUG_ENDPOINT, &tell);
}

static void start(unsigned number, const struct init_module *module, unsigned grants) {
    struct program program;
    const char *wrong = program_read(&program, (const void *)module->start, module->size);
    if (wrong || !program_is_native((const void *)module->start, module->size))
        init_fail(126, wrong ? wrong : "a further program is no native one");
    bank_make(number, ~0ul);
    init_alloc(CAP_PROCESS, R_PROCESS);
    space_load(&program);
    struct facet_regs regs = {.rip = program.entry};
    regs.rsp = space_stack(1, names[number], length(names[number]) + 1);
    init_process(&regs, FROM_FURTHER + 2 * number);
    init_entry(FROM_FURTHER + 2 * number + 1);
    init_give(CR_PARENT, R_ENTRY);
    for (unsigned stream = 1; stream < 3; stream++)
        if (grants & GRANT_STDIN << stream)
            init_give(CR_STDIN + stream, INIT_STDIN + stream);
    name(names[number]);
    init_start();
}

void programs_start(const struct boot_args *args, unsigned long modules, const struct init_module *module) {
    if (args->programc == 0)
        return;
    if (args->programc > BOOT_PROGRAMS_MAX || modules < 2 + args->programc)
        init_fail(125, "there are fewer further programs than names of them");
    names_find(args);
    for (unsigned i = 0; i < args->programc; i++)
        start(i, &module[2 + i], args->grants);
}

void programs_message(const struct facet_message *m, unsigned long label) {
    unsigned number = (unsigned)(m->payload - FROM_FURTHER) / 2;
    int kernel = (m->payload - FROM_FURTHER) % 2 == 0;
    if (kernel ? label != OP_FAULT : label != OP_EXIT)
        return;
    if (kernel || m->word[0]) {
        init_print("init: the program ");
        init_print(names[number]);
        init_print(kernel ? " was ended: fault " : " has ended with status ");
        init_print_hex(m->word[0]);
        if (kernel) {
            init_print(" at ");
            init_print_hex(m->word[1]);
            init_print(", pc ");
            init_print_hex(m->word[2]);
        }
        init_print("\n");
    }
    bank_destroy(number);
}
