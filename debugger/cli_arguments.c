/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stands behind `run`, `start` and `set args`: words as the shell would make them, and redirections. No patterns,
 * no variables.
 */
#include "cli_internal.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SPECIAL " \t'\"\\<>&|;()$`*?[]#~!{}"

/* What one command line says. */
struct arguments {
    struct cli_lines words;
    int fd[3]; /* redirected to; -1: not */
};

/* One word, its quotes resolved, copied to `word` (at least strlen(text) + 1 bytes); returns what follows it. NULL: a
 * quote without its end, or a character that only a shell could serve. */
static const char *read_word(const char *text, char *word, struct facet_error *error) {
    const char *p = text;
    char quote = 0;
    for (; *p && (quote || !strchr(" \t<>", *p)); p++) {
        if (quote != '\'' && *p == '\\' && p[1])
            *word++ = *++p;
        else if (quote ? *p == quote : *p == '\'' || *p == '"')
            quote = quote ? 0 : *p;
        else if (!quote && strchr("|&;`", *p)) {
            facet_fail(error, FACET_ERR_USAGE, "No shell runs the program: \"%c\" wants quotes.", *p);
            return NULL;
        } else
            *word++ = *p;
    }
    *word = 0;
    if (!quote)
        return p;
    facet_fail(error, FACET_ERR_USAGE, "A %c has no end.", quote);
    return NULL;
}

/* <FILE, >FILE, >>FILE, 2>FILE, 2>>FILE, 2>&1 at *text. False: it is none of them. */
static bool is_redirection(const char *text) {
    return *text == '<' || *text == '>' || ((*text == '1' || *text == '2') && text[1] == '>');
}

static enum facet_status redirect(struct arguments *a, int stream, const char *path, int flags,
                                  struct facet_error *error) {
    char *full = cli_user_path(path);
    int fd = open(full, flags | O_CLOEXEC, 0666);
    free(full);
    if (fd < 0)
        return facet_fail(error, FACET_ERR_USAGE, "%s: %s.", path, strerror(errno));
    if (a->fd[stream] >= 0)
        close(a->fd[stream]);
    a->fd[stream] = fd;
    return FACET_OK;
}

static enum facet_status read_redirection(struct arguments *a, const char **text, char *word,
                                          struct facet_error *error) {
    const char *p = *text;
    int stream = *p == '<' ? 0 : *p == '2' ? 2 : 1, flags = O_RDONLY;
    p += *p == '1' || *p == '2';
    if (*p++ == '>') {
        flags = O_WRONLY | O_CREAT | (*p == '>' ? O_APPEND : O_TRUNC);
        p += *p == '>';
    }
    if (!strncmp(p, "&1", 2) && stream == 2) {
        *text = p + 2;
        a->fd[2] = dup(a->fd[1] >= 0 ? a->fd[1] : STDOUT_FILENO);
        return FACET_OK;
    }
    p = read_word(p + strspn(p, " \t"), word, error);
    if (!p)
        return FACET_ERR_USAGE;
    if (!*word)
        return facet_fail(error, FACET_ERR_USAGE, "A redirection wants the name of a file.");
    *text = p;
    return redirect(a, stream, word, flags, error);
}

static enum facet_status parse(struct arguments *a, const char *text, struct facet_error *error) {
    char *word = text_grow(NULL, strlen(text) + 1, 1);
    enum facet_status status = FACET_OK;
    while (!status && *(text += strspn(text, " \t"))) {
        if (is_redirection(text)) {
            status = read_redirection(a, &text, word, error);
            continue;
        }
        text = read_word(text, word, error);
        if (!text) {
            status = FACET_ERR_USAGE;
            break;
        }
        cli_lines_add(&a->words, word);
    }
    free(word);
    return status;
}

/* The session gets them; those of the last run are closed. */
static void pass_on(struct cli *cli, const struct arguments *a) {
    char **argv = text_grow(NULL, a->words.count + 2, sizeof *argv);
    argv[0] = session_program(cli->session)->path;
    for (size_t i = 0; i < a->words.count; i++)
        argv[i + 1] = a->words.line[i];
    argv[a->words.count + 1] = NULL;
    session_set_arguments(cli->session, (int)a->words.count + 1, argv);
    free(argv);
    for (int stream = 0; stream < 3; stream++) {
        if (a->fd[stream] >= 0)
            session_set_stream(cli->session, stream, a->fd[stream]);
        else if (cli->redirected[stream] >= 0)
            session_set_stream(cli->session, stream, stream);
        if (cli->redirected[stream] >= 0)
            close(cli->redirected[stream]);
        cli->redirected[stream] = a->fd[stream];
    }
}

enum facet_status cli_prepare_run(struct cli *cli, const char *args, struct facet_error *error) {
    struct arguments a = {.fd = {-1, -1, -1}};
    if (cli->started && !cli_confirm(cli, "The program being debugged has been started already.\n"
                                          "Start it from the beginning? "))
        return facet_fail(error, FACET_ERR_USAGE, "Program not restarted.");
    enum facet_status status = parse(&a, *args ? args : cli->set.args ? cli->set.args : "", error);
    if (status == FACET_OK) {
        cmd_kill(cli);
        pass_on(cli, &a);
    } else {
        for (int stream = 0; stream < 3; stream++)
            if (a.fd[stream] >= 0)
                close(a.fd[stream]);
    }
    if (status == FACET_OK && *args) {
        free(cli->set.args);
        cli->set.args = text_copy(args);
    }
    cli_lines_free(&a.words);
    return status;
}

/* Quoted so that parse() gives the words back. */
char *cli_quote_arguments(int argc, char *const *argv) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; i < argc; i++) {
        fprintf(out, "%s%s", i ? " " : "", argv[i][0] ? "" : "''");
        for (const char *p = argv[i]; *p; p++)
            fprintf(out, strchr(SPECIAL, *p) ? "\\%c" : "%c", *p);
    }
    fclose(out);
    return text;
}
