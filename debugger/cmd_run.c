/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands that run the program, breakpoints, and how a stop is told. Wording as gdb's.
 */
#include "cmd.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

/* ---- Where the program stands */

/* The text of a source line, or of the file's name if it cannot be read. */
static void print_source_line(const struct source_line *at) {
    char text[512] = "";
    FILE *file = at->path ? fopen(at->path, "r") : NULL;
    int line = 0;
    while (file && line < at->line && fgets(text, sizeof text, file))
        line += strchr(text, '\n') != NULL;
    if (file)
        fclose(file);
    if (file && line == at->line)
        printf("%d\t%s", at->line, text);
    else
        printf("%d\tin %s\n", at->line, at->file);
}

static uint64_t program_counter(struct cli *cli) {
    struct facet_regs regs;
    session_regs(cli->session, &regs);
    return regs.rip;
}

void cmd_print_location(struct cli *cli) {
    struct symbols *symbols = session_symbols(cli->session);
    uint64_t pc = program_counter(cli);
    const struct symbol *function = symbols_at(symbols, pc);
    struct source_line at;
    bool known = symbols_line(symbols, pc, &at);
    if (!known || at.start != pc)
        printf("0x%016" PRIx64 " in ", pc);
    printf("%s ()", function ? function->name : "??");
    if (known)
        printf(" at %s:%d", at.file, at.line);
    printf("\n");
    if (known)
        print_source_line(&at);
}

/* ---- Breakpoints */

static struct cmd_breakpoint *breakpoint_at(struct cli *cli, uint64_t va) {
    for (size_t i = 0; i < cli->breakpoint_count; i++)
        if (cli->breakpoints[i].va == va)
            return &cli->breakpoints[i];
    return NULL;
}

static void breakpoint_remove(struct cli *cli, struct cmd_breakpoint *b) {
    uint64_t va = b->va;
    size_t index = (size_t)(b - cli->breakpoints);
    memmove(b, b + 1, (--cli->breakpoint_count - index) * sizeof *b);
    if (cli->started && !breakpoint_at(cli, va))
        session_break(cli->session, va, false);
}

/* Several breakpoints may share an address; the machine has one. */
static void breakpoint_add(struct cli *cli, uint64_t va, bool temporary) {
    bool shared = breakpoint_at(cli, va) != NULL;
    cli->breakpoints = text_grow(cli->breakpoints, cli->breakpoint_count + 1, sizeof *cli->breakpoints);
    cli->breakpoints[cli->breakpoint_count++] =
        (struct cmd_breakpoint){.number = ++cli->last_breakpoint, .va = va, .temporary = temporary};
    if (cli->started && !shared)
        session_break(cli->session, va, true);
}

/* SYMBOL: behind the function's prologue; *ADDRESS or a number: exactly there. */
static enum facet_status breakpoint_place(struct cli *cli, const char *args, uint64_t *va, struct facet_error *error) {
    if (!*args) {
        if (cmd_need_started(cli, error))
            return FACET_ERR_USAGE;
        *va = program_counter(cli);
        return FACET_OK;
    }
    const struct symbol *symbol;
    if (symbols_find(session_symbols(cli->session), args, &symbol, NULL) == FACET_OK && symbol->function) {
        *va = symbols_behind_prologue(session_symbols(cli->session), symbol);
        return FACET_OK;
    }
    enum facet_status status = cmd_address(cli, args + (*args == '*'), va, error);
    if (status == FACET_OK && !program_executable(session_program(cli->session), *va))
        return facet_fail(error, FACET_ERR_USAGE,
                          "No code at 0x%" PRIx64 ": a breakpoint wants a function or an address of the text.", *va);
    return status;
}

static enum facet_status set_breakpoint(struct cli *cli, const char *args, bool temporary, struct facet_error *error) {
    uint64_t va;
    enum facet_status status = breakpoint_place(cli, args, &va, error);
    if (status)
        return status;
    breakpoint_add(cli, va, temporary);
    struct source_line at;
    printf("%s %d at 0x%" PRIx64, temporary ? "Temporary breakpoint" : "Breakpoint", cli->last_breakpoint, va);
    if (symbols_line(session_symbols(cli->session), va, &at))
        printf(": file %s, line %d.", at.file, at.line);
    printf("\n");
    return FACET_OK;
}

