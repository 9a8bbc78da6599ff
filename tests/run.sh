#!/bin/sh
# SPDX-License-Identifier: MIT
# Build and test everything: tests/run.sh [FOLDER]
#
# Installs what it needs on Debian 12, builds in FOLDER (build/ci), and ends with one
# line that counts all test cases of all runs. Exit code 0: all of them passed.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/packages.sh
need git locales gcc g++ make clang libclang-rt-14-dev meson ninja-build pkg-config python3 \
    shellcheck codespell cppcheck \
    valgrind binutils openssl cmake ca-certificates \
    libcurl4-openssl-dev libjansson-dev libcmocka-dev \
    libsqlite3-dev libssl-dev mandoc parallel zsh fish slurm-wlm munge python3-yaml \
    python3-cffi python3-h11 luajit mono-mcs mono-runtime mypy gcc-mingw-w64-x86-64-win32 \
    chromium-headless-shell \
    libuv1-dev libsdl2-dev libmicrohttpd-dev libgnutls28-dev libjpeg-dev libpng-dev libspng-dev libstb-dev || exit 1

out=${1:-build/ci}
mkdir -p "$out"
rm -f "$out"/*/meson-logs/*.json
failed=0

# configure NAME OPTION...: a build folder of its own, warnings are errors
configure() {
    name=$1
    shift
    if [ ! -d "$out/$name" ]; then
        meson setup "$out/$name" -Dwerror=true "$@" || exit 1
    fi
    ninja -C "$out/$name" || exit 1
}

# run NAME LABEL OPTION...: the suite in a build folder
run() {
    name=$1
    label=$2
    shift 2
    echo "== $label"
    # Time limits end what hangs; what is slow may take its time.
    meson test -C "$out/$name" --print-errorlogs --logbase "$label" \
        --timeout-multiplier 4 "$@"
}

# beside NAME LABEL OPTION...: the same while others run; finish waits for all of them
beside() {
    run "$@" >"$out/$2.txt" 2>&1 &
    others="$others $!:$2"
}
finish() {
    for other in $others; do
        wait "${other%%:*}" || failed=1
        cat "$out/${other#*:}.txt"
    done
    others=
}
others=

# gcc, with every address, leak and undefined operation looked at. The program's tests
# wait more than they compute: meanwhile the next is built. The suite "install" builds
# without the sanitizers anyway. -O1 takes two thirds of the CPU time that -O2 takes to
# build, and finds the same. With TEST_THIN, tables of equal cases are run in part
# where a tool makes each one slow; clang's run has them whole.
configure asan -Db_sanitize=address,undefined -Doptimization=1
export ASAN_OPTIONS=detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TEST_THIN=4
beside asan gcc-asan-ubsan-cli --no-rebuild --suite cli
CC=clang CXX=clang++ configure clang -Dbuildtype=release
python3 tests/strength/analyse.py . "$out/clang" shellcheck codespell cppcheck || failed=1
# What the unit tests notice of small changes to the lines of the last commit. A report:
# how far it gets depends on the machine.
echo "== mutants of the last commit"
python3 tests/strength/mutation.py . "$out/clang" --since HEAD~1 --seconds 15
export TEST_THIN=2
run asan gcc-asan-ubsan --no-rebuild --no-suite install --no-suite cli || failed=1
finish

# Memory, once more, with the tool that sees what was never written. Not what would take
# minutes under it and has run with gcc's sanitizers: the suite "memory", the programs
# that end in many ways ("process"), those with many servers ("servers"), and the test
# that is written in Python ("python").
export TEST_THIN=20
beside clang memcheck --no-rebuild --suite unit --suite net --no-suite memory \
    --no-suite python --no-suite process --no-suite servers \
    --timeout-multiplier 20 \
    --wrap 'valgrind -q --fair-sched=yes --leak-check=full --show-leak-kinds=definite,indirect --error-exitcode=99'

# what the program is to its users
unset TEST_THIN
beside clang clang-release-cli --no-rebuild --suite cli

# threads: of this build only what the suite needs is made
[ -d "$out/tsan" ] || CC=clang CXX=clang++ meson setup "$out/tsan" -Dwerror=true \
    -Db_sanitize=thread -Doptimization=1 -Db_lundef=false -Dcli=disabled -Dexamples=disabled || exit 1
export TEST_THIN=5
# The suite "calls" replaces functions that this tool replaces too.
run tsan clang-tsan --suite net --no-suite python --no-suite calls || failed=1
unset TEST_THIN
finish

# clang, as it is shipped, while the suite "install" builds; and a locale with a decimal
# comma, for the tests that must not care. glibc leaks what LOCPATH makes it copy, so the
# other runs do without.
mkdir -p "$out/locale"
[ -d "$out/locale/de_DE.UTF-8" ] ||
    localedef -i de_DE -f UTF-8 "$out/locale/de_DE.UTF-8" || exit 1
LOCPATH=$(cd "$out/locale" && pwd)
export LOCPATH
beside clang clang-release-install --no-rebuild --suite install
run clang clang-release --no-rebuild --no-suite cli --no-suite install || failed=1
finish

python3 tests/count.py "$out"/*/meson-logs/*.json || failed=1
exit $failed
