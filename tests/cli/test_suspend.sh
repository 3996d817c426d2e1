# SPDX-License-Identifier: GPL-2.0-or-later
# Handlers that say STEP and BLOCK: outcomes, processes that wait and are woken, and programs that notice nothing of it.
. tests/cli/lib.sh
TURNS=$B/tests/guests/turns

# Of 6 additions in three instructions each, two processes lose updates wherever the first is preempted between its load
# and its store, which is at 2 of 5 instructions; locked additions never, at any instruction, with nobody let in.
expect 0 "$FACET" run --grant range --swap "sym:word=$B/handlers/effect.so:$T/log" --events "$T/events" "$TURNS" add

out_has '^locked: 19 instructions, preempted at 19 points, updates lost at 0$'
out_has '^in parts: 31 instructions, preempted at 31 points, updates lost at 12$'
accesses=$(wc -l <"$T/events")
err_has "^effect: $accesses accesses, $accesses outcomes, 0 let in between$"
holds '.verdict == "step"' "$T/events"
# What the outcome says was delivered or stored is what the event says.
jq -r '"\(.ev) \(.obj)+\(.off) \(.size) process \(.proc): \(.value)"' "$T/events" >"$T/want"
sed 's/, now .*//' "$T/log" >"$T/have"
cmp "$T/want" "$T/have" || fail "outcomes and events differ"
# After a store the memory is what was stored.
! grep '^store' "$T/log" | awk '{ sub(",", "", $6) } $6 != $8' | grep . || fail "stored, but not there"

# Loads, a system call and a message wait for a store; each access is one event.
expect 0 "$FACET" run --grant range --swap "sym:cell=$B/handlers/future.so" --events "$T/events" "$TURNS" wait
out_has '^ok: a load waits for a store$'
out_has '^ok: so do a system call and a message$'
awk 'BEGIN { for (i = 0; i < 1499; i++) printf "%c", 97 + i % 26; print "" }' >"$T/want"
sed -n '/comes after this/{n;p}' "$T/out" >"$T/have"
cmp "$T/want" "$T/have" || fail "the text that waited is another one"
jq -c 'select(.ev == "load") | [.off, .size, .by, .verdict]' "$T/events" >"$T/have"
cat >"$T/want" <<'END'
[0,8,"user","block"]
[1024,512,"kernel","pass"]
[1536,512,"kernel","block"]
[2048,476,"kernel","pass"]
[3000,512,"kernel","pass"]
[3512,488,"kernel","block"]
END
cmp "$T/want" "$T/have" || fail "other loads: $(cat "$T/have")"

# Nobody stores: the report names the handler and whom it holds back; its access was never made.
expect 125 "$FACET" run --swap "sym:cell=$B/handlers/future.so" --events "$T/events" "$TURNS" stuck
err_has '^  process [0-9]+ is blocked by a handler, over the memory of process [0-9]+, pc 0x[0-9a-f]+$'
err_has '^  handler .*future.so blocks process 1: load of 8 bytes at sym:cell\+0 \(0x[0-9a-f]+\), pc 0x[0-9a-f]+$'
[ "$(jq -r .verdict "$T/events")" = block ] || fail "no event of the access that waits"

# Taking the handler away wakes whom it holds back; so does its own mistake.
cat >"$T/commands" <<'END'
set confirm off
run
restore sym:cell
continue
END
expect 0 "$FACET" debug -q --batch --swap "sym:cell=$B/handlers/future.so" -x "$T/commands" "$TURNS" stuck
out_has '^Every process waits for ever.$'
out_has 'future.so blocks process 1: load'
out_has 'exited normally'

# A stop at one process's store while another one waits, which goes on afterwards.
cat >"$T/commands" <<'END'
set confirm off
run
continue
END
expect 0 "$FACET" debug -q --batch --grant range --swap "sym:cell=$B/handlers/future.so" \
    --swap sym:cell=watch:store,off=4,size=4 -x "$T/commands" "$TURNS" wait
out_has 'watch:store,off=4,size=4'
out_has '^ok: a load waits for a store$'
out_has '^ok: so do a system call and a message$'

