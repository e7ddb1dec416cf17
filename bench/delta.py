#!/usr/bin/env python3
"""What crosses when little has changed, and how long it takes: a delta beside zstd --patch-from, restic and borg.

usage: delta.py [--megabytes 64] [--rounds 3] [--json FILE]

Three changes to a folder that the far side has: a sentence more in a README beside weights; a fine-tune of the
weights (bfloat16, by the formula of bench/compress.py, over seeded normal numbers); one wheel more among sixty.
Rows: `pannier` is `pack --delta-from` a receipt of the far store, unsigned, the whole bundle with head and manifests,
installed and compared; `zstd --patch-from` the sum over changed files, each against its older self, the bare patches;
`restic` (encrypts) and `borg` (here does not): what a second backup adds to a repository that has the first. Seconds
on the clock of the second step alone, the best round. Run through `./dev bench delta`.
"""

import argparse
import io
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import zipfile

import numpy
from compress import fine_tuned, to_bfloat16, write_tensors

ROOT = pathlib.Path(__file__).resolve().parents[1]
PANNIER = os.environ.get("PANNIER", str(ROOT / "build" / "pannier"))
WHEELS = 60
ENVIRONMENT = {"RESTIC_PASSWORD": "bench", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}


# ---- what changes -----------------------------------------------------------------------------------


def make_weights(megabytes):
    random = numpy.random.default_rng(7)
    rows = max(1, megabytes * 1_000_000 // 2 // 1024)
    values = numpy.float32(0.02) * random.standard_normal(rows * 1024, dtype=numpy.float32)
    return {"w": ("BF16", [rows, 1024], to_bfloat16(values))}


def make_wheel(folder, number):
    """A wheel of some 200 kB: code that compresses a little, and a library that does not."""
    random, name = numpy.random.default_rng(number), f"pkg{number:02}"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in ((f"{name}/__init__.py", f"VALUE = {number}\n" * 500),
                           (f"{name}/lib.so", random.bytes(200_000)),
                           (f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")):
            archive.writestr(zipfile.ZipInfo(path), data)
    (folder / f"{name}-1.0-py3-none-any.whl").write_bytes(out.getvalue())


def make_model(folder, tensors, sentence):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type":"distilbert"}')
    words = numpy.random.default_rng(3).integers(0, 10_000, 20_000)
    lines = [" ".join(f"word{word}" for word in words[at:at + 10]) for at in range(0, len(words), 10)]
    (folder / "README.md").write_text("\n".join(lines[:1000] + sentence + lines[1000:]))
    write_tensors(folder / "model.safetensors", tensors)


def make_cases(folder, megabytes):
    """[(what, old folder, new folder)]"""
    weights = make_weights(megabytes)
    make_model(folder / "old" / "m", weights, [])
    make_model(folder / "readme" / "m", weights, ["This sentence was added by its authors last week."])
    make_model(folder / "tuned" / "m", fine_tuned(weights), [])
    for name, count in (("wheels", WHEELS), ("wheels-more", WHEELS + 1)):
        (folder / name / "m").mkdir(parents=True)
        for number in range(count):
            make_wheel(folder / name / "m", number)
    return [(what, folder / old / "m", folder / new / "m") for what, old, new in (
        ("changed README", "old", "readme"), ("fine-tune bf16", "old", "tuned"),
        (f"a wheel beside {WHEELS}", "wheels", "wheels-more"))]


# ---- how: each gives (bytes added, seconds) ----------------------------------------------------------


def run(*words, **more):
    begin = time.monotonic()
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, start_new_session=True,
                          env={**os.environ, **ENVIRONMENT, **more})
    if done.returncode != 0:
        raise SystemExit(f"{words}: exit code {done.returncode}\n{done.stderr}")
    return time.monotonic() - begin


def size_below(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def pannier(old, new, work):
    def call(*words):
        return run(PANNIER, *words, PANNIER_HOME=str(work / "home"))
    pack = ["--name", "m", "--no-load-test", "--allow-incomplete"]
    call("pack", f"dir:{old}", *pack, "-o", work / "first.pannier")
    for store in (work / "far", work / "home" / "store"):
        call("install", work / "first.pannier", "--store", store, "--allow-unsigned")
    call("receipt", "-o", work / "far.receipt", "--store", work / "far")
    seconds = call("pack", f"dir:{new}", *pack, "-o", work / "delta.pannier", "--delta-from", work / "far.receipt")
    call("install", work / "delta.pannier", "--store", work / "far", "--allow-unsigned")
    call("export", "m", "--local-dir", work / "out", "--store", work / "far")
    for path in new.iterdir():
        if (work / "out" / path.name).read_bytes() != path.read_bytes():
            raise SystemExit(f"{path.name} came back as something else")
    return (work / "delta.pannier").stat().st_size, seconds


def patch_from(old, new, work):
    total, elapsed = 0, 0.0
    for path in sorted(new.iterdir()):
        before, out = old / path.name, work / "patch"
        if before.exists() and before.read_bytes() == path.read_bytes():
            continue
        base = ["--long=31", f"--patch-from={before}"] if before.exists() else []
        elapsed += run("zstd", "-q", "-3", *base, "-f", path, "-o", out)
        total += out.stat().st_size
    return total, elapsed


def backup(work, init, save, old, new):
    """The second backup lies where the first did, as that of a folder which changed."""
    run(*init)
    folder = work / "m"
    shutil.copytree(old, folder)
    run(*save, folder)
    before = size_below(work / "repository")
    shutil.rmtree(folder)
    shutil.copytree(new, folder)
    seconds = run(*save, folder)
    return size_below(work / "repository") - before, seconds


def restic(old, new, work):
    repository = ["restic", "-q", "--cache-dir", work / "cache", "-r", work / "repository"]
    return backup(work, [*repository, "init"], [*repository, "backup"], old, new)


def borg(old, new, work):
    ENVIRONMENT["BORG_BASE_DIR"] = str(work / "base")
    place = work / "repository"
    return backup(work, ["borg", "init", "-e", "none", place],
                  ["borg", "create", "-C", "zstd,3", f"{place}::" + "{utcnow:%H%M%S%f}"], old, new)


ROWS = [("pannier", pannier, PANNIER), ("zstd --patch-from", patch_from, "zstd"), ("restic", restic, "restic"),
        ("borg", borg, "borg")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=64, help="of weights")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f}")
    print(f"{'change':22} {'row':18} {'folder':>11} {'added':>11} {'seconds':>8}")
    results = []
    with tempfile.TemporaryDirectory(prefix="pannier-delta-") as folder:
        for what, old, new in make_cases(pathlib.Path(folder), options.megabytes):
            for name, way, program in ROWS:
                if shutil.which(program) is None:
                    print(f"{what:22} {name:18} not installed")
                    continue
                rounds = []
                for _ in range(options.rounds):
                    with tempfile.TemporaryDirectory(dir=folder) as work:
                        rounds.append(way(old, new, pathlib.Path(work)))
                added, seconds = rounds[0][0], min(seconds for _, seconds in rounds)
                results.append({"change": what, "row": name, "folder": size_below(new), "added": added,
                                "seconds": seconds})
                print(f"{what:22} {name:18} {size_below(new):>11} {added:>11} {seconds:>8.2f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
