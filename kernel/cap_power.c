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

const struct operation power_operations[] = {
    {OP_POWER_OFF, CAP_SET(CAP_POWER), 0, NULL, act_off},
};
const unsigned power_operation_count = LENGTH(power_operations);
