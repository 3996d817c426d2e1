/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parts of the test guest `model` (tests/guests/model.c): what they share.
 */
#ifndef TESTS_MODEL_GUEST_H
#define TESTS_MODEL_GUEST_H

#include "../guests/check.h"
#include "model.h"

/* Capability registers. The objects themselves are kept in a CapPage. The lower ones are those of grants that this
 * guest makes nothing of. */
enum {
    R_ECHO = CR_SCHEDULE, /* entry to a process that answers everything */
    R_BANK = CR_SLEEP,    /* a bank below this program's; Null: it has a Range */
    R_GOT = CR_CONSOLE,   /* three, for what comes with a message */
    R_CONTROL_END = CR_FREE,
    R_ENTRY,
    R_TEMP,
    R_TEMP2,
    R_STORE,
    R_CHILD,
    R_RESUME = R_CHILD + M_PROCESSES,
    R_ANSWER = R_RESUME + M_PROCESSES, /* of senders */
    R_REPORT_END = R_ANSWER + M_SENDERS
};
/* Payloads; what follows is added. */
enum { FROM_CONTROL = 0x100, FROM_PROCESS = 0x200, FROM_GPT = 0x300, FROM_SENDER = 0x400, FROM_ANY = 0x1000 };
#define STORE_GPT(g) (M_PAGES + (unsigned long)(g))
#define STORE_END(e) (STORE_GPT(M_GPTS) + (unsigned long)(e))
#define STORE_FORWARDER(f) (STORE_END(M_ENDS) + (unsigned long)(f))
#define STORE_SENDER(s) (STORE_FORWARDER(M_FORWARDERS) + (unsigned long)(s))
#define WINDOW (3ul << M_ROOT_BITS) /* where this program looks at a page: slot 3 of its own space */

extern struct m_world world;
extern int has_debug;                 /* there is a Debug capability */
extern unsigned long frames[M_PAGES]; /* where the kernel says that each page is; 0: not yet known */
extern struct statistics {
    unsigned long seen[FAULT_DEPTH + 1], keepers_told, declined, crossings, swaps, rescinds, refusals, executed,
        windows, fronts, parts, holes, told_late, told_through, identified, strangers, sent, arrived, through, refused,
        answered, waited;
} statistics;

/* Ends the guest: which seed, step and operation, what, got and expected. */
_Noreturn void die(const char *what, unsigned long got, unsigned long expected);
void must(const char *what, unsigned long rc);

unsigned long below(unsigned long n); /* random */
static inline int one_in(unsigned long n) {
    return below(n) == 0;
}
#define PICK(array) ((unsigned)(array)[below(sizeof(array))])

/* ---- objects.c: objects and capabilities, the same for the kernel and for the model */

void fetch(unsigned long index, unsigned to); /* page number, or STORE_…(number) */
void keep(unsigned long index, unsigned from);
void page_make(int p);
void gpt_make(int g);
void gpt_l2v(int g);
void gpt_lose_part(int g, int which);
void end_make(int e);
void forwarder_make(int f);
void object_forget(enum cap_type type, int object);             /* it has ended: in the model, too */
void object_end(enum cap_type type, int object, unsigned from); /* its capability is in that register */
/* What ProcessTool says its id is; 0: not yet known. Of GPTs, Endpoints and Processes. */
unsigned long *known_id(enum cap_type type, int object);
/* Brings the capability that `cap` models into register `to`, R_TEMP. Returns it, or where else that is. */
unsigned make_real_in(const struct m_cap *cap, unsigned to);
unsigned make_real(const struct m_cap *cap);
/* Dies unless `reg` holds what `cap` models, as far as this program can tell. */
void expect_cap(const char *what, unsigned reg, const struct m_cap *cap);
struct m_cap random_cap(unsigned l2v); /* for a slot that large */
struct m_cap random_entry(void);       /* or Forward */
struct m_cap random_any(void);
/* Cells of 8 bytes that can be executed: mov $imm32, %eax; jmp *%rbx; and a byte to change. */
static inline unsigned long cell(unsigned long imm, unsigned long stamp) {
    return 0xb8 | (imm & 0xffffffff) << 8 | 0xe3fful << 40 | stamp << 56;
}

/* ---- banks.c */

extern int has_bank; /* there is a bank instead of a Range */
void bank_start(void);
void draw(enum cap_type type, int object, unsigned to); /* storage for that object */
void op_end_bank(void);
void op_refused_end(void);

/* ---- operations.c: the same change to the kernel's objects and to the model */

void set_slot(int g, unsigned long slot);
void gpt_fill(int g); /* which is empty */
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

/* ---- forwarders.c: endpoints, forwarders and brands */

void op_set_target(void);
void op_block(void);
void op_forwarder_slot(void);
void op_forwarder_word(void);
void op_rescind_forwarder(void);
void op_set_recipient(void);
void op_set_match(void);
void op_rescind_end(void);
void op_set_brand(void);
/* One of these that may change where a message goes. */
void stir(void);
/* Changes what must be for a message through `cap` to reach this program. */
void straighten(const struct m_cap *cap);
/* Asks ProcessTool about a random capability. */
void try_identify(void);

/* ---- messages.c: processes that send messages to this one */

void senders_make(void);
void op_send(void);
void op_receive(void);
void op_answer(void);
void op_new_sender(void);
/* A way may have changed, by a change to that forwarder or to something else (M_NONE): everybody else runs, and it is
 * certain what has become of each message. */
void settle(int forwarder);
/* Until they can't. */
void run_others(void);
/* Answers through `to` (kind: RETURN, prompt or not) and waits for a message that is no sender's; m->recv[3] says where
 * to keep the right to answer. What comes from senders must be as expected. */
unsigned long await(unsigned to, unsigned kind, unsigned long label, struct facet_message *m);

/* ---- access.c: processes and what they do */

void code_make(void); /* page 0 and slot 0 of the roots */
void child_make(int c);
void op_set_space(void);
void op_new_process(void);
void op_process_keeper(void);
/* One random access, compared with the model; also asks where it leads, if `question`. */
void try_one(int question);

#endif
