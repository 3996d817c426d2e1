# SPDX-License-Identifier: GPL-2.0-or-later
# Who has which authority: caps, holders, who, tree, info processes, against what guests have made, and against traverse.
. tests/cli/lib.sh
WAYS=$B/tests/guests/ways

# ask FILE COMMAND…: each command's answer, of the guest `ways` stopped in look(), is a line of JSON in the file
ask() {
    file=$1
    shift
    for command; do set -- "$@" -ex "$command" && shift; done
    expect 0 "$FACET" debug -nx -q --batch --grant range --grant debug -ex 'tbreak look' -ex run "$@" "$WAYS"
    grep '^{' "$T/out" >"$file" || fail "no JSON"
}

# is FILTER VALUE FILE: what jq makes of the file
is() {
    got=$(jq -c "$1" "$3") || fail "jq: $1"
    [ "$got" = "$2" ] || fail "$1 is $got, not $2"
}

# ---- The page of the guest: its id as OP_MEM_ID told it; the processes in the order in which they were made
expect 0 "$FACET" debug -nx -q --batch --grant range --grant debug -ex 'tbreak look' -ex run -ex 'print page_id' "$WAYS"
page=$(sed -n 's/^\$1 = //p' "$T/out")
ask "$T/answers" "who --json obj:$page" "holders --json obj:$page" 'info processes --json'
sed -n 1p "$T/answers" >"$T/who"
sed -n 2p "$T/answers" >"$T/holders"
jq -c '[.processes[]? | select(.name | not) | .id] | sort | to_entries | map({key: (.value | tostring),
    value: ["deep", "deeper", "weak", "opaque", "parent", "far", "near", "none"][.key]}) | from_entries |
    .["2"] = "init"' "$T/answers" | tail -n 1 >"$T/names"
names=$(cat "$T/names")
[ "$(jq length "$T/names")" = 9 ] || fail "the guest makes 8 processes"
name="(.process.name // $names[.process.id | tostring])"
is "[.sees[] | [$name, .va, .rights]]" \
    '[["deep","0x0","rwx"],["far","0x2000","rwx"],["near","0x4000","r-x"],["near","0x7000","r-x"]]' "$T/who"
is '.complete' true "$T/who"
is '.sees[0].path | length' 32 "$T/who"
is '[.sees[1].path[] | .place, .capability.type]' \
    '["space","GPT","slot","Window","background","GPT","slot","Page"]' "$T/who"
is "[.holds[] | [$name, .rights, .restrictions, .path[0].number == 2]] | sort" \
    '[["init","rwx",[],false],["opaque","rw-",["NX","OP"],true],["parent","rwx",[],true],["ways","rwx",[],false],["weak","r-x",["RO"],true]]' \
    "$T/who"
is '[.holders[] | [.holder.type, .place, .number, .capability.guard.match, .capability.restrictions]] | sort' \
    '[["CapPage","slot",5,null,[]],["Forwarder","slot",6,null,[]],["GPT","slot",0,null,[]],["GPT","slot",0,null,[]],["GPT","slot",1,null,[]],["GPT","slot",3,null,["NX"]],["GPT","slot",7,null,["RO"]],["GPT","slot",9,"0x1",[]],["Process","brand",null,null,[]]]' \
    "$T/holders"
