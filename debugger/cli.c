/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The debugger's command loop: where lines come from, which command they name, and the commands about commands.
 */
#include "cli.h"
#include "cmd.h"
#include "handlers.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define SOURCE_DEPTH_MAX 16

static const struct cmd *const tables[] = {cmd_run_table, cmd_data_table, cmd_space_table, cli_table};
#define TABLES (sizeof tables / sizeof *tables)

/* ---- Finding and running a command */

static const struct cmd *find_exactly(const char *word) {
    for (size_t t = 0; t < TABLES; t++)
        for (const struct cmd *c = tables[t]; c->name; c++)
            if (!strcmp(word, c->name) || (c->alias && !strcmp(word, c->alias)))
                return c;
    return NULL;
}

enum facet_status cmd_find(const char *word, const struct cmd **found, struct facet_error *error) {
    char candidates[300] = "";
    size_t count = 0, used = 0;
    if ((*found = find_exactly(word)))
        return FACET_OK;
    for (size_t t = 0; t < TABLES; t++)
        for (const struct cmd *c = tables[t]; c->name; c++)
            if (!strncmp(word, c->name, strlen(word))) {
                *found = c;
                count++;
                used +=
                    (size_t)snprintf(candidates + used, sizeof candidates - used, "%s%s", used ? ", " : "", c->name);
            }
    if (count == 1)
        return FACET_OK;
    if (count)
        return facet_fail(error, FACET_ERR_USAGE, "Ambiguous command \"%s\": %s.", word, candidates);
    return facet_fail(error, FACET_ERR_USAGE, "Undefined command: \"%s\".  Try \"help\".", word);
}

/* A command's name ends where letters do, so that x/8xb is the command x. */
static const char *split(const char *line, char *word, size_t size) {
    line += strspn(line, " \t");
    size_t length = 0;
    while (isalpha((unsigned char)line[length]) || line[length] == '-')
        length++;
    snprintf(word, size, "%.*s", (int)(length ? length : strcspn(line, " \t")), line);
    line += strlen(word);
    return line + strspn(line, " \t");
}

enum facet_status cmd_execute(struct cli *cli, const char *line, struct facet_error *error) {
    char word[64];
    const struct cmd *command;
    const char *args = split(line, word, sizeof word);
    if (!*word || *word == '#')
        return FACET_OK;
    enum facet_status status = cmd_find(word, &command, error);
    if (status == FACET_OK)
        status = command->run(cli, args, error);
    fflush(stdout);
    return status;
}

/* ---- Commands about commands */

static enum facet_status help(struct cli *cli, const char *args, struct facet_error *error) {
    (void)cli;
    if (!strcmp(args, "handlers")) {
        for (size_t i = 0; handlers_builtin[i]; i++)
            printf("  %s\n", handlers_builtin[i]->summary);
        printf("  PATH.so[:ARGS]: your own, see <facet/handler.h>\n");
        return FACET_OK;
    }
    if (*args) {
        const struct cmd *command;
        enum facet_status status = cmd_find(args, &command, error);
        if (status == FACET_OK)
            printf("%s\n%s\n", command->usage, command->summary);
        return status;
    }
    for (size_t t = 0; t < TABLES; t++)
        for (const struct cmd *c = tables[t]; c->name; c++)
            printf("  %-44s %s\n", c->usage, c->summary);
    printf("\nCommands may be shortened as long as they are unique. ADDRESS: a number, a symbol, a $register, or sums "
           "of them.\n");
    return FACET_OK;
}

static enum facet_status quit(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args, (void)error;
    cli->quit = true;
    return FACET_OK;
}

static enum facet_status echo(struct cli *cli, const char *args, struct facet_error *error) {
    (void)cli, (void)error;
    for (const char *p = args; *p; p++) {
        if (*p != '\\' || !p[1])
            putchar(*p);
        else if (*++p == 'n')
            putchar('\n');
        else
            putchar(*p);
    }
    return FACET_OK;
}