static enum facet_status cmd_break(struct cli *cli, const char *args, struct facet_error *error) {
    return set_breakpoint(cli, args, false, error);
}

static enum facet_status cmd_tbreak(struct cli *cli, const char *args, struct facet_error *error) {
    return set_breakpoint(cli, args, true, error);
}

static enum facet_status cmd_delete(struct cli *cli, const char *args, struct facet_error *error) {
    if (!*args) {
        while (cli->breakpoint_count)
            breakpoint_remove(cli, cli->breakpoints);
        return FACET_OK;
    }
    char word[32];
    while (*args) {
        uint64_t number;
        cmd_word(&args, word, sizeof word);
        if (!text_number(word, &number))
            return facet_fail(error, FACET_ERR_USAGE, "Bad breakpoint argument: '%s'", word);
        struct cmd_breakpoint *found = NULL;
        for (size_t i = 0; i < cli->breakpoint_count; i++)
            if ((uint64_t)cli->breakpoints[i].number == number)
                found = &cli->breakpoints[i];
        if (!found)
            return facet_fail(error, FACET_ERR_USAGE, "No breakpoint number %s.", word);
        breakpoint_remove(cli, found);
    }
    return FACET_OK;
}

enum facet_status cmd_info_breakpoints(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args, (void)error;
    if (!cli->breakpoint_count) {
        printf("No breakpoints.\n");
        return FACET_OK;
    }
    printf("Num     Type           Disp Enb Address            What\n");
    for (size_t i = 0; i < cli->breakpoint_count; i++) {
        const struct cmd_breakpoint *b = &cli->breakpoints[i];
        char name[SYMBOL_TEXT], where[SYMBOL_TEXT];
        symbols_name(session_symbols(cli->session), b->va, name);
        symbols_source(session_symbols(cli->session), b->va, where);
        printf("%-7d breakpoint     %s y   0x%016" PRIx64 " %s%s%s\n", b->number, b->temporary ? "del " : "keep", b->va,
               name, *where ? " at " : "", where);
        if (b->hits)
            printf("\tbreakpoint already hit %u time%s\n", b->hits, b->hits == 1 ? "" : "s");
    }
    return FACET_OK;
}

/* ---- Stops */

static void tell_breakpoint(struct cli *cli) {
    uint64_t pc = program_counter(cli);
    for (size_t i = 0; i < cli->breakpoint_count;) {
        struct cmd_breakpoint *b = &cli->breakpoints[i];
        if (b->va != pc) {
            i++;
            continue;
        }
        b->hits++;
        printf("\n%s %d, ", b->temporary ? "Temporary breakpoint" : "Breakpoint", b->number);
        if (b->temporary)
            breakpoint_remove(cli, b);
        else
            i++;
    }
    cmd_print_location(cli);
}

static void tell_exit(int status, const char *signal) {
    if (*signal)
        printf("\nProgram %s.\nThe program no longer exists.\n", signal);
    else if (status)
        printf("[Inferior 1 (process 1) exited with code %02o]\n", (unsigned)status);
    else
        printf("[Inferior 1 (process 1) exited normally]\n");
}

/* Prints why the program no longer runs. */
static enum facet_status tell_stop(struct cli *cli, const struct session_stop *stop, struct facet_error *error) {
    switch (stop->event) {
    case SESSION_EXITED:
        cli->started = false;
        tell_exit(stop->code, stop->text);
        return FACET_OK;
    case SESSION_FAILED:
        cli->started = false;
        return facet_fail(error, FACET_ERR_FAILED, "%.500s", stop->text);
    case SESSION_FAULTED:
        printf("\nProgram received signal %s, %s.\n", session_signal_name(stop->code), session_signal_text(stop->code));
        break;
    case SESSION_INTERRUPTED:
        printf("\nProgram received signal SIGINT, Interrupt.\n");
        break;
    case SESSION_BREAKPOINT:
        tell_breakpoint(cli);
        return FACET_OK;
    case SESSION_DEADLOCK:
        printf("\nEvery process waits for ever.\n");
        break;
    case SESSION_STOPPED:
    case SESSION_STEPPED:
        break;
    }
    if (*stop->text)
        printf("%s%s", stop->text, stop->text[strlen(stop->text) - 1] == '\n' ? "" : "\n");
    cmd_print_location(cli);
    return FACET_OK;
}

