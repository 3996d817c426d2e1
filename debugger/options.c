/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include "text.h"

#include <argp.h>
#include <ctype.h>
#include <facet/abi.h>
#include <string.h>

#define MEMORY_DEFAULT (128ull << 20)
#define MEMORY_MIN (16ull << 20)
#define MEMORY_MAX (3ull << 30)
#define MEMORY_STEP (2ull << 20)

enum key {
    KEY_HELP = 'h',
    KEY_VERSION = 'V',
    KEY_SCRIPT = 'x',
    KEY_QUIET = 'q',
    KEY_NO_INIT = 'n',
    KEY_SWAP = 0x100,
    KEY_EVENTS,
    KEY_STATS,
    KEY_GRANT,
    KEY_PROGRAM,
    KEY_CLOCK,
    KEY_TIMEOUT,
    KEY_MEMORY,
    KEY_SEED,
    KEY_STRACE,
    KEY_COMMAND,
    KEY_BATCH,
    KEY_COLOR,
    KEY_KERNEL,
    KEY_INSTRUCTIONS,
    KEY_USAGE,
    KEY_CHECKPOINT,
    KEY_DEBUG,
    KEY_TRUST,
    KEY_DESCRIBE,
    KEY_ASK,
    KEY_DENY,
    KEY_AT,
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Memory objects:", 1},
    {"swap", KEY_SWAP, "OBJECT=HANDLER[:ARGS]", 0,
     "Put a handler in the place of a memory object, in force before the program's first instruction. Repeatable; the "
     "newest "
     "is asked first",
     1},
    {"events", KEY_EVENTS, "FILE|-", 0, "Write a JSON object a line for each access of each swapped object", 1},
    {"stats", KEY_STATS, "FILE|-", 0, "Write one JSON object of counters at the end", 1},
    {"instructions", KEY_INSTRUCTIONS, 0, 0,
     "Count instructions of ring 0 and ring 3 for --stats (about five times slower; always done by a debug build)", 1},
    {0, 0, 0, 0, "The program:", 2},
    {"grant", KEY_GRANT, "WHAT", 0,
     "Give the program dir:PATH:ro|rw[:AS] (a folder and all below it, under its own path or under AS), "
     "file:PATH:ro|rw[:AS], env:NAME[=VALUE] (a variable of the environment), time (the host's clock; without it time "
     "starts at the same moment in each run), or stdin, stdout, stderr (given by default). bank:SIZE limits "
     "its memory. Native programs: also bank (make and destroy objects, its own), range (any), debug (look at address "
     "spaces), schedule (priorities), console (the serial line), "
     "power (end the machine), host (the granted files)",
     2},
    {"memory", KEY_MEMORY, "SIZE", 0, "Memory of the program, 16M to 3G in steps of 2M, with K, M or G; default 128M",
     2},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "End the run after this time with status 124; fractions are allowed", 2},
    {"seed", KEY_SEED, "N", 0,
     "Where a Linux program's random numbers start; default 0. Runs with the same input and N are the same", 2},
    {"kernel", KEY_KERNEL, "FILE", 0, "Boot this kernel.elf instead of the one built in", 2},
    {"program", KEY_PROGRAM, "NAME=ELF", 0,
     "Start a further, native program, which may serve memory objects as the handler endpoint:NAME. Repeatable", 2},
    {"clock", KEY_CLOCK, 0, 0, "Count the bytes of code that retire: the \"clock\" of events", 2},
    {"strace", KEY_STRACE, 0, 0, "Print a Linux program's system calls to standard error, as strace does", 2},
    {"checkpoint", KEY_CHECKPOINT, "FILE[@N|@event:N]", 0,
     "Save the whole system into FILE, for `facet resume FILE`: when the clock has reached N, after N events, or, "
     "without "
     "either, if the run is ended by Ctrl-C, SIGTERM or --timeout",
     2},
    {0, 0, 0, 0, "Of `facet resume`:", 3},
    {"debug", KEY_DEBUG, 0, 0, "Go on in the debugger", 3},
    {"trust", KEY_TRUST, 0, 0, "Open the files and load the handlers that the checkpoint names", 3},
    {"describe", KEY_DESCRIBE, 0, 0, "Only say what the checkpoint is", 3},
    {0, 0, 0, 0, "Of `facet flow`:", 3},
    {"ask", KEY_ASK, "QUESTION", 0,
     "What could ever happen: [write|read|obtain] A B, with --json, --dot, --trust PROCESS, --hostile PROCESS before "
     "it; without A and B all processes. Repeatable; without it all processes",
     3},
    {"deny", KEY_DENY, "QUESTION", 0, "The same, and status 1 if the answer to any is yes", 3},
    {"at", KEY_AT, "LOCATION", 0, "Ask when the program comes there, not before its first instruction", 3},
    {0, 0, 0, 0, "The debugger:", 4},
    {0, KEY_SCRIPT, "FILE", 0, "Execute the debugger commands in FILE", 4},
    {"ex", KEY_COMMAND, "COMMAND", 0, "Execute one debugger command; may be written -ex COMMAND", 4},
    {"batch", KEY_BATCH, 0, 0, "End after -x and -ex, with status 1 if a command failed", 4},
    {"nx", KEY_NO_INIT, 0, 0, "Do not execute $XDG_CONFIG_HOME/facet/init (~/.config/facet/init) first", 4},
    {"quiet", KEY_QUIET, 0, 0, "No greeting", 4},
    {0, 0, 0, 0, "About facet:", 5},
    {"color", KEY_COLOR, "auto|always|never", 0, "Color in messages; auto: on a terminal unless NO_COLOR is set", 5},
    {"help", KEY_HELP, 0, 0, "This text", 5},
    {"usage", KEY_USAGE, 0, 0, "All options in few words", 5},
    {"version", KEY_VERSION, 0, 0, "The versions of facet and of its engine", 5},
    {0},
};

