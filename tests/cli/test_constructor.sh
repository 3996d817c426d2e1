# SPDX-License-Identifier: GPL-2.0-or-later
# A confined program cannot tell anybody anything: it tries each operation of the dispatcher's table. With holes it can.
. tests/cli/lib.sh

rows=$("$B/tests/optable" "$B/kernel.elf" rows | wc -l)
for facet in "$FACET" build/debug/facet; do
    expect 0 "$facet" run --grant bank "$B/tests/guests/confined"
    out_has "^operations tried: $rows, invocations: [0-9]{5}, of which did something: [0-9]{4}$"
    out_has '^heard of touches: 0, of invocations: 0$'
done
expect 0 "$FACET" run --grant bank "$B/tests/guests/confined" leak
out_has '^heard of touches: [1-9][0-9]*, of invocations: [1-9][0-9]{3,}$'
