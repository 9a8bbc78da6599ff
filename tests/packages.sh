#!/bin/sh
# SPDX-License-Identifier: MIT
# Install Debian packages by name, where they are missing. Sourced by the two scripts
# that a newcomer runs; root, or a user who may use sudo.
need() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
            grep -q '^install ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "installing:$missing" >&2
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # a list of names
    $sudo apt-get update -qq >&2 &&
        $sudo apt-get install -y -qq --no-install-recommends $missing >&2
}
