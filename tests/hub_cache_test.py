"""What export --hf-cache writes is a cache to the Hub's own clients: new and old huggingface_hub, offline.

The clients come by name with pip on first use (tests/hub/environment.py); without pip or a package index these
tests are skipped, and say so.
"""

import hashlib
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
COMMIT = "714eb0fa89d2f80546fda750413ed43d93601a13"

sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import environment  # noqa: E402: the path is set above

# Answers one JSON object about a cache: argv[1] is a list of [REPO, TYPE, REVISION or null].
ASK = """
import hashlib, json, pathlib, sys
import huggingface_hub
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
answers = []
for repo, kind, revision in json.loads(sys.argv[1]):
    folder = pathlib.Path(snapshot_download(repo, repo_type=kind, revision=revision))
    files = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
             for path in folder.rglob("*") if path.is_file()}
    one = hf_hub_download(repo, sorted(files)[0], repo_type=kind, revision=revision)
    answers.append({"commit": folder.name, "files": files, "one": pathlib.Path(one).name})
scan = scan_cache_dir()
print(json.dumps({
    "version": huggingface_hub.__version__, "answers": answers,
    "warnings": [str(warning) for warning in scan.warnings],
    "repos": {f"{found.repo_type} {found.repo_id}": {revision.commit_hash: sorted(revision.refs)
              for revision in found.revisions} for found in scan.repos}}))
"""
INCOMPLETE = """
import huggingface_hub
try:
    huggingface_hub.snapshot_download("org/tiny")
    print("taken for whole")
except Exception as error:
    print(type(error).__name__)
"""


class HubCache(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.clients = {"2.4.0": environment.make("hub"),
                           "0.36.2": environment.make("hub-old", SOURCE / "tests" / "hub" / "old_client.txt")}
        except environment.CannotMake as missing:
            raise unittest.SkipTest(str(missing)) from missing

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="pannier-cache-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.cache = self.folder / "hub"
        self.pannier("install", BUNDLE, "--allow-unsigned")

    def pannier(self, *words):
        done = subprocess.run([ISOLATED, *map(str, words), "--store", "store"], capture_output=True, text=True,
                              cwd=self.folder, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def python(self, version, script, *words):
        done = subprocess.run(
            [self.clients[version] / "python", "-c", script, *words], capture_output=True, text=True, timeout=120,
            check=False, cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "HF_HUB_CACHE": str(self.cache),
                 "HF_HUB_OFFLINE": "1"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def ask(self, version, *questions):
        found = json.loads(self.python(version, ASK, json.dumps(questions)))
        self.assertEqual(found["version"], version)
        # Old clients look at every name of the folder, the tag that new ones write there included.
        warnings = [text for text in found["warnings"] if not text.endswith("/CACHEDIR.TAG")]
        self.assertEqual(warnings, [], "a cache without a fault")
        return found

    def files_of(self, version, repo, revision=None):
        return self.ask(version, (repo, "model", revision))["answers"][0]["files"]

    def expected_files(self, name):
        shown = json.loads(self.pannier("show", name, "--json"))
        return {item["path"]: item["digest"].removeprefix("sha256:") for item in shown["files"]}

    def test_every_name_and_revision_is_found(self):
        for options in ((), ("--no-symlinks",)):
            with self.subTest(options=options):
                self.pannier("export", "tiny", "datasets/org/reviews", "--hf-cache", "hub", *options)
                questions = [(repo, "model", revision) for repo in ("org/tiny", "tiny", "old-org/tiny")
                             for revision in (None, "main", "714eb0f", COMMIT)]
                model = {"commit": COMMIT, "files": self.expected_files("org/tiny"), "one": "config.json"}
                for version in self.clients:
                    found = self.ask(version, *questions, ("org/reviews", "dataset", None))
                    self.assertEqual(found["answers"][:-1], [model] * len(questions))
                    self.assertEqual(found["answers"][-1]["files"], self.expected_files("datasets/org/reviews"))
                    self.assertEqual(found["repos"]["model tiny"], {COMMIT: ["714eb0f", "main"]})
                    self.assertEqual(sorted(found["repos"]), ["dataset org/reviews", "model old-org/tiny",
                                                              "model org/tiny", "model tiny"])
            self.cache.rename(self.folder / f"hub{len(options)}")

    def test_what_the_client_cached_itself_stays(self):
        theirs = self.cache / "models--org--tiny"
        other = "0" * 39 + "1"
        blob = hashlib.sha1(b"blob 4\0mine").hexdigest()
        for path, contents in ((f"blobs/{blob}", "mine"), ("refs/v0", other)):
            (theirs / path).parent.mkdir(parents=True, exist_ok=True)
            (theirs / path).write_text(contents)
        (theirs / "snapshots" / other).mkdir(parents=True)
        (theirs / "snapshots" / other / "config.json").symlink_to(f"../../blobs/{blob}")
        self.pannier("export", "org/tiny", "--hf-cache", "hub")
        for version in self.clients:
            self.assertEqual(self.files_of(version, "org/tiny", "v0"),
                             {"config.json": hashlib.sha256(b"mine").hexdigest()})
            self.assertEqual(self.files_of(version, "org/tiny"), self.expected_files("org/tiny"))

    def test_a_file_that_was_lost_is_noticed_and_comes_back(self):
        self.pannier("export", "org/tiny", "--hf-cache", "hub")
        (self.cache / "models--org--tiny" / "snapshots" / COMMIT / "config.json").unlink()
        self.assertEqual(self.python("2.4.0", INCOMPLETE), "IncompleteSnapshotError")
        self.pannier("export", "org/tiny", "--hf-cache", "hub")
        self.assertEqual(self.files_of("2.4.0", "org/tiny"), self.expected_files("org/tiny"))

    def test_deleting_one_name_leaves_the_others(self):
        self.pannier("export", "org/tiny", "--hf-cache", "hub")
        shutil.rmtree(self.cache / "models--org--tiny")
        for version in self.clients:
            self.assertEqual(self.files_of(version, "tiny"), self.expected_files("org/tiny"))

    def test_the_other_names_cost_no_second_copy(self):
        self.pannier("export", "org/tiny", "--hf-cache", "hub")
        places = {(status.st_dev, status.st_ino): status.st_size
                  for status in (path.lstat() for path in self.cache.glob("models--*/blobs/*"))}
        self.assertEqual(len(places), 3, "three contents, whatever number of names")


if __name__ == "__main__":
    unittest.main()
