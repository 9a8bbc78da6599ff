#!/bin/sh
# Build and test everything: tests/run.sh [FOLDER]
#
# Installs what it needs on Debian 12, builds in FOLDER (build/ci), and ends with one
# line that counts all test cases of all runs. Exit code 0: all of them passed.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/packages.sh
need locales gcc g++ clang libclang-rt-14-dev meson ninja-build pkg-config python3 \
    valgrind binutils openssl \
    libcurl4-openssl-dev libjansson-dev libcmocka-dev \
    libsqlite3-dev libssl-dev mandoc parallel zsh fish slurm-wlm munge python3-yaml \
    chromium-headless-shell \
    libmicrohttpd-dev libgnutls28-dev libjpeg-dev libpng-dev libspng-dev libstb-dev || exit 1

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
    meson test -C "$out/$name" --no-rebuild --print-errorlogs --logbase "$label" \
        --timeout-multiplier 4 "$@"
}

# gcc, with every address, leak and undefined operation looked at. The slower a tool
# makes everything, the more slack the tests of time limits get. The suite "install"
# builds without the sanitizers anyway.
configure asan -Db_sanitize=address,undefined
export ASAN_OPTIONS=detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
NET_SLACK_MS=300 run asan gcc-asan-ubsan --no-suite install --no-suite cli || failed=1

# The program's tests wait more than they compute: meanwhile all others are built.
run asan gcc-asan-ubsan-cli --suite cli &
beside=$!
CC=clang CXX=clang++ configure clang -Dbuildtype=release
configure nocurl -Dcurl=disabled -Dtests=disabled -Dcli=disabled -Dstandin=disabled
CC=clang CXX=clang++ configure tsan -Db_sanitize=thread -Db_lundef=false
wait $beside || failed=1

# clang, as it is shipped; and a locale with a decimal comma, for the tests that must
# not care. glibc leaks what LOCPATH makes it copy, so the other runs do without. What a
# quiet machine keeps without slack (meson test), a busy one does not always.
mkdir -p "$out/locale"
[ -d "$out/locale/de_DE.UTF-8" ] ||
    localedef -i de_DE -f UTF-8 "$out/locale/de_DE.UTF-8" || exit 1
LOCPATH=$(cd "$out/locale" && pwd) NET_SLACK_MS=200 run clang clang-release --no-suite cli || failed=1

run nocurl without-libcurl || failed=1

# memory, once more, with the tool that needs no recompilation and no time limits; the
# suite "memory" would take minutes under it, and has run with gcc's sanitizers
NET_SLACK_MS=2000 TEST_THIN=7 run clang memcheck --suite unit --suite net \
    --no-suite memory --timeout-multiplier 20 \
    --wrap 'valgrind -q --fair-sched=yes --leak-check=full --show-leak-kinds=definite,indirect --error-exitcode=99' &
beside=$!

# threads; and what the program is to its users
NET_SLACK_MS=1000 run tsan clang-tsan --suite net || failed=1
run clang clang-release-cli --suite cli || failed=1
wait $beside || failed=1

python3 tests/count.py "$out"/*/meson-logs/*.json || failed=1
exit $failed
