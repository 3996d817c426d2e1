/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The debugger's command loop: which command a line names, and the order in which lines are executed.
 */
#include "cli_internal.h"
#include "expr.h"
#include "keep.h"
#include "point.h"
#include "source.h"
#include "text.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

const struct cmd_class cli_classes[] = {
    {"running", "Running the program and stopping it.", cmd_run_table},
    {"stepping", "Running the program a little.", cmd_step_table},
    {"breakpoints", "Making the program stop.", cmd_break_table},
    {"watchpoints", "Making the program stop where memory changes.", cmd_watch_table},
    {"stack", "The frames of the stack.", cmd_stack_table},
    {"files", "The program's sources.", cmd_list_table},
    {"code", "The program's instructions.", cmd_disassemble_table},
    {"data", "Examining data.", cmd_data_table},
    {"objects", "Memory objects, handlers and capabilities.", cmd_space_table},
    {"scripts", "Scripts and commands of your own.", cli_script_table},
    {"settings", "What the debugger remembers.", cli_settings_table},
    {"support", "Help, and leaving.", cli_help_table},
    {0},
};

const struct cmd_alias cli_aliases[] = {
    {"br", "break"}, {"where", "backtrace"}, {"dis", "disable"},   {"disa", "disable"},
    {"un", "until"}, {"inspect", "print"},   {"exit", "quit"},     {"fr", "frame"},
    {"wa", "watch"}, {"co", "continue"},     {"cont", "continue"}, {0},
};

/* ---- Finding and running a command */

static bool named(const struct cmd *c, const char *word) {
    return !strcmp(word, c->name) || (c->alias && !strcmp(word, c->alias));
}

static const struct cmd *find_exactly(struct cli *cli, const char *word) {
    const struct user_command *user = cli_user_find(cli, word);
    if (user)
        return &user->cmd;
    for (const struct cmd_class *class = cli_classes; class->name; class ++)
        for (const struct cmd *c = class->table; c->name; c++)
            if (named(c, word))
                return c;
    for (const struct cmd_alias *a = cli_aliases; a->name; a++)
        if (!strcmp(word, a->name) && strcmp(a->name, a->command))
            return find_exactly(cli, a->command);
    return NULL;
}

/* What a search by prefix has found so far. */
struct candidates {
    const struct cmd *one;
    size_t count;
    char names[300];
};

static void consider(struct candidates *found, const struct cmd *c, const char *word) {
    if (strncmp(word, c->name, strlen(word)))
        return;
    size_t used = strlen(found->names);
    snprintf(found->names + used, sizeof found->names - used, "%s%s", used ? ", " : "", c->name);
    found->one = c;
    found->count++;
}

enum facet_status cmd_find(struct cli *cli, const char *word, const struct cmd **command, struct facet_error *error) {
    struct candidates found = {0};
    if ((*command = find_exactly(cli, word)))
        return FACET_OK;
    for (const struct cmd_class *class = cli_classes; class->name; class ++)
        for (const struct cmd *c = class->table; c->name; c++)
            consider(&found, c, word);
    for (size_t i = 0; i < cli->user_count; i++)
        consider(&found, &cli->users[i]->cmd, word);
    *command = found.one;
    if (found.count == 1)
        return FACET_OK;
    if (found.count)
        return facet_fail(error, FACET_ERR_USAGE, "Ambiguous command \"%s\": %s.", word, found.names);
    return facet_fail(error, FACET_ERR_USAGE, "Undefined command: \"%s\".  Try \"help\".", word);
}

enum facet_status cli_find_in(const struct cmd *table, const char *what, const char *word, const struct cmd **command,
                              struct facet_error *error) {
    struct candidates found = {0};
    for (const struct cmd *c = table; c->name; c++)
        if (named(c, word)) {
            *command = c;
            return FACET_OK;
        }
    for (const struct cmd *c = table; c->name; c++)
        consider(&found, c, word);
    *command = found.one;
    if (found.count == 1)
        return FACET_OK;
    if (found.count)
        return facet_fail(error, FACET_ERR_USAGE, "Ambiguous %s command \"%s\": %s.", what, word, found.names);
    return facet_fail(error, FACET_ERR_USAGE, "Undefined %s command: \"%s\".  Try \"help %s\".", what, word, what);
}

/* A name ends where letters, digits, - and _ do, so that x/8xb is the command x; ! alone is one. */
const char *cli_split(const char *line, char *word, size_t size) {
    line += strspn(line, " \t");
    size_t length = *line == '!';
    while (!length
               ? isalnum((unsigned char)*line)
               : *line != '!' && (isalnum((unsigned char)line[length]) || line[length] == '-' || line[length] == '_'))
        length++;
    snprintf(word, size, "%.*s", (int)(length ? length : strcspn(line, " \t")), line);
    line += strlen(word);
    return line + strspn(line, " \t");
}

