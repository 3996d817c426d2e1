/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Scripts: source, if, while, and commands of the user's own with define and document.
 */
#include "cli_internal.h"
#include "expr.h"
#include "text.h"

#include <ctype.h>
#include <string.h>
#include <sys/wait.h>

/* ---- Files */

static enum facet_status source(struct cli *cli, const char *args, struct facet_error *error) {
    if (!strncmp(args, "-v", 2) && (args[2] == ' ' || !args[2])) /* as gdb's: show the lines; here they are not */
        args += 2 + strspn(args + 2, " \t");
    if (!*args)
        return facet_fail(error, FACET_ERR_USAGE, "source command requires file name of file to source.");
    return cli_source_file(cli, args, error);
}

char *cli_user_path(const char *path) {
    const char *home = getenv("HOME");
    return *path == '~' && path[1] == '/' && home ? text_format("%s%s", home, path + 1) : text_copy(path);
}

char *cli_xdg_path(const char *variable, const char *below_home, const char *file) {
    const char *base = getenv(variable), *home = getenv("HOME");
    if (base && *base == '/')
        return text_format("%s/facet/%s", base, file);
    return home && *home == '/' ? text_format("%s/%s/facet/%s", home, below_home, file) : NULL;
}

/* ---- if, while */

/* The program's expressions; in a script a plain number will do. */
static enum facet_status holds(struct cli *cli, const char *what, const char *condition, bool *result,
                               struct facet_error *error) {
    if (!*condition)
        return facet_fail(error, FACET_ERR_USAGE, "%s command requires an argument.", what);
    return expr_true(cli, condition, result, error);
}

/* Which line of an `if`'s body is its `else`; the count without one. Blocks inside have their own. */
static size_t find_else(struct cli *cli, const struct cli_lines *body) {
    unsigned depth = 0;
    for (size_t i = 0; i < body->count; i++) {
        if (cli_opens_block(cli, body->line[i]))
            depth++;
        else if (cli_is_word(body->line[i], "end"))
            depth--;
        else if (!depth && cli_is_word(body->line[i], "else"))
            return i;
    }
    return body->count;
}

static enum facet_status run_if(struct cli *cli, const char *args, struct facet_error *error) {
    struct cli_lines body;
    bool truth;
    enum facet_status status = cli_read_body(cli, "if", &body, error);
    if (status == FACET_OK)
        status = holds(cli, "if", args, &truth, error);
    if (status == FACET_OK) {
        size_t middle = find_else(cli, &body), skip = middle < body.count ? middle + 1 : middle;
        struct cli_lines half =
            truth ? (struct cli_lines){body.line, middle} : (struct cli_lines){body.line + skip, body.count - skip};
        status = cli_execute_lines(cli, &half, NULL, error);
    }
    cli_lines_free(&body);
    return status;
}

static enum facet_status run_while(struct cli *cli, const char *args, struct facet_error *error) {
    struct cli_lines body;
    enum facet_status status = cli_read_body(cli, "while", &body, error);
    cli->loops++;
    while (!status && !cli->quit) {
        bool truth;
        status = holds(cli, "while", args, &truth, error);
        if (status || !truth)
            break;
        cli->leave = LEAVE_NOTHING;
        status = cli_execute_lines(cli, &body, NULL, error);
        if (cli_interrupted() && !status)
            status = facet_fail(error, FACET_ERR_USAGE, "Quit");
        if (cli->leave == LEAVE_LOOP)
            break;
    }
    cli->leave = LEAVE_NOTHING;
    cli->loops--;
    cli_lines_free(&body);
    return status;
}

static enum facet_status leave(struct cli *cli, enum cli_leave what, const char *name, struct facet_error *error) {
    if (!cli->loops)
        return facet_fail(error, FACET_ERR_USAGE, "%s: there is no loop to leave.", name);
    cli->leave = what;
    return FACET_OK;
}

static enum facet_status loop_break(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args;
    return leave(cli, LEAVE_LOOP, "loop_break", error);
}

static enum facet_status loop_continue(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args;
    return leave(cli, LEAVE_ROUND, "loop_continue", error);
}

static enum facet_status stray(struct cli *cli, const char *args, struct facet_error *error) {
    (void)cli, (void)args;
    return facet_fail(error, FACET_ERR_USAGE, "This command cannot be used at the top level.");
}

/* ---- define, document */

struct user_command *cli_user_find(const struct cli *cli, const char *name) {
    for (size_t i = 0; i < cli->user_count; i++)
        if (!strcmp(cli->users[i]->cmd.name, name))
            return cli->users[i];
    return NULL;
}

static void user_free(struct user_command *user) {
    cli_lines_free(&user->body);
    free((char *)(uintptr_t)user->cmd.name);
    free(user->text);
    free(user);
}