void cmd_kill(struct cli *cli) {
    if (cli->started)
        session_kill(cli->session);
    cli->started = false;
}

/* ---- Running */

static enum facet_status start(struct cli *cli, struct facet_error *error) {
    cmd_kill(cli);
    enum facet_status status = session_start(cli->session, error);
    if (status)
        return status;
    cli->started = true;
    for (size_t i = 0; i < cli->breakpoint_count; i++) {
        cli->breakpoints[i].hits = 0;
        if (breakpoint_at(cli, cli->breakpoints[i].va) == &cli->breakpoints[i])
            session_break(cli->session, cli->breakpoints[i].va, true);
    }
    return FACET_OK;
}

static enum facet_status resume(struct cli *cli, struct facet_error *error) {
    fflush(stdout);
    session_forget_interrupt(cli->session);
    cli_program_begins(cli);
    struct session_stop stop = session_continue(cli->session);
    cli_program_ends(cli);
    return tell_stop(cli, &stop, error);
}

static enum facet_status no_arguments(const char *command, const char *args, struct facet_error *error) {
    if (!*args)
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE,
                      "%s takes no arguments: give the program's after its name when facet starts.", command);
}

static enum facet_status cmd_run(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cli_prepare_run(cli, args, error);
    if (status == FACET_OK)
        status = start(cli, error);
    return status ? status : resume(cli, error);
}

/* To the program's first instruction. */
static enum facet_status cmd_starti(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cli_prepare_run(cli, args, error);
    if (status == FACET_OK)
        status = start(cli, error);
    if (status)
        return status;
    printf("Program stopped before its first instruction.\n");
    cmd_print_location(cli);
    return FACET_OK;
}

static enum facet_status cmd_start(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cli_prepare_run(cli, args, error);
    if (status == FACET_OK)
        status = set_breakpoint(cli, "main", true, error);
    if (status == FACET_OK)
        status = start(cli, error);
    return status ? status : resume(cli, error);
}

static enum facet_status cmd_continue(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = no_arguments("continue", args, error);
    if (status == FACET_OK)
        status = cmd_need_started(cli, error);
    if (status)
        return status;
    printf("Continuing.\n");
    return resume(cli, error);
}

static enum facet_status cmd_stepi(struct cli *cli, const char *args, struct facet_error *error) {
    uint64_t count = 1;
    enum facet_status status = cmd_need_started(cli, error);
    if (status)
        return status;
    if (*args && (!text_number(args, &count) || !count))
        return facet_fail(error, FACET_ERR_USAGE, "stepi wants a number of instructions, not \"%s\".", args);
    fflush(stdout);
    session_forget_interrupt(cli->session);
    struct session_stop stop;
    cli_program_begins(cli);
    do
        stop = session_step(cli->session);
    while (stop.event == SESSION_STEPPED && --count);
    cli_program_ends(cli);
    return tell_stop(cli, &stop, error);
}

static enum facet_status cmd_kill_program(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = no_arguments("kill", args, error);
    if (status == FACET_OK)
        status = cmd_need_started(cli, error);
    if (status)
        return status;
    cmd_kill(cli);
    printf("[Inferior 1 (process 1) killed]\n");
    return FACET_OK;
}

const struct cmd cmd_run_table[] = {
    {"run", "r", cmd_run, "run [ARGUMENTS] [<FILE] [>FILE]", "start the program, from the beginning", false},
    {"start", NULL, cmd_start, "start [ARGUMENTS]", "run to the beginning of main", false},
    {"starti", NULL, cmd_starti, "starti [ARGUMENTS]", "start, and stop before the first instruction", false},
    {"continue", "c", cmd_continue, "continue",
     "go on; after a handler's stop, its access happens without asking it again", true},
    {"stepi", "si", cmd_stepi, "stepi [N]", "execute one or N instructions", true},
    {"break", "b", cmd_break, "break [FUNCTION|*ADDRESS]", "stop before that instruction", false},
    {"tbreak", "tb", cmd_tbreak, "tbreak [FUNCTION|*ADDRESS]", "the same, once", false},
    {"delete", "d", cmd_delete, "delete [NUMBER…]", "delete breakpoints; all of them without a number", false},
    {"kill", "k", cmd_kill_program, "kill", "end the program", false},
    {0},
};
