#!/bin/sh
# SPDX-License-Identifier: MIT
# Build and test on other systems: tests/matrix.sh [NAME...]
#
# The names are those of tests/matrix/systems.txt, and musl, compilers, mingw; without a
# name all of these run. One more is proof: tests/proof/run.sh in Debian 13. Each release
# of Debian is a chroot, made by debootstrap, with devices of its own. Nothing of this
# machine changes; what is mounted ends with the script. Its last lines are a table. Exit
# code 0: everything passed.
#
# Environment: MATRIX_DIR, the folder of the chroots (build/matrix);
# MATRIX_MIRROR, Debian's mirror (http://deb.debian.org/debian).
#
# It needs root and debootstrap. Requests on a foreign processor need the kernel's
# handlers for its programs too (Debian's packages qemu-user-static and binfmt-support).
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
systems=$top/tests/matrix/systems.txt
eval "$(apt-config shell valid_until Acquire::Check-Valid-Until)"
valid_until=${valid_until:-true}

# What this script mounts is its own, and ends with it, however it ends.
if [ -z "${MATRIX_INSIDE:-}" ]; then
    [ "$(id -u)" = 0 ] || { echo "matrix.sh: needs root" >&2; exit 1; }
    MATRIX_INSIDE=1 exec unshare --mount --propagation private sh "$0" "$@"
fi

mirror=${MATRIX_MIRROR:-http://deb.debian.org/debian}
dir=${MATRIX_DIR:-$top/build/matrix}
mkdir -p "$dir" && dir=$(cd "$dir" && pwd) || exit 1

# base ROOT RELEASE: a new Debian with devices of its own
base() {
    [ ! -e "$1/.based" ] || return 0
    rm -rf "$1"
    debootstrap --variant=minbase "$2" "$1" "$mirror" || return 1
    for device in null:3 zero:5 full:7 random:8 urandom:9; do
        rm -f "$1/dev/${device%:*}"
        mknod -m 666 "$1/dev/${device%:*}" c 1 "${device#*:}" || return 1
    done
    rm -f "$1/dev/tty" && mknod -m 666 "$1/dev/tty" c 5 0 || return 1
    mkdir -p "$1/dev/pts" "$1/dev/shm"
    ln -sf pts/ptmx "$1/dev/ptmx"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$1/etc/hosts"
    printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
    chmod 755 "$1/usr/sbin/policy-rc.d"
    : >"$1/.based"
}

# run_in ROOT SCRIPT ARGUMENT...: in a clean environment, with the folders of a running
# system
run_in() {
    root=$1
    inner=/root/klingrec/tests/matrix/$2
    shift 2
    mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" || return 1
    mountpoint -q "$root/dev/pts" ||
        mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts" ||
        return 1
    mountpoint -q "$root/dev/shm" || mount -t tmpfs tmpfs "$root/dev/shm" || return 1
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        ${http_proxy:+http_proxy="$http_proxy"} \
        ${https_proxy:+https_proxy="$https_proxy"} \
        MATRIX_MIRROR="$mirror" MATRIX_VALID_UNTIL="$valid_until" sh "$inner" "$@"
}

# prepare RELEASE PROCESSOR: sets root, a system with the packages and with this source
prepare() {
    root=$dir/$1
    base "$root" "$1" || return 1
    rm -rf "$root/root/klingrec"
    mkdir -p "$root/root/klingrec"
    tar -C "$top" --exclude=./build --exclude=./.git --exclude=__pycache__ -cf - . |
        tar -C "$root/root/klingrec" -xf - || return 1
    if [ ! -e "$root/.ready" ]; then
        run_in "$root" packages.sh "$1" || return 1
        : >"$root/.ready"
    fi
    [ "$2" = amd64 ] || [ -e "$root/.ready-$2" ] && return 0
    run_in "$root" foreign.sh "$2" && : >"$root/.ready-$2"
}

# run NAME RELEASE PROCESSOR SCRIPT ARGUMENT...: adds the rows of the script to the table
run() {
    row=$dir/$1.row
    name=$1 release=$2 processor=$3 script=$4
    shift 4
    exec 9>"$dir/$release.lock" && flock 9 # another matrix.sh may use this chroot
    if ! prepare "$release" "$processor"; then
        printf '%s\t-\t-\tno\n' "$name" >>"$row"
        return 1
    fi
    : >"$root/root/row"
    code=0
    run_in "$root" "$script" "$name" "$@" || code=1
    cat "$root/root/row" >>"$row"
    return $code
}

# one NAME
one() {
    rm -f "$dir/$1.row"
    case $1 in
    mingw)
        verdict=yes
        sh "$top/tests/windows/run.sh" || verdict=no
        printf '%s\t-\tmingw-w64\t%s\n' "$1" $verdict >"$dir/$1.row"
        [ $verdict = yes ]
        ;;
    musl) run musl bookworm amd64 musl.sh ;;
    proof) run proof trixie amd64 proof.sh ;;
    compilers)
        code=0
        for release in bullseye bookworm trixie sid; do
            run compilers $release amd64 compilers.sh $release || code=1
        done
        return $code
        ;;
    *)
        line=$(grep "^$1 " "$systems") || { echo "no system '$1'"; return 1; }
        # shellcheck disable=SC2086 # a list of words
        set -- $line
        name=$1 release=$2 processor=$3
        shift 3
        run "$name" "$release" "$processor" suites.sh "$processor" "$@"
        ;;
    esac
}

# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(sed -n 's/^\([a-z0-9]*\) .*/\1/p' "$systems") musl compilers mingw
failed=0
for name in "$@"; do
    echo "== $name: $dir/$name.log" >&2
    one "$name" >"$dir/$name.log" 2>&1 || failed=1
done
format='%-18s %-8s %-13s %-6s %-8s %-8s %-8s %s\n'
# shellcheck disable=SC2059 # the format of all lines
printf "$format" name libcurl compiler builds unit net cli counts
for name in "$@"; do
    [ -e "$dir/$name.row" ] || printf '%s\t-\t-\tno\n' "$name" >"$dir/$name.row"
    while IFS='	' read -r a b c d e f g h; do
        # shellcheck disable=SC2059
        printf "$format" "$a" "$b" "$c" "$d" "${e:--}" "${f:--}" "${g:--}" "${h:--}"
    done <"$dir/$name.row"
done
exit $failed
