/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands about the frames of the stack. Wording as gdb's.
 */
#include "expr.h"
#include "stack.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static void print_numbered(struct cli *cli, const struct frame *frame) {
    printf("#%-2d ", frame->level);
    stack_print_frame(cli, frame);
}

/* ---- backtrace */

static void print_frames(struct cli *cli, struct frame *frame, uint64_t count, bool full) {
    struct frame caller;
    for (;;) {
        print_numbered(cli, frame);
        if (full) {
            int selected = cli->frame;
            cli->frame = frame->level;
            cmd_execute(cli, "info locals", NULL);
            cli->frame = selected;
        }
        bool more = frame_shown_caller(cli, frame, &caller);
        if (!--count && more && cli_interactive(cli))
            printf("(More stack frames follow...)\n");
        if (!count || !more || cli_interrupted())
            return;
        *frame = caller;
    }
}

static int depth(struct cli *cli) {
    struct frame frame, caller;
    frame_innermost(cli, &frame);
    while (!cli_interrupted() && frame_shown_caller(cli, &frame, &caller))
        frame = caller;
    return frame.level + 1;
}

/* N, -N, full: in any order. */
static enum facet_status backtrace_arguments(struct cli *cli, const char *args, int *first, uint64_t *count, bool *full,
                                             struct facet_error *error) {
    char word[32];
    *first = 0;
    *count = UINT64_MAX;
    *full = false;
    while (*args) {
        uint64_t number;
        cmd_word(&args, word, sizeof word);
        if (!strcmp(word, "full") || !strcmp(word, "-full")) {
            *full = true;
            continue;
        }
        if (!text_number(word + (*word == '-'), &number) || number > INT32_MAX)
            return facet_fail(error, FACET_ERR_USAGE, "backtrace [N|-N] [full], not \"%s\".", word);
        *count = number;
        if (*word == '-') {
            int all = depth(cli);
            *first = all > (int)number ? all - (int)number : 0;
        }
    }
    return FACET_OK;
}

static enum facet_status cmd_backtrace(struct cli *cli, const char *args, struct facet_error *error) {
    struct frame frame;
    int first = 0;
    uint64_t count = 0;
    bool full = false;
    enum facet_status status = frame_at(cli, 0, &frame, error);
    if (status == FACET_OK)
        status = backtrace_arguments(cli, args, &first, &count, &full, error);
    if (status == FACET_OK)
        status = frame_at(cli, first, &frame, error);
    if (status == FACET_OK && count)
        print_frames(cli, &frame, count, full);
    return status;
}

/* ---- Selecting one */

static void print_selected(struct cli *cli, const struct frame *frame) {
    print_numbered(cli, frame);
    stack_print_here(cli, frame);
}

static enum facet_status cmd_frame(struct cli *cli, const char *args, struct facet_error *error) {
    struct frame frame;
    uint64_t level = (uint64_t)cli->frame;
    enum facet_status status = frame_selected(cli, &frame, error);
    if (status == FACET_OK && *args)
        status = expr_number(cli, args, &level, error);
    if (status == FACET_OK)
        status = level > INT32_MAX ? facet_fail(error, FACET_ERR_USAGE, "No frame at level %s.", args)
                                   : frame_at(cli, (int)level, &frame, error);
    if (status)
        return status;
    cli->frame = (int)level;
    print_selected(cli, &frame);
    return FACET_OK;
}

static enum facet_status distance(struct cli *cli, const char *args, int *count, struct facet_error *error) {
    struct frame frame;
    uint64_t number = 1;
    enum facet_status status = frame_at(cli, 0, &frame, error);
    if (status == FACET_OK && *args)
        status = expr_number(cli, args, &number, error);
    *count = (int64_t)number > 1000000 ? 1000000 : (int64_t)number < -1000000 ? -1000000 : (int)number;
    return status;
}

