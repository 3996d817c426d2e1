/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * System calls at random, by a seed: what a call wants most of the time, else anything. It works in the current
 * directory, which it soils, and in memory of its own. Left out is what ends it on purpose or waits for what never
 * comes.
 *
 * usage: fuzz all|common SEED CALLS [verbose]
 *     all      every number; only where nothing can be broken
 *     common   calls that every system answers alike, to be compared; each with its result
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul
#define ARENA ((char *)0x20000000) /* arguments point into it */
#define ARENA_SIZE (64 * PAGE)
#define PLACE 0x30000000ul /* where it maps and unmaps */
#define PLACE_PAGES 64ul
#define NUMBERS 470ul
#define FDS 20ul

static uint64_t state;
static int verbose, common; /* calls are compared */

static uint64_t draw(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state * 0x2545f4914f6cdd1d) >> 8;
}

static uint64_t below(uint64_t limit) {
    return draw() % limit;
}

static int one_in(uint64_t n) {
    return below(n) == 0;
}

/* ---- Arguments, by letters
 *
 *     f descriptor     p path         b buffer       s size         o offset        v vector of buffers
 *     F open's flags   m mode         c how many     P protection   M mmap's flags  A address of the place, L length of
 * it w whence         d directory    i small        0 zero         D new descriptor t where a signal's number is    k
 * fcntl's command
 */
struct call {
    short number;
    unsigned char common;
    const char *arguments;
};
static const struct call calls[] = {
    {SYS_read, 1, "fbs"},
    {SYS_write, 1, "fbs"},
    {SYS_open, 1, "pFm"},
    {SYS_openat, 1, "dpFm"},
    {SYS_creat, 1, "pm"},
    {SYS_close, 1, "D"},
    {SYS_lseek, 1, "fow"},
    {SYS_pread64, 1, "fbso"},
    {SYS_pwrite64, 1, "fbso"},
    {SYS_readv, 1, "fvc"},
    {SYS_writev, 1, "fvc"},
    {SYS_preadv, 1, "fvco0"},
    {SYS_pwritev, 1, "fvco0"},
    {SYS_dup, 1, "f"},
    {SYS_dup2, 1, "fD"},
    {SYS_dup3, 1, "fDF"},
    {SYS_stat, 0, "pb"},
    {SYS_lstat, 0, "pb"},
    {SYS_fstat, 0, "fb"},
    {SYS_newfstatat, 0, "dpbi"},
    {SYS_statx, 0, "dpiib"},
    {SYS_access, 1, "pi"},
    {SYS_faccessat, 1, "dpi"},
    {SYS_getdents64, 0, "fbs"},
    {SYS_ftruncate, 1, "fo"},
    {SYS_truncate, 1, "po"},
    {SYS_fallocate, 0, "fioo"},
    {SYS_unlink, 1, "p"},
    {SYS_unlinkat, 1, "dpu"},
    {SYS_mkdir, 1, "pm"},
    {SYS_mkdirat, 1, "dpm"},
    {SYS_rmdir, 1, "p"},
    {SYS_rename, 0, "pp"},
    {SYS_renameat, 0, "dpdp"},
    {SYS_renameat2, 0, "dpdpi"},
    {SYS_link, 0, "pp"},
    {SYS_symlink, 1, "pp"},
    {SYS_readlink, 1, "pbs"},
    {SYS_readlinkat, 1, "dpbs"},
    {SYS_chmod, 1, "pm"},
    {SYS_fchmod, 0, "fm"},
    {SYS_fsync, 1, "f"},
    {SYS_fdatasync, 1, "f"},
    {SYS_umask, 1, "U"},
    {SYS_mmap, 1, "ALPMfo"},
    {SYS_munmap, 1, "AL"},
    {SYS_mprotect, 1, "ALP"},
    {SYS_mremap, 0, "ALLiA"},
    {SYS_madvise, 0, "ALi"},
    {SYS_msync, 1, "ALi"},
    {SYS_mincore, 0, "ALb"},
    {SYS_pipe2, 0, "bN"},
    {SYS_fcntl, 1, "fkn"},
    {SYS_ioctl, 0, "fib"},
    {SYS_rt_sigaction, 1, "tbb8"},
    {SYS_rt_sigpending, 1, "bs"},
    {SYS_sigaltstack, 0, "0b"},
    {SYS_getrandom, 0, "bsi"},
    {SYS_memfd_create, 0, "pi"},
    {SYS_sendfile, 0, "ffbs"},
    {SYS_copy_file_range, 0, "fbfbs0"},
    {SYS_splice, 0, "fbfbsi"},
    {SYS_tee, 0, "ffsi"},
    {SYS_utimensat, 0, "dpbi"},
    {SYS_getxattr, 0, "ppbs"},
    {SYS_poll, 0, "bc0"},
    {SYS_select, 0, "ibbbz"},
    {SYS_getcwd, 0, "bs"},
    {SYS_fadvise64, 1, "foio"},
    {SYS_getrlimit, 0, "ib"},
    {SYS_clock_gettime, 0, "ib"},
    {SYS_eventfd2, 0, "iN"},
    {SYS_sched_getaffinity, 0, "0sb"},
    {SYS_brk, 0, "0"},
};
#define CALLS (sizeof calls / sizeof *calls)

