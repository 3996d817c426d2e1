/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Facts in words, and what they follow from.
 */
#include "flow_internal.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *word, *text;
} rules[RULES] = {
    [RULE_GIVEN] = {"GIVEN", "given", ""},
#define RULE(name, word, text) [RULE_##name] = {#name, word, text},
#include "flow_rules.inc"
#undef RULE
};

const char *flow_rule_name(enum flow_rule rule) {
    return rules[rule].name;
}

static const char *const types[FLOW_TYPES] = {"Page",  "CapPage",     "GPT",    "Process", "Endpoint", "Forwarder",
                                              "Entry", "Forward",     "Resume", "Resume",  "Window",   "Range",
                                              "Debug", "ProcessTool", "",       "",        ""};

char *flow_cap_text(const struct flow *flow, struct flow_cap cap) {
    static const char *const names[] = {"RO", "NX", "WK", "OP", "NC"};
    const char *object = cap.object == FLOW_NONE ? "" : flow->nodes[cap.object].name, *type = types[cap.type];
    bool alone = cap.type == FLOW_WINDOW || (cap.object != FLOW_NONE && cap.type == flow->nodes[cap.object].type &&
                                             strncmp(object, type, strlen(type)) == 0);
    char text[32] = "";
    for (unsigned i = 0; i < 5 && cap.type != FLOW_FORWARD; i++)
        if (cap.restr >> i & 1)
            strcat(strcat(text, *text ? "," : ", "), names[i]);
    return text_format("%s%s%s%s", alone || !*type ? "" : type, alone || !*type ? "" : " ",
                       cap.type == FLOW_WINDOW ? type : object, text);
}

struct flow_fact_look flow_look(const struct flow *flow, uint32_t index) {
    const struct flow_fact *fact = &flow->facts[index];
    return (struct flow_fact_look){.rule = rules[fact->rule].word,
                                   .from = fact->from,
                                   .to = fact->to,
                                   .informs = fact->kind == FACT_INFORMS,
                                   .held = fact->kind == FACT_HAS,
                                   .cap = flow_fact_cap(fact),
                                   .place = (enum flow_place)fact->place};
}

/* ---- Proofs */

/* Said by what follows from it. */
static bool goes_without_saying(const struct flow_fact *fact) {
    return fact->kind == FACT_LINK || fact->kind == FACT_USES || fact->kind == FACT_COPIES ||
           (fact->kind == FACT_ACTS && fact->rule == RULE_GIVEN);
}

static bool is_walk(const struct flow_fact *fact) {
    return fact->kind == FACT_REACHES || fact->kind == FACT_BEHIND;
}

/* A fact that is said, with those that it is to be understood from: of a walk, not each step. */
struct because {
    uint32_t fact[64];
    size_t count;
};

static void because_add(const struct flow *flow, uint32_t index, struct because *because) {
    const struct flow_fact *fact = &flow->facts[index];
    bool walk = is_walk(fact);
    for (int i = 0; i < PREMISES && fact->premise[i]; i++) {
        const struct flow_fact *premise = &flow->facts[fact->premise[i]];
        if (goes_without_saying(premise) || (walk && is_walk(premise)))
            because_add(flow, fact->premise[i], because);
        else if (!(walk && premise->kind == FACT_HAS && premise->rule == RULE_GIVEN) && because->count < 64)
            because->fact[because->count++] = fact->premise[i];
    }
}

static struct because because_of(const struct flow *flow, uint32_t fact) {
    struct because because = {.count = 0};
    because_add(flow, fact, &because);
    return because;
}

struct proof {
    const struct flow *flow;
    uint32_t *order;
    uint8_t *seen; /* 1: its premises are on the stack; 2: in the order */
    uint32_t *stack;
    size_t count, depth, room;
};

static void push(struct proof *proof, uint32_t fact) {
    if (proof->depth == proof->room)
        proof->stack = text_grow(proof->stack, proof->room = 2 * proof->room + 64, sizeof *proof->stack);
    proof->stack[proof->depth++] = fact;
}

/* Depth first, premises before what follows; proofs may be deep, hence no recursion. */
static void prove(struct proof *proof, uint32_t fact) {
    push(proof, fact);
    while (proof->depth) {
        uint32_t top = proof->stack[proof->depth - 1];
        if (proof->seen[top]) {
            if (proof->seen[top] == 1)
                proof->order[proof->count++] = top;
            proof->seen[top] = 2;
            proof->depth--;
            continue;
        }
        proof->seen[top] = 1;
        struct because because = because_of(proof->flow, top);
        while (because.count-- > 0)
            if (!proof->seen[because.fact[because.count]])
                push(proof, because.fact[because.count]);
    }
}

size_t flow_proof(const struct flow *flow, const uint32_t *facts, size_t count, uint32_t **order) {
    struct proof proof = {.flow = flow};
    proof.order = text_grow(NULL, flow->fact_count, sizeof *proof.order);
    proof.seen = text_grow(NULL, flow->fact_count, sizeof *proof.seen);
    memset(proof.seen, 0, flow->fact_count * sizeof *proof.seen);
    for (size_t i = 0; i < count; i++)
        prove(&proof, facts[i]);
    free(proof.stack);
    free(proof.seen);
    *order = proof.order;
    return proof.count;
}

