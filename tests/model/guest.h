/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parts of the test guest `model` (tests/guests/model.c): what they share.
 */
#ifndef TESTS_MODEL_GUEST_H
#define TESTS_MODEL_GUEST_H

#include "../guests/check.h"
#include "model.h"

/* Capability registers. The objects themselves are kept in a CapPage. */
enum {
    R_CONTROL_END = CR_FREE,
    R_KEEPER_END,
    R_ENTRY,
    R_TEMP,
    R_TEMP2,
    R_STORE,
    R_CHILD,
    R_RESUME = R_CHILD + M_PROCESSES
};
enum { FROM_CONTROL = 0x100, FROM_PROCESS = 0x200, FROM_GPT = 0x300 }; /* payloads; what follows is added */
#define STORE_GPT(g) (M_PAGES + (unsigned long)(g))
#define WINDOW (3ul << M_ROOT_BITS) /* where this program looks at a page: slot 3 of its own space */

extern struct m_world world;
extern unsigned long frames[M_PAGES]; /* where the kernel says that each page is; 0: not yet known */
extern struct statistics {
    unsigned long seen[FAULT_DEPTH + 1], keepers_told, declined, crossings, swaps, rescinds, refusals, executed,
        windows, fronts, parts, holes;
} statistics;

/* Ends the guest: which seed, step and operation, what, got and expected. */
_Noreturn void die(const char *what, unsigned long got, unsigned long expected);
void must(const char *what, unsigned long rc);

unsigned long below(unsigned long n); /* random */
static inline int one_in(unsigned long n) {
    return below(n) == 0;
}
#define PICK(array) ((unsigned)(array)[below(sizeof(array))])

/* ---- operations.c: the same change to the kernel's objects and to the model */

void fetch(unsigned long index, unsigned to); /* page number, or STORE_GPT(number) */
void page_make(int p);
void gpt_make(int g);
void keeper_endpoint(void);
void set_slot(int g, unsigned long slot);
/* Brings the capability that `cap` models into R_TEMP. Returns R_TEMP, or CR_NULL. */
unsigned make_real(const struct m_cap *cap);
/* Cells of 8 bytes that can be executed: mov $imm32, %eax; jmp *%rbx; and a byte to change. */
static inline unsigned long cell(unsigned long imm, unsigned long stamp) {
    return 0xb8 | (imm & 0xffffffff) << 8 | 0xe3fful << 40 | stamp << 56;
}

void op_set_slot(void);
void op_set_loop(void);
void op_copy_slot(void);
void op_set_l2v(void);
void op_refused(void);
void op_set_window(void);
void op_set_background(void);
void op_set_keeper(void);
void op_rescind_keepers(void);
void op_swap(void);
void op_swap_part(void);
void op_rescind_page(void);
void op_rescind_gpt(void);

/* ---- access.c: processes and what they do */

void code_make(void); /* page 0 and slot 0 of the roots */
void child_make(int c);
void op_set_space(void);
void op_new_process(void);
/* One random access, compared with the model; also asks where it leads, if `question`. */
void try_one(int question);

#endif