static const char doc[] =
    "Runs PROGRAM on a small capability kernel inside an emulated x86-64 processor. Memory objects of it can be "
    "swapped for "
    "handlers that see, answer, alter or refuse each load and store."
    "\v"
    "OBJECT   sym:NAME | va:ADDR[+LEN] (8 bytes without LEN) | seg:text|rodata|data|bss|heap|stack |\n"
    "         map:N (the N-th mapping of a Linux program) | obj:ID\n"
    "HANDLER  trace[:FILE] | count | freeze | log[:FILE] | once[:fault|ignore] | flip:nth=N|p=CHANCE |\n"
    "         poison[:off=N[..M]][,any|whole][,fresh][,stop|report|fault] |\n"
    "         PATH.so[:ARGS] | PATH.lua[:ARGS] | device:PATH.lua[:ARGS] | endpoint:NAME |\n"
    "         watch[:load|store|any][,off=N[..M]][,size=N][,value=N|<N|>N|!=N][,old=N|<N|>N|!=N]\n"
    "\n"
    "Options end at PROGRAM. Exit status: the program's own; 1 what --deny says could happen; 2 wrong usage; 124 "
    "timeout; 125 facet itself failed, or "
    "every "
    "process waits for ever; 126 not a program that facet runs; 128 + signal after a fault, 130 after Ctrl-C; 133 "
    "stopped by a "
    "handler.";

static void add_swap(struct options *o, struct argp_state *state, const char *arg) {
    const char *equals = strchr(arg, '=');
    if (!equals || equals == arg || !equals[1])
        argp_failure(state, 2, 0, "--swap wants OBJECT=HANDLER[:ARGS], not \"%s\"", arg);
    o->swaps = text_grow(o->swaps, o->swap_count + 1, sizeof *o->swaps);
    struct option_swap *swap = &o->swaps[o->swap_count++];
    swap->object = text_copy(arg);
    swap->object[equals - arg] = '\0';
    swap->handler = equals + 1;
}

static bool is_name(const char *text, size_t length) {
    size_t good = 0;
    while (good < length && (isalnum((unsigned char)text[good]) || strchr("_-.", text[good])))
        good++;
    return length > 0 && good == length;
}

