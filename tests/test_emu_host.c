/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files of the host: handles and rights, contents, waiting, terminals, time; and requests that are none.
 */
#include "host_machine.h"
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static struct host_machine start(bool time) {
    struct host_machine m = host_machine(time);
    host_machine_jail(&m);
    for (const char *const *name = (const char *const[]){"one", "two", "three", NULL}; *name; name++) {
        int fd = openat(m.granted, *name, O_WRONLY | O_CREAT, 0644);
        cr_assert(fd >= 0 && write(fd, "0123456789", 10) == 10);
        close(fd);
    }
    cr_assert(mkdirat(m.granted, "sub", 0755) == 0 && mkfifoat(m.granted, "fifo", 0600) == 0);
    return m;
}

static long open_it(struct host_machine *m, unsigned handle, const char *path, uint64_t flags) {
    return host_do(m, OP_HOST_OPEN, handle, path, flags, 0600);
}

static long read_it(struct host_machine *m, long handle, uint64_t offset) {
    return host_do(m, OP_HOST_READ, (unsigned)handle, "", offset, 0);
}

static long close_it(struct host_machine *m, long handle) {
    return host_do(m, OP_HOST_CLOSE, (unsigned)handle, "", 0, 0);
}

/* ---- Rights */

static void expect_read_only(struct host_machine *m, unsigned handle, bool name) {
    static const uint64_t opens[] = {O_WRONLY,           O_RDWR,    O_RDONLY | O_TRUNC,
                                     O_RDONLY | O_CREAT, O_ACCMODE, O_TMPFILE | O_RDWR};
    const char *path = name ? "" : "three", *fresh = name ? "" : "fresh";
    char times[2 * sizeof(struct timespec) + 5] = {0};
    memcpy(times + 2 * sizeof(struct timespec), path, strlen(path));
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++)
        cr_expect_eq(open_it(m, handle, path, opens[i]), -EROFS, "open, flags %lo", opens[i]);
    cr_expect_eq(host_do(m, OP_HOST_WRITE, handle, "x", 0, 0), -EROFS);
    cr_expect_eq(host_do(m, OP_HOST_TRUNCATE, handle, "", 0, 0), -EROFS);
    cr_expect_eq(host_do(m, OP_HOST_UNLINK, handle, path, 0, 0), -EROFS);
    cr_expect_eq(host_do(m, OP_HOST_UNLINK, handle, "sub", AT_REMOVEDIR, 0), -EROFS);
    cr_expect_eq(host_do(m, OP_HOST_MKDIR, handle, fresh, 0700, 0), -EROFS);
    cr_expect_eq(host_do_two(m, OP_HOST_RENAME, handle, path, RW, "moved", 0), -EROFS);
    cr_expect_eq(host_do_two(m, OP_HOST_RENAME, RW, "three", handle, fresh, 0), -EROFS);
    cr_expect_eq(host_do_two(m, OP_HOST_LINK, handle, path, RW, "linked", 0), -EROFS);
    cr_expect_eq(host_do_two(m, OP_HOST_LINK, RW, "three", handle, fresh, 0), -EROFS);
    cr_expect_eq(host_do_two(m, OP_HOST_SYMLINK, handle, "target", handle, fresh, 0), -EROFS);
    cr_expect_eq(host_do(m, OP_HOST_CHMOD, handle, path, 0600, 0), -EROFS);
    cr_expect_eq(host_do(m, OP_HOST_CHOWN, handle, path, getuid(), getgid()), -EROFS);
    cr_expect_eq(host_do_bytes(m, OP_HOST_UTIMES, handle, times, sizeof times - 5 + strlen(path), 0, 0), -EROFS);
    cr_expect_eq(host_do(m, OP_HOST_ACCESS, handle, path, W_OK, 0), -EROFS);
    cr_expect_eq(host_do(m, OP_HOST_ACCESS, handle, path, R_OK, 0), 0);
}

