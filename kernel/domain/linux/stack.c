/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a program finds on its stack (System V ABI for AMD64, 3.4.1), laid out as Linux does it:
 *
 *     rsp  argc, argv[] 0, envp[] 0, auxiliary vector …    16 random bytes, "x86_64", strings of argv, envp, exe    0 |
 * top
 */
#include "internal.h"
#include <asm/auxvec.h>
#include <asm/mman.h>
#include <linux/auxvec.h>

#define STACK_FIRST (33 * PAGE_SIZE) /* what Linux gives a stack before it grows */
#define ARGUMENTS_MAX (2ul << 20)    /* a quarter of the stack's limit */
#define CLOCK_TICKS 100

static const char platform[] = "x86_64";

static unsigned long strings_size(const char *text, unsigned count) {
    const char *end = text;
    while (count--)
        while (*end++)
            ;
    return (unsigned long)(end - text);
}

static void push(unsigned long address, const void *from, unsigned long size) {
    if (user_write(address, from, size) != 0)
        linux_fail("the stack cannot be written");
}

static unsigned long push_word(unsigned long address, unsigned long word) {
    push(address, &word, sizeof word);
    return address + sizeof word;
}

/* Pointers to `count` strings that lie one behind the other, and a NULL. */
static unsigned long push_pointers(unsigned long address, const char *text, unsigned count, unsigned long strings) {
    while (count--) {
        address = push_word(address, strings);
        unsigned long size = strings_size(text, 1);
        text += size;
        strings += size;
    }
    return push_word(address, 0);
}

static unsigned cpu_features(void) {
    unsigned eax = 1, ebx, ecx = 0, edx;
    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return edx;
}

unsigned long stack_make(const struct image *image) {
    region_add(&(struct area){.start = SPACE_END - STACK_FIRST,
                              .end = SPACE_END,
                              .prot = PROT_READ | PROT_WRITE | (image->stack_executable ? PROT_EXEC : 0u),
                              .kind = REGION_STACK,
                              .file = -1});
    unsigned long argv_size = strings_size(boot.argv, boot.argc), envp_size = strings_size(boot.envp, boot.envc),
                  exe_size = strings_size(boot.exe, 1);
    if (argv_size + envp_size + (boot.argc + boot.envc) * sizeof(long) > ARGUMENTS_MAX)
        linux_fail("the arguments and the environment are too long");
    unsigned long exe = SPACE_END - 8 - exe_size, envp = exe - envp_size, argv = envp - argv_size,
                  name = argv - sizeof platform, chance = (name - 16) & ~15ul;
    unsigned char bytes[16];
    random_bytes(bytes, sizeof bytes);
    push(exe, boot.exe, exe_size);
    push(envp, boot.envp, envp_size);
    push(argv, boot.argv, argv_size);
    push(name, platform, sizeof platform);
    push(chance, bytes, sizeof bytes);
    unsigned long vector[][2] = {
        {AT_HWCAP, cpu_features()},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_CLKTCK, CLOCK_TICKS},
        {AT_PHDR, image->headers},
        {AT_PHENT, 56},
        {AT_PHNUM, image->header_count},
        {AT_BASE, 0},
        {AT_FLAGS, 0},
        {AT_ENTRY, image->entry},
        {AT_UID, boot.user},
        {AT_EUID, boot.user},
        {AT_GID, boot.group},
        {AT_EGID, boot.group},
        {AT_SECURE, 0},
        {AT_RANDOM, chance},
        {AT_HWCAP2, 0},
        {AT_EXECFN, exe},
        {AT_PLATFORM, name},
        {AT_MINSIGSTKSZ, SIGNAL_STACK_MIN},
        {AT_NULL, 0},
    };
    unsigned long words = 1 + boot.argc + 1 + boot.envc + 1;
    unsigned long rsp = (chance - words * sizeof(long) - sizeof vector) & ~15ul;
    unsigned long at = push_word(rsp, boot.argc);
    at = push_pointers(at, boot.argv, boot.argc, argv);
    at = push_pointers(at, boot.envp, boot.envc, envp);
    push(at, vector, sizeof vector);
    return rsp;
}