static void add_program(struct options *o, struct argp_state *state, const char *arg) {
    const char *equals = strchr(arg, '=');
    if (!equals || !equals[1] || !is_name(arg, (size_t)(equals - arg)))
        argp_failure(state, 2, 0, "--program wants NAME=ELF, NAME of letters, digits, _, - and ., not \"%s\"", arg);
    if (o->program_count == BOOT_PROGRAMS_MAX)
        argp_failure(state, 2, 0, "--program: at most %d further programs can be started", BOOT_PROGRAMS_MAX);
    char *name = text_format("%.*s", (int)(equals - arg), arg);
    for (size_t i = 0; i < o->program_count; i++)
        if (strcmp(o->programs[i].name, name) == 0)
            argp_failure(state, 2, 0, "--program: there are two programs with the name \"%s\"", name);
    o->programs[o->program_count++] = (struct session_program){name, equals + 1};
}

static void add_grant(struct options *o, struct argp_state *state, const char *arg) {
    struct facet_error error;
    if (grants_add(&o->grants, arg, &error) != FACET_OK)
        argp_failure(state, 2, 0, "%s", error.text);
}

static void set_memory(struct options *o, struct argp_state *state, const char *arg) {
    if (!text_size(arg, &o->memory) || o->memory < MEMORY_MIN || o->memory > MEMORY_MAX || o->memory % MEMORY_STEP != 0)
        argp_failure(state, 2, 0, "--memory wants 16M to 3G in steps of 2M, not \"%s\"", arg);
}

static void set_timeout(struct options *o, struct argp_state *state, const char *arg) {
    char *end;
    if (o->debug)
        argp_failure(state, 2, 0, "--timeout belongs to `facet run`");
    o->timeout = strtod(arg, &end);
    if (end == arg || *end || !(o->timeout > 0) || o->timeout > 1e9)
        argp_failure(state, 2, 0, "--timeout wants a number of seconds above 0, not \"%s\"", arg);
}

static void set_color(struct options *o, struct argp_state *state, const char *arg) {
    static const char *const names[] = {"auto", "always", "never"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(arg, names[i]) == 0) {
            o->color = (enum color_when)i;
            return;
        }
    argp_failure(state, 2, 0, "--color wants auto, always or never, not \"%s\"", arg);
}

static void add_input(struct options *o, bool is_file, const char *text) {
    o->inputs = text_grow(o->inputs, o->input_count + 1, sizeof *o->inputs);
    o->inputs[o->input_count++] = (struct cli_input){is_file, text};
}

static void only_debug(const struct options *o, struct argp_state *state, const char *name) {
    if (!o->debug && !o->resume)
        argp_failure(state, 2, 0, "%s belongs to `facet debug`", name);
}

static void only_resume(const struct options *o, struct argp_state *state, const char *name) {
    if (!o->resume)
        argp_failure(state, 2, 0, "%s belongs to `facet resume`", name);
}

/* What is so already. */
static void not_resume(const struct options *o, struct argp_state *state, int key) {
    for (const struct argp_option *option = option_table; o->resume && (option->name || option->doc); option++)
        if (option->key == key && option->name)
            argp_failure(state, 2, 0, "--%s was settled when the program was started; a checkpoint keeps it",
                         option->name);
}

/* FILE, FILE@N, FILE@event:N */
static void set_checkpoint(struct options *o, struct argp_state *state, const char *arg) {
    const char *at = strrchr(arg, '@');
    bool event = at && strncmp(at, "@event:", 7) == 0;
    bool when = at && text_number(at + (event ? 7 : 1), &o->checkpoint_at);
    if (!*arg || at == arg || (event && !when))
        argp_failure(state, 2, 0, "--checkpoint wants FILE, FILE@N or FILE@event:N, not \"%s\"", arg);
    o->checkpoint = when ? text_format("%.*s", (int)(at - arg), arg) : text_copy(arg);
    o->checkpoint_when = event && when ? CHECKPOINT_AT_EVENT : when ? CHECKPOINT_AT_CLOCK : CHECKPOINT_AT_END;
    o->clock = o->clock || o->checkpoint_when == CHECKPOINT_AT_CLOCK;
}

