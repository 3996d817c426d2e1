/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "objects.h"

#include "text.h"

#include <inttypes.h>
#include <string.h>

struct list {
    struct session *session;
    const char *part;
    FILE *out;
    size_t count; /* lines so far */
};

static bool runs(const struct list *list) {
    return session_process(list->session) != 0;
}

/* obj:ID of the page at va, once the program runs. */
static void put_page_id(const struct list *list, uint64_t va, uint64_t size) {
    struct session_traversal t;
    if (!runs(list) || session_traverse(list->session, session_process(list->session), va, ACCESS_LOAD, &t, NULL) ||
        !t.steps)
        return;
    uint64_t pages = ((va + size - 1) >> 12) - (va >> 12) + 1;
    bool there = t.step[t.steps - 1].type == CAP_PAGE;
    if (there)
        fprintf(list->out, "  obj:%lu", t.step[t.steps - 1].id);
    if (there && pages > 1)
        fprintf(list->out, " and %" PRIu64 " more", pages - 1);
}

/* True: the line was wanted and stands there, without its end. */
static bool put_object(struct list *list, const char *name, uint64_t va, uint64_t size) {
    if (list->part && !strstr(name, list->part))
        return false;
    if (list->count++ == 0)
        fprintf(list->out, "%-28s %-14s %10s\n", "Object", "Address", "Bytes");
    if (size)
        fprintf(list->out, "%-28s 0x%-12" PRIx64 " %10" PRIu64, name, va, size);
    else
        fprintf(list->out, "%-28s %-14s %10s", name, "-", "-");
    const char *swapped = size ? session_swapped(list->session, va, size) : NULL;
    if (swapped)
        fprintf(list->out, "  swapped (%s)", swapped);
    return true;
}

static void list_object(struct list *list, const char *name, uint64_t va, uint64_t size) {
    if (!put_object(list, name, va, size))
        return;
    put_page_id(list, va, size);
    fputc('\n', list->out);
}

static void list_heap(struct list *list) {
    uint64_t va, size;
    bool there = regions_of_kind(session_regions(list->session), REGION_HEAP, &va, &size);
    if (runs(list) && there)
        list_object(list, "seg:heap", va, size);
    else if (put_object(list, "seg:heap", 0, 0))
        fputs("  when the program has called brk\n", list->out);
}

static void list_segments(struct list *list) {
    static const char *const parts[] = {"seg:text", "seg:rodata", "seg:data", "seg:bss", "seg:stack"};
    const struct program *program = session_program(list->session);
    for (int i = 0; i < 5; i++) {
        uint64_t va, size;
        if (i == PART_STACK && !program->native)
            list_heap(list);
        if (program_find_part(program, (enum program_part)i, &va, &size))
            list_object(list, parts[i], va, size);
    }
}

static void list_maps(struct list *list) {
    const struct regions *regions = session_regions(list->session);
    char name[32];
    uint64_t va, size;
    for (unsigned i = 1; runs(list) && i <= regions_map_count(regions); i++) {
        if (!regions_map(regions, i, &va, &size))
            continue;
        snprintf(name, sizeof name, "map:%u", i);
        if (!put_object(list, name, va, size))
            continue;
        const struct area *area = regions_at(regions, va);
        fprintf(list->out, "  %c%c%c %s", area->flags & REGION_R ? 'r' : '-', area->flags & REGION_W ? 'w' : '-',
                area->flags & REGION_X ? 'x' : '-', *area->name ? area->name : regions_kind_name(area->flags));
        put_page_id(list, va, size);
        fputc('\n', list->out);
    }
}

static void list_symbols(struct list *list) {
    size_t count;
    const struct symbol *symbols = symbols_all(session_symbols(list->session), &count);
    for (size_t i = 0; i < count; i++) {
        if (symbols[i].function || !symbols[i].size ||
            !program_has_address(session_program(list->session), symbols[i].va))
            continue;
        char *name = text_format("sym:%s", symbols[i].name);
        list_object(list, name, symbols[i].va, symbols[i].size);
        free(name);
    }
}

/* The hint is the symbols' own. */
static enum facet_status none_found(const struct list *list, struct facet_error *error) {
    const struct symbol *symbol;
    const char *name = strncmp(list->part, "sym:", 4) == 0 ? list->part + 4 : list->part, *hint;
    struct facet_error why = {""};
    if (symbols_find(session_symbols(list->session), name, &symbol, &why) == FACET_OK)
        return facet_fail(error, FACET_ERR_USAGE, "\"%s\" is %s", name,
                          symbol->function ? "a function, part of seg:text; sym:NAME swaps its code"
                                           : "a symbol without a size: use va:ADDR+LEN");
    hint = strstr(why.text, "; did you mean");
    hint = hint ? hint : strstr(why.text, ": the program has no symbol table");
    return facet_fail(error, FACET_ERR_USAGE, "no object has \"%.100s\" in its name%s", list->part, hint ? hint : "");
}

enum facet_status objects_list(struct session *session, const char *part, FILE *out, struct facet_error *error) {
    struct list list = {.session = session, .part = part, .out = out};
    list_segments(&list);
    list_maps(&list);
    list_symbols(&list);
    return list.count ? FACET_OK : none_found(&list, error);
}

/* ---- Without running */

static int usage(FILE *out, int status) {
    fputs("usage: facet objects PROGRAM [NAME]\n"
          "Lists the memory objects of PROGRAM that can be swapped, those with NAME in their name; runs nothing.\n",
          out);
    return status;
}

int objects_main(int argc, char **argv) {
    static const struct grants none = {0};
    struct facet_error error;
    struct session *session;
    if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        return usage(stdout, 0);
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        fputs("facet: objects wants a program, and perhaps part of a name\n", stderr);
        return usage(stderr, 2);
    }
    const struct session_config config = {
        .program = argv[1], .argv = argv + 1, .argc = 1, .memory = 3ull << 30, .grants = &none};
    enum facet_status status = session_open(&config, &session, &error);
    if (status == FACET_OK) {
        status = objects_list(session, argc == 3 ? argv[2] : NULL, stdout, &error);
        session_close(session);
    }
    if (status == FACET_OK)
        return 0;
    fprintf(stderr, "facet: %s\n", error.text);
    return status == FACET_ERR_PROGRAM ? 126 : 2;
}
