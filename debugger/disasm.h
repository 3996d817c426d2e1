/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Instructions as text, in gdb's manner: AT&T's syntax, or Intel's after `set disassembly-flavor intel`.
 */
#ifndef DEBUGGER_DISASM_H
#define DEBUGGER_DISASM_H

#include "cmd.h"

#define DISASM_LONGEST 15 /* bytes of an instruction at most */

/* One instruction at va: "call   0x401136 <main>". Returns its bytes, 0: memory cannot be read there. What is no
 * instruction is "(bad)" and one byte. */
unsigned disasm_one(struct cli *cli, uint64_t va, char *text, size_t size);

/* Prints one line of `x/i`: "=> 0x401136 <main+4>:\tpush   %rbp", the arrow where the selected frame stands. Returns
 * the instruction's bytes, 0: memory cannot be read there, nothing is printed. */
unsigned disasm_print(struct cli *cli, uint64_t va);

#endif
