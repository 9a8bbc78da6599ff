#!/bin/sh
# SPDX-License-Identifier: MIT
# In a chroot: install what builds and tests need. packages.sh RELEASE
set -eu
export DEBIAN_FRONTEND=noninteractive
mirror=$MATRIX_MIRROR
{
    echo "deb $mirror $1 main"
    echo "deb-src $mirror $1 main"
} >/etc/apt/sources.list
printf 'APT::Install-Recommends "0";\nAcquire::Languages "none";\nAPT::Sandbox::User "root";\n' \
    >/etc/apt/apt.conf.d/90matrix
# As on this machine: a mirror that is a copy of an earlier day says that it is too old.
[ "$MATRIX_VALID_UNTIL" != false ] ||
    echo 'Acquire::Check-Valid-Until "false";' >>/etc/apt/apt.conf.d/90matrix
# Meson of Debian 11 is too old. That of Debian 12 is written in Python, like the old one.
if [ "$1" = bullseye ]; then
    echo "deb $mirror bookworm main" >/etc/apt/sources.list.d/bookworm.list
    printf 'Package: *\nPin: release n=bookworm\nPin-Priority: -1\n\n%s\n' \
        'Package: meson
Pin: release n=bookworm
Pin-Priority: 990' >/etc/apt/preferences.d/meson
fi
apt-get update
apt-get install -y gcc g++ meson ninja-build pkg-config python3 binutils openssl cmake \
    ca-certificates procps libcurl4-openssl-dev libjansson-dev libcmocka-dev \
    libsqlite3-dev libssl-dev libmicrohttpd-dev libgnutls28-dev libjpeg-dev libpng-dev \
    libstb-dev dpkg-dev xz-utils
[ "$1" = bullseye ] || apt-get install -y libspng-dev # newer than Debian 11
apt-get install -y valgrind gdb # for whoever looks into a failure
apt-get clean
