#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every tracked file must keep to. One line per breach; exit status 1 if there is any.
#   - no folder of one machine, no host of a package registry
#   - nothing at the top but what has its place there
#   - an SPDX line in every source file
#   - no source file over 500 lines, no unit test over 800
#   - every source file is in exactly one of the Makefile's lists
#
# usage: hygiene.sh [FOLDER [FILE WITH THE LISTED SOURCES, ONE A LINE]]
set -u
cd "${1-.}" || exit 2
found=0

complain() {
    printf 'hygiene: %s\n' "$*"
    found=1
}

if [ -e .git ]; then
    files=$(git ls-files && git ls-files --others --exclude-standard)
else
    files=$(find . -type f -not -path './build/*' | sed 's|^\./||')
fi
existing=$(for file in $files; do [ -f "$file" ] && printf '%s\n' "$file"; done)

# The letters in brackets keep this file from finding itself.
machine='(^|[^A-Za-z0-9_.])/(wor[k]|far[m]|roo[t]|hom[e]/[a-z]+)/|/tm[p]/[A-Za-z0-9_]+[./]'
registry='de[b]\.debian\.org|snapshot\.de[b]ian|registr[y]\.npmjs|pyp[i]\.org|crate[s]\.io|prox[y]\.golang'
for file in $existing; do
    hit=$(grep -nIE "$machine|$registry" "$file" | head -n 1)
    [ -z "$hit" ] || complain "$file:$hit: a path of one machine or a registry's host"
done

for file in $(printf '%s\n' "$existing" | grep -vE '^((\.ci|emu|kernel|debugger|include|tests|samples)/|(Makefile|README\.md|LICENSE|CHANGELOG\.md)$|\.[^/]*$)'); do
    complain "$file: has no place at the top"
done

sources=$(printf '%s\n' "$existing" | grep -E '\.(c|h|S|sh|ld|lua)$|^Makefile$')
for file in $sources; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || complain "$file: no SPDX line at its top"
    lines=$(wc -l <"$file")
    case $file in tests/test_*) limit=800 ;; *) limit=500 ;; esac
    [ "$lines" -le $limit ] || complain "$file: $lines lines; split it"
done

if [ -n "${2-}" ]; then
    for file in $(sort "$2" | uniq -d); do
        complain "$file: listed twice in the Makefile"
    done
    for file in $(printf '%s\n' "$existing" |
        grep -E '^(emu|debugger|kernel|kernel/domain|kernel/domain/linux|samples/guests|samples/handlers|tests/guests|tests/ladder)/[^/]*\.[cS]$|^tests/test_[^/]*\.c$'); do
        grep -qxF "$file" "$2" || complain "$file: in none of the Makefile's lists"
    done
    while read -r file; do
        [ -f "$file" ] || complain "$file: listed in the Makefile, does not exist"
    done <"$2"
fi
exit $found
