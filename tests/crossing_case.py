"""What tests of whole crossings share: a folder with a home, the programs, keys, and models with weights that can
be encoded."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ["PANNIER_SOURCE_DIR"])
PANNIER, ISOLATED = os.environ["PANNIER"], os.environ["PANNIER_ISOLATED"]
OK, CHANGED, USAGE, CORRUPT, INCOMPLETE, UNTRUSTED, UNSIGNED, STALE, NOT_FOUND = 0, 1, 2, 3, 4, 5, 6, 7, 8
PASSPHRASE = "correct horse\n"


def safetensors(values):
    """A file of bfloat16 weights, cut off from floats."""
    data = b"".join(struct.pack("<f", value)[2:] for value in values)
    header = json.dumps({"w": {"dtype": "BF16", "shape": [len(values)], "data_offsets": [0, len(data)]}}).encode()
    return struct.pack("<Q", len(header)) + header + data


def make_model(folder, readme, values):
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type":"distilbert"}')
    (folder / "README.md").write_text(readme)
    (folder / "model.safetensors").write_bytes(safetensors(values))


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class CrossingCase(unittest.TestCase):
    """Each class has a folder `shared` for its models, each test a `folder` of its own, in which programs run."""

    @classmethod
    def setUpClass(cls):
        base = tempfile.TemporaryDirectory(prefix="pannier-crossing-")
        cls.addClassCleanup(base.cleanup)
        cls.shared = pathlib.Path(base.name)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="case-", dir=self.shared)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *words, expect=OK, program=PANNIER, lines="", home="home"):
        environment = {"PANNIER_HOME": str(self.folder / home), "PATH": os.environ["PATH"],
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        done = subprocess.run([program, *map(str, words)], input=lines, cwd=self.folder, capture_output=True, text=True,
                              check=False, start_new_session=True, env=environment, timeout=300)
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout if expect == OK else done.stdout + done.stderr

    def reader(self, *words, **options):
        return self.run_program("-B", ROOT / "tools" / "bundle_reader.py", *words, program=sys.executable, **options)

    def signed(self, *words, **options):
        return self.run_program(*words, "--passphrase-fd", "0", lines=PASSPHRASE, **options)

    def make_keys(self, *names):
        for name in names:
            self.signed("keys", "generate", name)

    def make_root(self, *words):
        """root.json, signed by the officer; gives its fingerprint."""
        self.run_program("keys", "root", "new", "--name", "plant", "--root-key", "officer", *words, "-o", "root.json")
        self.signed("keys", "root", "sign", "root.json", "--key", "officer")
        return json.loads(self.run_program("keys", "root", "show", "root.json", "--json"))["fingerprint"]

    def trust(self, fingerprint, store):
        self.run_program("keys", "trust", "root.json", "--fingerprint", fingerprint, "--store", store, program=ISOLATED)

    def assert_exports(self, model, store):
        """What the store has of `tiny` is the model, with its signature beside it."""
        out = self.folder / "out"
        self.run_program("export", "tiny", "--local-dir", out, "--store", store, program=ISOLATED)
        exported = tree(out)
        self.assertIn("model.sig", exported)
        del exported["model.sig"]
        self.assertEqual(exported, tree(model))
