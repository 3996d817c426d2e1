/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A recursive-descent parser: one function for each kind of operand, one table of binary operators.
 */
#include "expr_parse.h"

#include "text.h"

#include <string.h>

#define DEPTH_MAX 200 /* of parentheses and prefixes; protects our stack */

static struct node *expression(struct parser *p, int weakest);

/* ---- Helpers */

void *parser_fail(struct parser *p) {
    if (!p->l.failed)
        data_fail(p->l.d, "A syntax error in expression, near `%.200s'.", p->l.token_at);
    p->l.failed = true;
    return NULL;
}

bool parser_take(struct parser *p, enum token token) {
    return p->l.token == token && lexer_next(&p->l);
}

bool parser_expect(struct parser *p, enum token token) {
    return p->l.token == token ? lexer_next(&p->l) : parser_fail(p) != NULL;
}

static struct node *node(struct parser *p, enum node_kind kind, struct node *left, struct node *right) {
    struct node *n = calloc(1, sizeof *n);
    facet_assert(n, "out of memory");
    n->kind = kind;
    n->left = left;
    n->right = right;
    n->next = p->tree->all;
    p->tree->all = n;
    return n;
}

static struct node *with_op(struct parser *p, enum node_kind kind, enum token op, struct node *left,
                            struct node *right) {
    struct node *n = node(p, kind, left, right);
    n->op = op;
    return n;
}

/* ---- Names */

/* The innermost scope is the smallest. */
static void note_scope(struct tree *tree, const struct found *found) {
    if (!found->local)
        return;
    if (!tree->local || found->hi - found->lo < tree->scope_hi - tree->scope_lo) {
        tree->scope_lo = found->lo;
        tree->scope_hi = found->hi;
    }
    tree->local = true;
}

static void *no_symbol(struct parser *p, const char *name) {
    size_t count;
    symbols_all(p->l.d->c.symbols, &count);
    if (!count && !p->l.d->c.dwarf)
        return data_fail(p->l.d,
                         "No symbol table is loaded: the program was stripped. Use addresses and $registers, or "
                         "build it with -g.");
    const char *near = symbols_near(p->l.d->c.symbols, name);
    if (near && (strlen(name) < 4 || text_distance(name, near) > 1)) /* libraries have all kinds of names */
        near = NULL;
    return data_fail(p->l.d,
                     near ? "No symbol \"%s\" in current context; did you mean \"%s\"?"
                          : "No symbol \"%s\" in current context.",
                     name, near);
}

static struct node *found_node(struct parser *p, const struct found *found, const char *name) {
    struct node *n = node(p, NODE_NAME, NULL, NULL);
    n->found = *found;
    n->text = text_copy(name);
    note_scope(p->tree, found);
    return n;
}

/* name, or where::name */
static struct node *name(struct parser *p) {
    struct found found;
    char first[sizeof p->l.text];
    bool quoted = p->l.token == T_QUOTED;
    strcpy(first, p->l.text);
    if (!lexer_next(&p->l))
        return NULL;
    if (p->l.token != T_SCOPE) {
        if (quoted && !scope_find(p->l.d, first, &found))
            return data_fail(p->l.d, "Invalid character constant.");
        return scope_find(p->l.d, first, &found) ? found_node(p, &found, first) : no_symbol(p, first);
    }
    if (!lexer_next(&p->l))
        return NULL;
    if (p->l.token != T_NAME)
        return parser_fail(p);
    if (!scope_find_in(p->l.d, first, p->l.text, &found))
        return data_fail(p->l.d, "No symbol \"%s\" in specified context.", p->l.text);
    struct node *n = found_node(p, &found, p->l.text);
    return lexer_next(&p->l) ? n : NULL;
}

/* ---- Operands */

static struct node *type_node(struct parser *p) {
    struct type *type = type_parse(p);
    struct node *n = type ? node(p, NODE_TYPE, NULL, NULL) : NULL;
    if (n)
        n->type = type;
    return n;
}

static struct node *prefix(struct parser *p);

