# SPDX-License-Identifier: MIT
"""Run the commands of a document, and compare their output with the document.

test_sessions.py SOURCE BUILD DOCUMENT [--write]

BUILD is a build folder whose programs and library are used, or "" if the document
builds its own.

In a block `console` a line that begins with "$ " is a command (a backslash at its end
continues it), and the lines up to the next command are its output, stdout and stderr
together. A line "..." stands for any number of lines, and "..." in a line for any text.
A command must succeed unless `$ echo $?` follows. Any other block with a language is a
file if its first line is a comment that begins with a file name, as in
`/* check.c - ... */` or `# meson.build`.

All blocks of a document run in order in one shell. It starts in a copy of the source
tree in an empty home. Port 8765 is replaced by a free one. --write replaces the outputs
in the document by those of this run: use it after an intended change of a message.
"""
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import default_signals  # noqa: E402

default_signals.set_defaults()

PORT = "8765"
MARK = "<end of the command>"
COMMAND_SECONDS = 900
BACKGROUND_SECONDS = 60


def blocks(text):
    """(language, first line, lines) of each fenced block; lines are counted from 0."""
    language = start = None
    lines = text.splitlines()
    for number, line in enumerate(lines):
        fence = re.match(r"```(\w*)$", line)
        if fence and language is None:
            language, start = fence.group(1), number + 1
        elif fence:
            yield language, start, lines[start:number]
            language = None


def commands(block, start):
    """(command, expected output, first line and end of the output) of each command."""
    i = 0
    while i < len(block):
        if not block[i].startswith("$ "):
            raise ValueError(f"line {start + i + 1}: output without a command")
        command = [block[i][2:]]
        i += 1
        while command[-1].endswith("\\"):
            command.append(block[i])
            i += 1
        begin = i
        while i < len(block) and not block[i].startswith("$ "):
            i += 1
        yield "\n".join(command), block[begin:i], start + begin, start + i


def file_name(block):
    found = block and re.match(r"(?:/\*|//|#|--) ([\w.]+\.(?:c|cs|py|lua|txt|build))\b", block[0])
    return found.group(1) if found else None


def matches(expected, lines):
    pattern = "".join("(?:.*\n)*" if line == "..." else
                      re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + "\n"
                      for line in expected)
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in lines)) is not None


class Shell:
    """One bash. Its output is read from a pipe, and a marker follows each command."""

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"], cwd=folder, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)

    def read(self, seconds):
        """More output, or "" after the time limit."""
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, seconds))
        data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
        if ready and not data:
            raise RuntimeError("the shell has ended")
        return data.decode(errors="replace")

    def run(self, command, expected):
        """The exit code and the lines of one command."""
        background = command.endswith("&")
        text = (f"{{\n{command}\n}} </dev/null\nended=$?\n"
                f"printf '%s %d\\n' '{MARK}' $ended\n(exit $ended)\n")
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()
        output, until = "", time.monotonic() + COMMAND_SECONDS
        while (found := re.search(re.escape(MARK) + r" (\d+)\n", output)) is None:
            more = self.read(until - time.monotonic())
            if not more:
                raise RuntimeError(f"{command}: still running after {COMMAND_SECONDS} s")
            output += more
        output = output[:found.start()] + output[found.end():]
        until = time.monotonic() + BACKGROUND_SECONDS
        while background and not matches(expected, output.splitlines()):
            more = self.read(until - time.monotonic())
            if not more:
                break
            output += more
        return int(found.group(1)), output.splitlines()

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return str(s.getsockname()[1])


def environment(home, build):
    # Without the sanitizer options, keys and proxies of the user who runs the test.
    kept = {k: v for k, v in os.environ.items()
            if k not in ("LD_LIBRARY_PATH", "CC", "CFLAGS", "LD_PRELOAD", "COMETAPI_KEY",
                         "PKG_CONFIG_PATH") and not k.lower().endswith("_proxy")}
    if build:
        kept["PATH"] = f"{build}/src/cli:{build}/src/standin:{kept['PATH']}"
        kept["PKG_CONFIG_PATH"] = f"{build}/meson-uninstalled"
        kept["LD_LIBRARY_PATH"] = f"{build}/src/lib"
        kept["PYTHONPATH"] = f"{build}/src/python"
    return {**kept, "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8",
            "TERM": "dumb", "CFLAGS": "-O0 -g0"}  # compiles in half the time


class Session:
    def __init__(self, shell, document, port):
        self.shell, self.document, self.port = shell, document, port
        self.passed = self.failed = 0
        self.outputs = []  # (first line, end, lines that were printed)

    def check(self, line, command, expected, status, output, fails):
        good = matches(expected, output) and (status == 0 or fails)
        self.passed += good
        self.failed += not good
        if not good:
            print(f"FAILED {self.document}:{line}: {command}\nexit {status}; expected:",
                  *expected, "printed:", *output, sep="\n")

    def console(self, block, start):
        found = list(commands(block, start))
        for i, (command, expected, begin, end) in enumerate(found):
            fails = i + 1 < len(found) and found[i + 1][0] == "echo $?"
            status, output = self.shell.run(
                command.replace(PORT, self.port),
                [line.replace(PORT, self.port) for line in expected])
            output = [line.replace(self.port, PORT) for line in output]
            self.check(begin, command, expected, status, output, fails)
            if not any("..." in line for line in expected):
                self.outputs.append((begin, end, output))

    def file(self, name, block, start):
        text = "\n".join(block).replace(PORT, self.port)
        status, output = self.shell.run(f"cat >{name} <<'END OF {name}'\n{text}\n"
                                        f"END OF {name}", [])
        self.check(start, name, [], status, output, False)


def run(source, build, document, home):
    copy = home / "klingrec"
    shutil.copytree(source, copy, symlinks=True, ignore=lambda folder, names: [
        n for n in names if n == ".git" or n.startswith("build") and
        pathlib.Path(folder) == source])
    shell = Shell(copy, environment(home, build))
    session = Session(shell, document.name, free_port())
    try:
        for language, start, block in blocks(document.read_text(encoding="utf-8")):
            if language == "console":
                session.console(block, start)
            elif language and (name := file_name(block)):
                session.file(name, block, start)
    finally:
        shell.close()
    return session


def write(document, outputs):
    lines = document.read_text(encoding="utf-8").splitlines()
    for begin, end, output in reversed(outputs):
        lines[begin:end] = output
    document.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    source, build, document = sys.argv[1:4]
    source, document = pathlib.Path(source).resolve(), pathlib.Path(document).resolve()
    with tempfile.TemporaryDirectory() as home:
        session = run(source, build and pathlib.Path(build).resolve(), document,
                      pathlib.Path(home))
    if sys.argv[4:] == ["--write"]:
        write(document, session.outputs)
    print(f"{session.passed} passed, {session.failed} failed")
    return 1 if session.failed or not session.passed else 0


if __name__ == "__main__":
    sys.exit(main())
