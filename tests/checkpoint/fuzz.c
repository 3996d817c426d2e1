/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checkpoints that somebody made to harm who resumes them: good ones with fields, order, memory and kernel changed, and
 * with sums that are right. Each is resumed in a process of its own, runs for a moment and is looked at as a user
 * would. It must be refused with a message, or run until it ends, is interrupted, or facet finds the kernel broken.
 *
 * usage: fuzz BUILD-FOLDER SEED CASES [FIRST]      Changes nothing on the host, and is nobody if it was root.
 */
#include "mutate.h"

#include "debugger/checkpoint.h"
#include "debugger/cli.h"
#include "debugger/kernel.h"
#include "debugger/pack.h"
#include "emu/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#define RAM (32ul << 20)
#define SECONDS_MAX 60            /* of processor time that a case may take */
#define MEMORY_MAX (1536ul << 20) /* bytes: RAM, what a checkpoint may have beside it, and a sanitizer */
#define RUN_MICROSECONDS 40000
#define MSR_LSTAR 0xc0000082u
#define ROW(words) (words), sizeof(words) / sizeof *(words)

enum outcome { REFUSED = 40, RAN, ENDED, SILENT }; /* exit status of a case's process */

static char file[64], folder[256], save_here[80];

static void die(const char *what, const char *why) {
    fprintf(stderr, "fuzz: %s: %s\n", what, why);
    exit(2);
}