none=$(jq -r 'to_entries[] | select(.value == "none") | .key' "$T/names")
expect 0 "$FACET" debug -nx -q --batch --grant range --grant debug -ex 'tbreak look' -ex run -ex "caps obj:$none" "$WAYS"
out_has "^brand +Page +obj:$page +no guard  restrictions none\$"
out_has '^c2 +Forward +obj:[0-9]+ +sends itself  to Process obj:[0-9]+ \(ways\)$'
# what is one capability too deep is in the tree, and no access
deeper=$(jq -r 'to_entries[] | select(.value == "deeper") | .key' "$T/names")
near=$(jq -r 'to_entries[] | select(.value == "near") | .key' "$T/names")
ask "$T/trees" "tree --json obj:$deeper" "tree --json obj:$near" "caps --json obj:$page"
sed -n 1p "$T/trees" >"$T/tree"
is '[(.tree | length), .tree[-1].kind]' '[33,"malformed"]' "$T/tree"
sed -n 2p "$T/trees" >"$T/tree"
is '[.tree[] | [.kind, .start, .end, .rights]]' \
    '[["gpt","0x0","0x10000","rwx"],["pages","0x4000","0x5000","r-x"],["again","0x7000","0x8000","r-x"],["closed","0x9000","0xa000",null]]' \
    "$T/tree"
sed -n 3p "$T/trees" >"$T/front" # it is served by an endpoint, to which the entry has the payload 77
is '.capabilities[] | [.place, .capability.type, .capability.payload, .from, .to]' '["front","Entry","0x4d",0,4096]' "$T/front"

# ---- The same way as traverse, step by step
for address in '$sp' main '&ledger'; do
    expect 0 "$FACET" debug -nx -q --batch -ex 'tbreak remember_payment' -ex run -ex "traverse $address" -ex "who --json $address" "$LEDGER"
    sed -nE 's/^ +[0-9]+  (GPT|Page) +obj:([0-9]+) .*/\2/p' "$T/out" >"$T/traverse"
    grep '^{' "$T/out" | jq -r '.sees | if length == 1 then .[0].path[].capability.object else "several" end' >"$T/path"
    cmp "$T/traverse" "$T/path" || fail "who $address is another way than traverse"
    [ -s "$T/path" ] || fail "no way"
done

# fronts on the way: of a GPT, from the outside in; only the page of the ledger wears one of its own
gpt=$(sed -n 2p "$T/path")
expect 0 "$FACET" debug -nx -q --batch -ex 'tbreak remember_payment' -ex run -ex "swap obj:$gpt count" -ex 'swap sym:ledger count' \
    -ex 'tbreak main' -ex 'who --json &ledger' -ex 'who --json main' -ex 'who --json $sp' "$LEDGER"
grep '^{' "$T/out" | jq -c '[.sees[0].fronts[] | .of == '"$gpt"', .handler]' >"$T/fronts"
printf '%s\n' '[true,"count",false,"count"]' '[true,"count"]' '[]' | cmp - "$T/fronts" || fail "fronts: $(cat "$T/fronts")"
# each way that who tells of any process, and none for what is too deep: 33 lines, of which the last is the fault
jq -r '.sees[] | "\(.process.id) \(.va) \([.path[] | .capability.object // 0] | join(" "))"' "$T/who" >"$T/ways"
while read -r process va objects; do
    expect 0 "$FACET" debug -nx -q --batch --grant range --grant debug -ex 'tbreak look' -ex run -ex "traverse --process obj:$process $va" \
        -ex "traverse --process obj:$process --check $va" "$WAYS"
    steps=$(sed -nE 's/^ +[0-9]+  (GPT|Page) +obj:([0-9]+) .*/\2/p; s/^ +[0-9]+  (Window|LocalWindow) .*/0/p' "$T/out" | tr '\n' ' ')
    [ "$steps" = "$objects " ] || fail "$va of $process: $steps, not $objects"
    [ "$(grep -c 'equal$' "$T/out")" = 3 ] || fail "the page tables say something else"
done <"$T/ways"
expect 0 "$FACET" debug -nx -q --batch --grant range --grant debug -ex 'tbreak look' -ex run -ex "traverse --process obj:$deeper 0" "$WAYS"
out_has '^     fault: .*32'
expect 0 "$FACET" debug -nx -q --batch -ex 'tbreak main' -ex run -ex 'traverse --process init 0x400000 store' "$LEDGER"
out_has '^store at 0x400000 in process obj:[0-9]+$'
out_has '^     fault: a restriction forbids this access; there is no keeper'

