#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs commands beside each other, JOBS at a time (if that is not set: as many as there are processors, at most 4). What
# each has said is printed when all have ended, in the order of the commands. Exit status: how many failed, at most 100.
# usage: jobs.sh COMMAND...     each of them a line for sh
set -u
processors=$(getconf _NPROCESSORS_ONLN)
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 101' INT TERM

count=$#
for command; do
    printf '%s\n' "$command" >"$T/$((count - $# + 1))"
    shift
done
seq $count | xargs -P "${JOBS:-$((processors < 4 ? processors : 4))}" -n 1 \
    sh -c 'sh "$0/$1" >"$0/$1.said" 2>&1 && : >"$0/$1.passed"; :' "$T"
failed=0
for number in $(seq $count); do
    cat "$T/$number.said"
    [ -e "$T/$number.passed" ] || failed=$((failed + 1))
done
exit $((failed < 100 ? failed : 100))
