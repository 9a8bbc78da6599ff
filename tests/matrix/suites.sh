#!/bin/sh
# SPDX-License-Identifier: MIT
# In a chroot: build with warnings as errors, run the suites, write /root/row.
# suites.sh NAME PROCESSOR SUITE...
set -u
name=$1
processor=$2
shift 2
cd /root/klingrec || exit 1
build=/root/build-$processor
libcurl=$(pkg-config --modversion libcurl)
compiler="gcc $(gcc -dumpfullversion)"
failed=0 built=yes unit=- net=- cli=- total=0 bad=0
cross=
[ "$processor" = amd64 ] || cross="--cross-file /root/$processor.ini"

if [ ! -e "$build/build.ninja" ]; then
    rm -rf "$build"
    # shellcheck disable=SC2086 # a list of words
    meson setup "$build" -Dwerror=true $cross || built=no
fi
[ $built = no ] || ninja -C "$build" || built=no

# count LOG: sets counted to "passed/failed" of a run, and adds it to the totals
count() {
    last=$(python3 tests/count.py "$1" | tail -n 1)
    case $last in *" failed") ;; *) last="0 passed, 1 failed" ;; esac
    passed=${last%% passed*}
    lost=${last##*, }
    lost=${lost%% *}
    total=$((total + passed))
    bad=$((bad + lost))
    counted="$passed/$lost"
}

for suite in "$@"; do
    [ $built = yes ] || break
    chosen="--suite $suite"
    if [ "$suite" = service ]; then
        chosen=service
        "$build/src/standin/klingrec-standin" --version || {
            echo "The kernel has no handler for programs of $processor."
            continue
        }
    fi
    # shellcheck disable=SC2086 # a list of words
    meson test -C "$build" --no-rebuild --print-errorlogs --logbase "$suite" \
        --timeout-multiplier 10 $chosen || failed=1
    count "$build/meson-logs/$suite.json"
    case $suite in
    unit) unit=$counted ;;
    cli) cli=$counted ;;
    *) net=$counted ;;
    esac
done
[ $built = yes ] || failed=1
printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$libcurl" "$compiler" $built \
    "$unit" "$net" "$cli" "$total passed, $bad failed" >/root/row
exit $failed