/* ---- Sentences */

static const char *place_name(const struct flow_fact *fact, char text[24]) {
    static const char *const names[FLOW_PLACES] = {"a register", "a slot",  "space",  "keeper", "background",
                                                   "recipient",  "handler", "target", "brand"};
    if (fact->number >= 0 && (fact->place == FLOW_REGISTER || fact->place == FLOW_SLOT))
        snprintf(text, 24, fact->place == FLOW_REGISTER ? "c%d" : "slot %d", fact->number);
    else
        snprintf(text, 24, "%s", names[fact->place]);
    return text;
}

static char *has_text(const struct flow *flow, const struct flow_fact *fact) {
    char place[24], *cap = flow_cap_text(flow, flow_fact_cap(fact)), *text;
    const char *name = flow->nodes[fact->from].name;
    bool given = fact->rule == RULE_GIVEN, many = fact->place == FLOW_REGISTER || fact->place == FLOW_SLOT;
    place_name(fact, place);
    if (many)
        text = text_format("%s %s %s in %s", name, given ? "holds" : "could hold", cap, place);
    else
        text = text_format("the %s of %s %s %s", place, name, given ? "is" : "could be", cap);
    free(cap);
    return text;
}

/* "through GPT obj:2 slot 3, GPT obj:5 window, the background of GPT obj:2" */
static void way_text(const struct flow *flow, const struct flow_fact *fact, char **text) {
    const struct flow_fact *before = &flow->facts[fact->premise[0]], *slot = &flow->facts[fact->premise[1]];
    char place[24];
    if (!is_walk(before))
        return;
    way_text(flow, before, text);
    const char *at = flow->nodes[before->to].name;
    char *step = before->kind == FACT_BEHIND ? text_format("the background of %s", at)
                                             : text_format("%s %s", at, place_name(slot, place));
    char *longer = text_format("%s%s %s", *text, **text ? "," : " through", step);
    free(step);
    free(*text);
    *text = longer;
}

static char *reaches_text(const struct flow *flow, const struct flow_fact *fact) {
    struct flow_cap cap = {.type = flow->nodes[fact->to].type, .object = fact->to, .restr = fact->restr};
    char *to = flow_cap_text(flow, cap), *way = text_copy(""), *text;
    way_text(flow, fact, &way);
    text = text_format(fact->weak ? "%s can traverse to %s%s" : "the space of %s leads to %s%s",
                       flow->nodes[fact->from].name, to, way);
    free(to);
    free(way);
    return text;
}

static char *statement(const struct flow *flow, const struct flow_fact *fact) {
    const char *from = flow->nodes[fact->from].name, *to = fact->to == FLOW_NONE ? "" : flow->nodes[fact->to].name;
    switch ((enum flow_kind)fact->kind) {
    case FACT_HAS:
        return has_text(flow, fact);
    case FACT_REACHES:
        return reaches_text(flow, fact);
    case FACT_INFORMS:
        return text_format("%s -> %s", from, to);
    case FACT_ROUTE:
        return text_format("what is sent through %s could come to %s", from, to);
    case FACT_ACTS:
        return text_format("%s could be made to do anything", from);
    case FACT_TAKES:
        return text_format("%s could be made to take any entry", from);
    case FACT_BARE:
        return text_format("%s could lose its background", from);
    default:
        return text_format("%s could show the brand of %s", from, to);
    }
}

static size_t number_of(const uint32_t *order, size_t index, uint32_t fact) {
    size_t i = 0;
    while (i < index && order[i] != fact)
        i++;
    return i < index ? i + 1 : 0;
}

static void premise_numbers(const struct flow *flow, const uint32_t *order, size_t index, char **text) {
    struct because because = because_of(flow, order[index]);
    for (size_t i = 0; i < because.count; i++) {
        size_t number = number_of(order, index, because.fact[i]);
        char *longer = number ? text_format("%s%s%zu", *text, **text ? ", " : "", number) : text_copy(*text);
        free(*text);
        *text = longer;
    }
}

/* Of a copy, the way that it takes says more. */
static const char *rule_text(const struct flow *flow, const struct flow_fact *fact) {
    if (fact->rule == RULE_COPIED)
        return rules[flow->facts[fact->premise[1]].rule].text;
    return is_walk(fact) ? "" : rules[fact->rule].text;
}

char *flow_sentence(const struct flow *flow, const uint32_t *order, size_t index) {
    const struct flow_fact *fact = &flow->facts[order[index]];
    char *says = statement(flow, fact), *numbers = text_copy(""), *text;
    premise_numbers(flow, order, index, &numbers);
    const char *why = rule_text(flow, fact);
    text = text_format("%s%s%s%s%s%s", says, *why ? ": " : "", why, *numbers ? " (" : "", numbers, *numbers ? ")" : "");
    free(says);
    free(numbers);
    return text;
}
