/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * traverse: the way of one access through the address space, as the kernel goes it.
 */
#include "caps.h"
#include "cmd.h"
#include "graph_text.h"
#include "object.h"
#include "query.h"
#include "text.h"
#include "traverse.h"

#include <inttypes.h>
#include <string.h>

static const char *const access_names[] = {"load", "store", "fetch"};

void traverse_print_step(int number, const struct traverse_step *s) {
    char own[24];
    printf("%3d  %-7s", number, caps_type_name(s->type));
    if (s->type == CAP_PAGE || s->type == CAP_GPT || s->type == CAP_CAPPAGE)
        printf(" obj:%-5lu", s->id);
    if (s->type == CAP_NULL)
        printf(" no capability");
    else if (s->l2g < 64)
        printf(" guard 0x%lx/%u", s->match, s->l2g);
    else
        printf(" no guard");
    printf("  restrictions %s", caps_restrictions(s->restrictions, own));
    if (s->slot >= 0)
        printf("  l2v %u  slot %d", s->l2v, s->slot);
    printf("  rest 0x%lx%s%s\n", s->rest, s->fronted ? "  front" : "", s->keeper ? "  keeper" : "");
}

const char *traverse_swapped(struct cli *cli, const struct access_asked *asked) {
    bool program = asked->process == session_process(cli->session);
    return program ? session_swapped(cli->session, asked->va, 1) : NULL;
}

enum facet_status traverse_ask(struct cli *cli, const struct access_asked *asked, struct session_traversal *answer,
                               struct facet_error *error) {
    return session_traverse(cli->session, asked->process, asked->va, asked->access, answer, error);
}

void traverse_print_end(struct cli *cli, const struct access_asked *asked, const struct session_traversal *t) {
    char gathered[24];
    caps_restrictions(t->restrictions, gathered);
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
           t->page & ~4095ul, asked->va & 4095, gathered);
    const char *swapped = traverse_swapped(cli, asked);
    if (front && swapped)
        printf(", swapped (%s)", swapped);
    printf("\n");
}

void traverse_print_head(struct cli *cli, const struct access_asked *asked) {
    printf("%s at ", access_names[asked->access]);
    if (asked->process != session_process(cli->session)) {
        printf("0x%" PRIx64 " in process obj:%" PRIu64 "\n", asked->va, asked->process);
        return;
    }
    cmd_print_address(cli, asked->va);
    printf(" in process 1\n");
}

static enum facet_status traverse_once(struct cli *cli, const struct access_asked *asked, struct facet_error *error) {
    struct session_traversal t;
    enum facet_status status = traverse_ask(cli, asked, &t, error);
    if (status)
        return status;
    traverse_print_head(cli, asked);
    for (int i = 0; i < t.steps; i++)
        traverse_print_step(i + 1, &t.step[i]);
    traverse_print_end(cli, asked, &t);
    return FACET_OK;
}

/* Compares one kind of access: what the traversal decides, and what the MMU would do after the kernel had its chance.
 */
