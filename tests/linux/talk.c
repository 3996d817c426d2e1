/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For tests/cli/test_interactive.sh: asks at the terminal without a new line, reads a line, works until it is told to
 * leave.
 */
#include <stdio.h>
#include <string.h>

volatile int leave_loop;
volatile unsigned long rounds;

int main(void) {
    char name[64];
    printf("Who is there? ");
    fflush(stdout);
    if (!fgets(name, sizeof name, stdin))
        return 1;
    name[strcspn(name, "\n")] = 0;
    printf("Hello %s.\n", name);
    fflush(stdout);
    while (!leave_loop)
        rounds++;
    printf("Bye %s", name);
    fflush(stdout);
    return 0;
}
