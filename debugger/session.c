/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session_internal.h"

#include "checkpoint_plan.h"
#include "events.h"
#include "kernel.h"
#include "text.h"

#include <string.h>

#define PAGE 4096u

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

/* The programs that --program names. */
static enum facet_status open_further(struct session *s, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    for (size_t i = 0; i < s->config.further_count && status == FACET_OK; i++) {
        const struct session_program *at = &s->config.further[i];
        status = program_open(at->path, s->config.memory, &s->further[i], error);
        if (status == FACET_OK && !s->further[i]->native)
            status = facet_fail(error, FACET_ERR_PROGRAM,
                                "--program %s=%s: that is a Linux program, and has no capabilities: one is wanted that "
                                "was built with facet/guest.h",
                                at->name, at->path);
    }
    return status;
}

enum facet_status session_open(const struct session_config *config, struct session **session,
                               struct facet_error *error) {
    struct session *s = calloc(1, sizeof *s);
    facet_assert(s, "out of memory");
    s->config = *config;
    s->strace.print = config->strace;
    enum facet_status status = program_open(config->program, config->memory, &s->program, error);
    if (status == FACET_OK)
        status = symbols_open(config->program, s->program->bias, &s->symbols, error);
    if (status == FACET_OK)
        status = open_further(s, error);
    if (status == FACET_OK)
        status = read_kernel(s, error);
    if (status == FACET_OK && config->events)
        status = events_open(config->events, &s->events, error);
    if (status == FACET_OK) {
        s->swaps = swaps_new(s->program, s->symbols);
        s->regions = regions_new();
        s->swaps->regions = s->regions;
        s->swaps->events = s->events;
        s->swaps->seed = config->seed;
    } else {
        session_close(s);
        s = NULL;
    }
    *session = s;
    return status;
}

static void drop_arguments(struct session *s) {
    for (int i = 0; s->argv && i < s->config.argc; i++)
        free(s->argv[i]);
    free(s->argv);
}

void session_set_arguments(struct session *session, int argc, char *const *argv) {
    char **copy = text_grow(NULL, (size_t)argc + 1, sizeof *copy);
    for (int i = 0; i < argc; i++)
        copy[i] = text_copy(argv[i]);
    drop_arguments(session);
    session->argv = copy;
    session->config.argv = copy;
    session->config.argc = argc;
}

void session_set_stream(struct session *session, int stream, int fd) {
    session->config.stream_fd[stream] = fd;
}

bool session_close(struct session *s) {
    session_kill(s);
    bool good = swaps_free(s->swaps);
    if (s->events && !events_close(s->events))
        good = false;
    strace_free(&s->strace);
    regions_free(s->regions);
    symbols_close(s->symbols);
    program_close(s->program);
    for (size_t i = 0; i < BOOT_PROGRAMS_MAX; i++)
        program_close(s->further[i]);
    free(s->kernel);
    free(s->breaks);
    free(s->kept);
    drop_arguments(s);
    plan_free(s->plan);
    free(s);
    return good;
}

bool session_has_clock(const struct session *session) {
    return session->config.clock;
}

int session_argc(const struct session *session) {
    return session->config.argc;
}

char *const *session_argv(const struct session *session) {
    return session->config.argv;
}

