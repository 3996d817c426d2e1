#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs that go wrong or want to do harm (tests/linux/hostile/): where Linux says what becomes of them they must say and
# end the same natively and under facet; else they end with the documented status and one line. Never is it facet's own
# failure. usage: hostile.sh BUILD-FOLDER [quick]
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
quick=${2-}
HOSTILE=$B/tests/linux/hostile
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
tested=''
passed=0
failed=0

wrong() {
    failed=$((failed + 1))
    passed=$((passed - 1))
    echo "FAIL hostile $deed: $*"
    head -n 3 "$T/facet.err"
}

# facet OPTION…: the deed under facet
facet() {
    tested="$tested $deed"
    passed=$((passed + 1))
    (cd "$T" && ulimit -S -t 200 && timeout 900 "$B/facet" run "$@" "$HOSTILE" "$deed" </dev/null >facet 2>facet.err)
    facet=$?
    ! grep -q 'internal error\|panic\|the kernel refused' "$T/facet.err" || wrong "$(cat "$T/facet.err")"
}

same() {
    for deed; do
        (ulimit -c 0 && ulimit -n 1024 && exec timeout 60 "$HOSTILE" "$deed" </dev/null) >"$T/native" 2>/dev/null
        native=$?
        facet --memory 128M --grant dir:.:ro
        if [ $native != $facet ]; then
            wrong "exit status $native natively, $facet under facet"
        elif ! cmp -s "$T/native" "$T/facet"; then
            wrong "says: $(diff "$T/native" "$T/facet" | head -n 6)"
        fi
    done
} 2>/dev/null # the shell tells of signals

# ends STATUS REGEX DEED…: the first line on standard error matches, and there is no other
ends() {
    status=$1
    regex=$2
    shift 2
    for deed; do
        facet --memory 64M --grant dir:.:rw
        [ $facet = "$status" ] || wrong "exit status $facet, not $status"
        head -n 1 "$T/facet.err" | grep -qE "$regex" || wrong "says not: $regex"
        [ "$(wc -l <"$T/facet.err")" -le 2 ] || wrong "says too much"
        rm -f "$T/sparse"
    done
}

same forbidden allowed jumps selfmod numbers registers trap-flag last-bytes highest own-code
same storm longjmps nested overflow overflow-no-altstack overflow-altstack overflow-in-handler altstack-gone altstack-wild \
    fault-in-handler handler-nowhere kernel-stack tampered sigreturn-zeros sigreturn-nowhere
same recursion stack reserved descriptors
memory='^facet: .*hostile is out of memory: it may have 65536 KiB \(--memory, --grant bank:SIZE\)$'
ends 137 "$memory" brk mmap
mkfifo "$T/never"
for deed in loop block-stdin; do
    (cd "$T" && "$B/facet" run --timeout 1 "$HOSTILE" $deed <>never >facet 2>facet.err)
    facet=$?
    tested="$tested $deed"
    passed=$((passed + 1))
    [ $facet = 124 ] || wrong "exit status $facet, not 124"
done
ends 125 '^facet: .*waits for ever' block

# What a processor may know or not, but what none allows is a signal, and what facet's does not know is SIGILL.
deed=various
facet
[ $facet = 0 ] || wrong "exit status $facet"
while IFS= read -r expected; do
    grep -q "^$expected" "$T/facet" || wrong "says not: $expected"
done <<END
vaddps: signal 4
vpaddd ymm: signal 4
vaddps zmm: signal 4
kmovw: signal 4
rdfsbase: signal 4
xgetbv: signal 4
int 0x80: signal 11
int 4: signal 11
far jump, kernel: signal 11
iretq, kernel: signal 11
far return to 32 bit: signal 11
iretq to 32 bit: signal 11
sysexit: signal 11
xsetbv: signal
monitor: signal
vmrun: signal
vmxon: signal
rdtsc: goes on
cpuid: goes on
syscall, then int3: signal 5
END

# A program that wants more processes or threads than one is told that there are none.
deed=processes
facet
[ $facet = 0 ] || wrong "exit status $facet"
for call in fork thread vfork exec; do
    grep -q "^$call: .*Function not implemented" "$T/facet" || wrong "$call: $(grep "^$call" "$T/facet")"
done

if [ -z "$quick" ]; then
    same nested-for-ever mappings protection churn pipes
    ends 137 "$memory" populate malloc tables read file shared-file remap
    deed=loop-calls
    facet --timeout 1
    [ $facet = 124 ] || wrong "exit status $facet, not 124"
    for deed in $("$HOSTILE"); do
        case " $tested " in *" $deed "*) ;; *) echo "hostile: nothing is known about $deed" && failed=1 ;; esac
    done
fi
printf 'hostile: %d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
