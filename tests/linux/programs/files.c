/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random file calls on a few names in the working directory, through all kinds of paths: relative, absolute, by
 * descriptor, with "." and "..", through links. Prints what each did, so that two systems can be compared.
 * usage: files CASES SEED DIRECTORY
 * The paths climb out of the directory: natively it must run in a jail (chroot), and it does not run where it can see
 * another root than that of its test, which has a file /jail.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ONE_OF(list) list[draw(sizeof list / sizeof *list)]

static unsigned long state;
static char base[4096];
static char bytes[200000];

static unsigned long draw(unsigned long below) {
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (state >> 33) % below;
}

static long told(const char *what, long result) {
    if (result < 0)
        printf("%s: %s\n", what, strerrorname_np(errno));
    else
        printf("%s: %ld\n", what, result);
    return result;
}

/* ---- Paths */

static const char *path(void) {
    static const char *const names[] = {
        "a",   "b",   "c",   "d",    "e",     "d/a",    "d/b",    "d/d",      "d/d/a",       "e/a",       "l",
        "m",   "n",   "l/a", "d/l",  "d/l/b", "m/b",    "d/d/l",  ".",        "..",          "d/..",      "d/../a",
        "./b", "d/.", "a/b", "d//a", "l/..",  "l/../b", "m/../a", "e/d/../a", "d/d/../../b", "nothing/a", ""};
    static char room[4][5000];
    static unsigned turn;
    char *to = room[turn++ % 4];
    static const char *const begun[] = {"", "", "", "./", "%", "%", "%../here/"};
    const char *before = ONE_OF(begun), *name = ONE_OF(names);
    if (*before == '%')
        snprintf(to, sizeof room[0], "%s/%s%s", base, before + 1, name);
    else
        snprintf(to, sizeof room[0], "%s%s", before, name);
    if (*to && draw(12) == 0)
        strcat(to, "/");
    return to;
}

static const char *shown(const char *text) {
    static char room[4][5000];
    static unsigned turn;
    char *to = room[turn++ % 4];
    size_t length = strlen(base);
    snprintf(to, sizeof room[0], "%s%s", strncmp(text, base, length) == 0 ? "%" : "",
             strncmp(text, base, length) == 0 ? text + length : text);
    return to;
}

static int fd(void) {
    return (int)draw(14);
}

/* A descriptor that is not the program's own output. */
static int own_fd(void) {
    int some = fd();
    return some < 3 ? some + 3 : some;
}

/* ---- Calls */

static void call_open(void) {
    static const int ways[] = {O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_PATH};
    static const int more[] = {0,
                               0,
                               0,
                               O_CREAT,
                               O_CREAT,
                               O_CREAT | O_EXCL,
                               O_TRUNC,
                               O_APPEND,
                               O_DIRECTORY,
                               O_NOFOLLOW,
                               O_CREAT | O_NOFOLLOW,
                               O_CREAT | O_DIRECTORY,
                               O_NONBLOCK | O_CLOEXEC};
    int flags = ONE_OF(ways) | ONE_OF(more), mode = draw(2) ? 0644 : 0777;
    const char *name = path();
    int at = draw(3) ? AT_FDCWD : own_fd();
    printf("openat %d %s %o %o", at, shown(name), (unsigned)flags, (unsigned)mode);
    int got = (int)told("", openat(at, name, flags, mode));
    if (got > 12)
        close(got);
}

static void call_close(void) {
    int some = own_fd();
    printf("close %d", some);
    told("", close(some));
}

static void call_dup(void) {
    int some = own_fd(), other = own_fd();
    printf("dup2 %d %d", some, other);
    told("", draw(2) ? dup2(some, other) : dup3(some, other, draw(2) ? O_CLOEXEC : 0));
}

static unsigned long sum(const char *data, long size) {
    unsigned long total = 5381;
    for (long i = 0; i < size; i++)
        total = total * 33 + (unsigned char)data[i];
    return total;
}

static size_t some_size(void) {
    static const size_t sizes[] = {0, 1, 7, 100, 4095, 4096, 5000, 65536, 70000, 150000};
    return ONE_OF(sizes);
}

static void call_read(void) {
    int some = own_fd();
    size_t size = some_size();
    long offset = (long)draw(3) * 4000 - (draw(10) == 0 ? 9000 : 0), got;
    memset(bytes, 'x', sizeof bytes);
    struct iovec parts[3] = {{bytes, size / 3}, {bytes + size / 3, size / 3}, {bytes + size / 3 * 2, size / 3}};
    switch (draw(4)) {
    case 0:
        printf("pread %d %zu %ld", some, size, offset);
        got = told("", pread(some, bytes, size, offset));
        break;
    case 1:
        printf("readv %d %zu", some, size);
        got = told("", readv(some, parts, 3));
        break;
    case 2:
        printf("preadv %d %zu %ld", some, size, offset);
        got = told("", preadv(some, parts, 3, offset));
        break;
    default:
        printf("read %d %zu", some, size);
        got = told("", read(some, bytes, size));
    }
    printf("  %lx\n", sum(bytes, got));
}

