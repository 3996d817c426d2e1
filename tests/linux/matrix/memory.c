/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory: brk, mmap and what changes mappings.
 */
#include "matrix.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
#define HUGE (1ul << 50)

static char *fresh(unsigned long pages) {
    return mmap(NULL, pages * PAGE, RW, ANONYMOUS, -1, 0);
}

/* Can a byte be read, written? The kernel tells without a fault. */
static int readable(const void *p) {
    int fd[2];
    long n = pipe(fd) == 0 ? write(fd[1], p, 1) : -1;
    close(fd[0]);
    close(fd[1]);
    return n == 1;
}
static int writable(void *p) {
    int fd[2];
    long n = pipe(fd) == 0 && write(fd[1], "x", 1) == 1 ? read(fd[0], p, 1) : -1;
    close(fd[0]);
    close(fd[1]);
    return n == 1;
}

static void try_brk(void) {
    uintptr_t now = (uintptr_t)syscall(SYS_brk, 0);
    NOTE(brk, "grows by 5 pages", (uintptr_t)syscall(SYS_brk, now + 5 * PAGE) - now);
    memset((void *)now, 1, 5 * PAGE);
    NOTE(brk, "to where it is", (uintptr_t)syscall(SYS_brk, now + 5 * PAGE) - now);
    NOTE(brk, "by less than a page", (uintptr_t)syscall(SYS_brk, now + 5 * PAGE + 1) - now);
    NOTE(brk, "back", (uintptr_t)syscall(SYS_brk, now) - now);
    NOTE(brk, "what was given back is gone", readable((void *)((now + PAGE) & ~(PAGE - 1))));
    syscall(SYS_brk, now + 2 * PAGE);
    NOTE(brk, "and comes again as zeros", *(char *)(now + PAGE));
    NOTE(brk, "below its start leaves it", (uintptr_t)syscall(SYS_brk, 4096) - now);
    NOTE(brk, "too far leaves it", (uintptr_t)syscall(SYS_brk, now + HUGE) - now);
    syscall(SYS_brk, now);
}

