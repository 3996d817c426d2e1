# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that do what ring 3 must not: they end as Linux would end them, and facet ends in order.
. tests/cli/lib.sh

hostile=$B/tests/guests/hostile
all=$("$FACET" run "$hostile" || true)
tested=''
# ends STATUS DEED…
ends() {
    status=$1
    shift
    for deed; do
        expect "$status" "$FACET" run "$hostile" "$deed"
        err_has '^facet: |SIG'
        err_lacks 'internal error|panic'
        tested="$tested $deed"
    done
}
ends 139 hlt cli cr3 lgdt wrmsr invlpg out in microcode-out int \
    jump-kernel jump-microcode jump-noncanonical jump-null load-kernel load-direct-map load-microcode load-noncanonical \
    load-null store-kernel store-text execute-stack stack-overflow no-stack
ends 132 ud2
ends 136 divide
ends 133 int3
ends 125 deadlock
ends 159 bad-control bad-register
expect 124 "$FACET" run --timeout 1 "$hostile" loop
tested="$tested loop"
for deed in $all; do
    case " $tested " in *" $deed "*) ;; *) fail "nothing is known about hostile $deed" ;; esac
done

# 10,000 random system calls: whatever happens to the program, facet and its kernel stand.
for seed in 1 2 3; do
    status=0
    "$FACET" run "$B/tests/guests/fuzz" 10000 $seed >"$T/out" 2>"$T/err" || status=$?
    last="fuzz 10000 $seed"
    err_lacks 'internal error|panic'
    case $status in
    0) out_has 'the kernel stands' ;;
    125) err_has 'wait' ;; # it came to wait for a message that nobody can send
    139) err_has 'SIGSEGV|Segmentation' ;;
    *) fail "status $status" ;;
    esac
done
