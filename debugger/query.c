/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query.h"

#include "graph_text.h"
#include "space.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- The words */

static void trim(char *text) {
    size_t length = strlen(text);
    while (length && strchr(" \t", text[length - 1]))
        text[--length] = 0;
}

/* Takes " > FILE" off the end. */
static char *take_file(char *text) {
    char *sign = strrchr(text, '>');
    if (!sign || (sign != text && !strchr(" \t", sign[-1])) || strchr("=>", sign[1]))
        return NULL;
    char *path = sign + 1 + strspn(sign + 1, " \t");
    if (!*path || strpbrk(path, " \t"))
        return NULL;
    path = text_copy(path);
    *sign = 0;
    trim(text);
    return path;
}

/* Takes a word off the start, or off the end. */
static bool take_word(char *text, const char *word, bool last) {
    size_t all = strlen(text), length = strlen(word);
    char *at = last ? text + all - length : text;
    if (all < length || strncmp(at, word, length))
        return false;
    if (last ? at != text && !strchr(" \t", at[-1]) : at[length] && !strchr(" \t", at[length]))
        return false;
    memmove(at, at + length, strlen(at + length) + 1);
    memmove(text, text + strspn(text, " \t"), strlen(text + strspn(text, " \t")) + 1);
    trim(text);
    return true;
}

static enum facet_status options(struct query *q, bool dot, struct facet_error *error) {
    for (bool again = true; again;) {
        again = false;
        if (take_word(q->text, "--json", false) || take_word(q->text, "--json", true))
            again = q->json = true;
        if (dot && (take_word(q->text, "--dot", false) || take_word(q->text, "--dot", true) ||
                    take_word(q->text, "dot", true)))
            again = q->dot = true;
    }
    if (!strncmp(q->text, "--", 2))
        return facet_fail(error, FACET_ERR_USAGE, "Unknown option %.*s: there %s --json%s.",
                          (int)strcspn(q->text, " \t"), q->text, dot ? "are" : "is", dot ? " and --dot" : "");
    if (q->json && q->dot)
        return facet_fail(error, FACET_ERR_USAGE, "--json and --dot are two answers: choose one.");
    return FACET_OK;
}

static enum facet_status begin(struct query *q, bool dot, struct facet_error *error) {
    enum facet_status status = cmd_need_started(q->cli, error);
    if (status == FACET_OK)
        status = options(q, dot, error);
    if (status)
        return status;
    q->graph = graph_new(q->cli->session);
    if (!q->graph)
        return facet_fail(error, FACET_ERR_FAILED, "The kernel has not started, or it is another one than facet's.");
    if (q->path && !(q->out = fopen(q->path, "we")))
        return facet_fail(error, FACET_ERR_USAGE, "%s: %s.", q->path, strerror(errno));
    return FACET_OK;
}

static void drop(struct query *q) {
    graph_free(q->graph);
    free(q->text);
    free(q->path);
    if (q->path && q->out)
        fclose(q->out);
}

enum facet_status query_begin(struct query *q, struct cli *cli, const char *args, bool dot, struct facet_error *error) {
    *q = (struct query){.cli = cli, .text = text_copy(args), .out = stdout};
    if ((q->path = take_file(q->text)))
        q->out = NULL;
    enum facet_status status = begin(q, dot, error);
    if (status)
        drop(q);
    return status;
}

enum facet_status query_end(struct query *q, enum facet_status status, struct facet_error *error) {
    bool wrong = q->path && (fflush(q->out) != 0 || ferror(q->out));
    if (wrong && status == FACET_OK)
        status = facet_fail(error, FACET_ERR_FAILED, "%s: %s.", q->path, strerror(errno));
    drop(q);
    return status;
}

/* ---- What is asked about */

/* obj:ID or a name. GRAPH_NONE and FACET_OK: it is none of these. */
static enum facet_status named(const struct query *q, uint32_t *node, struct facet_error *error) {
    uint64_t id;
    *node = graph_find_name(q->graph, q->text);
    if (*node != GRAPH_NONE || strncmp(q->text, "obj:", 4) != 0)
        return FACET_OK;
    if (!text_number(q->text + 4, &id) || (*node = graph_find(q->graph, id)) == GRAPH_NONE)
        return facet_fail(error, FACET_ERR_USAGE, "There is no object %s: `traverse`, `caps` and `tree` print ids.",
                          q->text);
    return FACET_OK;
}

static enum facet_status no_process(const struct query *q, struct facet_error *error) {
    char names[200] = "";
    for (uint32_t i = 0; i < q->graph->node_count; i++)
        if (q->graph->nodes[i].type == CAP_PROCESS && q->graph->nodes[i].name) {
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", q->graph->nodes[i].name);
        }
    return facet_fail(error, FACET_ERR_USAGE, "There is no process \"%s\": those with names are %s.", q->text, names);
}

enum facet_status query_process(const struct query *q, uint32_t *node, struct facet_error *error) {
    *node = graph_find(q->graph, session_process(q->cli->session));
    if (!*q->text)
        return FACET_OK;
    char text[GRAPH_TEXT];
    enum facet_status status = named(q, node, error);
    if (status)
        return status;
    if (*node == GRAPH_NONE)
        return no_process(q, error);
    if (q->graph->nodes[*node].type != CAP_PROCESS)
        return facet_fail(error, FACET_ERR_USAGE, "%s is no process.", graph_node_text(q->graph, *node, text));
    return FACET_OK;
}

enum facet_status query_page(const struct query *q, uint64_t va, uint32_t *node, struct facet_error *error) {
    struct space_at at;
    uint32_t process = graph_find(q->graph, session_process(q->cli->session));
    *node = space_find(q->graph, process, va, &at) == FAULT_NONE ? at.node : GRAPH_NONE;
    if (*node == GRAPH_NONE)
        return facet_fail(error, FACET_ERR_USAGE, "No page of memory is at 0x%" PRIx64 " of the program%s.", va,
                          regions_at(session_regions(q->cli->session), va) ? " yet: it comes when it is first used"
                                                                           : "");
    return FACET_OK;
}

enum facet_status query_object(const struct query *q, uint32_t *node, uint64_t *va, uint64_t *size,
                               struct facet_error *error) {
    *va = *size = 0;
    if (!*q->text)
        return facet_fail(error, FACET_ERR_USAGE,
                          "An object is wanted: obj:ID, a process, endpoint:NAME, or an address of the program.");
    enum facet_status status = named(q, node, error);
    if (status || *node != GRAPH_NONE)
        return status;
    if (!strncmp(q->text, "endpoint:", 9))
        return facet_fail(error, FACET_ERR_USAGE,
                          "There is no endpoint \"%s\": --program %s=ELF starts a process with one.", q->text + 9,
                          q->text + 9);
    status = cmd_place(q->cli, q->text, va, size, error);
    return status ? status : query_page(q, *va, node, error);
}
