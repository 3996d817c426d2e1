/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checkpoint_plan.h"

#include "pack.h"
#include "session_internal.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define WORDS_MAX 65536u
#define SWAPS_MAX 65536u
#define MEMORY_MAX (3ul << 30) /* of --memory: options.c */
#define TEXTS_MAX (64ul << 20) /* bytes that all words take */

/* ---- Making one */

static char *absolute(const char *path) {
    char *real = realpath(path, NULL);
    return real ? real : text_copy(path);
}

static struct plan_file program_file(const struct program *program, const char *name) {
    return (struct plan_file){.name = name ? text_copy(name) : NULL,
                              .path = absolute(program->path),
                              .size = program->image_size,
                              .crc = pack_crc(0, program->image, program->image_size)};
}

static struct plan_file kernel_file(const struct session *s) {
    struct emu_module kernel = session_kernel(s);
    return (struct plan_file){.path = s->kernel ? absolute(s->config.kernel) : NULL,
                              .size = kernel.size,
                              .crc = pack_crc(0, kernel.data, kernel.size)};
}

static void add_word(char ***words, size_t *count, char *word) {
    *words = text_grow(*words, *count + 1, sizeof **words);
    (*words)[(*count)++] = word;
}

static void take_grants(struct plan *p, const struct grants *grants) {
    p->grants.flags = grants->flags;
    p->grants.bank = grants->bank;
    for (size_t i = 0; i < grants->env_count; i++)
        add_word(&p->grants.env, &p->grants.env_count, text_copy(grants->env[i]));
    for (size_t i = 0; i < grants->file_count; i++) {
        const struct grant_file *f = &grants->files[i];
        add_word(&p->granted, &p->granted_count,
                 text_format("%s:%s:%s:%s", f->name ? "file" : "dir", f->real, f->write ? "rw" : "ro", f->as));
    }
}

static void add_swap(struct plan *p, char *object, char *handler) {
    p->swaps = text_grow(p->swaps, p->swap_count + 1, sizeof *p->swaps);
    p->swaps[p->swap_count++] = (struct plan_swap){object, handler};
}

/* Objects in their order, and of each the oldest handler first: swaps_visit finds them so. */
static void take_swaps(struct plan *p, const struct swaps *swaps) {
    for (size_t i = 0; i < swaps->count; i++)
        for (size_t j = swaps->objects[i]->count; j-- > 0 && !swaps->objects[i]->hidden;)
            add_swap(p, text_copy(swaps->objects[i]->name.text), text_copy(swaps->objects[i]->chain[j]->code.text));
}

struct plan *plan_make(const struct session *s) {
    struct plan *p = calloc(1, sizeof *p);
    facet_assert(p, "out of memory");
    p->kernel = kernel_file(s);
    p->program = program_file(s->program, NULL);
    p->further_count = s->config.further_count;
    for (size_t i = 0; i < p->further_count; i++)
        p->further[i] = program_file(s->further[i], s->config.further[i].name);
    for (int i = 0; i < s->config.argc; i++)
        add_word(&p->argv, &p->argc, text_copy(s->config.argv[i]));
    p->memory = s->config.memory;
    p->seed = s->config.seed;
    p->strace = s->strace.print;
    p->clock = s->config.clock;
    p->instructions = s->config.count_instructions;
    take_grants(p, s->config.grants);
    take_swaps(p, s->swaps);
    p->now = emu_clock(s->emu);
    for (unsigned i = 0; i < 3; i++)
        p->moved[i] = emu_moved(s->emu, i);
    p->events = s->events ? events_count(s->events) : s->events_before;
    return p;
}

static void free_file(struct plan_file *file) {
    free(file->name);
    free(file->path);
}

static void free_words(char **words, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(words[i]);
    free(words);
}

void plan_free(struct plan *p) {
    if (!p)
        return;
    free_file(&p->kernel);
    free_file(&p->program);
    for (size_t i = 0; i < BOOT_PROGRAMS_MAX; i++)
        free_file(&p->further[i]);
    free_words(p->argv, p->argc);
    free_words(p->granted, p->granted_count);
    for (size_t i = 0; i < p->swap_count; i++) {
        free(p->swaps[i].object);
        free(p->swaps[i].handler);
    }
    free(p->swaps);
    grants_free(&p->grants);
    free(p);
}