/* They end or stop the program, wait for what nobody does, take its memory or registers, or make it two. */
static const short left_out[] = {
    SYS_exit,
    SYS_exit_group,
    SYS_fork,
    SYS_vfork,
    SYS_clone,
    SYS_clone3,
    SYS_execve,
    SYS_execveat,
    SYS_pause,
    SYS_rt_sigreturn,
    SYS_rt_sigsuspend,
    SYS_rt_sigtimedwait,
    SYS_kill,
    SYS_tkill,
    SYS_tgkill,
    SYS_alarm,
    SYS_setitimer,
    SYS_timer_settime,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_futex,
    SYS_poll,
    SYS_ppoll,
    SYS_select,
    SYS_pselect6,
    SYS_arch_prctl,
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_setrlimit,
    SYS_prlimit64,
    SYS_remap_file_pages,
    SYS_rseq,
    SYS_pipe,
    SYS_rt_sigaction,
    SYS_shmat,
    SYS_pkey_mprotect,
    SYS_close_range,
    SYS_epoll_wait,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_flock,
    SYS_eventfd,
    SYS_eventfd2,
};

static const char *const names[] = {"a",       "b",      "c",        "d",    "d/a", "d/b",   "e/f",
                                    "link",    "d/../a", "./b",      ".",    "",    "d/.",   "a/b",
                                    "missing", "d/link", "/no/such", "d/..", "d/d", "d/d/d", "a/"};
#define NAMES (sizeof names / sizeof *names)

static uint64_t wild(void) {
    static const uint64_t values[] = {0,         1,      2,         7,          8,           255,
                                      4095,      4096,   65536,     0x7fffffff, 0x80000000,  ~0u,
                                      1ul << 32, ~0ul,   ~0ul >> 1, 1ul << 63,  ~0ul - 4095, 1ul << 47,
                                      -100ul,    0x1000, 0x400000,  0x7ffff000, 0x3fffffff8};
    uint64_t value = values[below(sizeof values / sizeof *values)];
    return one_in(3) ? draw() << 8 | draw() : one_in(3) ? value - below(16) : value;
}

static uint64_t path(void) {
    char *at = ARENA + below(ARENA_SIZE / 64) * 64;
    strcpy(at, names[below(NAMES)]);
    return (uint64_t)(uintptr_t)at;
}

static uint64_t size(void) {
    return one_in(4) ? below(64 * PAGE) : one_in(3) ? below(16) : below(512);
}

static uint64_t buffer(void) {
    uint64_t at = (uint64_t)(uintptr_t)ARENA + below(ARENA_SIZE);
    return one_in(8) ? at - at % PAGE : one_in(16) ? (uint64_t)(uintptr_t)ARENA + ARENA_SIZE - below(64) : at & ~7ul;
}

static uint64_t vector(void) {
    uint64_t *at = (uint64_t *)(void *)(ARENA + below(ARENA_SIZE / 256) * 256);
    for (int i = 0; i < 8; i++) {
        at[2 * i] = !common && one_in(16) ? wild() : buffer();
        at[2 * i + 1] = !common && one_in(32) ? wild() : size();
    }
    return (uint64_t)(uintptr_t)at;
}

static uint64_t open_flags(void) {
    static const int flags[] = {O_CREAT,    O_EXCL,    O_TRUNC, O_APPEND, O_DIRECTORY,
                                O_NOFOLLOW, O_CLOEXEC, O_PATH,  O_CREAT};
    uint64_t value = below(3) | O_NONBLOCK;
    while (!one_in(2))
        value |= (uint64_t)flags[below(9)];
    return value;
}

static const uint64_t no_time[2];

