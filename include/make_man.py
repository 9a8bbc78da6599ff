# SPDX-License-Identifier: MIT
"""Manual pages (3) from the comments of the public headers, as mdoc.

make_man.py FOLDER KLINGREC_H TRANSPORT_H

klingrec.3 is the comment on top of klingrec.h. Each section of klingrec.h is a page,
and transport.h is one. Each function and each type has a page that is a link.
"""
import pathlib
import re
import sys

DATE = "November 24, 2026"


# ---- The header ------------------------------------------------------------------

def comment_text(comment):
    """The lines of a comment without its marks."""
    lines = re.sub(r"^/\* ?|\s*\*/$", "", comment.strip()).split("\n")
    return "\n".join(re.sub(r"^ \* ?|^   (?=\S)", "", line).rstrip()
                     for line in lines).strip("\n")


def declarations(body):
    """What C sees, without what only compilers need; inline functions as prototypes."""
    for pattern, by in (
            (r"^#define KLINGREC_DEFINE_DEFAULT.*\n(?:.*\\\n)*.*\n", ""),
            (r"^KLINGREC_DEFINE_DEFAULT\((\w+)\)", r"\1 \1_default(void);"),
            (r"^static inline ([^{]*?)\n\{\n(?:.*\n)*?\}\n", r"\1;\n"),
            (r"^#(?:if|endif|undef|include).*\n|^extern \"C\" \{\n|^\}\n", ""),
            (r"\bKLINGREC_(?:API|MUST_CHECK)\s+", "")):
        body = re.sub(pattern, by, body, flags=re.M)
    return body


def pieces(body):
    """Each comment that begins a line, with the declarations behind it."""
    parts = re.split(r"^(/\*(?:.|\n)*?\*/)\n", "\n" + declarations(body), flags=re.M)
    for comment, code in zip(["", *parts[1::2]], parts[::2]):
        yield comment_text(comment), code.strip("\n")


def names_in(code):
    """The functions and types that are declared."""
    code = re.sub(r"/\*(?:.|\n)*?\*/", "", code)
    types = re.findall(r"^(?:typedef )?(?:struct|enum) (\w+) \{", code, re.M)
    types += re.findall(r"^typedef .*\(\*(\w+)\)", code, re.M)
    types += re.findall(r"^typedef [^(){}]*?(\w+);", code, re.M)
    outside = re.sub(r"\{(?:.|\n)*?\}|^typedef [^;]*;", "", code, flags=re.M)
    return re.findall(r"\b(klingrec_\w+)\(", outside) + types


# ---- The pages -------------------------------------------------------------------

def escape(line):
    line = line.replace("\\", "\\e").rstrip()
    return "\\&" + line if line.startswith((".", "'")) else line


def literal(lines):
    return [".Bd -literal", *map(escape, lines), ".Ed"]


def filled(text):
    """Paragraphs, each sentence on its own line; those that are indented as they are."""
    out = []
    for paragraph in filter(None, text.split("\n\n")):
        lines = paragraph.split("\n")
        if all(line.startswith("  ") for line in lines):
            out += literal(lines)
        else:
            sentences = re.sub(r"([.!?]) +", r"\1\n", " ".join(lines))
            out += [".Pp", *map(escape, sentences.split("\n"))]
    return out


def page(name, names, title, include, description):
    described = [".Nm " + each + (" ," if each != names[-1] else "") for each in names]
    while description and description[0] == ".Pp":
        description.pop(0)
    return "\n".join([
        f".Dd {DATE}", f".Dt {name.upper()} 3", ".Os", ".Sh NAME", *described,
        ".Nd " + title, ".Sh LIBRARY", "klingrec (-lklingrec)", ".Sh SYNOPSIS",
        f".In {include}", ".Sh DESCRIPTION", *description, ".Sh SEE ALSO",
        ".Xr klingrec 1" + ("" if name == "klingrec" else " ,\n.Xr klingrec 3"), ""])


def described(body):
    """The names in a part of a header, and what a page says of them."""
    names, out = [], []
    for comment, code in pieces(body):
        out += filled(comment)
        if code:
            out += literal(re.sub(r"\n\n+", "\n", code).split("\n"))
            names += names_in(code)
    return list(dict.fromkeys(names)), out


def main(folder, klingrec_h, transport_h):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.3"):
        old.unlink()

    def write(name, names, title, include, description):
        text = page(name, names, title, include, description)
        (folder / (name + ".3")).write_text(text, encoding="utf-8")
        for each in names:
            if each != name:
                (folder / (each + ".3")).write_text(f".so man3/{name}.3\n",
                                                    encoding="utf-8")

    text = pathlib.Path(klingrec_h).read_text(encoding="utf-8")
    parts = re.split(r"^/\* -{4} (.*?) -+ \*/$", text, flags=re.M)
    top = comment_text(re.match(r"/\*(?:.|\n)*?\*/", text)[0]).split("\n\n", 2)[2]
    write("klingrec", ["klingrec"], "client library for Kling's image recognition",
          "klingrec/klingrec.h", filled(top))
    for title, body in zip(parts[1::2], parts[2::2]):
        short = title.split(":")[0]
        names, description = described(body)
        write("klingrec-" + short.lower().replace(" ", "-"), names, title,
              "klingrec/klingrec.h", description)
    text = pathlib.Path(transport_h).read_text(encoding="utf-8")
    top, body = re.match(r"(/\*(?:.|\n)*?\*/)((?:.|\n)*)", text).groups()
    body = re.sub(r"^/\* -{4} .*\n|^#define KLINGREC_TRANSPORT_H\n", "", body, flags=re.M)
    names, description = described(body)
    title, _, top = comment_text(top).split("\n\n", 2)
    write("klingrec-transport", names, title.split(" - ")[1], "klingrec/transport.h",
          filled(top) + description)


main(*sys.argv[1:])
