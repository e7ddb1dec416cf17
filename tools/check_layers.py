#!/usr/bin/env python3
"""Proves that every #include in src points downward, as tools/layers.txt says.

usage: check_layers.py [ROOT]

Prints `file:line: what is wrong` for each violation and exits 1; 0 where there is none; 2 where
layers.txt itself makes no sense.
"""
import fnmatch
import os
import re
import sys

IS_TEST = re.compile(r"_test(_[a-z]+)?\.cc$")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|(<[^>]+>))')


class TableError(Exception):
    pass


class Table:
    """layers.txt: `allowed[room]` is the set of rooms it may include; `forbidden` lists
    (rooms, excepted rooms, header patterns)."""

    def __init__(self, path):
        self.allowed = {}
        self.forbidden = []
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                line = line.split("#", 1)[0].strip()
                if not line:
                    continue
                head, colon, rest = line.partition(":")
                if not colon:
                    raise TableError(f"{path}:{number}: no colon in '{line}'")
                if head.startswith("forbid "):
                    self.add_forbidden(head.split()[1:], rest.split())
                else:
                    self.add_room(head.strip(), rest.split(), f"{path}:{number}")

    def add_room(self, room, below, where):
        if room in self.allowed:
            raise TableError(f"{where}: room '{room}' is there twice")
        for name in below:
            if name not in self.allowed:
                raise TableError(f"{where}: '{room}' names '{name}', which is no room above this line")
        self.allowed[room] = set(below)

    def add_forbidden(self, rooms, patterns):
        excepted = []
        if "but" in rooms:
            at = rooms.index("but")
            rooms, excepted = rooms[:at], rooms[at + 1:]
        self.forbidden.append((rooms, excepted, patterns))

    def room_of(self, path):
        """The room of a path below src: the longest one it lies in or is, or None."""
        folder = path
        while folder:
            if folder in self.allowed:
                return folder
            folder = os.path.dirname(folder)
        return None

    def forbids(self, room, header):
        def covers(names):
            return any(name == "*" or room == name or room.startswith(name + "/") for name in names)

        return any(
            covers(rooms) and not covers(excepted) and any(fnmatch.fnmatch(header, p) for p in patterns)
            for rooms, excepted, patterns in self.forbidden)


def includes_of(path):
    """(line number, name in quotes or None, <name> or None) for each #include; block comments and
    disabled code count too, since they come alive by one keystroke."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)


def check_file(table, src, path):
    """Violations of one file, as text."""
    where = f"src/{path}"
    room = table.room_of(path)
    if room is None:
        yield f"{where}:1: lies in no room: tools/layers.txt does not name its folder"
        return
    for number, quoted, angled in includes_of(os.path.join(src, path)):
        if angled:
            if table.forbids(room, angled) and not IS_TEST.search(path):
                yield f"{where}:{number}: {room} may not include {angled}"
            continue
        if os.path.normpath(quoted) != quoted or quoted.startswith(".."):
            yield f"{where}:{number}: \"{quoted}\" must be written as a path from src"
            continue
        if not os.path.isfile(os.path.join(src, quoted)):
            yield f"{where}:{number}: \"{quoted}\" is no file below src (system headers go in <>)"
            continue
        target = table.room_of(quoted)
        if target is None:
            yield f"{where}:{number}: \"{quoted}\" lies in no room"
        elif target != room and target not in table.allowed[room]:
            yield f"{where}:{number}: {room} may not include {target} (\"{quoted}\")"


def check(root):
    """All violations below ROOT/src, sorted by file."""
    table = Table(os.path.join(root, "tools", "layers.txt"))
    src = os.path.join(root, "src")
    violations = []
    for folder, folders, names in os.walk(src):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".cc", ".h", ".inc")):
                path = os.path.relpath(os.path.join(folder, name), src)
                violations += check_file(table, src, path)
    return violations


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    try:
        violations = check(root)
    except TableError as error:
        print(error)
        return 2
    print("\n".join(violations), end="\n" if violations else "")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
