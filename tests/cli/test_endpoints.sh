# SPDX-License-Identifier: GPL-2.0-or-later
# Pages whose handler is a process of the guest; the debug build checks its kernel after every step of it.
. tests/cli/lib.sh

for facet in "$FACET" build/debug/facet; do
    for guest in handlers:8 lost:5 crossing:5 nested:6; do
        expect 0 "$facet" run --grant range --grant debug "$B/tests/guests/${guest%:*}"
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

# 64 GiB that a process makes up, word by word: what happens is what happens with a handler of the host.
parts=$B/tests/guests/parts
range=va:0x100000000000+0x1000000000
for case in there grow; do
    expect 0 "$FACET" run --grant range --events "$T/sparse" --swap "$range=$B/handlers/sparse.so" "$parts" $case
    expect 0 "$FACET" run --grant range --program memory="$serving" --events "$T/served" --swap $range=endpoint:memory "$parts" $case
    for events in sparse served; do
        jq -c 'del(.clock, .pc)' "$T/$events" >"$T/$events.json"
    done
    cmp "$T/sparse.json" "$T/served.json" || fail "other events than of sparse.so"
done
# Nobody makes it up: told, with nothing there, and a fault.
expect 139 "$FACET" run --program pass="$serving" --swap $range=endpoint:pass "$parts" fault
err_has '^pass: load hole \+00 00$'
err_has 'SIGSEGV.*cannot load from 0x100000000000: no capability covers the address'
expect 139 "$FACET" run --program step="$serving" --swap $range=endpoint:step "$parts" fault
err_has '^step: load hole \+00 00$'
err_lacks '^step has'

# A GPT that the debugger's user swaps for a process, beside a page of it that one of the host's handlers has.
session() { eval "expect 0 '$FACET' debug -q --batch --program log='$B/guests/membrane' --grant range -ex 'tbreak ready' -ex run $1 '$parts' tree"; }
session "-ex 'traverse va:0x200000000000'"
gpt=$(sed -n 's/^  2  GPT     obj:\([0-9]*\) .*/\1/p' "$T/out" | head -n 1)
session "-ex 'swap obj:$gpt endpoint:log' -ex 'swap va:0x200000000000+8 count' -ex continue"
out_has '^done$'
grep -E '^(load|store) of' "$T/err" >"$T/out"
cat >"$T/expected" <<'END'
load of 0x3, 8 bytes at 0
store of 0x4, 8 bytes at 8
load of 0x4, 8 bytes at 8200
load of 0x0, 8 bytes at 4096
store of 0x6, 8 bytes at 4096
load of 0x6, 8 bytes at 8192
END
out_is "$T/expected"
err_has '^endpoint:log obj:[0-9]+: 6 accesses'
