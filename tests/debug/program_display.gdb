display counter
break add
info display
run > /dev/null
next
next
next
info display
undisplay 1
next
tbreak factorial
delete 1
continue
info locals
info args
up
print result
print values
print shapes[1]
print $rsp != 0
finish
next
