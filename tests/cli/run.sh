#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the command-line tests: tests/cli/test_*.sh, or those named. One line for each failure with what it said below,
# then a count. usage: run.sh BUILD-FOLDER [NAME…]
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$1
shift
export B
export FACET="$B/facet" LC_ALL=C
[ $# -gt 0 ] || set -- tests/cli/test_*.sh
passed=0
failed=0
for test in "$@"; do
    case $test in */*) ;; *) test=tests/cli/test_$test.sh ;; esac
    T=$(mktemp -d)
    export T
    if timeout 300 sh "$test" >"$T/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $test"
        sed 's/^/    /' "$T/said"
    fi
    rm -rf "$T"
done
echo "command line: $passed passed, $failed failed"
[ $failed = 0 ]
