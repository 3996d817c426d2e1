# SPDX-License-Identifier: GPL-2.0-or-later
# Each check of kernel_check finds the damage that it is there for: the debug build damages itself on request.
. tests/cli/lib.sh

guest=$B/tests/guests/damage
debug=build/debug/facet
expect 0 "$FACET" run "$guest"
cp "$T/out" "$T/damages"
[ "$(wc -l <"$T/damages")" -ge 40 ] || fail "the list of damages is short"
expect 0 "$debug" run --timeout 60 --grant range --grant debug "$guest" nothing
while read -r name check; do
    expect 125 "$debug" run --timeout 60 --grant range --grant debug "$guest" "$name" </dev/null
    err_has "kernel panic: kernel_check: $check:"
done <"$T/damages"

# A release build refuses (RC_BAD_OP is 0x1001).
expect 1 "$FACET" run --grant range --grant debug "$guest" TABLE_LIST

# Each name of a check in the sources is one that some damage provokes.
sed -n 's/.*check_that("\([^"]*\)".*/\1/p' kernel/check*.c | sort -u >"$T/checks"
cut -d ' ' -f 2- "$T/damages" | sort -u >"$T/provoked"
[ -s "$T/checks" ] && comm -3 "$T/checks" "$T/provoked" >"$T/differ"
[ ! -s "$T/differ" ] || fail "checks without damage, or damages without check: $(cat "$T/differ")"
