/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * No path leads out of a granted directory, whatever is done with it. Two oracles, both the host's: what lies outside
 * is compared, inode by inode with its times of change, before and after; and a path that stays inside must have the
 * same effect and the same errno as the system call itself has on a twin of the directory.
 */
#include "host_machine.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECRET "SECRET"

static char long_name[300], long_path[PATH_MAX + 10]; /* too long, both */

/* ---- The tree: granted (and its twin) and what lies beside it */

static void put(int at, const char *name, const char *text) {
    int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", name);
    close(fd);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw) {
    (void)status, (void)type;
    return ftw->level > 0 ? remove(path) : 0;
}

static void empty(const struct host_machine *m, const char *name) {
    char path[100];
    snprintf(path, sizeof path, "%s/%s", m->base, name);
    cr_assert(nftw(path, remove_one, 20, FTW_DEPTH | FTW_PHYS) == 0);
}

/* What is in a directory, in any order: sums over names, kinds, modes, sizes, numbers of links and targets. */
static unsigned long sum;
static size_t sum_from;
static int add_one(const char *path, const struct stat *s, int type, struct FTW *ftw) {
    char text[300], target[120] = "";
    unsigned long hash = 5381;
    if (S_ISLNK(s->st_mode))
        cr_assert(readlink(path, target, sizeof target - 1) >= 0);
    snprintf(text, sizeof text, "%s %d %o %ld %lu %s", path + sum_from, type, s->st_mode,
             S_ISDIR(s->st_mode) ? 0 : s->st_size, s->st_nlink, target);
    for (const char *p = text; *p; p++)
        hash = hash * 33 + (unsigned char)*p;
    sum += ftw->level > 0 ? hash : 0;
    return 0;
}

static unsigned long contents(const struct host_machine *m, const char *name) {
    char path[100];
    sum = 0;
    sum_from = (size_t)snprintf(path, sizeof path, "%s/%s", m->base, name);
    cr_assert(nftw(path, add_one, 20, FTW_PHYS) == 0);
    return sum;
}

static void fill(const struct host_machine *m, int at) {
    char absolute[100];
    put(at, "one", "1\n");
    put(at, "two", "22\n");
    cr_assert(mkdirat(at, "sub", 0755) == 0 && mkdirat(at, "sub/deep", 0755) == 0 && mkdirat(at, "void", 0755) == 0);
    put(at, "sub/file", "in sub\n");
    put(at, "sub/deep/file", "in deep\n");
    /* Inside */
    cr_assert(symlinkat("sub", at, "to_sub") == 0 && symlinkat("sub/file", at, "to_file") == 0);
    cr_assert(symlinkat("../one", at, "sub/up_one") == 0 && symlinkat("nothing", at, "dangling") == 0);
    cr_assert(symlinkat("loop", at, "loop") == 0 && symlinkat("to_sub/deep", at, "twice") == 0);
    /* Out */
    cr_assert(symlinkat("..", at, "up") == 0 && symlinkat("../outside", at, "out") == 0);
    cr_assert(symlinkat("../outside/secret", at, "out_secret") == 0 && symlinkat("../outside/new", at, "out_new") == 0);
    cr_assert(symlinkat("../up/outside", at, "sub/out") == 0 && symlinkat("out/secret", at, "nested") == 0);
    cr_assert(symlinkat("/proc/self/root", at, "magic") == 0 && symlinkat("/proc/self/cwd", at, "cwd") == 0);
    cr_assert(symlinkat("/", at, "root") == 0);
    snprintf(absolute, sizeof absolute, "%s/outside/secret", m->base);
    cr_assert(symlinkat(absolute, at, "absolute") == 0);
    snprintf(absolute, sizeof absolute, "%s/outside", m->base);
    cr_assert(symlinkat(absolute, at, "absolute_dir") == 0);
}

static void fill_outside(const struct host_machine *m) {
    put(m->outside, "secret", SECRET);
    put(m->outside, "victim", SECRET);
    cr_assert(mkdirat(m->outside, "folder", 0755) == 0);
    put(m->outside, "folder/file", SECRET);
}

static void refill(const struct host_machine *m, bool twin) {
    empty(m, "granted");
    fill(m, m->granted);
    if (twin) {
        empty(m, "twin");
        fill(m, m->twin);
    }
}

