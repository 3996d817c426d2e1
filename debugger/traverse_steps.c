/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Going through a traversal: down, up, slots, why. It is made anew before each command, so that it is never out of
 * date.
 */
#include "caps.h"
#include "cli_internal.h"
#include "text.h"
#include "traverse.h"

#include <inttypes.h>
#include <string.h>

struct walkthrough {
    struct cli *cli;
    struct access_asked asked;
    struct session_traversal t;
    int at; /* step, from 0; t.steps: the end */
};

/* ---- Where one is */

static void print_here(struct walkthrough *w) {
    if (w->at < w->t.steps)
        traverse_print_step(w->at + 1, &w->t.step[w->at]);
    else
        traverse_print_end(w->cli, &w->asked, &w->t);
}

static void move(struct walkthrough *w, int by) {
    if (w->at + by < 0)
        printf("This is the root: the capability to the program's space.\n");
    else if (w->at + by > w->t.steps)
        printf("This is the end of the traversal.\n");
    else {
        w->at += by;
        print_here(w);
    }
}

/* ---- slots */

static void print_slot(struct walkthrough *w, const struct gpt *gpt, int slot, const struct traverse_step *s) {
    struct cap_look cap = caps_look(session_emu(w->cli->session), &gpt->slot[slot]);
    printf("%s %2d  +0x%-12lx ", slot == s->slot ? "=>" : "  ", slot, (unsigned long)slot << gpt->l2v % 64);
    caps_print(&cap, stdout);
    printf("\n");
}

static void print_slots(struct walkthrough *w) {
    const struct traverse_step *s = w->at < w->t.steps ? &w->t.step[w->at] : NULL;
    struct emu *emu = session_emu(w->cli->session);
    const struct gpt *gpt = s && s->type == CAP_GPT ? caps_gpt(emu, s->id) : NULL;
    if (!gpt) {
        printf("Only a GPT has slots.\n");
        return;
    }
    struct cap_look keeper = caps_look(emu, &gpt->keeper), background = caps_look(emu, &gpt->background);
    printf("GPT obj:%lu, l2v %u: a slot covers 0x%lx bytes\n", s->id, gpt->l2v, 1ul << gpt->l2v % 64);
    for (int slot = 0; slot < GPT_SLOTS; slot++)
        print_slot(w, gpt, slot, s);
    if (keeper.type != CAP_NULL)
        printf("   keeper            "), caps_print(&keeper, stdout), printf("\n");
    if (gpt->has_background)
        printf("   background        "), caps_print(&background, stdout), printf("\n");
}

/* ---- why */

static bool is_window(unsigned type) {
    return type == CAP_WINDOW || type == CAP_LOCAL_WINDOW;
}

static void say_where(const struct walkthrough *w, const struct traverse_step *s) {
    if (w->at == 0)
        printf("The process's space is ");
    else if (is_window(w->t.step[w->at - 1].type))
        printf("The window leads to ");
    else
        printf("Slot %d of GPT obj:%lu holds ", w->t.step[w->at - 1].slot, w->t.step[w->at - 1].id);
    if (s->type == CAP_NULL)
        printf("nothing: no capability covers the address.\n");
    else if (s->id)
        printf("a capability to %s obj:%lu.\n", caps_type_name(s->type), s->id);
    else
        printf("a %s.\n", caps_type_name(s->type));
}

/* `rest` came to the guard. False: it did not pass. */
static bool say_guard(const struct traverse_step *s, uint64_t rest) {
    if (s->l2g >= 64) {
        printf("It has no guard: the address passes as it is, 0x%" PRIx64 ".\n", rest);
        return true;
    }
    printf("Its guard is 0x%lx/%u: 0x%" PRIx64 " >> %u = 0x%" PRIx64, s->match, s->l2g, rest, s->l2g, rest >> s->l2g);
    if (rest >> s->l2g != s->match) {
        printf(", not 0x%lx: it does not match, and the address is invalid.\n", s->match);
        return false;
    }
    printf(": it matches; 0x%" PRIx64 " is left.\n", rest & ((1ul << s->l2g) - 1));
    return true;
}

static void say_restrictions(const struct traverse_step *s) {
    char own[24], all[24];
    if (s->restrictions)
        printf("It adds the restrictions %s; ", caps_restrictions(s->restrictions, own));
    else
        printf("It adds no restriction; ");
    printf("gathered up to here: %s.\n", caps_restrictions(s->gathered, all));
}

static void say_slot(const struct traverse_step *s, uint64_t offset) {
    if (s->slot < 0)
        printf("A slot of GPT obj:%lu covers 1 << %u bytes: 0x%" PRIx64 " >> %u = %" PRIu64
               " is none of its 16 slots, and the address is invalid.\n",
               s->id, s->l2v, offset, s->l2v, offset >> s->l2v);
    else
        printf("A slot of GPT obj:%lu covers 1 << %u bytes: 0x%" PRIx64 " >> %u = slot %d; 0x%lx is left.\n", s->id,
               s->l2v, offset, s->l2v, s->slot, s->rest);
}

static void say_keeper(struct walkthrough *w, const struct traverse_step *s) {
    struct emu *emu = session_emu(w->cli->session);
    const struct gpt *gpt = caps_gpt(emu, s->id);
    struct cap_look keeper = gpt ? caps_look(emu, &gpt->keeper) : (struct cap_look){0};
    if (s->keeper)
        printf("It has a keeper, endpoint obj:%" PRIu64 ": a fault from here on is told to it, unless a GPT further in "
               "has one.\n",
               keeper.id);
    else if (keeper.type != CAP_NULL)
        printf("Its keeper is not asked: %s.\n",
               s->gathered & CAP_NC ? "the restriction NC cuts it off" : "its capability cannot be called");
}

