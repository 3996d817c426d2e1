/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Expressions that are shown at each stop.
 */
#include "cmd_data.h"
#include "expr.h"
#include "expr_parse.h"
#include "format.h"
#include "keep.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define DISPLAYS_MAX 4096u /* that a checkpoint may have */

static bool examines(const struct display *display) {
    return display->format == 's' || display->format == 'i' || display->size;
}

/* "/2xw", with what was not said left out; the list has the size first. */
static void print_format(const struct display *display, bool list) {
    char size = display->size, letter = display->format;
    if (!letter)
        return;
    putchar('/');
    if (examines(display) && (list || display->count != 1))
        printf("%" PRId64, display->count);
    if (list && size)
        putchar(size);
    putchar(letter);
    if (!list && size && letter != 's' && letter != 'i')
        putchar(size);
}

/* ---- Showing one */

static void show_memory(struct data *d, const struct display *display) {
    struct value_format format = {.letter = display->format, .size = display->size, .count = display->count};
    struct facet_error error = {{0}};
    uint64_t va, last;
    printf("%d: x", display->number);
    print_format(display, false);
    printf(" %s%s", display->text, display->format == 's' && display->count == 1 ? "  " : "\n");
    enum facet_status status = expr_address(d->cli, display->text, &va, &error);
    if (status == FACET_OK)
        status = examine_memory(d->cli, &format, &va, &last, &error);
    if (status)
        printf("%s\n", error.text);
}

static void show_value(struct data *d, const struct display *display) {
    struct value_format format = {.letter = display->format, .count = 1};
    struct facet_error error = {{0}};
    struct evaluation evaluation = data_begin(d, &error);
    struct tree tree = {0};
    struct value *value = tree_parse(d, display->text, &tree) ? tree_evaluate(d, &tree, false) : NULL;
    printf("%d: ", display->number);
    print_format(display, false);
    printf("%s%s = ", display->format ? " " : "", display->text);
    if (value && value_fetch(d, value))
        value_print(d, value, &format, stdout);
    else
        printf("<error: %s>", error.text);
    putchar('\n');
    tree_free(&tree);
    data_end(d, evaluation, NULL);
}

/* Locals are shown in their block only. */
static bool in_scope(struct data *d, const struct display *display) {
    struct frame frame;
    if (!display->scope_hi)
        return true;
    return d->cli->started && frame_selected(d->cli, &frame, NULL) == FACET_OK &&
           frame.lookup_pc >= display->scope_lo && frame.lookup_pc < display->scope_hi;
}

static void show(struct data *d, const struct display *display) {
    if (!display->enabled || !in_scope(d, display))
        return;
    if (examines(display))
        show_memory(d, display);
    else
        show_value(d, display);
}

void cmd_show_displays(struct cli *cli) {
    if (!cli->data)
        return;
    struct data *d = data_of(cli);
    for (const struct display *display = d->displays; display; display = display->next)
        show(d, display);
}

/* ---- The list */

static struct display *add(struct data *d, const char *text, const struct value_format *format,
                           const struct tree *tree) {
    struct display *display = calloc(1, sizeof *display), **end = &d->displays;
    facet_assert(display, "out of memory");
    *display = (struct display){.number = ++d->last_display,
                                .enabled = true,
                                .text = text_copy(text),
                                .format = format->letter,
                                .size = format->size,
                                .count = format->count,
                                .scope_lo = tree->scope_lo,
                                .scope_hi = tree->local ? tree->scope_hi : 0};
    while (*end)
        end = &(*end)->next;
    return *end = display;
}

/* In a checkpoint. */
static void display_visit(struct archive *a, struct display *display) {
    display->number = (int)archive_number(a, (uint64_t)display->number, INT32_MAX - 1);
    archive_flag(a, &display->enabled);
    keep_line_visit(a, &display->text);
    archive_value(a, display->format);
    archive_value(a, display->size);
    archive_value(a, display->count);
    archive_value(a, display->scope_lo);
    archive_value(a, display->scope_hi);
    bool known = strchr("xduotacfzsi", display->format) && strchr("bhwg", display->size); /* or 0 */
    if (!display->text || !known || display->count > INT32_MAX || display->count < INT32_MIN)
        archive_fail(a);
}

void displays_visit(struct cli *cli, struct archive *a) {
    struct data *d = data_of(cli);
    uint64_t count = 0;
    for (struct display *display = d->displays; display; display = display->next)
        count++;
    count = archive_number(a, count, DISPLAYS_MAX);
    struct display **at = &d->displays;
    for (uint64_t i = 0; i < count && !a->bad; i++, at = &(*at)->next) {
        if (a->loading)
            *at = text_zeros(1, sizeof **at);
        display_visit(a, *at);
    }
    d->last_display = (int)archive_number(a, (uint64_t)d->last_display, INT32_MAX - 1);
}

enum facet_status cmd_display(struct cli *cli, const char *args, struct facet_error *error) {
    struct data *d = data_of(cli);
    struct value_format format = {.count = 1};
    struct tree tree = {0};
    if (!*args) {
        cmd_show_displays(cli);
        return FACET_OK;
    }
    enum facet_status status = format_parse(&args, &format, error);
    if (status)
        return status;
    if (format.size || format.letter == 's' || format.letter == 'i') {
        format.letter = format.letter ? format.letter : 'x';
        format_examine(&format, 'w');
    }
    struct evaluation evaluation = data_begin(d, error);
    bool good = tree_parse(d, args, &tree);
    const struct display *display = good ? add(d, args, &format, &tree) : NULL;
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    if (display && cli->started)
        show(d, display);
    return good ? FACET_OK : FACET_ERR_USAGE;
}

static bool remove_display(struct data *d, int number) {
    for (struct display **at = &d->displays; *at; at = &(*at)->next)
        if ((*at)->number == number) {
            struct display *gone = *at;
            *at = gone->next;
            free(gone->text);
            free(gone);
            return true;
        }
    return false;
}

enum facet_status cmd_undisplay(struct cli *cli, const char *args, struct facet_error *error) {
    struct data *d = data_of(cli);
    if (!*args && !cli_confirm(cli, "Delete all auto-display expressions? "))
        return FACET_OK;
    while (!*args && d->displays)
        remove_display(d, d->displays->number);
    while (*args) {
        char word[32];
        uint64_t number;
        cmd_word(&args, word, sizeof word);
        if (!text_number(word, &number))
            return facet_fail(error, FACET_ERR_USAGE, "Arguments must be display numbers.");
        if (number > INT32_MAX || !remove_display(d, (int)number))
            return facet_fail(error, FACET_ERR_USAGE, "No display number %s.", word);
    }
    return FACET_OK;
}

enum facet_status cmd_info_display(struct cli *cli, const char *args, struct facet_error *error) {
    struct data *d = data_of(cli);
    (void)args, (void)error;
    printf(d->displays ? "Auto-display expressions now in effect:\nNum Enb Expression\n"
                       : "There are no auto-display expressions now.\n");
    for (const struct display *display = d->displays; display; display = display->next) {
        printf("%d:   %c  ", display->number, display->enabled ? 'y' : 'n');
        print_format(display, true);
        printf("%s%s", display->format || display->size ? " " : "", display->text);
        printf(in_scope(d, display) ? "\n" : "\ncannot be displayed in the current context\n");
    }
    return FACET_OK;
}
