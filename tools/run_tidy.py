#!/usr/bin/env python3
"""Runs clang-tidy over the sources of src that changed since it last found nothing in them.

usage: run_tidy.py --build FOLDER [--clang-tidy PROGRAM] [--jobs N] [--analyze] [FILE…]

A source is clean for as long as its text, the text of every header of ours it includes (directly or
not), its compile command, .clang-tidy and clang-tidy itself stay what they were: that is hashed, and
the hash kept in FOLDER/tidy. Tests are left out: GoogleTest's macros cost more time than they are worth.
--analyze adds the static analyzer (clang-analyzer-*), which doubles the time.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
SRC = os.path.join(ROOT, "src")
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
IS_TEST = re.compile(r"_test(_[a-z]+)?\.cc$")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def with_headers(path, seen):
    """Adds to `seen` {path: contents} the file and every header below src that it leads to."""
    if path in seen or not os.path.isfile(path):
        return
    seen[path] = read(path)
    for name in INCLUDE.findall(seen[path]):
        with_headers(os.path.join(SRC, name.decode()), seen)


def fingerprint(command, salt):
    seen = {}
    with_headers(command["file"], seen)
    digest = hashlib.sha256()
    for part in (salt, read(os.path.join(ROOT, ".clang-tidy")), command["command"].encode()):
        digest.update(hashlib.sha256(part).digest())
    for path in sorted(seen):
        digest.update(path.encode() + b"\0" + hashlib.sha256(seen[path]).digest())
    return digest.hexdigest()


def commands_of(build, wanted):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    for command in commands:
        path = command["file"] = os.path.normpath(os.path.join(command["directory"], command["file"]))
        if path.startswith(SRC + os.sep) and not IS_TEST.search(path):
            if not wanted or path in wanted:
                yield command


def tidy(program, build, command, stamp):
    """The findings, as text; writes the stamp where there are none."""
    done = subprocess.run([*program, "--quiet", "-p", build, command["file"]], text=True, capture_output=True,
                          check=False)
    if done.returncode == 0:
        with open(stamp, "w", encoding="utf-8"):
            pass
        return ""
    return done.stdout or done.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--clang-tidy", default="clang-tidy")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--analyze", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    program = shlex.split(options.clang_tidy)
    version = subprocess.run([*program, "--version"], capture_output=True, check=True).stdout
    if not options.analyze:
        program.append("--checks=-clang-analyzer-*")
    stamps = os.path.join(options.build, "tidy")
    os.makedirs(stamps, exist_ok=True)
    wanted = {os.path.abspath(name) for name in options.files}

    found = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = {}
        for command in commands_of(options.build, wanted):
            stamp = os.path.join(stamps, fingerprint(command, version + " ".join(program).encode()))
            if not os.path.exists(stamp):
                work[pool.submit(tidy, program, options.build, command, stamp)] = command
        for done in concurrent.futures.as_completed(work):
            if done.result():
                print(done.result(), flush=True)
                found += 1
    print(f"clang-tidy: {len(work)} files looked at, findings in {found}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
