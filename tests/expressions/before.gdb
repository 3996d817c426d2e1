p number
p text
p point.s
p array
p &array[1]
p twofold
p sizeof(struct point)
p many
p *pointer
p pointer->next->y
p repeated
p own
p array[1]+1
p $rip
p locals::buffer
p argc
x/s text
x/2dw array
x/2i twofold
disassemble twofold
info locals
info args
info display
whatis array[1]
ptype struct inner
p nosuch_symbol
p/x array
