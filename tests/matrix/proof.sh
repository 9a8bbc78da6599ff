#!/bin/sh
# SPDX-License-Identifier: MIT
# In a chroot: install CBMC and run the proofs. Writes /root/row. proof.sh NAME
set -u
export DEBIAN_FRONTEND=noninteractive
apt-get install -y cbmc && sh /root/klingrec/tests/proof/run.sh >/root/proof
code=$?
cat /root/proof
held=$(grep -c '[0-9] properties' /root/proof)
verdict=yes
[ $code = 0 ] || verdict=no
printf '%s\t-\tcbmc %s\t%s\t-\t-\t-\t%s\n' "$1" "$(cbmc --version)" $verdict \
    "$held proofs ended" >/root/row
exit $code
