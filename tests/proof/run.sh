#!/bin/sh
# SPDX-License-Identifier: MIT
# Prove what reads hostile bytes, for all of them: run.sh [NAME...]
#
# Needs cbmc 6 (Debian 13); tests/matrix.sh proof runs it there. Each NAME.c beside this
# file says what it proves and what it assumes. Writes a line for each: name, bound of
# the input, number of properties, seconds. Exit code 0: all of them hold.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v cbmc >/dev/null || {
    echo "run.sh: needs cbmc 6, which is not installed; Debian 12 has none" >&2
    exit 1
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chosen=" $* "
failed=0

# prove NAME BYTES OPTION...: BYTES is the bound of the input, or "any". A loop has at
# most as many rounds as --unwind says, less one; CBMC proves that too. The functions of
# $replaced return any value.
prove() {
    name=$1 bytes=$2 verdict=yes
    shift 2
    case $chosen in "  " | *" $name "*) ;; *) return ;; esac
    begin=$(date +%s)
    {
        # shellcheck disable=SC2086 # a list of words
        goto-cc -Itests/proof -Isrc/lib -Iinclude -D_FILE_OFFSET_BITS=64 \
            -DBYTES="$bytes" -o "$work/program" "tests/proof/$name.c" $sources &&
            for function in $replaced; do
                goto-instrument --remove-function-body "$function" \
                    "$work/program" "$work/less" &&
                    goto-instrument --generate-function-body "$function" \
                        --generate-function-body-options nondet-return \
                        "$work/less" "$work/program" || exit 1
            done &&
            cbmc "$work/program" --bounds-check --pointer-check --pointer-overflow-check \
                --signed-overflow-check --div-by-zero-check --undefined-shift-check \
                --unwinding-assertions "$@"
    } >"$work/log" 2>&1 || verdict=no
    properties=$(sed -n 's/^\*\* [0-9]* of \([0-9]*\) failed.*/\1/p' "$work/log")
    printf '%-14s %5s %6s properties %4d s\n' "$name" "$bytes" "${properties:-no}" \
        $(($(date +%s) - begin))
    if [ $verdict = no ] || [ -z "$properties" ]; then
        failed=1
        grep -E ': FAILURE$|[Ee]rror' "$work/log" || tail -n 20 "$work/log"
    fi
}

sources='' replaced=''
prove cursor any --unwind 2
prove exif any --unwind 3 --unsigned-overflow-check
prove jpeg_tables any --unwind 3 --unwindset sum_of_16.0:17 --unsigned-overflow-check
prove jpeg any --unwind 3 --unsigned-overflow-check \
    --unwindset read_components.0:11,check_scan.0:6,check_scan.1:6,memcmp.0:6,strcmp.0:30
replaced=crc_update
prove png any --unwind 3 --unsigned-overflow-check \
    --unwindset type_is_valid.0:5,strcmp.0:30
replaced=''
prove base64_decode 16 --unwind 18
prove base64_encode 24 --unwind 10
sources=src/lib/http/retry_after.c
prove retry_after 10 --unwind 12 --unwindset read_month.0:13 --conversion-check
sources="src/lib/base/text.c tests/proof/libc.c"
prove response_head 8 --unwind 10
sources="src/lib/base/text.c src/lib/answer/kind.c tests/proof/libc.c"
prove text 7 --unwind 12
exit $failed
