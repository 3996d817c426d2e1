/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where lines of commands come from: a stack of sources, the terminal or standard input below all.
 */
#include "cli_internal.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* ---- The stack */

enum facet_status cli_source_push(struct cli *cli, struct line_source *source, struct facet_error *error) {
    int depth = 0;
    for (const struct line_source *s = cli->source; s; s = s->outer)
        depth++;
    if (depth >= SOURCE_DEPTH_MAX)
        return facet_fail(error, FACET_ERR_USAGE, "Commands that call each other are nested too deeply (%d).", depth);
    source->outer = cli->source;
    cli->source = source;
    return FACET_OK;
}

void cli_source_pop(struct cli *cli) {
    cli->source = cli->source->outer;
}

bool cli_interactive(const struct cli *cli) {
    return cli->terminal && !cli->source;
}

/* ---- One line */

/* Standard input byte by byte: the program reads from there, too. */
static char *read_standard(void) {
    char *line = NULL, c;
    size_t length = 0;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR && !cli_interrupted())
            continue;
        if (got <= 0 && !line)
            return NULL;
        if (length % 256 == 0)
            line = text_grow(line, length + 256, 1);
        if (got <= 0 || c == '\n')
            break;
        line[length++] = c;
    }
    line[length] = 0;
    return line;
}

static char *read_file(struct line_source *s) {
    char *line = NULL;
    size_t size = 0;
    ssize_t length = getline(&line, &size, s->file);
    if (length < 0) {
        free(line);
        return NULL;
    }
    s->number++;
    if (length && line[length - 1] == '\n')
        line[--length] = 0;
    if (length && line[length - 1] == '\r')
        line[--length] = 0;
    return line;
}

const char *cli_arguments(const struct cli *cli) {
    const struct line_source *s = cli->source;
    while (s && s->kind == SOURCE_LINES && !s->arguments)
        s = s->outer;
    return s && s->kind == SOURCE_LINES ? s->arguments : NULL;
}

static char *read_lines(const struct cli *cli, struct line_source *s) {
    if (s->next >= s->lines->count)
        return NULL;
    const char *arguments = cli_arguments(cli), *line = s->lines->line[s->next++];
    return arguments ? cli_replace_arguments(line, arguments) : text_copy(line);
}

char *cli_read_line(struct cli *cli, const char *prompt) {
    struct line_source *s = cli->source;
    if (s && s->kind == SOURCE_FILE)
        return read_file(s);
    if (s && s->kind == SOURCE_LINES)
        return read_lines(cli, s);
    const struct cli_options *o = cli->options;
    if (s && s->kind == SOURCE_OPTIONS && s->next < o->input_count && !o->inputs[s->next].is_file)
        return text_copy(o->inputs[s->next++].text);
    return cli->terminal ? terminal_read(cli->terminal, prompt) : read_standard();
}

/* ---- Blocks of lines */

void cli_lines_add(struct cli_lines *lines, const char *line) {
    lines->line = text_grow(lines->line, lines->count + 1, sizeof *lines->line);
    lines->line[lines->count++] = text_copy(line);
}

void cli_lines_free(struct cli_lines *lines) {
    for (size_t i = 0; i < lines->count; i++)
        free(lines->line[i]);
    free(lines->line);
    *lines = (struct cli_lines){0};
}

/* Does this line begin a block that has an `end` of its own? */
bool cli_opens_block(struct cli *cli, const char *line) {
    static const char *const openers[] = {"if", "while", "commands", "define", "document"};
    char word[64];
    const struct cmd *command;
    cli_split(line, word, sizeof word);
    if (!*word || *word == '#' || cmd_find(cli, word, &command, NULL) || cli_user_find(cli, command->name))
        return false;
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++)
        if (!strcmp(command->name, openers[i]))
            return true;
    return false;
}

bool cli_is_word(const char *line, const char *word) {
    line += strspn(line, " \t");
    size_t length = strlen(word);
    return !strncmp(line, word, length) && !line[length + strspn(line + length, " \t")];
}

enum facet_status cli_read_body(struct cli *cli, const char *what, struct cli_lines *body, struct facet_error *error) {
    bool text = !strcmp(what, "document"); /* its lines are no commands */
    *body = (struct cli_lines){0};
    for (unsigned depth = 1;;) {
        char prompt[32];
        snprintf(prompt, sizeof prompt, "%*s>", (int)(depth < 16 ? depth - 1 : 15), "");
        char *line = cli_read_line(cli, prompt);
        if (!line)
            return facet_fail(error, FACET_ERR_USAGE, cli_interrupted() ? "Quit" : "No `end` for this `%s`.", what);
        if (cli_is_word(line, "end"))
            depth--;
        else if (!text && cli_opens_block(cli, line))
            depth++;
        if (depth)
            cli_lines_add(body, line);
        free(line);
        if (!depth)
            return FACET_OK;
    }
}

enum facet_status cli_source_play(struct cli *cli, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    char *line;
    while (!status && !cli->quit && !cli->leave && (line = cli_read_line(cli, ""))) {
        status = cmd_execute(cli, line, error);
        free(line);
        if (!status && cli_interrupted())
            status = facet_fail(error, FACET_ERR_USAGE, "Quit");
    }
    return status;
}

enum facet_status cli_execute_lines(struct cli *cli, const struct cli_lines *lines, const char *arguments,
                                    struct facet_error *error) {
    struct line_source source = {.kind = SOURCE_LINES, .lines = lines, .arguments = arguments};
    enum facet_status status = cli_source_push(cli, &source, error);
    if (status)
        return status;
    status = cli_source_play(cli, error);
    cli_source_pop(cli);
    return status;
}

enum facet_status cli_source_file(struct cli *cli, const char *path, struct facet_error *error) {
    struct facet_error why;
    char *full = cli_user_path(path);
    struct line_source source = {.kind = SOURCE_FILE, .file = fopen(full, "r")};
    free(full);
    if (!source.file)
        return facet_fail(error, FACET_ERR_USAGE, "%s: %s.", path, strerror(errno));
    enum facet_status status = cli_source_push(cli, &source, error);
    if (status == FACET_OK) {
        char *line;
        while (!status && !cli->quit && (line = cli_read_line(cli, ""))) {
            int number = source.number; /* of a block's first line */
            cli->located = false;
            status = cmd_execute(cli, line, &why);
            free(line);
            if (!status && cli_interrupted())
                status = facet_fail(&why, FACET_ERR_USAGE, "Quit");
            if (status && cli->located)
                facet_fail(error, status, "%s", why.text);
            else if (status)
                facet_fail(error, status, "%s:%d: %s", path, number, why.text);
            cli->located = true;
        }
        cli_source_pop(cli);
    }
    fclose(source.file);
    return status;
}

/* ---- Questions */

bool cli_confirm(struct cli *cli, const char *format, ...) {
    if (!cli->set.confirm || !cli_interactive(cli))
        return true;
    va_list args;
    char question[512];
    va_start(args, format);
    vsnprintf(question, sizeof question, format, args);
    va_end(args);
    for (;;) {
        printf("%s", question);
        fflush(stdout);
        char *line = terminal_read(cli->terminal, "(y or n) ");
        if (!line && cli_interrupted())
            return false;
        if (!line)
            printf("EOF [assumed Y]\n");
        char answer = line ? line[strspn(line, " \t")] : 'y';
        free(line);
        if (strchr("yYnN", answer) && answer)
            return answer == 'y' || answer == 'Y';
        printf("Please answer y or n.\n");
    }
}