static void call_write(void) {
    int some = own_fd();
    size_t size = some_size();
    long offset = (long)draw(3) * 4000 - (draw(10) == 0 ? 9000 : 0);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 + size);
    struct iovec parts[3] = {{bytes, size / 3}, {bytes + size / 3, size / 3}, {bytes + size / 3 * 2, size / 3}};
    switch (draw(4)) {
    case 0:
        printf("pwrite %d %zu %ld", some, size, offset);
        told("", pwrite(some, bytes, size, offset));
        break;
    case 1:
        printf("writev %d %zu", some, size);
        told("", writev(some, parts, 3));
        break;
    case 2:
        printf("pwritev %d %zu %ld", some, size, offset);
        told("", pwritev(some, parts, 3, offset));
        break;
    default:
        printf("write %d %zu", some, size);
        told("", write(some, bytes, size));
    }
}

static void call_seek(void) {
    int some = own_fd(), whence = (int)draw(5);
    long offset = (long)draw(20000) - 5000;
    struct stat status;
    if (whence > 2)
        whence += 4; /* where holes are is the file system's own business */
    if (fstat(some, &status) == 0 && !S_ISREG(status.st_mode))
        return; /* … and so are a directory's offsets */
    printf("lseek %d %ld %d", some, offset, whence);
    told("", lseek(some, offset, whence));
}

static void show_status(const struct stat *status) {
    printf("  %o %ld %ld\n", S_ISDIR(status->st_mode) ? S_IFDIR : status->st_mode,
           S_ISDIR(status->st_mode) ? 0 : (long)status->st_size, S_ISDIR(status->st_mode) ? 0 : (long)status->st_nlink);
}

static void call_stat(void) {
    struct stat status;
    const char *name = path();
    int at = draw(3) ? AT_FDCWD : own_fd(), flags = draw(2) ? 0 : AT_SYMLINK_NOFOLLOW;
    flags |= draw(4) ? 0 : AT_EMPTY_PATH;
    printf("fstatat %d %s %x", at, shown(name), (unsigned)flags);
    if (told("", fstatat(at, name, &status, flags)) == 0)
        show_status(&status);
}

static void call_fstat(void) {
    struct stat status;
    int some = own_fd();
    printf("fstat %d", some);
    if (told("", syscall(SYS_fstat, some, &status)) == 0)
        show_status(&status);
}

static void call_two(void) {
    const char *from = path(), *to = path();
    int at = draw(3) ? AT_FDCWD : own_fd(), to_at = draw(3) ? AT_FDCWD : own_fd();
    if (draw(2)) {
        int flags = draw(3) ? 0 : (int)draw(4);
        printf("renameat2 %d %s %d %s %d", at, shown(from), to_at, shown(to), flags);
        told("", syscall(SYS_renameat2, at, from, to_at, to, flags));
    } else {
        int flags = draw(3) ? 0 : AT_SYMLINK_FOLLOW;
        printf("linkat %d %s %d %s %x", at, shown(from), to_at, shown(to), (unsigned)flags);
        told("", linkat(at, from, to_at, to, flags));
    }
}

static void call_symlink(void) {
    const char *target = path(), *name = path();
    int at = draw(3) ? AT_FDCWD : own_fd();
    printf("symlinkat %s %d %s", shown(target), at, shown(name));
    told("", symlinkat(target, at, name));
}

static void call_remove(void) {
    const char *name = path();
    int at = draw(3) ? AT_FDCWD : own_fd(), flags = draw(2) ? 0 : AT_REMOVEDIR;
    printf("unlinkat %d %s %x", at, shown(name), (unsigned)flags);
    told("", unlinkat(at, name, flags));
}

static void call_mkdir(void) {
    const char *name = path();
    int at = draw(3) ? AT_FDCWD : own_fd();
    printf("mkdirat %d %s", at, shown(name));
    told("", mkdirat(at, name, draw(2) ? 0755 : 0700));
}

static void call_cwd(void) {
    const char *name = draw(3) ? path() : base;
    static char now[5000];
    if (draw(3) == 0) {
        int some = own_fd();
        printf("fchdir %d", some);
        told("", fchdir(some));
    } else {
        printf("chdir %s", shown(name));
        told("", chdir(name));
    }
    long got = syscall(SYS_getcwd, now, sizeof now);
    printf("  getcwd %s\n", got < 0 ? strerrorname_np(errno) : shown(now));
    if (got < 0 || strncmp(now, base, strlen(base)) != 0)
        printf("  back: %d\n", chdir(base));
}

static void call_readlink(void) {
    static char target[5000];
    const char *name = path();
    int at = draw(3) ? AT_FDCWD : own_fd();
    size_t room = draw(5) ? sizeof target - 1 : 2;
    printf("readlinkat %d %s", at, shown(name));
    long got = readlinkat(at, name, target, room);
    target[got < 0 ? 0 : got] = 0;
    printf(": %s\n", got < 0 ? strerrorname_np(errno) : shown(target));
}

