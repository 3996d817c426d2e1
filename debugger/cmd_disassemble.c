/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disasm.h"
#include "expr.h"
#include "frame.h"
#include "lines.h"
#include "source.h"
#include "stack.h"
#include "text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

struct listing {
    struct cli *cli;
    bool raw, source; /* /r, /s or /m */
    uint64_t first, end;
    uint64_t function; /* "<+4>" counts from here; 0: name and offset */
    uint64_t pc;       /* of the selected frame; 0: none */
    int line;          /* shown last */
};

static void print_raw(struct listing *l, uint64_t va, unsigned bytes) {
    uint8_t code[DISASM_LONGEST];
    char text[3 * DISASM_LONGEST + 1] = "";
    size_t got = session_read(l->cli->session, va, code, bytes);
    for (size_t i = 0; i < got; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), i ? " %02x" : "%02x", code[i]);
    printf("%-19s\t", text);
}

static void print_source(struct listing *l, uint64_t va) {
    struct line_place place;
    if (!lines_at(session_symbols(l->cli->session), va, &place) || place.start != va || place.line == l->line)
        return;
    const struct source_file *file = source_find(place.path, place.directory);
    if (!l->line)
        printf("%s:\n", place.file);
    else
        printf("\n");
    if (file && place.line <= file->count)
        printf("%d\t%s\n", place.line, file->line[place.line - 1]);
    else
        printf("%d\tin %s\n", place.line, place.file);
    l->line = place.line;
}

static void print_label(struct listing *l, uint64_t va) {
    char name[SYMBOL_TEXT];
    if (l->function)
        printf(" <+%" PRIu64 ">", va - l->function);
    else if (*symbols_gdb_name(session_symbols(l->cli->session), va, name))
        printf(strchr(name, '+') ? " <%s>" : " <%s+0>", name);
}

static enum facet_status print_listing(struct listing *l, struct facet_error *error) {
    char text[256];
    for (uint64_t va = l->first; va < l->end && !cli_interrupted();) {
        unsigned bytes = disasm_one(l->cli, va, text, sizeof text);
        if (!bytes)
            return facet_fail(error, FACET_ERR_USAGE, "Cannot access memory at address 0x%" PRIx64, va);
        if (l->source)
            print_source(l, va);
        printf(va == l->pc ? "=> " : "   ");
        printf("0x%016" PRIx64, va);
        print_label(l, va);
        printf(":\t");
        if (l->raw)
            print_raw(l, va, bytes);
        printf("%s\n", text);
        va += bytes;
    }
    printf("End of assembler dump.\n");
    return FACET_OK;
}

/* ---- What to show */

static enum facet_status take_modifiers(struct listing *l, const char **args, struct facet_error *error) {
    if (**args != '/')
        return FACET_OK;
    for (++*args; **args && !isspace((unsigned char)**args); ++*args)
        if (**args == 'r')
            l->raw = true;
        else if (**args == 's' || **args == 'm')
            l->source = true;
        else
            return facet_fail(error, FACET_ERR_USAGE, "Invalid disassembly modifier: %c.", **args);
    *args += strspn(*args, " \t");
    return FACET_OK;
}

static enum facet_status take_function(struct listing *l, uint64_t va, struct facet_error *error) {
    const struct symbol *function = symbols_at(session_symbols(l->cli->session), va);
    if (!function || !function->function)
        return facet_fail(error, FACET_ERR_USAGE, "No function contains %s address.",
                          va == l->pc ? "program counter for selected frame" : "specified");
    l->first = l->function = function->va;
    l->end = function->va + function->size;
    for (uint64_t next = va; !function->size && next < va + 4096; next++)
        if (symbols_at(session_symbols(l->cli->session), next) == function)
            l->end = next + 1;
    printf("Dump of assembler code for function %s:\n", function->name);
    return FACET_OK;
}

/* "FIRST,LAST" or "FIRST,+LENGTH" */
static enum facet_status take_range(struct listing *l, char *text, char *comma, struct facet_error *error) {
    *comma++ = 0;
    comma += strspn(comma, " \t");
    bool length = *comma == '+';
    enum facet_status status = expr_address(l->cli, text, &l->first, error);
    if (status == FACET_OK)
        status = expr_address(l->cli, comma + length, &l->end, error);
    if (status)
        return status;
    l->end += length ? l->first : 0;
    printf("Dump of assembler code from 0x%" PRIx64 " to 0x%" PRIx64 ":\n", l->first, l->end);
    return FACET_OK;
}

static enum facet_status cmd_disassemble(struct cli *cli, const char *args, struct facet_error *error) {
    struct listing l = {.cli = cli};
    struct frame frame;
    uint64_t va;
    enum facet_status status = take_modifiers(&l, &args, error);
    if (status == FACET_OK && !*args)
        status = cmd_need_started(cli, error);
    if (status == FACET_OK && cli->started)
        status = frame_selected(cli, &frame, error);
    if (status)
        return status;
    l.pc = va = cli->started ? frame.pc : 0;
    char *copy = text_copy(args), *comma = strchr(copy, ',');
    if (comma) {
        status = take_range(&l, copy, comma, error);
    } else {
        status = *args ? expr_address(cli, args, &va, error) : FACET_OK;
        if (status == FACET_OK)
            status = take_function(&l, va, error);
    }
    free(copy);
    return status ? status : print_listing(&l, error);
}

enum facet_status cmd_set_disassembly(struct cli *cli, const char *args, struct facet_error *error) {
    if (strcmp(args, "att") && strcmp(args, "intel"))
        return facet_fail(error, FACET_ERR_USAGE, "Undefined item: \"%s\": att or intel.", args);
    cli->set.intel = *args == 'i';
    return FACET_OK;
}

const struct cmd cmd_disassemble_table[] = {
    {"disassemble", NULL, cmd_disassemble, "disassemble[/rs] [FUNCTION|ADDRESS|FIRST,LAST|FIRST,+LENGTH]",
     "show instructions; /r: with their bytes, /s: with the source", true},
    {0},
};
