/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a word may become when Tab is pressed: commands, symbols, objects, handlers, files, registers.
 */
#include "cli_internal.h"
#include "expr.h"
#include "graph.h"
#include "handlers.h"
#include "regions.h"
#include "text.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define COMPLETIONS_MAX 200

/* ---- Collecting */

struct collector {
    struct completions *found;
    const char *word;
};

static void offer(struct collector *c, const char *text) {
    struct completions *f = c->found;
    if (strncmp(text, c->word, strlen(c->word)))
        return;
    for (size_t i = 0; i < f->count; i++)
        if (!strcmp(f->text[i], text))
            return;
    size_t length = f->count ? f->common : strlen(text);
    for (f->common = 0; f->common < length && (!f->count || f->text[0][f->common] == text[f->common]);)
        f->common++;
    if (f->count == COMPLETIONS_MAX) {
        f->more = true;
        return;
    }
    f->text = text_grow(f->text, f->count + 1, sizeof *f->text);
    f->text[f->count++] = text_copy(text);
}

static void offer_joined(struct collector *c, const char *before, const char *text) {
    char *joined = text_format("%s%s", before, text);
    offer(c, joined);
    free(joined);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void completions_free(struct completions *found) {
    for (size_t i = 0; i < found->count; i++)
        free(found->text[i]);
    free(found->text);
}

/* ---- What there is */

static void offer_table(struct collector *c, const struct cmd *table) {
    for (; table->name; table++)
        offer(c, table->name);
}

static void offer_commands(struct cli *cli, struct collector *c) {
    for (const struct cmd_class *class = cli_classes; class->name; class ++)
        offer_table(c, class->table);
    for (size_t i = 0; i < cli->user_count; i++)
        offer(c, cli->users[i]->cmd.name);
}

static void offer_symbols(struct cli *cli, struct collector *c, const char *before, bool functions, bool data) {
    size_t count;
    const struct symbol *symbols = symbols_all(session_symbols(cli->session), &count);
    for (size_t i = 0; i < count; i++)
        if (symbols[i].function ? functions : data)
            offer_joined(c, before, symbols[i].name);
}

static void visit(void *context, const char *name) {
    offer(context, name);
}

static void offer_registers(struct collector *c) {
    static const char *const names[] = {"rax", "rbx", "rcx",    "rdx",     "rsi",     "rdi", "rbp", "rsp",
                                        "r8",  "r9",  "r10",    "r11",     "r12",     "r13", "r14", "r15",
                                        "rip", "pc",  "eflags", "fs_base", "gs_base", "sp",  "fp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        offer_joined(c, "$", names[i]);
}

/* Where names, their members and elements begin that end at text[length]: "a->b[i]." */
static size_t chain_start(const char *text, size_t length) {
    while (length) {
        char c = text[length - 1];
        if (c == '>' && length > 1 && text[length - 2] == '-')
            length--;
        else if (!isalnum((unsigned char)c) && !strchr("_$.[]", c))
            break;
        length--;
    }
    return length;
}

/* A member of what stands before it. False: it is none. */
static bool member(struct cli *cli, struct collector *c, const char *text, size_t length) {
    size_t mark = length && text[length - 1] == '.' ? 1 : length > 1 && !strncmp(text + length - 2, "->", 2) ? 2 : 0;
    size_t start = chain_start(text, length);
    if (!mark || start + mark >= length)
        return false;
    char *owner = strndup(text + start, length - mark - start);
    expr_complete_member(cli, owner, c->word, visit, c);
    free(owner);
    return true;
}

/* Words of an expression begin behind anything that is no part of a name. */
static void expression(struct cli *cli, struct collector *c, size_t *start) {
    const char *text = c->word;
    size_t length = strlen(text);
    while (length && (isalnum((unsigned char)text[length - 1]) || strchr("_$", text[length - 1])))
        length--;
    *start += length;
    c->word += length;
    c->found->append = 0;
    if (*c->word == '$')
        offer_registers(c);
    else if (!member(cli, c, text, length))
        expr_complete(cli, c->word, visit, c);
}

/* Files in the folder that the word names, and its folders; only those whose name ends like `end`, if it is given. */
static void offer_files(struct collector *c, const char *end) {
    const char *slash = strrchr(c->word, '/');
    char *folder = slash ? strndup(c->word, (size_t)(slash - c->word) + 1) : text_copy("");
    char *opened = cli_user_path(folder);
    DIR *dir = opendir(*opened ? opened : ".");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        if (*entry->d_name == '.' && !(slash ? slash[1] == '.' : *c->word == '.'))
            continue;
        char *path = text_format("%s%s", folder, entry->d_name);
        size_t length = strlen(path), tail = end ? strlen(end) : 0;
        if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode))
            offer_joined(c, path, "/");
        else if (!tail || (length > tail && !strcmp(path + length - tail, end)))
            offer(c, path);
        free(path);
    }
    if (dir)
        closedir(dir);
    free(opened);
    free(folder);
    if (c->found->count == 1 && c->found->text[0][strlen(c->found->text[0]) - 1] == '/')
        c->found->append = 0;
}

