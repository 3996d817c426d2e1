/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * kernel WHAT N: does one thing N times. What N + K times take more than N times, divided by K, is what one takes.
 * Needs --grant range, access also debug.
 *
 *     null        a system call that only answers
 *     oneway      a message and a wait, two of them: to a process in a space of its own, and from it back here
 *     roundtrip   a call of that process and its return
 *     fault       a page fault of that process -> this one as its keeper -> resumed, to fault again
 *     foreign     a system call of that process, foreign -> this one as its keeper -> its result
 *     access      a load from a page whose handler is that process, which gives the eight bytes
 *     map         the first touch of a page: traversed and mapped (N at most MAP_PAGES)
 *     revoke      a slot overwritten through which one page is mapped (N at most MAP_PAGES)
 */
#include "../guests/check.h"

enum {
    R_CHILD = CR_FREE,
    R_ROOT,
    R_ENDPOINT,
    R_ENTRY,
    R_ENDPOINT2,
    R_ENTRY2,
    R_NODE,
    R_UPPER,
    R_PAGE,
    R_RESUME,
    R_TEMP
};
enum { CHILD_ENTRY = 2, CHILD_RESUME = 3 };
#define MAP_PAGES 512ul
#define SLOT 3ul
#define PAGE(n) ((volatile unsigned char *)((SLOT << 44) + (n)*4096))

static unsigned long stack[512];

static void must(unsigned long rc) {
    check("result", rc, RC_OK);
}

/* A process in another space, which has this one's code and data. */
static void child_make(void (*start)(void)) {
    must(facet_alloc(CAP_GPT, R_ROOT));
    must(facet_set(R_ROOT, OP_GPT_SET_L2V, 44, CR_NULL));
    must(facet_get(CR_SPACE, OP_GPT_GET, 0, 0, R_TEMP));
    must(facet_set(R_ROOT, OP_GPT_SET, 0, R_TEMP));
    make_entry(R_ENDPOINT2, CR_SELF, 1, R_ENTRY2);
    make_process(R_CHILD, start, stack + 512, R_ENTRY2, R_ENTRY2);
    must(facet_set(R_CHILD, OP_PROCESS_SET_SPACE, 0, R_ROOT));
    make_entry(R_ENDPOINT, R_CHILD, 1, R_ENTRY);
    must(facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL));
}

static void null(unsigned long n) {
    for (unsigned long i = 0; i < n; i++) {
        struct facet_message m = {0};
        facet_call(CR_STDOUT, OP_TYPE, &m);
    }
}

static void child_pass_on(void) {
    struct facet_message m = {0};
    for (unsigned to = CR_NULL;; to = CHILD_ENTRY)
        facet_invoke(to, INVOKE_RETURN, RC_OK, &m);
}

static void oneway(unsigned long n) {
    child_make(child_pass_on);
    struct facet_message m = {0};
    for (unsigned long i = 0; i < n; i++)
        facet_invoke(R_ENTRY, INVOKE_RETURN, 1, &m);
}

static void child_serve(void) {
    struct facet_message m = {.recv = {0, 0, 0, CHILD_RESUME}};
    for (unsigned to = CR_NULL;; to = CHILD_RESUME)
        facet_invoke(to, INVOKE_RETURN, RC_OK, &m);
}

static void roundtrip(unsigned long n) {
    child_make(child_serve);
    struct facet_message m = {0};
    for (unsigned long i = 0; i < n; i++)
        facet_call(R_ENTRY, 1, &m);
}

static void child_fault(void) {
    for (;;)
        *PAGE(0) = 1;
}

static void fault(unsigned long n) {
    child_make(child_fault);
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
    unsigned to = CR_NULL;
    for (unsigned long i = 0; i < n; i++, to = R_RESUME)
        check("label", facet_invoke(to, INVOKE_RETURN, 0, &m), OP_FAULT);
}

