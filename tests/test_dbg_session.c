/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whole sessions: a sample program on the kernel on the machine, driven as the debugger drives it.
 */
#include "debugger/session.h"
#include "debugger/swap.h"
#include "debugger/text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct session *session;
static struct facet_error error;

#define OK(call) cr_assert_eq(call, FACET_OK, "%s", error.text)

static void open_sample(void) {
    static char name[] = "ledger";
    static char *argv[] = {name, NULL};
    int null = open("/dev/null", O_RDWR);
    static const struct grants grants = {.flags = GRANT_STDIN | GRANT_STDOUT | GRANT_STDERR};
    const struct session_config config = {
        .program = BUILD_DIR "/guests/ledger",
        .argv = argv,
        .argc = 1,
        .memory = 32 << 20,
        .grants = &grants,
        .stream_fd = {null, null, null},
    };
    OK(session_open(&config, &session, &error));
}

static void close_sample(void) {
    session_close(session);
}

TestSuite(dbg_session, .init = open_sample, .fini = close_sample);

static uint64_t find(const char *name) {
    const struct symbol *symbol;
    OK(symbols_find(session_symbols(session), name, &symbol, &error));
    return symbol->va;
}

static uint64_t asked(const char *object) {
    return swaps_find(session_swaps(session), object)->chain[0]->sequence;
}

Test(dbg_session, a_watched_store_happens_once_and_only_after_continue) {
    uint64_t ledger = find("ledger"), before, after;
    OK(session_swap(session, "sym:ledger", "watch:store,size=8", &error));
    OK(session_start(session, &error));
    for (int i = 0; i < 10; i++) {
        struct session_stop stop = session_continue(session);
        cr_assert_eq(stop.event, SESSION_STOPPED);
        const struct facet_access *access = &session_swaps(session)->stopped.access;
        uint64_t old = 0, new = 0;
        memcpy(&old, access->backing, 8);
        memcpy(&new, access->attempted, 8);
        cr_assert_eq(access->va, ledger + (uint64_t)access->offset);
        cr_assert_eq(session_read(session, access->va, &before, 8), 8u);
        cr_assert_eq(before, old, "the store has already happened");
        uint64_t va = access->va;
        cr_assert_eq(session_step(session).event, SESSION_STEPPED);
        cr_assert_eq(session_read(session, va, &after, 8), 8u);
        cr_assert_eq(after, new, "the store has not happened");
    }
}

Test(dbg_session, looking_at_memory_asks_nobody) {
    char bytes[300];
    OK(session_swap(session, "sym:ledger", "count", &error));
    OK(session_swap(session, "seg:stack", "watch", &error));
    OK(session_start(session, &error));
    cr_assert_eq(session_read(session, find("ledger"), bytes, sizeof bytes), sizeof bytes);
    cr_assert_eq(session_read(session, GUEST_STACK_TOP - 300, bytes, sizeof bytes), sizeof bytes);
    cr_assert_eq(asked("sym:ledger") + asked("seg:stack"), 0u);
    cr_assert_eq(session_read(session, GUEST_STACK_TOP - 8, bytes, 16), 8u, "nothing is mapped above the stack");
}

Test(dbg_session, every_run_finds_its_handlers_fresh) {
    uint64_t first = 0;
    OK(session_swap(session, "sym:ledger", "count", &error));
    for (int run = 0; run < 3; run++) {
        OK(session_start(session, &error));
        struct session_stop stop = session_continue(session);
        cr_assert(stop.event == SESSION_EXITED && stop.code == 1);
        first = run == 0 ? asked("sym:ledger") : first;
        cr_assert(first > 100);
        cr_assert_eq(asked("sym:ledger"), first);
    }
}

