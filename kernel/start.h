/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Makes init: the only process that the kernel creates, the only one to hold what it did not receive.
 */
#ifndef KERNEL_START_H
#define KERNEL_START_H

void start_init(void);

#endif