/* A file below the build folder; its name is there until the next but one. */
static char *built(const char *name) {
    static char path[2][512];
    static unsigned next;
    next ^= 1;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

/* ---- Good ones */

struct subject {
    const char *program, *argument;
    struct {
        const char *object, *handler;
    } swap[4];
    const char *further[2]; /* name, program */
    unsigned grants;
    uint64_t moment; /* clock, behind the program's first instruction; 0: where it stops by itself */
};

static const struct subject subjects[] = {
    {"guests/ledger",
     NULL,
     {{"sym:ledger", "count"},
      {"sym:ledger", "poison:off=40..41,report"},
      {"sym:ledger", "watch:store,off=176,value=75"},
      {"sym:add_to_balance", "count"}},
     {NULL},
     0,
     0},
    {"guests/ledger",
     NULL,
     {{"sym:ledger", "endpoint:once"}, {"sym:ledger", "flip:p=0.1"}},
     {"once", "guests/writeonce"},
     0,
     90000},
    {"guests/remote", NULL, {{NULL, NULL}}, {NULL}, GRANT_RANGE | GRANT_DEBUG, 60000},
    {"tests/linux/stockroom",
     NULL,
     {{"seg:heap", "poison:report"}, {"seg:stack", "once:ignore"}, {"seg:heap", "log"}},
     {NULL},
     GRANT_STDOUT | GRANT_STDERR,
     400000},
    {"guests/wordfreq",
     NULL,
     {{"sym:table", "freeze"}, {"sym:table", "trace"}},
     {NULL},
     GRANT_STDIN | GRANT_STDOUT,
     9000},
};
#define SUBJECTS (sizeof subjects / sizeof *subjects)

static void add_hot(struct layout *l, struct emu *emu, const void *host, uint64_t size) {
    uint64_t at = (uint64_t)((const uint8_t *)host - emu->ram);
    if (host && size >= 8 && l->hot_count < HOT_MAX)
        l->hot[l->hot_count++] = (struct hot){at & ~7ul, size & ~7ul};
}

static void add_array(struct layout *l, struct emu *emu, const void *array, uint64_t bytes) {
    bytes = bytes < 16384 ? bytes : 16384;
    add_hot(l, emu, kernel_pointer(emu, array, bytes), bytes);
}

static void find_hot(struct layout *l, struct session *s) {
    struct emu *emu = session_emu(s);
    const struct debug_block *block = emu_debug_block(emu);
    const struct kernel_info *k = kernel_info_get(emu);
    uc_x86_msr entry = {.rid = MSR_LSTAR};
    for (int weight = 0; weight < 3; weight++) {
        add_hot(l, emu, block, offsetof(struct debug_block, request));
        add_hot(l, emu, k, sizeof *k);
        add_hot(l, emu, emu_ram(emu, (gpa_t){block->fronts}, 1024), 1024);
    }
    add_hot(l, emu, block, sizeof *block);
    add_array(l, emu, k->pages, k->page_count * k->page_stride);
    add_array(l, emu, k->gpts, k->gpt_count * k->gpt_stride);
    add_array(l, emu, k->processes, 4 * k->process_stride);
    add_array(l, emu, k->endpoints, k->endpoint_count * k->endpoint_stride);
    add_array(l, emu, k->front_handlers, 1024);
    add_array(l, emu, k->front_parts, 1024);
    add_array(l, emu, k->front_services, 1024);
    uc_reg_read(emu->uc, UC_X86_REG_MSR, &entry);
    l->entry = entry.value - KERNEL_LINK_BASE < RAM ? entry.value - KERNEL_LINK_BASE : 0;
    l->ram = emu->ram_size;
}

static struct session *open_subject(const struct subject *s, struct facet_error *error) {
    static char *argv[] = {(char *)"program", NULL};
    static struct session_program further;
    static struct grants grants;
    grants = (struct grants){.flags = s->grants};
    if (s->further[0])
        further = (struct session_program){(char *)(uintptr_t)s->further[0], built(s->further[1])};
    const struct session_config config = {.program = built(s->program),
                                          .argv = argv,
                                          .argc = 1,
                                          .memory = RAM,
                                          .further = &further,
                                          .further_count = s->further[0] != NULL,
                                          .grants = &grants,
                                          .stream_fd = {-1, -1, -1},
                                          .clock = s->moment != 0};
    struct session *session;
    if (session_open(&config, &session, error) != FACET_OK)
        die(s->program, error->text);
    for (size_t i = 0; i < 4 && s->swap[i].object; i++)
        if (session_swap(session, s->swap[i].object, s->swap[i].handler, error) != FACET_OK)
            die(s->swap[i].object, error->text);
    if (session_start(session, error) != FACET_OK)
        die(s->program, error->text);
    return session;
}

static int play(struct session *session, const struct cli_input *inputs, size_t count) {
    const struct cli_options options = {.inputs = inputs,
                                        .input_count = count,
                                        .batch = true,
                                        .quiet = true,
                                        .argc = session_argc(session),
                                        .argv = session_argv(session)};
    return cli_run(session, &options);
}

/* Somebody has debugged it, and set what one can set; then it is begun anew. */
static void debug(struct session *session, struct facet_error *error) {
    const struct cli_input inputs[] = {{false, "break remember_payment if amount > 100"},
                                       {false, "ignore 1 3"},
                                       {false, "commands 1"},
                                       {false, "silent"},
                                       {false, "end"},
                                       {false, "watch -l *(long *)((char *)&ledger + 176)"},
                                       {false, "display/4xb $sp"},
                                       {false, "tbreak *0x401460"},
                                       {false, save_here}};
    snprintf(save_here, sizeof save_here, "checkpoint %s", file);
    if (play(session, inputs, sizeof inputs / sizeof *inputs) != 0 || session_start(session, error) != FACET_OK)
        die("debug", "it failed");
}

static struct contents unpack(void) {
    struct contents c = {0};
    struct facet_error error;
    FILE *stream;
    if (pack_open(file, &stream, &error) != FACET_OK)
        die(file, error.text);
    for (size_t got = 1; got > 0; c.size += got) {
        c.bytes = realloc(c.bytes, c.size + 65536);
        got = fread(c.bytes + c.size, 1, 65536, stream);
    }
    fclose(stream);
    return c;
}

static struct contents make(const struct subject *s, struct layout *layout) {
    struct facet_error error;
    struct session *session = open_subject(s, &error);
    if (s == subjects)
        debug(session, &error);
    if (s->moment)
        session_alarm(session, false, emu_clock(session_emu(session)) + s->moment);
    struct session_stop stop = session_continue(session);
    if (stop.event != (s->moment ? SESSION_MOMENT : SESSION_STOPPED))
        die(s->program, "it did not come to the moment at which it is to be saved");
    find_hot(layout, session);
    fields_record(layout);
    if (checkpoint_save(session, file, &error) != FACET_OK)
        die(s->program, error.text);
    fields_record(NULL);
    session_close(session);
    struct contents c = unpack();
    const struct field *last = &layout->field[layout->count - 1];
    if (last->at + last->size != c.size)
        die(s->program, "what was noted while it was saved is not what was saved");
    return c;
}

/* ---- One case */

static struct session *volatile running;

/* Once is enough: a kernel that does not come back is given some seconds. */
static void on_time(int signal) {
    struct emu *emu = running ? session_emu(running) : NULL;
    (void)signal;
    if (emu && !atomic_load(&emu->interrupted))
        session_interrupt(running);
}

/* Whatever runs does so for a moment only, of processor time. */
static void watch_time(struct session *session) {
    struct itimerval timer = {{.tv_usec = RUN_MICROSECONDS}, {.tv_usec = RUN_MICROSECONDS}};
    running = session;
    signal(SIGPROF, on_time);
    setitimer(ITIMER_PROF, &timer, NULL);
}

/* What a user may ask of it. */
static void look(struct session *session) {
    static const struct cli_input inputs[] = {{false, "info processes"},
                                              {false, "info registers"},
                                              {false, "caps"},
                                              {false, "caps init"},
                                              {false, "tree"},
                                              {false, "tree init"},
                                              {false, "who $sp"},
                                              {false, "holders $pc"},
                                              {false, "traverse $sp"},
                                              {false, "flow"},
                                              {false, "info handlers"},
                                              {false, "objects"},
                                              {false, "x/64xb $sp"},
                                              {false, "bt"},
                                              {false, "p $xmm0"},
                                              {false, "stepi"},
                                              {false, "swap sym:main count"},
                                              {false, "info processes --json"},
                                              {false, "checkpoint /nowhere/x"},
                                              {false, "continue"}};
    play(session, inputs, sizeof inputs / sizeof *inputs);
}

static enum outcome resume(bool ask) {
    const int null = open("/dev/null", O_RDWR);
    const struct checkpoint_options options = {.stream_fd = {null, null, null}};
    struct facet_error error = {""};
    struct session *session;
    if (checkpoint_resume(file, &options, &session, &error) != FACET_OK) {
        fprintf(stderr, "refused: %s\n", error.text);
        return *error.text && !session ? REFUSED : SILENT;
    }
    watch_time(session);
    if (ask)
        look(session);
    if (session_emu(session))
        session_continue(session);
    enum outcome outcome = session_emu(session) ? RAN : ENDED;
    running = NULL;
    session_close(session);
    return outcome;
}

static void in_child(const char *said, bool ask) {
    const struct rlimit time = {SECONDS_MAX, SECONDS_MAX}, no_core = {0, 0}, written = {64ul << 20, 64ul << 20};
    int to = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    setrlimit(RLIMIT_CPU, &time);
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_FSIZE, &written);
    dup2(to, 2);
    dup2(open("/dev/null", O_WRONLY), 1);
    exit(resume(ask));
}