/* Registers after each of `count` steps from main. */
static void step_main(struct facet_regs *regs, int count) {
    OK(session_start(session, &error));
    session_break(session, find("main"), true);
    cr_assert_eq(session_continue(session).event, SESSION_BREAKPOINT);
    for (int i = 0; i < count; i++) {
        struct session_stop stop = session_step(session);
        cr_assert_eq(stop.event, SESSION_STEPPED, "step %d: %s", i, stop.text);
        session_regs(session, &regs[i]);
    }
    session_kill(session);
}

Test(dbg_session, a_program_cannot_tell_that_its_memory_is_swapped) {
    enum { STEPS = 1500 };
    static struct facet_regs plain[STEPS], fast[STEPS], careful[STEPS];
    static const char *const objects[] = {"sym:ledger", "sym:payments", "seg:stack"};
    step_main(plain, STEPS);
    for (int i = 0; i < 3; i++)
        OK(session_swap(session, objects[i], "count", &error));
    step_main(fast, STEPS);
    for (int i = 0; i < 3; i++)
        OK(session_swap(session, objects[i], "watch:off=99999999", &error));
    step_main(careful, STEPS);
    for (int i = 0; i < STEPS; i++) {
        cr_assert_eq(memcmp(&plain[i], &fast[i], sizeof plain[i]), 0, "step %d, rip 0x%lx, 0x%lx", i, plain[i].rip,
                     fast[i].rip);
        cr_assert_eq(memcmp(&plain[i], &careful[i], sizeof plain[i]), 0, "step %d, rip 0x%lx, 0x%lx", i, plain[i].rip,
                     careful[i].rip);
    }
}

Test(dbg_session, traversal_and_page_tables_agree_with_and_without_fronts) {
    static const char *const handlers[] = {"count", "watch:off=99999999"};
    OK(session_start(session, &error));
    for (int round = 0; round < 3; round++) {
        for (uint64_t page = (find("main") & ~0xfffull) - 0x3000; page < find("ledger") + 0x4000; page += 0x800)
            for (int access = ACCESS_LOAD; access <= ACCESS_FETCH; access++) {
                struct session_traversal t;
                struct emu_translation mmu;
                enum fault fault;
                OK(session_traverse(session, page, (enum access)access, &t, &error));
                OK(session_touch(session, page, (enum access)access, &fault, &mmu, &error));
                cr_assert_eq(fault, t.fault);
                bool granted = mmu.present && mmu.user && (access != ACCESS_STORE || mmu.write) &&
                               (access != ACCESS_FETCH || mmu.execute);
                cr_assert_eq(granted, t.fault == FAULT_NONE, "0x%lx access %d", page, access);
                if (granted)
                    cr_assert_eq(mmu.page.v, t.page);
            }
        if (round < 2)
            OK(session_swap(session, "sym:ledger", handlers[round], &error));
    }
}

Test(dbg_session, restore_leaves_no_front_behind) {
    struct session_traversal before, during, after;
    uint64_t ledger = find("ledger");
    char *neighbour = text_format("va:0x%lx", ledger + 8);
    OK(session_start(session, &error));
    OK(session_traverse(session, ledger, ACCESS_LOAD, &before, &error));
    OK(session_swap(session, "sym:ledger", "count", &error));
    OK(session_swap(session, neighbour, "freeze", &error)); /* on the same page */
    OK(session_traverse(session, ledger, ACCESS_LOAD, &during, &error));
    cr_assert_geq(during.page, APERTURE_BASE);
    OK(session_restore(session, "sym:ledger", NULL, &error));
    OK(session_traverse(session, ledger, ACCESS_LOAD, &during, &error));
    cr_assert_geq(during.page, APERTURE_BASE, "another object of the page is still swapped");
    OK(session_restore(session, neighbour, "freeze", &error));
    OK(session_traverse(session, ledger, ACCESS_LOAD, &after, &error));
    cr_assert_eq(after.page, before.page);
    cr_assert_eq(session_restore(session, "sym:ledger", NULL, &error), FACET_ERR_USAGE);
    free(neighbour);
}