static void child_foreign(void) {
    for (;;)
        __asm__ volatile("mov $39, %%eax\n\tsyscall" : : : "rax", "rcx", "r11", "memory");
}

static void foreign(unsigned long n) {
    child_make(child_foreign);
    must(facet_set(R_CHILD, OP_PROCESS_SET_FOREIGN, 1, CR_NULL));
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
    unsigned to = CR_NULL;
    for (unsigned long i = 0; i < n; i++, to = R_RESUME)
        check("label", facet_invoke(to, INVOKE_RETURN, 0, &m), OP_SYSCALL + 39);
}

static void child_answer(void) {
    static unsigned long bytes;
    struct facet_message m = {.recv = {0, 0, 0, CHILD_RESUME}, .string = &bytes, .string_size = sizeof bytes};
    m.room = &bytes;
    m.room_size = sizeof bytes;
    for (unsigned to = CR_NULL;; to = CHILD_RESUME) {
        facet_invoke(to, INVOKE_RETURN, VERDICT_DONE, &m);
        bytes++;
    }
}

static void access(unsigned long n) {
    child_make(child_answer);
    struct facet_message m = {.word = {1}, .send = {R_PAGE, R_ENTRY}};
    must(facet_alloc(CAP_PAGE, R_PAGE));
    must(facet_set(CR_SPACE, OP_GPT_SET, SLOT, R_PAGE));
    must(facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m));
    for (unsigned long i = 0; i < n; i++)
        *(volatile unsigned long *)PAGE(0);
}

/* 2 MiB of pages: four bits of address a level, as init builds spaces. */
static void pages_make(void) {
    must(facet_alloc(CAP_GPT, R_TEMP)); /* 20 bits and up */
    must(facet_set(R_TEMP, OP_GPT_SET_L2V, 20, CR_NULL));
    must(facet_set(CR_SPACE, OP_GPT_SET, SLOT, R_TEMP));
    for (unsigned long n = 0; n < MAP_PAGES; n++) {
        if (n % 256 == 0) {
            must(facet_alloc(CAP_GPT, R_UPPER));
            must(facet_set(R_UPPER, OP_GPT_SET_L2V, 16, CR_NULL));
            must(facet_set(R_TEMP, OP_GPT_SET, n / 256, R_UPPER));
        }
        if (n % 16 == 0) {
            must(facet_alloc(CAP_GPT, R_NODE));
            must(facet_set(R_UPPER, OP_GPT_SET, n / 16 % 16, R_NODE));
        }
        must(facet_alloc(CAP_PAGE, R_PAGE));
        must(facet_set(R_NODE, OP_GPT_SET, n % 16, R_PAGE));
    }
}

static void map(unsigned long n) {
    pages_make();
    for (unsigned long i = 0; i < n; i++)
        *PAGE(i);
}

/* Fetching the nodes again costs the same, however many slots are overwritten. */
static void revoke(unsigned long n) {
    pages_make();
    for (unsigned long i = 0; i < MAP_PAGES; i++)
        *PAGE(i);
    for (unsigned long node = 0; node < MAP_PAGES / 16; node++) {
        must(facet_get(R_TEMP, OP_GPT_GET, node / 16, 0, R_UPPER));
        must(facet_get(R_UPPER, OP_GPT_GET, node % 16, 0, R_NODE));
        for (unsigned long slot = 0; slot < 16 && node * 16 + slot < n; slot++)
            facet_set(R_NODE, OP_GPT_SET, slot, CR_NULL);
    }
}

static int is(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(unsigned long n);
    } all[] = {{"null", null},     {"oneway", oneway}, {"roundtrip", roundtrip}, {"fault", fault}, {"foreign", foreign},
               {"access", access}, {"map", map},       {"revoke", revoke}};
    for (unsigned i = 0; argc == 3 && i < sizeof all / sizeof *all; i++)
        if (is(argv[1], all[i].name)) {
            all[i].run(parse_number(argv[2]));
            return 0;
        }
    return 2;
}
