#!/bin/sh
# Build for 64-bit Windows with mingw-w64 and test with wine:
# tests/windows/run.sh [FOLDER [BUILD]]
#
# Works in FOLDER (build/windows). BUILD is a build for this machine, whose stand-in
# answers the requests; without it one is made. Debian 12 has all that is needed.
set -eu
cd "$(dirname "$0")/../.."
. tests/packages.sh
need gcc gcc-mingw-w64-x86-64 wine64 meson ninja-build cmake make pkg-config python3 \
    openssl dpkg-dev debian-archive-keyring ca-certificates libcurl4-openssl-dev \
    libjansson-dev libsqlite3-dev libssl-dev libmicrohttpd-dev libjpeg-dev libpng-dev

mkdir -p "${1:-build/windows}"
folder=$(cd "${1:-build/windows}" && pwd)
native=${2:-$folder/native}
if [ $# -lt 2 ]; then
    [ -d "$native" ] || meson setup "$native" -Dtests=disabled -Dexamples=disabled
    ninja -C "$native"
fi
tests/windows/dependencies.sh "$folder/dependencies" >"$folder/dependencies.log" 2>&1 || {
    tail -n 40 "$folder/dependencies.log"
    exit 1
}
cross=tests/windows/x86_64-w64-mingw32.ini
[ -d "$folder/x86_64" ] || meson setup "$folder/x86_64" -Dwerror=true \
    --cross-file "$cross" --cross-file "$folder/dependencies/dependencies.ini"
ninja -C "$folder/x86_64"

# A folder of wine's own, so that nothing of the user is changed.
export WINEPREFIX="$folder/wine" WINEDEBUG=-all
KLINGREC_BUILD=$(cd "$native" && pwd)
export KLINGREC_BUILD
meson test -C "$folder/x86_64" --no-rebuild --print-errorlogs --logbase windows \
    --timeout-multiplier 4
