# SPDX-License-Identifier: GPL-2.0-or-later
# Bytes that nobody has written, and redzones. The judge of the former is valgrind's memcheck, on the same source with the same
# planted bugs; each loads and uses its bytes in one line, where memcheck says it.
. tests/cli/lib.sh

cat >"$T/planted.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
struct pair { int a, b; };
volatile int sink;
#define APART __attribute__((noinline)) static void
APART field(struct pair *p) {
    p->a = 1;
    if (p->b) sink++;
}
APART local(int set) {
    volatile int x;
    if (set) x = 1;
    if (x) sink++;
}
APART fill(int n) {
    volatile int x[20];
    for (int i = 0; i < 20; i++)
        x[i] = n;
}
APART tail(int *v, int n) {
    for (int i = 0; i < n - 1; i++)
        v[i] = i;
    for (int i = 0; i < n; i++)
        if (v[i] == 99) sink++;
}
APART character(char *text) {
    memcpy(text, "never ended", 11);
    for (int i = 0; i < 20; i++)
        if (text[i] == 'q') sink++;
}
APART array_on_stack(int n) {
    volatile short x[32];
    for (int i = 0; i < 32; i++)
        if (i != n) x[i] = 5;
    for (int i = 0; i < 32; i++)
        if (x[i] == 4) sink++;
}
APART update(int *v) {
    if (++v[3] == 7) sink++;
}
APART copied(struct pair *p) {
    struct pair q;
    p->a = 3;
    q = *p;
    if (q.b) sink++;
}
APART grown(int *v) {
    for (int i = 0; i < 4; i++)
        v[i] = i;
    v = realloc(v, 4000);
    if (v[500]) sink++;
}
int main(int argc, char **argv) {
    char *text = malloc(100), line[50];
    snprintf(text, 100, "bug %s of %d", argv[1], argc);
    strcpy(line, text);
    int bug = atoi(line + 4);
    printf("%s, %zu\n", line, strlen(text));
    if (bug == 1) field(malloc(sizeof(struct pair)));
    if (bug == 2) local(argc > 5);
    if (bug == 3) tail(malloc(32), 8);
    if (bug == 4) character(malloc(50));
    if (bug == 5) array_on_stack(9);
    if (bug == 6) fill(3), local(argc > 5);
    if (bug == 7) update(malloc(24));
    if (bug == 8) grown(malloc(16));
    if (bug == 9) tail(malloc(1000000), 250000);
    if (bug == 10) {
        char *bytes = malloc(10);
        bytes[0] = 'x';
        return write(2, bytes, 10) != 10;
    }
    if (bug == 11) copied(malloc(sizeof(struct pair)));
    return 0;
}
C
gcc -g -O0 -o "$T/native" "$T/planted.c"
musl-gcc -g -O0 -static -o "$T/musl" "$T/planted.c"
gcc -g -O0 -static -o "$T/glibc" "$T/planted.c"

# The first line of planted.c that is named
line_of() {
    grep -oE 'planted\.c:[0-9]+' "$1" | head -n 1
}
poison() { # STATUS HOW PROGRAM BUG
    # shellcheck disable=SC2046
    expect "$1" "$FACET" run $(printf ' --swap %s=poison'"$2" seg:heap seg:stack map:1 map:2 map:3 map:4) "$T/$3" "$4"
}
for bug in 0 1 2 3 4 5 6 7 8 9; do
    expect 0 valgrind -q --tool=memcheck "$T/native" $bug
    line_of "$T/err" >"$T/memcheck"
    [ $bug = 0 ] && [ ! -s "$T/memcheck" ] || err_has 'depends on uninitialised value' # and it does find them
    for program in musl glibc; do
        poison 0 :report $program $bug
        grep -E '(was|were) never written$' "$T/err" >"$T/said" || true
        line_of "$T/said" >"$T/poison"
        cmp -s "$T/memcheck" "$T/poison" ||
            fail "bug $bug of $program: memcheck says $(cat "$T/memcheck"), poison $(cat "$T/poison")"
        [ $bug = 0 ] || [ "$(wc -l <"$T/said")" = 1 ] || fail "bug $bug of $program is not all that is said"
    done
