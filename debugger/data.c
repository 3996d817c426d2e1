/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What expressions remember, and the program's memory as they see it.
 */
#include "expr.h"
#include "text.h"
#include "value.h"

#include <elf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct data *data_of(struct cli *cli) {
    struct symbols *symbols = session_symbols(cli->session);
    if (cli->data && cli->data->c.symbols != symbols)
        expr_forget(cli);
    if (!cli->data) {
        cli->data = calloc(1, sizeof *cli->data);
        facet_assert(cli->data, "out of memory");
        cli->data->cli = cli;
        catalogue_open(&cli->data->c, symbols);
    }
    return cli->data;
}

static void free_variables(struct data *d) {
    for (struct variable *next, *v = d->variables; v; v = next) {
        next = v->next;
        value_free(v->value);
        free(v->name);
        free(v);
    }
}

static void free_displays(struct data *d) {
    for (struct display *next, *display = d->displays; display; display = next) {
        next = display->next;
        free(display->text);
        free(display);
    }
}

void expr_forget(struct cli *cli) {
    struct data *d = cli->data;
    if (!d)
        return;
    for (size_t i = 0; i < d->history_count; i++)
        value_free(d->history[i]);
    free(d->history);
    free_variables(d);
    free_displays(d);
    catalogue_close(&d->c);
    free(d);
    cli->data = NULL;
}

/* ---- Evaluations */

struct evaluation data_begin(struct data *d, struct facet_error *error) {
    struct evaluation evaluation = {.outer = d->values, .error = d->error};
    d->values = NULL;
    d->error = error;
    if (!d->nested++)
        d->frame_known = false;
    return evaluation;
}

bool data_frame(struct data *d) {
    if (!d->frame_known)
        d->has_frame =
            d->cli->started && session_emu(d->cli->session) && frame_selected(d->cli, &d->frame, NULL) == FACET_OK;
    d->frame_known = true;
    return d->has_frame;
}

void data_end(struct data *d, struct evaluation evaluation, struct value *keep) {
    for (struct value *next, *value = d->values; value; value = next) {
        next = value->next;
        if (value == keep)
            value->next = NULL;
        else
            value_free(value);
    }
    d->nested--;
    d->values = evaluation.outer;
    d->error = evaluation.error;
}

void *data_fail(struct data *d, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (d->error)
        vsnprintf(d->error->text, sizeof d->error->text, format, args);
    va_end(args);
    return NULL;
}

/* ---- Memory */

/* Before the program runs, its file says what its memory will hold. */
static size_t read_file(const struct program *program, uint64_t va, uint8_t *bytes, size_t size) {
    Elf64_Ehdr header;
    memcpy(&header, program->image, sizeof header);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr ph;
        memcpy(&ph, program->image + header.e_phoff + i * sizeof ph, sizeof ph);
        uint64_t start = ph.p_vaddr + program->bias;
        if (ph.p_type != PT_LOAD || va < start || va - start >= ph.p_memsz)
            continue;
        uint64_t at = va - start, room = ph.p_memsz - at;
        size_t length = size < room ? size : (size_t)room;
        uint64_t here = at < ph.p_filesz ? ph.p_filesz - at : 0;
        size_t filled = length < here ? length : (size_t)here;
        memset(bytes, 0, length);
        if (filled)
            memcpy(bytes, program->image + ph.p_offset + at, filled);
        return length;
    }
    return 0;
}

size_t data_read_some(struct data *d, uint64_t va, void *bytes, size_t size) {
    if (d->cli->started)
        return session_read(d->cli->session, va, bytes, size);
    return read_file(session_program(d->cli->session), va, bytes, size);
}

size_t expr_read(struct cli *cli, uint64_t va, void *bytes, size_t size) {
    return data_read_some(data_of(cli), va, bytes, size);
}

bool data_read(struct data *d, uint64_t va, void *bytes, size_t size) {
    size_t got = data_read_some(d, va, bytes, size);
    if (got == size)
        return true;
    data_fail(d, "Cannot access memory at address 0x%" PRIx64, va + got);
    return false;
}

bool data_write(struct data *d, uint64_t va, const void *bytes, size_t size) {
    if (!d->cli->started)
        return data_fail(d, "Cannot change memory: the program is not being run.") != NULL;
    size_t done = session_write(d->cli->session, va, bytes, size);
    if (done == size)
        return true;
    data_fail(d, "Cannot access memory at address 0x%" PRIx64, va + done);
    return false;
}