static void expect_unchanged(const struct host_machine *m) {
    struct stat three, sub, none;
    cr_expect(fstatat(m->granted, "three", &three, 0) == 0 && three.st_size == 10 && three.st_nlink == 1);
    cr_expect(fstatat(m->granted, "sub", &sub, 0) == 0 && S_ISDIR(sub.st_mode));
    cr_expect(fstatat(m->granted, "fresh", &none, 0) < 0 && fstatat(m->granted, "moved", &none, 0) < 0);
    cr_expect(three.st_mode == (S_IFREG | 0644) && fstatat(m->granted, "linked", &none, 0) < 0);
}

Test(emu_host, what_is_granted_for_reading_is_never_changed) {
    struct host_machine m = start(false);
    expect_read_only(&m, RO, false);
    expect_read_only(&m, FILE_RO, true);
    long sub = open_it(&m, RO, "three", O_RDONLY);
    cr_expect_eq(host_do(&m, OP_HOST_CHMOD, (unsigned)sub, "", 0600, 0), -EROFS);
    cr_expect_eq(host_do(&m, OP_HOST_TRUNCATE, (unsigned)sub, "", 0, 0), -EROFS);
    long below = open_it(&m, RO, "sub", O_RDONLY | O_DIRECTORY);
    cr_expect_eq(open_it(&m, (unsigned)below, "fresh", O_WRONLY | O_CREAT), -EROFS);
    expect_unchanged(&m);
    host_machine_end(&m);
}

/* The capability is read-only, the grant is not. */
Test(emu_host, through_a_restricted_capability_nothing_is_changed) {
    static const unsigned ops[] = {OP_HOST_WRITE,   OP_HOST_TRUNCATE, OP_HOST_UNLINK, OP_HOST_MKDIR, OP_HOST_RENAME,
                                   OP_HOST_SYMLINK, OP_HOST_CHMOD,    OP_HOST_CHOWN,  OP_HOST_UTIMES};
    struct host_machine m = start(false);
    memcpy(emu_ram(m.emu, (gpa_t){IN_AT}, 8), "three", 6);
    struct host_request request = {.handle = RW, .handle2 = RW, .in = IN_AT, .in_size = 5};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        request.op = ops[i];
        cr_expect_eq(host_ask(&m, request).result, -EROFS, "0x%x", ops[i]);
    }
    request.op = OP_HOST_OPEN;
    request.arg[0] = O_RDWR;
    cr_expect_eq(host_ask(&m, request).result, -EROFS);
    request.arg[0] = O_RDONLY;
    struct host_request opened = host_ask(&m, request);
    cr_expect_geq(opened.result, 0);
    cr_expect_eq(opened.result2, 0, "what is opened through it can't be changed either");
    cr_expect_eq(host_do(&m, OP_HOST_CHMOD, (unsigned)opened.result, "", 0600, 0), -EROFS);
    expect_unchanged(&m);
    host_machine_end(&m);
}

Test(emu_host, a_granted_file_is_all_that_is_granted) {
    struct host_machine m = start(false);
    struct stat status;
    cr_expect_eq(host_do(&m, OP_HOST_UNLINK, FILE_RW, "", 0, 0), -EACCES);
    cr_expect_eq(host_do_two(&m, OP_HOST_RENAME, FILE_RW, "", RW, "moved", 0), -EACCES);
    cr_expect_eq(host_do_two(&m, OP_HOST_LINK, FILE_RW, "", RW, "linked", 0), -EXDEV);
    long file = open_it(&m, FILE_RW, "", O_RDWR | O_TRUNC);
    cr_expect_eq(host_do(&m, OP_HOST_WRITE, (unsigned)file, "new", 0, 0), 3);
    cr_expect_eq(read_it(&m, file, 0), 3);
    cr_expect_eq(host_do_two(&m, OP_HOST_LINK, (unsigned)file, "", RW, "linked", AT_EMPTY_PATH), -EXDEV);
    cr_expect_eq(host_do(&m, OP_HOST_CHMOD, FILE_RW, "", 0640, 0), 0);
    cr_expect(fstatat(m.granted, "one", &status, 0) == 0 && (status.st_mode & 07777) == 0640 && status.st_size == 3);
    cr_expect_eq(unlinkat(m.granted, "one", 0), 0);
    cr_expect_eq(open_it(&m, FILE_RW, "", O_RDONLY), -ENOENT);
    cr_expect_geq(open_it(&m, FILE_RW, "", O_RDWR | O_CREAT | O_EXCL), 0);
    cr_expect_eq(fstatat(m.granted, "one", &status, 0), 0);
    host_machine_end(&m);
}

