/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats.h"

#include "events.h"
#include "swap.h"
#include "text.h"

#include <errno.h>
#include <string.h>

struct counter {
    const char *name;
    uint64_t value;
};

static void put_counters(FILE *out, const struct counter *counter) {
    for (; counter->name; counter++)
        fprintf(out, ",\"%s\":%lu", counter->name, counter->value);
}

static void put_swaps(FILE *out, const struct swaps *swaps) {
    const char *comma = "";
    fputs(",\"swaps\":[", out);
    for (size_t i = 0; i < swaps->count; i++)
        for (size_t j = 0; !swaps->objects[i]->hidden && j < swaps->objects[i]->count; j++) {
            const struct attached *h = swaps->objects[i]->chain[j];
            fprintf(out, "%s{\"object\":", comma);
            text_put_json(out, h->object.name);
            fputs(",\"handler\":", out);
            text_put_json(out, h->code.text);
            fprintf(out, ",\"accesses\":%lu}", h->sequence);
            comma = ",";
        }
    fputc(']', out);
}

static void put_unknown_calls(FILE *out, const struct strace *strace) {
    const char *comma = "";
    fputs(",\"unknown_calls\":{", out);
    for (size_t i = 0; i < strace->unknown_count; i++, comma = ",")
        fprintf(out, "%s\"%s\":%lu", comma, strace->unknown[i].name, strace->unknown[i].count);
    fputc('}', out);
}

static void put_all(FILE *out, const struct session *session, const struct stats_run *run) {
    struct session_stats s = session_stats_get(session);
    const struct counter instructions[] = {
        {"instructions_cpl0", s.emu.instructions_cpl0}, {"instructions_cpl3", s.emu.instructions_cpl3}, {0}};
    const struct counter counters[] = {
        {"fills", s.emu.fills},
        {"flushes", s.emu.flushes},
        {"exceptions", s.emu.exceptions},
        {"syscalls", s.emu.syscalls},
        {"interrupts", s.emu.interrupts},
        {"accesses", session_swaps(session)->accesses},
        {"front_accesses", s.emu.accesses},
        {"fast_accesses", s.emu.fast_accesses},
        {"transactions", s.emu.transactions},
        {"aborts", s.emu.aborts},
        {"kernel_syscalls", s.syscalls},
        {"faults", s.faults},
        {"tables_built", s.tables_built},
        {"tables_live", s.tables_live},
        {"entries_built", s.entries_built},
        {"entries_removed", s.entries_removed},
        {"depend_live", s.depend_live},
        {"depend_evictions", s.depend_evictions},
        {0},
    };
    struct events *events = session_events(session);
    fprintf(out, "{\"v\":1,\"end\":\"%s\",\"exit\":%d", run->end, run->exit);
    if (run->seconds > 0)
        fprintf(out, ",\"seconds\":%.6f", run->seconds);
    if (run->instructions)
        put_counters(out, instructions);
    if (s.clock)
        put_counters(out, (const struct counter[]){{"clock", s.clock}, {0}});
    put_counters(out, counters);
    if (events)
        fprintf(out, ",\"events\":%lu", events_count(events));
    if (!session_program(session)->native)
        put_unknown_calls(out, session_strace(session));
    put_swaps(out, session_swaps(session));
    fputs("}\n", out);
}

bool stats_write(const struct session *session, const struct stats_run *run) {
    bool standard = strcmp(run->path, "-") == 0;
    FILE *out = standard ? stdout : fopen(run->path, "we");
    bool good = out != NULL;
    if (out) {
        put_all(out, session, run);
        good = fflush(out) == 0 && !ferror(out);
    }
    int reason = errno;
    if (out && !standard && fclose(out) != 0 && good) {
        reason = errno;
        good = false;
    }
    if (!good)
        fprintf(stderr, "facet: cannot write statistics to %s: %s\n", run->path, strerror(reason));
    return good;
}
