#!/usr/bin/env python3
"""Proves that an executable holds no code that could dial out.

usage: check_symbols.py EXECUTABLE…

Reads the static and the dynamic symbol table with nm, defined and undefined names alike, and prints
each forbidden one; exits 1 where there is any, and 2 where the tables cannot be read or are so empty
that they prove nothing (a stripped file).
"""
import re
import subprocess
import sys

# What opens a connection, sends without one, finds an address, or does these behind our back. `bind`
# and `listen` are not here: a server that only answers will be part of the isolated side.
FORBIDDEN = re.compile(r"""^(?:__|_)?(?:
    connect | socket | socketpair | sendto | sendmsg | sendmmsg
  | getaddrinfo(?:_a)? | gai_\w+ | gethostby\w+ | getservby\w+ | getnetby\w+ | getprotoby\w+
  | (?:n|ns)?res_\w+ | dn_expand | ns_\w+
  | io_uring\w* | rexec\w* | rcmd\w*
  | BIO_\w*(?:connect|socket|sock|dgram|ADDR)\w* | SSL_\w+ | curl_\w+ | ares_\w+
  | dlopen | dlmopen
)$""", re.VERBOSE)
# Every program of ours has this many names at least, unless it was stripped.
SYMBOLS_MIN = 50


def symbols(path, *options):
    """Names that `nm` lists, versions (@GLIBC…) cut off. A table that is not there is empty."""
    done = subprocess.run(["nm", "--format=posix", *options, path], text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{path}: nm: {done.stderr.strip()}")
    return {line.split()[0].split("@")[0] for line in done.stdout.splitlines() if line.strip()}


def forbidden_symbols(path):
    """Sorted forbidden names; RuntimeError where the file proves nothing."""
    static = symbols(path)
    if len(static) < SYMBOLS_MIN:
        raise RuntimeError(f"{path}: only {len(static)} names in the static symbol table: stripped?")
    return sorted(name for name in static | symbols(path, "--dynamic") if FORBIDDEN.match(name))


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    status = 0
    for path in sys.argv[1:]:
        try:
            found = forbidden_symbols(path)
        except RuntimeError as error:
            print(error)
            return 2
        for name in found:
            print(f"{path}: {name}: could be used to dial out")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