Test(emu_host, nobody_gets_the_rights_of_the_one_who_runs_facet) {
    struct host_machine m = start(false);
    struct stat status;
    cr_expect_eq(host_do(&m, OP_HOST_CHMOD, RW, "three", 04755, 0), -EPERM);
    cr_expect_eq(host_do(&m, OP_HOST_CHMOD, RW, "three", 02755, 0), -EPERM);
    cr_expect_eq(host_do(&m, OP_HOST_OPEN, RW, "fresh", O_CREAT | O_WRONLY, 06755), -EPERM);
    cr_expect_eq(host_do(&m, OP_HOST_MKDIR, RW, "folder", 06755, 0), 0);
    cr_expect(fstatat(m.granted, "folder", &status, 0) == 0 && !(status.st_mode & 06000));
    cr_expect(fstatat(m.granted, "three", &status, 0) == 0 && !(status.st_mode & 06000));
    host_machine_end(&m);
}

/* ---- Handles */

Test(emu_host, a_handle_that_was_closed_never_names_another_file) {
    struct host_machine m = start(false);
    long first = open_it(&m, RW, "one", O_RDONLY);
    cr_expect_eq(close_it(&m, first), 0);
    for (unsigned i = 0; i < 3000; i++) {
        long handle = open_it(&m, RW, "two", O_RDONLY);
        cr_assert(handle > 0 && handle != first, "%u", i);
        cr_assert_eq(read_it(&m, first, 0), -EBADF);
        cr_assert_eq(close_it(&m, handle), 0);
        cr_assert_eq(close_it(&m, handle), -EBADF);
    }
    host_machine_end(&m);
}

Test(emu_host, there_is_an_end_to_open_files) {
    struct host_machine m = start(false);
    unsigned opened = 0;
    long last = 0, handle;
    while ((handle = open_it(&m, RW, "one", O_RDONLY)) > 0 && opened < 2000)
        last = handle, opened++;
    cr_expect_eq(handle, -EMFILE);
    cr_expect(opened > 500 && opened < 1000, "%u", opened);
    cr_expect_eq(close_it(&m, last), 0);
    cr_expect_gt(open_it(&m, RW, "one", O_RDONLY), 0);
    host_machine_end(&m);
}

Test(emu_host, grants_are_taken_by_their_numbers_and_stay) {
    struct host_machine m = start(false);
    cr_expect_eq(host_do(&m, OP_HOST_TAKE, 0, "", RW, 0), RW);
    cr_expect_eq(host_do(&m, OP_HOST_TAKE, 0, "", FILE_RO + 1, 0), -EBADF);
    cr_expect_eq(host_do(&m, OP_HOST_TAKE, 0, "", 0, 0), -EBADF, "there is no stream 0");
    cr_expect_eq(host_do(&m, OP_HOST_TAKE, 0, "", ~0ul, 0), -EBADF);
    long opened = open_it(&m, RW, "one", O_RDONLY);
    cr_expect_eq(host_do(&m, OP_HOST_TAKE, 0, "", (uint64_t)opened, 0), -EBADF, "what was opened is no grant");
    cr_expect_eq(close_it(&m, RW), 0);
    cr_expect_eq(host_do(&m, OP_HOST_STAT, RW, "one", 0, 0), 0);
    host_machine_end(&m);
}

/* ---- Requests that are none */

