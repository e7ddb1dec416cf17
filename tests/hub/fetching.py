"""What tests of `pannier fetch` share: a folder, a store and a home of their own, and a way to run it."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PANNIER = os.environ.get("PANNIER", "")
MODEL = SOURCE / "examples" / "offline-sentiment" / "sst2-tiny"
SANITIZED = os.environ.get("PANNIER_SANITIZE") == "ON"
SECONDS_MAX = 250

INTERRUPTED = 130
OK, USAGE, CORRUPT, INCOMPLETE, UNTRUSTED, STALE, NOT_FOUND, UNSUPPORTED, LIMIT, IO, NETWORK, DENIED = (
    0, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13)
BLOCK_BYTES = 4 << 20  # what a kill may lose of each connection


def resident_peak_mb(pid):
    """The most resident memory that a running process had until now."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


class Run:
    """A process with its output in files: `wait()` gives `code`, `stdout`, `stderr`, `seconds` and `peak_mb`, the
    most memory it had."""

    def __init__(self, words, **more):
        self.words, self.code, self.peak_mb = words, None, 0
        self.output, self.errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.begin = time.monotonic()
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=self.errors, **more)

    def kill(self):
        self.process.kill()

    def wait(self):
        deadline = self.begin + SECONDS_MAX
        while self.code is None:
            # Not ru_maxrss: that counts what this process had when it forked.
            self.peak_mb = max(self.peak_mb, resident_peak_mb(self.process.pid))
            if time.monotonic() > deadline:
                self.process.kill()
            try:
                self.code = self.process.wait(0.005)
            except subprocess.TimeoutExpired:
                pass
        self.seconds = time.monotonic() - self.begin
        self.stdout, self.stderr = self.text_of(self.output), self.text_of(self.errors)
        return self

    @staticmethod
    def text_of(file):
        file.seek(0)
        with file:
            return file.read().decode("utf-8", "replace")

    def __str__(self):
        return f"{self.words}: exit {self.code} after {self.seconds:.1f} s\n{self.stdout}\n{self.stderr}"


class FetchCase(unittest.TestCase):
    maxDiff = 3000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pannier-fetch-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = self.folder / "store"
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "NO_PROXY": "127.0.0.1,127.0.0.2",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
        }

    def start(self, *words, **more):
        return Run([PANNIER, *words], cwd=self.folder, env=dict(self.environment, **more))

    def run_program(self, *words, expect=OK, **more):
        """`expect`: an exit code, or several; None for any. `more`: variables of its environment."""
        done = self.start(*words, **more).wait()
        if expect is not None:
            self.assertIn(done.code, expect if isinstance(expect, tuple) else (expect,), str(done))
        return done

    def fetch(self, hub, ref, *options, store=None, **more):
        return self.run_program("fetch", ref, "--hub-url", getattr(hub, "url", hub), "--store", store or self.store,
                                *options, **more)

    def shown(self, name, store=None):
        return json.loads(self.run_program("show", name, "--store", store or self.store, "--json").stdout)

    def exported(self, name, store=None):
        """Path -> bytes of what the store holds under that name."""
        target = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "out"
        self.run_program("export", name, "--store", store or self.store, "--local-dir", target)
        return {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}

    def assert_holds(self, name, commit, store=None):
        """The store holds under that name exactly what the commit does, byte for byte."""
        found = self.exported(name, store)
        self.assertEqual(sorted(found), sorted(commit.files))
        for path, file in commit.files.items():
            self.assertTrue(found[path] == file.content.read(0, file.size), f"{path} differs")

    def assert_holds_nothing(self, name, store=None):
        self.run_program("show", name, "--store", store or self.store, expect=NOT_FOUND)
