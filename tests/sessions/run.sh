#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the debugger's sessions: tests/sessions/NAME.facet, or those named, beside each other (JOBS at a time:
# tests/jobs.sh). usage: run.sh BUILD-FOLDER [NAME...]
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$1
shift
[ $# -gt 0 ] || set -- tests/sessions/*.facet
export LC_ALL=C
for session; do
    shift
    case $session in */*) ;; *) session=tests/sessions/$session.facet ;; esac
    set -- "$@" "tests/sessions/one.sh $B $session"
done
tests/jobs.sh "$@"
failed=$?
echo "sessions: $(($# - failed)) passed, $failed failed"
[ $failed = 0 ]
