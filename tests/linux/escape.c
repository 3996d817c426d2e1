/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tries to leave a granted directory: paths × call forms. Runs in the directory `in` of a tree that
 * tests/linux/escape.sh makes; `out` beside it holds what must not be seen or changed, `readonly` what must not be
 * changed.
 *
 *     escape FORM TREE      tries one form with every path; prints "escaped: FORM PATH" for each success that can be
 * seen from here (the script compares what lies outside, too); exit status 0 escape forms          prints the forms
 *     escape swap LINK      natively: for ever exchanges the directory `swap` and the link `swaplink`
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#define SECRET "SECRET-7f3a" /* what out/secret contains */

static const char *form, *tree;
static int directory; /* descriptor of `in` */

static void escaped(const char *path) {
    printf("escaped: %s %s\n", form, path);
}

static int is_secret(const struct stat *status) {
    return status->st_size == 4242 || status->st_ino == (ino_t)-1;
}

static void read_fd(int fd, const char *path) {
    char text[64] = "";
    if (fd < 0)
        return;
    if (pread(fd, text, sizeof text - 1, 0) > 0 && strstr(text, SECRET))
        escaped(path);
    close(fd);
}

static void write_fd(int fd) {
    if (fd < 0)
        return;
    if (write(fd, "broken", 6) < 0 || ftruncate(fd, 3) < 0)
        errno = 0;
    close(fd);
}

/* ---- Forms. Each gets a path that leads outside, if anything does. */

