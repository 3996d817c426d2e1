/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a program finds when it starts, without what differs between systems. usage: start [ARG…]
 */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;
static __thread int thread_local_value = 42;
static int bss[100000];
static const int constant = 7;

static int writable(const void *address) {
    /* A system call tells without a fault. */
    static int pipes[2];
    if (!pipes[1] && pipe(pipes) != 0)
        return -1;
    return write(pipes[1], "x", 1) == 1 && read(pipes[0], (void *)(uintptr_t)address, 1) == 1;
}

static void vector(void) {
    const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR);
    unsigned long count = getauxval(AT_PHNUM), loads = 0, notes = 0;
    for (unsigned long i = 0; i < count; i++) {
        loads += headers[i].p_type == PT_LOAD;
        notes += headers[i].p_type == PT_GNU_STACK;
    }
    printf("headers of %lu bytes: %lu, loads %lu, stack %lu\n", getauxval(AT_PHENT), count, loads, notes);
    printf("page %lu base %lu flags %lu ticks %lu secure %lu\n", getauxval(AT_PAGESZ), getauxval(AT_BASE),
           getauxval(AT_FLAGS), getauxval(AT_CLKTCK), getauxval(AT_SECURE));
    printf("user %d group %d\n", getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid(),
           getauxval(AT_GID) == getgid() && getauxval(AT_EGID) == getegid());
    printf("platform %s\n", (const char *)getauxval(AT_PLATFORM));
    printf("name %d\n",
           strcmp((const char *)getauxval(AT_EXECFN) + strlen((const char *)getauxval(AT_EXECFN)) - 5, "start") == 0);
    unsigned char zero[16] = {0};
    printf("random %d\n", memcmp((void *)getauxval(AT_RANDOM), zero, 16) != 0);
    printf("hwcap %d\n", (getauxval(AT_HWCAP) & 0x07808111) == 0x07808111); /* FPU TSC CX8 CMOV MMX FXSR SSE SSE2 */
}

static void strings(int argc, char **argv) {
    printf("argc %d, argv ends %d, then the environment %d\n", argc, argv[argc] == NULL, environ == argv + argc + 1);
    for (int i = 1; i < argc; i++)
        printf("  %s\n", argv[i]);
    for (char **e = environ; *e; e++)
        if (strncmp(*e, "FACET_TEST", 10) == 0)
            printf("  %s\n", *e);
    printf("one behind the other %d\n", argc < 2 || argv[1] == argv[0] + strlen(argv[0]) + 1);
}

static void memory(void) {
    char *top = (char *)syscall(SYS_brk, 0), *end = (char *)(((uintptr_t)top + 4095) & ~4095ul);
    printf("grows %d\n", (char *)syscall(SYS_brk, end + 10000) == end + 10000);
    memset(end, 1, 10000);
    printf("shrinks %d\n", (char *)syscall(SYS_brk, top) == top);
    printf("too much %d\n", (char *)syscall(SYS_brk, 1ul << 46) == top);
    printf("below %d\n", (char *)syscall(SYS_brk, end - (1ul << 20)) == top);
    printf("constant %d %d\n", constant, writable(&constant));
    printf("bss %d %d, thread %d\n", bss[99999], writable(&bss[99999]), thread_local_value);
    printf("code %d\n", writable((const void *)(uintptr_t)memory));
    void *big = malloc(1 << 24);
    memset(big, 1, 1 << 24);
    big = realloc(big, 1 << 25);
    printf("realloc %d\n", big && ((char *)big)[(1 << 24) - 1] == 1);
    free(big);
}

int main(int argc, char **argv) {
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
    printf("stack %d\n", sp < 0x7ffffffff000 && sp > 0x7ff000000000);
    strings(argc, argv);
    vector();
    memory();
    return argc == 1 ? 0 : 40 + argc;
}
