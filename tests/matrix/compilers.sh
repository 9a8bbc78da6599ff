#!/bin/sh
# SPDX-License-Identifier: MIT
# In a chroot: every compiler of this release builds with warnings as errors and runs the
# suite unit, and clang reads the public headers with every warning that it has. Writes
# /root/row, a line for each compiler. compilers.sh NAME RELEASE
set -u
export DEBIAN_FRONTEND=noninteractive
name=$1
cd /root/klingrec || exit 1
libcurl=$(pkg-config --modversion libcurl)
failed=0

# Each once, in the release where it is newest; unstable has what is newer than those.
case $2 in
bullseye) compilers="gcc-10" ;;
bookworm) compilers="gcc-11 gcc-12 clang-14 clang-15 clang-16" ;;
trixie) compilers="gcc-13 gcc-14 clang-17 clang-18 clang-19" ;;
*) compilers=$(apt-cache pkgnames | grep -xE 'gcc-(1[5-9]|[2-9][0-9])|clang-[2-9][0-9]' | sort -V) ;;
esac

# Every warning but those about all calls of memset().
headers() {
    for header in klingrec transport; do
        printf '#include <klingrec/%s.h>\n' $header >/root/header
        for language in c:c99 c:c17 c++:c++11 c++:c++20; do
            "$1" -x ${language%:*} -std=${language#*:} -Weverything -Werror \
                -Wno-unknown-warning-option -Wno-unsafe-buffer-usage-in-libc-call \
                -Iinclude -fsyntax-only /root/header || return 1
        done
    done
}

for compiler in $compilers; do
    build=/root/build-$compiler
    built=yes unit=- counts=
    cxx=
    case $compiler in
    gcc-*) cxx=g++-${compiler#gcc-} package=$cxx ;;
    clang-*) cxx=clang++-${compiler#clang-} package=$compiler ;;
    esac
    apt-get install -y -qq "$compiler" "$package" || built=no
    case $built$compiler in
    yesclang-*) headers "$compiler" || built=headers ;;
    esac
    if [ $built = yes ] && [ ! -e "$build/build.ninja" ]; then
        rm -rf "$build"
        CC=$compiler CXX=$cxx meson setup "$build" -Dwerror=true || built=no
    fi
    [ $built != yes ] || ninja -C "$build" || built=no
    if [ $built = yes ]; then
        meson test -C "$build" --no-rebuild --print-errorlogs --logbase unit \
            --timeout-multiplier 10 --suite unit || failed=1
        counts=$(python3 tests/count.py "$build/meson-logs/unit.json" | tail -n 1)
        unit=$(echo "$counts" | sed 's/ passed, /\//; s/ failed//')
    else
        failed=1
    fi
    printf '%s\t%s\t%s\t%s\t%s\t-\t-\t%s\n' "$name" "$libcurl" "$compiler" $built \
        "$unit" "$counts" >>/root/row
done
apt-get clean
exit $failed
