/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: hostile DEED; without one, lists them
 */
#include "hostile.h"

static sigjmp_buf back;
static struct caught last;

static void catch (int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    last = (struct caught){signal, info->si_code, (uintptr_t)info->si_addr, (uintptr_t)uc->uc_mcontext.gregs[REG_RIP]};
    siglongjmp(back, 1);
}

struct caught attempt(void (*function)(void *), void *argument) {
    static char stack[65536];
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
    stack_t altstack = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = catch, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&altstack, 0);
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, 0);
    last = (struct caught){0};
    if (!sigsetjmp(back, 1))
        function(argument);
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], SIG_DFL);
    return last;
}

static void place(const char *what, uintptr_t address, uintptr_t base) {
    if (address - base + PAGE < 2 * PAGE)
        printf(" %s base%+ld", what, (long)(address - base));
    else
        printf(" %s 0x%lx", what, address);
}

void tell(const char *what, struct caught caught, uintptr_t base) {
    printf("%s:", what);
    if (caught.signal) {
        printf(" signal %d code %d", caught.signal, caught.code);
        place("address", caught.address, base);
        place("pc", caught.pc, base);
        printf("\n");
    } else {
        printf(" goes on\n");
    }
    fflush(stdout);
}

void *map(uintptr_t at, size_t size, int protection) {
    void *got = mmap((void *)at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
    if (got == MAP_FAILED) {
        perror("mmap");
        exit(77);
    }
    return got;
}

int main(int argc, char **argv) {
    const struct deed *tables[] = {instruction_deeds, memory_deeds, signal_deeds, call_deeds};
    for (unsigned i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct deed *deed = tables[i]; deed->name; deed++) {
            if (argc < 2)
                puts(deed->name);
            else if (strcmp(deed->name, argv[1]) == 0)
                return deed->act(), 0;
        }
    return argc < 2 ? 0 : 2;
}
