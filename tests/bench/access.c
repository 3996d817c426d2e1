/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * access fast|careful ACCESSES: the same loop as in bare.c on the machine, by ring 3 under paging, on a page of a front
 * whose handler passes everything. Prints the nanoseconds of processor time of one access.
 */
#include "tests/access_machine.c"

#include <stdio.h>
#include <time.h>

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

int main(int argc, char **argv) {
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) / 2 : 0;
    bool careful = argc > 1 && strcmp(argv[1], "careful") == 0;
    struct timespec begin, end;
    struct facet_regs regs;
    struct guest guest = guest_create(access_code, (size_t)(access_code_end - access_code));
    if (count == 0)
        return 0;
    emu_on_access(guest.emu, pass, NULL);
    emu_regs_get(guest.emu, &regs);
    regs.rip = CODE;
    regs.rcx = regs.rbx = count;
    regs.rdx = WINDOW(careful ? CAREFUL : FAST) + PAGE;
    emu_regs_set(guest.emu, &regs);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    struct emu_stop stop = emu_run(guest.emu);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    if (stop.reason != EMU_STOP_EVENT || seen != 2 * count) {
        fprintf(stderr, "access: stop %d %s, %lu accesses, %lu seen\n", (int)stop.reason, stop.text, 2 * count, seen);
        return 1;
    }
    printf("%.1f\n",
           ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / (double)seen);
    guest_destroy(&guest);
    return 0;
}
