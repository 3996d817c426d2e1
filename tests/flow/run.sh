#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What flow says against a search of all states, on every connected graph of so many nodes and capabilities, on those
# around a few larger ones, and on random ones. There, where flow puts two states of one place together, it may say more
# in one graph of a thousand. And against random walks on graphs too large for that: it may deny nothing that comes to be.
# usage: run.sh PROGRAM [full]
set -u
enumerate=$1
status=0
try() {
    "$enumerate" "$@" || status=1
}
try 1 1 2 3
try 2 1 2 3
if [ "${2-}" = full ]; then
    try 2 4
    try 3 2 3 4
    try 4 3 4
    try 5 4
    try -rf 4 5
    try around 1 2
    try random 5 6 100000 1
    try random 5 9 100000 2
    try random 6 12 20000 3
    try rules 2000 1
    enumerate=${1}16
    try 2 1 2 3
    try 3 2
    try rules 0 1
    enumerate=$(dirname "$1")/walk
    try 800 4 10000 1
    try 400 4 5000 2 rules
else
    try 3 2 3
    try 4 3
    try kinds cappage gpt hostile trusted endpoint 4
    try kinds gpt hostile stopped endpoint forwarder 4
    try kinds page gpt hostile hostile endpoint 4
    try kinds cappage hostile trusted endpoint tool 4
    try around 1 1
    try random 5 6 2000 1
    try random 5 9 1000 2
    enumerate=${1}16
    try 2 1 2 3
    enumerate=$(dirname "$1")/walk
    try 100 4 3000 1
fi
exit $status
