/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files that are in no directory: pipes, event counters, memory files, devices, and /proc/self/fd. Prints what each
 * call gives.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char bytes[200000];
static void *volatile nowhere = (void *)8;

static long tell(const char *what, long result) {
    if (result < 0)
        printf("%s: %s\n", what, strerrorname_np(errno));
    else
        printf("%s: %ld\n", what, result);
    return result;
}

static int ready(int fd) {
    struct pollfd set = {fd, POLLIN | POLLOUT, 0};
    return poll(&set, 1, 0) < 0 ? -1 : set.revents;
}

static long kind(int fd) {
    struct stat status;
    return fstat(fd, &status) < 0 ? -1 : (long)(status.st_mode & (S_IFMT | 0777));
}

static void pipes(void) {
    int fd[2];
    tell("pipe2", pipe2(fd, O_NONBLOCK));
    tell("kind", kind(fd[0]));
    tell("capacity", fcntl(fd[0], F_GETPIPE_SZ));
    tell("smaller", fcntl(fd[1], F_SETPIPE_SZ, 5000));
    tell("too large", fcntl(fd[1], F_SETPIPE_SZ, -1) < 0);
    tell("empty", ready(fd[0]));
    tell("its end", ready(fd[1]));
    tell("more than fits", write(fd[1], bytes, 100000));
    tell("full", ready(fd[1]));
    tell("one more", write(fd[1], bytes, 1));
    int waiting = 0;
    tell("FIONREAD", ioctl(fd[0], FIONREAD, &waiting));
    tell("waiting", waiting);
    tell("some", read(fd[0], bytes, 5000));
    tell("to nowhere", read(fd[0], nowhere, 10));
    tell("from nowhere", write(fd[1], nowhere, 10));
    struct iovec parts[2] = {{bytes, 100}, {bytes + 100, 5}};
    tell("the rest", readv(fd[0], parts, 2));
    tell("seek", lseek(fd[0], 0, SEEK_SET));
    tell("pread", pread(fd[0], bytes, 1, 0));
    tell("flags", fcntl(fd[1], F_GETFL));
    tell("close", close(fd[0]));
    tell("broken", ready(fd[1]));
    signal(SIGPIPE, SIG_IGN);
    tell("write", write(fd[1], "x", 1));
    close(fd[1]);
    tell("pipe", pipe(fd));
    tell("close", close(fd[1]));
    tell("hung up", ready(fd[0]));
    tell("end", read(fd[0], bytes, 10));
    close(fd[0]);
}

static void events(void) {
    unsigned long value = 5;
    int fd = eventfd(3, EFD_NONBLOCK);
    tell("eventfd", fd);
    tell("ready", ready(fd));
    tell("add", write(fd, &value, 8));
    tell("too little", write(fd, &value, 4));
    tell("take", read(fd, &value, 8));
    tell("was", (long)value);
    tell("take again", read(fd, &value, 8));
    value = ~0ul;
    tell("too much", write(fd, &value, 8));
    value = ~0ul - 1;
    tell("the most", write(fd, &value, 8));
    tell("full", ready(fd));
    tell("one more", write(fd, &(unsigned long){1}, 8));
    close(fd);
    fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    for (int i = 0; i < 3; i++)
        tell("one at a time", read(fd, &value, 8));
    tell("flags that do not exist", eventfd(0, 0x1000));
    close(fd);
}

static void memory(void) {
    int fd = memfd_create("notes", MFD_CLOEXEC);
    tell("memfd", fd);
    tell("kind", kind(fd));
    tell("write", write(fd, "hello, memory", 13));
    tell("hole", pwrite(fd, "!", 1, 20000));
    tell("size", lseek(fd, 0, SEEK_END));
    tell("read", pread(fd, bytes, 100000, 5));
    printf("%.8s %d %c\n", bytes, bytes[5000], bytes[19995]);
    tell("shorter", ftruncate(fd, 8));
    tell("longer", ftruncate(fd, 30));
    tell("read", pread(fd, bytes, 100, 0));
    printf("%.8s %d\n", bytes, bytes[9]);
    char *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    printf("%s\n", map == MAP_FAILED ? "no map" : map);
    tell("append", fcntl(fd, F_SETFL, O_APPEND));
    tell("write", write(fd, "end", 3));
    tell("size", lseek(fd, 0, SEEK_CUR));
    tell("below 0", lseek(fd, -50, SEEK_CUR));
    tell("ready", ready(fd));
    tell("flags that do not exist", memfd_create("x", 0x1000));
    char path[64], text[200] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    tell("readlink", readlink(path, text, sizeof text - 1));
    printf("%s\n", text);
    close(fd);
}