static void pack(const struct contents *c) {
    struct facet_error error;
    struct pack *made;
    FILE *stream;
    if (pack_create(file, &made, &stream, &error) != FACET_OK)
        die(file, error.text);
    fwrite(c->bytes, 1, c->size, stream);
    if (pack_finish(made, true, &error) != FACET_OK)
        die(file, error.text);
}

/* Bytes of the file itself, sizes and compressed pieces, with a sum that is right again. */
static void damage_file(struct random *r) {
    struct stat status;
    int fd = open(file, O_RDWR);
    if (fd < 0 || fstat(fd, &status) != 0)
        die(file, strerror(errno));
    size_t size = (size_t)status.st_size;
    uint8_t *bytes = malloc(size);
    ssize_t got = pread(fd, bytes, size, 0);
    for (uint64_t times = 1 + random_below(r, 3); times > 0; times--) {
        uint64_t at = random_below(r, 2) ? 16 + random_below(r, 16) : 16 + random_below(r, size - 32);
        bytes[at] = (uint8_t)(random_below(r, 2) ? random_word(r) : bytes[at] ^ 1u << random_below(r, 8));
    }
    uint64_t sum = pack_crc(0, bytes, size - sizeof sum);
    memcpy(bytes + size - sizeof sum, &sum, sizeof sum);
    if ((size_t)got != size || pwrite(fd, bytes, size, 0) != got)
        die(file, "it could not be changed");
    close(fd);
    free(bytes);
}

