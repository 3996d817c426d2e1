/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session_internal.h"

#include "events.h"
#include "kernel.h"
#include "text.h"

#include <string.h>

extern const uint8_t kernel_image[], kernel_image_end[]; /* kernel.elf, embedded by the Makefile */

/* ---- Open and close */

static enum facet_status read_kernel(struct session *s, struct facet_error *error) {
    FILE *file = s->config.kernel ? fopen(s->config.kernel, "re") : NULL;
    if (!s->config.kernel)
        return FACET_OK;
    if (!file)
        return facet_fail(error, FACET_ERR_USAGE, "cannot read the kernel %s: %m", s->config.kernel);
    for (size_t got = 1; got > 0; s->kernel_size += got) {
        s->kernel = text_grow(s->kernel, s->kernel_size + (1 << 20), 1);
        got = fread(s->kernel + s->kernel_size, 1, 1 << 20, file);
    }
    bool bad = ferror(file);
    fclose(file);
    return bad ? facet_fail(error, FACET_ERR_USAGE, "cannot read the kernel %s", s->config.kernel) : FACET_OK;
}

enum facet_status session_open(const struct session_config *config, struct session **session,
                               struct facet_error *error) {
    struct session *s = calloc(1, sizeof *s);
    facet_assert(s, "out of memory");
    s->config = *config;
    enum facet_status status = program_open(config->program, config->memory, &s->program, error);
    if (status == FACET_OK)
        status = symbols_open(config->program, &s->symbols, error);
    if (status == FACET_OK)
        status = read_kernel(s, error);
    if (status == FACET_OK && config->events)
        status = events_open(config->events, &s->events, error);
    if (status == FACET_OK) {
        s->swaps = swaps_new(s->program, s->symbols);
        s->swaps->events = s->events;
    } else {
        session_close(s);
        s = NULL;
    }
    *session = s;
    return status;
}

bool session_close(struct session *s) {
    session_kill(s);
    swaps_free(s->swaps);
    bool good = !s->events || events_close(s->events);
    symbols_close(s->symbols);
    program_close(s->program);
    free(s->kernel);
    free(s->breaks);
    free(s);
    return good;
}

const struct program *session_program(const struct session *session) {
    return session->program;
}
struct symbols *session_symbols(const struct session *session) {
    return session->symbols;
}
struct emu *session_emu(const struct session *session) {
    return session->emu;
}
uint64_t session_process(const struct session *session) {
    return session->emu ? session->process : 0;
}
struct swaps *session_swaps(const struct session *session) {
    return session->swaps;
}
struct events *session_events(const struct session *session) {
    return session->events;
}
bool session_failed(const struct session *session) {
    return session->swaps->failed;
}

struct session_stats session_stats_get(const struct session *s) {
    struct session_stats stats = s->last;
    if (!s->emu)
        return stats;
    stats.emu = emu_stats(s->emu);
    if (!s->info)
        return stats;
    stats.syscalls = s->info->syscalls;
    stats.faults = s->info->faults;
    stats.tables_built = s->info->tables_built;
    stats.tables_live = s->info->tables_live;
    stats.entries_built = s->info->entries_built;
    stats.entries_removed = s->info->entries_removed;
    stats.depend_live = s->info->depend_live;
    stats.depend_evictions = s->info->depend_evictions;
    return stats;
}

/* ---- Swaps */

enum facet_status session_swap(struct session *session, const char *object, const char *handler,
                               struct facet_error *error) {
    return swaps_add(session->swaps, object, handler, error);
}

enum facet_status session_restore(struct session *session, const char *object, const char *handler,
                                  struct facet_error *error) {
    return swaps_remove(session->swaps, object, handler, error);
}

void session_report(struct session *session, FILE *out) {
    swaps_report(session->swaps, out);
}

void session_list_handlers(const struct session *session, FILE *out) {
    if (session_handler_count(session))
        fprintf(out, "%-28s %-28s %10s\n", "Object", "Handler", "Accesses");
    for (size_t i = 0; i < session->swaps->count; i++)
        for (size_t j = 0; j < session->swaps->objects[i]->count; j++) {
            const struct attached *h = session->swaps->objects[i]->chain[j];
            fprintf(out, "%-28s %-28s %10lu\n", h->object.name, h->code.text, h->sequence);
        }
}

size_t session_handler_count(const struct session *session) {
    size_t count = 0;
    for (size_t i = 0; i < session->swaps->count; i++)
        count += session->swaps->objects[i]->count;
    return count;
}

const char *session_swapped(const struct session *session, uint64_t va, uint64_t size) {
    for (size_t i = session->swaps->count; i-- > 0;) {
        const struct object_name *name = &session->swaps->objects[i]->name;
        if (!name->by_id && name->va < va + size && va < name->va + name->size)
            return name->text;
    }
    return NULL;
}

/* ---- Boot */

/* struct boot_args and the strings behind it. The caller frees it. */
static struct boot_args *make_args(const struct session_config *c, size_t *size) {
    *size = sizeof(struct boot_args);
    for (int i = 0; i < c->argc; i++)
        *size += strlen(c->argv[i]) + 1;
    struct boot_args *args = text_grow(NULL, *size, 1);
    *args = (struct boot_args){
        .magic = BOOT_ARGS_MAGIC, .bytes = (unsigned)*size, .argc = (unsigned)c->argc, .grants = c->grants};
    char *to = (char *)(args + 1);
    for (int i = 0; i < c->argc; i++)
        to = stpcpy(to, c->argv[i]) + 1;
    return args;
}

