/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a session to a machine that is about to execute the program's first instruction.
 */
#include "kernel.h"
#include "session_internal.h"
#include "text.h"

#include <string.h>
#include <unistd.h>

#define RAM_UNIT (2ul << 20)
#define RAM_MAX (3ul << 30) /* emu/emu.h */

extern const uint8_t kernel_image[], kernel_image_end[]; /* kernel.elf, embedded by the Makefile */

/* ---- What init is told */

/* struct boot_args and the strings behind it, as they come. */
struct block {
    struct boot_args *args;
    size_t size;
};

static void add_string(struct block *block, const char *text) {
    size_t length = strlen(text) + 1;
    block->args = text_grow(block->args, block->size + length, 1);
    memcpy((char *)block->args + block->size, text, length);
    block->size += length;
}

/* The host's working directory as the program sees it. If it is not granted, the program knows its name and nothing
 * else, so that relative paths mean what the user thinks. */
static char *start_directory(const struct grants *grants) {
    char *here = getcwd(NULL, 0), *seen = here ? grants_seen(grants, here) : NULL;
    if (!here || !seen)
        return here ? here : text_copy("/");
    free(here);
    return seen;
}

static char *program_path(const struct session *s) {
    char *real = realpath(s->program->path, NULL), *seen = real ? grants_seen(s->config.grants, real) : NULL;
    char *path = seen ? seen : text_copy(real ? real : s->program->path);
    free(real);
    return path;
}

static void add_linux(const struct session *s, struct block *block) {
    const struct grants *grants = s->config.grants;
    char *directory = start_directory(grants), *path = program_path(s);
    for (size_t i = 0; i < grants->env_count; i++)
        add_string(block, grants->env[i]);
    add_string(block, directory);
    add_string(block, path);
    for (size_t i = 0; i < grants->file_count; i++) {
        char *mount = grants_mount(grants, i);
        add_string(block, mount);
        free(mount);
    }
    block->args->envc = (unsigned)grants->env_count;
    block->args->mountc = (unsigned)grants->file_count;
    free(directory);
    free(path);
}

static struct block make_args(const struct session *s) {
    const struct session_config *c = &s->config;
    struct block block = {text_grow(NULL, 1, sizeof *block.args), sizeof *block.args};
    *block.args = (struct boot_args){
        .magic = BOOT_ARGS_MAGIC,
        .argc = (unsigned)c->argc,
        .grants = c->grants->flags,
        .flags = c->strace ? BOOT_STRACE : 0,
        .bank = c->grants->bank,
        .memory = (unsigned)(c->memory >> 20),
        .user = getuid(),
        .group = getgid(),
        .seed = c->seed,
    };
    for (int i = 0; i < c->argc; i++)
        add_string(&block, c->argv[i]);
    if (!s->program->native)
        add_linux(s, &block);
    for (size_t i = 0; i < c->further_count; i++)
        add_string(&block, c->further[i].name);
    block.args->programc = (unsigned)c->further_count;
    block.args->bytes = (unsigned)block.size;
    return block;
}

/* ---- The machine */

struct emu_module session_kernel(const struct session *s) {
    return s->kernel ? (struct emu_module){s->kernel, s->kernel_size}
                     : (struct emu_module){kernel_image, (uintptr_t)kernel_image_end - (uintptr_t)kernel_image};
}

/* --memory is the program's. The machine needs more: for the files, an eighth for the kernel's tables, and some for the
 * kernel itself, init, the bank and the Linux personality. */
static uint64_t ram_for(const struct session *s) {
    uint64_t ram = s->config.memory + s->config.memory / 8 + (8ul << 20) + s->program->image_size;
    for (size_t i = 0; i < s->config.further_count; i++)
        ram += s->further[i]->image_size;
    ram -= ram % RAM_UNIT;
    return ram < RAM_MAX ? ram : RAM_MAX;
}

