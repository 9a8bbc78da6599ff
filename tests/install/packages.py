# SPDX-License-Identifier: MIT
"""Test the packages for build systems: a meson wrap, a port for vcpkg, a recipe for Conan.

packages.py SOURCE STANDIN

vcpkg and Conan are not installed: the test takes their part, and builds with the options
that the port and the recipe give to meson. Each package is used by a program, shared and
static.
"""
import json
import pathlib
import re
import shutil
import sys
import tempfile

import conan_stub
from cases import FAST, case, copy_source, end, environment, recognize, run

source = pathlib.Path(sys.argv[1]).resolve()
standin = pathlib.Path(sys.argv[2]).resolve()
packages = source / "pkgconfig"
main_c = packages / "consumer/main.c"
port = packages / "vcpkg/klingrec"
# What meson.build says is the version.
version = re.search(r"version: '([0-9.]+)'",
                    (source / "meson.build").read_text(encoding="utf-8")).group(1)


def use(program, shared, folder):
    needed = run(["objdump", "-p", program])
    assert ("libklingrec.so.0" in needed) == shared, needed
    recognize(standin, program, image, LD_LIBRARY_PATH=str(folder))


def wrap(library):
    """The consumer with the wrap as its own file, which names a repository."""
    project = work / f"wrap-{library}"
    shutil.copytree(packages / "consumer", project)
    (project / "subprojects").mkdir()
    text = (packages / "klingrec.wrap").read_text(encoding="utf-8")
    (project / "subprojects/klingrec.wrap").write_text(
        re.sub(r"^url = .*", f"url = file://{work}/clone", text, flags=re.M),
        encoding="utf-8")
    build = project / "build"
    run(["meson", "setup", build, project, *FAST, "--wrap-mode=forcefallback",
         f"-Dklingrec:default_library={library}"], env=environment())
    run(["ninja", "-C", build], env=environment())
    use(build / "consumer", library == "shared", build / "subprojects/klingrec/src/lib")
    assert not (build / "subprojects/klingrec/src/cli/klingrec").exists()


def clone():
    """A repository with one commit, of the files that a build needs."""
    copy_source(source, work / "clone")
    git = ["git", "-C", work / "clone", "-c", "user.name=test", "-c", "user.email=test@test"]
    run([*git, "init", "-q"])
    run([*git, "add", "-A"])
    run([*git, "commit", "-q", "-m", "test"])


def vcpkg(linkage):
    folder = work / f"vcpkg-{linkage}"
    run(["cmake", f"-DPORT_DIR={port}", f"-DPACKAGES={folder}", f"-DBUILD={folder}-build",
         f"-DLINKAGE={linkage}", f"-DFAST={';'.join(FAST)}",
         "-P", source / "tests/install/vcpkg.cmake"], env=environment())
    assert not (folder / "debug/include").exists() and not (folder / "lib/cmake").exists()
    for name in ("copyright", "usage"):
        assert (folder / "share/klingrec" / name).stat().st_size > 0, name
    library = folder / "lib" / ("libklingrec.so" if linkage == "dynamic" else "libklingrec.a")
    assert library.exists()
    # With the lines of "usage".
    lines = [line for line in (port / "usage").read_text(encoding="utf-8").splitlines()
             if line.startswith("    ")]
    project = folder / "user"
    project.mkdir()
    (project / "CMakeLists.txt").write_text("\n".join([
        "cmake_minimum_required(VERSION 3.16)", "project(user C)",
        f"add_executable(main {main_c})", *lines]), encoding="utf-8")
    run(["cmake", "-S", project, "-B", project / "build"],
        env=environment(PKG_CONFIG_PATH=str(folder / "lib/pkgconfig")))
    run(["cmake", "--build", project / "build"])
    use(project / "build/main", linkage == "dynamic", folder / "lib")


def vcpkg_manifest():
    manifest = json.loads((port / "vcpkg.json").read_text(encoding="utf-8"))
    assert set(manifest) == {"name", "version", "description", "license", "supports",
                             "dependencies"}, manifest
    assert manifest["name"] == port.name == "klingrec" and manifest["license"] == "MIT"
    assert manifest["version"] == version, manifest["version"]
    for dependency in manifest["dependencies"]:
        if isinstance(dependency, str):
            dependency = {"name": dependency}
        assert set(dependency) <= {"name", "host", "features", "default-features"}
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", dependency["name"]), dependency


def conan(shared):
    folder = work / f"conan-{shared}"
    recipe = conan_stub.make(packages / "conan/conanfile.py", folder, shared)
    assert (recipe.name, recipe.version) == ("klingrec", version), recipe.version
    package, info = folder / "package", recipe.cpp_info
    assert (package / "licenses/LICENSE").exists() and not (package / "share").exists()
    needs = [reference.partition("/")[0] for reference in recipe.required]
    for name in info.requires:  # "libcurl::libcurl"
        assert name.partition("::")[0] in needs, needs
    program = folder / "test_package"
    requires = [] if shared else [name.partition("::")[2] for name in info.requires]
    libraries = run(["pkg-config", "--libs", *requires]).split() if requires else []
    for file in (main_c, packages / "conan/test_package/test_package.c"):
        run(["cc", file, "-o", program, "-I", package / "include", "-L", package / "lib",
             *(f"-D{name}" for name in info.defines or []),
             *(f"-l{name}" for name in info.libs + info.system_libs), *libraries],
            env=environment())
        if file == main_c:
            use(program, shared, package / "lib")
    said = run([program], env=environment(LD_LIBRARY_PATH=str(package / "lib")))
    assert said.startswith(f"klingrec/{version} "), said


def conan_test_package():
    folder = packages / "conan/test_package"
    compile((folder / "conanfile.py").read_text(encoding="utf-8"), "conanfile.py", "exec")
    program, = re.findall(r"executable\('(\w+)'",
                          (folder / "meson.build").read_text(encoding="utf-8"))
    assert (folder / f"{program}.c").exists(), program


with tempfile.TemporaryDirectory(prefix="klingrec-packages-") as name:
    work = pathlib.Path(name)
    run([sys.executable, source / "tests/data/make_images.py", work, "portrait.png"])
    image = work / "portrait.png"
    if shutil.which("git"):
        case("a repository is made", clone)
        for library in ("shared", "static"):
            case(f"a project with the wrap uses klingrec, {library}", wrap, library)
    else:
        print("left out: git is not installed")
    case("vcpkg.json has its fields, and the version", vcpkg_manifest)
    for linkage in ("dynamic", "static"):
        case(f"a program uses the port's package, {linkage}", vcpkg, linkage)
    for shared in (True, False):
        case(f"a program uses the recipe's package, {'shared' if shared else 'static'}",
             conan, shared)
    case("the recipe's test_package is complete", conan_test_package)
end()
