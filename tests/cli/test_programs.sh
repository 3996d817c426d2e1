# SPDX-License-Identifier: GPL-2.0-or-later
# Further programs that serve memory objects: --program NAME=ELF and the handler endpoint:NAME.
. tests/cli/lib.sh

membrane=$B/guests/membrane
mortal=$B/tests/guests/mortal

# What can be wrong on the command line.
wrong() { # wrong STATUS REGEX OPTIONS…: with ledger
    status=$1 text=$2
    shift 2
    expect "$status" "$FACET" run "$@" "$LEDGER"
    err_has "^facet: .*$text"
    err_lines 1
}
wrong 2 'wants NAME=ELF' --program nameless
wrong 2 'wants NAME=ELF' --program "=$mortal"
wrong 2 'wants NAME=ELF' --program "a b=$mortal"
wrong 2 'two programs with the name "a"' --program "a=$mortal" --program "a=$membrane"
wrong 126 'cannot read /nowhere: No such file' --program a=/nowhere
wrong 126 'is no ELF file' --program "a=$0"
wrong 126 "a=$(command -v busybox): that is a Linux program" --program "a=$(command -v busybox)"
wrong 2 'there is no endpoint "b": --program b=ELF' --program "a=$mortal" --swap sym:ledger=endpoint:b
wrong 2 'which endpoint' --program "a=$mortal" --swap sym:ledger=endpoint:


# shellcheck disable=SC2046
set -- $(seq 17 | sed "s,.*,--program p&=$mortal,")
wrong 2 'at most 16' "$@"

# A membrane prints what the events say, of native programs and of Linux programs, also what the kernel does for them.
events() { # from JSON to the membrane's lines, sorted
    grep '^{' "$1" | jq -r '"\(.ev) of 0x\(.value[2:] | .[-16:] | sub("^0+"; "") | if . == "" then "0" else . end), \(.size) bytes at \(.off)" +
        (if .by == "kernel" then " by the kernel" else "" end)'
}
compare() { # compare OBJECT PROGRAM…: values of at most 8 bytes
    object=$1
    shift
    "$FACET" run --events "$T/events" --swap "$object=count" "$@" >"$T/plain.out" 2>/dev/null </dev/null || true
    status=0
    "$FACET" run --program "log=$membrane" --events "$T/served" --swap "$object=endpoint:log" "$@" \
        >"$T/out" 2>"$T/err" </dev/null || status=$?
    out_is "$T/plain.out"
    events "$T/events" >"$T/expected"
    [ "$(wc -l <"$T/expected")" -gt 50 ] || fail "few accesses of $object: $(wc -l <"$T/expected")"
    grep -E '^(load|store|fetch) of' "$T/err" >"$T/lines"
    diff "$T/expected" "$T/lines" >"$T/diff" || { head "$T/diff"; fail "the membrane saw other accesses of $object"; }
    jq -c 'del(.clock)' "$T/served" >"$T/a"
    jq -c 'del(.clock)' "$T/events" | cmp -s - "$T/a" || fail "its events are not those of another handler"
}
compare sym:ledger "$LEDGER"
compare sym:_IO_2_1_stdout_ "$B/tests/linux/stockroom"
compare seg:text "$LEDGER"
compare seg:stack "$LEDGER"

# Who serves may end, fail, drop or answer nonsense: the access is a fault at once.
for name in exits crashes drops nonsense; do
    expect 139 "$FACET" run --program $name="$mortal" --swap sym:ledger=endpoint:$name "$LEDGER"
    case $name in
    exits) err_has '^init: the program exits has ended with status 0x0*3$' ;;
    crashes) err_has '^init: the program crashes was ended: fault 0x0*6 ' ;;
    esac
    case $name in
    nonsense) err_has 'SIGSEGV.*cannot access 0x[0-9a-f]+: the process that serves it has answered nonsense' ;;
    *) err_has 'SIGSEGV.*cannot access 0x[0-9a-f]+: the process that serves it does not answer, and never will' ;;
    esac
    err_has "^endpoint:$name sym:ledger: 6 accesses"
done

# Write-once memory: the sixth instruction that stores is the first that stores again.
expect 139 "$FACET" run --program once="$B/guests/writeonce" --swap sym:ledger=endpoint:once "$LEDGER"
err_has 'SIGSEGV.*refused with code 176'

# Two processes and one word that is in neither.
expect 0 "$FACET" run --grant range --grant debug "$B/guests/remote"
out_has '^100 rounds of ping-pong$'

# In the debugger: swapped while the program stands, stepped, restored.
expect 0 "$FACET" debug -q --batch --program "log=$membrane" -ex 'break remember_payment' -ex run \
    -ex 'swap sym:ledger endpoint:log' -ex stepi -ex stepi -ex stepi -ex 'info handlers' -ex 'restore sym:ledger' -ex delete \
    -ex continue "$LEDGER"
out_has '^sym:ledger +endpoint:log +2$'
[ "$(grep -cE '^(load|store) of' "$T/err")" = 2 ] || fail "it was not asked twice"
err_has '^load of 0x0, 4 bytes at 56$'
err_has '^store of 0x1f4, 8 bytes at 16$'
expect 1 "$FACET" debug -q --batch -ex 'break remember_payment' -ex run -ex 'swap sym:ledger endpoint:log' "$LEDGER"
err_has 'there is no endpoint "log"'

