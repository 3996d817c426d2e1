# SPDX-License-Identifier: GPL-2.0-or-later
# print, x, whatis, ptype, printf, info locals … say what gdb says of the same program, run natively: tests/expressions/*.gdb.
#
# The program is built not optimized and optimized, with DWARF 5 and 4. Addresses of the stack are masked: the kernel chooses them.
. tests/cli/lib.sh

mask() {
    sed -E -e 's/0x7f[0-9a-f]{10}/STACK/g' -e "s# of $T/[a-z0-9]+\$##; s#$T/##g" -e 's/process [0-9]+/process N/; s#^File .*/#File #' -e '/^Continuing\.$/d' "$1"
}

# play SCRIPT COMMAND…: of $program
play() {
    commands=$1
    shift
    while IFS= read -r line; do
        set -- "$@" -ex "echo >>> $(printf '%s' "$line" | sed 's/\\/\\\\/g')\\n" -ex "$line"
    done <"$commands"
    "$@" "$T/$program" </dev/null
}

for kind in "0 5 globals locals before settings names" "2 5 globals optimized registers names" "0 4 globals locals" "2 4 optimized" "1 4 globals optimized" "g 5 optimized"; do
    # shellcheck disable=SC2086
    set -- $kind
    program=values$1$2
    units=$([ "$1$2" != 14 ] || echo -fdebug-types-section)
    cc -static -g -gdwarf-$2 -O$1 $units -o "$T/$program" tests/linux/values.c
    shift 2
    for script; do
        play "tests/expressions/$script.gdb" gdb -q -batch -nx -iex 'set debuginfod enabled off' \
            -iex 'set filename-display basename' -iex 'set width 0' >"$T/gdb.raw" 2>&1 || true
        last="facet debug, $script.gdb, $program"
        play "tests/expressions/$script.gdb" "$FACET" debug -q --batch >"$T/facet.raw" 2>&1 || true
        mask "$T/gdb.raw" >"$T/gdb"
        mask "$T/facet.raw" >"$T/facet"
        : >"$T/err"
        [ "$(wc -l <"$T/gdb")" -gt 40 ] || fail "gdb did not debug the program"
        diff -u "$T/gdb" "$T/facet" || fail "gdb (-) and facet (+) differ"
    done
done
