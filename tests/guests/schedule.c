/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * schedule: priorities, sleep, turns of equals (if the machine has a timer: "schedule timer"), closed and open waits,
 * payload match. What happens is written down in a log by processes that share the space. Needs --grant range, schedule
 * and time.
 */
#include "check.h"

enum {
    R_A = CR_FREE, /* processes */
    R_B,
    R_C,
    R_PRIORITY,
    R_ENDPOINT,
    R_ENTRY,
    R_ENDPOINT2,
    R_ENTRY2,
    R_RESUME,
    R_OLD,
};

static unsigned long stack[3][512];
static volatile unsigned char log[64];
static volatile unsigned logged;
static volatile unsigned long spins[3];
static volatile unsigned stop;

static void note(unsigned char who) {
    log[logged++ % sizeof log] = who;
}

static void expect_log(const char *what, const char *expected) {
    for (unsigned i = 0; i < logged || expected[i]; i++)
        check(what, log[i], (unsigned char)expected[i]);
    logged = 0;
}

static unsigned long sleep_for(unsigned long ticks) {
    struct facet_message m = {.word = {ticks}};
    check("sleep", facet_call(CR_SLEEP, OP_SLEEP_FOR, &m), RC_OK);
    return m.word[0];
}

static _Noreturn void wait_for_ever(void) {
    struct facet_message m = {0};
    for (;;)
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

static void process(unsigned reg, unsigned number, void (*start)(void), unsigned gift, unsigned long priority) {
    make_process(reg, start, stack[number] + 512, gift, CR_NULL);
    check("a priority", facet_get(CR_SCHEDULE, OP_SCHEDULE_REDUCE, priority, 0, R_PRIORITY), RC_OK);
    check("set it", facet_set(reg, OP_PROCESS_SET_SCHEDULE, 0, R_PRIORITY), RC_OK);
    check("the clock", facet_set(reg, OP_PROCESS_SET_CAP, CR_SLEEP, CR_SLEEP), RC_OK);
}

static void start(unsigned reg) {
    check("start", facet_set(reg, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

/* ---- Priorities */

static void note_a(void) {
    note('a');
    wait_for_ever();
}
static void note_b(void) {
    note('b');
    wait_for_ever();
}
static void note_c(void) {
    note('c');
    wait_for_ever();
}

static void own_priority(unsigned long priority) {
    check("a priority", facet_get(CR_SCHEDULE, OP_SCHEDULE_REDUCE, priority, 0, R_PRIORITY), RC_OK);
    check("set it", facet_set(CR_SELF, OP_PROCESS_SET_SCHEDULE, 0, R_PRIORITY), RC_OK);
}

static void priorities(void) {
    process(R_A, 0, note_a, CR_NULL, 0);
    process(R_B, 1, note_b, CR_NULL, 5);
    process(R_C, 2, note_c, CR_NULL, 9);
    own_priority(10);
    start(R_A);
    start(R_B);
    start(R_C);
    note('m');
    sleep_for(1ul << 36); /* nobody runs: the time passes at once */
    expect_log("the most important first", "mcba");
    check("none of my own", facet_set(CR_SELF, OP_PROCESS_SET_SCHEDULE, 0, CR_NULL), RC_OK);
    process(R_B, 1, note_b, CR_NULL, 1);
    start(R_B);
    note('m');
    expect_log("who is more important runs at once", "bm");
    own_priority(1);
    process(R_B, 1, note_b, CR_NULL, 0);
    start(R_B);
    note('m');
    check("who is less important waits", logged, 1);
    check("a priority", facet_get(CR_SCHEDULE, OP_SCHEDULE_REDUCE, 2, 0, R_PRIORITY), RC_OK);
    check("raise it", facet_set(R_B, OP_PROCESS_SET_SCHEDULE, 0, R_PRIORITY), RC_OK);
    expect_log("until it is raised", "mb");
    own_priority(0);
    passed("the most important process runs");
}

/* ---- Sleep */

static void sleep_a(void) {
    sleep_for(100000000);
    note('a');
    wait_for_ever();
}
static void sleep_b(void) {
    sleep_for(20000000);
    note('b');
    sleep_for(40000000);
    note('B');
    wait_for_ever();
}

static void sleeps(void) {
    struct facet_message m = {0};
    check("now", facet_call(CR_SLEEP, OP_SLEEP_NOW, &m), RC_OK);
    unsigned long began = m.word[0];
    process(R_A, 0, sleep_a, CR_NULL, 0);
    process(R_B, 1, sleep_b, CR_NULL, 0);
    start(R_A);
    start(R_B);
    unsigned long ended = sleep_for(40000000);
    note('m');
    check("it has slept long enough", ended - began >= 40000000, 1);
    check("and not for ever", ended - began < 50000000, 1);
    sleep_for(100000000);
    expect_log("who sleeps less wakes first", "bmBa");
    passed("sleepers wake in the order of their times");
}

/* ---- Turns */

static void spin_a(void) {
    while (!stop)
        spins[0]++;
    wait_for_ever();
}
static void spin_b(void) {
    while (!stop)
        spins[1]++;
    wait_for_ever();
}

static void turns(void) {
    process(R_A, 0, spin_a, CR_NULL, 0);
    process(R_B, 1, spin_b, CR_NULL, 0);
    start(R_A);
    start(R_B);
    own_priority(1);
    sleep_for(20000000);
    unsigned long a = spins[0], b = spins[1];
    stop = 1;
    check("both ran", a > 0 && b > 0, 1);
    check("about equally long", a < b + b / 10 && b < a + a / 10, 1);
    own_priority(0);
    passed("equals take turns");
    facet_puts("turns: ");
    print_number(a, 10);
    facet_puts(" ");
    print_number(b, 10);
    facet_puts("\n");
}

/* ---- Waits and match */

static unsigned long wait_kind(unsigned kind, struct facet_message *m) {
    *m = (struct facet_message){.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
    return facet_invoke(CR_NULL, kind, 0, m);
}

static void call_gift(void) {
    struct facet_message m = {.word = {7}};
    unsigned long label = facet_call(2, 0x4000, &m);
    note(label == RC_INVALID_CAP ? 'x' : '.');
    wait_for_ever();
}

static void waits(void) {
    struct facet_message m;
    make_entry(R_ENDPOINT, CR_SELF, 1, R_ENTRY);
    make_entry(R_ENDPOINT2, CR_SELF, 2, R_ENTRY2);
    process(R_A, 0, call_gift, R_ENTRY, 1);
    process(R_B, 1, call_gift, R_ENTRY2, 1);
    start(R_A);
    start(R_B);
    check("a closed wait", wait_kind(INVOKE_RETURN | INVOKE_CLOSED(R_ENDPOINT2), &m), 0x4000);
    check("for the second endpoint", m.payload, 2);
    check("an open wait", wait_kind(INVOKE_RETURN, &m), 0x4000);
    check("for whoever came first", m.payload, 1);
    check("a closed wait for no endpoint", wait_kind(INVOKE_RETURN | INVOKE_CLOSED(R_ENTRY), &m), RC_INVALID_CAP);
    passed("closed and open waits");
}

static void end_endpoint(void) {
    sleep_for(1000);
    note('e');
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, 2), RC_OK);
    wait_for_ever();
}

static void wait_ends(void) {
    struct facet_message m;
    process(R_A, 0, call_gift, R_ENTRY, 1);
    process(R_B, 1, end_endpoint, R_ENDPOINT2, 1);
    check("the range", facet_set(R_B, OP_PROCESS_SET_CAP, CR_RANGE, CR_RANGE), RC_OK);
    start(R_A); /* its message is not the one waited for */
    start(R_B);
    check("a closed wait whose endpoint ends", wait_kind(INVOKE_RETURN | INVOKE_CLOSED(R_ENDPOINT2), &m),
          RC_INVALID_CAP);
    expect_log("when it does", "e");
    check("the other message", wait_kind(INVOKE_RETURN, &m), 0x4000);
    check("is still there", m.payload, 1);
    passed("a closed wait ends with its endpoint");
}

static void match(void) {
    struct facet_message m, set = {.word = {1, 2}};
    process(R_A, 0, call_gift, R_ENTRY, 1);
    start(R_A); /* queued: nobody waits */
    check("nothing yet", logged, 0);
    check("match", facet_call(R_ENDPOINT, OP_ENDPOINT_SET_MATCH, &set), RC_OK);
    expect_log("a message under way is void", "x");
    process(R_A, 0, call_gift, R_ENTRY, 1);
    start(R_A);
    expect_log("so is a new one", "x");
    check("an entry that matches", facet_get(R_ENDPOINT, OP_ENDPOINT_MAKE_ENTRY, 2, 0, R_OLD), RC_OK);
    process(R_A, 0, call_gift, R_OLD, 1);
    start(R_A);
    check("a message", wait_kind(INVOKE_RETURN, &m), 0x4000);
    check("that matches", m.payload, 2);
    set.word[0] = 0;
    check("match no more", facet_call(R_ENDPOINT, OP_ENDPOINT_SET_MATCH, &set), RC_OK);
    process(R_A, 0, call_gift, R_ENTRY, 1);
    start(R_A);
    check("a message", wait_kind(INVOKE_RETURN, &m), 0x4000);
    check("as before", m.payload, 1);
    check("another recipient", facet_set(R_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, R_C), RC_OK);
    check("asks in vain", wait_kind(INVOKE_RETURN | INVOKE_CLOSED(R_C), &m), RC_INVALID_CAP);
    check("nobody", facet_set(R_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, CR_SELF), RC_OK);
    process(R_A, 0, call_gift, R_ENTRY, 1);
    start(R_A);
    check("no recipient", facet_set(R_ENDPOINT, OP_ENDPOINT_SET_RECIPIENT, 0, CR_NULL), RC_OK);
    expect_log("whom a queued message does not reach", "x");
    passed("entries are void unless their payload matches");
}

int main(int argc, char **argv) {
    (void)argv;
    priorities();
    sleeps();
    waits();
    wait_ends();
    match();
    if (argc > 1)
        turns();
    return 0;
}