/* (type) operand, or (expression) */
static struct node *parentheses(struct parser *p, bool *cast) {
    struct node *n;
    *cast = false;
    if (!lexer_next(&p->l))
        return NULL;
    if (!type_starts_here(p)) {
        n = expression(p, 0);
        return n && parser_expect(p, T_CLOSE) ? n : NULL;
    }
    n = type_node(p);
    if (!n || !parser_expect(p, T_CLOSE))
        return NULL;
    *cast = true;
    return n;
}

static struct node *operand(struct parser *p) {
    struct node *n;
    switch (p->l.token) {
    case T_LITERAL:
        n = node(p, NODE_LITERAL, NULL, NULL);
        n->value = p->l.value;
        return lexer_next(&p->l) ? n : NULL;
    case T_DOLLAR:
        n = node(p, NODE_DOLLAR, NULL, NULL);
        n->text = text_copy(p->l.text);
        return lexer_next(&p->l) ? n : NULL;
    case T_NAME:
        if (type_starts_here(p))
            return type_node(p);
        return name(p);
    case T_QUOTED:
        return name(p);
    default:
        return type_starts_here(p) ? type_node(p) : parser_fail(p);
    }
}

static struct node *member(struct parser *p, struct node *left) {
    struct node *n = with_op(p, NODE_MEMBER, p->l.token, left, NULL);
    if (!lexer_next(&p->l))
        return NULL;
    if (p->l.token != T_NAME)
        return parser_fail(p);
    n->text = text_copy(p->l.text);
    return lexer_next(&p->l) ? n : NULL;
}

static struct node *bracket(struct parser *p, struct node *left, enum node_kind kind, enum token closing) {
    struct node *inside = NULL;
    if (!lexer_next(&p->l))
        return NULL;
    if ((kind != NODE_CALL || p->l.token != T_CLOSE) && !(inside = expression(p, 0)))
        return NULL;
    return parser_expect(p, closing) ? node(p, kind, left, inside) : NULL;
}

static struct node *postfix(struct parser *p, struct node *n) {
    while (n) {
        switch (p->l.token) {
        case T_DOT:
        case T_ARROW:
            n = member(p, n);
            break;
        case T_OPEN_INDEX:
            n = bracket(p, n, NODE_INDEX, T_CLOSE_INDEX);
            break;
        case T_OPEN:
            n = bracket(p, n, NODE_CALL, T_CLOSE);
            break;
        case T_INC:
        case T_DEC:
            n = with_op(p, NODE_STEP, p->l.token, n, NULL);
            n->number = 1;
            if (!lexer_next(&p->l))
                return NULL;
            break;
        default:
            return n;
        }
    }
    return NULL;
}

static struct node *after_sizeof(struct parser *p) {
    bool type = false;
    struct node *n;
    if (!lexer_next(&p->l))
        return NULL;
    if (p->l.token == T_OPEN) {
        n = parentheses(p, &type);
        if (n && !type)
            n = postfix(p, n);
    } else
        n = prefix(p);
    return n ? node(p, NODE_SIZEOF, n, NULL) : NULL;
}

static struct node *after_open(struct parser *p) {
    bool cast;
    struct node *n = parentheses(p, &cast);
    if (!n || !cast)
        return n ? postfix(p, n) : NULL;
    struct node *of = prefix(p);
    return of ? node(p, NODE_CAST, of, n) : NULL;
}

static struct node *after_brace(struct parser *p) {
    struct node *type, *va;
    if (!lexer_next(&p->l) || !(type = type_node(p)) || !parser_expect(p, T_CLOSE_BRACE) || !(va = prefix(p)))
        return NULL;
    return node(p, NODE_AT_TYPE, va, type);
}

static struct node *prefix_of(struct parser *p) {
    enum token token = p->l.token;
    struct node *n;
    switch (token) {
    case T_AND:
    case T_STAR:
    case T_MINUS:
    case T_PLUS:
    case T_NOT:
    case T_COMPLEMENT:
        if (!lexer_next(&p->l) || !(n = prefix(p)))
            return NULL;
        return with_op(p, NODE_UNARY, token, n, NULL);
    case T_INC:
    case T_DEC:
        if (!lexer_next(&p->l) || !(n = prefix(p)))
            return NULL;
        return with_op(p, NODE_STEP, token, n, NULL);
    case T_SIZEOF:
        return after_sizeof(p);
    case T_OPEN:
        return after_open(p);
    case T_OPEN_BRACE:
        return after_brace(p);
    default:
        return (n = operand(p)) ? postfix(p, n) : NULL;
    }
}

