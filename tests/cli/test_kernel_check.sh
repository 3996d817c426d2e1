# SPDX-License-Identifier: GPL-2.0-or-later
# Each check of kernel_check finds the damage that it is there for: the debug build damages itself on request.
. tests/cli/lib.sh

guest=$B/tests/guests/damage
debug=build/debug/facet
sed -n 's,^ *DAMAGE_[A-Z0-9_]* *\,* */\* \(.*\) \*/$,\1,p' include/facet/damage.h >"$T/damages"
[ "$(wc -l <"$T/damages")" -ge 40 ] || fail "the list of damages is short"
expect 0 "$debug" run --grant range --grant debug "$guest"
number=0
while read -r check; do
    expect 125 "$debug" run --grant range --grant debug "$guest" $number </dev/null
    err_has "kernel panic: kernel_check: $check:"
    number=$((number + 1))
done <"$T/damages"

# There are no more (RC_BAD_ARG is 0x1003), and a release build refuses (RC_BAD_OP is 0x1001).
expect 3 "$debug" run --grant range --grant debug "$guest" $number
expect 1 "$FACET" run --grant range --grant debug "$guest" 0

# Each name of a check in the sources is one that some damage provokes.
sed -n 's/.*check_that("\([^"]*\)".*/\1/p' kernel/check*.c | sort -u >"$T/checks"
sort -u "$T/damages" >"$T/provoked"
[ -s "$T/checks" ] && comm -3 "$T/checks" "$T/provoked" >"$T/differ"
[ ! -s "$T/differ" ] || fail "checks without damage, or damages without check: $(cat "$T/differ")"