static void offer_mappings(struct cli *cli, struct collector *c) {
    uint64_t va, size;
    unsigned count = regions_map_count(session_regions(cli->session));
    for (unsigned i = 1; i <= count; i++) {
        char name[24];
        snprintf(name, sizeof name, "map:%u", i);
        if (regions_map(session_regions(cli->session), i, &va, &size))
            offer(c, name);
    }
}

/* First the kind, then the name. */
static void offer_objects(struct cli *cli, struct collector *c) {
    static const char *const kinds[] = {"sym:", "seg:", "map:", "va:", "obj:"};
    static const char *const segments[] = {"seg:text", "seg:rodata", "seg:data", "seg:bss", "seg:heap", "seg:stack"};
    if (!strncmp(c->word, "sym:", 4))
        offer_symbols(cli, c, "sym:", true, true);
    else if (!strncmp(c->word, "seg:", 4))
        for (size_t i = 0; i < sizeof segments / sizeof *segments; i++)
            offer(c, segments[i]);
    else if (!strncmp(c->word, "map:", 4))
        offer_mappings(cli, c);
    else
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            offer(c, kinds[i]);
    if (!strchr(c->word, ':'))
        c->found->append = 0;
}

/* Processes, and endpoints if they may stand there, by their names. */
static void offer_named(struct cli *cli, struct collector *c, bool endpoints) {
    struct graph *graph = cli->started ? graph_new(cli->session) : NULL;
    for (uint32_t i = 0; graph && i < graph->node_count; i++)
        if (graph->nodes[i].name && (endpoints || graph->nodes[i].type == CAP_PROCESS))
            offer(c, graph->nodes[i].name);
    graph_free(graph);
}

/* Conditions of `watch`, separated by commas. */
static void offer_conditions(struct collector *c) {
    static const char *const conditions[] = {"load", "store", "any", "off=", "size=", "value=", "old="};
    size_t length = strlen(c->word);
    while (!strchr(":,", c->word[length - 1]))
        length--;
    char *before = strndup(c->word, length);
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        offer_joined(c, before, conditions[i]);
    free(before);
    c->found->append = 0;
}

static void offer_handlers(struct collector *c, size_t *start) {
    if (!strncmp(c->word, "watch:", 6)) {
        offer_conditions(c);
        return;
    }
    if (!strncmp(c->word, "device:", 7)) {
        c->word += 7;
        *start += 7;
        offer_files(c, ".lua");
        return;
    }
    for (size_t i = 0; handlers_builtin[i]; i++)
        offer(c, handlers_builtin[i]->name);
    if (*c->word && strchr("./", *c->word)) {
        offer_files(c, ".so");
        offer_files(c, ".lua");
    }
}

static void offer_classes(struct cli *cli, struct collector *c) {
    offer_commands(cli, c);
    for (const struct cmd_class *class = cli_classes; class->name; class ++)
        offer(c, class->name);
    offer(c, "all");
    offer(c, "handlers");
}

/* ---- Which of it, where */

enum argument {
    ARGUMENT_EXPRESSION,
    ARGUMENT_FUNCTION,
    ARGUMENT_FILE,
    ARGUMENT_OBJECT, /* and behind it a handler */
    ARGUMENT_PLACE,  /* an object or an expression */
    ARGUMENT_HELD,   /* the same, a process or an endpoint */
    ARGUMENT_PROCESS,
    ARGUMENT_INFO,
    ARGUMENT_SETTING,
    ARGUMENT_COMMAND,
};