Test(emu_host, whatever_a_request_contains_it_is_answered) {
    struct host_machine m = start(false);
    const struct host_request good = {
        .op = OP_HOST_STAT, .handle = RW, .write = 1, .in = IN_AT, .in_size = 3, .out = OUT_AT, .out_size = 4096};
    static const uint64_t bad[] = {~0ul, 1ul << 51, 16ul << 20, (16ul << 20) - 1, ~0ul - 4000, 1ul << 63};
    memcpy(emu_ram(m.emu, (gpa_t){IN_AT}, 3), "one", 3);
    cr_expect_eq(host_ask(&m, good).result, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct host_request request = good;
        request.in = bad[i];
        cr_expect_eq(host_ask(&m, request).result, -EFAULT, "in 0x%lx", bad[i]);
        request = good;
        request.out = bad[i];
        cr_expect_eq(host_ask(&m, request).result, -EFAULT, "out 0x%lx", bad[i]);
        request = good;
        request.in_size = bad[i];
        cr_expect(host_ask(&m, request).result < 0, "in_size 0x%lx", bad[i]);
        request = good;
        request.handle = (unsigned)bad[i] | 0x40000000;
        cr_expect_eq(host_ask(&m, request).result, -EBADF, "handle 0x%lx", bad[i]);
        for (unsigned op = OP_HOST_TAKE; op <= OP_HOST_UTIMES; op++) {
            request = (struct host_request){.op = op,
                                            .handle = FILE_RO,
                                            .handle2 = FILE_RO,
                                            .arg = {bad[i], bad[i], bad[i]},
                                            .in = IN_AT,
                                            .out = OUT_AT,
                                            .out_size = bad[i] % 300};
            if (op != OP_HOST_POLL && op != OP_HOST_SLEEP && op != OP_HOST_CLOSE)
                host_ask(&m, request);
        }
    }
    struct host_request request = good;
    request.op = OP_HOST_UTIMES + 1;
    cr_expect_eq(host_ask(&m, request).result, -ENOSYS);
    request.op = 0;
    cr_expect_eq(host_ask(&m, request).result, -ENOSYS);
    request = good;
    request.out_size = sizeof(struct stat) - 1;
    cr_expect_eq(host_ask(&m, request).result, -EINVAL);
    expect_unchanged(&m);
    host_serve(m.emu, (16ul << 20) - 8);
    cr_expect(m.emu->dead, "a request outside of RAM is the kernel's death");
    host_machine_end(&m);
}

#define PAGES_AT 0x840000ul

/* 9,000 bytes from the middle of one page on, then in two pages that lie elsewhere. */
Test(emu_host, contents_lie_in_pages_that_need_not_follow_each_other) {
    struct host_machine m = start(false);
    const uint64_t page[] = {0x900000, 0x861000};
    const size_t size = 9000, first = 4096 - 100;
    uint8_t *ram = emu_ram(m.emu, (gpa_t){0}, 16ul << 20), bytes[9000];
    long handle = open_it(&m, RW, "scattered", O_RDWR | O_CREAT);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    memcpy(ram + PAGES_AT, page, sizeof page);
    memcpy(ram + IN_AT + 100, bytes, first);
    memcpy(ram + page[0], bytes + first, 4096);
    memcpy(ram + page[1], bytes + first + 4096, size - first - 4096);
    struct host_request write = {.op = OP_HOST_WRITE,
                                 .handle = (unsigned)handle,
                                 .write = 1,
                                 .in = IN_AT + 100,
                                 .in_size = size,
                                 .pages = PAGES_AT};
    cr_expect_eq(host_ask(&m, write).result, (long)size);
    struct host_request read = {.op = OP_HOST_READ, .handle = (unsigned)handle, .out = OUT_AT, .out_size = STRING_MAX};
    cr_expect_eq(host_ask(&m, read).result, (long)size);
    cr_expect_arr_eq(ram + OUT_AT, bytes, size);

    memset(ram + page[0], 0, 4096);
    memset(ram + page[1], 0, 4096);
    read.out = OUT_AT + 100, read.out_size = size, read.pages = PAGES_AT;
    cr_expect_eq(host_ask(&m, read).result, (long)size);
    cr_expect_arr_eq(ram + OUT_AT + 100, bytes, first);
    cr_expect_arr_eq(ram + page[0], bytes + first, 4096);
    cr_expect_arr_eq(ram + page[1], bytes + first + 4096, size - first - 4096);
    cr_expect_eq(ram[page[1] + size - first - 4096], 0, "no more than was asked for");

    static const uint64_t bad[] = {16ul << 20, ~0ul - 7, 1ul << 51};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(ram + PAGES_AT + 8, &bad[i], 8);
        cr_expect_eq(host_ask(&m, read).result, -EFAULT, "a page at 0x%lx", bad[i]);
        cr_expect_eq(host_ask(&m, write).result, -EFAULT, "a page at 0x%lx", bad[i]);
        struct host_request none = read;
        none.pages = bad[i];
        cr_expect_eq(host_ask(&m, none).result, -EFAULT, "the list at 0x%lx", bad[i]);
    }
    host_machine_end(&m);
}

