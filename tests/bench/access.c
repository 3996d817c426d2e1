/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * access fast|careful ACCESSES: the same pieces of work as in bare.c on the machine, by ring 3 under paging, on a page
 * of a front whose handler passes everything.
 */
#include "tests/access_machine.c"

#include "bench.h"

#include <stdio.h>

extern const char access_code[], access_code_end[];
__asm__(".pushsection .rodata\n"
        "access_code: mov 8(%rdx),%rax\n"
        "   dec %rcx\n"
        "   jnz access_code\n"
        "1: mov %rax,8(%rdx)\n"
        "   dec %rbx\n"
        "   jnz 1b\n"
        "   int $0x30\n"
        "access_code_end:\n"
        ".popsection\n");

static unsigned long seen;

static enum facet_verdict pass(void *context, struct emu_access *access) {
    (void)context, (void)access;
    seen++;
    return FACET_PASS;
}

static void piece(struct guest *guest, unsigned long half, int front) {
    struct facet_regs regs;
    emu_regs_get(guest->emu, &regs);
    regs.rip = CODE;
    regs.rcx = regs.rbx = half;
    regs.rdx = WINDOW(front) + PAGE;
    emu_regs_set(guest->emu, &regs);
    seen = 0;
    struct emu_stop stop = emu_run(guest->emu);
    if (stop.reason != EMU_STOP_EVENT || seen != 2 * half) {
        fprintf(stderr, "access: stop %d %s, %lu accesses, %lu seen\n", (int)stop.reason, stop.text, 2 * half, seen);
        exit(1);
    }
}

int main(int argc, char **argv) {
    unsigned long half = bench_number(argc - 1, argv + 1, 200000) / 2;
    struct guest guest = guest_create(access_code, (size_t)(access_code_end - access_code));
    emu_on_access(guest.emu, pass, NULL);
    while (bench_next())
        piece(&guest, half, strcmp(argv[1], "careful") == 0 ? CAREFUL : FAST);
    guest_destroy(&guest);
    return 0;
}
