"""Models, data sets and wheelhouses of one bundle, from verify to export, on the isolated side alone."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
ISOLATED = os.environ["PANNIER_ISOLATED"]
BUNDLE = SOURCE / "tests" / "goldens" / "bundle" / "all_kinds.pannier"
TARGET = "linux-x86_64-glibc2.28-cp39"
COMMIT = "714eb0fa89d2f80546fda750413ed43d93601a13"
OK, USAGE, CORRUPT, NOT_FOUND = 0, 2, 3, 8
UPSTREAM = {"repo": "org/tiny", "commit": COMMIT, "revision": "main", "licence": "apache-2.0",
            "source": "https://huggingface.co/org/tiny", "aliases": ["old-org/tiny", "tiny"]}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pannier-kinds-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_program(self, *words, expect=OK):
        done = subprocess.run([ISOLATED, *map(str, words)], capture_output=True, text=True, cwd=self.folder, timeout=120,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"),
                                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}, check=False)
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def json_of(self, *words):
        return json.loads(self.run_program(*words, "--json").stdout)

    def install(self):
        return self.json_of("install", BUNDLE, "--store", "store", "--allow-unsigned")


class Told(Case):
    def test_every_command_tells_kind_and_origin(self):
        told = [self.json_of("inspect", BUNDLE)["models"], self.json_of("verify", BUNDLE)["models"],
                self.install()["models"], self.json_of("list", "--store", "store")]
        for rows in told:
            self.assertEqual([(row["name"], row["kind"]) for row in rows],
                             [("datasets/org/reviews", "dataset"), ("org/tiny", "model"),
                              (f"wheels/{TARGET}", "wheelhouse")])
            self.assertEqual(rows[1]["upstream"], UPSTREAM)
            self.assertEqual(rows[2]["wheelhouse"]["target"], TARGET)
            self.assertNotIn("upstream", rows[2])
        for words in (["inspect", BUNDLE], ["list", "--store", "store"],
                      ["install", BUNDLE, "--store", "store", "--allow-unsigned"]):
            text = self.run_program(*words).stdout
            for word in ("data set", "wheelhouse", COMMIT[:7], TARGET):
                self.assertIn(word, text)

    def test_a_wheelhouse_shows_its_wheels(self):
        self.install()
        shown = self.json_of("show", f"wheels/{TARGET}", "--store", "store")
        self.assertEqual(shown["wheels"], [
            {"name": "tiny-pkg", "version": "1.0", "tags": "py3-none-any", "file": "tiny_pkg-1.0-py3-none-any.whl"},
            {"name": "two", "version": "2.1.0", "tags": "cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64",
             "file": "two-2.1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"}])
        text = self.run_program("show", f"wheels/{TARGET}", "--store", "store").stdout
        self.assertRegex(text, r"tiny-pkg +1\.0 +py3-none-any")
        self.assertIn("asked for", text)

    def test_inspect_tells_the_head_where_the_manifests_are_damaged(self):
        contents = bytearray(BUNDLE.read_bytes())
        contents[-5000] ^= 1
        (self.folder / "x.pannier").write_bytes(contents)
        done = self.run_program("inspect", "x.pannier")
        self.assertIn("org/tiny (model)", done.stdout)
        self.assertIn("cannot be told", done.stderr)
        self.run_program("verify", "x.pannier", expect=CORRUPT)

    def relist(self, edit_manifest, edit_entry):
        """Lists the data set anew, in a second generation, with another manifest."""
        store = self.folder / "store"
        index = json.loads((store / "pannier" / "generations" / "0000000001.json").read_text())
        [entry] = [entry for entry in index["manifests"] if entry["artifactType"].endswith("dataset.v1+json")]
        manifest = edit_manifest((store / "blobs" / "sha256" / entry["digest"][7:]).read_text()).encode()
        digest = hashlib.sha256(manifest).hexdigest()
        (store / "blobs" / "sha256" / digest).write_bytes(manifest)
        entry.update(digest="sha256:" + digest, size=len(manifest))
        edit_entry(entry)
        index["annotations"]["pannier.generation"] = "2"
        (store / "pannier" / "generations" / "0000000002.json").write_text(json.dumps(index))

    def test_a_kind_of_a_newer_release_is_listed(self):
        self.install()
        newer = "application/vnd.pannier.adapter.v1+json"
        self.relist(lambda text: text.replace("application/vnd.pannier.dataset.v1+json", newer),
                    lambda entry: entry.update(artifactType=newer))
        rows = self.json_of("list", "--store", "store")
        self.assertEqual((rows[0]["kind"], rows[0]["artifact_type"]), ("unknown", newer))
        self.assertEqual(rows[1]["kind"], "model")
        self.assertRegex(self.run_program("list", "--store", "store").stdout, "datasets/org/reviews +unknown")

    def test_what_is_listed_as_another_kind_is_corrupt(self):
        self.install()
        self.relist(lambda text: text,
                    lambda entry: entry.update(artifactType="application/vnd.cncf.model.manifest.v1+json"))
        done = self.run_program("list", "--store", "store", expect=CORRUPT)
        self.assertIn("but its manifest describes a dataset", done.stderr)


class Names(Case):
    def test_another_name_finds_the_model(self):
        self.install()
        for name in ("org/tiny", "tiny", "old-org/tiny"):
            self.assertEqual(self.json_of("show", name, "--store", "store")["name"], "org/tiny")
            # The model is no model that runs; what matters is that it was found.
            done = subprocess.run([ISOLATED, "run", "sentiment-analysis", name, "x", "--store", "store"], text=True,
                                  capture_output=True, cwd=self.folder, check=False)
            self.assertIn("config.json", done.stderr)

    def test_only_models_run(self):
        self.install()
        for name, kind in (("datasets/org/reviews", "data set"), (f"wheels/{TARGET}", "wheelhouse")):
            done = self.run_program("run", "sentiment-analysis", name, "x", "--store", "store", expect=USAGE)
            self.assertIn(f"{name} is a {kind}, not a model", done.stderr)


class Export(Case):
    def test_wheelhouse(self):
        self.install()
        done = self.run_program("export", "--wheelhouse", "out dir", "--store", "store")
        self.assertIn("pip install --no-index --find-links 'out dir' 'tiny-pkg[extra]>=1; python_version", done.stdout)
        self.assertIn(f"--require-hashes -r 'out dir'/requirements-{TARGET}.txt", done.stdout)
        self.assertEqual(sorted(path.name for path in (self.folder / "out dir").iterdir()), [
            "pylock.linux-x86_64-glibc2_28-cp39.toml", f"requirements-{TARGET}.txt", "tiny_pkg-1.0-py3-none-any.whl",
            "two-2.1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"])
        for name in (f"wheels/{TARGET}", TARGET):
            again = self.json_of("export", name, "--wheelhouse", "out dir", "--store", "store")
            self.assertFalse(again["changed"])
        self.run_program("export", "org/tiny", "--wheelhouse", "x", "--store", "store", expect=USAGE)
        self.run_program("export", "nothing", "--wheelhouse", "x", "--store", "store", expect=NOT_FOUND)

    def test_hub_cache(self):
        self.install()
        told = self.json_of("export", "tiny", "datasets/org/reviews", "--hf-cache", "hub", "--store", "store")
        self.assertEqual([repo["folders"] for repo in told["repos"]],
                         [["models--org--tiny", "models--old-org--tiny", "models--tiny"], ["datasets--org--reviews"]])
        self.assertEqual(told["repos"][0]["commit"], COMMIT)
        text = self.run_program("export", "tiny", "--hf-cache", "hub", "--store", "store").stdout
        self.assertIn(f"export HF_HUB_CACHE={self.folder}/hub HF_HUB_OFFLINE=1", text)
        self.run_program("export", f"wheels/{TARGET}", "--hf-cache", "hub", "--store", "store", expect=USAGE)

    def test_one_target_is_asked_for(self):
        self.install()
        for words in (["tiny"], ["tiny", "--local-dir", "a", "--hf-cache", "b"], ["--local-dir", "a"],
                      ["tiny", "org/tiny", "--local-dir", "a"], ["--hf-cache", "a"],
                      ["tiny", "--local-dir", "a", "--no-symlinks"]):
            self.run_program("export", *words, "--store", "store", expect=USAGE)
        self.assertFalse((self.folder / "a").exists())


if __name__ == "__main__":
    unittest.main()
