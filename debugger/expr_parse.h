/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Expressions as trees. Names are looked up while they are parsed: whether (a)-1 is a cast depends on them.
 */
#ifndef DEBUGGER_EXPR_PARSE_H
#define DEBUGGER_EXPR_PARSE_H

#include "value.h"

enum token {
    T_END,
    T_LITERAL, /* number, character, string: a value */
    T_NAME,
    T_QUOTED, /* 'file.c' */
    T_DOLLAR, /* $name, $, $$3 */
    T_SIZEOF,
    T_STRUCT,
    T_UNION,
    T_ENUM,
    T_WORD,      /* of a basic type: int, unsigned, … */
    T_QUALIFIER, /* const, volatile, restrict */
    T_OPEN,
    T_CLOSE,
    T_OPEN_INDEX,
    T_CLOSE_INDEX,
    T_OPEN_BRACE,
    T_CLOSE_BRACE,
    T_SCOPE, /* :: */
    T_ELLIPSIS,
    T_DOT,
    T_ARROW,
    T_INC,
    T_DEC,
    T_NOT,
    T_COMPLEMENT,
    T_STAR,
    T_SLASH,
    T_PERCENT,
    T_PLUS,
    T_MINUS,
    T_AT,
    T_LEFT,
    T_RIGHT,
    T_LESS,
    T_MORE,
    T_LESS_EQUAL,
    T_MORE_EQUAL,
    T_EQUAL,
    T_UNEQUAL,
    T_AND,
    T_XOR,
    T_OR,
    T_AND_AND,
    T_OR_OR,
    T_QUESTION,
    T_COLON,
    T_ASSIGN, /* = and its compound forms: `op` says which */
    T_COMMA,
};

struct lexer {
    struct data *d;
    const char *start, *at; /* of the text; where the token after this one begins */
    const char *token_at;
    enum token token;
    enum token op;       /* T_ASSIGN: the operator in front, T_END: plain */
    struct value *value; /* T_LITERAL */
    char text[256];      /* T_NAME, T_QUOTED, T_DOLLAR (without its first $), T_WORD, T_QUALIFIER */
    bool failed;         /* said so */
};

void lexer_start(struct lexer *l, struct data *d, const char *text);
/* False: no token can begin like this, and it was said. */
bool lexer_next(struct lexer *l);
/* What operators look like: "<<"; for messages. */
const char *token_text(enum token token);

enum node_kind {
    NODE_LITERAL,
    NODE_NAME,
    NODE_DOLLAR,
    NODE_TYPE,
    NODE_SIZEOF, /* of an expression */
    NODE_CAST,
    NODE_AT_TYPE, /* {type} address */
    NODE_UNARY,
    NODE_BINARY,
    NODE_LOGIC, /* && || */
    NODE_CONDITION,
    NODE_COMMA,
    NODE_ASSIGN,
    NODE_STEP, /* ++ -- in front (number 0) or behind (1) */
    NODE_MEMBER,
    NODE_INDEX,
    NODE_CALL,
    NODE_REPEAT, /* a@n */
};

struct node {
    enum node_kind kind;
    enum token op;
    struct node *left, *right, *third;
    struct type *type;
    struct value *value;
    struct found found;
    char *text;
    int number;
    struct node *next; /* all of a tree */
};

struct tree {
    struct node *root, *all;
    bool is_type; /* the whole is a type's name */
    /* Where the innermost local variable that it names is known; hi 0: it names none. */
    uint64_t scope_lo, scope_hi;
    bool local;
};

struct parser {
    struct lexer l;
    struct tree *tree;
    unsigned depth;
};

/* False: it was said why. tree_free in either case. */
bool tree_parse(struct data *d, const char *text, struct tree *tree);
void tree_free(struct tree *tree);

/* expr_type.c: for the parser. */
bool type_starts_here(struct parser *p);
struct type *type_parse(struct parser *p);
/* expr_parse.c: for expr_type.c. */
bool parser_take(struct parser *p, enum token token);   /* if it is there */
bool parser_expect(struct parser *p, enum token token); /* or it is a syntax error */
void *parser_fail(struct parser *p);                    /* syntax error */

/* expr_eval.c. `typed`: only the type is wanted, nothing is changed or read. */
struct value *tree_evaluate(struct data *d, const struct tree *tree, bool typed);
/* The same of what may be a symbol without debug information. */
struct value *tree_evaluate_any(struct data *d, const struct tree *tree, bool typed);

/* expr_op.c */
struct value *op_binary(struct data *d, enum token op, struct value *left, struct value *right);
struct value *op_unary(struct data *d, enum token op, struct value *value);

/* vector.c: the type of $xmmN; NULL: it is none */
struct type *vector_register(const char *name, unsigned *index);

/* expr_variable.c: $name */
bool variable_is_register(struct data *d, const char *name);
struct value *variable_get(struct data *d, const char *name, bool typed);
/* NULL: it is a register or a number of the history, which the caller treats as any value. */
struct variable *variable_to_set(struct data *d, const char *name);
void variable_put(struct data *d, struct variable *variable, struct value *value);
size_t history_record(struct data *d, struct value *value); /* a copy; returns its number */

#endif
