/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * peek: a foreign process stands in a system call; its keeper reads `told` through it into `heard`, three times, and
 * writes `heard` to `answered`. For tests that swap these.
 */
#include "check.h"

enum { R_CHILD = CR_FREE, R_ENDPOINT, R_KEEPER, R_RESUME };

unsigned long told[2] = {1, 2}, heard[2], answered[2];
static unsigned long stack[512];

void child_code(void);
__asm__(".pushsection .text\n"
        ".globl child_code, in_child\n"
        "child_code: mov $1, %eax\n"
        "in_child: syscall\n"
        "ud2\n"
        ".popsection\n");

int main(void) {
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
    make_entry(R_ENDPOINT, CR_SELF, 1, R_KEEPER);
    make_process(R_CHILD, child_code, stack + 512, CR_NULL, R_KEEPER);
    check("foreign", facet_set(R_CHILD, OP_PROCESS_SET_FOREIGN, 1, CR_NULL), RC_OK);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    check("its system call", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), OP_SYSCALL + 1);
    for (int i = 0; i < 3; i++) {
        m = (struct facet_message){.word = {(unsigned long)told}, .room = heard, .room_size = sizeof heard};
        check("read", facet_call(R_CHILD, OP_PROCESS_READ, &m), RC_OK);
        check("bytes", m.word[0], sizeof heard);
    }
    m = (struct facet_message){.word = {(unsigned long)answered}, .string = heard, .string_size = sizeof heard};
    check("write", facet_call(R_CHILD, OP_PROCESS_WRITE, &m), RC_OK);
    check("how many", m.word[0], sizeof answered);
    facet_puts(answered[0] == 1 && answered[1] == 2 ? "ok: it is there\n" : "FAILED\n");
    return 0;
}