/* ---- In the file */

static void file_visit(struct archive *a, struct plan_file *file) {
    archive_text(a, &file->name);
    archive_text(a, &file->path);
    archive_value(a, file->size);
    archive_value(a, file->crc);
}

/* A text that must be there. */
static void word_visit(struct archive *a, char **word) {
    archive_text(a, word);
    if (a->taken > TEXTS_MAX)
        archive_fail(a);
    if (!*word) {
        archive_fail(a);
        *word = text_copy("");
    }
}

static void words_visit(struct archive *a, char ***words, size_t *count) {
    uint64_t wanted = archive_number(a, *count, WORDS_MAX);
    for (uint64_t i = 0; i < wanted && !a->bad; i++) {
        if (a->loading)
            add_word(words, count, NULL);
        word_visit(a, &(*words)[i]);
    }
}

static void plan_swaps_visit(struct plan *p, struct archive *a) {
    uint64_t wanted = archive_number(a, p->swap_count, SWAPS_MAX);
    for (uint64_t i = 0; i < wanted && !a->bad; i++) {
        if (a->loading)
            add_swap(p, NULL, NULL);
        word_visit(a, &p->swaps[i].object);
        word_visit(a, &p->swaps[i].handler);
    }
}

void plan_visit(struct plan *p, struct archive *a) {
    file_visit(a, &p->kernel);
    file_visit(a, &p->program);
    p->further_count = archive_number(a, p->further_count, BOOT_PROGRAMS_MAX);
    for (size_t i = 0; i < p->further_count; i++) {
        file_visit(a, &p->further[i]);
        p->names[i] = (struct session_program){p->further[i].name, p->further[i].path};
        if (!p->further[i].name || !p->further[i].path)
            archive_fail(a);
    }
    words_visit(a, &p->argv, &p->argc);
    p->memory = archive_number(a, p->memory, MEMORY_MAX);
    archive_value(a, p->seed);
    archive_flag(a, &p->strace);
    archive_flag(a, &p->clock);
    archive_flag(a, &p->instructions);
    archive_value(a, p->grants.flags);
    archive_value(a, p->grants.bank);
    words_visit(a, &p->grants.env, &p->grants.env_count);
    words_visit(a, &p->granted, &p->granted_count);
    plan_swaps_visit(p, a);
    archive_value(a, p->now);
    archive_value(a, p->moved);
    archive_value(a, p->events);
    if (!p->program.path || p->argc == 0)
        archive_fail(a);
}

/* ---- Does it fit? */

#define CHANGED "the program %s has changed since the checkpoint was made: it is needed as it was"

/* It may be a file, or write one. These neither are nor do. */
static bool reaches_host(const char *handler) {
    static const char *const harmless[] = {"count", "watch", "freeze", "once", "flip", "poison", "endpoint"};
    size_t length = strcspn(handler, ":");
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (strlen(harmless[i]) == length && strncmp(handler, harmless[i], length) == 0)
            return false;
    return strcmp(handler, "trace") != 0 && strcmp(handler, "log") != 0;
}

static void add_want(char *text, size_t room, const char *format, const char *what) {
    size_t used = strlen(text);
    if (used < room)
        snprintf(text + used, room - used, format, used ? ", " : "", what);
}

enum facet_status plan_check_trust(const struct plan *p, const char *path, struct facet_error *error) {
    char wants[300] = "";
    for (size_t i = 0; i < p->granted_count; i++)
        add_want(wants, sizeof wants, "%s--grant %s", p->granted[i]);
    if (p->grants.flags & GRANT_TIME)
        add_want(wants, sizeof wants, "%s--grant %s", "time");
    for (size_t i = 0; i < p->swap_count; i++)
        if (reaches_host(p->swaps[i].handler))
            add_want(wants, sizeof wants, "%sthe handler %s", p->swaps[i].handler);
    if (!*wants)
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE,
                      "%.80s reaches out of its machine: %s%s; if you know who made it: --trust", path, wants,
                      strlen(wants) + 1 == sizeof wants ? "…" : "");
}

