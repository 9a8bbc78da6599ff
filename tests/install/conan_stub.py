# SPDX-License-Identifier: MIT
"""The parts of Conan 2 that the recipe uses, for a test without Conan.

make() runs a recipe's methods in Conan's order, with a real build by Meson and the options
of the recipe's toolchain.
"""
import pathlib
import re
import shutil
import sys
import types

from cases import FAST, environment, run


class ConanFile:
    pass


class Recorded(dict):
    """An object that takes whatever is set."""
    __getattr__, __setattr__ = dict.get, dict.__setitem__

    def set_property(self, name, value):
        self[name] = value


class MesonToolchain:
    def __init__(self, recipe):
        self.recipe, self.project_options = recipe, {}

    def generate(self):
        self.recipe.toolchain = {
            **self.project_options, "prefix": "/", "libdir": "lib",
            "default_library": "shared" if self.recipe.options.shared else "static"}


class PkgConfigDeps:
    def __init__(self, recipe):
        self.recipe = recipe

    def generate(self):
        assert self.recipe.required, "generate() comes after requirements()"


class Meson:
    def __init__(self, recipe):
        self.recipe = recipe

    def configure(self):
        run(["meson", "setup", self.recipe.build_folder, self.recipe.source_folder, *FAST,
             *(f"-D{name}={value}" for name, value in self.recipe.toolchain.items())],
            env=environment())

    def build(self):
        run(["ninja", "-C", self.recipe.build_folder], env=environment())

    def install(self):
        run(["meson", "install", "-C", self.recipe.build_folder, "--destdir",
             self.recipe.package_folder], env=environment())


def copy(_, pattern, src, dst):
    found = list(pathlib.Path(src).glob(pattern))
    assert found, f"nothing to copy: {pattern}"
    for path in found:  # Conan's patterns match in folders too
        to = pathlib.Path(dst) / path.relative_to(src)
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, to, dirs_exist_ok=True)
        else:
            shutil.copy(path, to)


def install_modules():
    for name, members in {
            "conan": {"ConanFile": ConanFile},
            "conan.tools": {},
            "conan.tools.build": {"can_run": lambda recipe: True},
            "conan.tools.files": {
                "copy": copy, "rmdir": lambda _, path: shutil.rmtree(path, True),
                "load": lambda _, path: pathlib.Path(path).read_text(encoding="utf-8")},
            "conan.tools.gnu": {"PkgConfigDeps": PkgConfigDeps},
            "conan.tools.layout": {"basic_layout": lambda recipe: None},
            "conan.tools.meson": {"Meson": Meson, "MesonToolchain": MesonToolchain}}.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)


def make(path, work, shared):
    """The recipe after package_info(); its package is in work/package."""
    install_modules()
    names = {}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    kind, = (v for v in names.values() if isinstance(v, type) and
             issubclass(v, ConanFile) and v is not ConanFile)
    recipe = kind()
    recipe.recipe_folder = str(path.parent)
    recipe.export_sources_folder = recipe.source_folder = str(work / "source")
    recipe.build_folder, recipe.package_folder = str(work / "build"), str(work / "package")
    recipe.options, recipe.settings = Recorded(shared=shared), Recorded(os="Linux")
    recipe.conf = types.SimpleNamespace(get=lambda name, check_type=None: None)
    recipe.cpp_info, recipe.required = Recorded(), []
    recipe.requires = recipe.tool_requires = recipe.required.append
    for step in ("set_version", "export_sources", "layout", "requirements",
                 "build_requirements", "generate", "build", "package", "package_info"):
        getattr(recipe, step)()
    for reference in recipe.required:
        assert re.fullmatch(r"[a-z0-9]+/\[>=[0-9.]+ <[0-9]+\]", reference), reference
    return recipe
