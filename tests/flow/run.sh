#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What flow says against a search of all states, on every connected graph of so many nodes and capabilities, and on
# random ones of more. usage: run.sh PROGRAM [full]
set -u
enumerate=$1
status=0
try() {
    "$enumerate" "$@" || status=1
}
try 1 1 2 3
try 2 1 2 3 4
try 3 2 3
if [ "${2-}" = full ]; then
    try 3 4
    try 4 3 4
    try 5 4
    set -- 100000
else
    try 4 3
    set -- 3000
fi
try random 5 6 "$1" 1
try random 5 9 "$1" 2
try random 6 12 "$(($1 / 10))" 3
exit $status
