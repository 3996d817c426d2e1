#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Random system calls (fuzz.c) and damaged ELF files (elfs.c): whatever happens to the program, it is never facet's own
# failure, and nothing hangs. Calls that Linux answers alike everywhere are compared with it, where an unprivileged user can
# be had for them: of two errors that apply another one may be told, so one run in eight may differ.
# usage: fuzz.sh BUILD-FOLDER SEEDS CALLS MUTANTS [FIRST-SEED]
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
last=$((${5-1} + $2 - 1))
calls=$3
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
chmod 711 "$T"
failed=0
differ=0

fail() {
    echo "FAIL fuzz: $*"
    grep -v 'that facet lacks\|was refused' "$T/err" | head -n 3
    failed=$((failed + 1))
}

# facet OPTION… PROGRAM…: in a fresh folder
facet() {
    rm -rf "$T/w" && mkdir "$T/w"
    (cd "$T/w" && timeout 100 "$B/facet" run --timeout 60 "$@" </dev/null >"$T/out" 2>"$T/err")
}

for seed in $(seq "${5-1}" $last); do
    facet --memory 128M --grant dir:.:rw "$B/tests/linux/fuzz" all "$seed" "$calls"
    status=$?
    ! grep -q 'internal error\|panic\|kernel refused' "$T/err" || fail "all $seed $calls"
    [ $status = 0 ] || grep -q 'waits for ever' "$T/err" || fail "all $seed $calls: status $status"
done

# Without privileges, in a folder where there is nothing to lose.
native() {
    rm -rf "$T/n" && mkdir "$T/n" && cp "$B/tests/linux/fuzz" "$T/fuzz"
    if [ "$(id -u)" = 0 ]; then
        chown nobody "$T/n"
        set -- setpriv --reuid nobody --clear-groups "$@"
    fi
    (cd "$T/n" && ulimit -n 1024 && timeout 60 "$@" </dev/null >"$T/native" 2>/dev/null)
}

for seed in $(seq "${5-1}" $last); do
    native "$T/fuzz" common "$seed" "$calls" || fail "common $seed $calls: natively status $?"
    facet --memory 128M --grant dir:.:rw "$B/tests/linux/fuzz" common "$seed" "$calls" || fail "common $seed $calls: status $?"
    cmp -s "$T/native" "$T/out" || {
        differ=$((differ + 1))
        diff -a "$T/native" "$T/out" | head -n 4 >"$T/differ"
    }
done

# 126 is refused in one line, a second one says by whom; 137 too much memory for the machine; else what the program does.
mutant=$((${5-1}))
while [ $mutant -lt $((${5-1} + $4)) ]; do
    "$B/tests/linux/elfs" "$B/tests/linux/elfs" $mutant >"$T/mutant"
    chmod +x "$T/mutant"
    facet --memory 64M "$T/mutant"
    status=$?
    case $status in
    124 | 125) fail "mutant $mutant: status $status" ;;
    126) [ "$(wc -l <"$T/err")" -le 2 ] || fail "mutant $mutant: more than two lines" ;;
    esac
    ! grep -q 'internal error\|panic\|kernel refused' "$T/err" || fail "mutant $mutant"
    mutant=$((mutant + 1))
done
[ $differ -le $((1 + $2 / 8)) ] || fail "$differ runs differ from Linux: $(cat "$T/differ")"
echo "fuzz: $2 runs of $calls system calls twice, $4 damaged files, $failed failed, $differ differ"
[ $failed = 0 ]