void cli_user_free(struct cli *cli) {
    for (size_t i = 0; i < cli->user_count; i++)
        user_free(cli->users[i]);
    free(cli->users);
}

static struct user_command *user_new(struct cli *cli, const char *name) {
    struct user_command *user = text_grow(NULL, 1, sizeof *user);
    *user = (struct user_command){.cmd = {.name = text_copy(name), .usage = "", .summary = "User-defined."}};
    user->cmd.usage = user->cmd.name;
    cli->users = text_grow(cli->users, cli->user_count + 1, sizeof(struct user_command *));
    return cli->users[cli->user_count++] = user;
}

static enum facet_status name_argument(const char *args, const char *what, char *name, size_t size,
                                       struct facet_error *error) {
    const char *rest = cli_split(args, name, size);
    if (!*name || *rest || !isalpha((unsigned char)*name) || strlen(name) + 1 == size)
        return facet_fail(error, FACET_ERR_USAGE, "%s wants the name of a command: letters, digits, - and _.", what);
    return FACET_OK;
}

static void tell_body(struct cli *cli, const char *what, const char *name) {
    if (cli_interactive(cli))
        printf("Type %s \"%s\".\nEnd with a line saying just \"end\".\n",
               !strcmp(what, "define") ? "commands for definition of" : "documentation for", name);
}

static enum facet_status define(struct cli *cli, const char *args, struct facet_error *error) {
    char name[64];
    const struct cmd *known;
    enum facet_status status = name_argument(args, "define", name, sizeof name, error);
    if (status)
        return status;
    if (cmd_find(cli, name, &known, NULL) == FACET_OK && !strcmp(known->name, name) &&
        !cli_confirm(cli, known->run ? "Really redefine built-in command \"%s\"? " : "Redefine command \"%s\"? ", name))
        return facet_fail(error, FACET_ERR_USAGE, "Command \"%s\" not redefined.", name);
    struct cli_lines body;
    tell_body(cli, "define", name);
    status = cli_read_body(cli, "define", &body, error);
    if (status) {
        cli_lines_free(&body);
        return status;
    }
    struct user_command *user = cli_user_find(cli, name);
    if (!user)
        user = user_new(cli, name);
    cli_lines_free(&user->body);
    user->body = body;
    user->alias = false;
    return FACET_OK;
}

static char *join(const struct cli_lines *lines) {
    char *text = text_copy("");
    for (size_t i = 0; i < lines->count; i++) {
        char *longer = text_format("%s%s%s", text, i ? "\n" : "", lines->line[i]);
        free(text);
        text = longer;
    }
    return text;
}

/* The first line is the summary, as in gdb. */
static enum facet_status document(struct cli *cli, const char *args, struct facet_error *error) {
    char name[64];
    enum facet_status status = name_argument(args, "document", name, sizeof name, error);
    if (status)
        return status;
    struct user_command *user = cli_user_find(cli, name);
    if (!user)
        return facet_fail(error, FACET_ERR_USAGE, "No user-defined command \"%s\": `define` it first.", name);
    struct cli_lines body;
    tell_body(cli, "document", name);
    status = cli_read_body(cli, "document", &body, error);
    if (status == FACET_OK) {
        free(user->text);
        user->text = join(&body);
        user->cmd.summary = user->text;
    }
    cli_lines_free(&body);
    return status;
}

enum facet_status cli_user_run(struct cli *cli, const struct cmd *command, const char *args,
                               struct facet_error *error) {
    const struct user_command *user = cli_user_find(cli, command->name);
    if (user->alias) {
        char *line = text_format("%s %s", user->body.line[0], args);
        enum facet_status status = cmd_execute(cli, line, error);
        free(line);
        return status;
    }
    struct cli_lines body = {0}; /* its own: the definition may be replaced while it runs */
    for (size_t i = 0; i < user->body.count; i++)
        cli_lines_add(&body, user->body.line[i]);
    enum facet_status status = cli_execute_lines(cli, &body, args, error);
    cli_lines_free(&body);
    return status;
}

