/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

/* Panics unless every page-table entry is what the traversal says and everything it depends on is recorded. Slow. */
void kernel_check(void);

#endif