Test(dbg_session, a_fetch_is_told_for_each_instruction_that_a_step_executes) {
    uint64_t steps = 1;
    OK(session_start(session, &error));
    while (session_step(session).event == SESSION_STEPPED)
        steps++;
    cr_assert(steps > 1000);
    OK(session_swap(session, "seg:text", "count", &error));
    OK(session_start(session, &error));
    cr_assert_eq(session_continue(session).event, SESSION_EXITED);
    cr_assert_eq(asked("seg:text"), steps, "%lu fetches, %lu steps", asked("seg:text"), steps);
}

Test(dbg_session, an_interrupt_before_the_run_stops_it_at_once) {
    struct facet_regs regs;
    OK(session_start(session, &error));
    session_interrupt(session);
    cr_assert_eq(session_continue(session).event, SESSION_INTERRUPTED);
    session_regs(session, &regs);
    cr_assert_eq(regs.rip, session_program(session)->entry);
    cr_assert_eq(session_continue(session).event, SESSION_EXITED);
}

/* A handler that uses every service at its first access, and notes what it got in `seen` of its own. */
static const char services_source[] =
    "#include <facet/handler.h>\n"
    "#include <string.h>\n"
    "static const struct facet_object *object; int n; char seen[200];\n"
    "static uint32_t verdicts(const char *a) { (void)a; return FACET_MAY(FACET_PASS); }\n"
    "static void *attach(const struct facet_object *o, const char *a, struct facet_handler_error *e)\n"
    "{ (void)a; (void)e; object = o; return &object; }\n"
    "static enum facet_verdict access(void *s, const struct facet_access *a, struct facet_reply *r) {\n"
    "    const struct facet_services *v = object->services; char name[9] = {0}; uint64_t size = 0;\n"
    "    (void)s; (void)r;\n"
    "    if (n++) return FACET_PASS;\n"
    "    int read = v->read(v->facet, 0, name, 5), beyond = v->read(v->facet, (int64_t)object->size - 1, name + 6, "
    "2);\n"
    "    int write = v->write(v->facet, 0, \"ALICE\", 5), none = v->swap(v->facet, \"sym:nope\", \"count\");\n"
    "    v->lookup(v->facet, \"payments\", &size);\n"
    "    int swap = v->swap(v->facet, \"sym:payments\", \"count\");\n"
    "    snprintf(seen, sizeof seen, \"%s %d %d %d %d %d %d %lu %d\", name, read, beyond, write, none, swap,\n"
    "             v->wake(v->facet, 1), (unsigned long)size, v->lookup(v->facet, \"nope\", 0) == 0);\n"
    "    return FACET_PASS; }\n"
    "static void report(void *s, FILE *out) { (void)s; fputs(seen, out); }\n"
    "const struct facet_handler facet_handler = {.abi = FACET_HANDLER_ABI, .name = \"s\", .summary = \"s\",\n"
    "    .verdicts = verdicts, .attach = attach, .access = access, .report = report};\n";

Test(dbg_session, handlers_have_their_services) {
    char folder[] = "/tmp/facet-services-XXXXXX", command[200], report[400] = "", handler[60];
    cr_assert(mkdtemp(folder));
    snprintf(command, sizeof command, "cc -shared -fPIC -Iinclude -o %s/s.so -x c -", folder);
    FILE *compiler = popen(command, "w");
    fputs(services_source, compiler);
    cr_assert_eq(pclose(compiler), 0);
    snprintf(handler, sizeof handler, "%s/s.so", folder);
    OK(session_swap(session, "sym:ledger", handler, &error));
    OK(session_start(session, &error));
    cr_assert_eq(session_continue(session).event, SESSION_EXITED);
    FILE *out = fmemopen(report, sizeof report, "w");
    session_report(session, out);
    fclose(out);
    cr_assert_eq(strncmp(report, "alice 0 -1 0 -1 0 -1 256 1", 26), 0, "%s", report);
    cr_assert(swaps_find(session_swaps(session), "sym:payments") && asked("sym:payments") > 10);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}
