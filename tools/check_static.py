#!/usr/bin/env python3
"""Proves that an executable asks nothing of the host it runs on, and is hardened.

usage: check_static.py [--stripped] [--bytes-max N] [--map LINK_MAP [--connects]] EXECUTABLE

Reads the ELF headers: no interpreter, no shared library, position-independent, relocations read-only
after the start, no memory both writable and executable. --stripped: no symbol table either. --map reads
which members of libc.a were linked: none may load the host's name services, character sets or other
code (docs/decisions/0005-static-executables.md), and none may open a connection but with --connects. Prints each finding and exits 1; 0 where there is none;
2 where a file cannot be read.
"""
import argparse
import re
import struct
import sys

ET_DYN = 3
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
PF_X, PF_W = 1, 2
DT_NEEDED, DT_RPATH, DT_TEXTREL, DT_RUNPATH, DT_FLAGS, DT_FLAGS_1 = 1, 15, 22, 29, 30, 0x6FFFFFFB
DF_TEXTREL, DF_BIND_NOW, DF_1_NOW, DF_1_PIE = 4, 8, 1, 0x08000000
SHT_SYMTAB = 2

# Members of libc.a that load code of the host or ask its name services.
FORBIDDEN_MEMBER = re.compile(r"""^(?:
    dlm?open | dl-libc | iconv | iconv_open
  | get(?:addr|name)info | gethst\w+ | getsrv\w+ | getnet\w+ | getproto\w+ | f?getpw\w* | getgr(?:nam|gid|ent)\w*
  | initgroups | nss\w* | nscd\w* | res[_-]\w+ | ifaddrs | if_index
)$""", re.VERBOSE)
# Members that open a connection or send without one.
CONNECTING_MEMBER = re.compile(r"^(?:socket|connect|send(?:to|msg|mmsg))$")
# Every static program of ours has this many members of libc.a at least, unless the map was cut short.
MEMBERS_MIN = 100


class Elf:
    """The program headers, dynamic entries and section types of a 64-bit little-endian ELF file."""

    def __init__(self, data):
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("no 64-bit little-endian ELF file")
        (self.type, _, _, _, program, section, _, _, program_bytes, program_count, section_bytes,
         section_count, _) = struct.unpack_from("<HHIQQQIHHHHHH", data, 16)
        self.segments = []
        self.dynamic = []
        for i in range(program_count):
            kind, flags, offset, _, _, length = struct.unpack_from("<IIQQQQ", data, program + i * program_bytes)
            self.segments.append((kind, flags))
            if kind == PT_DYNAMIC:
                self.dynamic = [struct.unpack_from("<QQ", data, at) for at in range(offset, offset + length - 15, 16)]
        self.sections = [struct.unpack_from("<I", data, section + i * section_bytes + 4)[0]
                         for i in range(section_count)]

    def flags(self, tag):
        return sum(value for found, value in self.dynamic if found == tag)

    def has(self, *tags):
        return any(found in tags for found, _ in self.dynamic)


def elf_findings(data, stripped):
    elf = Elf(data)
    kinds = [kind for kind, _ in elf.segments]
    if elf.type != ET_DYN or not elf.flags(DT_FLAGS_1) & DF_1_PIE:
        yield "not position-independent"
    if PT_INTERP in kinds:
        yield "asks for a program interpreter (ld.so)"
    if elf.has(DT_NEEDED):
        yield "needs shared libraries"
    if elf.has(DT_RPATH, DT_RUNPATH):
        yield "has a search path for libraries"
    if elf.has(DT_TEXTREL) or elf.flags(DT_FLAGS) & DF_TEXTREL:
        yield "relocates its own code"
    if PT_GNU_RELRO not in kinds:
        yield "relocated pages stay writable (no RELRO)"
    if not elf.flags(DT_FLAGS) & DF_BIND_NOW and not elf.flags(DT_FLAGS_1) & DF_1_NOW:
        yield "relocations are resolved late (no -z now)"
    if PT_GNU_STACK not in kinds or any(kind == PT_GNU_STACK and flags & PF_X for kind, flags in elf.segments):
        yield "the stack is executable"
    if any(kind == PT_LOAD and flags & PF_X and flags & PF_W for kind, flags in elf.segments):
        yield "a segment is writable and executable"
    if stripped and SHT_SYMTAB in elf.sections:
        yield "has a symbol table (not stripped)"


def map_findings(text, connects):
    """The members of libc.a that a map of GNU ld lists as included, and who asked for each."""
    included = text.split("\nDiscarded input sections", 1)[0]
    members = re.findall(r"^\S*/libc\.a\((\S+)\.o\)\s+(.*)$", included, re.MULTILINE)
    if len(members) < MEMBERS_MIN:
        raise ValueError(f"the map names only {len(members)} members of libc.a: not a whole map of a static program")
    for member, wanted_by in members:
        if FORBIDDEN_MEMBER.match(member) or (CONNECTING_MEMBER.match(member) and not connects):
            yield f"holds {member}.o of libc.a, wanted by {wanted_by.rsplit('/', 1)[-1]}"


def findings(options):
    with open(options.executable, "rb") as file:
        data = file.read()
    found = list(elf_findings(data, options.stripped))
    if options.bytes_max and len(data) > options.bytes_max:
        found.append(f"{len(data)} bytes, at most {options.bytes_max} are allowed")
    if options.map:
        with open(options.map, encoding="utf-8", errors="replace") as file:
            found += map_findings(file.read(), options.connects)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--stripped", action="store_true")
    parser.add_argument("--bytes-max", type=int)
    parser.add_argument("--map")
    parser.add_argument("--connects", action="store_true")
    parser.add_argument("executable")
    options = parser.parse_args()
    try:
        found = findings(options)
    except (OSError, ValueError, struct.error) as error:
        print(f"{options.executable}: {error}")
        return 2
    for finding in found:
        print(f"{options.executable}: {finding}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
