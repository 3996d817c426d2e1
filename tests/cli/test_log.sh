# SPDX-License-Identifier: GPL-2.0-or-later
# log and `accesses`: what is in the database is what --events says of the same run, read by a program of its own.
. tests/cli/lib.sh
FACET=$(realpath "$FACET")

cat >"$T/dump.c" <<'C'
#include <sqlite3.h>
#include <stdio.h>
int main(int argc, char **argv) {
    sqlite3 *base;
    sqlite3_stmt *q;
    if (argc < 3 || sqlite3_open_v2(argv[1], &base, SQLITE_OPEN_READONLY, 0) || sqlite3_prepare_v2(base, argv[2], -1, &q, 0))
        return fprintf(stderr, "%s\n", sqlite3_errmsg(base)), 1;
    while (sqlite3_step(q) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(q); i++)
            printf("%s%c", sqlite3_column_text(q, i) ? (char *)sqlite3_column_text(q, i) : "-", " \n"[i + 1 == sqlite3_column_count(q)]);
    return 0;
}
C
gcc -o "$T/dump" "$T/dump.c" -lsqlite3
number="CASE WHEN typeof(%s) = 'integer' THEN printf('0x%%0*x', 2 * size, %s) ELSE %s END"
# shellcheck disable=SC2059
rows="SELECT n, ev, proc, printf('0x%x', pc), printf('0x%x', va), obj, off, size, $(printf "$number" value value value), \
$(printf "$number" old old old), by, rmw, atomic, part, clock FROM accesses ORDER BY n"
same() {
    expect 0 "$T/dump" "$1" "$rows"
    jq -r '"\(.n) \(.ev) \(.proc) \(.pc) \(.va) \(.obj) \(.off) \(.size) \(.value // "-") \(.old // "-") \(.by) " +
        "\(if .rmw then 1 else 0 end) \(if .atomic then 1 else 0 end) \(if .part then 1 else 0 end) \(.clock // 0)"' \
        "$T/events" >"$T/want"
    [ "$(wc -l <"$T/want")" -gt 10 ] || fail "almost no events"
    out_is "$T/want"
}
expect 1 "$FACET" run --clock --events "$T/events" --swap "sym:ledger=log:$T/log.db" "$LEDGER"
err_has "^log sym:ledger: $(wc -l <"$T/events") accesses in .*/log\.db\$"
same "$T/log.db"
expect 0 "$T/dump" "$T/log.db" "EXPLAIN QUERY PLAN SELECT n FROM accesses WHERE obj = 'sym:ledger' AND off = 8"
out_has 'INDEX accesses_place'

# Long and odd accesses; several objects in one file; the file of an earlier run is overwritten.
cat >"$T/wide.c" <<'C'
#include <emmintrin.h>
#include <stdio.h>
_Alignas(16) unsigned long a[8] = {~0ul, 2, 3}, b[8];
volatile int n;
int main(void) {
    for (int i = 0; i < 8; i++)
        __atomic_fetch_add(&b[i], ~a[i], __ATOMIC_SEQ_CST), n++;
    _mm_storeu_si128((void *)((char *)b + 60 - 16), _mm_load_si128((void *)a));
    *(volatile unsigned short *)((char *)b + 7) = 0x8001;
    printf("%lu %d\n", b[0], n);
}
C
gcc -g -O1 -static -o "$T/wide" "$T/wide.c"
expect 0 "$FACET" run --events "$T/events" --swap "sym:a=log:$T/log.db" --swap "sym:b=log:$T/log.db" \
    --swap "sym:n=log:$T/log.db" "$T/wide"
same "$T/log.db"

