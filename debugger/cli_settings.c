/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * info, set and show: commands with words of their own.
 */
#include "cli_internal.h"
#include "options.h"
#include "text.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* ---- The settings. A new one is a line here: a switch, number or text of struct cli, or functions of its own. */

enum setting_kind { SETTING_SWITCH, SETTING_NUMBER, SETTING_TEXT, SETTING_OWN };

struct setting {
    const char *name, *usage, *summary;
    enum setting_kind kind;
    size_t offset;        /* in struct cli */
    const char *sentence; /* what `show` says, with %s for the value */
    cmd_fn *set, *show;   /* OWN; NULL: cannot be set or shown */
};
#define IN_CLI(field) offsetof(struct cli, field)

static enum facet_status set_on_handler_error(struct cli *cli, const char *args, struct facet_error *error) {
    if (strcmp(args, "stop") && strcmp(args, "continue"))
        return facet_fail(error, FACET_ERR_USAGE, "\"stop\" or \"continue\" expected.");
    session_stop_at_broken(cli->session, *args == 's');
    return FACET_OK;
}

static enum facet_status show_on_handler_error(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args, (void)error;
    printf("When a handler breaks its contract the program is to %s.\n",
           session_stops_at_broken(cli->session) ? "stop" : "continue");
    return FACET_OK;
}

static const struct setting settings[] = {
    {"args", "args [ARGUMENTS]", "the program's arguments and redirections for the next `run`", SETTING_TEXT,
     IN_CLI(set.args), "Argument list to give program being debugged when it is started is \"%s\".", NULL, NULL},
    {"confirm", "confirm on|off", "whether to ask before something is lost", SETTING_SWITCH, IN_CLI(set.confirm),
     "Whether to confirm potentially dangerous operations is %s.", NULL, NULL},
    {"disassembly-flavor", "disassembly-flavor att|intel", "the syntax of instructions", SETTING_OWN, 0, NULL,
     cmd_set_disassembly, NULL},
    {"height", "height N", "accepted for gdb's scripts; facet never stops its output", SETTING_NUMBER,
     IN_CLI(set.height), "Number of lines facet thinks are in a page is %s.", NULL, NULL},
    {"history save", "history save on|off", "whether the history outlives the session", SETTING_SWITCH,
     IN_CLI(set.history_save), "Saving of the history record on exit is %s.", NULL, NULL},
    {"history size", "history size N", "how many lines of history to keep", SETTING_NUMBER, IN_CLI(set.history_size),
     "The size of the command history is %s.", NULL, NULL},
    {"listsize", "listsize N", "how many lines `list` shows", SETTING_NUMBER, IN_CLI(set.listsize),
     "Number of source lines facet will list by default is %s.", NULL, NULL},
    {"on-handler-error", "on-handler-error stop|continue",
     "what the program does when a handler crashes or gives a verdict that it did not declare", SETTING_OWN, 0, NULL,
     set_on_handler_error, show_on_handler_error},
    {"pagination", "pagination on|off", "accepted for gdb's scripts; facet never stops its output", SETTING_SWITCH,
     IN_CLI(set.pagination), "State of pagination is %s.", NULL, NULL},
    {"convenience", "convenience", "the variables that begin with $", SETTING_OWN, 0, NULL, NULL, cmd_show_convenience},
    {"values", "values", "what was printed last", SETTING_OWN, 0, NULL, NULL, cmd_show_values},
    {"variable", "variable NAME = VALUE", "assigns to a variable or register; a store asks no handler", SETTING_OWN, 0,
     NULL, cmd_set_variable, NULL},
    {"print elements", "print elements N", "how much of an array or string to print", SETTING_NUMBER,
     IN_CLI(set.print_elements), "Limit on string chars or array elements to print is %s.", NULL, NULL},
    {"print pretty", "print pretty on|off", "whether each member gets a line of its own", SETTING_SWITCH,
     IN_CLI(set.print_pretty), "Pretty formatting of structures is %s.", NULL, NULL},
    {"print repeats", "print repeats N", "how many equal elements are printed before they are counted", SETTING_NUMBER,
     IN_CLI(set.print_repeats), "Threshold for repeated print elements is %s.", NULL, NULL},
    {"substitute-path", "substitute-path FROM TO", "where source files recorded below FROM are", SETTING_OWN, 0, NULL,
     cmd_set_substitute_path, NULL},
    {"watch-every-write", "watch-every-write on|off", "whether `watch` stops at stores that change nothing, too",
     SETTING_SWITCH, IN_CLI(set.every_write), "Watchpoints stop at stores that change nothing: %s.", NULL, NULL},
    {"width", "width N", "accepted for gdb's scripts; facet never breaks lines", SETTING_NUMBER, IN_CLI(set.width),
     "Number of characters facet thinks are in a line is %s.", NULL, NULL},
    {"version", "version", "facet's version and its engine's", SETTING_OWN, 0, NULL, NULL, cmd_show_version},
};
#define SETTINGS (sizeof settings / sizeof *settings)

