"""Wheels for machines that are not this one: from an index into the store, through a bundle, out as a folder
that pip installs from without a network. Made-up packages from the test index, and a small real set.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest
import zipfile

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import environment  # noqa: E402: the path is set above
from fetching import CORRUPT, OK, FetchCase  # noqa: E402
from simple_index import SimpleIndex, make_wheel  # noqa: E402

OLD_LINUX = "linux-x86_64-glibc2.17-cp39"
WINDOWS = "windows-x86_64-cp312"
REAL_SET = ("tokenizers", "safetensors", "huggingface_hub")


def this_machine():
    """Its own target."""
    glibc = os.confstr("CS_GNU_LIBC_VERSION").split()[1]
    return f"linux-{os.uname().machine}-glibc{glibc}-cp{sys.version_info[0]}{sys.version_info[1]}"


def network_namespace():
    """The words that run a command without a network; none where the kernel lets us not."""
    for words in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return []


class Case(FetchCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.bin = environment.make("hub")
        except environment.CannotMake as problem:
            raise AssertionError(problem) from None

    def setUp(self):
        super().setUp()
        self.environment["PANNIER_UV"] = str(self.bin / "uv")

    def export(self, target, store=None):
        """The names of the wheels that are exported for the target, and where they lie."""
        folder = self.folder / f"wheels-{target}"
        self.run_program("export", f"wheels/{target}", "--wheelhouse", folder, "--store", store or self.store)
        return sorted(path.name for path in folder.glob("*.whl")), folder

    def pip(self, folder, *words):
        """pip in a fresh environment that has only the folder, and no network where that can be had."""
        site = folder.parent / (folder.name + "-venv")
        if not site.exists():
            subprocess.run([sys.executable, "-m", "venv", site], check=True)
        done = subprocess.run(
            [*network_namespace(), site / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-cache-dir",
             "--disable-pip-version-check", "--no-index", "--find-links", folder, *words],
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "PIP_CONFIG_FILE": os.devnull}, capture_output=True,
            text=True, check=False, timeout=250)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return site / "bin" / "python"


class MadeUp(Case):
    """tool -> helper (everywhere), winhelper (Windows), backport (Python < 3.10); native has wheels for both."""

    def setUp(self):
        super().setUp()
        self.wheels = self.folder / "index"
        self.wheels.mkdir()
        make_wheel(self.wheels, "tool", "1.0", requires=[
            "helper>=1.5", "native", "winhelper; sys_platform == 'win32'", "backport; python_version < '3.10'"])
        make_wheel(self.wheels, "helper", "1.0")
        make_wheel(self.wheels, "helper", "2.0", requires_python=">=3.8")
        make_wheel(self.wheels, "helper", "3.0", requires_python=">=3.11")
        make_wheel(self.wheels, "winhelper", "1.0", "py3-none-win_amd64")
        make_wheel(self.wheels, "backport", "1.0")
        make_wheel(self.wheels, "native", "1.0", "cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64")
        make_wheel(self.wheels, "native", "1.0", "cp39-cp39-manylinux_2_28_x86_64")
        make_wheel(self.wheels, "native", "1.0", "cp312-cp312-win_amd64")
        make_wheel(self.wheels, "native", "1.0", "cp312-cp312-macosx_11_0_arm64")
        make_wheel(self.wheels, "shared", "1.0")

    def index(self, **more):
        index = SimpleIndex(self.wheels, **more)
        self.addCleanup(index.close)
        return index

    def words(self, index, *targets, packages=("tool",)):
        words = ["--index-url", index.url + "/simple"]
        for package in packages:
            words += ["--pip", package]
        for target in targets:
            words += ["--target", target]
        return words

    def fetch_wheels(self, index, *targets, **more):
        packages = more.pop("packages", ("tool",))
        return self.run_program("fetch", "--store", self.store, *self.words(index, *targets, packages=packages), **more)

    def test_markers_and_tags_are_the_target_s(self):
        for options in ({}, {"json_pages": False}, {"metadata": False}):
            with self.subTest(options):
                shutil.rmtree(self.store, ignore_errors=True)
                index = self.index(**options)
                self.fetch_wheels(index, OLD_LINUX, WINDOWS)
                self.assertEqual(self.export(OLD_LINUX)[0], [
                    "backport-1.0-py3-none-any.whl", "helper-2.0-py3-none-any.whl",
                    "native-1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "tool-1.0-py3-none-any.whl"])
                self.assertEqual(self.export(WINDOWS)[0], [
                    "helper-3.0-py3-none-any.whl", "native-1.0-cp312-cp312-win_amd64.whl", "tool-1.0-py3-none-any.whl",
                    "winhelper-1.0-py3-none-win_amd64.whl"])
                shutil.rmtree(self.folder / f"wheels-{OLD_LINUX}")
                shutil.rmtree(self.folder / f"wheels-{WINDOWS}")

    def test_a_wheel_that_two_targets_share_is_fetched_and_stored_once(self):
        index = self.index()
        self.fetch_wheels(index, OLD_LINUX, WINDOWS, packages=("shared",))
        fetched = [row for row in index.rows("bytes") if row.path == "/files/shared-1.0-py3-none-any.whl"]
        self.assertEqual(len([row for row in fetched if row.method == "GET"]), 1)

    def test_through_a_bundle(self):
        index = self.index()
        self.run_program("pack", "-o", "w.pannier", "--store", self.folder / "near", *self.words(index, OLD_LINUX, WINDOWS))
        self.run_program("install", "w.pannier", "--store", self.store, "--allow-unsigned")
        names, folder = self.export(WINDOWS)
        self.assertEqual(len(names), 4)
        for name in names:
            self.assertEqual((folder / name).read_bytes(), (self.wheels / name).read_bytes())
        shown = self.run_program("show", f"wheels/{WINDOWS}", "--store", self.store).stdout
        for word in ("winhelper", "3.0", "tool"):
            self.assertIn(word, shown)

    def test_nothing_for_the_target(self):
        make_wheel(self.wheels, "macless", "1.0", "cp39-cp39-win_amd64")
        (self.wheels / "sourceonly-1.0.tar.gz").write_bytes(b"not looked into")
        index = self.index()
        for package in ("macless", "sourceonly", "nonesuch"):
            with self.subTest(package):
                done = self.fetch_wheels(index, OLD_LINUX, packages=(package,), expect=None)
                self.assertNotIn(done.code, (OK, -6, -11), done)
                self.assertIn(package, done.stderr)
                self.assertIn("cp39", done.stderr)

    def test_a_dry_run_fetches_no_wheel(self):
        index = self.index()
        done = self.run_program("fetch", "--store", self.store, "--dry-run", *self.words(index, OLD_LINUX))
        self.assertIn("helper", done.stdout)
        self.assertEqual([row for row in index.rows("bytes") if row.method == "GET" and not row.range], [])

    def test_a_wheel_that_is_corrupt_on_the_way(self):
        index = self.index()
        index.fault("corrupt", path="tool-*.whl", at=60, times=1)
        self.fetch_wheels(index, OLD_LINUX)
        shutil.rmtree(self.store)
        index.fault("corrupt", path="tool-*.whl", at=60)
        done = self.fetch_wheels(index, OLD_LINUX, expect=CORRUPT)
        self.assertIn("tool-1.0", done.stderr)

    def test_a_wheel_whose_record_lies(self):
        path = self.wheels / "helper-2.0-py3-none-any.whl"
        with zipfile.ZipFile(path) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in contents.items():
                archive.writestr(name, b"import os  # something else" if name.endswith("__init__.py") else data)
        done = self.fetch_wheels(self.index(), OLD_LINUX, expect=CORRUPT)
        self.assertIn("helper", done.stderr)

    def test_pip_installs_it_with_hashes(self):
        this = this_machine()
        self.fetch_wheels(self.index(), this, packages=("shared", "helper"))
        _names, folder = self.export(this)
        [requirements] = folder.glob("requirements*.txt")
        python = self.pip(folder, "--require-hashes", "-r", requirements)
        self.assertEqual(subprocess.run([python, "-c", "import shared, helper"], check=False).returncode, 0)


class Real(Case):
    def test_a_small_set_runs_on_this_machine(self):
        target = this_machine()
        words = [word for package in REAL_SET for word in ("--pip", package)]
        for name in os.environ:  # how pip and uv here are told of their index
            if name.startswith(("PIP_", "UV_")) or name in ("SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy"):
                self.environment.setdefault(name, os.environ[name])
        self.environment["HOME"] = os.environ.get("HOME", str(self.folder))
        self.run_program("pack", "-o", "w.pannier", "--store", self.folder / "near", "--target", target, *words)
        self.run_program("install", "w.pannier", "--store", self.store, "--allow-unsigned")
        names, folder = self.export(target)
        for package in REAL_SET:
            self.assertTrue(any(name.startswith(package + "-") for name in names), names)
        python = self.pip(folder, *REAL_SET)
        done = subprocess.run([python, "-c", "import json, tokenizers, safetensors, huggingface_hub\n"
                               "print(json.dumps(tokenizers.__version__))"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(any(name.startswith(f"tokenizers-{json.loads(done.stdout)}-") for name in names))


if __name__ == "__main__":
    unittest.main()
