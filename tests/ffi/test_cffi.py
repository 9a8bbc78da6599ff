# SPDX-License-Identifier: MIT
"""Test klingrec.ffi.h with Python's cffi: all symbols, all constants, and real calls.

test_cffi.py FFI_HEADER LIBRARY STANDIN MAKE_IMAGES MAP INCLUDE [LUAJIT SCRIPT]

With the last two, LuaJIT runs the same tests with the stand-in that this test started.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import cffi

ffi_header, library, standin, make_images, map_file, include, *luajit = sys.argv[1:]
ffi = cffi.FFI()
with open(ffi_header, encoding="utf-8") as header:
    text = header.read()
ffi.cdef(text)
lib = ffi.dlopen(library)
passed = failed = 0


def case(name, function, *args, **options):
    global passed, failed
    try:
        function(*args, **options)
        passed += 1
    except (AssertionError, AttributeError, OSError, subprocess.SubprocessError) as error:
        failed += 1
        print(f"FAILED {name}: {error!r}")


def cc(source, *options):
    return subprocess.run(["cc", "-std=c11", "-I", include, "-x", "c", "-", *options],
                          input=source, capture_output=True, text=True, check=True).stdout


PROGRAM = "#include <klingrec/transport.h>\n#include <stdio.h>\n"
SIZED = "config request reader limits image_info batch stats transport".split()


def constants_of_headers():
    """Name and value of each constant, printed by a compiled C program."""
    macros = re.findall(r"^#define (KLINGREC_\w+) (\S.*)$", cc(PROGRAM, "-E", "-dM"), re.M)
    names = {name for name, value in macros
             if not value.startswith(("__attribute__", "__declspec"))}
    for block in re.findall(r"typedef enum \w+ \{(.*?)\}", cc(PROGRAM, "-E", "-P"), re.S):
        names |= set(re.findall(r"KLINGREC_\w+", block))
    lines = "".join(
        f'_Generic(({name}), char *: puts("{name} text"), '
        f'default: printf("{name} %lld\\n", (long long)({name})));\n'
        for name in sorted(names))
    with tempfile.TemporaryDirectory() as folder:
        # For text the program prints only that it is text; its definition is compared.
        cc(PROGRAM + "int main(void) {\n" + lines + "return 0; }\n",
           "-w", "-o", folder + "/values")
        done = subprocess.run([folder + "/values"], capture_output=True, text=True,
                              check=True)
    return dict(line.split() for line in done.stdout.splitlines()), dict(macros)


def every_symbol_is_declared():
    with open(map_file, encoding="utf-8") as file:
        names = re.findall(r"^\s+(klingrec_\w+);", file.read(), re.M)
    assert len(names) > 50
    missing = [name for name in names if not hasattr(lib, name)]
    assert not missing, missing


def every_constant_has_the_value_of_the_compiler():
    values, macros = constants_of_headers()
    assert len(values) > 100, len(values)
    mask = 2 ** 64 - 1
    for name, value in values.items():
        if value == "text":
            assert f"/* {name} = {macros[name]} */" in text, name
        else:
            assert getattr(lib, name) & mask == int(value) & mask, name


def structs_have_the_sizes_of_the_library():
    for name in SIZED:
        number = getattr(lib, "KLINGREC_STRUCT_" + name.upper())
        type_name = "klingrec_" + name
        assert lib.klingrec_struct_size(number) == ffi.sizeof(type_name), name
        value = ffi.new(type_name + " *")
        init = getattr(lib, f"klingrec_{name}_init")
        assert init(value, ffi.sizeof(type_name)) == lib.KLINGREC_OK, name
        assert value.size == ffi.sizeof(type_name), name


def sized(name):
    value = ffi.new(f"klingrec_{name} *")
    assert getattr(lib, f"klingrec_{name}_init")(value, ffi.sizeof(value[0])) == 0
    return value


def request_of(source, *args):
    request = ffi.new("klingrec_request *")
    init = getattr(lib, "klingrec_request_init_" + source)
    assert init(request, ffi.sizeof("klingrec_request"), *args) == lib.KLINGREC_OK
    return request


def the_version_is_text():
    version = ffi.string(lib.klingrec_version_string()).decode()
    assert version.startswith("klingrec/") and " jansson/" in version, version


def check_takes(source, *args):
    info = sized("image_info")
    request = request_of(source, *args)
    status = lib.klingrec_check(request, ffi.NULL, info)
    assert status == lib.KLINGREC_OK, status
    assert info.format == lib.KLINGREC_FORMAT_PNG and info.width >= 300


def check_refuses_a_reserved_field():
    request = request_of("url", ffi.from_buffer("char[]", b"https://example.org/a.png\0"))
    request.reserved = 1
    assert lib.klingrec_check(request, ffi.NULL, ffi.NULL) == lib.KLINGREC_ERR_ARGUMENT


def recognize(endpoint, path):
    config = sized("config")
    kept = [ffi.new("char[]", b"standin-key"), ffi.new("char[]", endpoint.encode())]
    config.api_key, config.endpoint = kept
    client, result = ffi.new("klingrec_client **"), ffi.new("klingrec_result **")
    assert lib.klingrec_client_new(config, ffi.NULL, 0, client) == lib.KLINGREC_OK
    request = request_of("file", path)
    status = lib.klingrec_recognize(client[0], request, result)
    message = ffi.string(lib.klingrec_result_message(result[0]))
    assert status == lib.KLINGREC_OK, message
    assert lib.klingrec_result_contains(result[0], lib.KLINGREC_KIND_FACE)
    lib.klingrec_result_free(result[0])
    lib.klingrec_client_free(client[0])


def main(folder):
    subprocess.run([sys.executable, make_images, folder, "portrait.png"], check=True,
                   stdout=subprocess.DEVNULL)
    image = pathlib.Path(folder) / "portrait.png"
    data = image.read_bytes()
    path = ffi.new("char[]", str(image).encode())
    pixels = ffi.new("char[]", data)

    @ffi.callback("ptrdiff_t(void *, uint64_t, void *, size_t)")
    def read_at(_, offset, buf, size):
        part = data[offset:offset + size]
        ffi.memmove(buf, part, len(part))
        return len(part)

    reader = sized("reader")
    reader.read_at, reader.length = read_at, len(data)

    case("every symbol of the map is declared", every_symbol_is_declared)
    case("every constant has the value of the compiler",
         every_constant_has_the_value_of_the_compiler)
    case("structs have the sizes of the library", structs_have_the_sizes_of_the_library)
    case("the version is text", the_version_is_text)
    case("a file passes the check", check_takes, "file", path)
    case("bytes pass the check", check_takes, "bytes", pixels, len(data))
    case("a reader in Python passes the check", check_takes, "reader", reader)
    case("a reserved field that is not 0 is refused", check_refuses_a_reserved_field)

    server = subprocess.Popen([standin, "--port", "0", "--exit-with-parent"],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[-1]
        endpoint = url + "/kling/v1/videos/image-recognize"
        case("the stand-in recognises the file", recognize, endpoint, path)
        if luajit:
            case("LuaJIT does the same", subprocess.run,
                 [*luajit, ffi_header, library, endpoint, image], check=True)
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


with tempfile.TemporaryDirectory() as work:
    main(work)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
