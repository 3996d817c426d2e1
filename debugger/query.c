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

/* Takes "--process NAME" off the start. The caller frees it; NULL: it is not there. */
static char *take_process(char *text) {
    if (!take_word(text, "--process", false))
        return NULL;
    size_t length = strcspn(text, " \t");
    char *name = strndup(text, length);
    length += strspn(text + length, " \t");
    memmove(text, text + length, strlen(text + length) + 1);
    return name;
}

static enum facet_status options(struct query *q, char **process, bool dot, struct facet_error *error) {
    for (bool again = true; again;) {
        again = false;
        if (take_word(q->text, "--json", false) || take_word(q->text, "--json", true))
            again = q->json = true;
        if (dot && (take_word(q->text, "--dot", false) || take_word(q->text, "--dot", true) ||
                    take_word(q->text, "dot", true)))
            again = q->dot = true;
        if (!*process && (*process = take_process(q->text)))
            again = true;
    }
    if (!strncmp(q->text, "--", 2))
        return facet_fail(error, FACET_ERR_USAGE, "Unknown option %.*s: there are --json%s and --process.",
                          (int)strcspn(q->text, " \t"), q->text, dot ? ", --dot" : "");
    if (q->json && q->dot)
        return facet_fail(error, FACET_ERR_USAGE, "--json and --dot are two answers: choose one.");
    return FACET_OK;
}

static enum facet_status process_named(const struct query *q, const char *name, uint32_t *node,
                                       struct facet_error *error);

static enum facet_status begin(struct query *q, bool dot, struct facet_error *error) {
    char *process = NULL;
    enum facet_status status = cmd_need_started(q->cli, error);
    if (status == FACET_OK)
        status = options(q, &process, dot, error);
    if (status == FACET_OK && !(q->graph = graph_new(q->cli->session)))
        status = facet_fail(error, FACET_ERR_FAILED, "The kernel has not started, or it is another one than facet's.");
    if (status == FACET_OK && process)
        status = process_named(q, process, &q->process, error);
    else if (status == FACET_OK)
        q->process = graph_find(q->graph, session_process(q->cli->session));
    free(process);
    return status;
}

static void drop(struct query *q) {
    if (q->path && q->out)
        fclose(q->out);
    graph_free(q->graph);
    free(q->text);
    free(q->path);
    free(q->answer);
}

enum facet_status query_begin(struct query *q, struct cli *cli, const char *args, bool dot, struct facet_error *error) {
    *q = (struct query){.cli = cli, .text = text_copy(args), .out = stdout};
    if ((q->path = take_file(q->text)))
        q->out = open_memstream(&q->answer, &q->size);
    enum facet_status status =
        q->out ? begin(q, dot, error) : facet_fail(error, FACET_ERR_FAILED, "%s: %s.", q->path, strerror(errno));
    if (status)
        drop(q);
    return status;
}

static enum facet_status write_answer(const struct query *q, struct facet_error *error) {
    FILE *file = fopen(q->path, "we");
    bool good = file && fwrite(q->answer, 1, q->size, file) == q->size && fflush(file) == 0;
    if (!good)
        facet_fail(error, FACET_ERR_USAGE, "%s: %s.", q->path, strerror(errno));
    if (file)
        fclose(file);
    return good ? FACET_OK : FACET_ERR_USAGE;
}

enum facet_status query_end(struct query *q, enum facet_status status, struct facet_error *error) {
    if (q->path && status == FACET_OK) {
        fclose(q->out);
        q->out = NULL;
        status = write_answer(q, error);
    }
    drop(q);
    return status;
}

/* ---- What is asked about */

/* obj:ID or a name. GRAPH_NONE and FACET_OK: it is none of these. */
static enum facet_status named(const struct query *q, const char *name, uint32_t *node, struct facet_error *error) {
    uint64_t id;
    *node = graph_find_name(q->graph, name);
    if (*node != GRAPH_NONE || strncmp(name, "obj:", 4) != 0)
        return FACET_OK;
    if (!text_number(name + 4, &id) || (*node = graph_find(q->graph, id)) == GRAPH_NONE)
        return facet_fail(error, FACET_ERR_USAGE, "There is no object %s: `traverse`, `caps` and `tree` print ids.",
                          name);
    return FACET_OK;
}

static enum facet_status no_process(const struct query *q, const char *name, struct facet_error *error) {
    char names[200] = "";
    for (uint32_t i = 0; i < q->graph->node_count; i++)
        if (q->graph->nodes[i].type == CAP_PROCESS && q->graph->nodes[i].name) {
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", q->graph->nodes[i].name);
        }
    return facet_fail(error, FACET_ERR_USAGE, "There is no process \"%s\": those with names are %s.", name, names);
}

static enum facet_status process_named(const struct query *q, const char *name, uint32_t *node,
                                       struct facet_error *error) {
    char text[GRAPH_TEXT];
    enum facet_status status = named(q, name, node, error);
    if (status)
        return status;
    if (*node == GRAPH_NONE)
        return no_process(q, name, error);
    if (q->graph->nodes[*node].type != CAP_PROCESS)
        return facet_fail(error, FACET_ERR_USAGE, "%s is no process.", graph_node_text(q->graph, *node, text));
    return FACET_OK;
}

enum facet_status query_process(const struct query *q, uint32_t *node, struct facet_error *error) {
    *node = q->process;
    return *q->text ? process_named(q, q->text, node, error) : FACET_OK;
}

enum facet_status query_page(const struct query *q, uint64_t va, uint32_t *node, struct facet_error *error) {
    struct space_at at;
    bool program = q->graph->nodes[q->process].id == session_process(q->cli->session);
    bool later = program && regions_at(session_regions(q->cli->session), va);
    char text[GRAPH_TEXT];
    *node = space_find(q->graph, q->process, va, &at) == FAULT_NONE ? at.node : GRAPH_NONE;
    if (*node == GRAPH_NONE)
        return facet_fail(error, FACET_ERR_USAGE, "No page of memory is at 0x%" PRIx64 " of %s%s.", va,
                          program ? "the program" : graph_node_text(q->graph, q->process, text),
                          later ? " yet: it comes when it is first used" : "");
    return FACET_OK;
}

enum facet_status query_object(const struct query *q, uint32_t *node, uint64_t *va, uint64_t *size,
                               struct facet_error *error) {
    *va = *size = 0;
    if (!*q->text)
        return facet_fail(error, FACET_ERR_USAGE,
                          "An object is wanted: obj:ID, a process, endpoint:NAME, or an address of the program.");
    enum facet_status status = named(q, q->text, node, error);
    if (status || *node != GRAPH_NONE)
        return status;
    if (!strncmp(q->text, "endpoint:", 9))
        return facet_fail(error, FACET_ERR_USAGE,
                          "There is no endpoint \"%s\": --program %s=ELF starts a process with one.", q->text + 9,
                          q->text + 9);
    status = cmd_place(q->cli, q->text, va, size, error);
    return status ? status : query_page(q, *va, node, error);
}
