/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * help, apropos, quit.
 */
#include "cli_internal.h"
#include "expr.h"
#include "handlers.h"
#include "script.h"

#include <ctype.h>
#include <string.h>

/* ---- One line of a list */

static void print_summary(const char *usage, const char *summary) {
    size_t length = strcspn(summary, "\n"); /* a user's text may have several lines */
    printf("%s -- %.*s\n", usage, (int)length, summary);
}

static void print_table(const struct cmd *table, const char *before) {
    for (const struct cmd *c = table; c->name; c++) {
        printf("%s", before);
        print_summary(c->usage, c->summary);
    }
}

static void print_users(const struct cli *cli) {
    for (size_t i = 0; i < cli->user_count; i++)
        print_summary(cli->users[i]->cmd.name, cli->users[i]->cmd.summary);
    if (!cli->user_count)
        printf("None: `define NAME` makes one.\n");
}

/* ---- help */

static void list_classes(void) {
    printf("List of classes of commands:\n\n");
    for (const struct cmd_class *class = cli_classes; class->name; class ++)
        printf("%s -- %s\n", class->name, class->summary);
    printf("user-defined -- Commands of your own.\n"
           "handlers -- The built-in handlers, for `swap`.\n\n"
           "Type \"help\" followed by a class name for a list of commands in that class.\n"
           "Type \"help all\" for the list of all commands.\n"
           "Type \"help\" followed by command name for full documentation.\n"
           "Type \"apropos word\" to search for commands related to \"word\".\n"
           "Command names may be shortened as long as they are unique.\n");
}

static void list_class(const struct cmd_class *class) {
    printf("%s\n\nList of commands:\n\n", class->summary);
    print_table(class->table, "");
}

static void list_all(struct cli *cli) {
    for (const struct cmd_class *class = cli_classes; class->name; class ++) {
        printf("%sCommand class: %s\n\n", class == cli_classes ? "" : "\n", class->name);
        print_table(class->table, "");
    }
    printf("\nUser-defined commands\n\n");
    print_users(cli);
}

static void list_handlers(void) {
    for (size_t i = 0; handlers_builtin[i]; i++)
        printf("%s\n", handlers_builtin[i]->summary);
    printf("PATH.so[:ARGS]: your own, see <facet/handler.h>\n%s\n", handler_script.summary);
    printf("endpoint:NAME: a process of the guest that --program NAME=ELF has started, see <facet/guest.h>\n");
}

/* "break, brea, b": the names that it has. */
static void print_names(const struct cmd *command) {
    printf("%s", command->name);
    if (command->alias)
        printf(", %s", command->alias);
    for (const struct cmd_alias *a = cli_aliases; a->name; a++)
        if (!strcmp(a->command, command->name) && strcmp(a->name, a->command) &&
            strncmp(a->name, command->name, strlen(a->name)))
            printf(", %s", a->name);
    printf("\n");
}

/* info, set and show have commands of their own. */
static const struct cmd *commands_below(const struct cmd *command) {
    bool show = !strcmp(command->name, "show");
    return !strcmp(command->name, "info")          ? cli_info_table
           : show || !strcmp(command->name, "set") ? cli_set_table(show)
                                                   : NULL;
}

static void print_command(const struct cli *cli, const struct cmd *command) {
    const struct user_command *user = cli_user_find(cli, command->name);
    const struct cmd *below = commands_below(command);
    if (user) {
        printf("%s\n", user->text ? user->text : "User-defined.");
        return;
    }
    print_names(command);
    printf("%c%s.\nUsage: %s\n", toupper((unsigned char)*command->summary), command->summary + 1, command->usage);
    if (cli_help_text(command->name))
        printf("\n%s\n", cli_help_text(command->name));
    if (below) {
        char before[16];
        snprintf(before, sizeof before, "%s ", command->name);
        printf("\nList of %s subcommands:\n\n", command->name);
        print_table(below, before);
    }
}

static enum facet_status help_below(const struct cmd *above, const char *word, struct facet_error *error) {
    const struct cmd *command;
    if (strcmp(above->name, "info"))
        cli_set_name(word, &word);
    enum facet_status status = !word ? facet_fail(error, FACET_ERR_USAGE, "Try \"help %s\".", above->name)
                                     : cli_find_in(commands_below(above), above->name, word, &command, error);
    if (status == FACET_OK)
        printf("%c%s.\nUsage: %s %s\n", toupper((unsigned char)*command->summary), command->summary + 1, above->name,
               command->usage);
    return status;
}

static enum facet_status help(struct cli *cli, const char *args, struct facet_error *error) {
    char word[64];
    const struct cmd *command;
    if (!*args)
        return list_classes(), FACET_OK;
    if (!strcmp(args, "all"))
        return list_all(cli), FACET_OK;
    if (!strcmp(args, "handlers"))
        return list_handlers(), FACET_OK;
    if (!strcmp(args, "user-defined"))
        return print_users(cli), FACET_OK;
    for (const struct cmd_class *class = cli_classes; class->name; class ++)
        if (!strcmp(args, class->name))
            return list_class(class), FACET_OK;
    const char *rest = cli_split(args, word, sizeof word);
    enum facet_status status = cmd_find(cli, word, &command, error);
    if (status)
        return status;
    if (*rest && commands_below(command))
        return help_below(command, rest, error);
    print_command(cli, command);
    return FACET_OK;
}

/* ---- apropos */

static void search(const struct cmd *table, const char *before, const char *word) {
    for (const struct cmd *c = table; c->name; c++)
        if (strcasestr(c->usage, word) || strcasestr(c->summary, word)) {
            printf("%s", before);
            print_summary(c->usage, c->summary);
        }
}

static enum facet_status apropos(struct cli *cli, const char *args, struct facet_error *error) {
    if (!*args)
        return facet_fail(error, FACET_ERR_USAGE, "apropos wants a word.");
    for (const struct cmd_class *class = cli_classes; class->name; class ++)
        search(class->table, "", args);
    search(cli_info_table, "info ", args);
    search(cli_set_table(false), "set ", args);
    for (size_t i = 0; i < cli->user_count; i++)
        if (strcasestr(cli->users[i]->cmd.name, args) || strcasestr(cli->users[i]->cmd.summary, args))
            print_summary(cli->users[i]->cmd.name, cli->users[i]->cmd.summary);
    return FACET_OK;
}

/* ---- quit */

static enum facet_status quit(struct cli *cli, const char *args, struct facet_error *error) {
    uint64_t number = 0;
    enum facet_status status = *args ? expr_number(cli, args, &number, error) : FACET_OK;
    if (status)
        return status;
    cli->quit = !cli->started || cli_confirm(cli, "A debugging session is active.\n\n"
                                                  "\tInferior 1 [process 1] will be killed.\n\nQuit anyway? ");
    cli->exit_status = (int)(number & 0xff);
    return FACET_OK;
}

const struct cmd cli_help_table[] = {
    {"help", "h", help, "help [CLASS|COMMAND|all|handlers]", "what there is", false},
    {"apropos", NULL, apropos, "apropos WORD", "commands whose description has WORD", false},
    {"quit", "q", quit, "quit [STATUS]", "end the program and facet, with an exit status", false},
    {0},
};
