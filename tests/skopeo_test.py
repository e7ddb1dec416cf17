"""skopeo, which knows nothing of Pannier, copies a model out of a store, before and after a collection."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
ISOLATED = os.environ["PANNIER_ISOLATED"]
BUNDLE = SOURCE / "tests" / "goldens" / "bundle" / "all_kinds.pannier"
NAME = "org/tiny"


class Skopeo(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pannier-skopeo-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = self.folder / "store"

    def run_words(self, *words):
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=120, check=False,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.folder)})
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def copy(self, target):
        self.run_words("skopeo", "--insecure-policy", "copy", f"oci:{self.store}:{NAME}", f"dir:{target}")
        return json.loads((target / "manifest.json").read_bytes())

    def test_a_model_is_copied_file_for_file(self):
        self.run_words(ISOLATED, "install", BUNDLE, "--store", self.store, "--allow-unsigned")
        self.run_words(ISOLATED, "export", NAME, "--local-dir", self.folder / "out", "--store", self.store)
        manifest = self.copy(self.folder / "first")
        for layer in manifest["layers"]:
            copied = self.folder / "first" / layer["digest"].removeprefix("sha256:")
            exported = self.folder / "out" / layer["annotations"]["org.cncf.model.filepath"]
            self.assertEqual(copied.read_bytes(), exported.read_bytes())
        raw = self.run_words("skopeo", "inspect", "--raw", f"oci:{self.store}:{NAME}")
        self.assertEqual(json.loads(raw), manifest)
        self.run_words(ISOLATED, "remove", "datasets/org/reviews", "--store", self.store)
        self.run_words(ISOLATED, "gc", "--keep", "1", "--grace", "0", "--store", self.store)
        self.assertEqual(self.copy(self.folder / "second"), manifest)


if __name__ == "__main__":
    if shutil.which("skopeo") is None:
        print("skopeo is not installed")
        sys.exit(77)
    unittest.main()