/* False: something happened that must not. */
static bool try(const char *said, bool ask, unsigned counts[4]) {
    struct rusage used;
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        in_child(said, ask);
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        die("fork", strerror(errno));
    bool exited = WIFEXITED(status) && WEXITSTATUS(status) >= REFUSED && WEXITSTATUS(status) < SILENT;
    bool small = (uint64_t)used.ru_maxrss * 1024 < MEMORY_MAX;
    if (exited)
        counts[WEXITSTATUS(status) - REFUSED]++;
    if (!exited || !small)
        printf("status 0x%x, %ld MiB\n", (unsigned)status, used.ru_maxrss / 1024);
    return exited && small;
}

/* ---- All */

static void be_nobody(void) {
    if (getuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        die("setuid", strerror(errno));
}

static void tell(uint64_t seed, uint64_t number, const char *said) {
    char line[400];
    FILE *in = fopen(said, "r");
    printf("fuzz: seed %lu, case %lu: the checkpoint is %s\n", seed, number, file);
    for (int i = 0; in && i < 30 && fgets(line, sizeof line, in); i++)
        fputs(line, stdout);
}

int main(int argc, char **argv) {
    static struct layout layout[SUBJECTS];
    static struct contents good[SUBJECTS];
    char said[80];
    unsigned counts[4] = {0};
    if (argc < 4 || !realpath(argv[1], folder))
        die("usage", "fuzz BUILD-FOLDER SEED CASES [FIRST]");
    uint64_t seed = strtoull(argv[2], NULL, 0), cases = strtoull(argv[3], NULL, 0);
    uint64_t first = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
    be_nobody();
    snprintf(file, sizeof file, "/dev/shm/facet-fuzz.%d", getpid());
    snprintf(said, sizeof said, "%s.err", file);
    for (size_t i = 0; i < SUBJECTS; i++) {
        good[i] = make(&subjects[i], &layout[i]);
        if (!try(said, true, counts) || counts[0])
            die(subjects[i].program, "the good checkpoint does not run");
    }
    memset(counts, 0, sizeof counts);
    for (uint64_t number = first; number < first + cases; number++) {
        struct random r = {(seed << 32 | number) * 2 + 1};
        size_t which = (random_word(&r), random_below(&r, SUBJECTS));
        struct contents bad = {malloc(good[which].size), good[which].size};
        memcpy(bad.bytes, good[which].bytes, bad.size);
        bool inside = random_below(&r, 16) > 0;
        if (inside)
            mutate(&layout[which], &bad, &r);
        pack(&bad);
        if (!inside)
            damage_file(&r);
        free(bad.bytes);
        if (!try(said, random_below(&r, 3) == 0, counts)) {
            tell(seed, number, said);
            return 1;
        }
    }
    unlink(file);
    unlink(said);
    printf("fuzz: %lu checkpoints: %u refused, %u ran, %u ended\n", cases, counts[0], counts[1], counts[2]);
    return counts[0] == 0 || counts[1] == 0;
}