static enum facet_status check_access(struct cli *cli, const struct access_asked *asked, bool *equal,
                                      struct facet_error *error) {
    struct session_traversal t;
    struct emu_translation mmu;
    enum fault fault;
    enum access access = asked->access;
    enum facet_status status = traverse_ask(cli, asked, &t, error);
    if (status == FACET_OK)
        status = session_touch(cli->session, asked->process, asked->va, access, &fault, &mmu, error);
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

static enum facet_status traverse_check(struct cli *cli, struct access_asked asked, struct facet_error *error) {
    bool all = true;
    for (int access = ACCESS_LOAD; access <= ACCESS_FETCH; access++) {
        bool equal;
        asked.access = (enum access)access;
        enum facet_status status = check_access(cli, &asked, &equal, error);
        if (status)
            return status;
        all &= equal;
    }
    if (!all)
        return facet_fail(error, FACET_ERR_FAILED,
                          "The page tables are not what the traversal says: this is a bug of facet's kernel.");
    return FACET_OK;
}

/* A word of options at the start. */
static bool option(const char **args, const char *word) {
    size_t length = strlen(word);
    if (strncmp(*args, word, length) || ((*args)[length] && (*args)[length] != ' '))
        return false;
    *args += length + strspn(*args + length, " \t");
    return true;
}

/* The last word may say which access; load without it. Takes it off the text. */
static enum access access_word(char *text) {
    char *last = strrchr(text, ' ');
    for (int i = 0; last && i < 3; i++)
        if (!strcmp(last + 1, access_names[i])) {
            *last = 0;
            return (enum access)i;
        }
    return ACCESS_LOAD;
}

/* Where an object begins now, and its bytes. */
static enum facet_status object_address(struct cli *cli, const char *text, uint64_t *va, uint64_t *size,
                                        struct facet_error *error) {
    struct object_name name;
    enum facet_status status =
        object_parse(text, session_program(cli->session), session_symbols(cli->session), &name, error);
    if (status)
        return status;
    const struct regions *regions = session_regions(cli->session);
    bool there = name.heap  ? regions_of_kind(regions, REGION_HEAP, va, size)
                 : name.map ? regions_map(regions, name.map, va, size)
                            : !name.by_id;
    if (!name.heap && !name.map) {
        *va = name.va;
        *size = name.size;
    }
    free(name.text);
    if (!there)
        return facet_fail(error, FACET_ERR_USAGE, "%s has no address %s.", text,
                          name.by_id ? "of its own: the space decides where it is seen" : "yet");
    return FACET_OK;
}

enum facet_status cmd_place(struct cli *cli, const char *text, uint64_t *va, uint64_t *size,
                            struct facet_error *error) {
    static const char *const kinds[] = {"sym:", "seg:", "va:", "map:", "obj:"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strncmp(text, kinds[i], strlen(kinds[i])))
            return object_address(cli, text, va, size, error);
    *size = 0;
    return cmd_address(cli, text, va, error);
}

/* Behind --process. */
static enum facet_status which_process(struct cli *cli, const char **args, uint64_t *id, struct facet_error *error) {
    char word[GRAPH_TEXT];
    struct query q;
    uint32_t node;
    cmd_word(args, word, sizeof word);
    enum facet_status status = query_begin(&q, cli, word, false, error);
    if (status)
        return status;
    status = query_process(&q, &node, error);
    if (status == FACET_OK)
        *id = q.graph->nodes[node].id;
    return query_end(&q, status, error);
}

/* In any order. */
static enum facet_status options(struct cli *cli, const char **args, struct access_asked *asked, bool *check,
                                 bool *step, struct facet_error *error) {
    for (enum facet_status status = FACET_OK;;) {
        if (option(args, "--check"))
            *check = true;
        else if (option(args, "--step"))
            *step = true;
        else if (option(args, "--process"))
            status = which_process(cli, args, &asked->process, error);
        else
            return FACET_OK;
        if (status)
            return status;
    }
}

/* [--check|--step] [--process PROCESS] ADDRESS|OBJECT [load|store|fetch]; at a terminal one goes through it step by
 * step. */
enum facet_status cmd_traverse(struct cli *cli, const char *args, struct facet_error *error) {
    struct access_asked asked = {.process = session_process(cli->session)};
    uint64_t size;
    enum facet_status status = cmd_need_started(cli, error);
    bool check = false, step = false;
    if (status == FACET_OK)
        status = options(cli, &args, &asked, &check, &step, error);
    if (status)
        return status;
    char *text = text_copy(args);
    asked.access = access_word(text);
    status = cmd_place(cli, text, &asked.va, &size, error);
    free(text);
    if (status)
        return status;
    if (check)
        return traverse_check(cli, asked, error);
    return step || cli_interactive(cli) ? traverse_steps(cli, &asked, error) : traverse_once(cli, &asked, error);
}
