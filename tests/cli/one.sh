#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs one command-line test in a folder of its own; says nothing if it passes. What never ends is found by the processor's
# time that it takes, which is the same on a loaded machine; what waits for ever, by the clock.
# usage: one.sh TEST (tests/cli/run.sh has set what it needs)
set -u
T=$(mktemp -d)
export T
trap 'rm -rf "$T"' EXIT
ulimit -S -t 200
timeout 900 sh "$1" >"$T/said" 2>&1 || {
    echo "FAIL $1"
    sed 's/^/    /' "$T/said"
    exit 1
}