static void form_read(const char *path) {
    read_fd(open(path, O_RDONLY), path);
}
static void form_readat(const char *path) {
    read_fd(openat(directory, path, O_RDONLY | O_CLOEXEC), path);
}
static void form_openat2(const char *path) {
    struct open_how how = {.flags = O_RDONLY};
    read_fd((int)syscall(SYS_openat2, directory, path, &how, sizeof how), path);
}
static void form_map(const char *path) {
    int fd = open(path, O_RDONLY);
    char *text = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text != MAP_FAILED && memmem(text, 64, SECRET, strlen(SECRET)))
        escaped(path);
    close(fd);
}
static void form_path(const char *path) {
    struct stat status;
    int fd = open(path, O_PATH);
    char name[64];
    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && is_secret(&status))
        escaped(path);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    read_fd(open(name, O_RDONLY), path);
    read_fd(openat(fd, "secret", O_RDONLY), path);
    read_fd(openat(fd, "../out/secret", O_RDONLY), path);
    close(fd);
}
static void form_write(const char *path) {
    write_fd(open(path, O_WRONLY));
}
static void form_create(const char *path) {
    write_fd(open(path, O_RDWR | O_CREAT, 0666));
}
static void form_exclusive(const char *path) {
    write_fd(open(path, O_RDWR | O_CREAT | O_EXCL, 0666));
}
static void form_truncating(const char *path) {
    write_fd(open(path, O_RDONLY | O_TRUNC));
}
static void form_append(const char *path) {
    write_fd(openat(directory, path, O_WRONLY | O_APPEND));
}
static void form_temporary(const char *path) {
    int fd = open(path, O_TMPFILE | O_RDWR, 0600);
    char name[64];
    if (fd < 0)
        return;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, name, AT_FDCWD, "../out/linked", AT_SYMLINK_FOLLOW) < 0)
        errno = 0;
    close(fd);
}
static void form_list(const char *path) {
    DIR *listed = opendir(path);
    struct dirent *entry;
    while (listed && (entry = readdir(listed)))
        if (strcmp(entry->d_name, "secret") == 0)
            escaped(path);
    if (listed)
        closedir(listed);
}
static void form_stat(const char *path) {
    struct stat status;
    struct statx more;
    if ((stat(path, &status) == 0 && is_secret(&status)) || (lstat(path, &status) == 0 && is_secret(&status)) ||
        (fstatat(directory, path, &status, 0) == 0 && is_secret(&status)) ||
        (statx(directory, path, 0, STATX_SIZE, &more) == 0 && more.stx_size == 4242))
        escaped(path);
}
/* `hidden` is outside and nowhere else: whether it exists must not be told. */
static void form_access(const char *path) {
    if (strstr(path, "hidden") && (access(path, F_OK) == 0 || faccessat(directory, path, F_OK, 0) == 0))
        escaped(path);
}
static void form_readlink(const char *path) {
    char text[64] = "";
    if (readlink(path, text, sizeof text - 1) > 0 && strstr(text, SECRET))
        escaped(path);
}
static void form_truncate(const char *path) {
    if (truncate(path, 1) < 0)
        errno = 0;
}
static void form_unlink(const char *path) {
    if (unlink(path) < 0 && unlinkat(directory, path, 0) < 0)
        errno = 0;
}
static void form_rmdir(const char *path) {
    if (rmdir(path) < 0 && unlinkat(directory, path, AT_REMOVEDIR) < 0)
        errno = 0;
}
static void form_mkdir(const char *path) {
    if (mkdir(path, 0777) < 0 && mkdirat(directory, path, 0777) < 0)
        errno = 0;
}
static void form_mknod(const char *path) {
    if (mknod(path, S_IFREG | 0666, 0) < 0)
        errno = 0;
}
static void form_rename_from(const char *path) {
    if (rename(path, "stolen") < 0)
        return;
    read_fd(open("stolen", O_RDONLY | O_NOFOLLOW), path);
}
static void form_rename_to(const char *path) {
    close(open("loot", O_CREAT | O_WRONLY, 0600));
    if (renameat(directory, "loot", AT_FDCWD, path) < 0)
        errno = 0;
}
static void form_exchange(const char *path) {
    close(open("loot", O_CREAT | O_WRONLY, 0600));
    if (syscall(SYS_renameat2, AT_FDCWD, "loot", AT_FDCWD, path, 2) < 0)
        return;
    read_fd(open("loot", O_RDONLY | O_NOFOLLOW), path);
}
static void form_link_from(const char *path) {
    unlink("hard");
    if (linkat(AT_FDCWD, path, AT_FDCWD, "hard", AT_SYMLINK_FOLLOW) < 0 && link(path, "hard") < 0)
        return;
    read_fd(open("hard", O_RDWR | O_NOFOLLOW), path);
}
static void form_link_to(const char *path) {
    close(open("loot", O_CREAT | O_WRONLY, 0600));
    if (linkat(directory, "loot", AT_FDCWD, path, 0) < 0)
        errno = 0;
}
static void form_symlink(const char *path) {
    if (symlink("anything", path) < 0)
        errno = 0;
}
/* A link of its own to the path. */
static void form_own_link(const char *path) {
    unlink("own");
    if (symlink(path, "own") < 0)
        return;
    read_fd(open("own", O_RDONLY), path);
    write_fd(open("own", O_WRONLY | O_CREAT, 0666));
}
static void form_chmod(const char *path) {
    if (chmod(path, 0777) < 0 && fchmodat(directory, path, 0777, 0) < 0)
        errno = 0;
}
static void form_chown(const char *path) {
    if (chown(path, 1, 1) < 0 && fchownat(directory, path, 1, 1, 0) < 0)
        errno = 0;
}
static void form_utimes(const char *path) {
    if (utimensat(AT_FDCWD, path, (struct timespec[2]){{1, 0}, {1, 0}}, 0) < 0)
        errno = 0;
}
static void form_xattr(const char *path) {
    if (setxattr(path, "user.facet", "x", 1, 0) < 0)
        errno = 0;
}
static void form_chdir(const char *path) {
    if (chdir(path) == 0) {
        read_fd(open("secret", O_RDONLY), path);
        write_fd(open("new", O_WRONLY | O_CREAT, 0666));
    }
    if (fchdir(directory) < 0)
        perror("fchdir");
}
static void form_fchdir(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    if (fd >= 0 && fchdir(fd) == 0) {
        read_fd(open("secret", O_RDONLY), path);
        write_fd(open("../out/new", O_WRONLY | O_CREAT, 0666));
    }
    close(fd);
    if (fchdir(directory) < 0)
        perror("fchdir");
}
static void form_chroot(const char *path) {
    if (strstr(path, "secret") == NULL && chroot(path) == 0)
        read_fd(open("/secret", O_RDONLY), path);
}

