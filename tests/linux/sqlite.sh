#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SQLite (240,000 lines) from Debian's source package, built with `gcc -static`, runs its own benchmark natively and under
# facet: in memory and in a file. speedtest1 --verify prints a hash of all results, which must be equal, as must the database.
# Without a network the source can't be fetched: then the test says so and fails.
#
# usage: sqlite.sh BUILD-FOLDER [SIZE]
set -eu
cd "$(dirname "$0")/../.."
B=$(realpath "$1")
SIZE=${2-5}
SOURCE=build/sqlite
.ci/deps.sh sqlite
if [ ! -x $SOURCE/speedtest1 ]; then
    (
        cd $SOURCE
        tar xf sqlite3_*.orig.tar.xz --strip-components=1
        ./configure --disable-shared
        make sqlite3.c
        gcc -O2 -static -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -I. -o speedtest1 test/speedtest1.c sqlite3.c -lm
    ) >$SOURCE/log 2>&1 || {
        tail -n 20 $SOURCE/log
        exit 1
    }
fi
PROGRAM=$(pwd)/$SOURCE/speedtest1
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
failed=0

# compare NAME ARGS…: what both print but for the times, and the exit status
compare() {
    name=$1
    shift
    for how in native facet; do
        mkdir -p "$T/$how"
        run=
        [ $how = native ] || run="$B/facet run --memory 512M --grant dir:.:rw"
        # shellcheck disable=SC2086
        (cd "$T/$how" && $run "$PROGRAM" --size "$SIZE" --verify "$@") >"$T/$how.out" 2>"$T/$how.err" || {
            echo "sqlite: $name, $how: exit status $?"
            head -n 5 "$T/$how.err"
            failed=1
        }
        sed -E 's/\.* *[0-9]+\.[0-9]+s$//' "$T/$how.out" >"$T/$how.masked"
    done
    if diff "$T/native.masked" "$T/facet.masked" && grep -q 'Verification Hash' "$T/facet.masked"; then
        echo "sqlite: $name: $(grep -c '^ [0-9]' "$T/facet.masked") tests, $(grep 'Verification' "$T/facet.masked")"
    else
        failed=1
    fi
}
compare 'in memory' --memdb
compare 'in a file' test.db
cmp "$T/native/test.db" "$T/facet/test.db" || failed=1
exit $failed
