# SPDX-License-Identifier: GPL-2.0-or-later
# facet sees of wordfreq's table, byte for byte of its code run natively, what valgrind's lackey sees.
. tests/cli/lib.sh

native=$B/tests/native/wordfreq
expect 0 "$FACET" run --swap sym:table=trace --events "$T/events" "$WORDFREQ" <README.md
cp "$T/out" "$T/guest.out"
jq -r '"\(.ev) \(.off) \(.size)"' "$T/events" >"$T/facet.seq"

# shellcheck disable=SC2046
set -- $(symbol "$native" table)
expect 0 valgrind --tool=lackey --trace-mem=yes --log-file="$T/lackey" "$native" <README.md
out_is "$T/guest.out"
# " L 0403c0a0,4" load, " S" store, " M" both; I and the tool's own lines are left out. A locked instruction is printed
# as L and then M at the same address: the L goes.
awk -v base="$1" -v size="$2" '
    function number(hex,   i, n) {
        for (i = 1; i <= length(hex); i++)
            n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
        return n
    }
    function flush() {
        if (held != "") print held
        held = ""
    }
    /^ [LSM] / {
        split($2, part, ",")
        off = number(part[1]) - base
        if (off + part[2] <= 0 || off >= size) { flush(); next }
        line = off " " part[2]
        if ($1 == "M" && held == "load " line) held = ""
        flush()
        if ($1 == "L") held = "load " line
        if ($1 == "M") print "load " line "\nstore " line
        if ($1 == "S") print "store " line
        next
    }
    /^I / { instruction = $0 }
    END { flush() }' "$T/lackey" >"$T/lackey.seq"

[ "$(wc -l <"$T/lackey.seq")" -gt 5000 ] || fail "lackey saw almost nothing"
cmp -s "$T/facet.seq" "$T/lackey.seq" || {
    diff "$T/facet.seq" "$T/lackey.seq" | head -n 10
    fail "facet's accesses (<) are not lackey's (>)"
}