static enum facet_status info(struct cli *cli, const char *args, struct facet_error *error) {
    static const struct {
        const char *name;
        cmd_fn *run;
    } topics[] = {
        {"registers", cmd_info_registers}, {"handlers", cmd_info_handlers}, {"breakpoints", cmd_info_breakpoints},
        {"objects", cmd_objects},          {"symbol", cmd_info_symbol},     {"line", cmd_info_line},
    };
    char word[64];
    cmd_word(&args, word, sizeof word);
    for (size_t i = 0; *word && i < sizeof topics / sizeof *topics; i++)
        if (!strncmp(word, topics[i].name, strlen(word)))
            return topics[i].run(cli, args, error);
    return facet_fail(error, FACET_ERR_USAGE,
                      "info wants one of: registers, handlers, breakpoints, objects, symbol ADDRESS, line ADDRESS.");
}

/* Lines of a file, until one fails. */
static enum facet_status source(struct cli *cli, const char *args, struct facet_error *error) {
    char line[LINE_MAX_BYTES];
    struct facet_error why;
    if (!*args)
        return facet_fail(error, FACET_ERR_USAGE, "source wants the name of a file with commands.");
    if (cli->depth >= SOURCE_DEPTH_MAX)
        return facet_fail(error, FACET_ERR_USAGE, "%s: scripts that source each other are too deep.", args);
    FILE *file = fopen(args, "r");
    if (!file)
        return facet_fail(error, FACET_ERR_USAGE, "%s: %s.", args, strerror(errno));
    enum facet_status status = FACET_OK;
    cli->depth++;
    for (int number = 1; !status && !cli->quit && fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\n")] = 0;
        status = cmd_execute(cli, line, &why);
        if (status)
            facet_fail(error, status, "%s:%d: %s", args, number, why.text);
    }
    cli->depth--;
    fclose(file);
    return status;
}

const struct cmd cli_table[] = {
    {"info", "i", info, "info registers|handlers|breakpoints|objects|symbol|line", "show something", true},
    {"source", NULL, source, "source FILE", "execute the commands in a file", false},
    {"echo", NULL, echo, "echo TEXT", "print TEXT; \\n is a new line", false},
    {"help", "h", help, "help [COMMAND|handlers]", "this list, one command, or the built-in handlers", false},
    {"quit", "q", quit, "quit", "end the program and facet", false},
    {0},
};

/* ---- Ctrl-C: interrupts the guest, never the session. */

static struct session *volatile interrupt_target;

static void on_interrupt(int signal) {
    (void)signal;
    if (interrupt_target)
        session_interrupt(interrupt_target);
}

static void catch_interrupts(struct session *session) {
    interrupt_target = session;
    struct sigaction action = {.sa_handler = on_interrupt}; /* no SA_RESTART: a prompt's read ends */
    sigaction(SIGINT, &action, NULL);
}

/* ---- Lines from the terminal, with libedit, or from standard input byte by byte (the guest reads from there, too). */

static const char *prompt(EditLine *edit) {
    (void)edit;
    return "(facet) ";
}

struct terminal {
    EditLine *edit; /* NULL: no terminal */
    History *history;
};

static unsigned char complete(EditLine *edit, int ch) {
    (void)ch;
    const LineInfo *line = el_line(edit);
    size_t length = (size_t)(line->cursor - line->buffer);
    const struct cmd *only = NULL;
    for (size_t t = 0; t < TABLES; t++)
        for (const struct cmd *c = tables[t]; c->name; c++)
            if (length && !strncmp(line->buffer, c->name, length)) {
                if (only)
                    return CC_REFRESH_BEEP;
                only = c;
            }
    if (!only || el_insertstr(edit, only->name + length) || el_insertstr(edit, " "))
        return CC_REFRESH_BEEP;
    return CC_REFRESH;
}