/* As far as there are frames; an error only if there is none at all in that direction. */
static enum facet_status go(struct cli *cli, int by, struct facet_error *error) {
    struct frame frame, next;
    frame_innermost(cli, &frame);
    int wanted = cli->frame + by;
    if (by < 0 && cli->frame == 0)
        return facet_fail(error, FACET_ERR_USAGE, "Bottom (innermost) frame selected; you cannot go down.");
    while (frame.level < wanted && frame_shown_caller(cli, &frame, &next))
        frame = next;
    if (by > 0 && frame.level == cli->frame)
        return facet_fail(error, FACET_ERR_USAGE, "Initial frame selected; you cannot go up.");
    cli->frame = frame.level;
    print_selected(cli, &frame);
    return FACET_OK;
}

static enum facet_status cmd_up(struct cli *cli, const char *args, struct facet_error *error) {
    int count;
    enum facet_status status = distance(cli, args, &count, error);
    return status ? status : go(cli, count, error);
}

static enum facet_status cmd_down(struct cli *cli, const char *args, struct facet_error *error) {
    int count;
    enum facet_status status = distance(cli, args, &count, error);
    return status ? status : go(cli, -count, error);
}

/* ---- info frame */

static void print_neighbours(struct cli *cli, const struct frame *frame) {
    struct frame inner, caller;
    const char *gap = " ";
    if (frame_shown_caller(cli, frame, &caller)) {
        printf(" called by frame at 0x%" PRIx64, caller.cfa);
        gap = ", ";
    }
    if (frame->level && frame_at(cli, frame->level - 1, &inner, NULL) == FACET_OK) {
        printf("%scaller of frame at 0x%" PRIx64, gap, inner.cfa);
        gap = ", ";
    }
    if (gap[1])
        printf("\n");
}

static void print_saved(struct cli *cli, const struct frame *frame) {
    static const char *const order[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
                                        "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip"};
    const char *gap = " Saved registers:\n  ";
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        uint64_t va;
        if (!frame_saved(cli, frame, cmd_register(order[i], strlen(order[i])), &va))
            continue;
        printf("%s%s at 0x%" PRIx64, gap, order[i], va);
        gap = ", ";
    }
    if (*gap == ',')
        printf("\n");
}

enum facet_status cmd_info_frame(struct cli *cli, const char *args, struct facet_error *error) {
    struct frame frame, caller;
    struct line_place place;
    char name[SYMBOL_TEXT];
    (void)args;
    enum facet_status status = frame_selected(cli, &frame, error);
    if (status)
        return status;
    bool known = frame_place(cli, &frame, &place);
    printf("Stack level %d, frame at 0x%" PRIx64 ":\n", frame.level, frame.cfa);
    printf(" rip = 0x%" PRIx64 " in %s", frame.pc, frame_function(cli, &frame, name));
    if (known)
        printf(" (%s:%d)", place.file, place.line);
    if (frame_caller(cli, &frame, &caller))
        printf("; saved rip = 0x%" PRIx64, caller.pc);
    printf("\n");
    print_neighbours(cli, &frame);
    if (known)
        printf(" source language c.\n");
    printf(" Arglist at 0x%" PRIx64 ", args: ", frame.cfa - 16);
    expr_print_arguments(cli, &frame, stdout);
    printf("\n Locals at 0x%" PRIx64 ", Previous frame's sp is 0x%" PRIx64 "\n", frame.cfa - 16, frame.cfa);
    print_saved(cli, &frame);
    return FACET_OK;
}

const struct cmd cmd_stack_table[] = {
    {"backtrace", "bt", cmd_backtrace, "backtrace [N|-N] [full]",
     "the frames of the stack: all, the innermost or outermost N; full: with their variables", true},
    {"up", NULL, cmd_up, "up [N]", "select the frame that called this one", true},
    {"down", "dow", cmd_down, "down [N]", "select the frame that this one called", true},
    {"frame", "f", cmd_frame, "frame [N]", "select and show a frame", false},
    {0},
};
