/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Runs one access form (access_forms.h) at one place of one window of the machine of access_machine.h, under a handler
 * that passes, stops, blocks, steps or faults, and notes what came of it. The handler itself checks what it is told:
 * parts, backing, repetition, outcomes.
 */
#ifndef FACET_TEST_ACCESS_RUN_H
#define FACET_TEST_ACCESS_RUN_H

#include "access_machine.h"

#define EVENTS_MAX 64

struct form {
    const char *name, *code, *accesses;
    unsigned flags;  /* the arithmetic flags that are compared */
    unsigned widest; /* bytes of its largest access, at least 1 */
};
extern const char forms_begin[], forms_end[];
extern struct form forms[];
extern const unsigned form_count;

struct place {
    unsigned long p, q, s; /* offsets in the window */
};

struct event {
    enum facet_kind kind;
    uint32_t flags, size;
    uint64_t va;
    uint64_t pc; /* not compared */
};

struct outcome {
    struct facet_regs regs;
    struct guest_fpu fpu;
    int count;
    struct event event[EVENTS_MAX];
    uint8_t memory[WINDOW_PAGES][PAGE];
};

struct run {
    struct guest *guest;
    enum window window;
    const struct form *form;
    struct outcome *outcome;
    unsigned stop_percent, seed;
    bool serves;    /* the handler says DONE and keeps the bytes itself, in `own`; behind it lies something else */
    int refused_at; /* number of the access, from 1, that it stops and then lets fault; 0: none */
    bool refused_stopped; /* it has stopped */
    int verdict_at;       /* number of the access, from 1, that gets `verdict`, once; 0: none */
    enum facet_verdict verdict;
    bool expect_again, expect_block;
    uint64_t stopped_va;
    unsigned stops;
    unsigned code_at; /* offset in the window from where the form's code runs, 0: from CODE */
    unsigned block_percent, step_percent, blocks, steps;
    uint8_t own[WINDOW_PAGES][PAGE];
    int due, told; /* outcomes, of the instruction at hand */
    struct stepped {
        struct event event;
        uint64_t pc;
        uint8_t bytes[FACET_ACCESS_MAX];
    } step[EVENTS_MAX];
};

/* ---- Running */

struct guest forms_guest(void);
bool form_applicable(const struct form *form, const struct place *place);
/* Registers and memory of before the form; the FPU's too. */
struct facet_regs run_prepare(struct run *run, const struct place *place);
void run_execute(struct run *run, const struct place *place);
void run_keep(struct run *run, struct outcome *outcome); /* registers, FPU, memory */
unsigned form_code_size(const struct form *form);
void form_fill_memory(uint8_t *page, unsigned number);
void form_registers(struct facet_regs *regs, unsigned long base, const struct place *place);
void form_fpu(struct guest_fpu *fpu);
bool window_is_front(enum window window, uint64_t va);

/* Single steps in plain memory: the outcomes before each step, at most STEPS_MAX. Returns how many; the last one stands
 * behind the form. */
#define STEPS_MAX 32
int run_steps(struct run *run, const struct place *place, struct outcome *before);

/* ---- Comparing: access_compare.c */

/* Those accesses of the definition that touch a front. */
int form_events(const struct run *run, const struct place *place, struct event *events);
bool events_equal(const struct event *a, int count_a, const struct event *b, int count_b);

/* Registers relative to their window, flags as far as defined. */
void form_normalise(struct facet_regs *regs, unsigned long base, const struct form *form);
enum against { AGAINST_HOST = 1, AGAINST_WINDOW = 2 };
/* NULL: equal, but for what the table of access_compare.c exempts; else what is not. */
const char *outcome_differs(const struct form *form, const struct place *place, enum against against,
                            const struct outcome *a, unsigned long base_a, const struct outcome *b,
                            unsigned long base_b);

/* ---- The host's own processor: access_native.c */

bool native_begin(void); /* false: its addresses are taken in this process */
void native_execute(const struct form *form, const struct place *place, struct outcome *outcome);
void native_end(void);

/* ---- Places: every border of the window, from before to behind it, and inside a page */

#define BORDERS 5
#define DELTAS 19
struct place place_at(const struct form *form, unsigned border, unsigned delta);
/* Chosen: every n-th of them, other ones for each form. Under FACET_MATRIX=full all are. */
bool place_chosen(unsigned form, unsigned border, unsigned delta, unsigned one_of);
#define FOR_EACH_PLACE(number, one_of, place)                                                                          \
    for (unsigned border_ = 0; border_ < BORDERS; border_++)                                                           \
        for (unsigned delta_ = 0; delta_ < DELTAS; delta_++)                                                           \
            if (place_chosen(number, border_, delta_, one_of))                                                         \
                for (struct place place = place_at(&forms[number], border_, delta_), *once_ = &place;                  \
                     once_ != NULL && form_applicable(&forms[number], &place); once_ = NULL)

#endif
