/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Programs that want more memory than there is. They never end by themselves.
 */
#include "hostile.h"
#include <fcntl.h>

#define MIB (1ul << 20)

static void touch(volatile char *from, size_t size) {
    for (size_t i = 0; i < size; i += PAGE)
        from[i] = 1;
}

static void by_brk(void) {
    for (;;) {
        char *more = sbrk(MIB);
        if (more == (char *)-1) {
            printf("sbrk: %s\n", strerror(errno));
            exit(1);
        }
        touch(more, MIB);
    }
}

static void by_mmap(void) {
    for (;;)
        touch(map(0, 16 * MIB, PROT_READ | PROT_WRITE), 16 * MIB);
}

static void by_populate(void) {
    for (;;) {
        char *got = mmap(0, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (got == MAP_FAILED)
            exit(1);
        touch(got, 16 * MIB);
    }
}

static void by_malloc(void) {
    size_t size = 1;
    for (char *got; (got = malloc(size)); size = size * 3 % 100003 + 1)
        memset(got, 1, size);
    puts("malloc refused");
}

/* Few pages, each with tables of its own. */
static void by_tables(void) {
    for (uintptr_t at = 0x100000000; at < 0x700000000000; at += 1ul << 32)
        for (uintptr_t in = 0; in < 64; in++)
            *(char *)map(at + (in << 24), PAGE, PROT_READ | PROT_WRITE) = 1;
}

/* Mappings that cannot be united. Natively there may be 65530. */
static void by_mappings(void) {
    unsigned long count = 0;
    while (mmap((void *)(0x100000000 + count * 2 * PAGE), PAGE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED &&
           count < 10000000)
        count++;
    printf("mappings: %s, between 65000 and 65536: %d\n", strerror(errno), count > 65000 && count < 65536);
}

static void by_protection(void) {
    unsigned long size = 200000 * PAGE, count = 0;
    char *all = map(0x100000000, size, PROT_NONE);
    for (; count < size / PAGE; count += 2)
        if (mprotect(all + count * PAGE, PAGE, PROT_READ))
            break;
    printf("mprotect: %s, between 65000 and 65536: %d\n", strerror(errno), count > 65000 && count < 65536);
    printf("munmap of all: %d\n", munmap(all, size));
}

static int deep(volatile char *before) {
    volatile char here[1000];
    memset((char *)here, before[0], sizeof here);
    return before[0] ? 0 : deep(here) + here[7];
}

static void by_recursion(void) {
    volatile char start[8] = "";
    printf("%d\n", deep(start));
}

/* Without a limit of the stack it is as good as mmap. */
static void by_stack(void) {
    volatile char *sp = (char *)&sp;
    for (;;) {
        sp -= PAGE;
        *sp = 1;
    }
}

/* A sparse file is larger than all memory; reading it all is what a program may do. */
static void by_file(void) {
    size_t size = 64ul << 30;
    int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0) {
        perror("sparse");
        exit(1);
    }
    volatile char *all = mmap(0, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (all == MAP_FAILED) {
        printf("mmap: %s\n", strerror(errno));
        exit(1);
    }
    for (size_t i = 0; i < size; i += PAGE)
        if (all[i])
            exit(2);
}

static void by_shared_file(void) {
    int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, 1l << 30) != 0)
        exit(1);
    char *all = mmap(0, 1ul << 30, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (size_t i = 0; i < 1ul << 30; i += PAGE)
        all[i] = 1;
}

static void by_remap(void) {
    size_t size = PAGE;
    char *all = map(0, size, PROT_READ | PROT_WRITE);
    for (;;) {
        all = mremap(all, size, size * 2, MREMAP_MAYMOVE);
        if (all == MAP_FAILED) {
            printf("mremap: %s\n", strerror(errno));
            exit(1);
        }
        touch(all + size, size);
        size *= 2;
    }
}

/* The system reads and writes for the program. */
static void by_read(void) {
    int zero[2];
    char some[PAGE] = "";
    size_t size = 4ul << 30;
    char *all = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED || pipe(zero) != 0)
        exit(1);
    for (size_t i = 0; i < size; i += PAGE)
        if (write(zero[1], some, 8) != 8 || read(zero[0], all + i, PAGE) != 8)
            exit(1);
}

static void by_descriptors(void) {
    int count = 0;
    while (dup(1) >= 0)
        count++;
    printf("dup: %s after more than 100: %d\n", strerror(errno), count > 100);
    for (int fd = 3; fd < count + 3; fd++)
        close(fd);
    int fd, opened = 0;
    while ((fd = open(".", O_RDONLY | O_DIRECTORY)) >= 0)
        opened++;
    printf("open: %s, about as often: %d\n", strerror(errno), opened > count * 3 / 4);
}

/* Pipes hold what nobody reads. */
static void by_pipes(void) {
    static char block[65536];
    int ends[2];
    unsigned long held = 0;
    while (pipe2(ends, O_NONBLOCK) == 0)
        for (ssize_t put; (put = write(ends[1], block, sizeof block)) > 0;)
            held += (unsigned long)put;
    printf("pipes: %s, held more than 1 MiB: %d\n", strerror(errno), held > MIB);
}

/* Natively nothing stands in the way of reserving: it costs nothing. */
static void reserved(void) {
    unsigned long count = 0;
    while (count < 100 &&
           mmap(0, 64ul << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
        count++;
    printf("reserved 64 GiB %lu times\n", count);
    printf("too much: %d\n", mmap(0, 1ul << 47, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    printf("%s\n", strerror(errno));
    printf("wrapping: %d\n", mmap(0, ~0ul, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    printf("%s\n", strerror(errno));
}

/* Comes and goes for longer than there is memory: nothing may be lost. */
static void churn(void) {
    for (int i = 0; i < 300; i++) {
        char *all = map(0, MIB, PROT_READ | PROT_WRITE);
        touch(all, MIB);
        if (i % 3 == 1)
            all = mremap(all, MIB, 2 * MIB, MREMAP_MAYMOVE), munmap(all + MIB, MIB);
        if (i % 3 == 2)
            madvise(all, MIB, MADV_DONTNEED), touch(all, MIB / 2);
        munmap(all, MIB);
    }
    puts("300 MiB came and went");
}

const struct deed memory_deeds[] = {
    {"brk", by_brk},
    {"mmap", by_mmap},
    {"populate", by_populate},
    {"malloc", by_malloc},
    {"tables", by_tables},
    {"mappings", by_mappings},
    {"protection", by_protection},
    {"recursion", by_recursion},
    {"stack", by_stack},
    {"file", by_file},
    {"shared-file", by_shared_file},
    {"remap", by_remap},
    {"read", by_read},
    {"descriptors", by_descriptors},
    {"pipes", by_pipes},
    {"reserved", reserved},
    {"churn", churn},
    {0, 0},
};
