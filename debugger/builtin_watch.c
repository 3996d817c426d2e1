/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handlers.h"
#include "text.h"
#include "watch.h"

#include <string.h>

static bool parse_test(const char *text, struct watch_test *test) {
    if (*text == '=')
        text++;
    test->op = '=';
    if (*text == '<' || *text == '>')
        test->op = *text++;
    else if (text[0] == '!' && text[1] == '=') {
        test->op = '!';
        text += 2;
    }
    test->negative = *text == '-';
    return text_number(text + test->negative, &test->number);
}

static bool parse_range(const char *text, struct watch_rule *rule) {
    rule->has_range = true;
    return text_range(text, &rule->from, &rule->to);
}

static bool parse_word(const char *word, struct watch_rule *rule) {
    bool any = strcmp(word, "any") == 0;
    if (any || strcmp(word, "load") == 0 || strcmp(word, "store") == 0) {
        rule->load = any || *word == 'l';
        rule->store = any || *word == 's';
        rule->fetch = any;
        return true;
    }
    if (strncmp(word, "off=", 4) == 0)
        return parse_range(word + 4, rule);
    if (strncmp(word, "size=", 5) == 0)
        return text_number(word + 5, &rule->size) && rule->size > 0;
    if (strncmp(word, "value", 5) == 0 && strchr("=<>!", word[5]) && word[5])
        return parse_test(word + 5, &rule->value);
    if (strncmp(word, "old", 3) == 0 && strchr("=<>!", word[3]) && word[3])
        return parse_test(word + 3, &rule->old);
    return false;
}

bool watch_parse(const char *args, struct watch_rule *rule, struct facet_handler_error *error) {
    *rule = (struct watch_rule){.load = true, .store = true, .fetch = true};
    char *copy = text_copy(args), *rest = copy, *word;
    bool good = true;
    while (good && (word = strsep(&rest, ","))) {
        good = parse_word(word, rule) || (*word == '\0' && *args == '\0');
        if (!good)
            snprintf(error->text, sizeof error->text,
                     "watch does not understand \"%.60s\": watch[:load|store|any][,off=N[..M]][,size=N]"
                     "[,value=N|<N|>N|!=N][,old=N|<N|>N|!=N]",
                     word);
    }
    free(copy);
    return good;
}

/* Compares a little-endian number of any size; what exceeds 64 bits makes it greater than every N. */
static bool test_holds(const struct watch_test *test, const uint8_t *bytes, uint32_t size) {
    if (!test->op)
        return true;
    if (!bytes)
        return false;
    uint64_t value = 0, number = test->negative ? -test->number : test->number;
    bool high = false;
    for (uint32_t i = size; i-- > 0;) {
        high = high || (i >= 8 && bytes[i] != (test->negative ? 0xff : 0));
        value = i < 8 ? value | (uint64_t)bytes[i] << 8 * i : value;
    }
    if (test->negative && size < 8)
        number &= (1ull << 8 * size) - 1;
    switch (test->op) {
    case '=':
        return !high && value == number;
    case '!':
        return high || value != number;
    case '<':
        return !high && value < number;
    default:
        return high || value > number;
    }
}

bool watch_matches(const struct watch_rule *rule, const struct facet_access *a) {
    if (!(a->kind == FACET_LOAD ? rule->load : a->kind == FACET_STORE ? rule->store : rule->fetch))
        return false;
    if (rule->has_range && (a->offset >= (int64_t)rule->to || a->offset + (int64_t)a->size <= (int64_t)rule->from))
        return false;
    if (rule->size && rule->size != a->size)
        return false;
    if (!test_holds(&rule->value, a->kind == FACET_STORE ? a->attempted : a->backing, a->size))
        return false;
    return test_holds(&rule->old, a->backing, a->size);
}

struct watch {
    const struct facet_object *object;
    struct watch_rule rule;
    uint64_t seen, hits;
};

static uint32_t watch_verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_STOP);
}

static void *watch_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct watch w = {.object = object};
    if (!watch_parse(args, &w.rule, error))
        return NULL;
    struct watch *state = text_grow(NULL, 1, sizeof *state);
    *state = w;
    return state;
}

static enum facet_verdict watch_access(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct watch *w = state;
    (void)reply; /* facet itself tells the access and its values */
    w->seen++;
    if (!watch_matches(&w->rule, access))
        return FACET_PASS;
    w->hits++;
    return FACET_STOP;
}

static void watch_report(void *state, FILE *out) {
    struct watch *w = state;
    fprintf(out, "watch %s: %lu of %lu accesses matched\n", w->object->name, w->hits, w->seen);
}

static void watch_visit(struct archive *a, void *state) {
    struct watch *w = state;
    archive_value(a, w->seen);
    archive_value(a, w->hits);
}

static void watch_save(void *state, FILE *out) {
    handler_save_by(watch_visit, state, out);
}

static int watch_load(void *state, FILE *in, struct facet_handler_error *error) {
    return handler_load_by(watch_visit, state, in, error);
}

const struct facet_handler handler_watch = {
    .abi = FACET_HANDLER_ABI,
    .name = "watch",
    .summary = "watch[:load|store|any][,off=N[..M]][,size=N][,value=N|<N|>N|!=N][,old=N]: stops before a match",
    .verdicts = watch_verdicts,
    .attach = watch_attach,
    .access = watch_access,
    .report = watch_report,
    .detach = free,
    .save = watch_save,
    .load = watch_load,
};