Test(emu_host, paths_are_as_many_as_the_operation_has) {
    struct host_machine m = start(false);
    cr_expect_eq(host_do_bytes(&m, OP_HOST_STAT, RW, "one\0", 4, 0, 0), -EINVAL);
    cr_expect_eq(host_do_bytes(&m, OP_HOST_STAT, RW, "o\0ne", 4, 0, 0), -EINVAL);
    cr_expect_eq(host_do_bytes(&m, OP_HOST_RENAME, RW, "one", 3, 0, 0), -EINVAL);
    cr_expect_eq(host_do_bytes(&m, OP_HOST_RENAME, RW, "one\0new\0", 8, 0, 0), -EINVAL);
    cr_expect_eq(host_do_bytes(&m, OP_HOST_UTIMES, RW, "one", 3, 0, 0), -EINVAL, "there are no times");
    cr_expect_eq(host_do_bytes(&m, OP_HOST_RENAME, RW, "one\0new", 7, ~0ul, 0), -EINVAL);
    cr_expect_eq(host_do(&m, OP_HOST_STAT, RW, "one", 1, 0), -EINVAL);
    cr_expect_eq(host_do(&m, OP_HOST_UNLINK, RW, "one", 1, 0), -EINVAL);
    host_machine_end(&m);
}

/* ---- Contents */

Test(emu_host, contents_are_read_written_and_measured) {
    struct host_machine m = start(false);
    size_t size;
    struct stat natively;
    long file = open_it(&m, RW, "three", O_RDWR);
    unsigned h = (unsigned)file;
    cr_expect_eq(read_it(&m, file, 8), 2);
    cr_expect_eq(memcmp(host_answer(&m, &size), "89", 2), 0);
    cr_expect_eq(read_it(&m, file, HOST_HERE), 10);
    cr_expect_eq(read_it(&m, file, HOST_HERE), 0);
    cr_expect_eq(host_do(&m, OP_HOST_WRITE, h, "abc", HOST_HERE, 0), 3);
    cr_expect_eq(host_do(&m, OP_HOST_WRITE, h, "X", 0, 0), 1);
    cr_expect_eq(host_do(&m, OP_HOST_SEEK, h, "", (uint64_t)-4, SEEK_CUR), 9);
    cr_expect_eq(read_it(&m, file, HOST_HERE), 4);
    cr_expect_eq(memcmp(host_answer(&m, &size), "9abc", 4), 0);
    cr_expect_eq(host_do(&m, OP_HOST_TRUNCATE, h, "", 5, 0), 0);
    cr_expect_eq(host_do(&m, OP_HOST_SYNC, h, "", 1, 0), 0);
    cr_expect_eq(host_do(&m, OP_HOST_SEEK, h, "", (uint64_t)-1, SEEK_SET), -EINVAL);
    cr_expect_eq(host_do(&m, OP_HOST_FCNTL, h, "", F_SETFL, O_APPEND), 0);
    cr_expect_eq(host_do(&m, OP_HOST_FCNTL, h, "", F_GETFL, 0), O_RDWR | O_APPEND | 0100000);
    cr_expect_eq(host_do(&m, OP_HOST_WRITE, h, "end", HOST_HERE, 0), 3);
    cr_expect_eq(host_do(&m, OP_HOST_STAT, h, "", 0, 0), 0);
    cr_assert_eq(fstatat(m.granted, "three", &natively, 0), 0);
    cr_expect_eq(natively.st_size, 8);
    cr_expect_eq(memcmp(host_answer(&m, &size), &natively, sizeof natively), 0);
    cr_expect_eq(size, sizeof natively);
    host_machine_end(&m);
}

/* Padding between entries is anything. */
static void expect_same_entries(const char *a, const char *b, long size) {
    for (long at = 0; at < size;) {
        const struct dirent64 *x = (const void *)(a + at), *y = (const void *)(b + at);
        cr_assert(x->d_reclen == y->d_reclen && x->d_ino == y->d_ino && x->d_type == y->d_type && x->d_reclen > 0);
        cr_expect_str_eq(x->d_name, y->d_name);
        at += x->d_reclen;
    }
}