static enum facet_status create_machine(struct session *s, struct facet_error *error) {
    char cmdline[80];
    size_t args_size;
    struct boot_args *args = make_args(&s->config, &args_size);
    const struct emu_module modules[] = {{s->program->image, s->program->image_size}, {args, args_size}};
    snprintf(cmdline, sizeof cmdline, CMDLINE_FACET " " CMDLINE_APERTURE "%lx", APERTURE_BASE);
    const struct emu_config config = {
        .ram_size = s->config.memory,
        .kernel = s->kernel ? (struct emu_module){s->kernel, s->kernel_size}
                            : (struct emu_module){kernel_image, (uintptr_t)kernel_image_end - (uintptr_t)kernel_image},
        .modules = modules,
        .module_count = 2,
        .cmdline = cmdline,
        .stream_fd = {s->config.stream_fd[0], s->config.stream_fd[1], s->config.stream_fd[2]},
        .console_fd = 2,
        .clock = s->config.clock,
        .count_instructions = s->config.count_instructions,
    };
    enum facet_status status = emu_create(&config, &s->emu, error);
    free(args);
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
            if (stop.code == DEBUG_EVENT_MESSAGE)
                fprintf(stderr, "facet: %.*s\n", (int)sizeof block->text, block->text);
            if (stop.code == DEBUG_EVENT_MESSAGE)
                continue;
            if (stop.code != DEBUG_EVENT_STARTED)
                return facet_fail(error, FACET_ERR_FAILED, "the kernel could not start the program (event %lu)",
                                  stop.code);
            s->process = block->event.arg[0];
            return FACET_OK;
        case EMU_STOP_POWEROFF:
            if (stop.code == 126) /* init has said why */
                return facet_fail(error, FACET_ERR_PROGRAM, "%s: init does not load it", s->program->path);
            return facet_fail(error, FACET_ERR_FAILED, "the kernel ended before the program started (status %lu)",
                              stop.code);
        default:
            return facet_fail(error, FACET_ERR_FAILED, "the kernel did not start the program: %.400s", stop.text);
        }
    }
}

/* Finds the program's process among the kernel's. */
static enum facet_status find_process(struct session *s, struct facet_error *error) {
    s->info = kernel_info_get(s->emu);
    if (!s->info)
        return facet_fail(error, FACET_ERR_FAILED, "the kernel was built from other headers than facet");
    for (unsigned long i = 0; i < s->info->process_count; i++) {
        struct process *at = (struct process *)(void *)((char *)s->info->processes + i * s->info->process_stride);
        struct process *p = kernel_pointer(s->emu, at, sizeof *p);
        if (p && p->header.type == CAP_PROCESS && p->header.id == s->process) {
            s->process_at = p;
            s->process_kernel = at;
            dispatch_process_number(s->swaps, at);
            return FACET_OK;
        }
    }
    return facet_fail(error, FACET_ERR_FAILED, "the kernel names a process %lu that does not exist", s->process);
}

enum facet_status session_start(struct session *session, struct facet_error *error) {
    session_kill(session);
    enum facet_status status = session->ran ? swaps_renew(session->swaps, error) : FACET_OK;
    if (status == FACET_OK)
        status = create_machine(session, error);
    if (status == FACET_OK)
        status = boot_to_program(session, error);
    if (status == FACET_OK)
        status = find_process(session, error);
    session->ran = true;
    if (status == FACET_OK)
        status = swaps_start(session->swaps, session->emu, session->process, error);
    if (status != FACET_OK)
        session_kill(session);
    return status;
}

void session_kill(struct session *s) {
    struct emu *emu = s->emu;
    s->signal = 0;
    s->break_count = 0;
    if (!emu)
        return;
    s->last = session_stats_get(s);
    swaps_end(s->swaps);
    s->emu = NULL; /* a signal handler may look */
    s->info = NULL;
    s->process_at = NULL;
    emu_destroy(emu);
    if (s->events)
        events_flush(s->events);
}

/* ---- Looking */

void session_regs(struct session *session, struct facet_regs *regs) {
    if ((session_at_home(session) || session->elsewhere) && emu_cpl(session->emu) == 3)
        emu_regs_get(session->emu, regs);
    else
        *regs = session->process_at->regs;
}

size_t session_read(struct session *session, uint64_t va, void *bytes, size_t size) {
    return kernel_read(session->emu, session->process, (gva_t){va}, bytes, size);
}

static uint64_t object_id(const struct session *s, uint64_t kernel_virtual) {
    const struct object *o = kernel_virtual ? kernel_pointer(s->emu, (const void *)kernel_virtual, sizeof *o) : NULL;
    return o ? o->id : 0;
}

enum facet_status session_traverse(struct session *session, uint64_t va, enum access access,
                                   struct session_traversal *result, struct facet_error *error) {
    struct kernel_path path;
    enum facet_status status = kernel_traverse(session->emu, session->process, (gva_t){va}, access, &path, error);
    if (status != FACET_OK)
        return status;
    *result = (struct session_traversal){
        .fault = path.fault,
        .steps = (int)path.count,
        .page = path.fault == FAULT_NONE ? path.page.v : 0,
        .restrictions = path.restrictions,
        .keeper = object_id(session, path.keeper),
    };
    for (unsigned i = 0; i < path.count && result->keeper; i++)
        if (path.step[i].keeper)
            result->keeper_of = path.step[i].id;
    memcpy(result->step, path.step, sizeof path.step);
    return FACET_OK;
}

enum facet_status session_touch(struct session *session, uint64_t va, enum access access, enum fault *fault,
                                struct emu_translation *translation, struct facet_error *error) {
    gpa_t top = {0};
    enum facet_status status = kernel_touch(session->emu, session->process, (gva_t){va}, access, fault, &top, error);
    if (status == FACET_OK)
        *translation = top.v ? emu_translate(session->emu, top, (gva_t){va}) : (struct emu_translation){0};
    return status;
}
