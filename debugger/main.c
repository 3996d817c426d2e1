/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * facet run|debug|flow [OPTIONS] PROGRAM [ARGS...], facet resume [OPTIONS] CHECKPOINT
 */
#include "checkpoint.h"
#include "cli.h"
#include "flow_live.h"
#include "objects.h"
#include "options.h"
#include "run.h"
#include "stats.h"
#include "text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Some of the words may be those of a file that somebody else made: they do nothing to a terminal. */
static int complain(enum facet_status status, const struct facet_error *error) {
    char *text = text_plain(error->text);
    fprintf(stderr, "facet: %s\n", text);
    free(text);
    return status == FACET_ERR_USAGE ? 2 : status == FACET_ERR_PROGRAM ? 126 : 125;
}

/* A descriptor that is closed must not become one of facet's own files: it is /dev/null, opened the wrong way round. */
static int guest_stream(int fd) {
    if (fcntl(fd, F_GETFD) >= 0)
        return fd;
    int null = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    if (null >= 0 && null != fd) {
        dup2(null, fd);
        close(null);
    }
    return -1;
}

static enum facet_status open_program(const struct options *o, const int streams[3], struct session **session,
                                      struct facet_error *error) {
    const struct session_config config = {
        .program = o->argv[0],
        .argv = o->argv,
        .argc = o->argc,
        .memory = o->memory,
        .further = o->programs,
        .further_count = o->program_count,
        .grants = &o->grants,
        .seed = o->seed,
        .strace = o->strace,
        .kernel = o->kernel,
        .events = o->events,
        .stream_fd = {streams[0], streams[1], streams[2]},
        .clock = o->clock,
        .count_instructions = o->count_instructions,
    };
    return session_open(&config, session, error);
}

static enum facet_status open_checkpoint(const struct options *o, const int streams[3], struct session **session,
                                         struct facet_error *error) {
    const struct checkpoint_options options = {o->trust, o->kernel, o->events, {streams[0], streams[1], streams[2]}};
    return checkpoint_resume(o->argv[0], &options, session, error);
}

static enum facet_status open_session(const struct options *o, const int streams[3], struct session **session,
                                      struct facet_error *error) {
    enum facet_status status =
        o->resume ? open_checkpoint(o, streams, session, error) : open_program(o, streams, session, error);
    for (size_t i = 0; i < o->swap_count && status == FACET_OK; i++) {
        status = session_swap(*session, o->swaps[i].object, o->swaps[i].handler, error);
        if (status != FACET_OK)
            session_close(*session);
    }
    return status;
}

static int debug_program(struct session *session, const struct options *o) {
    const struct cli_options cli = {
        o->inputs, o->input_count, o->batch, o->quiet, session_argc(session), session_argv(session), !o->no_init};
    color_decide(o->color);
    int status = cli_run(session, &cli);
    session_report(session, stderr);
    if (session_failed(session))
        status = 125;
    const struct stats_run run = {
        .path = o->stats, .end = "debugged", .exit = status, .instructions = o->count_instructions};
    return o->stats && !stats_write(session, &run) ? 125 : status;
}

static int describe(const struct options *o) {
    struct facet_error error;
    enum facet_status status = checkpoint_describe(o->argv[0], stdout, &error);
    return status == FACET_OK ? 0 : complain(status, &error);
}

static int run_or_debug(const char *word, int argc, char **argv) {
    struct options options;
    struct session *session;
    struct facet_error error;
    static char name[] = "facet";
    argv[0] = name;
    const int streams[3] = {guest_stream(0), guest_stream(1), guest_stream(2)}; /* before anything is opened */
    options_parse(word, argc, argv, &options);
    if (options.describe) {
        int exit_status = describe(&options);
        options_free(&options);
        return exit_status;
    }
#ifdef FACET_DEBUG
    options.count_instructions = options.stats != NULL;
#endif
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of a write */
    signal(SIGXFSZ, SIG_IGN); /* so is a file that would grow beyond ulimit -f */
    if (options.resume && options.timeout > 0)
        run_limit_load(options.timeout);
    enum facet_status status = open_session(&options, streams, &session, &error);
    if (status != FACET_OK) {
        options_free(&options);
        return complain(status, &error);
    }
    int exit_status = options.debug  ? debug_program(session, &options)
                      : options.flow ? flow_program(session, &options)
                                     : run_program(session, &options);
    if (!session_close(session))
        exit_status = 125;
    options_free(&options);
    return exit_status;
}

int main(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "run") == 0 || strcmp(word, "debug") == 0 || strcmp(word, "resume") == 0 ||
        strcmp(word, "flow") == 0)
        return run_or_debug(word, argc - 1, argv + 1);
    if (strcmp(word, "objects") == 0)
        return objects_main(argc - 1, argv + 1);
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "--usage") == 0 ||
        strcmp(word, "help") == 0) {
        options_help(stdout);
        return 0;
    }
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
        options_version();
        return 0;
    }
    if (argc < 2)
        fputs("facet: which command? ", stderr);
    else
        fprintf(stderr, "facet: there is no command \"%s\". ", word);
    fputs("Use `facet run PROGRAM`, `facet debug PROGRAM`, `facet flow PROGRAM`, `facet resume "
          "CHECKPOINT`, `facet objects PROGRAM` or `facet --help`.\n",
          stderr);
    return 2;
}
