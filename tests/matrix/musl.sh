#!/bin/sh
# SPDX-License-Identifier: MIT
# In a chroot: the library without libcurl on the C library musl, with jansson and cmocka
# built from Debian's sources; the suite unit. Writes /root/row. musl.sh NAME
set -u
export DEBIAN_FRONTEND=noninteractive
name=$1
prefix=/root/musl
build=/root/build-musl
unit=- counts=
export PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig # Debian's own are of glibc

# build_one FOLDER OPTION...: a static library
build_one() {
    source=$1
    shift
    cmake -S "$source" -B "$source/build" -DCMAKE_C_COMPILER=musl-gcc \
        -DCMAKE_INSTALL_PREFIX=$prefix -DCMAKE_INSTALL_LIBDIR=lib \
        -DBUILD_SHARED_LIBS=OFF "$@" &&
        cmake --build "$source/build" && cmake --install "$source/build"
}

# Debian's own copies are of glibc.
dependencies() {
    apt-get install -y musl-tools || return 1
    rm -rf $prefix && mkdir -p $prefix/source && cd $prefix/source &&
        apt-get source jansson cmocka || return 1
    build_one jansson-*/ -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON &&
        build_one cmocka-*/ -DUNIT_TESTING=OFF -DWITH_EXAMPLES=OFF &&
        : >$prefix/.built
}

build_and_test() {
    [ -e $prefix/.built ] || dependencies || return 1
    cd /root/klingrec || return 1
    if [ ! -e $build/build.ninja ]; then
        rm -rf $build
        CC=musl-gcc CXX=false meson setup $build -Dwerror=true -Dcurl=disabled \
            -Dcli=disabled -Dstandin=disabled || return 1
    fi
    ninja -C $build || return 1
    built=yes
    meson test -C $build --no-rebuild --print-errorlogs --logbase unit --suite unit \
        --timeout-multiplier 10
    code=$?
    counts=$(python3 tests/count.py $build/meson-logs/unit.json | tail -n 1)
    unit=$(echo "$counts" | sed 's/ passed, /\//; s/ failed//')
    return $code
}

built=no failed=0
build_and_test || failed=1
printf '%s\t-\t%s\t%s\t%s\t-\t-\t%s\n' "$name" "musl-gcc $(gcc -dumpfullversion)" $built \
    "$unit" "$counts" >/root/row
exit $failed
