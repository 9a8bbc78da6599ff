#!/bin/sh
# Build for 64-bit Windows and test under wine: tests/windows/run.sh [FOLDER]
#
# Installs what it needs on Debian 12, builds in FOLDER (build/windows), and ends with
# the counts. Exit code 0: all passed. The libraries are built once, in FOLDER/libraries.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/packages.sh
need gcc gcc-mingw-w64-x86-64 wine64 dpkg-dev cmake ninja-build meson pkg-config python3 \
    make tcl openssl binutils libcurl4-openssl-dev libjansson-dev libmicrohttpd-dev \
    libgnutls28-dev libjpeg-dev libpng-dev || exit 1

out=${1:-build/windows}
mkdir -p "$out"
out=$(cd "$out" && pwd)
tests/windows/dependencies.sh "$out/libraries" >"$out/libraries.txt" 2>&1 || {
    tail -n 20 "$out/libraries.txt"
    exit 1
}

# A Windows of its own. Tables of equal cases run in part: wine is slow.
export WINEPREFIX="$out/wine" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
export KLINGREC_STANDIN="$out/here/src/standin/klingrec-standin"
export TEST_THIN=10
[ -d "$WINEPREFIX" ] || /usr/lib/wine/wine64 wineboot -i || exit 1

# The stand-in runs on this machine.
[ -d "$out/here" ] || meson setup "$out/here" -Dtests=disabled -Dcli=disabled \
    -Dexamples=disabled || exit 1
ninja -C "$out/here" || exit 1
[ -d "$out/cross" ] || meson setup "$out/cross" -Dwerror=true -Dcli=disabled \
    -Dstandin=disabled -Dexamples=disabled \
    --cross-file tests/windows/x86_64-w64-mingw32.ini \
    --cross-file "$out/libraries/dependencies.ini" || exit 1
ninja -C "$out/cross" || exit 1

rm -f "$out"/cross/meson-logs/*.json
failed=0
meson test -C "$out/cross" --no-rebuild --print-errorlogs --logbase windows \
    --timeout-multiplier 4 || failed=1
python3 tests/count.py "$out"/cross/meson-logs/*.json || failed=1
exit $failed
