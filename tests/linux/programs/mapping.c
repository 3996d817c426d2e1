/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files in memory: private and shared mappings, what lies behind their end, what msync and munmap write back.
 * usage: mapping DIRECTORY
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096ul

static sigjmp_buf back;
static char name[4096];

static void fault(int signal, siginfo_t *info, void *context) {
    (void)context;
    printf("signal %d code %d\n", signal, info->si_code);
    siglongjmp(back, 1);
}

static int make(unsigned long size) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    for (unsigned long i = 0; i < size; i++) {
        char c = (char)('a' + i / PAGE % 26);
        if (write(fd, &c, 1) != 1)
            exit(3);
    }
    return fd;
}

static void show(int fd, unsigned long offset) {
    char bytes[9] = {0};
    long got = pread(fd, bytes, 8, (off_t)offset);
    printf("  file at %lu: %ld", offset, got);
    for (long i = 0; i < got; i++)
        printf(" %02x", (unsigned char)bytes[i]);
    printf("\n");
}

static void load(const volatile char *at) {
    if (!sigsetjmp(back, 1))
        printf("  loads %02x\n", (unsigned char)*at);
}

static void store(volatile char *at, char value) {
    if (!sigsetjmp(back, 1)) {
        *at = value;
        printf("  stores %02x\n", (unsigned char)value);
    }
}

static char *map(int fd, unsigned long size, int prot, int flags, unsigned long offset) {
    char *p = mmap(0, size, prot, flags, fd, (off_t)offset);
    printf("mmap of %lu, prot %d flags %d at %lu: %d\n", size, prot, flags, offset, p == MAP_FAILED ? errno : 0);
    return p;
}

static void private(void) {
    int fd = make(3 * PAGE + 100);
    char *p = map(fd, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
    load(p + 2 * PAGE);
    load(p + 3 * PAGE + 99);
    load(p + 3 * PAGE + 100);
    load(p + 4 * PAGE);
    store(p + PAGE, 'X');
    show(fd, PAGE);
    madvise(p + PAGE, PAGE, MADV_DONTNEED);
    load(p + PAGE);
    close(fd);
    load(p + 8);
    printf("mprotect %d\n", mprotect(p, PAGE, PROT_READ) ? errno : 0);
    store(p, 'Y');
    printf("munmap %d\n", munmap(p + PAGE, PAGE) ? errno : 0);
    load(p + PAGE);
    load(p + 2 * PAGE);
    p = mremap(p + 2 * PAGE, 2 * PAGE, PAGE, 0);
    load(p);
}

static void shared(void) {
    int fd = make(3 * PAGE + 100);
    char *p = map(fd, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    store(p + 5, 'S');
    store(p + 3 * PAGE + 99, 'E');
    store(p + 3 * PAGE + 200, 'B'); /* behind the end: not in the file */
    printf("msync %d\n", msync(p, 4 * PAGE, MS_SYNC) ? errno : 0);
    show(fd, 0);
    show(fd, 3 * PAGE + 96);
    struct stat st;
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    store(p + 6, 'T');
    store(p + 2 * PAGE, 'U');
    printf("munmap %d\n", munmap(p, 4 * PAGE) ? errno : 0);
    show(fd, 0);
    show(fd, 2 * PAGE);
    p = map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 2 * PAGE);
    load(p);
    store(p + 1, 'V');
    close(fd);
    store(p + 2, 'W'); /* goes to the file when the process ends */
}

/* What goes through the descriptor and what goes through memory. */
static void agreement(void) {
    int fd = make(3 * PAGE);
    char *p = map(fd, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    char bytes[4] = {0};
    load(p + 10);
    printf("pwrite %ld\n", (long)pwrite(fd, "QRS", 3, 10));
    load(p + 10);
    store(p + 11, 'T');
    printf("pread %ld %s\n", (long)pread(fd, bytes, 3, 10), bytes);
    store(p + 2 * PAGE, 'U');
    int other = open(name, O_RDWR);
    printf("pread %ld", (long)pread(other, bytes, 1, 2 * PAGE));
    printf(" %c\n", bytes[0]);
    printf("ftruncate %d\n", ftruncate(other, PAGE + 1) ? errno : 0);
    load(p + PAGE);
    load(p + PAGE + 1);
    load(p + 2 * PAGE);
    printf("ftruncate %d\n", ftruncate(fd, 3 * PAGE) ? errno : 0);
    load(p + 2 * PAGE);
    char *q = map(other, PAGE, PROT_READ, MAP_SHARED, 0);
    load(q + 11);
    printf("pwrite %ld\n", (long)pwrite(other, "V", 1, 11));
    load(p + 11);
    load(q + 11);
    munmap(p, 3 * PAGE);
    munmap(q, PAGE);
}

static void errors(void) {
    int fd = make(PAGE);
    close(fd);
    int ro = open(name, O_RDONLY), wo = open(name, O_WRONLY), dir = open("/", O_RDONLY | O_DIRECTORY);
    map(ro, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    map(wo, PAGE, PROT_READ, MAP_SHARED, 0);
    map(ro, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
    map(dir, PAGE, PROT_READ, MAP_PRIVATE, 0);
    map(99, PAGE, PROT_READ, MAP_PRIVATE, 0);
    map(ro, PAGE, PROT_READ, MAP_PRIVATE, 100);
    map(ro, 0, PROT_READ, MAP_PRIVATE, 0);
    map(ro, PAGE, PROT_READ, 0, 0);
    char *p = map(ro, PAGE, PROT_READ, MAP_SHARED, 0);
    printf("mprotect %d\n", mprotect(p, PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
    p = map(ro, PAGE, PROT_READ, MAP_PRIVATE, PAGE);
    load(p);
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
    if (argc != 2)
        return 2;
    snprintf(name, sizeof name, "%s/mapped", argv[1]);
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGBUS, &action, 0);
    setvbuf(stdout, 0, _IOFBF, 1 << 16);
    private();
    errors();
    agreement();
    shared();
    return 0;
}