Test(emu_host, a_directory_is_listed_as_the_host_lists_it) {
    struct host_machine m = start(false);
    char natively[4096];
    size_t size;
    long directory = open_it(&m, RO, "", O_RDONLY | O_DIRECTORY);
    int fd = openat(m.granted, ".", O_RDONLY | O_DIRECTORY);
    ssize_t expected = getdents64(fd, natively, sizeof natively);
    cr_assert_eq(host_do(&m, OP_HOST_LIST, (unsigned)directory, "", 0, 0), expected);
    expect_same_entries(host_answer(&m, &size), natively, expected);
    cr_expect_eq(host_do(&m, OP_HOST_LIST, (unsigned)directory, "", 0, 0), 0);
    cr_expect_eq(host_do(&m, OP_HOST_SEEK, (unsigned)directory, "", 0, SEEK_SET), 0);
    cr_expect_eq(host_do(&m, OP_HOST_LIST, (unsigned)directory, "", 0, 0), expected);
    close(fd);
    host_machine_end(&m);
}

/* ---- What is no ordinary file */

Test(emu_host, devices_are_opened_only_where_they_are_what_was_granted) {
    int dev = open("/dev", O_RDONLY | O_DIRECTORY);
    struct emu_grant grants[] = {{dev, NULL, true}, {dev, "zero", false}};
    struct host_machine m = host_machine_with(grants, 2, NULL, false);
    cr_expect_eq(open_it(&m, 3, "null", O_RDONLY), -EACCES);
    cr_expect_eq(open_it(&m, 3, "tty", O_RDWR), -EACCES);
    cr_expect_eq(host_do(&m, OP_HOST_STAT, 3, "null", 0, 0), 0);
    long zero = open_it(&m, 4, "", O_RDONLY);
    cr_expect_gt(zero, 0);
    cr_expect_eq(read_it(&m, zero, HOST_HERE), STRING_MAX);
    host_machine_end(&m);
    close(dev);
}

static void *interrupt_soon(void *data) {
    usleep(50000);
    emu_interrupt(((struct host_machine *)data)->emu);
    return NULL;
}

/* The result of a request that waits until somebody interrupts the machine. */
static long interrupted(struct host_machine *m, struct host_request request) {
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, interrupt_soon, m), 0);
    long result = host_ask(m, request).result;
    pthread_join(thread, NULL);
    atomic_store(&m->emu->interrupted, false);
    kick_acknowledge(m->emu);
    return result;
}

Test(emu_host, waiting_ends_with_an_interrupt, .timeout = 20) {
    struct host_machine m = start(true);
    cr_expect_eq(open_it(&m, RW, "fifo", O_WRONLY), -ENXIO, "nobody reads it");
    long fifo = open_it(&m, RW, "fifo", O_RDONLY), writer = open_it(&m, RW, "fifo", O_WRONLY);
    cr_assert(fifo > 0 && writer > 0);
    struct host_request request = {
        .op = OP_HOST_READ, .handle = (unsigned)fifo, .arg = {HOST_HERE}, .out = OUT_AT, .out_size = 10};
    cr_expect_eq(interrupted(&m, request), -EINTR);
    request = (struct host_request){.op = OP_HOST_POLL, .handle = (unsigned)fifo, .arg = {POLLIN, ~0ul}};
    cr_expect_eq(interrupted(&m, request), -EINTR);
    request = (struct host_request){.op = OP_HOST_SLEEP, .arg = {20000000000}};
    cr_expect_eq(interrupted(&m, request), -EINTR);
    cr_expect_eq(host_do(&m, OP_HOST_POLL, (unsigned)fifo, "", POLLIN, 10), 0, "the time is up");
    cr_expect_eq(host_do(&m, OP_HOST_WRITE, (unsigned)writer, "text", HOST_HERE, 0), 4);
    cr_expect_eq(host_do(&m, OP_HOST_POLL, (unsigned)fifo, "", POLLIN, ~0ul), POLLIN);
    cr_expect_eq(read_it(&m, fifo, HOST_HERE), 4);
    cr_expect_eq(host_do(&m, OP_HOST_FCNTL, (unsigned)fifo, "", F_SETFL, O_NONBLOCK), 0);
    cr_expect_eq(read_it(&m, fifo, HOST_HERE), -EAGAIN);
    host_machine_end(&m);
}

