"""The test index is honest: pip installs from it, by its JSON and by its HTML."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import environment  # noqa: E402: the path is set above
from simple_index import SimpleIndex, make_wheel  # noqa: E402


class Index(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="pannier-index-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.wheels = self.folder / "wheels"
        self.wheels.mkdir()
        make_wheel(self.wheels, "Tiny.Pkg", "1.0", requires=["other>=2", "none; python_version<'3'"], requires_python=">=3.8")
        self.other = make_wheel(self.wheels, "other", "2.1")
        make_wheel(self.wheels, "other", "2.2")
        make_wheel(self.wheels, "other", "3.0", requires_python=">=99")

    def index(self, **more):
        index = SimpleIndex(self.wheels, **more)
        self.addCleanup(index.close)
        return index

    def pip(self, index, *requirements):
        python = environment.make("hub") / "python"
        return subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", "--retries", "0",
             "--target", self.folder / "site", "--index-url", index.url + "/simple", *requirements],
            env={"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}, check=False,
            capture_output=True, text=True, timeout=120)

    def assert_installed(self, *names):
        self.assertEqual(sorted(path.name for path in (self.folder / "site").glob("*.dist-info")), sorted(names))

    def test_json(self):
        index = self.index()
        done = self.pip(index, "tiny-pkg")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_installed("Tiny_Pkg-1.0.dist-info", "other-2.2.dist-info")
        self.assertEqual(len(index.rows(stage="metadata")), 2)

    def test_html_without_metadata_and_with_a_yanked_file(self):
        index = self.index(json_pages=False, metadata=False, yanked={"other-2.2-py3-none-any.whl": "broken & bad"})
        done = self.pip(index, "tiny-pkg")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_installed("Tiny_Pkg-1.0.dist-info", "other-2.1.dist-info")
        self.assertEqual(index.rows(stage="metadata"), [])

    def test_a_corrupt_wheel_is_refused_by_its_hash(self):
        index = self.index()
        index.fault("corrupt", path=self.other.name, at=50)
        done = self.pip(index, "other==2.1")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("HASH", done.stderr.upper())


if __name__ == "__main__":
    unittest.main()
