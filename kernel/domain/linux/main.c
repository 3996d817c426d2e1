/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux.h"

_Noreturn void linux_main(unsigned long modules, const struct init_module *module);

void linux_exit(unsigned status) {
    struct facet_message m = {.word = {status}};
    for (;;)
        facet_call(R_PARENT, OP_EXIT, &m);
}

void linux_fail(const char *why) {
    say("facet: %s", why);
    linux_exit(125);
}

void linux_main(unsigned long modules, const struct init_module *module) {
    (void)modules;
    (void)module;
    say("facet: Linux programs cannot be run yet");
    linux_exit(126);
}
