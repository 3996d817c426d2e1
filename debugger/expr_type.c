/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of types in expressions: "const struct node *", "unsigned long", "int (*)[3]".
 */
#include "expr_parse.h"

#include <string.h>

#define DEPTH_MAX 20

bool type_starts_here(struct parser *p) {
    struct found found;
    switch (p->l.token) {
    case T_STRUCT:
    case T_UNION:
    case T_ENUM:
    case T_WORD:
    case T_QUALIFIER:
        return true;
    case T_NAME:
        return scope_find(p->l.d, p->l.text, &found) && found.kind == FOUND_TYPE;
    default:
        return false;
    }
}

/* ---- unsigned, long, long, int: in any order */

struct words {
    unsigned is_unsigned, is_signed, longs, shorts, others;
    char last[16]; /* "int", "char", … */
};

static bool take_word(struct words *w, const char *word) {
    if (!strcmp(word, "unsigned"))
        return ++w->is_unsigned == 1;
    if (!strcmp(word, "signed"))
        return ++w->is_signed == 1;
    if (!strcmp(word, "long"))
        return ++w->longs <= 2;
    if (!strcmp(word, "short"))
        return ++w->shorts == 1;
    snprintf(w->last, sizeof w->last, "%.15s", word);
    return ++w->others == 1;
}

static struct type *basic(const struct words *w) {
    static const struct {
        const char *word;
        enum type_basic natural, is_unsigned;
    } table[] = {{"char", BASIC_CHAR, BASIC_UCHAR},   {"int", BASIC_INT, BASIC_UINT},
                 {"", BASIC_INT, BASIC_UINT},         {"__int128", BASIC_INT128, BASIC_UINT128},
                 {"float", BASIC_FLOAT, BASIC_FLOAT}, {"double", BASIC_DOUBLE, BASIC_DOUBLE},
                 {"_Bool", BASIC_BOOL, BASIC_BOOL},   {"void", BASIC_VOID, BASIC_VOID}};
    if (w->longs && !strcmp(w->last, "double"))
        return type_basic(BASIC_LDOUBLE);
    if (w->shorts)
        return type_basic(w->is_unsigned ? BASIC_USHORT : BASIC_SHORT);
    if (w->longs)
        return type_basic(w->longs == 2 ? (w->is_unsigned ? BASIC_ULLONG : BASIC_LLONG)
                                        : (w->is_unsigned ? BASIC_ULONG : BASIC_LONG));
    if (w->is_signed && !strcmp(w->last, "char"))
        return type_basic(BASIC_SCHAR);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(w->last, table[i].word))
            return type_basic(w->is_unsigned ? table[i].is_unsigned : table[i].natural);
    return type_basic(BASIC_INT);
}

static struct type *tagged(struct parser *p) {
    static const char *const words[] = {"struct", "union", "enum"};
    enum token token = p->l.token;
    size_t which = token == T_STRUCT ? 0 : token == T_UNION ? 1 : 2;
    enum name_kind kind = which == 0 ? NAME_STRUCT : which == 1 ? NAME_UNION : NAME_ENUM;
    if (!lexer_next(&p->l))
        return NULL;
    if (p->l.token != T_NAME)
        return parser_fail(p);
    struct type *type = scope_tagged(p->l.d, kind, p->l.text);
    if (!type)
        return data_fail(p->l.d, "No %s type named %s.", words[which], p->l.text);
    return lexer_next(&p->l) ? type : NULL;
}

static const char *qualifier_text(const char *text) {
    return *text == 'c' ? "const" : *text == 'v' ? "volatile" : "restrict";
}

static struct type *typedef_name(struct parser *p) {
    struct found found;
    if (!scope_find(p->l.d, p->l.text, &found) || found.kind != FOUND_TYPE)
        return parser_fail(p);
    struct type *type = scope_type(p->l.d, &found);
    return lexer_next(&p->l) ? type : NULL;
}

