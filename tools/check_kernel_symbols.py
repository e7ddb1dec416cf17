#!/usr/bin/env python3
"""Refuses shared function symbols in kernel units.

usage: check_kernel_symbols.py OBJECT...

A unit compiled for AVX2, AVX-512 or the SHA instructions must not define a function that another unit may define as well (a
template of the standard library, an inline function): the linker keeps one copy for everybody, perhaps
the one with instructions an older processor does not have, and the program dies there of SIGILL, far
from any kernel. `nm` marks such symbols weak (W, V) or unique (u). Prints `object: symbol` for each and
exits 1; 0 where there is none; 2 where an object cannot be read.
"""
import subprocess
import sys

SHARED = set("WVu")


def shared_symbols(nm_output):
    """Names of the shared symbols that are defined (a weak undefined one, `w`, is somebody else's)."""
    for line in nm_output.splitlines():
        fields = line.split(maxsplit=2)
        if len(fields) == 3 and fields[1] in SHARED:
            yield fields[2]


def main(objects):
    if not objects:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    found = False
    for path in objects:
        nm = subprocess.run(["nm", "--demangle", "--defined-only", path], text=True, capture_output=True, check=False)
        if nm.returncode != 0:
            print(f"{path}: {nm.stderr.strip()}", file=sys.stderr)
            return 2
        for symbol in shared_symbols(nm.stdout):
            print(f"{path}: {symbol}")
            found = True
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
