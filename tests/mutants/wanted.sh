# SPDX-License-Identifier: GPL-2.0-or-later
#
# For scripts that try the mutants of a list, all or those named.

# wanted NAME NAMES…: it is one of them, or there are none
wanted() {
    name=$1
    shift
    [ $# -gt 0 ] || return 0
    for each in "$@"; do
        [ "$each" != "$name" ] || return 0
    done
    return 1
}
