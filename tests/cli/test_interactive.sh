# SPDX-License-Identifier: GPL-2.0-or-later
#
# The debugger at a terminal, which tmux plays: completion, history, Ctrl-C, Ctrl-Z, and a program that uses the terminal
# itself.
. tests/cli/lib.sh
TALK=$B/tests/linux/talk
export XDG_STATE_HOME="$T/state" XDG_CONFIG_HOME="$T/config" TERM=xterm
terminal=0
trap 'of_terminal kill-server 2>/dev/null || :' EXIT

of_terminal() {
    tmux -S "$T/tmux$terminal" "$@"
}
screen() {
    of_terminal capture-pane -p
}

# start COMMAND…: in a fresh terminal
start() {
    last=$*
    of_terminal kill-server 2>/dev/null || :
    terminal=$((terminal + 1))
    tmux -S "$T/tmux$terminal" -f /dev/null new-session -d -x 100 -y 50 "$*"
}

# keys KEY…: as tmux names them
keys() {
    last="keys $*"
    of_terminal send-keys "$@"
}

# sees REGEX: some line of the screen matches, within 30 seconds
sees() {
    tries=300
    until screen | grep -qE -e "$1"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || {
            screen
            fail "the terminal does not show: $1"
        }
        sleep 0.1
    done
}

# prompt_is TEXT: the line that is typed now, spaces at its end apart
prompt_is() {
    tries=300
    until [ "$(screen | grep . | tail -n 1 | sed 's/ *$//')" = "$1" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || {
            screen
            fail "the last line is not: $1"
        }
        sleep 0.1
    done
}

start "$FACET" debug "$TALK"
prompt_is '(facet)'

# Tab: commands, words of info, symbols, registers, objects and handlers
keys inf Tab
prompt_is '(facet) info'
keys bre Tab
prompt_is '(facet) info breakpoints'
keys Enter
sees '^No breakpoints or watchpoints\.|^No breakpoints\.'
keys 'break leave_l' Tab
keys C-c
sees '\^C$'
prompt_is '(facet)'
keys 'x/xw &roun' Tab
prompt_is '(facet) x/xw &rounds'
keys C-u 'info registers $ri' Tab
prompt_is '(facet) info registers $rip'
keys C-u 'swap sym:leave_l' Tab cou Tab
prompt_is '(facet) swap sym:leave_loop count'
keys Enter
prompt_is '(facet)'
keys 'break fgets' Tab Tab
sees '^fgets +fgets_unlocked'
prompt_is '(facet) break fgets'
keys C-u 'print _' Tab Tab
sees 'List may be truncated, 200 shown'
keys C-u C-l

# a program that reads the terminal, and Ctrl-C while it runs for ever
keys run Enter
sees '^Who is there\?'
keys 'Ann' Enter
sees '^Who is there\? Ann'
sees '^Hello Ann\.'
keys C-c
sees '^Program received signal SIGINT, Interrupt\.'
prompt_is '(facet)'
keys 'continue' Enter
sees '^Continuing\.'
keys C-l C-c
sees 'SIGINT'
prompt_is '(facet)'

# a half typed line, and the question before the end
keys 'half a li' C-c
prompt_is '(facet)'
keys quit Enter
sees 'Quit anyway\? \(y or n\)'
keys n Enter
prompt_is '(facet)'

# the program ends without a new line: the next one is begun for it
keys 'set var leave_loop = 1' Enter
prompt_is '(facet)'
keys continue Enter
sees '^Bye Ann *$'
sees '^\[Inferior 1 \(process 1\) exited normally\]'
prompt_is '(facet)'

# history: in this session, in the next one
keys Up Up
prompt_is '(facet) set var leave_loop = 1'
keys C-c
prompt_is '(facet)'
keys 'echo remembered\n' Enter
sees '^remembered'
keys C-d
tries=300
while of_terminal has-session 2>/dev/null && [ $tries -gt 0 ]; do tries=$((tries - 1)) && sleep 0.1; done
start "$FACET" debug "$TALK"
prompt_is '(facet)'
keys Up
prompt_is '(facet) echo remembered\n'
keys C-c

# Ctrl-Z: the shell has its terminal again
start "PS1='shell: ' exec sh"
prompt_is 'shell:'
keys "$FACET debug -q $TALK" Enter
prompt_is '(facet)'
keys C-z
sees 'Stopped|Suspended'
prompt_is 'shell:'
keys 'stty -a | grep -o " icanon"' Enter
sees '^ icanon'
keys fg Enter
prompt_is '(facet)'
keys 'echo alive\n' Enter
sees '^alive'

# a program that changes the terminal's modes has its own when it runs, and the debugger its own
keys 'run keys' Enter
sees '^Keys\?'
keys ab
sees '^<a><b>'
keys C-c
sees 'SIGINT'
prompt_is '(facet)'
keys 'echo line\n' Enter
sees '^line'
keys C-l 'continue' Enter
sees '^Continuing\.'
keys cd
sees '^<c><d>'
keys q
sees 'exited normally'
prompt_is '(facet)'

# another width of the window
of_terminal resize-window -x 60
keys 'echo narrow\n' Enter
sees '^narrow'

# without colour where there is none, with it where there is
of_terminal capture-pane -p -e | grep -q "$(printf '\033')\[1m(facet)" || fail "the prompt is not bold"
start env NO_COLOR=1 "$FACET" debug -q "$TALK"
prompt_is '(facet)'
! of_terminal capture-pane -p -e | grep -q "$(printf '\033')" || fail "colour in spite of NO_COLOR"
