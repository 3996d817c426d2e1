/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host: with a granted directory (3), takes it, makes a file and uses it in every way that the kernel has a part in.
 * host pipe: reads standard input through its HostFile, once, into `target`, and prints that.
 * host edge: reads it into memory that ends after 30 bytes, prints them and then the rest, of which none may be lost.
 */
#include "check.h"

enum { R_DIRECTORY = CR_FREE, R_FILE, R_READ_ONLY, R_OPENED };

/* As Linux has them on x86-64. */
#define O_RDONLY 0ul
#define O_RDWR 2ul
#define O_CREAT 0100ul
#define SEEK_SET 0
#define SEEK_CUR 1
#define EBADF 9
#define EFAULT 14
#define EXDEV 18
#define EROFS 30
#define NOWHERE 0x700000000000ul

static unsigned char target[8192] __attribute__((aligned(4096)));
static const char text[] = "0123456789";

static unsigned long length(const char *s) {
    unsigned long n = 0;
    while (s[n])
        n++;
    return n;
}

static unsigned long error; /* of the last operation on a path */

static unsigned long on_path(unsigned cap, unsigned long op, const char *path, unsigned long w0, unsigned long w1) {
    struct facet_message m = {.word = {w0, w1},
                              .recv = {R_OPENED},
                              .string = path,
                              .string_size = length(path),
                              .room = target,
                              .room_size = 144};
    unsigned long rc = facet_call(cap, op, &m);
    error = m.word[0];
    return rc;
}

/* "first\0second" */
static unsigned long on_paths(unsigned long op, const char *paths, unsigned long size, unsigned directory) {
    struct facet_message m = {.send = {(unsigned char)directory}, .string = paths, .string_size = size};
    unsigned long rc = facet_call(R_DIRECTORY, op, &m);
    error = m.word[0];
    return rc;
}

/* From or to this process's memory, or with NULL a string. Bytes, or -errno; why: not more. */
static unsigned long why;
static long move(unsigned long op, unsigned cap, unsigned long offset, unsigned long address, unsigned long size) {
    struct facet_message m = {.word = {offset, address, size}, .send = {CR_SELF}};
    unsigned long rc = facet_call(cap, op, &m);
    why = m.word[1];
    if (rc != RC_OK)
        check("result of moving", rc, RC_IO);
    return rc == RC_OK ? (long)m.word[0] : -(long)m.word[0];
}

static long position(void) {
    struct facet_message m = {.word = {0, SEEK_CUR}};
    check("OP_HOST_SEEK", facet_call(R_FILE, OP_HOST_SEEK, &m), RC_OK);
    return (long)m.word[0];
}

static void seek(unsigned long offset) {
    struct facet_message m = {.word = {offset, SEEK_SET}};
    check("OP_HOST_SEEK", facet_call(R_FILE, OP_HOST_SEEK, &m), RC_OK);
}

static void make_file(void) {
    struct facet_message m = {.word = {HOST_HERE}, .string = text, .string_size = 10};
    check("take", facet_get(CR_HOST, OP_HOST_TAKE, 3, 0, R_DIRECTORY), RC_OK);
    check("open", on_path(R_DIRECTORY, OP_HOST_OPEN, "file", O_RDWR | O_CREAT, 0600), RC_OK);
    check("keep it", facet_set(CR_SELF, OP_PROCESS_SET_CAP, R_FILE, R_OPENED), RC_OK);
    check("write a string", facet_call(R_FILE, OP_HOST_WRITE, &m), RC_OK);
    check("bytes", m.word[0], 10);
}

static void strings(void) {
    struct facet_message m = {.word = {2}, .room = target, .room_size = 5};
    check("read a string", facet_call(R_FILE, OP_HOST_READ, &m), RC_OK);
    check("bytes of it", m.received, 5);
    check("the bytes", (unsigned long)memcmp(target, "23456", 5), 0);
    seek(3);
    struct facet_message bad = {.word = {HOST_HERE}, .room = (void *)NOWHERE, .room_size = 5};
    check("room where nothing is", facet_call(R_FILE, OP_HOST_READ, &bad), RC_BAD_SPACE);
    check("then nothing was read", (unsigned long)position(), 3);
    struct facet_message half = {.word = {HOST_HERE}, .room = (void *)(GUEST_STACK_TOP - 2), .room_size = 5};
    check("room that ends too early", facet_call(R_FILE, OP_HOST_READ, &half), RC_BAD_SPACE);
    check("then neither", (unsigned long)position(), 3);
    passed("contents as strings");
}

/* Above the stack nothing is mapped; the constants cannot be stored to. */
static void memory(void) {
    unsigned long end = GUEST_STACK_TOP;
    memset(target, 7, sizeof target);
    check("all of it", (unsigned long)move(OP_HOST_WRITE, R_FILE, 0, (unsigned long)target, 6000), 6000);
    check("why not more", why, FAULT_NONE);
    check("a part", (unsigned long)move(OP_HOST_WRITE, R_FILE, 6000, end - 100, 200), 100);
    check("why not more", why, FAULT_INVALID_ADDRESS);
    check("nothing", (unsigned long)-move(OP_HOST_WRITE, R_FILE, 0, NOWHERE, 200), EFAULT);
    check("why", why, FAULT_INVALID_ADDRESS);
    seek(6000);
    check("read a part", (unsigned long)move(OP_HOST_READ, R_FILE, HOST_HERE, end - 100, 200), 100);
    check("why not more", why, FAULT_INVALID_ADDRESS);
    seek(6000);
    check("only what can be stored is read", (unsigned long)move(OP_HOST_READ, R_FILE, HOST_HERE, end - 30, 200), 30);
    check("the file stands behind it", (unsigned long)position(), 6030);
    check("nothing", (unsigned long)-move(OP_HOST_READ, R_FILE, HOST_HERE, (unsigned long)text, 5), EFAULT);
    check("why", why, FAULT_ACCESS_VIOLATION);
    check("the file stands where it stood", (unsigned long)position(), 6030);
    check("to its end", (unsigned long)move(OP_HOST_READ, R_FILE, 5990, (unsigned long)target + 4090, 60), 60);
    check("the last byte of the array's", target[4099], 7);
    check("end of file", (unsigned long)move(OP_HOST_READ, R_FILE, 1ul << 40, (unsigned long)target, 60), 0);
    check("why not more", why, FAULT_NONE);
    passed("contents between a file and the memory of a process");
}

