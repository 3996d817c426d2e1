/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The terminal, which debugger and program share: libedit has it only while a line is typed; the program finds the
 * modes that it set itself. Ctrl-C and Ctrl-Z.
 */
#include "cli_internal.h"
#include "color.h"
#include "text.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

struct terminal {
    struct cli *cli;
    EditLine *edit;
    History *history;
    char *history_path;   /* NULL: nowhere */
    char prompt[64];      /* with \1 around what takes no room */
    char *tabbed;         /* the line at the last Tab, if that changed nothing */
    struct termios shell; /* as found when facet started */
    struct termios program;
};

/* ---- Signals */

static struct session *volatile interrupt_target;
static volatile sig_atomic_t interrupted, resumed, resized;
static const struct termios *volatile shell_modes; /* NULL: no terminal */

static void on_interrupt(int signal) {
    (void)signal;
    int saved = errno;
    interrupted = 1;
    if (interrupt_target)
        session_interrupt(interrupt_target);
    errno = saved;
}

static void on_resize(int signal) {
    (void)signal;
    resized = 1;
}

static void on_suspend(int signal);

static void handle(int signal, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART: the prompt wants to know */
    sigaction(signal, &action, NULL);
}

/* Ctrl-Z: the shell gets the terminal as it was, and facet has its modes again when it goes on. */
static void on_suspend(int signal) {
    int saved = errno;
    struct termios ours;
    sigset_t only;
    bool known = tcgetattr(STDIN_FILENO, &ours) == 0;
    if (known)
        tcsetattr(STDIN_FILENO, TCSADRAIN, (const struct termios *)shell_modes);
    handle(signal, SIG_DFL);
    raise(signal);
    sigemptyset(&only);
    sigaddset(&only, signal);
    sigprocmask(SIG_UNBLOCK, &only, NULL); /* stops here */
    handle(signal, on_suspend);
    if (known && tcgetpgrp(STDIN_FILENO) == getpgrp())
        tcsetattr(STDIN_FILENO, TCSADRAIN, &ours);
    resumed = 1;
    errno = saved;
}

void terminal_catch_signals(struct session *session) {
    interrupt_target = session;
    handle(SIGINT, session ? on_interrupt : SIG_DFL);
}

bool cli_interrupted(void) {
    return interrupted;
}

void terminal_forget_interrupt(void) {
    interrupted = 0;
}

/* ---- Keys */

/* Waits for input with the signals open only while it waits. False: Ctrl-C. */
static bool wait_for_key(EditLine *edit) {
    sigset_t wanted, before;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTSTP);
    sigaddset(&wanted, SIGWINCH);
    sigprocmask(SIG_BLOCK, &wanted, &before);
    int ready = 0;
    while (!interrupted && ready <= 0) {
        if (resized) {
            el_resize(edit);
            if (!color_dumb())
                fputs("\r\033[K", stdout);
            fflush(stdout);
        }
        if (resized || resumed)
            el_set(edit, EL_REFRESH);
        resized = resumed = 0;
        ready = ppoll(&input, 1, NULL, &before);
        if (ready < 0 && errno != EINTR)
            break;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !interrupted;
}

/* One character, of as many bytes as the locale wants. */
static int read_key(EditLine *edit, wchar_t *key) {
    mbstate_t state = {0};
    for (;;) {
        char byte;
        if (!wait_for_key(edit))
            return -1;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return 0;
        size_t used = mbrtowc(key, &byte, 1, &state);
        if (used == (size_t)-1) {
            *key = L'?';
            return 1;
        }
        if (used != (size_t)-2)
            return 1;
    }
}

static char *prompt_text(EditLine *edit) {
    struct terminal *t;
    el_get(edit, EL_CLIENTDATA, &t);
    return t->prompt;
}

/* ---- Tab */

/* In columns, as wide as the longest of them needs. */
static void list(const struct completions *found) {
    struct winsize window;
    size_t columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col ? window.ws_col : 80, width = 0;
    for (size_t i = 0; i < found->count; i++)
        if (strlen(found->text[i]) + 2 > width)
            width = strlen(found->text[i]) + 2;
    size_t across = width < columns ? columns / width : 1, down = (found->count + across - 1) / across;
    putchar('\n');
    for (size_t row = 0; row < down; row++) {
        for (size_t i = row; i < found->count; i += down)
            printf("%-*s", i + down < found->count ? (int)width : 0, found->text[i]);
        putchar('\n');
    }
    if (found->more)
        printf("*** List may be truncated, %zu shown: type more of the word. ***\n", found->count);
    fflush(stdout);
}

/* The first Tab adds what all candidates share, the second lists them. */
static unsigned char on_tab(EditLine *edit, int ch) {
    (void)ch;
    struct terminal *t;
    struct completions found = {0};
    const LineInfo *info = el_line(edit);
    unsigned char result = CC_REFRESH_BEEP;
    el_get(edit, EL_CLIENTDATA, &t);
    char *line = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
    cli_complete(t->cli, line, strlen(line), &found);
    size_t typed = strlen(line) - found.start;
    if (found.count && (found.count == 1 || found.common > typed)) {
        char end[2] = {found.count == 1 ? found.append : 0, 0};
        char *more = text_format("%.*s%s", (int)(found.common - typed), found.text[0] + typed, end);
        if (!*more || el_insertstr(edit, more) == 0)
            result = CC_REFRESH;
        free(more);
    } else if (found.count && t->tabbed && !strcmp(t->tabbed, line)) {
        list(&found);
        result = CC_REDISPLAY;
    }
    free(t->tabbed);
    t->tabbed = line;
    completions_free(&found);
    return result;
}

