/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is in files: reading, writing, positions, sizes.
 */
#include "matrix.h"

#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

static char buffer[70000];

static void try_read(void) {
    int fd = make_file("contents", 100, O_RDWR), write_only = open("contents", O_WRONLY),
        directory = open(".", O_RDONLY);
    TRY(read, "10 bytes", fd, buffer, 10);
    NOTE(read, "the tenth of them", buffer[9]);
    TRY(read, "no bytes", fd, buffer, 0);
    TRY(read, "more than there are", fd, buffer, sizeof buffer);
    TRY(read, "at the end", fd, buffer, 10);
    TRY(read, "no descriptor", BAD_FD, buffer, 10);
    TRY(read, "a file that is open for writing", write_only, buffer, 10);
    TRY(read, "a directory", directory, buffer, 10);
    lseek(fd, 0, SEEK_SET);
    TRY(read, "to nowhere", fd, BAD_ADDRESS, 10);
    TRY(pread64, "10 bytes from 50", fd, buffer, 10, 50);
    NOTE(pread64, "the first of them", buffer[0]);
    TRY(pread64, "across the end", fd, buffer, 10, 95);
    TRY(pread64, "behind the end", fd, buffer, 10, 1000);
    TRY(pread64, "before the start", fd, buffer, 10, -1l);
    TRY(pread64, "no descriptor", BAD_FD, buffer, 10, 0);
    struct iovec vector[3] = {{buffer, 3}, {buffer + 100, 0}, {buffer + 200, 4}};
    lseek(fd, 0, SEEK_SET);
    TRY(readv, "3 + 0 + 4 bytes", fd, vector, 3);
    NOTE(readv, "the last of them", buffer[203]);
    TRY(readv, "no pieces", fd, vector, 0);
    TRY(readv, "too many pieces", fd, vector, 1025);
    TRY(readv, "pieces that lie nowhere", fd, BAD_ADDRESS, 2);
    TRY(readv, "no descriptor", BAD_FD, vector, 3);
    vector[2] = (struct iovec){BAD_ADDRESS, 4};
    TRY(readv, "the last piece to nowhere", fd, vector, 3);
    vector[2] = (struct iovec){buffer, (size_t)-1};
    TRY(readv, "a piece below 0 bytes", fd, vector, 3);
    vector[2] = (struct iovec){buffer + 200, 4};
    TRY(preadv, "3 + 0 + 4 bytes from 90", fd, vector, 3, 90, 0);
    TRY(preadv2, "from where it stands", fd, vector, 3, -1l, -1l, 0);
    TRY(preadv, "before the start", fd, vector, 3, -5l, 0);
    close(fd);
    close(write_only);
    close(directory);
}

static void try_write(void) {
    int fd = make_file("contents", 10, O_RDWR), read_only = open("contents", O_RDONLY);
    memset(buffer, '-', sizeof buffer);
    TRY(write, "5 bytes", fd, buffer, 5);
    TRY(write, "no bytes", fd, buffer, 0);
    TRY(write, "69,000 bytes", fd, buffer, 69000);
    TRY(write, "no descriptor", BAD_FD, buffer, 10);
    TRY(write, "a file that is open for reading", read_only, buffer, 10);
    TRY(write, "from nowhere", fd, BAD_ADDRESS, 10);
    TRY(pwrite64, "5 bytes at 100,000", fd, buffer, 5, 100000);
    NOTE(pwrite64, "makes it that long", lseek(fd, 0, SEEK_END));
    TRY(pread64, "in the hole", fd, buffer, 1, 99999);
    NOTE(pread64, "there is zero", buffer[0]);
    TRY(pwrite64, "before the start", fd, buffer, 5, -1l);
    struct iovec vector[2] = {{buffer + 1, 3}, {buffer + 2, 4}};
    TRY(writev, "3 + 4 bytes", fd, vector, 2);
    TRY(writev, "no pieces", fd, vector, 0);
    TRY(writev, "pieces that lie nowhere", fd, BAD_ADDRESS, 2);
    TRY(writev, "too many pieces", fd, vector, 2000);
    TRY(writev, "no descriptor", BAD_FD, vector, 2);
    TRY(pwritev, "3 + 4 bytes at 10", fd, vector, 2, 10, 0);
    TRY(pwritev2, "where it stands", fd, vector, 2, -1l, -1l, 0);
    vector[1] = (struct iovec){BAD_ADDRESS, 4};
    TRY(writev, "the last piece from nowhere", fd, vector, 2);
    int append = open("contents", O_WRONLY | O_APPEND);
    long size = lseek(append, 0, SEEK_END);
    lseek(append, 0, SEEK_SET);
    TRY(write, "to be appended", append, buffer + 1, 5);
    NOTE(write, "is at the end", lseek(append, 0, SEEK_CUR) - size);
    close(append);
    close(fd);
    close(read_only);
}