static struct type *specifiers(struct parser *p) {
    struct words words = {0};
    const char *qualifiers[8];
    size_t count = 0;
    struct type *type = NULL;
    for (;;) {
        struct lexer *l = &p->l;
        bool plain = !type && !words.others && !words.longs && !words.shorts && !words.is_signed && !words.is_unsigned;
        if (l->token == T_QUALIFIER && count < sizeof qualifiers / sizeof *qualifiers) {
            qualifiers[count++] = qualifier_text(l->text);
        } else if (l->token == T_WORD && !type) {
            if (!take_word(&words, l->text))
                return parser_fail(p);
        } else if (plain && (l->token == T_STRUCT || l->token == T_UNION || l->token == T_ENUM)) {
            if (!(type = tagged(p)))
                return NULL;
            continue;
        } else if (plain && l->token == T_NAME) {
            if (!(type = typedef_name(p)))
                return NULL;
            continue;
        } else
            break;
        if (!lexer_next(l))
            return NULL;
    }
    if (!type)
        type = basic(&words);
    while (count-- > 0)
        type = type_qualified(&p->l.d->c, type, qualifiers[count]);
    return type;
}

/* ---- Declarators without a name. What is inside of parentheses applies last: its place is kept in *hole. */

static struct type *suffixes(struct parser *p, struct type *type, unsigned depth);

static struct type *parameters(struct parser *p, struct type *type, unsigned depth) {
    struct catalogue *c = &p->l.d->c;
    struct type *function = type_function(c, type);
    if (!parser_expect(p, T_OPEN))
        return NULL;
    function->fields = catalogue_alloc(c, 16 * sizeof *function->fields);
    function->prototyped = p->l.token != T_CLOSE;
    while (p->l.token != T_CLOSE) {
        if (p->l.token == T_ELLIPSIS && function->field_count) {
            function->variadic = true;
            return lexer_next(&p->l) && parser_expect(p, T_CLOSE) ? function : NULL;
        }
        if (function->field_count == 16 || depth > DEPTH_MAX || !type_starts_here(p))
            return parser_fail(p);
        p->depth++;
        struct type *parameter = type_parse(p);
        p->depth--;
        if (!parameter)
            return NULL;
        if (type_strip(c, parameter)->kind != TYPE_VOID)
            function->fields[function->field_count++].type = parameter;
        if (p->l.token != T_CLOSE && !parser_expect(p, T_COMMA))
            return NULL;
    }
    return lexer_next(&p->l) ? function : NULL;
}

static struct type *bounds(struct parser *p, struct type *type, unsigned depth) {
    int64_t count = -1;
    uint64_t number;
    if (!parser_expect(p, T_OPEN_INDEX))
        return NULL;
    if (p->l.token == T_LITERAL) {
        if (!value_number(p->l.d, p->l.value, &number) || !lexer_next(&p->l))
            return NULL;
        count = (int64_t)number;
    }
    if (!parser_expect(p, T_CLOSE_INDEX))
        return NULL;
    struct type *element = suffixes(p, type, depth + 1);
    return element ? type_array(&p->l.d->c, element, count) : NULL;
}

static struct type *suffixes(struct parser *p, struct type *type, unsigned depth) {
    if (depth > DEPTH_MAX)
        return parser_fail(p);
    if (p->l.token == T_OPEN_INDEX)
        return bounds(p, type, depth);
    if (p->l.token == T_OPEN)
        return parameters(p, type, depth);
    return type;
}

static struct type *stars(struct parser *p, struct type *type) {
    while (type && (p->l.token == T_STAR || p->l.token == T_QUALIFIER)) {
        type = p->l.token == T_STAR ? type_pointer(&p->l.d->c, type)
                                    : type_qualified(&p->l.d->c, type, qualifier_text(p->l.text));
        if (!lexer_next(&p->l))
            return NULL;
    }
    return type;
}

/* "(*)[3]", "(*)(int)": only stars may stand inside of the parentheses. */
static struct type *declarator(struct parser *p, struct type *type) {
    struct lexer before = p->l;
    unsigned count = 0;
    type = stars(p, type);
    before = p->l;
    if (!type || p->l.token != T_OPEN)
        return type ? suffixes(p, type, 0) : NULL;
    if (!lexer_next(&p->l))
        return NULL;
    while (p->l.token == T_STAR && lexer_next(&p->l))
        count++;
    if (!count) { /* a parameter list */
        p->l = before;
        return suffixes(p, type, 0);
    }
    if (!parser_expect(p, T_CLOSE) || !(type = suffixes(p, type, 0)))
        return NULL;
    while (count-- > 0)
        type = type_pointer(&p->l.d->c, type);
    return type;
}

struct type *type_parse(struct parser *p) {
    if (p->depth > DEPTH_MAX)
        return parser_fail(p);
    struct type *type = specifiers(p);
    return type ? declarator(p, type) : NULL;
}