static void add_question(struct options *o, bool deny, const char *question) {
    o->flows = text_grow(o->flows, o->flow_count + 1, sizeof *o->flows);
    o->flows[o->flow_count++] = (struct option_flow){question, deny};
}

static error_t parse_flow(struct options *o, int key, char *arg, struct argp_state *state) {
    static const char *const names[] = {"--ask", "--deny", "--at"};
    if (key != KEY_ASK && key != KEY_DENY && key != KEY_AT)
        return ARGP_ERR_UNKNOWN;
    if (!o->flow)
        argp_failure(state, 2, 0, "%s belongs to `facet flow`", names[key - KEY_ASK]);
    if (key == KEY_AT)
        o->at = arg;
    else
        add_question(o, key == KEY_DENY, arg);
    return 0;
}

static error_t parse_checkpoint(struct options *o, int key, char *arg, struct argp_state *state) {
    switch (key) {
    case KEY_CHECKPOINT:
        set_checkpoint(o, state, arg);
        return 0;
    case KEY_DEBUG:
        only_resume(o, state, "--debug");
        o->debug = true;
        return 0;
    case KEY_TRUST:
        only_resume(o, state, "--trust");
        o->trust = true;
        return 0;
    case KEY_DESCRIBE:
        only_resume(o, state, "--describe");
        o->describe = true;
        return 0;
    default:
        return parse_flow(o, key, arg, state);
    }
}

/* Once all options are known. */
static void check_all(const struct options *o, struct argp_state *state) {
    bool debugs = o->input_count || o->batch || o->no_init || o->quiet;
    if (o->resume && !o->debug && debugs)
        argp_failure(state, 2, 0, "-x, -ex, --batch, --nx and --quiet belong to the debugger: add --debug");
    if (o->resume && o->argc > 1)
        argp_failure(state, 2, 0, "resume takes one checkpoint; the program has its arguments already");
    if (o->debug && o->checkpoint)
        argp_failure(state, 2, 0, "--checkpoint belongs to `facet run`; the debugger has the command checkpoint");
    if (o->checkpoint_when == CHECKPOINT_AT_EVENT && !o->events)
        argp_failure(state, 2, 0, "--checkpoint FILE@event:N counts what --events writes: that is missing");
    if (o->debug && o->resume && o->timeout > 0)
        argp_failure(state, 2, 0, "--timeout belongs to `facet run`");
}

static error_t parse_debugger(struct options *o, int key, char *arg, struct argp_state *state) {
    switch (key) {
    case KEY_SCRIPT:
    case KEY_COMMAND:
        only_debug(o, state, key == KEY_SCRIPT ? "-x" : "-ex");
        add_input(o, key == KEY_SCRIPT, arg);
        return 0;
    case KEY_BATCH:
        only_debug(o, state, "--batch");
        o->batch = true;
        return 0;
    case KEY_NO_INIT:
        only_debug(o, state, "--nx");
        o->no_init = true;
        return 0;
    case KEY_QUIET:
        only_debug(o, state, "--quiet");
        o->quiet = true;
        return 0;
    default:
        return parse_checkpoint(o, key, arg, state);
    }
}