const struct program *session_program(const struct session *session) {
    return session->program;
}
struct symbols *session_symbols(const struct session *session) {
    return session->symbols;
}
const struct strace *session_strace(const struct session *session) {
    return &session->strace;
}
const struct regions *session_regions(const struct session *session) {
    return session->regions;
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
    stats.clock = emu_clock(s->emu);
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

void session_keep(struct session *session, char *bytes, size_t size) {
    free(session->kept);
    session->kept = bytes;
    session->kept_size = size;
}

const char *session_kept(const struct session *session, size_t *size, bool *trusted) {
    *size = session->kept ? session->kept_size : 0;
    *trusted = session->trusted;
    return session->kept;
}

enum facet_status session_restore(struct session *session, const char *object, const char *handler,
                                  struct facet_error *error) {
    return swaps_remove(session->swaps, object, handler, error);
}

/* An object that the program decides about may never have been; a handler that was never asked does not say so. */
static void report_absent(const struct session *s, const struct swapped *o, FILE *out) {
    unsigned maps = regions_map_count(s->regions);
    if (o->met || o->name.by_id || o->name.heap)
        return;
    if (o->name.map && o->name.map > maps)
        fprintf(out, "%s was never there: the program made %u mapping%s\n", o->name.text, maps, maps == 1 ? "" : "s");
    else if (!o->name.map && !regions_at(s->regions, o->name.va))
        fprintf(out, "%s was never there: the program had no memory at that address\n", o->name.text);
}

void session_stop_at_broken(struct session *session, bool stop) {
    session->swaps->stop_broken = stop;
}

bool session_stops_at_broken(const struct session *session) {
    return session->swaps->stop_broken;
}

void session_report(struct session *session, FILE *out) {
    swaps_report(session->swaps, out);
    for (size_t i = 0; i < session->swaps->count && session->ran && !session->program->native; i++)
        report_absent(session, session->swaps->objects[i], out);
}

void session_list_handlers(const struct session *session, FILE *out) {
    if (session_handler_count(session))
        fprintf(out, "%-28s %-28s %10s\n", "Object", "Handler", "Accesses");
    for (size_t i = 0; i < session->swaps->count; i++)
        for (size_t j = 0; !session->swaps->objects[i]->hidden && j < session->swaps->objects[i]->count; j++) {
            const struct attached *h = session->swaps->objects[i]->chain[j];
            fprintf(out, "%-28s %-28s %10lu\n", h->object.name, h->code.text, h->sequence);
        }
}

size_t session_handler_count(const struct session *session) {
    size_t count = 0;
    for (size_t i = 0; i < session->swaps->count; i++)
        count += session->swaps->objects[i]->hidden ? 0 : session->swaps->objects[i]->count;
    return count;
}

const char *session_swapped(const struct session *session, uint64_t va, uint64_t size) {
    for (size_t i = session->swaps->count; i-- > 0;) {
        const struct object_name *name = &session->swaps->objects[i]->name;
        if (!session->swaps->objects[i]->hidden && !name->by_id && name->va < va + size && va < name->va + name->size)
            return name->text;
    }
    return NULL;
}

/* ---- A machine */

enum facet_status session_start(struct session *session, struct facet_error *error) {
    session_kill(session);
    regions_clear(session->regions);
    swaps_endpoints_forget(session->swaps);
    enum facet_status status = session->ran ? swaps_renew(session->swaps, error) : FACET_OK;
    if (status == FACET_OK)
        status = session_boot(session, error);
    if (status == FACET_OK && !session->program->native)
        strace_start(&session->strace, session->program->path, session->config.argv, session->config.argc,
                     session->config.grants->env_count);
    session->ran = true;
    if (status == FACET_OK)
        status = swaps_start(session->swaps, session->emu, session->process, error);
    if (status != FACET_OK)
        session_kill(session);
    return status;
}

void session_kill(struct session *s) {
    struct emu *emu = s->emu;
    if (s->signal && emu && !s->program->native)
        strace_end(&s->strace, 0, s->signal);
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

enum facet_status session_regs_set(struct session *session, const struct facet_regs *regs, struct facet_error *error) {
    if (!session_at_home(session) || emu_cpl(session->emu) != 3)
        return facet_fail(
            error, FACET_ERR_USAGE,
            "The program is inside a system call or a fault: its registers can be changed after `stepi`.");
    emu_regs_set(session->emu, regs);
    return FACET_OK;
}

/* Bytes from va on in a region whose absent pages are zeros. */
static size_t unused_bytes(const struct session *s, uint64_t va) {
    const struct area *r = regions_at(s->regions, va);
    if (!r || (r->flags & REGION_KIND) == REGION_FILE)
        return 0;
    return r->va + r->size - va;
}

#define FXSAVE_XMM 160 /* where its image has them */

void session_xmm(struct session *session, unsigned index, uint8_t bytes[16]) {
    if (session->info->fpu_owner == session->process_kernel)
        emu_xmm_get(session->emu, index, bytes);
    else
        memcpy(bytes, session->process_at->fpu + FXSAVE_XMM + 16 * index, 16);
}

size_t session_read(struct session *session, uint64_t va, void *bytes, size_t size) {
    size_t done = 0, room;
    for (;;) {
        done += kernel_read(session->emu, session->process, (gva_t){va + done}, (uint8_t *)bytes + done, size - done);
        room = done < size ? unused_bytes(session, va + done) : 0;
        if (room == 0)
            return done;
        size_t page = PAGE - (va + done) % PAGE;
        room = room < page ? room : page;
        room = room < size - done ? room : size - done;
        memset((uint8_t *)bytes + done, 0, room);
        done += room;
    }
}

size_t session_write(struct session *session, uint64_t va, const void *bytes, size_t size) {
    return kernel_write(session->emu, session->process, (gva_t){va}, bytes, size);
}

static uint64_t object_id(const struct session *s, uint64_t kernel_virtual) {
    const struct object *o = kernel_virtual ? kernel_pointer(s->emu, (const void *)kernel_virtual, sizeof *o) : NULL;
    return o ? o->id : 0;
}

enum facet_status session_traverse(struct session *session, uint64_t process, uint64_t va, enum access access,
                                   struct session_traversal *result, struct facet_error *error) {
    struct kernel_path path;
    enum facet_status status = kernel_traverse(session->emu, process, (gva_t){va}, access, &path, error);
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

enum facet_status session_touch(struct session *session, uint64_t process, uint64_t va, enum access access,
                                enum fault *fault, struct emu_translation *translation, struct facet_error *error) {
    gpa_t top = {0};
    enum facet_status status = kernel_touch(session->emu, process, (gva_t){va}, access, fault, &top, error);
    if (status == FACET_OK)
        *translation = top.v ? emu_translate(session->emu, top, (gva_t){va}) : (struct emu_translation){0};
    return status;
}
