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
                OK(session_traverse(session, session_process(session), page, (enum access)access, &t, &error));
                OK(session_touch(session, session_process(session), page, (enum access)access, &fault, &mmu, &error));
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
    OK(session_traverse(session, session_process(session), ledger, ACCESS_LOAD, &before, &error));
    OK(session_swap(session, "sym:ledger", "count", &error));
    OK(session_swap(session, neighbour, "freeze", &error)); /* on the same page */
    OK(session_traverse(session, session_process(session), ledger, ACCESS_LOAD, &during, &error));
    cr_assert_geq(during.page, APERTURE_BASE);
    OK(session_restore(session, "sym:ledger", NULL, &error));
    OK(session_traverse(session, session_process(session), ledger, ACCESS_LOAD, &during, &error));
    cr_assert_geq(during.page, APERTURE_BASE, "another object of the page is still swapped");
    OK(session_restore(session, neighbour, "freeze", &error));
    OK(session_traverse(session, session_process(session), ledger, ACCESS_LOAD, &after, &error));
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
    "             v->wake(v->facet, 1) == 0 && v->wake(v->facet, 99) == -1, (unsigned long)size, v->lookup(v->facet, "
    "\"nope\", 0) == 0);\n"
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
    cr_assert_eq(strncmp(report, "alice 0 -1 0 -1 0 1 256 1", 25), 0, "%s", report);
    cr_assert(swaps_find(session_swaps(session), "sym:payments") && asked("sym:payments") > 10);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

Test(dbg_session, code_that_was_run_can_be_changed) {
    uint64_t function = find("add_to_balance");
    uint8_t trap = 0xcc;
    OK(session_start(session, &error));
    session_break(session, function, true);
    cr_assert_eq(session_continue(session).event, SESSION_BREAKPOINT);
    cr_assert_eq(session_continue(session).event, SESSION_BREAKPOINT); /* it has been executed once */
    session_break(session, function, false);
    cr_assert_eq(session_write(session, function + 1, &trap, 0), 0u);
    cr_assert_eq(session_write(session, function, &trap, 1), 1u);
    struct session_stop stop = session_continue(session);
    cr_assert(stop.event == SESSION_FAULTED && stop.code == 5, "event %d code %d", stop.event, stop.code);
}

/* ---- A Linux program, under its personality. */

static void open_linux(void) {
    static char name[] = "stockroom";
    static char *argv[] = {name, NULL};
    int null = open("/dev/null", O_RDWR);
    static const struct grants grants = {.flags = GRANT_STDOUT};
    const struct session_config config = {
        .program = BUILD_DIR "/tests/linux/stockroom",
        .argv = argv,
        .argc = 1,
        .memory = 64 << 20,
        .grants = &grants,
        .stream_fd = {null, null, null},
    };
    OK(session_open(&config, &session, &error));
    OK(session_start(session, &error));
}

TestSuite(dbg_linux, .init = open_linux, .fini = close_sample);

Test(dbg_linux, what_was_never_used_reads_as_zeros_and_cannot_be_written) {
    uint8_t bytes[3 * 4096] = {1}, zeros[3 * 4096] = {0};
    uint64_t low, size;
    cr_assert(regions_of_kind(session_regions(session), REGION_STACK, &low, &size));
    cr_assert_eq(low + size, GUEST_STACK_TOP);
    cr_assert_eq(session_read(session, low + 100, bytes, sizeof bytes), sizeof bytes);
    cr_assert_arr_eq(bytes, zeros, sizeof bytes);
    cr_assert_eq(session_read(session, low - 4096, bytes, sizeof bytes), 0u);
    cr_assert_eq(session_read(session, GUEST_STACK_TOP - 16, bytes, sizeof bytes), 16u);
    cr_assert_eq(session_write(session, low, bytes, 1), 0u);
}

Test(dbg_linux, it_stands_at_its_entry_and_steps_its_own_instructions) {
    struct facet_regs regs, next;
    session_regs(session, &regs);
    cr_assert_eq(regs.rip, session_program(session)->entry);
    cr_assert_eq(session_step(session).event, SESSION_STEPPED);
    session_regs(session, &next);
    cr_assert(next.rip > regs.rip && next.rip < regs.rip + 16 && next.rsp == regs.rsp, "0x%lx", next.rip);
}

/* gdb steps the same instructions; a system call and the faults that bring pages are within one. */
Test(dbg_linux, steps_through_system_calls_and_missing_pages_are_of_the_program) {
    struct facet_regs before, after;
    unsigned calls = 0;
    for (int i = 0; i < 30000; i++) {
        uint8_t code[2] = {0};
        session_regs(session, &before);
        session_read(session, before.rip, code, 2);
        cr_assert_eq(session_step(session).event, SESSION_STEPPED);
        session_regs(session, &after);
        bool call = code[0] == 0x0f && code[1] == 0x05;
        bool repeats = code[0] == 0xf3 || code[0] == 0xf2;
        cr_assert(after.rip != before.rip || repeats, "step %d at 0x%lx went nowhere", i, before.rip);
        if (call)
            cr_assert(after.rip == before.rip + 2 && after.rsp == before.rsp);
        calls += call;
    }
    cr_assert_geq(calls, 5);
}

Test(dbg_linux, a_heap_swapped_while_it_runs_follows_its_growth) {
    session_break(session, find("main"), true);
    cr_assert_eq(session_continue(session).event, SESSION_BREAKPOINT);
    OK(session_swap(session, "seg:heap", "count", &error));
    OK(session_swap(session, "map:1", "count", &error)); /* there is none: no error, it may come */
    cr_assert_eq(session_continue(session).event, SESSION_EXITED);
    cr_assert_gt(asked("seg:heap"), 1000);
    cr_assert_eq(asked("map:1"), 0);
}
