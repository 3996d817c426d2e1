/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who sees a page, and the tree of a space, against the kernel's own traversal, on the random spaces of
 * tests/guests/trees.c: guards, restrictions, windows, backgrounds, shared subtrees and cycles.
 */
#include "debugger/tree.h"
#include "debugger/who.h"
#include "guests/trees_model.h"

#include <criterion/criterion.h>
#include <fcntl.h>

static struct session *session;
static struct facet_error error;

#define OK(call) cr_assert_eq(call, FACET_OK, "%s", error.text)

static void open_trees(void) {
    static char name[] = "trees", cases[] = "100000", seed[] = "11", *argv[] = {name, cases, seed, NULL};
    static const struct grants grants = {.flags =
                                             GRANT_STDIN | GRANT_STDOUT | GRANT_STDERR | GRANT_RANGE | GRANT_DEBUG};
    int null = open("/dev/null", O_RDWR);
    const struct session_config config = {.program = BUILD_DIR "/tests/guests/trees",
                                          .argv = argv,
                                          .argc = 3,
                                          .memory = 32 << 20,
                                          .grants = &grants,
                                          .stream_fd = {null, null, null}};
    OK(session_open(&config, &session, &error));
    OK(session_start(session, &error));
}

static uint64_t find(const char *symbol_name) {
    const struct symbol *symbol;
    OK(symbols_find(session_symbols(session), symbol_name, &symbol, &error));
    return symbol->va;
}

/* Lets the guest change its trees for a while; then the model, of which `aim` chooses addresses, is as the guest's. */
static void change_trees(int cases) {
    for (int i = 0; i < cases; i++)
        cr_assert_eq(session_continue(session).event, SESSION_BREAKPOINT);
    session_read(session, find("gpts"), gpts, sizeof gpts);
    session_read(session, find("roots"), roots, sizeof roots);
}

/* The process whose space the trees are: neither init nor the program. */
static uint32_t find_child(const struct graph *g) {
    uint32_t node = 0;
    while (g->nodes[node].type != CAP_PROCESS || g->nodes[node].name)
        node++;
    return node;
}

/* ---- One page */

struct sight {
    uint64_t va, process;
    unsigned restrictions;
};
struct sights {
    const struct graph *graph;
    uint32_t page;
    struct sight *sight;
    size_t count, room, longest; /* longest: which of them */
    unsigned length;
    bool all;
};

static void see(void *context, const struct who_path *path) {
    struct sights *s = context;
    if (s->count == s->room)
        s->sight = realloc(s->sight, (s->room = 2 * s->room + 64) * sizeof *s->sight);
    if (path->length > s->length) {
        s->length = path->length;
        s->longest = s->count;
    }
    s->sight[s->count++] = (struct sight){path->va, s->graph->nodes[path->process].id, path->restrictions};
    cr_assert_eq(path->edge[0]->from, path->process);
    cr_assert_eq(path->edge[path->length - 1]->to, s->page);
}

static void confirm(const struct graph *g, uint32_t page, uint64_t process, uint64_t va, unsigned restrictions) {
    struct kernel_path path;
    OK(kernel_traverse(session_emu(session), process, (gva_t){va}, ACCESS_LOAD, &path, &error));
    cr_assert_eq(path.fault, FAULT_NONE, "0x%lx of process %lu: fault %d", va, process, path.fault);
    const struct object *object = kernel_pointer(session_emu(session), (const void *)path.object, sizeof *object);
    cr_assert_eq(object->id, g->nodes[page].id, "0x%lx of process %lu", va, process);
    cr_assert_eq(path.restrictions, restrictions, "0x%lx of process %lu: 0x%x, the kernel says 0x%x", va, process,
                 restrictions, path.restrictions);
}

/* ---- All */

static uint64_t confirmed, asked, reached, incomplete;

static bool seen_at(const struct sights *s, uint64_t process, uint64_t va, unsigned restrictions) {
    for (size_t i = 0; i < s->count; i++)
        if (s->sight[i].process == process && s->sight[i].va == va && s->sight[i].restrictions == restrictions)
            return true;
    return false;
}

