#!/bin/sh
printf 'UNICORN_CFLAGS := -Ibuild/deps/usr/include\nUNICORN_LIBS := -Lbuild/deps/usr/lib/x86_64-linux-gnu -lunicorn\nUNICORN_DIR := deps/usr/lib/x86_64-linux-gnu\n' > build/deps.mk
