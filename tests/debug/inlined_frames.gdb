break scale if by == 3
break outer
info breakpoints 2
run > /dev/null
bt
info args
continue
bt
info args
up
info args
up
frame
info args
up
bt 2
bt -2
down
down
down
delete
finish
