break add
run > /dev/null
bt
next
next
next
next
next
next
tbreak factorial
continue
delete 1
bt
finish
step
finish
next
step
step
step
step
step
up
finish
next
next
next
next
next
next
next
next
next
next
next
next
next
