#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the debugger's sessions: tests/sessions/NAME.facet, or those named, against NAME.expected. usage: run.sh BUILD-FOLDER [NAME...]
#
# A session begins with "# program: PROGRAM ARGS" (below the build folder) and may have "# status: N", the exit status that
# is expected, and "# one by one": every line is given by -ex, so that an error does not end the session.
# Masked before the comparison: ids of kernel objects and page frames, which depend on the order of allocation, and what
# "# mask: REGEX" matches.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$1
shift
[ $# -gt 0 ] || set -- tests/sessions/*.facet
export LC_ALL=C
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
passed=0
failed=0

# mask REGEX, or nothing
mask() {
    sed -E ${1:+-e "s/$1/MASKED/g"} -e 's/obj:[0-9]+( *)/obj:N /g' -e 's/(page frame|page) 0x[0-9a-f]+/\1 FRAME/g'
}

# play SESSION PROGRAM ARGS...
play() {
    session=$1
    shift
    if ! grep -q '^# one by one' "$session"; then
        timeout 60 "$B/facet" debug -nx -q --batch -x "$session" "$@"
        return
    fi
    while IFS= read -r line; do
        case $line in '#'*) ;; *) set -- -ex "$line" "$@" ;; esac
    done <"$T/backwards"
    timeout 60 "$B/facet" debug -nx -q --batch "$@"
}

for session; do
    case $session in */*) ;; *) session=tests/sessions/$session.facet ;; esac
    program=$(sed -n 's/^# program: //p' "$session")
    want=$(sed -n 's/^# status: //p' "$session")
    tac "$session" >"$T/backwards"
    : >"$T/diff"
    # shellcheck disable=SC2086
    play "$session" "$B"/$program </dev/null >"$T/out" 2>&1
    status=$?
    mask "$(sed -n 's/^# mask: //p' "$session")" <"$T/out" >"$T/masked"
    if [ $status = "${want:-0}" ] && diff -u "${session%.facet}.expected" "$T/masked" >"$T/diff" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $session (status $status)"
        sed 's/^/    /' "$T/diff"
    fi
done
echo "sessions: $passed passed, $failed failed"
[ $failed = 0 ]
