/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Handlers of signals, left by return and by longjmp: tests/cli/test_debugger_gdb.sh.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
static volatile int got;
static sigjmp_buf env;
static void handler(int s) {
    got = s;
}
static void fault(int s) {
    got = s;
    siglongjmp(env, 1);
}
static int work(int n) {
    raise(SIGUSR1);
    return n + got;
}
int main(void) {
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = handler;
    sigaction(SIGUSR1, &sa, NULL);
    sa.sa_handler = fault;
    sigaction(SIGSEGV, &sa, NULL);
    int r = work(3);
    if (!sigsetjmp(env, 1))
        *(volatile int *)8 = 1;
    printf("%d %d\n", r, got);
    return 0;
}
