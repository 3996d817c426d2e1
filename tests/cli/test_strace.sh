# SPDX-License-Identifier: GPL-2.0-or-later
# What --strace prints of a static program is what strace prints of it natively, call by call: names, arguments, structures,
# results. Addresses, process and user numbers and random bytes differ and are masked; so is rseq, which facet lacks.
. tests/cli/lib.sh
FACET=$(realpath "$FACET")

cat >"$T/calls.c" <<'C'
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
static char buffer[70000];
static void handler(int s) { (void)s; }
int main(void) {
    int fd = open("a file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640), two[2];
    struct stat st;
    struct timespec t;
    write(fd, "hello, \"world\"\n\t\\ \1\0017\177\377", 24);
    write(fd, buffer, 100);
    pwrite(fd, "0123456789012345678901234567890123456789", 33, 10);
    pread(fd, buffer, 32, 10);
    lseek(fd, 0, SEEK_SET);
    lseek(fd, -3, SEEK_END);
    read(fd, buffer, sizeof buffer);
    fstat(fd, &st);
    stat("a file", &st);
    lstat("missing", &st);
    ftruncate(fd, 5000);
    fsync(fd);
    char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 4096);
    mprotect(map, 4096, PROT_NONE);
    map = mremap(map + 4096, 4096, 4096, MREMAP_MAYMOVE);
    madvise(map, 4096, MADV_DONTNEED);
    munmap(map, 4096);
    mmap(NULL, 12288, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    mmap(NULL, 0, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fcntl(fd, F_GETFL);
    fcntl(fd, F_GETFD);
    fcntl(fd, F_SETFD, 0);
    fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
    fcntl(fd, F_DUPFD, 20);
    fcntl(fd, F_DUPFD_CLOEXEC, 30);
    dup(fd);
    dup2(fd, 40);
    dup3(fd, 41, O_CLOEXEC);
    dup2(99, 1);
    pipe(two);
    pipe2(two, O_CLOEXEC | O_NONBLOCK);
    struct pollfd p[2] = {{two[0], POLLIN, 0}, {two[1], POLLOUT | POLLPRI, 0}};
    poll(p, 1, 0);
    poll(p, 2, 0);
    struct iovec v[3] = {{"abc", 3}, {"", 0}, {"0123456789012345678901234567890123456789", 40}};
    writev(two[1], v, 3);
    struct iovec w[2] = {{buffer, 5}, {buffer + 100, 100}};
    readv(two[0], w, 2);
    readv(two[0], w, 2);
    ioctl(fd, TCGETS, buffer);
    ioctl(two[0], FIONREAD, buffer);
    access("a file", R_OK | W_OK);
    access("nothing", F_OK);
    faccessat(AT_FDCWD, "a file", X_OK, 0);
    mkdir("folder", 0755);
    mkdirat(AT_FDCWD, "folder", 0700);
    symlink("a file", "folder/link");
    readlink("folder/link", buffer, 100);
    readlink("a file", buffer, 100);
    rename("a file", "folder/b");
    link("folder/b", "folder/c");
    chmod("folder/b", 0711);
    fchmod(fd, 0);
    syscall(SYS_renameat2, AT_FDCWD, "folder/b", AT_FDCWD, "folder/c", 1);
    int directory = open("folder", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    openat(directory, "c", O_WRONLY | O_APPEND | O_NONBLOCK);
    fstatat(directory, "link", &st, AT_SYMLINK_NOFOLLOW);
    unlinkat(directory, "link", 0);
    unlinkat(directory, "c", AT_REMOVEDIR);
    struct timespec times[2] = {{1, 2}, {0, UTIME_OMIT}};
    utimensat(directory, "c", times, 0);
    unlink("folder/c");
    unlink("folder/b");
    rmdir("folder");
    rmdir("folder");
    chdir("..");
    fchdir(directory);
    close(directory);
    close(directory);
    umask(027);
    umask(0);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_NODEFER}, old;
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, &old);
    sigaction(SIGUSR1, NULL, &old);
    signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigprocmask(SIG_SETMASK, NULL, &set);
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    t = (struct timespec){0, 1000};
    nanosleep(&t, NULL);
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
    syscall(SYS_clock_getres, CLOCK_REALTIME, &t);
    syscall(SYS_clock_gettime, 77, &t);
    syscall(SYS_sched_yield);
    syscall(SYS_set_robust_list, buffer, 24);
    syscall(SYS_getrandom, NULL, 0, GRND_NONBLOCK | GRND_RANDOM);
    getuid(); /* the results of these are masked */
    getppid();
    syscall(SYS_prctl, 16, buffer);
    syscall(SYS_prctl, 15, "a long name for it");
    syscall(SYS_prctl, 16, buffer);
    syscall(SYS_close_range, 10, 50, 0);
    syscall(SYS_fadvise64, fd, 0, 100, 2);
    open("/no/such/file\r\xe4", O_RDONLY);
    write(2, NULL, 0);
    write(77, "x", 1);
    _exit(7);
}
C
mask() {
    sed -E 's/0x[0-9a-f]{5,}/ADDRESS/g; s/^((set_tid_address|get[a-z]*id)\(.*\) *=).*/\1 ID/; s/ +=/ =/; /^rseq/d
        s/"(\\x..)+"/RANDOM/; s/^(read\(0|write\([12]), "\\0.*/\1/; /^facet: the program was refused/d' "$1"
}
mkdir "$T/dir"
gcc -w -static -o "$T/dir/glibc" "$T/calls.c"
musl-gcc -w -static -o "$T/dir/musl" "$T/calls.c"
cd "$T/dir"
for program in musl glibc; do
    # shellcheck disable=SC2016
    expect 7 bash -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- 10>&- 11>&- 12>&-
        exec env -i "$(command -v strace)" -o "$0" "$1"' "$T/native" "./$program" </dev/null
    rm -rf folder
    expect 7 "$FACET" run --strace --grant dir:.:rw "./$program" </dev/null
    rm -rf folder
    mask "$T/native" >"$T/native.calls"
    mask "$T/err" >"$T/facet.calls"
    [ "$(wc -l <"$T/native.calls")" -gt 90 ] || fail "strace saw almost nothing"
    cmp -s "$T/native.calls" "$T/facet.calls" || {
        diff "$T/native.calls" "$T/facet.calls" | head -n 10
        fail "the calls of $program: strace (<) and facet (>) differ"
    }
done

# Calls that nobody has are shown, counted, and named when the program fails; a signal ends the list as strace does.
cat >"$T/odd.c" <<'C'
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
    syscall(SYS_bpf, 1, 2, 3);
    syscall(SYS_bpf, 1, 2, 3);
    syscall(1000, 1, 2, 3, 4, 5, 6);
    if (argc > 1 && argv[1][0] == 'f')
        *(volatile int *)0x1234567 = 1;
    return argc > 1;
}
C
musl-gcc -static -o "$T/odd" "$T/odd.c"
expect 0 "$FACET" run --stats "$T/stats" "$T/odd"
err_empty
jq -e '.unknown_calls == {"bpf": 2, "syscall_0x3e8": 1}' "$T/stats" >/dev/null || fail "unknown_calls is wrong"
expect 1 "$FACET" run "$T/odd" x
err_lines 1
err_has '^facet: system calls that facet lacks: bpf \(2\), syscall_0x3e8 \(1\)$'
expect 0 "$FACET" run --strace "$T/odd"
err_has '^bpf\(0x1, 0x2, 3\) +?= -1 ENOSYS \(Function not implemented\)$'
err_has '^syscall_0x3e8\(0x1, 0x2, 0x3, 0x4, 0x5, 0x6\) = -1 ENOSYS \(Function not implemented\)$'
expect 139 "$FACET" run --strace "$T/odd" f
err_has '^--- SIGSEGV \{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x1234567\} ---$'
err_has '^\+\+\+ killed by SIGSEGV \+\+\+$'