/* The kernel comes to a page at this address: it is among those that are told. */
static void check_reached(const struct graph *g, uint64_t process, uint64_t va, const struct kernel_path *path) {
    const struct object *object = kernel_pointer(session_emu(session), (const void *)path->object, sizeof *object);
    struct sights s = {.graph = g, .page = graph_find(g, object->id)};
    s.all = who_sees(g, s.page, 100000, see, &s);
    reached++;
    incomplete += !s.all;
    cr_assert(!s.all || seen_at(&s, process, va & ~4095ul, path->restrictions), "0x%lx", va);
    for (int i = 0; i < 40 && s.count; i++, confirmed++) {
        const struct sight *sight = &s.sight[i ? random_below(s.count) : s.longest];
        confirm(g, s.page, sight->process, sight->va, sight->restrictions);
    }
    free(s.sight);
}

/* And so is what is found for the address alone; of a fault, which one. */
static void check_found(const struct graph *g, uint64_t process, uint64_t va, const struct kernel_path *path) {
    struct space_at at;
    cr_assert_eq(space_find(g, graph_find(g, process), va, &at), path->fault, "0x%lx", va);
    if (path->fault != FAULT_NONE)
        return;
    const struct object *object = kernel_pointer(session_emu(session), (const void *)path->object, sizeof *object);
    cr_assert_eq(g->nodes[at.node].id, object->id, "0x%lx", va);
    cr_assert_eq(at.restrictions, path->restrictions, "0x%lx", va);
}

static void check_addresses(const struct graph *g, uint64_t process, int count) {
    struct kernel_path path;
    for (int i = 0; i < count; i++, asked++) {
        uint64_t va = aim();
        OK(kernel_traverse(session_emu(session), process, (gva_t){va}, ACCESS_LOAD, &path, &error));
        check_found(g, process, va, &path);
        if (va >> L2V_ROOT) /* not the child's code, of which the model knows nothing */
            cr_assert_eq(model_traverse(va, ACCESS_LOAD).fault, path.fault, "0x%lx", va);
        if (path.fault == FAULT_NONE)
            check_reached(g, process, va, &path);
    }
}

Test(dbg_who, sees_exactly_what_the_kernel_comes_to, .init = open_trees, .timeout = 120) {
    random_state = 4711;
    session_break(session, find("check_answer"), true);
    for (int round = 0; round < 120; round++) {
        change_trees(100);
        struct graph *g = graph_new(session);
        check_addresses(g, g->nodes[find_child(g)].id, 150);
        graph_free(g);
    }
    cr_log_info("%lu addresses, %lu pages, %lu sights; %lu of the searches were not complete\n", asked, reached,
                confirmed, incomplete);
    cr_assert_gt(reached, 500u);
    cr_assert_lt(incomplete, reached / 4);
    session_close(session);
}

/* ---- The tree */

struct leaves {
    const struct graph *graph;
    uint64_t process;
    unsigned pages, again, windows, gpts;
};

static void check_line(void *context, const struct tree_line *line) {
    struct leaves *l = context;
    l->again += line->kind == TREE_AGAIN;
    l->gpts += line->kind == TREE_GPT;
    l->windows += line->at.followed[1] != NULL;
    if (line->kind == TREE_AGAIN && l->graph->nodes[line->at.node].type == CAP_PAGE)
        confirm(l->graph, line->at.node, l->process, line->at.va, line->at.restrictions);
    for (uint32_t i = 0; line->kind == TREE_PAGES && i < line->count; i++, l->pages++)
        confirm(l->graph, line->pages[i], l->process, line->at.va + 4096 * i, line->at.restrictions);
}

Test(dbg_who, tree_has_the_pages_where_the_kernel_finds_them, .init = open_trees, .timeout = 60) {
    struct leaves all = {0};
    session_break(session, find("check_answer"), true);
    for (int round = 0; round < 120; round++) {
        change_trees(100);
        struct graph *g = graph_new(session);
        uint32_t child = find_child(g);
        all.graph = g;
        all.process = g->nodes[child].id;
        cr_assert(tree_walk(g, child, check_line, &all));
        graph_free(g);
    }
    cr_log_info("%u GPTs, %u pages, %u again, %u windows\n", all.gpts, all.pages, all.again, all.windows);
    cr_assert(all.pages > 300 && all.again > 300 && all.windows > 100 && all.gpts > 300);
    session_close(session);
}