static void say_page(struct walkthrough *w, const struct traverse_step *s) {
    const char *swapped = traverse_swapped(w->cli, &w->asked);
    printf("A page ends the traversal: the access is to its byte 0x%lx.\n", s->rest);
    if (s->fronted)
        printf("The page wears a front: the access is %s.\n",
               swapped ? "asked of a handler" : "seen by facet, which passes it on as none of its named bytes");
    if (s->fronted && swapped)
        printf("The object there is swapped: %s.\n", swapped);
}

static void say_end(struct walkthrough *w) {
    static const char *const rules[] = {"No restriction refuses a load", "A store is refused if RO is gathered",
                                        "A fetch is refused if NX is gathered"};
    char all[24];
    if (w->t.fault == FAULT_NONE || w->t.fault == FAULT_ACCESS_VIOLATION)
        printf("%s; gathered: %s.\n", rules[w->asked.access], caps_restrictions(w->t.restrictions, all));
    if (w->t.fault == FAULT_NONE && w->t.steps && w->t.step[w->t.steps - 1].type != CAP_PAGE)
        printf(
            "Nothing is there, but a GPT on the way wears a front: its handlers may answer; else the access faults.\n");
    printf(w->t.fault ? "So it is refused: %s.\n" : "So it is granted.\n", session_fault_text(w->t.fault));
}

static void say_why(struct walkthrough *w) {
    if (w->at == w->t.steps) {
        say_end(w);
        return;
    }
    const struct traverse_step *s = &w->t.step[w->at];
    uint64_t rest = w->at ? w->t.step[w->at - 1].rest : w->asked.va;
    say_where(w, s);
    if (s->type == CAP_NULL || !say_guard(s, rest))
        return;
    say_restrictions(s);
    if (s->l2g < 64)
        rest &= (1ul << s->l2g) - 1;
    if (s->type == CAP_GPT)
        say_slot(s, rest), say_keeper(w, s);
    else if (s->type == CAP_PAGE)
        say_page(w, s);
    else if (is_window(s->type))
        printf("The window goes on at 0x%lx of what it leads to.\n", s->rest);
}

/* ---- Commands */

static void tell_words(void) {
    printf("down, step   to the next capability; also an empty line\n"
           "up           back\n"
           "slots        the 16 slots of this GPT\n"
           "why          what decided at this step\n"
           "list         the whole traversal\n"
           "end, quit    leave the traversal\n"
           "Other commands work as always.\n");
}

static void list(struct walkthrough *w) {
    traverse_print_head(w->cli, &w->asked);
    for (int i = 0; i < w->t.steps; i++)
        traverse_print_step(i + 1, &w->t.step[i]);
    traverse_print_end(w->cli, &w->asked, &w->t);
}

static void go_down(struct walkthrough *w) {
    move(w, 1);
}
static void go_up(struct walkthrough *w) {
    move(w, -1);
}
static void tell(struct walkthrough *w) {
    (void)w;
    tell_words();
}

/* False: `line` is none of the traversal's own words. */
static bool own_word(struct walkthrough *w, const char *line) {
    static const struct {
        const char *name, *shortest;
        void (*run)(struct walkthrough *);
    } words[] = {{"down", "do", go_down}, {"step", "s", go_down}, {"up", "up", go_up}, {"slots", "sl", print_slots},
                 {"why", "w", say_why},   {"list", "l", list},    {"help", "h", tell}};
    char word[64];
    const char *rest = cli_split(line, word, sizeof word);
    for (size_t i = 0; !*rest && i < sizeof words / sizeof *words; i++)
        if (!strncmp(word, words[i].name, strlen(word)) && strlen(word) >= strlen(words[i].shortest)) {
            words[i].run(w);
            return true;
        }
    return false;
}

static bool leaves(const char *line) {
    return cli_is_word(line, "end") || cli_is_word(line, "quit") || cli_is_word(line, "q");
}

/* One line. *done: the traversal is over. */
static enum facet_status obey(struct walkthrough *w, const char *line, bool *done, struct facet_error *error) {
    struct cli *cli = w->cli;
    *done = leaves(line);
    if (*done || (cli_is_word(line, "") && !cli_interactive(cli)))
        return FACET_OK;
    if (!own_word(w, cli_is_word(line, "") ? "down" : line)) {
        enum facet_status status = cmd_execute(cli, line, error);
        if (status)
            return status;
    }
    *done = cli->quit || !cli->started;
    if (*done)
        return FACET_OK;
    enum facet_status status = traverse_ask(cli, &w->asked, &w->t, error);
    *done = status != FACET_OK;
    w->at = w->at < w->t.steps ? w->at : w->t.steps;
    return status;
}

enum facet_status traverse_steps(struct cli *cli, const struct access_asked *asked, struct facet_error *error) {
    struct walkthrough w = {.cli = cli, .asked = *asked};
    enum facet_status status = traverse_ask(cli, asked, &w.t, error);
    if (status)
        return status;
    traverse_print_head(cli, asked);
    print_here(&w);
    if (cli_interactive(cli))
        printf("(down, up, slots, why, list; end)\n");
    for (bool done = false; !done;) {
        terminal_forget_interrupt();
        char *line = cli_read_line(cli, "(traverse) ");
        if (!line && cli_interrupted())
            continue;
        if (!line && cli_interactive(cli))
            printf("end\n");
        if (!line)
            break;
        if (cli_interactive(cli))
            terminal_remember(cli->terminal, line);
        status = obey(&w, line, &done, error);
        free(line);
        if (status && !cli_interactive(cli))
            return status;
        if (status)
            fprintf(stderr, "%s\n", error->text);
        fflush(stdout);
    }
    return FACET_OK;
}
