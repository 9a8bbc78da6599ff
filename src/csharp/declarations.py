# SPDX-License-Identifier: MIT
"""The declarations at the end of Klingrec.cs, made from klingrec.ffi.h.

declarations.py FFI_HEADER KLINGREC_CS [--write]

Without --write it compares, and fails if they differ. They are in the tree because C#
projects take the file as it is. Functions, structs and constants are those that the rest
of the file uses as C.NAME.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "include"))
sys.dont_write_bytecode = True
import ffi_header  # noqa: E402

header = ffi_header.Header(sys.argv[1])
path = pathlib.Path(sys.argv[2])
MARK = "    // ---- Made by declarations.py from klingrec.h, which has the comments ---------\n"
SCALARS = {"int": "int", "int32_t": "int", "uint32_t": "uint", "uint64_t": "ulong",
           "size_t": "UIntPtr", "bool": "bool", "void": "void"}
# Parameters that are not a number, and not a pointer that is passed as it is.
PARAMETERS = {"char *": "byte[]", "klingrec_client *": "ClientHandle",
              "klingrec_client **": "out ClientHandle", "klingrec_result **": "out IntPtr",
              "size_t *": "out UIntPtr", "uint64_t *": "out ulong"}
MAY_BE_NULL = {"klingrec_limits"}


def pascal(name):
    return "".join(part.capitalize() for part in name.split("_"))


def scalar(declared):
    return SCALARS.get(declared) or sys.exit(f"declarations.py: unknown type: {declared}")


def value(declared):
    return "IntPtr" if declared.endswith("*") else scalar(declared)


def parameter(declared, function):
    name = declared.partition(" *")[0]
    if function.endswith("_free"):  # called by the handle itself
        return "IntPtr"
    if declared == name + " *" and name in header.structs and (
            name not in MAY_BE_NULL or function.endswith("_init")):
        return "ref " + name
    return PARAMETERS.get(declared) or value(declared)


def enum(name, are_bits, members):
    members = "".join(f"        {pascal(member)} = {number},\n" for member, number in members)
    base = ": uint " if are_bits else ""
    return (f"    {'[Flags] ' if are_bits else ''}public enum {name} {base}\n    {{\n"
            f"{members}    }}\n\n").replace(" \n", "\n")


def struct(name):
    fields = "".join(f"            public {value(kind)} {field};\n"
                     for field, kind in header.structs[name])
    return ("        [StructLayout(LayoutKind.Sequential)]\n"
            f"        internal struct {name}\n        {{\n{fields}        }}\n\n")


def public(title, name):
    """A class with the numbers of a struct."""
    fields = [field for field, _ in header.structs[name] if field != "size"]
    return (f"    /// <summary>The fields of {name}.</summary>\n"
            f"    public sealed class {title}\n    {{\n" +
            "".join(f"        public readonly ulong {pascal(field)};\n" for field in fields) +
            f"\n        internal {title}(ref C.{name} from)\n        {{\n" +
            "".join(f"            {pascal(field)} = from.{field};\n" for field in fields) +
            "        }\n    }\n\n")


def function(name):
    result, parameters = header.functions[name]
    listed = ", ".join(f"{parameter(kind, name)} p{i}" for i, kind in enumerate(parameters))
    convert = "        [return: MarshalAs(UnmanagedType.I1)]\n" if result == "bool" else ""
    return (f"{convert}        [DllImport(Library.Name, "
            "CallingConvention = CallingConvention.Cdecl)]\n"
            f"        internal static extern {value(result)} {name}(\n"
            f"            {listed});\n\n").replace("(\n            )", "()")


def constant(name):
    strings, numbers = dict(header.strings), dict(header.constants)
    if name in strings:
        return f"        internal const string {name} = {strings[name]};\n"
    return f"        internal const uint {name} = {numbers[name]};\n"


def declarations(used):
    structs = [name for name in header.structs if name in used]
    sized = "".join(
        f"            {{{number}, typeof({name})}},\n" for name in structs
        for constant_name, number in header.constants
        if constant_name == "STRUCT_" + name[len("klingrec_"):].upper())
    return "".join([
        *(enum(*entry) for entry in header.enums),
        public("Stats", "klingrec_stats"),
        "    public static class Endpoint\n    {\n",
        *(f"        public const string {pascal(name[len('ENDPOINT_'):])} =\n"
          f"            {text};\n" for name, text in header.strings
          if name.startswith("ENDPOINT_")),
        "    }\n\n    internal static class C\n    {\n",
        *(constant(name) for name in sorted(used - {"Structs"})
          if not name.startswith("klingrec_")),
        "\n        // For klingrec_struct_size().\n"
        "        internal static readonly Dictionary<uint, Type> Structs =\n"
        f"            new Dictionary<uint, Type> {{\n{sized}        }};\n\n",
        *(struct(name) for name in structs),
        *(function(name) for name in header.functions if name in used),
    ]).rstrip() + "\n    }\n}\n"


text = path.read_text(encoding="utf-8")
begin, _, _ = text.partition(MARK)
made = begin + MARK + "\n" + declarations(set(re.findall(r"\bC\.(\w+)", begin)))
if sys.argv[3:] == ["--write"]:
    path.write_text(made, encoding="utf-8")
elif made != text:
    sys.exit(f"{path} differs from klingrec.h: run declarations.py with --write")
