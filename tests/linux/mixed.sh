#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The accesses of tests/linux/mixed.c to its table under handlers that pass, one by one, against those that valgrind's
# lackey sees of the same file run natively. usage: mixed.sh BUILD-FOLDER COUNT SEED…
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
count=$2
shift 2
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
musl-gcc -g -O1 -Wall -static -o "$T/mixed" tests/linux/mixed.c || exit 1
# shellcheck disable=SC2046
set -- $(nm -S "$T/mixed" | awk '$4 == "table" && $3 == "B" { print $1, $2 }') "$@"
base=$((0x$1)) size=$((0x$2))
shift 2
special=$(objdump -d --no-show-raw-insn "$T/mixed" | sed -nE 's/^ *([0-9a-f]+):[[:space:]]+(fxsave|fxrstor|maskmovdqu).*/\1 \2/p')

failed=0
for seed; do
    mkfifo "$T/lackey"
    awk -v base=$base -v size=$size -v special="$special" -f tests/lackey.awk <"$T/lackey" >"$T/lackey.seq" &
    valgrind --tool=lackey --trace-mem=yes --log-file="$T/lackey" "$T/mixed" "$seed" "$count" >"$T/native"
    wait
    for handler in count watch:store,off=30000; do # which answers at once, and which might stop
        rm -f "$T/events" && mkfifo "$T/events"
        sed -E 's/.*"ev":"([a-z]+)".*"pc":"([^"]*)".*"off":([0-9-]+),"size":([0-9]+),.*/\1 \3 \4 \2/' <"$T/events" >"$T/facet.seq" &
        "$B/facet" run --swap "sym:table=$handler" --events "$T/events" "$T/mixed" "$seed" "$count" >"$T/guest" 2>"$T/err"
        wait
        if cmp -s "$T/native" "$T/guest" && [ "$(wc -l <"$T/lackey.seq")" -ge "$count" ] && cmp -s "$T/facet.seq" "$T/lackey.seq"; then
            echo "seed $seed, $handler: $(wc -l <"$T/facet.seq") accesses, those of lackey"
        else
            failed=1
            echo "FAIL seed $seed, $handler: facet saw $(wc -l <"$T/facet.seq") accesses, lackey $(wc -l <"$T/lackey.seq"):"
            diff "$T/facet.seq" "$T/lackey.seq" | head -n 10
            cat "$T/err"
        fi
    done
    rm "$T/lackey"
done
exit $failed
