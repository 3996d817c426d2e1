break fill
run > /dev/null
next
next
next
next
next
until
until
until
delete
until 106
advance quiet
until
until
advance 108
next
step
next 3
finish
step
step
step
finish
continue
