#!/bin/sh
# In a chroot: install the cross compiler and the libraries of a foreign processor, and
# write Meson's cross file /root/PROCESSOR.ini. foreign.sh PROCESSOR
set -eu
export DEBIAN_FRONTEND=noninteractive
case $1 in
i386) triplet=i686-linux-gnu qemu= ;;
arm64) triplet=aarch64-linux-gnu qemu=qemu-aarch64-static ;;
armhf) triplet=arm-linux-gnueabihf qemu=qemu-arm-static ;;
s390x) triplet=s390x-linux-gnu qemu=qemu-s390x-static ;;
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
/usr/share/meson/debcrossgen --arch "$1" -o "/root/$1.ini"
[ -z "$qemu" ] || sed -i "s|^\[binaries\]|&\nexe_wrapper = '$qemu'|" "/root/$1.ini"
