/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Descriptors: copies, flags, pipes, waiting, terminals.
 */
#include "matrix.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>

static char byte[8];

static void try_dup(void) {
    int fd = make_file("dup", 100, O_RDWR);
    int copy = (int)TRY_OK(dup, "a file", fd);
    lseek(fd, 42, SEEK_SET);
    NOTE(dup, "shares the position", lseek(copy, 0, SEEK_CUR));
    TRY(dup, "no descriptor", BAD_FD);
    TRY(dup, "a number below 0", -1);
    TRY(dup2, "to a number", fd, 60);
    TRY(dup2, "to itself", fd, fd);
    TRY(dup2, "no descriptor", BAD_FD, 61);
    TRY(dup2, "no descriptor, to itself", BAD_FD, BAD_FD);
    TRY(dup2, "to a number below 0", fd, -1);
    TRY(dup2, "to a number too large", fd, 1 << 30);
    TRY(dup3, "to a number, to be closed on exec", fd, 62, O_CLOEXEC);
    NOTE(dup3, "is marked so", fcntl(62, F_GETFD));
    TRY(dup3, "to itself", fd, fd, 0);
    TRY(dup3, "flags that do not exist", fd, 63, 1);
    TRY(dup3, "no descriptor", BAD_FD, 63, 0);
    TRY(close, "a copy", copy);
    TRY(close, "it again", copy);
    TRY(close, "a number below 0", -1);
    TRY(close_range, "two of them", 60, 62, 0);
    TRY(fcntl, "one that was closed", 60, F_GETFD);
    TRY(close_range, "from behind to before", 62, 60, 0);
    TRY(close_range, "flags that do not exist", 62, 62, 0x70);
    close(fd);
}