/* What the checkpoint names is not even opened unless it is a file of that size. */
static enum facet_status check_place(const struct plan_file *file, struct facet_error *error) {
    struct stat status;
    if (stat(file->path, &status) != 0)
        return facet_fail(error, FACET_ERR_PROGRAM, "cannot read the program %s: %s", file->path, strerror(errno));
    if (S_ISREG(status.st_mode) && (uint64_t)status.st_size == file->size)
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE, CHANGED, file->path);
}

enum facet_status plan_check_places(const struct plan *p, struct facet_error *error) {
    enum facet_status status = check_place(&p->program, error);
    for (size_t i = 0; i < p->further_count && status == FACET_OK; i++)
        status = check_place(&p->further[i], error);
    return status;
}

static enum facet_status check_file(const struct plan_file *file, const void *image, size_t size,
                                    struct facet_error *error) {
    if (file->size == size && file->crc == pack_crc(0, image, size))
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE, CHANGED, file->path);
}

enum facet_status plan_check_files(const struct plan *p, const struct session *s, struct facet_error *error) {
    struct emu_module kernel = session_kernel(s);
    if (p->kernel.size != kernel.size || p->kernel.crc != pack_crc(0, kernel.data, kernel.size))
        return facet_fail(error, FACET_ERR_USAGE,
                          p->kernel.path ? "the checkpoint was made with --kernel %s: give it again, unchanged"
                                         : "the checkpoint was made by another build of facet, whose kernel%s was "
                                           "another one: use that",
                          p->kernel.path ? p->kernel.path : "");
    enum facet_status status = check_file(&p->program, s->program->image, s->program->image_size, error);
    for (size_t i = 0; i < p->further_count && status == FACET_OK; i++)
        status = check_file(&p->further[i], s->further[i]->image, s->further[i]->image_size, error);
    return status;
}

enum facet_status plan_grant(struct plan *p, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    for (size_t i = 0; i < p->granted_count && status == FACET_OK; i++)
        status = strncmp(p->granted[i], "dir:", 4) == 0 || strncmp(p->granted[i], "file:", 5) == 0
                     ? grants_add(&p->grants, p->granted[i], error)
                     : facet_fail(error, FACET_ERR_USAGE, "the checkpoint names an impossible grant");
    return status;
}

/* Whoever made the file chose the text. */
static void put_word(FILE *out, const char *before, const char *text) {
    char *plain = text_plain(text);
    fprintf(out, "%s%s", before, plain);
    free(plain);
}

void plan_describe(const struct plan *p, FILE *out) {
    put_word(out, "program   ", p->program.path);
    for (size_t i = 0; i < p->further_count; i++) {
        put_word(out, "\n          ", p->further[i].name);
        put_word(out, "=", p->further[i].path);
    }
    fprintf(out, "\narguments");
    for (size_t i = 1; i < p->argc; i++)
        put_word(out, " ", p->argv[i]);
    put_word(out, "\nkernel    ", p->kernel.path ? p->kernel.path : "built in");
    fprintf(out, "\nmemory    %lu MiB\n", p->memory >> 20);
    fprintf(out, "clock     %lu\n", p->now);
    fprintf(out, "events    %lu\n", p->events);
    fprintf(out, "stdin     %lu bytes read\n", p->moved[0]);
    fprintf(out, "stdout    %lu bytes written\n", p->moved[1]);
    fprintf(out, "stderr    %lu bytes written\n", p->moved[2]);
    for (size_t i = 0; i < p->granted_count; i++) {
        put_word(out, "grant     ", p->granted[i]);
        fputc('\n', out);
    }
    for (size_t i = 0; i < p->swap_count; i++) {
        put_word(out, "swap      ", p->swaps[i].object);
        put_word(out, "=", p->swaps[i].handler);
        fputc('\n', out);
    }
}
