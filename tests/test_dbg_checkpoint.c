/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checkpoints: the file format, and files whose sums are right but whose contents are not.
 */
#include "debugger/checkpoint.h"
#include "debugger/pack.h"
#include "debugger/session.h"
#include "debugger/swap.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

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
