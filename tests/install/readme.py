# SPDX-License-Identifier: MIT
"""Type the README's lines where klingrec is not installed: readme.py SOURCE

Needs root: in a mount namespace of its own, /usr/local is empty and /etc a copy, so that
what `ldconfig` and the installation write is gone afterwards.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from cases import FAST, case, copy_source, end, environment, run

source = pathlib.Path(sys.argv[1]).resolve()
text = (source / "README.md").read_text(encoding="utf-8")
program = re.search(r"^```c\n(.*?)^```", text, re.M | re.S).group(1)
install_line, compile_line = re.findall(r"^    ((?:meson setup|cc) .*)$", text, re.M)
page = (source / "docs/install.md").read_text(encoding="utf-8")
static_line = re.search(r"^\$ (cc hero\.c -o hero-static (?:.*\\\n)*.*)$", page, re.M).group(1)
SCRIPT = """
mount -t tmpfs none /usr/local
mount --bind '{work}/etc' /etc
export PATH='{work}/bin':/usr/sbin:/usr/bin:/sbin:/bin
cd '{work}/source'
{install_line}
{compile_line}
{static_line}
unset COMETAPI_KEY
./hero || echo "shared: exit $?"
./hero-static || echo "static: exit $?"
ldd hero
mkdir -m 777 user
setpriv --reuid 65534 --regid 65534 --clear-groups sh -euc '
    cd user
    cp ../hero.c .
    {compile_line}
    ./hero || echo "user: exit $?"'
find /usr/local -type f
ninja -C build uninstall
find /usr/local -type f | wc -l
"""
# The README's line with options that make the build short.
MESON = """#!/bin/sh
[ "$1" != setup ] || set -- "$@" {fast} -Dcli=disabled -Dstandin=disabled \
    -Dtests=disabled -Dexamples=disabled
exec /usr/bin/meson "$@"
"""


def main(work):
    work.chmod(0o755)
    copy_source(source, work / "source")
    shutil.copytree("/etc", work / "etc", symlinks=True, ignore_dangling_symlinks=True)
    (work / "bin").mkdir()
    (work / "bin/meson").write_text(MESON.format(fast=" ".join(FAST)), encoding="utf-8")
    (work / "bin/meson").chmod(0o755)
    (work / "source/hero.c").write_text(program, encoding="utf-8")
    out = run(["unshare", "-m", "sh", "-euc", SCRIPT.format(
        work=work, install_line=install_line, compile_line=compile_line,
        static_line=static_line)], env=environment())

    def programs():
        for name in ("shared", "static", "user"):  # there is no key
            assert re.search(rf"^api_key.*\n{name}: exit 1$", out, re.M), name
        assert "/usr/local/lib/libklingrec.so.0" in out, out

    def files():
        for name in ("share/doc/klingrec/LICENSE", "share/doc/klingrec/docs/install.md",
                     "share/doc/klingrec/examples/game_loop.c", "share/man/man3/klingrec.3"):
            assert f"/usr/local/{name}\n" in out, name

    def uninstalled():
        assert out.endswith("\n0\n"), out[-300:]

    case("the README's lines make programs that say that there is no key", programs)
    case("the licence, the documents and the examples are installed", files)
    case("uninstalling removes all files", uninstalled)


can_run = os.geteuid() == 0 and shutil.which("meson", path="/usr/bin") and subprocess.run(
    ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/usr/local"], check=False,
    stderr=subprocess.DEVNULL).returncode == 0
if not can_run:
    print("left out: needs root, mount namespaces and /usr/bin/meson")
    sys.exit(77)
with tempfile.TemporaryDirectory(prefix="klingrec-readme-") as folder:
    main(pathlib.Path(folder))
end()
