# SPDX-License-Identifier: MIT
"""Read klingrec.ffi.h, for the scripts that make declarations for a language.

A declaration that is not understood ends the build.
"""
import re

# Constants that become the members of an enumeration, by their prefix, and whether they
# are bits.
GROUPS = {"FORMAT_": ("Format", False), "PHASE_": ("Phase", False), "RULE_": ("Rule", True),
          "KIND_": ("Kind", True)}
BLOCK = r"(?:typedef )?(enum|struct)(?: (\w+))? \{(.*?)\}(?: \w+)?;"


class Header:
    """The names have no prefix KLINGREC_; those of types and functions are whole.

    strings     [(name, text in quotes)]
    constants   [(name, value)]
    enums       [(name, are bits, [(member, value)])]
    structs     {name: [(field, type)]}
    opaque      {name}, the structs that are also declared without their fields
    functions   {name: (type of the result, [type of a parameter])}

    A type is written as in C, without const: "uint32_t", "klingrec_result **". A pointer
    to a function is a "void *".
    """

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.strings = re.findall(r"/\* KLINGREC_(\w+) = (\".*\") \*/", text)
        self.constants, self.enums, self.structs, self.functions = [], [], {}, {}
        self.aliases, self.opaque = {}, set()
        text = " ".join(re.sub(r"/\*.*?\*/", " ", text, flags=re.S).split())
        while text:
            block = re.match(BLOCK, text)
            if block:
                text = text[block.end():].lstrip()
                self.read_block(*block.groups())
            else:
                statement, text = text.split(";", 1)
                text = text.lstrip()
                self.read_statement(statement)

    def type_of(self, declared):
        name, stars = re.fullmatch(r"(\w+) ?(\**)", declared.replace("const ", "")).groups()
        return f"{self.aliases.get(name, name)} {stars}".strip()

    def variable(self, declared):
        """(name, type) of a field or parameter."""
        hook = re.fullmatch(r".*\(\*(\w+)\)\(.*\)", declared)
        if hook:
            return hook.group(1), "void *"
        kind, name = re.fullmatch(r"(.*\W)(\w+)", declared).groups()
        return name, self.type_of(kind.strip())

    def read_block(self, kind, name, block):
        if kind == "struct":
            self.structs[name] = [self.variable(field.strip())
                                  for field in block.split(";") if field.strip()]
            return
        values = [(n, int(v)) for n, v in re.findall(r"KLINGREC_(\w+) = (-?\d+)", block)]
        if name:
            self.aliases[name] = "int"
            title = name[len("klingrec_"):]
            prefix = "" if title == "status" else title.upper() + "_"
            self.enums.append((title.capitalize(), False,
                               [(n[len(prefix):], v) for n, v in values]))
            return
        for prefix, (title, are_bits) in GROUPS.items():
            self.enums.append((title, are_bits, [(n[len(prefix):], v) for n, v in values
                                                 if n.startswith(prefix)]))
        self.constants += [(n, v) for n, v in values if not n.startswith(tuple(GROUPS))]

    def read_statement(self, statement):
        if found := re.fullmatch(r"typedef struct (\w+) \1", statement):
            self.opaque.add(found.group(1))
        elif found := re.fullmatch(r"typedef .*\(\*(\w+)\)\(.*\)", statement):
            self.aliases[found.group(1)] = "void *"
        elif found := re.fullmatch(r"typedef (\w+) (\w+)", statement):
            self.aliases[found.group(2)] = found.group(1)
        else:
            result, name, parameters = re.fullmatch(r"(.*\W)(\w+)\((.*)\)",
                                                    statement).groups()
            self.functions[name] = (self.type_of(result.strip()), [
                self.variable(p.strip())[1] for p in parameters.split(",") if p != "void"])
