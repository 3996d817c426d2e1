/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands about memory objects: swaps, the list of objects, and traversals of the address space.
 */
#include "cmd.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

/* ---- swap, restore, info handlers */

static enum facet_status cmd_swap(struct cli *cli, const char *args, struct facet_error *error) {
    char object[256];
    cmd_word(&args, object, sizeof object);
    if (!*args)
        return facet_fail(error, FACET_ERR_USAGE, "swap wants an object and a handler: swap sym:table trace");
    return session_swap(cli->session, object, args, error);
}

static enum facet_status cmd_restore(struct cli *cli, const char *args, struct facet_error *error) {
    char object[256];
    cmd_word(&args, object, sizeof object);
    if (!*object)
        return facet_fail(error, FACET_ERR_USAGE,
                          "restore wants an object: `info handlers` lists those that are swapped.");
    return session_restore(cli->session, object, *args ? args : NULL, error);
}

enum facet_status cmd_info_handlers(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args, (void)error;
    if (!session_handler_count(cli->session))
        printf("No handlers.\n");
    session_list_handlers(cli->session, stdout);
    fflush(stdout);
    session_report(cli->session, stdout);
    return FACET_OK;
}

/* ---- objects */

/* obj:ID of the page at va, once the program runs. */
static void print_page_id(struct cli *cli, uint64_t va, uint64_t size) {
    struct session_traversal t;
    if (!cli->started || session_traverse(cli->session, va, ACCESS_LOAD, &t, NULL) || !t.steps)
        return;
    uint64_t pages = ((va + size - 1) >> 12) - (va >> 12) + 1;
    if (t.step[t.steps - 1].type == CAP_PAGE)
        printf("  obj:%lu", t.step[t.steps - 1].id);
    if (pages > 1)
        printf(" and %" PRIu64 " more", pages - 1);
}

static void print_object(struct cli *cli, const char *kind, const char *name, uint64_t va, uint64_t size) {
    char full[200];
    snprintf(full, sizeof full, "%s:%s", kind, name);
    printf("%-28s 0x%-12" PRIx64 " %10" PRIu64, full, va, size);
    const char *swapped = session_swapped(cli->session, va, size);
    if (swapped)
        printf("  swapped (%s)", swapped);
    print_page_id(cli, va, size);
    putchar('\n');
}

enum facet_status cmd_objects(struct cli *cli, const char *args, struct facet_error *error) {
    static const char *const parts[] = {"text", "rodata", "data", "bss", "stack"};
    if (*args)
        return facet_fail(error, FACET_ERR_USAGE, "objects takes no arguments.");
    printf("%-28s %-14s %10s\n", "Object", "Address", "Bytes");
    for (int i = 0; i < 5; i++) {
        uint64_t va, size;
        if (program_find_part(session_program(cli->session), (enum program_part)i, &va, &size))
            print_object(cli, "seg", parts[i], va, size);
    }
    size_t count;
    const struct symbol *symbols = symbols_all(session_symbols(cli->session), &count);
    for (size_t i = 0; i < count; i++)
        if (!symbols[i].function && symbols[i].size)
            print_object(cli, "sym", symbols[i].name, symbols[i].va, symbols[i].size);
    return FACET_OK;
}

const struct cmd cmd_space_table[] = {
    {"swap", NULL, cmd_swap, "swap OBJECT HANDLER[:ARGS]", "put a handler in the place of a memory object", false},
    {"restore", NULL, cmd_restore, "restore OBJECT [HANDLER]", "take the newest handler away, or the one named", false},
    {"objects", NULL, cmd_objects, "objects", "the memory objects that have names", false},
    {"traverse", NULL, cmd_traverse, "traverse [--check|--step] ADDRESS [load|store|fetch]",
     "walk the address space capability by capability; --check compares with the MMU", false},
    {"caps", NULL, cmd_caps, "caps [obj:ID]", "the capabilities that the program's process holds, or another one",
     false},
    {0},
};