static void try_seek(void) {
    int fd = make_file("seek", 100, O_RDWR), pipes[2];
    TRY(lseek, "to 10", fd, 10, SEEK_SET);
    TRY(lseek, "on by 5", fd, 5, SEEK_CUR);
    TRY(lseek, "10 before the end", fd, -10l, SEEK_END);
    TRY(lseek, "behind the end", fd, 1000, SEEK_SET);
    TRY(lseek, "before the start", fd, -1l, SEEK_SET);
    TRY(lseek, "before the start, from where it is", fd, -2000l, SEEK_CUR);
    TRY(lseek, "from nothing that there is", fd, 0, 77);
    TRY(lseek, "to data", fd, 0, SEEK_DATA);
    TRY(lseek, "to the next hole", fd, 0, SEEK_HOLE);
    TRY(lseek, "to data behind the end", fd, 500, SEEK_DATA);
    TRY(lseek, "no descriptor", BAD_FD, 0, SEEK_SET);
    if (pipe(pipes) == 0)
        TRY(lseek, "in a pipe", pipes[0], 0, SEEK_SET);
    TRY(pread64, "from a pipe", pipes[0], buffer, 1, 0);
    close(pipes[0]);
    close(pipes[1]);
    close(fd);
}

static void try_size(void) {
    int fd = make_file("size", 100, O_RDWR), read_only = open("size", O_RDONLY);
    TRY(ftruncate, "shorter", fd, 50);
    NOTE(ftruncate, "is so long", lseek(fd, 0, SEEK_END));
    TRY(ftruncate, "longer", fd, 5000);
    NOTE(ftruncate, "is so long", lseek(fd, 0, SEEK_END));
    pread(fd, buffer, 1, 4000);
    NOTE(ftruncate, "is zero there", buffer[0]);
    TRY(ftruncate, "below 0", fd, -1l);
    TRY(ftruncate, "no descriptor", BAD_FD, 10);
    TRY(ftruncate, "a file that is open for reading", read_only, 10);
    TRY(truncate, "by name", "size", 20);
    TRY(truncate, "a name that is not there", "nothing", 20);
    TRY(truncate, "a directory", ".", 20);
    TRY(truncate, "below 0", "size", -1l);
    TRY(truncate, "a name that lies nowhere", BAD_ADDRESS, 20);
    TRY(fallocate, "room", fd, 0, 0, 8192);
    NOTE(fallocate, "makes it that long", lseek(fd, 0, SEEK_END));
    TRY(fallocate, "no bytes", fd, 0, 0, 0);
    TRY(fallocate, "no descriptor", BAD_FD, 0, 0, 10);
    TRY(fallocate, "a file that is open for reading", read_only, 0, 0, 10);
    TRY(fsync, "a file", fd);
    TRY(fsync, "no descriptor", BAD_FD);
    TRY(fdatasync, "a file", fd);
    TRY(fdatasync, "no descriptor", BAD_FD);
    TRY(fadvise64, "a file", fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    TRY(fadvise64, "no descriptor", BAD_FD, 0, 0, 0);
    TRY(fadvise64, "that does not exist", fd, 0, 0, 77);
    close(fd);
    close(read_only);
}

static void try_between(void) {
    int from = make_file("from", 1000, O_RDWR), to = make_file("to", 0, O_RDWR), read_only = open("to", O_RDONLY);
    long offset = 100;
    TRY(sendfile, "200 bytes from 100", to, from, &offset, 200);
    NOTE(sendfile, "moves the offset", offset);
    NOTE(sendfile, "but not the file", lseek(from, 0, SEEK_CUR));
    TRY(sendfile, "from where it stands", to, from, NULL, 5000);
    TRY(sendfile, "no descriptor", to, BAD_FD, NULL, 10);
    TRY(sendfile, "to a file that is open for reading", read_only, from, NULL, 10);
    TRY(sendfile, "an offset that lies nowhere", to, from, BAD_ADDRESS, 10);
    lseek(from, 0, SEEK_SET);
    TRY(copy_file_range, "300 bytes", from, NULL, to, NULL, 300, 0);
    TRY(copy_file_range, "flags that do not exist", from, NULL, to, NULL, 300, 1);
    TRY(copy_file_range, "no descriptor", BAD_FD, NULL, to, NULL, 300, 0);
    NOTE(copy_file_range, "makes it that long", lseek(to, 0, SEEK_END));
    close(from);
    close(to);
    close(read_only);
}

void matrix_contents(void) {
    try_read();
    try_write();
    try_seek();
    try_size();
    try_between();
}
