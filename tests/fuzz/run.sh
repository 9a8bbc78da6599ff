#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzz every target: run.sh BUILD_DIR SECONDS [TARGET...]
# The build needs -Dfuzz=enabled and clang. Finds are kept in BUILD_DIR/fuzz-corpus.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
seconds=$2
shift 2
[ $# -gt 0 ] || set -- base64 config files head image json reader response standin
for name in "$@"; do
    corpus=$build/fuzz-corpus/$name
    dictionary=$here/image.dict
    mkdir -p "$corpus"
    case $name in
    json | standin) dictionary=$here/json.dict ;;
    head | response | config) dictionary=$here/http.dict ;;
    esac
    "$build/tests/fuzz/seeds_$name" -seeds "$corpus"
    echo "== $name"
    "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -dict="$dictionary" \
        -max_len=8192 -print_final_stats=1 -artifact_prefix="$corpus-" "$corpus" 2>&1 |
        grep -E "^(==|stat::|SUMMARY|.*ERROR|/.*: )"
done