done

# ---- A system call is told with the first byte that it should not have been given: memcheck says "is 1 bytes inside a block".
expect 0 valgrind -q --tool=memcheck "$T/native" 10
err_has 'write\(buf\) points to uninitialised'
err_has 'is 1 bytes inside a block of size 10'
for program in musl glibc; do
    poison 0 :report $program 10
    off=$(sed -nE 's/^.*poison [a-z]+:[a-z0-9]+: load of 10 bytes at offset ([0-9]+) .*, a system call: bytes .*/\1/p' "$T/err")
    err_has "a system call: bytes $((off + 1)) to $((off + 9)) were never written"
done

# ---- A copy of 8 bytes, of which 4 are written, is no error, unless asked for.
poison 0 :report musl 11
err_lacks 'were never'
poison 0 :report,any musl 11
err_has ', copied\+.*planted\.c:46\): bytes [0-9]+ to [0-9]+ were never written'
poison 0 :report,whole musl 11
err_lacks 'were never'

# ---- What happens then: it stops before the load, or the load fails, or it goes on.
poison 133 '' musl 1
err_has 'on (seg:heap|map:.): load of 4 bytes at offset [0-9]+ .*: bytes [0-9]+ to [0-9]+ were never written$'
err_has 'in field\+.*planted\.c:10'
err_has '^poison (seg:heap|map:.): [0-9]+ accesses; 1 load of bytes never written$'
poison 139 :fault musl 1
poison 0 :report musl 0
err_has '^poison seg:stack: [0-9]+ accesses; 0 loads of bytes never written$'
expect 0 "$FACET" debug --batch -ex run -ex continue --swap seg:heap=poison "$T/glibc" 1
out_has 'exited normally'

# ---- Redzones
cat >"$T/zones.c" <<'C'
#include <stdlib.h>
#include <string.h>
struct { char low[16], text[24], high[16]; } box;
int main(int argc, char **argv) {
    memset(box.text, 1, (unsigned long)atoi(argv[1]));
    return argc > 2 ? box.text[atoi(argv[2])] : 0;
}
C
musl-gcc -g -O0 -fno-builtin -static -o "$T/zones" "$T/zones.c"
zones() { # STATUS HOW ARGUMENTS
    want=$1 how=$2
    shift 2
    expect "$want" "$FACET" run --swap "sym:box=poison:off=0..16,off=40..56$how" "$T/zones" "$@"
}
zones 1 '' 24 23
err_has '^poison sym:box: [0-9]+ accesses; 0 in redzones$'
zones 133 '' 25
err_has 'store of .*: byte 40 lies in the redzone 40\.\.56$'
zones 133 '' 24 -1
err_has 'load of 1 byte at offset 15 .*: byte 15 lies in the redzone 0\.\.16$'
zones 1 ,report 24 0
zones 0 ,report 24 24
err_has '^poison sym:box: load of 1 byte at offset 40 \(0x[0-9a-f]+\) by 0x[0-9a-f]+, main\+.*zones\.c:6\): byte 40 lies in'
err_has '; 1 in redzones$'
zones 139 ,fault 24 -16
zones 133 ,off=60..18446744073709551615,off=20..0xffffffffffffffff 23 23
expect 133 "$FACET" run --swap sym:box=poison:fresh "$T/zones" 23 23
err_has 'byte 39 was never written'
expect 1 "$FACET" run --swap sym:box=poison:fresh "$T/zones" 24 23

expect 2 "$FACET" run --swap sym:box=poison "$T/zones" 1
err_has 'sym:box are initialised when the program starts: poison needs a redzone \(off=N\.\.M\), or fresh'
for wrong in off= off=5..5 off=7..2 size=4 stop,never any,; do
    expect 2 "$FACET" run --swap "sym:box=poison:$wrong" "$T/zones" 1
    err_has 'poison\[:off=N'
done
