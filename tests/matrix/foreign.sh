#!/bin/sh
# SPDX-License-Identifier: MIT
# In a chroot: install the cross compiler and the libraries of a foreign processor, and
# write Meson's cross file /root/PROCESSOR.ini. foreign.sh PROCESSOR
set -eu
export DEBIAN_FRONTEND=noninteractive
libdir=
case $1 in
i386) triplet=i686-linux-gnu libdir=i386-linux-gnu family=x86 endian=little qemu=i386 ;;
arm64) triplet=aarch64-linux-gnu family=aarch64 endian=little qemu=aarch64 ;;
armhf) triplet=arm-linux-gnueabihf family=arm endian=little qemu=arm ;;
s390x) triplet=s390x-linux-gnu family=s390x endian=big qemu=s390x ;;
*) echo "foreign.sh: no processor '$1'" >&2; exit 1 ;;
esac
dpkg --add-architecture "$1"
apt-get update
foreign=
for package in libcurl4-openssl-dev libjansson-dev libcmocka-dev libsqlite3-dev \
    libssl-dev libmicrohttpd-dev libgnutls28-dev libjpeg-dev libpng-dev libspng-dev \
    libstb-dev; do
    foreign="$foreign $package:$1"
done
# shellcheck disable=SC2086 # a list of names
apt-get install -y "gcc-$triplet" "g++-$triplet" ${qemu:+qemu-user-static} $foreign
apt-get clean
cat >"/root/$1.ini" <<END
[binaries]
c = '$triplet-gcc'
cpp = '$triplet-g++'
ar = '$triplet-ar'
strip = '$triplet-strip'
pkgconfig = 'pkg-config'
${qemu:+exe_wrapper = 'qemu-$qemu-static'}

[properties]
pkg_config_libdir = ['/usr/lib/${libdir:-$triplet}/pkgconfig', '/usr/share/pkgconfig']

[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$family'
endian = '$endian'
END