enum facet_status cmd_show_version(struct cli *cli, const char *args, struct facet_error *error) {
    (void)cli, (void)args, (void)error;
    options_version();
    return FACET_OK;
}

const struct cmd *cli_set_table(bool show) {
    static struct cmd tables[2][SETTINGS + 1];
    size_t count = 0;
    for (size_t i = 0; i < SETTINGS; i++)
        if (settings[i].kind != SETTING_OWN || (show ? settings[i].show : settings[i].set))
            tables[show][count++] =
                (struct cmd){.name = settings[i].name, .usage = settings[i].usage, .summary = settings[i].summary};
    return tables[show];
}

/* ---- Finding one. `hist si` is `history size`. */

/* How many characters of text name the setting, word by word; 0: they do not. *exact: in full. */
static size_t match(const char *name, const char *text, bool *exact) {
    const char *p = text;
    *exact = true;
    while (*name) {
        size_t word = strcspn(name, " "), typed = strcspn(p, " \t");
        if (!typed || typed > word || strncmp(name, p, typed))
            return 0;
        *exact &= typed == word;
        p += typed;
        p += strspn(p, " \t");
        name += word + (name[word] == ' ');
    }
    return (size_t)(p - text);
}

/* NULL: none, or several; then *names lists them. */
static const struct setting *find_setting(const char **args, char *names, size_t size) {
    const struct setting *one = NULL;
    size_t count = 0, length = 0, used = 0;
    *names = 0;
    for (size_t i = 0; i < SETTINGS; i++) {
        bool exact;
        size_t matched = match(settings[i].name, *args, &exact);
        if (!matched)
            continue;
        length = matched;
        one = &settings[i];
        if (exact)
            count = 0;
        count++;
        used += (size_t)snprintf(names + used, used < size ? size - used : 0, "%s%s", used ? ", " : "", one->name);
        if (exact)
            break;
    }
    if (count != 1)
        return NULL;
    *args += length;
    return one;
}

bool cli_set_name(const char *text, const char **name) {
    char names[300];
    const struct setting *s = find_setting(&text, names, sizeof names);
    *name = s ? s->name : NULL;
    return s;
}

/* ---- set */

static enum facet_status set_switch(bool *value, const char *args, struct facet_error *error) {
    bool on = !*args || !strcmp(args, "on") || !strcmp(args, "1") || !strcmp(args, "yes") || !strcmp(args, "enable");
    if (!on && strcmp(args, "off") && strcmp(args, "0") && strcmp(args, "no") && strcmp(args, "disable"))
        return facet_fail(error, FACET_ERR_USAGE, "\"on\" or \"off\" expected.");
    *value = on;
    return FACET_OK;
}

static enum facet_status set_number(uint64_t *value, const char *args, struct facet_error *error) {
    if (!*args)
        return facet_fail(error, FACET_ERR_USAGE, "Argument required (integer to set it to, or \"unlimited\".)");
    if (!strcmp(args, "unlimited"))
        *value = INT32_MAX;
    else if (!text_number(args, value) || *value > INT32_MAX)
        return facet_fail(error, FACET_ERR_USAGE, "A number is expected, not \"%s\".", args);
    return FACET_OK;
}

