# SPDX-License-Identifier: GPL-2.0-or-later
# Pages whose handler is a process of the guest; the debug build checks its kernel after every step of it.
. tests/cli/lib.sh

for facet in "$FACET" build/debug/facet; do
    for guest in handlers:8 lost:5 crossing:5; do
        expect 0 "$facet" run --timeout 60 --grant range --grant debug "$B/tests/guests/${guest%:*}"
        [ "$(grep -c '^ok: ' "$T/out")" = "${guest#*:}" ] || fail "not all of it was done"
    done
done

# What a process refuses is an event, too: the last one of the instruction, or one of the kernel's copy.
serving=$B/tests/guests/serving
events() { # events STATUS NAME: adjoin, whose object `first` is served by a process of that name
    expect "$1" "$FACET" run --program "$2=$serving" --swap "sym:first=endpoint:$2" --events "$T/events" "$B/tests/guests/adjoin"
    jq -r '"\(.n) \(.ev) \(.off) \(.size) \(.verdict) \(.by)"' "$T/events" >"$T/out"
    out_is "$T/expected"
}
echo '0 load 4 8 fault user' >"$T/expected"
events 139 fault
err_has 'SIGSEGV.*refused with code 4886718345$'
err_has '^endpoint:fault sym:first: 1 access$'
cat >"$T/expected" <<'END'
0 load 4 8 pass user
1 store 4 8 pass user
2 load 4 8 fault kernel
3 load 0 8 pass user
END
events 0 kfault
err_has '^endpoint:kfault sym:first: 4 accesses$'
