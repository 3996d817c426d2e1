#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The accesses of tests/linux/mixed.c to its table under a handler that passes, one by one, against those that valgrind's
# lackey sees of the same file run natively. usage: mixed.sh BUILD-FOLDER COUNT SEED…
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
count=$2
shift 2
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
musl-gcc -g -O1 -Wall -static -o "$T/mixed" tests/linux/mixed.c || exit 1
places=$(nm -S "$T/mixed" | awk '$4 == "table" && $3 == "B" { print $1, $2 }')
# where an instruction is that lackey tells otherwise than as its definition says: NAME ADDRESS
special=$(objdump -d --no-show-raw-insn "$T/mixed" | sed -nE 's/^ *([0-9a-f]+):[[:space:]]+(fxsave|fxrstor|maskmovdqu).*/\2 \1/p')

# "I  00401136,3" an instruction, then its accesses: " L 0403c0a0,4" load, " S" store, " M" both. A locked instruction is
# printed as L and then M at the same address: the L goes. FXSAVE and FXRSTOR come in parts, of which the first stands
# for the 512 bytes; MASKMOVDQU as M, though it does not load.
normalise() {
    awk -v places="$places" -v special="$special" '
    function number(hex,   i, n) {
        hex = tolower(hex)
        for (i = 1; i <= length(hex); i++)
            n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
        return n
    }
    function flush() {
        if (held != "") print "load " held
        held = ""
    }
    BEGIN {
        split(places, place, " ")
        base = number(place[1]); size = number(place[2])
        n = split(special, word, /[ \n]/)
        for (i = 1; i < n; i += 2) kind[word[i + 1]] = word[i]
    }
    { split($2, part, ",") }
    /^I  / {
        flush()
        sub(/^0+/, "", part[1])
        pc = part[1]; first = 1
    }
    /^ [LSM] / {
        off = number(part[1]) - base
        if (off + part[2] <= 0 || off >= size) next
        if (kind[pc] ~ /^fx/) {
            if (first) print (kind[pc] == "fxsave" ? "store " : "load ") off " 512 0x" pc
            first = 0
            next
        }
        line = off " " part[2] " 0x" pc
        if ($1 == "M" && held == line) held = ""
        flush()
        if ($1 == "L") held = line
        if ($1 == "M" && kind[pc] != "maskmovdqu") print "load " line
        if ($1 != "L") print "store " line
    }
    END { flush() }'
}

failed=0
for seed; do
    mkfifo "$T/lackey" "$T/events"
    normalise <"$T/lackey" >"$T/lackey.seq" &
    valgrind --tool=lackey --trace-mem=yes --log-file="$T/lackey" "$T/mixed" "$seed" "$count" >"$T/native"
    wait
    sed -E 's/.*"ev":"([a-z]+)".*"pc":"([^"]*)".*"off":([0-9-]+),"size":([0-9]+),.*/\1 \3 \4 \2/' <"$T/events" >"$T/facet.seq" &
    "$B/facet" run --swap sym:table=count --events "$T/events" "$T/mixed" "$seed" "$count" >"$T/guest" 2>"$T/err"
    wait
    rm "$T/lackey" "$T/events"
    if cmp -s "$T/native" "$T/guest" && [ "$(wc -l <"$T/lackey.seq")" -ge "$count" ] && cmp -s "$T/facet.seq" "$T/lackey.seq"; then
        echo "seed $seed: $(wc -l <"$T/facet.seq") accesses, those of lackey"
    else
        failed=1
        echo "FAIL seed $seed: facet saw $(wc -l <"$T/facet.seq") accesses, lackey $(wc -l <"$T/lackey.seq"); facet (<), lackey (>):"
        diff "$T/facet.seq" "$T/lackey.seq" | head -n 10
        cat "$T/err"
    fi
done
exit $failed
