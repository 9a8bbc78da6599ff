#!/bin/sh
# SPDX-License-Identifier: MIT
# Build the libraries for 64-bit Windows: tests/windows/dependencies.sh FOLDER
#
# Fetches the source packages of curl, jansson, cmocka and SQLite of Debian 12, whose
# signatures apt checks, and builds static libraries with mingw-w64 in FOLDER. The
# host's list of package sources stays as it is. Does nothing if FOLDER is complete.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
host=x86_64-w64-mingw32
work=$folder/work
[ -f "$folder/dependencies.ini" ] && exit 0
rm -rf "$work"
mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/sources"

# ---- The sources ----------------------------------------------------------------

cat >"$work/apt/sources.list" <<END
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian-security bookworm-security main
END
cat >"$work/apt/apt.conf" <<END
Dir::Etc::SourceList "$work/apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$work/apt/lists";
Dir::Cache "$work/apt";
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
END
export APT_CONFIG="$work/apt/apt.conf"
apt-get -q update
(cd "$work/sources" && apt-get -q source curl jansson cmocka sqlite3)

# ---- The libraries --------------------------------------------------------------

cat >"$work/toolchain.cmake" <<END
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER $host-gcc)
set(CMAKE_RC_COMPILER $host-windres)
set(CMAKE_FIND_ROOT_PATH "$folder;/usr/$host")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
END

# build NAME OPTION...: configure, build and install one with cmake
build() {
    name=$1
    shift
    cmake -S "$work/sources/$name"-[0-9]* -B "$work/$name" -G Ninja \
        -DCMAKE_TOOLCHAIN_FILE="$work/toolchain.cmake" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_INSTALL_PREFIX="$folder" -DCMAKE_INSTALL_LIBDIR=lib \
        -DBUILD_SHARED_LIBS=OFF "$@"
    ninja -C "$work/$name" install
}

build jansson -DJANSSON_BUILD_SHARED_LIBS=OFF -DJANSSON_BUILD_DOCS=OFF \
    -DJANSSON_EXAMPLES=OFF -DJANSSON_WITHOUT_TESTS=ON
build cmocka -DCMAKE_C_FLAGS=-D__USE_MINGW_ANSI_STDIO=1 -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF
# Its printf() knows %zu. It is built as a DLL too; the tests take the archive.
sed -i 's/__format__ (__printf__/__format__ (__gnu_printf__/' "$folder/include/cmocka.h"
mv "$folder/lib/libcmocka-static.a" "$folder/lib/libcmocka.a"
rm -rf "$folder/lib/libcmocka.dll.a" "$folder/bin/cmocka.dll"
# Only HTTP, TLS by Windows itself, and UTF-8 file names.
build curl -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DHTTP_ONLY=ON \
    -DCURL_USE_SCHANNEL=ON -DENABLE_UNICODE=ON -DCURL_CA_BUNDLE=none \
    -DCURL_CA_PATH=none -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF \
    -DUSE_LIBIDN2=OFF -DUSE_NGHTTP2=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBPSL=OFF \
    -DENABLE_MANUAL=OFF
# Its file for pkg-config lists libraries that it does not need, and not this macro.
sed -i -e 's/^Libs: .*/Libs: -L${libdir} -lcurl -lws2_32 -lcrypt32 -lbcrypt -ladvapi32/' \
    -e '/^Libs.private:/d' -e 's/^Cflags: .*/& -DCURL_STATICLIB/' \
    "$folder/lib/pkgconfig/libcurl.pc"

# SQLite's own build needs Tcl, on this machine, to make one source file of all.
(
    mkdir "$work/sqlite3"
    cd "$work/sqlite3"
    sh "$work"/sources/sqlite3-[0-9]*/configure --disable-tcl --disable-readline
    make sqlite3.c
    $host-gcc -O2 -DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION -c sqlite3.c
    $host-ar rcs "$folder/lib/libsqlite3.a" sqlite3.o
    cp sqlite3.h "$folder/include"
    version=$(cat "$work"/sources/sqlite3-[0-9]*/VERSION)
    cat >"$folder/lib/pkgconfig/sqlite3.pc" <<END
Name: SQLite
Description: SQL database engine
Version: $version
Libs: -L$folder/lib -lsqlite3
Cflags: -I$folder/include
END
)

cat >"$folder/dependencies.ini" <<END
[properties]
pkg_config_libdir = '$folder/lib/pkgconfig'
END
rm -rf "$work"
