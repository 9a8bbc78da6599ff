# SPDX-License-Identifier: MIT
"""Test the installed library: shared and static with pkg-config and CMake, and two files.

test_install.py SOURCE STANDIN
"""
import pathlib
import re
import shutil
import sys
import tempfile

import cases
from cases import FAST, case, copy_source, end, environment, run

source = pathlib.Path(sys.argv[1]).resolve()
standin = pathlib.Path(sys.argv[2]).resolve()


# As a release has it, but compiled faster; and the program.
RELEASE = ("-Dunity=off", "-Db_ndebug=true", "-Dcli=auto")


def install(work, name, *options, from_source=source):
    prefix = work / name
    build = work / (name + "-build")
    run(["meson", "setup", build, from_source, "--prefix", prefix, "--libdir", "lib",
         *FAST, "-Dtests=disabled", "-Dexamples=disabled", "-Dstandin=disabled",
         "-Dcli=disabled", *options], env=environment())
    run(["meson", "install", "-C", build], env=environment())
    return prefix


def recognize(program, image, **extra):
    cases.recognize(standin, program, image, **extra)


def flags(prefix, *options):
    env = environment(PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    return run(["pkg-config", *options, "klingrec"], env=env).split()


def main(work):
    images = work / "images"
    run([sys.executable, source / "tests/data/make_images.py", images])
    image = images / "portrait.png"
    main_c = source / "pkgconfig/consumer/main.c"
    version = re.search(r"version: '([0-9.]+)'",
                        (source / "meson.build").read_text(encoding="utf-8")).group(1)
    shared = {}

    def shared_library():
        prefix = shared["prefix"] = install(work, "shared", *RELEASE)
        public = {p.name for p in (prefix / "include").rglob("*.h")}
        assert public == {"klingrec.h", "transport.h", "klingrec.ffi.h"}, public
        named = flags(prefix, "--variable=ffi_header")
        assert named == [str(prefix / "include/klingrec/klingrec.ffi.h")], named
        assert pathlib.Path(named[0]).exists(), named
        program = work / "consumer-shared"
        run(["cc", "-std=c99", "-Wall", "-Werror", main_c, "-o", program,
             *flags(prefix, "--cflags", "--libs")], env=environment())
        needed = run(["objdump", "-p", program])
        assert "libklingrec.so.0" in needed and "libcurl" not in needed, needed
        recognize(program, image, LD_LIBRARY_PATH=str(prefix / "lib"))

    def reproducible():
        """Only files that name the prefix may differ, and only there."""
        first, folder = shared["prefix"], work / "another" / "longer-folder"
        copy_source(source, folder / "source")
        second = install(folder, "prefix", *RELEASE, from_source=folder / "source")
        names = [{path.relative_to(prefix) for path in prefix.rglob("*") if path.is_file()}
                 for prefix in (first, second)]
        assert names[0] == names[1] and len(names[0]) > 80, names[0] ^ names[1]
        differ = [str(name) for name in names[0] if
                  (second / name).read_bytes().replace(bytes(second), bytes(first)) !=
                  (first / name).read_bytes()]
        assert not differ, differ
        for path in [*first.glob("bin/*"), *first.glob("lib/libklingrec*")]:
            assert bytes(work) not in path.read_bytes(), path

    def private_dependencies():
        prefix = shared["prefix"]
        assert flags(prefix, "--libs")[-1:] == ["-lklingrec"]
        private = flags(prefix, "--print-requires-private")
        assert "libcurl" in private and "jansson" in private, private
        version = flags(prefix, "--modversion")
        assert version == ["0.1.0"] or version[0].count(".") == 2, version

    def cxx():
        program = work / "consumer-cxx"
        assert (shared["prefix"] / "include/klingrec/klingrec.hpp").exists()
        run(["c++", "-x", "c++", "-std=c++11", main_c, "-o", program,
             *flags(shared["prefix"], "--cflags", "--libs")], env=environment())
        recognize(program, image, LD_LIBRARY_PATH=str(shared["prefix"] / "lib"))

    def python_module():
        prefix = shared["prefix"]
        module, = prefix.rglob("klingrec/__init__.py")
        names = {path.name for path in module.parent.iterdir()}
        assert names == {"__init__.py", "_client.py", "_code.py", "_declarations.py",
                         "_library.py", "_values.py", "py.typed"}, names
        # Without LD_LIBRARY_PATH: the module finds the library of its installation.
        said = run([sys.executable, "-B", "-c",
                    "import klingrec, sys; from klingrec._library import lib\n"
                    "print(klingrec.check(sys.argv[1]).width, lib._name)", image],
                   env=environment(PYTHONPATH=str(module.parent.parent))).split()
        assert said[0] == "400" and pathlib.Path(said[1]).resolve().parent == (
            prefix / "lib").resolve(), said

    def lua_module():
        moved = work / "moved-lua"
        shutil.copytree(shared["prefix"], moved, symlinks=True)
        said = run(["luajit", "-e", "klingrec = require('klingrec')"
                    " print(klingrec.check(os.getenv('IMAGE')).width)"
                    " for line in io.lines('/proc/self/maps') do"
                    " if line:match('libklingrec') then print(line) end end"],
                   env=environment(LUA_PATH=f"{moved}/share/lua/5.1/?/init.lua",
                                   IMAGE=str(image)))
        assert said.startswith("400\n") and f"{moved}/lib/libklingrec.so" in said, said

    def static_library():
        prefix = install(work, "static", "-Ddefault_library=static")
        assert not list(prefix.rglob("klingrec/__init__.py"))
        assert not list(prefix.rglob("init.lua"))
        program = work / "consumer-static"
        # klingrec itself static; libcurl and jansson from the system, which is what
        # Debian can do: its libcurl.a needs libraries without packages of their own.
        run(["cc", "-std=c99", main_c, "-o", program,
             *flags(prefix, "--cflags", "--libs")], env=environment())
        assert "libklingrec" not in run(["objdump", "-p", program])
        foreign = [line for line in run(["nm", "-g", "--defined-only",
                                         prefix / "lib" / "libklingrec.a"]).splitlines()
                   if " T " in line and not line.split()[-1].startswith(("klr_", "klingrec_"))]
        assert not foreign, foreign
        recognize(program, image)

    def two_versions():
        """Two plug-ins with an archive of their own each, in one process."""
        other = work / "other-source"
        copy_source(source, other)
        for name in ("meson.build", "include/klingrec/klingrec.h"):
            text = (source / name).read_text(encoding="utf-8")
            text = text.replace(f"'{version}'", "'9.8.7'").replace(
                f'VERSION_STRING "{version}"', 'VERSION_STRING "9.8.7"')
            text = re.sub(r"(VERSION_NUMBER) 0x\w+", r"\1 0x090807u", text)
            (other / name).write_text(text, encoding="utf-8")
        plugins = []
        for prefix in (work / "static",
                       install(work, "there", "-Ddefault_library=static",
                               from_source=other)):
            plugins.append(work / (prefix.name + ".so"))
            run(["cc", "-std=c99", "-shared", "-fPIC", source / "tests/install/plugin.c",
                 "-o", plugins[-1], *flags(prefix, "--cflags", "--libs")],
                env=environment())
            exported = run(["nm", "-D", "--defined-only", plugins[-1]])
            assert "plugin_version" in exported, exported
            assert "klingrec_" not in exported and "klr_" not in exported, exported
        program = work / "plugins"
        run(["cc", "-std=c99", source / "tests/install/plugins.c", "-o", program, "-ldl"],
            env=environment())
        for first, second in (plugins, reversed(plugins)):
            said = run([program, first, second]).split()
            expected = {"static": version, "there": "9.8.7"}
            assert said == [expected[first.stem], expected[second.stem]], said

    def cmake(name, target, *options):
        build = work / name
        run(["cmake", "-S", source / "tests/install/cmake", "-B", build,
             f"-DTARGET=klingrec::{target}", f"-DMAIN={main_c}", *options],
            env=environment())
        run(["cmake", "--build", build, "-j2"], env=environment())
        recognize(build / "consumer", image)
        return run(["objdump", "-p", build / "consumer"])

    def cmake_package():
        moved = work / "moved"
        shutil.copytree(shared["prefix"], moved, symlinks=True)
        where = f"-Dklingrec_DIR={moved}/lib/cmake/klingrec"
        assert "libklingrec.so.0" in cmake("cmake-default", "klingrec", where)
        assert "libklingrec.so.0" in cmake("cmake-shared", "shared", where)
        assert "libklingrec" not in cmake("cmake-static", "static", where)

    def cmake_versions():
        where = f"-Dklingrec_DIR={shared['prefix']}/lib/cmake/klingrec"
        script = work / "versions" / "CMakeLists.txt"
        script.parent.mkdir()
        script.write_text("cmake_minimum_required(VERSION 3.16)\nproject(v C)\n"
                          "foreach(v 0.1 0.1.0 0.1.7 0.2 1.0)\n"
                          "  find_package(klingrec ${v} QUIET CONFIG)\n"
                          "  message(STATUS \"${v} ${klingrec_FOUND}\")\nendforeach()\n",
                          encoding="utf-8")
        said = run(["cmake", "-S", script.parent, "-B", script.parent / "b", where],
                   env=environment())
        found = dict(re.findall(r"-- (\S+) ([01]?)$", said, re.M))
        assert found == {"0.1": "1", "0.1.0": "1", "0.1.7": "0", "0.2": "0",
                         "1.0": "0"}, said

    def cmake_subdirectory():
        needed = cmake("cmake-folder", "klingrec", f"-DFOLDER={source}")
        assert "libklingrec" not in needed, needed

    def two_files():
        own = work / "own-source"
        run([sys.executable, source / "src/lib/amalgamate.py", own / "klingrec"])
        program = work / "consumer-two-files"
        run(["cc", main_c, own / "klingrec/klingrec.c", "-I", own, "-o", program, "-lcurl",
             "-ljansson", "-lpthread"], env=environment())
        recognize(program, image)

    case("a program outside the tree can use the installed shared library", shared_library)
    case("two builds in different folders are equal byte by byte", reproducible)
    case("the shared library does not expose libcurl and jansson", private_dependencies)
    case("a C++ program builds with the same flags", cxx)
    case("the module for Python finds the library of its installation", python_module)
    if shutil.which("luajit"):
        case("the module for LuaJIT finds the library of its installation", lua_module)
    case("a program outside the tree can use the installed static library", static_library)
    case("plug-ins with an archive of another version each call their own", two_versions)
    case("the CMake package gives the shared library and the archive", cmake_package)
    case("the CMake package refuses versions that do not fit", cmake_versions)
    case("CMake can add the source folder as a subdirectory", cmake_subdirectory)
    case("klingrec.c and klingrec.h build in a program's own folder", two_files)


with tempfile.TemporaryDirectory() as folder:
    main(pathlib.Path(folder))
end()
