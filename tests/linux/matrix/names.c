/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names: what makes, finds, moves and removes them.
 */
#include "matrix.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char long_name[300], long_path[5000];

static void make(const char *name) {
    close(make_file(name, 3, O_RDONLY));
}

static void try_open(void) {
    int directory = open("d", O_RDONLY | O_DIRECTORY), file = open("f", O_RDONLY);
    TRY_OK(openat, "a file", AT_FDCWD, "f", O_RDONLY);
    TRY_OK(openat, "in a directory by descriptor", directory, "inside", O_RDONLY);
    TRY_OK(openat, "through ..", directory, "../f", O_RDONLY);
    TRY_OK(openat, "through a symbolic link", AT_FDCWD, "link", O_RDONLY);
    TRY(openat, "a symbolic link, not through it", AT_FDCWD, "link", O_RDONLY | O_NOFOLLOW);
    TRY(openat, "a symbolic link to nothing", AT_FDCWD, "dangling", O_RDONLY);
    TRY(openat, "symbolic links in a ring", AT_FDCWD, "ring1", O_RDONLY);
    TRY(openat, "a name that is not there", AT_FDCWD, "nothing", O_RDONLY);
    TRY(openat, "in a directory that is not there", AT_FDCWD, "nothing/f", O_RDONLY);
    TRY(openat, "below a file", AT_FDCWD, "f/g", O_RDONLY);
    TRY(openat, "a file as a directory", AT_FDCWD, "f", O_RDONLY | O_DIRECTORY);
    TRY(openat, "a file with a slash behind it", AT_FDCWD, "f/", O_RDONLY);
    TRY(openat, "a directory for writing", AT_FDCWD, "d", O_WRONLY);
    TRY(openat, "an empty name", AT_FDCWD, "", O_RDONLY);
    TRY(openat, "a name that lies nowhere", AT_FDCWD, BAD_ADDRESS, O_RDONLY);
    TRY(openat, "a name that is too long", AT_FDCWD, long_name, O_RDONLY);
    TRY(openat, "a path that is too long", AT_FDCWD, long_path, O_RDONLY);
    TRY(openat, "in a directory by a file's descriptor", file, "x", O_RDONLY);
    TRY(openat, "in a directory by no descriptor", BAD_FD, "x", O_RDONLY);
    TRY_OK(openat, "a new file", AT_FDCWD, "new", O_RDWR | O_CREAT, 0600);
    TRY(openat, "a new file that is there", AT_FDCWD, "new", O_RDWR | O_CREAT | O_EXCL, 0600);
    TRY_OK(openat, "a file that is there, or new", AT_FDCWD, "new", O_RDWR | O_CREAT, 0600);
    TRY(openat, "a new file in a directory that is not there", AT_FDCWD, "nothing/f", O_RDWR | O_CREAT, 0600);
    TRY(openat, "a new file over a link to nothing", AT_FDCWD, "dangling", O_RDWR | O_CREAT | O_EXCL, 0600);
    TRY_OK(openat, "empty it", AT_FDCWD, "f", O_WRONLY | O_TRUNC);
    TRY_OK(open, "as of old", "f", O_RDONLY);
    TRY(open, "as of old, a name that is not there", "nothing", O_RDONLY);
    TRY_OK(creat, "a file", "created", 0644);
    TRY(creat, "a directory", "d", 0644);
    TRY_OK(openat, "nothing but its place", AT_FDCWD, "f", O_PATH);
    struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH};
    TRY_OK(openat2, "beneath a directory", directory, "inside", &how, sizeof how);
    TRY(openat2, "beneath a directory, not", directory, "../f", &how, sizeof how);
    how.resolve = RESOLVE_NO_SYMLINKS;
    TRY(openat2, "without links, through one", AT_FDCWD, "link", &how, sizeof how);
    TRY(openat2, "a size that is too small", AT_FDCWD, "f", &how, 3);
    how.flags = 1ul << 50;
    TRY(openat2, "flags that do not exist", AT_FDCWD, "f", &how, sizeof how);
    close_range(3, 70, 0);
}

static void try_directories(void) {
    TRY(mkdir, "new", "made", 0755);
    TRY(mkdir, "one that is there", "made", 0755);
    TRY(mkdir, "where a file is", "f", 0755);
    TRY(mkdir, "in one that is not there", "nothing/made", 0755);
    TRY(mkdir, "below a file", "f/made", 0755);
    TRY(mkdir, "an empty name", "", 0755);
    TRY(mkdir, "a name that is too long", long_name, 0755);
    TRY(mkdir, "a name that lies nowhere", BAD_ADDRESS, 0755);
    TRY(mkdirat, "with a slash behind it", AT_FDCWD, "made/deep/", 0700);
    TRY(mkdirat, "by no descriptor", BAD_FD, "made", 0700);
    TRY(rmdir, "one that is not empty", "made");
    TRY(rmdir, "an empty one", "made/deep");
    TRY(rmdir, "a file", "f");
    TRY(rmdir, "one that is not there", "nothing");
    TRY(rmdir, "where it stands", "made/.");
    TRY(rmdir, "the one above", "made/..");
    TRY(rmdir, "the other", "made");
}