static enum facet_status set(struct cli *cli, const char *args, struct facet_error *error) {
    char names[300];
    const struct setting *s = find_setting(&args, names, sizeof names);
    if (!s && strchr(args, '=')) /* gdb's short form of `set var` */
        return cmd_set_variable(cli, args, error);
    if (!s && *names)
        return facet_fail(error, FACET_ERR_USAGE, "Ambiguous set command \"%s\": %s.", args, names);
    if (!s)
        return facet_fail(error, FACET_ERR_USAGE, "Undefined set command: \"%s\".  Try \"help set\".", args);
    void *field = (char *)cli + s->offset;
    if (s->kind == SETTING_SWITCH)
        return set_switch(field, args, error);
    if (s->kind == SETTING_NUMBER)
        return set_number(field, args, error);
    if (s->kind == SETTING_OWN)
        return s->set ? s->set(cli, args, error)
                      : facet_fail(error, FACET_ERR_USAGE, "\"%s\" can only be shown.", s->name);
    free(*(char **)field);
    *(char **)field = text_copy(args);
    return FACET_OK;
}

/* ---- show */

static enum facet_status show_one(struct cli *cli, const struct setting *s, struct facet_error *error) {
    char text[32];
    const void *field = (const char *)cli + s->offset;
    const char *value = text;
    switch (s->kind) {
    case SETTING_OWN:
        return s->show ? s->show(cli, "", error) : FACET_OK;
    case SETTING_SWITCH:
        value = *(const bool *)field ? "on" : "off";
        break;
    case SETTING_NUMBER:
        snprintf(text, sizeof text, "%" PRIu64, *(const uint64_t *)field);
        if (*(const uint64_t *)field == INT32_MAX)
            value = "unlimited";
        break;
    case SETTING_TEXT:
        value = *(char *const *)field ? *(char *const *)field : "";
    }
    const char *gap = strstr(s->sentence, "%s");
    printf("%.*s%s%s\n", (int)(gap - s->sentence), s->sentence, value, gap + 2);
    return FACET_OK;
}

static enum facet_status show(struct cli *cli, const char *args, struct facet_error *error) {
    char names[300];
    if (!*args) {
        for (size_t i = 0; i < SETTINGS; i++)
            if (settings[i].kind != SETTING_OWN || settings[i].show)
                printf("%s:  ", settings[i].name), show_one(cli, &settings[i], error);
        return FACET_OK;
    }
    const struct setting *s = find_setting(&args, names, sizeof names);
    if (!s && *names)
        return facet_fail(error, FACET_ERR_USAGE, "Ambiguous show command \"%s\": %s.", args, names);
    if (!s)
        return facet_fail(error, FACET_ERR_USAGE, "Undefined show command: \"%s\".  Try \"help show\".", args);
    return show_one(cli, s, error);
}

/* ---- info */

static enum facet_status info(struct cli *cli, const char *args, struct facet_error *error) {
    char word[64];
    const struct cmd *command;
    args = cli_split(args, word, sizeof word);
    if (!*word) {
        printf("\"info\" must be followed by the name of an info command.\nList of info subcommands:\n\n");
        for (const struct cmd *c = cli_info_table; c->name; c++)
            printf("info %s -- %s\n", c->usage, c->summary);
        return FACET_OK;
    }
    enum facet_status status = cli_find_in(cli_info_table, "info", word, &command, error);
    return status ? status : command->run(cli, args, error);
}

const struct cmd cli_settings_table[] = {
    {"info", "i", info, "info WHAT", "show something about the program; `help info` lists what", true},
    {"set", NULL, set, "set WHAT VALUE", "change a setting, or a variable (set var NAME = VALUE)", false},
    {"show", NULL, show, "show [WHAT]", "show settings", false},
    {0},
};
