/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What entry.S knows of the C structures; process.c asserts every line.
 */
#ifndef KERNEL_OFFSETS_H
#define KERNEL_OFFSETS_H

#define KERNEL_INFO_CURRENT 16
#define PROCESS_RAX 32
#define PROCESS_RBX 40
#define PROCESS_RCX 48
#define PROCESS_RDX 56
#define PROCESS_RSI 64
#define PROCESS_RDI 72
#define PROCESS_RBP 80
#define PROCESS_RSP 88
#define PROCESS_R8 96
#define PROCESS_R9 104
#define PROCESS_R10 112
#define PROCESS_R11 120
#define PROCESS_R12 128
#define PROCESS_R13 136
#define PROCESS_R14 144
#define PROCESS_R15 152
#define PROCESS_RIP 160
#define PROCESS_RFLAGS 168
#define PROCESS_SYSCALL 192

#define HOT_SIZE 2048 /* bytes; kernel.ld asserts that it is enough */

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA 0x2b
#define SELECTOR_USER_CODE 0x33
#define SELECTOR_TSS 0x38

#endif
