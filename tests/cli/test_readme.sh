# SPDX-License-Identifier: GPL-2.0-or-later
# The README does not lie: its console sessions give what it shows, the functions it names exist, so do files and folders.
. tests/cli/lib.sh

# Console sessions: "$ COMMAND" and its output up to the next command. "..." stands for the rest of a line. Addresses of
# code and data are the compiler's choice.
no_addresses() {
    sed -E 's/0x40[0-9a-f]{4}/0x40..../g; s/\+0x[0-9a-f]+/+0x../g' "$1"
}
awk -v folder="$T" '
    /^```console$/ { inside = 1; next }
    /^```$/ { inside = 0 }
    inside && /^\$ / { n++; print substr($0, 3) > (folder "/command." n); next }
    inside { print > (folder "/shown." n) }' README.md
count=0
for command in "$T"/command.*; do
    number=${command##*.}
    last=$(cat "$command")
    sed "s|build/release/|$B/|g" "$command" >"$T/run"
    sh "$T/run" >"$T/got" 2>&1 </dev/null || true
    # What is shown, as a basic regular expression a line.
    no_addresses "$T/shown.$number" | sed 's/[][\.*^$/]/\\&/g; s/\\\.\\\.\\\./.*/g; s/^/^/; s/$/$/' >"$T/patterns"
    no_addresses "$T/got" >"$T/got.plain"
    [ "$(wc -l <"$T/patterns")" = "$(wc -l <"$T/got")" ] || {
        cat "$T/got"
        fail "the README shows another number of lines"
    }
    paste -d '\n' "$T/patterns" "$T/got.plain" | while read -r pattern && IFS= read -r line; do
        printf '%s\n' "$line" | grep -q -e "$pattern" || fail "the README shows $pattern, it printed: $line"
    done
    count=$((count + 1))
done
[ $count -ge 4 ] || fail "only $count console sessions found"

# "`FILE`: `FUNCTION`"
grep -oE '`[a-z/_]+\.[ch]`: `[a-z_]+`' README.md | tr -d '`' | while IFS=': ' read -r file function; do
    grep -qE "^[a-z].*[ *]$function\(" "$file" || fail "the README names $function in $file"
done
[ "$(grep -cE '`[a-z/_]+\.[ch]`: `[a-z_]+`' README.md)" -ge 10 ] || fail "the path of a store is gone from the README"

# "`FILE/OR/FOLDER/`"
grep -oE '`[a-z]+/[a-z/_.0-9]*`' README.md | tr -d '`' | sort -u | while read -r path; do
    case $path in build/*) continue ;; esac
    [ -e "$path" ] || fail "the README names $path"
done

# Every make target it names.
for target in $(grep -oE '(^|`)make [a-z-]+' README.md | awk '{ print $2 }' | sort -u); do
    make -n help >/dev/null && grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile || fail "the README names make $target"
done
