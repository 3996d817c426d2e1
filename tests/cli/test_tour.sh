# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tour of a heap corruption is told as gdb tells it of the same program, run natively: only addresses, the variant of
# strcpy and how the source's path is written may differ.
. tests/cli/lib.sh
PROGRAM=$B/tests/linux/stockroom

alike() {
    sed -E -e 's/0x[0-9a-f]+/ADDRESS/g' -e 's/__strcpy_[a-z0-9_]+/strcpy/' -e 's|tests/linux/stockroom.c|stockroom.c|' \
        -e '/^Continuing\.$/d' -e 's/ +/ /g' "$1"
}

expect 0 "$FACET" debug -nx -q --batch -x tests/sessions/tour.facet "$PROGRAM"
cp "$T/out" "$T/facet"
expect 0 gdb -nx -q --batch -x tests/sessions/tour.facet "$PROGRAM"
alike "$T/out" >"$T/native"
alike "$T/facet" >"$T/emulated"
diff "$T/native" "$T/emulated" || fail "gdb tells another story"

# musl has no call frame information; its functions push what they like, or nothing.
expect 1 "$FACET" debug -nx -q --batch -x tests/sessions/tour.facet "$PROGRAM-musl"
for frame in '#0 .* in stpcpy \(\)$' '#1 .* in strcpy \(\)$' '#2 .* in item_rename \(room=0x[0-9a-f]+, item=' \
    '#3 .* in change \(room=0x[0-9a-f]+, day=31\)' '#4 .* in main \(argc=1, '; do
    out_has "^$frame"
done

# The README shows the same: each of its commands is in the tour, each line of its answers was printed, in that order.
awk '/^```text$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$T/shown"
grep -q '^(facet) watch' "$T/shown" || fail "the README lacks the tour"
last_command=0
last_line=0
while IFS= read -r line; do
    case $line in
    '(facet) '*)
        at=$(grep -nxF -e "${line#(facet) }" tests/sessions/tour.facet | cut -d: -f1 | awk -v from=$last_command '$1 > from' | head -n 1)
        last_command=${at:-none}
        ;;
    *)
        pattern=$(printf '%s\n' "$line" | sed 's/[][\.*^$/]/\\&/g; s/\\\.\\\.\\\./.*/g')
        at=$(grep -nx -e "$pattern" "$T/facet" | cut -d: -f1 | awk -v from=$last_line '$1 > from' | head -n 1)
        last_line=${at:-none}
        ;;
    esac
    [ -n "$at" ] || fail "the README shows: $line"
done <"$T/shown"
