"""OpenSSF model signatures both ways: PyPI's model-signing verifies ours, and we verify what it signs.

The package comes from a package index on first use (tests/hub/environment.py); without one this is skipped.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
DRIVER = pathlib.Path(os.environ["PANNIER_BUILD_DIR"]) / "model_signing_driver"
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import environment  # noqa: E402: the path is set above

FILES = {
    "config.json": b'{"model_type": "example"}\n',
    "model.safetensors": bytes(range(256)) * 4000,
    "onnx/model.onnx": b"another",
    "onnx.txt": b"sorts behind the folder onnx",
    "a name with spaces \u00e9.txt": b"text",
    "empty.txt": b"",
    ".gitattributes": b"*.bin filter=lfs\n",
    "sub/.gitattributes": b"this one counts\n",
}


class ModelSigningTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="pannier-model-signing-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.model = self.folder / "model"
        for name, contents in FILES.items():
            path = self.model / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
        self.make_key("alice")
        self.make_key("mallory")

    def make_key(self, name):
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                        f"{name}.pem"], cwd=self.folder, check=True)
        subprocess.run(["openssl", "pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}.pub"], cwd=self.folder,
                       check=True)

    def ours(self, *words, fails=None):
        done = subprocess.run([DRIVER, *map(str, words)], cwd=self.folder, capture_output=True, text=True, check=False)
        if fails is None:
            self.assertEqual(done.returncode, 0, done.stderr)
        else:
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertIn(fails, done.stderr)
        return done.stdout

    def theirs(self, *words, fails=False):
        done = subprocess.run([TOOLS / "model_signing", *map(str, words)], cwd=self.folder, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode != 0, fails, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def verify_theirs(self, key="alice", fails=False, signature="model/model.sig"):
        return self.theirs("verify", "key", "model", "--signature", signature, "--public_key", f"{key}.pub",
                           fails=fails)

    def sign_ours(self):
        (self.model / "model.sig").write_text(self.ours("sign", "model", "alice.pem"), encoding="utf-8")

    def test_what_we_sign_model_signing_verifies(self):
        self.sign_ours()
        self.assertIn("succeeded", self.verify_theirs())

    def test_what_we_sign_model_signing_refuses_once_changed(self):
        self.sign_ours()
        self.verify_theirs(key="mallory", fails=True)
        (self.model / "onnx" / "model.onnx").write_bytes(b"Another")
        self.assertIn("onnx/model.onnx", self.verify_theirs(fails=True))
        (self.model / "onnx" / "model.onnx").write_bytes(FILES["onnx/model.onnx"])
        (self.model / "payload.py").write_bytes(b"import os")
        self.assertIn("payload.py", self.verify_theirs(fails=True))
        (self.model / "payload.py").unlink()
        self.verify_theirs()

    def test_what_model_signing_signs_we_verify(self):
        self.theirs("sign", "key", "model", "--signature", "model/model.sig", "--private_key", "alice.pem")
        out = self.ours("verify", "model", "alice.pub", "model/model.sig").splitlines()
        self.assertEqual(out[0], "7")
        self.assertEqual(sorted(out[1:]), ["unsigned .gitattributes", "unsigned model.sig"])
        self.ours("verify", "model", "mallory.pub", "model/model.sig", fails="untrusted: ")
        (self.model / "config.json").write_bytes(b"{}")
        self.ours("verify", "model", "alice.pub", "model/model.sig", fails="config.json")

    def test_ignored_paths_are_told(self):
        self.theirs("sign", "key", "model", "--signature", "model.sig", "--private_key", "alice.pem",
                    "--ignore-paths", "model/onnx", "--no-ignore-git-paths")
        out = self.ours("verify", "model", "alice.pub", "model.sig").splitlines()
        self.assertEqual(out, ["7", "unsigned onnx/model.onnx"])

    def test_a_key_file_of_ours_signs_there(self):
        """A key that `keys generate` made is one that model_signing takes with its passphrase."""
        home = self.folder / "home"
        subprocess.run([os.environ["PANNIER_ISOLATED"], "keys", "generate", "bob", "--passphrase-fd", "0"],
                       input="correct horse\n", text=True, check=True, capture_output=True,
                       env={"PANNIER_HOME": str(home)})
        shutil.copy(home / "keys" / "bob.pub", self.folder / "bob.pub")
        # Its command line hands the passphrase on as text, where bytes are wanted; its library takes them.
        code = ("import sys, model_signing; model_signing.signing.Config().use_elliptic_key_signer("
                "private_key=sys.argv[1], password=b'correct horse').sign('model', 'model.sig')")
        subprocess.run([TOOLS / "python", "-c", code, home / "keys" / "bob.key"], cwd=self.folder, check=True)
        self.ours("verify", "model", "bob.pub", "model.sig")

    def test_what_crossed_verifies_there(self):
        """What `pack --key` signs and `export` writes beside the files of a model is what model_signing looks for."""
        def run(program, *words, **options):
            subprocess.run([os.environ[program], *map(str, words)], cwd=self.folder, text=True, check=True,
                           capture_output=True, env={"PANNIER_HOME": str(self.folder / "home")}, **options)
        shutil.rmtree(self.model / "onnx")
        passphrase = {"input": "correct horse\n"}
        run("PANNIER_ISOLATED", "keys", "generate", "bob", "--passphrase-fd", "0", **passphrase)
        run("PANNIER_ISOLATED", "keys", "export", "bob", "-o", "bob.pub")
        run("PANNIER", "pack", "dir:model", "-o", "x.pannier", "--key", "bob", "--passphrase-fd", "0", "--no-load-test",
            "--allow-incomplete", **passphrase)
        run("PANNIER_ISOLATED", "install", "x.pannier", "--store", "store", "--allow-unsigned")
        run("PANNIER_ISOLATED", "export", "model", "--local-dir", "out", "--store", "store")
        self.theirs("verify", "key", "out", "--signature", "out/model.sig", "--public_key", "bob.pub")
        (self.folder / "out" / "model.safetensors").write_bytes(b"other")
        self.theirs("verify", "key", "out", "--signature", "out/model.sig", "--public_key", "bob.pub", fails=True)


if __name__ == "__main__":
    try:
        TOOLS = environment.make("model_signing", SOURCE / "tests" / "model_signing_requirements.txt")
    except environment.CannotMake as missing:
        print(missing)
        sys.exit(77)
    unittest.main()
