"""The lines that export --wheelhouse prints, run as they are by the real pip, on wheels that came from an index.

uv and pip come from a package index on first use (tests/hub/environment.py); without one the test is skipped.
"""

import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
PANNIER, ISOLATED = os.environ["PANNIER"], os.environ["PANNIER_ISOLATED"]
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import environment  # noqa: E402: the path is set above
from simple_index import SimpleIndex, make_wheel  # noqa: E402

OTHER = "windows-x86_64-cp312"


class WheelhouseExport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.tools = environment.make("wheels", SOURCE / "tests" / "wheels_requirements.txt")
        except environment.CannotMake as missing:
            raise unittest.SkipTest(str(missing)) from missing

    def setUp(self):
        if platform.libc_ver()[0] != "glibc" or sys.version_info < (3, 9):
            self.skipTest("a target for this machine")
        temporary = tempfile.TemporaryDirectory(prefix="pannier-wheelhouse-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
        libc = ".".join(platform.libc_ver()[1].split(".")[:2])
        self.target = f"linux-{platform.machine()}-glibc{libc}-{self.python}"

    def run_words(self, *words, shell=False):
        done = subprocess.run(
            words[0] if shell else [*map(str, words)], shell=shell, capture_output=True, text=True, cwd=self.folder,
            timeout=280, check=False, stdin=subprocess.DEVNULL,
            env={"PATH": f"{self.tools}:{os.environ['PATH']}", "HOME": str(self.folder / "home"),
                 "PANNIER_UV": str(self.tools / "uv"), "UV_CACHE_DIR": str(self.folder / "uv-cache"),
                 "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                 "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")})
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def carry(self):
        """Packs for this machine and another one, installs, and exports both; what export says."""
        wheels = self.folder / "index"
        wheels.mkdir()
        make_wheel(wheels, "tiny", "1.0", tags=f"{self.python}-{self.python}-manylinux_2_17_{platform.machine()}",
                   requires=["pure>=2"])
        make_wheel(wheels, "tiny", "1.0", tags="cp312-cp312-win_amd64", requires=["pure>=2"])
        make_wheel(wheels, "pure", "2.1")
        index = SimpleIndex(wheels)
        self.addCleanup(index.close)
        self.run_words(PANNIER, "pack", "--index-url", index.url + "/simple", "--store", "near", "-o", "w.pannier", "--pip",
                       "tiny", "--target", self.target, "--target", OTHER)
        index.close()
        self.run_words(ISOLATED, "install", "w.pannier", "--store", "far", "--allow-unsigned")
        return self.run_words(ISOLATED, "export", "--wheelhouse", "out dir", "--store", "far")

    def test_the_printed_lines_install(self):
        said = self.carry()
        names = sorted(path.name for path in (self.folder / "out dir").glob("*.whl"))
        self.assertEqual(len(names), 3, "a wheel that both need is there once")
        lines = [line.strip() for line in said.splitlines() if line.strip().startswith("pip install")]
        self.assertEqual(len(lines), 4, said)
        ours = [line for line in lines if "requirements" not in line][:1]
        ours += [line for line in lines if f"requirements-{self.target}.txt" in line]
        self.assertEqual(len(ours), 2, said)
        for number, line in enumerate(ours):
            site = self.folder / f"site{number}"
            self.run_words(f"{line} --target {site}", shell=True)
            self.assertTrue((site / "tiny" / "__init__.py").exists())
            self.assertTrue((site / "pure" / "__init__.py").exists())

    def test_a_wheel_that_was_changed_is_refused_by_its_hash(self):
        self.carry()
        [wheel] = (self.folder / "out dir").glob("pure-*.whl")
        make_wheel(self.folder / "out dir", "pure", "2.1", requires=["tiny"])
        self.assertTrue(wheel.exists())
        with self.assertRaisesRegex(AssertionError, "(?i)hash"):
            self.run_words(f"pip install --no-index --find-links 'out dir' --require-hashes -r "
                           f"'out dir/requirements-{self.target}.txt' --target site", shell=True)


if __name__ == "__main__":
    unittest.main()
