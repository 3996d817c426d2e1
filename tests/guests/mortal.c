/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mortal: a program that serves memory, and passes five accesses. What it does at the sixth its name says: `exits`,
 * `crashes`, `drops` it (and takes the next), or answers `nonsense`. With --program.
 */
#include <facet/guest.h>

static const char *name;

static enum access_verdict pass(struct facet_served *access) {
    static int count;
    (void)access;
    if (++count <= 5)
        return VERDICT_PASS;
    if (*name == 'e')
        facet_exit(3);
    if (*name == 'c')
        __asm__ volatile("ud2");
    while (*name == 'd') {
        struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = FACET_SERVE_REGISTER}};
        facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
    }
    return (enum access_verdict)99;
}

int main(int argc, char **argv) {
    (void)argc;
    name = argv[0];
    facet_serve(pass, 0);
}