/* All that can be seen of what lies outside, times of change included. */
static void look(const struct host_machine *m, char *text, size_t size) {
    static const char *const names[] = {"..", ".", "secret", "victim", "folder", "folder/file"};
    size_t end = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat s = {0};
        int got = fstatat(m->outside, names[i], &s, AT_SYMLINK_NOFOLLOW);
        end += (size_t)snprintf(text + end, size - end, "%s: %d %lx %o %lu %u %u %ld %ld.%ld %ld.%ld\n", names[i], got,
                                s.st_ino, s.st_mode, s.st_nlink, s.st_uid, s.st_gid, s.st_size, s.st_mtim.tv_sec,
                                s.st_mtim.tv_nsec, s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
    }
}

/* ---- What is done with a path */

struct deed {
    const char *name;
    unsigned op;
    uint64_t w0, w1;
    bool second; /* the path is the second one */
    int (*natively)(int at, const char *path);
};

static int n_stat(int at, const char *path) {
    struct stat s;
    return fstatat(at, path, &s, 0);
}
static int n_lstat(int at, const char *path) {
    struct stat s;
    return fstatat(at, path, &s, AT_SYMLINK_NOFOLLOW);
}
static int n_opened(int fd) {
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}
static int n_read(int at, const char *path) {
    return n_opened(openat(at, path, O_RDONLY));
}
static int n_write(int at, const char *path) {
    return n_opened(openat(at, path, O_WRONLY));
}
static int n_create(int at, const char *path) {
    return n_opened(openat(at, path, O_WRONLY | O_CREAT, 0600));
}
static int n_new(int at, const char *path) {
    return n_opened(openat(at, path, O_RDWR | O_CREAT | O_EXCL, 0600));
}
static int n_trunc(int at, const char *path) {
    return n_opened(openat(at, path, O_WRONLY | O_TRUNC));
}
static int n_dir(int at, const char *path) {
    return n_opened(openat(at, path, O_RDONLY | O_DIRECTORY));
}
static int n_nofollow(int at, const char *path) {
    return n_opened(openat(at, path, O_RDONLY | O_NOFOLLOW));
}
static int n_tmpfile(int at, const char *path) {
    return n_opened(openat(at, path, O_TMPFILE | O_RDWR, 0600));
}
static int n_access(int at, const char *path) {
    return faccessat(at, path, R_OK | W_OK, 0);
}
static int n_readlink(int at, const char *path) {
    char target[200];
    return readlinkat(at, path, target, sizeof target) < 0 ? -1 : 0;
}
static int n_unlink(int at, const char *path) {
    return unlinkat(at, path, 0);
}
static int n_rmdir(int at, const char *path) {
    return unlinkat(at, path, AT_REMOVEDIR);
}
static int n_mkdir(int at, const char *path) {
    return mkdirat(at, path, 0700);
}
static int n_rename(int at, const char *path) {
    return renameat(at, path, at, "moved");
}
static int n_rename_to(int at, const char *path) {
    return renameat(at, "one", at, path);
}
static int n_exchange(int at, const char *path) {
    return renameat2(at, "one", at, path, RENAME_EXCHANGE);
}
static int n_link(int at, const char *path) {
    return linkat(at, path, at, "linked", 0);
}
static int n_link_follow(int at, const char *path) {
    return linkat(at, path, at, "linked", AT_SYMLINK_FOLLOW);
}
static int n_link_to(int at, const char *path) {
    return linkat(at, "one", at, path, 0);
}
static int n_symlink(int at, const char *path) {
    return symlinkat("one", at, path);
}
static int n_chmod(int at, const char *path) {
    return fchmodat(at, path, 0750, 0);
}
static int n_chown(int at, const char *path) {
    return fchownat(at, path, getuid(), getgid(), 0);
}
static int n_lchown(int at, const char *path) {
    return fchownat(at, path, getuid(), getgid(), AT_SYMLINK_NOFOLLOW);
}
static const struct timespec times[2] = {{1000, 0}, {2000, 5}};
static int n_utimes(int at, const char *path) {
    return utimensat(at, path, times, 0);
}
static int n_lutimes(int at, const char *path) {
    return utimensat(at, path, times, AT_SYMLINK_NOFOLLOW);
}

