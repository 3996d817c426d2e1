/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stops and faults in words.
 */
#ifndef DEBUGGER_REPORT_H
#define DEBUGGER_REPORT_H

#include "swap.h"

/* "Handler watch:store on sym:ledger: store of 8 bytes at offset 24 (0x404058)" and the values as gdb tells them. */
void report_access(const struct stopped_access *stop, char *text, size_t size);
/* "cannot store to 0x10: no capability covers the address". `event`: of DEBUG_EVENT_FAULTED. */
void report_fault(const unsigned long event[6], char *text, size_t size);

#endif
