/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Copies that the kernel makes on a program's behalf, into and out of fronts: every length at every alignment, to the
 * page's end, under every verdict. What a copy is to do is written down here a second time, with memcpy.
 */
#include "access_machine.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

extern const char copies_begin[], copies_end[];
__asm__(".pushsection .text\n"
        "copies_begin: int $0x31\n"
        "   int $0x30\n"
        "   jmp copies_begin\n"
        "copies_end:\n"
        ".popsection\n");

#define BUFFER (STACK - 0x800)

/* One copy, and what becomes of it. */
struct cell {
    enum window window;
    enum access kind;
    unsigned offset, size; /* offset in the window's second page */
    enum facet_verdict verdict;
    bool replaced;      /* PASS on a store: other bytes are stored */
    int asked, repeats; /* times it was asked, of which with `again` */
    int outcomes;
};
static struct guest guest;
static uint8_t expected_page[PAGE], expected_buffer[FACET_ACCESS_MAX], reply[FACET_ACCESS_MAX];

static uint8_t *page_of(const struct cell *cell) {
    return guest_frame(&guest, cell->window, 1);
}

static uint8_t *buffer(void) {
    return emu_ram(guest.emu, (gpa_t){BUFFER}, FACET_ACCESS_MAX);
}

static enum facet_verdict on_access(void *context, struct emu_access *access) {
    struct cell *cell = context;
    bool load = cell->kind == ACCESS_LOAD;
    cr_assert_eq(access->kind, load ? FACET_LOAD : FACET_STORE);
    cr_assert_eq(access->flags, FACET_KERNEL);
    cr_assert_eq(access->size, cell->size);
    cr_assert_eq(access->va.v, WINDOW(cell->window) + PAGE + cell->offset);
    cr_assert_eq(access->pc.v, CODE);
    cr_assert_eq(access->parts, 1);
    cr_assert_eq(access->part[0].front, FRONT_A(cell->window));
    cr_assert_eq(access->part[0].offset, cell->offset);
    cr_assert_arr_eq(access->backing, page_of(cell) + cell->offset, cell->size);
    if (!load)
        cr_assert_arr_eq(access->attempted, buffer(), cell->size);
    cell->repeats += access->again;
    if (cell->asked++ > 0 && (cell->verdict == FACET_STOP || cell->verdict == FACET_BLOCK))
        return FACET_PASS;
    memcpy(access->reply, reply, cell->size);
    access->replaced = cell->replaced;
    access->fault = 5;
    access->step = cell->verdict == FACET_STEP ? 77 : 0;
    return cell->verdict;
}

static void on_outcome(void *context, const struct emu_access *access) {
    struct cell *cell = context;
    cell->outcomes++;
    cr_assert_eq(access->step, 77);
    cr_assert_arr_eq(access->attempted, buffer(), cell->size);
    cr_assert_arr_eq(access->backing, page_of(cell) + cell->offset, cell->size);
}

static void expect(const struct cell *cell) {
    memcpy(expected_page, page_of(cell), PAGE);
    memcpy(expected_buffer, buffer(), sizeof expected_buffer);
    if (cell->verdict == FACET_FAULT)
        return;
    if (cell->kind == ACCESS_LOAD)
        memcpy(expected_buffer, cell->verdict == FACET_DONE ? reply : expected_page + cell->offset, cell->size);
    else if (cell->verdict != FACET_DONE)
        memcpy(expected_page + cell->offset, cell->replaced ? reply : expected_buffer, cell->size);
}

static void begin_copy(const struct cell *cell) {
    struct facet_regs regs = {.rsp = STACK, .rip = CODE, .rflags = 0x202};
    emu_regs_set(guest.emu, &regs);
    guest.debug->copy.kind = cell->kind;
    guest.debug->copy.va = WINDOW(cell->window) + PAGE + cell->offset;
    guest.debug->copy.pc = CODE;
    guest.debug->copy.front = (unsigned long)FRONT_A(cell->window);
    guest.debug->copy.offset = cell->offset;
    guest.debug->copy.size = cell->size;
    guest.debug->copy.buffer = BUFFER;
    guest.debug->copy.status = 99;
}