/* A writer that fills the pipe: what has gone has gone. */
Test(emu_host, a_write_that_is_interrupted_says_what_has_gone, .timeout = 20) {
    struct host_machine m = start(false);
    long fifo = open_it(&m, RW, "fifo", O_RDONLY), writer = open_it(&m, RW, "fifo", O_WRONLY);
    cr_assert(fifo > 0 && writer > 0);
    struct host_request request = {.op = OP_HOST_WRITE,
                                   .handle = (unsigned)writer,
                                   .write = 1,
                                   .arg = {HOST_HERE},
                                   .in = IN_AT,
                                   .in_size = STRING_MAX};
    long sum = 0, put;
    for (unsigned i = 0; (put = interrupted(&m, request)) > 0 && i < 10; i++)
        sum += put;
    cr_expect_eq(put, -EINTR);
    long got = 0, piece;
    cr_expect_eq(host_do(&m, OP_HOST_FCNTL, (unsigned)fifo, "", F_SETFL, O_NONBLOCK), 0);
    while ((piece = read_it(&m, fifo, HOST_HERE)) > 0)
        got += piece;
    cr_expect_eq(got, sum);
    host_machine_end(&m);
}

/* ---- Streams and terminals */

Test(emu_host, flags_of_a_stream_stay_in_the_device) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    struct host_machine m = host_machine_with(NULL, 0, (int[]){ends[0], ends[1], -1}, false);
    int before = fcntl(ends[0], F_GETFL);
    cr_expect_eq(host_do(&m, OP_HOST_FCNTL, 0, "", F_SETFL, O_NONBLOCK | O_APPEND), 0);
    cr_expect_eq(fcntl(ends[0], F_GETFL), before);
    cr_expect_eq(host_do(&m, OP_HOST_FCNTL, 0, "", F_GETFL, 0), before | O_NONBLOCK | O_APPEND);
    cr_expect_eq(read_it(&m, 0, HOST_HERE), -EAGAIN);
    cr_expect_eq(host_do(&m, OP_HOST_WRITE, 1, "text", HOST_HERE, 0), 4);
    cr_expect_eq(read_it(&m, 0, HOST_HERE), 4);
    cr_expect_eq(host_do(&m, OP_HOST_CHMOD, 1, "", 0, 0), -EPERM);
    cr_expect_eq(host_do_two(&m, OP_HOST_LINK, 0, "", 0, "x", 0), -EXDEV);
    cr_expect_eq(host_do(&m, OP_HOST_WRITE, 2, "text", HOST_HERE, 0), -EBADF);
    cr_expect_eq(close_it(&m, 1), 0);
    cr_expect_geq(fcntl(ends[1], F_GETFL), 0, "it is still open");
    host_machine_end(&m);
    cr_expect_geq(fcntl(ends[1], F_GETFL), 0, "and after the machine has ended");
}