static void devices(void) {
    static const char *const names[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"};
    for (unsigned i = 0; i < 4; i++) {
        int fd = open(names[i], O_RDWR);
        printf("%s\n", names[i]);
        tell("open", fd);
        struct stat status;
        fstat(fd, &status);
        tell("device", (long)status.st_rdev);
        tell("kind", kind(fd));
        memset(bytes, 1, 100);
        tell("read", read(fd, bytes, 100));
        tell("zero", bytes[0] == 0 && bytes[99] == 0);
        tell("read to nowhere", read(fd, nowhere, 10));
        tell("write", write(fd, bytes, 100));
        tell("seek", lseek(fd, 100, SEEK_SET));
        tell("ready", ready(fd));
        tell("terminal", isatty(fd));
        tell("synchronise", fsync(fd));
        close(fd);
        tell("below", open(strcat(strcpy(bytes, names[i]), "/x"), O_RDONLY));
        tell("with a slash", open(strcat(strcpy(bytes, names[i]), "/"), O_RDONLY));
        tell("as a directory", open(names[i], O_RDONLY | O_DIRECTORY));
        tell("access", access(names[i], R_OK | W_OK));
        tell("execute", access(names[i], X_OK));
        tell("readlink", readlink(names[i], bytes, 10));
    }
}

static void copies(void) {
    int fd[2];
    char path[64];
    if (pipe(fd) < 0)
        return;
    snprintf(path, sizeof path, "/dev/fd/%d", fd[1]);
    int copy = open(path, O_WRONLY);
    tell("a pipe by name", copy);
    tell("write", write(copy, "by name", 7));
    tell("read", read(fd[0], bytes, 100));
    tell("one that is not open", open("/proc/self/fd/99", O_RDONLY));
    tell("its link", readlink("/proc/self/fd/99", bytes, 10));
    tell("not a number", open("/proc/self/fd/x", O_RDONLY));
    tell("cwd", readlink("/proc/self/cwd", bytes, 10) > 0);
    tell("exe", readlink("/proc/self/exe", bytes, 10) > 0);
    int exe = open("/proc/self/exe", O_RDONLY);
    tell("the program's file", read(exe, bytes, 4));
    printf("%.3s\n", bytes + 1);
    close(exe);
    close(copy);
    close(fd[0]);
    close(fd[1]);
}

static void waits(void) {
    struct timeval moment = {0, 2000};
    tell("select for a moment", select(0, NULL, NULL, NULL, &moment));
    tell("left", moment.tv_usec);
    tell("poll for a moment", poll(NULL, 0, 2));
    struct timespec bad = {0, 2000000000};
    tell("ppoll for no time", ppoll(NULL, 0, &bad, NULL));
    int fd[2];
    if (pipe(fd) < 0)
        return;
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd[0], &in), FD_SET(fd[1], &out);
    tell("select", select(fd[1] + 1, &in, &out, NULL, NULL));
    tell("which", FD_ISSET(fd[0], &in) + 2 * FD_ISSET(fd[1], &out));
    moment = (struct timeval){0, 1000};
    FD_ZERO(&in);
    FD_SET(fd[0], &in);
    tell("an empty pipe, for a moment", select(fd[1] + 1, &in, NULL, NULL, &moment));
    tell("which", FD_ISSET(fd[0], &in));
    FD_SET(59, &in); /* below 64: Linux looks no further than the table of descriptors, as large as it happens to be */
    tell("no descriptor", select(60, &in, NULL, NULL, &moment));
    tell("below 0", select(-1, NULL, NULL, NULL, NULL));
    close(fd[0]);
    close(fd[1]);
}

int main(void) {
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    close_range(3, ~0u, 0);
    pipes();
    events();
    memory();
    devices();
    copies();
    waits();
    return 0;
}