/* For usage lines; messages begin with "facet:". */
static char *full_name(const struct options *o) {
    static char run[] = "facet run", debug[] = "facet debug", resume[] = "facet resume", flow[] = "facet flow";
    return o->resume ? resume : o->flow ? flow : o->debug ? debug : run;
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    struct options *o = state->input;
    if (key == KEY_GRANT || key == KEY_MEMORY || key == KEY_SEED || key == KEY_PROGRAM || key == KEY_CLOCK ||
        key == KEY_STRACE || key == KEY_INSTRUCTIONS)
        not_resume(o, state, key);
    switch (key) {
    case KEY_SWAP:
        add_swap(o, state, arg);
        return 0;
    case KEY_EVENTS:
        o->events = arg;
        return 0;
    case KEY_STATS:
        o->stats = arg;
        return 0;
    case KEY_INSTRUCTIONS:
        o->count_instructions = true;
        return 0;
    case KEY_GRANT:
        add_grant(o, state, arg);
        return 0;
    case KEY_MEMORY:
        set_memory(o, state, arg);
        return 0;
    case KEY_TIMEOUT:
        set_timeout(o, state, arg);
        return 0;
    case KEY_SEED:
        if (!text_number(arg, &o->seed))
            argp_failure(state, 2, 0, "--seed wants a number, not \"%s\"", arg);
        return 0;
    case KEY_KERNEL:
        o->kernel = arg;
        return 0;
    case KEY_COLOR:
        set_color(o, state, arg);
        return 0;
    case KEY_PROGRAM:
        add_program(o, state, arg);
        return 0;
    case KEY_CLOCK:
        o->clock = true;
        return 0;
    case KEY_STRACE:
        o->strace = true;
        return 0;
    case KEY_HELP:
        state->name = full_name(o);
        argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
        return 0;
    case KEY_USAGE:
        state->name = full_name(o);
        argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
        return 0;
    case KEY_VERSION:
        options_version();
        exit(0);
    case ARGP_KEY_ARG:
        o->argv = state->argv + state->next - 1;
        o->argc = state->argc - state->next + 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, o->resume ? "which checkpoint?" : "which PROGRAM?");
        return 0;
    case ARGP_KEY_END:
        check_all(o, state);
        return 0;
    default:
        return parse_debugger(o, key, arg, state);
    }
}

static const struct argp argp = {option_table, parse_option, "PROGRAM [ARGS...]", doc, 0, 0, 0};

/* -ex COMMAND is one word to gdb's users, but two options to argp: it becomes --ex. Only before PROGRAM. */
static void spell_out_ex(int argc, char **argv) {
    static const char *const with_argument[] = {
        "--swap",  "--events",  "--stats",      "--grant", "--memory", "--timeout", "--seed", "--kernel",
        "--color", "--program", "--checkpoint", "-x",      "--ex",     "--ask",     "--deny", "--at"};
    static char ex[] = "--ex", batch[] = "--batch", nx[] = "--nx";
    for (int i = 1; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "-ex") == 0)
            argv[i] = ex;
        if (strcmp(argv[i], "-batch") == 0)
            argv[i] = batch;
        if (strcmp(argv[i], "-nx") == 0)
            argv[i] = nx;
        for (size_t j = 0; j < sizeof with_argument / sizeof *with_argument; j++)
            if (strcmp(argv[i], with_argument[j]) == 0) {
                i++;
                break;
            }
    }
}

static struct options defaults(const char *word) {
    return (struct options){
        .debug = strcmp(word, "debug") == 0,
        .resume = strcmp(word, "resume") == 0,
        .flow = strcmp(word, "flow") == 0,
        .grants = {.flags = GRANT_STDIN | GRANT_STDOUT | GRANT_STDERR},
        .memory = MEMORY_DEFAULT,
    };
}

void options_parse(const char *word, int argc, char **argv, struct options *options) {
    argp_err_exit_status = 2;
    *options = defaults(word);
    spell_out_ex(argc, argv);
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, options);
}

void options_free(struct options *options) {
    for (size_t i = 0; i < options->swap_count; i++)
        free(options->swaps[i].object);
    free(options->swaps);
    for (size_t i = 0; i < options->program_count; i++)
        free(options->programs[i].name);
    grants_free(&options->grants);
    free(options->checkpoint);
    free(options->inputs);
    free(options->flows);
}

void options_help(FILE *out) {
    fputs("facet run   [OPTIONS] PROGRAM [ARGS...]    run to completion\n"
          "facet debug [OPTIONS] PROGRAM [ARGS...]    the debugger\n"
          "facet resume [OPTIONS] FILE               go on from a checkpoint\n"
          "facet flow  [OPTIONS] PROGRAM [ARGS...]    what its processes could ever do, without running it\n"
          "facet objects PROGRAM [NAME]               what can be swapped, without running it\n\n",
          out);
    argp_help(&argp, out, ARGP_HELP_LONG | ARGP_HELP_DOC, (char[]){"facet"});
}

void options_version(void) {
    printf("facet %s (%s)\n", FACET_VERSION, emu_engine_version());
}