static struct node *prefix(struct parser *p) {
    if (++p->depth > DEPTH_MAX)
        return data_fail(p->l.d, "The expression is nested too deeply.");
    struct node *n = prefix_of(p);
    p->depth--;
    return n;
}

/* ---- Binary operators: the higher, the tighter. gdb's @ stands between shifts and sums. */

enum { COMMA = 1, ASSIGNMENT, CONDITIONAL, OR_OR, AND_AND, OR, XOR, AND, EQUALITY, ORDER, SHIFT, REPEAT, SUM, PRODUCT };

static int strength(enum token token) {
    static const unsigned char table[] = {
        [T_COMMA] = COMMA,      [T_ASSIGN] = ASSIGNMENT, [T_QUESTION] = CONDITIONAL,
        [T_OR_OR] = OR_OR,      [T_AND_AND] = AND_AND,   [T_OR] = OR,
        [T_XOR] = XOR,          [T_AND] = AND,           [T_EQUAL] = EQUALITY,
        [T_UNEQUAL] = EQUALITY, [T_LESS] = ORDER,        [T_MORE] = ORDER,
        [T_LESS_EQUAL] = ORDER, [T_MORE_EQUAL] = ORDER,  [T_LEFT] = SHIFT,
        [T_RIGHT] = SHIFT,      [T_AT] = REPEAT,         [T_PLUS] = SUM,
        [T_MINUS] = SUM,        [T_STAR] = PRODUCT,      [T_SLASH] = PRODUCT,
        [T_PERCENT] = PRODUCT,
    };
    return token < sizeof table ? table[token] : 0;
}

static struct node *conditional(struct parser *p, struct node *condition) {
    struct node *yes = expression(p, COMMA), *no;
    if (!yes || !parser_expect(p, T_COLON) || !(no = expression(p, CONDITIONAL - 1)))
        return NULL;
    struct node *n = node(p, NODE_CONDITION, condition, yes);
    n->third = no;
    return n;
}

static struct node *joined(struct parser *p, struct node *left, enum token token, enum token op) {
    if (token == T_QUESTION)
        return conditional(p, left);
    /* those that associate to the right take an operator of their own strength once more */
    struct node *right = expression(p, strength(token) - (token == T_ASSIGN));
    if (!right)
        return NULL;
    switch (token) {
    case T_COMMA:
        return node(p, NODE_COMMA, left, right);
    case T_ASSIGN:
        return with_op(p, NODE_ASSIGN, op, left, right);
    case T_AT:
        return node(p, NODE_REPEAT, left, right);
    case T_AND_AND:
    case T_OR_OR:
        return with_op(p, NODE_LOGIC, token, left, right);
    default:
        return with_op(p, NODE_BINARY, token, left, right);
    }
}

/* All operators that bind tighter than `weakest`. */
static struct node *expression(struct parser *p, int weakest) {
    if (++p->depth > DEPTH_MAX)
        return data_fail(p->l.d, "The expression is nested too deeply.");
    struct node *n = prefix(p);
    while (n && strength(p->l.token) > weakest) {
        enum token token = p->l.token, op = p->l.op;
        n = lexer_next(&p->l) ? joined(p, n, token, op) : NULL;
    }
    p->depth--;
    return n;
}

bool tree_parse(struct data *d, const char *text, struct tree *tree) {
    struct parser p = {.tree = tree};
    *tree = (struct tree){0};
    lexer_start(&p.l, d, text);
    if (!lexer_next(&p.l) || !(tree->root = expression(&p, 0)))
        return false;
    if (p.l.token != T_END)
        return parser_fail(&p) != NULL;
    tree->is_type = tree->root->kind == NODE_TYPE;
    return true;
}

void tree_free(struct tree *tree) {
    for (struct node *next, *n = tree->all; n; n = next) {
        next = n->next;
        free(n->text);
        free(n);
    }
    *tree = (struct tree){0};
}
