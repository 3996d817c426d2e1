/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expr.h"

enum facet_status expr_address(struct cli *cli, const char *text, uint64_t *va, struct facet_error *error) {
    return cmd_address(cli, text, va, error);
}

enum facet_status expr_number(struct cli *cli, const char *text, uint64_t *number, struct facet_error *error) {
    return cmd_address(cli, text, number, error);
}

enum facet_status expr_true(struct cli *cli, const char *text, bool *result, struct facet_error *error) {
    uint64_t number;
    enum facet_status status = expr_number(cli, text, &number, error);
    *result = status == FACET_OK && number != 0;
    return status;
}

enum facet_status expr_object(struct cli *cli, const char *text, struct expr_object *object,
                              struct facet_error *error) {
    *object = (struct expr_object){.size = 8};
    return cmd_address(cli, text, &object->va, error);
}

void expr_print_bytes(struct cli *cli, struct type *type, const void *bytes, uint64_t size, FILE *out) {
    (void)cli, (void)type, (void)bytes, (void)size, (void)out;
}

void expr_print_arguments(struct cli *cli, const struct frame *frame, FILE *out) {
    (void)cli, (void)frame, (void)out;
}

void expr_variable_set(struct cli *cli, const char *name, uint64_t number) {
    (void)cli, (void)name, (void)number;
}

void cmd_show_displays(struct cli *cli) {
    (void)cli;
}

void expr_complete(struct cli *cli, const char *prefix, void (*visit)(void *context, const char *name), void *context) {
    (void)cli, (void)prefix, (void)visit, (void)context;
}

void expr_forget(struct cli *cli) {
    (void)cli;
}