static void terminal_open(struct terminal *t) {
    HistEvent event;
    *t = (struct terminal){0};
    if (!isatty(STDIN_FILENO))
        return;
    t->edit = el_init("facet", stdin, stdout, stderr);
    t->history = history_init();
    history(t->history, &event, H_SETSIZE, 1000);
    el_set(t->edit, EL_PROMPT, prompt);
    el_set(t->edit, EL_EDITOR, "emacs");
    el_set(t->edit, EL_HIST, history, t->history);
    el_set(t->edit, EL_ADDFN, "facet-complete", "Complete the command", complete);
    el_set(t->edit, EL_BIND, "^I", "facet-complete", NULL);
    el_source(t->edit, NULL);
}

static void terminal_close(struct terminal *t) {
    if (t->edit) {
        history_end(t->history);
        el_end(t->edit);
    }
}

static bool read_plain(char *line) {
    size_t length = 0;
    for (char c; length < LINE_MAX_BYTES - 1;) {
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 && !length)
            return false;
        if (n <= 0 || c == '\n')
            break;
        line[length++] = c;
    }
    line[length] = 0;
    return true;
}

/* False at end of input. */
static bool terminal_read(struct terminal *t, char *line) {
    if (!t->edit)
        return read_plain(line);
    int count = 0;
    HistEvent event;
    errno = 0;
    const char *text = el_gets(t->edit, &count);
    if (!text || count < 0) {
        putchar('\n');
        line[0] = 0;
        return errno == EINTR;
    }
    snprintf(line, LINE_MAX_BYTES, "%s", text);
    line[strcspn(line, "\n")] = 0;
    if (*line)
        history(t->history, &event, H_ENTER, line);
    return true;
}

/* An empty line repeats the last command if that makes sense for it; `x` goes on where it was. */
static void repeat_or_remember(const struct cli *cli, char *line, char *last) {
    char word[64];
    const struct cmd *command;
    if (!cli->interactive)
        return;
    if (!line[strspn(line, " \t")]) {
        strcpy(line, last);
        return;
    }
    split(line, word, sizeof word);
    bool repeats = *word && cmd_find(word, &command, NULL) == FACET_OK && command->repeats;
    strcpy(last, !repeats ? "" : strcmp(command->name, "x") ? line : "x");
}

static void read_commands(struct cli *cli) {
    struct terminal terminal;
    char line[LINE_MAX_BYTES], last[LINE_MAX_BYTES] = "";
    struct facet_error error;
    terminal_open(&terminal);
    cli->interactive = terminal.edit != NULL;
    while (!cli->quit && terminal_read(&terminal, line)) {
        repeat_or_remember(cli, line, last);
        if (cmd_execute(cli, line, &error))
            fprintf(stderr, "%s\n", error.text);
    }
    terminal_close(&terminal);
}

/* Returns whether all went well. */
static bool run_inputs(struct cli *cli, const struct cli_options *options) {
    bool good = true;
    for (size_t i = 0; i < options->input_count && !cli->quit; i++) {
        const struct cli_input *input = &options->inputs[i];
        struct facet_error error;
        enum facet_status status =
            input->is_file ? source(cli, input->text, &error) : cmd_execute(cli, input->text, &error);
        fflush(stdout);
        if (status) {
            fprintf(stderr, "%s\n", error.text);
            good = false;
        }
    }
    return good;
}

int cli_run(struct session *session, const struct cli_options *options) {
    struct cli cli = {.session = session, .examine = {.format = 'x', .size = 'w'}};
    if (!options->quiet && !options->batch)
        printf("facet: `help` lists the commands, `run` starts %s.\n", text_basename(session_program(session)->path));
    catch_interrupts(session);
    bool good = run_inputs(&cli, options);
    if (!options->batch && !cli.quit)
        read_commands(&cli);
    cmd_kill(&cli);
    interrupt_target = NULL;
    free(cli.breakpoints);
    return options->batch && !good ? 1 : 0;
}