/* alias [-a] [--] NAME = COMMAND: a definition whose one line gets the arguments at its end. */
static enum facet_status alias(struct cli *cli, const char *args, struct facet_error *error) {
    char name[64], word[64];
    const struct cmd *known;
    for (; !strncmp(args, "-a ", 3) || !strncmp(args, "-- ", 3); args += strspn(args, " \t"))
        args += 3;
    const char *rest = cli_split(args, name, sizeof name);
    if (!*name || *rest != '=')
        return facet_fail(error, FACET_ERR_USAGE, "Usage: alias [-a] [--] ALIAS = COMMAND [DEFAULT-ARGS...]");
    rest += 1 + strspn(rest + 1, " \t");
    cli_split(rest, word, sizeof word);
    if (cmd_find(cli, word, &known, NULL))
        return facet_fail(error, FACET_ERR_USAGE, "Invalid command to alias to: %s", rest);
    if (cmd_find(cli, name, &known, NULL) == FACET_OK && !strcmp(known->name, name))
        return facet_fail(error, FACET_ERR_USAGE, "Alias already exists: %s", name);
    struct user_command *user = user_new(cli, name);
    user->alias = true;
    cli_lines_add(&user->body, rest);
    user->text = text_format("Alias of: %s", rest);
    user->cmd.summary = user->text;
    return FACET_OK;
}

/* ---- $arg0 … $argc */

/* Argument number `wanted`: a word, or something in quotes. Its length; *start is NULL if there is none. The count of
 * arguments comes back in *count. */
static size_t argument(const char *text, unsigned wanted, const char **start, unsigned *count) {
    size_t found = 0;
    *start = NULL;
    for (*count = 0;; ++*count) {
        text += strspn(text, " \t");
        if (!*text)
            return found;
        const char *p = text;
        for (char quote = 0; *p && (quote || !isspace((unsigned char)*p)); p++) {
            if (*p == '\\' && p[1])
                p++;
            else if (quote ? *p == quote : *p == '"' || *p == '\'')
                quote = quote ? 0 : *p;
        }
        if (*count == wanted) {
            *start = text;
            found = (size_t)(p - text);
        }
        text = p;
    }
}

static size_t word_length(const char *p) {
    size_t length = 0;
    while (isalnum((unsigned char)p[length]) || p[length] == '_')
        length++;
    return length;
}

char *cli_replace_arguments(const char *line, const char *arguments) {
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    for (const char *p = line; *p;) {
        const char *start;
        unsigned count;
        size_t length = *p == '$' ? 1 + word_length(p + 1) : 0;
        bool number = length > 4 && !strncmp(p, "$arg", 4) && strspn(p + 4, "0123456789") == length - 4;
        if (length == 5 && !strncmp(p, "$argc", 5)) {
            argument(arguments, 0, &start, &count);
            fprintf(out, "%u", count);
            p += 5;
        } else if (number) {
            size_t given = argument(arguments, (unsigned)atoi(p + 4), &start, &count);
            fprintf(out, "%.*s", (int)(start ? given : length), start ? start : p); /* missing: cli_missing_argument */
            p += length;
        } else {
            fputc(*p++, out);
        }
    }
    fclose(out);
    return result;
}

enum facet_status cli_missing_argument(const struct cli *cli, const char *line, struct facet_error *error) {
    const char *missing = cli_arguments(cli) ? strstr(line, "$arg") : NULL;
    if (!missing || !isdigit((unsigned char)missing[4]))
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE, "Missing argument %d in user function.", atoi(missing + 4));
}

/* ---- shell */

static enum facet_status shell(struct cli *cli, const char *args, struct facet_error *error) {
    fflush(stdout);
    const char *user = getenv("SHELL");
    int status = system(*args ? args : user && *user ? user : "/bin/sh");
    (void)cli;
    if (status == -1)
        return facet_fail(error, FACET_ERR_FAILED, "No shell could be started.");
    return FACET_OK;
}

const struct cmd cli_script_table[] = {
    {"source", NULL, source, "source FILE", "execute the commands in a file", false},
    {"if", NULL, run_if, "if EXPRESSION … else … end", "execute the commands up to `else`, or those behind it", false},
    {"while", NULL, run_while, "while EXPRESSION … end", "execute the commands again and again", false},
    {"loop_break", NULL, loop_break, "loop_break", "leave the innermost `while`", false},
    {"loop_continue", NULL, loop_continue, "loop_continue", "begin the next round of the innermost `while`", false},
    {"else", NULL, stray, "else", "the other branch of `if`", false},
    {"end", NULL, stray, "end", "the end of a block of commands", false},
    {"define", NULL, define, "define NAME … end", "a command of your own; $arg0 … $argc are its arguments", false},
    {"document", NULL, document, "document NAME … end", "what `help NAME` says of a command of your own", false},
    {"alias", NULL, alias, "alias NAME = COMMAND [ARGUMENTS]", "another name for a command, with its first arguments",
     false},
    {"echo", NULL, cmd_echo, "echo TEXT", "print TEXT; \\n is a new line", false},
    {"printf", NULL, cmd_printf, "printf \"FORMAT\", EXPRESSION, …", "print values as C's printf does", false},
    {"shell", "!", shell, "shell [COMMAND]", "have the shell execute COMMAND, outside of the sandbox; also !COMMAND",
     false},
    {0},
};
