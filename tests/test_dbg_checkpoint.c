/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checkpoints: the file format, and files whose sums are right but whose contents are not.
 */
#include "debugger/checkpoint.h"
#include "debugger/grants.h"
#include "debugger/pack.h"
#include "debugger/session.h"
#include "debugger/swap.h"
#include "emu/archive.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define LEDGER BUILD_DIR "/guests/ledger"

/* ---- Packs */

Test(pack, sum_is_that_of_xz) {
    cr_expect_eq(pack_crc(0, "123456789", 9), 0x995dc9bbdf1939faul);
    cr_expect_eq(pack_crc(pack_crc(0, "1234", 4), "56789", 5), 0x995dc9bbdf1939faul);
}

static void temporary(char path[64]) {
    snprintf(path, 64, "/dev/shm/facet-test.XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}

static void pack(const char *path, const void *bytes, size_t size) {
    struct facet_error error;
    struct pack *pack;
    FILE *stream;
    cr_assert(pack_create(path, &pack, &stream, &error) == FACET_OK, "%s", error.text);
    fwrite(bytes, 1, size, stream);
    cr_assert(pack_finish(pack, true, &error) == FACET_OK, "%s", error.text);
}

/* To be freed. */
static uint8_t *unpack(const char *path, size_t *size) {
    struct facet_error error;
    FILE *stream;
    uint8_t *bytes = NULL;
    cr_assert(pack_open(path, &stream, &error) == FACET_OK, "%s", error.text);
    *size = 0;
    for (size_t got = 1; got > 0; *size += got) {
        bytes = realloc(bytes, *size + 65536);
        got = fread(bytes + *size, 1, 65536, stream);
    }
    fclose(stream);
    return bytes;
}

Test(pack, what_was_packed_comes_out_of_any_size) {
    static const size_t sizes[] = {0, 1, 4095, 1 << 20, (1 << 20) + 1, 5 << 20};
    char path[64];
    temporary(path);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *bytes = malloc(sizes[i] + 1);
        unsigned seed = 1;
        size_t size;
        for (size_t k = 0; k < sizes[i]; k++)
            bytes[k] = (uint8_t)(k % 7 ? k : (unsigned)rand_r(&seed));
        pack(path, bytes, sizes[i]);
        uint8_t *again = unpack(path, &size);
        cr_expect(size == sizes[i] && memcmp(bytes, again, size) == 0, "%zu bytes", sizes[i]);
        free(bytes);
        free(again);
    }
    unlink(path);
}

Test(pack, one_that_is_dropped_leaves_what_was_there) {
    struct facet_error error;
    struct pack *dropped;
    FILE *stream;
    char path[64];
    size_t size;
    temporary(path);
    pack(path, "old", 3);
    cr_assert(pack_create(path, &dropped, &stream, &error) == FACET_OK);
    fputs("new", stream);
    pack_finish(dropped, false, NULL);
    uint8_t *bytes = unpack(path, &size);
    cr_expect(size == 3 && memcmp(bytes, "old", 3) == 0);
    free(bytes);
    unlink(path);
}

/* ---- What would be large, or reach further than it may */

#define MEMORY (32ul << 20)

/* Of this process, at most so far. */
static long memory_used(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss >> 10; /* MiB */
}

/* The beginning of a checkpoint as far as the program's arguments. */
static void begin_plan(struct archive *a, const char *path, char *program, uint64_t size, struct pack **pack) {
    struct facet_error error;
    char *none = NULL;
    uint64_t crc = 0;
    *a = (struct archive){0};
    cr_assert(pack_create(path, pack, &a->file, &error) == FACET_OK, "%s", error.text);
    for (int file = 0; file < 2; file++) { /* the kernel, the program */
        archive_text(a, &none);
        archive_text(a, file == 0 ? &none : &program);
        archive_value(a, size);
        archive_value(a, crc);
    }
    archive_number(a, 0, 0); /* further ones */
}

/* … and the rest, with one handler. */
static void end_plan(struct archive *a, uint64_t memory, const char *handler, struct pack *pack) {
    uint64_t seed = 0, events[5] = {0};
    unsigned grants = 0;
    bool flags[3] = {false, false, false};
    char *object = (char *)(uintptr_t) "sym:ledger", *by = (char *)(uintptr_t)handler;
    struct grants sizes;
    archive_value(a, memory);
    archive_value(a, seed);
    for (int i = 0; i < 3; i++)
        archive_flag(a, &flags[i]);
    archive_bytes(a, &grants, sizeof sizes.flags);
    archive_bytes(a, &seed, sizeof sizes.bank);
    archive_number(a, 0, 0); /* environment */
    archive_number(a, 0, 0); /* grants */
    archive_number(a, 1, 1);
    archive_text(a, &object);
    archive_text(a, &by);
    archive_bytes(a, events, sizeof events);
    cr_assert(pack_finish(pack, true, NULL) == FACET_OK);
}

static void refused(const char *path, const char *why) {
    const struct checkpoint_options options = {.stream_fd = {-1, -1, -1}};
    struct facet_error error = {""};
    struct session *session;
    long before = memory_used();
    cr_expect(checkpoint_resume(path, &options, &session, &error) != FACET_OK && !session);
    cr_expect(strstr(error.text, why) != NULL, "not \"%s\" but: %s", why, error.text);
    cr_expect_lt(memory_used() - before, 200, "%ld MiB", memory_used() - before);
    unlink(path);
}

/* 64 GiB of arguments in a file of some kilobytes. */
Test(checkpoint, arguments_without_end_are_refused) {
    char path[64], *word = calloc(1, 1 << 20), *program = (char *)(uintptr_t)LEDGER;
    struct archive a;
    struct pack *pack;
    struct stat status;
    temporary(path);
    memset(word, 'x', (1 << 20) - 1);
    begin_plan(&a, path, program, 0, &pack);
    archive_number(&a, 65535, 65536);
    for (int i = 0; i < 400; i++) /* more is not needed */
        archive_text(&a, &word);
    cr_assert(pack_finish(pack, true, NULL) == FACET_OK);
    stat(path, &status);
    cr_expect_lt(status.st_size, 1 << 20);
    refused(path, "holds no state");
    free(word);
}

/* A piece that says it has a megabyte, and has a gigabyte. */
Test(checkpoint, a_bomb_is_refused) {
    const struct {
        char magic[8];
        uint32_t version, zero;
    } head = {"FACETCP\n", 2, 0};
    uint32_t piece[2] = {1 << 20, 0}, end[2] = {0, 0};
    uint64_t tail[2];
    char path[64];
    ZSTD_CCtx *context = ZSTD_createCCtx();
    uint8_t *stored = malloc(1 << 20), zeros[65536] = {0};
    ZSTD_outBuffer out = {stored, 1 << 20, 0};
    for (int i = 0; i < 16384; i++) {
        ZSTD_inBuffer in = {zeros, sizeof zeros, 0};
        ZSTD_compressStream2(context, &out, &in, i == 16383 ? ZSTD_e_end : ZSTD_e_continue);
    }
    piece[1] = (uint32_t)out.pos;
    ZSTD_freeCCtx(context);
    temporary(path);
    FILE *file = fopen(path, "wb");
    tail[0] = sizeof head + sizeof piece + out.pos + sizeof end + sizeof tail;
    tail[1] = pack_crc(pack_crc(0, &head, sizeof head), piece, sizeof piece);
    tail[1] = pack_crc(pack_crc(pack_crc(tail[1], stored, out.pos), end, sizeof end), tail, sizeof *tail);
    fwrite(&head, sizeof head, 1, file);
    fwrite(piece, sizeof piece, 1, file);
    fwrite(stored, 1, out.pos, file);
    fwrite(end, sizeof end, 1, file);
    fwrite(tail, sizeof tail, 1, file);
    fclose(file);
    free(stored);
    refused(path, "holds no state");
}

Test(checkpoint, a_file_of_a_terabyte_of_nothing_is_refused) {
    char path[64];
    temporary(path);
    FILE *file = fopen(path, "wb");
    fwrite("FACETCP\n\2\0\0\0\0\0\0\0", 16, 1, file);
    cr_assert(ftruncate(fileno(file), 1l << 40) == 0);
    fclose(file);
    refused(path, "cut short or damaged");
}

Test(checkpoint, what_it_names_is_not_opened_unless_it_may_be_that) {
    static const struct {
        const char *program, *handler, *why;
        uint64_t size, memory;
    } cases[] = {{"/dev/zero", "count", "has changed", 0, MEMORY},
                 {"/dev/zero", "count", "holds no state", 0, 1ul << 60},
                 {"/", "count", "has changed", 4096, MEMORY},
                 {LEDGER, "count", "has changed", 1, MEMORY},
                 {LEDGER, "device:/etc/hostname", "the handler device:/etc/hostname", 1, MEMORY},
                 {LEDGER, "log:/tmp/x", "the handler log:/tmp/x", 1, MEMORY},
                 {LEDGER, "trace:/tmp/x", "the handler trace:/tmp/x", 1, MEMORY},
                 {LEDGER, "./x.so:endpoint", "the handler ./x.so", 1, MEMORY},
                 {LEDGER, "unheard-of", "the handler unheard-of", 1, MEMORY}};
    char *argument = (char *)(uintptr_t) "ledger";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct archive a;
        struct pack *pack;
        char path[64];
        temporary(path);
        begin_plan(&a, path, (char *)(uintptr_t)cases[i].program, cases[i].size, &pack);
        archive_number(&a, 1, 1);
        archive_text(&a, &argument);
        end_plan(&a, cases[i].memory, cases[i].handler, pack);
        refused(path, cases[i].why);
    }
}