static void call_access(void) {
    const char *name = path();
    int mode = (int)draw(9);
    printf("access %s %d", shown(name), mode);
    told("", access(name, mode));
}

static void call_change(void) {
    const char *name = path();
    switch (draw(6)) {
    case 0:
        printf("chmod %s", shown(name));
        told("", chmod(name, draw(2) ? 0644 : 0600));
        break;
    case 1:
        printf("truncate %s", shown(name));
        told("", truncate(name, (long)draw(9000) - 500));
        break;
    case 2: {
        int some = own_fd();
        printf("ftruncate %d", some);
        told("", ftruncate(some, (long)draw(9000) - 500));
        break;
    }
    case 3: {
        struct stat status;
        printf("utimensat %s", shown(name));
        if (told("", utimensat(AT_FDCWD, name, (struct timespec[2]){{123, 5}, {456, 7}}, draw(2) ? 0 : 0x100)) == 0 &&
            lstat(name, &status) == 0)
            printf("  %d\n", status.st_mtim.tv_sec == 456 && status.st_mtim.tv_nsec == 7);
        break;
    }
    case 4: {
        int some = own_fd();
        printf("fallocate %d", some);
        told("", syscall(SYS_fallocate, some, draw(2), (long)draw(9000) - 500, (long)draw(9000) - 100));
        break;
    }
    default: {
        int some = own_fd();
        printf("fchmod %d", some);
        told("", fchmod(some, 0640));
    }
    }
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void call_list(void) {
    const char *name = path();
    char *names[100];
    size_t count = 0;
    DIR *directory = opendir(name);
    printf("opendir %s: %s\n", shown(name), directory ? "open" : strerrorname_np(errno));
    for (struct dirent *entry; directory && count < 100 && (entry = readdir(directory));) {
        names[count] = malloc(300);
        snprintf(names[count++], 300, "%s%s", entry->d_name, entry->d_type == DT_DIR ? "/" : "");
    }
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        printf("  %s\n", names[i]);
        free(names[i]);
    }
    if (directory)
        closedir(directory);
}

static void call_flags(void) {
    int some = own_fd(), flags = draw(2) ? O_APPEND : O_NONBLOCK;
    printf("fcntl %d", some);
    if (draw(2))
        told(" F_SETFL", fcntl(some, F_SETFL, flags));
    told(" F_GETFL", fcntl(some, F_GETFL));
    told(" F_GETFD", fcntl(some, F_GETFD));
}

static void call_copy(void) {
    int from = own_fd(), to = own_fd();
    size_t size = some_size();
    long offset = (long)draw(9000);
    struct stat one, other;
    if (fstat(from, &one) == 0 && fstat(to, &other) == 0 && one.st_ino == other.st_ino)
        return; /* what sendfile then does depends on the page cache */
    if (draw(2)) {
        printf("sendfile %d %d %zu", to, from, size);
        told("", sendfile(to, from, draw(2) ? &offset : NULL, size));
    } else {
        printf("copy_file_range %d %d %zu", from, to, size);
        told("", copy_file_range(from, draw(2) ? &offset : NULL, to, NULL, size, 0));
    }
    printf("  %ld\n", offset);
}

static void call_other(void) {
    int some = own_fd(), value = 0;
    struct pollfd poll_set = {some, POLLIN | POLLOUT, 0};
    switch (draw(5)) {
    case 0:
        printf("poll %d", some);
        told("", poll(&poll_set, 1, 0));
        printf("  %x\n", poll_set.revents);
        break;
    case 1:
        printf("FIONREAD %d", some);
        told("", ioctl(some, FIONREAD, &value));
        printf("  %d\n", value);
        break;
    case 2:
        printf("fsync %d", some);
        told("", fsync(some));
        break;
    case 3:
        printf("posix_fadvise %d: %d\n", some, posix_fadvise(some, 0, 10, POSIX_FADV_NORMAL));
        break;
    default:
        printf("dup %d", some);
        value = (int)told("", fcntl(some, F_DUPFD, (int)draw(6)));
        if (value > 12)
            close(value);
    }
}

int main(int argc, char **argv) {
    static void (*const calls[])(void) = {call_open,  call_open,  call_open,  call_close,    call_close,   call_dup,
                                          call_read,  call_read,  call_write, call_write,    call_seek,    call_stat,
                                          call_stat,  call_fstat, call_two,   call_two,      call_symlink, call_remove,
                                          call_mkdir, call_mkdir, call_cwd,   call_readlink, call_access,  call_change,
                                          call_list,  call_flags, call_copy,  call_other};
    if (argc != 4 || access("/jail", F_OK) < 0 || chdir(argv[3]) < 0) {
        fprintf(stderr, "usage: files CASES SEED DIRECTORY, in a jail\n");
        return 2;
    }
    long cases = atol(argv[1]);
    state = strtoul(argv[2], NULL, 0);
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    umask(022);
    close_range(3, ~0u, 0);
    if (!getcwd(base, sizeof base))
        return 1;
    for (long i = 0; i < cases; i++) {
        printf("%ld ", i);
        ONE_OF(calls)();
    }
    return 0;
}
