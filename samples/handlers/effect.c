/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What each access did: `--swap OBJECT=effect.so[:FILE]` writes a line for it (to standard error) when its instruction
 * has retired: what was delivered or stored, and what is there now. Between the question and the outcome nobody else
 * gets at the object; the summary counts whoever did, which must be 0.
 */
#include <facet/handler.h>
#include <stdlib.h>
#include <string.h>

struct effect {
    FILE *out;
    uint64_t accesses, outcomes, let_in;
    uint64_t process, pc; /* of the instruction whose outcomes are due */
    uint64_t due;
};

static uint32_t verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_STEP);
}

static void *attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct effect *effect = calloc(1, sizeof *effect);
    (void)object;
    if (!effect)
        return NULL;
    effect->out = *args ? fopen(args, "w") : stderr;
    if (effect->out)
        return effect;
    snprintf(error->text, sizeof error->text, "cannot write to %.200s", args);
    free(effect);
    return NULL;
}

static enum facet_verdict answer(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct effect *effect = state;
    (void)reply;
    if (effect->due && (effect->process != access->process || effect->pc != access->pc))
        effect->let_in++;
    effect->process = access->process;
    effect->pc = access->pc;
    effect->accesses++;
    effect->due++;
    return FACET_STEP;
}

static void print_bytes(FILE *out, const uint8_t *bytes, uint32_t size) {
    fputs(" 0x", out);
    while (size-- > 0)
        fprintf(out, "%02x", bytes[size]);
}

static void outcome(void *state, const struct facet_access *access) {
    static const char *const kinds[] = {"load", "store", "fetch"};
    struct effect *effect = state;
    effect->outcomes++;
    effect->due--;
    fprintf(effect->out, "%s %s+%lld %u process %llu:", kinds[access->kind], access->object, (long long)access->offset,
            access->size, (unsigned long long)access->process);
    if (access->attempted)
        print_bytes(effect->out, access->attempted, access->size);
    if (access->backing) {
        fputs(", now", effect->out);
        print_bytes(effect->out, access->backing, access->size);
    }
    fputc('\n', effect->out);
}

static void report(void *state, FILE *out) {
    const struct effect *effect = state;
    fprintf(out, "effect: %llu accesses, %llu outcomes, %llu let in between\n", (unsigned long long)effect->accesses,
            (unsigned long long)effect->outcomes, (unsigned long long)effect->let_in);
}

static void detach(void *state) {
    struct effect *effect = state;
    if (effect->out != stderr)
        fclose(effect->out);
    free(effect);
}

/* Checkpoints: all but the stream. */
static void save(void *state, FILE *out) {
    fwrite(state, sizeof(struct effect), 1, out);
}

static int load(void *state, FILE *in, struct facet_handler_error *error) {
    struct effect *effect = state;
    FILE *out = effect->out;
    int good = fread(effect, sizeof *effect, 1, in) == 1;
    effect->out = out;
    snprintf(error->text, sizeof error->text, "its state is cut short");
    return good ? 0 : -1;
}

const struct facet_handler facet_handler = {
    .abi = FACET_HANDLER_ABI,
    .name = "effect",
    .summary = "effect[:FILE]: what each access delivered or stored, told once it has happened",
    .verdicts = verdicts,
    .attach = attach,
    .access = answer,
    .outcome = outcome,
    .report = report,
    .detach = detach,
    .save = save,
    .load = load,
};