# ---- accesses
ask() {
    expect 0 "$FACET" debug --batch -ex run -ex "$1" --swap sym:n=log "$T/wide"
}
ask 'accesses sym:n'
out_has '^ +n kind +offset size value +old +place$'
out_has '^ +0 load +0 +4 0x00000000 +main\+0x[0-9a-f]+ \(.*wide\.c:7\)$'
out_has '^ +1 store +0 +4 0x00000001 +0x00000000 +main'
[ "$(grep -c ' main+' "$T/out")" = 17 ] || fail "not 8 times a load and a store, and a load"
ask "accesses sym:n where ev = 'store' and value > 2 and old < 6"
[ "$(grep -c ' main+' "$T/out")" = 4 ] || fail "not the stores of 3 to 6"
ask "accesses sym:n where ev = 'store' limit 3"
[ "$(awk '/ main\+/ { print $5 }' "$T/out" | paste -sd ,)" = 0x00000001,0x00000002,0x00000003 ] || fail "not the first three"
ask 'accesses sym:n last 2'
[ "$(awk '/ main\+/ { print $1 }' "$T/out" | paste -sd ,)" = 16,15 ] || fail "not the newest first"
ask 'accesses sym:n where value = 99'
out_has '^No accesses\.$'
# While it stands, and anew in a second run.
expect 0 "$FACET" debug --batch -ex 'break wide.c:7 if n == 3' -ex run -ex 'accesses sym:n' -ex 'delete' -ex continue -ex run \
    -ex 'accesses sym:n last 100' --swap sym:n=log "$T/wide"
[ "$(grep -c ' main+' "$T/out")" = $((6 + 17)) ] || fail "not what had been accessed until then, and all of it later"
wrong() {
    expect 1 "$FACET" debug --batch -ex run -ex "$1" --swap sym:n=log --swap sym:a=count "$T/wide"
    err_has "$2"
}
wrong 'accesses' 'wants an object'
wrong 'accesses sym:a' 'sym:a has no handler log'
wrong 'accesses sym:n where vale = 3' 'no such column: vale .*columns: n ev'
wrong 'accesses sym:n where 1; drop table accesses' 'near ";"|SQL expression'
wrong 'accesses sym:n where 1) --' 'syntax|incomplete'
wrong 'accesses sym:n where n = ?' 'SQL expression'
wrong 'accesses sym:n whence' 'accesses OBJECT'

# ---- What cannot be written. Files of others stay.
expect 2 "$FACET" run --swap "sym:n=log:$T/none/log.db" "$T/wide"
err_has 'cannot log to .*none/log\.db: unable to open'
cp "$T/wide.c" "$T/text"
expect 2 "$FACET" run --swap "sym:n=log:$T/text" "$T/wide"
err_has 'not a database'
cmp "$T/wide.c" "$T/text" || fail "a file of somebody else was changed"
cat >"$T/other.c" <<'C'
#include <sqlite3.h>
int main(int argc, char **argv) {
    sqlite3 *base;
    return argc < 2 || sqlite3_open(argv[1], &base) || sqlite3_exec(base, "CREATE TABLE accesses (mine)", 0, 0, 0);
}
C
gcc -o "$T/other" "$T/other.c" -lsqlite3
"$T/other" "$T/other.db"
cp "$T/other.db" "$T/other.copy"
expect 2 "$FACET" run --swap "sym:n=log:$T/other.db" "$T/wide"
err_has 'a database of something else'
cmp "$T/other.db" "$T/other.copy" || fail "a database of somebody else was changed"
# A file that may not grow: as a full disk.
head -c 40000 README.md >"$T/words"
expect 125 sh -c 'ulimit -f 64; exec "$@" <'"$T/words" sh "$FACET" run --swap "sym:table=log:$T/full.db" "$WORDFREQ"
err_has '^facet: cannot write the log .*full\.db: .*; the run goes on without it$'
[ "$(grep -c 'cannot write the log' "$T/err")" = 1 ] || fail "said more than once"
expect 0 "$FACET" run "$WORDFREQ" <"$T/words"
cp "$T/out" "$T/words.out"
expect 125 sh -c 'ulimit -f 64; exec "$@" <'"$T/words" sh "$FACET" run --swap "sym:table=log:$T/full.db" "$WORDFREQ"
out_is "$T/words.out"