/* But for what is to be booted. */
static struct emu_config make_config(const struct session *s, const struct emu_grant *grants) {
    return (struct emu_config){
        .ram_size = ram_for(s),
        .kernel = session_kernel(s),
        .stream_fd = {s->config.stream_fd[0], s->config.stream_fd[1], s->config.stream_fd[2]},
        .console_fd = 2,
        .grants = grants,
        .grant_count = s->config.grants->file_count,
        .host_time = s->config.grants->flags & GRANT_TIME,
        .clock = s->config.clock,
        .count_instructions = s->config.count_instructions,
    };
}

enum facet_status session_load_machine(struct session *s, struct archive *from, struct facet_error *error) {
    struct emu_grant *grants = grants_for_machine(s->config.grants);
    struct emu_config config = make_config(s, grants);
    config.clock = false;
    enum facet_status status = emu_load(&config, from, &s->emu, error);
    free(grants);
    return status;
}

static enum facet_status create_machine(struct session *s, struct facet_error *error) {
    char cmdline[80];
    struct block args = make_args(s);
    struct emu_grant *grants = grants_for_machine(s->config.grants);
    size_t count = 2;
    struct emu_module modules[2 + BOOT_PROGRAMS_MAX] = {{s->program->image, s->program->image_size},
                                                        {args.args, args.size}};
    for (size_t i = 0; i < s->config.further_count; i++)
        modules[count++] = (struct emu_module){s->further[i]->image, s->further[i]->image_size};
    snprintf(cmdline, sizeof cmdline, CMDLINE_FACET " " CMDLINE_APERTURE "%lx%s", APERTURE_BASE,
             count > 2 ? " " CMDLINE_TIMER : "");
    struct emu_config config = make_config(s, grants);
    config.modules = modules;
    config.module_count = count;
    config.cmdline = cmdline;
    enum facet_status status = emu_create(&config, &s->emu, error);
    free(grants);
    free(args.args);
    return status;
}

/* Runs init until it has loaded the program. An interrupt is kept for session_continue. */
static enum facet_status boot_to_program(struct session *s, struct facet_error *error) {
    for (;;) {
        struct emu_stop stop = emu_run(s->emu);
        const struct debug_block *block = emu_debug_block(s->emu);
        switch (stop.reason) {
        case EMU_STOP_INTERRUPT:
            continue;
        case EMU_STOP_EVENT:
            if (session_event(s, stop.code))
                continue;
            if (stop.code != DEBUG_EVENT_STARTED)
                return facet_fail(error, FACET_ERR_FAILED, "the kernel could not start the program (event %lu)",
                                  stop.code);
            s->process = block->event.arg[0];
            return FACET_OK;
        case EMU_STOP_POWEROFF:
            if (stop.code == 126) /* init has said why */
                return facet_fail(error, FACET_ERR_PROGRAM, "%s: init does not load it", s->program->path);
            return facet_fail(error, FACET_ERR_FAILED, "%s could not be started (the machine ended with status %lu)",
                              s->program->path, stop.code);
        default:
            return facet_fail(error, FACET_ERR_FAILED, "the kernel did not start the program: %.400s", stop.text);
        }
    }
}

enum facet_status session_find_process(struct session *s, struct facet_error *error) {
    s->info = kernel_info_get(s->emu);
    if (!s->info)
        return facet_fail(error, FACET_ERR_FAILED, "the kernel was built from other headers than facet");
    const struct kernel_info *k = s->info;
    char *all = kernel_array(s->emu, k->processes, k->process_count, k->process_stride, struct process);
    for (unsigned long i = 0; all && i < k->process_count; i++) {
        struct process *p = (struct process *)(void *)(all + i * k->process_stride);
        if (p->header.type == CAP_PROCESS && p->header.id == s->process) {
            s->process_at = p;
            s->process_kernel = (struct process *)(void *)((char *)k->processes + i * k->process_stride);
            return FACET_OK;
        }
    }
    return facet_fail(error, FACET_ERR_FAILED, "the kernel names a process %lu that does not exist", s->process);
}

enum facet_status session_boot(struct session *session, struct facet_error *error) {
    enum facet_status status = create_machine(session, error);
    if (status == FACET_OK)
        status = boot_to_program(session, error);
    if (status == FACET_OK)
        status = session_find_process(session, error);
    if (status == FACET_OK)
        dispatch_process_number(session->swaps, session->process_kernel);
    return status;
}
