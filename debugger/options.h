/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line of `facet run`, `facet debug` and their like.
 */
#ifndef DEBUGGER_OPTIONS_H
#define DEBUGGER_OPTIONS_H

#include "cli.h"
#include "color.h"
#include "grants.h"
#include "session.h"

#include <facet/abi.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACET_VERSION "0.2.0"

struct option_swap {
    char *object;
    const char *handler; /* with its arguments */
};

/* What `facet flow` asks; a `deny` that is answered by yes ends it with status 1. */
struct option_flow {
    const char *question;
    bool deny;
};

/* When --checkpoint saves. */
enum checkpoint_when { CHECKPOINT_AT_END, CHECKPOINT_AT_CLOCK, CHECKPOINT_AT_EVENT };

struct options {
    bool debug;       /* `facet debug` */
    bool resume;      /* `facet resume`: argv[0] is the checkpoint */
    bool flow;        /* `facet flow` */
    bool trust;       /* it may open files of the host */
    bool describe;    /* only to say what it is */
    char *checkpoint; /* file to save into; NULL */
    enum checkpoint_when checkpoint_when;
    uint64_t checkpoint_at;
    struct option_swap *swaps;
    size_t swap_count;
    struct session_program programs[BOOT_PROGRAMS_MAX];
    size_t program_count;
    const char *events, *stats; /* file, "-" or NULL */
    const char *kernel;         /* another kernel.elf or NULL */
    struct grants grants;
    double timeout; /* seconds, 0: none */
    uint64_t memory, seed;
    bool clock, strace;
    bool count_instructions;
    enum color_when color;
    bool no_init; /* -n: not the commands of the user's own file */
    struct cli_input *inputs;
    size_t input_count;
    bool batch, quiet;
    struct option_flow *flows;
    size_t flow_count;
    const char *at;    /* where `facet flow` asks; NULL: before the first instruction */
    char *const *argv; /* PROGRAM and its arguments */
    int argc;
};

/* Reads what follows `facet run`, `facet debug`, `facet resume` or `facet flow` (argv[0]: that, word: which of them). A
 * wrong command line ends facet with status 2, -h and -V with 0. */
void options_parse(const char *word, int argc, char **argv, struct options *options);
void options_free(struct options *options);
/* `facet -h`: what there is, and all options. */
void options_help(FILE *out);
void options_version(void);

#endif