# Two objects side by side, on one page and over the border of two, one served by a process, the other by anybody.
serving=$B/tests/guests/serving
adjoin=$B/tests/guests/adjoin
side() { # side BORDER WITHIN LEFT RIGHT FIRST SECOND OPTIONS…: what adjoin prints
    printf 'border %s\nwithin %s\nleft %s\nright %s\nfirst %s\nsecond %s\n' "$1" "$2" "$3" "$4" "$5" "$6" >"$T/expected"
    shift 6
    for facet in "$FACET" build/debug/facet; do
        expect 0 "$facet" run --program pass="$serving" --program done="$serving" --program step="$serving" "$@" "$adjoin"
        grep -aE '^[a-z]+( [0-9a-f]{2}){8}$' "$T/out" >"$T/words"
        cmp -s "$T/expected" "$T/words" || { diff "$T/expected" "$T/words" | head; fail "adjoin has seen something else"; }
    done
}
said() { # said COUNT REGEX: lines of the handlers
    [ "$(grep -cE -e "$2" "$T/err")" = "$1" ] || fail "not $1 lines: $2"
}
b='14 15 16 17 18 19 1a 1b' w='24 25 26 27 28 29 2a 2b' # as loaded from plain memory, and what is there at the end
l='10 11 12 13 a0 a1 a2 a3' r='a4 a5 a6 a7 1c 1d 1e 1f' f='20 21 22 23 b0 b1 b2 b3' s='b4 b5 b6 b7 2c 2d 2e 2f'
d='d0 d1 d2 d3 d4 d5 d6 d7'
side "$b" "$w" "$l" "$r" "$f" "$s"
side "$b" "$w" "$l" "$r" "$f" "$s" --swap sym:left=endpoint:pass --swap sym:right=endpoint:step
said 1 '^pass: store part \+04 a0 a1 a2 a3$'
said 1 '^step: store part \+00 a4 a5 a6 a7$'
said 1 '^step has: store part \+00 a4 a5 a6 a7$'
said 6 '^pass: |^step: '
side "d0 d1 d2 d3 18 19 1a 1b" "$w" "$d" "$r" "$f" "$s" --swap sym:left=endpoint:done --swap sym:right=count
side "14 15 16 17 d0 d1 d2 d3" "$w" "$l" "$d" "$f" "$s" --swap sym:right=endpoint:done --swap sym:left=count
side "d0 d1 d2 d3 d0 d1 d2 d3" "$w" "$d" "$d" "$f" "$s" --swap sym:right=endpoint:done \
    --program done2="$serving" --swap sym:left=endpoint:done2
side "$b" "d0 d1 d2 d3 28 29 2a 2b" "$l" "$r" "$d" "$s" --swap sym:first=endpoint:done --swap sym:second=count
said 1 '^done: load kernel \+04 24 25 26 27 b4 b5 b6 b7$'
side "$b" "24 25 26 27 d4 d5 d6 d7" "$l" "$r" "$f" "$d" --swap sym:second=endpoint:done --swap sym:first=count
side "$b" "$w" "$l" "$r" "$f" "28 29 2a 2b 2c 2d 2e 2f" --swap sym:first=endpoint:step --swap sym:second=freeze
said 1 '^step: store \+04 b0 b1 b2 b3 b4 b5 b6 b7$'
said 1 '^step has: store \+04 b0 b1 b2 b3 28 29 2a 2b$'
expect 0 "$FACET" run --program done="$serving" --swap sym:first=endpoint:done --swap sym:second=count --events "$T/events" "$adjoin"
jq -r 'select(.part) | "\(.obj) \(.ev) \(.off) \(.value) \(.verdict) \(.by)"' "$T/events" >"$T/out"
cat >"$T/expected" <<'END'
sym:first load 4 0x2b2a2928d3d2d1d0 done user
sym:second load -4 0x2b2a2928d3d2d1d0 pass user
sym:first store 4 0xb7b6b5b4b3b2b1b0 done user
sym:second store -4 0xb7b6b5b4b3b2b1b0 pass user
sym:first load 4 0xb7b6b5b4d3d2d1d0 done kernel
sym:second load -4 0xb7b6b5b4d3d2d1d0 pass kernel
END
out_is "$T/expected"

# Two processes on one page, and several for one object: the latest is asked first, until one has answered all of it.
m='d0 d1 d2 d3 28 29 2a 2b' # what the first four bytes are answered with
side "$b" "$m" "$l" "$r" "$d" "$s" --swap sym:first=endpoint:done --swap sym:second=endpoint:pass
said 4 '^done: '
said 4 '^pass: '
side "$b" "$m" "$l" "$r" "$d" "$s" --swap sym:first=endpoint:done --swap sym:first=endpoint:pass
grep -aE '^(pass|done): load' "$T/err" | head -n 2 >"$T/out"
printf '%s: load +04 24 25 26 27 28 29 2a 2b\n' pass done >"$T/expected"
out_is "$T/expected"
side "$b" "$m" "$l" "$r" "$d" "$s" --swap sym:first=endpoint:pass --swap sym:first=endpoint:done
said 0 '^pass: '

# A handler of the host stops what the process has let pass: it has not happened, and goes on without being asked again.
expect 0 "$FACET" debug -q --batch --program pass="$serving" --swap sym:first=endpoint:pass --swap sym:second=watch:store -ex run \
    -ex 'x/8xb &second' -ex continue "$adjoin"
said 1 '^pass: store \+04 b0 b1 b2 b3 b4 b5 b6 b7$'
out_has '<second>:	0x28	0x29'
out_has '^second b4 b5 b6 b7 2c'
