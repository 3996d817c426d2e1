break factorial if n == 2
run > /dev/null
bt
bt 2
bt -2
up
up 2
down
frame 1
frame
info frame
finish
finish
info breakpoints
step
step
step
next
next
delete
until
advance area
info breakpoints
finish
next
kill
next
bt
