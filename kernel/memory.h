/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lays RAM out once, at boot.
 *
 *     free_start                                                                       free_end
 *     | front table, owners | tables | depends | GPTs | processes | endpoints | page headers | table frames | page
 * frames |
 *
 * Frames of boot modules get page headers too; they follow those of the pool.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

void memory_init(void);

#endif
