/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include "checkpoint.h"
#include "stats.h"
#include "swap.h"
#include "text.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TIMEOUT 124
#define EXIT_FACET 125
#define EXIT_PROGRAM 126
#define EXIT_STOPPED 133

static struct session *volatile running;
static volatile sig_atomic_t caught; /* SIGINT, SIGTERM or SIGALRM */

/* A second Ctrl-C kills facet, whatever it does: the first restores the default. */
static void on_signal(int signal) {
    if (!caught)
        caught = signal;
    if (running)
        session_interrupt(running);
}

static void set_timer(double seconds) {
    double whole = (double)(long)seconds;
    struct itimerval timer = {.it_value = {(time_t)whole, (suseconds_t)((seconds - whole) * 1e6)}};
    if (seconds > 0 && timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0)
        timer.it_value.tv_usec = 1;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void catch_signals(struct session *session, double timeout) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    running = session;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    set_timer(timeout);
}

static void on_late(int signal) {
    static const char text[] = "facet: timeout while the checkpoint was loaded\n";
    (void)signal;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) { /* there is nobody to tell */
    }
    _exit(EXIT_TIMEOUT);
}

void run_limit_load(double timeout) {
    signal(SIGALRM, on_late);
    set_timer(timeout);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const char *red(const struct options *o) {
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    bool wanted = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && isatty(STDERR_FILENO) &&
                                               !(no_color && *no_color) && term && strcmp(term, "dumb") != 0);
    return wanted ? "\033[1;31m" : "";
}

/* "facet: TEXT" in color, then where the program stands. */
static void say(const struct options *o, struct session *session, const char *text) {
    const char *color = red(o), *off = *color ? "\033[0m" : "";
    fprintf(stderr, "%sfacet:%s %s\n", color, off, text);
    if (!session_emu(session))
        return;
    char name[SYMBOL_TEXT], source[SYMBOL_TEXT];
    struct facet_regs regs;
    session_regs(session, &regs);
    symbols_name(session_symbols(session), regs.rip, name);
    symbols_source(session_symbols(session), regs.rip, source);
    fprintf(stderr, "  at pc 0x%lx%s%s%s%s%s\n", regs.rip, *name ? " in " : "", name, *source ? " (" : "", source,
            *source ? ")" : "");
}

/* The text of a stop begins and ends with a line break, for the debugger. */
static void say_stopped(const struct options *o, struct session *session, const struct session_stop *stop) {
    char *first = text_copy(stop->text + 1), *values = strstr(first, "\n\n");
    if (values)
        *values = '\0';
    say(o, session, first);
    if (values)
        fputs(values + 2, stderr);
    free(first);
}

static int tell_interrupted(const struct options *o, struct session *session, const char **end) {
    int signal = caught;
    char text[80] = "interrupted";
    if (signal == SIGALRM)
        snprintf(text, sizeof text, "timeout after %g seconds", o->timeout);
    say(o, session, text);
    *end = signal == SIGALRM ? "timeout" : "interrupted";
    return signal == SIGALRM ? EXIT_TIMEOUT : 128 + signal;
}

static int tell_fault(const struct options *o, struct session *session, const struct session_stop *stop) {
    char *text = text_format("the program received signal %s, %s: %s", session_signal_name(stop->code),
                             session_signal_text(stop->code), stop->text);
    say(o, session, text);
    free(text);
    return 128 + stop->code;
}

/* Says why the run ended, if it is not just its exit. Returns facet's exit status. */
static int tell_end(const struct options *o, struct session *session, const struct session_stop *stop,
                    const char **end) {
    switch (stop->event) {
    case SESSION_EXITED:
        *end = "exited";
        return stop->code;
    case SESSION_FAULTED:
        *end = "faulted";
        return tell_fault(o, session, stop);
    case SESSION_STOPPED:
        *end = "stopped";
        say_stopped(o, session, stop);
        return EXIT_STOPPED;
    case SESSION_INTERRUPTED:
        return tell_interrupted(o, session, end);
    case SESSION_DEADLOCK:
        *end = "deadlock";
        say(o, session, "every process waits for ever");
        swaps_tell_blocked(session_swaps(session), stderr);
        return EXIT_FACET;
    default:
        *end = "failed";
        say(o, session, stop->text);
        return EXIT_FACET;
    }
}

