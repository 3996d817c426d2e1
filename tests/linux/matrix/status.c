/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What files are: status, rights, times, lists; and where the program stands among them.
 */
#include "matrix.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <utime.h>

static void note_status(const char *what, const struct stat *s) {
    char text[100];
    snprintf(text, sizeof text, "%s mode %o, %ld bytes, %ld links", what, s->st_mode,
             S_ISREG(s->st_mode) ? (long)s->st_size : 0, S_ISREG(s->st_mode) ? (long)s->st_nlink : 0);
    NOTE_TEXT(stat, "is", text);
}

static void try_stat(void) {
    struct stat s;
    int fd = open("f", O_RDONLY);
    TRY(stat, "a file", "f", &s);
    note_status("it has", &s);
    TRY(stat, "a directory", "d", &s);
    note_status("it has", &s);
    TRY(stat, "through a symbolic link", "link", &s);
    note_status("it has", &s);
    TRY(stat, "what is not there", "nothing", &s);
    TRY(stat, "below a file", "f/x", &s);
    TRY(stat, "an empty name", "", &s);
    TRY(stat, "a name that lies nowhere", BAD_ADDRESS, &s);
    TRY(stat, "an answer that goes nowhere", "f", BAD_ADDRESS);
    TRY(stat, "symbolic links in a ring", "ring1", &s);
    TRY(lstat, "a symbolic link", "link", &s);
    NOTE(lstat, "is one", S_ISLNK(s.st_mode));
    TRY(fstat, "a descriptor", fd, &s);
    TRY(fstat, "no descriptor", BAD_FD, &s);
    TRY(fstat, "an answer that goes nowhere", fd, BAD_ADDRESS);
    TRY(newfstatat, "a file", AT_FDCWD, "f", &s, 0);
    TRY(newfstatat, "a symbolic link", AT_FDCWD, "link", &s, AT_SYMLINK_NOFOLLOW);
    TRY(newfstatat, "a descriptor and no name", fd, "", &s, AT_EMPTY_PATH);
    TRY(newfstatat, "no name, not asked for", fd, "", &s, 0);
    TRY(newfstatat, "flags that do not exist", AT_FDCWD, "f", &s, 1 << 30);
    TRY(newfstatat, "by no descriptor", BAD_FD, "f", &s, 0);
    struct statx x;
    TRY(statx, "a file", AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x);
    NOTE(statx, "its mode", x.stx_mode);
    NOTE(statx, "its size", x.stx_size);
    NOTE(statx, "what is known", (x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
    TRY(statx, "what is not there", AT_FDCWD, "nothing", 0, STATX_BASIC_STATS, &x);
    TRY(statx, "an answer that goes nowhere", AT_FDCWD, "f", 0, STATX_BASIC_STATS, BAD_ADDRESS);
    TRY(statx, "flags that exclude each other", AT_FDCWD, "f", 0x6000, STATX_BASIC_STATS, &x);
    struct statfs filesystem;
    TRY(statfs, "where it stands", ".", &filesystem);
    TRY(statfs, "what is not there", "nothing", &filesystem);
    TRY(fstatfs, "a descriptor", fd, &filesystem);
    TRY(fstatfs, "no descriptor", BAD_FD, &filesystem);
    close(fd);
}

static void try_rights(void) {
    struct stat s;
    int fd = open("f", O_RDWR);
    TRY(access, "to be", "f", F_OK);
    TRY(access, "to read and write", "f", R_OK | W_OK);
    TRY(access, "what is not there", "nothing", F_OK);
    TRY(access, "ways that do not exist", "f", 0x77);
    TRY(access, "a name that lies nowhere", BAD_ADDRESS, F_OK);
    TRY(chmod, "a file", "f", 0640);
    stat("f", &s);
    NOTE(chmod, "has these rights", s.st_mode & 07777);
    TRY(access, "to execute what nobody may", "f", X_OK);
    TRY(chmod, "what is not there", "nothing", 0640);
    TRY(fchmod, "a descriptor", fd, 0600);
    TRY(fchmod, "no descriptor", BAD_FD, 0600);
    TRY(fchmodat, "a file", AT_FDCWD, "f", 0644);
    TRY(faccessat, "to read", AT_FDCWD, "f", R_OK);
    TRY(faccessat, "by no descriptor", BAD_FD, "f", R_OK);
    TRY(faccessat2, "a symbolic link itself", AT_FDCWD, "link", F_OK, AT_SYMLINK_NOFOLLOW);
    TRY(faccessat2, "flags that do not exist", AT_FDCWD, "f", F_OK, 0x77);
    TRY(chown, "to whom it belongs", "f", -1, -1);
    TRY(chown, "what is not there", "nothing", -1, -1);
    TRY(fchown, "to whom it belongs", fd, -1, -1);
    TRY(fchown, "no descriptor", BAD_FD, -1, -1);
    TRY(lchown, "a symbolic link itself", "link", -1, -1);
    TRY(fchownat, "flags that do not exist", AT_FDCWD, "f", -1, -1, 0x77);
    close(fd);
}

static void try_times(void) {
    struct timespec set[2] = {{1000000, 0}, {2000000, 500}};
    struct stat s;
    int fd = open("f", O_RDWR);
    TRY(utimensat, "a file", AT_FDCWD, "f", set, 0);
    stat("f", &s);
    NOTE(utimensat, "read then", s.st_atim.tv_sec);
    NOTE(utimensat, "changed then", s.st_mtim.tv_sec);
    TRY(utimensat, "a descriptor", fd, NULL, set, 0);
    TRY(utimensat, "now", AT_FDCWD, "f", NULL, 0);
    set[0].tv_nsec = UTIME_OMIT;
    set[1].tv_nsec = 2000000000;
    TRY(utimensat, "a number that is no time", AT_FDCWD, "f", set, 0);
    TRY(utimensat, "what is not there", AT_FDCWD, "nothing", NULL, 0);
    TRY(utimensat, "flags that do not exist", AT_FDCWD, "f", NULL, 0x77);
    TRY(utimes, "a file", "f", (struct timeval[2]){{3000000, 0}, {4000000, 0}});
    TRY(utime, "a file", "f", &(struct utimbuf){5000000, 6000000});
    stat("f", &s);
    NOTE(utime, "changed then", s.st_mtim.tv_sec);
    close(fd);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void try_list(void) {
    static char buffer[4096];
    char *names[64];
    int fd = open(".", O_RDONLY | O_DIRECTORY), file = open("f", O_RDONLY), count = 0;
    long size = TRY_OK(getdents64, "a directory", fd, buffer, sizeof buffer);
    for (long at = 0; at < size && count < 64;) {
        struct dirent64 *entry = (struct dirent64 *)(buffer + at);
        if (asprintf(&names[count], "%s %d", entry->d_name, entry->d_type) > 0)
            count++;
        at += entry->d_reclen;
    }
    qsort(names, (size_t)count, sizeof *names, by_name);
    for (int i = 0; i < count; i++)
        NOTE_TEXT(getdents64, "with", names[i]);
    TRY(getdents64, "its end", fd, buffer, sizeof buffer);
    lseek(fd, 0, SEEK_SET);
    TRY_OK(getdents64, "from the beginning again", fd, buffer, sizeof buffer);
    lseek(fd, 0, SEEK_SET);
    TRY(getdents64, "too little room", fd, buffer, 4);
    TRY(getdents64, "to nowhere", fd, BAD_ADDRESS, 4096);
    TRY(getdents64, "a file", file, buffer, sizeof buffer);
    TRY(getdents64, "no descriptor", BAD_FD, buffer, sizeof buffer);
    close(fd);
    close(file);
}

static void try_place(void) {
    char before[4096] = "", after[4096] = "";
    int here = open(".", O_RDONLY | O_DIRECTORY), file = open("f", O_RDONLY);
    TRY_OK(getcwd, "where it stands", before, sizeof before);
    TRY(getcwd, "too little room", after, 2);
    TRY(getcwd, "to nowhere", BAD_ADDRESS, 4096);
    TRY(chdir, "a directory", "d");
    syscall(SYS_getcwd, after, sizeof after);
    NOTE(getcwd, "is below", strncmp(before, after, strlen(before)) == 0 && strcmp(after + strlen(before), "/d") == 0);
    TRY(access, "what lies there", "inside", F_OK);
    TRY(chdir, "above", "..");
    TRY(chdir, "a file", "f");
    TRY(chdir, "what is not there", "nothing");
    TRY(chdir, "a name that lies nowhere", BAD_ADDRESS);
    TRY(fchdir, "a descriptor", here);
    TRY(fchdir, "a file", file);
    TRY(fchdir, "no descriptor", BAD_FD);
    TRY(getxattr, "that a file does not have", "f", "user.nothing", after, sizeof after);
    close(here);
    close(file);
}

void matrix_status(void) {
    try_stat();
    try_rights();
    try_times();
    try_list();
    try_place();
}