static const struct deed deeds[] = {
    {"stat", OP_HOST_STAT, 0, 0, false, n_stat},
    {"lstat", OP_HOST_STAT, AT_SYMLINK_NOFOLLOW, 0, false, n_lstat},
    {"open to read", OP_HOST_OPEN, O_RDONLY, 0, false, n_read},
    {"open to write", OP_HOST_OPEN, O_WRONLY, 0, false, n_write},
    {"open to create", OP_HOST_OPEN, O_WRONLY | O_CREAT, 0600, false, n_create},
    {"open a new file", OP_HOST_OPEN, O_RDWR | O_CREAT | O_EXCL, 0600, false, n_new},
    {"open to truncate", OP_HOST_OPEN, O_WRONLY | O_TRUNC, 0, false, n_trunc},
    {"open a directory", OP_HOST_OPEN, O_RDONLY | O_DIRECTORY, 0, false, n_dir},
    {"open no link", OP_HOST_OPEN, O_RDONLY | O_NOFOLLOW, 0, false, n_nofollow},
    {"open a file without name", OP_HOST_OPEN, O_TMPFILE | O_RDWR, 0600, false, n_tmpfile},
    {"access", OP_HOST_ACCESS, R_OK | W_OK, 0, false, n_access},
    {"readlink", OP_HOST_READLINK, 0, 0, false, n_readlink},
    {"unlink", OP_HOST_UNLINK, 0, 0, false, n_unlink},
    {"rmdir", OP_HOST_UNLINK, AT_REMOVEDIR, 0, false, n_rmdir},
    {"mkdir", OP_HOST_MKDIR, 0700, 0, false, n_mkdir},
    {"rename", OP_HOST_RENAME, 0, 0, false, n_rename},
    {"rename to", OP_HOST_RENAME, 0, 0, true, n_rename_to},
    {"exchange", OP_HOST_RENAME, RENAME_EXCHANGE, 0, true, n_exchange},
    {"link", OP_HOST_LINK, 0, 0, false, n_link},
    {"link what it leads to", OP_HOST_LINK, AT_SYMLINK_FOLLOW, 0, false, n_link_follow},
    {"link to", OP_HOST_LINK, 0, 0, true, n_link_to},
    {"symlink", OP_HOST_SYMLINK, 0, 0, true, n_symlink},
    {"chmod", OP_HOST_CHMOD, 0750, 0, false, n_chmod},
    {"chown", OP_HOST_CHOWN, 0, 0, false, n_chown},
    {"lchown", OP_HOST_CHOWN, 0, 0, false, n_lchown},
    {"utimes", OP_HOST_UTIMES, 0, 0, false, n_utimes},
    {"lutimes", OP_HOST_UTIMES, AT_SYMLINK_NOFOLLOW, 0, false, n_lutimes},
};
#define DEEDS (sizeof deeds / sizeof *deeds)

static long chown_request(struct host_machine *m, unsigned handle, const struct deed *deed, const char *path) {
    struct host_request request = {.op = OP_HOST_CHOWN, .handle = handle, .write = 1, .in = IN_AT};
    request.arg[0] = getuid();
    request.arg[1] = getgid();
    request.arg[2] = deed->natively == n_lchown ? AT_SYMLINK_NOFOLLOW : 0;
    request.in_size = strlen(path);
    memcpy(emu_ram(m->emu, (gpa_t){IN_AT}, STRING_MAX), path, request.in_size);
    return host_ask(m, request).result;
}

static long utimes_request(struct host_machine *m, unsigned handle, const struct deed *deed, const char *path) {
    char string[sizeof times + sizeof long_path];
    memcpy(string, times, sizeof times);
    memcpy(string + sizeof times, path, strlen(path));
    return host_do_bytes(m, OP_HOST_UTIMES, handle, string, sizeof times + strlen(path), deed->w0, 0);
}

static long request(struct host_machine *m, unsigned handle, const struct deed *deed, const char *path) {
    switch (deed->op) {
    case OP_HOST_CHOWN:
        return chown_request(m, handle, deed, path);
    case OP_HOST_UTIMES:
        return utimes_request(m, handle, deed, path);
    case OP_HOST_SYMLINK:
    case OP_HOST_RENAME:
    case OP_HOST_LINK:
        return deed->second ? host_do_two(m, deed->op, handle, "one", handle, path, deed->w0)
                            : host_do_two(m, deed->op, handle, path, handle,
                                          deed->op == OP_HOST_RENAME ? "moved" : "linked", deed->w0);
    default:
        return host_do(m, deed->op, handle, path, deed->w0, deed->w1);
    }
}