Test(emu_host, of_terminals_only_the_harmless_is_asked) {
    static const unsigned refused[] = {TIOCSTI,   TIOCSCTTY, TIOCSPGRP, TIOCSWINSZ, TIOCNOTTY,
                                       TIOCSETD,  FIOASYNC,  FIONBIO,   FIOCLEX,    TIOCCONS,
                                       TIOCLINUX, TCSBRK,    TCFLSH,    0,          ~0u};
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    unsigned char natively[64];
    struct winsize window = {.ws_row = 33, .ws_col = 77};
    size_t size;
    cr_assert_geq(slave, 0);
    cr_assert_eq(ioctl(slave, TIOCSWINSZ, &window), 0);
    struct host_machine m = host_machine_with(NULL, 0, (int[]){slave, -1, -1}, false);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_expect_eq(host_do(&m, OP_HOST_CONTROL, 0, "x", refused[i], 0), -ENOTTY, "0x%x", refused[i]);
    cr_expect_eq(host_do(&m, OP_HOST_CONTROL, 0, "", TIOCGWINSZ, 0), 0);
    cr_expect_eq(memcmp(host_answer(&m, &size), &window, sizeof window), 0);
    cr_expect_eq(host_do(&m, OP_HOST_CONTROL, 0, "", TCGETS, 0), 0);
    cr_assert_eq(ioctl(slave, TCGETS, natively), 0);
    cr_expect_eq(memcmp(host_answer(&m, &size), natively, 36), 0);
    cr_expect_eq(size, 36);
    natively[12] ^= ECHO;
    cr_expect_eq(host_do_bytes(&m, OP_HOST_CONTROL, 0, natively, 36, TCSETS, 0), 0);
    cr_expect_eq(host_do_bytes(&m, OP_HOST_CONTROL, 0, natively, 35, TCSETS, 0), -EINVAL);
    struct termios now;
    cr_expect(tcgetattr(slave, &now) == 0 && (now.c_lflag & ECHO) == (natively[12] & ECHO));
    host_machine_end(&m);
}

/* ---- Time */

Test(emu_host, time_is_told_only_if_it_was_granted) {
    struct host_machine m = host_machine_with(NULL, 0, NULL, false);
    cr_expect_eq(host_do(&m, OP_HOST_TIME, 0, "", CLOCK_REALTIME, 0), -EPERM);
    cr_expect_eq(host_do(&m, OP_HOST_SLEEP, 0, "", 1, 0), -EPERM);
    host_machine_end(&m);
    m = host_machine_with(NULL, 0, NULL, true);
    time_t before = time(NULL);
    long told = host_do(&m, OP_HOST_TIME, 0, "", CLOCK_REALTIME, 0);
    cr_expect(told >= before && told <= time(NULL));
    cr_expect_eq(host_do(&m, OP_HOST_TIME, 0, "", (uint64_t)-2, 0), -EINVAL, "another process's clock");
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    cr_expect_eq(host_do(&m, OP_HOST_SLEEP, 0, "", 30000000, 0), 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    cr_expect_geq((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec, 30000000);
    host_machine_end(&m);
}

/* ---- Creation, and Linux versions that lack something */

static void without(unsigned number) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        cr_skip_test("no seccomp");
}

static void refused(const struct emu_grant *grant, const char *why) {
    struct ladder ladder = ladder_boot("01_halt", -1, false);
    struct facet_error error = {""};
    struct emu *emu;
    struct emu_config config = {.ram_size = 16ul << 20,
                                .kernel = {ladder.image, ladder.image_size},
                                .cmdline = "",
                                .stream_fd = {-1, -1, -1},
                                .console_fd = -1,
                                .grants = grant,
                                .grant_count = 1};
    cr_expect_neq(emu_create(&config, &emu, &error), FACET_OK);
    cr_expect_not_null(strstr(error.text, why), "%s", error.text);
    ladder_end(&ladder);
}

Test(emu_host, names_that_are_none_are_refused) {
    static const char *const names[] = {"", ".", "..", "a/b", "/"};
    int here = open(".", O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        refused(&(struct emu_grant){here, names[i], false}, "not the name of a file");
    refused(&(struct emu_grant){-1, NULL, false}, "cannot open");
}

Test(emu_host, without_openat2_nothing_is_granted) {
    int here = open(".", O_RDONLY | O_DIRECTORY);
    without(SYS_openat2);
    refused(&(struct emu_grant){here, NULL, false}, "openat2");
}

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
Test(emu_host, older_versions_of_linux_will_do) {
    struct host_machine m = start(false);
    struct stat status;
    without(SYS_fchmodat2);
    without(SYS_faccessat2);
    cr_expect_eq(host_do(&m, OP_HOST_CHMOD, RW, "three", 0640, 0), 0);
    cr_expect(fstatat(m.granted, "three", &status, 0) == 0 && (status.st_mode & 07777) == 0640);
    cr_expect_eq(host_do(&m, OP_HOST_ACCESS, RW, "three", R_OK | W_OK, 0), 0);
    cr_expect_eq(host_do(&m, OP_HOST_ACCESS, RW, "four", R_OK, 0), -ENOENT);
    host_machine_end(&m);
}
