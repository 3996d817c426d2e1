# SPDX-License-Identifier: GPL-2.0-or-later
# A checkpoint is there whole or not at all, whatever happens while it is saved; and what is damaged is noticed.
. tests/cli/lib.sh
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # which does not work under strace
FILE=$T/cp
strace -qq -o /dev/null true 2>/dev/null || { echo "strace does not work here"; exit 0; }

# save OPTIONS-OF-STRACE…: over the file that is there
save() {
    got=0
    timeout 60 strace -f -qq -o "$T/trace" "$@" "$FACET" run --checkpoint "$FILE@1" "$WORDFREQ" <LICENSE >/dev/null 2>"$T/err" || got=$?
}
# The file is the old one, or a new one, and one can go on from it.
old_or_new() {
    last=$1
    expect 0 "$FACET" resume --describe "$FILE"
    cmp -s "$FILE" "$T/old" || cmp -s "$FILE" "$T/new" || fail "it is neither the old nor the new checkpoint"
}

expect 1 "$FACET" run --checkpoint "$T/old@1" "$LEDGER"
cp "$T/old" "$FILE"
save -e trace=write,fsync,linkat,rename,unlink,openat,close
cp "$FILE" "$T/new"
cmp -s "$T/old" "$T/new" && fail "it was not replaced"
[ "$(find "$T" -name '.cp*' | wc -l)" = 0 ] || fail "something is left over"
# The save itself: from the second nameless file on (the first finds out whether there can be one).
first=$(grep -n O_TMPFILE "$T/trace" | tail -n 1 | cut -d: -f1)
[ "$first" ] || fail "no temporary file in the trace"
head -n "$first" "$T/trace" >"$T/before"
sed -n "$first,\$p" "$T/trace" | sed '/rename/q' >"$T/during"
calls() { grep -c " $1(" "$2" || true; } # CALL FILE

# Killed at each of its system calls.
killed=0
for call in write fsync linkat rename; do
    for nth in $(seq 1 "$(calls $call "$T/during")"); do
        [ "$call" != write ] || [ "$nth" -le 4 ] || [ $((nth % 5)) = 0 ] || continue
        cp "$T/old" "$FILE"
        save -e "trace=$call" -e "inject=$call:signal=KILL:when=$(($(calls $call "$T/before") + nth))"
        [ $got = 137 ] || fail "not killed at $call $nth: status $got"
        old_or_new "killed at $call $nth"
        killed=$((killed + 1))
    done
done
[ $killed -ge 8 ] || fail "killed only $killed times"

# The disk is full, or broken: that is said, facet's status is 125, and the old one stays.
for error in write:error=ENOSPC fsync:error=EIO linkat:error=EACCES rename:error=EACCES; do
    cp "$T/old" "$FILE"
    call=${error%%:*} got=0 last=$error
    strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$error:when=$(($(calls "$call" "$T/before") + 1))" \
        "$FACET" run --checkpoint "$FILE@1" "$WORDFREQ" <LICENSE >/dev/null 2>"$T/err" || got=$?
    [ $got = 125 ] || fail "exit status $got, not 125"
    err_has 'cannot save into .*cp: '
    cmp -s "$FILE" "$T/old" || fail "the old checkpoint is gone"
done

# Cut anywhere, changed anywhere.
size=$(wc -c <"$T/old")
refused() {
    expect 2 "$FACET" resume "$T/bad"
    err_has 'bad is (cut short|no checkpoint)'
    [ ! -s "$T/out" ] || fail "it ran"
}
for at in 0 1 7 8 15 16 31 32 33 100 4096 $((size / 3)) $((size / 2)) $((size - 17)) $((size - 16)) $((size - 8)) $((size - 1)); do
    head -c "$at" "$T/old" >"$T/bad"
    refused
done
cat "$T/old" "$T/old" >"$T/bad"
refused
for at in 0 7 8 11 12 15 16 19 20 23 24 25 28 29 $(seq 30 $((size / 25)) $((size - 30))) $((size - 24)) $((size - 17)) $((size - 16)) \
    $((size - 9)) $((size - 8)) $((size - 1)); do
    cp "$T/old" "$T/bad"
    byte=$(od -An -tu1 -j "$at" -N1 "$T/old")
    printf "\\$(printf %o $((byte ^ 1 << at % 8)))" | dd of="$T/bad" bs=1 seek="$at" conv=notrunc status=none
    refused
done
