# SPDX-License-Identifier: GPL-2.0-or-later
# Of wordfreq's table facet sees, access by access, what valgrind's lackey sees of the same object file run natively: kind,
# offset, size, and which instruction of wordtable.o it was. (Lackey does not see what kernels do.)
. tests/cli/lib.sh

native=$B/tests/native/wordfreq
# "TABLE SIZE CODE CODESIZE" of a program: where its table is and where wordtable.o's code
places() {
    # shellcheck disable=SC2046
    set -- $(symbol "$1" table) $(symbol "$1" table_add) $(symbol "$1" table_top)
    echo "$1" "$2" "$3" $(($5 + $6 - $3))
}

expect 0 "$FACET" run --swap sym:table=trace --events "$T/events" "$WORDFREQ" <README.md
cp "$T/out" "$T/guest.out"
# shellcheck disable=SC2046
set -- $(places "$WORDFREQ")
jq -r 'select(.by == "user") | "\(.ev) \(.off) \(.size) \(.pc)"' "$T/events" | while read -r line; do
    pc=$((${line##* } - $3))
    [ $pc -ge 0 ] && [ $pc -lt "$4" ] || pc=elsewhere
    echo "${line% *} $pc"
done >"$T/facet.seq"

expect 0 valgrind --tool=lackey --trace-mem=yes --log-file="$T/lackey" "$native" <README.md
out_is "$T/guest.out"
# "I  00401136,3" an instruction, then its accesses: " L 0403c0a0,4" load, " S" store, " M" both. A locked instruction is
# printed as L and then M at the same address: the L goes.
# shellcheck disable=SC2046
set -- $(places "$native")
awk -v base="$1" -v size="$2" -v code="$3" -v code_size="$4" '
    function number(hex,   i, n) {
        for (i = 1; i <= length(hex); i++)
            n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
        return n
    }
    function flush() {
        if (held != "") print "load " held
        held = ""
    }
    { split($2, part, ",") }
    /^I  / {
        flush()
        pc = number(part[1]) - code
        if (pc < 0 || pc >= code_size) pc = "elsewhere"
    }
    /^ [LSM] / {
        off = number(part[1]) - base
        if (off + part[2] <= 0 || off >= size) next
        line = off " " part[2] " " pc
        if ($1 == "M" && held == line) held = ""
        flush()
        if ($1 == "L") held = line
        if ($1 == "M") print "load " line "\nstore " line
        if ($1 == "S") print "store " line
    }
    END { flush() }' "$T/lackey" >"$T/lackey.seq"

[ "$(wc -l <"$T/lackey.seq")" -gt 5000 ] || fail "lackey saw almost nothing"
cmp -s "$T/facet.seq" "$T/lackey.seq" || {
    echo "$(diff "$T/facet.seq" "$T/lackey.seq" | grep -c '^<') of $(wc -l <"$T/facet.seq") accesses differ"
    diff "$T/facet.seq" "$T/lackey.seq" | head -n 10
    fail "facet's accesses (<) are not lackey's (>)"
}