static enum argument argument_of(const char *command) {
    static const struct {
        const char *command;
        enum argument argument;
    } known[] = {{"break", ARGUMENT_FUNCTION},   {"tbreak", ARGUMENT_FUNCTION},  {"until", ARGUMENT_FUNCTION},
                 {"advance", ARGUMENT_FUNCTION}, {"list", ARGUMENT_FUNCTION},    {"disassemble", ARGUMENT_FUNCTION},
                 {"source", ARGUMENT_FILE},      {"swap", ARGUMENT_OBJECT},      {"restore", ARGUMENT_OBJECT},
                 {"accesses", ARGUMENT_OBJECT},  {"traverse", ARGUMENT_PLACE},   {"info", ARGUMENT_INFO},
                 {"set", ARGUMENT_SETTING},      {"show", ARGUMENT_SETTING},     {"help", ARGUMENT_COMMAND},
                 {"define", ARGUMENT_COMMAND},   {"document", ARGUMENT_COMMAND}, {"run", ARGUMENT_FILE},
                 {"start", ARGUMENT_FILE},       {"holders", ARGUMENT_HELD},     {"who", ARGUMENT_PLACE},
                 {"caps", ARGUMENT_HELD},        {"tree", ARGUMENT_PROCESS}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(command, known[i].command))
            return known[i].argument;
    return ARGUMENT_EXPRESSION;
}

/* Words before the one that is completed: the command and what follows it. */
struct before {
    const char *command;
    const char *first; /* behind the command; up to the end of the line */
    size_t words;      /* with the command */
};

static void info_argument(struct cli *cli, struct collector *c, const struct before *before, size_t *start) {
    if (before->words == 1)
        offer_table(c, cli_info_table);
    else
        expression(cli, c, start);
}

/* Names of settings have one or two words. */
static void setting_argument(struct cli *cli, struct collector *c, const struct before *before, size_t *start) {
    size_t typed = strcspn(before->first, " \t");
    for (const struct cmd *s = cli_set_table(!strcmp(before->command, "show")); s->name; s++) {
        size_t length = strcspn(s->name, " ");
        char *word = strndup(s->name, length);
        if (before->words == 1)
            offer(c, word);
        else if (before->words == 2 && s->name[length] && typed <= length && !strncmp(before->first, word, typed))
            offer(c, s->name + length + 1);
        free(word);
    }
    if (before->words > 1 && !c->found->count)
        expression(cli, c, start);
}

static void offer_argument(struct cli *cli, struct collector *c, const struct before *before, size_t *start) {
    switch (argument_of(before->command)) {
    case ARGUMENT_FUNCTION:
        if (*c->word != '*')
            offer_symbols(cli, c, "", true, false);
        else
            expression(cli, c, start);
        return;
    case ARGUMENT_FILE:
        for (const char *p; (p = strpbrk(c->word, "<>")); c->word = p + 1) /* behind a redirection's sign */
            *start += (size_t)(p + 1 - c->word);
        offer_files(c, NULL);
        return;
    case ARGUMENT_OBJECT:
        if (before->words == 1)
            offer_objects(cli, c);
        else if (strcmp(before->command, "accesses"))
            offer_handlers(c, start);
        return;
    case ARGUMENT_HELD:
    case ARGUMENT_PLACE:
        if (argument_of(before->command) == ARGUMENT_HELD)
            offer_named(cli, c, true);
        offer_objects(cli, c);
        if (!strchr(c->word, ':'))
            expression(cli, c, start);
        return;
    case ARGUMENT_PROCESS:
        offer_named(cli, c, false);
        return;
    case ARGUMENT_INFO:
        info_argument(cli, c, before, start);
        return;
    case ARGUMENT_SETTING:
        setting_argument(cli, c, before, start);
        return;
    case ARGUMENT_COMMAND:
        offer_classes(cli, c);
        return;
    case ARGUMENT_EXPRESSION:
        expression(cli, c, start);
    }
}

void cli_complete(struct cli *cli, const char *line, size_t length, struct completions *found) {
    char *text = strndup(line, length), word[64];
    const struct cmd *command;
    const char *rest = cli_split(text, word, sizeof word);
    size_t start = length;
    while (start && !strchr(" \t", text[start - 1]))
        start--;
    struct collector c = {.found = found, .word = text + start};
    *found = (struct completions){.append = ' '};
    if (rest == text + length && !(length && strchr(" \t/", text[length - 1]))) {
        start = (size_t)(rest - text) - strlen(word);
        c.word = text + start;
        offer_commands(cli, &c);
    } else if (cmd_find(cli, word, &command, NULL) == FACET_OK) {
        struct before before = {command->name, rest, 1};
        for (const char *p = rest; p < text + start; before.words++)
            p += strcspn(p, " \t"), p += strspn(p, " \t");
        offer_argument(cli, &c, &before, &start);
    }
    if (found->count)
        qsort(found->text, found->count, sizeof *found->text, by_name);
    found->start = start;
    free(text);
}
