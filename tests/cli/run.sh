#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the command-line tests: tests/cli/test_*.sh, or those named, beside each other (JOBS at a time: tests/jobs.sh). One
# line for each failure with what it said below, then a count. usage: run.sh BUILD-FOLDER [NAME…]
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$1
shift
export B
export FACET="$B/facet" LC_ALL=C
# What a build for the address sanitizer needs: it finds its library behind one that a test preloads.
export ASAN_OPTIONS=verify_asan_link_order=0 LSAN_OPTIONS="suppressions=$PWD/tests/lsan.txt:print_suppressions=0"
[ $# -gt 0 ] || set -- tests/cli/test_*.sh
for test; do
    shift
    case $test in */*) ;; *) test=tests/cli/test_$test.sh ;; esac
    set -- "$@" "tests/cli/one.sh $test"
done
tests/jobs.sh "$@"
failed=$?
echo "command line: $(($# - failed)) passed, $failed failed"
[ $failed = 0 ]
