/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "invoke.h"

void power_off(unsigned status) {
    for (;;) {
        port_out32(PORT_POWER, status, 0);
        __asm__ volatile("cli; hlt");
    }
}

static void act_off(struct invocation *in) {
    power_off((unsigned)in->word[0]);
}

static const struct operation rows[] = {
    {.op = OP_POWER_OFF,
     .name = "OP_POWER_OFF",
     .types = CAP_SET(CAP_POWER),
     .word = {{"exit status", 0, 255}},
     .result = "nothing",
     .act = act_off},
};
const struct operation_group power_operations = OPERATION_GROUP(rows);
