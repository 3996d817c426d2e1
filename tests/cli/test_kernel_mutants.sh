# SPDX-License-Identifier: GPL-2.0-or-later
# The guests that check the kernel notice when it is wrong: each mutant below is the kernel with one thing left out.
. tests/cli/lib.sh

flags='-std=gnu11 -O2 -w -Iinclude -Ikernel -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone
    -mgeneral-regs-only -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing'

# mutant FILE SED-SCRIPT WHAT GUEST…: a kernel with FILE changed fails, and says what WHAT matches
mutant() {
    file=$1
    sed "$2" "kernel/$file.c" >"$T/$file.c"
    what=$3
    shift 3
    last="mutant of $file.c: $what"
    ! cmp -s "$T/$file.c" "kernel/$file.c" || fail "the change does not apply any more"
    gcc $flags -c -o "$T/mutant.o" "$T/$file.c"
    objects=$(ls "$B"/kernel/*.o | grep -v "/$file\.o$")
    gcc -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,-z,noexecstack,--no-warn-rwx-segments \
        -Wl,-T,kernel/kernel.ld -o "$T/kernel.elf" $objects "$T/mutant.o" "$B/init_image.o"
    status=0
    "$FACET" run --kernel "$T/kernel.elf" --grant range --grant debug --timeout 20 "$@" >"$T/out" 2>"$T/err" || status=$?
    [ $status != 0 ] || fail "$* did not notice"
    [ $status != 124 ] || return 0 # what it faults on is never mapped: it makes no progress
    cat "$T/out" "$T/err" | grep -qE "$what" || fail "$* ended otherwise, with status $status"
}
guests=$B/tests/guests

# Depend entries: not recorded for what is passed; a slot's entries forgotten but for the first; l2v changed; page and node rescinded
mutant map 's/else if (walk->object->type == CAP_GPT)$/else if (0)/' 'trees: |assertion' "$guests/trees"
mutant depend 's/1l << entry->shift);/1l);/' 'trees: |assertion' "$guests/trees"
mutant cap_gpt '/act_set_l2v/,/^}/s/depend_invalidate(&gpt->header);//' 'FAILED|assertion' "$guests/revoke"
mutant cap_gpt '/act_set(/,/^}/s/depend_invalidate_slot(.*);//' 'an overwritten|first path' "$guests/revoke"
mutant object '/case CAP_PAGE:/,/break/s/depend_invalidate(object);//' 'depends' "$guests/revoke"
# Shared tables: depth and restrictions not in the key
mutant table 's/table->from.depth == from->depth && //' '33 capabilities' "$guests/revoke"
mutant table 's/ && table->from.restr == from->restr//' 'trees: |assertion' "$guests/trees"
# Windows: the background not in the key; what a window led to not recorded; a new background between the two
mutant table 's/ && table->from.background == from->background//' 'second: got|assertion' "$guests/windows"
mutant map 's/depend_add_window(.*);/;/' 'another: got|assertion' "$guests/windows"
mutant cap_gpt '/act_set_background/,/^}/s/depend_invalidate(&gpt->header);//' 'inner one: got|assertion' "$guests/windows"
# The TLB
mutant table 's/table_tlb_stale = true;//' 'trees: |assertion' "$guests/trees"
# The walker: weak, guard
mutant walk 's/walk->restr & CAP_WK ? CAP_RO : 0u/0/' 'trees: |assertion' "$guests/trees"
mutant walk 's/if (walk->rest >> cap->l2g != cap->match)/if (0)/' 'trees: |assertion' "$guests/trees"
# Messages: a resume capability that stays valid; FPU state that is not saved
mutant ipc 's/^        to->answer_count.ANSWER_CALL.++;$//' 'FAILED|assertion|every process waits' "$guests/ipc"
mutant process 's/if (process_loaded)/if (0)/' 'FAILED' "$guests/ipc"