/* ---- Checkpoints that nobody has made */

static struct session *running;

static void on_alarm(int signal) {
    (void)signal;
    session_interrupt(running);
}

/* Some milliseconds of what came of it. */
static void run_a_little(struct session *session) {
    struct itimerval timer = {.it_value = {.tv_usec = 30000}};
    running = session;
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &timer, NULL);
    session_continue(session);
    memset(&timer, 0, sizeof timer);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* True: a machine came of it. */
static bool resume(const char *path, bool run) {
    const struct checkpoint_options options = {.stream_fd = {-1, -1, -1}};
    struct facet_error error = {""};
    struct session *session;
    if (checkpoint_resume(path, &options, &session, &error) != FACET_OK) {
        cr_expect(!session && *error.text, "no reason was given");
        return false;
    }
    if (run)
        run_a_little(session);
    session_close(session);
    return true;
}

/* Saved after so many accesses, with handlers of several kinds and a watched function. */
static void make(const char *path) {
    static char *argv[] = {(char *)"ledger", NULL};
    struct facet_error error;
    struct grants grants = {0};
    const struct session_config config = {
        .program = LEDGER, .argv = argv, .argc = 1, .memory = 32ul << 20, .grants = &grants, .stream_fd = {-1, -1, -1}};
    struct session *session;
    cr_assert(session_open(&config, &session, &error) == FACET_OK, "%s", error.text);
    cr_assert(session_swap(session, "sym:ledger", "count", &error) == FACET_OK);
    cr_assert(session_swap(session, "sym:ledger", "poison:off=40..41,report", &error) == FACET_OK);
    cr_assert(session_swap(session, "sym:ledger", "watch:store,off=176,value=75", &error) == FACET_OK);
    cr_assert(session_swap(session, "sym:add_to_balance", "count", &error) == FACET_OK);
    cr_assert(session_start(session, &error) == FACET_OK, "%s", error.text);
    cr_assert_eq(session_continue(session).event, SESSION_STOPPED);
    cr_assert(checkpoint_save(session, path, &error) == FACET_OK, "%s", error.text);
    session_close(session);
}