/* Ctrl-D: the end of the input, if nothing has been typed; else deletes what is under the cursor. */
static unsigned char on_end(EditLine *edit, int ch) {
    (void)ch;
    const LineInfo *info = el_line(edit);
    if (info->buffer == info->lastchar)
        return CC_EOF;
    if (info->cursor == info->lastchar)
        return CC_REFRESH_BEEP;
    el_cursor(edit, 1);
    el_deletestr(edit, 1);
    return CC_REFRESH;
}

/* ---- History: $XDG_STATE_HOME/facet/history */

/* Makes the folders of a path that are missing. False: they cannot be made. */
static bool make_folders(const char *path) {
    char *folder = text_copy(path);
    bool made = true;
    for (char *slash = folder + 1; made && (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = 0;
        made = mkdir(folder, 0700) == 0 || errno == EEXIST;
    }
    free(folder);
    return made;
}

static void history_open(struct terminal *t) {
    HistEvent event;
    t->history = history_init();
    t->history_path = cli_xdg_path("XDG_STATE_HOME", ".local/state", "history");
    history(t->history, &event, H_SETSIZE, (int)t->cli->set.history_size);
    history(t->history, &event, H_SETUNIQUE, 1);
    if (t->history_path)
        history(t->history, &event, H_LOAD, t->history_path);
    el_set(t->edit, EL_HIST, history, t->history);
}

static void history_save(struct terminal *t) {
    HistEvent event;
    history(t->history, &event, H_SETSIZE, (int)t->cli->set.history_size);
    if (t->history_path && t->cli->set.history_save && make_folders(t->history_path))
        history(t->history, &event, H_SAVE, t->history_path);
}

static void history_close(struct terminal *t) {
    free(t->history_path);
    history_end(t->history);
}

/* Saved at once: a terminal may be closed at any time. */
void terminal_remember(struct terminal *t, const char *line) {
    HistEvent event;
    if (!line[strspn(line, " \t")])
        return;
    history(t->history, &event, H_ENTER, line);
    history_save(t);
}

/* ---- Open, read, close */

struct terminal *terminal_open(struct cli *cli) {
    static const char *const keys[][2] = {{"^R", "em-inc-search-prev"},  {"\033[1;5C", "em-next-word"},
                                          {"\033[1;5D", "ed-prev-word"}, {"\033[3~", "ed-delete-next-char"},
                                          {"\033[1~", "ed-move-to-beg"}, {"\033[4~", "ed-move-to-end"},
                                          {"^W", "ed-delete-prev-word"}};
    if (!isatty(STDIN_FILENO))
        return NULL;
    struct terminal *t = text_grow(NULL, 1, sizeof *t);
    *t = (struct terminal){.cli = cli};
    tcgetattr(STDIN_FILENO, &t->shell);
    t->program = t->shell;
    shell_modes = &t->shell;
    setlocale(LC_CTYPE, "");
    t->edit = el_init("facet", stdin, stdout, stderr);
    el_set(t->edit, EL_CLIENTDATA, t);
    el_set(t->edit, EL_PROMPT_ESC, prompt_text, '\1');
    el_set(t->edit, EL_EDITOR, "emacs");
    el_set(t->edit, EL_GETCFN, read_key);
    el_set(t->edit, EL_ADDFN, "facet-complete", "Complete the word", on_tab);
    el_set(t->edit, EL_BIND, "^I", "facet-complete", NULL);
    el_set(t->edit, EL_ADDFN, "facet-end", "End the input or delete", on_end);
    el_set(t->edit, EL_BIND, "^D", "facet-end", NULL);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        el_set(t->edit, EL_BIND, keys[i][0], keys[i][1], NULL);
    history_open(t);
    handle(SIGTSTP, on_suspend);
    handle(SIGWINCH, on_resize);
    return t;
}

void terminal_close(struct terminal *t) {
    handle(SIGTSTP, SIG_DFL);
    handle(SIGWINCH, SIG_DFL);
    history_close(t);
    el_end(t->edit);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &t->shell);
    shell_modes = NULL;
    free(t->tabbed);
    free(t);
}

char *terminal_read(struct terminal *t, const char *prompt) {
    int count = 0;
    size_t length = strlen(prompt);
    bool colored = *color_code(COLOR_PROMPT) && length && prompt[length - 1] == ' ';
    if (colored) /* libedit loses what stands at the end and takes no room */
        snprintf(t->prompt, sizeof t->prompt, "\1%s\1%.*s\1%s\1 ", color_code(COLOR_PROMPT), (int)length - 1, prompt,
                 color_end(COLOR_PROMPT));
    else
        snprintf(t->prompt, sizeof t->prompt, "%s", prompt);
    fflush(stdout);
    resumed = resized = 0;
    const char *text = el_gets(t->edit, &count);
    if (interrupted)
        printf("^C\n");
    if (!text || count <= 0 || interrupted)
        return NULL;
    char *line = text_copy(text);
    line[strcspn(line, "\n")] = 0;
    return line;
}

/* ---- Taking turns */

void cli_program_begins(struct cli *cli) {
    fflush(stdout);
    if (cli->terminal)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &cli->terminal->program);
}

/* What the program wrote last may have had no new line. As many blanks as the line is long lead to the beginning of the
 * next one from anywhere but the beginning of this one. */
static void fresh_line(void) {
    struct winsize window;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col)
        printf("%*s\r", window.ws_col, "");
}

void cli_program_ends(struct cli *cli) {
    if (!cli->terminal)
        return;
    tcgetattr(STDIN_FILENO, &cli->terminal->program);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &cli->terminal->shell);
    if (!color_dumb())
        fresh_line();
}
