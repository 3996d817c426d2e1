/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal.h"

_Noreturn void linux_main(unsigned long modules, const struct init_module *module);

struct boot boot FREQUENT_DATA;
static struct facet_regs regs FREQUENT_DATA;
static int regs_known FREQUENT_DATA, regs_new FREQUENT_DATA;

void linux_exit(unsigned status) {
    static int ending; /* what fails on the way does not begin again */
    if (!ending++)
        memory_sync(0, SPACE_END);
    struct facet_message m = {.word = {status}};
    for (;;)
        facet_call(R_PARENT, OP_EXIT, &m);
}

void linux_fail(const char *why) {
    say("facet: %s", why);
    linux_exit(125);
}

FREQUENT void must_call(unsigned cap, unsigned long op, struct facet_message *m) {
    unsigned long rc = facet_call(cap, op, m);
    if (rc == RC_NO_MEMORY)
        linux_fail("there is too little memory for the program (--memory, --grant bank:SIZE)");
    if (rc != RC_OK) {
        say("facet: the kernel refused operation %lx with %lx", op, rc);
        linux_exit(125);
    }
}

FREQUENT struct facet_regs *regs_get(void) {
    struct facet_message m = {.room = &regs, .room_size = sizeof regs};
    if (!regs_known)
        must_call(R_PROCESS, OP_PROCESS_GET_REGS, &m);
    regs_known = 1;
    return &regs;
}

void regs_changed(void) {
    regs_new = 1;
}

FREQUENT static void regs_put(void) {
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    if (regs_new)
        must_call(R_PROCESS, OP_PROCESS_SET_REGS, &m);
    regs_known = regs_new = 0;
}

/* ---- The boot block */

/* Takes `count` strings off *text. Their end has been checked to exist. */
static const char *strings_take(const char **text, unsigned count) {
    const char *first = *text;
    while (count--)
        while (*(*text)++)
            ;
    return first;
}

static unsigned long strings_count(const char *text, unsigned long size) {
    unsigned long count = 0;
    for (unsigned long i = 0; i < size; i++)
        count += text[i] == 0;
    return count;
}

static unsigned long bank_limit(void) {
    struct facet_message m = {0};
    must_call(INIT_RANGE, OP_BANK_LIMITS, &m);
    return m.word[0] == ~0ul ? 0 : m.word[0] * PAGE_SIZE;
}

static void boot_read(const struct init_module *module) {
    const struct boot_args *block = (const struct boot_args *)module->start;
    if (module->size < sizeof *block || block->magic != BOOT_ARGS_MAGIC || block->bytes > module->size ||
        block->bytes < sizeof *block)
        linux_fail("the second module is no argument block");
    const char *text = (const char *)(block + 1);
    if (strings_count(text, block->bytes - sizeof *block) < block->argc + 0ul + block->envc + 2 + block->mountc)
        linux_fail("the argument block is too short");
    boot = (struct boot){.argc = block->argc,
                         .envc = block->envc,
                         .mountc = block->mountc,
                         .grants = block->grants,
                         .flags = block->flags,
                         .memory = bank_limit(),
                         .user = block->user,
                         .group = block->group,
                         .seed = block->seed};
    boot.argv = strings_take(&text, boot.argc);
    boot.envp = strings_take(&text, boot.envc);
    boot.cwd = strings_take(&text, 1);
    boot.exe = strings_take(&text, 1);
    boot.mounts = text;
}

/* ---- The program */

static void alloc(enum cap_type type, unsigned to) {
    struct facet_message m = {.word = {type}, .recv = {(unsigned char)to}};
    must_call(INIT_RANGE, OP_RANGE_ALLOC, &m);
}

static void send(unsigned to, unsigned long op, unsigned long word, unsigned cap) {
    struct facet_message m = {.word = {word}, .send = {(unsigned char)cap}};
    must_call(to, op, &m);
}

static void process_make(void) {
    alloc(CAP_PROCESS, R_PROCESS);
    alloc(CAP_ENDPOINT, R_ENDPOINT);
    send(R_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, INIT_SELF);
    struct facet_message entry = {.recv = {R_SCRATCH}};
    must_call(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, &entry);
    send(R_PROCESS, OP_PROCESS_SET_KEEPER, 0, R_SCRATCH);
    send(R_PROCESS, OP_PROCESS_SET_FOREIGN, 1, CR_NULL);
    space_start();
    send(R_PROCESS, OP_PROCESS_SET_SPACE, 0, R_ROOT);
}

static void process_start(const struct init_module *file) {
    unsigned long entry, stack;
    load_program((const unsigned char *)file->start, file->size, &entry, &stack);
    regs = (struct facet_regs){.rip = entry, .rsp = stack};
    regs_changed();
    regs_put();
    send(INIT_DEBUG, OP_DEBUG_STARTED, 0, R_PROCESS);
    send(R_PROCESS, OP_PROCESS_START, 0, CR_NULL);
}

/* The words of the message are the first four arguments; the others, if the call has any, are in registers. */
FREQUENT static unsigned long answer_call(unsigned long number, const struct facet_message *m) {
    unsigned long arg[6] = {m->word[0], m->word[1], m->word[2], m->word[3]};
    return (unsigned long)calls_answer(number, arg);
}

FREQUENT __attribute__((noinline)) static _Noreturn void serve(void) {
    unsigned to = CR_NULL;
    unsigned long result = 0;
    for (;;) {
        regs_put();
        struct facet_message m = {.word = {result}};
        m.recv[MESSAGE_CAPS - 1] = R_RESUME;
        unsigned long label = facet_invoke(to, INVOKE_RETURN | INVOKE_CLOSED(R_ENDPOINT), 0, &m);
        to = R_RESUME;
        if (label == OP_FAULT)
            fault_answer((enum fault)m.word[0], m.word[1], m.word[2], m.word[3]);
        else
            result = answer_call(label - OP_SYSCALL, &m);
        if (timers_set)
            timer_check();
        if (signal_due() && label == OP_FAULT)
            signal_deliver(regs_get()->rax);
        else if (signal_due())
            result = signal_deliver(result);
    }
}

void linux_main(unsigned long modules, const struct init_module *module) {
    if (modules < 2)
        linux_fail("there is no program and no argument block");
    boot_read(&module[1]);
    boot.image = (const unsigned char *)module[0].start;
    boot.image_size = module[0].size;
    random_start(boot.seed);
    calls_start();
    stock_start();
    process_make();
    files_start();
    process_start(&module[0]);
    serve();
}
