/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For tests/cli/test_interactive.sh: asks at the terminal without a new line, reads a line, works until it is told to
 * leave. With an argument: takes single keys, without echo, up to q.
 */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

volatile int leave_loop;
volatile unsigned long rounds;

static int take_keys(void) {
    struct termios before, raw;
    char key;
    tcgetattr(STDIN_FILENO, &before);
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    printf("Keys?\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &key, 1) == 1 && key != 'q') {
        printf("<%c>", key);
        fflush(stdout);
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return 0;
}

int main(int argc, char **argv) {
    char name[64];
    (void)argv;
    if (argc > 1)
        return take_keys();
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