# ---- Names, and what is in no space
expect 0 "$FACET" debug -nx -q --batch --program guard="$B/guests/membrane" --swap sym:ledger=endpoint:guard -ex 'tbreak remember_payment' -ex run \
    -ex 'holders endpoint:guard' -ex 'caps guard' -ex 'holders ledger' -ex 'info processes' -ex 'caps endpoint:guard' "$LEDGER"
out_has '^Page obj:[0-9]+ +front 0 +handler at Endpoint obj:[0-9]+ \(endpoint:guard\), bytes 0x140-0x280$'
out_has '^Process obj:[0-9]+ \(guard\), waiting for a message$'
out_has '^Process obj:[0-9]+ \(ledger\) is held 1 time:$'
out_has '^recipient Process +obj:[0-9]+ +\(guard\)$'
out_has '^\* Process obj:[0-9]+ \(ledger\) +0x[0-9a-f]+ +running, in remember_payment'

# what is behind an address of another process; a command that fails leaves its file alone
echo kept >"$T/kept"
expect 1 "$FACET" debug -nx -q --batch -ex 'tbreak main' -ex run -ex 'who --process init 0x400000' -ex "who --json --process init 0x400000 > $T/init" \
    -ex "who nobody > $T/kept" "$LEDGER"
is '[.sees[] | .process.name, .va, .rights]' '["init","0x400000","r--","bank","0x400000","r--"]' "$T/init"
[ "$(cat "$T/kept")" = kept ] || fail "a file is overwritten by nothing"

