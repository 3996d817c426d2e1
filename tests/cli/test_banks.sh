# SPDX-License-Identifier: GPL-2.0-or-later
# Banks: what they keep account of, whom they serve, and that a program's memory is what its bank has.
. tests/cli/lib.sh

for facet in "$FACET" build/debug/facet; do
    expect 0 "$facet" run --grant bank "$B/tests/guests/banks"
    expect 0 "$facet" run --grant bank --grant debug "$B/tests/guests/rescind"
    expect 0 "$facet" run --grant bank --grant debug "$B/tests/guests/rescind" destroy
    expect 0 "$facet" run --grant bank "$B/tests/guests/accounts" 1000 9
done
for guest in ipc keeper revoke windows strings keepers code foreign forwarders brands; do
    expect 0 "$FACET" run --grant bank --grant debug "$B/tests/guests/$guest"
done
for seed in 1 2 3 4; do
    expect 0 "$FACET" run --grant bank "$B/tests/guests/accounts" 5000 $seed
    out_has '^drawn [0-9]+, ended [0-9]+, refused [0-9]+$'
done

# How much a program needs, in KiB: with that much it does what it does with plenty; with a page less it is refused
# when it asks, or ended, and says so.
limited() {
    size=$1
    shift
    got=0
    "$FACET" run --grant dir:.:ro --grant "bank:${size}K" "$@" <LICENSE >"$T/out" 2>"$T/err" || got=$?
    [ $got = "$status" ] && cmp -s "$T/plenty" "$T/out"
}
smallest() {
    last=$*
    status=0
    "$FACET" run --grant dir:.:ro "$@" <LICENSE >"$T/plenty" 2>"$T/err" || status=$?
    low=1 high=$((16 << 10)) # pages: too few, enough
    while [ $((high - low)) -gt 1 ]; do
        middle=$(((low + high) / 2))
        if limited $((4 * middle)) "$@"; then high=$middle; else low=$middle; fi
    done
    limited $((4 * high)) "$@" || fail "not enough: $high pages"
    limited $((4 * high + 4)) "$@" || fail "a page more is not enough"
    ! limited $((4 * low)) "$@" || fail "$low pages should be too few"
    case $got in
    125) err_has 'too little memory for the program \(--memory, --grant bank:SIZE\)' ;;
    137) err_has "out of memory: it may have $((4 * low)) KiB \(--memory, --grant bank:SIZE\)$" ;;
    *) grep -qi 'memory' "$T/err" || fail "status $got, and not a word of memory" ;;
    esac
    echo "$high" >"$T/pages"
}
smallest /bin/busybox sort
sort=$(cat "$T/pages")
smallest /bin/busybox true
[ "$sort" -gt "$(cat "$T/pages")" ] || fail "sort needs no more than true"
smallest /bin/busybox sha256sum LICENSE
smallest /bin/busybox awk 'BEGIN { for (i = 0; i < 40000; i++) a[i] = i; print length(a) }'
awk=$(cat "$T/pages")
[ "$awk" -gt $((sort + 500)) ] || fail "awk needs $awk pages"
smallest "$B/tests/linux/stockroom"

# The whole of --memory, and no more.
expect 0 "$FACET" run --memory 64M /bin/busybox awk 'BEGIN { s = "x"; for (i = 0; i < 24; i++) s = s s; print length(s) }'
expect 137 "$FACET" run --memory 16M /bin/busybox awk 'BEGIN { s = "x"; for (i = 0; i < 24; i++) s = s s; print length(s) }'
err_has 'out of memory: it may have 16384 KiB'
for wrong in bank: bank:0 bank:many bank:1K bank:99999G; do
    expect 2 "$FACET" run --grant $wrong /bin/busybox true
    err_has 'a size is wanted, at least 4K'
done
expect 125 "$FACET" run --grant bank:100K "$B/tests/guests/banks"
err_has 'too little memory for the program \(--memory, --grant bank:SIZE\)'
