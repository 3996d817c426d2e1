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

/* ---- traverse */

static const char *const access_names[] = {"load", "store", "fetch"};

static const char *type_name(unsigned type) {
    static const char *const names[CAP_TYPES] = {
        "Null",    "Page",  "CapPage", "GPT",     "Process",  "Endpoint", "Entry",  "Resume",      "Range", "Stream",
        "Console", "Debug", "Power",   "Discrim", "Schedule", "Sleep",    "Window", "LocalWindow", "Host",  "HostFile"};
    return type < CAP_TYPES ? names[type] : "?";
}

static const char *restriction_names(unsigned restr, char text[24]) {
    static const char *const names[] = {"RO", "NX", "WK", "OP", "NC"};
    *text = 0;
    for (unsigned i = 0; i < 5; i++)
        if (restr >> i & 1)
            strcat(strcat(text, *text ? "," : ""), names[i]);
    return *text ? text : strcpy(text, "none");
}

static void print_step(int number, const struct traverse_step *s) {
    char own[24];
    printf("%3d  %-7s", number, type_name(s->type));
    if (s->type == CAP_PAGE || s->type == CAP_GPT || s->type == CAP_CAPPAGE)
        printf(" obj:%-5lu", s->id);
    if (s->type == CAP_NULL)
        printf(" no capability");
    else if (s->l2g < 64)
        printf(" guard 0x%lx/%u", s->match, s->l2g);
    else
        printf(" no guard");
    printf("  restrictions %s", restriction_names(s->restrictions, own));
    if (s->slot >= 0)
        printf("  l2v %u  slot %d", s->l2v, s->slot);
    printf("  rest 0x%lx%s%s\n", s->rest, s->fronted ? "  front" : "", s->keeper ? "  keeper" : "");
}

static void print_end(struct cli *cli, uint64_t va, const struct session_traversal *t) {
    char gathered[24];
    restriction_names(t->restrictions, gathered);
    if (t->fault) {
        printf("     fault: %s; ", session_fault_text(t->fault));
        if (t->keeper && t->keeper_of)
            printf("it goes to the keeper of GPT obj:%" PRIu64 ", endpoint obj:%" PRIu64 "\n", t->keeper_of, t->keeper);
        else if (t->keeper)
            printf("it goes to the process's keeper, endpoint obj:%" PRIu64 "\n", t->keeper);
        else
            printf("there is no keeper: the process stops\n");
        return;
    }
    bool front = t->page >= APERTURE_BASE;
    printf("     %s 0x%" PRIx64 " + 0x%" PRIx64 ", restrictions %s", front ? "front at" : "page frame",
           t->page & ~4095ul, va & 4095, gathered);
    const char *swapped = session_swapped(cli->session, va, 1);
    if (front && swapped)
        printf(", swapped (%s)", swapped);
    printf("\n");
}

static enum facet_status traverse_once(struct cli *cli, uint64_t va, enum access access, struct facet_error *error) {
    struct session_traversal t;
    enum facet_status status = session_traverse(cli->session, va, access, &t, error);
    if (status)
        return status;
    printf("%s at ", access_names[access]);
    cmd_print_address(cli, va);
    printf(" in process 1\n");
    for (int i = 0; i < t.steps; i++)
        print_step(i + 1, &t.step[i]);
    print_end(cli, va, &t);
    return FACET_OK;
}

/* Compares one kind of access: what the traversal decides, and what the MMU would do after the kernel had its chance.
 */
static enum facet_status check_access(struct cli *cli, uint64_t va, enum access access, bool *equal,
                                      struct facet_error *error) {
    struct session_traversal t;
    struct emu_translation mmu;
    enum fault fault;
    enum facet_status status = session_traverse(cli->session, va, access, &t, error);
    if (status == FACET_OK)
        status = session_touch(cli->session, va, access, &fault, &mmu, error);
    if (status)
        return status;
    bool granted = mmu.present && mmu.user &&
                   (access == ACCESS_STORE   ? mmu.write
                    : access == ACCESS_FETCH ? mmu.execute
                                             : true);
    bool same = t.fault == FAULT_NONE ? granted && mmu.page.v == (t.page & ~4095ul) : !granted;
    *equal = same && fault == t.fault;
    printf("%-6s traversal: %s", access_names[access], t.fault ? session_fault_text(t.fault) : "page ");
    if (!t.fault)
        printf("0x%" PRIx64, t.page & ~4095ul);
    printf("; page tables: %s", granted ? "page " : mmu.present ? "present, not for this access" : "no entry");
    if (granted)
        printf("0x%" PRIx64, mmu.page.v);
    printf("  %s\n", *equal ? "equal" : "DIFFERENT");
    return FACET_OK;
}

static enum facet_status traverse_check(struct cli *cli, uint64_t va, struct facet_error *error) {
    bool all = true;
    for (int access = ACCESS_LOAD; access <= ACCESS_FETCH; access++) {
        bool equal;
        enum facet_status status = check_access(cli, va, (enum access)access, &equal, error);
        if (status)
            return status;
        all &= equal;
    }
    if (!all)
        return facet_fail(error, FACET_ERR_FAILED,
                          "The page tables are not what the traversal says: this is a bug of facet's kernel.");
    return FACET_OK;
}

/* [--check] ADDRESS [load|store|fetch] */
static enum facet_status cmd_traverse(struct cli *cli, const char *args, struct facet_error *error) {
    char text[300];
    bool check = false;
    enum access access = ACCESS_LOAD;
    uint64_t va;
    enum facet_status status = cmd_need_started(cli, error);
    if (status)
        return status;
    if (!strncmp(args, "--check", 7) && (!args[7] || args[7] == ' ')) {
        check = true;
        args += 7 + strspn(args + 7, " \t");
    }
    snprintf(text, sizeof text, "%s", args);
    char *last = strrchr(text, ' ');
    for (int i = 0; last && i < 3; i++)
        if (!strcmp(last + 1, access_names[i])) {
            access = (enum access)i;
            *last = 0;
            break;
        }
    status = cmd_address(cli, text, &va, error);
    if (status)
        return status;
    return check ? traverse_check(cli, va, error) : traverse_once(cli, va, access, error);
}

const struct cmd cmd_space_table[] = {
    {"swap", NULL, cmd_swap, "swap OBJECT HANDLER[:ARGS]", "put a handler in the place of a memory object", false},
    {"restore", NULL, cmd_restore, "restore OBJECT [HANDLER]", "take the newest handler away, or the one named", false},
    {"objects", NULL, cmd_objects, "objects", "the memory objects that have names", false},
    {"traverse", NULL, cmd_traverse, "traverse [--check] ADDRESS [load|store|fetch]",
     "walk the address space step by step; --check compares with the MMU", false},
    {0},
};