Test(checkpoint, contents_that_nobody_saved_are_refused_or_run, .timeout = 3600) {
    const char *wanted = getenv("FACET_FUZZ");
    unsigned seed = wanted ? (unsigned)time(NULL) : 1, rounds = wanted ? (unsigned)atoi(wanted) : 150, machines = 0;
    char path[64];
    size_t size;
    temporary(path);
    freopen("/dev/null", "w", stderr); /* kernels that die say so */
    make(path);
    cr_assert(resume(path, false));
    uint8_t *bytes = unpack(path, &size);
    for (unsigned i = 0; i < rounds; i++) {
        /* What is not memory is at the beginning and at the end. */
        size_t at = i % 3 == 0 ? (unsigned)rand_r(&seed) % 600 : size - 1 - (unsigned)rand_r(&seed) % 36000;
        if (i % 7 == 0)
            at = (size_t)rand_r(&seed) % size;
        uint8_t was[8];
        size_t length = i % 2 ? 1 : 8;
        at = at + length > size ? size - length : at;
        memcpy(was, bytes + at, length);
        for (size_t k = 0; k < length; k++)
            bytes[at + k] = i % 4 < 2 ? (uint8_t)rand_r(&seed) : 0xff;
        pack(path, bytes, size);
        machines += resume(path, i % 5 == 0);
        memcpy(bytes + at, was, length);
    }
    cr_expect_gt(machines, rounds / 20);
    cr_expect_lt(machines, rounds);
    free(bytes);
    unlink(path);
}
