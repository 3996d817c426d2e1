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
# shellcheck disable=SC2046
set -- $(places "$native")
awk -v base="$1" -v size="$2" -v code="$3" -v code_size="$4" -f tests/lackey.awk "$T/lackey" >"$T/lackey.seq"

[ "$(wc -l <"$T/lackey.seq")" -gt 5000 ] || fail "lackey saw almost nothing"
cmp -s "$T/facet.seq" "$T/lackey.seq" || {
    echo "$(diff "$T/facet.seq" "$T/lackey.seq" | grep -c '^<') of $(wc -l <"$T/facet.seq") accesses differ"
    diff "$T/facet.seq" "$T/lackey.seq" | head -n 10
    fail "facet's accesses (<) are not lackey's (>)"
}