static void rights(void) {
    struct facet_message m = {.string = text, .string_size = 1};
    check("reduce", facet_get(R_FILE, OP_MEM_REDUCE, CAP_RO, 0, R_READ_ONLY), RC_OK);
    check("write through RO", facet_call(R_READ_ONLY, OP_HOST_WRITE, &m), RC_NO_RIGHT);
    check("reduce", facet_get(R_DIRECTORY, OP_MEM_REDUCE, CAP_RO, 0, R_READ_ONLY), RC_OK);
    check("open through RO to write", on_path(R_READ_ONLY, OP_HOST_OPEN, "file", O_RDWR, 0), RC_IO);
    check("errno", error, EROFS);
    check("open through RO", on_path(R_READ_ONLY, OP_HOST_OPEN, "file", O_RDONLY, 0), RC_OK);
    struct facet_message type = {0};
    check("type", facet_call(R_OPENED, OP_TYPE, &type), RC_OK);
    check("what was opened", type.word[0], CAP_HOSTFILE);
    check("its restriction", type.word[1], CAP_RO);
    check("write to it", facet_call(R_OPENED, OP_HOST_WRITE, &m), RC_NO_RIGHT);
    check("chmod through it", on_path(R_OPENED, OP_HOST_CHMOD, "", 0600, 0), RC_NO_RIGHT);
    check("rename into RO", on_paths(OP_HOST_RENAME, "file\0other", 10, R_READ_ONLY), RC_NO_RIGHT);
    check("link into RO", on_paths(OP_HOST_LINK, "file\0other", 10, R_READ_ONLY), RC_NO_RIGHT);
    passed("rights");
}

static void names(void) {
    check("make a directory", on_path(R_DIRECTORY, OP_HOST_MKDIR, "folder", 0700, 0), RC_OK);
    check("rename", on_paths(OP_HOST_RENAME, "file\0folder/moved", 17, R_DIRECTORY), RC_OK);
    check("link", on_paths(OP_HOST_LINK, "folder/moved\0second", 19, R_DIRECTORY), RC_OK);
    check("a symbolic link", on_paths(OP_HOST_SYMLINK, "../../..\0folder/out", 19, R_DIRECTORY), RC_OK);
    check("through it", on_path(R_DIRECTORY, OP_HOST_OPEN, "folder/out", O_RDONLY, 0), RC_IO);
    check("errno", error, EXDEV);
    check("to the parent", on_path(R_DIRECTORY, OP_HOST_STAT, "..", 0, 0), RC_IO);
    check("errno", error, EXDEV);
    check("readlink", on_path(R_DIRECTORY, OP_HOST_READLINK, "folder/out", 0, 0), RC_OK);
    check("its bytes", error, 8);
    check("stat", on_path(R_DIRECTORY, OP_HOST_STAT, "second", 0, 0), RC_OK);
    check("number of links", target[16], 2);
    check("size", target[48] | (unsigned long)target[49] << 8, 6100);
    passed("names");
}

static void closed(void) {
    struct facet_message m = {0};
    check("a copy", facet_set(CR_SELF, OP_PROCESS_SET_CAP, R_OPENED, R_FILE), RC_OK);
    check("close", facet_call(R_FILE, OP_HOST_CLOSE, &m), RC_OK);
    check("open another", on_path(R_DIRECTORY, OP_HOST_OPEN, "second", O_RDWR, 0), RC_OK);
    check("the closed one", (unsigned long)-move(OP_HOST_READ, R_FILE, 0, (unsigned long)target, 5), EBADF);
    passed("what was closed stays closed");
}

static int read_pipe(void) {
    struct facet_message m = {.word = {HOST_HERE}, .room = target, .room_size = sizeof target};
    check("take standard input", facet_get(CR_HOST, OP_HOST_TAKE, 0, 0, R_FILE), RC_OK);
    check("read", facet_call(R_FILE, OP_HOST_READ, &m), RC_OK);
    facet_write(CR_STDOUT, target, m.received);
    return 0;
}

static int read_to_edge(void) {
    unsigned char *edge = (unsigned char *)GUEST_STACK_TOP - 30;
    check("take standard input", facet_get(CR_HOST, OP_HOST_TAKE, 0, 0, R_FILE), RC_OK);
    check("read", (unsigned long)move(OP_HOST_READ, R_FILE, HOST_HERE, (unsigned long)edge, 200), 30);
    facet_write(CR_STDOUT, edge, 30);
    long rest = move(OP_HOST_READ, R_FILE, HOST_HERE, (unsigned long)target, 200);
    facet_write(CR_STDOUT, target, (unsigned long)rest);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1)
        return argv[1][0] == 'e' ? read_to_edge() : read_pipe();
    make_file();
    strings();
    memory();
    rights();
    names();
    closed();
    return 0;
}
