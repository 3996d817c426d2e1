# SPDX-License-Identifier: GPL-2.0-or-later
# --events: every line is one JSON object of the documented form, in order; the same run gives the same file.
. tests/cli/lib.sh

expect 0 "$FACET" run --swap sym:table=count --events "$T/e" "$WORDFREQ" <.clang-format
# shellcheck disable=SC2046
set -- $(symbol "$WORDFREQ" table)
holds '.v == 1 and (.ev == "load" or .ev == "store") and .obj == "sym:table" and .proc >= 1 and .verdict == "pass"' "$T/e"
# The program prints words straight from the table: the kernel's copies of them are accesses too.
holds '.by == "user" or (.by == "kernel" and .ev == "load")' "$T/e"
[ "$(jq -s 'map(select(.by == "kernel")) | length' "$T/e")" = "$(wc -l <"$T/out")" ] || fail "not one copy a line by the kernel"
holds '(.pc | test("^0x[0-9a-f]+$")) and (.va | test("^0x[0-9a-f]+$")) and (.by == "kernel" or (.size | . >= 1 and . <= 8))' "$T/e"
holds '(.value | test("^0x[0-9a-f]+$")) and (.value | length) == 2 + 2 * .size' "$T/e"
holds '(.ev == "store") == has("old") and (has("old") | not) or (.old | length) == 2 + 2 * .size' "$T/e"
holds ".off >= 0 and .off + .size <= $2" "$T/e"
[ "$(jq -s '[.[].n] == [range(length)]' "$T/e")" = true ] || fail "n does not count from 0"
[ "$(jq -r '.va + " " + (.off | tostring)' "$T/e" | while read -r va off; do
    [ $((va)) = $(($1 + off)) ] || echo "$va $off"
done)" = '' ] || fail "va is not the table's address + off"
holds '(.atomic // false) == false and (.part // false) == false' "$T/e"

# Every load gives what the last store left there: the events alone tell the table's contents.
jq -r '[.ev, .off, .size, .value, (.old // "-")] | @tsv' "$T/e" | awk '
    function byte(hex, i) { return substr(hex, length(hex) - 2 * i - 1, 2) }
    {
        shown = $1 == "load" ? $4 : $5
        for (i = 0; i < $3; i++) {
            have = ($2 + i) in memory ? memory[$2 + i] : "00"
            if (byte(shown, i) != have) { print "line " NR ": byte " $2 + i " is " byte(shown, i) ", was " have; exit 1 }
            if ($1 == "store") memory[$2 + i] = byte($4, i)
        }
    }' || fail "loads and stores do not fit together"

expect 0 "$FACET" run --swap sym:table=count --events "$T/e2" "$WORDFREQ" <.clang-format
cmp -s "$T/e" "$T/e2" || fail "a second run gave other events"
expect 0 "$FACET" run --swap sym:table=watch:off=99999999 --events "$T/e3" "$WORDFREQ" <.clang-format
cmp -s "$T/e" "$T/e3" || fail "a handler that may stop sees other accesses than one that may not"

# Standard output can take them too; the guest's own output stays whole.
expect 1 "$FACET" run --swap sym:ledger=count --events - "$LEDGER"
grep -q '^alice ' "$T/out" || fail "the guest's output is gone"
grep '^{' "$T/out" >"$T/e4"
holds '.obj == "sym:ledger" and ((has("rmw") | not) or .rmw)' "$T/e4"
# `balance += amount` is one instruction for each of 16 payments: a load and a store of it in a row, at one pc.
jq -s '[.[] | select(.rmw and .size == 8)] | [length, [_nwise(2) | select(.[0].ev == "load" and .[1].ev == "store" and
    .[0].pc == .[1].pc and .[0].off == .[1].off and .[1].old == .[0].value)] | length]' "$T/e4" >"$T/pairs"
[ "$(jq -c . "$T/pairs")" = '[32,16]' ] || fail "read-modify-writes, and pairs of them: $(jq -c . "$T/pairs")"