enum facet_status cmd_execute(struct cli *cli, const char *line, struct facet_error *error) {
    char word[64];
    const struct cmd *command;
    const char *args = cli_split(line, word, sizeof word);
    if (!*word || *word == '#')
        return FACET_OK;
    enum facet_status status = cli_missing_argument(cli, line, error);
    if (status == FACET_OK)
        status = cmd_find(cli, word, &command, error);
    if (status)
        return status;
    char *copy = text_copy(args); /* without white space at its end */
    for (size_t length = strlen(copy); length && isspace((unsigned char)copy[length - 1]);)
        copy[--length] = 0;
    status = command->run ? command->run(cli, copy, error) : cli_user_run(cli, command, copy, error);
    free(copy);
    fflush(stdout);
    return status;
}

/* ---- The order of things */

/* An empty line repeats the last command if that makes sense for it; `x` and `list` go on where they were. */
static char *repeated(struct cli *cli, char *line, char **last) {
    char word[64];
    const struct cmd *command;
    if (!line[strspn(line, " \t")]) {
        free(line);
        return text_copy(*last);
    }
    cli_split(line, word, sizeof word);
    bool repeats = *word && cmd_find(cli, word, &command, NULL) == FACET_OK && command->repeats;
    bool goes_on = repeats && (!strcmp(command->name, "x") || !strcmp(command->name, "list"));
    free(*last);
    *last = text_copy(!repeats ? "" : goes_on ? command->name : line);
    return line;
}

/* The end of the input is `quit`, with its question. */
static char *quit_line(const struct cli *cli) {
    if (cli->terminal)
        printf("quit\n");
    return text_copy("quit");
}

static void read_commands(struct cli *cli) {
    char *line, *last = text_copy("");
    struct facet_error error;
    while (!cli->quit) {
        terminal_forget_interrupt();
        line = cli_read_line(cli, "(facet) ");
        if (!line && cli_interrupted())
            continue;
        if (!line)
            line = quit_line(cli);
        else if (cli_interactive(cli))
            terminal_remember(cli->terminal, line);
        if (cli_interactive(cli))
            line = repeated(cli, line, &last);
        if (cmd_execute(cli, line, &error))
            fprintf(stderr, "%s\n", error.text);
        free(line);
    }
    free(last);
}

static bool run_input(struct cli *cli, const struct cli_input *input) {
    struct facet_error error;
    enum facet_status status =
        input->is_file ? cli_source_file(cli, input->text, &error) : cmd_execute(cli, input->text, &error);
    fflush(stdout);
    if (status)
        fprintf(stderr, "%s\n", error.text);
    return status == FACET_OK;
}

/* Commands of -x and -ex; one that reads further lines takes them from the next -ex. Returns whether all went well. */
static bool run_inputs(struct cli *cli) {
    bool good = true;
    struct line_source options = {.kind = SOURCE_OPTIONS};
    cli_source_push(cli, &options, NULL);
    while (options.next < cli->options->input_count && !cli->quit) {
        terminal_forget_interrupt();
        good &= run_input(cli, &cli->options->inputs[options.next++]);
    }
    cli_source_pop(cli);
    return good;
}

/* The user's own file, if there is one. */
static void run_init_file(struct cli *cli) {
    char *path = cli_xdg_path("XDG_CONFIG_HOME", ".config", "init");
    struct facet_error error;
    if (path && access(path, F_OK) == 0 && cli_source_file(cli, path, &error))
        fprintf(stderr, "%s\n", error.text);
    free(path);
}

int cli_run(struct session *session, const struct cli_options *options) {
    struct cli cli = {
        .session = session,
        .options = options,
        .examine = {.format = 'x', .size = 'w'},
        .set = {.confirm = true,
                .pagination = true,
                .height = INT32_MAX,
                .width = INT32_MAX,
                .history_save = true,
                .history_size = 1000,
                .listsize = 10,
                .print_elements = 200,
                .print_repeats = 10,
                .args = cli_quote_arguments(options->argc - 1, options->argv + 1)},
        .redirected = {-1, -1, -1},
    };
    if (!options->quiet && !options->batch && session_emu(session))
        printf("facet: `help` lists the commands, `continue` goes on from the checkpoint.\n");
    else if (!options->quiet && !options->batch)
        printf("facet: `help` lists the commands, `run` starts %s.\n", text_basename(session_program(session)->path));
    terminal_catch_signals(session);
    session_stop_at_broken(session, true);
    cli.started = session_emu(session) != NULL; /* resumed */
    if (cli.started)
        keep_load(&cli);
    if (!options->batch)
        cli.terminal = terminal_open(&cli);
    if (options->init)
        run_init_file(&cli);
    bool good = run_inputs(&cli);
    if (!options->batch && !cli.quit)
        read_commands(&cli);
    cmd_kill(&cli);
    terminal_catch_signals(NULL);
    if (cli.terminal)
        terminal_close(cli.terminal);
    expr_forget(&cli);
    cli_user_free(&cli);
    free(cli.set.args);
    for (int stream = 0; stream < 3; stream++)
        if (cli.redirected[stream] >= 0)
            close(cli.redirected[stream]);
    points_free(&cli);
    source_forget();
    return cli.exit_status ? cli.exit_status : options->batch && !good;
}
