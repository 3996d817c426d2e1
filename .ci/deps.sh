#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What facet needs and the system lacks. Run by make: `deps.sh build` for building, `deps.sh test` for the tests too,
# `deps.sh sqlite` for the source of SQLite, which `make test-linux` builds and runs (into build/sqlite).
#
# Debian packages are installed, if any is missing. Unicorn must be 2.1.4 or newer, which stable Debian does not have
# yet: then its two packages are fetched from Debian unstable and unpacked, not installed, into build/deps.
# Leaves build/deps.mk (where Unicorn and Lua lie) or build/deps-test. Does nothing and says nothing when all is there.
set -eu

UNICORN_MIN=2.1.4
BUILD_PACKAGES="gcc libc6-dev binutils make pkgconf libcapstone-dev libelf-dev libdw-dev libedit-dev libsqlite3-dev liblua5.4-dev libzstd-dev"
TEST_PACKAGES="libcriterion-dev valgrind jq clang-format cppcheck groff-base procps tmux qemu-system-x86 \
    gdb strace tmux musl-tools busybox-static bash-static qemu-user"
SQLITE_PACKAGES="tcl xz-utils"
DEPS=build/deps

say() {
    printf 'deps: %s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

missing_packages() {
    for package in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || true
        [ "$status" = installed ] || printf '%s ' "$package"
    done
}

install_packages() {
    command -v dpkg-query >/dev/null || return 0 # not Debian: the compiler will say what is missing
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || fail "these Debian packages are missing; install them as root: apt-get install $missing"
    say "installing $missing"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of words
    if ! { apt-get -q update && apt-get -q -y install --no-install-recommends $missing; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "apt-get could not install: $missing(is this machine offline?)"
    fi
    rm -f "$log"
}

unicorn_by_hand() {
    say "$1"
    fail "Unicorn $UNICORN_MIN or newer is needed. Build it from its source with
      cmake -B build -DUNICORN_ARCH=x86 -DCMAKE_BUILD_TYPE=Release && cmake --build build && cmake --install build
  so that \`pkg-config --modversion unicorn\` finds it, and run make again."
}

# What apt fetches here is unpacked, not installed.
mirror_find() {
    command -v apt-get >/dev/null || return 1
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$keyring" ] || return 1
    # shellcheck disable=SC2016 # apt's own variables
    mirror=$(apt-get indextargets --format '$(SITE)' | grep -v security | head -n 1)
    [ -n "$mirror" ]
}

# A folder for apt_own: own_state FOLDER deb|deb-src SUITE
own_state() {
    new=$(pwd)/$1
    rm -rf "$new"
    mkdir -p "$new/apt/lists/partial" "$new/apt/cache/archives/partial"
    printf '%s [signed-by=%s] %s %s main\n' "$2" "$keyring" "$mirror" "$3" >"$new/apt/sources.list"
}

# apt-get with a state of its own: reads no list and changes no list of the system. A mirror that lags is good enough:
# signatures are checked all the same.
apt_own() {
    apt-get -q -o Acquire::Check-Valid-Until=false -o Dir::Etc::sourcelist="$new/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$new/apt/lists" -o Dir::Cache="$new/apt/cache" -o APT::Sandbox::User=root \
        "$@" >>"$new/log" 2>&1
}

fetch_unicorn() {
    mirror_find || unicorn_by_hand "no Debian mirror, or no key to check its signature with"
    say "fetching Unicorn from Debian unstable into $DEPS (nothing of it is installed)"
    own_state $DEPS.new deb unstable
    if ! { apt_own update && (cd "$new" && apt_own download libunicorn-dev libunicorn2t64); }; then
        cat "$new/log" >&2
        unicorn_by_hand "the download failed (is this machine offline?)"
    fi
    for package in "$new"/*.deb; do
        dpkg-deb -x "$package" "$new"
    done
    rm -rf "$new/apt" "$new"/*.deb "$new/log" "$DEPS"
    mv "$new" "$DEPS"
}

# The upstream tarball of SQLite, of this Debian's own suite.
fetch_sqlite() {
    mirror_find || fail "no Debian mirror to fetch SQLite's source from"
    say "fetching the source of SQLite into build/sqlite"
    # shellcheck disable=SC1091
    own_state build/sqlite.new deb-src "$(. /etc/os-release && echo "$VERSION_CODENAME")"
    if ! { apt_own update && (cd "$new" && apt_own --download-only source sqlite3); }; then
        cat "$new/log" >&2
        fail "apt-get could not fetch the source of SQLite (is this machine offline?)"
    fi
    rm -rf "$new/apt" "$new/log" build/sqlite
    mv "$new" build/sqlite
}

# The version of the Unicorn under $DEPS; its .pc file is right about that, though not about the folders.
fetched_version_ok() {
    pc=$(find "$DEPS/usr/lib" -name unicorn.pc 2>/dev/null | head -n 1)
    [ -n "$pc" ] || return 1
    PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --atleast-version="$UNICORN_MIN" unicorn
}

write_deps_mk() {
    if pkg-config --atleast-version="$UNICORN_MIN" unicorn; then
        cflags=$(pkg-config --cflags unicorn)
        libs=$(pkg-config --libs unicorn)
        dir=
    else
        fetched_version_ok || fetch_unicorn
        fetched_version_ok || unicorn_by_hand "Debian unstable's Unicorn is not what was expected"
        dir=$(dirname "$(dirname "$pc")")
        cflags="-isystem $DEPS/usr/include"
        libs="-L$dir -lunicorn"
        dir=${dir#build/}
    fi
    # Debian's name for it; elsewhere it may be plain lua
    lua=$(pkg-config --exists lua5.4 && echo lua5.4 || echo lua)
    pkg-config --exists "$lua >= 5.4" || fail "Lua 5.4 is needed, so that \`pkg-config --modversion lua5.4\` finds it"
    mkdir -p build
    {
        printf '# Written by .ci/deps.sh: where Unicorn and Lua lie.\n'
        printf 'UNICORN_CFLAGS := %s\nUNICORN_LIBS := %s\nUNICORN_DIR := %s\n' "$cflags" "$libs" "$dir"
        printf 'LUA_CFLAGS := %s\nLUA_LIBS := %s\n' "$(pkg-config --cflags "$lua")" "$(pkg-config --libs "$lua")"
    } >build/deps.mk
}

cd "$(dirname "$0")/.."
case ${1-} in
build)
    # shellcheck disable=SC2086
    install_packages $BUILD_PACKAGES
    write_deps_mk
    ;;
test)
    # shellcheck disable=SC2086
    install_packages $TEST_PACKAGES
    mkdir -p build
    : >build/deps-test
    ;;
sqlite)
    # shellcheck disable=SC2086
    install_packages $SQLITE_PACKAGES
    ls build/sqlite/sqlite3_*.orig.tar.xz >/dev/null 2>&1 || fetch_sqlite
    ;;
*)
    fail "usage: $0 build|test|sqlite"
    ;;
esac