static uint64_t argument(char letter) {
    static const int commands[] = {F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC, F_GETLK, 1030, 1234};
    switch (letter) {
    case 'f':
        return one_in(16) ? (uint64_t)-1 : 3 + below(FDS);
    case 'D':
        return 3 + below(FDS);
    case 'd':
        return one_in(4) ? 3 + below(FDS) : (uint64_t)AT_FDCWD;
    case 'p':
        return path();
    case 'b':
        return buffer();
    case 'v':
        return vector();
    case 'c':
        return below(9);
    case 's':
        return size();
    case 'o':
        return one_in(16) ? (uint64_t)-5 : one_in(4) ? below(1 << 20) : below(5000);
    case 'w':
        return below(common ? 3 : 5); /* where holes are is the file system's business */
    case 'F':
        return open_flags();
    case 'm':
        return 0700 | below(0100);
    case 'U': /* the user keeps his rights, as with all modes, for root has them anyway */
        return below(0100);
    case 'u':
        return one_in(3) ? AT_REMOVEDIR : 0;
    case 'A':
        return PLACE + below(PLACE_PAGES) * PAGE + (one_in(16) ? below(PAGE) : 0);
    case 'L':
        return one_in(16) ? 0 : 1 + below(16 * PAGE);
    case 'P':
        return below(8);
    case 'M':
        return (one_in(4) ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED | (one_in(2) ? MAP_ANONYMOUS : 0);
    case 'N':
        return O_NONBLOCK | (one_in(2) ? O_CLOEXEC : 0);
    case 'k':
        return (uint64_t)commands[below(8)];
    case 'n':
        return 3 + below(FDS);
    case 'z':
        return (uint64_t)(uintptr_t)no_time;
    case 't':
        return SIGUSR1;
    case '8':
        return one_in(8) ? below(16) : 8;
    case 'i':
        return below(16);
    default:
        return 0;
    }
}

/* What must stay as it is, or the fuzzer would be its own victim. */
static int keeps(char letter) {
    return letter == 'A' || letter == 'D' || letter == 'N' || letter == 'M' || letter == 'n' || letter == 't' ||
           letter == 'F' || letter == '0' || letter == 'L' || letter == 'd' || letter == 'k' || letter == 'z' ||
           letter == 'm' || letter == 'U';
}

static long invoke(long number, const uint64_t a[6]) {
    register uint64_t r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static int is_left_out(long number) {
    for (unsigned i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (left_out[i] == number)
            return 1;
    return 0;
}

/* Anything: the number, too. Descriptors 0 to 2 stay. */
static long any(uint64_t a[6]) {
    static const char letters[] = "fpbsodFmicvA0wk";
    long number;
    do
        number = one_in(40) ? (long)wild() : (long)below(NUMBERS);
    while (is_left_out((long)(int)number));
    for (int i = 0; i < 6; i++)
        a[i] = one_in(8) ? wild() : argument(letters[below(sizeof letters - 1)]);
    if (a[0] < 3)
        a[0] = 3;
    if (number == SYS_dup2 || number == SYS_dup3)
        a[1] = 3 + below(FDS);
    if (number == SYS_fcntl || number == SYS_ioctl)
        a[1] = number == SYS_fcntl ? argument('k') : a[1];
    return number;
}

static long known(uint64_t a[6]) {
    const struct call *call;
    do
        call = &calls[below(CALLS)];
    while (common && !call->common);
    for (int i = 0; call->arguments[i]; i++)
        a[i] = !keeps(call->arguments[i]) && one_in(common ? 40 : 16) ? wild() : argument(call->arguments[i]);
    if (strchr("fD", call->arguments[0]) && (int)a[0] < 3 && (int)a[0] >= 0) /* its output is not to be touched */
        a[0] = 3;
    return call->number;
}

static unsigned long sum(const void *from, unsigned long bytes) {
    unsigned long value = 5381;
    for (unsigned long i = 0; i < bytes; i++)
        value = value * 33 + ((const unsigned char *)from)[i];
    return value;
}

/* What a read has brought is part of the result. */
static void tell(long number, const uint64_t a[6], long result) {
    printf("%ld(%lx, %lx, %lx, %lx) = %ld", number, a[0], a[1], a[2], a[3],
           number == SYS_mmap && result > 0 ? 1 : result);
    if ((number == SYS_read || number == SYS_pread64) && result > 0)
        printf(" %lx", sum((void *)a[1], (unsigned long)result));
    printf("\n");
    if (verbose)
        printf("memory %lx\n", sum(ARENA, ARENA_SIZE));
}

/* Each starts from the same memory. */
static void refill(void) {
    for (unsigned long i = 0; i < ARENA_SIZE / 8; i += 64)
        ((uint64_t *)(void *)ARENA)[i + below(64)] = one_in(2) ? draw() << 8 : below(4096);
}

static void start(void) {
    close_range(3, ~0u, 0);
    umask(022);
    if (mmap(ARENA, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != ARENA)
        exit(77);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    mkdir("d", 0700);
    int fd = open("a", O_RDWR | O_CREAT | O_NONBLOCK, 0600);
    refill();
    if (fd != 3 || write(fd, ARENA, 5 * PAGE + 17) < 0 || open("d", O_RDONLY | O_DIRECTORY) != 4 || dup(3) != 5 ||
        symlink("a", "link") != 0)
        exit(77);
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    verbose = argc > 4;
    common = strcmp(argv[1], "common") == 0;
    state = strtoul(argv[2], 0, 0) * 0x9e3779b97f4a7c15 + 1;
    draw();
    start();
    for (unsigned long i = strtoul(argv[3], 0, 0); i; i--) {
        uint64_t a[6] = {0};
        long number = common || !one_in(3) ? known(a) : any(a);
        if (verbose)
            printf("%ld(%lx, %lx, %lx, %lx, %lx, %lx)\n", number, a[0], a[1], a[2], a[3], a[4], a[5]), fflush(stdout);
        if (common && one_in(16))
            refill();
        long result = invoke(number, a);
        if (common)
            tell(number, a, result);
    }
    puts("the end");
    return 0;
}