static void try_fcntl(void) {
    int fd = make_file("fcntl", 10, O_RDWR | O_APPEND);
    TRY(fcntl, "a copy from 50 on", fd, F_DUPFD, 50);
    TRY(fcntl, "another", fd, F_DUPFD, 50);
    TRY(fcntl, "a copy to be closed on exec", fd, F_DUPFD_CLOEXEC, 50);
    TRY(fcntl, "is it", 52, F_GETFD);
    TRY(fcntl, "a copy from below 0 on", fd, F_DUPFD, -1);
    TRY(fcntl, "a copy from too far on", fd, F_DUPFD, 1 << 30);
    TRY(fcntl, "marked", fd, F_SETFD, FD_CLOEXEC);
    TRY(fcntl, "is it", fd, F_GETFD);
    NOTE(fcntl, "how it was opened", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    TRY(fcntl, "other flags", fd, F_SETFL, O_NONBLOCK);
    NOTE(fcntl, "which it has now", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    TRY(fcntl, "no descriptor", BAD_FD, F_GETFL);
    TRY(fcntl, "a code that does not exist", fd, 7777);
    struct flock lock = {.l_type = F_WRLCK};
    TRY(fcntl, "a lock", fd, F_SETLK, &lock);
    lock.l_type = F_WRLCK;
    TRY(fcntl, "who has it", fd, F_GETLK, &lock);
    NOTE(fcntl, "nobody else", lock.l_type == F_UNLCK);
    TRY(fcntl, "a lock that lies nowhere", fd, F_SETLK, BAD_ADDRESS);
    TRY(flock, "a file", fd, LOCK_EX);
    TRY(flock, "no more", fd, LOCK_UN);
    TRY(flock, "no descriptor", BAD_FD, LOCK_EX);
    TRY(flock, "a way that does not exist", fd, 77);
    close_range(50, 52, 0);
    close(fd);
}

static void try_pipe(void) {
    int fd[2], more[2];
    TRY(pipe, "a pair", fd);
    TRY(write, "into a pipe", fd[1], "12345", 5);
    TRY(read, "from it, less than there is", fd[0], byte, 3);
    TRY(read, "from it, more than there is", fd[0], byte, 8);
    TRY(write, "into its reading end", fd[0], "12345", 5);
    TRY(read, "from its writing end", fd[1], byte, 5);
    close(fd[1]);
    TRY(read, "nobody writes any more", fd[0], byte, 8);
    close(fd[0]);
    TRY(pipe2, "that does not wait", more, O_NONBLOCK | O_CLOEXEC);
    TRY(read, "an empty pipe without waiting", more[0], byte, 8);
    close(more[0]);
    TRY(write, "nobody reads any more", more[1], "1", 1);
    close(more[1]);
    TRY(pipe, "to nowhere", BAD_ADDRESS);
    TRY(pipe2, "flags that do not exist", more, 0x77);
}

static void try_poll(void) {
    int fd[2], file = make_file("poll", 10, O_RDWR);
    if (pipe(fd))
        return;
    struct pollfd set[4] = {{fd[0], POLLIN, 0}, {fd[1], POLLOUT, 0}, {BAD_FD, POLLIN, 0}, {file, POLLIN | POLLOUT, 0}};
    TRY(poll, "four, one no descriptor", set, 4, 0);
    NOTE(poll, "an empty pipe", set[0].revents);
    NOTE(poll, "its other end", set[1].revents);
    NOTE(poll, "no descriptor", set[2].revents);
    NOTE(poll, "a file", set[3].revents);
    if (write(fd[1], "1", 1) == 1)
        TRY(poll, "a pipe with something in it", set, 1, 1000);
    NOTE(poll, "to be read", set[0].revents);
    TRY(poll, "nothing, for a moment", NULL, 0, 1);
    TRY(poll, "what lies nowhere", BAD_ADDRESS, 2, 0);
    TRY(ppoll, "the same, otherwise", set, 2, &(struct timespec){0, 1000}, NULL, 8);
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd[0], &in);
    FD_SET(fd[1], &out);
    TRY(select, "two", 64, &in, &out, NULL, &(struct timeval){0, 0});
    NOTE(select, "which", FD_ISSET(fd[0], &in) + 2 * FD_ISSET(fd[1], &out));
    FD_ZERO(&in);
    FD_SET(BAD_FD, &in);
    TRY(select, "no descriptor", 60, &in, NULL, NULL, &(struct timeval){0, 0});
    TRY(select, "a number below 0", -1, NULL, NULL, NULL, &(struct timeval){0, 0});
    TRY(pselect6, "nothing, for a moment", 0, NULL, NULL, NULL, &(struct timespec){0, 1000}, NULL);
    close(fd[0]);
    NOTE(poll, "how many, nobody reads any more", poll(&set[1], 1, 0));
    NOTE(poll, "what", set[1].revents);
    close(fd[1]);
    close(file);
}

static void try_ioctl(void) {
    int fd = make_file("ioctl", 10, O_RDWR), left = 0, pipes[2];
    struct termios terminal;
    struct winsize size;
    TRY(ioctl, "a terminal's modes, of a file", fd, TCGETS, &terminal);
    TRY(ioctl, "a terminal's size, of a file", fd, TIOCGWINSZ, &size);
    TRY(ioctl, "how much there is to read", fd, FIONREAD, &left);
    NOTE(ioctl, "so much", left);
    TRY(ioctl, "to be closed on exec", fd, FIOCLEX);
    NOTE(ioctl, "is it", fcntl(fd, F_GETFD));
    TRY(ioctl, "or not", fd, FIONCLEX);
    TRY(ioctl, "not to wait", fd, FIONBIO, &(int){1});
    TRY(ioctl, "a code that does not exist", fd, 0x7777, &left);
    TRY(ioctl, "no descriptor", BAD_FD, TCGETS, &terminal);
    TRY(ioctl, "an answer that goes nowhere", fd, FIONREAD, BAD_ADDRESS);
    if (pipe(pipes) == 0 && write(pipes[1], "123", 3) == 3)
        TRY(ioctl, "how much there is in a pipe", pipes[0], FIONREAD, &left);
    NOTE(ioctl, "so much", left);
    close(pipes[0]);
    close(pipes[1]);
    close(fd);
}

static void try_full(void) {
    struct rlimit old, limit;
    getrlimit(RLIMIT_NOFILE, &old);
    limit = (struct rlimit){20, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
    int last = -1;
    for (int fd; (fd = dup(0)) >= 0;)
        last = fd;
    NOTE(dup, "the last below the limit", last);
    TRY(dup, "one too many", 0);
    TRY(openat, "one too many", AT_FDCWD, ".", O_RDONLY);
    TRY(pipe, "two too many", (int[2]){0});
    TRY(fcntl, "a copy too many", 0, F_DUPFD, 3);
    close_range(10, 19, 0);
    for (int fd = 3; fd < 20; fd++)
        close(fd);
    setrlimit(RLIMIT_NOFILE, &old);
}

void matrix_descriptors(void) {
    try_dup();
    try_fcntl();
    try_pipe();
    try_poll();
    try_ioctl();
    try_full();
}
