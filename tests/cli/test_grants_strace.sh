# SPDX-License-Identifier: GPL-2.0-or-later
# What facet itself asks of Linux for a program that tries to leave what it was granted, as strace sees it: once the program
# runs, every path is resolved beneath a granted directory, or is one component of a directory that was, or is none at all.
. tests/cli/lib.sh
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # which does not work under strace
FACET=$(realpath "$FACET")
T=$(realpath "$T")

cat >"$T/busy.c" <<'C'
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
static const char *const paths[] = {
    "file", "sub/file", "sub/../file", "link", "out", "out/secret", "absolute", "sub/up/secret", "../outside/secret",
    "../outside/new", "proc/self/root/outside", "/proc/self/root", "/proc/self/exe", "/proc/self/fd/0", "/etc/passwd",
    "/etc/shadow", "/dev/null", "/dev/sda", "/", "/..", "..", ".", "", "missing", "missing/x", "//etc//passwd",
    "sub/deep/../../../outside/secret", "/proc/1/environ", "/sys", "/tmp"};
int main(void) {
    struct stat s;
    char text[100];
    write(1, "BEGIN\n", 6);
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *p = paths[i];
        int fd = open(p, O_RDONLY);
        if (fd >= 0 && read(fd, text, 6) == 6 && memcmp(text, "SECRET", 6) == 0)
            printf("escaped: %s\n", p);
        close(fd);
        close(open(p, O_RDWR));
        close(open(p, O_PATH));
        stat(p, &s), lstat(p, &s), access(p, R_OK), readlink(p, text, sizeof text);
        DIR *d = opendir(p);
        while (d && readdir(d)) ;
        if (d) closedir(d);
        if (*p == '/')
            continue; /* were facet wrong, nothing of the system shall be changed */
        chmod(p, 0700), utimes(p, NULL), truncate(p, 3), lchown(p, getuid(), getgid());
        symlink(p, "new"), unlink("new"), link(p, "new"), unlink("new");
        rename(p, "new"), rename("new", p), mkdir(p, 0700), mkdir("sub/new", 0700), rmdir("sub/new");
        if (chdir(p) == 0) {
            close(open("../outside/secret", O_RDONLY));
            close(open("made", O_RDWR | O_CREAT, 0600));
            unlink("made");
        }
        chdir("/granted");
    }
    return 0;
}
C
gcc -O2 -w -static -o "$T/busy" "$T/busy.c"

mkdir -p "$T/granted/sub/deep" "$T/outside"
echo SECRET >"$T/outside/secret"
echo file | tee "$T/granted/file" >"$T/granted/sub/file"
ln -s sub/file "$T/granted/link"
ln -s ../outside "$T/granted/out"
ln -s "$T/outside/secret" "$T/granted/absolute"
ln -s ../../outside "$T/granted/sub/up"

cd "$T/granted"
find ../outside -printf '%p %i %m %n %s %T@ %C@\n' >"$T/before"
expect 0 strace -f -y -qq -e trace=%file,openat2,fchmod,fchown,ftruncate,utimensat -e signal=none -o "$T/trace" \
    "$FACET" run --grant "dir:$T/granted:rw:/granted" "$T/busy"
out_has BEGIN
! grep escaped "$T/out" || fail 'the program has left its directory'
find ../outside -printf '%p %i %m %n %s %T@ %C@\n' | cmp - "$T/before" || fail 'what lies outside is not as it was'

# The program runs once a path is resolved beneath the grant: facet itself never does that before (but to see whether it can).
sed -n '/openat2(.*"\."/,$p' "$T/trace" | sed 1d >"$T/running"
fd="[0-9]+<$T/granted(/[^>]*)?>"
name='"[^"/]+/?"'
allowed() {
    grep -vE "^[0-9]+ +(openat2\($fd, \".*\", \{flags=.*resolve=RESOLVE_NO_MAGICLINKS\|RESOLVE_BENEATH\}, 24\) += (-1 E[A-Z]+ .*|$fd)|\
[a-z0-9]+\([0-9]+<[^>]*>, \"\", .*|\
(unlinkat|mkdirat)\($fd, $name, .*|\
symlinkat\(\".*\", $fd, $name\) .*|\
(renameat2?|linkat)\($fd, (\"\"|$name), $fd, $name[,)].*|\
linkat\([0-9]+<[^>]*>, \"\", $fd, $name, AT_EMPTY_PATH\) .*|\
(ftruncate|fchmod|fchown)\($fd, .*|\
fchmodat2?\([0-9]+</proc/[0-9]+/fd>, \"[0-9]+\", .*|\
syscall_0x1c4\(0x[0-9a-f]+, 0x[0-9a-f]+, 0x[0-9a-f]+, 0x1000, .*|\
.*(exited with|resumed>).*)$" "$1"
}
if allowed "$T/running" >"$T/strange"; then
    head -n 5 "$T/strange"
    fail 'facet asked for more than was granted'
fi
[ "$(grep -c 'openat2(.*RESOLVE_BENEATH' "$T/running")" -gt 300 ] || fail 'the trace is not that of the program'

# The check sees what it should.
for line in 'openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3</etc/passwd>' 'unlinkat(3<'"$T"'/outside>, "secret", 0) = 0' \
    'mkdirat(3<'"$T"'/granted>, "out/new", 0700) = 0' 'stat("file", {}) = 0' \
    'openat2(3<'"$T"'/granted>, "x", {flags=O_RDONLY, resolve=RESOLVE_NO_MAGICLINKS|RESOLVE_BENEATH}, 24) = 4</etc/passwd>'; do
    echo "1 $line" >"$T/line"
    allowed "$T/line" >/dev/null || fail "not noticed: $line"
done
