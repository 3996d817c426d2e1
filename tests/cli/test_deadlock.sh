# SPDX-License-Identifier: GPL-2.0-or-later
# When nobody can ever run again the run ends with 125 and a line for each process that waits.
. tests/cli/lib.sh

expect 125 "$FACET" run --grant range "$B/tests/guests/deadlock"
err_has '^every process waits for ever:$'
err_has '^  process [0-9]+ waits for the answer to a call, pc 0x[0-9a-f]+$'
err_has '^  process [0-9]+ waits for any message, pc 0x[0-9a-f]+$'
err_has '^  process [0-9]+ waits for a message to endpoint [0-9]+, pc 0x[0-9a-f]+$'
err_has '^  process [0-9]+ sends to process [0-9]+, which does not receive, pc 0x[0-9a-f]+$'

# Before a forwarder that is blocked.
expect 125 "$FACET" run --grant range "$B/tests/guests/forwarders" wait
err_has '^  process [0-9]+ waits before a forwarder that is blocked, pc 0x[0-9a-f]+$'