static void try_cell(struct cell cell) {
    bool stops = cell.verdict == FACET_STOP, again = stops || cell.verdict == FACET_BLOCK;
    for (unsigned i = 0; i < PAGE; i++)
        page_of(&cell)[i] = (uint8_t)(i * 7 + (i >> 8));
    for (unsigned i = 0; i < FACET_ACCESS_MAX; i++)
        buffer()[i] = (uint8_t)(i * 5 + 3), reply[i] = (uint8_t)(i * 3 + 1);
    expect(&cell);
    begin_copy(&cell);
    emu_on_access(guest.emu, on_access, &cell);
    emu_on_outcome(guest.emu, on_outcome);
    struct emu_stop stop = emu_run(guest.emu);
    if (stops) {
        struct facet_regs regs;
        cr_assert_eq(stop.reason, EMU_STOP_ACCESS);
        emu_regs_get(guest.emu, &regs);
        cr_assert_eq(regs.rip, CODE, "before the system call");
        cr_assert_eq(cell.asked, 1);
        stop = emu_run(guest.emu);
    }
    cr_assert_eq(stop.reason, EMU_STOP_EVENT);
    cr_assert_eq(stop.code, DEBUG_EVENT_MESSAGE);
    cr_assert_eq(guest.debug->copy.status, cell.verdict == FACET_FAULT ? COPY_FAULT : COPY_OK);
    cr_assert_eq(guest.debug->copy.code, cell.verdict == FACET_FAULT ? 5 : 0);
    cr_assert_eq(cell.asked, again ? 2 : 1);
    cr_assert_eq(cell.repeats, stops ? 1 : 0);
    cr_assert_eq(cell.outcomes, cell.verdict == FACET_STEP ? 1 : 0);
    cr_assert_arr_eq(page_of(&cell), expected_page, PAGE);
    cr_assert_arr_eq(buffer(), expected_buffer, FACET_ACCESS_MAX);
}

/* With the page's end at every distance up to a word's beyond the copy. */
static unsigned try_size(struct cell cell, bool full) {
    static const enum facet_verdict verdicts[] = {FACET_PASS, FACET_DONE,  FACET_FAULT,
                                                  FACET_STEP, FACET_BLOCK, FACET_STOP};
    unsigned cells = 0;
    for (unsigned place = 0; place < 16; place++) {
        cell.offset = place < 8 ? 0x100 + place : (unsigned)PAGE - cell.size - (place - 8);
        for (unsigned v = 0; v < sizeof verdicts / sizeof *verdicts; v++) {
            if (!full && (cell.size + place + v) % 7 != 0)
                continue;
            cell.verdict = verdicts[v];
            cell.replaced = cell.kind == ACCESS_STORE && verdicts[v] == FACET_PASS && place % 2 == 1;
            try_cell(cell);
            cells++;
        }
    }
    return cells;
}

Test(access_copies, a_kernels_copy_is_one_access_with_every_verdict) {
    const char *matrix = getenv("FACET_MATRIX");
    bool full = matrix != NULL && strcmp(matrix, "full") == 0;
    unsigned cells = 0;
    guest = guest_create(copies_begin, (size_t)(copies_end - copies_begin));
    for (enum window w = FAST; w <= CAREFUL; w++)
        for (unsigned size = 1; size <= FACET_ACCESS_MAX; size += size < 40 ? 1 : 59)
            for (int store = 0; store < 2; store++)
                cells += try_size((struct cell){.window = w, .kind = store ? ACCESS_STORE : ACCESS_LOAD, .size = size},
                                  full);
    guest_destroy(&guest);
    printf("copies by the kernel: %u cells\n", cells);
    cr_assert_gt(cells, 500);
}
