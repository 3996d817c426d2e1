handle SIGUSR1 nostop noprint pass
handle SIGSEGV nostop noprint pass
break handler
break fault
run > /dev/null
bt
next
next
finish
next
continue
bt
up 2
print got
down
