"""pannier lock and pack against a hub: what is locked is what is packed, and nothing changes in silence."""

import json
import pathlib
import os
import sys

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import unittest  # noqa: E402: the path is set above

from fetching import CORRUPT, INCOMPLETE, INTERRUPTED, MODEL, NOT_FOUND, OK, USAGE, FetchCase  # noqa: E402
from repositories import files_of_folder  # noqa: E402
from test_hub import Repository, TestHub  # noqa: E402

NAME = "org/sentiment"
SPEC = """# what we carry
models = ["org/sentiment"]
"""


class LockTest(FetchCase):
    def setUp(self):
        super().setUp()
        self.repository = Repository.from_folder(NAME, MODEL, card={"license": "apache-2.0"})
        self.first = self.repository.branches["main"]
        self.hub = TestHub([self.repository], renames={"sentiment": NAME})
        self.addCleanup(self.hub.close)
        (self.folder / "pannier.toml").write_text(SPEC)

    def lock(self, *options, **more):
        return self.run_program("lock", "--hub-url", self.hub.url, "--store", self.store, *options, **more)

    def lock_text(self):
        return (self.folder / "pannier.lock").read_text()

    def push(self):
        files = {**files_of_folder(MODEL), "notes.txt": b"a new file\n"}
        return self.repository.commit(files)

    def pack(self, output, store, *options, **more):
        done = self.run_program("pack", "--locked", "pannier.lock", "-o", output, "--store", self.folder / store,
                                "--hub-url", self.hub.url, "--json", *options, **more)
        return json.loads(done.stdout) if done.code == OK else done

    def test_a_lock_is_written_once_and_says_everything(self):
        self.lock()
        text = self.lock_text()
        self.assertIn(f'commit = "{self.first}"', text)
        self.assertIn('licence = "apache-2.0"', text)
        for path, file in self.repository.commits[self.first].files.items():
            digest = f'sha256 = "{file.sha256}"' if file.sha256 else f'git = "{file.oid}"'
            self.assertIn(f'path = "{path}", bytes = {file.size}, {digest}', text)
        self.assertIn("nothing has changed", self.lock().stdout)
        self.assertEqual(self.lock_text(), text)
        self.lock("--check")

    def test_nothing_moves_until_it_is_asked_for(self):
        self.lock()
        text = self.lock_text()
        self.push()
        checked = self.lock("--check", expect=1)
        self.assertIn("stale", checked.stdout)
        self.assertIn(NAME, checked.stdout)
        self.lock()  # keeps what is locked
        self.assertEqual(self.lock_text(), text)
        shown = self.lock("--update", "--dry-run")
        self.assertIn("change", shown.stdout)
        self.assertEqual(self.lock_text(), text)
        refused = self.lock("--update", expect=INTERRUPTED)  # nobody is there to say yes
        self.assertIn("--yes", refused.stderr)
        self.assertEqual(self.lock_text(), text)
        self.lock("--update", "--yes", NAME)
        self.assertNotEqual(self.lock_text(), text)
        self.lock("--check")

    def test_a_changed_specification_makes_the_lock_stale(self):
        self.lock()
        (self.folder / "pannier.toml").write_text("models = [{ref = 'org/sentiment', exclude = ['training.json']}]\n")
        self.assertIn("specification has changed", self.lock("--check", expect=1).stdout)
        self.lock()
        self.assertNotIn("training.json", self.lock_text())
        self.assertIn(self.first, self.lock_text())

    def test_the_same_lock_gives_the_same_payload_anywhere_and_later(self):
        self.lock()
        first = self.pack("one.pannier", "store-one")
        self.push()  # the branch moved on; the lock did not
        second = self.pack("two.pannier", "store-two")
        self.assertEqual(first["payload_digest"], second["payload_digest"])
        self.run_program("install", "two.pannier", "--allow-unsigned", "--store", self.folder / "far")
        self.assert_holds(NAME, self.repository.commits[self.first], store=self.folder / "far")
        answer = self.run_program("run", "sentiment-analysis", "-m", NAME, "--store", self.folder / "far", "--json",
                                  "This is a great day!")
        self.assertEqual(json.loads(answer.stdout)[0]["label"], "POSITIVE")

    def test_what_the_lock_does_not_say_is_not_carried(self):
        self.lock()
        text = self.lock_text()
        config = self.repository.commits[self.first].files["config.json"]
        other = "0" * 40
        (self.folder / "pannier.lock").write_text(text.replace(config.oid, other))
        refused = self.pack("bad.pannier", "store-bad", expect=(CORRUPT, 7))
        self.assertIn("config.json", refused.stderr)
        self.assertFalse((self.folder / "bad.pannier").exists())
        (self.folder / "pannier.lock").write_text(text[:len(text) // 2])
        self.pack("bad.pannier", "store-bad", expect=CORRUPT)

    def test_folders_are_locked_by_their_contents(self):
        model = self.folder / "mine"
        model.mkdir()
        for path, source in files_of_folder(MODEL).items():
            (model / path).write_bytes(pathlib.Path(source).read_bytes())
        (self.folder / "pannier.toml").write_text('models = ["dir:mine"]\n')
        self.lock()
        before = self.pack("one.pannier", "store-one")
        self.assertEqual(before["models"][0]["name"], "mine")
        (model / "training.json").write_text("{}")
        refused = self.pack("two.pannier", "store-one", expect=7)
        self.assertIn("training.json has changed", refused.stderr)

    def test_mistakes_are_told(self):
        self.assertIn("no.toml", self.lock("--spec", "no.toml", expect=NOT_FOUND).stderr)
        self.lock("--check", expect=NOT_FOUND)
        (self.folder / "pannier.toml").write_text("modles = ['x']\n")
        self.assertIn("modles", self.lock(expect=USAGE).stderr)
        (self.folder / "pannier.toml").write_text(SPEC)
        self.lock("nobody/has-it", "--update", expect=NOT_FOUND)

    def test_a_model_without_its_tokenizer_is_not_packed(self):
        files = {path: source for path, source in files_of_folder(MODEL).items()
                 if path not in ("tokenizer.json", "vocab.txt")}
        self.repository.commit(files)
        words = ["pack", NAME, "-o", "x.pannier", "--hub-url", self.hub.url, "--store", self.store]
        refused = self.run_program(*words, expect=INCOMPLETE)
        self.assertIn("tokenizer", refused.stderr)
        self.assertFalse((self.folder / "x.pannier").exists())
        self.run_program(*words, "--allow-incomplete", "--no-load-test")


if __name__ == "__main__":
    unittest.main()
