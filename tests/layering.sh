#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which folder may include what. One line per forbidden include; exit status 1 if there is any.
#
#     kernel/, kernel/domain/…, samples/guests/, tests/guests/ → <facet/…>, own folder, the headers of freestanding C
#     samples/handlers/                                       → <facet/handler.h>, the system
#     include/facet/                                          → <facet/…>, the system
#     emu/                                                    → <facet/…>, own folder, Unicorn, Capstone, the system
#     debugger/                                               → "emu/emu.h", "emu/archive.h", <facet/…>, own folder, Capstone, the system, never Unicorn
#
# usage: layering.sh [FOLDER]
set -u
cd "${1-.}" || exit 2
found=0

# "FILE:LINE include-text" for every include of the given folder's files themselves.
includes_of() {
    for file in "$1"/*.[chS]; do
        [ -f "$file" ] && sed -nE "s|^[[:space:]]*#[[:space:]]*include[[:space:]]*([<\"][^>\"]*)[>\"].*|$file \1|p" "$file"
    done
}

# check FOLDER EXTENDED-REGEX: what the folder may include beside its own headers
check() {
    while read -r file include; do
        [ -n "$file" ] || continue
        case $include in
        '"'*) [ -f "$1/${include#?}" ] && continue ;;
        esac
        printf '%s\n' "$include" | grep -qE "^($2)" && continue
        printf 'layering: %s includes %s, which %s/ may not\n' "$file" "$include" "$1"
        found=1
    done <<END
$(includes_of "$1")
END
}

freestanding='<(stdarg|stdbool|stddef|stdint|limits)\.h$'
system='<[a-z0-9_]+\.h$|<sys/[a-z]+\.h$'
check kernel "<facet/|$freestanding"
check kernel/domain "<facet/|<elf\.h$|$freestanding"
# Constants and structures of Linux calls: its own headers, which hold no code.
check kernel/domain/linux "\"\.\./string\.inc$|<facet/|<elf\.h$|<(asm|asm-generic|linux)/|$freestanding"
check samples/guests "<facet/|$freestanding"
check tests/guests "\"operations\.inc$|\"../../samples/guests/wrap\.h$|<facet/|$freestanding"
check samples/handlers "<facet/handler\.h$|$system"
check include/facet "<facet/|$system"
check emu "\"emu/|<facet/|<unicorn/|<capstone/|<linux/openat2\.h$|$system"
check debugger "\"emu/(emu|archive)\.h$|<facet/|<capstone/|<elfutils/|<editline/|<(asm|linux)/|$system"
exit $found
