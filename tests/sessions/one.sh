#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs one session of the debugger, NAME.facet, against NAME.expected; says nothing if it passes.
# usage: one.sh BUILD-FOLDER SESSION
#
# A session begins with "# program: PROGRAM ARGS" (below the build folder) and may have "# status: N", the exit status that
# is expected, and "# one by one": every line is given by -ex, so that an error does not end the session. One with the line
# "# saved here" is also played in two parts, of which the second goes on from a checkpoint; it must say the same.
# Masked before the comparison: ids of kernel objects and page frames, which depend on the order of allocation, and what
# "# mask: REGEX" matches.
set -u
B=$1
session=$2
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# mask REGEX, or nothing
mask() {
    sed -E ${1:+-e "s/$1/MASKED/g"} -e 's/obj:[0-9]+( *)/obj:N /g' -e 's/(page frame|page) 0x[0-9a-f]+/\1 FRAME/g'
}

# play PROGRAM ARGS...
play() {
    if ! grep -q '^# one by one' "$session"; then
        timeout 60 "$B/facet" debug -nx -q --batch -x "$session" "$@"
        return
    fi
    while IFS= read -r line; do
        case $line in '#'*) ;; *) set -- -ex "$line" "$@" ;; esac
    done <"$T/backwards"
    timeout 60 "$B/facet" debug -nx -q --batch "$@"
}

# play_divided PROGRAM ARGS... (What handlers report at the end of the first part is not said in one that has no parts.)
play_divided() {
    sed '/^# saved here/,$d' "$session" >"$T/first"
    sed '1,/^# saved here/d' "$session" >"$T/second"
    echo "checkpoint $T/saved" >>"$T/first"
    timeout 60 "$B/facet" debug -nx -q --batch -x "$T/first" "$@" 2>/dev/null | grep -v '^Saved; '
    timeout 60 "$B/facet" resume --debug --trust -nx -q --batch -x "$T/second" "$T/saved"
}

program=$(sed -n 's/^# program: //p' "$session")
want=$(sed -n 's/^# status: //p' "$session")
tac "$session" >"$T/backwards"
# check HOW: what it said is what was expected
check() {
    : >"$T/diff"
    # shellcheck disable=SC2086
    $1 "$B"/$program </dev/null >"$T/out" 2>&1
    status=$?
    mask "$(sed -n 's/^# mask: //p' "$session")" <"$T/out" >"$T/masked"
    [ $status = "${want:-0}" ] && diff -u "${session%.facet}.expected" "$T/masked" >"$T/diff" 2>&1 || {
        echo "FAIL $session ($1, status $status)"
        sed 's/^/    /' "$T/diff"
        exit 1
    }
}
check play
! grep -q '^# saved here' "$session" || check play_divided
