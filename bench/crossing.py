#!/usr/bin/env python3
"""Times reading bundles: `pannier verify` beside `openssl dgst -sha256`, and `pannier install` beside copying.

usage: crossing.py [--rounds 5] [--megabytes 1024] [--folder DIR] [--json FILE]

verify: a bundle of one blob beside one openssl process over the same file, and a bundle of as many blobs as
there are processors beside one openssl process for each of these files, all at once. The page cache is warm.
install: into a new store, beside cp + sync + openssl of the same bundle on the same disk. Rows take turns in
each round, and the medians are compared. The executable is $PANNIER, else build/pannier.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PANNIER = os.environ.get("PANNIER", str(ROOT / "build" / "pannier"))


def run_all(commands):
    """Runs commands at the same time; the seconds until the last one has ended."""
    begin = time.perf_counter()
    processes = [subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                 for command in commands]
    for process, command in zip(processes, commands):
        _, errors = process.communicate()
        if process.returncode != 0:
            sys.exit(f"crossing.py: {' '.join(map(str, command))}: exit {process.returncode}\n{errors.decode()}")
    return time.perf_counter() - begin


def write_noise(path, count):
    with open(path, "wb") as file:
        for _ in range(count):
            file.write(os.urandom(1 << 20))


def pack(folder, name, files, megabytes):
    """The bundle of a model of so many files of so many megabytes each; its files stay beside it."""
    model = folder / name
    model.mkdir()
    for number in range(files):
        write_noise(model / f"part-{number}.bin", megabytes)
    bundle = folder / f"{name}.pannier"
    run_all([[PANNIER, "pack", model, "-o", bundle, "--plain", "--quiet"]])
    return bundle, sorted(model.iterdir())


def openssl(files):
    return [["openssl", "dgst", "-sha256", file] for file in files]


def install(bundle, work):
    return run_all([[PANNIER, "install", bundle, "--store", work / "store", "--allow-unsigned", "--quiet"]])


def copy(bundle, work):
    work.mkdir()
    return (run_all([["cp", bundle, work / "copy"]]) + run_all([["sync", "-f", work / "copy"]])
            + run_all(openssl([work / "copy"])))


def in_new_folder(folder, action, bundle):
    work = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "work"
    os.sync()
    seconds = action(bundle, work)
    shutil.rmtree(work.parent)
    return seconds


def compare(title, rows, rounds, aim):
    """`rows`: ours first, then the peer. Round -1 warms up."""
    seconds = {name: [] for name in rows}
    for number in range(-1, rounds):
        for name, row in rows.items():
            spent = row()
            if number >= 0:
                seconds[name].append(spent)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    (_, ours), (_, peer) = medians.items()
    print(f"\n{title}")
    for name, median in medians.items():
        print(f"  {name:<28} {median:8.3f} s")
    print(f"  time against the peer: {ours / peer:.2f}x (aim: at most {aim})")
    return {"title": title, "seconds": seconds, "ratio": ours / peer, "aim": aim}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pannier-crossing-", dir=arguments.folder))
    cores = len(os.sched_getaffinity(0))
    print(f"load before: {os.getloadavg()[0]:.2f}; {cores} processors")
    try:
        one, _ = pack(folder, "one", 1, arguments.megabytes)
        many, parts = pack(folder, "many", cores, arguments.megabytes)
        os.sync()
        results = [
            compare("verify, one blob", {"pannier verify": lambda: run_all([[PANNIER, "verify", one, "--quiet"]]),
                                         "openssl dgst -sha256": lambda: run_all(openssl([one]))},
                    arguments.rounds, 1 / 0.9),
            compare(f"verify, {cores} blobs",
                    {"pannier verify": lambda: run_all([[PANNIER, "verify", many, "--quiet"]]),
                     "openssl, one process a core": lambda: run_all(openssl(parts))}, arguments.rounds, 1 / 0.9),
            compare("install", {"pannier install": lambda: in_new_folder(folder, install, one),
                                "cp + sync + openssl": lambda: in_new_folder(folder, copy, one)},
                    arguments.rounds, 1.15),
        ]
    finally:
        shutil.rmtree(folder)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
