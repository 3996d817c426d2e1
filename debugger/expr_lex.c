/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tokens of C expressions.
 */
#include "expr_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    enum token token, op;
} operators[] = {
    /* longer ones first */
    {"...", T_ELLIPSIS, 0},
    {"<<=", T_ASSIGN, T_LEFT},
    {">>=", T_ASSIGN, T_RIGHT},
    {"->", T_ARROW, 0},
    {"++", T_INC, 0},
    {"--", T_DEC, 0},
    {"::", T_SCOPE, 0},
    {"<<", T_LEFT, 0},
    {">>", T_RIGHT, 0},
    {"<=", T_LESS_EQUAL, 0},
    {">=", T_MORE_EQUAL, 0},
    {"==", T_EQUAL, 0},
    {"!=", T_UNEQUAL, 0},
    {"&&", T_AND_AND, 0},
    {"||", T_OR_OR, 0},
    {"+=", T_ASSIGN, T_PLUS},
    {"-=", T_ASSIGN, T_MINUS},
    {"*=", T_ASSIGN, T_STAR},
    {"/=", T_ASSIGN, T_SLASH},
    {"%=", T_ASSIGN, T_PERCENT},
    {"&=", T_ASSIGN, T_AND},
    {"|=", T_ASSIGN, T_OR},
    {"^=", T_ASSIGN, T_XOR},
    {"(", T_OPEN, 0},
    {")", T_CLOSE, 0},
    {"[", T_OPEN_INDEX, 0},
    {"]", T_CLOSE_INDEX, 0},
    {"{", T_OPEN_BRACE, 0},
    {"}", T_CLOSE_BRACE, 0},
    {".", T_DOT, 0},
    {"!", T_NOT, 0},
    {"~", T_COMPLEMENT, 0},
    {"*", T_STAR, 0},
    {"/", T_SLASH, 0},
    {"%", T_PERCENT, 0},
    {"+", T_PLUS, 0},
    {"-", T_MINUS, 0},
    {"@", T_AT, 0},
    {"<", T_LESS, 0},
    {">", T_MORE, 0},
    {"&", T_AND, 0},
    {"^", T_XOR, 0},
    {"|", T_OR, 0},
    {"?", T_QUESTION, 0},
    {":", T_COLON, 0},
    {"=", T_ASSIGN, 0},
    {",", T_COMMA, 0},
};
#define OPERATORS (sizeof operators / sizeof *operators)

const char *token_text(enum token token) {
    for (size_t i = 0; i < OPERATORS; i++)
        if (operators[i].token == token && token != T_ASSIGN)
            return operators[i].text;
    return "=";
}

static const struct {
    const char *text;
    enum token token;
} words[] = {
    {"sizeof", T_SIZEOF},   {"struct", T_STRUCT},      {"union", T_UNION},        {"enum", T_ENUM},
    {"const", T_QUALIFIER}, {"volatile", T_QUALIFIER}, {"restrict", T_QUALIFIER}, {"void", T_WORD},
    {"char", T_WORD},       {"short", T_WORD},         {"int", T_WORD},           {"long", T_WORD},
    {"float", T_WORD},      {"double", T_WORD},        {"signed", T_WORD},        {"unsigned", T_WORD},
    {"_Bool", T_WORD},      {"__int128", T_WORD},
};

/* ---- Numbers */

static bool bad_number(struct lexer *l, const char *text, size_t length) {
    return data_fail(l->d, "Invalid number \"%.*s\".", (int)(length < 100 ? length : 100), text) != NULL;
}

/* u and l in any order; false: something else is there. */
static bool suffix(const char *p, const char *end, bool *is_unsigned, int *longs) {
    *is_unsigned = false;
    for (*longs = 0; p < end; p++)
        if (tolower((unsigned char)*p) == 'u' && !*is_unsigned)
            *is_unsigned = true;
        else if (tolower((unsigned char)*p) == 'l' && *longs < 2)
            ++*longs;
        else
            return false;
    return true;
}

/* The first type of C's list (6.4.4.1) that holds it. */
static struct type *integer_type(uint64_t number, bool decimal, bool is_unsigned, int longs) {
    if (!longs && !is_unsigned && number <= INT32_MAX)
        return type_basic(BASIC_INT);
    if (!longs && number <= UINT32_MAX && (is_unsigned || !decimal))
        return type_basic(BASIC_UINT);
    if (!is_unsigned && number <= INT64_MAX)
        return type_basic(longs == 2 ? BASIC_LLONG : BASIC_LONG);
    return type_basic(longs == 2 ? BASIC_ULLONG : BASIC_ULONG);
}

static bool integer(struct lexer *l, const char *text, size_t length) {
    char *end;
    bool is_unsigned, binary = length > 2 && text[0] == '0' && tolower((unsigned char)text[1]) == 'b';
    int longs;
    errno = 0;
    uint64_t number = strtoul(binary ? text + 2 : text, &end, binary ? 2 : 0);
    if (errno == ERANGE)
        return data_fail(l->d, "Numeric constant too large.") != NULL;
    if (end > text + length || (binary && end == text + 2) || !suffix(end, text + length, &is_unsigned, &longs))
        return bad_number(l, text, length);
    l->value = value_of_int(l->d, integer_type(number, *text != '0', is_unsigned, longs), number);
    return true;
}

static bool floating(struct lexer *l, const char *text, size_t length) {
    char *end;
    long double number = strtold(text, &end);
    enum type_basic which = BASIC_DOUBLE;
    if (end == text + length - 1 && tolower((unsigned char)*end) == 'f')
        which = BASIC_FLOAT;
    else if (end == text + length - 1 && tolower((unsigned char)*end) == 'l')
        which = BASIC_LDOUBLE;
    else if (end != text + length)
        return bad_number(l, text, length);
    l->value = value_of_float(l->d, type_basic(which), number);
    return true;
}

