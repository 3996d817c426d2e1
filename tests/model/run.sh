#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Random programs against the model, RUNS of STEPS operations each, two at a time, with seeds from MODEL_SEED (1) on. A
# run that fails says its seed and step; `facet run --grant range --grant debug …/model STEPS SEED` does it again. Every
# second run has --grant bank instead of range, every fourth nothing else, and half as many operations, which cost more.
# usage: run.sh FACET GUEST STEPS RUNS
set -u
facet=$1 guest=$2 steps=$3 runs=$4
seed=${MODEL_SEED:-1}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
i=0
while [ $i -lt "$runs" ]; do
    for each in 0 1; do
        [ $((i + each)) -lt "$runs" ] || continue
        case $(((seed + i + each) % 4)) in
        1 | 3) grants='--grant range --grant debug' each_steps=$steps ;;
        2) grants='--grant bank --grant debug' each_steps=$((steps / 2)) ;;
        *) grants='--grant bank' each_steps=$((steps / 2)) ;;
        esac
        # shellcheck disable=SC2086
        { "$facet" run $grants "$guest" "$each_steps" $((seed + i + each)) || touch "$T/failed"; } &
    done
    wait
    i=$((i + 2))
done
[ ! -e "$T/failed" ]
