#!/bin/sh
# Fuzz every target: run.sh BUILD_DIR RUNS [libFuzzer options]
# The build needs -Dfuzz=enabled and clang. Finds are kept in BUILD_DIR/fuzz-corpus.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
runs=$2
shift 2
for name in image base64 reader json; do
    corpus=$build/fuzz-corpus/$name
    dictionary=$here/image.dict
    mkdir -p "$corpus"
    if [ $name = json ]; then
        dictionary=$here/json.dict
    else
        "$build/tests/fuzz/write_seeds_$name" "$corpus"
    fi
    "$build/tests/fuzz/fuzz_$name" -runs="$runs" -dict="$dictionary" \
        -max_len=4096 -print_final_stats=1 "$@" "$corpus"
done
