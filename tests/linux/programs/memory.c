/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random calls that change the address space, between random loads and stores that may fault, all inside one window.
 * Prints what each did, with addresses as pages of the window, so that two systems can be compared.
 * usage: memory [CASES [SEED]]
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define PAGE 4096ul
#define PAGES 600ul

static char *window;
static unsigned long state;
static sigjmp_buf back;
static volatile int code;
static volatile long where;

static unsigned long draw(unsigned long below) {
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (state >> 33) % below;
}

static void fault(int signal, siginfo_t *info, void *context) {
    (void)context;
    code = signal * 100 + info->si_code;
    where = (char *)info->si_addr - window;
    siglongjmp(back, 1);
}

static char *page(unsigned long number) {
    return window + number * PAGE;
}

/* An address as a page of the window; others differ between systems. */
static long relative(void *address) {
    long offset = (char *)address - window;
    return address == MAP_FAILED ? -errno : offset >= 0 && offset <= (long)(PAGES * PAGE) ? offset : -9999;
}

static int some_prot(void) {
    static const int prots[] = {PROT_NONE,
                                PROT_READ,
                                PROT_READ | PROT_WRITE,
                                PROT_READ | PROT_WRITE,
                                PROT_READ | PROT_WRITE,
                                PROT_READ | PROT_EXEC,
                                PROT_READ | PROT_WRITE | PROT_EXEC};
    return prots[draw(sizeof prots / sizeof *prots)];
}

static void touch(unsigned long at, int store) {
    volatile unsigned char *byte = (volatile unsigned char *)page(at) + draw(PAGE);
    unsigned long add = 1 + draw(200); /* before it may fault: the next case does not depend on that */
    if (sigsetjmp(back, 1)) {
        printf("%s %lu: signal %d at %ld\n", store ? "store" : "load", at, code, where);
        return;
    }
    unsigned value = *byte;
    if (store)
        *byte = (unsigned char)(value + add);
    printf("%s %lu: %u\n", store ? "store" : "load", at, value);
}

static void map(unsigned long at, unsigned long count, int kind, int how) {
    int prot = some_prot();
    void *got = mmap(page(at), count * PAGE - draw(PAGE), prot, kind | MAP_ANONYMOUS | how, -1, 0);
    printf("mmap %lu+%lu prot %d %s: %ld\n", at, count, prot, how == MAP_FIXED ? "fixed" : "noreplace", relative(got));
}

/* Moves inside the window only with a target: where else is the system's choice. What is moved is one mapping, made
 * just before: which others are joined to one is the system's choice too. */
static void remap(unsigned long at, unsigned long count) {
    unsigned long size = 1 + draw(12), to = draw(PAGES - size - 1), first = draw(count), part = 1 + draw(count - first);
    int fixed = (int)draw(2);
    void *got;
    size += size == part; /* from Linux 6.17 on, a move alone may take several mappings along */
    map(at, count, MAP_PRIVATE, MAP_FIXED);
    touch(at + draw(count), 1);
    touch(at + draw(count), 1);
    if (fixed)
        got = mremap(page(at + first), part * PAGE, size * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page(to));
    else
        got = mremap(page(at + first), part * PAGE, size * PAGE, 0);
    printf("mremap %lu+%lu to %lu+%lu: %ld\n", at + first, part, fixed ? to : 0, size, relative(got));
}

static void resident(unsigned long at, unsigned long count) {
    unsigned char pages[64] = {0};
    int result = mincore(page(at), count * PAGE, pages);
    printf("mincore %lu+%lu: %d", at, count, result ? -errno : 0);
    for (unsigned long i = 0; result == 0 && i < count; i++)
        printf("%c", " :"[pages[i] & 1]);
    printf("\n");
}

static void one(void) {
    unsigned long kind = draw(20), count = 1 + draw(16), at = draw(PAGES - count);
    switch (kind) {
    case 0:
    case 1:
    case 2:
        map(at, count, draw(5) == 0 ? MAP_SHARED : MAP_PRIVATE, draw(4) == 0 ? MAP_FIXED_NOREPLACE : MAP_FIXED);
        break;
    case 3:
        printf("munmap %lu+%lu: %d\n", at, count, munmap(page(at), count * PAGE - draw(PAGE)) ? -errno : 0);
        break;
    case 4:
    case 5: {
        int prot = some_prot();
        printf("mprotect %lu+%lu %d: %d\n", at, count, prot, mprotect(page(at), count * PAGE, prot) ? -errno : 0);
        break;
    }
    case 6:
        remap(at, count);
        break;
    case 7:
        printf("dontneed %lu+%lu: %d\n", at, count, madvise(page(at), count * PAGE, MADV_DONTNEED) ? -errno : 0);
        break;
    case 8:
        printf("msync %lu+%lu: %d\n", at, count, msync(page(at), count * PAGE, MS_SYNC) ? -errno : 0);
        break;
    case 9:
        resident(at, count);
        break;
    default:
        touch(at, (int)(kind & 1));
    }
}

int main(int argc, char **argv) {
    unsigned long cases = argc > 1 ? strtoul(argv[1], 0, 10) : 20000;
    state = argc > 2 ? strtoul(argv[2], 0, 10) : 1;
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* no pages but those that are touched */
    struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGBUS, &action, 0);
    window = mmap(0, (PAGES + 64) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    munmap(window, (PAGES + 64) * PAGE); /* what is behind the last page of the window stays free */
    for (unsigned long i = 0; i < cases; i++)
        one();
    return 0;
}
