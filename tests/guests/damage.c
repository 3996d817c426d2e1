/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * damage [NUMBER]: has a debug build of the kernel damage itself (damage.h), which kernel_check must notice at once:
 * the guest does not come back. Without NUMBER it prepares all that can be damaged, and ends well.
 */
#include "check.h"

#include <facet/damage.h>

enum { R_GPT = CR_FREE, R_TEMP, R_SPACE, R_ENDPOINT, R_ENTRY, R_ECHO, R_ECHO_ENDPOINT, R_ECHO_ENTRY, R_FORWARDER };
#define SLOT 3ul
#define REGION (SLOT << 44)

static unsigned long stack[4][128];

static void hold(unsigned long slot, unsigned cap) {
    check("hold", facet_set(R_GPT, OP_GPT_SET, slot, cap), RC_OK);
}

static void send(void) {
    struct facet_message m = {0};
    for (;;)
        facet_call(2, 1, &m);
}

static void echo(void) {
    struct facet_message m = {.recv = {0, 0, 0, 3}};
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    for (;;)
        facet_invoke(3, INVOKE_RETURN, RC_OK, &m);
}

static void start(unsigned process) {
    check("start", facet_set(process, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static void memory(void) {
    struct facet_message m = {.word = {1, 0, 12}};
    check("GPT", facet_alloc(CAP_GPT, R_GPT), RC_OK);
    check("space", facet_alloc(CAP_GPT, R_SPACE), RC_OK);
    check("page", facet_alloc(CAP_PAGE, R_TEMP), RC_OK);
    hold(0, R_TEMP);
    check("background page", facet_set(R_SPACE, OP_GPT_SET, 0, R_TEMP), RC_OK);
    check("background", facet_set(R_GPT, OP_GPT_SET_BACKGROUND, 0, R_SPACE), RC_OK);
    check("window", facet_call(R_GPT, OP_GPT_SET_WINDOW, &m), RC_OK);
    check("page", facet_alloc(CAP_PAGE, R_TEMP), RC_OK);
    check("front", facet_set(CR_DEBUG, OP_DEBUG_SWAP, 0, R_TEMP), RC_OK);
    hold(2, R_TEMP);
    check("CapPage", facet_alloc(CAP_CAPPAGE, R_TEMP), RC_OK);
    hold(3, R_TEMP);
    check("map", facet_set(CR_SPACE, OP_GPT_SET, SLOT, R_GPT), RC_OK);
}

#define PART (4ul << 44)

/* A GPT of 2 MiB that wears a front as a whole. Nobody is asked, so the page answers; the hole is not touched. */
static void part(void) {
    struct facet_message swap = {.word = {0, 0, 1ul << 21}, .send = {R_SPACE}};
    check("GPT", facet_alloc(CAP_GPT, R_SPACE), RC_OK);
    check("l2v", facet_set(R_SPACE, OP_GPT_SET_L2V, 17, CR_NULL), RC_OK);
    check("page", facet_alloc(CAP_PAGE, R_TEMP), RC_OK);
    check("page", facet_set(R_SPACE, OP_GPT_SET, 0, R_TEMP), RC_OK);
    check("front", facet_call(CR_DEBUG, OP_DEBUG_SWAP_PART, &swap), RC_OK);
    check("map", facet_set(CR_SPACE, OP_GPT_SET, PART >> 44, R_SPACE), RC_OK);
    hold(7, R_SPACE);
}

/* At last, when nobody else needs page tables: there are few. */
static void touch(void) {
    struct facet_message walk = {.word = {PART + (1ul << 17), ACCESS_LOAD}, .send = {CR_SELF}};
    *(volatile unsigned long *)PART = 1;
    check("behind the front", *(volatile unsigned long *)PART, 1);
    check("the hole", facet_call(CR_DEBUG, OP_DEBUG_WALK, &walk), RC_OK);
    check("the hole's fault", walk.word[1], FAULT_NONE);
    *(volatile unsigned long *)REGION = 1;
    check("through the window", *(volatile unsigned long *)(REGION + 4096), 1);
    check("still there", *(volatile unsigned long *)PART, 1);
}

/* A process waits before it. */
static void forwarder(void) {
    check("forwarder", facet_alloc(CAP_FORWARDER, R_FORWARDER), RC_OK);
    hold(8, R_FORWARDER);
    check("target", facet_set(R_FORWARDER, OP_FORWARDER_SET_TARGET, 0, R_ENTRY), RC_OK);
    check("block", facet_set(R_FORWARDER, OP_FORWARDER_BLOCK, 1, CR_NULL), RC_OK);
    check("forward", facet_get(R_FORWARDER, OP_FORWARDER_MAKE_FORWARD, 0, 0, R_TEMP), RC_OK);
    make_process(R_FORWARDER, send, stack[3] + 128, R_TEMP, CR_NULL);
    start(R_FORWARDER);
}

static void processes(void) {
    make_entry(R_ENDPOINT, CR_SELF, 0, R_ENTRY);
    make_process(R_ECHO, echo, stack[0] + 128, CR_NULL, CR_NULL);
    make_entry(R_ECHO_ENDPOINT, R_ECHO, 0, R_ECHO_ENTRY);
    start(R_ECHO);
    make_process(R_TEMP, send, stack[1] + 128, R_ENTRY, CR_NULL);
    hold(5, R_TEMP);
    start(R_TEMP);
    forwarder();
    struct facet_message m = {0};
    check("echo", facet_call(R_ECHO_ENTRY, 1, &m), RC_OK); /* the sender ran meanwhile */
    make_process(R_TEMP, send, stack[2] + 128, R_ENTRY, CR_NULL);
    hold(6, R_TEMP);
    start(R_TEMP);
    check("process", facet_alloc(CAP_PROCESS, R_TEMP), RC_OK);
    hold(4, R_TEMP);
}

int main(int argc, char **argv) {
    memory();
    part();
    processes();
    touch();
    if (argc < 2)
        return 0;
    struct facet_message m = {.word = {parse_number(argv[1])}, .send = {R_GPT}};
    return (int)(facet_call(CR_DEBUG, OP_DEBUG_DAMAGE, &m) & 0xff);
}