static bool number(struct lexer *l) {
    const char *p = l->token_at;
    bool hex = p[0] == '0' && tolower((unsigned char)p[1]) == 'x', real = false;
    for (; isalnum((unsigned char)*p) || *p == '.'; p++) {
        bool exponent = tolower((unsigned char)*p) == (hex ? 'p' : 'e');
        real |= *p == '.' || exponent;
        if (exponent && (p[1] == '+' || p[1] == '-'))
            p++;
    }
    size_t length = (size_t)(p - l->token_at);
    l->at = p;
    l->token = T_LITERAL;
    return real ? floating(l, l->token_at, length) : integer(l, l->token_at, length);
}

/* ---- Characters and strings */

/* One character behind a backslash. */
static unsigned escape(const char **p) {
    static const char letters[] = "a\ab\bf\fn\nr\rt\tv\ve\033";
    unsigned value = 0;
    if (**p >= '0' && **p <= '7') {
        for (int i = 0; i < 3 && **p >= '0' && **p <= '7'; i++)
            value = value * 8 + (unsigned)(*(*p)++ - '0');
        return value & 0xff;
    }
    if (**p == 'x' && isxdigit((unsigned char)(*p)[1])) {
        char *end;
        value = (unsigned)strtoul(*p + 1, &end, 16);
        *p = end;
        return value & 0xff;
    }
    for (const char *letter = letters; *letter; letter += 2)
        if (**p == *letter) {
            ++*p;
            return (unsigned char)letter[1];
        }
    return **p ? (unsigned char)*(*p)++ : 0;
}

/* Reads to the closing quote; returns how many characters, or -1. */
static int quoted(struct lexer *l, const char **p, char quote, char *text, size_t room) {
    int length = 0;
    while (**p && **p != quote) {
        unsigned c = (unsigned char)*(*p)++;
        if (c == '\\')
            c = escape(p);
        if ((size_t)length + 1 < room)
            text[length++] = (char)c;
    }
    text[length] = '\0';
    if (!**p) {
        data_fail(l->d, quote == '"' ? "Unterminated string in expression." : "Unmatched single quote.");
        return -1;
    }
    ++*p;
    return length;
}

/* 'a' is a character, 'file.c' a name. */
static bool single_quoted(struct lexer *l) {
    const char *p = l->token_at + 1;
    bool escaped = *p == '\\';
    int length = quoted(l, &p, '\'', l->text, sizeof l->text);
    if (length < 0)
        return false;
    l->at = p;
    if (length == 1) {
        l->token = T_LITERAL;
        l->value = value_of_int(l->d, type_basic(BASIC_CHAR), (uint64_t)(int64_t)l->text[0]);
        return true;
    }
    if (length == 0 || escaped)
        return data_fail(l->d, length ? "Invalid character constant." : "Empty character constant.") != NULL;
    l->token = T_QUOTED;
    return true;
}

/* Neighbouring strings are one. */
static bool string(struct lexer *l) {
    char text[4096];
    size_t used = 0;
    const char *p = l->token_at;
    while (*p == '"') {
        p++;
        int length = quoted(l, &p, '"', text + used, sizeof text - used);
        if (length < 0)
            return false;
        used += (size_t)length;
        l->at = p;
        p += strspn(p, " \t");
    }
    l->token = T_LITERAL;
    l->value = value_of_bytes(l->d, type_array(&l->d->c, type_basic(BASIC_CHAR), (int64_t)used + 1), text, used + 1);
    return true;
}

/* ---- Names and operators */

static bool name(struct lexer *l, const char *from, enum token token) {
    const char *p = from;
    while (isalnum((unsigned char)*p) || *p == '_' || (token == T_DOLLAR && p == from && *p == '$'))
        p++;
    size_t length = (size_t)(p - from);
    if (length >= sizeof l->text)
        return data_fail(l->d, "The name \"%.40s…\" is too long.", from) != NULL;
    memcpy(l->text, from, length);
    l->text[length] = '\0';
    l->at = p;
    l->token = token;
    for (size_t i = 0; token == T_NAME && i < sizeof words / sizeof *words; i++)
        if (!strcmp(l->text, words[i].text))
            l->token = words[i].token;
    return true;
}

void lexer_start(struct lexer *l, struct data *d, const char *text) {
    *l = (struct lexer){.d = d, .start = text, .at = text, .token_at = text};
}

static bool next(struct lexer *l) {
    const char *p = l->at + strspn(l->at, " \t\n");
    l->token_at = p;
    if (!*p)
        return l->at = p, l->token = T_END, true;
    if (isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1])))
        return number(l);
    if (*p == '$')
        return name(l, p + 1, T_DOLLAR);
    if (isalpha((unsigned char)*p) || *p == '_')
        return name(l, p, T_NAME);
    if (*p == '\'')
        return single_quoted(l);
    if (*p == '"')
        return string(l);
    for (size_t i = 0; i < OPERATORS; i++)
        if (!strncmp(p, operators[i].text, strlen(operators[i].text))) {
            l->at = p + strlen(operators[i].text);
            l->token = operators[i].token;
            l->op = operators[i].op;
            return true;
        }
    return data_fail(l->d, "Invalid character '%c' in expression.", *p) != NULL;
}

bool lexer_next(struct lexer *l) {
    if (!l->failed)
        l->failed = !next(l);
    return !l->failed;
}
