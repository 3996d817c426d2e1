/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init.h"
#include <facet/signal.h>

extern const char linux_image[], linux_image_end[]; /* the build puts linux.elf there */

_Noreturn void init_main(unsigned long modules, const struct init_module *module);

static _Noreturn void power_off(unsigned long status) {
    struct facet_message m = {.word = {status}};
    for (;;)
        facet_call(INIT_POWER, OP_POWER_OFF, &m);
}

void init_print(const char *text) {
    unsigned long length = 0;
    while (text[length])
        length++;
    facet_write(INIT_STDERR, text, length);
}

void init_print_hex(unsigned long number) {
    char text[19] = "0x";
    for (unsigned i = 0; i < 16; i++)
        text[2 + i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
    init_print(text);
}

void init_fail(int status, const char *why) {
    init_print("init: ");
    init_print(why);
    init_print("\n");
    power_off((unsigned long)status);
}

void init_call(unsigned cap, unsigned long op, struct facet_message *m) {
    unsigned long rc = facet_call(cap, op, m);
    if (rc == RC_NO_MEMORY)
        init_fail(125, "there is too little memory for the program (--memory, --grant bank:SIZE)");
    if (rc != RC_OK)
        init_fail(125, "the kernel refused an operation");
}

/* What the host wants: the second module, or without one everything for a program without arguments. */
struct request {
    unsigned argc, grants;
    const char *arguments;
    unsigned long size;            /* of the arguments */
    const struct boot_args *block; /* NULL: there is none */
};

static struct request request_read(unsigned long modules, const struct init_module *module) {
    static const char name[] = "program";
    struct request all = {1, ~0u, name, sizeof name, 0};
    if (modules < 2)
        return all;
    const struct boot_args *block = (const struct boot_args *)module[1].start;
    if (module[1].size < sizeof *block || block->magic != BOOT_ARGS_MAGIC || block->bytes > module[1].size ||
        block->bytes < sizeof *block)
        init_fail(125, "the second module is no argument block");
    const char *text = (const char *)(block + 1);
    unsigned long room = block->bytes - sizeof *block, size = 0;
    for (unsigned strings = 0; strings < block->argc; size++) {
        if (size == room)
            init_fail(125, "the argument block is too short");
        strings += text[size] == 0;
    }
    return (struct request){block->argc, block->grants, text, size, block};
}

void init_give(unsigned to, unsigned from) {
    struct facet_message m = {.word = {to}, .send = {(unsigned char)from}};
    init_call(R_PROCESS, OP_PROCESS_SET_CAP, &m);
}

void init_entry(unsigned long payload) {
    struct facet_message m = {.word = {payload}, .recv = {R_ENTRY}};
    init_call(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, &m);
}

/* The program's bank, which the program itself shall not end. */
static void bank_give(unsigned to) {
    struct facet_message m = {.word = {BANK_NO_DESTROY}, .recv = {R_GUARDED}};
    init_call(INIT_RANGE, OP_BANK_REDUCE, &m);
    init_give(to, R_GUARDED);
}

static void grant(unsigned grants) {
    init_entry(FROM_PROGRAM);
    init_give(CR_PARENT, R_ENTRY);
    for (unsigned stream = 0; stream < 3; stream++)
        if (grants & GRANT_STDIN << stream)
            init_give(CR_STDIN + stream, INIT_STDIN + stream);
    if (grants & GRANT_BANK)
        bank_give(CR_BANK);
    if (grants & GRANT_RANGE) { /* in place of a bank */
        bank_draw_from(KEPT_RANGE);
        init_give(CR_RANGE, INIT_RANGE);
    }
    if (grants & (GRANT_BANK | GRANT_RANGE)) {
        init_give(CR_SELF, R_PROCESS);
        init_give(CR_SPACE, R_TOP);
        init_give(CR_DISCRIM, INIT_DISCRIM);
        init_give(CR_PROCESS_TOOL, INIT_PROCESS_TOOL);
    }
    static const struct {
        unsigned grant, to, from;
    } other[] = {{GRANT_DEBUG, CR_DEBUG, INIT_DEBUG}, {GRANT_SCHEDULE, CR_SCHEDULE, INIT_SCHEDULE},
                 {GRANT_TIME, CR_SLEEP, INIT_SLEEP},  {GRANT_CONSOLE, CR_CONSOLE, INIT_CONSOLE},
                 {GRANT_POWER, CR_POWER, INIT_POWER}, {GRANT_HOST, CR_HOST, INIT_HOST}};
    for (unsigned i = 0; i < sizeof other / sizeof *other; i++)
        if (grants & other[i].grant)
            init_give(other[i].to, other[i].from);
}

void init_process(const struct facet_regs *regs, unsigned long payload) {
    struct facet_message space = {.send = {R_TOP}};
    init_call(R_PROCESS, OP_PROCESS_SET_SPACE, &space);
    struct facet_message set = {.string = regs, .string_size = sizeof *regs};
    init_call(R_PROCESS, OP_PROCESS_SET_REGS, &set);
    init_entry(payload);
    struct facet_message keeper = {.send = {R_ENTRY}};
    init_call(R_PROCESS, OP_PROCESS_SET_KEEPER, &keeper);
}

void init_alloc(enum cap_type type, unsigned to) {
    struct facet_message m = {.word = {type}, .recv = {(unsigned char)to}};
    init_call(INIT_RANGE, OP_RANGE_ALLOC, &m);
}

void init_start(void) {
    struct facet_message start = {0};
    init_call(R_PROCESS, OP_PROCESS_START, &start);
}

static void endpoint_make(void) {
    init_alloc(CAP_ENDPOINT, R_ENDPOINT);
    struct facet_message recipient = {.send = {INIT_SELF}};
    init_call(R_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, &recipient);
}

/* What the program may have, in pages. */
static unsigned long bank_limit(const struct boot_args *args) {
    return args && args->bank ? args->bank : args && args->memory ? args->memory * 256ul : ~0ul;
}

static void native_start(const struct program *program, struct request request) {
    bank_make(KEPT_PROGRAM, bank_limit(request.block));
    init_alloc(CAP_PROCESS, R_PROCESS);
    space_load(program);
    struct facet_regs regs = {.rip = program->entry, .rsp = space_stack(request.argc, request.arguments, request.size)};
    init_process(&regs, FROM_KERNEL);
    grant(request.grants);
    struct facet_message started = {.send = {R_PROCESS}};
    init_call(INIT_DEBUG, OP_DEBUG_STARTED, &started);
    init_start();
}

/* Who serves comes before whom it serves: then no two ever take turns, and nobody needs the timer, which costs. */
static void priority_set(unsigned long priority) {
    struct facet_message reduce = {.word = {priority}, .recv = {R_GUARDED}};
    init_call(INIT_SCHEDULE, OP_SCHEDULE_REDUCE, &reduce);
    struct facet_message set = {.send = {R_GUARDED}};
    init_call(R_PROCESS, OP_PROCESS_SET_SCHEDULE, &set);
}

/* The personality finds things as init does, but has no authority over the machine. It loads the program itself. */
static void linux_start(struct request request, unsigned long modules, const struct init_module *module) {
    static const unsigned char given[] = {INIT_STDIN,   INIT_STDOUT, INIT_STDERR, INIT_DEBUG,
                                          INIT_DISCRIM, INIT_SLEEP,  INIT_HOST};
    struct program personality;
    const char *wrong =
        program_read(&personality, linux_image, (unsigned long)linux_image_end - (unsigned long)linux_image);
    if (wrong)
        init_fail(125, wrong);
    bank_draw_from(KEPT_ROOT);
    init_alloc(CAP_PROCESS, R_PROCESS);
    space_load(&personality);
    struct facet_message get = {.word = {INIT_SLOT_MODULES}, .recv = {R_GUARDED}};
    init_call(INIT_SPACE, OP_GPT_GET, &get);
    struct facet_message set = {.word = {INIT_SLOT_MODULES}, .send = {R_GUARDED}};
    init_call(R_TOP, OP_GPT_SET, &set);
    struct facet_regs regs = {.rip = personality.entry, .rdi = modules, .rsi = (unsigned long)module};
    regs.rsp = space_stack(0, "", 0);
    init_process(&regs, FROM_KERNEL);
    for (unsigned i = 0; i < sizeof given; i++)
        init_give(given[i], given[i]);
    bank_make(KEPT_PROGRAM, bank_limit(request.block));
    bank_give(INIT_RANGE);
    init_give(INIT_SPACE, R_TOP);
    init_give(INIT_SELF, R_PROCESS);
    init_entry(FROM_PROGRAM);
    init_give(INIT_FREE, R_ENTRY);
    priority_set(PRIORITY_MAX - 1);
    init_start();
}

static _Noreturn void domain_faulted(const char *who, const struct facet_message *fault) {
    init_print("init: the ");
    init_print(who);
    init_print(" has failed, which is a defect of facet: fault ");
    init_print_hex(fault->word[0]);
    init_print(" at ");
    init_print_hex(fault->word[1]);
    init_print(", pc ");
    init_print_hex(fault->word[2]);
    init_print("\n");
    power_off(125);
}

static _Noreturn void program_faulted(unsigned long fault, unsigned long code) {
    unsigned long signal = facet_signal((enum fault)fault, code);
    struct facet_message m = {.word = {signal}, .send = {R_PROCESS}};
    init_call(INIT_DEBUG, OP_DEBUG_FAULTED, &m);
    power_off(128 + signal);
}

/* Waits for the program's end. Whatever else it asks of its parent is refused. */
static _Noreturn void serve(int native) {
    unsigned long answer = RC_OK;
    unsigned to = CR_NULL;
    for (;;) {
        struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
        unsigned long label = facet_invoke(to, INVOKE_RETURN, answer, &m);
        if (m.payload == FROM_PROGRAM && label == OP_EXIT)
            power_off(m.word[0] & 0xff);
        if (m.payload == FROM_KERNEL && label == OP_FAULT)
            native ? program_faulted(m.word[0], m.word[3]) : domain_faulted("Linux personality", &m);
        to = R_RESUME;
        answer = RC_BAD_OP;
        if (m.payload == FROM_BANK && label == OP_FAULT)
            domain_faulted("bank", &m);
        if (m.payload >= FROM_FURTHER)
            programs_message(&m, label);
    }
}

void init_main(unsigned long modules, const struct init_module *module) {
    if (modules == 0)
        init_fail(126, "there is no program to run");
    const void *file = (const void *)module[0].start;
    int native = program_is_native(file, module[0].size);
    struct program program;
    const char *wrong = native ? program_read(&program, file, module[0].size) : 0;
    if (wrong)
        init_fail(126, wrong);
    struct request request = request_read(modules, module);
    endpoint_make();
    bank_start((request.grants & GRANT_RANGE) != 0);
    if (request.block)
        programs_start(request.block, modules, module);
    if (native)
        native_start(&program, request);
    else
        linux_start(request, modules, module);
    serve(native);
}