/* `readonly` may be read and nothing else. */
static void form_readonly(const char *path) {
    static int done;
    (void)path;
    if (done++)
        return;
    int fd = open("../readonly/file", O_RDONLY), place = open("../readonly", O_PATH | O_DIRECTORY);
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    write_fd(open(name, O_RDWR));
    write_fd(open("../readonly/file", O_RDWR));
    write_fd(open("../readonly/new", O_WRONLY | O_CREAT, 0666));
    write_fd(open("to-readonly", O_WRONLY));
    write_fd(openat(place, "file", O_WRONLY | O_TRUNC));
    form_link_from("../readonly/file");
    form_rename_from("../readonly/file");
    form_rename_to("../readonly/file");
    form_exchange("../readonly/file");
    form_link_to("../readonly/linked");
    form_unlink("../readonly/file");
    form_truncate("../readonly/file");
    form_mkdir("../readonly/directory");
    form_symlink("../readonly/symbolic");
    form_chmod("../readonly/file");
    form_utimes("../readonly/file");
    char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared != MAP_FAILED)
        strcpy(shared, "broken");
    if (ftruncate(fd, 0) < 0 && fchmod(fd, 0777) < 0 && futimens(fd, NULL) < 0 && fchown(fd, 1, 1) < 0 &&
        pwrite(fd, "x", 1, 0) < 0 && fallocate(fd, 0, 0, 10000) < 0)
        errno = 0;
    if (chdir("../readonly") == 0)
        write_fd(open("file", O_WRONLY));
    write_fd(openat(place, "new", O_WRONLY | O_CREAT, 0666));
    if (unlinkat(place, "file", 0) < 0)
        errno = 0;
}

/* While somebody exchanges the directory `swap` for a link that leads outside. */
static void form_race(const char *path) {
    static int done;
    struct stat status;
    (void)path;
    for (int i = 0; !done && i < 1500; i++) {
        read_fd(open("swap/secret", O_RDONLY), "swap/secret");
        read_fd(openat(directory, "swap/../swap/secret", O_RDONLY), "swap/../swap/secret");
        if (stat("swap/secret", &status) == 0 && is_secret(&status))
            escaped("stat swap/secret");
        write_fd(open("swap/victim", O_WRONLY));
        write_fd(open("swap/new", O_WRONLY | O_CREAT, 0666));
        form_unlink("swap/victim");
        form_truncate("swap/secret");
        form_chdir("swap");
        form_rename_to("swap/secret");
        form_mkdir("swap/made");
        form_chmod("swap/secret");
    }
    done = 1;
}