static void try_unlink(void) {
    make("victim");
    int fd = open("victim", O_RDONLY);
    TRY(unlink, "a file that is open", "victim");
    struct stat status;
    fstat(fd, &status);
    NOTE(unlink, "links left", status.st_nlink);
    NOTE(unlink, "still readable", read(fd, long_path, 0) == 0);
    close(fd);
    TRY(unlink, "it again", "victim");
    TRY(unlink, "a directory", "d");
    TRY(unlink, "below a file", "f/g");
    TRY(unlink, "a name that lies nowhere", BAD_ADDRESS);
    TRY(unlink, "an empty name", "");
    TRY(unlink, "a symbolic link to nothing", "dangling");
    TRY(unlinkat, "a directory as such", AT_FDCWD, "empty", AT_REMOVEDIR);
    TRY(unlinkat, "a file as a directory", AT_FDCWD, "f", AT_REMOVEDIR);
    TRY(unlinkat, "flags that do not exist", AT_FDCWD, "f", 1);
    TRY(unlinkat, "by no descriptor", BAD_FD, "f", 0);
}

static void try_rename(void) {
    make("one");
    make("two");
    TRY(rename, "a file", "one", "moved");
    TRY(rename, "over another", "moved", "two");
    TRY(rename, "what is not there", "one", "three");
    TRY(rename, "a file over a directory", "two", "d");
    TRY(rename, "a directory over a file", "d", "two");
    mkdir("over", 0755);
    TRY(rename, "a directory over one that is not empty", "over", "d");
    TRY(rename, "a directory into itself", "d", "d/inside-itself");
    TRY(rename, "into a directory that is not there", "two", "nothing/two");
    TRY(rename, "a file below a file", "two", "f/two");
    TRY(rename, "to itself", "two", "two");
    TRY(rename, "from nowhere", BAD_ADDRESS, "two");
    TRY(rename, "to nowhere", "two", BAD_ADDRESS);
    TRY(renameat, "by no descriptor", BAD_FD, "two", AT_FDCWD, "three");
    TRY(renameat2, "not to replace, what is there", AT_FDCWD, "two", AT_FDCWD, "f", 1);
    TRY(renameat2, "not to replace", AT_FDCWD, "two", AT_FDCWD, "three", 1);
    TRY(renameat2, "in exchange", AT_FDCWD, "three", AT_FDCWD, "f", 2);
    TRY(renameat2, "flags that exclude each other", AT_FDCWD, "three", AT_FDCWD, "f", 3);
    TRY(renameat, "back", AT_FDCWD, "three", AT_FDCWD, "f");
    rmdir("over");
}

static void try_links(void) {
    char target[100] = "";
    make("original");
    TRY(link, "a second name", "original", "second");
    struct stat status;
    stat("second", &status);
    NOTE(link, "links", status.st_nlink);
    TRY(link, "where a file is", "original", "second");
    TRY(link, "what is not there", "nothing", "third");
    TRY(link, "a directory", "d", "third");
    TRY(linkat, "flags that do not exist", AT_FDCWD, "original", AT_FDCWD, "third", 0x77);
    TRY(linkat, "by no descriptor", BAD_FD, "original", AT_FDCWD, "third", 0);
    TRY(symlink, "to anything", "any/thing", "soft");
    TRY(symlink, "where a file is", "any/thing", "soft");
    TRY(symlink, "to an empty name", "", "softer");
    TRY(symlink, "in a directory that is not there", "x", "nothing/soft");
    TRY(symlinkat, "by descriptor", "x", AT_FDCWD, "softer");
    TRY(readlink, "a symbolic link", "soft", target, sizeof target);
    NOTE_TEXT(readlink, "leads to", target);
    TRY(readlink, "with too little room", "soft", target, 3);
    TRY(readlink, "no room", "soft", target, 0);
    TRY(readlink, "a file", "original", target, sizeof target);
    TRY(readlink, "what is not there", "nothing", target, sizeof target);
    TRY(readlink, "an answer that goes nowhere", "soft", BAD_ADDRESS, 10);
    TRY(readlinkat, "by no descriptor", BAD_FD, "soft", target, sizeof target);
    TRY_OK(readlink, "itself", "/proc/self/exe", target, sizeof target);
    unlink("original");
    unlink("second");
    unlink("soft");
    unlink("softer");
}

void matrix_names(void) {
    memset(long_name, 'n', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof long_path - 1; i++)
        long_path[i] = i % 2 ? '/' : '.';
    mkdir("d", 0755);
    mkdir("empty", 0755);
    make("f");
    make("d/inside");
    if (symlink("f", "link") || symlink("nowhere", "dangling") || symlink("ring2", "ring1") ||
        symlink("ring1", "ring2"))
        perror("symlink");
    try_open();
    try_directories();
    try_unlink();
    try_rename();
    try_links();
}
