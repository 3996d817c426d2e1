/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * flow: what could ever come from where. And `facet flow`, which asks before the program's first instruction, or at a
 * place in it.
 */
#include "cmd.h"
#include "flow_live.h"
#include "options.h"
#include "point.h"

#include <errno.h>
#include <string.h>

static enum facet_status ask(struct session *session, const struct flow_question *question, bool *yes,
                             struct facet_error *error) {
    FILE *out = question->file ? fopen(question->file, "w") : stdout;
    if (!out)
        return facet_fail(error, FACET_ERR_USAGE, "%s cannot be written: %s", question->file, strerror(errno));
    enum facet_status status = flow_ask(session, question, out, yes, error);
    if ((out == stdout ? fflush(out) : fclose(out)) && status == FACET_OK)
        return facet_fail(error, FACET_ERR_FAILED, "%s cannot be written: %s",
                          question->file ? question->file : "standard output", strerror(errno));
    return status;
}

enum facet_status cmd_flow(struct cli *cli, const char *args, struct facet_error *error) {
    struct flow_question question;
    bool yes;
    enum facet_status status = cmd_need_started(cli, error);
    if (status == FACET_OK)
        status = flow_question_parse(args, &question, error);
    if (status)
        return status;
    status = ask(cli->session, &question, &yes, error);
    flow_question_free(&question);
    return status;
}

/* ---- facet flow */

static enum facet_status go_to(struct session *session, const char *place, struct facet_error *error) {
    struct cli cli = {.session = session, .started = true, .set = {.listsize = 10}};
    struct linespec spec = {0};
    const char *end;
    enum facet_status status = linespec_parse(&cli, place, &end, &spec, error);
    if (status)
        return status;
    for (size_t i = 0; i < spec.place_count; i++)
        session_break(session, spec.places[i], true);
    free(spec.places);
    struct session_stop stop = session_continue(session);
    if (stop.event == SESSION_BREAKPOINT)
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE, "--at %s: the program does not come there%s%.400s", place,
                      *stop.text ? ": " : "", stop.text);
}

/* One line of --ask or --deny. */
static int put_question(struct session *session, const struct options *options, const struct option_flow *flow) {
    struct flow_question question;
    struct facet_error error;
    bool yes = false;
    enum facet_status status = flow_question_parse(flow->question, &question, &error);
    if (status == FACET_OK) {
        (void)options;
        status = ask(session, &question, &yes, &error);
        flow_question_free(&question);
    }
    if (status == FACET_OK)
        return flow->deny && yes;
    fprintf(stderr, "facet: %s\n", error.text);
    return status == FACET_ERR_USAGE ? 2 : 125;
}

int flow_program(struct session *session, const struct options *options) {
    static const struct option_flow everything = {"", false};
    struct facet_error error;
    int exit_status = 0;
    enum facet_status status = session_start(session, &error);
    if (status == FACET_OK && options->at)
        status = go_to(session, options->at, &error);
    if (status) {
        fprintf(stderr, "facet: %s\n", error.text);
        return status == FACET_ERR_USAGE ? 2 : status == FACET_ERR_PROGRAM ? 126 : 125;
    }
    if (!options->flow_count)
        return put_question(session, options, &everything);
    for (size_t i = 0; i < options->flow_count; i++) {
        int answer = put_question(session, options, &options->flows[i]);
        exit_status = answer > exit_status ? answer : exit_status;
    }
    return exit_status;
}
