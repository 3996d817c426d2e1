/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * print and its relatives, set var, whatis, ptype.
 */
#include "cmd_data.h"
#include "expr.h"
#include "expr_parse.h"
#include "format.h"

#include <string.h>

/* ---- Values */

/* Text to value with its bytes; the evaluation is the caller's. */
static struct value *value_of_text(struct data *d, const char *text, struct tree *tree) {
    if (!tree_parse(d, text, tree))
        return NULL;
    struct value *value = tree_evaluate(d, tree, false);
    return value && value_fetch(d, value) ? value : NULL;
}

/* Nothing said: the last one again. */
static struct value *last_value(struct data *d) {
    return variable_get(d, "", false);
}

enum show { SHOW_RECORD, SHOW_CALL, SHOW_ONLY };

static void show(struct data *d, struct value *value, const struct value_format *format, enum show how) {
    if (how == SHOW_CALL && type_strip(&d->c, value->type)->kind == TYPE_VOID)
        return;
    if (how != SHOW_ONLY)
        printf("$%zu = ", history_record(d, value));
    value_print(d, value, format, stdout);
    if (how != SHOW_ONLY)
        putchar('\n');
}

/* Is there such a format for the value? Before anything is printed. */
static bool can_show(struct data *d, struct value *value, const struct value_format *format) {
    enum type_kind kind = type_strip(&d->c, value->type)->kind;
    if (format->letter && format->letter != 's' && (kind == TYPE_FUNCTION || kind == TYPE_NO_DEBUG))
        return data_fail(d, "Value can't be converted to integer.") != NULL;
    return true;
}

static enum facet_status print(struct cli *cli, const char *args, const char *command, enum show how,
                               struct facet_error *error) {
    struct value_format format = {.count = 1};
    enum facet_status status = format_parse_print(&args, command, &format, error);
    if (status)
        return status;
    if (!*args && how == SHOW_ONLY)
        return facet_fail(error, FACET_ERR_USAGE, "Argument required (expression to compute).");
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, error);
    struct tree tree = {0};
    struct value *value = *args ? value_of_text(d, args, &tree) : last_value(d);
    if (!value || !can_show(d, value, &format))
        status = FACET_ERR_USAGE;
    else
        show(d, value, &format, how);
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    return status;
}

enum facet_status cmd_print(struct cli *cli, const char *args, struct facet_error *error) {
    return print(cli, args, "print", SHOW_RECORD, error);
}

enum facet_status cmd_output(struct cli *cli, const char *args, struct facet_error *error) {
    return print(cli, args, "output", SHOW_ONLY, error);
}

enum facet_status cmd_call(struct cli *cli, const char *args, struct facet_error *error) {
    return print(cli, args, "call", SHOW_CALL, error);
}

enum facet_status cmd_set_variable(struct cli *cli, const char *args, struct facet_error *error) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, error);
    struct tree tree = {0};
    struct value *value = NULL;
    if (!*args)
        data_fail(d, "Argument required (expression to compute).");
    else if ((value = value_of_text(d, args, &tree)) && tree.root->kind != NODE_ASSIGN &&
             tree.root->kind != NODE_STEP && tree.root->kind != NODE_COMMA)
        fprintf(stderr, "warning: Expression is not an assignment (and might have no effect)\n");
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    return value ? FACET_OK : FACET_ERR_USAGE;
}

/* ---- Types */

/* The type that the text names or has; a typedef that it names is resolved once for `whatis`. */
static struct type *type_of_text(struct data *d, const char *text, struct tree *tree, bool whatis) {
    if (!tree_parse(d, text, tree))
        return NULL;
    if (tree->is_type) {
        struct type *type = tree->root->type;
        return whatis && type->kind == TYPE_TYPEDEF ? type->target : type;
    }
    struct value *value = tree_evaluate_any(d, tree, true);
    return value ? value->type : NULL;
}

static enum facet_status show_type(struct cli *cli, const char *args, bool whatis, struct facet_error *error) {
    struct data *d = data_of(cli);
    struct tree tree = {0};
    if (*args == '/')
        return facet_fail(error, FACET_ERR_USAGE, "%s takes no flags here.", whatis ? "whatis" : "ptype");
    struct evaluation evaluation = data_begin(d, error);
    struct type *type = *args ? type_of_text(d, args, &tree, whatis) : last_value(d)->type;
    if (type) {
        printf("type = ");
        if (whatis)
            type_print(&d->c, type, stdout);
        else
            type_print_whole(&d->c, type, stdout);
        putchar('\n');
    }
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    return type ? FACET_OK : FACET_ERR_USAGE;
}

enum facet_status cmd_whatis(struct cli *cli, const char *args, struct facet_error *error) {
    return show_type(cli, args, true, error);
}

enum facet_status cmd_ptype(struct cli *cli, const char *args, struct facet_error *error) {
    return show_type(cli, args, false, error);
}

/* ---- show values, show convenience */

enum facet_status cmd_show_values(struct cli *cli, const char *args, struct facet_error *error) {
    struct data *d = data_of(cli);
    (void)args;
    struct evaluation evaluation = data_begin(d, error);
    for (size_t i = d->history_count > 10 ? d->history_count - 10 : 0; i < d->history_count; i++) {
        printf("$%zu = ", i + 1);
        value_print(d, d->history[i], NULL, stdout);
        putchar('\n');
    }
    data_end(d, evaluation, NULL);
    return FACET_OK;
}

enum facet_status cmd_show_convenience(struct cli *cli, const char *args, struct facet_error *error) {
    struct data *d = data_of(cli);
    (void)args;
    struct evaluation evaluation = data_begin(d, error);
    for (const struct variable *v = d->variables; v; v = v->next) {
        printf("$%s = ", v->name);
        if (v->value)
            value_print(d, v->value, NULL, stdout);
        else
            printf("void");
        putchar('\n');
    }
    if (!d->variables)
        printf("No debugger convenience values now defined.\n"
               "Convenience variables have prefix characters like \"$foo\" and get values from assignments like \"set "
               "var $foo = 1\".\n");
    data_end(d, evaluation, NULL);
    return FACET_OK;
}