/* A failure may have to do with what facet cannot do. Every C library expects that there may be no rseq. */
static void tell_unknown(struct session *session) {
    const struct strace *strace = session_strace(session);
    const char *comma = "facet: system calls that facet lacks:";
    for (size_t i = 0; i < strace->unknown_count; i++) {
        if (strcmp(strace->unknown[i].name, "rseq") == 0)
            continue;
        fprintf(stderr, "%s %s (%lu)", comma, strace->unknown[i].name, strace->unknown[i].count);
        comma = ",";
    }
    if (*comma == ',')
        fputc('\n', stderr);
}

/* ---- Checkpoints */

static bool save(struct session *session, const struct options *o) {
    struct facet_error error;
    if (checkpoint_save(session, o->checkpoint, &error) == FACET_OK)
        return true;
    fprintf(stderr, "facet: %s\n", error.text);
    return false;
}

/* Can it be made at all? */
static enum facet_status check_checkpoint(const struct session *session, const struct options *o,
                                          struct facet_error *error) {
    if (!o->checkpoint)
        return FACET_OK;
    if (o->checkpoint_when == CHECKPOINT_AT_CLOCK && !session_has_clock(session))
        return facet_fail(error, FACET_ERR_USAGE, "--checkpoint FILE@N: the program was started without --clock");
    return checkpoint_place(o->checkpoint, error);
}

/* To the end, or to where it stops, with a checkpoint on the way. */
static struct session_stop go(struct session *session, const struct options *o, bool *saved) {
    if (o->checkpoint && o->checkpoint_when != CHECKPOINT_AT_END)
        session_alarm(session, o->checkpoint_when == CHECKPOINT_AT_EVENT, o->checkpoint_at);
    struct session_stop stop = session_continue(session);
    bool passed = false;
    while (stop.event == SESSION_MOMENT) {
        passed = true;
        *saved = save(session, o);
        stop = session_continue(session);
    }
    if (o->checkpoint && o->checkpoint_when != CHECKPOINT_AT_END && !passed)
        fprintf(stderr, "facet: the run ended before the moment of the checkpoint: nothing was saved in %s\n",
                o->checkpoint);
    if (o->checkpoint && o->checkpoint_when == CHECKPOINT_AT_END && stop.event == SESSION_INTERRUPTED)
        *saved = save(session, o);
    return stop;
}

int run_program(struct session *session, const struct options *options) {
    struct facet_error error;
    double began = now();
    catch_signals(session, options->timeout);
    enum facet_status status = check_checkpoint(session, options, &error);
    if (status == FACET_OK && !session_emu(session))
        status = session_start(session, &error);
    if (status != FACET_OK) {
        fprintf(stderr, "facet: %s\n", error.text);
        return status == FACET_ERR_USAGE ? 2 : status == FACET_ERR_PROGRAM ? EXIT_PROGRAM : EXIT_FACET;
    }
    struct stats_run run = {.path = options->stats, .instructions = options->count_instructions};
    bool saved = true;
    struct session_stop stop = go(session, options, &saved);
    run.seconds = now() - began;
    run.exit = tell_end(options, session, &stop, &run.end);
    if (run.exit != 0)
        tell_unknown(session);
    session_report(session, stderr);
    session_kill(session);
    if (session_failed(session) || !saved)
        run.exit = EXIT_FACET;
    if (options->stats && !stats_write(session, &run))
        run.exit = EXIT_FACET;
    running = NULL;
    return run.exit;
}
