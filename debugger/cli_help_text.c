/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `help COMMAND` says beyond a command's usage and summary.
 */
#include "cli_internal.h"

#include <string.h>

static const struct {
    const char *command, *text;
} texts[] = {
    {"swap",
     "OBJECT   sym:NAME, va:ADDRESS[+LENGTH], seg:text|rodata|data|bss|heap|stack, map:N or obj:ID;\n"
     "         `objects` lists those with names; `traverse ADDRESS` tells the GPTs on the way there, which are\n"
     "         objects too. Whole pages where nothing is mapped are what the handler makes of them.\n"
     "HANDLER  a built-in one (`help handlers`), PATH.so, see <facet/handler.h>, or PATH.lua or\n"
     "         endpoint:NAME, see facet(1).\n"
     "The handler sees each load and store of the object from now on, and in later runs. Swaps of one object\n"
     "stack: the newest is asked first. `info handlers` shows what they have seen.\n\n"
     "  swap sym:table count\n"
     "  swap seg:stack watch:store,value=0\n"
     "  swap va:0x100000000000+0x1000000000 ./sparse.so\n"
     "  swap va:0x4c4000+64 ./mine.so:verbose\n"
     "  swap seg:heap ./mine.lua"},
    {"restore", "Without HANDLER the newest one goes; the name of a handler is what stands before its arguments.\n\n"
                "  restore sym:table\n"
                "  restore sym:table watch"},
    {"accesses",
     "The columns for SQL-EXPRESSION are those of events: n, ev (load, store, fetch), proc, pc, va, off, size,\n"
     "value, old, by (user, kernel), rmw, atomic, part, clock. Values of more than 8 bytes are text. last N\n"
     "shows the newest first. Without a number 50 are shown.\n\n"
     "  swap sym:table log\n"
     "  accesses sym:table where ev = 'store' and value < old limit 10\n"
     "  accesses sym:table where off between 64 and 71 last 3"},
    {"traverse",
     "Each line is one capability on the way from the process's space to the page: its type, the object that\n"
     "it names, its guard, its restrictions, the slot that the address selects, and what is left of the\n"
     "address. The last one is the page, a handler's front, or the fault and who is told of it.\n"
     "With --step, and always at a terminal, one goes through it: down, up, slots, why, list; end.\n"
     "--process goes through the space of another one, by its name or obj:ID.\n"
     "--check compares load, store and fetch with what the processor's page tables answer.\n\n"
     "  traverse &table store\n"
     "  traverse seg:heap\n"
     "  traverse --check $sp"},
    {"caps",
     "What the process holds, by its name or obj:ID (`info processes` lists them), or what is in another object: in\n"
     "the slots of a GPT, a CapPage … Without a word, what the program holds.\n"
     "RO: no stores. NX: no fetches. WK: what is fetched through it is RO and WK. OP: may be traversed, not\n"
     "inspected. NC: keepers behind it are not called.\n\n"
     "  caps\n"
     "  caps init\n"
     "  caps --json obj:210"},
    {"holders",
     "OBJECT is obj:ID, the name of a process, endpoint:NAME, or memory of the program: sym:NAME, seg:heap, an\n"
     "address … of which all its pages are told. Handlers that are processes hold what they serve, too.\n\n"
     "  holders sym:table\n"
     "  holders endpoint:guard\n"
     "  holders init"},
    {"who",
     "First, every address at which a process sees this byte, with its rights, and the capabilities on the way\n"
     "there, from the process's space on. Then who holds, in its registers, capabilities that lead to the page:\n"
     "it could have it in a space, too. What may come in messages does not count here.\n\n"
     "  who &table[3]\n"
     "  who seg:stack\n"
     "  who --process guard 0x401000\n"
     "  who --json obj:218"},
    {"tree",
     "A line for each capability of the space: addresses, rights as gathered on the way, place, object, guard,\n"
     "restrictions, and what it has beside its slots: keeper, background, fronts. What is reached again, by\n"
     "another way, is told once. --dot writes it for graphviz.\n\n"
     "  tree\n"
     "  tree linux > tree.txt\n"
     "  tree --dot guard > tree.dot"},
    {"flow",
     "A, B     a process or an endpoint by its name, obj:ID, sym:NAME, va:ADDRESS+LENGTH, seg:NAME (their\n"
     "         pages), or something outside that `flow` lists, such as stdout\n"
     "write: can information from A ever come to B; read: from B to A; obtain: can A ever hold a capability to\n"
     "B, and how restricted. All processes are taken for hostile and of one mind, but for init, the bank and\n"
     "those of --trust, which take messages and pass nothing on. A yes comes with its way, and what each step\n"
     "follows from; a no means that it cannot happen, whatever the programs do. Not seen are time, and what\n"
     "leaves the machine and comes in again.\n\n"
     "  flow\n"
     "  flow write client sym:ledger\n"
     "  flow --trust server obtain client obj:17\n"
     "  flow --dot > all.dot"},
    {"run", "ARGUMENTS are words as in the shell, with quotes, but without its patterns and variables. <FILE, >FILE,\n"
            ">>FILE, 2>FILE and 2>&1 redirect the program's streams; FILE is one of yours, no grant is needed.\n"
            "Without ARGUMENTS those of the last time are used (`show args`); `set args` takes them away."},
    {"define",
     "The lines up to `end` become a command. In them $argc is the number of its arguments, $arg0 … are they.\n\n"
     "  define peek\n"
     "    x/4xg $arg0\n"
     "  end\n"
     "  peek &table"},
    {"while", "loop_break and loop_continue leave it or begin its next round; Ctrl-C ends it, too."},
    {"print",
     "EXPRESSION is C over variables, registers ($rip, $eax, $xmm0), earlier values ($, $$, $3) and variables\n"
     "of your own ($name = …). Beyond C: array[0]@4 is four of them, {int} 0x4c4000 what lies there,\n"
     "'file.c'::name and function::name a static one of elsewhere. Names are those of the selected frame.\n"
     "An assignment writes memory or a register; it asks no handler. Functions are not called.\n"
     "FORMAT   x d u o t z (numbers, bits), c, a (address), f, s\n\n"
     "  print *list->first\n"
     "  print/x table[2]@3\n"
     "  print $total += item->quantity"},
    {"x", "COUNT units from the address that EXPRESSION is; without it, from behind the last ones.\n"
          "FORMAT   x d u o t z a c f, s (strings), i (instructions)    SIZE   b 1, h 2, w 4, g 8 bytes\n"
          "Afterwards $_ is the address shown last, $__ what is there.\n\n"
          "  x/4xg $sp\n"
          "  x/s name\n"
          "  x/5i $pc"},
    {"display",
     "With s, i or a size the memory at EXPRESSION is shown as by `x`, else its value as by `print`. What names\n"
     "a local variable is shown in its block only. `info display` lists them."},
    {"printf", "Conversions as in C, with flags, width and precision: d i u x X o c p s f e g.\n\n"
               "  printf \"%s has %d\\n\", item->name, item->quantity"},
    {"source",
     "A command that fails ends the file. $XDG_CONFIG_HOME/facet/init (~/.config/facet/init) is read first of\n"
     "all, unless facet was started with --nx; no file of the current folder is read by itself."},
};

const char *cli_help_text(const char *command) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i].command, command))
            return texts[i].text;
    return NULL;
}