#define FORM(name)                                                                                                     \
    { #name, form_##name }
static const struct {
    const char *name;
    void (*attempt)(const char *path);
} forms[] = {FORM(read),    FORM(readat),    FORM(openat2),     FORM(map),       FORM(path),      FORM(write),
             FORM(create),  FORM(exclusive), FORM(truncating),  FORM(append),    FORM(temporary), FORM(list),
             FORM(stat),    FORM(access),    FORM(readlink),    FORM(truncate),  FORM(unlink),    FORM(rmdir),
             FORM(mkdir),   FORM(mknod),     FORM(rename_from), FORM(rename_to), FORM(exchange),  FORM(link_from),
             FORM(link_to), FORM(symlink),   FORM(own_link),    FORM(chmod),     FORM(chown),     FORM(utimes),
             FORM(xattr),   FORM(chdir),     FORM(fchdir),      FORM(chroot),    FORM(readonly),  FORM(race)};

/* ---- Paths: %s is the tree, %d a descriptor of `in`; each is tried with every ending. */

static const char *const ways[] = {
    "../out",
    "./../out",
    ".//..//out",
    "sub/../../out",
    "sub/deep/../../../out",
    "%s/out",
    "/%s/out",
    "/../..%s/out",
    "%s/in/../out",
    "%s/in/sub/../../out",
    "%s/in/./sub/deep/../.././../out",
    "absolute",
    "relative",
    "chain",
    "sub/up",
    "sub/deep/upup",
    "root%s/out",
    "procroot%s/out",
    "proccwd/../out",
    "/proc/self/root%s/out",
    "/proc/self/cwd/../out",
    "/proc/thread-self/root%s/out",
    "/proc/1/root%s/out",
    "/proc/self/task/1/root%s/out",
    "/proc/self/fd/%d/../out",
    "/proc/self/fd/%d/absolute",
    "/dev/fd/%d/../out",
    "/dev/fd/%d/../../out",
    "/dev/../%s/out",
    "%s/readonly/../out",
    "%s/readonly/away",
    "../readonly/away",
    "to-readonly-dir/../out",
    "absolute/../out",
    "relative/sub/..",
    "nothing/../../out",
    "file/../../out",
    "mixed/out",
};
static const char *const endings[] = {"/secret",        "/secret/", "/secret/.", "",        "/",    "/.",
                                      "/sub/../secret", "/new",     "/sub",      "/hidden", "/link"};
/* Links to the file itself, and names that are only in `in`. */
static const char *const whole[] = {"to-secret", "to-secret-absolute", "to-new",
                                    "to-chain",  "to-secret/",         "sub/to-secret"};

static void attempt(void (*form)(const char *), const char *path) {
    form(path);
    if (fchdir(directory) < 0)
        perror("fchdir");
}

static void attempt_way(void (*form)(const char *), const char *way) {
    char path[9000], begun[5000];
    const char *mark = strchr(way, '%');
    if (mark)
        snprintf(begun, sizeof begun, mark[1] == 's' ? "%.*s%s%s" : "%.*s%.0s%s", (int)(mark - way), way, tree,
                 mark + 2);
    if (mark && mark[1] == 'd')
        snprintf(begun, sizeof begun, "%.*s%d%s", (int)(mark - way), way, directory, mark + 2);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", mark ? begun : way, endings[i]);
        attempt(form, path);
    }
}

/* Nearly as long as a path may be, and longer. */
static void attempt_long(void (*form)(const char *)) {
    static char path[9000];
    for (size_t length = 4000; length < 8300; length += 43) {
        path[0] = 0;
        while (strlen(path) + 20 < length)
            strcat(path, "sub/../");
        strcat(path, "../out/secret");
        attempt(form, path);
    }
}

static void attempt_all(void (*form)(const char *)) {
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        attempt_way(form, ways[i]);
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        attempt(form, whole[i]);
    attempt_long(form);
}

int main(int argc, char **argv) {
    size_t count = sizeof forms / sizeof *forms;
    if (argc == 2)
        for (size_t i = 0; i < count; i++)
            puts(forms[i].name);
    if (argc == 3 && strcmp(argv[1], "swap") == 0)
        for (;;)
            syscall(SYS_renameat2, AT_FDCWD, "swap", AT_FDCWD, argv[2], 2);
    if (argc < 3)
        return argc != 2;
    form = argv[1];
    tree = argv[2];
    if (access("/bin", F_OK) == 0 || access("/etc", F_OK) == 0) {
        fputs("escape: a system can be seen; it runs in a jail or under facet and nowhere else\n", stderr);
        return 2;
    }
    if (strcmp(tree, "/tree") == 0 && chdir("/tree/in") < 0)
        return 2;
    directory = open(".", O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < count; i++)
        if (strcmp(forms[i].name, form) == 0)
            attempt_all(forms[i].attempt);
    return 0;
}