# ---- graphviz: a strict reading of what it has to be
for process in '' init guard; do
    expect 0 "$FACET" debug -nx -q --batch --program guard="$B/guests/membrane" --swap 'sym:ledger=watch:value=1' -ex 'tbreak main' -ex run \
        -ex "tree --dot $process > $T/tree.dot" -ex "tree --json $process >$T/tree.json" "$LEDGER"
    [ "$(grep -vcE '^digraph tree \{$|^  node \[fontname="monospace"\];$|^  o[0-9]+ \[shape=(box|note|ellipse),label="[^"\\]*(\\[n"\\][^"\\]*)*"\];$|^  o[0-9]+ -> o[0-9]+ \[label="[^"\\]*(\\n[^"\\]*)*"(,style=dashed)?\];$|^\}$' "$T/tree.dot")" = 0 ] ||
        fail "no graphviz: $T/tree.dot"
    sed -nE 's/^  o([0-9]+) \[.*/\1/p' "$T/tree.dot" | sort >"$T/nodes"
    sed -nE 's/^  o([0-9]+) -> o([0-9]+) .*/\1\n\2/p' "$T/tree.dot" | sort -u >"$T/ends"
    cmp "$T/nodes" "$T/ends" || fail "nodes are not the ends of the edges, each once"
    [ "$(grep -c -e ' -> ' "$T/tree.dot")" = "$(jq '.tree | length' "$T/tree.json")" ] || fail "an edge for each line"
    ! command -v dot >/dev/null || dot -Tsvg -o "$T/tree.svg" "$T/tree.dot" || fail "dot does not take it"
done

# ---- A Linux program: each page that the tree has, once, is where the personality put it
expect 0 "$FACET" debug -nx -q --batch -ex 'tbreak audit_item' -ex run -ex 'tree --json' -ex 'who --json seg:heap' -ex 'holders --json linux' \
    -ex 'tree' "$B/tests/linux/stockroom"
grep '^{' "$T/out" >"$T/answers"
sed -n 1p "$T/answers" >"$T/tree"
sed -n 2p "$T/answers" >"$T/who"
jq -r '.tree[] | select(.kind == "pages") | .pages[]' "$T/tree" | sort >"$T/pages"
[ -z "$(uniq -d "$T/pages")" ] && [ "$(wc -l <"$T/pages")" -gt 20 ] || fail "pages are missing, or come twice"
is '[.sees[] | .process.name]' '["stockroom"]' "$T/who"
is '[.holds[] | .process.name] | index("linux") != null' true "$T/who"
[ "$(jq -s '.[2].holders | map(.holder.name) | index("init") != null' "$T/answers")" = true ] || fail "init made the personality"

# ---- States, as the kernel itself reports them
expect 125 "$FACET" run --grant range "$B/tests/guests/deadlock"
sed -nE 's/^  process ([0-9]+) waits for (any|a) message.*, pc (.*)/\1 waiting \3 -/p
         s/^  process ([0-9]+) waits for the answer to a call, pc (.*)/\1 calling \2 -/p
         s/^  process ([0-9]+) sends to process ([0-9]+), .*, pc (.*)/\1 sending \3 \2/p' "$T/err" >"$T/states"
expect 0 "$FACET" debug -nx -q --batch --grant range -ex run -ex 'info processes --json' "$B/tests/guests/deadlock"
grep '^{' "$T/out" | jq -r '.processes[] | "\(.id) \(.state) \(.pc) \(.waits_for // "-")"' >"$T/told"
cmp "$T/states" "$T/told" && [ "$(cut -d ' ' -f 2 "$T/told" | sort -u | wc -l)" = 3 ] || fail "states differ from the kernel's"

expect 0 "$FACET" debug -nx -q --batch --grant range -ex run -ex 'info processes' "$B/tests/guests/deadlock"
[ "$(sed -nE 's/^In a circle: Process obj:([0-9]+) waits for Process obj:([0-9]+) waits for Process obj:([0-9]+)\.$/\1 sending \2 \3/p' "$T/out")" = \
    "$(awk '$2 == "sending" { to[$1] = $4 } END { for (p in to) if (to[to[p]] == p && p < to[p]) print p, "sending", to[p], p }' "$T/told")" ] || fail "the circle"
out_has '^In a circle: '

# ---- Mistakes
# wrong COMMAND MESSAGE
wrong() {
    expect 1 "$FACET" debug -nx -q --batch -ex 'tbreak main' -ex run -ex "$1" "$LEDGER"
    err_has "$2"
}
wrong 'who 0x10' '^No page of memory is at 0x10 of the program\.$'
wrong 'who ledger' '^who wants an address or a Page, and Process obj:[0-9]+ \(ledger\) is none; `holders` tells who has it\.$'
wrong 'holders nobody' '^No symbol "nobody" in current context\.$'
wrong holders '^An object is wanted: '
wrong 'holders endpoint:x' '^There is no endpoint "x": --program x=ELF'
wrong 'caps obj:999999' '^There is no object obj:999999: '
wrong 'caps obj:x' '^There is no object obj:x: '
wrong 'tree nobody' '^There is no process "nobody": those with names are init, bank, ledger\.$'
wrong 'who --process init 0x10' '^No page of memory is at 0x10 of Process obj:2 \(init\)\.$'
wrong 'who --process obj:1 0x10' '^GPT obj:1 is no process\.$'
wrong 'traverse --process nobody 1' '^There is no process "nobody"'
wrong 'tree obj:1' '^GPT obj:1 is no process\.$'
wrong 'tree --xml' '^Unknown option --xml: there are --json, --dot and --process\.$'
wrong 'who --xml 1' '^Unknown option --xml: there are --json and --process\.$'
wrong 'tree --json --dot' '^--json and --dot are two answers: choose one\.$'
wrong 'tree > /nowhere/x' '^/nowhere/x: No such file or directory\.$'
wrong 'tree > /dev/full' '^/dev/full: No space left on device\.$'
wrong 'info processes 2' '^info processes shows all: `caps 2` shows one\.$'
for command in holders who tree caps 'info processes'; do
    expect 1 "$FACET" debug -nx -q --batch -ex "$command main" "$LEDGER"
    err_has 'The program is not being run'
done
