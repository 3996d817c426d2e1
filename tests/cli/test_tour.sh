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
