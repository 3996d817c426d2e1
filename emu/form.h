/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What kind of instruction Capstone has found: the half of decode.c that looks at names and operands only.
 */
#ifndef FACET_EMU_FORM_H
#define FACET_EMU_FORM_H

#include "decode.h"

#include <capstone/capstone.h>

/* Capstone keeps one of LOCK and REP (XACQUIRE LOCK has both) and misreads the operand size of 66 F3 AB. */
bool form_prefix(const cs_insn *insn, uint8_t prefix);
/* INS, OUTS, MOVS, CMPS, STOS, LODS, SCAS by their opcode: MOVSD and CMPSD are also names of SSE instructions. */
bool form_string(const cs_x86 *x86);
uint8_t form_string_size(const cs_insn *insn, const cs_x86 *x86); /* bytes of an element */
bool form_string_stores(const cs_x86 *x86);
/* The first memory operand or NULL, and how many there are. */
const cs_x86_op *form_memory(const cs_x86 *x86, unsigned *count);
/* It clears the x87 tags before it accesses memory: refuse.c. */
bool form_mmx(const cs_insn *insn, const cs_x86 *x86);
enum decode_reach form_reach(const cs_insn *insn, const cs_x86 *x86, const struct decoded *slot);
/* enum decode_flag, but for those that note_wide and form_cuttable give. */
unsigned form_flags(const cs_insn *insn, const cs_x86 *x86);
/* Can it be cut exactly at each of its accesses, so that a careful page may be served inline? */
bool form_cuttable(const cs_insn *insn, const cs_x86 *x86, const struct decoded *slot);

#endif
