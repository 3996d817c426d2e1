break deep
run > /dev/null
continue
bt
finish
finish
delete
tbreak crash
continue
stepi
stepi
bt
info frame
frame 1
print sum
info line
list
next
next
bt
