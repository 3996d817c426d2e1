/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What Linux would call a fault: for exit statuses and reports.
 */
#ifndef FACET_SIGNAL_H
#define FACET_SIGNAL_H

#include <facet/abi.h>

/* code: vector << 32 | error code, as in OP_FAULT. */
static inline unsigned facet_signal(enum fault fault, unsigned long code) {
    static const unsigned char of_vector[32] = {
        [0] = 8, [1] = 5, [3] = 5, [4] = 11, [6] = 4, [16] = 8, [17] = 7, [19] = 8,
    };
    if (fault == FAULT_STEP)
        return 5; /* SIGTRAP */
    if (fault == FAULT_BAD_INVOKE || fault == FAULT_SYSCALL)
        return 31; /* SIGSYS */
    if (fault != FAULT_EXCEPTION || code >> 32 >= 32 || !of_vector[code >> 32])
        return 11; /* SIGSEGV: bad addresses, #GP, #SS, a handler's refusal */
    return of_vector[code >> 32];
}

#endif
