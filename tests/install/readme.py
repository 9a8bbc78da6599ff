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

from cases import case, copy_source, end, environment, run

source = pathlib.Path(sys.argv[1]).resolve()
text = (source / "README.md").read_text(encoding="utf-8")
program = re.search(r"^```c\n(.*?)^```", text, re.M | re.S).group(1)
install_line, compile_line = re.findall(r"^    ((?:meson setup|cc) .*)$", text, re.M)
SCRIPT = """
mount -t tmpfs none /usr/local
mount --bind '{work}/etc' /etc
export PATH='{work}/bin':/usr/sbin:/usr/bin:/sbin:/bin
cd '{work}/source'
{install_line}
{compile_line}
"""
# What the README leaves to the reader: nothing is left out, and all is optimized.
MESON = """#!/bin/sh
[ "$1" != setup ] || set -- "$@" -Doptimization=0 -Dcli=disabled -Dstandin=disabled \
    -Dtests=disabled -Dexamples=disabled
exec /usr/bin/meson "$@"
"""


def typed(work, after):
    """Run a script after the README's lines; its output."""
    script = SCRIPT.format(work=work, install_line=install_line, compile_line=compile_line)
    out = run(["unshare", "-m", "sh", "-euc", script + "exec 3>&1\n" + after],
              env=environment(COMETAPI_KEY=""))
    return out


def main(work):
    copy_source(source, work / "source")
    shutil.copytree("/etc", work / "etc", symlinks=True, ignore_dangling_symlinks=True)
    (work / "bin").mkdir()
    (work / "bin/meson").write_text(MESON, encoding="utf-8")
    (work / "bin/meson").chmod(0o755)
    (work / "source/hero.c").write_text(program, encoding="utf-8")

    def lines():
        out = typed(work, "unset COMETAPI_KEY; ./hero || echo exit $?\n"
                    "ldd hero | grep klingrec; find /usr/local -type f\n"
                    "ninja -C build uninstall; find /usr/local -type f | wc -l")
        assert "api_key" in out, out
        assert "exit 1" in out and "/usr/local/lib/libklingrec.so.0" in out, out
        for name in ("share/doc/klingrec/LICENSE", "share/doc/klingrec/docs/install.md",
                     "share/doc/klingrec/examples/game_loop.c", "share/man/man3/klingrec.3"):
            assert f"/usr/local/{name}\n" in out, name
        assert out.endswith("\n0\n"), out[-300:]

    case("the README's lines work as typed, and uninstalling removes all files", lines)


can_run = os.geteuid() == 0 and shutil.which("meson", path="/usr/bin") and subprocess.run(
    ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/usr/local"], check=False,
    stderr=subprocess.DEVNULL).returncode == 0
if not can_run:
    print("left out: needs root, mount namespaces and /usr/bin/meson")
    sys.exit(77)
with tempfile.TemporaryDirectory(prefix="klingrec-readme-") as folder:
    main(pathlib.Path(folder))
end()