handler() {
    cat >"$T/$1.c"
    gcc -shared -fPIC -O2 -Wall -Iinclude -o "$T/$1.so" "$T/$1.c"
}
handler mistake <<'END'
#include <facet/handler.h>
static uint32_t verdicts(const char *a) { (void)a; return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_BLOCK); }
static enum facet_verdict access(void *s, const struct facet_access *a, struct facet_reply *r)
{ (void)s; (void)r; return a->kind == FACET_LOAD ? FACET_BLOCK : FACET_DONE; }
const struct facet_handler facet_handler = { .abi = 1, .name = "mistake", .summary = "-", .verdicts = verdicts, .access = access };
END
expect 125 "$FACET" run --grant range --swap "sym:cell=$T/mistake.so" "$TURNS" wait
err_has 'verdict done .*not declare'
err_lacks 'waits for ever'

handler crash <<'END'
#include <facet/handler.h>
#include <stdlib.h>
static uint32_t verdicts(const char *a) { (void)a; return FACET_MAY(FACET_STEP); }
static enum facet_verdict access(void *s, const struct facet_access *a, struct facet_reply *r)
{ (void)s; (void)a; (void)r; return FACET_STEP; }
static void outcome(void *s, const struct facet_access *a) { (void)s; (void)a; abort(); }
const struct facet_handler facet_handler = { .abi = 1, .name = "crash", .summary = "-", .verdicts = verdicts, .access = access, .outcome = outcome };
END
expect 125 "$FACET" run --swap "sym:ledger=$T/crash.so" "$LEDGER"
err_has 'handler .*crash.so: crashed .SIGABRT, .* in outcome.*; it is detached from sym:ledger'
out_has '^alice +650$'

# Whatever is blocked (and woken at once), stepped or stopped at random, and however often: a program ends as without.
handler flaky <<'END'
#include <facet/handler.h>
#include <stdlib.h>
struct flaky { const struct facet_services *services; unsigned seed; unsigned long blocks, steps, outcomes, passes; };
static uint32_t verdicts(const char *a)
{ (void)a; return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_STEP) | FACET_MAY(FACET_BLOCK); }
static void *attach(const struct facet_object *o, const char *args, struct facet_handler_error *e)
{ struct flaky *f = calloc(1, sizeof *f); (void)e; f->services = o->services; f->seed = atoi(args); return f; }
static enum facet_verdict access(void *s, const struct facet_access *a, struct facet_reply *r)
{
    struct flaky *f = s;
    (void)r;
    switch (rand_r(&f->seed) % 4) {
    case 0: f->blocks++; f->services->wake(f->services->facet, a->process); return FACET_BLOCK;
    case 1: f->steps++; return FACET_STEP;
    default: f->passes++; return FACET_PASS;
    }
}
static void outcome(void *s, const struct facet_access *a) { struct flaky *f = s; (void)a; f->outcomes++; }
static void report(void *s, FILE *out)
{ struct flaky *f = s; fprintf(out, "flaky: %lu over, %lu blocks, %lu outcomes missing\n", f->steps + f->passes, f->blocks, f->steps - f->outcomes); }
const struct facet_handler facet_handler = { .abi = 1, .name = "flaky", .summary = "-", .verdicts = verdicts,
    .attach = attach, .access = access, .outcome = outcome, .report = report, .detach = free };
END
# flaky OBJECT COMMAND…: the same output and as many events as under count, one for each access that is over.
flaky() {
    object=$1
    shift
    "$FACET" run --swap "$object=count" --events "$T/events" "$@" <"$T/text" >"$T/want" 2>/dev/null || :
    count=$(wc -l <"$T/events")
    jq -c "del(.verdict, .clock$besides)" "$T/events" >"$T/counted"
    status=0
    "$FACET" run --swap "$object=$T/flaky.so:7" --events "$T/events" "$@" <"$T/text" >"$T/out" 2>"$T/err" || status=$?
    last="flaky $object $*"
    out_is "$T/want"
    jq -c "del(.verdict, .clock$besides)" "$T/events" >"$T/have"
    cmp "$T/counted" "$T/have" || fail "other events"
    err_has "^flaky: $count over, [1-9][0-9]* blocks, 0 outcomes missing$"
}

besides=
head -c 2000 LICENSE >"$T/text"
flaky sym:ledger "$LEDGER"
flaky sym:table "$WORDFREQ"
flaky seg:stack "$WORDFREQ"
flaky seg:text "$LEDGER"
besides=', .value, .old' # struct stat of a file that was just read
flaky seg:stack --grant "dir:$T:ro" /bin/busybox wc "$T/text"
flaky seg:heap --grant "dir:$T:ro" /bin/busybox sort "$T/text"