static void try_mmap(void) {
    int fd = make_file("mapped", 6000, O_RDWR), read_only = open("mapped", O_RDONLY);
    int write_only = open("mapped", O_WRONLY);
    TRY_OK(mmap, "anonymous", 0, PAGE, RW, ANONYMOUS, -1, 0);
    TRY_OK(mmap, "anonymous, a size of no whole page", 0, 100, RW, ANONYMOUS, -1, 0);
    TRY_OK(mmap, "anonymous shared", 0, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *p = (char *)TRY_OK(mmap, "a file, private", 0, 6000, RW, MAP_PRIVATE, fd, 0);
    NOTE(mmap, "shows the file", p[5999]);
    NOTE(mmap, "is zero behind its end", p[6000]);
    p[0] = 'Z';
    char byte = 0;
    pread(fd, &byte, 1, 0);
    NOTE(mmap, "a private store stays private", byte);
    p = (char *)TRY_OK(mmap, "a file, from its second page", 0, 100, PROT_READ, MAP_PRIVATE, read_only, PAGE);
    NOTE(mmap, "shows that page", p[0]);
    TRY_OK(mmap, "a file that is read-only, shared for reading", 0, 100, PROT_READ, MAP_SHARED, read_only, 0);
    TRY(mmap, "a file that is read-only, shared for writing", 0, 100, RW, MAP_SHARED, read_only, 0);
    TRY(mmap, "a file that is write-only", 0, 100, PROT_READ, MAP_PRIVATE, write_only, 0);
    TRY(mmap, "no bytes", 0, 0, RW, ANONYMOUS, -1, 0);
    TRY(mmap, "neither private nor shared", 0, PAGE, RW, MAP_ANONYMOUS, -1, 0);
    TRY(mmap, "an offset inside a page", 0, PAGE, PROT_READ, MAP_PRIVATE, fd, 100);
    TRY(mmap, "no descriptor", 0, PAGE, PROT_READ, MAP_PRIVATE, BAD_FD, 0);
    TRY(mmap, "more than there are addresses", 0, HUGE, RW, ANONYMOUS, -1, 0);
    TRY(mmap, "a size that wraps around", 0, ~0ul, RW, ANONYMOUS, -1, 0);
    TRY(mmap, "fixed at an address inside a page", 0x10000001, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
    p = fresh(4);
    NOTE(mmap, "fixed over another mapping",
         (char *)syscall(SYS_mmap, p + PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0) - p);
    TRY(mmap, "fixed where something is, but not to replace it", p, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    munmap(p + PAGE, PAGE);
    NOTE(mmap, "fixed where nothing is, not to replace",
         (char *)syscall(SYS_mmap, p + PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) - p);
    munmap(p + PAGE, PAGE);
    NOTE(mmap, "a hint that is free", (char *)syscall(SYS_mmap, p + PAGE, PAGE, RW, ANONYMOUS, -1, 0) - p);
    TRY_OK(mmap, "a hint that is taken", p, PAGE, RW, ANONYMOUS, -1, 0);
    p = (char *)TRY_OK(mmap, "for no access", 0, PAGE, PROT_NONE, ANONYMOUS, -1, 0);
    NOTE(mmap, "is not read", readable(p));
    p = (char *)TRY_OK(mmap, "for reading", 0, PAGE, PROT_READ, ANONYMOUS, -1, 0);
    NOTE(mmap, "is not written", writable(p));
    TRY_OK(mmap, "to be filled at once", 0, 8 * PAGE, RW, ANONYMOUS | MAP_POPULATE, -1, 0);
    TRY_OK(mmap, "much, without a reservation", 0, 1ul << 36, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0);
    close(fd);
    close(read_only);
    close(write_only);
}

static void try_shared(void) {
    int fd = make_file("shared", 5000, O_RDWR);
    char *p = mmap(NULL, 5000, RW, MAP_SHARED, fd, 0), byte = 0;
    p[4999] = '!';
    TRY(msync, "what was stored", p, 5000, MS_SYNC);
    pread(fd, &byte, 1, 4999);
    NOTE(msync, "is in the file", byte);
    TRY(msync, "at an address inside a page", p + 1, 100, MS_SYNC);
    TRY(msync, "flags that exclude each other", p, 100, MS_SYNC | MS_ASYNC);
    char *gap = fresh(3);
    munmap(gap + PAGE, PAGE);
    TRY(msync, "a range with a hole", gap, 3 * PAGE, MS_SYNC);
    p[0] = '?';
    TRY(munmap, "a shared file", p, 5000);
    pread(fd, &byte, 1, 0);
    NOTE(munmap, "whose store is in the file", byte);
    close(fd);
}

static void try_munmap(void) {
    char *p = fresh(5);
    TRY(munmap, "a page in the middle", p + 2 * PAGE, PAGE);
    NOTE(munmap, "is gone", readable(p + 2 * PAGE));
    NOTE(munmap, "its neighbours are there", readable(p + PAGE) + readable(p + 3 * PAGE));
    TRY(munmap, "a range with a hole", p, 5 * PAGE);
    TRY(munmap, "where nothing is", p, 5 * PAGE);
    TRY(munmap, "an address inside a page", p + 1, PAGE);
    TRY(munmap, "no bytes", p, 0);
    TRY(munmap, "a size that wraps around", p, ~0ul);
}

static void try_mprotect(void) {
    char *p = fresh(3);
    memset(p, 7, 3 * PAGE);
    TRY(mprotect, "a page read-only", p + PAGE, PAGE, PROT_READ);
    NOTE(mprotect, "which is not written", writable(p + PAGE));
    NOTE(mprotect, "but read", p[PAGE]);
    NOTE(mprotect, "its neighbours are written", writable(p) + writable(p + 2 * PAGE));
    TRY(mprotect, "no access", p, PAGE, PROT_NONE);
    NOTE(mprotect, "is not read", readable(p));
    TRY(mprotect, "and back", p, 3 * PAGE, RW);
    NOTE(mprotect, "with its contents", p[PAGE + 1]);
    NOTE(mprotect, "written again", writable(p + PAGE));
    TRY(mprotect, "no bytes", p, 0, PROT_READ);
    TRY(mprotect, "an address inside a page", p + 1, PAGE, PROT_READ);
    TRY(mprotect, "bits that do not exist", p, PAGE, 0x1000);
    munmap(p + PAGE, PAGE);
    TRY(mprotect, "a range with a hole", p, 3 * PAGE, PROT_READ);
    int fd = make_file("readonly", 100, O_RDONLY);
    p = mmap(NULL, 100, PROT_READ, MAP_SHARED, fd, 0);
    TRY(mprotect, "to write a read-only file that is shared", p, 100, RW);
    close(fd);
}

static void try_mremap(void) {
    char *p = fresh(4);
    memset(p, 5, 4 * PAGE);
    NOTE(mremap, "smaller", (char *)syscall(SYS_mremap, p, 4 * PAGE, 2 * PAGE, 0) - p);
    NOTE(mremap, "the rest is gone", readable(p + 3 * PAGE));
    NOTE(mremap, "to its own size", (char *)syscall(SYS_mremap, p, 2 * PAGE, 2 * PAGE, 0) - p);
    char *wall = mmap(p + 2 * PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
    TRY(mremap, "larger, where it has no room", p, 2 * PAGE, 8 * PAGE, 0);
    char *moved = (char *)TRY_OK(mremap, "larger, wherever there is room", p, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    NOTE(mremap, "keeps its contents", moved[2 * PAGE - 1]);
    NOTE(mremap, "the new part is zero", moved[2 * PAGE]);
    NOTE(mremap, "the old place is empty", readable(p));
    munmap(wall, PAGE);
    char *target = fresh(8);
    NOTE(mremap, "to a fixed place",
         (char *)syscall(SYS_mremap, moved, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) - target);
    NOTE(mremap, "what was there is replaced", target[0]);
    TRY(mremap, "fixed, but not to move", target, PAGE, PAGE, MREMAP_FIXED, p);
    TRY(mremap, "onto itself", target, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + PAGE);
    TRY(mremap, "an address inside a page", target + 1, PAGE, PAGE, MREMAP_MAYMOVE);
    TRY(mremap, "to no bytes", target, PAGE, 0, MREMAP_MAYMOVE);
    TRY(mremap, "flags that do not exist", target, PAGE, PAGE, 0x100);
    TRY(mremap, "where nothing is", p, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    TRY(mremap, "more than is mapped", target + 7 * PAGE, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    TRY(mremap, "more than there are addresses", target, PAGE, HUGE, MREMAP_MAYMOVE);
}

static void try_advice(void) {
    char *p = fresh(3);
    unsigned char in_core[3] = {9, 9, 9};
    memset(p, 3, 3 * PAGE);
    TRY(madvise, "not needed", p + PAGE, PAGE, MADV_DONTNEED);
    NOTE(madvise, "is zero", p[PAGE]);
    NOTE(madvise, "its neighbours are not", p[0] + p[2 * PAGE]);
    TRY(madvise, "any other advice", p, PAGE, MADV_SEQUENTIAL);
    TRY(madvise, "that does not exist", p, PAGE, 9999);
    TRY(madvise, "at an address inside a page", p + 1, PAGE, MADV_NORMAL);
    TRY(mincore, "pages that were touched", p, 3 * PAGE, in_core);
    NOTE(mincore, "are in memory", (in_core[0] & 1) + (in_core[2] & 1));
    TRY(mincore, "at an address inside a page", p + 1, PAGE, in_core);
    TRY(mincore, "an answer that goes nowhere", p, PAGE, BAD_ADDRESS);
    TRY(mlock, "a page", p, PAGE);
    TRY(munlock, "a page", p, PAGE);
    munmap(p, 3 * PAGE);
    TRY(madvise, "where nothing is", p, PAGE, MADV_NORMAL);
    TRY(mincore, "where nothing is", p, PAGE, in_core);
    TRY(mlock, "where nothing is", p, PAGE);
}

void matrix_memory(void) {
    try_brk();
    try_mmap();
    try_shared();
    try_munmap();
    try_mprotect();
    try_mremap();
    try_advice();
}