static bool changes(const struct deed *deed) {
    return deed->op > OP_HOST_READLINK || (deed->op == OP_HOST_OPEN && deed->w0 & (O_CREAT | O_TRUNC));
}

/* ---- Paths */

static const char *const inside[] = {"one",
                                     "sub/file",
                                     "sub",
                                     "sub/",
                                     "sub//deep///file",
                                     "./sub/./file",
                                     "sub/../one",
                                     "sub/deep/../../sub/file",
                                     "to_sub",
                                     "to_sub/",
                                     "to_sub/file",
                                     "to_file",
                                     "to_file/",
                                     "sub/up_one",
                                     "dangling",
                                     "dangling/",
                                     "loop",
                                     "loop/x",
                                     "twice",
                                     "twice/file",
                                     "missing",
                                     "missing/",
                                     "missing/x",
                                     "one/",
                                     "one/x",
                                     ".",
                                     "./",
                                     "sub/.",
                                     "sub/deep/..",
                                     "sub/..",
                                     "void",
                                     "void/",
                                     "void/new",
                                     "void/new/",
                                     "to_sub/new",
                                     "",
                                     long_name,
                                     long_path,
                                     " ",
                                     "sub/file/..",
                                     "to_file/..",
                                     "sub/up_one/",
                                     "twice/..",
                                     "twice/../file"};

