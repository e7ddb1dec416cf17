"""Wheels for machines that are not this one: the real uv, the program, and an index on this machine.

uv comes from a package index on first use (tests/hub/environment.py); without one these tests are skipped. The
last ones ask the index that pip and uv on this machine are configured with.
"""

import hashlib
import io
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
PANNIER = os.environ["PANNIER"]
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import environment  # noqa: E402: the path is set above
from simple_index import SimpleIndex, make_wheel  # noqa: E402

OK, USAGE, CORRUPT, NOT_FOUND, UNSUPPORTED, NETWORK = 0, 2, 3, 8, 9, 12
RHEL8 = "linux-x86_64-glibc2.28-cp39"
LINUX = "linux-x86_64-glibc2.35-cp312"
WINDOWS = "windows-x86_64-cp312"
MACOS = "macos-arm64-cp312"
ALPINE = "linux-x86_64-musl1.2-cp312"


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.tools = environment.make("wheels", SOURCE / "tests" / "wheels_requirements.txt")
        except environment.CannotMake as missing:
            raise unittest.SkipTest(str(missing)) from missing

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="pannier-wheels-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.wheels = self.folder / "index"
        self.wheels.mkdir()

    def index(self, **more):
        index = SimpleIndex(self.wheels, **more)
        self.addCleanup(index.close)
        return index

    def pannier(self, *words, expect=OK, **variables):
        clean = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "LANG") if name in os.environ}
        done = subprocess.run(
            [PANNIER, *map(str, words)], capture_output=True, text=True, cwd=self.folder, timeout=280, check=False,
            stdin=subprocess.DEVNULL,
            env={**clean, "HOME": str(self.folder / "home"), "PANNIER_UV": str(self.tools / "uv"),
                 "UV_CACHE_DIR": str(self.folder / "uv-cache"), "PIP_CONFIG_FILE": os.devnull, **variables})
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def pack(self, index, *words, **more):
        return self.pannier("pack", "--index-url", index.url + "/simple", "--store", "store", "--force", "-o",
                            "w.pannier", *words, **more)

    def folder_with_python(self, name):
        """A folder for PATH in which the Python that runs this is called `name`."""
        folder = self.folder / "python"
        folder.mkdir()
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (folder / name).chmod(0o755)
        return folder

    def unpacked(self):
        """target -> the folder of its wheelhouse, as it comes out of the bundle."""
        target = self.folder / "out"
        self.pannier("unpack", "w.pannier", "-o", target)
        return {folder.name: folder for folder in target.glob("**/wheels/*") if folder.is_dir()}

    def wheels_in(self, folder):
        return sorted(path.name for path in folder.iterdir() if path.suffix == ".whl")

    def pip(self, *words):
        return subprocess.run(
            [self.tools / "python", "-m", "pip", *map(str, words)], capture_output=True, text=True, check=False,
            env={"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})


class Targets(Case):
    def publish(self):
        requires = ["pure>=2", "win-thing; sys_platform == 'win32'", "old-thing; python_version < '3.10'"]
        for tags in ("cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp39-cp39-manylinux_2_28_x86_64",
                     "cp312-cp312-manylinux_2_34_x86_64", "cp312-cp312-win_amd64", "cp312-cp312-win_arm64",
                     "cp312-cp312-macosx_11_0_arm64", "cp312-cp312-musllinux_1_2_x86_64"):
            make_wheel(self.wheels, "tiny", "1.0", tags=tags, requires=requires)
        make_wheel(self.wheels, "tiny", "2.0", tags="cp313-cp313-win_amd64")
        for version in ("1.9", "2.1", "2.2rc1"):
            make_wheel(self.wheels, "pure", version, requires_python=">=3.9")
        make_wheel(self.wheels, "pure", "3.0", requires_python=">=3.99")
        make_wheel(self.wheels, "win-thing", "1.0")
        make_wheel(self.wheels, "old-thing", "1.0")
        make_wheel(self.wheels, "pip", "25.3")

    def check_all_targets(self, index):
        self.pack(index, "--pip", "tiny<2", *(word for target in (RHEL8, LINUX, WINDOWS, MACOS, ALPINE)
                                            for word in ("--target", target)))
        houses = self.unpacked()
        pure = "pure-2.1-py3-none-any.whl"
        self.assertEqual({name: self.wheels_in(folder) for name, folder in houses.items()}, {
            RHEL8: ["old_thing-1.0-py3-none-any.whl", "pip-25.3-py3-none-any.whl", pure,
                    "tiny-1.0-cp39-cp39-manylinux_2_28_x86_64.whl"],
            LINUX: [pure, "tiny-1.0-cp312-cp312-manylinux_2_34_x86_64.whl"],
            WINDOWS: [pure, "tiny-1.0-cp312-cp312-win_amd64.whl", "win_thing-1.0-py3-none-any.whl"],
            "macos13-arm64-cp312": [pure, "tiny-1.0-cp312-cp312-macosx_11_0_arm64.whl"],
            ALPINE: [pure, "tiny-1.0-cp312-cp312-musllinux_1_2_x86_64.whl"],
        })
        return houses

    def test_several_machines_at_once(self):
        self.publish()
        index = self.index()
        houses = self.check_all_targets(index)
        fetched = [row.path for row in index.rows(stage="bytes")]
        self.assertEqual(sum("pure-2.1" in path for path in fetched), 1, "a shared wheel comes once")
        for folder in houses.values():
            text = (folder / "requirements.txt").read_text()
            self.assertNotIn("pip==", text)
            for name in self.wheels_in(folder):
                digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
                self.assertIn(digest, (folder / "pylock.toml").read_text())
                if not name.startswith("pip-"):
                    self.assertIn(f"--hash=sha256:{digest}", text)
        # pip itself, asked as if it ran on each machine.
        for target, platforms, python in ((WINDOWS, ["win_amd64"], "3.12"), (MACOS, ["macosx_11_0_arm64"], "3.12"),
                                          (RHEL8, ["manylinux_2_28_x86_64"], "3.9")):
            folder = houses["macos13-arm64-cp312" if target == MACOS else target]
            done = self.pip("install", "--dry-run", "--no-index", "--find-links", folder, "--target", self.folder / "t",
                            "--only-binary", ":all:", "--python-version", python,
                            *(word for one in platforms for word in ("--platform", one)), "tiny")
            # pip judges markers by this machine, so that what only Windows needs may not be asked for.
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("tiny-1.0", done.stdout)

    def test_an_index_of_plain_html(self):
        self.publish()
        self.check_all_targets(self.index(json_pages=False, metadata=False))

    def test_here_pip_installs_what_came(self):
        python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
        libc = ".".join(platform.libc_ver()[1].split(".")[:2])
        if platform.libc_ver()[0] != "glibc" or sys.version_info < (3, 9):
            self.skipTest("a target for this machine")
        target = f"linux-{platform.machine()}-glibc{libc}-{python}"
        make_wheel(self.wheels, "tiny", "1.0", tags=f"{python}-{python}-manylinux_2_17_{platform.machine()}",
                   requires=["pure>=2"])
        make_wheel(self.wheels, "pure", "2.1")
        self.pack(self.index(), "--pip", "tiny", "--target", target)
        [folder] = self.unpacked().values()
        for words in (["tiny"], ["--require-hashes", "-r", folder / "requirements.txt"]):
            site = tempfile.mkdtemp(dir=self.folder)
            done = self.pip("install", "--no-index", "--find-links", folder, "--target", site, *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue((pathlib.Path(site) / "pure" / "__init__.py").exists())

    def test_yanked_files_are_taken_where_they_are_pinned(self):
        make_wheel(self.wheels, "tiny", "1.0")
        make_wheel(self.wheels, "tiny", "1.1")
        index = self.index(yanked={"tiny-1.1-py3-none-any.whl": "broken"})
        self.pack(index, "--pip", "tiny", "--target", WINDOWS)
        self.assertEqual(self.wheels_in(self.unpacked()[WINDOWS]), ["tiny-1.0-py3-none-any.whl"])
        done = self.pack(index, "--pip", "tiny==1.1", "--target", WINDOWS)
        self.assertIn("broken", done.stdout + done.stderr)

    def test_an_old_pip_gets_the_line_to_run_first(self):
        self.publish()
        done = self.pack(self.index(), "--pip", "tiny<2", "--target", RHEL8)
        self.assertIn("python3.9 -m pip install --no-index --find-links . --upgrade pip", done.stdout + done.stderr)
        done = self.pack(self.index(), "--pip", "tiny<2", "--target", RHEL8 + "-pip21.0")
        self.assertNotIn("--upgrade pip", done.stdout + done.stderr)

    def test_requirements_files_constraints_and_links(self):
        make_wheel(self.wheels, "tiny", "1.0")
        make_wheel(self.wheels, "tiny", "1.1")
        links = self.folder / "links"
        links.mkdir()
        make_wheel(links, "local", "0.1", requires=["tiny"])
        (self.folder / "more.txt").write_text("local # from a folder\n")
        (self.folder / "requirements.txt").write_text("-r more.txt\n")
        (self.folder / "limits.txt").write_text("tiny<1.1\n")
        self.pack(self.index(), "-r", "requirements.txt", "--constraints", "limits.txt", "--find-links", "links",
                  "--target", WINDOWS)
        self.assertEqual(self.wheels_in(self.unpacked()[WINDOWS]),
                         ["local-0.1-py3-none-any.whl", "tiny-1.0-py3-none-any.whl"])

    def test_credentials_are_never_shown(self):
        make_wheel(self.wheels, "tiny", "1.0")
        index = self.index()
        secret = index.url.replace("http://", "http://user:s3cret@") + "/simple"
        for words, status in ((["tiny"], OK), (["tiny==9"], USAGE)):
            done = self.pannier("pack", "--index-url", secret, "--store", "store", "--force", "-o", "w.pannier", "--pip",
                                *words, "--target", WINDOWS, expect=status)
            self.assertNotIn("s3cret", done.stdout + done.stderr)


class Refusals(Case):
    def refuse(self, index, status, *said, words=("--pip", "tiny", "--target", WINDOWS)):
        done = self.pack(index, *words, expect=status)
        for text in said:
            self.assertIn(text, done.stderr)
        self.assertFalse((self.folder / "w.pannier").exists())

    def test_uvs_own_words_with_the_target(self):
        make_wheel(self.wheels, "tiny", "1.0", requires=["pure>=9"])
        make_wheel(self.wheels, "pure", "1.0")
        self.refuse(self.index(), USAGE, WINDOWS, "tiny", "pure", "uv")

    def test_a_wheel_with_a_wrong_hash(self):
        make_wheel(self.wheels, "tiny", "1.0")
        index = self.index()
        index.fault("corrupt", path="tiny-1.0-py3-none-any.whl", at=70)
        self.refuse(index, CORRUPT, "tiny-1.0-py3-none-any.whl")

    def test_a_record_that_misses_a_file(self):
        path = make_wheel(self.wheels, "tiny", "1.0")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("tiny/added.py", "import os")
        self.refuse(self.index(), CORRUPT, "tiny-1.0-py3-none-any.whl", "tiny/added.py")

    def test_a_name_that_is_there_twice(self):
        path = make_wheel(self.wheels, "tiny", "1.0")
        with zipfile.ZipFile(path, "a") as archive:
            with self.assertWarns(UserWarning):
                archive.writestr("tiny/__init__.py", "import os")
        self.refuse(self.index(), CORRUPT, "tiny-1.0-py3-none-any.whl", "tiny/__init__.py")

    def test_bytes_behind_the_archive(self):
        path = make_wheel(self.wheels, "tiny", "1.0")
        path.write_bytes(path.read_bytes() + b"more")
        self.refuse(self.index(), CORRUPT, "tiny-1.0-py3-none-any.whl")

    def test_source_only(self):
        (self.wheels / "tiny-1.0.tar.gz").write_bytes(b"x")
        self.refuse(self.index(), UNSUPPORTED, "tiny", WINDOWS, "--build-sdists")

    def test_a_libc_that_is_too_old(self):
        make_wheel(self.wheels, "tiny", "1.0", tags="cp39-cp39-manylinux_2_34_x86_64")
        self.refuse(self.index(), UNSUPPORTED, "tiny", RHEL8, words=("--pip", "tiny", "--target", RHEL8))

    def test_an_index_that_is_not_there(self):
        index = self.index()
        url = index.url
        index.close()
        done = self.pannier("pack", "--index-url", url + "/simple", "--store", "store", "-o", "w.pannier", "--pip", "tiny",
                            "--target", WINDOWS, expect=NETWORK, UV_HTTP_RETRIES="0")
        self.assertIn(WINDOWS, done.stderr)


BACKEND = """
import zipfile

FILES = {
    "tiny/__init__.py": "",
    "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n",
    "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}


def record(name, text):
    import base64, hashlib
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"{name},sha256={digest},{len(text)}\\n"


def build_wheel(folder, config_settings=None, metadata_directory=None):
    files = dict(FILES)
    files["tiny-1.0.dist-info/RECORD"] = "".join(record(*one) for one in FILES.items()) + "tiny-1.0.dist-info/RECORD,,\\n"
    with zipfile.ZipFile(folder + "/tiny-1.0-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return "tiny-1.0-py3-none-any.whl"
"""


class Sources(Case):
    """A package that has nothing but its source, with a build backend of its own inside."""

    def publish(self):
        with tarfile.open(self.wheels / "tiny-1.0.tar.gz", "w:gz") as archive:
            for name, text in (
                    ("PKG-INFO", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"),
                    ("backend.py", BACKEND),
                    ("pyproject.toml", '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
                                       'backend-path = ["."]\n')):
                entry = tarfile.TarInfo("tiny-1.0/" + name)
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))

    def test_is_built_for_machines_like_this_one_alone(self):
        libc, version = platform.libc_ver()
        if libc != "glibc" or platform.machine() != "x86_64":
            self.skipTest("a target for this machine")
        here = f"linux-x86_64-glibc{'.'.join(version.split('.')[:2])}-cp{sys.version_info[0]}{sys.version_info[1]}"
        self.publish()
        path = f"{self.folder_with_python(f'python{sys.version_info[0]}.{sys.version_info[1]}')}:{os.environ['PATH']}"
        self.pack(self.index(), "--pip", "tiny", "--target", here, "--build-sdists", PATH=path)
        self.assertEqual(self.wheels_in(self.unpacked()[here]), ["tiny-1.0-py3-none-any.whl"])
        done = self.pack(self.index(), "--pip", "tiny", "--target", WINDOWS, "--build-sdists", expect=UNSUPPORTED, PATH=path)
        self.assertIn("tiny", done.stderr)


class Torch(Case):
    def publish(self):
        make_wheel(self.wheels, "torch", "2.5", tags="cp312-cp312-manylinux_2_28_x86_64",
                   requires=["nvidia-cublas; platform_system == 'Linux'"])
        make_wheel(self.wheels, "torch", "2.5", tags="cp312-cp312-win_amd64",
                   requires=["nvidia-cublas; platform_system == 'Linux'"])
        make_wheel(self.wheels, "nvidia-cublas", "13.0", tags="py3-none-manylinux_2_27_x86_64")
        links = self.folder / "links"
        links.mkdir()
        make_wheel(links, "torch", "2.5+cpu", tags="cp312-cp312-manylinux_2_28_x86_64")

    def test_nobody_carries_cuda_unasked(self):
        self.publish()
        index = self.index()
        done = self.pack(index, "--pip", "torch", "--target", LINUX, expect=USAGE)
        self.assertIn("--torch", done.stderr)
        self.assertIn("CUDA", done.stderr)
        self.assertEqual(index.rows(stage="bytes"), [], "before a byte was fetched")
        self.pack(index, "--pip", "torch", "--target", LINUX, "--torch", "default")
        self.assertEqual(self.wheels_in(self.unpacked()[LINUX]),
                         ["nvidia_cublas-13.0-py3-none-manylinux_2_27_x86_64.whl",
                          "torch-2.5-cp312-cp312-manylinux_2_28_x86_64.whl"])

    def test_a_folder_that_holds_the_cpu_build(self):
        self.publish()
        self.pack(self.index(), "--pip", "torch", "--target", LINUX, "--target", WINDOWS, "--torch", "cpu",
                  "--find-links", "links")
        houses = self.unpacked()
        self.assertEqual(self.wheels_in(houses[LINUX]), ["torch-2.5+cpu-cp312-cp312-manylinux_2_28_x86_64.whl"])
        self.assertEqual(self.wheels_in(houses[WINDOWS]), ["torch-2.5-cp312-cp312-win_amd64.whl"])

    def test_where_the_index_has_the_cpu_build_nobody_asks(self):
        self.publish()
        self.pack(self.index(), "--pip", "torch", "--target", WINDOWS)


class Registry(Case):
    """Against the index that this machine is configured with."""

    def pannier_here(self, *words, expect=OK, **more):
        configured = {name: value for name, value in os.environ.items()
                      if name.startswith(("PIP_", "UV_")) or name in ("HOME", "SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY")}
        variables = {"UV_CACHE_DIR": str(self.folder / "uv-cache"), "PANNIER_UV": str(self.tools / "uv"),
                     "PATH": os.environ["PATH"], **configured, **more}
        done = subprocess.run([PANNIER, *map(str, words)], capture_output=True, text=True, cwd=self.folder, timeout=280,
                              check=False, stdin=subprocess.DEVNULL, env=variables)
        if done.returncode == NETWORK:
            self.skipTest("no package index: " + done.stderr.strip().splitlines()[0])
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def test_tokenizers_for_two_machines(self):
        self.pannier_here("pack", "--pip", "tokenizers", "--pip", "safetensors", "--target", RHEL8, "--target", WINDOWS,
                          "--store", "store", "-o", "w.pannier")
        houses = self.unpacked()
        self.assertEqual(set(houses), {RHEL8, WINDOWS})
        for target, sign in ((RHEL8, "manylinux"), (WINDOWS, "win_amd64")):
            names = self.wheels_in(houses[target])
            for package in ("tokenizers", "safetensors", "huggingface_hub"):
                [name] = [one for one in names if one.startswith(package + "-")]
                if package != "huggingface_hub":
                    self.assertIn(sign, name)
        for name in self.wheels_in(houses[RHEL8]):
            for minor in re.findall(r"manylinux_2_(\d+)_", name)[:1]:
                self.assertLessEqual(min(map(int, re.findall(r"manylinux_2_(\d+)_", name))), 28, (name, minor))

    def test_uv_is_installed_where_it_is_asked_for(self):
        words = ("fetch", "--pip", "six", "--target", WINDOWS, "--store", "store")
        without = {"PANNIER_UV": "", "PATH": str(self.folder_with_python("python3"))}
        done = self.pannier_here(*words, expect=NOT_FOUND, **without)
        self.assertIn("--install-uv", done.stderr)
        self.pannier_here(*words, "--install-uv", **without)
        self.pannier_here(*words, **without)  # and found again

    def test_a_model_inside_a_package(self):
        done = self.pannier_here("fetch", "pypi:rxnmapper==0.4.3", "--store", "store", "--json")
        self.assertIn("rxnmapper@0.4.3", json.dumps(json.loads(done.stdout)))


if __name__ == "__main__":
    unittest.main()
