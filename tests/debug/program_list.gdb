list
list
list -
list factorial
list 5,8
list program.c:31
list 30,
list ,40
list area
list
list
list 1000
list nofunc
break 98
run > /dev/null
list
list
list -
step
list
