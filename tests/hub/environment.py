"""Python environments with packages that tests run as they are: made with pip on first use, then kept.

They lie in build/venvs (or below $PANNIER_VENVS) and are made afresh when what is asked for changes. Making
one needs a package index; without, CannotMake says so.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get("PANNIER_VENVS") or ROOT / "build" / "venvs")
REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")


class CannotMake(Exception):
    """What went wrong, for people."""


def run(command, what):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        last = (done.stdout.strip().splitlines() or ["no message"])[-1]
        raise CannotMake(f"{what} failed ({last}): this test needs python3-venv, pip and a package index")


def make(name, requirements=REQUIREMENTS):
    """The folder of executables of the environment `name`; several processes may ask at once."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder, stamp = FOLDER / name, FOLDER / name / "made-from"
    text = pathlib.Path(requirements).read_text(encoding="utf-8") + sys.version
    digest = hashlib.sha256(text.encode()).hexdigest()
    with open(FOLDER / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
            shutil.rmtree(folder, ignore_errors=True)
            run([sys.executable, "-m", "venv", folder], "making a Python environment")
            run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r",
                 requirements], f"installing {pathlib.Path(requirements).name}")
            stamp.write_text(digest, encoding="utf-8")
    return folder / "bin"
