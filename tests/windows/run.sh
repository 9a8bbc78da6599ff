#!/bin/sh
# SPDX-License-Identifier: MIT
# Build for 64-bit Windows and test with wine: tests/windows/run.sh [FOLDER [BUILD]]
#
# Installs what it needs on Debian 12, builds in FOLDER (build/windows), and ends with
# the counts. Exit code 0: all passed. The libraries are built once, in FOLDER/libraries.
# BUILD is a build for this machine, whose stand-in answers the requests; without it one
# is made.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/packages.sh
need gcc gcc-mingw-w64-x86-64 wine64 dpkg-dev debian-archive-keyring cmake ninja-build \
    meson pkg-config python3 make tcl openssl binutils libcurl4-openssl-dev \
    libjansson-dev libsqlite3-dev libssl-dev libmicrohttpd-dev libgnutls28-dev \
    libjpeg-dev libpng-dev || exit 1

mkdir -p "${1:-build/windows}"
out=$(cd "${1:-build/windows}" && pwd)
tests/windows/dependencies.sh "$out/libraries" >"$out/libraries.txt" 2>&1 || {
    tail -n 20 "$out/libraries.txt"
    exit 1
}

# A Windows of its own. Tables of equal cases run in part: wine is slow.
export WINEPREFIX="$out/wine" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
export TEST_THIN=10
[ -d "$WINEPREFIX" ] || /usr/lib/wine/wine64 wineboot -i || exit 1

if [ $# -lt 2 ]; then
    [ -d "$out/here" ] || meson setup "$out/here" -Dtests=disabled -Dexamples=disabled ||
        exit 1
    ninja -C "$out/here" || exit 1
fi
KLINGREC_BUILD=$(cd "${2:-$out/here}" && pwd) || exit 1
export KLINGREC_BUILD
[ -d "$out/cross" ] || meson setup "$out/cross" -Dwerror=true \
    --cross-file tests/windows/x86_64-w64-mingw32.ini \
    --cross-file "$out/libraries/dependencies.ini" || exit 1
ninja -C "$out/cross" || exit 1

rm -f "$out"/cross/meson-logs/*.json
failed=0
meson test -C "$out/cross" --no-rebuild --print-errorlogs --logbase windows \
    --timeout-multiplier 4 || failed=1
python3 tests/count.py "$out"/cross/meson-logs/*.json || failed=1
exit $failed
