break add
ignore 1 2
tbreak 98
break program.c:46
break factorial
condition 4 n == 3
info breakpoints
run > /dev/null
info breakpoints
continue
disable 1
continue
bt
continue
enable once 1
delete 3
break by_value if *(int *)a == 1
info breakpoints
continue
bt 1
continue 3
clear by_value
break nowhere
break 4711
break nofile.c:3
break fill
tbreak +1
break 106
break *main
break *0x401800
continue
continue
continue
info line
info line 32
info line factorial
info breakpoints
