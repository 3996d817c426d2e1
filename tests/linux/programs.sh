#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs that are there to be compared: each is built as people build static programs, and must say the same, and end
# the same way, natively and under facet. usage: programs.sh BUILD-FOLDER
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
export FACET_TEST=here
mkdir "$T/files"
passed=0
failed=0

# build NAME COMMAND…: tests/linux/programs/NAME.c
build() {
    name=$1
    shift
    mkdir -p "$T/$*"
    "$@" -O1 -g -Wall -D_GNU_SOURCE -o "$T/$*/$name" "tests/linux/programs/$name.c" || exit 1
}

# same PROGRAM ARGUMENT…
same() {
    (ulimit -c 0 && exec "$@") >"$T/native" 2>"$T/native.err"
    native=$?
    "$B/facet" run --grant env:FACET_TEST --grant "dir:$T/files:rw" --memory 256M "$@" >"$T/facet" 2>"$T/facet.err"
    facet=$?
    if [ $native = $facet ] && cmp -s "$T/native" "$T/facet"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit status %d natively, %d under facet\n' "$*" $native $facet
        diff "$T/native" "$T/facet" | head -n 10
        head -n 3 "$T/facet.err"
    fi
} 2>/dev/null

# files SEED: random file calls, whose paths climb to the root: natively that of a jail, which takes root's rights
files() {
    for side in native facet; do
        jail=$T/jail
        mkdir -p "$jail/w/x/y/here"
        : >"$jail/jail"
        cp "$T/gcc -static/files" "$jail/files"
        if [ $side = native ]; then
            chroot "$jail" /files 3000 "$1" /w/x/y/here >"$T/native" </dev/null
            native=$?
        else
            "$B/facet" run --grant "dir:$jail:rw:/" "$jail/files" 3000 "$1" /w/x/y/here >"$T/facet" 2>"$T/facet.err" </dev/null
            facet=$?
        fi
        rm -rf "$jail"
    done
    if [ $native = 0 ] && [ $facet = 0 ] && cmp -s "$T/native" "$T/facet"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL files 3000 %s: exit status %d natively, %d under facet\n' "$1" $native $facet
        diff "$T/native" "$T/facet" | head -n 10
    fi
}

for compiler in 'gcc -static' 'gcc -static-pie' 'musl-gcc -static'; do
    for program in start signals memory; do
        # shellcheck disable=SC2086 # a command's words
        build $program $compiler
    done
    same "$T/$compiler/start"
    same "$T/$compiler/start" one 'two words' '' three
    same "$T/$compiler/signals"
    for end in abort segv term kill fpe blocked trap deep; do
        same "$T/$compiler/signals" $end
    done
    same "$T/$compiler/memory" 10000 7
done
for seed in 11 12 13; do
    same "$T/gcc -static/memory" 20000 $seed
done
build anonymous gcc -static
same "$T/gcc -static/anonymous" </dev/null
build files gcc -static
if [ "$(id -u)" = 0 ]; then
    for seed in 1 2 5 6 7 8 9 10; do
        files $seed
    done
else
    echo 'linux programs: files is left out, its jail takes root'
fi
build hostile gcc -static
hostile="$T/gcc -static/hostile"
for how in regions huge code recursion jump stack handler full forged 'nothing left' sequences; do
    same "$hostile" "$how"
done

build timers gcc -static
same "$T/gcc -static/timers"
build mapping gcc -static
same "$T/gcc -static/mapping" "$T/files"
[ "$(od -An -tx1 -j8192 -N3 "$T/files/mapped")" = ' 55 56 57' ] || failed=$((failed + 1))

# ends STATUSES MESSAGE COMMAND…: facet's own part of it
ends() {
    statuses=$1 message=$2
    shift 2
    "$B/facet" run "$@" >"$T/facet" 2>"$T/facet.err" </dev/null
    facet=$?
    if printf '%s\n' "$facet" | grep -qxE "$statuses" && grep -q "$message" "$T/facet.err"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit status %d\n' "$*" $facet
        head -n 3 "$T/facet.err"
    fi
}
ends 137 'out of memory: it may have 65536 KiB' --memory 64M "$hostile" hog
ends 124 timeout --timeout 1 "$hostile" loop
for seed in 1 2 3 4 5 6; do
    ends '0|139|132|133|134|135|136' '' --memory 64M --timeout 60 "$hostile" garbage $seed
done
printf 'linux programs: %d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