/* Those in whose last component nothing leads out are no way out for what does not follow it. */
static const char *const outward[] = {"..",
                                      "../",
                                      "../outside/secret",
                                      "../outside",
                                      "../outside/new",
                                      "sub/../../outside/secret",
                                      "/",
                                      "//",
                                      "/outside/secret",
                                      "//outside/secret",
                                      "up",
                                      "up/",
                                      "up/outside/secret",
                                      "up/..",
                                      "out",
                                      "out/",
                                      "out/secret",
                                      "out/victim",
                                      "out/folder",
                                      "out/folder/",
                                      "out/new",
                                      "out_secret",
                                      "out_secret/",
                                      "out_new",
                                      "out_new/",
                                      "sub/out/secret",
                                      "sub/out/new",
                                      "nested",
                                      "nested/",
                                      "magic",
                                      "magic/outside/secret",
                                      "cwd/outside/secret",
                                      "cwd/",
                                      "root",
                                      "root/outside",
                                      "absolute",
                                      "absolute/",
                                      "absolute_dir/secret",
                                      "absolute_dir/new",
                                      "absolute_dir/folder/",
                                      "absolute_dir/.",
                                      "absolute_dir/..",
                                      "sub/../..",
                                      "to_sub/../../outside/victim",
                                      "twice/../../../outside/victim",
                                      "./../outside/secret",
                                      "sub/deep/../../../outside",
                                      "../granted/one",
                                      "../granted",
                                      "../twin/one"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct host_machine start(void) {
    struct host_machine m = host_machine(false);
    memset(long_name, 'n', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof long_path - 1; i++)
        long_path[i] = i % 2 ? '/' : '.';
    fill_outside(&m);
    host_machine_jail(&m);
    return m;
}

static bool gives_errno_of_its_own(const struct deed *deed, const char *path, int natively, long got) {
    if (deed->op == OP_HOST_READLINK && !*path)
        return got == -EINVAL; /* "" is the directory itself, here, and cannot be read */
    if (!*path && (deed->op == OP_HOST_UNLINK || deed->op == OP_HOST_MKDIR || deed->op == OP_HOST_SYMLINK ||
                   deed->op == OP_HOST_RENAME))
        return got == -ENOENT;
    if (!*path)
        return true; /* "" means the directory itself */
    size_t length = strlen(path);
    bool dots = length > 0 && path[length - 1 - (path[length - 1] == '/')] == '.';
    return dots && natively && got < 0; /* which of several errors */
}

Test(emu_host_paths, inside_a_grant_each_operation_does_what_the_system_call_does) {
    struct host_machine m = start();
    for (size_t d = 0; d < DEEDS; d++)
        for (size_t p = 0; p < COUNT(inside); p++) {
            char shown[64];
            snprintf(shown, sizeof shown, "%s %.40s", deeds[d].name, inside[p]);
            if (p == 0 || changes(&deeds[d]))
                refill(&m, true);
            long got = request(&m, RW, &deeds[d], inside[p]);
            int natively = deeds[d].natively(m.twin, inside[p]) < 0 ? errno : 0;
            if (deeds[d].op == OP_HOST_OPEN && got >= 0)
                cr_assert_eq(host_do(&m, OP_HOST_CLOSE, (unsigned)got, "", 0, 0), 0);
            got = got > 0 ? 0 : got;
            if (got != -natively && !gives_errno_of_its_own(&deeds[d], inside[p], natively, got))
                cr_expect(false, "%s: %ld, natively %d", shown, got, -natively);
            if (*inside[p])
                cr_expect_eq(contents(&m, "granted"), contents(&m, "twin"), "%s: the directories differ", shown);
        }
    host_machine_end(&m);
}

/* What was opened shows nothing of the outside. */
static void expect_no_secret(struct host_machine *m, long handle, const char *path) {
    size_t size;
    if (host_do(m, OP_HOST_READ, (unsigned)handle, "", 0, 0) > 0) {
        const char *text = host_answer(m, &size);
        cr_expect(size < 6 || memcmp(text, SECRET, 6) != 0, "%s shows the secret", path);
    }
    host_do(m, OP_HOST_CLOSE, (unsigned)handle, "", 0, 0);
}

/* These look at, or change, the last component itself, or make it where nothing is. */
static bool stays_at_the_name(const struct deed *deed) {
    return deed->natively == n_lstat || deed->natively == n_nofollow || deed->op == OP_HOST_READLINK ||
           deed->op == OP_HOST_UNLINK || deed->op == OP_HOST_RENAME || deed->natively == n_link ||
           deed->natively == n_lchown || deed->natively == n_lutimes;
}

static bool ends_in_a_link(const char *path) {
    static const char *const links[] = {"up", "out", "out_secret", "out_new", "nested", "magic", "root", "absolute"};
    for (size_t i = 0; i < COUNT(links); i++)
        if (strcmp(path, links[i]) == 0)
            return true;
    return false;
}

static void try_outward(struct host_machine *m, unsigned handle, const struct deed *deed, const char *path) {
    char before[1200], after[1200];
    struct stat s;
    if (changes(deed))
        refill(m, false);
    look(m, before, sizeof before);
    long got = request(m, handle, deed, path);
    if (deed->op == OP_HOST_OPEN && got >= 0)
        expect_no_secret(m, got, path);
    look(m, after, sizeof after);
    cr_expect_str_eq(before, after, "%s %s", deed->name, path);
    cr_expect(fstatat(m->outside, "new", &s, AT_SYMLINK_NOFOLLOW) < 0, "%s %s made something", deed->name, path);
    bool may = stays_at_the_name(deed) && ends_in_a_link(path);
    cr_expect(got < 0 || may, "%s %s: %ld", deed->name, path, got);
    cr_expect(got != -ENOSYS && got != -EFAULT && got != -EBADF, "%s %s: %ld", deed->name, path, got);
}

Test(emu_host_paths, no_path_leads_out) {
    struct host_machine m = start();
    refill(&m, false);
    for (size_t d = 0; d < DEEDS; d++)
        for (size_t p = 0; p < COUNT(outward); p++) {
            try_outward(&m, RW, &deeds[d], outward[p]);
            if (p % 8 == 0)
                try_outward(&m, RO, &deeds[d], outward[p]);
        }
    host_machine_end(&m);
}

/* A grant of /proc, whose links lead anywhere without being symbolic links. */
Test(emu_host_paths, magic_links_are_not_followed) {
    static const char *const paths[] = {
        "self/root", "self/root/usr/bin/env", "self/cwd", "self/cwd/Makefile", "self/exe",
        "self/fd/0", "thread-self/root/usr"};
    int proc = open("/proc", O_RDONLY | O_DIRECTORY);
    struct emu_grant grant = {proc, NULL, false};
    struct host_machine m = host_machine_with(&grant, 1, NULL, false);
    cr_expect_geq(host_do(&m, OP_HOST_STAT, 3, "self/status", 0, 0), 0);
    for (size_t i = 0; i < COUNT(paths); i++) {
        long opened = host_do(&m, OP_HOST_OPEN, 3, paths[i], O_RDONLY, 0);
        long seen = host_do(&m, OP_HOST_STAT, 3, paths[i], 0, 0);
        cr_expect(opened == -ELOOP || opened == -EXDEV, "%s: %ld", paths[i], opened);
        cr_expect(seen == -ELOOP || seen == -EXDEV, "%s: %ld", paths[i], seen);
        cr_expect_lt(host_do(&m, OP_HOST_ACCESS, 3, paths[i], R_OK, 0), 0);
    }
    host_machine_end(&m);
    close(proc);
}

/* The same operations through a handle of a file, and through a granted file: there is nothing below them. */
Test(emu_host_paths, a_file_has_nothing_below_it) {
    static const char *const paths[] = {"x", "..", "../two", "/outside/secret", ".", "../granted/two", "sub/file"};
    struct host_machine m = start();
    refill(&m, false);
    long file = host_do(&m, OP_HOST_OPEN, RW, "one", O_RDWR, 0);
    cr_assert_gt(file, 0);
    unsigned handles[] = {(unsigned)file, FILE_RW, FILE_RO};
    for (size_t h = 0; h < COUNT(handles); h++)
        for (size_t d = 0; d < DEEDS; d++)
            for (size_t p = 0; p < COUNT(paths); p++) {
                long got = request(&m, handles[h], &deeds[d], paths[p]);
                cr_expect(got == -ENOTDIR || got == -EROFS || got == -EXDEV, "%s %s: %ld", deeds[d].name, paths[p],
                          got);
            }
    host_machine_end(&m);
}

/* ---- Races: another process of the host's user moves things while paths are walked */

struct race {
    struct host_machine *m;
    atomic_bool over;
    bool swap; /* a directory and a link that leads out; else: a directory goes out and comes back */
};

static void *disturb(void *data) {
    struct race *race = data;
    while (!atomic_load(&race->over)) {
        if (race->swap) {
            renameat2(race->m->granted, "sub", race->m->granted, "out", RENAME_EXCHANGE);
        } else {
            renameat(race->m->granted, "sub/deep", race->m->outside, "deep");
            renameat(race->m->outside, "deep", race->m->granted, "sub/deep");
        }
    }
    return NULL;
}

static void walk_for_a_while(struct host_machine *m, const char *const *paths, size_t count) {
    unsigned walks = 0, arrived = 0;
    for (unsigned i = 0; i < 6000; i++) {
        const struct deed *deed = &deeds[i % DEEDS];
        const char *path = paths[i / DEEDS % count];
        long got = request(m, RW, deed, path);
        if (deed->op == OP_HOST_OPEN && got >= 0)
            expect_no_secret(m, got, path);
        walks++;
        arrived += got >= 0;
    }
    cr_expect(arrived < walks);
}

static void race(bool swap, const char *const *paths, size_t count) {
    struct host_machine m = start();
    struct race race = {.m = &m, .swap = swap};
    pthread_t thread;
    struct stat s[2];
    refill(&m, false);
    cr_assert(fstatat(m.outside, "victim", &s[0], 0) == 0);
    cr_assert(pthread_create(&thread, NULL, disturb, &race) == 0);
    walk_for_a_while(&m, paths, count);
    atomic_store(&race.over, true);
    pthread_join(thread, NULL);
    cr_expect(fstatat(m.outside, "victim", &s[1], 0) == 0 && s[0].st_ino == s[1].st_ino &&
              s[0].st_ctim.tv_sec == s[1].st_ctim.tv_sec && s[0].st_ctim.tv_nsec == s[1].st_ctim.tv_nsec);
    cr_expect(fstatat(m.outside, "new", &s[1], AT_SYMLINK_NOFOLLOW) < 0);
    host_machine_end(&m);
}

Test(emu_host_paths, a_directory_that_leaves_while_it_is_walked_takes_nobody_along) {
    static const char *const paths[] = {"sub/deep/../victim", "sub/deep/../secret",    "sub/deep/../../outside/secret",
                                        "sub/deep/../new",    "to_sub/deep/../victim", "twice/../victim"};
    race(false, paths, COUNT(paths));
}

Test(emu_host_paths, a_directory_that_becomes_a_link_is_not_followed) {
    static const char *const paths[] = {"sub/victim", "sub/secret", "sub/new", "sub/folder/file", "sub/./victim"};
    race(true, paths, COUNT(paths));
}
