# SPDX-License-Identifier: MIT
"""A recipe for Conan 2, which builds the clone that it is in: conan create CLONE/pkgconfig/conan"""
import os
import re

from conan import ConanFile
from conan.tools.files import copy, load, rmdir
from conan.tools.gnu import PkgConfigDeps
from conan.tools.layout import basic_layout
from conan.tools.meson import Meson, MesonToolchain

required_conan_version = ">=2.4"


class KlingrecConan(ConanFile):
    name = "klingrec"
    description = "Client for the Kling image-recognition service"
    license = "MIT"
    topics = ("image-recognition", "kling", "http-client")
    package_type = "library"
    languages = "C"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ["auto_shared_fpic"]

    @property
    def _clone(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        text = load(self, os.path.join(self._clone, "meson.build"))
        self.version = re.search(r"version: '([0-9.]+)'", text).group(1)

    def export_sources(self):
        for pattern in ("*.md", "LICENSE", "meson.build", "meson_options.txt", "docs/*",
                        "examples/*", "include/*", "pkgconfig/*", "src/*",
                        "tests/meson.build"):
            copy(self, pattern, self._clone, self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires("libcurl/[>=7.78 <9]")
        self.requires("jansson/[>=2.14 <3]")

    def build_requirements(self):
        self.tool_requires("meson/[>=1.2 <2]")
        if not self.conf.get("tools.gnu:pkg_config", check_type=str):
            self.tool_requires("pkgconf/[>=2.1 <3]")

    def generate(self):
        PkgConfigDeps(self).generate()
        toolchain = MesonToolchain(self)
        for part in ("cli", "standin", "python", "lua", "examples", "tests"):
            toolchain.project_options[part] = "disabled"
        toolchain.generate()

    def build(self):
        meson = Meson(self)
        meson.configure()
        meson.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        Meson(self).install()
        # Conan makes its own files for pkg-config and CMake.
        for folder in ("lib/pkgconfig", "lib/cmake", "share"):
            rmdir(self, os.path.join(self.package_folder, folder))

    def package_info(self):
        self.cpp_info.libs = ["klingrec"]
        self.cpp_info.set_property("pkg_config_name", "klingrec")
        self.cpp_info.set_property("cmake_file_name", "klingrec")
        self.cpp_info.set_property("cmake_target_name", "klingrec::klingrec")
        self.cpp_info.requires = ["libcurl::libcurl", "jansson::jansson"]
        if not self.options.shared:
            self.cpp_info.defines = ["KLINGREC_STATIC"]
        if self.settings.os == "Windows":
            self.cpp_info.system_libs = ["ws2_32", "bcrypt"]
        else:
            self.cpp_info.system_libs = ["pthread"]
