break factorial
commands
silent
print n
continue
end
break add if b == 2
commands 2
bt 1
print counter
end
run > /dev/null
info breakpoints
next 3
stepi
stepi
nexti
x/2i $pc
stepi 4
delete
tbreak longest
continue
finish
next
